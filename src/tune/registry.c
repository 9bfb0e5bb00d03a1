/* The table of samplers, and what they share. */
#include "base/hash.h"
#include "base/text.h"
#include "tune/sampler.h"

extern const SySampler sy_sampler_tpe, sy_sampler_random, sy_sampler_grid;
const SySampler *const sy_samplers[] = {&sy_sampler_tpe, &sy_sampler_random, &sy_sampler_grid};
const gsize sy_n_samplers = G_N_ELEMENTS(sy_samplers);

const char *const sy_trial_state_names[SY_N_TRIAL_STATES] = {"complete", "pruned", "invalid",
                                                             "failed"};

const SySampler *sy_sampler_find(const char *name) {
    for (gsize i = 0; i < sy_n_samplers; i++)
        if (sy_text_equal_loosely(sy_samplers[i]->name, name))
            return sy_samplers[i];
    return NULL;
}

guint64 sy_trial_seed(guint64 seed, gsize trial) {
    guint64 state = seed;
    guint64 base = sy_random_next(&state);
    state = base ^ (guint64)trial;
    return sy_random_next(&state);
}

double sy_random_unit(guint64 *state) { return (double)(sy_random_next(state) >> 11) * 0x1p-53; }

void sy_suggest_random(const SySpace *space, guint64 *state, double *value) {
    for (gsize i = 0; i < space->n; i++)
        value[i] = sy_parameter_at(&space->parameter[i], sy_random_unit(state));
}

gsize sy_space_count(const SySpace *space) {
    gsize product = 1;
    for (gsize i = 0; i < space->n; i++) {
        gsize count = sy_parameter_count(&space->parameter[i]);
        if (count == 0)
            return 0;
        product = product > G_MAXSIZE / count ? G_MAXSIZE : product * count;
    }
    return product;
}
