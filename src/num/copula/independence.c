/* Independence: C = uv. Admits every tau; it wins where no dependence is worth a parameter. */
#include "num/copula/families.h"

#include <string.h>

static bool from_tau(double tau, double *parameter) {
    (void)tau, (void)parameter;
    return true;
}

static double tau(const double *parameter) {
    (void)parameter;
    return 0;
}

static void tails(const double *parameter, double *lower, double *upper) {
    (void)parameter;
    *lower = *upper = 0;
}

/* u and its rest. */
static void margin(const double *parameter, gsize n, const double *u, const double *rest,
                   SyCopulaMargin margin) {
    (void)parameter;
    memcpy(margin.first, u, n * sizeof *u);
    memcpy(margin.second, rest, n * sizeof *rest);
}

static void log_density(const double *parameter, gsize n, SyCopulaMargin u, SyCopulaMargin v,
                        double *value) {
    (void)parameter, (void)u, (void)v;
    for (gsize i = 0; i < n; i++)
        value[i] = 0;
}

static void cdf(const double *parameter, gsize n, SyCopulaMargin u, SyCopulaMargin v,
                double *value) {
    (void)parameter;
    for (gsize i = 0; i < n; i++)
        value[i] = u.first[i] * v.first[i];
}

static void h(const double *parameter, gsize n, SyCopulaMargin u, SyCopulaMargin v, bool above_u,
              bool above_v, double *h1, double *h2) {
    (void)parameter;
    memcpy(h1, above_u ? u.second : u.first, n * sizeof *h1);
    memcpy(h2, above_v ? v.second : v.first, n * sizeof *h2);
}

static void inverse_h(const double *parameter, gsize n, const double *p, const double *p_rest,
                      SyCopulaMargin v, double *u, double *rest) {
    (void)parameter, (void)v;
    memcpy(u, p, n * sizeof *u);
    memcpy(rest, p_rest, n * sizeof *rest);
}

const SyCopula sy_copula_independence = {
    .name = "Independence",
    .summary = "Neither series says anything about the other.",
    .source = "Joe (1997), Multivariate Models and Dependence Concepts",
    .automatic = false,
    .rotates = false,
    .parameters = 0,
    .from_tau = from_tau,
    .tau = tau,
    .tails = tails,
    .margin = margin,
    .log_density = log_density,
    .cdf = cdf,
    .h = h,
    .inverse_h = inverse_h,
};
