/* Cash and positions: what one order does to them. The arithmetic of docs/portfolio.md, "Cash". */
#include "portfolio/account.h"

#include <math.h>

#define RELATIVE_TOLERANCE 1e-9
#define ABSOLUTE_TOLERANCE 1e-12
#define GRANULARITY_TOLERANCE 1e-9

bool sy_values_equal(double a, double b) {
    if (a == b)
        return true;
    double larger = fmax(fabs(a), fabs(b));
    return isfinite(larger) && fabs(a - b) <= fmax(RELATIVE_TOLERANCE * larger, ABSOLUTE_TOLERANCE);
}

double sy_values_add(double a, double b) { return sy_values_equal(a, -b) ? 0 : a + b; }

static bool less(double a, double b) { return a < b && !sy_values_equal(a, b); }

static double floored(double size, double granularity) {
    if (!(granularity > 0) || isinf(size))
        return size;
    return floor(size / granularity + GRANULARITY_TOLERANCE) * granularity;
}

static double slipped(SySide side, double price, double slippage) {
    return side == SY_BUY ? price * (1 + slippage) : price * (1 - slippage);
}

/* What an opening order takes of what: `rate` per unit of value from `budget`. A purchase may spend
 * the levered free cash; a short ties up its part of the value and pays the fees from free cash. */
typedef struct {
    double budget, rate;
} Purse;

static Purse purse_of(const SyOrderTerms *terms, SySide side, double free_cash) {
    return side == SY_BUY ? (Purse){free_cash * terms->leverage, 1 + terms->fees}
                          : (Purse){free_cash, 1 / terms->leverage + terms->fees};
}

/* Units that a purse pays for, with fees. */
static double units_for(Purse purse, double price, double fixed_fees) {
    return fmax((purse.budget - fixed_fees) / purse.rate / price, 0);
}

SyAccount sy_account_new(double cash) { return (SyAccount){.cash = cash, .free_cash = cash}; }

void sy_account_earn(SyAccount *account, double amount) {
    account->cash = sy_values_add(account->cash, amount);
    account->free_cash = sy_values_add(account->free_cash, amount);
}

double sy_account_deposit(SyAccount *account, double amount) {
    if (account->unlimited)
        account->needed = fmax(account->needed, -amount - account->free_cash);
    else
        amount = fmax(amount, -fmax(account->free_cash, 0));
    sy_account_earn(account, amount);
    return amount;
}

SyHolding sy_account_take_over(SyAccount *account, const SyOrderTerms *terms, double position,
                               double price) {
    SyHolding holding = {.position = position};
    if (position < 0) {
        holding.debt = -position * price;
        holding.locked = holding.debt / terms->leverage;
        account->free_cash = sy_values_add(account->free_cash, -(holding.debt + holding.locked));
    }
    return holding;
}

double sy_account_affordable(const SyAccount *account, const SyOrderTerms *terms, SySide side,
                             double price, double share) {
    double free_cash = account->unlimited ? INFINITY : account->free_cash * share;
    return units_for(purse_of(terms, side, free_cash), slipped(side, price, terms->slippage),
                     terms->fixed_fees);
}

/* An order while it is worked: copies, so that a rejection leaves no trace. */
typedef struct {
    SyAccount account;
    SyHolding holding;
    const SyOrderTerms *terms;
    double price;      /* after slippage */
    double fixed_fees; /* not yet charged */
    SyFill fill;
} Work;

/* Size ≤ wanted whose cost the purse covers; all of it where it costs as much as there is. */
static double within_cash(const Work *work, double wanted, Purse purse) {
    if (work->account.unlimited)
        purse.budget = INFINITY;
    double cost = wanted * work->price * purse.rate + work->fixed_fees;
    if (!less(purse.budget, cost))
        return wanted;
    double size = units_for(purse, work->price, work->fixed_fees);
    return fmin(floored(size, work->terms->granularity), wanted);
}

static double take_fees(Work *work, double size) {
    double fees = size * work->price * work->terms->fees + work->fixed_fees;
    work->fixed_fees = 0;
    work->fill.fees += fees;
    work->fill.size += size;
    return fees;
}

static void note_need(Work *work, double cost, double available) {
    work->account.needed = fmax(work->account.needed, cost - available);
}

/* Sells `size` of a long position and pays back its part of the debt. A sale whose fees exceed its
 * proceeds needs free cash. */
static void close_long(Work *work, double size) {
    SyAccount *account = &work->account;
    SyHolding *holding = &work->holding;
    double proceeds = size * work->price * (1 - work->terms->fees) - work->fixed_fees;
    if (proceeds < 0) {
        if (!account->unlimited && less(account->free_cash, -proceeds))
            return;
        note_need(work, -proceeds, account->free_cash);
    }
    double part = size / holding->position;
    double value = size * work->price, fees = take_fees(work, size);
    work->fill.closed = size;
    account->cash = sy_values_add(account->cash, value - fees);
    account->free_cash = sy_values_add(account->free_cash, (value - fees) - part * holding->debt);
    holding->debt = sy_values_add(holding->debt, -part * holding->debt);
    holding->locked = sy_values_add(holding->locked, -part * holding->locked);
    holding->position = sy_values_add(holding->position, -size);
}

static void cover_short(Work *work, double wanted) {
    SyAccount *account = &work->account;
    SyHolding *holding = &work->holding;
    double spendable = account->free_cash + holding->debt + holding->locked;
    double size = within_cash(work, wanted, (Purse){spendable, 1 + work->terms->fees});
    if (!(size > 0))
        return;
    double part = size / -holding->position;
    double value = size * work->price, cost = value + take_fees(work, size);
    double released = part * (holding->debt + holding->locked);
    note_need(work, cost, spendable);
    work->fill.closed = size;
    account->cash = sy_values_add(account->cash, -cost);
    account->free_cash = sy_values_add(account->free_cash, released - cost);
    holding->debt = sy_values_add(holding->debt, -part * holding->debt);
    holding->locked = sy_values_add(holding->locked, -part * holding->locked);
    holding->position = sy_values_add(holding->position, size);
}

