/* Fits families in any rotation, by inversion of Kendall's tau or by maximum likelihood: what
 * stands between the models and the table. */
#include "num/copula/families.h"
#include "num/copula/likelihood.h"

#include <string.h>

#include "num/optimise.h"

/* Two grids, the second of a part of the sample, and what searches need besides. */
typedef struct {
    void *grid, *part, *rest;
} Room;

static gsize rest_size(gsize n) {
    return MAX(sy_elliptical_work_size(n), 5 * n * sizeof(double)); /* two margins, ln c */
}

/* Pairs that are enough to tell a good start from a bad one, and to tell tops apart. */
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

/* What a log-likelihood may gain in a last step that is not made: of the sample, and of a part. */
#define GAIN_LEAST 1e-10
#define GAIN_LEAST_OF_PART 1e-3

/* A likelihood to climb, and the box to stay in. */
typedef struct {
    const SyGenerator *generator;
    gsize parameters;
    double least[2], most[2];
} Hill;

static Hill hill_of(const SyCopula *family) {
    Hill hill = {.generator = sy_generator_find(family), .parameters = family->parameters};
    memcpy(hill.least, family->fit_least, sizeof hill.least);
    memcpy(hill.most, family->fit_most, sizeof hill.most);
    /* Where the likelihood has its digits: Frank is its own mirror image, and Joe is beyond BB8. */
    if (family == &sy_copula_frank)
        hill.least[0] = 1e-6;
    if (family == &sy_copula_bb8)
        hill.most[1] = 1 - 1e-10;
    return hill;
}

typedef struct {
    const Hill *hill;
    const SyCopulaGrid *grid;
} Search;

/* The second parameter as it is climbed, and back. */
static double way_of(const Hill *hill, double delta) {
    return hill->generator->near_one ? -log1p(-delta) : delta;
}

static double delta_of(const Hill *hill, double way) {
    return hill->generator->near_one ? -expm1(-way) : way;
}

static double minus_likelihood(const double *place, double *slope, gconstpointer data) {
    const Search *search = data;
    const Hill *hill = search->hill;
    const double parameter[2] = {place[0], hill->parameters == 2 ? delta_of(hill, place[1]) : 1};
    double value = hill->generator->likelihood(search->grid, parameter, slope);
    slope[0] = -slope[0];
    slope[1] *= hill->generator->near_one ? parameter[1] - 1 : -1;
    return -value;
}

/* Where the family is too strong a dependence for some value, half-way towards the weakest. */
static bool make_finite(const Hill *hill, const SyCopulaGrid *grid, double *at) {
    for (int halving = 0; halving < 60; halving++) {
        double slope[2];
        if (isfinite(hill->generator->likelihood(grid, at, slope)))
            return true;
        for (gsize i = 0; i < hill->parameters; i++)
            at[i] = 0.5 * (at[i] + hill->least[i]);
    }
    return false;
}

/* From a place to the top that is uphill of it; returns the log-likelihood there, -inf where there
 * is none. */
static double climb(const Hill *hill, const SyCopulaGrid *grid, double gain_least, double *at) {
    const double least[] = {hill->least[0], way_of(hill, hill->least[1])};
    const double most[] = {hill->most[0], way_of(hill, hill->most[1])};
    double step[2];
    for (gsize i = 0; i < hill->parameters; i++)
        at[i] = CLAMP(at[i], hill->least[i], hill->most[i]);
    if (!make_finite(hill, grid, at))
        return -INFINITY;
    at[1] = CLAMP(way_of(hill, at[1]), least[1], most[1]);
    for (gsize i = 0; i < hill->parameters; i++)
        step[i] = 1e-3 * fmax(fmin(at[i], most[i] - at[i]), 1e-3 * (most[i] - least[i]));
    Search search = {hill, grid};
    double value = -sy_minimise_smooth(minus_likelihood, &search, hill->parameters, least, most,
                                       step, gain_least, at);
    at[1] = CLAMP(delta_of(hill, at[1]), hill->least[1], hill->most[1]);
    return value;
}

/* ---- by maximum likelihood: two parameters ---- */

/* A top of the likelihood of a part of the sample. */
typedef struct {
    const Hill *hill;
    double at[2], value;
} Top;

