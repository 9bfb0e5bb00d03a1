/* The rows of the families, for registry.c, and what several of them use. */
#ifndef SY_NUM_COPULA_FAMILIES_H
#define SY_NUM_COPULA_FAMILIES_H

#include <math.h>

#include "num/copula/copula.h"

extern const SyCopula sy_copula_bb1, sy_copula_bb6, sy_copula_bb7, sy_copula_bb8, sy_copula_clayton,
    sy_copula_frank, sy_copula_gaussian, sy_copula_gumbel, sy_copula_independence, sy_copula_joe,
    sy_copula_student;

/* -ln u >= 0, with rest = 1 - u; all digits at both ends. */
static inline double sy_minus_log(double u, double rest) {
    return u < 0.5 ? -log(u) : -log1p(-rest);
}

/* (1 - e^-kx)/k and ln(1 + kx)/k, which at k = 0 are x: as x is then all they hold, no size of k
 * and x costs digits. */
static inline double sy_expm1_over(double k, double x) {
    return fabs(k * x) < 1e-17 ? x : -expm1(-k * x) / k;
}

static inline double sy_log1p_over(double k, double x) {
    return fabs(k * x) < 1e-17 ? x : log1p(k * x) / k;
}

/* ln(e^x - 1), x > 0, whatever its size. */
static inline double sy_log_expm1(double x) { return x < 1 ? log(expm1(x)) : x + log1p(-exp(-x)); }

/* ln(1 + e^x), whatever its size. */
static inline double sy_log1p_exp(double x) { return x > 0 ? x + log1p(exp(-x)) : log1p(exp(x)); }

/* ln(1 - e^-x), x > 0, whatever its size. */
static inline double sy_log1m_exp(double x) { return x < 1 ? log(-expm1(-x)) : log1p(-exp(-x)); }

/* Kendall's tau of Joe's copula: the inner part of BB6 too. theta >= 1 */
double sy_joe_tau(double theta);

/* Margins that are one logarithm: -ln u (to `first`), and -ln(1 - u). */
void sy_margin_log(const double *parameter, gsize n, const double *u, const double *rest,
                   SyCopulaMargin margin);
void sy_margin_log_rest(const double *parameter, gsize n, const double *u, const double *rest,
                        SyCopulaMargin margin);

/* BB6 and BB7 are a copula of one parameter, delta, put inside of Joe's: with
 *     g(u) = 1 - (1-u)^theta,   C = 1 - (1 - D(g(u), g(v)))^(1/theta).
 * What the inner copula D says at a pair g(u) = e^-a, g(v) = e^-b. Its derivatives are
 *     ln dD/dg(u) = -kappa beyond_a - fall_a,   ln dD/dg(v) = -kappa beyond_b - fall_b,
 * its density is (kappa + kappa_over / (1 - D)) dD/dg(u) dD/dg(v) / D. */
typedef struct {
    double minus_log;          /* -ln D >= max(a, b) */
    double beyond_a, beyond_b; /* -ln D - a, -ln D - b, >= 0 */
    double fall_a, fall_b;     /* >= 0 */
    double log_product;        /* ln of dD/dg(u) dD/dg(v) / D */
    double kappa, kappa_over;
} SyInner;

/* a, b           >= 0, one of them above 0
 * log_a, log_b   their logarithms, also where one of them underflows
 * delta          the parameter of the inner copula */
typedef SyInner (*SyInnerFunction)(double delta, double a, double b, double log_a, double log_b);

/* The functions of the row of such a family, of margins by sy_margin_log_rest. */
void sy_inside_joe_log_density(SyInnerFunction inner, const double *parameter, gsize n,
                               SyCopulaMargin u, SyCopulaMargin v, double *value);
void sy_inside_joe_cdf(SyInnerFunction inner, const double *parameter, gsize n, SyCopulaMargin u,
                       SyCopulaMargin v, double *value);
void sy_inside_joe_h(SyInnerFunction inner, const double *parameter, gsize n, SyCopulaMargin u,
                     SyCopulaMargin v, bool above_u, bool above_v, double *h1, double *h2);

/* The correlation of an elliptical copula with Kendall's tau: sin(pi tau / 2), and back.
 * The first returns false where that is 1 or -1 to the last bit.
 * Source: Lindskog, McNeil & Schmock (2003), Credit Risk, 149-156 */
bool sy_elliptical_from_tau(double tau, double *parameter);
double sy_elliptical_tau(const double *parameter);

/* P(X <= x, Y <= y) of a bivariate t distribution, or of a normal one.
 *
 * u, v      P(X <= x), P(Y <= y) as the smaller of the probability and its rest
 * nu        degrees of freedom; infinity: normal
 * Accuracy: relative, 1e-13
 * Cost:     130 to 500 evaluations of the integrand, about 10 us
 * Source:   the derivative by rho of Plackett (1954), Biometrika 41, 351-360, and of Genz (2004),
 *           Statistics and Computing 14, 251-260, integrated from rho = -1
 */
double sy_elliptical_cdf(double x, double y, double u, double v, double rho, double nu);

#endif
