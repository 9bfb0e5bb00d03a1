/* The tree-structured Parzen estimator: trials so far are split into the few good ones and the
 * rest, each half becomes a density over the parameters, and of values drawn from the density of
 * the good those are tried that are likeliest good rather than bad.
 *
 * The densities are mixtures of one kernel for each trial over all parameters together, so that
 * what goes well together is found together, and of one uniform part. Everything happens on the
 * unit scale of the parameters (tune/parameter.h). */
#include <math.h>
#include <string.h>

#include "base/hash.h"
#include "num/normal.h"
#include "tune/pareto.h"
#include "tune/sampler.h"

enum {
    STARTUP = 16,    /* completed trials before the first suggestion that is not drawn at random */
    GOOD_MOST = 25,  /* trials that count as good, at most */
    CANDIDATES = 24, /* values that are drawn for one suggestion */
};
#define GOOD_SHARE 0.1
#define EXPLORED                                                                                   \
    0.1 /* share of the trials that are drawn at random all the same: a half of the                \
           space that looked bad at first is looked at again */
#define OTHERS_LEAST                                                                               \
    0.8 /* how much of an even spread a kernel leaves to other choices, at least                   \
         */

/* One half of the trials. */
typedef struct {
    gsize n, d;
    double *place;      /* [n × d] the middle of each kernel; of a choice its index */
    double *width;      /* [d] of kernels; of a choice the weight of the other choices */
    double *log_weight; /* [n] what makes the kernel's part within the unit cube 1 */
} Density;

static bool is_choice(const SySpace *space, gsize i) {
    return space->parameter[i].kind == SY_PARAMETER_CHOICE;
}

/* Scott's rule over what the trials of this half spread, but never so narrow that a search ends at
 * its first find.
 * Source: Scott (1992), Multivariate Density Estimation, section 6.3; for choices Aitchison &
 * Aitken (1976), Biometrika 63(3), 413-420 */
static double width_of(const SySpace *space, const Density *density, gsize dimension) {
    double n = (double)density->n, sum = 0, squares = 0;
    double shrink = pow(n, -1 / ((double)density->d + 4));
    if (is_choice(space, dimension)) {
        double choices = (double)space->parameter[dimension].n_choices;
        return (choices - 1) / choices * fmax(shrink, OTHERS_LEAST);
    }
    for (gsize i = 0; i < density->n; i++) {
        double place = density->place[i * density->d + dimension];
        sum += place;
        squares += place * place;
    }
    double variance = fmax(squares / n - sum / n * (sum / n), 0);
    return fmax(1.06 * sqrt(variance) * shrink, 1 / fmin(100, n + 1));
}

static double log_inside(double middle, double width) {
    return log(sy_normal_cdf((1 - middle) / width) - sy_normal_cdf(-middle / width));
}

static Density density_new(const SySpace *space, const SyPast *past, const gsize *order, gsize n) {
    Density density = {.n = n, .d = space->n};
    density.place = g_new(double, MAX(n * space->n, 1));
    density.width = g_new(double, MAX(space->n, 1));
    density.log_weight = g_new0(double, MAX(n, 1));
    for (gsize i = 0; i < n; i++)
        for (gsize d = 0; d < space->n; d++) {
            double value = past[order[i]].value[d];
            density.place[i * space->n + d] =
                is_choice(space, d) ? value : sy_parameter_place(&space->parameter[d], value);
        }
    for (gsize d = 0; d < space->n && n > 0; d++)
        density.width[d] = width_of(space, &density, d);
    for (gsize i = 0; i < n; i++)
        for (gsize d = 0; d < space->n; d++)
            if (!is_choice(space, d))
                density.log_weight[i] -=
                    log(density.width[d] * sqrt(2 * G_PI)) +
                    log_inside(density.place[i * space->n + d], density.width[d]);
    return density;
}

static void density_clear(Density *density) {
    g_free(density->place);
    g_free(density->width);
    g_free(density->log_weight);
}

/* The logarithm of one kernel at a place. */
static double log_kernel(const SySpace *space, const Density *density, gsize kernel,
                         const double *place) {
    double sum = density->log_weight[kernel];
    for (gsize d = 0; d < density->d; d++) {
        double middle = density->place[kernel * density->d + d], width = density->width[d];
        if (is_choice(space, d)) {
            double others = (double)space->parameter[d].n_choices - 1;
            sum += log(place[d] == middle ? 1 - width : width / others);
        } else {
            double z = (place[d] - middle) / width;
            sum -= 0.5 * z * z;
        }
    }
    return sum;
}

/* The uniform part: 1 on the unit scale, one of n for choices. */
static double log_uniform(const SySpace *space) {
    double sum = 0;
    for (gsize d = 0; d < space->n; d++)
        if (is_choice(space, d))
            sum -= log((double)space->parameter[d].n_choices);
    return sum;
}

static double log_density(const SySpace *space, const Density *density, const double *place) {
    double most = log_uniform(space), sum = 1;
    for (gsize i = 0; i < density->n; i++) {
        double term = log_kernel(space, density, i, place);
        if (term <= most) {
            sum += exp(term - most);
        } else {
            sum = 1 + sum * exp(most - term);
            most = term;
        }
    }
    return most + log(sum / (double)(density->n + 1));
}

