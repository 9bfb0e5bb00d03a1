/* The jobs of a strategy: its template's [schedule], [schedule.report] and the command line, as
 * the scheduler takes them. */
#ifndef SY_WORKFLOW_JOBS_H
#define SY_WORKFLOW_JOBS_H

#include "schedule/scheduler.h"
#include "workflow/strategy.h"

enum { SY_JOB_MAX_BUFFER_SECONDS = 500 }; /* where nobody says otherwise */

/* What the command line says. */
typedef struct {
    bool trade, report;          /* false: no such job */
    SyTimeframe report_every;    /* where neither the template nor the user says otherwise */
    bool report_every_was_given; /* the user did: it overrides [schedule.report] */
    int max_buffer_seconds;
} SyJobOptions;

/* The jobs of one strategy, at most one of each kind. Texts and durations as SyJob has them;
 * schedules are owned. */
typedef struct {
    SyJob job[SY_N_JOB_KINDS];
    gsize n;
    char *probe; /* shared by those that wait for a bar */
} SyJobs;

/* Makes the jobs of a strategy. Clear with sy_jobs_clear, before the strategy is freed: the names
 * are its. */
void sy_jobs_make(const SyStrategy *strategy, const SyJobOptions *options, SyJobs *jobs);
void sy_jobs_clear(SyJobs *jobs);
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(SyJobs, sy_jobs_clear)

#endif
