/* The standard normal distribution. */
#ifndef SY_NUM_NORMAL_H
#define SY_NUM_NORMAL_H

/* P(Z <= x). Relative accuracy 1e-14 down to the smallest doubles in the left tail. */
double sy_normal_cdf(double x);

/* The x with P(Z <= x) = p, 0 < p < 1; -inf and inf at the ends. Relative accuracy 1e-15.
 * Source: Wichura (1988), Applied Statistics 37(3), 477-484, algorithm AS 241 (PPND16)
 */
double sy_normal_quantile(double p);

#endif
