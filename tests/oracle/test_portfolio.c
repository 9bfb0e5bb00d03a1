/* `systematica simulate` against the figures of an independent program: orders, trades, positions,
 * values and metrics of the parameter sets of a manifest (portfolio/README.md), as the files of
 * --out say them. All sets and figures of ../shared where it is there, else those that are kept. */
#include "test.h"

#include <string.h>

#include <jansson.h>

#include "cli.h"
#include "csv.h"

/* Sums of some hundred roundings, relative to the money at the start. */
#define TOLERANCE 1e-12

static char *figures; /* the folder of the manifest */
static char *work;    /* where the command is run */
static json_t *manifest;

/* A set, and the folder that the command wrote for it. */
typedef struct {
    const char *name, *data;
    char *out;
    gsize groups; /* columns of the values: of symbols, or 1 */
} Set;

static bool is_figure(const char *name, const char *kind) {
    g_autofree char *file = g_strdup_printf("%s.%s.csv", name, kind);
    return test_exists(figures, file);
}

static Csv *read_figures(const Set *set, const char *kind) {
    g_autofree char *path = g_strdup_printf("%s/%s.%s.csv", figures, set->name, kind);
    return csv_read(path);
}

static Csv *read_ours(const Set *set, const char *file) {
    g_autofree char *path = g_build_filename(work, set->out, file, NULL);
    return csv_read(path);
}

/* What a parameter of the manifest is in TOML. */
static void append_value(GString *toml, json_t *value) {
    if (json_is_array(value)) {
        g_string_append_c(toml, '[');
        for (gsize i = 0; i < json_array_size(value); i++) {
            g_string_append(toml, i ? ", " : "");
            append_value(toml, json_array_get(value, i));
        }
        g_string_append_c(toml, ']');
    } else if (json_is_string(value)) {
        g_string_append_printf(toml, "\"%s\"", json_string_value(value));
    } else if (json_is_number(value)) {
        g_string_append_printf(toml, "%.17g", json_number_value(value));
    } else {
        g_string_append(toml, json_is_true(value) ? "true" : "false");
    }
}

static void write_portfolio(const char *file, json_t *parameters) {
    g_autoptr(GString) toml = g_string_new("[portfolio]\n");
    const char *key;
    json_t *value;
    json_object_foreach(parameters, key, value) {
        g_string_append_printf(toml, "%s = ", key);
        append_value(toml, value);
        g_string_append_c(toml, '\n');
    }
    test_write(work, file, toml->str);
}

/* Inputs that are not kept are not needed. */
static void add_input(GString *line, const char *option, const char *data, const char *kind) {
    g_autofree char *file = g_strdup_printf("inputs/%s_%s.csv", data, kind);
    if (test_exists(figures, file))
        g_string_append_printf(line, " --%s '%s/%s'", option, figures, file);
}

static void simulate(const Set *set, json_t *parameters) {
    static const char *const inputs[][2] = {{"close", "close"},      {"open", "open"},
                                            {"high", "high"},        {"low", "low"},
                                            {"long-entries", "le"},  {"long-exits", "lx"},
                                            {"short-entries", "se"}, {"short-exits", "sx"}};
    g_autofree char *toml = g_strconcat(set->name, ".toml", NULL);
    write_portfolio(toml, parameters);
    g_autoptr(GString) line = g_string_new("simulate --quiet");
    /* direction counts where there are no short signals, which come last */
    gsize n = G_N_ELEMENTS(inputs) - (json_object_get(parameters, "direction") ? 2 : 0);
    for (gsize i = 0; i < n; i++)
        add_input(line, inputs[i][0], set->data, inputs[i][1]);
    g_string_append_printf(line, " --portfolio %s --out %s", toml, set->out);
    g_auto(TestRun) run = test_run_expect(work, "systematica", line->str, 0);
}

static json_t *case_at(gsize at) { return json_array_get(json_object_get(manifest, "cases"), at); }

static gsize n_sets(void) { return json_array_size(json_object_get(manifest, "cases")); }

static Set set_at(gsize at) {
    const char *name = json_string_value(json_object_get(case_at(at), "name"));
    return (Set){.name = name,
                 .data = json_string_value(json_object_get(case_at(at), "data")),
                 .out = g_strconcat(name, ".out", NULL),
                 .groups = json_array_size(json_object_get(case_at(at), "final_value"))};
}

static void set_clear(Set *set) { g_free(set->out); }

static int simulate_all(void **state) {
    (void)state;
    const char *shared = g_getenv("SY_SHARED"), *root = g_getenv("SY_SOURCE_ROOT");
    figures = shared ? g_build_filename(shared, "oracle", "portfolio", NULL)
                     : g_build_filename(root, "..", "shared", "oracle", "portfolio", NULL);
    if (!test_exists(figures, "manifest.json")) {
        g_free(figures);
        figures = g_build_filename(root, "tests", "oracle", "portfolio", NULL);
    }
    g_autofree char *text = test_read(figures, "manifest.json");
    manifest = json_loads(text, 0, NULL);
    work = test_folder_new();
    for (gsize s = 0; s < n_sets(); s++) {
        Set set = set_at(s);
        simulate(&set, json_object_get(case_at(s), "params"));
        set_clear(&set);
    }
    return 0;
}

