/* The data commands as programs: what they refuse, what they leave alone, what they print as JSON.
 */
#include "test.h"

#include <jansson.h>
#include <string.h>

#include "cli.h"

/* Exit codes of SY_ERROR_USAGE and SY_ERROR_DATA. */
enum { usage = 2, bad_data = 4 };

static char *folder;

static int set_up(void **state) {
    (void)state;
    folder = test_folder_new();
    g_auto(TestRun) made = test_run_expect(folder, "systematica", "init", 0);
    return 0;
}

static int tear_down(void **state) {
    (void)state;
    test_folder_remove(folder);
    g_free(folder);
    return 0;
}

static void expect(const char *line, int code) {
    g_auto(TestRun) run = test_run_expect(folder, "systematica", line, code);
}

/* A command's JSON. Free with json_decref. */
static json_t *ask(const char *line) {
    g_auto(TestRun) run = test_run_expect(folder, "systematica", line, 0);
    json_error_t error;
    json_t *root = json_loads(run.out, 0, &error);
    if (!root)
        fail_msg("%s: %s: %s", line, error.text, run.out);
    return root;
}

/* The rows of a symbol in a listing, 0 where it is not listed. */
static json_int_t rows_of(json_t *listing, const char *symbol) {
    size_t i;
    json_t *entry;
    json_array_foreach(listing, i, entry) {
        if (strcmp(json_string_value(json_object_get(entry, "symbol")), symbol) == 0)
            return json_integer_value(json_object_get(entry, "rows"));
    }
    return 0;
}

/* Two bars of a market, in 2020. */
static void import_market(const char *symbol, const char *timeframe) {
    g_autofree char *text = g_strdup_printf("symbol,open_datetime,open,high,low,close,volume\n"
                                            "%1$s,2020-01-02 00:00:00,7000,7100,6900,7050,10\n"
                                            "%1$s,2020-01-03 00:00:00,7050,7150,6950,7100,10\n",
                                            symbol);
    test_write(folder, "market.csv", text);
    g_autofree char *line = g_strdup_printf("data import --timeframe %s market.csv", timeframe);
    expect(line, 0);
}

static void test_data_synth__leaves_bars_that_are_not_its_own_alone(void **state) {
    (void)state;
    static const char *const symbols[] = {"CB-BTC-USD", "CB-ETH-USD"};
    static const char *const over[] = {
        "data synth --start 2020-01-01 --end 2020-01-10", /* the same hours */
        "data synth --start 2024-01-01 --end 2024-01-10", /* hours after them */
        "data synth --start 2018-02-01 --end 2018-02-10", /* hours before them */
    };
    for (gsize s = 0; s < G_N_ELEMENTS(symbols); s++) {
        g_autofree char *table = g_strdup_printf("other%d", (int)s);
        g_autofree char *elsewhere = g_strdup_printf("%s --table %s", over[0], table);
        import_market(symbols[s], "60m");
        json_t *before = ask("data list --json");
        for (gsize i = 0; i < G_N_ELEMENTS(over); i++) {
            g_auto(TestRun) run = test_run_expect(folder, "systematica", over[i], bad_data);
            assert_non_null(strstr(run.err, "--table"));
            assert_non_null(strstr(run.err, "--engine"));
            assert_non_null(strstr(run.err, symbols[s]));
            assert_non_null(strstr(run.err, "2020-01-02T01:00:00Z"));
        }
        json_t *after = ask("data list --json");
        assert_true(json_equal(before, after));
        expect(elsewhere, 0);
        json_decref(before);
        json_decref(after);
        tear_down(NULL);
        set_up(NULL);
    }
}

/* Other symbols and other timeframes may share the table. */
static void test_data_synth__shares_a_table_with_other_series(void **state) {
    (void)state;
    import_market("SPY", "60m");
    import_market("CB-BTC-USD", "1d");
    expect("data synth --start 2020-01-01 --end 2020-01-10", 0);
}

static void test_data_synth__extends_and_repeats_its_own(void **state) {
    (void)state;
    static const struct {
        const char *line;
        json_int_t added;
    } runs[] = {
        {"data synth --json --start 2024-01-02 --end 2024-01-04", 2 * 49},
        {"data synth --json --start 2024-01-02 --end 2024-01-04", 0},
        {"data synth --json --start 2024-01-02 --end 2024-01-05", 2 * 24}, /* further */
        {"data synth --json --start 2024-01-03 --end 2024-01-04", 0},      /* within */
        {"data synth --json --start 2024-01-01 --end 2024-01-03", 2 * 24}, /* earlier */
        {"data synth --json --start 2024-02-01 --end 2024-02-01", 2 * 1},  /* apart */
    };
    for (gsize i = 0; i < G_N_ELEMENTS(runs); i++) {
        json_t *counts = ask(runs[i].line);
        assert_int_equal(json_integer_value(json_object_get(counts, "new")), runs[i].added);
        assert_int_equal(json_integer_value(json_object_get(counts, "revised")), 0);
        json_decref(counts);
    }
    expect("data synth --seed 2 --start 2024-01-02 --end 2024-01-04", bad_data);
    expect("data synth --seed 2 --start 2024-03-02 --end 2024-03-04", bad_data);
    json_t *listing = ask("data list --json");
    assert_int_equal(rows_of(listing, "CB-BTC-USD"), 49 + 24 + 24 + 1);
    assert_int_equal(rows_of(listing, "CB-ETH-USD"), 49 + 24 + 24 + 1);
    json_decref(listing);
}

static void test_data_synth__makes_no_bars_of_the_future(void **state) {
    (void)state;
    g_auto(TestRun) run =
        test_run_expect(folder, "systematica", "data synth --end 2200-01-01", usage);
    assert_non_null(strstr(run.err, "--end 2200-01-01"));
    assert_false(test_exists(folder, ".workflow/research.db"));
}

/* JSON holds Unicode only; a symbol or a file name may be any bytes. */
static void test_data_json__keeps_what_is_not_utf8(void **state) {
    (void)state;
    static const char bars[] = "symbol,open_datetime,open,high,low,close,volume\n"
                               "CAF\xe9,2020-01-02 00:00:00,7000,7100,6900,7050,10\n"
                               "TEA,2020-01-02 00:00:00,7000,7100,6900,7050,10\n";
    test_write(folder, "caf\xe9.csv", bars);
    json_t *files = ask("data import --json --timeframe 60m caf\xe9.csv");
    json_t *file = json_array_get(files, 0);
    assert_string_equal(json_string_value(json_object_get(file, "file")), "caf\uFFFD.csv");
    assert_int_equal(json_integer_value(json_object_get(file, "new")), 2);
    json_t *listing = ask("data list --json");
    assert_int_equal(json_array_size(listing), 2);
    assert_int_equal(rows_of(listing, "CAF\uFFFD"), 1);
    assert_int_equal(rows_of(listing, "TEA"), 1);
    json_decref(files);
    json_decref(listing);
}

#define ROW(test) cmocka_unit_test_setup_teardown(test, set_up, tear_down)

int main(void) {
    const struct CMUnitTest tests[] = {
        ROW(test_data_synth__leaves_bars_that_are_not_its_own_alone),
        ROW(test_data_synth__shares_a_table_with_other_series),
        ROW(test_data_synth__extends_and_repeats_its_own),
        ROW(test_data_synth__makes_no_bars_of_the_future),
        ROW(test_data_json__keeps_what_is_not_utf8),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
