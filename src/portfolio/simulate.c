/* From four boolean matrices to a ledger: group → row → column in call sequence, at most one order
 * per (row, column). Third station of a run: model → signals → portfolio.
 *
 * A row is worked in three steps: what each column wants (signals and position → an intent), the
 * sequence of the columns, the orders. Rows on which nothing can happen are not visited; what an
 * order changes is noted as a mark, from which series.c derives the values of all rows. Rules and
 * formulas: docs/portfolio.md. */
#include "portfolio/portfolio.h"

#include <math.h>
#include <string.h>

#include "base/error.h"
#include "portfolio/account.h"
#include "portfolio/records.h"
#include "portfolio/series.h"

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
} Intent;

typedef struct {
    SyOrderTerms terms;
    double size;                 /* as size_type says, hundredths resolved */
    const double *point, *close; /* [rows] prices that orders fill at, and closes */
    SyHolding holding;
    SyHeld held;
    double last_close; /* newest that is present before row `seen`; NaN = none */
    gsize seen;
} Column;

typedef struct {
    const SyPortfolioConfig *config;
    const SySignals *signals;
    SyLedger *ledger;
    gsize rows, columns, delay;
    bool no_longs, no_shorts;
    Column *column;    /* [columns] */
    Intent *intent;    /* [columns] of the row at work */
    gsize *sequence;   /* [columns] */
    double *estimate;  /* [columns] */
    guint8 *signalled; /* [rows + WORD] of the group at work: not 0 where a column has a signal */
} Simulation;

/* Bytes that are looked at in one step. */
#define WORD sizeof(guint64)

/* Columns of one cash pool. */
typedef struct {
    gsize index, first, end;
    SyAccount account;
} Group;

/* A number in [0, 1) that depends on its arguments only, so that no draw depends on another.
 * Source: SplitMix64, Steele, Lea and Flood (2014), OOPSLA '14, 453-472. */
static double draw(int seed, gsize row, gsize column) {
    guint64 state =
        ((guint64)(guint32)seed << 32 ^ (guint64)row) * G_GUINT64_CONSTANT(0x9e3779b97f4a7c15) +
        column;
    for (int round = 0; round < 2; round++) {
        state += G_GUINT64_CONSTANT(0x9e3779b97f4a7c15);
        state = (state ^ state >> 30) * G_GUINT64_CONSTANT(0xbf58476d1ce4e5b9);
        state = (state ^ state >> 27) * G_GUINT64_CONSTANT(0x94d049bb133111eb);
        state ^= state >> 31;
    }
    return (double)(state >> 11) * 0x1p-53;
}

/* ── signals → action ── */

typedef struct {
    bool long_entry, long_exit, short_entry, short_exit;
} Flags;

