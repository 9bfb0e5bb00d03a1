/* How much of a Sharpe ratio is left when it is the best of many. */
#ifndef SY_TUNE_DEFLATED_H
#define SY_TUNE_DEFLATED_H

#include <glib.h>

/* The Sharpe ratio that the best of `trials` strategies without any skill is expected to show.
 *
 * variance  of the Sharpe ratios of the trials, in the unit of their squares
 * trials    how many were independent, ≥ 1; 0 is expected of one
 * Source: Bailey & Lopez de Prado (2014), J. Portfolio Management 40(5), 94-107, equation (1) */
double sy_sharpe_expected_best(double variance, double trials);

/* The probability that the true Sharpe ratio is above `least`, given that `sharpe` was measured.
 *
 * sharpe    of `rows` returns, per row (not annualised), as is `least`
 * skew      of the returns
 * kurtosis  of the returns, 3 for normal ones
 * NaN where rows < 2 or the moments allow no such returns. With sy_sharpe_expected_best as `least`:
 * the deflated Sharpe ratio.
 * Source: the same, equation (2); Bailey & Lopez de Prado (2012), J. Risk 15(2), 3-44 */
double sy_sharpe_probability(double sharpe, double least, gsize rows, double skew, double kurtosis);

#endif
