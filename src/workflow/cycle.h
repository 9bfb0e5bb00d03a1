/* One trade cycle of a strategy: run the stages, compare wanted with held on the newest closed bar,
 * fill the orders on the paper account, store everything. */
#ifndef SY_WORKFLOW_CYCLE_H
#define SY_WORKFLOW_CYCLE_H

#include "order/decision.h"
#include "order/sub_ledger.h"
#include "store/store.h"
#include "workflow/pipeline.h"

/* How a decision ended. */
typedef enum {
    SY_CYCLE_STORED,  /* carried out and committed */
    SY_CYCLE_ALREADY, /* the bar was decided before: nothing new */
    SY_CYCLE_DRY,     /* shown only: dry run */
    SY_CYCLE_LATE,    /* shown only: later than close + max_buffer */
} SyCycleEnd;

extern const char
    *const sy_cycle_end_names[]; /* "stored", "already_decided", "dry_run", "too_late" */

/* The broker's side of a cycle: works the orders of a decision for a strategy, changes its book,
 * and returns SyOrderOutcome, one per intent (broker/paper.h has the paper one). */
typedef GArray *(*SyWorkOrders)(const SyDecision *decision, const SyPortfolioConfig *config,
                                const SyLedger *ledger, const char *study, char **symbols,
                                gint64 slot, SySubLedger *book);

typedef struct {
    SyPipelineContext pipeline;
    SyWorkOrders work_orders;
    double max_buffer_seconds; /* a decision later than this after its bar's close is not carried
                                  out */
    bool dry_run;              /* nothing is stored */
} SyCycleOptions;

typedef struct {
    SyPipelineResult result;
    SyTime bar_time;
    SyCycleEnd end;
    SyDecision *decision;
    GArray *outcomes;  /* SyOrderOutcome: the fills, or what they would be */
    SySubLedger *book; /* after the cycle (before the orders where nothing was carried out) */
    double *equity;    /* [groups] money, of book at the bar's close */
} SyCycle;

/* Runs the cycle. The run is stored however it ends (not in a dry run).
 * Errors: those of the stages and of the store; SY_ERROR_TEMPLATE where the template cannot be
 * traded. */
bool sy_cycle_run(const SyStrategy *strategy, const SyCycleOptions *options, SyStore *store,
                  SyCycle *cycle, GError **error);
void sy_cycle_clear(SyCycle *cycle);
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(SyCycle, sy_cycle_clear)

#endif
