/* Gaussian: C = Φ_ρ(Φ⁻¹(u), Φ⁻¹(v)), no tail dependence. */
#include "num/copula/families.h"

#include <math.h>

#include "num/normal.h"

bool sy_elliptical_from_tau(double tau, double *parameter) {
    parameter[0] = sin(0.5 * M_PI * tau);
    return fabs(parameter[0]) < 1;
}

static void log_density(const double *parameter, gsize n, const double *u, const double *v,
                        double *value) {
    double rho = parameter[0], rest = (1 - rho) * (1 + rho), constant = -0.5 * log(rest);
    for (gsize i = 0; i < n; i++) {
        double x = sy_normal_quantile(u[i]), y = sy_normal_quantile(v[i]), d = x - rho * y;
        value[i] = constant + 0.5 * (x * x - d * d / rest);
    }
}

static void h(const double *parameter, gsize n, const double *u, const double *v, double *h1,
              double *h2) {
    double rho = parameter[0], spread = sqrt((1 - rho) * (1 + rho));
    for (gsize i = 0; i < n; i++) {
        double x = sy_normal_quantile(u[i]), y = sy_normal_quantile(v[i]);
        h1[i] = sy_normal_cdf((x - rho * y) / spread);
        h2[i] = sy_normal_cdf((y - rho * x) / spread);
    }
}

const SyCopula sy_copula_gaussian = {
    .name = "Gaussian",
    .summary = "Elliptical; the dependence of a joint normal distribution.",
    .source = "Joe (1997), Multivariate Models and Dependence Concepts, family B1",
    .automatic = false,
    .rotates = false,
    .parameters = 1,
    .parameter_names = {"rho"},
    .least = {-1},
    .most = {1},
    .from_tau = sy_elliptical_from_tau,
    .log_density = log_density,
    .h = h,
};
