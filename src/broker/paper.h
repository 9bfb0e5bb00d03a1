/* The paper broker: fills orders at once, with the simulation's own code and prices. */
#ifndef SY_BROKER_PAPER_H
#define SY_BROKER_PAPER_H

#include "data/ledger.h"
#include "order/decision.h"
#include "order/sub_ledger.h"
#include "portfolio/portfolio.h"

/* Fills the orders of a decision, in their order, at their decision prices.
 *
 * config  costs and allowed sizes of each leg
 * ledger  the simulation: which leg belongs to which group
 * book    cash and positions before; holds those after
 * Returns SyOrderOutcome, one per intent, with client ids of (study, symbol, slot). Never fails:
 * what cannot be filled is rejected with a reason. Free with g_array_unref. */
GArray *sy_paper_fill(const SyDecision *decision, const SyPortfolioConfig *config,
                      const SyLedger *ledger, const char *study, char **symbols, gint64 slot,
                      SySubLedger *book);

#endif