enum { PLACES = SY_GENERATOR_PLACES, TOPS_MAX = PLACES + 1 };

typedef struct {
    Top top[TOPS_MAX];
    gsize n;
} Tops;

static bool is_same_top(const Top *one, const Top *other) {
    if (one->hill != other->hill)
        return false;
    for (gsize i = 0; i < one->hill->parameters; i++)
        if (fabs(one->at[i] - other->at[i]) > 0.02 * (one->hill->most[i] - one->hill->least[i]))
            return false;
    return true;
}

/* In its place, the highest first; once. */
static void tops_add(Tops *tops, const Hill *hill, const SyCopulaGrid *part, const double *start) {
    Top top = {.hill = hill, .at = {start[0], start[1]}};
    top.value = climb(hill, part, GAIN_LEAST_OF_PART, top.at);
    for (gsize i = 0; i < tops->n; i++)
        if (is_same_top(&top, &tops->top[i]))
            return;
    gsize at = tops->n++;
    for (; at > 0 && top.value > tops->top[at - 1].value; at--)
        tops->top[at] = tops->top[at - 1];
    tops->top[at] = top;
}

/* Where a family has some tau, along the parameter that is not known. */
typedef struct {
    const SyCopula *family;
    double parameter[2], tau;
    gsize unknown;
} Contour;

static double tau_beyond(double x, gconstpointer data) {
    const Contour *contour = data;
    double parameter[2] = {contour->parameter[0], contour->parameter[1]};
    parameter[contour->unknown] = x;
    return contour->family->tau(parameter) - contour->tau;
}

/* One of the places to begin at: there the family has this tau, or comes as near to it as the box
 * allows. */
static Contour place_at(const SyCopula *family, const Hill *hill, double tau, gsize place) {
    gsize known = hill->generator->known, unknown = 1 - known;
    Contour at = {.family = family, .tau = tau, .unknown = unknown};
    at.parameter[known] = hill->generator->places[place];
    double low = hill->least[unknown], high = hill->most[unknown];
    at.parameter[unknown] = tau_beyond(low, &at) >= 0 ? low
                            : tau_beyond(high, &at) <= 0
                                ? high
                                : sy_root(tau_beyond, &at, low, high, 0.02);
    return at;
}

/* Whether neither place next to this one is higher. */
static bool is_highest_around(const double value[PLACES], gsize i) {
    double before = i > 0 ? value[i - 1] : -INFINITY;
    double after = i < PLACES - 1 ? value[i + 1] : -INFINITY;
    return isfinite(value[i]) && !(before > value[i]) && !(after > value[i]);
}

/* The tops that are uphill of places with the tau of the sample, which tops lie near to: of every
 * other one, and of those that are higher than their neighbours. */
static void find_tops(const SyCopula *family, const Hill *hill, const SyCopulaGrid *part,
                      double tau, Tops *tops) {
    const SyGenerator *generator = hill->generator;
    Contour place[PLACES];
    double value[PLACES], slope[2];
    for (gsize i = 0; i < PLACES; i++) {
        place[i] = place_at(family, hill, tau, i);
        value[i] = generator->likelihood(part, place[i].parameter, slope);
    }
    for (gsize i = 0; i < PLACES; i++)
        if (i % 2 == 0 || is_highest_around(value, i))
            tops_add(tops, hill, part, place[i].parameter);
}

/* The highest top of the whole sample: from each top of a part, unless it is so much lower than
 * what was found that it cannot be: what a top of the part lacks on the whole is half of a χ²
 * of two degrees times the stride, and exceeds 10 strides once in e¹⁰. */
static bool highest(const Tops *tops, const SyCopulaGrid *grid, gsize stride, const Hill **hill,
                    double *parameter, double *loglik) {
    *loglik = -INFINITY;
    for (gsize i = 0; i < tops->n; i++) {
        const Top *top = &tops->top[i];
        double at[2] = {top->at[0], top->at[1]}, slope[2];
        if (i > 0 &&
            !(top->hill->generator->likelihood(grid, at, slope) + 10 * (double)stride > *loglik))
            continue;
        double value = climb(top->hill, grid, GAIN_LEAST, at);
        if (value > *loglik) {
            *loglik = value;
            *hill = top->hill;
            memcpy(parameter, at, sizeof at);
        }
    }
    return isfinite(*loglik);
}

