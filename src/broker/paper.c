/* Fills by the accounting of the simulation (portfolio/account): paper and backtest cannot differ.
 */
#include "broker/paper.h"

#include <math.h>

static const char *state_of(const SyFill *fill) {
    if (fill->size <= 0)
        return "rejected";
    return fill->status == SY_FILLED ? "filled" : "partly_filled";
}

static SyFill fill_intent(const SyIntent *intent, SyOrderTerms terms, gsize group,
                          SySubLedger *book) {
    gsize leg = intent->column;
    SyAccount account = {.cash = book->cash[group],
                         .free_cash = book->free_cash[group],
                         .unlimited = isinf(book->capital[group]) != 0};
    SyHolding holding = {book->quantity[leg], book->debt[leg], book->locked[leg]};
    SyOrderRequest request = {intent->side, intent->size, intent->price};
    SyFill fill = sy_account_fill(&account, &holding, &terms, &request);
    book->cash[group] = account.cash;
    book->free_cash[group] = account.free_cash;
    book->quantity[leg] = holding.position;
    book->debt[leg] = holding.debt;
    book->locked[leg] = holding.locked;
    return fill;
}

GArray *sy_paper_fill(const SyDecision *decision, const SyPortfolioConfig *config,
                      const SyLedger *ledger, const char *study, char **symbols, gint64 slot,
                      SySubLedger *book) {
    GArray *outcomes = g_array_new(FALSE, TRUE, sizeof(SyOrderOutcome));
    for (guint i = 0; i < decision->intents->len; i++) {
        const SyIntent *intent = &g_array_index(decision->intents, SyIntent, i);
        gsize leg = intent->column;
        SyFill fill = fill_intent(intent, sy_portfolio_terms(config, leg),
                                  ledger->group_of_column[leg], book);
        SyOrderOutcome outcome = {.intent = *intent,
                                  .size = fill.size,
                                  .price = fill.price,
                                  .fees = fill.fees,
                                  .state = state_of(&fill),
                                  .reason = fill.reason};
        sy_client_id(study, symbols[leg], slot, leg, 0, outcome.client_id);
        g_array_append_val(outcomes, outcome);
    }
    return outcomes;
}
