/* Gumbel: C = exp(-[(-ln u)^θ + (-ln v)^θ]^(1/θ)), dependence in the upper tail.
 *
 * With x = -ln u, y = -ln v and w = (x^θ + y^θ)^(1/θ), everything is written in r = ln(w/x) and
 * s = ln(w/y), which are positive and never the difference of close numbers. */
#include "num/copula/families.h"

#include <math.h>

static bool from_tau(double tau, double *parameter) {
    parameter[0] = 1 / (1 - tau);
    return tau >= 0;
}

/* What a point needs: y expm1(s) = w - y, and likewise of x and r. */
typedef struct {
    double x, y, r, s;
} Point;

static Point point_of(double theta, double u, double v) {
    Point point = {.x = -log(u), .y = -log(v)};
    double d = log(point.y) - log(point.x), shared = log1p(exp(-theta * fabs(d))) / theta;
    point.r = fmax(d, 0) + shared;
    point.s = fmax(-d, 0) + shared;
    return point;
}

static void log_density(const double *parameter, gsize n, const double *u, const double *v,
                        double *value) {
    double theta = parameter[0];
    for (gsize i = 0; i < n; i++) {
        Point point = point_of(theta, u[i], v[i]);
        double beyond = point.y * expm1(point.s), w = point.y + beyond;
        value[i] = point.x - beyond - (theta - 1) * (point.r + point.s) + log1p((theta - 1) / w);
    }
}

static void h(const double *parameter, gsize n, const double *u, const double *v, double *h1,
              double *h2) {
    double theta = parameter[0];
    for (gsize i = 0; i < n; i++) {
        Point point = point_of(theta, u[i], v[i]);
        h1[i] = exp(-point.y * expm1(point.s) - (theta - 1) * point.s);
        h2[i] = exp(-point.x * expm1(point.r) - (theta - 1) * point.r);
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
    .from_tau = from_tau,
    .log_density = log_density,
    .h = h,
};
