/* From signals to orders, trades, positions and values: the vectors of the specification, and each
 * rule that decides an order. */
#include "test.h"

#include <string.h>

#include "base/error.h"
#include "portfolio/metrics.h"
#include "portfolio/portfolio.h"

/* A small market: closes are also opens, highs and lows unless said otherwise. */
typedef struct {
    SyPortfolioConfig config;
    SyPrices prices;
    SySignals *signals;
} Market;

static void set(Market *market, const char *key, const char *text) {
    g_autoptr(GError) error = NULL;
    const SyField *field = sy_field_find(sy_portfolio_fields.rows, sy_portfolio_fields.n, key);
    if (!sy_field_set_text(field, &market->config, text, &error))
        fail_msg("%s", error->message);
}

static Market market_new(gsize rows, gsize columns, const double *close) {
    Market market = {.prices = {rows, columns, close, close, close, close},
                     .signals = sy_signals_new(rows, columns)};
    sy_fields_init(&sy_portfolio_fields, &market.config);
    return market;
}

/* One letter per row: L long entry, l long exit, S short entry, s short exit, B = L and l,
 * D = L and S, X = S and s, . = none. */
static void mark(Market *market, gsize column, const char *rows) {
    SySignals *signals = market->signals;
    for (gsize row = 0; rows[row]; row++) {
        gsize cell = column * signals->rows + row;
        signals->long_entries[cell] = strchr("LBD", rows[row]) != NULL;
        signals->long_exits[cell] = strchr("lB", rows[row]) != NULL;
        signals->short_entries[cell] = strchr("SDX", rows[row]) != NULL;
        signals->short_exits[cell] = strchr("sX", rows[row]) != NULL;
    }
}

static SyLedger *simulate(const Market *market) {
    g_autoptr(GError) error = NULL;
    const char *key;
    g_autofree char *reason = sy_portfolio_validate(&market->config, market->prices.columns, &key);
    if (reason)
        fail_msg("%s: %s", key, reason);
    SyLedger *ledger =
        sy_portfolio_simulate(&market->config, &market->prices, market->signals, &error);
    if (!ledger)
        fail_msg("%s", error->message);
    return ledger;
}

static void market_clear(Market *market) {
    sy_fields_clear(&sy_portfolio_fields, &market->config);
    sy_signals_free(market->signals);
}

static void assert_order(const SyLedger *ledger, guint i, gsize column, gsize row, SySide side,
                         double requested, double size, double price, double fees) {
    assert_true(i < ledger->orders->len);
    const SyOrderRecord *order = sy_ledger_order(ledger, i);
    assert_int_equal(order->id, i);
    assert_int_equal(order->column, column);
    assert_int_equal(order->row, row);
    assert_int_equal(order->side, side);
    assert_near(order->size_requested, requested, 1e-6);
    assert_near(order->size, size, 1e-6);
    assert_near(order->price, price, 1e-12);
    assert_near(order->fees, fees, 1e-6);
}

static const double pair[] = {100, 110, 105, 105, 50, 48, 52, 52};

static Market pair_market(void) {
    Market market = market_new(4, 2, pair);
    set(&market, "init_cash", "1000");
    set(&market, "size", "50");
    set(&market, "size_type", "valuepercent100");
    set(&market, "cash_sharing", "true");
    set(&market, "call_seq", "auto");
    mark(&market, 0, "L.S.");
    mark(&market, 1, "S.L.");
    return market;
}

static void test_simulate__pair_with_fees(void **state) {
    (void)state;
    Market market = pair_market();
    set(&market, "fees", "0.001");
    g_autoptr(SyLedger) ledger = simulate(&market);
    assert_int_equal(ledger->orders->len, 4);
    assert_order(ledger, 0, 1, 0, SY_SELL, 10, 10, 50, 0.5);
    assert_order(ledger, 1, 0, 0, SY_BUY, 5, 4.990010, 100, 0.499001);
    assert_int_equal(sy_ledger_order(ledger, 1)->status, SY_PARTLY_FILLED);
    assert_order(ledger, 2, 0, 2, SY_SELL, 9.770729, 9.770729, 105, 1.025927);
    assert_order(ledger, 3, 1, 2, SY_BUY, 19.653375, 19.614032, 52, 1.01993);
    const double value[] = {999.000999, 1068.901099, 1001.905193, 1001.905193};
    for (gsize row = 0; row < 4; row++)
        assert_near(ledger->value[row], value[row], 1e-6);
    market_clear(&market);
}

