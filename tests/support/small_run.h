/* A run of two symbols over a few bars, made by the simulation itself, for tests of reports. */
#ifndef SY_TESTS_SUPPORT_SMALL_RUN_H
#define SY_TESTS_SUPPORT_SMALL_RUN_H

#include "report/strategy.h"

typedef struct {
    SyPanel *panel;
    SyMatrix *output;
    SySignals *signals;
    GArray *fits;
    SyPrices prices;
    SyPortfolioConfig portfolio;
    SyLedger *ledger;
    SyStrategyRun run; /* borrows all of the above */
} SmallRun;

/* rows hourly bars from 2020-01-01 on; prices wander (seeded); every tenth row a position is opened
 * or closed, both legs mirrored; no signal at all with `quiet`. */
SmallRun *small_run_new(gsize rows, bool cash_sharing, double fees, bool quiet);
void small_run_free(SmallRun *small);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(SmallRun, small_run_free)

#endif
