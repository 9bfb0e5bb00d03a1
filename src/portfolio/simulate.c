/* From four boolean matrices to a ledger: group → row → column in call sequence, at most one
 * order per (row, column). Third station of a run: model → signals → portfolio.
 *
 * Only rows on which something can happen are worked: those with a signal, a hit stop or cash that
 * is paid in or out. A row is worked in three steps: what each column wants (a stop, or signals and
 * position → an intent), the sequence of the columns, the orders. What it changed is noted as a
 * step; the series of the ledger are filled from the steps (series.h). Rules and formulas:
 * docs/portfolio.md. */
#include "portfolio/portfolio.h"

#include <math.h>
#include <string.h>

#include "base/error.h"
#include "base/hash.h"
#include "base/threads.h"
#include "portfolio/account.h"
#include "portfolio/events.h"
#include "portfolio/records.h"
#include "portfolio/series.h"
#include "portfolio/stops.h"

typedef enum {
    NOTHING,
    OPEN,    /* from flat, or more of the same side */
    CLOSE,   /* all that is held */
    REDUCE,  /* size, at most what is held */
    CROSS,   /* size, past zero where it is more than what is held */
    REVERSE, /* all that is held and size beyond it */
} Action;

/* What a column wants to do on a row. */
typedef struct {
    Action action;
    SySide side;
    double price; /* before slippage */
    double size;  /* units, > 0, inf = all; of REVERSE and OPEN with a percent size: see `share` */
    double
        share; /* fraction of the cash that is free when the order is worked; NaN = size counts */
    SyMoment moment;
    const char *type; /* "signal", or the stop */
} Intent;

/* The stops of a column. */
typedef struct {
    SyStopTerms terms;
    SyStops stops;
    SyStopHit hit;
    bool is_hit; /* `hit` is the next row that hits a stop; else none of the tested rows does */
} Stopping;

typedef struct {
    SyOrderTerms terms;
    double size;                 /* as size_type says, hundredths resolved */
    const double *point, *close; /* [rows] prices that orders fill at, and closes */
    SyAccount *account;          /* the cash pool that it trades from */
    SyHolding holding;
    SyHeld held;
    double last_close; /* newest before row `seen` that is present; NaN = none yet */
    gsize seen;
    Stopping *stopping; /* NULL = no stops */
} Column;

/* Cash that is paid in or earned beside trading. */
typedef struct {
    const SyNumbers *numbers;
    double *by_row; /* [rows] of a dated list; NULL = the numbers count on every row */
} Flow;

typedef enum { DEPOSITS, EARNINGS, DIVIDENDS, FLOWS } FlowKind;

/* What the four signals of an element ask for in the position that they meet. */
typedef struct {
    Action action;
    SySide side;
} Answer;

typedef enum { SHORT, FLAT, LONG, SIDES } Held;

/* Groups `from` to `end`, worked by one thread; what is by column has only theirs in use. */
typedef struct {
    const SyPortfolioConfig *config;
    const SySignals *signals;
    SyLedger *ledger;
    gsize from, end; /* groups */
    gsize rows, delay;
    bool no_longs, no_shorts, at_open;
    Answer answer[SY_EVENT_FLAGS][SIDES]; /* `decide` of all that there is */
    Column *column;                       /* [columns] */
    Stopping *stopping;                   /* [columns], or NULL */
    Intent *intent;                       /* [columns] of the row at work */
    gsize *active;                        /* [columns] those with an intent, in the order of work */
    gsize n_active;
    Flow flow[FLOWS];
    guint32 *flow_row; /* [n_flow_rows] rows on which there is any, ascending */
    gsize n_flow_rows;
    gsize *sequence;    /* [columns] */
    double *estimate;   /* [columns] */
    SyAccount *account; /* [columns] cash pools; of a group that shares its cash only the first */
    const double
        *init_cash; /* [columns] of each pool by its first column; NULL: no limit, from 0 */
} Simulation;

/* Columns of one group, with one cash pool or one each. */
typedef struct {
    gsize index;
    const gsize *column; /* [n] ascending */
    gsize n;
    bool shared;
} Group;

/* A number in [0, 1) that depends on its arguments only, so that no draw depends on another. */
static double draw(int seed, gsize row, gsize column) {
    guint64 state =
        ((guint64)(guint32)seed << 32 ^ (guint64)row) * G_GUINT64_CONSTANT(0x9e3779b97f4a7c15) +
        column;
    state = sy_random_next(&state); /* rows and columns beside each other: mixed twice */
    return (double)(sy_random_next(&state) >> 11) * 0x1p-53;
}

/* ── signals → action ── */

typedef struct {
    bool long_entry, long_exit, short_entry, short_exit;
} Flags;

static Flags flags_of(guint8 bits) {
    return (Flags){(bits & SY_LONG_ENTRY) != 0, (bits & SY_LONG_EXIT) != 0,
                   (bits & SY_SHORT_ENTRY) != 0, (bits & SY_SHORT_EXIT) != 0};
}

