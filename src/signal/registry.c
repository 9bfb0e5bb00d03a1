/* The signal rules by name, and the keys they share. */
#include "signal/signal.h"

#include "base/text.h"
#include "signal/rules.h"

#define OPTIONAL "Required, unless the model has levels of its own."

static const SyField fields[] = {
    SY_FIELD(SySignalConfig, long_entries, .unit = "output",
             .help = "A leg is entered long where its column is at or above this level (crossover: "
                     "rises to it). " OPTIONAL),
    SY_FIELD(SySignalConfig, long_exits, .unit = "output",
             .help = "A long leg is left where its column is at or below this level (crossover: "
                     "falls to it). " OPTIONAL),
    SY_FIELD(SySignalConfig, short_entries, .unit = "output",
             .help = "A leg is entered short where its column is at or below this level "
                     "(crossover: falls to it). " OPTIONAL),
    SY_FIELD(SySignalConfig, short_exits, .unit = "output",
             .help = "A short leg is left where its column is at or above this level (crossover: "
                     "rises to it). " OPTIONAL),
    SY_FIELD(SySignalConfig, clean, .fallback = "true",
             .help =
                 "Open only when flat, close only when open; false passes every raw signal on."),
};
const SyFieldTable sy_signal_fields = SY_FIELD_TABLE(SySignalConfig, fields);

const SySignalRule *const sy_signal_rules[] = {&sy_signal_twin_spread, &sy_signal_spread,
                                               &sy_signal_crossover, &sy_signal_crossover_1d};
const gsize sy_n_signal_rules = G_N_ELEMENTS(sy_signal_rules);

const SySignalRule *sy_signal_rule_find(const char *name) {
    for (gsize i = 0; i < sy_n_signal_rules; i++)
        if (sy_text_equal_loosely(sy_signal_rules[i]->name, name))
            return sy_signal_rules[i];
    return NULL;
}
