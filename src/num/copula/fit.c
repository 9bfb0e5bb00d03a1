/* Fits families in any rotation, by inversion of Kendall's tau or by maximum likelihood: what
 * stands between the models and the table. */
#include "num/copula/families.h"
#include "num/copula/likelihood.h"

#include <string.h>

#include "num/optimise.h"

const char *const sy_fit_method_names[SY_FIT_METHODS] = {"itau", "mle"};

/* Two grids, the second of a part of the sample, and what searches need besides. */
typedef struct {
    void *grid, *part, *rest;
} Room;

static gsize rest_size(gsize n) {
    return MAX(sy_elliptical_work_size(n), 5 * n * sizeof(double)); /* two margins, ln c */
}

/* Pairs that are enough to tell a good start from a bad one. */
enum { START_PAIRS = 200 };

static gsize start_stride(gsize n) { return MAX(n / START_PAIRS, 1); }

static gsize part_size(gsize n) { return sy_copula_grid_size(n, MIN(n, 2 * START_PAIRS)); }

static Room room_of(gsize n, void *work) {
    char *grid = work, *part = grid + sy_copula_grid_size(n, n);
    return (Room){grid, part, part + part_size(n)};
}

gsize sy_copula_work_size(gsize n) {
    return sy_copula_grid_size(n, n) + part_size(n) + rest_size(n);
}

/* ---- by inversion of tau ---- */

static double log_likelihood(const SyCopulaFit *fit, const SyCopulaSample *sample, double *room) {
    gsize n = sample->n;
    double *value = room + 4 * n, sum = 0;
    SyCopulaMargin u = {room, room + n}, v = {room + 2 * n, room + 3 * n};
    sy_copula_margin(fit->family, fit->parameter, sy_rotation_turns_u(fit->rotation), n, sample->u,
                     u);
    sy_copula_margin(fit->family, fit->parameter, sy_rotation_turns_v(fit->rotation), n, sample->v,
                     v);
    fit->family->log_density(fit->parameter, n, u, v, value);
    for (gsize i = 0; i < n; i++)
        sum += value[i];
    return sum;
}

static bool fit_by_tau(const SyCopulaSample *sample, double family_tau, const Room *room,
                       SyCopulaFit *fit) {
    if (!fit->family->from_tau || !fit->family->from_tau(family_tau, fit->parameter))
        return false;
    if (fit->family == &sy_copula_student) {
        SyCopulaGrid grid;
        sy_copula_grid_init(&grid, sample, SY_R0, 1, room->grid);
        fit->loglik = sy_student_maximise(&grid, true, fit->parameter, room->rest);
    } else {
        fit->loglik = log_likelihood(fit, sample, room->rest);
    }
    return true;
}

/* ---- by maximum likelihood ---- */

/* What a log-likelihood may gain in a last step that is not made. */
#define GAIN_LEAST 1e-10

/* A δ of BB8 from which on Joe is tried too. */
#define NEARLY_JOE 0.99

typedef struct {
    const SyGenerator *generator;
    const SyCopulaGrid *grid;
} Search;

static double minus_likelihood(const double *parameter, double *slope, gconstpointer data) {
    const Search *search = data;
    double value = search->generator->likelihood(search->grid, parameter, slope);
    slope[0] = -slope[0];
    slope[1] = -slope[1];
    return -value;
}

/* The likeliest of a few places all over the range, by a part of the sample. */
static void start_anywhere(const SyGenerator *generator, const SyCopulaSample *sample,
                           SyRotation turn, const Room *room, double *start) {
    SyCopulaGrid part;
    sy_copula_grid_init(&part, sample, turn, start_stride(sample->n), room->part);
    double best = -INFINITY;
    start[0] = generator->start[0][0];
    start[1] = generator->start[1][0];
    for (gsize i = 0; i < SY_GENERATOR_STARTS; i++) {
        for (gsize k = 0; k < SY_GENERATOR_STARTS; k++) {
            double tried[2] = {generator->start[0][i], generator->start[1][k]}, slope[2];
            double value = generator->likelihood(&part, tried, slope);
            if (value > best) {
                best = value;
                memcpy(start, tried, sizeof tried);
            }
        }
    }
}

