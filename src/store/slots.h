/* Slots and runs of jobs in the store. Every change is a transaction with an event of the audit
 * chain (store/events.h) in it. A slot (study, kind, nominal time) has exactly one row; a run that
 * has ended never changes. */
#ifndef SY_STORE_SLOTS_H
#define SY_STORE_SLOTS_H

#include "store/store.h"

typedef enum {
    SY_RUN_PLANNED,     /* decided to run; no process has claimed it yet */
    SY_RUN_STARTED,     /* a process has claimed it */
    SY_RUN_BACKING_OFF, /* an attempt failed; again at retry_at */
    SY_RUN_SUCCEEDED,
    SY_RUN_FAILED,  /* reported an error */
    SY_RUN_CRASHED, /* vanished */
    SY_RUN_TIMED_OUT,
    SY_RUN_CANCELLED,
    SY_RUN_OUTDATED, /* the expected bar was absent at the end of the wait */
    SY_N_RUN_STATUSES
} SyRunStatus;
extern const char *const sy_run_status_names[]; /* "planned", "started" … */
static inline bool sy_run_status_ended(SyRunStatus status) { return status >= SY_RUN_SUCCEEDED; }

typedef enum {
    SY_SLOT_ROW_RAN,
    SY_SLOT_ROW_SKIPPED,
    SY_SLOT_ROW_MISSED,
    SY_SLOT_ROW_COALESCED
} SySlotStatus;
extern const char *const sy_slot_status_names[];

/* How a slot was decided. Texts are copied. */
typedef struct {
    const char *study, *kind; /* kind: "trade", "report", "task" */
    SyTime nominal;
    SySlotStatus status;
    const char *reason; /* "" where it ran */
    SyTime other;       /* slot it was coalesced into or that blocked it; SY_TIME_NONE */
    gint64 count; /* of slots that this row stands for: 1, more where coalesced or missed in bulk */
    SyTime decided;
    /* where it ran: */
    SyRunStatus run_status; /* PLANNED, or OUTDATED for one that waited in vain */
    const char *template_hash, *template_text;
    const char
        *request; /* JSON: what the worker needs besides the template (lookback, formats …) */
    SyTime bar;   /* that it is to decide on; SY_TIME_NONE */
    gint64 run;   /* out: id of the run; 0 where none */
    bool already; /* out: the slot had a row before; nothing was stored. run is then that of the row
                     where it is PLANNED under this epoch: a commit whose answer was lost */
} SySlotDecision;

/* Stores decisions [n], all or none, in one transaction; a trigger whose slot is decided is done.
 *
 * epoch  [n] that the study of the slot must still have, or nothing is stored: SY_ERROR_HELD
 * Cost: one durable commit, whatever n is. */
bool sy_store_decide_slots(SyStore *store, SySlotDecision *slots, gsize n, const gint64 *epoch,
                           GError **error);

/* One run as stored. Texts are owned; clear with sy_run_row_clear. */
typedef struct {
    gint64 id;
    char *study, *kind, *template_hash, *template_text, *request, *message;
    char *step; /* whose failure the last back-off waits for; NULL */
    SyTime nominal, bar, planned, ended, retry_at; /* SY_TIME_NONE where not (yet) */
    SyTime started;                                /* of its first attempt */
    SyRunStatus status;
    int attempt;  /* from 1: the one that goes on, or comes next */
    guint64 seed; /* of its waits, as sy_store_back_off stored it; 0 */
    gint64 epoch;
    gint64 pid;
    guint64 pid_start;
} SyRunRow;
void sy_run_row_clear(SyRunRow *row);
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(SyRunRow, sy_run_row_clear)

bool sy_store_load_run(SyStore *store, gint64 id, SyRunRow *row, GError **error);

/* Runs that have not ended, of one study or (NULL) all; SyRunRow, cleared with the array. */
GArray *sy_store_unfinished_runs(SyStore *store, const char *study, GError **error);

/* The worker's first act: PLANNED or BACKING_OFF → STARTED, in the name of (pid, pid_start).
 * *claimed is false where another claimed it, it has ended, or the epoch is no longer the study's.
 */
