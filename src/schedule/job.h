/* Jobs: what a slot is of, and how long it may wait. */
#ifndef SY_SCHEDULE_JOB_H
#define SY_SCHEDULE_JOB_H

#include "schedule/late.h"

typedef enum { SY_JOB_TRADE, SY_JOB_REPORT, SY_JOB_TASK, SY_N_JOB_KINDS } SyJobKind;
extern const char *const sy_job_kind_names[]; /* "trade", "report", "task" */

/* False where no kind has this name. */
bool sy_job_kind_find(const char *name, SyJobKind *kind);

/* A job. Texts are copied, the schedule is referenced. Durations are nanoseconds. */
typedef struct {
    const char *study;
    SyJobKind kind;
    SySchedule *schedule;
    const char *probe; /* name of its bars, shared by jobs that wait for the same; NULL: no wait */
    gint64 delay;      /* from the nominal time to the first look for the bar, or the start */
    gint64 max_buffer; /* from the nominal time: how long a bar is waited for and a late slot runs;
                          sy_job_wait_ends has the rule */
    gint64 jitter;     /* start is spread over this by a hash of the job's name */
    gint64 start_deadline; /* from the moment it could start: later is missed; 0: none */
    gint64 timeout;        /* of a run's attempt; 0: none */
    SyCatchup catchup;     /* AUTO: none for trade, last for the others */
    gint64 catchup_window; /* older slots are missed, not caught up; 0: however old */
    gint64 catchup_max;    /* at most so many late slots run one by one (catch-up all); 0: all */
    SyOverlap overlap;     /* with a run of the same job. Late slots of catch-up all queue */
    SyTime until;          /* SY_TIME_NONE: for ever */
    gint64 max_runs;       /* 0: no limit; runs_before count */
    gint64 runs_before;
} SyJob;

/* By how much a job starts later than its delay: the same on every machine and in every run. */
gint64 sy_job_spread(const SyJob *job);

/* The rule by which the job's late slots are judged; borrows its schedule. */
SyLateRule sy_job_late_rule(const SyJob *job);

/* Until when a slot of the schedule may start, and a trade be carried out: max_buffer after its
 * nominal time, at the latest the next slot; but where the job's own delay and spread leave less
 * than 10 s of that (a second where there are none), so long after these. */
SyTime sy_job_wait_ends(const SyJob *job, SyTime nominal);

#endif