/* Where the family is too strong a dependence for some value, half-way towards the weakest. */
static bool start_make_finite(const SyGenerator *generator, const SyCopulaGrid *grid,
                              gsize parameters, double *start) {
    for (int halving = 0; halving < 60; halving++) {
        double slope[2];
        if (isfinite(generator->likelihood(grid, start, slope)))
            return true;
        for (gsize i = 0; i < parameters; i++)
            start[i] = 0.5 * (start[i] + generator->least[i]);
    }
    return false;
}

/* Sets the parameters and the log-likelihood; `grid` is turned so that the dependence is positive.
 */
static bool fit_generator(const SyGenerator *generator, const SyCopulaSample *sample,
                          SyRotation turn, const SyCopulaGrid *grid, double grid_tau,
                          const Room *room, SyCopulaFit *fit) {
    gsize parameters = fit->family->parameters;
    double *start = fit->parameter, step[2];
    if (fit->family->from_tau)
        fit->family->from_tau(grid_tau, start);
    else
        start_anywhere(generator, sample, turn, room, start);
    for (gsize i = 0; i < parameters; i++) {
        start[i] = CLAMP(start[i], generator->least[i], generator->most[i]);
        double inside = MIN(start[i], generator->most[i] - start[i]);
        step[i] = inside > 0 ? 1e-3 * inside : 1e-3 * start[i];
    }
    if (!start_make_finite(generator, grid, parameters, start))
        return false;
    Search search = {generator, grid};
    fit->loglik = -sy_minimise_smooth(minus_likelihood, &search, parameters, generator->least,
                                      generator->most, step, GAIN_LEAST, start);
    return true;
}

/* BB8 is Joe at δ = 1, which the search of BB8 comes close to but may not touch: there its upper
 * tail is another, and so is the likelihood of values next to 1. */
static void take_joe_where_likelier(const SyCopulaSample *sample, SyRotation turn,
                                    const SyCopulaGrid *grid, double grid_tau, const Room *room,
                                    SyCopulaFit *bb8) {
    SyGenerator generator = *sy_generator_find(&sy_copula_joe);
    generator.most[0] = sy_copula_bb8.fit_most[0];
    SyCopulaFit joe = {.family = &sy_copula_joe};
    if (!fit_generator(&generator, sample, turn, grid, grid_tau, room, &joe) ||
        joe.loglik <= bb8->loglik)
        return;
    bb8->parameter[0] = joe.parameter[0];
    bb8->parameter[1] = 1;
    bb8->loglik = joe.loglik;
}

/* Where Frank's θ is 0 the likelihood rises to the side of this sign. */
static double rank_covariance(const SyCopulaSample *sample) {
    double sum = 0;
    for (gsize i = 0; i < sample->n; i++)
        sum += (sample->u[i] - 0.5) * (sample->v[i] - 0.5);
    return sum;
}

/* How the sample must be turned for the dependence of the family to be a positive one. */
static SyRotation turn_of(const SyCopula *family, SyRotation rotation,
                          const SyCopulaSample *sample) {
    return family == &sy_copula_frank && rank_covariance(sample) < 0 ? SY_R270 : rotation;
}

static bool fit_by_likelihood(const SyCopulaSample *sample, double family_tau, SyRotation turn,
                              const SyCopulaGrid *grid, const Room *room, SyCopulaFit *fit) {
    const SyCopula *family = fit->family;
    if (family->parameters == 0)
        return true;
    if (family == &sy_copula_gaussian) {
        fit->loglik = sy_gaussian_maximise(grid, fit->parameter, room->rest);
        return true;
    }
    if (family == &sy_copula_student) {
        sy_elliptical_from_tau(family_tau, fit->parameter);
        fit->loglik = sy_student_maximise(grid, false, fit->parameter, room->rest);
        return true;
    }
    const SyGenerator *generator = sy_generator_find(family);
    /* Frank's dependence has either sign; the others have none below 0. */
    double grid_tau = family == &sy_copula_frank ? fmax(fabs(family_tau), 1e-6) : family_tau;
    if (grid_tau < 0 || !fit_generator(generator, sample, turn, grid, grid_tau, room, fit))
        return false;
    if (family == &sy_copula_bb8 && fit->parameter[1] > NEARLY_JOE)
        take_joe_where_likelier(sample, turn, grid, grid_tau, room, fit);
    if (turn != fit->rotation)
        fit->parameter[0] = -fit->parameter[0];
    return true;
}

