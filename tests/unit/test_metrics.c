/* The table of metrics: every row is complete, names are those of stats.json, and what has no
 * meaning is NaN. */
#include "test.h"

#include <stdlib.h>
#include <string.h>

#include "portfolio/metrics.h"
#include "portfolio/statistics.h"

/* A ledger of one column with these values and no orders. */
static SyLedger *ledger_of(gsize rows, const double *value, double start) {
    SyLedger *ledger = sy_ledger_new(rows, 1, true);
    sy_ledger_add_series(ledger);
    ledger->init_cash[0] = ledger->init_value[0] = start;
    for (gsize row = 0; row < rows; row++) {
        ledger->value[row] = ledger->cash[row] = value[row];
        ledger->returns[row] = value[row] / (row ? value[row - 1] : start) - 1;
    }
    return ledger;
}

static double metric(const SyLedger *ledger, const double *close, const char *name) {
    SyPrices prices = {ledger->rows, ledger->columns, close, close, close, close};
    const SyMetric *row = sy_metric_find(name);
    if (!row)
        fail_msg("no metric %s", name);
    SyPortfolioConfig config;
    sy_fields_init(&sy_portfolio_fields, &config);
    SyMetricInput input =
        sy_metric_input(&config, (SyTimeframe){.nanoseconds = SY_DAY}, ledger, &prices, 0);
    sy_fields_clear(&sy_portfolio_fields, &config);
    return row->compute(&input);
}

static void test_metrics__have_the_names_of_stats_json(void **state) {
    (void)state;
    static const char names[] =
        "start_value end_value total_return benchmark_return annualised_return "
        "annualised_volatility sharpe sortino calmar omega max_drawdown max_drawdown_duration "
        "max_gross_exposure total_time_exposure total_orders total_fees total_trades closed_trades "
        "open_trades open_trade_pnl win_rate best_trade worst_trade avg_winning_trade "
        "avg_losing_trade avg_winning_duration avg_losing_duration profit_factor expectancy sqn "
        "var_5 cvar_5 tail_ratio skew kurtosis ulcer_index kelly alpha beta information_ratio "
        "annualisation_factor";
    g_auto(GStrv) expected = g_strsplit(names, " ", -1);
    assert_int_equal(sy_n_metrics, g_strv_length(expected));
    for (gsize i = 0; i < sy_n_metrics; i++)
        assert_non_null(sy_metric_find(expected[i]));
    assert_null(sy_metric_find("luck"));
}

static void test_metrics__rows_are_complete(void **state) {
    (void)state;
    for (gsize i = 0; i < sy_n_metrics; i++) {
        const SyMetric *row = &sy_metrics[i];
        assert_true(row->title && *row->title && row->formula && *row->formula && row->source &&
                    *row->source);
        assert_non_null(strstr("fraction seconds money count ratio", row->unit));
    }
}

static void test_metrics__without_trades_or_variance_are_not_a_number(void **state) {
    (void)state;
    static const double value[] = {100, 100, 100}, close[] = {5, 5, 5};
    static const char *const none[] = {"sharpe",
                                       "sortino",
                                       "calmar",
                                       "omega",
                                       "win_rate",
                                       "best_trade",
                                       "worst_trade",
                                       "avg_winning_trade",
                                       "avg_losing_trade",
                                       "profit_factor",
                                       "expectancy",
                                       "sqn",
                                       "tail_ratio",
                                       "skew",
                                       "kurtosis",
                                       "avg_winning_duration",
                                       "avg_losing_duration",
                                       "kelly",
                                       "alpha",
                                       "beta",
                                       "information_ratio"};
    g_autoptr(SyLedger) flat = ledger_of(3, value, 100);
    for (gsize i = 0; i < G_N_ELEMENTS(none); i++)
        if (!isnan(metric(flat, close, none[i])))
            fail_msg("%s = %g", none[i], metric(flat, close, none[i]));
    static const char *const zero[] = {
        "total_return",        "annualised_return",     "annualised_volatility",
        "max_drawdown",        "max_drawdown_duration", "max_gross_exposure",
        "total_time_exposure", "total_trades",          "ulcer_index"};
    for (gsize i = 0; i < G_N_ELEMENTS(zero); i++)
        assert_near(metric(flat, close, zero[i]), 0, 0);
}

