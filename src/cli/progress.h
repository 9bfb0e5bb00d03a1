/* A progress bar on stderr: only on a terminal, only for work longer than a second. */
#ifndef SY_CLI_PROGRESS_H
#define SY_CLI_PROGRESS_H

#include "model/model.h"

typedef struct {
    const char *what; /* "fitting" */
    bool enabled;     /* a terminal, not --quiet */
    SyTime started, drawn;
    bool visible;
} SyProgress;

SyProgress sy_progress_start(const char *what, bool quiet);
/* data: SyProgress *. Redraws at most ten times a second. */
void sy_progress_update(double fraction, gpointer data);
/* Removes the bar. */
void sy_progress_end(SyProgress *progress);

#endif
