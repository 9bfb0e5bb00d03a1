/* Numbers of a series of returns. Pure functions over [n] returns per row as fractions; NaN rows
 * are left out of means but counted in n where time matters. NaN is returned where a number has no
 * meaning: too few rows, no variance. A = rows of a year. */
#ifndef SY_PORTFOLIO_STATISTICS_H
#define SY_PORTFOLIO_STATISTICS_H

#include <glib.h>

/* Π(1 + r)^(A/n) − 1; −1 after a total loss, NaN beyond it. */
double sy_returns_annualised(const double *returns, gsize n, double annualisation);

/* std(r, ddof 1) · √A. */
double sy_returns_volatility(const double *returns, gsize n, double annualisation);

/* mean(r − f) / std(r − f, ddof 1) · √A; f per row.
 * Source: Sharpe (1994), J. Portfolio Management 21(1), 49-58 */
double sy_returns_sharpe(const double *returns, gsize n, double risk_free, double annualisation);

/* mean(r − q) · √A / √mean(min(r − q, 0)²); q, the required return, per row.
 * Source: Sortino and Price (1994), J. Investing 3(3), 59-64 */
double sy_returns_sortino(const double *returns, gsize n, double required, double annualisation);

/* Σ max(r − q, 0) / Σ max(q − r, 0); q, the threshold, per row.
 * Source: Keating and Shadwick (2002), J. Performance Measurement 6(3), 59-84 */
double sy_returns_omega(const double *returns, gsize n, double threshold);

/* Percentile with linear interpolation between order statistics, share in [0, 1]. Cost: O(n) on
 * average, as the next two.
 * Source: type 7 of Hyndman and Fan (1996), American Statistician 50(4), 361-365 */
double sy_returns_quantile(const double *returns, gsize n, double share);

/* Mean of the lowest ⌊(m − 1) · share⌋ + 1 of the m returns that are present.
 * Source: Rockafellar and Uryasev (2000), J. Risk 2(3), 21-41 */
double sy_returns_expected_shortfall(const double *returns, gsize n, double share);

/* |95th percentile| / |5th percentile|. */
double sy_returns_tail_ratio(const double *returns, gsize n);

/* Bias-corrected skewness G1 and excess kurtosis G2.
 * Source: Joanes and Gill (1998), J. Royal Statistical Society D 47(1), 183-189 */
double sy_returns_skew(const double *returns, gsize n);
double sy_returns_kurtosis(const double *returns, gsize n);

/* cov(r, b) / var(b) over the rows where both are present.
 * Source: Sharpe (1964), J. Finance 19(3), 425-442 */
double sy_returns_beta(const double *returns, const double *benchmark, gsize n);

/* (1 + mean(r − f − β(b − f)))^A − 1.
 * Source: Jensen (1968), J. Finance 23(2), 389-416; compounded */
double sy_returns_alpha(const double *returns, const double *benchmark, gsize n, double risk_free,
                        double annualisation);

/* mean(r − b) / std(r − b, ddof 1), not annualised.
 * Source: Treynor and Black (1973), J. Business 46(1), 66-86 */
double sy_returns_information_ratio(const double *returns, const double *benchmark, gsize n);

#endif
