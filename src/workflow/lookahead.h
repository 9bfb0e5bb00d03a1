/* Look-ahead: does the past of a strategy change once the future is there? */
#ifndef SY_WORKFLOW_LOOKAHEAD_H
#define SY_WORKFLOW_LOOKAHEAD_H

#include "workflow/pipeline.h"

enum { SY_LOOKAHEAD_CUTS = 20 };

/* What was looked at. */
typedef struct {
    gsize rows;   /* of all bars */
    SyTime first; /* close of the first bar with an output */
    int cuts;     /* at most SY_LOOKAHEAD_CUTS; fewer where there are fewer rows after the first */
} SyLookahead;

/* Loads all bars, runs the model twice on them, then loads and runs again up to each of 20 bars as
 * if they were the newest, spread over all rows with an output, the last but one among them. Bars,
 * outputs and signals before a cut must be the same with and without what comes after it, and in
 * both first runs, bit for bit. A model that gives the newest rows their values only later, and so
 * cannot run live, is compared where it has given them.
 *
 * context  loader and model; what is kept from earlier runs is not used, progress is of the whole
 * Errors: SY_ERROR_TEMPLATE with the first bar that differs and both values, or where the model is
 *         not the same for the same bars; SY_ERROR_DATA where there are too few bars; those of the
 *         stages.
 * Cost: 22 runs. */
bool sy_lookahead_check(const SyStrategy *strategy, const SyPipelineContext *context,
                        SyLookahead *found, GError **error);

#endif
