/* Fits and evaluates families in any rotation: what stands between the models and the table. */
#include "num/copula/families.h"

#include <math.h>

static double clamp(double u) { return CLAMP(u, SY_COPULA_LEAST, 1 - 0x1p-53); }

static bool flips_u(SyRotation rotation) { return rotation == SY_R90 || rotation == SY_R180; }
static bool flips_v(SyRotation rotation) { return rotation == SY_R180 || rotation == SY_R270; }

static void orient(bool flip, gsize n, const double *u, double *oriented) {
    for (gsize i = 0; i < n; i++)
        oriented[i] = clamp(flip ? 1 - u[i] : u[i]);
}

gsize sy_copula_work_size(gsize n) {
    gsize most = n * sizeof(double);
    for (gsize i = 0; i < sy_n_copulas; i++)
        if (sy_copulas[i]->complete)
            most = MAX(most, sy_copulas[i]->complete_work_size(n));
    return 2 * n * sizeof(double) + most;
}

bool sy_copula_fit(const SyCopula *family, SyRotation rotation, const SyCopulaSample *sample,
                   double tau, void *work, SyCopulaFit *fit) {
    gsize n = sample->n;
    SyCopulaFit found = {.family = family, .rotation = rotation};
    if (!family->from_tau(flips_u(rotation) == flips_v(rotation) ? tau : -tau, found.parameter))
        return false;
    if (family->complete) {
        found.loglik = family->complete(sample, found.parameter, work);
    } else {
        double *u = work, *v = u + n, *value = v + n;
        orient(flips_u(rotation), n, sample->u, u);
        orient(flips_v(rotation), n, sample->v, v);
        family->log_density(found.parameter, n, u, v, value);
        for (gsize i = 0; i < n; i++)
            found.loglik += value[i];
    }
    double k = (double)family->parameters;
    found.aic = 2 * k - 2 * found.loglik;
    found.bic = k * log((double)n) - 2 * found.loglik;
    *fit = found;
    return true;
}

static double score(const SyCopulaFit *fit, SyCriterion criterion) {
    const double scores[SY_CRITERIA] = {
        [SY_AIC] = fit->aic, [SY_BIC] = fit->bic, [SY_LOGLIK] = -fit->loglik};
    return scores[criterion];
}

bool sy_copula_choose(const SyCopula *const *families, gsize n_families, guint rotations,
                      SyCriterion criterion, const SyCopulaSample *sample, double tau, void *work,
                      SyCopulaFit *fit) {
    bool found = false;
    for (gsize i = 0; i < n_families; i++) {
        guint tried = families[i]->rotates ? rotations : 1 << SY_R0;
        for (unsigned rotation = SY_R0; rotation < SY_ROTATIONS; rotation++) {
            SyCopulaFit candidate;
            if (!(tried & 1u << rotation) ||
                !sy_copula_fit(families[i], rotation, sample, tau, work, &candidate))
                continue;
            if (!found || score(&candidate, criterion) < score(fit, criterion))
                *fit = candidate;
            found = true;
        }
    }
    return found;
}

void sy_copula_h(const SyCopulaFit *fit, gsize n, const double *u, const double *v, double *h1,
                 double *h2, void *work) {
    bool flip_u = flips_u(fit->rotation), flip_v = flips_v(fit->rotation);
    double *u_oriented = work, *v_oriented = u_oriented + n;
    orient(flip_u, n, u, u_oriented);
    orient(flip_v, n, v, v_oriented);
    fit->family->h(fit->parameter, n, u_oriented, v_oriented, h1, h2);
    /* P(U <= u | …) of the rotated pair is the complement of the family's where u was turned. */
    for (gsize i = 0; i < n; i++) {
        h1[i] = CLAMP(flip_u ? 1 - h1[i] : h1[i], 0.0, 1.0);
        h2[i] = CLAMP(flip_v ? 1 - h2[i] : h2[i], 0.0, 1.0);
    }
}
