/* run_app --once on the built programs: from a table of bars to orders in the store. */
#include "test.h"

#include <glib/gstdio.h>
#include <jansson.h>
#include <string.h>

#include "cli.h"
#include "pair.h"
#include "store.h"

static char *folder;

static int make_workspace(void **state) {
    (void)state;
    folder = test_pair_workspace();
    return 0;
}

static int remove_workspace(void **state) {
    (void)state;
    test_folder_remove(folder);
    g_free(folder);
    return 0;
}

/* One number from the store. */
static double query(const char *sql) {
    return test_query_number("sqlite:///.workflow/state.db", folder, sql);
}

/* Runs a cycle with the clock `late` seconds after a row's close; returns the parsed JSON. */
static json_t *cycle(int row, int late, const char *options) {
    char now[SY_TIME_TEXT_SIZE];
    g_autofree char *line =
        g_strdup_printf("--template pair --once --no-report --json --now %s %s",
                        sy_time_format(test_pair_time(row) + late * SY_SECOND, now), options);
    g_auto(TestRun) run = test_run_expect(folder, "run_app", line, 0);
    json_error_t error;
    json_t *root = json_loads(run.out, 0, &error);
    if (!root)
        fail_msg("not JSON: %s\n%s", error.text, run.out);
    return root;
}

static char *text_of(json_t *root, const char *key) {
    char *text = g_strdup(json_string_value(json_object_get(root, key)));
    json_decref(root);
    return text;
}

/* A backtest order of one row: the k-th. */
typedef struct {
    int row;
    char symbol[16], side[8];
    double size, price, fees;
} Order;

static GArray *backtest_orders(void) {
    g_auto(TestRun) run = test_run_expect(folder, "systematica", "backtest pair --out result", 0);
    g_autofree char *text = test_read(folder, "result/orders.csv");
    g_auto(GStrv) lines = g_strsplit(text, "\n", -1);
    assert_string_equal(
        lines[0], "id,symbol,row,time,side,size_requested,size,price,fees,type,status,reason");
    GArray *orders = g_array_new(FALSE, TRUE, sizeof(Order));
    for (char **line = lines + 1; *line && **line; line++) {
        g_auto(GStrv) cell = g_strsplit(*line, ",", -1);
        Order order = {.row = atoi(cell[2]),
                       .size = g_ascii_strtod(cell[6], NULL),
                       .price = g_ascii_strtod(cell[7], NULL),
                       .fees = g_ascii_strtod(cell[8], NULL)};
        g_strlcpy(order.symbol, cell[1], sizeof order.symbol);
        g_strlcpy(order.side, cell[4], sizeof order.side);
        g_array_append_val(orders, order);
    }
    return orders;
}

/* Live from the first entry on, bar by bar, each in a process of its own: the fills are the
 * backtest's. */
static void test_run_app__fills_are_those_of_the_backtest_bar_by_bar(void **state) {
    (void)state;
    g_autoptr(GArray) orders = backtest_orders();
    assert_true(orders->len > 20);
    int first = g_array_index(orders, Order, 0).row;
    guint next = 0;
    for (int row = first; row < first + 120; row++) {
        json_t *root = cycle(row, 5, "");
        assert_string_equal(json_string_value(json_object_get(root, "decision")), "stored");
        json_t *filled = json_object_get(root, "orders");
        for (size_t i = 0; i < json_array_size(filled); i++, next++) {
            json_t *live = json_array_get(filled, i);
            const Order *order = &g_array_index(orders, Order, next);
            assert_int_equal(order->row, row);
            assert_string_equal(json_string_value(json_object_get(live, "symbol")), order->symbol);
            assert_string_equal(json_string_value(json_object_get(live, "side")), order->side);
            assert_near(json_number_value(json_object_get(live, "size")), order->size,
                        1e-9 * order->size);
            assert_true(json_number_value(json_object_get(live, "price")) == order->price);
            assert_near(json_number_value(json_object_get(live, "fees")), order->fees,
                        1e-9 * order->fees);
        }
        /* nothing of the backtest was left out */
        if (next < orders->len)
            assert_true(g_array_index(orders, Order, next).row > row);
        json_decref(root);
    }
    assert_true(next > 10);
}

