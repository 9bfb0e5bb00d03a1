/* What `ps` and `runs` show of the store. */
#ifndef SY_STORE_HISTORY_H
#define SY_STORE_HISTORY_H

#include "store/slots.h"

/* A run, without its texts. */
typedef struct {
    gint64 id;
    char *study, *kind, *message;
    SyTime nominal, planned, started, ended, retry_at; /* SY_TIME_NONE where not (yet) */
    SyRunStatus status;
    int attempt;
} SyRunLine;

/* The newest runs, newest first, at most `most`; of `studies` (NULL-terminated; NULL: all).
 * SyRunLine, cleared with the array. */
GArray *sy_store_list_runs(SyStore *store, const char *const *studies, gsize most, GError **error);

/* A job and its newest slot. */
typedef struct {
    char *study, *kind;
    char *holder; /* who took the study last; NULL: nobody yet */
    bool paused;
    char *pause_note;    /* who and why */
    SyTime last;         /* newest slot; SY_TIME_NONE: none yet */
    char *slot, *reason; /* how it was decided: "ran", "missed" …; NULL where there is none */
    char *run;           /* status of its run; NULL */
    SyTime started;      /* its run's first attempt; SY_TIME_NONE */
    char *message;       /* of the run; NULL */
    char *open;          /* status of its newest run that has not ended; NULL: none */
    SyTime open_nominal, retry_at; /* slot of that run, its next attempt; SY_TIME_NONE */
} SyJobLine;

/* All jobs by study and kind; SyJobLine, cleared with the array. */
GArray *sy_store_list_jobs(SyStore *store, GError **error);

/* True where the store has heard of the study. */
bool sy_store_knows_study(SyStore *store, const char *study, bool *known, GError **error);

#endif