static void test_simulate__pair_without_fees(void **state) {
    (void)state;
    Market market = pair_market();
    g_autoptr(SyLedger) ledger = simulate(&market);
    const double value[] = {1000, 1070, 1005, 1005};
    for (gsize row = 0; row < 4; row++)
        assert_near(ledger->value[row], value[row], 1e-9);
    assert_near(ledger->returns[0], 0, 0);
    assert_near(ledger->returns[1], 0.07, 1e-12);
    assert_near(ledger->gross[0], 1, 1e-12);
    assert_int_equal(ledger->trades->len, 4);
    assert_int_equal(ledger->positions->len, 4);
    market_clear(&market);
}

/* Simulates one column of flat prices with size 1 and compares the positions. */
static void assert_path(const char *rows, const double *expected, const char *const *settings) {
    static const double flat[] = {10, 10, 10, 10, 10, 10};
    Market market = market_new(strlen(rows), 1, flat);
    set(&market, "size", "1");
    for (gsize i = 0; settings[i]; i += 2)
        set(&market, settings[i], settings[i + 1]);
    mark(&market, 0, rows);
    g_autoptr(SyLedger) ledger = simulate(&market);
    for (gsize row = 0; row < ledger->rows; row++)
        if (ledger->position[row] != expected[row])
            fail_msg("%s with %s = %s: row %zu holds %g, expected %g", rows,
                     settings[0] ? settings[0] : "defaults", settings[0] ? settings[1] : "", row,
                     ledger->position[row], expected[row]);
    market_clear(&market);
}

#define PATH(rows, positions, ...)                                                                 \
    assert_path(rows, (const double[])positions, (const char *const[]){__VA_ARGS__, NULL})
#define P(...)                                                                                     \
    { __VA_ARGS__ }

static void test_simulate__entries_open_and_exits_close(void **state) {
    (void)state;
    PATH("L.l.Ss", P(1, 1, 0, 0, -1, 0), NULL);
    PATH("lsL.Sl", P(0, 0, 1, 1, -1, -1), NULL);
    PATH("LLslSS", P(1, 1, 1, 0, -1, -1), NULL);
}

/* What each rule makes of a conflict that meets a long position, none, and a short one. */
typedef struct {
    const char *rule;
    double met_long, met_none, met_short; /* position after it */
} Conflict;

/* key: the rule's; letter: the row of the conflict. */
static void assert_conflicts(const char *key, char letter, const Conflict *conflict, gsize n) {
    for (gsize i = 0; i < n; i++) {
        const char *const settings[] = {key, conflict[i].rule, NULL};
        const struct {
            char before;
            double position, after;
        } met[] = {{'L', 1, conflict[i].met_long},
                   {'.', 0, conflict[i].met_none},
                   {'S', -1, conflict[i].met_short}};
        for (gsize m = 0; m < G_N_ELEMENTS(met); m++) {
            const char rows[] = {met[m].before, letter, '.', '\0'};
            const double expected[] = {met[m].position, met[m].after, met[m].after};
            assert_path(rows, expected, settings);
        }
    }
}

/* adjacent and opposite act in a position of either side: a long entry that is kept in a short one
 * reverses it (docs/decisions/0011). */
static void test_simulate__side_conflicts(void **state) {
    (void)state;
    static const Conflict of_long[] = {{"ignore", 1, 0, -1},
                                       {"entry", 1, 1, 1},
                                       {"exit", 0, 0, -1},
                                       {"adjacent", 1, 0, 1},
                                       {"opposite", 0, 0, -1}};
    static const Conflict of_short[] = {{"ignore", 1, 0, -1},
                                        {"entry", -1, -1, -1},
                                        {"exit", 1, 0, 0},
                                        {"adjacent", -1, 0, -1},
                                        {"opposite", 1, 0, 0}};
    assert_conflicts("upon_long_conflict", 'B', of_long, G_N_ELEMENTS(of_long));
    assert_conflicts("upon_short_conflict", 'X', of_short, G_N_ELEMENTS(of_short));
}

static void test_simulate__direction_conflicts(void **state) {
    (void)state;
    static const Conflict of_sides[] = {{"ignore", 1, 0, -1},
                                        {"long", 1, 1, 1},
                                        {"short", -1, -1, -1},
                                        {"adjacent", 1, 0, -1},
                                        {"opposite", -1, 0, 1}};
    assert_conflicts("upon_dir_conflict", 'D', of_sides, G_N_ELEMENTS(of_sides));
}

