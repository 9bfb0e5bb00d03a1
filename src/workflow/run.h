/* One run, as a worker does it: claim it, do its steps (built-in ones and [[task]]s) in order,
 * store how it ended. Everything it needs stands in the store: the template's text, the request,
 * the attempts so far. */
#ifndef SY_WORKFLOW_RUN_H
#define SY_WORKFLOW_RUN_H

#include "base/log.h"
#include "store/slots.h"
#include "workflow/cycle.h"
#include "workflow/publish.h"

/* What a run asks for besides its template; stored as JSON with it. */
typedef struct {
    int lookback_days;
    SyTime since; /* SY_TIME_NONE: by lookback */
    double max_buffer_seconds;
    bool trade, report, dry_run;
} SyRunRequest;
char *sy_run_request_write(const SyRunRequest *request); /* JSON; g_free */
bool sy_run_request_read(const char *text, SyRunRequest *request, GError **error);

typedef struct {
    const SyEnv *env;
    const SySettings *settings;
    const char *workspace, *report_program;
    SyWorkOrders work_orders;
    int threads;
    SyLog *log;
    gint64 pid;
    guint64 pid_start;
} SyRunContext;

/* How the run's attempt ended, for the exit code and for `run --once`'s output. */
typedef struct {
    SyRunStatus status;
    SyTime retry_at;
    SyCycle cycle;      /* of a trade run that came so far */
    GPtrArray *reports; /* char *, paths */
} SyRunOutcome;
void sy_run_outcome_clear(SyRunOutcome *outcome);

/* Does the run `id`, which must be PLANNED or BACKING_OFF under `epoch`. However it ends, the store
 * says so before this returns. Errors: those of the step that failed; of the store (then the run is
 * left as it was and whoever supervises it ends it). */
bool sy_run_execute(SyStore *store, gint64 id, gint64 epoch, const SyRunContext *context,
                    SyRunOutcome *outcome, GError **error);

#endif
