/* Trials with several goals: which are better than others, and by how much room. */
#ifndef SY_TUNE_PARETO_H
#define SY_TUNE_PARETO_H

#include <glib.h>

/* Ranks of points by domination: 0 for those that no other is better than or equal to in every goal
 * and better in one; 1 for those of the rest that only points of rank 0 dominate, and so on.
 *
 * score  [n × goals] larger is better; a point with a NaN is behind all without
 * rank   [n]
 * Cost:   O(goals · n²) at most
 * Source: Zhang, Tian, Cheng & Jin (2015), IEEE Trans. Evolutionary Computation 19(2), 201-213, the
 *         sequential search; the ranks: Deb, Pratap, Agarwal & Meyarivan (2002), IEEE Trans.
 * Evolutionary Computation 6(2), 182-197, section III A */
void sy_pareto_rank(const double *score, gsize n, gsize goals, gsize *rank);

/* Order from best to worst: by rank, within one by crowding distance (most room first), then by
 * place. With one goal: by the goal.
 *
 * order  [n] indices of points
 * Source: the same, section III B */
void sy_pareto_order(const double *score, gsize n, gsize goals, gsize *order);

#endif
