/* Independence: C = uv. Admits every tau; it wins where no dependence is worth a parameter. */
#include "num/copula/families.h"

static bool from_tau(double tau, double *parameter) {
    (void)tau, (void)parameter;
    return true;
}

static void log_density(const double *parameter, gsize n, const double *u, const double *v,
                        double *value) {
    (void)parameter, (void)u, (void)v;
    for (gsize i = 0; i < n; i++)
        value[i] = 0;
}

static void h(const double *parameter, gsize n, const double *u, const double *v, double *h1,
              double *h2) {
    (void)parameter;
    for (gsize i = 0; i < n; i++) {
        h1[i] = u[i];
        h2[i] = v[i];
    }
}

const SyCopula sy_copula_independence = {
    .name = "Independence",
    .summary = "Neither series says anything about the other.",
    .source = "Joe (1997), Multivariate Models and Dependence Concepts",
    .automatic = false,
    .rotates = false,
    .parameters = 0,
    .from_tau = from_tau,
    .log_density = log_density,
    .h = h,
};