static void test_simulate__opposite_entries(void **state) {
    (void)state;
    PATH("LSS", P(1, 1, 1), "upon_opposite_entry", "ignore");
    PATH("LSS", P(1, 0, -1), "upon_opposite_entry", "close");
    PATH("LSS", P(1, 0, -1), "upon_opposite_entry", "closereduce");
    PATH("LSS", P(1, -1, -1), "upon_opposite_entry", "reverse");
    PATH("LSL", P(1, -1, 1), "upon_opposite_entry", "reversereduce");
}

static void test_simulate__accumulation(void **state) {
    (void)state;
    PATH("LLLl", P(1, 2, 3, 2), "accumulate", "true");
    PATH("LLLl", P(1, 2, 3, 2), "accumulate", "both");
    PATH("LLLl", P(1, 2, 3, 0), "accumulate", "addonly");
    PATH("LLl.", P(1, 1, 0, 0), "accumulate", "removeonly");
    PATH("SSSs", P(-1, -2, -3, -2), "accumulate", "true");
    PATH("LLS.", P(1, 2, 1, 1), "accumulate", "true");
    PATH("LLS.", P(1, 2, -1, -1), "accumulate", "true", "upon_opposite_entry", "reverse");
    PATH("LLS.", P(1, 2, 0, 0), "accumulate", "true", "upon_opposite_entry", "close");
    PATH("LLS.", P(1, 2, 1, 1), "accumulate", "true", "upon_opposite_entry", "closereduce");
    PATH("LLS.", P(1, 2, -1, -1), "accumulate", "addonly");
}

static void test_simulate__a_removal_may_cross_zero_only_where_it_reverses(void **state) {
    (void)state;
    PATH(".S", P(0.5, -0.5), "accumulate", "removeonly", "init_position", "0.5", "init_price",
         "10");
    PATH(".S", P(0.5, 0), "accumulate", "removeonly", "init_position", "0.5", "init_price", "10",
         "upon_opposite_entry", "closereduce");
    PATH(".l", P(0.5, 0), "accumulate", "removeonly", "init_position", "0.5", "init_price", "10");
}

static void test_simulate__direction_drops_the_other_side(void **state) {
    (void)state;
    PATH("L.S.s", P(1, 1, 1, 1, 1), "direction", "longonly");
    PATH("L.S.s", P(0, 0, -1, -1, 0), "direction", "short_only");
}

static void test_simulate__delays_are_counted_in_rows(void **state) {
    (void)state;
    PATH("L..l..", P(0, 0, 1, 1, 1, 0), "from_ago", "2");
    PATH("L..l..", P(0, 1, 1, 1, 0, 0), "price", "nextclose");
    PATH("L..l..", P(0, 0, 1, 1, 1, 0), "price", "Next Open", "from_ago", "1");
}

static void test_simulate__next_open_fills_at_the_next_open(void **state) {
    (void)state;
    static const double close[] = {10, 11, 12}, open[] = {9, 10.5, 11.5};
    Market market = market_new(3, 1, close);
    market.prices.open = open;
    set(&market, "size", "1");
    set(&market, "price", "nextopen");
    set(&market, "slippage", "0.1");
    mark(&market, 0, "Ll.");
    g_autoptr(SyLedger) ledger = simulate(&market);
    assert_order(ledger, 0, 0, 1, SY_BUY, 1, 1, 11.55, 0);
    assert_order(ledger, 1, 0, 2, SY_SELL, 1, 1, 10.35, 0);
    assert_near(ledger->value[1], 100 - 11.55 + 11, 1e-12);
    market_clear(&market);
}

static void test_simulate__a_missing_price_ignores_the_order_and_keeps_the_value(void **state) {
    (void)state;
    const double close[] = {10, NAN, 12, NAN};
    Market market = market_new(4, 1, close);
    set(&market, "size", "1");
    mark(&market, 0, "LlSl");
    g_autoptr(SyLedger) ledger = simulate(&market);
    assert_int_equal(ledger->orders->len, 3);
    assert_int_equal(sy_ledger_order(ledger, 1)->status, SY_IGNORED);
    assert_string_equal(sy_ledger_order(ledger, 1)->reason, "no price");
    assert_near(ledger->value[1], 100, 1e-12);
    assert_near(ledger->value[3], 102, 1e-12);
    assert_near(sy_ledger_trade(ledger, 1)->exit_price, 12, 0);
    market_clear(&market);
}

