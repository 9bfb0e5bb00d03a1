/* BB6: C = 1 - (1 - exp{-[(-ln g(u))^δ + (-ln g(v))^δ]^(1/δ)})^(1/θ), g(u) = 1 - (1-u)^θ: Gumbel
 * inside of Joe, dependence in the upper tail. */
#include "num/copula/families.h"

static double tau(const double *parameter) {
    /* A power of a generator: 1 - τ is divided by it. */
    return 1 - (1 - sy_joe_tau(parameter[0])) / parameter[1];
}

static void tails(const double *parameter, double *lower, double *upper) {
    *lower = 0;
    *upper = 2 - exp2(1 / (parameter[0] * parameter[1]));
}

/* Gumbel's, as in gumbel.c. */
static SyInner gumbel(double delta, double a, double b, double log_a, double log_b) {
    double d = log_b - log_a, shared = log1p(exp(-delta * fabs(d))) / delta, most = MAX(a, b);
    double beyond = most * expm1(shared), w = most + beyond;
    double beyond_a = (most - a) + beyond, beyond_b = (most - b) + beyond;
    double r = fmax(d, 0) + shared, s = fmax(-d, 0) + shared;
    return (SyInner){
        .minus_log = w,
        .beyond_a = beyond_a,
        .beyond_b = beyond_b,
        .fall_a = (delta - 1) * r,
        .fall_b = (delta - 1) * s,
        .log_product = MIN(a, b) - beyond - (delta - 1) * (r + s),
        .kappa = 1,
        .kappa_over = (delta - 1) * (-expm1(-w) / w),
    };
}

static void log_density(const double *parameter, gsize n, SyCopulaMargin u, SyCopulaMargin v,
                        double *value) {
    sy_inside_joe_log_density(gumbel, parameter, n, u, v, value);
}

static void cdf(const double *parameter, gsize n, SyCopulaMargin u, SyCopulaMargin v,
                double *value) {
    sy_inside_joe_cdf(gumbel, parameter, n, u, v, value);
}

static void h(const double *parameter, gsize n, SyCopulaMargin u, SyCopulaMargin v, bool above_u,
              bool above_v, double *h1, double *h2) {
    sy_inside_joe_h(gumbel, parameter, n, u, v, above_u, above_v, h1, h2);
}

const SyCopula sy_copula_bb6 = {
    .name = "BB6",
    .summary = "Archimedean; Joe and Gumbel in one, both for joint rises.",
    .source = "Joe (1997), Multivariate Models and Dependence Concepts, family BB6",
    .automatic = false,
    .rotates = true,
    .parameters = 2,
    .parameter_names = {"theta", "delta"},
    .least = {1, 1},
    .most = {INFINITY, INFINITY},
    .fit_least = {1, 1},
    .fit_most = {6, 8},
    .tau = tau,
    .tails = tails,
    .margin = sy_margin_log_rest,
    .log_density = log_density,
    .cdf = cdf,
    .h = h,
};
