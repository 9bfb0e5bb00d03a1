/* One trade cycle of a strategy: run the stages, compare wanted with held on the newest closed bar,
 * fill the orders on the paper account, store everything. */
#ifndef SY_WORKFLOW_CYCLE_H
#define SY_WORKFLOW_CYCLE_H

#include "order/decision.h"
#include "order/sub_ledger.h"
#include "store/facts.h"
#include "template/settings.h"
#include "workflow/pipeline.h"

/* How a decision ended. */
typedef enum {
    SY_CYCLE_STORED,  /* carried out and committed */
    SY_CYCLE_ALREADY, /* the bar was decided before: nothing new */
    SY_CYCLE_OLDER,   /* a later bar was decided before: this one is only shown */
    SY_CYCLE_LATE,    /* later than close + max_buffer: what would have been done is only shown */
    SY_CYCLE_DRY,     /* dry run: what would be done is only shown */
} SyCycleEnd;

typedef struct {
    const char *name; /* "stored", "already_decided" … in JSON */
    const char *text; /* for people */
    bool would;       /* the orders are what would be done */
} SyCycleEndRow;

extern const SyCycleEndRow sy_cycle_ends[]; /* by SyCycleEnd */

/* The broker's side of a cycle: works the orders of a decision for a strategy, changes its book,
 * and returns SyOrderOutcome, one per intent (broker/paper.h has the paper one). */
typedef GArray *(*SyWorkOrders)(const SyDecision *decision, const SyPortfolioConfig *config,
                                const SyLedger *ledger, const char *study, char **symbols,
                                gint64 slot, SySubLedger *book);

typedef struct SyCycle SyCycle;

typedef struct {
    SyPipelineContext pipeline; /* its `bar` is the slot's: rows after it do not exist */
    gint64 run;   /* claimed (store/slots.h): the decision's transaction ends it, whatever else ends
                     it is for the caller to store; 0: the cycle stores a run of its own, however it
                     ends */
    bool goes_on; /* the decision does not end `run`: tasks follow */
    /* What must be there once the decision is stored: called right before, with the cycle as it
     * will be; where it fails, nothing is stored. NULL: nothing. */
    bool (*before_commit)(gpointer data, const SyCycle *cycle, GError **error);
    gpointer before_commit_data;
    SyWorkOrders work_orders;
    SyTime slot; /* nominal time of the slot that it is of; SY_TIME_NONE: the schedule's last */
    double max_buffer_seconds;  /* a decision later than this after its slot is not carried out */
    bool dry_run;               /* nothing is stored */
    const SySettings *settings; /* whose secrets no stored message may hold */
} SyCycleOptions;

struct SyCycle {
    SyPipelineResult result;
    SyTime bar_time;
    SyCycleEnd end;
    SyDecision *decision;
    GArray *outcomes;  /* SyOrderOutcome: the fills, or what they would be */
    SySubLedger *book; /* after the cycle (before the orders where nothing was carried out) */
    double *equity;    /* [groups] money, of book at the bar's close */
    char *revised;     /* for people: a bar decided before is not what it was; NULL */
};

/* Runs the cycle. With a run of its own it is stored however it ends, except in a dry run; where
 * the store itself fails, its error is returned and nothing was carried out.
 *
 * store  NULL in a dry run where there is no store yet: the book is empty
 * Errors: those of the stages and of the store; SY_ERROR_TEMPLATE where the template cannot be run
 * live. */
bool sy_cycle_run(const SyStrategy *strategy, const SyCycleOptions *options, SyStore *store,
                  SyCycle *cycle, GError **error);

/* Has a loader begin with the pinned first row of a strategy, unless it has none yet or its
 * template has changed its mind (store/facts.h). The loader borrows `pinned`; store NULL: there is
 * none. */
bool sy_cycle_choose_origin(const SyStrategy *strategy, SyStore *store, SyOrigin *pinned,
                            SyLoaderContext *loader, GError **error);

/* Decides on the newest row: from cycle->result and cycle->book to equity and decision. */
void sy_cycle_decide(SyCycle *cycle);

void sy_cycle_clear(SyCycle *cycle);
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(SyCycle, sy_cycle_clear)

#endif