static void resolve_side(bool *entry, bool *leave, unsigned rule, double position) {
    if (!*entry || !*leave)
        return;
    bool in_position = position != 0;
    bool keep_entry = rule == SY_CONFLICT_ENTRY || (rule == SY_CONFLICT_ADJACENT && in_position);
    bool keep_exit = rule == SY_CONFLICT_EXIT || (rule == SY_CONFLICT_OPPOSITE && in_position);
    *entry = keep_entry;
    *leave = keep_exit;
}

static void resolve_direction(Flags *flags, unsigned rule, double position) {
    if (!flags->long_entry || !flags->short_entry)
        return;
    if (rule == SY_DIRCONFLICT_OPPOSITE)
        position = -position;
    bool follows = rule == SY_DIRCONFLICT_ADJACENT || rule == SY_DIRCONFLICT_OPPOSITE;
    flags->long_entry = rule == SY_DIRCONFLICT_LONG || (follows && position > 0);
    flags->short_entry = rule == SY_DIRCONFLICT_SHORT || (follows && position < 0);
}

static Action against(const SyPortfolioConfig *config, bool removes) {
    switch ((SyOppositeEntry)config->upon_opposite_entry) {
    case SY_OPPOSITE_IGNORE:
        return NOTHING;
    case SY_OPPOSITE_CLOSE:
        return CLOSE;
    case SY_OPPOSITE_CLOSEREDUCE:
        return removes ? REDUCE : CLOSE;
    case SY_OPPOSITE_REVERSE:
        return REVERSE;
    case SY_OPPOSITE_REVERSEREDUCE:
        return removes ? CROSS : REVERSE;
    }
    g_assert_not_reached();
}

/* An opposite entry comes before an exit, an exit before an entry of the same side. */
static Answer decide(const SyPortfolioConfig *config, Flags flags, double position) {
    if (flags.long_entry || flags.short_entry) {
        resolve_side(&flags.long_entry, &flags.long_exit, config->upon_long_conflict, position);
        resolve_side(&flags.short_entry, &flags.short_exit, config->upon_short_conflict, position);
        resolve_direction(&flags, config->upon_dir_conflict, position);
    }
    bool adds =
        config->accumulate == SY_ACCUMULATE_TRUE || config->accumulate == SY_ACCUMULATE_ADDONLY;
    bool removes =
        config->accumulate == SY_ACCUMULATE_TRUE || config->accumulate == SY_ACCUMULATE_REMOVEONLY;
    if (position == 0)
        return (Answer){flags.long_entry || flags.short_entry ? OPEN : NOTHING,
                        flags.long_entry ? SY_BUY : SY_SELL};
    bool is_long = position > 0;
    bool opposite = is_long ? flags.short_entry : flags.long_entry;
    bool leave = is_long ? flags.long_exit : flags.short_exit;
    bool more = is_long ? flags.long_entry : flags.short_entry;
    Answer answer = {opposite ? against(config, removes) : NOTHING, is_long ? SY_SELL : SY_BUY};
    if (answer.action == NOTHING && leave)
        answer.action = removes ? REDUCE : CLOSE;
    if (answer.action == NOTHING && more && adds)
        answer = (Answer){OPEN, is_long ? SY_BUY : SY_SELL};
    return answer;
}

/* Most signals change nothing, and which do cannot be foreseen: they are looked up. */
static void set_answers(Simulation *simulation) {
    static const double positions[SIDES] = {[SHORT] = -1, [FLAT] = 0, [LONG] = 1};
    for (unsigned flags = 0; flags < SY_EVENT_FLAGS; flags++)
        for (unsigned held = 0; held < SIDES; held++)
            simulation->answer[flags][held] =
                decide(simulation->config, flags_of((guint8)flags), positions[held]);
}

static Held held_of(double position) { return (Held)(FLAT + (position > 0) - (position < 0)); }

/* ── action → size ── */

/* The newest close before `row`. Cost: amortised O(1) a row. */
static double close_before(Column *column, gsize row) {
    gsize at = row;
    while (at > column->seen && isnan(column->close[at - 1]))
        at--;
    if (at > column->seen)
        column->last_close = column->close[at - 1];
    column->seen = MAX(column->seen, row);
    return column->last_close;
}

/* Value of the pool that a column trades from, just before the orders of a row, at the price point
 * of the row. */
static double value_at(const Simulation *simulation, const Group *group, gsize index, gsize row) {
    double value = simulation->column[index].account->cash;
    const gsize *member = group->shared ? group->column : &index;
    for (gsize i = 0; i < (group->shared ? group->n : 1); i++) {
        Column *column = &simulation->column[member[i]];
        if (column->holding.position == 0)
            continue;
        double price = column->point[row] > 0 ? column->point[row] : close_before(column, row);
        value += column->holding.position * price;
    }
    return value;
}

