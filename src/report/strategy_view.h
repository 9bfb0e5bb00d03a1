/* The period that a strategy's report shows: the run cut to it, groups added up, and the benchmark
 * as a ledger of its own, so that the same metrics are computed from all three. */
#ifndef SY_REPORT_STRATEGY_VIEW_H
#define SY_REPORT_STRATEGY_VIEW_H

#include "portfolio/metrics.h"
#include "report/strategy.h"

typedef struct {
    gsize first, rows; /* rows first … first + rows − 1 of the run */
    double *time;      /* [rows] seconds since the epoch */
    double *close;     /* [columns × rows] */
    SyPrices prices;   /* of the rows: close only */
    /* One group. Rows count from the view's first; a trade that was entered before it has an entry
     * row that wraps around, so that exit_row − entry_row is its length all the same. Trades that
     * ended before the view are left out; those that ended in it count with all their profit. */
    SyLedger *ledger; /* its marks are the deposits alone */
    double *grown;    /* [rows] what the money at the first row has grown to (portfolio/series.h) */
    /* Equal money in every leg from the first row on, held. */
    SyLedger *benchmark;
    SyMetricInput input, benchmark_input;
} SyStrategyView;

/* Cost: O(rows · columns). */
SyStrategyView *sy_strategy_view_new(const SyStrategyRun *run, gsize first);
void sy_strategy_view_free(SyStrategyView *view);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(SyStrategyView, sy_strategy_view_free)

/* A metric of the view; NaN = n/a. */
double sy_strategy_view_metric(const SyStrategyView *view, const char *name);

/* `grown` over its highest value so far, less 1: [rows], at most 0. Free with g_free. */
double *sy_strategy_view_drawdown(const SyStrategyView *view);

#endif
