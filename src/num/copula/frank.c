/* Frank: C = -(1/θ) ln(1 + (e^-θu - 1)(e^-θv - 1)/(e^-θ - 1)), symmetric, no tail dependence.
 *
 * A negative θ is a positive one with v turned into 1 - v, so only θ > 0 is computed. With
 *     A = 1 - e^-θv,  B = 1 - e^-θ(1-v)
 * density and conditional distributions are products and sums of positive terms:
 *     c  = θ(1 - e^-θ) / (e^(θ(v-u)/2) A + e^(θ(u-v)/2) B)²
 *     h2 = A / (A + e^θ(u-v) B) */
#include "num/copula/families.h"

#include <string.h>

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

static double tau(const double *parameter) {
    return copysign(tau_of(fabs(parameter[0])), parameter[0]);
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

/* |θ|, and v turned where θ is negative. */
static double positive(const double *parameter, SyCopulaMargin *v) {
    if (parameter[0] < 0)
        *v = (SyCopulaMargin){v->second, v->first};
    return fabs(parameter[0]);
}

static void log_density(const double *parameter, gsize n, SyCopulaMargin u, SyCopulaMargin v,
                        double *value) {
    double theta = positive(parameter, &v), constant = log(sy_expm1_over(theta, 1));
    for (gsize i = 0; i < n; i++) {
        double a = sy_expm1_over(theta, v.first[i]), b = sy_expm1_over(theta, v.second[i]);
        double d = theta * (v.first[i] - u.first[i]), size = fabs(d);
        double sum = d > 0 ? a + exp(-size) * b : exp(-size) * a + b;
        value[i] = constant - size - 2 * log(sum);
    }
}

/* θ > 0, with A = (1 - e^-θu)/θ, B = (1 - e^-θv)/θ, D = (1 - e^-θ)/θ: C = -ln(1 - θAB/D)/θ, where
 * θAB/D is near 1 by D - θAB = e^-θu (1 - e^-θ(1-u))/θ + e^-θv A with the greatest exponent taken
 * out. */
static double cdf_positive(double theta, double u, double v, double u_rest, double v_rest) {
    double d = sy_expm1_over(theta, 1);
    double product = sy_expm1_over(theta, u) * (sy_expm1_over(theta, v) / d);
    if (theta * product < 0.5)
        return sy_log1p_over(-theta, product);
    double least = MIN(u, v), most = MAX(u, v), rest = u < v ? u_rest : v_rest;
    double sum =
        sy_expm1_over(theta, rest) + exp(-theta * (most - least)) * sy_expm1_over(theta, least);
    return least - log(sum / d) / theta;
}

/* θ < 0, and theta its size: C = ln(1 + θAB/D e^(θ(u+v-1)))/θ. */
static double cdf_negative(double theta, double u, double v, double u_rest, double v_rest) {
    double product = sy_expm1_over(theta, u) * (sy_expm1_over(theta, v) / sy_expm1_over(theta, 1));
    double exponent = theta * (u <= v ? u - v_rest : v - u_rest);
    return exponent > 1 ? (exponent + log(theta * product + exp(-exponent))) / theta
                        : sy_log1p_over(theta, product * exp(exponent));
}

static void cdf(const double *parameter, gsize n, SyCopulaMargin u, SyCopulaMargin v,
                double *value) {
    double theta = fabs(parameter[0]);
    for (gsize i = 0; i < n; i++)
        value[i] = (parameter[0] < 0 ? cdf_negative : cdf_positive)(theta, u.first[i], v.first[i],
                                                                    u.second[i], v.second[i]);
}

/* 1 / (1 + e^exponent (1 - e^-θ(1-u)) / (1 - e^-θu)); exchange u and its rest, and turn the sign of
 * the exponent, for the rest of it. */
static double conditional(double theta, double exponent, double u, double rest) {
    return 1 / (1 + exp(exponent) * (sy_expm1_over(theta, rest) / sy_expm1_over(theta, u)));
}

static void h(const double *parameter, gsize n, SyCopulaMargin u, SyCopulaMargin v, bool above_u,
              bool above_v, double *h1, double *h2) {
    double theta = positive(parameter, &v);
    above_v ^= parameter[0] < 0;
    const double *u_near = above_u ? u.second : u.first, *u_far = above_u ? u.first : u.second;
    const double *v_near = above_v ? v.second : v.first, *v_far = above_v ? v.first : v.second;
    double theta_u = above_u ? -theta : theta, theta_v = above_v ? theta : -theta;
    for (gsize i = 0; i < n; i++) {
        double d = v.first[i] - u.first[i];
        h1[i] = conditional(theta, theta_u * d, u_near[i], u_far[i]);
        h2[i] = conditional(theta, theta_v * d, v_near[i], v_far[i]);
    }
}

/* θ > 0: e^-θu = e^-θv (q + p e^-θ(1-v)) / (p + q e^-θv), q = 1 - p. The rest is the same with each
 * of p and v exchanged with its rest. */
static double inverse(double theta, double p, double q, double v, double v_rest) {
    double below = p + q * exp(-theta * v), share = p * (sy_expm1_over(theta, 1) / below);
    if (theta * share < 0.5)
        return sy_log1p_over(-theta, share);
    return v - log((q + p * exp(-theta * v_rest)) / below) / theta;
}

static void inverse_h(const double *parameter, gsize n, const double *p, const double *p_rest,
                      SyCopulaMargin v, double *u, double *rest) {
    double theta = positive(parameter, &v);
    for (gsize i = 0; i < n; i++) {
        double below = inverse(theta, p[i], p_rest[i], v.first[i], v.second[i]);
        rest[i] = inverse(theta, p_rest[i], p[i], v.second[i], v.first[i]);
        u[i] = below;
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
    .fit_least = {-35},
    .fit_most = {35},
    .from_tau = from_tau,
    .tau = tau,
    .tails = tails,
    .margin = margin,
    .log_density = log_density,
    .cdf = cdf,
    .h = h,
    .inverse_h = inverse_h,
};
