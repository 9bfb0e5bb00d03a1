/* What follows from a job's configuration alone. */
#include "schedule/job.h"

#include <string.h>

#include "base/hash.h"

#define NOTICE SY_SECOND      /* within which a slot is noticed, however busy the machine */
#define ROOM (10 * SY_SECOND) /* for the work of a run whose delay takes up all of its wait */

const char *const sy_job_kind_names[] = {"trade", "report", "task"};

bool sy_job_kind_find(const char *name, SyJobKind *kind) {
    for (*kind = 0; *kind < SY_N_JOB_KINDS; (*kind)++)
        if (strcmp(sy_job_kind_names[*kind], name) == 0)
            return true;
    return false;
}

gint64 sy_job_spread(const SyJob *job) {
    if (job->jitter <= 0)
        return 0;
    guint64 hash = sy_hash_text(job->kind, job->study);
    hash ^= hash >> 32;
    return (gint64)(hash % (guint64)job->jitter);
}

SyLateRule sy_job_late_rule(const SyJob *job) {
    SyCatchup usual = job->kind == SY_JOB_TRADE ? SY_CATCHUP_NONE : SY_CATCHUP_LAST;
    gint64 own = job->delay + sy_job_spread(job), least = own + (own ? ROOM : NOTICE);
    return (SyLateRule){
        .schedule = job->schedule,
        .catchup = job->catchup == SY_CATCHUP_AUTO ? usual : job->catchup,
        .window = job->catchup_window,
        .most = job->catchup_max,
        .wait = MAX(job->max_buffer, least),
        .least = least,
    };
}

SyTime sy_job_wait_ends(const SyJob *job, SyTime nominal) {
    SyLateRule rule = sy_job_late_rule(job);
    return sy_late_limit(&rule, nominal, sy_schedule_next(job->schedule, nominal));
}
