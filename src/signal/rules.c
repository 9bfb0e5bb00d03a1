/* The rules: each says what one column asks for on one row; what is the same for all of them is
 * written once. A rule for mirrored legs looks at s1, and a long entry of s1 is a short entry of s2
 * on the same row. */
#include "signal/rules.h"

#include <math.h>

/* What a column asks for on a row. */
typedef struct {
    bool long_entry, long_exit, short_entry, short_exit;
} Flags;

typedef Flags (*Raw)(const SySignalConfig *level, const SyMatrix *output, gsize column, gsize row);

/* ---- what each rule asks for ---- */

/* The two pair rules differ in one word: twin_spread leaves when both exit conditions hold, spread
 * when either does. */
static Flags pair_flags(const SySignalConfig *level, const SyMatrix *output, gsize row, bool both) {
    double a = sy_matrix_column(output, 0)[row], b = sy_matrix_column(output, 1)[row];
    if (isnan(a) || isnan(b))
        return (Flags){0};
    bool long_a = a <= level->long_exits, long_b = b >= level->short_exits;
    bool short_a = a >= level->short_exits, short_b = b <= level->long_exits;
    return (Flags){
        .long_entry = a >= level->long_entries && b <= level->short_entries,
        .short_entry = a <= level->short_entries && b >= level->long_entries,
        .long_exit = both ? long_a && long_b : long_a || long_b,
        .short_exit = both ? short_a && short_b : short_a || short_b,
    };
}

static Flags raw_twin_spread(const SySignalConfig *level, const SyMatrix *output, gsize column,
                             gsize row) {
    (void)column; /* s1; s2 mirrors it */
    return pair_flags(level, output, row, true);
}

static Flags raw_spread(const SySignalConfig *level, const SyMatrix *output, gsize column,
                        gsize row) {
    (void)column;
    return pair_flags(level, output, row, false);
}

static bool rises_to(double level, double before, double now) {
    return before < level && now >= level;
}
static bool falls_to(double level, double before, double now) {
    return before > level && now <= level;
}

/* A comparison with NaN is false: a missing value forgets what was before it. */
static Flags raw_crossover(const SySignalConfig *level, const SyMatrix *output, gsize column,
                           gsize row) {
    const double *value = sy_matrix_column(output, column);
    double before = row > 0 ? value[row - 1] : NAN, now = value[row];
    return (Flags){
        .long_entry = rises_to(level->long_entries, before, now),
        .long_exit = falls_to(level->long_exits, before, now),
        .short_entry = falls_to(level->short_entries, before, now),
        .short_exit = rises_to(level->short_exits, before, now),
    };
}

/* ---- what all have in common ---- */

/* Keeps of a row's raw signals the one that changes the position; *side is -1, 0 or 1. */
static Flags clean(Flags raw, int *side) {
    Flags kept = {0};
    if (*side == 0 && !(raw.long_entry && raw.short_entry)) {
        kept.long_entry = raw.long_entry && !raw.long_exit;
        kept.short_entry = raw.short_entry && !raw.short_exit;
        *side = kept.long_entry - kept.short_entry;
    } else if (*side == 1 && raw.long_exit) {
        kept.long_exit = true;
        *side = 0;
    } else if (*side == -1 && raw.short_exit) {
        kept.short_exit = true;
        *side = 0;
    }
    return kept;
}

static void put(SySignals *signals, gsize column, gsize row, Flags flags) {
    gsize cell = column * signals->rows + row;
    signals->long_entries[cell] = flags.long_entry;
    signals->long_exits[cell] = flags.long_exit;
    signals->short_entries[cell] = flags.short_entry;
    signals->short_exits[cell] = flags.short_exit;
}

static Flags mirror(Flags flags) {
    return (Flags){flags.short_entry, flags.short_exit, flags.long_entry, flags.long_exit};
}

/* Always inlined, so that `raw` is no call through a pointer for each row. */
static inline __attribute__((always_inline)) SySignals *
run(const SySignalConfig *config, const SyMatrix *output, Raw raw, bool mirrored) {
    SySignals *signals = sy_signals_new(output->rows, 2);
    for (gsize column = 0; column < (mirrored ? 1 : 2); column++) {
        int side = 0;
        for (gsize row = 0; row < output->rows; row++) {
            Flags flags = raw(config, output, column, row);
            if (config->clean)
                flags = clean(flags, &side);
            put(signals, column, row, flags);
            if (mirrored)
                put(signals, 1, row, mirror(flags));
        }
    }
    return signals;
}

static SySignals *run_twin_spread(const SySignalConfig *config, const SyMatrix *output) {
    return run(config, output, raw_twin_spread, true);
}

static SySignals *run_spread(const SySignalConfig *config, const SyMatrix *output) {
    return run(config, output, raw_spread, true);
}

static SySignals *run_crossover(const SySignalConfig *config, const SyMatrix *output) {
    return run(config, output, raw_crossover, false);
}

static SySignals *run_crossover_1d(const SySignalConfig *config, const SyMatrix *output) {
    return run(config, output, raw_crossover, true);
}

#define SOURCE "docs/reference.md, signals"

const SySignalRule sy_signal_twin_spread = {
    .name = "twin_spread",
    .summary =
        "Pair rule: enter when both legs are past their entry levels, leave when both are past "
        "their exit levels.",
    .source = SOURCE,
    .columns = 2,
    .run = run_twin_spread,
};

const SySignalRule sy_signal_spread = {
    .name = "spread",
    .summary =
        "Pair rule: enter when both legs are past their entry levels, leave when either is past "
        "its exit level.",
    .source = SOURCE,
    .columns = 2,
    .run = run_spread,
};

const SySignalRule sy_signal_crossover = {
    .name = "crossover",
    .summary =
        "Each leg by itself: enter long where its column rises to long_entries, short where it "
        "falls to short_entries; leave where it falls to long_exits or rises to short_exits.",
    .source = SOURCE,
    .columns = 2,
    .run = run_crossover,
};

const SySignalRule sy_signal_crossover_1d = {
    .name = "crossover_1d",
    .summary = "crossover on the first column alone; the second leg does the opposite.",
    .source = SOURCE,
    .columns = 1,
    .run = run_crossover_1d,
};
