/* The signal rules by name, and the keys they share. */
#include "signal/signal.h"

#include "base/text.h"
#include "signal/pair.h"

static const SyField fields[] = {
    SY_FIELD(SySignalConfig, long_entries, .required = true, .unit = "output",
             .help = "A leg is entered long where its column is at or above this level."),
    SY_FIELD(SySignalConfig, long_exits, .required = true, .unit = "output",
             .help = "A long leg is left where its column is at or below this level."),
    SY_FIELD(SySignalConfig, short_entries, .required = true, .unit = "output",
             .help = "A leg is entered short where its column is at or below this level."),
    SY_FIELD(SySignalConfig, short_exits, .required = true, .unit = "output",
             .help = "A short leg is left where its column is at or above this level."),
    SY_FIELD(SySignalConfig, clean, .fallback = "true",
             .help =
                 "Open only when flat, close only when open; false passes every raw signal on."),
};
const SyFieldTable sy_signal_fields = SY_FIELD_TABLE(SySignalConfig, fields);

const SySignalRule *const sy_signal_rules[] = {&sy_signal_twin_spread, &sy_signal_spread};
const gsize sy_n_signal_rules = G_N_ELEMENTS(sy_signal_rules);

const SySignalRule *sy_signal_rule_find(const char *name) {
    for (gsize i = 0; i < sy_n_signal_rules; i++)
        if (sy_text_equal_loosely(sy_signal_rules[i]->name, name))
            return sy_signal_rules[i];
    return NULL;
}

const char *sy_signal_rule_refused(const char *name) {
    static const char *const later[] = {"crossover", "crossover_1d"};
    for (gsize i = 0; i < G_N_ELEMENTS(later); i++)
        if (sy_text_equal_loosely(later[i], name))
            return "it comes with the research core, together with the models it serves";
    return NULL;
}