static int remove_all(void **state) {
    (void)state;
    test_folder_remove(work);
    json_decref(manifest);
    g_free(work);
    g_free(figures);
    return 0;
}

static void assert_close(const Set *set, const char *what, gsize at, double ours, double theirs,
                         double scale) {
    if (!(fabs(ours - theirs) <= TOLERANCE * fmax(scale, fabs(theirs))))
        fail_msg("%s: %s of %zu = %.17g, expected %.17g", set->name, what, at, ours, theirs);
}

static void assert_text(const Set *set, const Csv *ours, gsize at, const char *column,
                        const char *expected) {
    if (strcmp(csv_text(ours, at, column), expected) != 0)
        fail_msg("%s: %s of %zu = %s, expected %s", set->name, column, at,
                 csv_text(ours, at, column), expected);
}

/* Their number of a column; symbols are called A, B … */
static const char *symbol_of(const Csv *theirs, gsize row) {
    static const char *const symbols[] = {"A", "B", "C", "D"};
    gsize column = (gsize)csv_number(theirs, row, "col");
    assert_true(column < G_N_ELEMENTS(symbols));
    return symbols[column];
}

/* The n-th records of a symbol belong together: theirs are sorted by column where columns are not
 * grouped. From *at on, which is that of the symbol. */
static gsize next_of(const Csv *ours, const char *symbol, gsize *at) {
    while (*at < ours->rows)
        if (strcmp(csv_text(ours, (*at)++, "symbol"), symbol) == 0)
            return *at - 1;
    fail_msg("%s has too few records", symbol);
    return 0;
}

static void compare_orders(const Set *set) {
    static const char *const sides[] = {"buy", "sell"}, *const numbers[] = {"size", "price",
                                                                            "fees"};
    g_autoptr(Csv) theirs = read_figures(set, "orders"), ours = read_ours(set, "orders.csv");
    g_autofree char *path = g_strdup_printf("%s/inputs/%s_close.csv", figures, set->data);
    g_autoptr(Csv) close = csv_read(path);
    gsize at['Z'] = {0}; /* by symbol */
    assert_int_equal(ours->rows, theirs->rows);
    for (gsize row = 0; row < theirs->rows; row++) {
        const char *symbol = symbol_of(theirs, row);
        gsize i = next_of(ours, symbol, &at[(guint8)*symbol]);
        gsize index = (gsize)csv_number(theirs, row, "idx");
        assert_text(set, ours, i, "status", "filled");
        assert_text(set, ours, i, "side", sides[csv_number(theirs, row, "side") != 0]);
        assert_text(set, ours, i, "time", csv_text(close, index, "time"));
        assert_int_equal(csv_number(ours, i, "row"), index);
        for (gsize n = 0; n < G_N_ELEMENTS(numbers); n++)
            assert_close(set, numbers[n], row, csv_number(ours, i, numbers[n]),
                         csv_number(theirs, row, numbers[n]), 0);
        if (set->groups == 1) /* theirs are then in the order of work, as ours always are */
            assert_int_equal(csv_number(ours, i, "id"), csv_number(theirs, row, "id"));
    }
}

static void test_simulate__orders_agree(void **state) {
    (void)state;
    for (gsize s = 0; s < n_sets(); s++) {
        Set set = set_at(s);
        compare_orders(&set);
        set_clear(&set);
    }
}

static void compare_trades(const Set *set, const char *file, const char *kind) {
    static const char *const directions[] = {"long", "short"}, *const states[] = {"open", "closed"};
    static const char *const numbers[] = {"size",       "entry_price", "entry_fees",
                                          "exit_price", "exit_fees",   "return"};
    g_autoptr(Csv) theirs = read_figures(set, kind), ours = read_ours(set, file);
    gsize at['Z'] = {0}; /* by symbol */
    assert_int_equal(ours->rows, theirs->rows);
    for (gsize row = 0; row < theirs->rows; row++) {
        const char *symbol = symbol_of(theirs, row);
        gsize i = next_of(ours, symbol, &at[(guint8)*symbol]);
        assert_int_equal(csv_number(ours, i, "id"), i);
        assert_int_equal(csv_number(ours, i, "entry_row"), csv_number(theirs, row, "entry_idx"));
        assert_int_equal(csv_number(ours, i, "exit_row"), csv_number(theirs, row, "exit_idx"));
        assert_text(set, ours, i, "direction",
                    directions[csv_number(theirs, row, "direction") != 0]);
        assert_text(set, ours, i, "status", states[csv_number(theirs, row, "status") != 0]);
        for (gsize n = 0; n < G_N_ELEMENTS(numbers); n++)
            assert_close(set, numbers[n], row, csv_number(ours, i, numbers[n]),
                         csv_number(theirs, row, numbers[n]),
                         strcmp(numbers[n], "return") == 0 ? 1 : 0);
        assert_close(set, "pnl", row, csv_number(ours, i, "pnl"), csv_number(theirs, row, "pnl"),
                     csv_number(theirs, row, "entry_price") * csv_number(theirs, row, "size"));
    }
}

