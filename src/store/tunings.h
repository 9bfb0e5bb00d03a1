/* Tunings in the store: each trial once, as it ended. store/retention.h forgets old ones. */
#ifndef SY_STORE_TUNINGS_H
#define SY_STORE_TUNINGS_H

#include "store/store.h"

typedef struct {
    gint64 id;
    char *study, *digest, *template_text, *facts, *fingerprint, *build;
    gint64 rows;
    SyTime started;
} SyTuningRow;
void sy_tuning_row_clear(SyTuningRow *row);
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(SyTuningRow, sy_tuning_row_clear)

/* One figure of a trial. */
typedef struct {
    const char *slice; /* "train", "validation", "in_sample" */
    const char *metric;
    int fold;
    double value; /* NaN: there is none */
} SyTrialValue;

typedef struct {
    gint64 number;
    char *state, *reason, *parameters;
    guint64 seed;
    SyTime started, ended;
    GArray *values; /* SyTrialValue; its texts outlive it */
} SyTrialRow;

/* The newest tuning of a study with this digest; *found is false where there is none. */
bool sy_store_find_tuning(SyStore *store, const char *study, const char *digest, SyTuningRow *row,
                          bool *found, GError **error);

/* Stores a new tuning; row->id is set, of the rest all is read. */
bool sy_store_begin_tuning(SyStore *store, SyTuningRow *row, GError **error);

/* Stores trials, all or none. One that is there already stays as it is: two processes that go on
 * with one tuning compute the same. */
bool sy_store_add_trials(SyStore *store, gint64 tuning, const SyTrialRow *trial, gsize n,
                         GError **error);

/* Calls `take` for each trial by number; the row is valid until it returns. */
bool sy_store_each_trial(SyStore *store, gint64 tuning,
                         void (*take)(gpointer data, const SyTrialRow *trial), gpointer data,
                         GError **error);

#endif
