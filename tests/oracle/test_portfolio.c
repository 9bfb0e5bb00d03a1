/* Simulated portfolios against the figures of an independent program: orders, trades, positions,
 * values and metrics of seven parameter sets (portfolio/README.md). */
#include "test.h"

#include <string.h>

#include "csv.h"
#include "portfolio/metrics.h"

/* Sums of some hundred roundings, relative to the money at the start. */
#define TOLERANCE 1e-12

typedef struct {
    const char *name, *data;
    double row_seconds;
    gsize columns;
    bool has_positions, has_values; /* files that are kept */
    const char *settings[13];       /* key, value … */
} Set;

static const Set sets[] = {
    {"p01_amount_plain", "pair", 3600, 2, false, false, {"size", "1", "init_cash", "100000"}},
    {"p02_value_fees",
     "pair",
     3600,
     2,
     false,
     true,
     {"size", "5000", "size_type", "value", "fees", "0.001", "init_cash", "100000"}},
    {"p05_share_amount_default",
     "pair",
     3600,
     2,
     false,
     true,
     {"size", "1", "fees", "0.001", "slippage", "0.001", "cash_sharing", "true", "group_by", "true",
      "init_cash", "100000"}},
    {"r01_opposite_reverse",
     "rand",
     86400,
     4,
     false,
     false,
     {"size", "2", "fees", "0.001", "upon_opposite_entry", "reverse", "init_cash", "10000"}},
    {"r02_longshortconflict_entry",
     "rand",
     86400,
     4,
     false,
     false,
     {"size", "2", "fees", "0.001", "upon_long_conflict", "entry", "upon_short_conflict", "entry",
      "init_cash", "10000"}},
    {"r03_dirconflict_long",
     "rand",
     86400,
     4,
     false,
     false,
     {"size", "2", "fees", "0.001", "upon_dir_conflict", "long", "init_cash", "10000"}},
    {"r04_accumulate_both",
     "rand",
     86400,
     4,
     true,
     true,
     {"size", "1", "fees", "0.001", "accumulate", "both", "upon_opposite_entry", "reversereduce",
      "init_cash", "10000"}},
};

static const char letters[] = "ABCD";

/* A set's inputs and what we make of them. */
typedef struct {
    const Set *set;
    SyPortfolioConfig config;
    SyPrices prices;
    SyLedger *ledger;
} Case;

static Csv *read_input(const Set *set, const char *kind) {
    g_autofree char *path =
        g_strdup_printf("tests/oracle/portfolio/inputs/%s_%s.csv", set->data, kind);
    return csv_read(path);
}

static Csv *read_figures(const Set *set, const char *kind) {
    g_autofree char *path = g_strdup_printf("tests/oracle/portfolio/%s.%s.csv", set->name, kind);
    return csv_read(path);
}

static double *read_prices(const Set *set, gsize *rows) {
    g_autoptr(Csv) csv = read_input(set, "close");
    double *close = g_new(double, csv->rows * set->columns);
    for (gsize c = 0; c < set->columns; c++)
        for (gsize row = 0; row < csv->rows; row++)
            close[c * csv->rows + row] = csv_number(csv, row, (char[]){letters[c], 0});
    *rows = csv->rows;
    return close;
}

static void read_signals(const Set *set, const char *kind, guint8 *cells) {
    g_autoptr(Csv) csv = read_input(set, kind);
    for (gsize c = 0; c < set->columns; c++)
        for (gsize row = 0; row < csv->rows; row++)
            cells[c * csv->rows + row] = csv_number(csv, row, (char[]){letters[c], 0}) != 0;
}

static Case run(const Set *set) {
    Case run = {.set = set};
    g_autoptr(GError) error = NULL;
    sy_fields_init(&sy_portfolio_fields, &run.config);
    for (gsize i = 0; i < G_N_ELEMENTS(set->settings) && set->settings[i]; i += 2) {
        const SyField *field =
            sy_field_find(sy_portfolio_fields.rows, sy_portfolio_fields.n, set->settings[i]);
        if (!sy_field_set_text(field, &run.config, set->settings[i + 1], &error))
            fail_msg("%s", error->message);
    }
    gsize rows;
    double *close = read_prices(set, &rows);
    run.prices = (SyPrices){rows, set->columns, close, close, close, close};
    g_autoptr(SySignals) signals = sy_signals_new(rows, set->columns);
    read_signals(set, "le", signals->long_entries);
    read_signals(set, "lx", signals->long_exits);
    read_signals(set, "se", signals->short_entries);
    read_signals(set, "sx", signals->short_exits);
    run.ledger = sy_portfolio_simulate(&run.config, &run.prices, signals, &error);
    if (!run.ledger)
        fail_msg("%s", error->message);
    return run;
}

static void case_clear(Case *done) {
    sy_fields_clear(&sy_portfolio_fields, &done->config);
    g_free((double *)done->prices.close);
    sy_ledger_free(done->ledger);
}