static void set_size(const SyPortfolioConfig *config, const Column *column, double pool_value,
                     Intent *intent) {
    double held = fabs(column->holding.position);
    intent->share = NAN;
    switch ((SySizeType)config->size_type) {
    case SY_SIZE_AMOUNT:
        intent->size = column->size;
        break;
    case SY_SIZE_VALUE:
        intent->size = column->size / intent->price;
        break;
    case SY_SIZE_VALUEPERCENT:
    case SY_SIZE_VALUEPERCENT100:
        intent->size = fmax(column->size * pool_value / intent->price, 0);
        break;
    case SY_SIZE_PERCENT:
    case SY_SIZE_PERCENT100:
        intent->share = fmin(column->size, 1);
        intent->size = intent->share * held;
        break;
    }
    if (intent->action == CLOSE)
        intent->size = held;
    else if (intent->action == REDUCE)
        intent->size = fmin(intent->size, held);
    if (intent->action != OPEN && intent->action != REVERSE)
        intent->share = NAN;
}

/* Units that the intent asks for in all, once the columns before it have been worked. */
static double requested(const Intent *intent, const Column *column, const SyAccount *account) {
    double held = intent->action == REVERSE ? fabs(column->holding.position) : 0;
    if (isnan(intent->share))
        return held + intent->size;
    SyAccount left = *account;
    SyOrderTerms terms = column->terms;
    if (held > 0) {
        SyHolding holding = column->holding;
        SyOrderRequest close = {intent->side, held, intent->price};
        sy_account_fill(&left, &holding, &terms, &close);
        terms.fixed_fees = 0; /* one order pays them once */
    }
    return held + sy_account_affordable(&left, &terms, intent->side, intent->price, intent->share);
}

/* ── sequence of the columns ── */

/* Free cash that an order is expected to use; below zero where it frees some. */
static double cash_used(const Intent *intent, const Column *column, const SyAccount *account) {
    if (intent->action == NOTHING || !(intent->price > 0))
        return 0;
    double position = column->holding.position, size = requested(intent, column, account);
    bool closes = intent->side == SY_BUY ? position < 0 : position > 0;
    double closing = closes ? fmin(size, fabs(position)) : 0;
    double opening = size - closing;
    double released = closing > 0 && position < 0
                          ? closing / -position * (column->holding.debt + column->holding.locked)
                          : 0;
    double used = (intent->side == SY_BUY ? closing : -closing) * intent->price - released;
    return opening > 0 ? used + (intent->side == SY_BUY ? opening : -opening) * intent->price
                       : used;
}

/* The columns with an intent, in the call sequence of the pool. */
static void shuffle(Simulation *simulation, const Group *group, gsize row) {
    gsize *sequence = simulation->sequence, n = 0;
    memcpy(sequence, group->column, group->n * sizeof *sequence);
    for (gsize i = group->n; i > 1; i--) {
        gsize other = (gsize)(draw(~simulation->config->seed, row, i) * (double)i);
        gsize column = sequence[i - 1];
        sequence[i - 1] = sequence[other];
        sequence[other] = column;
    }
    for (gsize i = 0; i < group->n; i++)
        if (simulation->intent[sequence[i]].action != NOTHING)
            simulation->active[n++] = sequence[i];
}

static void reverse(gsize *column, gsize n) {
    for (gsize i = 0; i < n / 2; i++) {
        gsize other = column[i];
        column[i] = column[n - 1 - i];
        column[n - 1 - i] = other;
    }
}

/* What happens earlier in the bar comes first, whatever the call sequence; of one moment what is
 * estimated to use less cash. Stable, so that ties stay in the sequence. */
static void sort_active(Simulation *simulation, bool by_estimate) {
    gsize *active = simulation->active;
    const double *estimate = simulation->estimate;
    for (gsize i = 1; i < simulation->n_active; i++) {
        gsize column = active[i], at = i;
        SyMoment moment = simulation->intent[column].moment;
        for (; at > 0; at--) {
            gsize before = active[at - 1];
            SyMoment other = simulation->intent[before].moment;
            if (other < moment ||
                (other == moment && !(by_estimate && estimate[before] > estimate[column])))
                break;
            active[at] = before;
        }
        active[at] = column;
    }
}

static void set_sequence(Simulation *simulation, const Group *group, gsize row) {
    bool by_estimate = simulation->config->call_seq == SY_CALL_AUTO;
    if (simulation->n_active < 2)
        return;
    if (simulation->config->call_seq == SY_CALL_REVERSED)
        reverse(simulation->active, simulation->n_active);
    else if (simulation->config->call_seq == SY_CALL_RANDOM)
        shuffle(simulation, group, row);
    for (gsize i = 0; by_estimate && i < simulation->n_active; i++) {
        gsize c = simulation->active[i];
        simulation->estimate[c] = cash_used(&simulation->intent[c], &simulation->column[c],
                                            simulation->column[c].account);
    }
    if (by_estimate || simulation->stopping)
        sort_active(simulation, by_estimate);
}

