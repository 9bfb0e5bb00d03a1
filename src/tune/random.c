/* Random search: every trial is drawn by itself. */
#include "tune/sampler.h"

static void suggest(const SySpace *space, const SyPast *past, gsize n_past, gsize trial,
                    double *value) {
    (void)past, (void)n_past;
    guint64 state = sy_trial_seed(space->seed, trial);
    sy_suggest_random(space, &state, value);
}

extern const SySampler sy_sampler_random;
const SySampler sy_sampler_random = {
    .name = "random",
    .summary = "Draws every value alike, trial by trial.",
    .source = "Bergstra & Bengio (2012), Journal of Machine Learning Research 13, 281-305",
    .suggest = suggest,
};
