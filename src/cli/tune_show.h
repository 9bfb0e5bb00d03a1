/* How a tuning is shown: to people, and as JSON. */
#ifndef SY_CLI_TUNE_SHOW_H
#define SY_CLI_TUNE_SHOW_H

#include "tune/keep.h"
#include "tune/outcome.h"

/* What there is to show. */
typedef struct {
    const SyTuneData *data;
    const SyTuneKeep *keep;
    const GPtrArray *trials;
    const SyOutcome *outcome;
    const GPtrArray *paths; /* char *, files that were written */
} SyTuneShow;

/* Prints the best trials, the winner's figures on each slice, and where the files are. */
void sy_tune_show(const SyTuneShow *show);

/* The same as one JSON object. */
void sy_tune_show_json(const SyTuneShow *show);

/* trials.csv: every trial with its values and figures, numbers that read back the same. Free with
 * g_free. */
char *sy_tune_csv(const SyTuneShow *show);

#endif
