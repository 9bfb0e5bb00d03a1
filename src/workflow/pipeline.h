/* The stages of a run, in order. Backtests, live cycles and reports all go through sy_pipeline_run.
 */
#ifndef SY_WORKFLOW_PIPELINE_H
#define SY_WORKFLOW_PIPELINE_H

#include "base/env.h"
#include "data/ledger.h"
#include "workflow/strategy.h"

/* What a run may know and use. */
typedef struct {
    SyLoaderContext loader;
    SyModelContext model;
    bool must_be_fresh; /* the newest expected bar must be there */
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
void sy_pipeline_result_clear(SyPipelineResult *result);
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(SyPipelineResult, sy_pipeline_result_clear)

#endif
