/* Sliding sums of deviations from a reference value; a window's mean is one, and is taken again
 * each time that the window has moved on by its own length, or what is left of the sums is small
 * against what they have been: else the rounding of values long gone would be taken for the
 * window's. */
#include "num/rolling.h"

#include <math.h>

static const double small = 1e-4;

typedef struct {
    double at_x, at_y; /* the reference */
    double x, y, xx, yy, xy;
    double most_xx, most_yy; /* since they were taken */
    gsize n;
} Sums;

static void add(Sums *sums, double x, double y, double sign) {
    if (isnan(x) || isnan(y))
        return;
    double dx = x - sums->at_x, dy = y - sums->at_y;
    sums->x += sign * dx;
    sums->y += sign * dy;
    sums->xx += sign * (dx * dx);
    sums->yy += sign * (dy * dy);
    sums->xy += sign * (dx * dy);
    sums->most_xx = fmax(sums->most_xx, sums->xx);
    sums->most_yy = fmax(sums->most_yy, sums->yy);
    if (sign > 0)
        sums->n++;
    else
        sums->n--;
}

static Sums sums_of(gsize from, gsize end, const double *x, const double *y, double at_x,
                    double at_y) {
    Sums sums = {.at_x = at_x, .at_y = at_y};
    for (gsize row = from; row < end; row++)
        add(&sums, x[row], y[row], 1);
    return sums;
}

/* The sums of rows [from, end) about their own means, as well as the first pass knows those. */
static Sums centred(gsize from, gsize end, const double *x, const double *y) {
    Sums rough = {0};
    for (gsize row = from; row < end && rough.n == 0; row++)
        if (!isnan(x[row]) && !isnan(y[row]))
            rough = sums_of(from, end, x, y, x[row], y[row]);
    if (rough.n == 0)
        return rough;
    double n = (double)rough.n;
    return sums_of(from, end, x, y, rough.at_x + rough.x / n, rough.at_y + rough.y / n);
}

static SyMoments moments_of(const Sums *sums) {
    if (sums->n == 0)
        return (SyMoments){0, NAN, NAN, NAN, NAN, NAN};
    double n = (double)sums->n;
    return (SyMoments){
        .n = sums->n,
        .mean_x = sums->at_x + sums->x / n,
        .mean_y = sums->at_y + sums->y / n,
        .xx = fmax(sums->xx - sums->x * sums->x / n, 0),
        .yy = fmax(sums->yy - sums->y * sums->y / n, 0),
        .xy = sums->xy - sums->x * sums->y / n,
    };
}

void sy_rolling_moments(gsize n, const double *x, const double *y, gsize window,
                        SyMoments *moments) {
    Sums sums = {0};
    for (gsize row = 0; row < n; row++) {
        gsize from = row + 1 > window ? row + 1 - window : 0;
        /* while the windows still grow, their means may run away from the first values */
        if (row % window == 0 || sums.n == 0 || (row < window && (row & (row - 1)) == 0)) {
            sums = centred(from, row + 1, x, y);
        } else {
            if (from > 0)
                add(&sums, x[from - 1], y[from - 1], -1);
            add(&sums, x[row], y[row], 1);
        }
        moments[row] = moments_of(&sums);
        if (moments[row].xx < small * sums.most_xx || moments[row].yy < small * sums.most_yy) {
            sums = centred(from, row + 1, x, y);
            moments[row] = moments_of(&sums);
        }
    }
}
