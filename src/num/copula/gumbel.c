/* Gumbel: C = exp(-[(-ln u)^θ + (-ln v)^θ]^(1/θ)), dependence in the upper tail.
 *
 * With x = -ln u, y = -ln v and w = (x^θ + y^θ)^(1/θ), everything is written in r = ln(w/x) and
 * s = ln(w/y), which are positive and never the difference of close numbers. */
#include "num/copula/families.h"

static bool from_tau(double tau, double *parameter) {
    parameter[0] = 1 / (1 - tau);
    return tau >= 0;
}

static double tau(const double *parameter) { return 1 - 1 / parameter[0]; }

static void tails(const double *parameter, double *lower, double *upper) {
    *lower = 0;
    *upper = 2 - exp2(1 / parameter[0]);
}

/* -ln u and its logarithm. */
static void margin(const double *parameter, gsize n, const double *u, const double *rest,
                   SyCopulaMargin margin) {
    (void)parameter;
    for (gsize i = 0; i < n; i++) {
        margin.first[i] = sy_minus_log(u[i], rest[i]);
        margin.second[i] = log(margin.first[i]);
    }
}

/* What a point needs. */
typedef struct {
    double r, s;                  /* ln(w/x), ln(w/y) */
    double beyond_x, beyond_y, w; /* w - x, w - y, w */
} Point;

static Point point_of(double theta, double x, double y, double log_x, double log_y) {
    double d = log_y - log_x, shared = log1p(exp(-theta * fabs(d))) / theta, most = MAX(x, y);
    double beyond = most * expm1(shared);
    return (Point){.r = fmax(d, 0) + shared,
                   .s = fmax(-d, 0) + shared,
                   .beyond_x = (most - x) + beyond,
                   .beyond_y = (most - y) + beyond,
                   .w = most + beyond};
}

static void log_density(const double *parameter, gsize n, SyCopulaMargin u, SyCopulaMargin v,
                        double *value) {
    double theta = parameter[0];
    for (gsize i = 0; i < n; i++) {
        double x = u.first[i], y = v.first[i];
        Point point = point_of(theta, x, y, u.second[i], v.second[i]);
        value[i] = MIN(x, y) - MIN(point.beyond_x, point.beyond_y) -
                   (theta - 1) * (point.r + point.s) + log1p((theta - 1) / point.w);
    }
}

static void cdf(const double *parameter, gsize n, SyCopulaMargin u, SyCopulaMargin v,
                double *value) {
    for (gsize i = 0; i < n; i++) {
        Point point = point_of(parameter[0], u.first[i], v.first[i], u.second[i], v.second[i]);
        value[i] = exp(-point.w);
    }
}

static void h(const double *parameter, gsize n, SyCopulaMargin u, SyCopulaMargin v, bool above_u,
              bool above_v, double *h1, double *h2) {
    double theta = parameter[0];
    for (gsize i = 0; i < n; i++) {
        Point point = point_of(theta, u.first[i], v.first[i], u.second[i], v.second[i]);
        double log_h1 = -point.beyond_y - (theta - 1) * point.s;
        double log_h2 = -point.beyond_x - (theta - 1) * point.r;
        h1[i] = above_u ? -expm1(log_h1) : exp(log_h1);
        h2[i] = above_v ? -expm1(log_h2) : exp(log_h2);
    }
}

/* The s with y (e^s - 1) + (θ - 1) s = l: the left side is convex and rises, so Newton's steps from
 * the right end in the root and never cross it. */
static double solve_s(double y, double power, double l) {
    double s = fmin(log1p(l / y), l / (y + power));
    for (int i = 0; i < 100; i++) {
        double step = (y * expm1(s) + power * s - l) / (y * exp(s) + power);
        s -= step;
        if (!(fabs(step) > 1e-15 * s))
            break;
    }
    return s;
}

static void inverse_h(const double *parameter, gsize n, const double *p, const double *p_rest,
                      SyCopulaMargin v, double *u, double *rest) {
    double theta = parameter[0];
    for (gsize i = 0; i < n; i++) {
        double l = sy_minus_log(p[i], p_rest[i]), s = solve_s(v.first[i], theta - 1, l);
        /* x^θ = w^θ - y^θ, w = y e^s */
        double x = exp(v.second[i] + sy_log_expm1(theta * s) / theta);
        u[i] = exp(-x);
        rest[i] = -expm1(-x);
    }
}

const SyCopula sy_copula_gumbel = {
    .name = "Gumbel",
    .summary = "Archimedean and extreme-value; joint rises are tied more closely than joint falls.",
    .source = "Joe (1997), Multivariate Models and Dependence Concepts, family B6",
    .automatic = true,
    .rotates = true,
    .parameters = 1,
    .parameter_names = {"theta"},
    .least = {1},
    .most = {INFINITY},
    .fit_least = {1},
    .fit_most = {50},
    .from_tau = from_tau,
    .tau = tau,
    .tails = tails,
    .margin = margin,
    .log_density = log_density,
    .cdf = cdf,
    .h = h,
    .inverse_h = inverse_h,
};
