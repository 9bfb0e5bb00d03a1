/* twin_spread and spread: two mirrored legs, so a long entry of s1 is a short entry of s2 on the
 * same row. The two rules differ in one word: twin_spread leaves when both exit conditions hold,
 * spread when either does. */
#include "signal/pair.h"

#include <math.h>

typedef struct {
    bool long_entry, long_exit, short_entry, short_exit; /* of s1 */
} PairRow;

/* a, b: outputs of s1 and s2. A comparison with NaN is false, so a missing output gives no entry;
 * exits are guarded by the caller, since spread needs only one of the two. */
static PairRow pair_row(const SySignalConfig *level, double a, double b, bool both) {
    if (isnan(a) || isnan(b))
        return (PairRow){0};
    bool long_a = a <= level->long_exits, long_b = b >= level->short_exits;
    bool short_a = a >= level->short_exits, short_b = b <= level->long_exits;
    return (PairRow){
        .long_entry = a >= level->long_entries && b <= level->short_entries,
        .short_entry = a <= level->short_entries && b >= level->long_entries,
        .long_exit = both ? long_a && long_b : long_a || long_b,
        .short_exit = both ? short_a && short_b : short_a || short_b,
    };
}

/* Keeps of a row's raw signals the one that changes the position; *side is -1, 0 or 1. */
static PairRow clean_row(PairRow raw, int *side) {
    PairRow kept = {0};
    bool enter_long = raw.long_entry && !raw.long_exit;
    bool enter_short = raw.short_entry && !raw.short_exit;
    if (*side == 0 && !(raw.long_entry && raw.short_entry)) {
        kept.long_entry = enter_long;
        kept.short_entry = enter_short;
        *side = enter_long ? 1 : enter_short ? -1 : 0;
    } else if (*side == 1 && raw.long_exit) {
        kept.long_exit = true;
        *side = 0;
    } else if (*side == -1 && raw.short_exit) {
        kept.short_exit = true;
        *side = 0;
    }
    return kept;
}

static SySignals *run_pair(const SySignalConfig *config, const SyMatrix *output, bool both) {
    gsize rows = output->rows;
    SySignals *signals = sy_signals_new(rows, 2);
    const double *a = sy_matrix_column(output, 0), *b = sy_matrix_column(output, 1);
    int side = 0;
    for (gsize row = 0; row < rows; row++) {
        PairRow s1 = pair_row(config, a[row], b[row], both);
        if (config->clean)
            s1 = clean_row(s1, &side);
        signals->long_entries[row] = signals->short_entries[rows + row] = s1.long_entry;
        signals->long_exits[row] = signals->short_exits[rows + row] = s1.long_exit;
        signals->short_entries[row] = signals->long_entries[rows + row] = s1.short_entry;
        signals->short_exits[row] = signals->long_exits[rows + row] = s1.short_exit;
    }
    return signals;
}

static SySignals *run_twin_spread(const SySignalConfig *config, const SyMatrix *output) {
    return run_pair(config, output, true);
}

static SySignals *run_spread(const SySignalConfig *config, const SyMatrix *output) {
    return run_pair(config, output, false);
}

const SySignalRule sy_signal_twin_spread = {
    .name = "twin_spread",
    .summary =
        "Pair rule: enter when both legs are past their entry levels, leave when both are past "
        "their exit levels.",
    .source = "docs/reference.md, signals",
    .columns = 2,
    .run = run_twin_spread,
};

const SySignalRule sy_signal_spread = {
    .name = "spread",
    .summary =
        "Pair rule: enter when both legs are past their entry levels, leave when either is past "
        "its exit level.",
    .source = "docs/reference.md, signals",
    .columns = 2,
    .run = run_spread,
};
