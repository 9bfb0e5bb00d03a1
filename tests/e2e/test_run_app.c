/* run_app --once on the built programs: from a table of bars to orders in the store. */
#include "test.h"

#include <jansson.h>
#include <string.h>

#include "cli.h"
#include "db/db.h"
#include "pair.h"

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
    g_autoptr(GError) error = NULL;
    g_autoptr(SyDb) db =
        sy_db_open("sqlite:///.workflow/state.db", folder, SY_DB_READ, 1000, &error);
    if (!db)
        fail_msg("%s", error->message);
    g_autoptr(SyStatement) statement = sy_db_prepare(db, sql, &error);
    if (!statement || sy_db_step(statement, &error) != SY_DB_ROW)
        fail_msg("%s: %s", sql, error ? error->message : "no row");
    return sy_db_number(statement, 0);
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
    assert_string_equal(older, "already_decided");
    assert_near(query("SELECT count(*) FROM orders"), orders, 0);
    assert_near(query("SELECT count(*) FROM run"), runs, 0);
}

static void test_run_app__a_late_cycle_only_shows_its_decision(void **state) {
    (void)state;
    double decisions = query("SELECT count(*) FROM decision");
    g_autofree char *late = text_of(cycle(800, 501, ""), "decision");
    assert_string_equal(late, "too_late");
    g_autofree char *dry = text_of(cycle(800, 1, "--dry-run"), "decision");
    assert_string_equal(dry, "dry_run");
    assert_near(query("SELECT count(*) FROM decision"), decisions, 0);
    g_autofree char *patient = text_of(cycle(800, 501, "--max-buffer 600"), "decision");
    assert_string_equal(patient, "stored");
    assert_near(query("SELECT count(*) FROM decision"), decisions + 1, 0);
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
    g_autofree char *next_open =
        test_pair_template("next-open", "size = 1\nsize_type = \"value\"\nprice = \"nextopen\"");
    test_write(folder, "next_open.toml", next_open);
    g_auto(TestRun) run = test_run_expect(
        folder, "run_app", "--template ./next_open.toml --once --now 2021-02-01 --no-report", 3);
    assert_non_null(strstr(run.err, "price"));
    g_auto(GStrv) parts = g_strsplit(next_open, "table = ", 2);
    g_autofree char *ended =
        g_strconcat(parts[0], "end = \"2021-01-20\"\ntable = ", parts[1], NULL);
    test_write(folder, "ended.toml", ended);
    g_auto(TestRun) past = test_run_expect(
        folder, "run_app", "--template ./ended.toml --once --now 2021-02-01 --no-report", 3);
    assert_non_null(strstr(past.err, "is in the past"));
}

static void test_run_app__wrong_use_is_named_and_ends_with_2(void **state) {
    (void)state;
    static const struct {
        const char *line, *says;
    } cases[] = {
        {"", "--template"},
        {"--template pair", "--once"},
        {"--template pair --once --now yesterday", "not a time"},
        {"--template pair --once --since 2021-13-01", "--since"},
        {"--template pair --once --max-buffer -1", "--max-buffer"},
        {"--template pair --once --lookback three", "--lookback"},
        {"--template pair --onse", "did you mean --once"},
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
        cmocka_unit_test(test_run_app__refuses_stale_data_and_keeps_the_run),
        cmocka_unit_test(test_run_app__refuses_templates_that_cannot_be_traded),
        cmocka_unit_test(test_run_app__wrong_use_is_named_and_ends_with_2),
        cmocka_unit_test(test_run_all__a_broken_template_does_not_stop_the_others),
    };
    return cmocka_run_group_tests(tests, make_workspace, remove_workspace);
}
