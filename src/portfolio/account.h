/* One order against an account: the only place where cash and positions change. The simulation
 * calls it for every order; a paper account that fills an order calls it too.
 *
 * Money of one cash pool, in the pool's currency:
 *   cash       what is in the account, proceeds of short sales included
 *   free_cash  what new orders may use
 * One holding per column (symbol) of the pool:
 *   position   units, negative = short
 *   debt       short: value of what was sold, at the prices of the sales; long: cash that was
 * borrowed locked     own cash that secures the debt free_cash = cash + Σ debt of longs − Σ(debt +
 * locked) of shorts. */
#ifndef SY_PORTFOLIO_ACCOUNT_H
#define SY_PORTFOLIO_ACCOUNT_H

#include "data/ledger.h"

typedef struct {
    double cash, free_cash; /* money; inf = without limit */
    bool unlimited;         /* orders are never cut for lack of cash; both may go below zero */
    double needed;          /* the most by which an order exceeded the cash it could spend */
} SyAccount;

typedef struct {
    double position;     /* units */
    double debt, locked; /* money */
} SyHolding;

typedef enum {
    SY_LEVERAGE_LAZY, /* own cash first, the rest is borrowed */
    SY_LEVERAGE_EAGER /* each purchase is borrowed but for its part in the leverage */
} SyLeverageMode;

/* What an order costs and what sizes are allowed. */
typedef struct {
    double fees;                  /* fraction of the order's value */
    double fixed_fees;            /* money per order */
    double slippage;              /* fraction of the price: buys pay more, sales get less */
    double min_size;              /* units; smaller orders are rejected; 0 = off */
    double max_size;              /* units; larger orders are cut; inf = off */
    double granularity;           /* units; sizes are floored to a multiple of it; 0 = off */
    double leverage;              /* ≥ 1 and finite; value that one unit of free cash may open */
    SyLeverageMode leverage_mode; /* of purchases; a short always locks its part */
    bool allow_partial;           /* an order that cannot be filled in full is filled in part */
} SyOrderTerms;

typedef struct {
    SySide side;
    double size;  /* units, > 0; inf = as much as free cash allows */
    double price; /* money per unit before slippage */
} SyOrderRequest;

typedef struct {
    SyOrderStatus status;
    const char *reason; /* static text, "" where filled as requested */
    double size;        /* units filled */
    double closed;      /* the part of size that reduced the position held before */
    double price;       /* after slippage */
    double fees;        /* money */
} SyFill;

/* An account that holds nothing but cash. */
SyAccount sy_account_new(double cash);

/* The state after a position was taken over: a short is secured as if it had just been sold at
 * `price`, and its proceeds are part of the account's cash; a long is paid for.
 *
 * position  units, negative = short
 * price     money per unit, > 0
 */
SyHolding sy_account_take_over(SyAccount *account, const SyOrderTerms *terms, double position,
                               double price);

/* Cash is paid in, or out where `amount` is below zero: then at most what is free. Returns what was
 * paid. */
double sy_account_deposit(SyAccount *account, double amount);

/* Cash is earned beside trading, or lost where `amount` is below zero: free cash may go below zero.
 */
void sy_account_earn(SyAccount *account, double amount);

/* Fills an order as far as cash and terms allow. One order closes what is held on the other side
 * and opens the rest of its size with what is left (a reversal is one order, with one fixed fee).
 * Account and holding change only if something is filled. Never fails: what cannot be filled is
 * rejected, what has no meaning (price or size NaN or ≤ 0) is ignored, both with a reason.
 * Cost: O(1), allocates nothing. */
SyFill sy_account_fill(SyAccount *account, SyHolding *holding, const SyOrderTerms *terms,
                       const SyOrderRequest *request);

/* Units that `share` of the free cash, levered, opens on either side of the market, fees included;
 * 0 where there is none. price: before slippage. */
double sy_account_affordable(const SyAccount *account, const SyOrderTerms *terms, SySide side,
                             double price, double share);

/* True if a and b differ by at most max(1e-9 · max(|a|, |b|), 1e-12). */
bool sy_values_equal(double a, double b);

/* a + b, and 0 where a equals −b by the rule above. */
double sy_values_add(double a, double b);

#endif