static void test_run_app__decides_a_bar_once(void **state) {
    (void)state;
    double orders = query("SELECT count(*) FROM orders"), runs = query("SELECT count(*) FROM run");
    double last = query("SELECT max(bar_time) FROM decision");
    int row = (int)(((SyTime)last - test_pair_time(0)) / SY_HOUR);
    g_autofree char *again = text_of(cycle(row, 5, ""), "decision");
    assert_string_equal(again, "already_decided");
    g_autofree char *older = text_of(cycle(row - 10, 5, ""), "decision");
    assert_string_equal(older, "older");
    assert_near(query("SELECT count(*) FROM orders"), orders, 0);
    /* both are in the audit, with what came of them */
    assert_near(query("SELECT count(*) FROM run"), runs + 2, 0);
    assert_near(query("SELECT count(*) FROM run WHERE message LIKE '%decided before%'"), 2, 0);
}

static void test_run_app__a_late_cycle_only_shows_its_decision(void **state) {
    (void)state;
    double decisions = query("SELECT count(*) FROM decision");
    g_autofree char *late = text_of(cycle(800, 501, ""), "decision");
    assert_string_equal(late, "too_late");
    g_autofree char *dry = text_of(cycle(800, 1, "--dry-run"), "decision");
    assert_string_equal(dry, "dry_run");
    assert_near(query("SELECT count(*) FROM decision"), decisions, 0);
    assert_near(query("SELECT count(*) FROM run WHERE message LIKE '%later than --max-buffer%'"), 1,
                0);
    g_autofree char *patient = text_of(cycle(800, 501, "--max-buffer 600"), "decision");
    assert_string_equal(patient, "stored");
    assert_near(query("SELECT count(*) FROM decision"), decisions + 1, 0);
}

/* What is only shown never reads as if it had been done. */
static void test_run_app__orders_that_are_only_shown_are_not_sent(void **state) {
    (void)state;
    int shown = 0;
    for (int row = 801; row < 899 && shown == 0; row++) {
        json_t *root = cycle(row, 1, "--dry-run"), *orders = json_object_get(root, "orders");
        for (size_t i = 0; i < json_array_size(orders); i++, shown++)
            assert_string_equal(
                json_string_value(json_object_get(json_array_get(orders, i), "state")), "not_sent");
        json_decref(root);
    }
    assert_true(shown > 0);
}

static void test_run_app__a_dry_run_makes_no_store(void **state) {
    (void)state;
    g_autofree char *fresh = test_pair_workspace();
    g_auto(TestRun) dry = test_run_expect(
        fresh, "run_app", "--template pair --once --no-report --dry-run --now 2021-02-01T00:00:01Z",
        0);
    g_auto(TestRun) report = test_run_expect(
        fresh, "run_app", "--template pair --once --no-trade --json --now 2021-02-01T00:00:01Z", 0);
    assert_false(test_exists(fresh, ".workflow/state.db"));
    assert_non_null(strstr(report.out, "\"decision\":null"));
    test_folder_remove(fresh);
}

static void test_run_app__a_changed_capital_is_refused(void **state) {
    (void)state;
    g_autofree char *text = test_read(folder, ".workflow/templates/pair.toml");
    g_autofree char *rich = g_strconcat(text, "init_cash = 100000\n", NULL);
    test_write(folder, ".workflow/templates/pair.toml", rich);
    g_auto(TestRun) run = test_run_expect(
        folder, "run_app", "--template pair --once --no-report --now 2021-02-07T10:00:01Z", 3);
    assert_non_null(strstr(run.err, "began with 100"));
    test_write(folder, ".workflow/templates/pair.toml", text);
}

static void test_run_app__a_study_name_belongs_to_one_template(void **state) {
    (void)state;
    g_autofree char *text = test_read(folder, ".workflow/templates/pair.toml");
    test_write(folder, ".workflow/templates/twin.toml", text);
    static const char *const lines[] = {
        "--template pair --once --no-report --now 2021-02-07T10:00:01Z",
        "--template twin --once --no-report --now 2021-02-07T10:00:01Z"};
    for (gsize i = 0; i < G_N_ELEMENTS(lines); i++) {
        g_auto(TestRun) run = test_run_expect(folder, "run_app", lines[i], 3);
        assert_non_null(strstr(run.err, "is also that of"));
    }
    g_autofree char *twin = g_build_filename(folder, ".workflow/templates/twin.toml", NULL);
    assert_int_equal(g_unlink(twin), 0);
}

