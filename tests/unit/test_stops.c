/* Stops, bar by bar: which one is hit, when, and at what price. */
#include "test.h"

#include <string.h>

#include "portfolio/portfolio.h"
#include "portfolio/stops.h"

enum { ROWS_MAX = 8 };

/* One symbol of hourly bars from midnight; the first closes at 01:00. Each of `bar` is open, high,
 * low, close. */
typedef struct {
    SyPortfolioConfig config;
    gsize rows;
    double open[ROWS_MAX], high[ROWS_MAX], low[ROWS_MAX], close[ROWS_MAX];
    SyTime time[ROWS_MAX];
    SySignals *signals;
} Market;

static void set(Market *market, const char *key, const char *text) {
    g_autoptr(GError) error = NULL;
    const SyField *field = sy_field_find(sy_portfolio_fields.rows, sy_portfolio_fields.n, key);
    if (!sy_field_set_text(field, &market->config, text, &error))
        fail_msg("%s", error->message);
}

/* One letter per row: L long entry, l long exit, S short entry, s short exit, . = none. */
static Market market_new(gsize rows, const double bar[][4], const char *letters) {
    Market market = {.rows = rows, .signals = sy_signals_new(rows, 1)};
    SyTime midnight;
    assert_true(sy_time_parse("2024-03-01", 0, &midnight, NULL));
    sy_fields_init(&sy_portfolio_fields, &market.config);
    set(&market, "size", "1");
    for (gsize row = 0; row < rows; row++) {
        market.open[row] = bar[row][0];
        market.high[row] = bar[row][1];
        market.low[row] = bar[row][2];
        market.close[row] = bar[row][3];
        market.time[row] = midnight + (SyTime)(row + 1) * SY_HOUR;
        market.signals->long_entries[row] = letters[row] == 'L';
        market.signals->long_exits[row] = letters[row] == 'l';
        market.signals->short_entries[row] = letters[row] == 'S';
        market.signals->short_exits[row] = letters[row] == 's';
    }
    return market;
}

static SyLedger *simulate(const Market *market) {
    const SyPrices prices = {market->rows, 1,           market->open,
                             market->high, market->low, market->close,
                             market->time, {SY_HOUR, 0}};
    g_autoptr(GError) error = NULL;
    const char *key;
    g_autofree char *reason = sy_portfolio_validate(&market->config, 1, &key);
    if (reason)
        fail_msg("%s: %s", key, reason);
    SyLedger *ledger = sy_portfolio_simulate(&market->config, &prices, market->signals, &error);
    if (!ledger)
        fail_msg("%s", error->message);
    return ledger;
}

static void market_clear(Market *market) {
    sy_fields_clear(&sy_portfolio_fields, &market->config);
    sy_signals_free(market->signals);
}

/* Simulates, and compares the order that left: type NULL = there is none. */
static void assert_exit(gsize rows, const double bar[][4], const char *letters,
                        const char *const *settings, const char *type, gsize row, double price) {
    Market market = market_new(rows, bar, letters);
    for (gsize i = 0; settings[i]; i += 2)
        set(&market, settings[i], settings[i + 1]);
    g_autoptr(SyLedger) ledger = simulate(&market);
    if (ledger->orders->len != (type ? 2 : 1))
        fail_msg("%s = %s: %u orders", settings[0], settings[1], ledger->orders->len);
    if (type) {
        const SyOrderRecord *order = sy_ledger_order(ledger, 1);
        if (strcmp(order->type, type) != 0 || order->row != row ||
            fabs(order->price - price) > 1e-9)
            fail_msg("%s = %s: %s on row %zu at %.10g, expected %s on row %zu at %.10g",
                     settings[0], settings[1], order->type, order->row, order->price, type, row,
                     price);
        assert_true(ledger->position[rows - 1] == 0);
    }
    market_clear(&market);
}

#define EXIT(bars, letters, type, row, price, ...)                                                 \
    assert_exit(G_N_ELEMENTS(bars), bars, letters, (const char *const[]){__VA_ARGS__, NULL}, type, \
                row, price)