/* A place of one kernel in one dimension. */
static double draw_near(double middle, double width, double unit) {
    double from = sy_normal_cdf(-middle / width), to = sy_normal_cdf((1 - middle) / width);
    double place = middle + width * sy_normal_quantile(from + unit * (to - from));
    return CLAMP(place, 0, 1);
}

/* Draws a value of every parameter from a density, and its place. */
static void draw(const SySpace *space, const Density *density, guint64 *state, double *value,
                 double *place) {
    gsize kernel = (gsize)(sy_random_unit(state) * (double)(density->n + 1));
    for (gsize d = 0; d < space->n; d++) {
        const SyParameter *parameter = &space->parameter[d];
        double unit = sy_random_unit(state), width = density->width[d];
        double middle = kernel < density->n ? density->place[kernel * space->n + d] : 0;
        if (kernel == density->n) {
            value[d] = sy_parameter_at(parameter, unit);
        } else if (is_choice(space, d)) {
            /* the place within what is left for the others says which of them it is */
            gsize others = parameter->n_choices - 1;
            gsize other =
                unit < width ? MIN((gsize)(unit / width * (double)others), others - 1) : 0;
            value[d] = unit >= width ? middle : (double)(other + ((double)other >= middle));
        } else {
            value[d] = sy_parameter_at(parameter, draw_near(middle, width, unit));
        }
        place[d] = is_choice(space, d) ? value[d] : sy_parameter_place(parameter, value[d]);
    }
}

static bool was_tried(const SySpace *space, const SyPast *past, gsize n, const double *value) {
    for (gsize i = 0; i < n; i++)
        if (memcmp(past[i].value, value, space->n * sizeof *value) == 0)
            return true;
    return false;
}

/* From best to worst: completed ones by their scores, then those that were given up by how far they
 * came and how they stood, then all without a score. Returns how many have a score. */
static gsize sort_past(const SySpace *space, const SyPast *past, gsize n, gsize *order) {
    gsize goals = space->n_goals;
    g_autofree double *score = g_new(double, n *goals);
    gsize completed = 0;
    for (gsize i = 0; i < n; i++) {
        bool counts = past[i].state == SY_TRIAL_COMPLETE;
        for (gsize g = 0; g < goals; g++)
            counts = counts && !isnan(past[i].score[g]);
        for (gsize g = 0; g < goals; g++)
            score[i * goals + g] = counts ? past[i].score[g] : NAN;
    }
    sy_pareto_order(score, n, goals, order);
    while (completed < n && !isnan(score[order[completed] * goals]))
        completed++;
    for (gsize i = completed; i < n; i++) { /* by insertion: few are out of order */
        gsize moved = order[i], k = i;
        const SyPast *a = &past[moved];
        for (; k > completed && a->state == SY_TRIAL_PRUNED; k--) {
            const SyPast *b = &past[order[k - 1]];
            if (b->state == SY_TRIAL_PRUNED &&
                (b->folds > a->folds ||
                 (b->folds == a->folds && b->running[b->folds - 1] >= a->running[a->folds - 1])))
                break;
            order[k] = order[k - 1];
        }
        order[k] = moved;
    }
    return completed;
}

static void suggest_from(const SySpace *space, const SyPast *past, gsize n_past,
                         const Density *good, const Density *bad, guint64 *state, double *value) {
    g_autofree double *candidate = g_new(double, space->n), *place = g_new(double, space->n);
    double best = -INFINITY;
    bool any = false;
    for (int i = 0; i < CANDIDATES; i++) {
        draw(space, good, state, candidate, place);
        double gain = log_density(space, good, place) - log_density(space, bad, place);
        bool fresh = !was_tried(space, past, n_past, candidate);
        if ((fresh && !any) || (fresh == any && gain > best)) {
            memcpy(value, candidate, space->n * sizeof *value);
            best = gain;
            any = any || fresh;
        }
    }
}

static void suggest(const SySpace *space, const SyPast *past, gsize n_past, gsize trial,
                    double *value) {
    guint64 state = sy_trial_seed(space->seed, trial);
    g_autofree gsize *order = g_new(gsize, MAX(n_past, 1));
    gsize completed = sort_past(space, past, n_past, order);
    if (completed < STARTUP || sy_random_unit(&state) < EXPLORED) {
        sy_suggest_random(space, &state, value);
        return;
    }
    gsize n_good = MIN((gsize)ceil(GOOD_SHARE * (double)completed), GOOD_MOST);
    Density good = density_new(space, past, order, n_good);
    Density bad = density_new(space, past, order + n_good, n_past - n_good);
    suggest_from(space, past, n_past, &good, &bad, &state, value);
    density_clear(&good);
    density_clear(&bad);
}

extern const SySampler sy_sampler_tpe;
const SySampler sy_sampler_tpe = {
    .name = "tpe",
    .summary = "Tree-structured Parzen estimator: looks where good trials are dense and bad ones "
               "are not, over all parameters together.",
    .source = "Bergstra, Bardenet, Bengio & Kegl (2011), Advances in Neural Information Processing "
              "Systems 24, 2546-2554; several goals as Ozaki et al. (2020), GECCO '20, 533-541",
    .suggest = suggest,
};