static Flags flags_at(const Simulation *simulation, gsize column, gsize row) {
    const SySignals *signals = simulation->signals;
    gsize cell = column * simulation->rows + row;
    return (Flags){
        signals->long_entries[cell] && !simulation->no_longs,
        signals->long_exits[cell] && !simulation->no_longs,
        signals->short_entries[cell] && !simulation->no_shorts,
        signals->short_exits[cell] && !simulation->no_shorts,
    };
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

/* What the signals of one element ask for in the position they meet. An opposite entry comes before
 * an exit, an exit before an entry of the same side. */
static Action decide(const SyPortfolioConfig *config, Flags flags, double position, SySide *side) {
    if (flags.long_entry || flags.short_entry) {
        resolve_side(&flags.long_entry, &flags.long_exit, config->upon_long_conflict, position);
        resolve_side(&flags.short_entry, &flags.short_exit, config->upon_short_conflict, position);
        resolve_direction(&flags, config->upon_dir_conflict, position);
    }
    bool adds =
        config->accumulate == SY_ACCUMULATE_TRUE || config->accumulate == SY_ACCUMULATE_ADDONLY;
    bool removes =
        config->accumulate == SY_ACCUMULATE_TRUE || config->accumulate == SY_ACCUMULATE_REMOVEONLY;
    if (position == 0) {
        *side = flags.long_entry ? SY_BUY : SY_SELL;
        return flags.long_entry || flags.short_entry ? OPEN : NOTHING;
    }
    bool is_long = position > 0;
    bool opposite = is_long ? flags.short_entry : flags.long_entry;
    bool leave = is_long ? flags.long_exit : flags.short_exit;
    bool more = is_long ? flags.long_entry : flags.short_entry;
    Action action = opposite ? against(config, removes) : NOTHING;
    *side = is_long ? SY_SELL : SY_BUY;
    if (action == NOTHING && leave)
        action = removes ? REDUCE : CLOSE;
    if (action == NOTHING && more && adds) {
        *side = is_long ? SY_BUY : SY_SELL;
        action = OPEN;
    }
    return action;
}

/* ── action → size ── */

/* The newest close before `row`. */
static double close_before(Column *column, gsize row) {
    for (gsize r = row; r > column->seen; r--)
        if (!isnan(column->close[r - 1])) {
            column->last_close = column->close[r - 1];
            break;
        }
    column->seen = row;
    return column->last_close;
}

/* Value of the group at the prices that the row's orders fill at. */
static double value_of(const Group *group, Column *columns, gsize row) {
    double value = group->account.cash;
    for (gsize c = group->first; c < group->end; c++) {
        Column *column = &columns[c];
        if (column->holding.position == 0)
            continue;
        double price = column->point[row] > 0 ? column->point[row] : close_before(column, row);
        value += column->holding.position * price;
    }
    return value;
}

static void set_size(const SyPortfolioConfig *config, const Column *column, double group_value,
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
        intent->size = fmax(column->size * group_value / intent->price, 0);
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

static void sort_by_estimate(Simulation *simulation, const Group *group) {
    gsize *sequence = simulation->sequence + group->first, n = group->end - group->first;
    const double *estimate = simulation->estimate;
    for (gsize i = 1; i < n; i++) {
        gsize column = sequence[i], at = i;
        for (; at > 0 && estimate[sequence[at - 1]] > estimate[column]; at--)
            sequence[at] = sequence[at - 1];
        sequence[at] = column;
    }
}

static void shuffle(Simulation *simulation, const Group *group, gsize row) {
    gsize *sequence = simulation->sequence + group->first, n = group->end - group->first;
    for (gsize i = n; i > 1; i--) {
        gsize other = (gsize)(draw(~simulation->config->seed, row, i) * (double)i);
        gsize column = sequence[i - 1];
        sequence[i - 1] = sequence[other];
        sequence[other] = column;
    }
}

static void set_sequence(Simulation *simulation, const Group *group, gsize row) {
    gsize *sequence = simulation->sequence;
    bool reversed = simulation->config->call_seq == SY_CALL_REVERSED;
    for (gsize c = group->first; c < group->end; c++)
        sequence[c] = reversed ? group->end - 1 - (c - group->first) : c;
    if (simulation->config->call_seq == SY_CALL_RANDOM) {
        shuffle(simulation, group, row);
    } else if (simulation->config->call_seq == SY_CALL_AUTO) {
        for (gsize c = group->first; c < group->end; c++)
            simulation->estimate[c] =
                cash_used(&simulation->intent[c], &simulation->column[c], &group->account);
        sort_by_estimate(simulation, group);
    }
}

/* ── orders ── */

/* True where a column that wants something has no price, and others share its cash: then none of
 * them trades on this row, so that no leg of a pair stands alone (docs/decisions/0008). */
static bool lacks_a_price(const Simulation *simulation, const Group *group) {
    bool lacks = false;
    for (gsize c = group->first; c < group->end; c++)
        lacks |= simulation->intent[c].action != NOTHING && isnan(simulation->intent[c].price);
    return lacks && group->end - group->first > 1;
}

/* Notes what the column and its group hold from this row on. */
static void note(Simulation *simulation, const Group *group, gsize row, gsize index) {
    SyLedgerMark mark = {row, index, simulation->column[index].holding.position,
                         group->account.cash};
    g_array_append_val(simulation->ledger->marks, mark);
}

/* held_back: another leg of the group has no price. */
static bool work_order(Simulation *simulation, Group *group, gsize row, gsize index, bool held_back,
                       GError **error) {
    const SyPortfolioConfig *config = simulation->config;
    const Intent *intent = &simulation->intent[index];
    Column *column = &simulation->column[index];
    SyLedger *ledger = simulation->ledger;
    SyOrderRequest request = {intent->side, requested(intent, column, &group->account),
                              intent->price};
    SyFill fill;
    if (held_back && !isnan(intent->price))
        fill = (SyFill){
            .status = SY_IGNORED, .reason = "another leg has no price", .price = intent->price};
    else if (config->reject_prob > 0 && draw(config->seed, row, index) < config->reject_prob)
        fill =
            (SyFill){.status = SY_REJECTED, .reason = "rejected at random", .price = intent->price};
    else
        fill = sy_account_fill(&group->account, &column->holding, &column->terms, &request);
    SyOrderRecord order = {
        .id = ledger->orders->len,
        .column = index,
        .row = row,
        .side = intent->side,
        .size_requested = request.size,
        .size = fill.size,
        .price = fill.price,
        .fees = fill.fees,
        .type = "signal",
        .status = fill.status,
        .reason = fill.reason,
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
    }
    return true;
}

/* True where a column of the group wants something on this row. */
static bool set_intents(Simulation *simulation, const Group *group, gsize row) {
    bool any = false;
    double group_value = NAN;
    for (gsize c = group->first; c < group->end; c++) {
        Column *column = &simulation->column[c];
        Intent *intent = &simulation->intent[c];
        intent->action =
            decide(simulation->config, flags_at(simulation, c, row - simulation->delay),
                   column->holding.position, &intent->side);
        if (intent->action == NOTHING)
            continue;
        if (!any)
            group_value = value_of(group, simulation->column, row);
        any = true;
        intent->price = column->point[row];
        set_size(simulation->config, column, group_value, intent);
    }
    return any;
}

static bool work_row(Simulation *simulation, Group *group, gsize row, GError **error) {
    if (!set_intents(simulation, group, row))
        return true;
    bool held_back = lacks_a_price(simulation, group);
    set_sequence(simulation, group, row);
    for (gsize i = group->first; i < group->end; i++) {
        gsize column = simulation->sequence[i];
        if (simulation->intent[column].action != NOTHING &&
            !work_order(simulation, group, row, column, held_back, error))
            return false;
    }
    return true;
}

/* ── rows ── */

/* to[i] |= flags[i], a word at a time. */
static void merge(guint8 *to, const guint8 *flags, gsize n) {
    gsize i = 0;
    for (; i + WORD <= n; i += WORD) {
        guint64 a, b;
        memcpy(&a, to + i, WORD);
        memcpy(&b, flags + i, WORD);
        a |= b;
        memcpy(to + i, &a, WORD);
    }
    for (; i < n; i++)
        to[i] |= flags[i];
}

/* Marks the rows on which a column of the group has a signal. */
static void set_signalled(Simulation *simulation, const Group *group) {
    const SySignals *signals = simulation->signals;
    gsize rows = simulation->rows;
    memset(simulation->signalled, 0, rows + WORD);
    for (gsize c = group->first; c < group->end; c++) {
        merge(simulation->signalled, signals->long_entries + c * rows, rows);
        merge(simulation->signalled, signals->long_exits + c * rows, rows);
        merge(simulation->signalled, signals->short_entries + c * rows, rows);
        merge(simulation->signalled, signals->short_exits + c * rows, rows);
    }
}

/* The first row from `row` on with a signal; the number of rows where there is none. */
static gsize next_signal(const Simulation *simulation, gsize row) {
    for (; row < simulation->rows; row += WORD) {
        guint64 word;
        memcpy(&word, simulation->signalled + row, WORD);
        if (word)
            return row + (gsize)__builtin_ctzll(GUINT64_FROM_LE(word)) / 8;
    }
    return simulation->rows;
}

static bool work_group(Simulation *simulation, Group *group, GError **error) {
    gsize rows = simulation->rows, delay = simulation->delay;
    set_signalled(simulation, group);
    for (gsize at = next_signal(simulation, 0); at + delay < rows;
         at = next_signal(simulation, at + 1))
        if (!work_row(simulation, group, at + delay, error))
            return false;
    for (gsize c = group->first; c < group->end && rows > 0; c++) {
        Column *column = &simulation->column[c];
        sy_records_finish(simulation->ledger, &column->held, c, close_before(column, rows));
    }
    sy_ledger_end_group(simulation->ledger, group->index);
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

static Group group_new(Simulation *simulation, gsize index, double init_cash, bool unlimited) {
    const SyPortfolioConfig *config = simulation->config;
    bool shared = config->cash_sharing;
    Group group = {.index = index,
                   .first = shared ? 0 : index,
                   .end = shared ? simulation->columns : index + 1,
                   .account = sy_account_new(init_cash)};
    group.account.unlimited = unlimited;
    double value = init_cash;
    for (gsize c = group.first; config->init_position.n && c < group.end; c++) {
        double position = sy_numbers_get(&config->init_position, c);
        double price = sy_numbers_get(&config->init_price, c);
        Column *column = &simulation->column[c];
        if (position == 0)
            continue;
        column->holding = sy_account_take_over(&group.account, &column->terms, position, price);
        column->last_close = price;
        sy_records_take_over(simulation->ledger, &column->held, c, position, price);
        simulation->ledger->init_price[c] = price;
        note(simulation, &group, 0, c);
        value += position * price;
    }
    simulation->ledger->init_cash[index] = init_cash;
    simulation->ledger->init_value[index] = value;
    return group;
}

/* init_cash [groups], or NULL: without limit from 0; needed [groups] is then set to the least cash
 * that never runs out. */
static SyLedger *trade(const SyPortfolioConfig *config, const SyPrices *prices,
                       const SySignals *signals, const double *init_cash, double *needed,
                       GError **error) {
    gsize columns = prices->columns, groups = config->cash_sharing ? 1 : columns;
    g_autoptr(SyLedger) ledger = sy_ledger_new(prices->rows, columns, config->cash_sharing);
    g_autofree Column *column = g_new0(Column, columns);
    g_autofree Intent *intent = g_new0(Intent, columns);
    g_autofree gsize *sequence = g_new0(gsize, columns);
    g_autofree double *estimate = g_new0(double, columns);
    g_autofree guint8 *signalled = g_new0(guint8, prices->rows + WORD);
    for (gsize c = 0; c < columns; c++)
        column[c] = column_new(config, prices, c);
    bool next = config->price == SY_PRICE_NEXTOPEN || config->price == SY_PRICE_NEXTCLOSE;
    Simulation simulation = {
        .config = config,
        .signals = signals,
        .ledger = ledger,
        .rows = prices->rows,
        .columns = columns,
        .delay = (gsize)config->from_ago + (next ? 1 : 0),
        .no_longs = config->direction == SY_DIRECTION_SHORTONLY,
        .no_shorts = config->direction == SY_DIRECTION_LONGONLY,
        .column = column,
        .intent = intent,
        .sequence = sequence,
        .estimate = estimate,
        .signalled = signalled,
    };
    for (gsize g = 0; g < groups; g++) {
        Group group = group_new(&simulation, g, init_cash ? init_cash[g] : 0, !init_cash);
        if (!work_group(&simulation, &group, error))
            return NULL;
        if (needed)
            needed[g] = group.account.needed;
    }
    return g_steal_pointer(&ledger);
}

SyLedger *sy_portfolio_trade(const SyPortfolioConfig *config, const SyPrices *prices,
                             const SySignals *signals, GError **error) {
    g_assert(prices->columns > 0);
    gsize groups = config->cash_sharing ? 1 : prices->columns;
    g_autofree double *init_cash = g_new(double, groups);
    for (gsize g = 0; g < groups; g++)
        init_cash[g] = config->init_cash;
    if (isnan(config->init_cash)) {
        g_autoptr(SyLedger) trial = trade(config, prices, signals, NULL, init_cash, error);
        if (!trial)
            return NULL;
    }
    return trade(config, prices, signals, init_cash, NULL, error);
}

SyLedger *sy_portfolio_simulate(const SyPortfolioConfig *config, const SyPrices *prices,
                                const SySignals *signals, GError **error) {
    SyLedger *ledger = sy_portfolio_trade(config, prices, signals, error);
    if (!ledger)
        return NULL;
    gsize rows = ledger->rows;
    sy_ledger_add_series(ledger);
    for (gsize g = 0; g < ledger->groups; g++) {
        g_autoptr(SySeriesReader) reader = sy_series_reader_new(ledger, prices, g);
        const SySeriesBlock all = {ledger->value + g * rows, ledger->cash + g * rows,
                                   ledger->returns + g * rows, ledger->gross + g * rows};
        sy_series_read(reader, rows, &all);
        sy_records_drawdowns(ledger, g, all.value);
    }
    for (gsize c = 0; c < ledger->columns; c++)
        sy_series_position(ledger, c, ledger->position + c * rows);
    return ledger;
}
