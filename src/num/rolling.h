/* Moments over a sliding window of rows. */
#ifndef SY_NUM_ROLLING_H
#define SY_NUM_ROLLING_H

#include <glib.h>

/* Of the pairs of a window that have both values; NaN where there are none. */
typedef struct {
    gsize n;               /* pairs */
    double mean_x, mean_y; /* in the units of x and y */
    double xx, yy, xy;     /* sums of squares and products of the deviations from the means */
} SyMoments;

/* Moments of the rows (t - window, t] for every row t; at the start the windows are shorter.
 *
 * x, y      [n] NaN marks a missing value; y may be x
 * window    >= 1 rows
 * moments   [n]
 * Row t depends on rows <= t only, and on where the series begins.
 * Cost: O(n). Sums slide about a reference value near the mean, and are taken anew often enough
 * that rounding does not add up: relative errors stay near 1e-12; equal values have xx = 0.
 */
void sy_rolling_moments(gsize n, const double *x, const double *y, gsize window,
                        SyMoments *moments);

#endif
