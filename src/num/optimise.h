/* One-dimensional optimisation without derivatives. */
#ifndef SY_NUM_OPTIMISE_H
#define SY_NUM_OPTIMISE_H

#include <glib.h>

typedef double (*SyScalarFunction)(double x, gconstpointer data);

/* A zero of a continuous function between two points where its signs differ.
 *
 * low, high   f(low) and f(high) have opposite signs, or one of them is 0
 * tolerance   relative, of the returned x; 0 = as near as doubles allow
 * Cost:   about 10 calls of f where f is smooth; never more than bisection squared
 * Source: Brent (1973), Algorithms for Minimization without Derivatives, chapter 4
 */
double sy_root(SyScalarFunction f, gconstpointer data, double low, double high, double tolerance);

/* The place of a minimum on [low, high]: the global one where f falls and then rises, otherwise a
 * local one. The two ends are candidates too.
 *
 * tolerance   absolute, of the returned x; below 1e-8·|x| nothing is gained
 * minimum     [1] f there
 * Cost:   10 to 20 calls of f where f is smooth
 * Source: Brent (1973), chapter 5
 */
double sy_minimise(SyScalarFunction f, gconstpointer data, double low, double high,
                   double tolerance, double *minimum);

#endif