/* Who pays for a purchase of `value` at `cost`: what free cash loses, and what of that is locked
 * because the rest is borrowed. With eager leverage fees are own cash, as with shorts. */
typedef struct {
    double own, borrowed, locked;
} Funding;

static Funding fund(const Work *work, double value, double cost) {
    const SyOrderTerms *terms = work->terms;
    double free_cash = work->account.free_cash;
    if (terms->leverage > 1 && terms->leverage_mode == SY_LEVERAGE_EAGER) {
        double locked = value / terms->leverage;
        return (Funding){locked + (cost - value), value - locked, locked};
    }
    if (terms->leverage > 1 && !work->account.unlimited && less(free_cash, cost))
        return (Funding){free_cash, cost - free_cash, free_cash};
    return (Funding){.own = cost};
}

static void open_long(Work *work, double wanted) {
    SyAccount *account = &work->account;
    double size = within_cash(work, wanted, purse_of(work->terms, SY_BUY, account->free_cash));
    if (!(size > 0))
        return;
    double value = size * work->price, cost = value + take_fees(work, size);
    Funding funding = fund(work, value, cost);
    note_need(work, cost, account->free_cash);
    account->cash = sy_values_add(account->cash, -cost);
    account->free_cash = sy_values_add(account->free_cash, -funding.own);
    work->holding.debt += funding.borrowed;
    work->holding.locked += funding.locked;
    work->holding.position += size;
}

/* A short of value v ties up v / leverage of free cash beside its own proceeds. */
static void open_short(Work *work, double wanted) {
    SyAccount *account = &work->account;
    double size = within_cash(work, wanted, purse_of(work->terms, SY_SELL, account->free_cash));
    if (!(size > 0))
        return;
    double value = size * work->price, fees = take_fees(work, size);
    double locked = value / work->terms->leverage;
    note_need(work, locked + fees, account->free_cash);
    account->cash += value - fees;
    account->free_cash = sy_values_add(account->free_cash, -(locked + fees));
    work->holding.debt += value;
    work->holding.locked += locked;
    work->holding.position -= size;
}

static SyFill refused(SyOrderStatus status, const char *reason, double price) {
    return (SyFill){.status = status, .reason = reason, .price = price};
}

/* Size on the other side that is closed before anything is opened. */
static double held_against(const SyHolding *holding, SySide side) {
    return fmax(side == SY_BUY ? -holding->position : holding->position, 0);
}

/* What part of an order closes and what part opens. A full close is never floored. */
static void split(double size, double held, double granularity, double *closing, double *opening) {
    *closing = *opening = 0;
    if (held == 0) {
        *opening = floored(size, granularity);
    } else if (less(size, held)) {
        *closing = floored(size, granularity);
    } else {
        *closing = held;
        *opening = sy_values_equal(size, held) ? 0 : floored(size - held, granularity);
    }
}

/* The last word on an order that has been worked on copies. */
static SyFill judged(const Work *work, double size, double allowed) {
    const SyOrderTerms *terms = work->terms;
    SyFill fill = work->fill;
    if (!(fill.size > 0))
        return refused(SY_REJECTED, "not enough cash", work->price);
    bool short_of_cash = isfinite(allowed) && less(fill.size, allowed);
    if (short_of_cash && !terms->allow_partial)
        return refused(SY_REJECTED, "not enough cash for all of it", work->price);
    if (less(fill.size, terms->min_size))
        return refused(SY_REJECTED, "below min_size", work->price);
    bool cut_to_max = size > terms->max_size;
    fill.status = short_of_cash || cut_to_max ? SY_PARTLY_FILLED : SY_FILLED;
    fill.reason = short_of_cash         ? "not enough cash for all of it"
                  : cut_to_max          ? "cut to max_size"
                  : less(allowed, size) ? "floored to size_granularity"
                                        : "";
    return fill;
}

SyFill sy_account_fill(SyAccount *account, SyHolding *holding, const SyOrderTerms *terms,
                       const SyOrderRequest *request) {
    double price = slipped(request->side, request->price, terms->slippage);
    if (!(request->price > 0) || isinf(request->price))
        return refused(SY_IGNORED, "no price", price);
    if (!(request->size > 0))
        return refused(SY_IGNORED, "size is not above zero", price);
    if (request->size > terms->max_size && isfinite(request->size) && !terms->allow_partial)
        return refused(SY_REJECTED, "above max_size", price);

    double held = held_against(holding, request->side), closing, opening;
    split(fmin(request->size, terms->max_size), held, terms->granularity, &closing, &opening);
    if (!(closing + opening > 0))
        return refused(SY_REJECTED, "below size_granularity", price);
    if (isinf(opening) && (account->unlimited || isinf(account->free_cash)))
        return refused(SY_REJECTED, "neither size nor cash has a limit", price);

    Work work = {*account, *holding, terms, price, terms->fixed_fees, {.price = price}};
    bool buys = request->side == SY_BUY;
    if (closing > 0)
        (buys ? cover_short : close_long)(&work, closing);
    if (opening > 0 && work.fill.closed == closing)
        (buys ? open_long : open_short)(&work, opening);

    SyFill fill = judged(&work, request->size, closing + opening);
    if (fill.size > 0) {
        *account = work.account;
        *holding = work.holding;
    }
    return fill;
}