static void test_stops__a_loss_fills_at_its_level_or_at_a_worse_open(void **state) {
    (void)state;
    static const double falls[][4] = {
        {100, 100, 100, 100}, {99, 99, 96, 97}, {97, 98, 94, 96}, {90, 99, 89, 98}};
    EXIT(falls, "L...", "sl_stop", 2, 95, "sl_stop", "0.05");
    EXIT(falls, "L...", "sl_stop", 3, 90, "sl_stop", "0.08");
    EXIT(falls, "L...", NULL, 0, 0, "sl_stop", "0.2");
    EXIT(falls, "L...", "sl_stop", 2, 95, "sl_stop", "5", "delta_format", "percent100");
    EXIT(falls, "L...", "sl_stop", 1, 96.5, "sl_stop", "3.5", "delta_format", "absolute");
    EXIT(falls, "L...", "sl_stop", 2, 95.5, "sl_stop", "95.5", "delta_format", "target");
    EXIT(falls, "L...", "sl_stop", 2, 96, "sl_stop", "0.05", "stop_exit_price", "close");
    EXIT(falls, "L...", "sl_stop", 2, 95 * 0.99, "sl_stop", "0.05", "slippage", "0.01");
    static const double rises[][4] = {
        {100, 100, 100, 100}, {99, 104, 99, 100}, {100, 106, 96, 100}, {110, 111, 100, 100}};
    EXIT(rises, "S...", "sl_stop", 2, 105, "sl_stop", "0.05");
    EXIT(rises, "S...", "sl_stop", 3, 110, "sl_stop", "0.08");
}

static void test_stops__a_gain_fills_at_its_level_or_at_a_better_open(void **state) {
    (void)state;
    static const double rises[][4] = {
        {100, 120, 80, 100}, {100, 104, 99, 100}, {100, 106, 96, 100}, {112, 113, 100, 100}};
    EXIT(rises, "L...", "tp_stop", 2, 105, "tp_stop", "0.05");
    EXIT(rises, "L...", "tp_stop", 3, 112, "tp_stop", "0.1");
    EXIT(rises, "L...", NULL, 0, 0, "tp_stop", "inf");
    static const double falls[][4] = {
        {100, 100, 100, 100}, {99, 99, 96, 97}, {97, 98, 94, 96}, {90, 99, 89, 98}};
    EXIT(falls, "S...", "tp_stop", 2, 95, "tp_stop", "0.05");
    EXIT(falls, "S...", "tp_stop", 3, 90, "tp_stop", "0.08");
    EXIT(falls, "S...", "tp_stop", 2, 94.5, "tp_stop", "94.5", "delta_format", "target");
}

/* The bar of the entry spans everything and hits nothing. */
static void test_stops__are_not_tested_on_the_bar_of_the_entry(void **state) {
    (void)state;
    static const double wide[][4] = {{100, 200, 10, 100}, {100, 100, 100, 100}};
    EXIT(wide, "L.", NULL, 0, 0, "sl_stop", "0.05", "tp_stop", "0.05", "tsl_stop", "0.05");
    static const double late[][4] = {
        {100, 100, 100, 100}, {100, 200, 10, 100}, {100, 100, 94, 100}, {100, 100, 100, 100}};
    EXIT(late, "L...", "sl_stop", 2, 95, "sl_stop", "0.05", "price", "nextopen");
    EXIT(late, "L...", "sl_stop", 2, 95, "sl_stop", "0.05", "from_ago", "1");
}

static void test_stops__a_trailing_stop_follows_the_peak(void **state) {
    (void)state;
    /* row 1: peak 110 by the high, close above 99; row 2: opens above 99, falls through */
    static const double rises[][4] = {
        {100, 100, 100, 100}, {101, 110, 100, 105}, {105, 106, 98, 104}, {104, 104, 104, 104}};
    EXIT(rises, "L...", "tsl_stop", 2, 99, "tsl_stop", "0.1");
    EXIT(rises, "L...", "tsl_stop", 2, 99, "tsl_stop", "11", "delta_format", "absolute");
    /* an open is a peak before the bar is tested: 120 · 0.9 = 108 */
    static const double opens[][4] = {{100, 100, 100, 100}, {120, 121, 107, 115}};
    EXIT(opens, "L.", "tsl_stop", 1, 108, "tsl_stop", "0.1");
    /* a high is one after the bar, which is then tested with its close: 130 · 0.9 > 110 */
    static const double turns[][4] = {{100, 100, 100, 100}, {100, 130, 99, 110}};
    EXIT(turns, "L.", "tsl_stop", 1, 110, "tsl_stop", "0.1");
    /* the peak of row 1 meets the open of row 2 */
    static const double gaps[][4] = {{100, 100, 100, 100}, {100, 110, 100, 110}, {90, 95, 88, 92}};
    EXIT(gaps, "L..", "tsl_stop", 2, 90, "tsl_stop", "0.1");
    /* a short follows the trough: 80 · 1.1 = 88 */
    static const double falls[][4] = {{100, 100, 100, 100}, {95, 96, 80, 85}, {85, 89, 84, 86}};
    EXIT(falls, "S..", "tsl_stop", 2, 88, "tsl_stop", "0.1");
}

