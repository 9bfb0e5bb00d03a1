/* A tuning in the store: begun, found again, and its trials as rows. */
#ifndef SY_TUNE_KEEP_H
#define SY_TUNE_KEEP_H

#include "store/tunings.h"
#include "tune/trial.h"

/* Which tuning of the store the trials belong to. */
typedef struct {
    SyStore *store;
    gint64 id;
    bool resumed;   /* it was there before */
    gsize rows;     /* of the panel that it sees */
    SyTime started; /* what its relative times count from */
    const SyTuneData *data;
} SyTuneKeep;

/* Finds the newest tuning of equal digest, or says that a new one begins. A tuning goes on with the
 * bars that it began with: with newer ones it does not see them.
 *
 * fresh   begin a new one whatever there is
 * panel   all bars that there are; keep->rows of them the tuning sees
 * now     when a new one begins
 * Errors: SY_ERROR_DATA where bars that the tuning saw have changed or are gone, or another build
 * of the program began it: with the remedy; those of the store. */
bool sy_tune_keep_find(SyStore *store, const SyTune *tune, const SyPanel *panel, bool fresh,
                       SyTime now, SyTuneKeep *keep, GError **error);

/* Stores a new tuning, where none was found. */
bool sy_tune_keep_begin(SyTuneKeep *keep, const SyTuneData *data, GError **error);

/* Reads the trials that there are into `trials`, by number; those beyond its length are left out.
 * Errors: SY_ERROR_DATA for rows that are none of this tuning's. */
bool sy_tune_keep_load(const SyTuneKeep *keep, GPtrArray *trials, GError **error);

/* `keep` of a SySearchContext; data: SyTuneKeep. */
bool sy_tune_keep_trials(gpointer data, SyTrial *const *trial, gsize n, GError **error);

#endif