/* ── orders ── */

/* True where a column that wants something has no price, and others share its cash: then no signal
 * is followed on this row, so that no leg of a pair stands alone (docs/decisions/0008). */
static bool lacks_a_price(const Simulation *simulation, const Group *group) {
    bool lacks = false;
    if (!group->shared || group->n < 2)
        return false;
    for (gsize i = 0; i < simulation->n_active; i++)
        lacks |= isnan(simulation->intent[simulation->active[i]].price);
    return lacks;
}

static const char signal_type[] = "signal";

static bool is_stop(const Intent *intent) { return intent->type != signal_type; }

static double cash_of(const Simulation *simulation, const Group *group) {
    double cash = simulation->column[group->column[0]].account->cash;
    for (gsize i = 1; !group->shared && i < group->n; i++)
        cash += simulation->column[group->column[i]].account->cash;
    return cash;
}

/* Notes what the column and its group hold from this row on. */
static void note(Simulation *simulation, const Group *group, gsize row, gsize index) {
    SyLedgerMark mark = {row, index, simulation->column[index].holding.position,
                         cash_of(simulation, group)};
    g_array_append_val(simulation->ledger->marks, mark);
}

static void note_cash(Simulation *simulation, const Group *group, gsize row, double deposit) {
    SyLedgerMark mark = {row, SY_LEDGER_NO_COLUMN, 0, cash_of(simulation, group), deposit};
    g_array_append_val(simulation->ledger->marks, mark);
}

/* Sets the stops of a position that an order has opened, enlarged or reversed, and clears those of
 * one that is gone. A reduction leaves them as they are. */
static void follow_position(Simulation *simulation, Column *column, double before, gsize row,
                            const Intent *intent) {
    double now = column->holding.position;
    Stopping *stopping = column->stopping;
    if (now == 0) {
        stopping->stops.direction = 0;
        stopping->is_hit = false;
    } else if (before == 0 || (before > 0) != (now > 0) || fabs(now) > fabs(before)) {
        sy_stops_set(&stopping->stops, &stopping->terms, row + 1, intent->price, now > 0 ? 1 : -1,
                     simulation->at_open);
        stopping->is_hit = false;
    }
}

/* held_back: another leg of the pool has no price. */
static bool work_order(Simulation *simulation, const Group *group, gsize row, gsize index,
                       bool held_back, GError **error) {
    const SyPortfolioConfig *config = simulation->config;
    const Intent *intent = &simulation->intent[index];
    Column *column = &simulation->column[index];
    SyLedger *ledger = simulation->ledger;
    double before = column->holding.position;
    SyOrderRequest request = {intent->side, requested(intent, column, column->account),
                              intent->price};
    SyFill fill;
    if (held_back && !isnan(intent->price) && !is_stop(intent))
        fill = (SyFill){
            .status = SY_IGNORED, .reason = "another leg has no price", .price = intent->price};
    else if (config->reject_prob > 0 && draw(config->seed, row, index) < config->reject_prob)
        fill =
            (SyFill){.status = SY_REJECTED, .reason = "rejected at random", .price = intent->price};
    else
        fill = sy_account_fill(column->account, &column->holding, &column->terms, &request);
    SyOrderRecord order = {
        .id = ledger->orders->len,
        .column = index,
        .row = row,
        .side = intent->side,
        .size_requested = request.size,
        .size = fill.size,
        .price = fill.price,
        .fees = fill.fees,
        .type = intent->type,
        .status = fill.status,
        .reason = fill.reason,
        .point = intent->price,
    };
    g_array_append_val(ledger->orders, order);
    if (fill.status == SY_REJECTED && config->raise_reject)
        return sy_fail(
            error, SY_ERROR_DATA,
            "row %" G_GSIZE_FORMAT ", column %" G_GSIZE_FORMAT
            ": the order to %s %.10g at %.10g was rejected (%s), and raise_reject is set",
            row, index, sy_side_names[order.side], order.size_requested, order.price, order.reason);
    if (fill.size > 0) {
        sy_records_book(ledger, &column->held, &order, fill.closed);
        note(simulation, group, row, index);
        if (column->stopping)
            follow_position(simulation, column, before, row, intent);
    }
    return true;
}

/* ── what is wanted ── */

static void add_intent(Simulation *simulation, gsize column, Intent intent) {
    simulation->intent[column] = intent;
    simulation->active[simulation->n_active++] = column;
}

/* A stop closes all, and comes before the signals of its row. */
static void add_stop(Simulation *simulation, gsize index) {
    Column *column = &simulation->column[index];
    double position = column->holding.position;
    const SyStopHit *hit = &column->stopping->hit;
    column->stopping->is_hit = false;
    add_intent(simulation, index,
               (Intent){.action = CLOSE,
                        .side = position > 0 ? SY_SELL : SY_BUY,
                        .price = hit->price,
                        .size = fabs(position),
                        .share = NAN,
                        .moment = hit->moment,
                        .type = sy_stop_names[hit->kind]});
}

