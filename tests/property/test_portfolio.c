/* What holds for every simulation, on seeded random markets, signals and parameters: money in =
 * money out, no row depends on later rows, columns with cash of their own do not know each other.
 */
#include "test.h"

#include <string.h>

#include "portfolio/metrics.h"
#include "portfolio/series.h"

enum { SEEDS = 300, ROWS_MAX = 120, COLUMNS_MAX = 4 };

typedef struct {
    GRand *random;
    SyPortfolioConfig config;
    gsize rows, columns;
    double *open, *close;
    SySignals *signals;
} Market;

static bool chance(Market *market, double probability) {
    return g_rand_double(market->random) < probability;
}

static void set(Market *market, const char *key, const char *text) {
    g_autoptr(GError) error = NULL;
    const SyField *field = sy_field_find(sy_portfolio_fields.rows, sy_portfolio_fields.n, key);
    if (!sy_field_set_text(field, &market->config, text, &error))
        fail_msg("%s", error->message);
}

static void set_choice(Market *market, const char *key) {
    const SyField *field = sy_field_find(sy_portfolio_fields.rows, sy_portfolio_fields.n, key);
    gint32 choice = g_rand_int_range(market->random, 0, (gint32)field->n_choices);
    set(market, key, field->choices[choice].name);
}

static void set_parameters(Market *market) {
    static const char *const sizes[][2] = {
        {"amount", "inf"},         {"amount", "2.5"},     {"value", "40"},
        {"percent", "0.5"},        {"percent100", "100"}, {"valuepercent", "0.4"},
        {"valuepercent100", "80"},
    };
    const char *const *size = sizes[g_rand_int_range(market->random, 0, G_N_ELEMENTS(sizes))];
    set(market, "size_type", size[0]);
    set(market, "size", size[1]);
    static const char *const choices[] = {
        "direction",           "price",
        "accumulate",          "upon_long_conflict",
        "upon_short_conflict", "upon_dir_conflict",
        "upon_opposite_entry",
    };
    for (gsize i = 0; i < G_N_ELEMENTS(choices); i++)
        set_choice(market, choices[i]);
    set(market, "cash_sharing", chance(market, 0.5) ? "true" : "false");
    if (market->config.cash_sharing)
        set_choice(market, "call_seq");
    if (chance(market, 0.4)) {
        set(market, "leverage", "2.5");
        set_choice(market, "leverage_mode");
    }
    if (chance(market, 0.2))
        set(market, "cash_deposits", chance(market, 0.5) ? "2" : "-1.5");
    if (chance(market, 0.4)) {
        set(market, "sl_stop", "0.03");
        set(market, "tp_stop", "0.04");
        set(market, "tsl_stop", "0.05");
    }
    if (chance(market, 0.6))
        set(market, "fees", "0.002");
    if (chance(market, 0.3))
        set(market, "fixed_fees", "0.3");
    if (chance(market, 0.4))
        set(market, "slippage", "0.003");
    if (chance(market, 0.3))
        set(market, "size_granularity", "0.25");
    if (chance(market, 0.2))
        set(market, "min_size", "0.5");
    if (chance(market, 0.2))
        set(market, "max_size", "3");
    if (chance(market, 0.2))
        set(market, "allow_partial", "false");
    if (chance(market, 0.2))
        set(market, "from_ago", "2");
    if (chance(market, 0.2)) {
        set(market, "init_position", chance(market, 0.5) ? "3.1" : "-2.1"); /* no multiples */
        set(market, "init_price", "11");
    }
    market->config.seed = g_rand_int_range(market->random, 0, 1000);
}

static Market market_new(guint32 seed) {
    Market market = {.random = g_rand_new_with_seed(seed)};
    sy_fields_init(&sy_portfolio_fields, &market.config);
    set_parameters(&market);
    market.rows = (gsize)g_rand_int_range(market.random, 1, ROWS_MAX);
    market.columns = (gsize)g_rand_int_range(market.random, 1, COLUMNS_MAX + 1);
    gsize cells = market.rows * market.columns;
    market.open = g_new(double, cells);
    market.close = g_new(double, cells);
    market.signals = sy_signals_new(market.rows, market.columns);
    double density = chance(&market, 0.5) ? 0.05 : 0.4, moves = chance(&market, 0.2) ? 0.5 : 0.05;
    for (gsize cell = 0; cell < cells; cell++) {
        double before = cell % market.rows ? market.close[cell - 1] : 10;
        if (isnan(before))
            before = 10;
        market.open[cell] = before * exp(moves / 2 * g_rand_double_range(market.random, -1, 1));
        market.close[cell] = before * exp(moves * g_rand_double_range(market.random, -1, 1));
        if (chance(&market, 0.02))
            market.close[cell] = NAN;
        if (chance(&market, 0.02))
            market.open[cell] = NAN;
        market.signals->long_entries[cell] = chance(&market, density);
        market.signals->long_exits[cell] = chance(&market, density);
        market.signals->short_entries[cell] = chance(&market, density);
        market.signals->short_exits[cell] = chance(&market, density);
    }
    return market;
}

