/* Ranks and what is built on them: the first step of every copula fit. */
#include "num/rank.h"

#include <math.h>
#include <string.h>

gsize sy_pairs_complete(gsize n, const double *x, const double *y, double *x_complete,
                        double *y_complete) {
    gsize complete = 0;
    for (gsize i = 0; i < n; i++) {
        if (isnan(x[i]) || isnan(y[i]))
            continue;
        x_complete[complete] = x[i];
        y_complete[complete] = y[i];
        complete++;
    }
    return complete;
}

enum { DIGIT_BITS = 8, DIGITS = 64 / DIGIT_BITS, DIGIT_VALUES = 1 << DIGIT_BITS };

typedef struct {
    guint64 key;
    guint32 row;
} Cell;

/* A whole number with the order of the doubles, and back. */
static guint64 key_of(double value) {
    guint64 bits;
    value += 0.0; /* -0 becomes 0 */
    memcpy(&bits, &value, sizeof bits);
    return bits >> 63 ? ~bits : bits | (guint64)1 << 63;
}

static double value_of(guint64 key) {
    guint64 bits = key >> 63 ? key & ~((guint64)1 << 63) : ~key;
    double value;
    memcpy(&value, &bits, sizeof value);
    return value;
}

/* Radix sort from the lowest digit, skipping digits that all keys share. Returns whichever of the
 * two buffers [n] holds the result. */
static Cell *sort_cells(gsize n, Cell *cells, Cell *other) {
    guint32 count[DIGITS][DIGIT_VALUES] = {0};
    for (gsize i = 0; i < n; i++)
        for (guint digit = 0; digit < DIGITS; digit++)
            count[digit][cells[i].key >> digit * DIGIT_BITS & (DIGIT_VALUES - 1)]++;
    for (guint digit = 0; digit < DIGITS; digit++) {
        guint shift = digit * DIGIT_BITS;
        if (count[digit][cells[0].key >> shift & (DIGIT_VALUES - 1)] == n)
            continue;
        guint32 place = 0;
        for (guint value = 0; value < DIGIT_VALUES; value++) {
            guint32 here = count[digit][value];
            count[digit][value] = place;
            place += here;
        }
        for (gsize i = 0; i < n; i++)
            other[count[digit][cells[i].key >> shift & (DIGIT_VALUES - 1)]++] = cells[i];
        Cell *swap = cells;
        cells = other;
        other = swap;
    }
    return cells;
}

gsize sy_rank_work_size(gsize n) { return 2 * n * sizeof(Cell); }

void sy_rank(gsize n, const double *x, double *sorted, guint32 *rank, void *work) {
    Cell *cells = work;
    if (n == 0)
        return;
    for (gsize i = 0; i < n; i++)
        cells[i] = (Cell){.key = key_of(x[i]), .row = (guint32)i};
    cells = sort_cells(n, cells, cells + n);
    for (gsize first = 0, last; first < n; first = last) {
        double value = value_of(cells[first].key);
        for (last = first; last < n && cells[last].key == cells[first].key; last++)
            sorted[last] = value;
        for (gsize i = first; i < last; i++)
            rank[cells[i].row] = (guint32)(first + last + 1);
    }
}

/* Number of values below x, or not above it. The halves are chosen without a branch. */
static gsize count_below(gsize n, const double *sorted, double x, bool or_equal) {
    gsize below = 0;
    while (n > 0) {
        gsize half = n / 2;
        double middle = sorted[below + half];
        bool right = or_equal ? middle <= x : middle < x;
        below += right ? half + 1 : 0;
        n = right ? n - half - 1 : half;
    }
    return below;
}

double sy_ecdf(gsize n, const double *sorted, double x) {
    gsize below = count_below(n, sorted, x, false);
    gsize not_above = below < n && sorted[below] == x ? count_below(n, sorted, x, true) : below;
    return (double)(below + not_above + 1) / (2.0 * ((double)n + 1));
}

