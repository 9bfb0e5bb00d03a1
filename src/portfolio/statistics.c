/* Numbers of a series of returns; the formulas stand in the header. */
#include "portfolio/statistics.h"

#include <math.h>

typedef struct {
    gsize n; /* values that are present */
    double mean;
    double m2, m3, m4; /* central moments: means of powers of the deviation */
} Moments;

/* Moments of x − shift; two passes. All deviations of a constant series are exactly 0. */
static Moments moments_of(const double *x, gsize n, double shift) {
    Moments moments = {0};
    double sum = 0, least = INFINITY, most = -INFINITY;
    for (gsize i = 0; i < n; i++) {
        if (isnan(x[i]))
            continue;
        moments.n++;
        sum += x[i] - shift;
        least = fmin(least, x[i]);
        most = fmax(most, x[i]);
    }
    if (moments.n == 0)
        return (Moments){.mean = NAN};
    double count = (double)moments.n;
    moments.mean = sum / count;
    if (least == most)
        return moments;
    for (gsize i = 0; i < n; i++) {
        if (isnan(x[i]))
            continue;
        double deviation = x[i] - shift - moments.mean, square = deviation * deviation;
        moments.m2 += square / count;
        moments.m3 += square * deviation / count;
        moments.m4 += square * square / count;
    }
    return moments;
}

/* Standard deviation with ddof 1; NaN where it is 0 or there are fewer than two values. */
static double deviation_of(const Moments *moments) {
    if (moments->n < 2 || !(moments->m2 > 0))
        return NAN;
    return sqrt(moments->m2 * (double)moments->n / (double)(moments->n - 1));
}

double sy_returns_annualised(const double *returns, gsize n, double annualisation) {
    double growth = 1;
    gsize present = 0;
    for (gsize i = 0; i < n; i++)
        if (!isnan(returns[i])) {
            growth *= 1 + returns[i];
            present++;
        }
    if (present == 0 || growth < 0)
        return NAN;
    return pow(growth, annualisation / (double)n) - 1;
}

double sy_returns_volatility(const double *returns, gsize n, double annualisation) {
    Moments moments = moments_of(returns, n, 0);
    if (moments.n < 2)
        return NAN;
    return moments.m2 > 0 ? deviation_of(&moments) * sqrt(annualisation) : 0;
}

double sy_returns_sharpe(const double *returns, gsize n, double risk_free, double annualisation) {
    Moments moments = moments_of(returns, n, risk_free);
    return moments.mean / deviation_of(&moments) * sqrt(annualisation);
}

double sy_returns_sortino(const double *returns, gsize n, double required, double annualisation) {
    double sum = 0, squares = 0;
    gsize present = 0;
    for (gsize i = 0; i < n; i++) {
        if (isnan(returns[i]))
            continue;
        double excess = returns[i] - required;
        sum += excess;
        squares += excess < 0 ? excess * excess : 0;
        present++;
    }
    if (!(squares > 0))
        return NAN;
    double count = (double)present;
    return sum / count * sqrt(annualisation) / sqrt(squares / count);
}

double sy_returns_omega(const double *returns, gsize n, double threshold) {
    double gains = 0, losses = 0;
    for (gsize i = 0; i < n; i++) {
        double excess = returns[i] - threshold;
        if (excess > 0)
            gains += excess;
        else if (excess < 0)
            losses -= excess;
    }
    return losses > 0 ? gains / losses : NAN;
}

/* The returns that are present, in any order. */
static double *without_gaps(const double *returns, gsize n, gsize *present) {
    double *copy = g_new0(double, MAX(n, 1));
    *present = 0;
    for (gsize i = 0; i < n; i++)
        if (!isnan(returns[i]))
            copy[(*present)++] = returns[i];
    return copy;
}

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

