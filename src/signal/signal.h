/* Contract of signal rules: from a model's output to four boolean matrices. */
#ifndef SY_SIGNAL_SIGNAL_H
#define SY_SIGNAL_SIGNAL_H

#include "base/field.h"
#include "data/matrix.h"

/* Keys of [signal] besides signal_model; every rule reads these. */
typedef struct {
    double long_entries, long_exits, short_entries, short_exits; /* levels of the output; NaN: not
                                                                    given */
    bool clean;
} SySignalConfig;

extern const SyFieldTable sy_signal_fields;

typedef struct {
    const char *name;
    const char *summary;
    const char *source;
    gsize columns; /* columns of the output it needs */
    /* output [rows × columns or more]; the result has two columns. Row t depends on rows <= t.
     * Cost: O(rows). Cannot fail. */
    SySignals *(*run)(const SySignalConfig *config, const SyMatrix *output);
} SySignalRule;

extern const SySignalRule *const sy_signal_rules[];
extern const gsize sy_n_signal_rules;

/* By name, loosely spelled; NULL where there is none. */
const SySignalRule *sy_signal_rule_find(const char *name);

#endif
