/* Frank: C = -(1/θ) ln(1 + (e^-θu - 1)(e^-θv - 1)/(e^-θ - 1)), symmetric, no tail dependence.
 *
 * A negative θ is a positive one with v turned into 1 - v, so only θ > 0 is computed. With
 *     A = 1 - e^-θv,  B = 1 - e^-θ(1-v)
 * density and conditional distributions are products and sums of positive terms:
 *     c  = θ(1 - e^-θ) / (e^(θ(v-u)/2) A + e^(θ(u-v)/2) B)²
 *     h2 = A / (A + e^θ(u-v) B) */
#include "num/copula/families.h"

#include <math.h>

#include "num/optimise.h"

/* Kendall's tau, τ = 1 - 4/θ (1 - D₁(θ)) with the Debye function D₁: by its series where θ is
 * small, where the difference would cancel. */
static double tau_of(double theta) {
    /* 4 B_2k / ((2k+1) (2k)!) for k = 1, 2, … (B: Bernoulli numbers) */
    static const double series[] = {
        1.0 / 9,
        -1.0 / 900,
        1.0 / 52920,
        -1.0 / 2721600,
        1.0 / 131725440,
        -691.0 / 4249941696000,
        1.0 / 280215936000,
        -3617.0 / 45350147082240000,
        43867.0 / 24268197531561984000.0,
        -174611.0 / 4215002729166028800000.0,
    };
    if (theta < 1) {
        double square = theta * theta, sum = 0;
        for (gsize k = G_N_ELEMENTS(series); k-- > 0;)
            sum = sum * square + series[k];
        return sum * theta;
    }
    /* D₁(θ) = π²/(6θ) - Σ e^-kθ (1/k + 1/(k²θ)) */
    double debye = M_PI * M_PI / (6 * theta);
    for (int k = 1; k * theta < 40; k++)
        debye -= exp(-k * theta) * (1.0 / k + 1 / (k * k * theta));
    return 1 - 4 / theta * (1 - debye);
}

static double tau_error(double theta, gconstpointer tau) {
    return tau_of(theta) - *(const double *)tau;
}

static bool from_tau(double tau, double *parameter) {
    double size = fabs(tau);
    /* τ > 1 - 4/θ bounds the parameter. */
    parameter[0] = copysign(sy_root(tau_error, &size, 0, 4 / (1 - size), 0), tau);
    return tau != 0;
}

static void log_density(const double *parameter, gsize n, const double *u, const double *v,
                        double *value) {
    double theta = fabs(parameter[0]), constant = log(theta * -expm1(-theta));
    for (gsize i = 0; i < n; i++) {
        double other = parameter[0] > 0 ? v[i] : 1 - v[i];
        double rest = parameter[0] > 0 ? 1 - v[i] : v[i];
        double a = -expm1(-theta * other), b = -expm1(-theta * rest);
        double d = theta * (other - u[i]), size = fabs(d);
        double sum = d > 0 ? a + exp(-size) * b : exp(-size) * a + b;
        value[i] = constant - size - 2 * log(sum);
    }
}

/* 1 / (1 + e^exponent (1 - e^-θ(1-u)) / (1 - e^-θu)) */
static double conditional(double theta, double exponent, double u) {
    return 1 / (1 + exp(exponent) * (expm1(-theta * (1 - u)) / expm1(-theta * u)));
}

static void h(const double *parameter, gsize n, const double *u, const double *v, double *h1,
              double *h2) {
    double theta = fabs(parameter[0]);
    for (gsize i = 0; i < n; i++) {
        double to_v = parameter[0] > 0 ? theta * (v[i] - u[i]) : theta * (1 - u[i] - v[i]);
        double to_u = parameter[0] > 0 ? -to_v : to_v;
        h1[i] = conditional(theta, to_v, u[i]);
        h2[i] = conditional(theta, to_u, v[i]);
    }
}

const SyCopula sy_copula_frank = {
    .name = "Frank",
    .summary =
        "Archimedean and symmetric; joint extremes of either kind are as good as independent.",
    .source = "Genest (1987), Biometrika 74(3), 549-555",
    .automatic = true,
    .rotates = false,
    .parameters = 1,
    .parameter_names = {"theta"},
    .least = {-INFINITY},
    .most = {INFINITY},
    .from_tau = from_tau,
    .log_density = log_density,
    .h = h,
};
