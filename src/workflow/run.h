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
    SyTime since;              /* SY_TIME_NONE: by lookback */
    double max_buffer_seconds; /* after the slot: later nothing is traded; ≤ 0: asked for by hand on
                                  a bar that was too old by then, so it is only shown */
    bool dry_run;
    char *notice; /* for people, on top of a report; NULL: none. Owned where it was read */
} SyRunRequest;
char *sy_run_request_write(const SyRunRequest *request); /* JSON; g_free */

/* Clear with sy_run_request_clear, also after an error. */
bool sy_run_request_read(const char *text, SyRunRequest *request, GError **error);
void sy_run_request_clear(SyRunRequest *request);

typedef struct {
    const SyEnv *env;
    const SySettings *settings;
    const char *workspace, *report_program; /* absolute; path of systematica-report */
    const SyBarSource *bars;                /* of a replay; NULL: the loader's */
    SyWorkOrders work_orders;
    int threads; /* ≥ 1 */
    SyLog *log;  /* NULL: nothing is logged */
    gint64 pid;
    guint64 pid_start;
} SyRunContext;

/* How the run's attempt ended. */
typedef struct {
    SyRunStatus status; /* BACKING_OFF where it is tried again, at retry_at */
    SyTime retry_at;
    SyCycle cycle;      /* of a trade run that came so far; a report run has its result */
    GPtrArray *reports; /* char *, paths */
} SyRunOutcome;
void sy_run_outcome_clear(SyRunOutcome *outcome);

/* Does the run `id`, which must be PLANNED or BACKING_OFF under `epoch`: tasks that need no
 * built-in step, the built-in steps, the other tasks. Steps that succeeded in an earlier attempt
 * are not done again; what needs a step that failed is skipped. However it ends, the store says so
 * before this returns.
 * Errors: those of the step that failed (outcome->status says whether it is tried again); of the
 * store, and SY_ERROR_HELD where the run is not this process's: then the run is left as it was and
 * whoever supervises it ends it (status STARTED or PLANNED). */
bool sy_run_execute(SyStore *store, gint64 id, gint64 epoch, const SyRunContext *context,
                    SyRunOutcome *outcome, GError **error);

#endif
