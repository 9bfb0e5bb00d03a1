/* The rows of the families, for registry.c, and what several of them use. */
#ifndef SY_NUM_COPULA_FAMILIES_H
#define SY_NUM_COPULA_FAMILIES_H

#include <math.h>

#include "num/copula/copula.h"

extern const SyCopula sy_copula_clayton, sy_copula_frank, sy_copula_gaussian, sy_copula_gumbel,
    sy_copula_independence, sy_copula_joe, sy_copula_student;

/* -ln u >= 0, with rest = 1 - u; all digits at both ends. */
static inline double sy_minus_log(double u, double rest) {
    return u < 0.5 ? -log(u) : -log1p(-rest);
}

/* ln(e^x - 1), x > 0, whatever its size. */
static inline double sy_log_expm1(double x) { return x < 1 ? log(expm1(x)) : x + log1p(-exp(-x)); }

/* ln(1 + e^x), whatever its size. */
static inline double sy_log1p_exp(double x) { return x > 0 ? x + log1p(exp(-x)) : log1p(exp(x)); }

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