static void market_clear(Market *market) {
    g_rand_free(market->random);
    sy_fields_clear(&sy_portfolio_fields, &market->config);
    g_free(market->open);
    g_free(market->close);
    sy_signals_free(market->signals);
}

/* Simulates the first `rows` rows of `columns` columns from `first` on. */
static SyLedger *simulate(const Market *market, gsize rows, gsize first, gsize columns) {
    gsize cells = rows * columns;
    g_autofree double *open = g_new(double, cells), *close = g_new(double, cells);
    g_autoptr(SySignals) signals = sy_signals_new(rows, columns);
    for (gsize c = 0; c < columns; c++) {
        gsize to = c * rows, from = (first + c) * market->rows;
        memcpy(open + to, market->open + from, rows * sizeof *open);
        memcpy(close + to, market->close + from, rows * sizeof *close);
        memcpy(signals->long_entries + to, market->signals->long_entries + from, rows);
        memcpy(signals->long_exits + to, market->signals->long_exits + from, rows);
        memcpy(signals->short_entries + to, market->signals->short_entries + from, rows);
        memcpy(signals->short_exits + to, market->signals->short_exits + from, rows);
    }
    SyPrices prices = {rows, columns, open, close, close, close};
    const char *key;
    g_autofree char *reason = sy_portfolio_validate(&market->config, columns, &key);
    if (reason)
        fail_msg("%s: %s", key, reason);
    g_autoptr(GError) error = NULL;
    SyLedger *ledger = sy_portfolio_simulate(&market->config, &prices, signals, &error);
    if (!ledger)
        fail_msg("%s", error->message);
    return ledger;
}

static SyLedger *simulate_all(const Market *market) {
    return simulate(market, market->rows, 0, market->columns);
}

static gsize group_of(const SyLedger *ledger, gsize column) {
    return ledger->group_of_column[column];
}

/* Money paid in on rows [from, end). */
static double deposits_of(const SyLedger *ledger, gsize group, gsize from, gsize end) {
    SyLedgerRange range = sy_ledger_range(ledger, group);
    double sum = 0;
    for (guint i = range.first.marks; i < range.end.marks; i++)
        if (sy_ledger_mark(ledger, i)->row >= from && sy_ledger_mark(ledger, i)->row < end)
            sum += sy_ledger_mark(ledger, i)->deposit;
    return sum;
}

static void test_portfolio__money_in_is_money_out(void **state) {
    (void)state;
    gsize traded = 0;
    for (guint32 seed = 0; seed < SEEDS; seed++) {
        Market market = market_new(seed);
        g_autoptr(SyLedger) ledger = simulate_all(&market);
        g_autofree double *of_trades = g_new0(double, ledger->groups),
                          *of_positions = g_new0(double, ledger->groups),
                          *turnover = g_new0(double, ledger->groups);
        for (guint i = 0; i < ledger->trades->len; i++)
            of_trades[group_of(ledger, sy_ledger_trade(ledger, i)->column)] +=
                sy_ledger_trade(ledger, i)->pnl;
        for (guint i = 0; i < ledger->positions->len; i++)
            of_positions[group_of(ledger, sy_ledger_position(ledger, i)->column)] +=
                sy_ledger_position(ledger, i)->pnl;
        for (guint i = 0; i < ledger->orders->len; i++)
            if (sy_ledger_order(ledger, i)->size > 0)
                turnover[group_of(ledger, sy_ledger_order(ledger, i)->column)] +=
                    sy_ledger_order(ledger, i)->size * sy_ledger_order(ledger, i)->price;
        for (gsize g = 0; g < ledger->groups; g++) {
            double gained = ledger->value[(g + 1) * ledger->rows - 1] - ledger->init_value[g] -
                            deposits_of(ledger, g, 0, ledger->rows);
            /* sums that are 0 by the rule of equal values may each lose 1e-9 of an order */
            double tolerance = 1e-9 * (100 + turnover[g]);
            if (!(fabs(gained - of_trades[g]) <= tolerance) ||
                !(fabs(gained - of_positions[g]) <= tolerance))
                fail_msg("seed %u: gained %.17g, trades %.17g, positions %.17g", seed, gained,
                         of_trades[g], of_positions[g]);
        }
        traded += ledger->trades->len;
        market_clear(&market);
    }
    assert_true(traded > 1000);
}

