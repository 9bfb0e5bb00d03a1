/* Numbers of a series of returns. The series is walked once for all of them; rows without a return
 * (NaN) are left out of means but counted in n where time matters. NaN is returned where a number
 * has no meaning: too few rows, no variance. A = rows of a year. */
#ifndef SY_PORTFOLIO_STATISTICS_H
#define SY_PORTFOLIO_STATISTICS_H

#include <glib.h>

/* Sums over the m returns r that are present, as fractions. */
typedef struct {
    gsize n, present;     /* rows; m */
    double mean;          /* of r */
    double m2, m3, m4;    /* central moments: means of powers of the deviation */
    double growth;        /* Π(1 + r) */
    double required;      /* f, a return per row: what is asked for, or free of risk */
    double gains, losses; /* Σ max(r − f, 0), Σ max(f − r, 0) */
    double squares;       /* Σ min(r − f, 0)² */
    double low, high;     /* 5th and 95th percentile, linear between order statistics */
    double shortfall;     /* mean of the lowest ⌊(m − 1) · 5 %⌋ + 1 */
    struct {
        gsize n;           /* rows where r and the benchmark b are present */
        double mean;       /* of r on these rows */
        double benchmark;  /* mean of b */
        double variance;   /* of b: mean squared deviation */
        double covariance; /* mean product of the deviations */
        double active;     /* mean of r − b, which has the variance: */
        double active_variance;
    } joint;
} SyReturns;

/* Walks a series.
 *
 * returns    [n]
 * benchmark  [n], or NULL: joint is of no rows
 * required   per row
 * work       [3n] scratch
 * Cost: O(n), the percentiles on average; allocates nothing */
SyReturns sy_returns_of(const double *returns, const double *benchmark, gsize n, double required,
                        double *work);

/* Lowest and highest returns of m > 0, which are reordered: what stands in SyReturns for 5 %. share
 * in [0, 1/2].
 * Source: type 7 of Hyndman and Fan (1996), American Statistician 50(4), 361-365; Rockafellar and
 * Uryasev (2000), J. Risk 2(3), 21-41 */
void sy_returns_tails(double *x, gsize m, double share, double *low, double *high,
                      double *shortfall);

/* Π(1 + r)^(A/n) − 1; −1 after a total loss, NaN beyond it. */
double sy_returns_annualised(const SyReturns *returns, double annualisation);

/* std(r, ddof 1) · √A. */
double sy_returns_volatility(const SyReturns *returns, double annualisation);

/* mean(r − f) / std(r − f, ddof 1) · √A.
 * Source: Sharpe (1994), J. Portfolio Management 21(1), 49-58 */
double sy_returns_sharpe(const SyReturns *returns, double annualisation);

/* mean(r − f) · √A / √mean(min(r − f, 0)²).
 * Source: Sortino and Price (1994), J. Investing 3(3), 59-64 */
double sy_returns_sortino(const SyReturns *returns, double annualisation);

/* Σ max(r − f, 0) / Σ max(f − r, 0).
 * Source: Keating and Shadwick (2002), J. Performance Measurement 6(3), 59-84 */
double sy_returns_omega(const SyReturns *returns);

/* |95th percentile| / |5th percentile|. */
double sy_returns_tail_ratio(const SyReturns *returns);

/* Bias-corrected skewness G1 and excess kurtosis G2.
 * Source: Joanes and Gill (1998), J. Royal Statistical Society D 47(1), 183-189 */
double sy_returns_skew(const SyReturns *returns);
double sy_returns_kurtosis(const SyReturns *returns);

/* cov(r, b) / var(b).
 * Source: Sharpe (1964), J. Finance 19(3), 425-442 */
double sy_returns_beta(const SyReturns *returns);

/* (1 + mean(r − f − β(b − f)))^A − 1.
 * Source: Jensen (1968), J. Finance 23(2), 389-416; compounded */
double sy_returns_alpha(const SyReturns *returns, double annualisation);

/* mean(r − b) / std(r − b, ddof 1), not annualised. */
double sy_returns_information_ratio(const SyReturns *returns);

#endif