bool sy_store_claim_run(SyStore *store, gint64 id, gint64 epoch, gint64 pid, guint64 pid_start,
                        SyTime now, bool *claimed, GError **error);

/* Ends a run, unless it has ended (*ended_before). A decision ends its run itself
 * (sy_store_add_decision). epoch: as decide_slots. */
bool sy_store_end_run(SyStore *store, gint64 id, gint64 epoch, SyRunStatus status,
                      const char *message, SyTime now, bool *ended_before, GError **error);

/* A failed attempt that is tried again at retry_at: STARTED → BACKING_OFF, attempt + 1. Also by
 * whoever took the study over, for an attempt that ended with its daemon.
 * Errors: SY_ERROR_HELD where the epoch is not the study's, or the run is not STARTED. */
bool sy_store_back_off(SyStore *store, gint64 id, gint64 epoch, const char *step,
                       const char *message, SyTime retry_at, guint64 seed, SyTime now,
                       GError **error);

/* ---- strategies: who runs them, where their jobs stand ---- */

/* Locks a study in a store on a server, which several machines may share, until it is unlocked or
 * the store is closed; a store in a file needs no more than the lock of a file. A connection that
 * was lost locks again when it is opened again, or fails with SY_ERROR_HELD. Errors: SY_ERROR_HELD
 * names the holder as it took the study. */
bool sy_store_lock_study(SyStore *store, const char *study, GError **error);
void sy_store_unlock_study(SyStore *store, const char *study);

/* Takes over a study: its epoch goes up by one; whoever holds an older one can store nothing more.
 */
bool sy_store_take_study(SyStore *store, const char *study, const char *holder, SyTime now,
                         gint64 *epoch, GError **error);

/* What the holder of a study was told of how often it makes reports (a timeframe; NULL: nothing,
 * the template or the default says). Stores nothing where that is known. Errors: as decide_slots.
 */
bool sy_store_set_report_every(SyStore *store, const char *study, gint64 epoch, const char *text,
                               SyTime now, GError **error);

/* That of all studies where something was told: name → timeframe, both char *. */
GHashTable *sy_store_report_intervals(SyStore *store, GError **error);

typedef struct {
    SyTime last; /* newest nominal time with a row (of bulk rows: their last); SY_TIME_NONE */
    SyTime resume_from; /* slots up to here do not count; SY_TIME_NONE */
    bool paused;
    gint64 runs; /* that it ran so far */
} SyJobRecord;
bool sy_store_load_job(SyStore *store, const char *study, const char *kind, SyJobRecord *job,
                       GError **error);

/* One job as stored. */
typedef struct {
    char *study, *kind;
    SyJobRecord record;
} SyJobRow;

/* Every job that somebody has paused or resumed, of all studies; SyJobRow, cleared with the array.
 * Cost: one read, whatever the number of studies. */
GArray *sy_store_paused_jobs(SyStore *store, GError **error);

/* Nominal times (SyTime) of the slots of a job with a row later than `now`, oldest first: a clock
 * that was ahead has decided them. */
GArray *sy_store_slots_after(SyStore *store, const char *study, const char *kind, SyTime now,
                             GError **error);

/* Pauses or resumes a job (kind NULL: all of the study); resume sets resume_from = now. */
bool sy_store_pause(SyStore *store, const char *study, const char *kind, bool paused,
                    const char *reason, const char *who, SyTime now, GError **error);

/* By hand: a slot now, whose nominal time is `now`. */
bool sy_store_add_trigger(SyStore *store, const char *study, const char *kind, const char *who,
                          SyTime now, gint64 *id, GError **error);
typedef struct {
    gint64 id;
    char *study, *kind;
    SyTime created; /* nominal time of its slot */
} SyTriggerRow;

/* Triggers of `studies` (NULL-terminated) that were not taken yet under the study's epoch, oldest
 * first; SyTriggerRow, cleared with the array. One is done when its slot is decided, so that it
 * comes again after a crash between taking and deciding. Cost: a read where there is none. */
GArray *sy_store_take_triggers(SyStore *store, const char *const *studies, GError **error);

#endif
