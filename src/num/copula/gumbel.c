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

/* ln(w/x) from d = ln(y/x). */
static double log_ratio(double theta, double d) {
    return d > 0 ? d + log1p(exp(-theta * d)) / theta : log1p(exp(theta * d)) / theta;
}

static void log_density(const double *parameter, gsize n, const double *u, const double *v,
                        double *value) {
    double theta = parameter[0];
    for (gsize i = 0; i < n; i++) {
        double x = -log(u[i]), y = -log(v[i]), d = log(y) - log(x);
        double r = log_ratio(theta, d), s = log_ratio(theta, -d), w = x * exp(r);
        value[i] = x - y * expm1(s) - (theta - 1) * (r + s) + log1p((theta - 1) / w);
    }
}

static void h(const double *parameter, gsize n, const double *u, const double *v, double *h1,
              double *h2) {
    double theta = parameter[0];
    for (gsize i = 0; i < n; i++) {
        double x = -log(u[i]), y = -log(v[i]), d = log(y) - log(x);
        double r = log_ratio(theta, d), s = log_ratio(theta, -d);
        h1[i] = exp(-y * expm1(s) - (theta - 1) * s);
        h2[i] = exp(-x * expm1(r) - (theta - 1) * r);
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
