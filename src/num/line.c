/* Deviations from the means are summed, not powers: points far from 0 lose no digits. */
#include "num/line.h"

#include <math.h>

/* Squares: of what is left of deviations, and of a mean. */
static const double of_deviations = 1e-18, of_mean = 1e-30;

SyLine sy_line(gsize n, const double *x, const double *y) {
    SyLine line = {0};
    double count = (double)n;
    for (gsize i = 0; i < n; i++) {
        line.mean_x += x[i];
        line.mean_y += y[i];
    }
    line.mean_x /= count;
    line.mean_y /= count;
    double xx = 0, xy = 0, yy = 0;
    for (gsize i = 0; i < n; i++) {
        double dx = x[i] - line.mean_x, dy = y[i] - line.mean_y;
        xx += dx * dx;
        xy += dx * dy;
        yy += dy * dy;
    }
    line.slope = xx > of_mean * count * line.mean_x * line.mean_x ? xy / xx : NAN;
    for (gsize i = 0; i < n; i++) {
        double residual = sy_line_residual(&line, x[i], y[i]);
        line.squares += residual * residual;
    }
    if (line.squares <= fmax(of_deviations * yy, of_mean * count * line.mean_y * line.mean_y))
        line.squares = 0;
    return line;
}