static void test_stops__a_threshold_arms_the_trailing_stop(void **state) {
    (void)state;
    static const double rises[][4] = {{100, 100, 100, 100},
                                      {100, 103, 100, 102},
                                      {102, 102, 95, 101},
                                      {101, 106, 101, 105},
                                      {105, 105, 99, 100}};
    EXIT(rises, "L....", "tsl_stop", 2, 103 * 0.95, "tsl_stop", "0.05");
    EXIT(rises, "L....", "tsl_stop", 4, 106 * 0.95, "tsl_stop", "0.05", "tsl_th", "0.05");
    EXIT(rises, "L....", NULL, 0, 0, "tsl_stop", "0.05", "tsl_th", "0.07");
}

static void test_stops__several_at_once_the_loss_comes_first(void **state) {
    (void)state;
    static const double wide[][4] = {{100, 100, 100, 100}, {100, 110, 90, 100}};
    EXIT(wide, "L.", "sl_stop", 1, 95, "sl_stop", "0.05", "tp_stop", "0.05");
    EXIT(wide, "L.", "tsl_stop", 1, 95, "tsl_stop", "0.05", "tp_stop", "0.05");
    EXIT(wide, "L.", "sl_stop", 1, 95, "sl_stop", "0.05", "tsl_stop", "0.03");
    EXIT(wide, "S.", "sl_stop", 1, 105, "sl_stop", "0.05", "tp_stop", "0.05");
    /* what is reached at the open comes before what is reached within the bar */
    static const double gap[][4] = {{100, 100, 100, 100}, {107, 110, 90, 100}};
    EXIT(gap, "L.", "tp_stop", 1, 107, "sl_stop", "0.05", "tp_stop", "0.05");
}

static void test_stops__a_stop_comes_before_the_signals_of_its_bar(void **state) {
    (void)state;
    static const double falls[][4] = {
        {100, 100, 100, 100}, {100, 100, 94, 98}, {98, 98, 98, 98}, {98, 98, 98, 98}};
    Market market = market_new(4, falls, "LS..");
    set(&market, "sl_stop", "0.05");
    g_autoptr(SyLedger) ledger = simulate(&market);
    assert_int_equal(ledger->orders->len, 2); /* one order a row: the short entry is dropped */
    assert_string_equal(sy_ledger_order(ledger, 1)->type, "sl_stop");
    assert_true(ledger->position[1] == 0 && ledger->position[3] == 0);
    market_clear(&market);
    EXIT(falls, "Ll..", "sl_stop", 1, 95, "sl_stop", "0.05");
    EXIT(falls, "Ll..", "signal", 1, 98, "sl_stop", "0.1");
}

static void test_stops__are_set_anew_by_growth_and_kept_by_a_reduction(void **state) {
    (void)state;
    static const double bars[][4] = {{100, 100, 100, 100}, {110, 110, 110, 110},
                                     {110, 110, 106, 108}, {108, 108, 104, 106},
                                     {106, 106, 94, 96},   {96, 96, 96, 96}};
    Market market = market_new(6, bars, "LL....");
    set(&market, "init_cash", "1000");
    set(&market, "accumulate", "true");
    set(&market, "sl_stop", "0.05");
    g_autoptr(SyLedger) grown = simulate(&market);
    const SyOrderRecord *order = sy_ledger_order(grown, 2);
    assert_int_equal(order->row, 3); /* 5 % below 110, the whole position */
    assert_near(order->price, 104.5, 1e-9);
    assert_near(order->size, 2, 1e-12);
    market_clear(&market);
    market = market_new(6, bars, "L.l...");
    set(&market, "accumulate", "true");
    set(&market, "sl_stop", "0.05");
    set(&market, "init_position", "1");
    set(&market, "init_price", "100");
    g_autoptr(SyLedger) reduced = simulate(&market);
    assert_near(reduced->position[2], 1, 1e-12);
    order = sy_ledger_order(reduced, 2);
    assert_int_equal(order->row, 4);
    assert_near(order->price, 95, 1e-9);
    market_clear(&market);
}

