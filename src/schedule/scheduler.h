/* The scheduler: step(state, now, what happened) → what to do. No clock, no file, no process, no
 * random number: the same calls give the same actions, so years run in a test in seconds.
 *
 * One slot = (job, nominal time). A slot that is due waits for its bar (through one probe for all
 * jobs of the same bars), then for a place, then runs; or it ends without a run, and its action
 * says why. Promises: each slot of a job is ended or started exactly once, in order of nominal
 * time, whatever the clock does; at most `places` runs at once; a late bar never holds a place. */
#ifndef SY_SCHEDULE_SCHEDULER_H
#define SY_SCHEDULE_SCHEDULER_H

#include "schedule/schedule.h"

typedef enum { SY_JOB_TRADE, SY_JOB_REPORT, SY_JOB_TASK } SyJobKind;
extern const char *const sy_job_kind_names[]; /* "trade", "report", "task" */

/* A job. Texts are copied, the schedule is referenced. Durations are nanoseconds. */
typedef struct {
    const char *study;
    SyJobKind kind;
    SySchedule *schedule;
    const char *probe; /* name of its bars, shared by jobs that wait for the same; NULL: no wait */
    gint64 delay;      /* from the nominal time to the first look for the bar, or the start */
    gint64
        max_buffer; /* from the nominal time: how long a bar is waited for and a late slot runs */
    gint64 jitter;  /* start is spread over this by a hash of the job's name */
    gint64 start_deadline; /* from the moment it could start: later is missed; 0: none */
    gint64 timeout;        /* of a run; 0: none */
    SyCatchup catchup;
    gint64 catchup_window;
    gint64 catchup_max;
    SyOverlap overlap;
    SyTime until;    /* SY_TIME_NONE: for ever */
    gint64 max_runs; /* 0: no limit; runs_before count */
    gint64 runs_before;
} SyJob;

typedef struct SyScheduler SyScheduler;

SyScheduler *sy_scheduler_new(gsize places);
void sy_scheduler_free(SyScheduler *scheduler);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(SyScheduler, sy_scheduler_free)

typedef enum {
    SY_SLOT_START,     /* start (or start again: attempt > 1) the run of this slot */
    SY_SLOT_OUTDATED,  /* the bar was absent at the end of the wait: no trade */
    SY_SLOT_SKIPPED,   /* reason: overlap with `other` … */
    SY_SLOT_MISSED,    /* reason: downtime, deadline, clock step … */
    SY_SLOT_COALESCED, /* `count` slots up to this one were taken together into slot `other` */
    SY_SLOT_CANCEL,    /* end the run of this slot: overlap, timeout */
    SY_SLOT_PROBE,     /* look for the newest bar of `probe` (no slot) */
} SyActionKind;

typedef struct {
    SyActionKind kind;
    guint job;          /* as sy_scheduler_put_job returned it; valid until the job is removed */
    SyTime nominal;     /* of the slot */
    SyTime bar;         /* close of the bar that it decides on; SY_TIME_NONE: none */
    int attempt;        /* SY_SLOT_START: from 1 */
    SyTime other;       /* nominal time of the other slot of the job; SY_TIME_NONE: none */
    gint64 count;       /* SY_SLOT_COALESCED */
    const char *reason; /* static text */
    const char *probe;  /* SY_SLOT_PROBE; valid until the next step */
} SySlotAction;

typedef enum {
    SY_EVENT_BAR,        /* newest complete bar of `probe` closes at `time` */
    SY_EVENT_ENDED,      /* the run of (job, time) ended; again at retry_at, or SY_TIME_NONE */
    SY_EVENT_TRIGGER,    /* a slot of `job` now, asked for by hand; `time` is its nominal time */
    SY_EVENT_CLOCK_STEP, /* the wall clock jumped by `jump` ns against the monotonic one */
} SyEventKind;

typedef struct {
    SyEventKind kind;
    guint job;
    const char *probe;
    SyTime time;
    SyTime retry_at;
    gint64 jump;
} SySchedulerEvent;

/* Adds a job, or changes the one of the same study and kind (its slots under the old schedule go
 * on; nothing is filled in under the new one). Slots after `from` count: what was decided last, or
 * the moment of resume or edit. Returns the job's number. */
guint sy_scheduler_put_job(SyScheduler *scheduler, const SyJob *job, SyTime from);

/* No further slot of a job; one that runs goes on, one that waits is skipped with the reason. */
void sy_scheduler_remove_job(SyScheduler *scheduler, guint job, const char *reason);

/* A slot of before a restart whose run has not ended: it goes on in its back-off, or starts again
 * as `attempt`, within its wait; later it is missed. */
void sy_scheduler_restore(SyScheduler *scheduler, guint job, SyTime nominal, int attempt,
                          SyTime retry_at);

void sy_scheduler_set_places(SyScheduler *scheduler, gsize places);

/* Takes in events [n], then does all that is due at `now`. Actions are appended in order.
 * Cost: O(log jobs) for each due job. */
void sy_scheduler_step(SyScheduler *scheduler, SyTime now, const SySchedulerEvent *events, gsize n,
                       GArray *actions);

/* When step must be called next, if nothing happens before; SY_TIME_NONE: not by itself. */
SyTime sy_scheduler_wake(const SyScheduler *scheduler);

/* For `ps`: what a job is doing and when its next slot is. */
typedef enum {
    SY_JOB_IDLE,
    SY_JOB_WAITS_BAR,
    SY_JOB_WAITS_PLACE,
    SY_JOB_RUNS,
    SY_JOB_BACKS_OFF
} SyJobState;
SyJobState sy_scheduler_job_state(const SyScheduler *scheduler, guint job, SyTime *next);

#endif