/* ---- both ---- */

static void set_criteria(SyCopulaFit *fit, gsize n) {
    double k = (double)fit->family->parameters;
    fit->aic = 2 * k - 2 * fit->loglik;
    fit->bic = k * log((double)n) - 2 * fit->loglik;
}

/* The grid of the turn that was asked for last. */
typedef struct {
    const SyCopulaSample *sample;
    Room room;
    bool is_set;
    SyRotation turn;
    SyCopulaGrid grid;
} Grids;

static const SyCopulaGrid *grid_of(Grids *grids, SyRotation turn) {
    if (!grids->is_set || grids->turn != turn)
        sy_copula_grid_init(&grids->grid, grids->sample, turn, 1, grids->room.grid);
    grids->is_set = true;
    grids->turn = turn;
    return &grids->grid;
}

static bool fit_one(SyFitMethod method, const SyCopula *family, SyRotation rotation, double tau,
                    Grids *grids, SyCopulaFit *fit) {
    const SyCopulaSample *sample = grids->sample;
    SyCopulaFit found = {.family = family, .rotation = rotation};
    double family_tau = sy_rotation_turns_u(rotation) == sy_rotation_turns_v(rotation) ? tau : -tau;
    if (method == SY_FIT_ITAU) {
        if (!fit_by_tau(sample, family_tau, &grids->room, &found))
            return false;
    } else {
        SyRotation turn = turn_of(family, rotation, sample);
        if (!fit_by_likelihood(sample, family_tau, turn, grid_of(grids, turn), &grids->room,
                               &found))
            return false;
    }
    set_criteria(&found, sample->n);
    *fit = found;
    return true;
}

bool sy_copula_fit(SyFitMethod method, const SyCopula *family, SyRotation rotation,
                   const SyCopulaSample *sample, double tau, void *work, SyCopulaFit *fit) {
    Grids grids = {.sample = sample, .room = room_of(sample->n, work)};
    return fit_one(method, family, rotation, tau, &grids, fit);
}

static double score(const SyCopulaFit *fit, SyCriterion criterion) {
    const double scores[SY_CRITERIA] = {
        [SY_AIC] = fit->aic, [SY_BIC] = fit->bic, [SY_LOGLIK] = -fit->loglik};
    return scores[criterion];
}

bool sy_copula_choose(SyFitMethod method, const SyCopula *const *families, gsize n_families,
                      guint rotations, SyCriterion criterion, const SyCopulaSample *sample,
                      double tau, void *work, SyCopulaFit *fit) {
    Grids grids = {.sample = sample, .room = room_of(sample->n, work)};
    gsize chosen = n_families;
    /* Rotation by rotation, so that families share grids; of equals the first family wins, and of
     * its rotations the first. */
    for (unsigned rotation = SY_R0; rotation < SY_ROTATIONS; rotation++) {
        for (gsize i = 0; i < n_families; i++) {
            guint tried = families[i]->rotates ? rotations : 1u << SY_R0;
            SyCopulaFit candidate;
            if (!(tried & 1u << rotation) ||
                !fit_one(method, families[i], rotation, tau, &grids, &candidate))
                continue;
            double better = chosen < n_families
                                ? score(fit, criterion) - score(&candidate, criterion)
                                : INFINITY;
            if (better > 0 || (better == 0 && i < chosen)) {
                *fit = candidate;
                chosen = i;
            }
        }
    }
    return chosen < n_families;
}
