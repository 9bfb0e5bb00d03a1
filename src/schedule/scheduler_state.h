/* What the files of the scheduler share: its state. Nobody outside of this folder includes it. */
#ifndef SY_SCHEDULE_SCHEDULER_STATE_H
#define SY_SCHEDULE_SCHEDULER_STATE_H

#include "schedule/heap.h"
#include "schedule/late.h"
#include "schedule/scheduler.h"

typedef struct {
    SyHeapNode node;
    SyTime at;      /* when it fires */
    SyTime nominal; /* of a slot; among timers of one moment the older one comes first */
    guint order;    /* slot, probe, job; then kind of job: trade before report before task */
    guint number;   /* of the job or probe */
} SyTimer;

typedef enum {
    SY_WAITS_START,   /* for its delay and jitter */
    SY_WAITS_BAR,     /* linked into its probe */
    SY_WAITS_TRADE,   /* a report, for the trade run of its time */
    SY_WAITS_EARLIER, /* for earlier runs of its job */
    SY_WAITS_PLACE,   /* in the heap of those */
    SY_PARKED,        /* its job is held */
    SY_RUNS,
    SY_BACKS_OFF
} SyPendingState;

typedef struct SyScheduledJob SyScheduledJob;
typedef struct SyPendingSlot SyPendingSlot;

struct SyPendingSlot {
    SyTimer timer;
    SyHeapNode place; /* among those that wait for one */
    SyScheduledJob *job;
    SyPendingSlot *next;           /* of the job's started ones */
    SyPendingSlot *before, *after; /* of those that wait for the same bar */
    SyTime nominal, bar;
    SyTime rank;  /* nominal time by which it waits: of the oldest slot taken together into it */
    SyTime due;   /* first look for the bar, or start */
    SyTime limit; /* end of the wait for the bar, and of any start without catch-up */
    SyTime wait_ends; /* of the slot of the schedule whose bar it decides on */
    SyTime start_by;  /* later is missed; 0: not known before it could start */
    SyTime retry_at;
    int attempt; /* last started; 0: none */
    SyPendingState state;
    bool decided; /* it has a row: some attempt was started */
    bool late, cancelled;
};

typedef struct {
    SyTimer timer;
    char *name;
    guint jobs; /* that use it */
    SyPendingSlot *waiting;
    SyTime newest;
    SyTime since; /* of the present wait */
    SyTime asked;
} SyBarProbe;

typedef struct {
    char *name;
    SyScheduledJob *jobs[SY_N_JOB_KINDS];
} SyStudyJobs;

typedef struct {
    SyTime from, to; /* every slot of the schedule between these has a row of its own */
} SyStretch;

struct SyScheduledJob {
    SyTimer timer;
    guint number;
    SyJobKind kind;
    SyStudyJobs *study;
    SySchedule *schedule;
    SyBarProbe *probe;
    gint64 delay, jitter, start_deadline, timeout, max_runs, runs;
    SyOverlap overlap;
    SyLateRule rule;
    SyTime until;
    SyTime cursor; /* slots up to here were taken up */
    SyTime next;   /* slot after it; SY_TIME_NONE: none */
    SyTime end;    /* up to here its slots have no rows */
    SyTime floor;  /* decided under a clock that was not in doubt: never goes back before it */
    SyPendingSlot *head, *started;
    GArray *triggers; /* SyTime, of those that wait for the head; NULL: none */
    SyStretch own;    /* the newest; empty: to < from */
    GArray *owned;    /* SyStretch, older ones; NULL: none */
    bool removed, fresh;
    SyTime held_until; /* SY_TIME_NONE: not held */
};

struct SyScheduler {
    SyHeap timers, ready;
    GPtrArray *jobs; /* SyScheduledJob or NULL, by number */
    GArray *numbers; /* guint, free ones */
    GHashTable *studies, *probes;
    GArray *pending;  /* SySlotAction, decided between steps */
    GArray *actions;  /* where the present step writes them */
    GPtrArray *ended; /* jobs of which something ended, while ends are taken in */
    bool ending;
    SyTime now;   /* of the last step */
    gint64 drift; /* sum of the clock's jumps */
    gsize places, running;
    guint probe_number;
    bool fresh; /* some job came, or nothing is left of a removed one */
};

/* ---- scheduler.c ---- */

/* Sets when a timer fires; SY_TIME_NONE: not. */
void sy_scheduler_arm(SyScheduler *scheduler, SyTimer *timer, SyTime at);

/* Appends an action to those of the step; valid until the next one. */
SySlotAction *sy_scheduler_emit(SyScheduler *scheduler, SyActionKind kind,
                                const SyScheduledJob *job, SyTime nominal);

static inline bool sy_job_is_held(const SyScheduledJob *job) {
    return job->held_until != SY_TIME_NONE;
}

/* Sets the job's timer to the next thing that it does by itself. */
void sy_scheduler_arm_job(SyScheduler *scheduler, SyScheduledJob *job);
void sy_scheduler_set_cursor(SyScheduler *scheduler, SyScheduledJob *job, SyTime cursor);

/* Takes a slot out of all that it waits in. */
void sy_slot_detach(SyScheduler *scheduler, SyPendingSlot *slot);
void sy_slot_free(SyScheduler *scheduler, SyPendingSlot *slot);

/* Lets a slot rest while its job is held; one whose run goes on does not. */
void sy_slot_park(SyScheduler *scheduler, SyPendingSlot *slot);

/* Lets a slot go on with what it waits for next; one of which an attempt has ended, at retry_at. */
void sy_slot_advance(SyScheduler *scheduler, SyPendingSlot *slot);
void sy_slot_back_off(SyScheduler *scheduler, SyPendingSlot *slot, SyTime retry_at);

/* ---- doubt.c ---- */

/* Rows that a job has: the stretch that grows is closed, a row was written (of one slot, or of
 * several, of which only the last has it as its own), the next slot without one is found. */
void sy_rows_close(SyScheduledJob *job);
void sy_rows_note(SyScheduledJob *job, SyTime nominal, gint64 count);
void sy_rows_find_next(SyScheduledJob *job);

/* Back to `to`: the slots after it that have no row of their own come round again. */
void sy_doubt_rewind(SyScheduler *scheduler, SyScheduledJob *job, SyTime to);

/* Holds a job whose rows lie ahead of the clock until it has caught up, one under a clock in doubt
 * until that is steady, and lets any other go on. */
void sy_doubt_judge(SyScheduler *scheduler, SyScheduledJob *job, bool doubt);
void sy_doubt_release(SyScheduler *scheduler, SyScheduledJob *job);

/* Times that count from a moment, and not by the clock, move with it. Back-offs only where they
 * would become longer: they may be of before a restart, and count by a clock that is right again.
 */
void sy_doubt_shift_timers(SyScheduler *scheduler, SyScheduledJob *job, gint64 jump,
                           bool back_offs);

/* The wall clock was set by `jump` ns. */
void sy_doubt_step_clock(SyScheduler *scheduler, gint64 jump);

#endif