static void test_portfolio__positions_are_sums_of_orders(void **state) {
    (void)state;
    for (guint32 seed = 0; seed < SEEDS; seed++) {
        Market market = market_new(seed);
        g_autoptr(SyLedger) ledger = simulate_all(&market);
        double held[COLUMNS_MAX] = {0};
        if (market.config.init_position.n)
            for (gsize c = 0; c < market.columns; c++)
                held[c] = *market.config.init_position.value;
        guint at = 0;
        for (gsize row = 0; row < ledger->rows && ledger->groups == 1; row++) {
            for (; at < ledger->orders->len && sy_ledger_order(ledger, at)->row == row; at++) {
                const SyOrderRecord *order = sy_ledger_order(ledger, at);
                held[order->column] += order->side == SY_BUY ? order->size : -order->size;
                assert_true(order->size == 0 ||
                            order->size <= order->size_requested * (1 + 1e-9) + 1e-12);
                assert_true(order->size == 0 || order->status == SY_FILLED ||
                            order->status == SY_PARTLY_FILLED);
                assert_true(order->status == SY_FILLED || *order->reason);
            }
            for (gsize c = 0; c < market.columns; c++)
                assert_near(ledger->position[c * ledger->rows + row], held[c], 1e-6);
        }
        market_clear(&market);
    }
}

static bool closes_all(const SyOrderRecord *order, double held) {
    return order->status == SY_FILLED && held != 0 && (order->side == SY_SELL) == (held > 0) &&
           fabs(order->size_requested - fabs(held)) <= 1e-9 * fabs(held);
}

/* One order for each row and column, whatever hits and signals there are; a stop comes after the
 * bar of the order that set it; what is closed whole leaves exactly nothing, whatever the
 * granularity. */
static void test_portfolio__a_row_has_one_order_and_a_close_leaves_nothing(void **state) {
    (void)state;
    gsize stops = 0, closes = 0;
    for (guint32 seed = 0; seed < SEEDS; seed++) {
        Market market = market_new(seed);
        g_autoptr(SyLedger) ledger = simulate_all(&market);
        double held[COLUMNS_MAX] = {0};
        gint64 last[COLUMNS_MAX] = {-1, -1, -1, -1}, grown[COLUMNS_MAX] = {-1, -1, -1, -1};
        for (gsize c = 0; market.config.init_position.n && c < market.columns; c++)
            held[c] = *market.config.init_position.value;
        for (guint i = 0; i < ledger->orders->len; i++) {
            const SyOrderRecord *order = sy_ledger_order(ledger, i);
            gsize c = order->column;
            double now = ledger->position[c * ledger->rows + order->row];
            assert_true((gint64)order->row > last[c]);
            last[c] = (gint64)order->row;
            if (strcmp(order->type, "signal") != 0) {
                assert_true((gint64)order->row > grown[c]);
                stops++;
            }
            if (closes_all(order, held[c])) {
                assert_true(now == 0);
                closes++;
            }
            if (order->size > 0 && (now * held[c] <= 0 || fabs(now) > fabs(held[c])))
                grown[c] = (gint64)order->row;
            held[c] = now;
        }
        market_clear(&market);
    }
    assert_true(stops > 100 && closes > 100);
}

static void test_portfolio__longs_never_owe_cash(void **state) {
    (void)state;
    for (guint32 seed = 0; seed < SEEDS; seed++) {
        Market market = market_new(seed);
        market.config.direction = SY_DIRECTION_LONGONLY;
        set(&market, "leverage", "1");
        if (market.config.init_position.n)
            *market.config.init_position.value = 3;
        g_autoptr(SyLedger) ledger = simulate_all(&market);
        for (gsize cell = 0; cell < ledger->groups * ledger->rows; cell++)
            assert_true(ledger->cash[cell] >= 0);
        for (gsize cell = 0; cell < ledger->columns * ledger->rows; cell++)
            assert_true(ledger->position[cell] >= 0);
        market_clear(&market);
    }
}