/* Three rows of two columns; on the second row column 1 has no price and both want to trade. */
static SyLedger *pair_without_a_price(Market *market, const char *cash_sharing, const char *first,
                                      const char *second) {
    static const double close[] = {10, 10, 10, 20, NAN, 20};
    *market = market_new(3, 2, close);
    set(market, "size", "1");
    set(market, "cash_sharing", cash_sharing);
    mark(market, 0, first);
    mark(market, 1, second);
    return simulate(market);
}

static void test_simulate__a_missing_price_on_one_leg_holds_the_pair_back(void **state) {
    (void)state;
    Market market;
    g_autoptr(SyLedger) entry = pair_without_a_price(&market, "true", ".LL", ".SS");
    assert_int_equal(entry->orders->len, 4);
    assert_int_equal(sy_ledger_order(entry, 0)->status, SY_IGNORED);
    assert_string_equal(sy_ledger_order(entry, 0)->reason, "another leg has no price");
    assert_int_equal(sy_ledger_order(entry, 1)->status, SY_IGNORED);
    assert_string_equal(sy_ledger_order(entry, 1)->reason, "no price");
    assert_near(entry->position[1], 0, 0);
    assert_near(entry->position[2], 1, 0); /* both legs, one row later */
    assert_near(entry->position[5], -1, 0);
    market_clear(&market);
    /* exits alike */
    g_autoptr(SyLedger) leave = pair_without_a_price(&market, "true", "Lll", "Sss");
    assert_near(leave->position[1], 1, 0);
    assert_near(leave->position[4], -1, 0);
    assert_near(leave->position[2], 0, 0);
    assert_near(leave->position[5], 0, 0);
    market_clear(&market);
    /* a leg that wants nothing on that row holds nobody back */
    g_autoptr(SyLedger) other = pair_without_a_price(&market, "true", ".L.", "...");
    assert_near(other->position[1], 1, 0);
    market_clear(&market);
    /* nor do columns with cash of their own */
    g_autoptr(SyLedger) apart = pair_without_a_price(&market, "false", ".LL", ".SS");
    assert_near(apart->position[1], 1, 0);
    assert_near(apart->position[4], 0, 0);
    market_clear(&market);
}

/* Units held after an entry on the first of two rows at price 20, of 100 in cash. */
static double entered(const char *size_type, const char *size, const char *rows) {
    static const double flat[] = {20, 20};
    Market market = market_new(2, 1, flat);
    set(&market, "size_type", size_type);
    set(&market, "size", size);
    mark(&market, 0, rows);
    g_autoptr(SyLedger) ledger = simulate(&market);
    double position = ledger->position[1];
    market_clear(&market);
    return position;
}

static void test_simulate__size_types(void **state) {
    (void)state;
    assert_near(entered("amount", "2", "L."), 2, 1e-12);
    assert_near(entered("amount", "inf", "L."), 5, 1e-12);
    assert_near(entered("value", "30", "L."), 1.5, 1e-12);
    assert_near(entered("percent", "0.5", "L."), 2.5, 1e-12);
    assert_near(entered("percent100", "50", "S."), -2.5, 1e-12);
    assert_near(entered("valuepercent", "0.2", "L."), 1, 1e-12);
    assert_near(entered("valuepercent100", "20", "S."), -1, 1e-12);
    /* a reversal of a percent size takes its part of what the close leaves free: 50, then 75 */
    assert_near(entered("percent", "0.5", "LS"), -2.5, 1e-12);
}

static void test_simulate__numbers_may_be_one_per_column(void **state) {
    (void)state;
    static const double flat[] = {10, 10};
    Market market = market_new(1, 2, flat);
    g_free(market.config.size.value);
    market.config.size = (SyNumbers){g_memdup2((const double[]){1, 3}, 2 * sizeof(double)), 2};
    mark(&market, 0, "L");
    mark(&market, 1, "S");
    g_autoptr(SyLedger) ledger = simulate(&market);
    assert_near(ledger->position[0], 1, 0);
    assert_near(ledger->position[1], -3, 0);
    assert_int_equal(ledger->groups, 2);
    market_clear(&market);
}