static void test_stops__a_reversal_sets_those_of_the_other_side(void **state) {
    (void)state;
    static const double bars[][4] = {
        {100, 100, 100, 100}, {100, 100, 100, 100}, {100, 104, 90, 100}, {100, 106, 100, 100}};
    Market market = market_new(4, bars, "LS..");
    set(&market, "sl_stop", "0.05");
    g_autoptr(SyLedger) ledger = simulate(&market);
    assert_int_equal(ledger->orders->len, 3);
    assert_int_equal(sy_ledger_order(ledger, 2)->side, SY_BUY);
    assert_int_equal(sy_ledger_order(ledger, 2)->row, 3);
    assert_near(sy_ledger_order(ledger, 2)->price, 105, 1e-9);
    market_clear(&market);
}

static void test_stops__a_position_at_the_start_has_them_from_the_first_bar(void **state) {
    (void)state;
    static const double bars[][4] = {{100, 100, 94, 98}, {98, 98, 98, 98}};
    Market market = market_new(2, bars, "..");
    set(&market, "init_position", "1");
    set(&market, "init_price", "100");
    set(&market, "sl_stop", "0.05");
    g_autoptr(SyLedger) ledger = simulate(&market);
    assert_int_equal(ledger->orders->len, 1);
    assert_near(sy_ledger_order(ledger, 0)->price, 95, 1e-9);
    market_clear(&market);
}

static void test_stops__a_row_without_prices_hits_nothing(void **state) {
    (void)state;
    const double bars[][4] = {
        {100, 100, 100, 100}, {NAN, NAN, NAN, NAN}, {90, 91, 89, 90}, {90, 90, 90, 90}};
    EXIT(bars, "L...", "sl_stop", 2, 90, "sl_stop", "0.05");
    /* without a low only the close counts, and is the price */
    const double closes[][4] = {
        {100, 100, 100, 100}, {NAN, NAN, NAN, 96}, {NAN, 100, 90, 94}, {90, 90, 90, 90}};
    EXIT(closes, "L...", "sl_stop", 2, 94, "sl_stop", "0.05");
}

static void test_stops__a_time_stop_counts_from_the_open_of_the_entry_bar(void **state) {
    (void)state;
    static const double bars[][4] = {{100, 100, 100, 100},
                                     {101, 101, 101, 101.5},
                                     {102, 102, 102, 102.5},
                                     {103, 103, 103, 103.5},
                                     {104, 104, 104, 104.5}};
    /* entered on the bar from 00:00 to 01:00 */
    EXIT(bars, "L....", "td_stop", 1, 101.5, "td_stop", "2h");
    EXIT(bars, "L....", "td_stop", 2, 102.5, "td_stop", "3h");
    EXIT(bars, "L....", "td_stop", 2, 102.5, "td_stop", "150m");
    EXIT(bars, "L....", "td_stop", 1, 101, "td_stop", "1h");
    EXIT(bars, "L....", NULL, 0, 0, "td_stop", "6h");
    EXIT(bars, "L....", "dt_stop", 2, 102.5, "dt_stop", "03:00");
    EXIT(bars, "L....", "dt_stop", 2, 102.5, "dt_stop", "02:30:00");
    EXIT(bars, "L....", NULL, 0, 0, "dt_stop", "01:00");
    EXIT(bars, "L....", "dt_stop", 1, 101, "dt_stop", "01:00", "price", "open");
    EXIT(bars, "L....", "dt_stop", 3, 103.5, "dt_stop", "2024-03-01 04:00");
    EXIT(bars, ".L...", NULL, 0, 0, "dt_stop", "2024-03-01 01:30");
    EXIT(bars, "L....", "dt_stop", 1, 101.5, "td_stop", "3h", "dt_stop", "02:00");
    EXIT(bars, "L....", "td_stop", 1, 101.5, "td_stop", "2h", "dt_stop", "03:00");
}

/* Weekend: no bar closes when the time comes; the next one opens after it. */
static void test_stops__a_time_without_a_bar_fills_at_the_next_open(void **state) {
    (void)state;
    static const double bars[][4] = {
        {100, 100, 100, 100}, {101, 101, 101, 101.5}, {102, 102, 102, 102.5}};
    Market market = market_new(3, bars, "L..");
    market.time[2] += 2 * SY_DAY;
    set(&market, "td_stop", "5h");
    g_autoptr(SyLedger) ledger = simulate(&market);
    assert_int_equal(sy_ledger_order(ledger, 1)->row, 2);
    assert_near(sy_ledger_order(ledger, 1)->price, 102, 0);
    market_clear(&market);
}