static void test_metrics__a_constant_return_has_no_sharpe_ratio(void **state) {
    (void)state;
    double returns[50], value[50], close[50];
    for (int i = 0; i < 50; i++) {
        returns[i] = 0.1;
        value[i] = close[i] = 100 + i;
    }
    g_autoptr(SyLedger) ledger = ledger_of(50, value, 100);
    memcpy(ledger->returns, returns, sizeof returns);
    assert_true(isnan(metric(ledger, close, "sharpe")));
    assert_near(metric(ledger, close, "annualised_volatility"), 0, 0);
}

static void test_metrics__of_a_value_series(void **state) {
    (void)state;
    static const double value[] = {110, 99, 104.5, 121}, close[] = {10, 9, 9.5, 11};
    g_autoptr(SyLedger) ledger = ledger_of(4, value, 100);
    SyDrawdownRecord drawdown = {
        .start_row = 1, .valley_row = 1, .end_row = 3, .peak_value = 110, .valley_value = 99};
    g_array_append_val(ledger->drawdowns, drawdown);
    assert_near(metric(ledger, close, "total_return"), 0.21, 1e-12);
    assert_near(metric(ledger, close, "benchmark_return"), 0.1, 1e-12);
    assert_near(metric(ledger, close, "annualised_return"), pow(1.21, 365.0 / 4) - 1, 1e-3);
    assert_near(metric(ledger, close, "max_drawdown"), -0.1, 1e-12);
    assert_near(metric(ledger, close, "max_drawdown_duration"), 2 * 86400, 0);
    assert_near(metric(ledger, close, "ulcer_index"), sqrt((0.01 + 0.0025) / 4), 1e-12);
    assert_near(metric(ledger, close, "omega"), (0.1 + 104.5 / 99 - 1 + 121 / 104.5 - 1) / 0.1,
                1e-10);
    assert_near(metric(ledger, close, "var_5"), -0.1 + 0.15 * (104.5 / 99 - 1 + 0.1), 1e-12);
    assert_near(metric(ledger, close, "cvar_5"), -0.1, 1e-12);
}

static void test_metrics__kelly_of_trades(void **state) {
    (void)state;
    static const double value[] = {100, 100}, close[] = {1, 1};
    static const double returns[] = {0.2, 0.1, -0.1, 0.3};
    g_autoptr(SyLedger) ledger = ledger_of(2, value, 100);
    for (gsize i = 0; i < G_N_ELEMENTS(returns); i++) {
        SyTradeRecord trade = {.pnl = returns[i], .pnl_return = returns[i], .exit_row = 1};
        g_array_append_val(ledger->trades, trade);
    }
    assert_near(metric(ledger, close, "kelly"), 0.75 - 0.25 / (0.2 / 0.1), 1e-12);
    assert_near(metric(ledger, close, "win_rate"), 0.75, 0);
    assert_near(metric(ledger, close, "profit_factor"), 6, 1e-12);
}

static void test_metrics__count_orders_that_were_filled(void **state) {
    (void)state;
    static const double value[] = {100, 100}, close[] = {1, 1};
    g_autoptr(SyLedger) ledger = ledger_of(2, value, 100);
    SyOrderRecord filled = {.size = 1, .price = 1, .fees = 0.5, .status = SY_FILLED};
    SyOrderRecord rejected = {.price = 1, .status = SY_REJECTED};
    g_array_append_val(ledger->orders, filled);
    g_array_append_val(ledger->orders, rejected);
    assert_near(metric(ledger, close, "total_orders"), 1, 0);
    assert_near(metric(ledger, close, "total_fees"), 0.5, 0);
}

static void test_metrics__the_benchmark_carries_missing_prices(void **state) {
    (void)state;
    static const double value[] = {100, 101, 103, 104};
    static const double close[] = {NAN, 10, NAN, 12};
    g_autoptr(SyLedger) ledger = ledger_of(4, value, 100);
    assert_near(metric(ledger, close, "benchmark_return"), 0.2, 1e-12);
    assert_false(isnan(metric(ledger, close, "beta")));
}

static int ascending(const void *a, const void *b) {
    double x = *(const double *)a, y = *(const double *)b;
    return (x > y) - (x < y);
}

/* Type 7 of a sorted series. */
static double quantile(const double *sorted, gsize n, double share) {
    double place = (double)(n - 1) * share;
    gsize below = (gsize)place, above = MIN(below + 1, n - 1);
    return sorted[below] + (sorted[above] - sorted[below]) * (place - (double)below);
}