/* Families that are one of one parameter where one of theirs is 1. BB8 may come close to Joe but
 * not touch it: there its upper tail is another, and so is the likelihood of values next to 1.
 * BB7's likelihood often has a top on that side of its box, and another inside. */
typedef struct {
    const SyCopula *family, *on_edge;
    gsize parameter; /* the one that is left */
} Edge;

static const Edge edges[] = {{&sy_copula_bb7, &sy_copula_clayton, 1},
                             {&sy_copula_bb8, &sy_copula_joe, 0}};

static const Edge *edge_of(const SyCopula *family) {
    for (gsize i = 0; i < G_N_ELEMENTS(edges); i++)
        if (edges[i].family == family)
            return &edges[i];
    return NULL;
}

static Hill hill_on_edge(const Edge *edge) {
    Hill hill = hill_of(edge->on_edge);
    hill.least[0] = edge->family->fit_least[edge->parameter];
    hill.most[0] = edge->family->fit_most[edge->parameter];
    return hill;
}

/* From a top on the edge: whether there is a higher one inside, uphill of it or of the middle. */
static void look_inside(const Hill *hill, const SyCopulaGrid *grid, double tau, const Edge *edge,
                        SyCopulaFit *fit) {
    double theta = fit->parameter[0];
    fit->parameter[1 - edge->parameter] = 1;
    fit->parameter[edge->parameter] = theta;
    Contour middle = place_at(edge->family, hill, tau, PLACES / 2);
    const double *starts[] = {fit->parameter, middle.parameter};
    SyCopulaFit best = *fit;
    for (gsize i = 0; i < G_N_ELEMENTS(starts); i++) {
        double at[2] = {starts[i][0], starts[i][1]}, value = climb(hill, grid, GAIN_LEAST, at);
        if (value > best.loglik) {
            best.loglik = value;
            memcpy(best.parameter, at, sizeof at);
        }
    }
    *fit = best;
}

static bool fit_two(const SyCopulaSample *sample, SyRotation turn, const SyCopulaGrid *grid,
                    double tau, const Room *room, SyCopulaFit *fit) {
    const Edge *edge = edge_of(fit->family);
    Hill hill = hill_of(fit->family), on_edge;
    const Hill *found = NULL;
    gsize stride = start_stride(sample->n);
    SyCopulaGrid part;
    Tops tops = {.n = 0};
    sy_copula_grid_init(&part, sample, turn, stride, room->part);
    find_tops(fit->family, &hill, &part, tau, &tops);
    if (edge) {
        double start[2] = {0};
        edge->on_edge->from_tau(tau, start);
        on_edge = hill_on_edge(edge);
        tops_add(&tops, &on_edge, &part, start);
    }
    if (!highest(&tops, grid, stride, &found, fit->parameter, &fit->loglik))
        return false;
    if (found != &hill)
        look_inside(&hill, grid, tau, edge, fit);
    return true;
}

/* ---- by maximum likelihood: all families ---- */

/* Sets the parameters and the log-likelihood; `grid` is turned so that the dependence is positive.
 */
static bool fit_generator(const SyCopulaSample *sample, SyRotation turn, const SyCopulaGrid *grid,
                          double grid_tau, const Room *room, SyCopulaFit *fit) {
    if (!fit->family->from_tau)
        return fit_two(sample, turn, grid, grid_tau, room, fit);
    Hill hill = hill_of(fit->family);
    fit->family->from_tau(grid_tau, fit->parameter);
    fit->loglik = climb(&hill, grid, GAIN_LEAST, fit->parameter);
    return isfinite(fit->loglik);
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
    /* Frank's dependence has either sign; the others have none below 0. */
    double grid_tau = family == &sy_copula_frank ? fmax(fabs(family_tau), 1e-6) : family_tau;
    if (grid_tau < 0 || !fit_generator(sample, turn, grid, grid_tau, room, fit))
        return false;
    if (turn != fit->rotation)
        fit->parameter[0] = -fit->parameter[0];
    return true;
}

/* ---- both ---- */

static void set_criteria(SyCopulaFit *fit, gsize n) {
    double k = (double)fit->family->parameters;
    fit->loglik += 0.0; /* no -0 */
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