/* flags: SyEventFlags; pool_value: of a shared pool, once it was needed; NaN before. */
static void add_signal(Simulation *simulation, const Group *group, gsize row, gsize index,
                       guint8 flags, double *pool_value) {
    const SyPortfolioConfig *config = simulation->config;
    Column *column = &simulation->column[index];
    Intent intent = {.moment = simulation->at_open ? SY_MOMENT_OPEN : SY_MOMENT_CLOSE,
                     .type = signal_type};
    Answer answer = simulation->answer[flags][held_of(column->holding.position)];
    if (answer.action == NOTHING)
        return;
    intent.action = answer.action;
    intent.side = answer.side;
    bool of_value =
        config->size_type == SY_SIZE_VALUEPERCENT || config->size_type == SY_SIZE_VALUEPERCENT100;
    if (of_value && (isnan(*pool_value) || !group->shared))
        *pool_value = value_at(simulation, group, index, row);
    intent.price = column->point[row];
    set_size(config, column, *pool_value, &intent);
    add_intent(simulation, index, intent);
}

static bool stopped_on(const Column *column, gsize row) {
    return column->stopping && column->stopping->is_hit && column->stopping->hit.row == row;
}

/* The stops of a row among its signals, in the order of the columns. */
static void set_intents(Simulation *simulation, const Group *group, const SyEvents *events,
                        gsize row) {
    double pool_value = NAN;
    gsize n = 0;
    const guint8 *flags = NULL;
    const guint32 *signalled =
        row >= simulation->delay ? sy_events_at(events, row - simulation->delay, &n, &flags) : NULL;
    simulation->n_active = 0;
    if (!simulation->stopping) {
        for (gsize i = 0; i < n; i++)
            add_signal(simulation, group, row, group->column[signalled[i]], flags[i], &pool_value);
        return;
    }
    for (gsize i = 0, next = 0; i < group->n; i++) {
        gsize column = group->column[i];
        bool has_signal = next < n && signalled[next] == i;
        guint8 asked = has_signal ? flags[next++] : 0;
        if (stopped_on(&simulation->column[column], row))
            add_stop(simulation, column);
        else if (has_signal)
            add_signal(simulation, group, row, column, asked, &pool_value);
    }
}

static bool work_row(Simulation *simulation, const Group *group, const SyEvents *events, gsize row,
                     GError **error) {
    set_intents(simulation, group, events, row);
    bool held_back = lacks_a_price(simulation, group), good = true;
    set_sequence(simulation, group, row);
    for (gsize i = 0; good && i < simulation->n_active; i++)
        good = work_order(simulation, group, row, simulation->active[i], held_back, error);
    for (gsize i = 0; i < simulation->n_active; i++)
        simulation->intent[simulation->active[i]].action = NOTHING;
    return good;
}

/* ── cash flows ── */

static double flow_at(const Flow *flow, gsize column, gsize row) {
    if (flow->by_row)
        return flow->by_row[row];
    return flow->numbers->n ? sy_numbers_get(flow->numbers, column) : 0;
}

/* What a pool gets on a row: one number for all counts once, numbers of its symbols add up. */
static double pool_flow(const Flow *flow, const Group *group, gsize place, gsize row) {
    double amount = flow_at(flow, group->column[place], row);
    bool adds_up = group->shared && !flow->by_row && flow->numbers->n > 1;
    for (gsize i = 1; adds_up && i < group->n; i++)
        amount += flow_at(flow, group->column[i], row);
    return amount;
}

static void pay_in(Simulation *simulation, const Group *group, gsize row) {
    double paid = 0;
    for (gsize i = 0; i < (group->shared ? 1 : group->n); i++)
        paid += sy_account_deposit(simulation->column[group->column[i]].account,
                                   pool_flow(&simulation->flow[DEPOSITS], group, i, row));
    if (paid != 0)
        note_cash(simulation, group, row, paid);
}

static void earn(Simulation *simulation, const Group *group, gsize row) {
    double earned = 0;
    for (gsize i = 0; i < group->n; i++) {
        Column *column = &simulation->column[group->column[i]];
        double amount =
            column->holding.position * flow_at(&simulation->flow[DIVIDENDS], group->column[i], row);
        if (!group->shared || i == 0)
            amount += pool_flow(&simulation->flow[EARNINGS], group, i, row);
        sy_account_earn(column->account, amount);
        earned += fabs(amount);
    }
    if (earned != 0)
        note_cash(simulation, group, row, 0);
}

/* A dated amount falls on the first row that closes at its time or later; one from before the first
 * row on that. */