/* A secret of the settings reaches neither stderr nor the store. */
static void test_run_app__secrets_are_never_shown_or_stored(void **state) {
    (void)state;
    g_autofree char *fresh = test_pair_workspace();
    test_write(fresh, "secret", "foo://hunter2\n");
    test_write(fresh, ".workflow/settings.toml",
               "[engines.research]\nurl = { file = \"secret\" }\n");
    g_auto(TestRun) run =
        test_run_expect(fresh, "run_app", "--template pair --once --no-report --now 2021-02-01", 3);
    assert_null(strstr(run.err, "hunter2"));
    g_autofree char *store = g_build_filename(fresh, ".workflow", NULL);
    g_autofree char *line = g_strdup_printf("grep -rqa hunter2 '%s'", store);
    int status = 0;
    assert_true(g_spawn_command_line_sync(line, NULL, NULL, &status, NULL));
    assert_int_not_equal(status, 0);
    test_folder_remove(fresh);
}

static void test_run_app__refuses_stale_data_and_keeps_the_run(void **state) {
    (void)state;
    g_auto(TestRun) run =
        test_run_expect(folder, "run_app", "--template pair --once --no-report", 4);
    assert_non_null(strstr(run.err, "outdated"));
    assert_non_null(strstr(run.err, "A ends at 2021-02-07T12:00:00Z"));
    assert_near(query("SELECT count(*) FROM run WHERE status = 'outdated'"), 1, 0);
}

static void test_run_app__refuses_templates_that_cannot_be_traded(void **state) {
    (void)state;
    static const struct {
        const char *loader, *portfolio, *says;
    } cases[] = {
        {"", "price = \"nextopen\"", "price"},
        {"", "from_ago = 1", "from_ago"},
        {"", "cash_deposits = 5", "cash_deposits"},
        {"", "cash_earnings = [{ time = 2021-01-20, amount = 5 }]", "cash_earnings"},
        {"", "sl_stop = 0.05\nleverage = 2\n[instruments.A]\nlot = 0.1", NULL},
        {"end = \"2021-01-20\"", "", "is in the past"},
        {"end = \"2 days ago\"", "", "is in the past"},
        {"start = \"2021-01-01\"\nmissing_index = \"raise\"", "", NULL},
    };
    for (gsize i = 0; i < G_N_ELEMENTS(cases); i++) {
        g_autofree char *portfolio = g_strconcat("size = 1\n", cases[i].portfolio, NULL);
        g_autofree char *text = test_pair_template("untradable", portfolio);
        g_auto(GStrv) parts = g_strsplit(text, "table = ", 2);
        g_autofree char *changed =
            g_strconcat(parts[0], cases[i].loader, "\ntable = ", parts[1], NULL);
        test_write(folder, "untradable.toml", changed);
        g_auto(TestRun) run = test_run_expect(
            folder, "run_app",
            "--template ./untradable.toml --once --now 2021-02-01T00:00:01Z --no-report",
            cases[i].says ? 3 : 0);
        if (cases[i].says &&
            (!strstr(run.err, cases[i].says) || !strstr(run.err, "untradable.toml:")))
            fail_msg("%s%s: %s", cases[i].loader, cases[i].portfolio, run.err);
        g_auto(TestRun) check =
            test_run_expect(folder, "systematica", "check ./untradable.toml", 0);
        assert_int_equal(strstr(check.out, "backtest only") != NULL, cases[i].says != NULL);
    }
}

/* Windows longer than the data end both commands with the reason; a backtest leaves no folder
 * behind. */
