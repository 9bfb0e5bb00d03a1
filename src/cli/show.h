/* How a cycle is shown: to people, and as JSON. */
#ifndef SY_CLI_SHOW_H
#define SY_CLI_SHOW_H

#include "workflow/cycle.h"

/* Prints the decision of a cycle, where there is one (not with --no-trade), and the paths of its
 * report. */
void sy_show_cycle(const SyStrategy *strategy, const SyCycle *cycle, const GPtrArray *report_paths);

/* The same as one JSON object on one line. */
void sy_show_cycle_json(const SyStrategy *strategy, const SyCycle *cycle,
                        const GPtrArray *report_paths);

/* What was read and fitted, on stderr: --verbose. */
void sy_show_details(const SyPipelineResult *result);

/* The paths of published reports, a line each. */
void sy_show_reports(const GPtrArray *paths);

#endif
