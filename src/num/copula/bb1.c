/* BB1: C = (1 + [(u^-θ - 1)^δ + (v^-θ - 1)^δ]^(1/δ))^(-1/θ), dependence in both tails; Clayton at
 * δ = 1, Gumbel at θ = 0.
 *
 * With x = u^-θ - 1, y likewise, w = (x^δ + y^δ)^(1/δ), and x that of the smaller value, all is
 * written in
 *     shared = ln(w/x) <= ln 2,   apart = ln(x/y) >= 0,   excess = ln((1+w)/(1+x))/θ >= 0,
 * which are sums of positive terms that cannot overflow, and hold at θ = 0. */
#include "num/copula/families.h"

static double tau(const double *parameter) { return 1 - 2 / (parameter[1] * (parameter[0] + 2)); }

static void tails(const double *parameter, double *lower, double *upper) {
    *lower = exp2(-1 / (parameter[0] * parameter[1]));
    *upper = 2 - exp2(1 / parameter[1]);
}

/* What a point needs; -ln u of the smaller and of the larger value. */
typedef struct {
    double most, least, shared, apart, excess;
} Point;

static Point point_of(double theta, double delta, double u, double v) {
    Point point = {.most = MAX(u, v), .least = MIN(u, v)};
    double part_most = sy_expm1_over(theta, point.most);
    double part_least = sy_expm1_over(theta, point.least);
    point.apart = theta * (point.most - point.least) + (log(part_most) - log(part_least));
    point.shared = log1p(exp(-delta * point.apart)) / delta;
    point.excess = sy_log1p_over(theta, part_most * expm1(point.shared));
    return point;
}

static void log_density(const double *parameter, gsize n, SyCopulaMargin u, SyCopulaMargin v,
                        double *value) {
    double theta = parameter[0], delta = parameter[1];
    for (gsize i = 0; i < n; i++) {
        Point point = point_of(theta, delta, u.first[i], v.first[i]);
        /* w/(1 + w)/θ */
        double part = sy_expm1_over(theta, point.most + point.excess);
        value[i] = point.least - theta * (point.most - point.least) -
                   (2 * theta + 1) * point.excess - (delta - 1) * (point.apart + 2 * point.shared) +
                   log(theta + 1 + (delta - 1) / part);
    }
}

static void cdf(const double *parameter, gsize n, SyCopulaMargin u, SyCopulaMargin v,
                double *value) {
    for (gsize i = 0; i < n; i++) {
        Point point = point_of(parameter[0], parameter[1], u.first[i], v.first[i]);
        value[i] = exp(-point.most - point.excess);
    }
}

static void h(const double *parameter, gsize n, SyCopulaMargin u, SyCopulaMargin v, bool above_u,
              bool above_v, double *h1, double *h2) {
    double theta = parameter[0], delta = parameter[1];
    for (gsize i = 0; i < n; i++) {
        Point point = point_of(theta, delta, u.first[i], v.first[i]);
        double given_most = -(1 + theta) * point.excess - (delta - 1) * point.shared;
        double given_least =
            given_most - (1 + theta) * (point.most - point.least) - (delta - 1) * point.apart;
        bool v_most = v.first[i] >= u.first[i];
        double log_h1 = v_most ? given_most : given_least;
        double log_h2 = v_most ? given_least : given_most;
        h1[i] = above_u ? -expm1(log_h1) : exp(log_h1);
        h2[i] = above_v ? -expm1(log_h2) : exp(log_h2);
    }
}

const SyCopula sy_copula_bb1 = {
    .name = "BB1",
    .summary = "Archimedean; Clayton and Gumbel in one: each tail has its own strength.",
    .source = "Joe (1997), Multivariate Models and Dependence Concepts, family BB1",
    .automatic = false,
    .rotates = true,
    .parameters = 2,
    .parameter_names = {"theta", "delta"},
    .least = {0, 1},
    .most = {INFINITY, INFINITY},
    .fit_least = {0, 1},
    .fit_most = {7, 7},
    .tau = tau,
    .tails = tails,
    .margin = sy_margin_log,
    .log_density = log_density,
    .cdf = cdf,
    .h = h,
};
