/* Numbers of a series of returns; the formulas stand in the header. Two passes: sums first, then
 * deviations from the means. Each pass is one loop over all sums, so that the series is read twice
 * and not once per number. */
#include "portfolio/statistics.h"

#include <math.h>
#include <stdbool.h>
#include <string.h>

#include "num/lanes.h"

/* --- moments ---------------------------------------------------------------------------------- */

static void add_sums(SyReturns *sums, const double *x, gsize n) {
    SyLanes sum = {0}, growth = {1, 1}, gains = {0}, losses = {0}, squares = {0};
    SyLanes required = sy_lanes_of(sums->required);
    for (gsize i = 0; i < n; i += 2) {
        /* the row beside the last is one that changes nothing */
        SyLanes now = i + 1 < n ? sy_lanes_load(x + i) : (SyLanes){x[i], 0};
        SyLanes excess = i + 1 < n ? now - required : (SyLanes){x[i] - sums->required, 0};
        SyLanes loss = sy_lanes_where(excess < 0, excess);
        sum += now;
        growth *= 1 + now;
        gains += sy_lanes_where(excess > 0, excess);
        losses -= loss;
        squares += loss * loss;
    }
    sums->mean = sy_lanes_sum(sum) / (double)n;
    sums->growth = growth[0] * growth[1];
    sums->gains = sy_lanes_sum(gains);
    sums->losses = sy_lanes_sum(losses);
    sums->squares = sy_lanes_sum(squares);
}

static bool is_constant(const double *x, gsize n) {
    gsize i = 1;
    while (i < n && x[i] == x[0])
        i++;
    return i >= n;
}

/* All deviations of a constant series are exactly 0. */
static void add_moments(SyReturns *sums, const double *x, gsize n) {
    SyLanes mean = sy_lanes_of(sums->mean), m2 = {0}, m3 = {0}, m4 = {0};
    if (is_constant(x, n))
        return;
    for (gsize i = 0; i < n; i += 2) {
        SyLanes now = i + 1 < n ? sy_lanes_load(x + i) : (SyLanes){x[i], sums->mean};
        SyLanes deviation = now - mean, square = deviation * deviation;
        m2 += square;
        m3 += square * deviation;
        m4 += square * square;
    }
    sums->m2 = sy_lanes_sum(m2) / (double)n;
    sums->m3 = sy_lanes_sum(m3) / (double)n;
    sums->m4 = sy_lanes_sum(m4) / (double)n;
}

static bool is_constantly_apart(const double *x, const double *b, gsize n) {
    gsize i = 1;
    while (i < n && x[i] - b[i] == x[0] - b[0])
        i++;
    return i >= n;
}

static void add_joint_means(SyReturns *sums, const double *x, const double *b, gsize n) {
    SyLanes sum = {0}, benchmark = {0}, active = {0};
    for (gsize i = 0; i < n; i += 2) {
        SyLanes now = i + 1 < n ? sy_lanes_load(x + i) : (SyLanes){x[i], 0};
        SyLanes other = i + 1 < n ? sy_lanes_load(b + i) : (SyLanes){b[i], 0};
        sum += now;
        benchmark += other;
        active += now - other;
    }
    sums->joint.n = n;
    sums->joint.mean = sy_lanes_sum(sum) / (double)n;
    sums->joint.benchmark = sy_lanes_sum(benchmark) / (double)n;
    sums->joint.active = sy_lanes_sum(active) / (double)n;
}

static void add_joint(SyReturns *sums, const double *x, const double *b, gsize n) {
    add_joint_means(sums, x, b, n);
    double mean = sums->joint.mean, benchmark = sums->joint.benchmark, apart = sums->joint.active;
    SyLanes variance = {0}, covariance = {0}, active = {0};
    for (gsize i = 0; i < n; i += 2) {
        SyLanes now = i + 1 < n ? sy_lanes_load(x + i) : (SyLanes){x[i], mean};
        SyLanes other = i + 1 < n ? sy_lanes_load(b + i) : (SyLanes){b[i], benchmark};
        SyLanes of_active = i + 1 < n ? now - other - apart : (SyLanes){x[i] - b[i] - apart, 0};
        SyLanes deviation = other - benchmark;
        variance += deviation * deviation;
        covariance += deviation * (now - mean);
        active += of_active * of_active;
    }
    sums->joint.variance = is_constant(b, n) ? 0 : sy_lanes_sum(variance) / (double)n;
    sums->joint.covariance = sy_lanes_sum(covariance) / (double)n;
    sums->joint.active_variance =
        is_constantly_apart(x, b, n) ? 0 : sy_lanes_sum(active) / (double)n;
}

