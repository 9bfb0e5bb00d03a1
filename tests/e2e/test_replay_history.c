/* Backtest = live: `replay --template` drives the engine over history, and its orders are those of
 * the backtest, also with late bars, failing loads and restarts. */
#include "test.h"

#include <jansson.h>
#include <stdlib.h>
#include <string.h>

#include "bars.h"
#include "cli.h"
#include "pair.h"

/* What one replay said. */
typedef struct {
    json_t *root;
} Said;

static Said replay(const char *folder, const char *options) {
    g_autofree char *line = g_strconcat("replay --json ", options, NULL);
    g_auto(TestRun) run = test_run_expect(folder, "systematica", line, 0);
    return (Said){json_loads(run.out, 0, NULL)};
}

static gint64 count(Said said, const char *key) {
    return (gint64)json_integer_value(json_object_get(said.root, key));
}

static void assert_equal_orders(Said said, gint64 bars_least, gint64 orders_least) {
    assert_true(count(said, "bars") >= bars_least);
    assert_int_equal(count(said, "decided"), count(said, "bars"));
    assert_true(count(said, "orders") >= orders_least);
    assert_int_equal(count(said, "equal"), count(said, "orders"));
    assert_int_equal(count(said, "backtest_orders"), count(said, "orders"));
    assert_int_equal(json_array_size(json_object_get(said.root, "differences")), 0);
    assert_int_equal(count(said, "unexplained"), 0);
}

static void test_replay_history__orders_are_those_of_the_backtest(void **state) {
    (void)state;
    g_autofree char *folder = test_pair_workspace();
    Said plain = replay(folder, "--template pair");
    assert_equal_orders(plain, 500, 20);
    /* late, failed and restarted within the buffer: nothing is different */
    Said drilled = replay(folder, "--template pair --late-share 0.3 --late-seconds 400 "
                                  "--fail-share 0.1 --restart-share 0.1 --down-seconds 60");
    assert_equal_orders(drilled, 500, 20);
    assert_true(count(drilled, "late_bars") > 50);
    assert_true(count(drilled, "failed_loads") > 20);
    assert_true(count(drilled, "restarts") > 20);
    json_decref(plain.root);
    json_decref(drilled.root);
    test_folder_remove(folder);
}

/* Stops are hit within bars, at prices that no close has. Both legs are stopped one by one, so live
 * cycles see half pairs, levered and reduced. */
static void test_replay_history__stops_are_taken_at_the_prices_of_the_backtest(void **state) {
    (void)state;
    g_autofree char *folder = test_pair_workspace();
    static const char *const portfolios[] = {
        "size = 45\nsize_type = \"valuepercent100\"\ncash_sharing = true\ncall_seq = \"auto\"\n"
        "fees = 0.001\nslippage = 0.001\nsl_stop = 0.01\ntp_stop = [0.02, 0.015]\n"
        "tsl_stop = 0.012\ntsl_th = 0.005",
        "size = 2\nsize_type = \"value\"\nleverage = 3\nleverage_mode = \"eager\"\n"
        "td_stop = \"5h\"\nsl_stop = 0.02\nstop_exit_price = \"close\"",
    };
    static const char *const expected[][3] = {{"sl_stop", "tp_stop", "tsl_stop"},
                                              {"td_stop", "sl_stop", "signal"}};
    for (gsize i = 0; i < G_N_ELEMENTS(portfolios); i++) {
        g_autofree char *study = g_strdup_printf("stopped%zu", i);
        g_autofree char *file = g_strdup_printf(".workflow/templates/%s.toml", study);
        g_autofree char *text = test_pair_template(study, portfolios[i]);
        test_write(folder, file, text);
        g_autofree char *backtest = g_strdup_printf("backtest %s --out %s", study, study);
        g_auto(TestRun) run = test_run_expect(folder, "systematica", backtest, 0);
        g_autofree char *path = g_strdup_printf("%s/orders.csv", study);
        g_autofree char *orders = test_read(folder, path);
        for (gsize k = 0; k < G_N_ELEMENTS(expected[i]); k++)
            if (!strstr(orders, expected[i][k]))
                fail_msg("%s: no order of type %s", study, expected[i][k]);
        g_autofree char *options = g_strdup_printf("--template %s", study);
        Said said = replay(folder, options);
        assert_equal_orders(said, 500, 20);
        json_decref(said.root);
    }
    test_folder_remove(folder);
}

static void test_replay_history__late_beyond_the_buffer_never_enters_late(void **state) {
    (void)state;
    g_autofree char *folder = test_pair_workspace();
    for (int seed = 1; seed <= 5; seed++) {
        g_autofree char *options =
            g_strdup_printf("--template pair --late-share 0.3 --late-seconds 3000 --restart-share "
                            "0.05 --down-seconds 5000 --seed %d",
                            seed);
        Said said = replay(folder, options); /* exit code 0: every difference is explained */
        assert_true(count(said, "decided") < count(said, "bars"));
        assert_int_equal(count(said, "unexplained"), 0);
        const json_t *differences = json_object_get(said.root, "differences");
        assert_true(json_array_size(differences) > 0);
        for (gsize i = 0; i < json_array_size(differences); i++)
            assert_true(json_is_true(json_object_get(json_array_get(differences, i), "explained")));
        json_decref(said.root);
    }
    test_folder_remove(folder);
}

static void test_replay_history__5000_real_bars_with_faults(void **state) {
    (void)state;
    g_autofree char *bars = test_data_file("candles_1h.csv.gz");
    if (!bars)
        skip();
    g_autofree char *folder = test_folder_new();
    g_autofree char *import =
        g_strdup_printf("data import --timeframe 60m --symbols CB-BTC-USD,CB-ETH-USD '%s'", bars);
    g_auto(TestRun) init = test_run_expect(folder, "systematica", "init .", 0);
    g_auto(TestRun) imported = test_run_expect(folder, "systematica", import, 0);
    Said said = replay(folder, "--template dale --to 2018-12-11 --late-share 0.1 --late-seconds "
                               "400 --fail-share 0.05 --restart-share 0.02");
    assert_equal_orders(said, 5000, 100);
    json_decref(said.root);
    test_folder_remove(folder);
}

static void test_replay_history__bad_requests_are_refused(void **state) {
    (void)state;
    g_autofree char *folder = test_pair_workspace();
    g_auto(TestRun) nothing = test_run_expect(folder, "systematica", "replay", 2);
    g_auto(TestRun) both = test_run_expect(folder, "systematica", "replay 1 --template pair", 2);
    g_auto(TestRun) range =
        test_run_expect(folder, "systematica", "replay --template pair --from 2030-01-01", 2);
    assert_non_null(strstr(range.err, "there is no bar with an output of the model between"));
    g_auto(TestRun) share =
        test_run_expect(folder, "systematica", "replay --template pair --late-share 2", 2);
    assert_non_null(strstr(share.err, "late-share"));
    test_folder_remove(folder);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_replay_history__orders_are_those_of_the_backtest),
        cmocka_unit_test(test_replay_history__stops_are_taken_at_the_prices_of_the_backtest),
        cmocka_unit_test(test_replay_history__late_beyond_the_buffer_never_enters_late),
        cmocka_unit_test(test_replay_history__5000_real_bars_with_faults),
        cmocka_unit_test(test_replay_history__bad_requests_are_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