static guint64 pairs_of(guint64 n) { return n * (n - (n > 0)) / 2; }

/* Pairs of equal ranks; `tied` [2n + 1] counts how often each rank occurs. */
static guint64 count_ties(gsize n, const guint32 *rank, guint32 *tied) {
    memset(tied, 0, (2 * n + 1) * sizeof *tied);
    for (gsize i = 0; i < n; i++)
        tied[rank[i]]++;
    guint64 ties = 0;
    for (gsize i = 0; i <= 2 * n; i++)
        ties += pairs_of(tied[i]);
    return ties;
}

/* Stable counting sort of rows by their rank: `count` [2n + 1] must hold how often each occurs. */
static void sort_rows(gsize n, const guint32 *rank, const guint32 *from, guint32 *to,
                      guint32 *count) {
    guint32 place = 0;
    for (gsize i = 0; i <= 2 * n; i++) {
        guint32 here = count[i];
        count[i] = place;
        place += here;
    }
    for (gsize i = 0; i < n; i++)
        to[count[rank[from[i]]]++] = from[i];
}

/* Number of pairs i < j with value[i] > value[j], by merging ascending runs. */
static guint64 count_inversions(gsize n, guint32 *value, guint32 *other) {
    guint64 inversions = 0;
    for (gsize width = 1; width < n; width *= 2) {
        for (gsize start = 0; start < n; start += 2 * width) {
            gsize left = start, middle = MIN(start + width, n), right = middle,
                  end = MIN(start + 2 * width, n), out = start;
            while (left < middle && right < end) {
                bool take_right = value[right] < value[left];
                other[out++] = take_right ? value[right] : value[left];
                inversions += take_right ? middle - left : 0;
                right += take_right;
                left += !take_right;
            }
            memcpy(other + out, value + left, (middle - left) * sizeof *value);
            out += middle - left;
            memcpy(other + out, value + right, (end - right) * sizeof *value);
        }
        guint32 *swap = value;
        value = other;
        other = swap;
    }
    return inversions;
}

gsize sy_tau_work_size(gsize n) { return (4 * n + 1) * sizeof(guint32); }

bool sy_tau(gsize n, const guint32 *rank_x, const guint32 *rank_y, void *work, double *tau) {
    guint32 *by_y = work, *by_both = by_y + n, *count = by_both + n;
    guint64 pairs = pairs_of(n);

    guint64 ties_y = count_ties(n, rank_y, count);
    for (gsize i = 0; i < n; i++)
        by_both[i] = (guint32)i;
    sort_rows(n, rank_y, by_both, by_y, count);

    guint64 ties_x = count_ties(n, rank_x, count);
    sort_rows(n, rank_x, by_y, by_both, count);
    if (ties_x == pairs || ties_y == pairs)
        return false;

    guint64 ties_both = 0;
    for (gsize first = 0, last; first < n; first = last) {
        guint32 row = by_both[first];
        for (last = first + 1; last < n && rank_x[by_both[last]] == rank_x[row] &&
                               rank_y[by_both[last]] == rank_y[row];
             last++)
            ;
        ties_both += pairs_of(last - first);
    }
    /* Rows are in the order of x, and of y among equal x: an inversion of y is a discordant pair.
     */
    for (gsize i = 0; i < n; i++)
        by_y[i] = rank_y[by_both[i]];
    guint64 discordant = count_inversions(n, by_y, by_both);

    gint64 difference =
        (gint64)(pairs + ties_both) - (gint64)(ties_x + ties_y) - 2 * (gint64)discordant;
    double untied_x = (double)(pairs - ties_x), untied_y = (double)(pairs - ties_y);
    /* Equal factors are not rooted, so that perfect agreement gives exactly 1. */
    double scale = untied_x == untied_y ? untied_x : sqrt(untied_x) * sqrt(untied_y);
    *tau = CLAMP((double)difference / scale, -1.0, 1.0);
    return true;
}
