/* From a strategy's schedules and the command line to the jobs of the scheduler. */
#include "workflow/jobs.h"

#include "workflow/newest_bar.h"

/* A job of a schedule; who it is and what it waits for comes later. `config` NULL: all by default.
 */
static SyJob job_of(SySchedule *schedule, const SyScheduleConfig *config) {
    const SyScheduleTiming *timing = sy_schedule_timing(schedule);
    SyJob job = {
        .schedule = sy_schedule_ref(schedule),
        .delay = timing->delay,
        .jitter = timing->jitter,
        .start_deadline = timing->start_deadline,
        .timeout = timing->timeout,
        .catchup_window = timing->catchup_window,
        .until = timing->until,
    };
    if (config) {
        job.catchup = config->catchup;
        job.catchup_max = config->catchup_max;
        job.overlap = config->overlap;
        job.max_runs = config->max_runs;
    }
    return job;
}

static void add_job(SyJobs *jobs, const SyStrategy *strategy, SyJobKind kind, SyJob job,
                    gint64 max_buffer) {
    job.study = strategy->template->meta.study_name;
    job.kind = kind;
    job.max_buffer = max_buffer;
    jobs->job[jobs->n++] = job;
}

static SyJob report_job(const SyStrategy *strategy, const SyJobOptions *options) {
    if (strategy->report_schedule && !options->report_every_was_given)
        return job_of(strategy->report_schedule, &strategy->report_schedule_config);
    g_autoptr(SySchedule) schedule = sy_schedule_new_every(options->report_every);
    return job_of(schedule, NULL);
}

void sy_jobs_make(const SyStrategy *strategy, const SyJobOptions *options, SyJobs *jobs) {
    *jobs = (SyJobs){0};
    bool models = sy_strategy_has_model(strategy);
    gint64 max_buffer = options->max_buffer_seconds * SY_SECOND;
    if (!models || options->trade) {
        SyJob job = job_of(strategy->schedule, &strategy->schedule_config);
        if (models)
            job.probe = jobs->probe = sy_newest_bar_key(strategy);
        add_job(jobs, strategy, models ? SY_JOB_TRADE : SY_JOB_TASK, job, max_buffer);
    }
    if (models && options->report)
        add_job(jobs, strategy, SY_JOB_REPORT, report_job(strategy, options), max_buffer);
}

void sy_jobs_clear(SyJobs *jobs) {
    for (gsize i = 0; i < jobs->n; i++)
        sy_schedule_unref(jobs->job[i].schedule);
    g_free(jobs->probe);
    *jobs = (SyJobs){0};
}
