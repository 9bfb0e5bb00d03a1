/* Ranks, the empirical distribution and Kendall's correlation. Ranks are kept doubled, so that the
 * mid-ranks of ties are whole numbers: the k-th smallest of n different values has rank 2k, and
 * rank / (2(n + 1)) is its pseudo-observation, strictly between 0 and 1. */
#ifndef SY_NUM_RANK_H
#define SY_NUM_RANK_H

#include <glib.h>
#include <stdbool.h>

/* Copies the rows where both columns have a value.
 *
 * x, y                  [n] any unit; NaN marks a missing value
 * x_complete, y_complete [n] the first returned-many are set; may be x and y themselves
 * Returns the number of complete pairs. Cost: O(n).
 */
gsize sy_pairs_complete(gsize n, const double *x, const double *y, double *x_complete,
                        double *y_complete);

/* Sorts a column and ranks it.
 *
 * x        [n] any unit, no NaN; n < 2^30
 * sorted   [n] x in ascending order; -0 becomes 0
 * rank     [n] doubled mid-rank of each x: from 2 to 2n
 * work     sy_rank_work_size(n) bytes, aligned as a double
 * Cost: O(n), radix sort; allocates nothing
 */
void sy_rank(gsize n, const double *x, double *sorted, guint32 *rank, void *work);
gsize sy_rank_work_size(gsize n);

/* The empirical distribution of a sample, continuous at its steps in the mean:
 * F(x) = (#{sample < x} + ½ #{sample = x} + ½) / (n + 1). On the sample itself it is its
 * pseudo-observation; outside it stays within [½/(n+1), 1 - ½/(n+1)].
 *
 * sorted   [n] ascending; x is not NaN
 * Cost: O(log n)
 */
double sy_ecdf(gsize n, const double *sorted, double x);

/* Kendall's rank correlation (tau-b) of two columns, given as ranks.
 *
 * rank_x, rank_y   [n] doubled mid-ranks, as sy_rank gives them
 * work             sy_tau_work_size(n) bytes, aligned as a guint32
 * tau              [1] in [-1, 1]; exactly 1 or -1 if and only if no pair of rows disagrees
 * Returns false, and sets nothing, where a column is constant or n < 2.
 * Cost:   O(n log n), allocates nothing
 * Source: Knight (1966), JASA 61(314), 436-439
 */
bool sy_tau(gsize n, const guint32 *rank_x, const guint32 *rank_y, void *work, double *tau);
gsize sy_tau_work_size(gsize n);

#endif
