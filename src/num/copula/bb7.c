/* BB7: C = 1 - (1 - [g(u)^-δ + g(v)^-δ - 1]^(-1/δ))^(1/θ), g(u) = 1 - (1-u)^θ: Clayton inside of
 * Joe, dependence in both tails. */
#include "num/copula/families.h"

#include "num/quadrature.h"

/* τ = 1 - 2/θ ∫ (1-s) (1 - (1-s)^δ)/(δs) dz over z from 0 to 1, s = z^(θ/2): the integral of the
 * generator over its derivative, in the variable that leaves it bounded. */
static double tau_at(double from_low, double to_high, gconstpointer data) {
    const double *parameter = data;
    double log_z = from_low < to_high ? log(from_low) : log1p(-to_high);
    double log_s = 0.5 * parameter[0] * log_z, s = exp(log_s), rest = -expm1(log_s);
    double minus_log_rest = s < 0.5 ? -log1p(-s) : -log(rest);
    return s > 0 ? rest * (sy_expm1_over(parameter[1], minus_log_rest) / s) : 1;
}

static double tau(const double *parameter) {
    return 1 - 2 / parameter[0] * sy_integrate(tau_at, parameter, 1);
}

static void tails(const double *parameter, double *lower, double *upper) {
    *lower = exp2(-1 / parameter[1]);
    *upper = 2 - exp2(1 / parameter[0]);
}

/* Clayton's, as in clayton.c. */
static SyInner clayton(double delta, double a, double b, double log_a, double log_b) {
    (void)log_a, (void)log_b;
    double most = MAX(a, b), least = MIN(a, b), apart = most - least;
    double beyond = sy_log1p_over(delta, exp(-delta * apart) * sy_expm1_over(delta, least));
    return (SyInner){
        .minus_log = most + beyond,
        .beyond_a = a < b ? apart + beyond : beyond,
        .beyond_b = b < a ? apart + beyond : beyond,
        .log_product = least - delta * apart - (2 * delta + 1) * beyond,
        .kappa = 1 + delta,
    };
}

static void log_density(const double *parameter, gsize n, SyCopulaMargin u, SyCopulaMargin v,
                        double *value) {
    sy_inside_joe_log_density(clayton, parameter, n, u, v, value);
}

static void cdf(const double *parameter, gsize n, SyCopulaMargin u, SyCopulaMargin v,
                double *value) {
    sy_inside_joe_cdf(clayton, parameter, n, u, v, value);
}

static void h(const double *parameter, gsize n, SyCopulaMargin u, SyCopulaMargin v, bool above_u,
              bool above_v, double *h1, double *h2) {
    sy_inside_joe_h(clayton, parameter, n, u, v, above_u, above_v, h1, h2);
}

const SyCopula sy_copula_bb7 = {
    .name = "BB7",
    .summary = "Archimedean; Joe and Clayton in one: each tail has its own strength.",
    .source = "Joe (1997), Multivariate Models and Dependence Concepts, family BB7",
    .automatic = false,
    .rotates = true,
    .parameters = 2,
    .parameter_names = {"theta", "delta"},
    .least = {1, 0},
    .most = {INFINITY, INFINITY},
    .fit_least = {1, 0.01},
    .fit_most = {6, 25},
    .tau = tau,
    .tails = tails,
    .margin = sy_margin_log_rest,
    .log_density = log_density,
    .cdf = cdf,
    .h = h,
};
