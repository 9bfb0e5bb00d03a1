/* Student's t distribution with any real number of degrees of freedom. What depends on nu alone is
 * prepared once, so that one value costs two elementary functions and a short recurrence. */
#ifndef SY_NUM_STUDENT_H
#define SY_NUM_STUDENT_H

enum { SY_STUDENT_TERMS = 64 };

typedef struct {
    double nu, root;                 /* degrees of freedom and their square root */
    double log_peak;                 /* ln of the density at 0 */
    double tail[SY_STUDENT_TERMS];   /* coefficients of the two continued fractions */
    double centre[SY_STUDENT_TERMS]; /* of the distribution function */
} SyStudent;

/* nu in [1, 200]. Cost: under 1 µs. */
SyStudent sy_student_prepare(double nu);

/* P(T <= x). Relative accuracy 1e-13 in the left tail, whatever its size.
 * Source: DLMF 8.17(v), the continued fraction of the incomplete beta function
 */
double sy_student_cdf(const SyStudent *student, double x);

/* ln P(T <= x), x <= 0: to 1e-13 of the probability, also where that underflows. */
double sy_student_log_cdf(const SyStudent *student, double x);

/* The x with P(T <= x) = p, 0 < p < 1; -inf and inf at the ends. Relative accuracy 1e-13, also
 * around p = ½.
 * Source: start by Wallace (1959), Ann. Math. Stat. 30, 1124-1130; then Halley's method on the
 *         logarithm of the tail, in the variable asinh(x/√nu) in which it is nearly straight
 */
double sy_student_quantile(const SyStudent *student, double p);

#endif
