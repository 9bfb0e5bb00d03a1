/* Fast log-likelihoods of the families that have a generator, with their slopes: what a fit by
 * maximum likelihood calls again and again.
 *
 * All of them but the elliptical ones are C(u, v) = φ(φ⁻¹(u) + φ⁻¹(v)), so that
 *     ln c(u, v) = ln φ''(t_u + t_v) + ln |t'_u| + ln |t'_v|,   t_p = φ⁻¹(p).
 * Pseudo-observations lie on a grid: t and t' are computed once for each value that occurs, and a
 * pair costs one addition and ln φ''. The functions of the rows (copula.h) are the reference for
 * these, and what a fit reports. */
#ifndef SY_NUM_COPULA_LIKELIHOOD_H
#define SY_NUM_COPULA_LIKELIHOOD_H

#include "num/copula/copula.h"

/* One value that occurs, with what families want of it; q = 1 - p. */
typedef struct {
    double p, q, log_p, log_q, log_log; /* ln p, ln q, ln(-ln p) */
    double count;                       /* how often it occurs in both columns together */
} SyGridPoint;

/* A number that depends on up to two parameters, and its slopes by each. */
typedef double SySlopes __attribute__((vector_size(16)));
typedef struct {
    double value;
    SySlopes slope;
} SyJet;

/* The values of a sample, each once, and the pairs as numbers of values. */
typedef struct {
    gsize n, n_points;
    SyGridPoint *point; /* [n_points] */
    SyJet *inverse;     /* [n_points] t of each at the parameters that are evaluated */
    guint32 *u, *v;     /* [n] each, numbers of points */
    bool mirrored;      /* point k from the end is 1 - point k from the start, as often */
} SyCopulaGrid;

/* Bytes of workspace for a grid of up to `pairs` of the n pairs of a sample: a multiple of
 * sizeof(SyJet), and aligned as one. */
gsize sy_copula_grid_size(gsize n, gsize pairs);

/* Makes the grid of every stride-th pair of a sample, turned as the rotation says. Where the values
 * are rank / (2(n + 1)), equal ones share a point.
 * Cost: O(sample->n), three logarithms for each point; allocates nothing. */
void sy_copula_grid_init(SyCopulaGrid *grid, const SyCopulaSample *sample, SyRotation rotation,
                         gsize stride, void *work);

enum { SY_GENERATOR_PLACES = 5 };

/* A family with a generator, as a search sees it. */
typedef struct {
    const char *family;
    /* The log-likelihood of a grid, and its slope by each parameter of the family.
     *
     * parameter   within the range of fits of the family; Frank's theta from 1e-6 on, and delta of
     *             BB8 up to 1 - 1e-10, where they have their digits
     * slope       [2] set; 0 where the family has one parameter
     * Returns -inf where t of some value cannot be told from 0 or infinity: with values of ranks
     * only for more than 1e5 of them at the ends of the ranges.
     * Accuracy: 1e-12 of the value's parts, 1e-9 of the slopes'. */
    double (*likelihood)(const SyCopulaGrid *grid, const double *parameter, double *slope);
    /* Of two parameters: values of the one that is `known` from which a search may begin, with the
     * other as tau says. */
    gsize known;
    double places[SY_GENERATOR_PLACES];
    /* The likelihood moves with the logarithm of what delta lacks of 1. */
    bool near_one;
} SyGenerator;

/* NULL where the family has none. */
const SyGenerator *sy_generator_find(const SyCopula *family);

/* ---- elliptical families: fit_elliptical.c ---- */

/* Bytes of workspace for the functions below, for grids of n pairs; aligned as a double. */
gsize sy_elliptical_work_size(gsize n);

/* Finds the rho of most likelihood, and returns that log-likelihood.
 * parameter   [1] set */
double sy_gaussian_maximise(const SyCopulaGrid *grid, double *parameter, void *work);

/* Finds nu, and rho too unless it is fixed, and returns the log-likelihood there.
 *
 * parameter   [2] rho where the search starts (or stays); both are set
 * Cost: for each nu that is tried, a hundred quantiles and a polynomial for each point; two to four
 *       sums over the pairs
 */
double sy_student_maximise(const SyCopulaGrid *grid, bool rho_is_fixed, double *parameter,
                           void *work);

#endif
