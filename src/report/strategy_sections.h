/* The sections of a strategy's report, one function each. They add to the report and cannot fail; a
 * section without anything to show says so. */
#ifndef SY_REPORT_STRATEGY_SECTIONS_H
#define SY_REPORT_STRATEGY_SECTIONS_H

#include "report/strategy_view.h"

/* Every metric of the shown period; beside it of the whole history where that is longer, and of the
 * benchmark where it applies. whole may be shown. */
void sy_strategy_add_metrics(SyReport *report, const SyStrategyView *shown,
                             const SyStrategyView *whole);

/* Value against the benchmark; a logarithmic figure too where the span is large. */
void sy_strategy_add_equity(SyReport *report, const SyStrategyView *view, const char *id,
                            const char *title);

void sy_strategy_add_drawdown(SyReport *report, const SyStrategyView *view);

/* Returns by month and year of the closes (UTC), over all of the view. */
void sy_strategy_add_months(SyReport *report, const SyStrategyView *view);

/* One figure per leg: price, entries and exits. */
void sy_strategy_add_prices(SyReport *report, const SyStrategyRun *run, const SyStrategyView *view);

/* The model's output with the thresholds of the signals and the bounds; of a long view the newest
 * rows also on their own. */
void sy_strategy_add_output(SyReport *report, const SyStrategyRun *run, const SyStrategyView *view);

/* Exposure of each leg as a fraction of the value. */
void sy_strategy_add_exposure(SyReport *report, const SyStrategyRun *run,
                              const SyStrategyView *view);

/* The ten deepest drawdowns. */
void sy_strategy_add_drawdown_table(SyReport *report, const SyStrategyView *view);

/* Trades that ended in the view or are open, newest first. */
void sy_strategy_add_trades(SyReport *report, const SyStrategyRun *run, const SyStrategyView *view);

/* What the model learnt on every split. */
void sy_strategy_add_splits(SyReport *report, const SyStrategyRun *run);

#endif