static void test_simulate__trades_and_positions_agree(void **state) {
    (void)state;
    for (gsize s = 0; s < n_sets(); s++) {
        Set set = set_at(s);
        compare_trades(&set, "trades.csv", "trades");
        /* positions that are not kept: none is reduced in part, so the trades say the same */
        compare_trades(&set, "positions.csv",
                       is_figure(set.name, "positions") ? "positions" : "trades");
        set_clear(&set);
    }
}

static void compare_series(const Set *set, const Csv *ours, const Csv *theirs, gsize column) {
    static const struct {
        const char *ours, *theirs;
        double scale;
    } series[] = {{"value", "value", 0}, {"cash", "cash", 0}, {"return", "ret", 1}};
    for (gsize i = 0; i < G_N_ELEMENTS(series); i++) {
        bool one = set->groups == 1;
        g_autofree char *here =
            one ? g_strdup(series[i].ours)
                : g_strdup_printf("%s_%c", series[i].ours, (char)('A' + column));
        g_autofree char *there =
            g_strdup_printf("%s_%c", series[i].theirs, one ? 'g' : (char)('A' + column));
        for (gsize row = 0; row < theirs->rows; row++)
            assert_close(set, here, row, csv_number(ours, row, here),
                         csv_number(theirs, row, there), series[i].scale);
    }
}

static void test_simulate__values_agree(void **state) {
    (void)state;
    gsize compared = 0;
    for (gsize s = 0; s < n_sets(); s++) {
        Set set = set_at(s);
        if (is_figure(set.name, "value")) {
            g_autoptr(Csv) theirs = read_figures(&set, "value"),
                           ours = read_ours(&set, "value.csv");
            assert_int_equal(ours->rows, theirs->rows);
            for (gsize row = 0; row < ours->rows; row++)
                assert_text(&set, ours, row, "time", csv_text(theirs, row, "time"));
            for (gsize g = 0; g < set.groups; g++)
                compare_series(&set, ours, theirs, g);
            compared++;
        }
        set_clear(&set);
    }
    assert_true(compared >= 3);
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
static void compare_metric(const Set *set, json_t *stats, const Csv *theirs, gsize row,
                           gsize name) {
    static const char letters[] = "ABCD";
    for (gsize g = 0; g < set->groups; g++) {
        const char *column = set->groups > 1 ? (char[]){letters[g], 0} : "g";
        json_t *of =
            set->groups > 1 ? json_object_get(json_object_get(stats, "columns"), column) : stats;
        json_t *value = json_object_get(of, names[name].ours);
        double expected = csv_number(theirs, row, column);
        double ours = json_is_number(value) ? json_number_value(value) * names[name].scale : NAN;
        double tolerance =
            strstr(names[name].ours, "duration") ? 2e-6 : fmax(1e-10 * fabs(expected), 1e-14);
        if (!(fabs(ours - expected) <= tolerance) && !(isnan(ours) && isnan(expected)))
            fail_msg("%s: %s of %s = %.17g, expected %.17g", set->name, names[name].ours, column,
                     ours, expected);
    }
}

static void compare_stats(const Set *set) {
    g_autoptr(Csv) theirs = read_figures(set, "stats");
    g_autofree char *file = g_build_filename(set->out, "stats.json", NULL);
    g_autofree char *text = test_read(work, file);
    json_t *stats = json_loads(text, 0, NULL);
    assert_non_null(stats);
    gsize compared = 0;
    for (gsize row = 0; row < theirs->rows; row++)
        for (gsize i = 0; i < G_N_ELEMENTS(names); i++) {
            if (strcmp(csv_text(theirs, row, "of"), names[i].of) != 0 ||
                strcmp(csv_text(theirs, row, "metric"), names[i].metric) != 0)
                continue;
            compare_metric(set, stats, theirs, row, i);
            compared++;
        }
    assert_int_equal(compared, G_N_ELEMENTS(names));
    json_decref(stats);
}

static void test_simulate__metrics_agree(void **state) {
    (void)state;
    for (gsize s = 0; s < n_sets(); s++) {
        Set set = set_at(s);
        compare_stats(&set);
        set_clear(&set);
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_simulate__orders_agree),
        cmocka_unit_test(test_simulate__trades_and_positions_agree),
        cmocka_unit_test(test_simulate__values_agree),
        cmocka_unit_test(test_simulate__metrics_agree),
    };
    return cmocka_run_group_tests(tests, simulate_all, remove_all);
}
