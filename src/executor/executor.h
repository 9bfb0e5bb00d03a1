/* Contract of executors: where runs are executed. A row of the registry starts a run somewhere, and
 * says later how it ended. Policy (bounds, retries, overlap) is the scheduler's. */
#ifndef SY_EXECUTOR_EXECUTOR_H
#define SY_EXECUTOR_EXECUTOR_H

#include "base/process.h"
#include "workflow/run.h"

/* What is to be executed. */
typedef struct {
    gint64 run, epoch;
    const char *study, *kind;
    gint64 timeout_ns; /* from the start; 0: none */
} SyExecution;

/* How it ended. */
typedef struct {
    gint64 run;
    SyRunStatus status; /* as the executor saw it: SUCCEEDED (exit 0), FAILED, CRASHED, TIMED_OUT,
                           CANCELLED */
    SyProcessEnd end;
    char *message; /* the tail of stderr, or the signal; NULL */
} SyExecutionEnd;
void sy_execution_end_clear(SyExecutionEnd *end);

typedef struct {
    const char *program;   /* path of `systematica` */
    const char *workspace; /* absolute */
    const SyEnv *env;      /* clock of time-outs (monotonic) */
    SyProcessLimits limits;
    gint64 kill_after_ns;               /* from TERM to KILL */
    SyLog *log;                         /* NULL: nothing is logged */
    const SyRunContext *inline_context; /* inline only */
    SyStore *inline_store;
} SyExecutorOptions;

/* What the environment of a run's processes holds, and what finds those that an earlier daemon left
 * (sy_process_sweep): SYSTEMATICA_RUN and SYSTEMATICA_WORKSPACE. Free with g_strfreev. */
char **sy_execution_marks(const char *workspace, gint64 run);

/* Writes the number of the run into the environment that this process was started with, as a mark:
 * for a worker that was started before there was a run. What it forks then has the mark as well. */
void sy_execution_mark(gint64 run);

typedef struct SyExecutor SyExecutor;

typedef struct {
    const char *name; /* "process", "inline" */
    const char *summary;
    /* process: makes us the reaper of orphans (sy_process_adopt_orphans); start, collect and close
     * belong to one thread, which the runs do not outlive. */
    SyExecutor *(*open)(const SyExecutorOptions *options, GError **error);
    void (*close)(SyExecutor *executor); /* kills what still runs */
    bool (*start)(SyExecutor *executor, const SyExecution *execution, GError **error);
    /* TERM now, KILL after kill_after; the end comes through collect with `status` as the reason.
     */
    void (*cancel)(SyExecutor *executor, gint64 run, SyRunStatus status);
    /* Appends the ends (SyExecutionEnd) of what has ended, kills what is over its time. */
    void (*collect)(SyExecutor *executor, GArray *ends);
    /* A descriptor that is readable when collect has something to do; -1: none. */
    int (*descriptor)(SyExecutor *executor);
} SyExecutorRow;

extern const SyExecutorRow *const sy_executors[];
extern const gsize sy_n_executors;
const SyExecutorRow *sy_executor_find(const char *name);

#endif
