/* The random pair and its workspace. */
#include "pair.h"

#include <math.h>

#include "cli.h"

SyTime test_pair_time(int row) {
    return sy_date_to_days((SyDate){2021, 1, 1}) * SY_DAY + (row + 1) * SY_HOUR;
}

char *test_pair_csv(int first, int end) {
    g_autoptr(GRand) random = g_rand_new_with_seed(20260101);
    GString *csv = g_string_new("symbol,open_datetime,open,high,low,close,volume\n");
    double log_price[2] = {9, 6};
    for (int row = 0; row < end; row++) {
        double common = g_rand_double_range(random, -0.02, 0.02);
        char time[SY_TIME_TEXT_SIZE];
        for (int s = 0; s < 2; s++) {
            double open = exp(log_price[s]);
            log_price[s] += common + g_rand_double_range(random, -0.01, 0.01);
            double close = exp(log_price[s]);
            if (row >= first)
                g_string_append_printf(csv, "%c,%s,%.6f,%.6f,%.6f,%.6f,10\n", 'A' + s,
                                       sy_time_format(test_pair_time(row) - SY_HOUR, time), open,
                                       fmax(open, close) * 1.001, fmin(open, close) * 0.999, close);
        }
    }
    return g_string_free(csv, FALSE);
}

char *test_pair_template(const char *study, const char *portfolio) {
    return g_strdup_printf("[meta]\nstudy_name = \"%s\"\n"
                           "[loader_params]\nsymbols = [\"A\", \"B\"]\ntimeframe = \"60m\"\n"
                           "table = \"candle\"\nindex_col = \"close_datetime\"\n"
                           "engine_name = \"research\"\n"
                           "[model]\nname = \"ArbitrageClipIndex\"\n"
                           "[model_params]\ntraining_window = 150\ntesting_window = 40\n"
                           "lower = -1.5\nupper = 1.5\n"
                           "[signal]\nsignal_model = \"twin_spread\"\nlong_entries = 0.7\n"
                           "long_exits = 0\nshort_entries = -0.7\nshort_exits = 0\n"
                           "[portfolio]\n%s\n",
                           study, portfolio);
}

char *test_pair_workspace(void) { return test_pair_workspace_on(NULL, NULL); }

char *test_pair_workspace_on(const char *engine_url, const char *store_url) {
    char *folder = test_folder_new();
    g_auto(TestRun) made = test_run_expect(folder, "systematica", "init", 0);
    if (engine_url) {
        g_autofree char *settings = g_strdup_printf(
            "[engines.research]\nurl = \"%s\"\n[store]\nurl = \"%s\"\n", engine_url, store_url);
        test_write(folder, ".workflow/settings.toml", settings);
    }
    g_autofree char *bars = test_pair_csv(0, TEST_PAIR_ROWS);
    g_autofree char *text =
        test_pair_template("pair", "size = 50\nsize_type = \"valuepercent100\"\nfees = 0.001\n"
                                   "cash_sharing = true\ncall_seq = \"auto\"");
    test_write(folder, "bars.csv", bars);
    test_write(folder, ".workflow/templates/pair.toml", text);
    g_auto(TestRun) imported = test_run_expect(
        folder, "systematica", "data import --engine research --timeframe 60m bars.csv", 0);
    return folder;
}
