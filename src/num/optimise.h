/* Optimisation of functions of one variable without derivatives, and of two with them. */
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

/* A function of up to two variables; sets its slope by each. */
typedef double (*SySmoothFunction)(const double *x, double *slope, gconstpointer data);

/* A local minimum of a smooth function within a box, reached from x downhill.
 *
 * variables   1 or 2
 * low, high   [variables] the box, closed; f is never called outside it
 * step        [variables] > 0, lengths over which f bends little: for its first curvatures
 * tolerance   absolute, of the minimum: what a step can still gain
 * x           [variables] the start, within the box; set to the place of the minimum
 * Returns f there, never more than at the start.
 * Cost:   about 6 calls of f for one variable, 10 for two, where f is smooth
 * Source: Bertsekas (1982), SIAM J. Control Optim. 20(2), 221-246 (projected Newton); the
 *         curvatures by differences of slopes, then by Broyden-Fletcher-Goldfarb-Shanno
 */
double sy_minimise_smooth(SySmoothFunction f, gconstpointer data, gsize variables,
                          const double *low, const double *high, const double *step,
                          double tolerance, double *x);

#endif