static void assert_same_orders(const SyLedger *whole, const SyLedger *part, gsize first,
                               guint32 seed) {
    guint at = 0;
    for (guint i = 0; i < whole->orders->len; i++) {
        SyOrderRecord ours = *sy_ledger_order(whole, i);
        if (ours.row >= part->rows || ours.column < first || ours.column >= first + part->columns)
            continue;
        if (at == part->orders->len)
            fail_msg("seed %u: an order is missing", seed);
        const SyOrderRecord *theirs = sy_ledger_order(part, at++);
        assert_int_equal(ours.row, theirs->row);
        assert_int_equal(ours.column, theirs->column + first);
        assert_int_equal(ours.side, theirs->side);
        assert_int_equal(ours.status, theirs->status);
        assert_memory_equal(&ours.size, &theirs->size, sizeof ours.size);
        assert_memory_equal(&ours.price, &theirs->price, sizeof ours.price);
        assert_memory_equal(&ours.fees, &theirs->fees, sizeof ours.fees);
    }
    assert_int_equal(at, part->orders->len);
}

static void assert_same_series(const double *whole, const double *part, gsize rows) {
    for (gsize row = 0; row < rows; row++)
        if (!(isnan(whole[row]) && isnan(part[row])))
            assert_memory_equal(&whole[row], &part[row], sizeof *whole);
}

/* Values of one group, row after row and column after column: what the series must be, bit for bit.
 */
static void assert_walked(const Market *market, const SyLedger *ledger, gsize group) {
    gsize rows = ledger->rows, start = group * rows;
    double newest[COLUMNS_MAX], before = ledger->init_value[group];
    for (gsize c = 0; c < market->columns; c++)
        newest[c] = market->config.init_price.n ? *market->config.init_price.value : NAN;
    for (gsize row = 0; row < rows; row++) {
        double value = ledger->cash[start + row], gross = 0;
        before += deposits_of(ledger, group, row, row + 1);
        for (gsize c = 0; c < market->columns; c++) {
            double close = market->close[c * rows + row], held = ledger->position[c * rows + row];
            newest[c] = isnan(close) ? newest[c] : close;
            if (group_of(ledger, c) == group && held != 0) {
                value += held * newest[c];
                gross += fabs(held * newest[c]);
            }
        }
        double growth = before > 0 ? value / before - 1 : value == 0 && before == 0 ? 0 : NAN;
        double part = value > 0 ? gross / value : INFINITY;
        assert_same_series(&value, &ledger->value[start + row], 1);
        assert_same_series(&growth, &ledger->returns[start + row], 1);
        assert_near(ledger->gross[start + row], gross > 0 ? part : 0, 0);
        before = value;
    }
}

static void test_portfolio__series_are_those_of_a_walk_over_the_rows(void **state) {
    (void)state;
    for (guint32 seed = 0; seed < SEEDS; seed++) {
        Market market = market_new(seed);
        g_autoptr(SyLedger) ledger = simulate_all(&market);
        SyPrices prices = {.rows = ledger->rows, .columns = market.columns, .close = market.close};
        g_autofree double *value = g_new(double, ledger->rows);
        for (gsize g = 0; g < ledger->groups; g++) {
            assert_walked(&market, ledger, g);
            g_autoptr(SySeriesReader) reader = sy_series_reader_new(ledger, &prices, g);
            for (gsize row = 0; row < ledger->rows;) {
                gsize n = (gsize)g_rand_int_range(market.random, 1, 40);
                n = MIN(n, ledger->rows - row);
                sy_series_read(reader, n, &(SySeriesBlock){.value = value + row});
                row += n;
            }
            assert_same_series(ledger->value + g * ledger->rows, value, ledger->rows);
        }
        market_clear(&market);
    }
}

static void test_portfolio__no_row_depends_on_later_rows(void **state) {
    (void)state;
    for (guint32 seed = 0; seed < SEEDS; seed++) {
        Market market = market_new(seed);
        if (chance(&market, 0.3))
            set(&market, "reject_prob", "0.3");
        g_autoptr(SyLedger) whole = simulate_all(&market);
        gsize rows = (gsize)g_rand_int_range(market.random, 1, (gint32)market.rows + 1);
        g_autoptr(SyLedger) cut = simulate(&market, rows, 0, market.columns);
        if (cut->groups == 1)
            assert_same_orders(whole, cut, 0, seed);
        for (gsize g = 0; g < whole->groups; g++) {
            assert_same_series(whole->value + g * whole->rows, cut->value + g * rows, rows);
            assert_same_series(whole->cash + g * whole->rows, cut->cash + g * rows, rows);
            assert_same_series(whole->returns + g * whole->rows, cut->returns + g * rows, rows);
        }
        for (gsize c = 0; c < whole->columns; c++)
            assert_same_series(whole->position + c * whole->rows, cut->position + c * rows, rows);
        market_clear(&market);
    }
}

