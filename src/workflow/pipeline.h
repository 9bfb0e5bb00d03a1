/* The stages of a run, in order. Backtests, live cycles and reports all go through sy_pipeline_run.
 */
#ifndef SY_WORKFLOW_PIPELINE_H
#define SY_WORKFLOW_PIPELINE_H

#include "base/env.h"
#include "data/ledger.h"
#include "workflow/strategy.h"

/* The built-in steps of a run, in order; a trade run has no report step and the other way round. */
typedef enum {
    SY_STEP_LOAD,
    SY_STEP_CHECK,
    SY_STEP_MODEL,
    SY_STEP_SIGNAL,
    SY_STEP_PORTFOLIO,
    SY_STEP_TRADE,
    SY_STEP_REPORT,
    SY_N_STEPS
} SyStep;
extern const char *const sy_step_names[]; /* "load", "check" … */

/* Told of each step that was done; the step that failed is the first that is not told of. `trade`
 * is told of just before the decision is committed, so that it can be committed with it, and not
 * at all where nothing is to be stored. */
typedef struct {
    void (*done)(gpointer data, SyStep step, SyTime started, SyTime ended);
    gpointer data;
} SyStepWatch;

/* What a run may know and use. */
typedef struct {
    SyLoaderContext loader;
    SyModelContext model;
    bool must_be_fresh; /* the newest expected bar must be there */
    SyTime bar; /* the bar that must be there and is the newest that exists; SY_TIME_NONE: the one
                   that the clock expects where must_be_fresh, else any */
    const SyStepWatch *watch; /* NULL: nobody asks */
} SyPipelineContext;

/* What the stages gave. */
typedef struct {
    SyPanel *panel;
    SyModelResult *model;
    SySignals *signals;
    SyPrices prices; /* points into panel */
    SyLedger *ledger;
    char *warning; /* of the portfolio parameters, or NULL */
} SyPipelineResult;

/* load → check → fit and run the model → signals → simulate.
 * Errors: those of the stages; SY_ERROR_OUTDATED where the expected bar is absent. On error the
 * result holds what the stages before gave, so that an audit can say how far the run came. */
bool sy_pipeline_run(const SyStrategy *strategy, const SyPipelineContext *context,
                     SyPipelineResult *result, GError **error);

/* Tells the watch, if there is one, of a step that is done now; *started becomes now. */
void sy_pipeline_step_done(const SyPipelineContext *context, SyStep step, SyTime *started);
void sy_pipeline_result_clear(SyPipelineResult *result);
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(SyPipelineResult, sy_pipeline_result_clear)

#endif