static double *spread_dates(const SyNumbers *numbers, const SyPrices *prices) {
    double *by_row = g_new0(double, MAX(prices->rows, 1));
    for (gsize i = 0; i < numbers->n; i++) {
        gsize row = 0;
        while (row < prices->rows && prices->time[row] < numbers->time[i])
            row++;
        if (row < prices->rows)
            by_row[row] += numbers->value[i];
    }
    return by_row;
}

static void set_flows(Simulation *simulation, const SyPortfolioConfig *config,
                      const SyPrices *prices) {
    const SyNumbers *const numbers[FLOWS] = {&config->cash_deposits, &config->cash_earnings,
                                             &config->cash_dividends};
    bool any = false;
    for (int kind = 0; kind < FLOWS; kind++) {
        simulation->flow[kind].numbers = numbers[kind];
        if (numbers[kind]->time)
            simulation->flow[kind].by_row = spread_dates(numbers[kind], prices);
        any |= numbers[kind]->n > 0;
    }
    if (!any)
        return;
    simulation->flow_row = g_new(guint32, MAX(prices->rows, 1));
    for (gsize row = 0; row < prices->rows; row++) {
        bool flows = false;
        for (int kind = 0; kind < FLOWS; kind++) {
            const Flow *flow = &simulation->flow[kind];
            flows |= flow->by_row ? flow->by_row[row] != 0 : flow->numbers->n > 0;
        }
        if (flows)
            simulation->flow_row[simulation->n_flow_rows++] = (guint32)row;
    }
}

static void clear_flows(Simulation *simulation) {
    for (int kind = 0; kind < FLOWS; kind++)
        g_free(simulation->flow[kind].by_row);
    g_free(simulation->flow_row);
}

/* ── which rows ── */

/* The first row up to `last` on which a stop is hit; `rows` where there is none. */
static gsize next_stop(Simulation *simulation, const Group *group, gsize last) {
    gsize found = simulation->rows;
    for (gsize i = 0; i < group->n; i++) {
        Stopping *stopping = simulation->column[group->column[i]].stopping;
        if (!stopping || stopping->stops.direction == 0)
            continue;
        if (!stopping->is_hit)
            stopping->is_hit =
                sy_stops_test(&stopping->stops, &stopping->terms, MIN(last, found), &stopping->hit);
        if (stopping->is_hit && stopping->hit.row <= last)
            found = MIN(found, stopping->hit.row);
    }
    return found;
}

/* Makes room for what the group may do, as if those that follow it did as much: records are kept in
 * one piece, and moving them costs more than making them. */
static void reserve(Simulation *simulation, const Group *group, const SyEvents *events) {
    SyLedger *ledger = simulation->ledger;
    gsize signalled = events->start ? events->start[events->n] : events->n;
    gsize most = ledger->orders->len + signalled;
    if (most > ledger->room)
        sy_ledger_reserve(ledger, most * (simulation->end - simulation->from) /
                                          (group->index + 1 - simulation->from) +
                                      ledger->columns);
}

/* Has the price of a signal that comes soon fetched while this one is worked. */
static void fetch_ahead(const Simulation *simulation, const Group *group, const SyEvents *events) {
    enum { AHEAD = 8 }; /* signals: about as many as are worked while one price comes from memory */
    if (group->n == 1 && events->at + AHEAD < events->n) {
        gsize row = MIN(events->row[events->at + AHEAD] + simulation->delay, simulation->rows - 1);
        __builtin_prefetch(&simulation->column[group->column[0]].point[row]);
    }
}

static bool work_rows(Simulation *simulation, const Group *group, SyEvents *events,
                      GError **error) {
    gsize rows = simulation->rows, flow = 0;
    while (rows > 0) {
        gsize row = sy_events_next(events);
        row = row < rows ? row + simulation->delay : rows;
        if (flow < simulation->n_flow_rows)
            row = MIN(row, simulation->flow_row[flow]);
        if (simulation->stopping)
            row = MIN(row, next_stop(simulation, group, MIN(row, rows - 1)));
        if (row >= rows)
            break;
        fetch_ahead(simulation, group, events);
        bool flows = flow < simulation->n_flow_rows && simulation->flow_row[flow] == row;
        flow += flows;
        if (flows)
            pay_in(simulation, group, row);
        if (!work_row(simulation, group, events, row, error))
            return false;
        if (flows)
            earn(simulation, group, row);
        if (row >= simulation->delay)
            sy_events_pass(events, row - simulation->delay);
    }
    return true;
}

/* ── the whole ── */

static Column column_new(const SyPortfolioConfig *config, const SyPrices *prices, gsize index) {
    bool at_open = config->price == SY_PRICE_OPEN || config->price == SY_PRICE_NEXTOPEN;
    bool hundredths =
        config->size_type == SY_SIZE_PERCENT100 || config->size_type == SY_SIZE_VALUEPERCENT100;
    gsize start = index * prices->rows;
    return (Column){
        .terms = sy_portfolio_terms(config, index),
        .size = sy_numbers_get(&config->size, index) / (hundredths ? 100 : 1),
        .point = (at_open ? prices->open : prices->close) + start,
        .close = prices->close + start,
        .last_close = NAN,
    };
}

