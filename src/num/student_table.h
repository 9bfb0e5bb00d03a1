/* Student's t at many places for one nu: polynomials through values of num/student.h, which cost a
 * tenth of those and lose no digits that a copula could tell. */
#ifndef SY_NUM_STUDENT_TABLE_H
#define SY_NUM_STUDENT_TABLE_H

enum { SY_TABLE_PANELS = 7, SY_TABLE_TERMS = 24 };

/* A function on panels, each with the coefficients of a polynomial in place, -1 to 1. */
typedef struct {
    double nu;
    double coefficient[SY_TABLE_PANELS][SY_TABLE_TERMS];
} SyStudentTable;

/* The table of a nu, nu in [1, 200]. It belongs to the thread and is good until that asks for the
 * same kind with another nu; the same nu gives the same bits however it came there.
 * Cost: 60 us where nu is another than before */
const SyStudentTable *sy_student_quantiles(double nu);
const SyStudentTable *sy_student_cdfs(double nu);

/* The x with P(T <= x) = p, as sy_student_quantile; rest = 1 - p. Accuracy: 1e-13 of |x| + 1. */
double sy_student_quantile_at(const SyStudentTable *quantiles, double p, double rest);

/* P(T <= x), as sy_student_cdf. Accuracy: 2e-13, relative. */
double sy_student_cdf_at(const SyStudentTable *cdfs, double x);

#endif