static void test_portfolio__columns_with_cash_of_their_own_are_alone(void **state) {
    (void)state;
    gsize compared = 0;
    for (guint32 seed = 0; seed < SEEDS; seed++) {
        Market market = market_new(seed);
        g_autoptr(SyLedger) all = simulate_all(&market);
        for (gsize c = 0; c < market.columns && !market.config.cash_sharing; c++) {
            g_autoptr(SyLedger) alone = simulate(&market, market.rows, c, 1);
            assert_same_orders(all, alone, c, seed);
            assert_same_series(all->value + c * all->rows, alone->value, all->rows);
            compared++;
        }
        market_clear(&market);
    }
    assert_true(compared > SEEDS / 4);
}

static void test_portfolio__the_least_cash_is_enough_and_no_more_than_enough(void **state) {
    (void)state;
    gsize compared = 0;
    for (guint32 seed = 0; seed < SEEDS; seed++) {
        Market market = market_new(seed);
        set(&market, "size_type", "amount");
        set(&market, "size", "2");
        set(&market, "leverage", "1");
        market.config.cash_deposits.n = 0;
        set(&market, "allow_partial", "true");
        set(&market, "min_size", "0");
        set(&market, "max_size", "inf");
        set(&market, "size_granularity", "0");
        set(&market, "init_cash", "inf");
        g_autoptr(SyLedger) endless = simulate_all(&market);
        set(&market, "init_cash", "auto");
        g_autoptr(SyLedger) least = simulate_all(&market);
        assert_same_orders(endless, least, 0, seed);
        set(&market, "cash_sharing", "true");
        set(&market, "init_cash", "auto");
        g_autoptr(SyLedger) pool = simulate_all(&market);
        if (pool->init_cash[0] > 1) {
            market.config.init_cash = pool->init_cash[0] * 0.99;
            g_autoptr(SyLedger) poor = simulate_all(&market);
            gsize cut = 0;
            for (guint i = 0; i < poor->orders->len; i++)
                cut += sy_ledger_order(poor, i)->status == SY_PARTLY_FILLED ||
                       sy_ledger_order(poor, i)->status == SY_REJECTED;
            assert_true(cut > 0);
            compared++;
        }
        market_clear(&market);
    }
    assert_true(compared > SEEDS / 2);
}

