/* Joe: C = 1 - [(1-u)^θ + (1-v)^θ - (1-u)^θ (1-v)^θ]^(1/θ), dependence in the upper tail.
 *
 * With a = θ ln(1-u), b = θ ln(1-v) and A = e^a + e^b - e^(a+b) the bracket, ln A is b + ln(1 +
 * e^(a-b) (1 - e^b)) and the same with a and b exchanged. */
#include "num/copula/families.h"

#include "num/optimise.h"

/* (ψ(2) - ψ(x)) / (2 - x) = Σ_{k>=0} 1/((k + 2)(k + x)), ψ the digamma function, without ever
 * forming the difference: the first terms of the sum, and of the rest the asymptotic series
 * ψ(z) ~ ln z - 1/(2z) - Σ B_2m/(2m z^2m), divided term by term. */
static double digamma_slope(double x) {
    static const double series[] = {1.0 / 12, -1.0 / 120, 1.0 / 252, -1.0 / 240, 1.0 / 132};
    const int direct = 12;
    double sum = 0;
    for (int k = 0; k < direct; k++)
        sum += 1 / ((k + 2) * (k + x));
    double p = direct + 2, q = direct + x, d = p - q;
    sum += (d != 0 ? log1p(d / q) / d : 1 / q) + 0.5 / (p * q);
    /* (p^-2m - q^-2m)/(p - q) = -(p + q)/(p² q²) · Σ p^-2i q^-2j, i + j = m - 1 */
    double step = (p + q) / (p * p * q * q), terms = 1, power = 1;
    for (gsize m = 0; m < G_N_ELEMENTS(series); m++) {
        sum += series[m] * step * terms;
        power /= p * p;
        terms = terms / (q * q) + power;
    }
    return sum;
}

/* Kendall's tau of θ = 1/inverse: 1 + 2/(2-θ) (ψ(2) - ψ(2/θ + 1)). */
static double tau_of(double inverse) { return 1 - 2 * inverse * digamma_slope(2 * inverse + 1); }

static double tau_error(double inverse, gconstpointer tau) {
    return tau_of(inverse) - *(const double *)tau;
}

static bool from_tau(double tau, double *parameter) {
    parameter[0] = 1;
    if (tau < 0)
        return false;
    if (tau > 0)
        parameter[0] = 1 / sy_root(tau_error, &tau, 0, 1, 0);
    return true;
}

double sy_joe_tau(double theta) { return tau_of(1 / theta); }

static double tau(const double *parameter) { return sy_joe_tau(parameter[0]); }

static void tails(const double *parameter, double *lower, double *upper) {
    *lower = 0;
    *upper = 2 - exp2(1 / parameter[0]);
}

/* ln A - b >= 0 */
static double excess(double b, double a) {
    return b >= a ? log1p(exp(a - b) * -expm1(b)) : a - b + log1p(exp(b - a) * -expm1(a));
}

static void log_density(const double *parameter, gsize n, SyCopulaMargin u, SyCopulaMargin v,
                        double *value) {
    double theta = parameter[0];
    for (gsize i = 0; i < n; i++) {
        double most = MAX(u.first[i], v.first[i]), least = MIN(u.first[i], v.first[i]);
        double above = excess(-theta * least, -theta * most);
        /* (1/θ - 2) ln A + (1 - 1/θ)(a + b) + ln(θ - 1 + A) */
        value[i] = most - theta * (most - least) + (1 / theta - 2) * above +
                   log(theta - 1 + exp(above - theta * least));
    }
}

static void cdf(const double *parameter, gsize n, SyCopulaMargin u, SyCopulaMargin v,
                double *value) {
    double theta = parameter[0];
    for (gsize i = 0; i < n; i++) {
        double most = MAX(u.first[i], v.first[i]), least = MIN(u.first[i], v.first[i]);
        /* 1 - A, exact where A is near 1; ln A, where it is near 0 */
        double product = expm1(-theta * most) * expm1(-theta * least);
        double log_bracket =
            product < 0.5 ? log1p(-product) : excess(-theta * least, -theta * most) - theta * least;
        value[i] = -expm1(log_bracket / theta);
    }
}

/* h1 = (1 - e^a) e^-t; its rest as a sum of positive terms. */
static double conditional(double a, double t, bool above) {
    return above ? exp(a - t) - expm1(-t) : -expm1(a) * exp(-t);
}

static void h(const double *parameter, gsize n, SyCopulaMargin u, SyCopulaMargin v, bool above_u,
              bool above_v, double *h1, double *h2) {
    double theta = parameter[0], power = (theta - 1) / theta;
    for (gsize i = 0; i < n; i++) {
        double a = -theta * u.first[i], b = -theta * v.first[i];
        h1[i] = conditional(a, power * excess(b, a), above_u);
        h2[i] = conditional(b, power * excess(a, b), above_v);
    }
}

const SyCopula sy_copula_joe = {
    .name = "Joe",
    .summary = "Archimedean; ties joint rises, hardly joint falls.",
    .source = "Joe (1997), Multivariate Models and Dependence Concepts, family B5",
    .automatic = true,
    .rotates = true,
    .parameters = 1,
    .parameter_names = {"theta"},
    .least = {1},
    .most = {INFINITY},
    .fit_least = {1},
    .fit_most = {30},
    .from_tau = from_tau,
    .tau = tau,
    .tails = tails,
    .margin = sy_margin_log_rest,
    .log_density = log_density,
    .cdf = cdf,
    .h = h,
};