/* Column of the first order when three columns enter on one row. */
static void first_orders(const char *call_seq, const char *seed, gsize *columns, gsize rows) {
    g_autofree double *flat = g_new(double, 3 * rows);
    for (gsize i = 0; i < 3 * rows; i++)
        flat[i] = 10;
    Market market = market_new(rows, 3, flat);
    set(&market, "size", "1");
    set(&market, "cash_sharing", "true");
    set(&market, "call_seq", call_seq);
    set(&market, "seed", seed);
    set(&market, "accumulate", "true");
    set(&market, "init_cash", "1000000");
    memset(market.signals->long_entries, 1, 3 * rows);
    g_autoptr(SyLedger) ledger = simulate(&market);
    assert_int_equal(ledger->orders->len, 3 * rows);
    for (gsize row = 0; row < rows; row++)
        columns[row] = sy_ledger_order(ledger, (guint)(3 * row))->column;
    market_clear(&market);
}

static void test_simulate__call_sequences(void **state) {
    (void)state;
    enum { ROWS = 300 };
    gsize first[ROWS], again[ROWS], count[3] = {0};
    first_orders("default", "0", first, 2);
    assert_int_equal(first[1], 0);
    first_orders("reversed", "0", first, 2);
    assert_int_equal(first[1], 2);
    first_orders("random", "7", first, ROWS);
    first_orders("random", "7", again, ROWS);
    assert_memory_equal(first, again, sizeof first);
    for (gsize row = 0; row < ROWS; row++)
        count[first[row]]++;
    for (gsize c = 0; c < 3; c++)
        assert_in_range(count[c], 70, 130);
    first_orders("random", "8", again, ROWS);
    assert_memory_not_equal(first, again, sizeof first);
}

static void test_simulate__auto_frees_cash_before_it_uses_it(void **state) {
    (void)state;
    static const double flat[] = {10, 10, 10, 10, 10, 10};
    Market market = market_new(2, 3, flat);
    set(&market, "cash_sharing", "true");
    set(&market, "call_seq", "auto");
    mark(&market, 0, ".L");
    mark(&market, 1, "Ll");
    g_autoptr(SyLedger) ledger = simulate(&market);
    assert_order(ledger, 0, 1, 0, SY_BUY, INFINITY, 10, 10, 0);
    assert_order(ledger, 1, 1, 1, SY_SELL, 10, 10, 10, 0);
    assert_order(ledger, 2, 0, 1, SY_BUY, INFINITY, 10, 10, 0);
    market_clear(&market);
}

static void test_simulate__auto_counts_what_a_cover_releases(void **state) {
    (void)state;
    static const double close[] = {10, 10, 10, 9};
    Market market = market_new(2, 2, close);
    set(&market, "cash_sharing", "true");
    set(&market, "call_seq", "auto");
    set(&market, "size", "10");
    mark(&market, 0, ".L");
    mark(&market, 1, "Ss");
    g_autoptr(SyLedger) ledger = simulate(&market);
    /* the cover costs 90 and releases 200, so it comes before the purchase of 100 */
    assert_order(ledger, 1, 1, 1, SY_BUY, 10, 10, 9, 0);
    assert_order(ledger, 2, 0, 1, SY_BUY, 10, 10, 10, 0);
    market_clear(&market);
}

static void test_simulate__a_reversal_by_percent_pays_its_fixed_fee_once(void **state) {
    (void)state;
    static const double flat[] = {10, 10};
    Market market = market_new(2, 1, flat);
    set(&market, "size_type", "percent");
    set(&market, "size", "0.5");
    set(&market, "fixed_fees", "2");
    mark(&market, 0, "LS");
    g_autoptr(SyLedger) ledger = simulate(&market);
    /* 48 of 50 buy 4.8; the close leaves 50 + 48 - 2 = 96, half of which is sold short */
    assert_order(ledger, 0, 0, 0, SY_BUY, 4.8, 4.8, 10, 2);
    assert_order(ledger, 1, 0, 1, SY_SELL, 9.6, 9.6, 10, 2);
    market_clear(&market);
}

