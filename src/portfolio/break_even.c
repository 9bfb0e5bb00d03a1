/* The fee that eats a strategy's whole gain: a root of the simulation itself. */
#include "portfolio/portfolio.h"

#include <math.h>

#define SIMULATIONS_MAX 16
#define FEE_TOLERANCE 1e-7
#define GAIN_TOLERANCE 1e-9

typedef struct {
    SyPortfolioConfig config; /* a copy that borrows everything but the fee */
    double fee;               /* what config.fees points to */
    const SyPrices *prices;
    const SySignals *signals;
    int left; /* simulations that may still be run */
} Search;

static double sum(const double *values, gsize n) {
    double total = 0;
    for (gsize i = 0; i < n; i++)
        total += values[i];
    return total;
}

/* Cash in the end without what was paid in, and what is still held at the last close. */
static double end_value(const SyLedger *ledger) {
    double value = 0;
    for (gsize g = 0; g < ledger->groups; g++) {
        SyLedgerRange range = sy_ledger_range(ledger, g);
        value += range.end.marks > range.first.marks
                     ? sy_ledger_mark(ledger, range.end.marks - 1)->cash
                     : ledger->init_cash[g];
    }
    for (guint i = 0; i < ledger->marks->len; i++)
        value -= sy_ledger_mark(ledger, i)->deposit;
    for (guint i = 0; i < ledger->trades->len; i++) {
        const SyTradeRecord *trade = sy_ledger_trade(ledger, i);
        if (trade->is_open)
            value += (trade->direction == SY_LONG ? 1 : -1) * trade->size * trade->exit_price;
    }
    return value;
}

/* Total return with this fee; value traded in *traded (NULL = not wanted). NaN where there is none.
 */
static double gain(Search *search, double fee, double *traded) {
    search->fee = fee;
    search->config.fees = (SyNumbers){&search->fee, 1};
    search->left--;
    g_autoptr(SyLedger) ledger =
        sy_portfolio_trade(&search->config, search->prices, search->signals, 0, NULL);
    if (!ledger || ledger->rows == 0)
        return NAN;
    double start = sum(ledger->init_value, ledger->groups);
    for (guint i = 0; traded && i < ledger->orders->len; i++)
        *traded += sy_ledger_order(ledger, i)->size * sy_ledger_order(ledger, i)->price / start;
    return end_value(ledger) / start - 1;
}

double sy_portfolio_break_even_fee(const SyPortfolioConfig *config, const SyPrices *prices,
                                   const SySignals *signals) {
    Search search = {
        .config = *config, .prices = prices, .signals = signals, .left = SIMULATIONS_MAX};
    double traded = 0, low = 0, gain_low = gain(&search, 0, &traded);
    if (!(gain_low > 0))
        return NAN;
    /* Costs compound, so the first guess is near the root or above it. */
    double high = fmin(gain_low / traded, 1), gain_high = gain(&search, high, NULL);
    while (gain_high > 0 && high < 1 && search.left > 0) {
        low = high;
        gain_low = gain_high;
        high = fmin(2 * high, 1);
        gain_high = gain(&search, high, NULL);
    }
    if (!(gain_high <= 0))
        return NAN;
    int kept = 0; /* +1: low has stayed once, −1: high has */
    double middle = high;
    while (search.left > 0 && high - low > FEE_TOLERANCE * high) {
        middle = (low * gain_high - high * gain_low) / (gain_high - gain_low);
        double gain_middle = gain(&search, middle, NULL);
        if (isnan(gain_middle) || fabs(gain_middle) < GAIN_TOLERANCE)
            break;
        if (gain_middle > 0) {
            low = middle;
            gain_low = gain_middle;
            if (kept < 0)
                gain_high /= 2;
            kept = -1;
        } else {
            high = middle;
            gain_high = gain_middle;
            if (kept > 0)
                gain_low /= 2;
            kept = 1;
        }
    }
    return middle;
}