/* --- order statistics ------------------------------------------------------------------------- */

static void swap(double *a, double *b) {
    double kept = *a;
    *a = *b;
    *b = kept;
}

/* Reorders x so that x[place] is what a sort would put there, with nothing larger before it and
 * nothing smaller behind. Source: Hoare (1961), Algorithm 65: FIND, Comm. ACM 4(7), 321-322; the
 * pivot is the median of three. */
static void select_place(double *x, gsize n, gsize place) {
    gsize low = 0, high = n - 1;
    while (low < high) {
        gsize middle = low + (high - low) / 2;
        if (x[middle] < x[low])
            swap(&x[middle], &x[low]);
        if (x[high] < x[low])
            swap(&x[high], &x[low]);
        if (x[high] < x[middle])
            swap(&x[high], &x[middle]);
        double pivot = x[middle];
        gsize left = low, right = high;
        for (;;) {
            while (x[left] < pivot)
                left++;
            while (x[right] > pivot)
                right--;
            if (left >= right)
                break;
            swap(&x[left++], &x[right--]);
        }
        /* x[low … right] ≤ pivot ≤ x[right + 1 … high], and right < high */
        if (place <= right)
            high = right;
        else
            low = right + 1;
    }
}

/* x[place], and what lies above it, where nothing larger stands before ⌊place⌋ and nothing smaller
 * behind; the next order statistic is the least of x[⌊place⌋ + 1 … end). */
static double between(const double *x, gsize end, double place) {
    gsize below = (gsize)place;
    double above = below + 1 < end ? INFINITY : x[below];
    for (gsize i = below + 1; i < end; i++)
        above = x[i] < above ? x[i] : above;
    return x[below] + (above - x[below]) * (place - (double)below);
}

static double mean_of(const double *x, gsize n) {
    double sum = 0;
    for (gsize i = 0; i < n; i++)
        sum += x[i];
    return sum / (double)n;
}

void sy_returns_tails(double *x, gsize m, double share, double *low, double *high,
                      double *shortfall) {
    double low_place = (double)(m - 1) * share, high_place = (double)(m - 1) * (1 - share);
    gsize last = (gsize)low_place, first = (gsize)high_place;
    select_place(x, m, last);
    *low = between(x, m, low_place);
    *shortfall = mean_of(x, last + 1);
    if (first > last)
        select_place(x + last + 1, m - last - 1, first - last - 1);
    *high = between(x, m, high_place);
}

enum { SAMPLES = 256, TAIL = 26 }; /* a tenth of the samples, for the twentieth that is wanted */

/* Bounds that about a tenth of the values lie below and above. */
static void sample_bounds(const double *x, gsize n, double *lower, double *upper) {
    double sample[SAMPLES];
    for (gsize i = 0; i < SAMPLES; i++)
        sample[i] = x[i * n / SAMPLES];
    select_place(sample, SAMPLES, TAIL);
    *lower = sample[TAIL];
    select_place(sample, SAMPLES, SAMPLES - 1 - TAIL);
    *upper = sample[SAMPLES - 1 - TAIL];
}

/* The same numbers of a long series, without selecting among all of it: first the values at both
 * ends are gathered, which is one pass without branches. work [2n]. */
static void tails_of(SyReturns *sums, const double *x, gsize n, double *work) {
    double share = 0.05, lower, upper, *lows = work, *highs = work + n;
    gsize n_low = 0, n_high = 0;
    double low_place = (double)(n - 1) * share, high_place = (double)(n - 1) * (1 - share);
    gsize last = (gsize)low_place, first = (gsize)high_place;
    if (n >= 8 * SAMPLES) {
        sample_bounds(x, n, &lower, &upper);
        for (gsize i = 0; i < n; i++) {
            lows[n_low] = highs[n_high] = x[i];
            n_low += x[i] <= lower;
            n_high += x[i] >= upper;
        }
    }
    if (n_low < last + 2 || n_high < n - first) { /* a short series, or not enough gathered */
        memcpy(lows, x, n * sizeof *x);
        sy_returns_tails(lows, n, share, &sums->low, &sums->high, &sums->shortfall);
        return;
    }
    gsize before = n - n_high; /* values that are below all of highs */
    select_place(lows, n_low, last);
    select_place(highs, n_high, first - before);
    sums->low = between(lows, n_low, low_place);
    sums->high = between(highs, n_high, high_place - (double)before);
    sums->shortfall = mean_of(lows, last + 1);
}