static void test_statistics__tails_are_those_of_a_sort(void **state) {
    (void)state;
    GRand *random = g_rand_new_with_seed(11);
    for (int run = 0; run < 3000; run++) {
        double x[700], sorted[700], low, high, shortfall, sum = 0;
        gsize n = (gsize)g_rand_int_range(random, 1, run % 4 ? 60 : 700);
        int values = g_rand_int_range(random, 1, 800); /* few values: many ties */
        for (gsize i = 0; i < n; i++)
            x[i] = sorted[i] = g_rand_int_range(random, 0, values) - values / 2;
        if (run % 3 == 0)
            qsort(x, n, sizeof *x, ascending);
        qsort(sorted, n, sizeof *sorted, ascending);
        double share = run % 2 ? 0.05 : g_rand_double_range(random, 0, 0.5);
        gsize last = (gsize)((double)(n - 1) * share);
        for (gsize i = 0; i <= last; i++)
            sum += sorted[i];
        sy_returns_tails(x, n, share, &low, &high, &shortfall);
        assert_near(low, quantile(sorted, n, share), 0);
        assert_near(high, quantile(sorted, n, 1 - share), 0);
        assert_near(shortfall, sum / (double)(last + 1), 1e-12);
    }
    g_rand_free(random);
}

/* A series is walked in lanes, and its ends are gathered before they are selected from; none of
 * that may show. */
static void test_statistics__of_a_long_series_are_those_of_plain_sums(void **state) {
    (void)state;
    enum { MOST = 6000 };
    GRand *random = g_rand_new_with_seed(23);
    g_autofree double *x = g_new(double, MOST), *b = g_new(double, MOST);
    g_autofree double *sorted = g_new(double, MOST), *work = g_new(double, 3 * MOST);
    for (int run = 0; run < 60; run++) {
        gsize n = (gsize)g_rand_int_range(random, 3, MOST), m = 0, last;
        double flat = run % 3 ? 0 : 0.9, gaps = run % 4 ? 0 : 0.1, sum = 0, squares = 0, tail = 0;
        for (gsize i = 0; i < n; i++) {
            x[i] = g_rand_double(random) < flat ? 0 : g_rand_double_range(random, -0.1, 0.11);
            b[i] = g_rand_double_range(random, -0.1, 0.1);
            if (g_rand_double(random) < gaps)
                x[i] = NAN;
            else
                sorted[m++] = x[i];
        }
        if (m < 3)
            continue;
        SyReturns r = sy_returns_of(x, b, n, 0.001, work);
        for (gsize i = 0; i < m; i++)
            sum += sorted[i];
        for (gsize i = 0; i < m; i++)
            squares += (sorted[i] - sum / (double)m) * (sorted[i] - sum / (double)m);
        assert_int_equal(r.present, m);
        assert_int_equal(r.joint.n, m);
        assert_near(r.mean, sum / (double)m, 1e-15);
        assert_near(r.m2, squares / (double)m, 1e-15);
        qsort(sorted, m, sizeof *sorted, ascending);
        last = (gsize)((double)(m - 1) * 0.05);
        for (gsize i = 0; i <= last; i++)
            tail += sorted[i];
        assert_near(r.low, quantile(sorted, m, 0.05), 1e-16);
        assert_near(r.high, quantile(sorted, m, 0.95), 1e-16);
        assert_near(r.shortfall, tail / (double)(last + 1), 1e-15);
        double covariance = 0, benchmark = 0;
        for (gsize i = 0; i < n; i++)
            benchmark += isnan(x[i]) ? 0 : b[i] / (double)m;
        for (gsize i = 0; i < n; i++)
            covariance += isnan(x[i]) ? 0 : (b[i] - benchmark) * (x[i] - r.mean) / (double)m;
        assert_near(r.joint.covariance, covariance, 1e-15);
    }
    g_rand_free(random);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_metrics__have_the_names_of_stats_json),
        cmocka_unit_test(test_metrics__rows_are_complete),
        cmocka_unit_test(test_metrics__without_trades_or_variance_are_not_a_number),
        cmocka_unit_test(test_metrics__a_constant_return_has_no_sharpe_ratio),
        cmocka_unit_test(test_metrics__of_a_value_series),
        cmocka_unit_test(test_metrics__kelly_of_trades),
        cmocka_unit_test(test_metrics__count_orders_that_were_filled),
        cmocka_unit_test(test_metrics__the_benchmark_carries_missing_prices),
        cmocka_unit_test(test_statistics__of_a_long_series_are_those_of_plain_sums),
        cmocka_unit_test(test_statistics__tails_are_those_of_a_sort),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
