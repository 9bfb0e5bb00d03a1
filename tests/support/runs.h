/* Runs of slots without a daemon: a store in a workspace, a slot decided by hand, its run executed
 * in this process. */
#ifndef SY_TESTS_SUPPORT_RUNS_H
#define SY_TESTS_SUPPORT_RUNS_H

#include "store/slots.h"
#include "store/steps.h"
#include "workflow/run.h"

typedef struct {
    char *folder; /* workspace; removed at the end */
    SyStore *store;
    SySettings *settings;
    SyTime now; /* where the clock stands */
    SyEnv env;
    gint64 epoch;
    char *study;
    char *report_program;
    const char *notice; /* of the requests; NULL: none */
} TestRuns;

/* Opens the store of a workspace, which is owned from then on, and takes over a study. */
void test_runs_open(TestRuns *runs, char *folder, const char *study);
void test_runs_close(TestRuns *runs);
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(TestRuns, test_runs_close)

/* Decides the slot (kind, nominal) with a template text: the id of its run. */
gint64 test_runs_plan(TestRuns *runs, const char *kind, SyTime nominal, const char *text,
                      double max_buffer_seconds);

/* The same of a slot that is not at the close of its bar, as of a trigger. */
gint64 test_runs_plan_bar(TestRuns *runs, const char *kind, SyTime nominal, SyTime bar,
                          const char *text, double max_buffer_seconds);

/* Executes it; the test fails where it ends otherwise than `status`. *message, which may be NULL,
 * is the error's or NULL. */
void test_runs_execute(TestRuns *runs, gint64 id, SyRunStatus status, SyTime *retry_at,
                       char **message);

/* "load:succeeded:1 check:failed:2 …" of the stored steps, in the order of their start. */
char *test_runs_steps(TestRuns *runs, gint64 id);

/* The message of the newest row of a step. */
char *test_runs_step_message(TestRuns *runs, gint64 id, const char *step);

/* A number that a query of the store gives. */
gint64 test_runs_count(TestRuns *runs, const char *sql);

#endif