/* --- the walk --------------------------------------------------------------------------------- */

static bool has_gaps(const double *x, gsize n) {
    bool gap = false;
    for (gsize i = 0; i < n; i++)
        gap |= isnan(x[i]) != 0;
    return gap;
}

/* Copies the values of x where both are present; `to` may be x itself. Returns how many. */
static gsize keep_present(const double *x, const double *other, gsize n, double *to) {
    gsize m = 0;
    for (gsize i = 0; i < n; i++) {
        bool both = !isnan(x[i]) && !isnan(other[i]);
        to[m] = x[i];
        m += both;
    }
    return m;
}

SyReturns sy_returns_of(const double *returns, const double *benchmark, gsize n, double required,
                        double *work) {
    SyReturns sums = {.n = n, .present = n, .required = required, .mean = NAN, .growth = NAN};
    sums.low = sums.high = sums.shortfall = NAN;
    sums.joint.mean = sums.joint.benchmark = sums.joint.active = NAN;
    bool gaps = has_gaps(returns, n), either = gaps || (benchmark && has_gaps(benchmark, n));
    const double *x = returns, *b = benchmark;
    gsize both = benchmark ? n : 0;
    if (either && benchmark) {
        both = keep_present(returns, benchmark, n, work);
        keep_present(benchmark, returns, n, work + n);
        x = work;
        b = work + n;
    }
    if (both > 0)
        add_joint(&sums, x, b, both);
    if (gaps)
        sums.present = keep_present(returns, returns, n, work);
    x = gaps ? work : returns;
    if (sums.present > 0) {
        add_sums(&sums, x, sums.present);
        add_moments(&sums, x, sums.present);
        tails_of(&sums, x, sums.present, work + n);
    }
    return sums;
}

/* --- the numbers ------------------------------------------------------------------------------ */

/* Standard deviation with ddof 1; NaN where it is 0 or there are fewer than two values. */
static double deviation_of(gsize n, double variance) {
    return n > 1 && variance > 0 ? sqrt(variance * (double)n / (double)(n - 1)) : NAN;
}

double sy_returns_annualised(const SyReturns *returns, double annualisation) {
    if (!(returns->growth >= 0))
        return NAN;
    return pow(returns->growth, annualisation / (double)returns->n) - 1;
}

double sy_returns_volatility(const SyReturns *returns, double annualisation) {
    if (returns->present < 2)
        return NAN;
    return returns->m2 > 0 ? deviation_of(returns->present, returns->m2) * sqrt(annualisation) : 0;
}

double sy_returns_sharpe(const SyReturns *returns, double annualisation) {
    return (returns->mean - returns->required) / deviation_of(returns->present, returns->m2) *
           sqrt(annualisation);
}

double sy_returns_sortino(const SyReturns *returns, double annualisation) {
    if (!(returns->squares > 0))
        return NAN;
    return (returns->mean - returns->required) * sqrt(annualisation) /
           sqrt(returns->squares / (double)returns->present);
}

double sy_returns_omega(const SyReturns *returns) {
    return returns->losses > 0 ? returns->gains / returns->losses : NAN;
}

double sy_returns_tail_ratio(const SyReturns *returns) {
    double low = fabs(returns->low);
    return low > 0 ? fabs(returns->high) / low : NAN;
}

double sy_returns_skew(const SyReturns *returns) {
    double count = (double)returns->present;
    if (returns->present < 3 || !(returns->m2 > 0))
        return NAN;
    return sqrt(count * (count - 1)) / (count - 2) * returns->m3 / pow(returns->m2, 1.5);
}

double sy_returns_kurtosis(const SyReturns *returns) {
    double count = (double)returns->present;
    if (returns->present < 4 || !(returns->m2 > 0))
        return NAN;
    double excess = returns->m4 / (returns->m2 * returns->m2) - 3;
    return (count - 1) / ((count - 2) * (count - 3)) * ((count + 1) * excess + 6);
}

double sy_returns_beta(const SyReturns *returns) {
    if (returns->joint.n < 2 || !(returns->joint.variance > 0))
        return NAN;
    return returns->joint.covariance / returns->joint.variance;
}

double sy_returns_alpha(const SyReturns *returns, double annualisation) {
    double mean = returns->joint.mean - returns->required -
                  sy_returns_beta(returns) * (returns->joint.benchmark - returns->required);
    return pow(1 + mean, annualisation) - 1;
}

double sy_returns_information_ratio(const SyReturns *returns) {
    return returns->joint.active / deviation_of(returns->joint.n, returns->joint.active_variance);
}