static void test_simulate__auto_cash_is_the_least_that_is_enough(void **state) {
    (void)state;
    static const double close[] = {10, 12, 14, 13};
    Market market = market_new(4, 1, close);
    set(&market, "size", "2");
    set(&market, "fees", "0.01");
    set(&market, "init_cash", "auto");
    mark(&market, 0, "LlSs");
    g_autoptr(SyLedger) ledger = simulate(&market);
    /* bought for 20.20; sold for 23.76, so 3.56 of the 28.28 that the short needs are earned */
    assert_near(ledger->init_cash[0], 24.72, 1e-9);
    for (guint i = 0; i < 4; i++)
        assert_int_equal(sy_ledger_order(ledger, i)->status, SY_FILLED);
    market_clear(&market);
}

static void test_simulate__a_position_at_the_start_is_part_of_the_value(void **state) {
    (void)state;
    static const double close[] = {12, 9};
    Market market = market_new(2, 1, close);
    set(&market, "init_position", "-4");
    set(&market, "init_price", "10");
    mark(&market, 0, ".s");
    g_autoptr(SyLedger) ledger = simulate(&market);
    assert_near(ledger->init_value[0], 60, 1e-12);
    assert_near(ledger->returns[0], 52.0 / 60 - 1, 1e-12);
    assert_near(ledger->value[1], 64, 1e-12);
    const SyTradeRecord *trade = sy_ledger_trade(ledger, 0);
    assert_near(trade->pnl, 4, 1e-12);
    assert_near(trade->entry_price, 10, 0);
    assert_int_equal(trade->direction, SY_SHORT);
    market_clear(&market);
}

static void test_simulate__deposits_are_no_gain(void **state) {
    (void)state;
    static const double close[] = {10, 11, 11, 22};
    Market market = market_new(4, 1, close);
    set(&market, "cash_deposits", "100");
    mark(&market, 0, "LL..");
    set(&market, "accumulate", "true");
    g_autoptr(SyLedger) ledger = simulate(&market);
    /* 200 buy 20; 100 buy 100 / 11 more; then 100 and 200 stay in cash */
    assert_order(ledger, 0, 0, 0, SY_BUY, INFINITY, 20, 10, 0);
    assert_order(ledger, 1, 0, 1, SY_BUY, INFINITY, 100.0 / 11, 11, 0);
    assert_near(ledger->value[0], 200, 1e-9);
    assert_near(ledger->value[1], 320, 1e-9);
    assert_near(ledger->value[2], 420, 1e-9);
    assert_near(ledger->value[3], 840 - 200 + 200, 1e-9);
    assert_near(ledger->returns[0], 0, 1e-12);
    assert_near(ledger->returns[1], 320.0 / 300 - 1, 1e-12);
    assert_near(ledger->returns[2], 0, 1e-12);
    assert_near(ledger->returns[3], 840.0 / 520 - 1, 1e-12);
    assert_near(ledger->cash[2], 100, 1e-9);
    const SyMetricInput input =
        sy_metric_input(&market.config, (SyTimeframe){SY_DAY, 0}, ledger, &market.prices, 0);
    assert_near(sy_metric_find("total_return")->compute(&input), 320.0 / 300 * 840 / 520 - 1,
                1e-12);
    market_clear(&market);
}

/* The value goes up on every row, the money at the start goes down: 100 to 90. */
static void test_simulate__a_deposit_hides_no_drawdown(void **state) {
    (void)state;
    static const double close[] = {10, 9, 9};
    Market market = market_new(3, 1, close);
    set(&market, "cash_deposits", "50");
    mark(&market, 0, "L..");
    g_autoptr(SyLedger) ledger = simulate(&market);
    assert_near(ledger->value[1], 135 + 50, 1e-9);
    assert_int_equal(ledger->drawdowns->len, 1);
    double lost = 185.0 / 200;
    assert_near(sy_ledger_drawdown(ledger, 0)->valley_value, 100 * lost, 1e-9);
    const SyMetricInput input =
        sy_metric_input(&market.config, (SyTimeframe){SY_DAY, 0}, ledger, &market.prices, 0);
    assert_near(sy_metric_find("max_drawdown")->compute(&input), lost - 1, 1e-12);
    assert_near(sy_metric_find("ulcer_index")->compute(&input), sqrt(2.0 / 3) * (1 - lost), 1e-12);
    market_clear(&market);
}