/* Records have gaps between their members, so they are compared member by member. */
#define SAME(type, member)                                                                         \
    do {                                                                                           \
        for (guint at = 0; at < one->member##s->len; at++) {                                       \
            const type *a = &g_array_index(one->member##s, type, at),                              \
                       *b = &g_array_index(many->member##s, type, at);                             \
            assert_same_##member(a, b);                                                            \
        }                                                                                          \
        assert_int_equal(one->member##s->len, many->member##s->len);                               \
    } while (0)
#define BITS(name) assert_memory_equal(&a->name, &b->name, sizeof a->name)

static void assert_same_order(const SyOrderRecord *a, const SyOrderRecord *b) {
    BITS(id), BITS(column), BITS(row), BITS(side), BITS(size_requested), BITS(size), BITS(price);
    BITS(fees), BITS(type), BITS(status), BITS(reason), BITS(point);
}

static void assert_same_trade(const SyTradeRecord *a, const SyTradeRecord *b) {
    BITS(id), BITS(column), BITS(size), BITS(entry_row), BITS(entry_price), BITS(entry_fees);
    BITS(exit_row), BITS(exit_price), BITS(exit_fees), BITS(pnl), BITS(pnl_return);
    BITS(direction), BITS(is_open), BITS(position_id);
}

#define assert_same_position assert_same_trade

static void assert_same_drawdown(const SyDrawdownRecord *a, const SyDrawdownRecord *b) {
    BITS(id), BITS(group), BITS(peak_row), BITS(start_row), BITS(valley_row), BITS(end_row);
    BITS(peak_value), BITS(valley_value), BITS(end_value), BITS(is_active);
}

static void assert_same_mark(const SyLedgerMark *a, const SyLedgerMark *b) {
    BITS(row), BITS(column), BITS(position), BITS(cash), BITS(deposit);
}

static void assert_same_ledger(const SyLedger *one, const SyLedger *many) {
    SAME(SyOrderRecord, order);
    SAME(SyTradeRecord, trade);
    SAME(SyTradeRecord, position);
    SAME(SyDrawdownRecord, drawdown);
    SAME(SyLedgerMark, mark);
    assert_int_equal(one->groups, many->groups);
    assert_memory_equal(one->end, many->end, one->groups * sizeof *one->end);
    assert_memory_equal(one->init_cash, many->init_cash, one->groups * sizeof(double));
    assert_memory_equal(one->init_value, many->init_value, one->groups * sizeof(double));
}

static void assert_same_metrics(const SyMetricInput *one, const SyMetricInput *many, gsize groups) {
    for (gsize g = 0; g < groups; g++)
        for (gsize i = 0; i < sy_n_metrics; i++) {
            double a = sy_metrics[i].compute(&one[g]), b = sy_metrics[i].compute(&many[g]);
            assert_same_series(&a, &b, 1);
        }
}

static void test_portfolio__is_the_same_for_any_number_of_threads(void **state) {
    (void)state;
    gsize shared = 0, orders = 0;
    for (guint32 seed = 0; seed < SEEDS; seed++) {
        Market market = market_new(seed);
        if (chance(&market, 0.2))
            set(&market, "reject_prob", "0.3");
        gsize rows = market.rows, columns = market.columns;
        SyPrices prices = {rows, columns, market.open, market.close, market.close, market.close};
        SyTimeframe day = {.nanoseconds = SY_DAY};
        g_autoptr(SyLedger) one =
            sy_portfolio_trade(&market.config, &prices, market.signals, 1, NULL);
        g_autofree double *value = g_new(double, rows *columns),
                          *values = g_new(double, rows *columns);
        g_autofree SyMetricInput *inputs =
            sy_metric_inputs(&market.config, day, one, &prices, 1, value);
        for (int jobs = 2; jobs <= COLUMNS_MAX; jobs++) {
            g_autoptr(SyLedger) many =
                sy_portfolio_trade(&market.config, &prices, market.signals, jobs, NULL);
            g_autofree SyMetricInput *others =
                sy_metric_inputs(&market.config, day, many, &prices, jobs, values);
            assert_same_ledger(one, many);
            assert_same_metrics(inputs, others, one->groups);
            assert_same_series(value, values, one->groups * rows);
            shared += many->groups > 1;
            orders += many->orders->len;
        }
        market_clear(&market);
    }
    assert_true(shared > SEEDS / 2 && orders > 1000);
}

static void test_portfolio__the_first_rejection_counts_whichever_thread_meets_it(void **state) {
    (void)state;
    gsize ended = 0;
    for (guint32 seed = 0; seed < SEEDS; seed++) {
        Market market = market_new(seed);
        set(&market, "reject_prob", "0.1");
        set(&market, "raise_reject", "true");
        SyPrices prices = {market.rows,  market.columns, market.open,
                           market.close, market.close,   market.close};
        g_autoptr(GError) first = NULL, other = NULL;
        g_autoptr(SyLedger) one =
            sy_portfolio_trade(&market.config, &prices, market.signals, 1, &first);
        g_autoptr(SyLedger) many =
            sy_portfolio_trade(&market.config, &prices, market.signals, 3, &other);
        assert_int_equal(one == NULL, many == NULL);
        if (first)
            assert_string_equal(first->message, other->message);
        ended += first != NULL;
        market_clear(&market);
    }
    assert_true(ended > SEEDS / 4);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_portfolio__money_in_is_money_out),
        cmocka_unit_test(test_portfolio__positions_are_sums_of_orders),
        cmocka_unit_test(test_portfolio__a_row_has_one_order_and_a_close_leaves_nothing),
        cmocka_unit_test(test_portfolio__longs_never_owe_cash),
        cmocka_unit_test(test_portfolio__series_are_those_of_a_walk_over_the_rows),
        cmocka_unit_test(test_portfolio__no_row_depends_on_later_rows),
        cmocka_unit_test(test_portfolio__columns_with_cash_of_their_own_are_alone),
        cmocka_unit_test(test_portfolio__is_the_same_for_any_number_of_threads),
        cmocka_unit_test(test_portfolio__the_first_rejection_counts_whichever_thread_meets_it),
        cmocka_unit_test(test_portfolio__the_least_cash_is_enough_and_no_more_than_enough),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
