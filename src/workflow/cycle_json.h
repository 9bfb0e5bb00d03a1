/* A cycle as JSON. */
#ifndef SY_WORKFLOW_CYCLE_JSON_H
#define SY_WORKFLOW_CYCLE_JSON_H

#include "workflow/cycle.h"

/* The decision of a cycle, where there is one, its orders and fills, and the paths of its report,
 * as one JSON object on one line. Free with g_free. */
char *sy_cycle_json(const SyStrategy *strategy, const SyCycle *cycle,
                    const GPtrArray *report_paths);

/* "short", "flat" or "long" by the sign of a position. */
const char *sy_cycle_state_name(double position);

#endif