static void test_programs__refuse_windows_longer_than_the_data(void **state) {
    (void)state;
    g_autofree char *text = test_pair_template("long-windows", "size = 1");
    g_auto(GStrv) parts = g_strsplit(text, "training_window = 150", 2);
    g_autofree char *longer = g_strconcat(parts[0], "training_window = 2000", parts[1], NULL);
    test_write(folder, "long_windows.toml", longer);
    g_auto(TestRun) live = test_run_expect(
        folder, "run_app", "--template ./long_windows.toml --once --now 2021-02-01 --no-report", 4);
    g_auto(TestRun) backtest =
        test_run_expect(folder, "systematica", "backtest ./long_windows.toml --out none", 4);
    assert_non_null(strstr(live.err, "bars are too few"));
    assert_non_null(strstr(backtest.err, "needs more than 2001"));
    assert_false(test_exists(folder, "none"));
}

static void test_run_app__wrong_use_is_named_and_ends_with_2(void **state) {
    (void)state;
    static const struct {
        const char *line, *says;
    } cases[] = {
        {"", "--template"},
        {"--template pair --dry-run", "add --once"},
        {"--template pair --now 2021-02-01", "add --once"},
        {"--template pair --once --now yesterday", "not a time"},
        {"--template pair --once --since 2021-13-01", "--since"},
        {"--template pair --once --since 2199-01-01", "in the future"},
        {"--template pair --once --no-trade --no-report", "nothing to do"},
        {"--template pair --once --max-buffer -1", "--max-buffer"},
        {"--template pair --once --lookback three", "--lookback"},
        {"--template pair --onse", "did you mean \"--once\"?"},
        {"--template pair --once --jobs", "needs a value"},
        {"--template pair --once extra", "no argument"},
        {"--workspace /nonexistent --template pair --once", "no workspace"},
    };
    for (gsize i = 0; i < G_N_ELEMENTS(cases); i++) {
        g_auto(TestRun) run = test_run_expect(folder, "run_app", cases[i].line, 2);
        if (!strstr(run.err, cases[i].says))
            fail_msg("run_app %s said: %s", cases[i].line, run.err);
        assert_string_equal(run.out, "");
    }
    g_auto(TestRun) unknown = test_run_expect(folder, "run_app", "--template piar --once", 3);
    assert_non_null(strstr(unknown.err, "pair"));
}

static void test_run_all__a_broken_template_does_not_stop_the_others(void **state) {
    (void)state;
    double decisions = query("SELECT count(*) FROM decision");
    char now[SY_TIME_TEXT_SIZE];
    test_write(folder, ".workflow/templates/broken.toml", "[meta\n");
    g_autofree char *line =
        g_strdup_printf("--once --no-report --now %s", sy_time_format(test_pair_time(850), now));
    /* dale's symbols are not in the table, broken does not parse, pair runs */
    g_auto(TestRun) run = test_run(folder, "run_all", line);
    assert_true(run.code == 3 || run.code == 4);
    assert_non_null(strstr(run.err, "broken.toml:1"));
    assert_non_null(strstr(run.err, "CB-BTC-USD"));
    assert_non_null(strstr(run.err, "2 of 3 templates failed"));
    assert_near(query("SELECT count(*) FROM decision"), decisions + 1, 0);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_run_app__fills_are_those_of_the_backtest_bar_by_bar),
        cmocka_unit_test(test_run_app__decides_a_bar_once),
        cmocka_unit_test(test_run_app__a_late_cycle_only_shows_its_decision),
        cmocka_unit_test(test_run_app__orders_that_are_only_shown_are_not_sent),
        cmocka_unit_test(test_run_app__a_dry_run_makes_no_store),
        cmocka_unit_test(test_run_app__a_changed_capital_is_refused),
        cmocka_unit_test(test_run_app__a_study_name_belongs_to_one_template),
        cmocka_unit_test(test_run_app__secrets_are_never_shown_or_stored),
        cmocka_unit_test(test_run_app__refuses_stale_data_and_keeps_the_run),
        cmocka_unit_test(test_run_app__refuses_templates_that_cannot_be_traded),
        cmocka_unit_test(test_programs__refuse_windows_longer_than_the_data),
        cmocka_unit_test(test_run_app__wrong_use_is_named_and_ends_with_2),
        cmocka_unit_test(test_run_all__a_broken_template_does_not_stop_the_others),
    };
    return cmocka_run_group_tests(tests, make_workspace, remove_workspace);
}