/* The columns with stops, or NULL where there are none at all. */
static Stopping *stopping_new(const SyPortfolioConfig *config, const SyPrices *prices,
                              Column *column) {
    g_autofree Stopping *stopping = g_new0(Stopping, prices->columns);
    bool any = false;
    for (gsize c = 0; c < prices->columns; c++)
        if (sy_stops_terms(config, prices, c, &stopping[c].terms)) {
            column[c].stopping = &stopping[c];
            any = true;
        }
    return any ? g_steal_pointer(&stopping) : NULL;
}

/* A position that was there before the first row. */
static void take_over(Simulation *simulation, const Group *group, gsize index) {
    const SyPortfolioConfig *config = simulation->config;
    SyLedger *ledger = simulation->ledger;
    double position = sy_numbers_get(&config->init_position, index);
    Column *column = &simulation->column[index];
    if (position == 0)
        return;
    double price = sy_numbers_get(&config->init_price, index);
    column->holding = sy_account_take_over(column->account, &column->terms, position, price);
    column->last_close = ledger->init_price[index] = price;
    sy_records_take_over(ledger, &column->held, index, position, price);
    note(simulation, group, 0, index);
    ledger->init_value[group->index] += position * price;
    if (column->stopping)
        sy_stops_set(&column->stopping->stops, &column->stopping->terms, 0, price,
                     position > 0 ? 1 : -1, simulation->at_open);
}

static void open_accounts(Simulation *simulation, const Group *group) {
    SyLedger *ledger = simulation->ledger;
    const double *init_cash = simulation->init_cash;
    for (gsize i = 0; i < group->n; i++) {
        gsize first = group->column[group->shared ? 0 : i];
        SyAccount *account = &simulation->account[first];
        simulation->column[group->column[i]].account = account;
        if (group->shared && i > 0)
            continue;
        *account = sy_account_new(init_cash ? init_cash[first] : 0);
        account->unlimited = !init_cash;
        ledger->init_cash[group->index] += account->cash;
    }
    ledger->init_value[group->index] = ledger->init_cash[group->index];
    for (gsize i = 0; simulation->config->init_position.n && i < group->n; i++)
        take_over(simulation, group, group->column[i]);
}

static bool work_group(Simulation *simulation, const Group *group, SyEvents *events,
                       GError **error) {
    open_accounts(simulation, group);
    sy_events_find(events, simulation->signals, group->column, group->n, !simulation->no_longs,
                   !simulation->no_shorts);
    reserve(simulation, group, events);
    if (!work_rows(simulation, group, events, error))
        return false;
    for (gsize i = 0; i < group->n && simulation->rows > 0; i++) {
        Column *column = &simulation->column[group->column[i]];
        if (column->held.size != 0)
            sy_records_finish(simulation->ledger, &column->held, group->column[i],
                              close_before(column, simulation->rows));
    }
    sy_ledger_end_group(simulation->ledger, group->index);
    return true;
}

static bool work_groups(Simulation *simulation, GError **error) {
    const SyLedger *ledger = simulation->ledger;
    g_autofree gsize *column = g_new(gsize, ledger->columns);
    g_autofree gsize *active = g_new(gsize, ledger->columns);
    g_autofree gsize *sequence = g_new(gsize, ledger->columns);
    g_auto(SyEvents) events = {0};
    simulation->active = active;
    simulation->sequence = sequence;
    for (gsize g = simulation->from; g < simulation->end; g++) {
        Group group = {.index = g, .column = column, .shared = simulation->config->cash_sharing};
        /* columns with a group of their own are the most, and need no search */
        bool alone = ledger->groups == ledger->columns;
        for (gsize c = alone ? g : 0; c < (alone ? g + 1 : ledger->columns); c++)
            if (ledger->group_of_column[c] == g)
                column[group.n++] = c;
        g_assert(group.n > 0);
        if (!work_group(simulation, &group, &events, error))
            return false;
    }
    return true;
}

/* Some of the groups, with the records of theirs. */
typedef struct {
    Simulation simulation;
    GError *error;
} Share;

static void work_share(gpointer data) {
    Share *share = data;
    work_groups(&share->simulation, &share->error);
}

/* Works all groups. Each share has consecutive ones, so that the records of all shares behind each
 * other are those that one thread would have made. Of several errors the first one counts. */
