/* Goals of a tuning: the metrics that can be better or worse, and which way. */
#ifndef SY_TUNE_GOAL_H
#define SY_TUNE_GOAL_H

#include "portfolio/metrics.h"

typedef struct {
    const char *name; /* of a metric (portfolio/metrics.h) */
    bool least;       /* less is better */
} SyGoal;

extern const SyGoal sy_goals[];
extern const gsize sy_n_goals;

const SyGoal *sy_goal_find(const char *name); /* NULL where there is none */

/* Accepts the name of a goal, as a check of a field row. Errors: SY_ERROR_USAGE: a metric that is
 * no goal, with the reason, or a name nobody knows. */
bool sy_goal_check(const char *name, GError **error);

/* The metric over all groups of a ledger: its mean, for goals that add up as well as for those that
 * do not. NaN where a group has none.
 *
 * metric  of sy_metrics */
double sy_goal_measure(const SyMetric *metric, const SyPortfolioConfig *config,
                       SyTimeframe timeframe, const SyLedger *ledger, const SyPrices *prices);

#endif