double sy_returns_quantile(const double *returns, gsize n, double share) {
    gsize present;
    g_autofree double *values = without_gaps(returns, n, &present);
    if (present == 0)
        return NAN;
    double place = (double)(present - 1) * share;
    gsize below = (gsize)place;
    select_place(values, present, below);
    double above = below + 1 < present ? INFINITY : values[below];
    for (gsize i = below + 1; i < present; i++)
        above = fmin(above, values[i]);
    return values[below] + (above - values[below]) * (place - (double)below);
}

double sy_returns_expected_shortfall(const double *returns, gsize n, double share) {
    gsize present;
    g_autofree double *values = without_gaps(returns, n, &present);
    if (present == 0)
        return NAN;
    gsize last = (gsize)((double)(present - 1) * share);
    select_place(values, present, last);
    double sum = 0;
    for (gsize i = 0; i <= last; i++)
        sum += values[i];
    return sum / (double)(last + 1);
}

double sy_returns_tail_ratio(const double *returns, gsize n) {
    double low = fabs(sy_returns_quantile(returns, n, 0.05));
    return low > 0 ? fabs(sy_returns_quantile(returns, n, 0.95)) / low : NAN;
}

double sy_returns_skew(const double *returns, gsize n) {
    Moments moments = moments_of(returns, n, 0);
    double count = (double)moments.n;
    if (moments.n < 3 || !(moments.m2 > 0))
        return NAN;
    return sqrt(count * (count - 1)) / (count - 2) * moments.m3 / pow(moments.m2, 1.5);
}

double sy_returns_kurtosis(const double *returns, gsize n) {
    Moments moments = moments_of(returns, n, 0);
    double count = (double)moments.n;
    if (moments.n < 4 || !(moments.m2 > 0))
        return NAN;
    double excess = moments.m4 / (moments.m2 * moments.m2) - 3;
    return (count - 1) / ((count - 2) * (count - 3)) * ((count + 1) * excess + 6);
}

/* Means, variance and covariance over the rows where both are present. */
typedef struct {
    gsize n;
    double mean, benchmark_mean, benchmark_variance, covariance;
} Joint;

static Joint joint_of(const double *returns, const double *benchmark, gsize n) {
    Joint joint = {0};
    for (gsize i = 0; i < n; i++) {
        if (isnan(returns[i]) || isnan(benchmark[i]))
            continue;
        joint.n++;
        joint.mean += returns[i];
        joint.benchmark_mean += benchmark[i];
    }
    if (joint.n == 0)
        return (Joint){.mean = NAN, .benchmark_mean = NAN};
    double count = (double)joint.n;
    joint.mean /= count;
    joint.benchmark_mean /= count;
    for (gsize i = 0; i < n; i++) {
        if (isnan(returns[i]) || isnan(benchmark[i]))
            continue;
        double deviation = benchmark[i] - joint.benchmark_mean;
        joint.benchmark_variance += deviation * deviation / count;
        joint.covariance += deviation * (returns[i] - joint.mean) / count;
    }
    return joint;
}

double sy_returns_beta(const double *returns, const double *benchmark, gsize n) {
    Joint joint = joint_of(returns, benchmark, n);
    if (joint.n < 2 || !(joint.benchmark_variance > 0))
        return NAN;
    return joint.covariance / joint.benchmark_variance;
}

double sy_returns_alpha(const double *returns, const double *benchmark, gsize n, double risk_free,
                        double annualisation) {
    Joint joint = joint_of(returns, benchmark, n);
    double beta = sy_returns_beta(returns, benchmark, n);
    double mean = joint.mean - risk_free - beta * (joint.benchmark_mean - risk_free);
    return pow(1 + mean, annualisation) - 1;
}

double sy_returns_information_ratio(const double *returns, const double *benchmark, gsize n) {
    g_autofree double *active = g_new(double, MAX(n, 1));
    for (gsize i = 0; i < n; i++)
        active[i] = returns[i] - benchmark[i];
    Moments moments = moments_of(active, n, 0);
    return moments.mean / deviation_of(&moments);
}
