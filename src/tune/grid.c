/* Grid search: all combinations in order, the last parameter fastest. */
#include "tune/sampler.h"

static void suggest(const SySpace *space, const SyPast *past, gsize n_past, gsize trial,
                    double *value) {
    (void)past, (void)n_past;
    for (gsize i = space->n; i-- > 0;) {
        gsize count = sy_parameter_count(&space->parameter[i]);
        value[i] = sy_parameter_nth(&space->parameter[i], trial % count);
        trial /= count;
    }
}

extern const SySampler sy_sampler_grid;
const SySampler sy_sampler_grid = {
    .name = "grid",
    .summary = "Tries every combination; each range needs a step, values, or whole numbers.",
    .source = "definition",
    .needs_counts = true,
    .suggest = suggest,
};
