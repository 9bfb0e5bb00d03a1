/* Clayton: C = (u^-θ + v^-θ - 1)^(-1/θ), dependence in the lower tail.
 *
 * With a = -θ ln u and b = -θ ln v, S = e^a + e^b - 1 only ever occurs as ln S, which is
 * a + ln(1 + e^(b-a) (1 - e^-b)) and the same with a and b exchanged: sums of positive terms that
 * cannot overflow. */
#include "num/copula/families.h"

/* Below this the copula is independence to the last bit. */
#define THETA_LEAST 1e-20

static bool from_tau(double tau, double *parameter) {
    parameter[0] = 2 * tau / (1 - tau);
    return tau > 0;
}

static double tau(const double *parameter) { return parameter[0] / (parameter[0] + 2); }

static void tails(const double *parameter, double *lower, double *upper) {
    *lower = exp2(-1 / parameter[0]);
    *upper = 0;
}

/* -ln u */
static void margin(const double *parameter, gsize n, const double *u, const double *rest,
                   SyCopulaMargin margin) {
    (void)parameter;
    for (gsize i = 0; i < n; i++)
        margin.first[i] = sy_minus_log(u[i], rest[i]);
}

/* ln S - a >= 0, accurate also where it is tiny or huge. */
static double excess(double a, double b) {
    return a >= b ? log1p(exp(b - a) * -expm1(-b)) : b - a + log1p(exp(a - b) * -expm1(-a));
}

static void log_density(const double *parameter, gsize n, SyCopulaMargin u, SyCopulaMargin v,
                        double *value) {
    double theta = MAX(parameter[0], THETA_LEAST), constant = log1p(theta), power = 2 + 1 / theta;
    for (gsize i = 0; i < n; i++) {
        double x = u.first[i], y = v.first[i], most = MAX(x, y), least = MIN(x, y);
        /* (1 + 1/θ)(a + b) - (2 + 1/θ) ln S, with ln S = most + excess */
        value[i] =
            constant + least - theta * (most - least) - power * excess(theta * most, theta * least);
    }
}

static void cdf(const double *parameter, gsize n, SyCopulaMargin u, SyCopulaMargin v,
                double *value) {
    double theta = MAX(parameter[0], THETA_LEAST);
    for (gsize i = 0; i < n; i++) {
        double most = MAX(u.first[i], v.first[i]), least = MIN(u.first[i], v.first[i]);
        value[i] = exp(-most - excess(theta * most, theta * least) / theta);
    }
}

static void h(const double *parameter, gsize n, SyCopulaMargin u, SyCopulaMargin v, bool above_u,
              bool above_v, double *h1, double *h2) {
    double theta = MAX(parameter[0], THETA_LEAST), power = 1 + 1 / theta;
    for (gsize i = 0; i < n; i++) {
        double a = theta * u.first[i], b = theta * v.first[i];
        double log_h1 = -power * excess(b, a), log_h2 = -power * excess(a, b);
        h1[i] = above_u ? -expm1(log_h1) : exp(log_h1);
        h2[i] = above_v ? -expm1(log_h2) : exp(log_h2);
    }
}

/* h1 = p: e^b (e^l - 1) = e^a - 1 with l = -ln p / (1 + 1/θ). */
static void inverse_h(const double *parameter, gsize n, const double *p, const double *p_rest,
                      SyCopulaMargin v, double *u, double *rest) {
    double theta = MAX(parameter[0], THETA_LEAST), power = theta / (1 + theta);
    for (gsize i = 0; i < n; i++) {
        double log_step = sy_log_expm1(power * sy_minus_log(p[i], p_rest[i]));
        double x = sy_log1p_exp(theta * v.first[i] + log_step) / theta;
        u[i] = exp(-x);
        rest[i] = -expm1(-x);
    }
}

const SyCopula sy_copula_clayton = {
    .name = "Clayton",
    .summary = "Archimedean; joint falls are tied more closely than joint rises.",
    .source = "Joe (1997), Multivariate Models and Dependence Concepts, family B4",
    .automatic = true,
    .rotates = true,
    .parameters = 1,
    .parameter_names = {"theta"},
    .least = {0},
    .most = {INFINITY},
    .fit_least = {0},
    .fit_most = {28},
    .from_tau = from_tau,
    .tau = tau,
    .tails = tails,
    .margin = margin,
    .log_density = log_density,
    .cdf = cdf,
    .h = h,
    .inverse_h = inverse_h,
};
