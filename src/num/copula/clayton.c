/* Clayton: C = (u^-θ + v^-θ - 1)^(-1/θ), dependence in the lower tail.
 *
 * With a = -θ ln u and b = -θ ln v, S = e^a + e^b - 1 only ever occurs as ln S, which is
 * a + ln(1 + e^(b-a) (1 - e^-b)) and the same with a and b exchanged: sums of positive terms that
 * cannot overflow. */
#include "num/copula/families.h"

#include <math.h>

static bool from_tau(double tau, double *parameter) {
    parameter[0] = 2 * tau / (1 - tau);
    return tau > 0;
}

/* ln S - a >= 0, accurate also where it is tiny or huge. */
static double excess(double a, double b) {
    return a >= b ? log1p(exp(b - a) * -expm1(-b)) : b - a + log1p(exp(a - b) * -expm1(-a));
}

static void log_density(const double *parameter, gsize n, const double *u, const double *v,
                        double *value) {
    double theta = parameter[0], constant = log1p(theta);
    for (gsize i = 0; i < n; i++) {
        double a = -theta * log(u[i]), b = -theta * log(v[i]), most = MAX(a, b), least = MIN(a, b);
        /* (1 + 1/θ)(a + b) - (2 + 1/θ) ln S, with ln S = most + excess */
        value[i] =
            constant + least / theta - (most - least) - (2 + 1 / theta) * excess(most, least);
    }
}

static void h(const double *parameter, gsize n, const double *u, const double *v, double *h1,
              double *h2) {
    double theta = parameter[0], power = 1 + 1 / theta;
    for (gsize i = 0; i < n; i++) {
        double a = -theta * log(u[i]), b = -theta * log(v[i]);
        h1[i] = exp(-power * excess(b, a));
        h2[i] = exp(-power * excess(a, b));
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
    .from_tau = from_tau,
    .log_density = log_density,
    .h = h,
};
