/* The trials of a tuning, batch by batch.
 *
 * Promises: what a trial takes and whether it is given up depends on the trials of earlier batches
 * only, so any number of threads, and any number of interruptions, give the same trials, bit for
 * bit. */
#ifndef SY_TUNE_SEARCH_H
#define SY_TUNE_SEARCH_H

#include "tune/trial.h"

typedef struct {
    int jobs; /* threads, ≥ 1 */
    const SyEnv *env;
    gint *stop; /* atomic: once it is not 0, no trial begins */
    /* Keeps finished trials; called by the calling thread, at the end of each batch and while one
     * goes on for longer than a second. Errors end the search. */
    bool (*keep)(gpointer data, SyTrial *const *trial, gsize n, GError **error);
    gpointer keep_data;
    void (*progress)(double fraction, gpointer data); /* may be NULL; by the calling thread */
    gpointer progress_data;
} SySearchContext;

/* Does the trials that are absent.
 *
 * trials  SyTrial * by number, [data->tune->trials] with NULL where there is none yet
 * Errors: those of sy_trial_run and of `keep`; what was finished before is kept.
 * Returns true also where it was stopped: then some are still NULL. */
bool sy_search_run(const SyTuneData *data, GPtrArray *trials, const SySearchContext *context,
                   GError **error);

#endif
