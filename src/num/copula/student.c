/* Student t: C = T_{ν,ρ}(t_ν⁻¹(u), t_ν⁻¹(v)), dependence in both tails.
 *
 * tau gives ρ; ν is found by likelihood (fit_elliptical.c). */
#include "num/copula/families.h"

#include "num/student.h"
#include "num/student_table.h"

#define NU_LEAST 2.0
#define NU_MOST 50.0

/* ln of the constant of the density: everything that does not depend on (u, v). */
static double log_constant(const SyStudent *student, double rho) {
    /* The bivariate t density has the peak 1/(2π sqrt(1 - ρ²)), whatever ν. */
    return -log(2 * M_PI) - 0.5 * log((1 - rho) * (1 + rho)) - 2 * student->log_peak;
}

/* (x² + y² - 2ρxy)/(1 - ρ²) as a sum of squares; sharpness = 1/(1 - ρ²). */
static double quadratic(double x, double y, double rho, double sharpness) {
    double d = x - rho * y;
    return d * d * sharpness + y * y;
}

static void tails(const double *parameter, double *lower, double *upper) {
    double rho = parameter[0], nu = parameter[1];
    SyStudent given = sy_student_prepare(nu + 1);
    *lower = *upper = 2 * sy_student_cdf(&given, -sqrt((nu + 1) * (1 - rho) / (1 + rho)));
}

static double quantile(const SyStudent *student, double p, double rest) {
    return p <= rest ? sy_student_quantile(student, p) : -sy_student_quantile(student, rest);
}

/* The quantile, which moves with ν; the smaller of u and its rest. */
static void margin(const double *parameter, gsize n, const double *u, const double *rest,
                   SyCopulaMargin margin) {
    const SyStudentTable *quantiles = sy_student_quantiles(parameter[1]);
    for (gsize i = 0; i < n; i++) {
        margin.first[i] = sy_student_quantile_at(quantiles, u[i], rest[i]);
        margin.second[i] = MIN(u[i], rest[i]);
    }
}

static void log_density(const double *parameter, gsize n, SyCopulaMargin u, SyCopulaMargin v,
                        double *value) {
    double rho = parameter[0], nu = parameter[1], inverse = 1 / nu;
    double sharpness = 1 / ((1 - rho) * (1 + rho));
    SyStudent student = sy_student_prepare(nu);
    double constant = log_constant(&student, rho);
    for (gsize i = 0; i < n; i++) {
        double x = u.first[i], y = v.first[i];
        /* Where the form overflows, the 1 is nothing beside it. */
        double form = quadratic(x, y, rho, sharpness) * inverse;
        double joint =
            isinf(form) ? 2 * log(fabs(x - rho * y)) + log(sharpness * inverse) : log1p(form);
        value[i] = constant - 0.5 * (nu + 2) * joint +
                   0.5 * (nu + 1) * (log1p(x * x * inverse) + log1p(y * y * inverse));
    }
}

static void cdf(const double *parameter, gsize n, SyCopulaMargin u, SyCopulaMargin v,
                double *value) {
    for (gsize i = 0; i < n; i++)
        value[i] = sy_elliptical_cdf(u.first[i], v.first[i], u.second[i], v.second[i], parameter[0],
                                     parameter[1]);
}

static void h(const double *parameter, gsize n, SyCopulaMargin u, SyCopulaMargin v, bool above_u,
              bool above_v, double *h1, double *h2) {
    double rho = parameter[0], nu = parameter[1], rest = (1 - rho) * (1 + rho) / (nu + 1);
    double sign_u = above_u ? -1 : 1, sign_v = above_v ? -1 : 1;
    const SyStudentTable *given = sy_student_cdfs(nu + 1);
    for (gsize i = 0; i < n; i++) {
        double x = u.first[i], y = v.first[i];
        double scale_x = sqrt((nu + x * x) * rest), scale_y = sqrt((nu + y * y) * rest);
        h1[i] = sy_student_cdf_at(given, sign_u * (x - rho * y) / scale_y);
        h2[i] = sy_student_cdf_at(given, sign_v * (y - rho * x) / scale_x);
    }
}

static void inverse_h(const double *parameter, gsize n, const double *p, const double *p_rest,
                      SyCopulaMargin v, double *u, double *rest) {
    double rho = parameter[0], nu = parameter[1], spread = (1 - rho) * (1 + rho) / (nu + 1);
    SyStudent student = sy_student_prepare(nu), given = sy_student_prepare(nu + 1);
    for (gsize i = 0; i < n; i++) {
        double y = v.first[i], t = quantile(&given, p[i], p_rest[i]);
        double x = rho * y + t * sqrt((nu + y * y) * spread);
        u[i] = sy_student_cdf(&student, x);
        rest[i] = sy_student_cdf(&student, -x);
    }
}

const SyCopula sy_copula_student = {
    .name = "StudentT",
    .summary = "Elliptical; joint extremes of both kinds are tied more closely than the middle.",
    .source = "Demarta & McNeil (2005), International Statistical Review 73(1), 111-129",
    .automatic = true,
    .rotates = false,
    .parameters = 2,
    .parameter_names = {"rho", "nu"},
    .least = {-1 + 0x1p-53, NU_LEAST},
    .most = {1 - 0x1p-53, NU_MOST},
    .fit_least = {-1 + 1e-10, NU_LEAST},
    .fit_most = {1 - 1e-10, NU_MOST},
    .from_tau = sy_elliptical_from_tau,
    .tau = sy_elliptical_tau,
    .tails = tails,
    .margin = margin,
    .margin_moves = true,
    .log_density = log_density,
    .cdf = cdf,
    .h = h,
    .inverse_h = inverse_h,
};