static bool work_shares(const Simulation *whole, int jobs, GError **error) {
    SyLedger *ledger = whole->ledger;
    gsize n = sy_threads_worth(jobs, ledger->groups, ledger->columns * ledger->rows);
    g_autofree Share *share = g_new0(Share, n);
    /* of all but the first, which makes its records in the whole ledger */
    g_autofree SyLedgerPart *part = g_new(SyLedgerPart, n);
    GError *first = NULL;
    for (gsize i = 0; i < n; i++) {
        Simulation *mine = &share[i].simulation;
        *mine = *whole;
        mine->from = ledger->groups * i / n;
        mine->end = ledger->groups * (i + 1) / n;
        if (i == 0)
            continue;
        sy_ledger_part_open(&part[i], ledger, mine->from, mine->end);
        mine->ledger = &part[i].ledger;
    }
    sy_threads_run(n, work_share, share, n, sizeof *share);
    for (gsize i = 0; i < n; i++) {
        if (!first)
            first = g_steal_pointer(&share[i].error);
        g_clear_error(&share[i].error);
    }
    sy_ledger_join(ledger, part + 1, n - 1, n);
    if (first)
        g_propagate_error(error, first);
    return first == NULL;
}

/* init_cash as in Simulation; needed [columns], or NULL: set to the least cash of each pool that
 * never runs out. */
static SyLedger *trade(const SyPortfolioConfig *config, const SyPrices *prices,
                       const SySignals *signals, const double *init_cash, double *needed, int jobs,
                       GError **error) {
    gsize columns = prices->columns;
    g_autofree gsize *group_of_column = g_new(gsize, columns);
    gsize groups = sy_portfolio_groups(config, columns, group_of_column);
    g_autoptr(SyLedger) ledger =
        sy_ledger_new_grouped(prices->rows, columns, groups, group_of_column);
    g_autofree Column *column = g_new(Column, columns);
    g_autofree Intent *intent = g_new0(Intent, columns);
    g_autofree double *estimate = g_new(double, columns);
    g_autofree SyAccount *account = g_new0(SyAccount, columns);
    for (gsize c = 0; c < columns; c++)
        column[c] = column_new(config, prices, c);
    g_autofree Stopping *stopping = stopping_new(config, prices, column);
    bool next = config->price == SY_PRICE_NEXTOPEN || config->price == SY_PRICE_NEXTCLOSE;
    Simulation simulation = {
        .config = config,
        .signals = signals,
        .ledger = ledger,
        .rows = prices->rows,
        .delay = (gsize)config->from_ago + (next ? 1 : 0),
        .no_longs = config->direction == SY_DIRECTION_SHORTONLY,
        .no_shorts = config->direction == SY_DIRECTION_LONGONLY,
        .at_open = config->price == SY_PRICE_OPEN || config->price == SY_PRICE_NEXTOPEN,
        .column = column,
        .stopping = stopping,
        .intent = intent,
        .estimate = estimate,
        .account = account,
        .init_cash = init_cash,
    };
    set_answers(&simulation);
    set_flows(&simulation, config, prices);
    bool good = work_shares(&simulation, jobs, error);
    clear_flows(&simulation);
    if (!good)
        return NULL;
    for (gsize c = 0; needed && c < columns; c++)
        needed[c] = account[c].needed;
    return g_steal_pointer(&ledger);
}

SyLedger *sy_portfolio_trade(const SyPortfolioConfig *config, const SyPrices *prices,
                             const SySignals *signals, int jobs, GError **error) {
    g_assert(prices->columns > 0 && prices->rows < G_MAXUINT32);
    g_autofree double *init_cash = g_new(double, prices->columns);
    for (gsize c = 0; c < prices->columns; c++)
        init_cash[c] = config->init_cash;
    if (isnan(config->init_cash)) {
        g_autoptr(SyLedger) trial = trade(config, prices, signals, NULL, init_cash, jobs, error);
        if (!trial)
            return NULL;
    }
    return trade(config, prices, signals, init_cash, NULL, jobs, error);
}

SyLedger *sy_portfolio_simulate(const SyPortfolioConfig *config, const SyPrices *prices,
                                const SySignals *signals, GError **error) {
    SyLedger *ledger = sy_portfolio_trade(config, prices, signals, 1, error);
    if (!ledger)
        return NULL;
    gsize rows = ledger->rows;
    g_autofree double *grown = g_new(double, MAX(rows, 1));
    sy_ledger_add_series(ledger);
    for (gsize g = 0; g < ledger->groups; g++) {
        g_autoptr(SySeriesReader) reader = sy_series_reader_new(ledger, prices, g);
        const SySeriesBlock all = {.value = ledger->value + g * rows,
                                   .cash = ledger->cash + g * rows,
                                   .returns = ledger->returns + g * rows,
                                   .gross = ledger->gross + g * rows};
        sy_series_read(reader, rows, &all);
        sy_records_drawdowns(ledger, g, sy_series_grown(ledger, g, all.value, all.returns, grown));
    }
    for (gsize c = 0; c < ledger->columns; c++)
        sy_series_position(ledger, c, ledger->position + c * rows);
    return ledger;
}
