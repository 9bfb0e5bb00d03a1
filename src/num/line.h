/* The least-squares line through points. */
#ifndef SY_NUM_LINE_H
#define SY_NUM_LINE_H

#include <glib.h>

/* y = mean_y + slope (x - mean_x). */
typedef struct {
    double mean_x, mean_y, slope;
    double squares; /* sum of the squared residuals, in y's unit squared; 0 where nothing but
                       rounding is left of y: 1e-9 of its deviations, or 1e-15 of its mean */
} SyLine;

/* x, y   [n] any unit, no NaN; n >= 2
 * Where all x are equal but for rounding, slope and squares are NaN; where all y are, squares is 0.
 * Cost: O(n), three passes; the residuals are as exact as x and y themselves. */
SyLine sy_line(gsize n, const double *x, const double *y);

/* How far a point lies above the line. */
static inline double sy_line_residual(const SyLine *line, double x, double y) {
    return (y - line->mean_y) - line->slope * (x - line->mean_x);
}

#endif
