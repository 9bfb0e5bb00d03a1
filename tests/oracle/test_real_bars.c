/* The real bars, from their file through import and table into a panel. */
#include "test.h"

#include <string.h>

#include <glib/gstdio.h>

#include "base/error.h"
#include "bars.h"
#include "loader/import.h"
#include "loader/engine.h"
#include "loader/loader.h"

static SyTime test_now;

static void configure(SyLoaderConfig *config, const char *symbols) {
    sy_fields_init(&sy_loader_fields, config);
    config->symbols = g_strsplit(symbols, ",", -1);
    assert_true(sy_timeframe_parse("60m", &config->timeframe, NULL));
}

static SyTime at(const char *text) {
    SyTime time;
    assert_true(sy_time_parse(text, 0, &time, NULL));
    return time;
}

static void test_real_bars__load_from_a_table_as_they_are_in_the_file(void **state) {
    (void)state;
    g_autofree char *file = test_data_file("candles_1h.csv.gz");
    if (!file)
        skip();
    g_autofree char *folder = g_dir_make_tmp("sy-loader-XXXXXX", NULL);
    g_autofree char *database = g_build_filename(folder, "bars.db", NULL);
    g_autoptr(GError) error = NULL;
    SyMap engines = {0};
    SyCandleCounts counts;
    SyImportOptions import = {
        .table = "candle",
        .symbols = (char *[]){"CB-BTC-USD", "CB-ETH-USD", NULL},
        .timeframe = {SY_HOUR, 0},
    };
    char *files[] = {file, NULL};
    if (!sy_import_files("sqlite:///bars.db", &engines, folder, &import, files, &counts, &error))
        fail_msg("%s", error->message);
    assert_int_equal(counts.added, 2 * 27143);
    if (!sy_import_files("sqlite:///bars.db", &engines, folder, &import, files, &counts, &error))
        fail_msg("%s", error->message);
    assert_int_equal(counts.added + counts.revised, 0);
    assert_int_equal(counts.unchanged, 2 * 27143);
    SyLoaderConfig config;
    configure(&config, "CB-BTC-USD,CB-ETH-USD");
    config.engine = g_strdup("sqlite:///bars.db");
    config.start = g_strdup("2018-01-01 UTC");
    config.index_col = g_strdup("close_datetime");
    test_now = at("2030-01-01");
    SyEnv env = sy_env_fixed(&test_now);
    SyLoaderContext context = {&env, folder, &engines, SY_TIME_NONE};
    g_autoptr(SyPanel) panel = sy_loader_find("bfc_data")->load(&config, &context, &error);
    if (!panel)
        fail_msg("%s", error->message);
    assert_int_equal(panel->rows, 22744);
    assert_true(panel->time[0] == at("2018-01-01 00:00"));
    assert_true(panel->time[22743] == at("2020-08-05 15:00"));
    g_autoptr(SyPanel) expected = test_bars("CB-BTC-USD", "CB-ETH-USD", "2018-01-01", "2030-01-01");
    g_autofree char *loaded = sy_panel_fingerprint(panel), *read = sy_panel_fingerprint(expected);
    assert_string_equal(loaded, read);
    sy_fields_clear(&sy_loader_fields, &config);
    g_unlink(database);
    g_rmdir(folder);
}

static void test_real_bars__have_the_gaps_of_their_description(void **state) {
    (void)state;
    g_autofree char *file = test_data_file("candles_1h.csv.gz");
    if (!file)
        skip();
    g_autoptr(GError) error = NULL;
    SyMap engines = {0};
    SyLoaderConfig config;
    configure(&config, "BINANCE-BTC-USDT,BINANCE-LINK-USDT");
    config.path = g_strdup(file);
    test_now = at("2030-01-01");
    SyEnv env = sy_env_fixed(&test_now);
    SyLoaderContext context = {&env, "/", &engines, SY_TIME_NONE};
    g_autoptr(SyPanel) panel = sy_loader_find("CSVData")->load(&config, &context, &error);
    if (!panel)
        fail_msg("%s", error->message);
    /* counts of the data's own description */
    assert_int_equal(panel->provenance[0].rows, 34943);
    assert_int_equal(panel->provenance[0].gaps, 26);
    assert_int_equal(panel->provenance[0].missing, 121);
    assert_int_equal(panel->provenance[1].rows, 25875);
    assert_int_equal(panel->provenance[1].gaps, 19);
    assert_int_equal(panel->provenance[1].missing, 59);
    assert_int_equal(panel->rows, 34943); /* the union: LINK's hours are all among BTC's */
    assert_true(panel->provenance[1].first == at("2019-01-16 11:00"));
    assert_true(isnan(sy_panel_column(panel, SY_CLOSE, 1)[0]));
    sy_fields_clear(&sy_loader_fields, &config);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_real_bars__load_from_a_table_as_they_are_in_the_file),
        cmocka_unit_test(test_real_bars__have_the_gaps_of_their_description),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
