/* The sub-ledger of a strategy: its own cash and positions, whatever else the account holds. */
#ifndef SY_ORDER_SUB_LEDGER_H
#define SY_ORDER_SUB_LEDGER_H

#include "base/time.h"

/* Groups (cash pools) and legs as in the simulated ledger of the same strategy. */
typedef struct {
    gsize groups, legs;
    double *capital, *cash, *free_cash; /* [groups] money */
    double *quantity;                   /* [legs] units */
    double *debt, *locked;              /* [legs] money */
    SyTime decided;                     /* newest decided bar; SY_TIME_NONE before the first */
} SySubLedger;

SySubLedger *sy_sub_ledger_new(gsize groups, gsize legs); /* all zero, nothing decided */
SySubLedger *sy_sub_ledger_copy(const SySubLedger *book);
void sy_sub_ledger_free(SySubLedger *book);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(SySubLedger, sy_sub_ledger_free)

#endif
