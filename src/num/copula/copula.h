/* Contract of copula families, what a fitted copula says, and the fit of one family or of the best
 * of several.
 *
 * A family is one file with one SyCopula row, named in registry.c; it knows nothing of rotations,
 * which evaluate.c puts around it. Values are pseudo-observations, u, v in [0, 1], clamped to
 * [SY_COPULA_LEAST, 1 - 2^-53]: there every family is finite and accurate at every parameter of its
 * range. Near 1 what counts is 1 - u, which u cannot hold to its digits: a rotation makes that
 * of small values, so both travel together (`rest` is 1 - u) and none is computed from the other
 * where that costs digits.
 *
 * Densities are those of (u, v), h1 is P(U <= u | V = v) = dC/dv and h2 is P(V <= v | U = u) =
 * dC/du. All families are exchangeable: C(u, v) = C(v, u), so h2(u, v) = h1(v, u). */
#ifndef SY_NUM_COPULA_COPULA_H
#define SY_NUM_COPULA_COPULA_H

#include <glib.h>
#include <stdbool.h>

#include "base/field.h"

#define SY_COPULA_LEAST 1e-300

/* R90 is the density at (1-u, v), R180 at (1-u, 1-v), R270 at (u, 1-v). */
typedef enum { SY_R0, SY_R90, SY_R180, SY_R270, SY_ROTATIONS } SyRotation;
extern const SyChoice
    sy_rotation_choices[SY_ROTATIONS + 1]; /* the last is auto: the best of them */

/* A sample that families are fitted to. Where u = rank_u / (2(n + 1)) and v likewise, exactly, as
 * in training slices, fits do their work on the grid of possible values. */
typedef struct {
    gsize n;
    const guint32 *rank_u, *rank_v; /* [n] each: doubled mid-ranks (num/rank.h) */
    const double *u, *v;            /* [n] each, within (0, 1) */
} SyCopulaSample;

/* One column of pseudo-observations as a family's formulas take it: up to two numbers for each
 * value, made once by `margin` and then good for every other function of the family. What they
 * are (logarithms, quantiles, the value and its rest) is the family's own business. */
typedef struct {
    double *first, *second; /* [n] each */
} SyCopulaMargin;

typedef struct {
    const char *name;
    const char *summary;
    const char *source;
    bool automatic; /* one of the families that copula = "auto" tries without a list */
    bool rotates;   /* false: R0 only */
    gsize parameters;
    const char *parameter_names[2];
    double least[2], most[2];         /* what each parameter can be, inclusive */
    double fit_least[2], fit_most[2]; /* where maximum likelihood looks for it, inclusive */
    /* The parameter that a Kendall's tau, -1 < tau < 1, stands for; NULL where it cannot tell,
     * because there are two: maximum likelihood finds them. Returns false where the family has no
     * such dependence. */
    bool (*from_tau)(double tau, double *parameter);
    /* Kendall's tau, to 1e-14. */
    double (*tau)(const double *parameter);
    /* lim P(U <= q | V <= q) as q -> 0, and lim P(U > q | V > q) as q -> 1. */
    void (*tails)(const double *parameter, double *lower, double *upper);
    /* Prepares [n] values u with rest = 1 - u, both in (0, 1], one of them below 1. Depends on the
     * parameter only where `margin_moves`, and then only on the second. */
    void (*margin)(const double *parameter, gsize n, const double *u, const double *rest,
                   SyCopulaMargin margin);
    bool margin_moves;
    /* [n] values of ln c(u, v). */
    void (*log_density)(const double *parameter, gsize n, SyCopulaMargin u, SyCopulaMargin v,
                        double *value);
    /* [n] values of C(u, v). */
    void (*cdf)(const double *parameter, gsize n, SyCopulaMargin u, SyCopulaMargin v,
                double *value);
    /* [n] values of h1 and h2, in [0, 1]; of 1 - h1 where `above_u`, of 1 - h2 where `above_v`,
     * each with the digits of its own. */
    void (*h)(const double *parameter, gsize n, SyCopulaMargin u, SyCopulaMargin v, bool above_u,
              bool above_v, double *h1, double *h2);
    /* [n] values of u, with their rest, for which h1(u, v) = p; p_rest = 1 - p. By symmetry also
     * the v for which h2 is p given u. */
    void (*inverse_h)(const double *parameter, gsize n, const double *p, const double *p_rest,
                      SyCopulaMargin v, double *u, double *rest);
} SyCopula;

extern const SyCopula *const sy_copulas[];
extern const gsize sy_n_copulas;

/* By name, loosely spelled ("student_t" = "StudentT"); NULL where there is none. */
const SyCopula *sy_copula_find(const char *name);

/* The check of a field that names one. Errors: SY_ERROR_USAGE with the names there are. */
bool sy_copula_check(const char *name, GError **error);

/* What a choice between fits goes by; the least value wins. k parameters, n pairs, l = ln L. */
typedef enum { SY_AIC, SY_BIC, SY_LOGLIK, SY_CRITERIA } SyCriterion; /* 2k-2l, k ln n - 2l, -l */
extern const SyChoice sy_criterion_choices[SY_CRITERIA];