static void test_simulate__dated_amounts_fall_on_the_first_row_at_their_time(void **state) {
    (void)state;
    static const double close[] = {10, 10, 10, 10};
    static const SyTime time[] = {SY_DAY, 2 * SY_DAY, 3 * SY_DAY, 4 * SY_DAY};
    const double amounts[] = {-30, 5, 40, 1000};
    const SyTime times[] = {2 * SY_DAY + SY_HOUR, 0, 4 * SY_DAY, 9 * SY_DAY};
    Market market = market_new(4, 1, close);
    market.prices.time = time;
    market.prices.timeframe = (SyTimeframe){SY_DAY, 0};
    const SyField *field =
        sy_field_find(sy_portfolio_fields.rows, sy_portfolio_fields.n, "cash_deposits");
    assert_true(sy_field_set_dated(field, &market.config, times, amounts, 4, NULL));
    g_autoptr(SyLedger) ledger = simulate(&market);
    const double expected[] = {105, 105, 75, 115};
    for (gsize row = 0; row < 4; row++) {
        assert_near(ledger->cash[row], expected[row], 1e-12);
        assert_near(ledger->returns[row], 0, 1e-12);
    }
    market_clear(&market);
}

static void test_simulate__earnings_and_dividends_are_gains_after_the_orders(void **state) {
    (void)state;
    static const double close[] = {10, 10, 10, 20, 20, 20};
    Market market = market_new(3, 2, close);
    set(&market, "size", "1");
    set(&market, "cash_sharing", "true");
    set(&market, "cash_earnings", "3");
    g_free(market.config.cash_dividends.value);
    market.config.cash_dividends =
        (SyNumbers){.value = g_memdup2((const double[]){0.5, 2}, 16), .n = 2};
    mark(&market, 0, "L.l");
    mark(&market, 1, ".S.");
    g_autoptr(SyLedger) ledger = simulate(&market);
    /* 3 a row, 0.5 for the long while it is held at the end of the row, 2 paid for the short */
    assert_near(ledger->value[0], 103.5, 1e-9);
    assert_near(ledger->value[1], 103.5 + 3 + 0.5 - 2, 1e-9);
    assert_near(ledger->value[2], 105 + 3 - 2, 1e-9);
    assert_near(ledger->returns[0], 0.035, 1e-12);
    market_clear(&market);
}

static void test_simulate__a_shared_pool_gets_one_number_once_and_several_in_sum(void **state) {
    (void)state;
    static const double close[] = {10, 10};
    for (int shared = 0; shared < 2; shared++) {
        Market market = market_new(1, 2, close);
        set(&market, "cash_sharing", shared ? "true" : "false");
        set(&market, "cash_deposits", "7");
        g_autoptr(SyLedger) one = simulate(&market);
        assert_near(one->cash[0], 107, 1e-12);
        g_free(market.config.cash_deposits.value);
        market.config.cash_deposits =
            (SyNumbers){.value = g_memdup2((const double[]){7, 8}, 16), .n = 2};
        g_autoptr(SyLedger) two = simulate(&market);
        assert_near(two->cash[0], shared ? 115 : 107, 1e-12);
        assert_near(two->cash[shared ? 0 : 1], shared ? 115 : 108, 1e-12);
        market_clear(&market);
    }
}

static void test_simulate__raise_reject_ends_the_run(void **state) {
    (void)state;
    static const double flat[] = {10, 10};
    Market market = market_new(2, 1, flat);
    set(&market, "min_size", "20");
    set(&market, "raise_reject", "true");
    mark(&market, 0, ".L");
    g_autoptr(GError) error = NULL;
    assert_null(sy_portfolio_simulate(&market.config, &market.prices, market.signals, &error));
    assert_int_equal(error->code, SY_ERROR_DATA);
    assert_non_null(strstr(error->message, "row 1"));
    assert_non_null(strstr(error->message, "below min_size"));
    market_clear(&market);
}

static void test_simulate__rejects_at_random_but_repeatably(void **state) {
    (void)state;
    enum { ROWS = 1000 };
    g_autofree double *flat = g_new(double, ROWS);
    Market market = market_new(ROWS, 1, flat);
    for (gsize row = 0; row < ROWS; row++) {
        flat[row] = 10;
        market.signals->long_entries[row] = 1;
    }
    set(&market, "size", "0.001");
    set(&market, "accumulate", "true");
    set(&market, "reject_prob", "0.25");
    g_autoptr(SyLedger) ledger = simulate(&market);
    g_autoptr(SyLedger) again = simulate(&market);
    gsize rejected = 0;
    for (guint i = 0; i < ROWS; i++) {
        rejected += sy_ledger_order(ledger, i)->status == SY_REJECTED;
        assert_int_equal(sy_ledger_order(ledger, i)->status, sy_ledger_order(again, i)->status);
    }
    assert_in_range(rejected, 200, 300);
    market_clear(&market);
}

