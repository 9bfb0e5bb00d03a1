/* Fits families in any rotation: what stands between the models and the table. */
#include "num/copula/families.h"

#include <math.h>

gsize sy_copula_work_size(gsize n) {
    gsize most = 5 * n * sizeof(double); /* two margins and the log-density */
    for (gsize i = 0; i < sy_n_copulas; i++)
        if (sy_copulas[i]->complete)
            most = MAX(most, sy_copulas[i]->complete_work_size(n));
    return most;
}

bool sy_copula_fit(const SyCopula *family, SyRotation rotation, const SyCopulaSample *sample,
                   double tau, void *work, SyCopulaFit *fit) {
    gsize n = sample->n;
    SyCopulaFit found = {.family = family, .rotation = rotation};
    if (!family->from_tau ||
        !family->from_tau(sy_rotation_turns_u(rotation) == sy_rotation_turns_v(rotation) ? tau
                                                                                         : -tau,
                          found.parameter))
        return false;
    if (family->complete) {
        found.loglik = family->complete(sample, found.parameter, work);
    } else {
        double *room = work, *value = room + 4 * n;
        SyCopulaMargin u = {room, room + n}, v = {room + 2 * n, room + 3 * n};
        sy_copula_margin(family, found.parameter, sy_rotation_turns_u(rotation), n, sample->u, u);
        sy_copula_margin(family, found.parameter, sy_rotation_turns_v(rotation), n, sample->v, v);
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
