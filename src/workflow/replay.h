/* A stored run once more: from its template's text and the rows it had, to the same bits or to what
 * differs and why. */
#ifndef SY_WORKFLOW_REPLAY_H
#define SY_WORKFLOW_REPLAY_H

#include <jansson.h>

#include "workflow/cycle.h"

typedef struct {
    gint64 run;
    char *study;
    SyTime bar;
    bool identical;
    gsize compared;         /* values */
    gsize different;        /* of them */
    double largest;         /* relative difference of two numbers; 0 where none differs */
    char *where;            /* the value that differs most: "last.output[0][49]"; NULL */
    GPtrArray *differences; /* char *, the first few: "decision.orders[0].size: 1.5, now 1.6" */
    GPtrArray *reasons;     /* char *: other program, other data … */
} SyReplay;

/* Repeats a run without what was kept for it, and compares newest rows, fits, decision and orders.
 *
 * pipeline  loader and threads; the run's own bar and first row are set
 * Errors: SY_ERROR_DATA where there is no such run, it decided nothing or an older program ran it;
 * those of the stages where the run cannot be repeated (a bar is gone). */
bool sy_replay_run(SyStore *store, gint64 run, const SyPipelineContext *pipeline,
                   SyWorkOrders work_orders, SyReplay *replay, GError **error);
void sy_replay_clear(SyReplay *replay);
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(SyReplay, sy_replay_clear)

#endif