typedef struct {
    const SyCopula *family;
    SyRotation rotation;
    double parameter[2];
    double loglik, aic, bic;
} SyCopulaFit;

/* ---- a fitted (rotated) copula: evaluate.c. All of these go by family, rotation and parameter,
 * take u and v in [0, 1], allocate nothing, and may write over their input. ---- */

/* Whether a rotation turns the first (second) column into 1 - u (1 - v). */
bool sy_rotation_turns_u(SyRotation rotation);
bool sy_rotation_turns_v(SyRotation rotation);

/* One column, clamped, turned where `turn` is, and prepared for the family: what a search prepares
 * once and then evaluates at many parameters.
 *
 * u        [n]
 * margin   [n] and [n], set
 */
void sy_copula_margin(const SyCopula *family, const double *parameter, bool turn, gsize n,
                      const double *u, SyCopulaMargin margin);

/* [n] values of ln c(u, v): finite, with an error of 1e-13 of the larger of its size and 1. */
void sy_copula_log_density(const SyCopulaFit *fit, gsize n, const double *u, const double *v,
                           double *value);

/* [n] values of C(u, v) = P(U <= u, V <= v), in [0, 1]. Relative accuracy 3e-12 down to 1e-300;
 * of Gaussian and StudentT at |rho| = 1 - 1e-10, and of very small parts of turned copulas, 1e-10.
 * Cost: 0.1 to 0.3 us each; Gaussian and StudentT integrate, 20 to 30 us each. */
void sy_copula_cdf(const SyCopulaFit *fit, gsize n, const double *u, const double *v,
                   double *value);

/* The conditional distributions.
 *
 * h1, h2   [n] P(U <= u | V = v), P(V <= v | U = u); in [0, 1], relative accuracy 3e-12
 *          (1e-10 of Gaussian and StudentT at |rho| = 1 - 1e-10)
 */
void sy_copula_h(const SyCopulaFit *fit, gsize n, const double *u, const double *v, double *h1,
                 double *h2);

/* Inverses of the conditional distributions: [n] values of the u with h1(u, v) = p, or of the v
 * with h2(u, v) = p. p in [0, 1], clamped as u and v are.
 * Cost: 0.1 to 0.6 us each where it is closed, 3 to 9 us (a search) for Joe and the BB families */
void sy_copula_inverse_h1(const SyCopulaFit *fit, gsize n, const double *p, const double *v,
                          double *u);
void sy_copula_inverse_h2(const SyCopulaFit *fit, gsize n, const double *p, const double *u,
                          double *v);

/* Kendall's tau, negative where the rotation is R90 or R270 of a family of positive dependence. */
double sy_copula_tau(const SyCopulaFit *fit);

/* Tail dependence: lim P(U <= q | V <= q) as q -> 0, and lim P(U > q | V > q) as q -> 1. */
void sy_copula_tails(const SyCopulaFit *fit, double *lower, double *upper);

/* Draws n pairs: v is uniform, u the inverse of h1 at another uniform number.
 *
 * seed   every seed is as good as another; the same seed gives the same pairs
 * u, v   [n] each, set
 */
void sy_copula_sample(const SyCopulaFit *fit, guint64 seed, gsize n, double *u, double *v);

/* ---- fits: fit.c ---- */

/* How parameters are found: by inversion of Kendall's tau (and likelihood for what tau does not
 * give), or by maximum likelihood within the range that the family's row gives. */
typedef enum { SY_FIT_ITAU, SY_FIT_MLE, SY_FIT_METHODS } SyFitMethod;
extern const SyChoice sy_fit_choices[SY_FIT_METHODS];

/* Bytes of workspace for everything below, for samples of up to n pairs; aligned as memory from
 * g_malloc. */
gsize sy_copula_work_size(gsize n);

/* Fits one family.
 *
 * rotation   anything but R0 needs a family that rotates
 * tau        of the sample as it is, -1 < tau < 1; maximum likelihood takes it for the sign of the
 *            dependence and for a start
 * fit        [1] set where the family admits this tau in this rotation
 * Returns whether it does; with itau no family of two parameters without a rule does.
 * Cost: itau O(n); a Student fit looks up a hundred quantiles for each nu it tries. mle: 5 to 15
 *       times n evaluations of ln c, at a tenth of what they cost one by one (likelihood.h); with
 *       two parameters 50 more of 200 to 400 pairs, which tell where searches begin.
 * Source: itau: Genest & Rivest (1993), JASA 88(423), 1034-1043;
 *         mle: Genest, Ghoudi & Rivest (1995), Biometrika 82(3), 543-552
 */
bool sy_copula_fit(SyFitMethod method, const SyCopula *family, SyRotation rotation,
                   const SyCopulaSample *sample, double tau, void *work, SyCopulaFit *fit);

/* The best of several families.
 *
 * families          [n_families]; the first of equals wins
 * rotations         bits (1 << SyRotation) that are tried; families that do not rotate are tried as
 *                   they are (their rotation is another parameter of the same family)
 * Returns false where no family admits this tau.
 */
bool sy_copula_choose(SyFitMethod method, const SyCopula *const *families, gsize n_families,
                      guint rotations, SyCriterion criterion, const SyCopulaSample *sample,
                      double tau, void *work, SyCopulaFit *fit);

#endif
