/* Contract of copula families, and the fit of one family or of the best of several.
 *
 * A family is one file with one SyCopula row, named in registry.c. Values are pseudo-observations:
 * u, v in [0, 1]. Families get them clamped to [SY_COPULA_LEAST, 1 - 2^-53], which is where
 * they are finite and accurate; densities are those of (u, v), h1 is P(U <= u | V = v) = dC/dv and
 * h2 is P(V <= v | U = u) = dC/du. */
#ifndef SY_NUM_COPULA_COPULA_H
#define SY_NUM_COPULA_COPULA_H

#include <glib.h>
#include <stdbool.h>

#define SY_COPULA_LEAST 1e-100

/* R90 is the density at (1-u, v), R180 at (1-u, 1-v), R270 at (u, 1-v). */
typedef enum { SY_R0, SY_R90, SY_R180, SY_R270, SY_ROTATIONS } SyRotation;
extern const char *const sy_rotation_names[SY_ROTATIONS];

/* Pseudo-observations of a training slice: u = rank_u / (2(n + 1)), doubled mid-ranks (num/rank.h),
 * so a family that is slow to evaluate can do its work on the grid of possible values. */
typedef struct {
    gsize n;
    const guint32 *rank_u, *rank_v; /* [n] each */
    const double *u, *v;            /* [n] each */
} SyCopulaSample;

typedef struct {
    const char *name;
    const char *summary;
    const char *source;
    bool automatic; /* one of the families that copula = "auto" tries without a list */
    bool rotates;   /* false: R0 only */
    gsize parameters;
    const char *parameter_names[2];
    double least[2], most[2]; /* range of each parameter, inclusive */
    /* The parameter that a Kendall's tau, -1 < tau < 1, stands for.
     * Returns false where the family has no such dependence. */
    bool (*from_tau)(double tau, double *parameter);
    /* Finds the parameters that tau does not give, by likelihood, and returns the log-likelihood.
     * NULL: tau gives all. Allocates nothing (work: sy_copula_work_size bytes). */
    double (*complete)(const SyCopulaSample *sample, double *parameter, void *work);
    gsize (*complete_work_size)(gsize n); /* bytes; NULL where `complete` is */
    /* [n] values of ln c(u, v). */
    void (*log_density)(const double *parameter, gsize n, const double *u, const double *v,
                        double *value);
    /* [n] values of h1 and h2, in [0, 1]. */
    void (*h)(const double *parameter, gsize n, const double *u, const double *v, double *h1,
              double *h2);
} SyCopula;

extern const SyCopula *const sy_copulas[];
extern const gsize sy_n_copulas;

/* By name, loosely spelled ("student_t" = "StudentT"); NULL where there is none. */
const SyCopula *sy_copula_find(const char *name);

/* Why a family that the reference knows is not there ("comes with …"), or NULL for a name nobody
 * knows. */
const char *sy_copula_refused(const char *name);

/* What a choice between fits goes by; the least value wins. k parameters, n pairs, l = ln L. */
typedef enum { SY_AIC, SY_BIC, SY_LOGLIK, SY_CRITERIA } SyCriterion; /* 2k-2l, k ln n - 2l, -l */

typedef struct {
    const SyCopula *family;
    SyRotation rotation;
    double parameter[2];
    double loglik, aic, bic;
} SyCopulaFit;

/* Bytes of workspace for everything below, for samples of up to n pairs; aligned as a double. */
gsize sy_copula_work_size(gsize n);

/* Fits one family by inversion of Kendall's tau (and likelihood for what tau does not give).
 *
 * rotation   anything but R0 needs a family that rotates
 * tau        of the sample as it is, -1 < tau < 1
 * fit        [1] set where the family admits this tau in this rotation
 * Returns whether it does. Cost: O(n); a Student fit looks up n/2 quantiles for each nu it tries.
 * Source: Genest & Rivest (1993), JASA 88(423), 1034-1043
 */
bool sy_copula_fit(const SyCopula *family, SyRotation rotation, const SyCopulaSample *sample,
                   double tau, void *work, SyCopulaFit *fit);

/* The best of several families.
 *
 * families          [n_families]; the first of equals wins
 * rotations         bits (1 << SyRotation) that are tried; families that do not rotate are tried as
 *                   they are (their rotation is another parameter of the same family)
 * Returns false where no family admits this tau.
 */
bool sy_copula_choose(const SyCopula *const *families, gsize n_families, guint rotations,
                      SyCriterion criterion, const SyCopulaSample *sample, double tau, void *work,
                      SyCopulaFit *fit);

/* The conditional distributions of a fitted (rotated) copula.
 *
 * u, v     [n]
 * h1, h2   [n] P(U <= u | V = v), P(V <= v | U = u); in [0, 1]. Small values keep their relative
 *          accuracy where the rotation is R0; in other rotations they are 1 - h of the family
 */
void sy_copula_h(const SyCopulaFit *fit, gsize n, const double *u, const double *v, double *h1,
                 double *h2, void *work);

#endif