static void test_stops__a_rejected_stop_is_tried_again_on_the_next_bar(void **state) {
    (void)state;
    static const double bars[][4] = {
        {100, 100, 100, 100}, {100, 220, 100, 220}, {150, 150, 150, 150}, {150, 150, 150, 150}};
    Market market = market_new(4, bars, "S...");
    set(&market, "sl_stop", "1.15");
    set(&market, "allow_partial", "false");
    set(&market, "init_cash", "110"); /* 210 in all: a cover at 215 cannot be paid */
    g_autoptr(SyLedger) ledger = simulate(&market);
    assert_int_equal(ledger->orders->len, 2);
    assert_int_equal(sy_ledger_order(ledger, 1)->status, SY_REJECTED);
    assert_true(ledger->position[3] == -1); /* 150 is below the level again */
    market_clear(&market);
}

/* Two symbols of one pool: the stop of the second frees the cash that the first then uses. */
static void test_stops__what_happens_earlier_in_the_bar_is_worked_first(void **state) {
    (void)state;
    static const double open[] = {10, 10, 10, 10}, high[] = {10, 10, 10, 10},
                        low[] = {10, 10, 10, 8}, close[] = {10, 10, 10, 9};
    const SyPrices prices = {2, 2, open, high, low, close, NULL, {0, 0}};
    Market market = {.signals = sy_signals_new(2, 2)};
    sy_fields_init(&sy_portfolio_fields, &market.config);
    set(&market, "cash_sharing", "true");
    set(&market, "sl_stop", "0.1");
    market.signals->long_entries[2] = 1; /* column 1, row 0 */
    market.signals->long_entries[1] = 1; /* column 0, row 1 */
    g_autoptr(SyLedger) ledger =
        sy_portfolio_simulate(&market.config, &prices, market.signals, NULL);
    assert_int_equal(ledger->orders->len, 3);
    assert_string_equal(sy_ledger_order(ledger, 1)->type, "sl_stop");
    assert_int_equal(sy_ledger_order(ledger, 2)->column, 0);
    assert_near(sy_ledger_order(ledger, 2)->size, 9, 1e-12);
    market_clear(&market);
}

static void test_stops__times_are_read_or_refused(void **state) {
    (void)state;
    static const struct {
        const char *text;
        bool daily;
        SyTime at;
    } good[] = {{"16:00", true, 16 * SY_HOUR},
                {"09:30:15", true, 9 * SY_HOUR + 30 * SY_MINUTE + 15 * SY_SECOND},
                {"1970-01-02", false, SY_DAY}};
    for (gsize i = 0; i < G_N_ELEMENTS(good); i++) {
        SyStopTime time;
        assert_true(sy_stop_time_parse(good[i].text, &time, NULL));
        assert_int_equal(time.daily, good[i].daily);
        assert_int_equal(time.at, good[i].at);
    }
    static const char *const bad[] = {"24:00", "12:60", "12:00:", "noon", "now", "3 days ago", ""};
    for (gsize i = 0; i < G_N_ELEMENTS(bad); i++) {
        SyStopTime time;
        g_autoptr(GError) error = NULL;
        if (sy_stop_time_parse(bad[i], &time, &error))
            fail_msg("\"%s\" was accepted", bad[i]);
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_stops__a_loss_fills_at_its_level_or_at_a_worse_open),
        cmocka_unit_test(test_stops__a_gain_fills_at_its_level_or_at_a_better_open),
        cmocka_unit_test(test_stops__are_not_tested_on_the_bar_of_the_entry),
        cmocka_unit_test(test_stops__a_trailing_stop_follows_the_peak),
        cmocka_unit_test(test_stops__a_threshold_arms_the_trailing_stop),
        cmocka_unit_test(test_stops__several_at_once_the_loss_comes_first),
        cmocka_unit_test(test_stops__a_stop_comes_before_the_signals_of_its_bar),
        cmocka_unit_test(test_stops__are_set_anew_by_growth_and_kept_by_a_reduction),
        cmocka_unit_test(test_stops__a_reversal_sets_those_of_the_other_side),
        cmocka_unit_test(test_stops__a_position_at_the_start_has_them_from_the_first_bar),
        cmocka_unit_test(test_stops__a_row_without_prices_hits_nothing),
        cmocka_unit_test(test_stops__a_time_stop_counts_from_the_open_of_the_entry_bar),
        cmocka_unit_test(test_stops__a_time_without_a_bar_fills_at_the_next_open),
        cmocka_unit_test(test_stops__a_rejected_stop_is_tried_again_on_the_next_bar),
        cmocka_unit_test(test_stops__what_happens_earlier_in_the_bar_is_worked_first),
        cmocka_unit_test(test_stops__times_are_read_or_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
