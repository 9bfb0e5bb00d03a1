/* Clayton: C = (u^-θ + v^-θ - 1)^(-1/θ), dependence in the lower tail.
 *
 * With x = -ln u and y = -ln v, S = e^θx + e^θy - 1 only ever occurs as ln S, which is
 * θx + ln(1 + e^(θ(y-x)) (1 - e^-θy)) and the same with x and y exchanged: sums of positive terms
 * that cannot overflow, and that may be divided by θ however small it is. */
#include "num/copula/families.h"

static bool from_tau(double tau, double *parameter) {
    parameter[0] = 2 * tau / (1 - tau);
    return tau > 0;
}

static double tau(const double *parameter) { return parameter[0] / (parameter[0] + 2); }

static void tails(const double *parameter, double *lower, double *upper) {
    *lower = exp2(-1 / parameter[0]);
    *upper = 0;
}

/* (ln S)/θ - x >= 0, x >= y */
static double excess(double theta, double x, double y) {
    return sy_log1p_over(theta, exp(theta * (y - x)) * sy_expm1_over(theta, y));
}

static void log_density(const double *parameter, gsize n, SyCopulaMargin u, SyCopulaMargin v,
                        double *value) {
    double theta = parameter[0], constant = log1p(theta);
    for (gsize i = 0; i < n; i++) {
        double most = MAX(u.first[i], v.first[i]), least = MIN(u.first[i], v.first[i]);
        /* (1 + θ)(x + y) - (2 + 1/θ) ln S */
        value[i] = constant + least - theta * (most - least) -
                   (2 * theta + 1) * excess(theta, most, least);
    }
}

static void cdf(const double *parameter, gsize n, SyCopulaMargin u, SyCopulaMargin v,
                double *value) {
    for (gsize i = 0; i < n; i++) {
        double most = MAX(u.first[i], v.first[i]), least = MIN(u.first[i], v.first[i]);
        value[i] = exp(-most - excess(parameter[0], most, least));
    }
}

static void h(const double *parameter, gsize n, SyCopulaMargin u, SyCopulaMargin v, bool above_u,
              bool above_v, double *h1, double *h2) {
    double theta = parameter[0], power = 1 + theta;
    for (gsize i = 0; i < n; i++) {
        double x = u.first[i], y = v.first[i], apart = fabs(x - y);
        double beyond = excess(theta, MAX(x, y), MIN(x, y));
        double log_h1 = -power * (y < x ? apart + beyond : beyond);
        double log_h2 = -power * (x < y ? apart + beyond : beyond);
        h1[i] = above_u ? -expm1(log_h1) : exp(log_h1);
        h2[i] = above_v ? -expm1(log_h2) : exp(log_h2);
    }
}

/* h1 = p: e^θx - 1 = e^θy (e^θl - 1) with l = -ln p / (1 + θ). */
static void inverse_h(const double *parameter, gsize n, const double *p, const double *p_rest,
                      SyCopulaMargin v, double *u, double *rest) {
    double theta = parameter[0];
    for (gsize i = 0; i < n; i++) {
        double y = v.first[i], l = sy_minus_log(p[i], p_rest[i]) / (1 + theta);
        double x = theta * (y + l) < 1
                       ? sy_log1p_over(theta, exp(theta * y) * sy_expm1_over(-theta, l))
                       : sy_log1p_exp(theta * y + sy_log_expm1(theta * l)) / theta;
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
    .margin = sy_margin_log,
    .log_density = log_density,
    .cdf = cdf,
    .h = h,
    .inverse_h = inverse_h,
};