static void test_simulate__equity_that_is_lost_has_no_return(void **state) {
    (void)state;
    static const double close[] = {10, 30, 10};
    Market market = market_new(3, 1, close);
    mark(&market, 0, "S..");
    g_autoptr(SyLedger) ledger = simulate(&market);
    assert_near(ledger->value[1], -100, 1e-9);
    assert_near(ledger->returns[1], -2, 1e-12);
    assert_true(isnan(ledger->returns[2]));
    assert_true(isinf(ledger->gross[1]));
    market_clear(&market);
}

static void test_break_even__is_the_fee_that_leaves_nothing(void **state) {
    (void)state;
    static const double close[] = {100, 110, 105, 120, 118, 130};
    Market market = market_new(6, 1, close);
    mark(&market, 0, "LlLlLl");
    double fee = sy_portfolio_break_even_fee(&market.config, &market.prices, market.signals);
    /* (1.1 · 120/105 · 130/118)^(1/6) = (1 + f) / (1 − f) of each round trip, all in */
    double round_trip = pow(1.1 * 120 / 105 * 130 / 118, 1.0 / 3);
    assert_near(fee, (round_trip - 1) / (round_trip + 1), 1e-7);
    for (gsize cell = 0; cell < 6; cell++) {
        market.signals->short_entries[cell] = market.signals->long_entries[cell];
        market.signals->short_exits[cell] = market.signals->long_exits[cell];
        market.signals->long_entries[cell] = market.signals->long_exits[cell] = 0;
    }
    assert_true(isnan(sy_portfolio_break_even_fee(&market.config, &market.prices, market.signals)));
    market_clear(&market);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_simulate__pair_with_fees),
        cmocka_unit_test(test_simulate__pair_without_fees),
        cmocka_unit_test(test_simulate__entries_open_and_exits_close),
        cmocka_unit_test(test_simulate__side_conflicts),
        cmocka_unit_test(test_simulate__direction_conflicts),
        cmocka_unit_test(test_simulate__opposite_entries),
        cmocka_unit_test(test_simulate__accumulation),
        cmocka_unit_test(test_simulate__a_removal_may_cross_zero_only_where_it_reverses),
        cmocka_unit_test(test_simulate__direction_drops_the_other_side),
        cmocka_unit_test(test_simulate__delays_are_counted_in_rows),
        cmocka_unit_test(test_simulate__next_open_fills_at_the_next_open),
        cmocka_unit_test(test_simulate__a_missing_price_ignores_the_order_and_keeps_the_value),
        cmocka_unit_test(test_simulate__a_missing_price_on_one_leg_holds_the_pair_back),
        cmocka_unit_test(test_simulate__size_types),
        cmocka_unit_test(test_simulate__numbers_may_be_one_per_column),
        cmocka_unit_test(test_simulate__call_sequences),
        cmocka_unit_test(test_simulate__auto_frees_cash_before_it_uses_it),
        cmocka_unit_test(test_simulate__auto_counts_what_a_cover_releases),
        cmocka_unit_test(test_simulate__a_reversal_by_percent_pays_its_fixed_fee_once),
        cmocka_unit_test(test_simulate__auto_cash_is_the_least_that_is_enough),
        cmocka_unit_test(test_simulate__a_position_at_the_start_is_part_of_the_value),
        cmocka_unit_test(test_simulate__deposits_are_no_gain),
        cmocka_unit_test(test_simulate__a_deposit_hides_no_drawdown),
        cmocka_unit_test(test_simulate__dated_amounts_fall_on_the_first_row_at_their_time),
        cmocka_unit_test(test_simulate__earnings_and_dividends_are_gains_after_the_orders),
        cmocka_unit_test(test_simulate__a_shared_pool_gets_one_number_once_and_several_in_sum),
        cmocka_unit_test(test_simulate__raise_reject_ends_the_run),
        cmocka_unit_test(test_simulate__rejects_at_random_but_repeatably),
        cmocka_unit_test(test_simulate__equity_that_is_lost_has_no_return),
        cmocka_unit_test(test_break_even__is_the_fee_that_leaves_nothing),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
