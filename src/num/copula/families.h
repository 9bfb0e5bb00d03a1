/* The rows of the families, for registry.c, and what several of them use. */
#ifndef SY_NUM_COPULA_FAMILIES_H
#define SY_NUM_COPULA_FAMILIES_H

#include "num/copula/copula.h"

extern const SyCopula sy_copula_clayton, sy_copula_frank, sy_copula_gaussian, sy_copula_gumbel,
    sy_copula_independence, sy_copula_joe, sy_copula_student;

/* The correlation of an elliptical copula with Kendall's tau: sin(pi tau / 2).
 * Returns false where that is 1 or -1 to the last bit.
 * Source: Lindskog, McNeil & Schmock (2003), Credit Risk, 149-156 */
bool sy_elliptical_from_tau(double tau, double *parameter);

#endif
