/* The report of a strategy: from a finished run to the report model. */
#ifndef SY_REPORT_STRATEGY_H
#define SY_REPORT_STRATEGY_H

#include "data/fit.h"
#include "portfolio/metrics.h"
#include "report/report.h"

/* A finished run as reports and tables see it; all of it is borrowed. */
typedef struct {
    const char *study_name, *template_hash;   /* hash: hexadecimal digits, or NULL */
    const char *loader, *model, *signal_rule; /* names, as templates spell them */
    const SyPanel *panel;
    const SyMatrix *output;            /* of the model, [rows × columns] */
    double output_lower, output_upper; /* its bounds; infinite where it has none */
    double long_entries, long_exits, short_entries, short_exits; /* levels of [signal]; NaN: none */
    const SySignals *signals;
    const GArray *fits; /* SyFit */
    const SyPrices *prices;
    const SyPortfolioConfig *portfolio;
    const SyLedger *ledger;
    const SyMetricInput *inputs; /* [groups] of a ledger without series; NULL: it has them */
    const char *warning;         /* one sentence per line, or NULL */
} SyStrategyRun;

/* The report. Rows at or after `since` are shown (SY_TIME_NONE: all); where that leaves rows out,
 * figures of the whole history stand beside those of the period shown. Groups are added up: the
 * report is on the strategy.
 *
 * created  the run's time, printed and put into files, so that bytes repeat
 * Cost: O(rows · columns), and where fees are 0 at most 16 simulations for the break-even fee */
SyReport *sy_strategy_report_new(const SyStrategyRun *run, SyTime since, SyTime created);

#endif
