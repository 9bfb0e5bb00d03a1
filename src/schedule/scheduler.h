/* The scheduler: step(state, now, what happened) → what to do. No clock, no file, no process, no
 * random number: the same calls give the same actions, so years run in a test in seconds.
 *
 * One slot = (job, nominal time). A slot that is due waits for its bar (through one probe for all
 * jobs of the same bars), then for a place, then runs; or it ends without a run, and its action
 * says why. Promises:
 *
 * - each slot of a job is decided exactly once, in order of nominal time, whatever the clock does:
 *   by START (attempt 1), OUTDATED, SKIPPED, MISSED or COALESCED. So the newest row of a job says
 *   where it stands, and a slot that still waits for its bar or a place has no row and is found
 *   again after a restart;
 * - at most `places` runs at once; a slot that waits for a bar, and a run that backs off, hold
 * none;
 * - a slot of a job with SY_CATCHUP_NONE starts only within its wait: until max_buffer after the
 *   nominal time, at the latest until the next slot.
 *
 * Clock steps: docs/decisions/0007-clock-steps.md. */
#ifndef SY_SCHEDULE_SCHEDULER_H
#define SY_SCHEDULE_SCHEDULER_H

#include "schedule/job.h"

typedef struct SyScheduler SyScheduler;

SyScheduler *sy_scheduler_new(gsize places);
void sy_scheduler_free(SyScheduler *scheduler);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(SyScheduler, sy_scheduler_free)

typedef enum {
    SY_SLOT_START,     /* start (or start again: attempt > 1) the run of this slot */
    SY_SLOT_OUTDATED,  /* the bar was absent at the end of the wait: no trade */
    SY_SLOT_SKIPPED,   /* reason: overlap with `other`, the job was removed … */
    SY_SLOT_MISSED,    /* reason: found too late, no place in time … */
    SY_SLOT_COALESCED, /* taken together into the later slot `other` */
    SY_SLOT_CANCEL,    /* end the process of this slot's run: overlap, timeout; ENDED follows */
    SY_SLOT_GIVE_UP,   /* no further attempt of a run that backs off: end it in the store */
    SY_SLOT_PROBE,     /* look for the newest bar of `probe` (no job, no slot) */
    SY_SLOT_HOLD,    /* job does nothing until `other`: the clock is in doubt. Tell the operator */
    SY_SLOT_RELEASE, /* a hold is over */
} SyActionKind;

typedef struct {
    SyActionKind kind;
    guint job;      /* as sy_scheduler_put_job returned it */
    SyTime nominal; /* of the slot; where count > 1, of the last of the slots that it stands for */
    SyTime bar;     /* close of the bar that it decides on; SY_TIME_NONE: none */
    SyTime wait_ends; /* SY_SLOT_START, OUTDATED: of the slot; of a trigger, that of the slot of the
                         schedule before it, on whose bar it decides. Later nothing is traded */
    int attempt;      /* SY_SLOT_START: from 1 */
    SyTime other;     /* nominal time of the other slot of the job; SY_TIME_NONE: none */
    gint64 count;     /* OUTDATED, SKIPPED, MISSED, COALESCED: slots that one row stands for, all
                         those after the row before it. Else 1 */
    const char *reason; /* static text, "" where none */
    const char *probe;  /* SY_SLOT_PROBE; valid until the next step */
} SySlotAction;

typedef enum {
    SY_EVENT_BAR,     /* newest complete bar of `probe` closes at `time`. Other answers of a probe
                         (none yet, an error) need no event: it is repeated */
    SY_EVENT_ENDED,   /* the run of (job, time) ended (or could not start, or its slot had a row
                         before); the next attempt is at retry_at, or SY_TIME_NONE */
    SY_EVENT_TRIGGER, /* a slot of `job` now, asked for by hand; `time` is its nominal time */
    SY_EVENT_CLOCK_STEP, /* the wall clock jumped by `jump` ns against the one that runs on in a
                            suspend. First in its step; `now` is by the new clock */
    SY_EVENT_SUSPEND,    /* the machine slept for `jump` ns: time-outs stood still */
} SyEventKind;

typedef struct {
    SyEventKind kind;
    guint job;
    const char *probe;
    SyTime time;
    SyTime retry_at;
    gint64 jump;
} SySchedulerEvent;

/* Adds a job, or changes the one of the same study and kind. Slots after `from` count: what was
 * decided last, or the moment of resume or edit. After an edit the slot that waits goes on, and
 * nothing is filled in under the new schedule. To decide what is due under the old one, step
 * before. Returns the job's number, which stays its own until all of it has ended after
 * sy_scheduler_remove_job. */
guint sy_scheduler_put_job(SyScheduler *scheduler, const SyJob *config, SyTime from);

/* No further slot of a job (template removed, paused): one that runs or backs off goes on, those
 * that wait are skipped in the next step, with the reason (static text). */
void sy_scheduler_remove_job(SyScheduler *scheduler, guint number, const char *reason);

/* Slots of a job up to `until` that had not their turn are skipped in the next step, with the
 * reason (static text), one row for all: it was paused. */
void sy_scheduler_skip(SyScheduler *scheduler, guint number, SyTime until, const char *reason);

/* A slot of before a restart whose run has not ended: it starts again as `attempt` at retry_at
 * (SY_TIME_NONE: now), within its wait; later it is given up. Between put_job and the next step. */
void sy_scheduler_restore(SyScheduler *scheduler, guint number, SyTime nominal, int attempt,
                          SyTime retry_at);

/* A slot after the job's newest one that has a row of its own (a wrong clock decided it): it is not
 * decided again. Before sy_scheduler_release, for each row of the store later than its `now`. */
void sy_scheduler_put_row(SyScheduler *scheduler, guint number, SyTime nominal);

void sy_scheduler_set_places(SyScheduler *scheduler, gsize places);

/* The operator says that the clock is right: a held job goes on at `now`, in the next step. Slots
 * that a wrong clock passed over ahead of `now` come round again, save those with a row
 * (sy_scheduler_put_row). */
void sy_scheduler_release(SyScheduler *scheduler, guint number, SyTime now);

/* Takes in events [n], then does all that is due at `now`. Actions (SySlotAction) are appended in
 * order; store them before they are carried out.
 * Cost: O(log jobs) for each due job. */
void sy_scheduler_step(SyScheduler *scheduler, SyTime now, const SySchedulerEvent *events, gsize n,
                       GArray *actions);

/* When step must be called next, if nothing happens before; SY_TIME_NONE: not by itself. May lie in
 * the past: at once. */
SyTime sy_scheduler_wake(const SyScheduler *scheduler);

/* For `ps`: what a job is doing and when its next slot is (SY_TIME_NONE: none). */
typedef enum {
    SY_JOB_IDLE,
    SY_JOB_WAITS_BAR,
    SY_JOB_WAITS_PLACE, /* or for an earlier run of its own, or the trade run of its time */
    SY_JOB_RUNS,
    SY_JOB_BACKS_OFF,
    SY_JOB_HELD /* the clock is in doubt */
} SyJobState;
SyJobState sy_scheduler_job_state(const SyScheduler *scheduler, guint number, SyTime *next);

#endif
