/* Gaussian: C = Φ_ρ(Φ⁻¹(u), Φ⁻¹(v)), no tail dependence. */
#include "num/copula/families.h"

#include "num/normal.h"

static void tails(const double *parameter, double *lower, double *upper) {
    (void)parameter;
    *lower = *upper = 0;
}

/* The quantile; the smaller of u and its rest. */
static void margin(const double *parameter, gsize n, const double *u, const double *rest,
                   SyCopulaMargin margin) {
    (void)parameter;
    for (gsize i = 0; i < n; i++) {
        margin.first[i] = u[i] <= rest[i] ? sy_normal_quantile(u[i]) : -sy_normal_quantile(rest[i]);
        margin.second[i] = MIN(u[i], rest[i]);
    }
}

/* x - ρy without a product that would cost the digits of a small difference. */
static double beyond(double rho, double x, double y) {
    return rho > 0 ? (x - y) + (1 - rho) * y : (x + y) - (1 + rho) * y;
}

static void log_density(const double *parameter, gsize n, SyCopulaMargin u, SyCopulaMargin v,
                        double *value) {
    double rho = parameter[0], rest = (1 - rho) * (1 + rho), constant = -0.5 * log(rest);
    for (gsize i = 0; i < n; i++) {
        double x = u.first[i], d = beyond(rho, x, v.first[i]);
        value[i] = constant + 0.5 * (x * x - d * d / rest);
    }
}

static void cdf(const double *parameter, gsize n, SyCopulaMargin u, SyCopulaMargin v,
                double *value) {
    for (gsize i = 0; i < n; i++)
        value[i] = sy_elliptical_cdf(u.first[i], v.first[i], u.second[i], v.second[i], parameter[0],
                                     INFINITY);
}

static void h(const double *parameter, gsize n, SyCopulaMargin u, SyCopulaMargin v, bool above_u,
              bool above_v, double *h1, double *h2) {
    double rho = parameter[0], scale = 1 / sqrt((1 - rho) * (1 + rho));
    double scale_u = above_u ? -scale : scale, scale_v = above_v ? -scale : scale;
    for (gsize i = 0; i < n; i++) {
        double x = u.first[i], y = v.first[i];
        h1[i] = sy_normal_cdf(beyond(rho, x, y) * scale_u);
        h2[i] = sy_normal_cdf(beyond(rho, y, x) * scale_v);
    }
}

static void inverse_h(const double *parameter, gsize n, const double *p, const double *p_rest,
                      SyCopulaMargin v, double *u, double *rest) {
    double rho = parameter[0], spread = sqrt((1 - rho) * (1 + rho));
    for (gsize i = 0; i < n; i++) {
        double z = p[i] <= p_rest[i] ? sy_normal_quantile(p[i]) : -sy_normal_quantile(p_rest[i]);
        double x = rho * v.first[i] + spread * z;
        u[i] = sy_normal_cdf(x);
        rest[i] = sy_normal_cdf(-x);
    }
}

const SyCopula sy_copula_gaussian = {
    .name = "Gaussian",
    .summary = "Elliptical; the dependence of a joint normal distribution.",
    .source = "Joe (1997), Multivariate Models and Dependence Concepts, family B1",
    .automatic = false,
    .rotates = false,
    .parameters = 1,
    .parameter_names = {"rho"},
    .least = {-1 + 0x1p-53},
    .most = {1 - 0x1p-53},
    .fit_least = {-1 + 1e-10},
    .fit_most = {1 - 1e-10},
    .from_tau = sy_elliptical_from_tau,
    .tau = sy_elliptical_tau,
    .tails = tails,
    .margin = margin,
    .log_density = log_density,
    .cdf = cdf,
    .h = h,
    .inverse_h = inverse_h,
};
