/* BB8: C = (1 - [1 - g(u) g(v)/η]^(1/θ))/δ, g(u) = 1 - (1-δu)^θ, η = g(1); Joe at δ = 1, Frank as
 * θ grows. No tail dependence where δ < 1.
 *
 * With a = -θ ln(1-δu), b likewise, G = g/η and P = η G(u) G(v), what is near 0 is computed as it
 * is: 1 - G = e^-a (1 - ((1-δ)/(1-δu))^θ)/η, and 1 - P from it. */
#include "num/copula/families.h"

#include "num/quadrature.h"

/* Constants of a parameter. */
typedef struct {
    double theta, delta, eta;
} Family;

static Family family_of(const double *parameter) {
    double theta = parameter[0], delta = parameter[1];
    return (Family){theta, delta, -expm1(theta * log1p(-delta))};
}

/* What a value brings. */
typedef struct {
    double a;      /* -θ ln(1-δu) */
    double g;      /* 1 - e^-a */
    double beyond; /* (1 - G) η e^a, at most 1 */
} Value;

static Value value_of(const Family *family, double u, double rest) {
    double delta = family->delta, theta = family->theta;
    double a = -theta * (delta * u < 0.5 ? log1p(-delta * u) : log((1 - delta) + delta * rest));
    return (Value){a, -expm1(-a), -expm1(-theta * log1p(delta * rest / (1 - delta)))};
}

/* ln(1 - P) */
static double log_rest(const Family *family, const Value *u, const Value *v) {
    double product = u->g * (v->g / family->eta);
    if (product < 0.5)
        return log1p(-product);
    const Value *most = u->a > v->a ? u : v, *least = u->a > v->a ? v : u;
    return log((exp(least->a - most->a) * most->beyond + most->g) / family->eta) - least->a;
}

/* ln(1 - P) + b >= 0 of the value `given`. Where it is far beyond the other, that is about their
 * distance. */
static double excess(const Family *family, const Value *given, const Value *other, double log_p) {
    double apart = given->a - other->a;
    return apart < 300 ? log1p(exp(apart) * given->g * (other->beyond / family->eta))
                       : log_p + given->a;
}

/* The integral of the generator ln(η/g(t)) over its derivative, t from 0 to 1. */
static double tau_at(double from_low, double to_high, gconstpointer data) {
    const Family *family = data;
    Value value = value_of(family, from_low, to_high);
    double below = exp(-value.a / family->theta); /* 1 - δt */
    double k = exp(-value.a) * value.beyond / value.g;
    return below * value.beyond * (k > 0 ? log1p(k) / k : 1);
}

static double tau(const double *parameter) {
    Family family = family_of(parameter);
    return 1 - 4 / (family.theta * family.delta) * sy_integrate(tau_at, &family, 1);
}

static void tails(const double *parameter, double *lower, double *upper) {
    *lower = 0;
    *upper = parameter[1] < 1 ? 0 : 2 - exp2(1 / parameter[0]);
}

/* u and its rest. */
static void margin(const double *parameter, gsize n, const double *u, const double *rest,
                   SyCopulaMargin margin) {
    (void)parameter;
    for (gsize i = 0; i < n; i++) {
        margin.first[i] = u[i];
        margin.second[i] = rest[i];
    }
}

static void log_density(const double *parameter, gsize n, SyCopulaMargin u, SyCopulaMargin v,
                        double *value) {
    Family family = family_of(parameter);
    double theta = family.theta, constant = log(family.delta / family.eta);
    for (gsize i = 0; i < n; i++) {
        Value x = value_of(&family, u.first[i], u.second[i]);
        Value y = value_of(&family, v.first[i], v.second[i]);
        double log_p = log_rest(&family, &x, &y), apart = fabs(x.a - y.a);
        const Value *least = x.a < y.a ? &x : &y, *most = x.a < y.a ? &y : &x;
        /* (1/θ - 2) ln(1-P) - (1 - 1/θ)(a + b) + ln(θ - P) */
        value[i] = constant - apart + most->a / theta +
                   (1 / theta - 2) * excess(&family, least, most, log_p) +
                   log(theta - 1 + exp(log_p));
    }
}

static void cdf(const double *parameter, gsize n, SyCopulaMargin u, SyCopulaMargin v,
                double *value) {
    Family family = family_of(parameter);
    for (gsize i = 0; i < n; i++) {
        Value x = value_of(&family, u.first[i], u.second[i]);
        Value y = value_of(&family, v.first[i], v.second[i]);
        value[i] = -expm1(log_rest(&family, &x, &y) / family.theta) / family.delta;
    }
}

/* G e^-t, or its rest as a sum of positive terms. */
static double conditional(const Family *family, const Value *u, double t, bool above) {
    return above ? exp(-u->a - t) * (u->beyond / family->eta) - expm1(-t)
                 : u->g / family->eta * exp(-t);
}

static void h(const double *parameter, gsize n, SyCopulaMargin u, SyCopulaMargin v, bool above_u,
              bool above_v, double *h1, double *h2) {
    Family family = family_of(parameter);
    double power = (family.theta - 1) / family.theta;
    for (gsize i = 0; i < n; i++) {
        Value x = value_of(&family, u.first[i], u.second[i]);
        Value y = value_of(&family, v.first[i], v.second[i]);
        double log_p = log_rest(&family, &x, &y);
        h1[i] = conditional(&family, &x, power * excess(&family, &y, &x, log_p), above_u);
        h2[i] = conditional(&family, &y, power * excess(&family, &x, &y, log_p), above_v);
    }
}

const SyCopula sy_copula_bb8 = {
    .name = "BB8",
    .summary = "Archimedean; from Joe to Frank: joint rises are tied, but not to the very end.",
    .source = "Joe (1997), Multivariate Models and Dependence Concepts, family BB8",
    .automatic = false,
    .rotates = true,
    .parameters = 2,
    .parameter_names = {"theta", "delta"},
    .least = {1, 1e-4},
    .most = {INFINITY, 1},
    .fit_least = {1, 1e-4},
    .fit_most = {8, 1},
    .tau = tau,
    .tails = tails,
    .margin = margin,
    .log_density = log_density,
    .cdf = cdf,
    .h = h,
};