static void assert_close(const Case *done, const char *what, gsize at, double ours, double theirs,
                         double scale) {
    if (!(fabs(ours - theirs) <= TOLERANCE * fmax(scale, fabs(theirs))))
        fail_msg("%s: %s of %zu = %.17g, expected %.17g", done->set->name, what, at, ours, theirs);
}

/* The next order of a column from *at on. */
static const SyOrderRecord *next_order(const SyLedger *ledger, gsize column, guint *at) {
    while (*at < ledger->orders->len)
        if (sy_ledger_order(ledger, (*at)++)->column == column)
            return sy_ledger_order(ledger, *at - 1);
    fail_msg("column %zu has too few orders", column);
    return NULL;
}

/* Theirs are sorted by column where columns are not grouped: the n-th of a column belong together.
 */
static void test_portfolio__orders_agree(void **state) {
    (void)state;
    for (gsize s = 0; s < G_N_ELEMENTS(sets); s++) {
        Case done = run(&sets[s]);
        g_autoptr(Csv) theirs = read_figures(&sets[s], "orders");
        guint at[G_N_ELEMENTS(letters)] = {0};
        assert_int_equal(done.ledger->orders->len, theirs->rows);
        for (gsize row = 0; row < theirs->rows; row++) {
            gsize column = (gsize)csv_number(theirs, row, "col");
            const SyOrderRecord *order = next_order(done.ledger, column, &at[column]);
            assert_int_equal(order->status, SY_FILLED);
            assert_int_equal(order->row, csv_number(theirs, row, "idx"));
            assert_int_equal(order->side, csv_number(theirs, row, "side"));
            assert_close(&done, "size", row, order->size, csv_number(theirs, row, "size"), 0);
            assert_close(&done, "price", row, order->price, csv_number(theirs, row, "price"), 0);
            assert_close(&done, "fees", row, order->fees, csv_number(theirs, row, "fees"), 0);
        }
        case_clear(&done);
    }
}

static void compare_trades(const Case *done, const GArray *trades, const char *kind) {
    g_autoptr(Csv) theirs = read_figures(done->set, kind);
    gsize at = 0;
    for (gsize c = 0; c < done->set->columns; c++)
        for (guint i = 0; i < trades->len; i++) {
            const SyTradeRecord *trade = &g_array_index(trades, SyTradeRecord, i);
            if (trade->column != c)
                continue;
            assert_true(at < theirs->rows);
            assert_int_equal(trade->id, i);
            assert_int_equal(trade->entry_row, csv_number(theirs, at, "entry_idx"));
            assert_int_equal(trade->exit_row, csv_number(theirs, at, "exit_idx"));
            assert_int_equal(trade->direction, csv_number(theirs, at, "direction"));
            assert_int_equal(!trade->is_open, csv_number(theirs, at, "status"));
            double entry = csv_number(theirs, at, "entry_price") * csv_number(theirs, at, "size");
            assert_close(done, "size", at, trade->size, csv_number(theirs, at, "size"), 0);
            assert_close(done, "entry_price", at, trade->entry_price,
                         csv_number(theirs, at, "entry_price"), 0);
            assert_close(done, "entry_fees", at, trade->entry_fees,
                         csv_number(theirs, at, "entry_fees"), 0);
            assert_close(done, "exit_price", at, trade->exit_price,
                         csv_number(theirs, at, "exit_price"), 0);
            assert_close(done, "exit_fees", at, trade->exit_fees,
                         csv_number(theirs, at, "exit_fees"), 0);
            assert_close(done, "pnl", at, trade->pnl, csv_number(theirs, at, "pnl"), entry);
            assert_close(done, "return", at, trade->pnl_return, csv_number(theirs, at, "return"),
                         1);
            at++;
        }
    assert_int_equal(at, theirs->rows);
}

static void test_portfolio__trades_and_positions_agree(void **state) {
    (void)state;
    for (gsize s = 0; s < G_N_ELEMENTS(sets); s++) {
        Case done = run(&sets[s]);
        compare_trades(&done, done.ledger->trades, "trades");
        /* where no position is reduced in part, its one trade says the same */
        compare_trades(&done, done.ledger->positions,
                       sets[s].has_positions ? "positions" : "trades");
        case_clear(&done);
    }
}

static void compare_series(const Case *done, const Csv *theirs, const char *prefix,
                           const double *ours, double scale) {
    for (gsize g = 0; g < done->ledger->groups; g++) {
        g_autofree char *column =
            g_strdup_printf("%s_%c", prefix, done->ledger->groups > 1 ? letters[g] : 'g');
        for (gsize row = 0; row < theirs->rows; row++)
            assert_close(done, column, row, ours[g * theirs->rows + row],
                         csv_number(theirs, row, column), scale);
    }
}

static void test_portfolio__values_agree(void **state) {
    (void)state;
    for (gsize s = 0; s < G_N_ELEMENTS(sets); s++) {
        if (!sets[s].has_values)
            continue;
        Case done = run(&sets[s]);
        g_autoptr(Csv) theirs = read_figures(&sets[s], "value");
        assert_int_equal(theirs->rows, done.ledger->rows);
        compare_series(&done, theirs, "value", done.ledger->value, 0);
        compare_series(&done, theirs, "cash", done.ledger->cash, 0);
        compare_series(&done, theirs, "ret", done.ledger->returns, 1);
        case_clear(&done);
    }
}

static const struct {
    const char *of, *metric, *ours;
    double scale; /* ours × scale = theirs */
} names[] = {
    {"portfolio", "Start Value", "start_value", 1},
    {"portfolio", "End Value", "end_value", 1},
    {"portfolio", "Total Return [%]", "total_return", 100},
    {"portfolio", "Benchmark Return [%]", "benchmark_return", 100},
    {"portfolio", "Total Fees Paid", "total_fees", 1},
    {"portfolio", "Max Drawdown [%]", "max_drawdown", -100},
    {"portfolio", "Max Drawdown Duration", "max_drawdown_duration", 1},
    {"portfolio", "Total Trades", "total_trades", 1},
    {"portfolio", "Total Closed Trades", "closed_trades", 1},
    {"portfolio", "Total Open Trades", "open_trades", 1},
    {"portfolio", "Open Trade PnL", "open_trade_pnl", 1},
    {"portfolio", "Win Rate [%]", "win_rate", 100},
    {"portfolio", "Best Trade [%]", "best_trade", 100},
    {"portfolio", "Worst Trade [%]", "worst_trade", 100},
    {"portfolio", "Avg Winning Trade [%]", "avg_winning_trade", 100},
    {"portfolio", "Avg Losing Trade [%]", "avg_losing_trade", 100},
    {"portfolio", "Avg Winning Trade Duration", "avg_winning_duration", 1},
    {"portfolio", "Avg Losing Trade Duration", "avg_losing_duration", 1},
    {"portfolio", "Profit Factor", "profit_factor", 1},
    {"portfolio", "Expectancy", "expectancy", 1},
    {"portfolio", "Sharpe Ratio", "sharpe", 1},
    {"portfolio", "Calmar Ratio", "calmar", 1},
    {"portfolio", "Omega Ratio", "omega", 1},
    {"portfolio", "Sortino Ratio", "sortino", 1},
    {"returns", "Annualized Return [%]", "annualised_return", 100},
    {"returns", "Annualized Volatility [%]", "annualised_volatility", 100},
    {"returns", "Skew", "skew", 1},
    {"returns", "Kurtosis", "kurtosis", 1},
    {"returns", "Tail Ratio", "tail_ratio", 1},
    {"returns", "Value at Risk", "var_5", 1},
    {"returns", "Alpha", "alpha", 1},
    {"returns", "Beta", "beta", 1},
    {"trades", "SQN", "sqn", 1},
    {"orders", "Total Records", "total_orders", 1},
};

/* Their durations are cut to whole microseconds. Returns are rounded relative to 1, so that a skew
 * near 0 keeps ten digits. */
static void compare_metric(const Case *done, const Csv *theirs, gsize row, gsize name,
                           const SyMetric *metric) {
    for (gsize g = 0; g < done->ledger->groups; g++) {
        SyTimeframe row_length = {.nanoseconds = (gint64)done->set->row_seconds * SY_SECOND};
        SyMetricInput input =
            sy_metric_input(&done->config, row_length, done->ledger, &done->prices, g);
        const char *column = done->ledger->groups > 1 ? (char[]){letters[g], 0} : "g";
        double expected = csv_number(theirs, row, column);
        double ours = metric->compute(&input) * names[name].scale;
        double tolerance = strcmp(metric->unit, "seconds") == 0 ? 2e-6 : 1e-10 * fabs(expected);
        if (!(fabs(ours - expected) <= fmax(tolerance, 1e-14)))
            fail_msg("%s: %s of %s = %.17g, expected %.17g", done->set->name, metric->name, column,
                     ours, expected);
    }
}

static void test_portfolio__metrics_agree(void **state) {
    (void)state;
    for (gsize s = 0; s < G_N_ELEMENTS(sets); s++) {
        Case done = run(&sets[s]);
        g_autoptr(Csv) theirs = read_figures(&sets[s], "stats");
        gsize compared = 0;
        for (gsize row = 0; row < theirs->rows; row++)
            for (gsize i = 0; i < G_N_ELEMENTS(names); i++) {
                if (strcmp(csv_text(theirs, row, "of"), names[i].of) != 0 ||
                    strcmp(csv_text(theirs, row, "metric"), names[i].metric) != 0)
                    continue;
                compare_metric(&done, theirs, row, i, sy_metric_find(names[i].ours));
                compared++;
            }
        assert_int_equal(compared, G_N_ELEMENTS(names));
        case_clear(&done);
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_portfolio__orders_agree),
        cmocka_unit_test(test_portfolio__trades_and_positions_agree),
        cmocka_unit_test(test_portfolio__values_agree),
        cmocka_unit_test(test_portfolio__metrics_agree),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
