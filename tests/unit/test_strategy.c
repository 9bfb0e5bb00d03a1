/* Templates that are wrong in their meaning: each problem has its place, and none hides another. */
#include "test.h"

#include <string.h>

#include "base/error.h"
#include "cli.h"
#include "workflow/strategy.h"

/* The sample with one text replaced by another; what loading it says, or "". Free with g_free. */
static char *load_changed(const char *from, const char *to) {
    g_autofree char *folder = test_folder_new();
    g_autofree char *sample = test_read(g_getenv("SY_SOURCE_ROOT"), "templates/dale.toml");
    g_auto(GStrv) parts = g_strsplit(sample, from, 2);
    assert_non_null(parts[1]);
    g_autofree char *text = g_strconcat(parts[0], to, parts[1], NULL);
    test_write(folder, "bad.toml", text);
    g_autofree char *path = g_build_filename(folder, "bad.toml", NULL);
    g_autoptr(GError) error = NULL;
    g_autoptr(SyStrategy) strategy = sy_strategy_load(path, &error);
    test_folder_remove(folder);
    if (error)
        assert_int_equal(error->code, SY_ERROR_TEMPLATE);
    return g_strdup(error ? error->message : "");
}

static guint lines_of(const char *text) {
    guint lines = 0;
    g_auto(GStrv) line = g_strsplit(text, "\n", -1);
    for (char **p = line; *p; p++)
        lines += **p && !g_str_has_prefix(*p, "  hint");
    return lines;
}

static void test_strategy__names_each_problem_at_its_place(void **state) {
    (void)state;
    static const struct {
        const char *from, *to, *place, *says;
    } cases[] = {
        {"training_window", "traning_window", ":20:1: ", "did you mean \"training_window\"?"},
        {"\"ArbitrageClipIndex\"", "\"ArbitrageClipIndx\"", ":17:1: ", "did you mean"},
        {"\"ArbitrageClipIndex\"", "\"MetaModel\"", ":17:1: ", "not available"},
        {"\"BFCData\"", "\"BFCDate\"", ":6:1: ", "did you mean \"BFCData\"?"},
        {"\"twin_spread\"", "\"twin_spred\"", ":31:1: ", "did you mean \"twin_spread\"?"},
        {"long_exits = 0", "# long_exits = 0", ":30:2: ", "needs the key long_exits"},
        {"lower = -1.57", "lower = 0.5", ":25:1: ", "below 0"},
        {"upper = 1.11", "upper = inf", ":26:1: ", "upper"},
        {"long_entries = 0.78", "long_entries = 2", ":32:1: ", "outside the bounds"},
        {"short_entries = -1.33", "short_entries = -1.58", ":34:1: ", "outside the bounds"},
        {"\"CB-ETH-USD\"]", "\"CB-ETH-USD\", \"X\"]", ":9:1: ", "needs 2 symbols"},
        {"size = 50", "size = -50", ":38:1: ", "size"},
        {"size = 50", "size = [50, 40, 30]", ":38:1: ", "size"},
        {"\"valuepercent100\"", "\"mntarget\"", ":39:1: ", "size_type"},
        {"size = 50", "leverage = 0.5\nsize = 50", ":38:1: ", "leverage"},
        {"size = 50", "order_type = \"limit\"\nsize = 50", ":38:1: ", "no limit orders"},
        {"[portfolio]", "[instruments.CB-BTC-USDT]\nlot = 1\n[portfolio]",
         ":37:14: ", "did you mean \"CB-BTC-USD\""},
        {"[portfolio]", "[instruments.CB-BTC-USD]\nlot = 0\n[portfolio]",
         ":38:1: ", "out of bounds"},
        {"[portfolio]", "[instruments.CB-BTC-USD]\ntick = 0.1\n[portfolio]",
         ":38:1: ", "order gateways"},
        {"[portfolio]", "[instruments]\nlot = 0.1\n[portfolio]", ":38:1: ", "no such symbol"},
        {"size = 50", "dt_stop = \"25:00\"\nsize = 50", ":38:1: ", "time of day"},
        {"\"from_custom_rolling\"", "\"from_tea_leaves\"", ":22:1: ", "splitter"},
        {"copula = \"auto\"", "copula = \"BB7\"", ":23:1: ", "BB7"},
        {"sequential = false", "sequential = 0", ":27:1: ", "true or false"},
    };
    for (gsize i = 0; i < G_N_ELEMENTS(cases); i++) {
        g_autofree char *said = load_changed(cases[i].from, cases[i].to);
        if (!strstr(said, cases[i].place) || !strstr(said, cases[i].says) || lines_of(said) != 1)
            fail_msg("%s: %s", cases[i].to, *said ? said : "accepted");
    }
}

static void test_strategy__collects_all_problems_in_the_order_of_the_file(void **state) {
    (void)state;
    g_autofree char *said =
        load_changed("training_window = 3244\ntesting_window = 992",
                     "training_window = \"3244\"\ntesting_windw = 992\nlist_copulas = [\"Franc\"]");
    assert_int_equal(lines_of(said), 3);
    const char *first = strstr(said, ":20:1: "), *second = strstr(said, ":21:1: ");
    assert_true(first && second && first < second && strstr(second, ":22:1: "));
}

static void test_strategy__a_lot_is_the_granularity_of_its_symbol(void **state) {
    (void)state;
    static const struct {
        const char *granularity;
        double first, second;
    } cases[] = {{"", 0, 0.25},
                 {"size_granularity = 0.5", 0.5, 0.5},
                 {"size_granularity = [2, 0]", 2, 0.25}};
    g_autofree char *sample = test_read(g_getenv("SY_SOURCE_ROOT"), "templates/dale.toml");
    g_auto(GStrv) parts = g_strsplit(sample, "[portfolio]", 2);
    for (gsize i = 0; i < G_N_ELEMENTS(cases); i++) {
        g_autofree char *text =
            g_strconcat(parts[0], "[instruments.CB-ETH-USD]\nlot = 0.25\n[portfolio]\n",
                        cases[i].granularity, parts[1], NULL);
        g_autoptr(GError) error = NULL;
        g_autoptr(SyStrategy) strategy = sy_strategy_read(text, strlen(text), "t.toml", &error);
        if (!strategy)
            fail_msg("%s", error->message);
        const SyPortfolioConfig *config = &strategy->portfolio_config;
        assert_near(sy_portfolio_terms(config, 0).granularity, cases[i].first, 0);
        assert_near(sy_portfolio_terms(config, 1).granularity, cases[i].second, 0);
    }
}

static SyStrategy *read_text(const char *text) {
    g_autoptr(GError) error = NULL;
    SyStrategy *strategy = sy_strategy_read(text, strlen(text), "made.toml", &error);
    if (!strategy)
        fail_msg("%s", error->message);
    return strategy;
}

#define HEAD                                                                                       \
    "[meta]\nstudy_name = \"a\"\n[loader_params]\nsymbols = [\"A\", \"B\"]\ntimeframe = "          \
    "\"1h\"\nengine_name = \"e\"\ntable = \"candle\"\nindex_col = \"close_datetime\"\n"

static void test_strategy__takes_levels_from_a_model_that_has_some(void **state) {
    (void)state;
    g_autoptr(SyStrategy) strategy = read_text(
        HEAD "[model]\nname = \"RollingSpreadModel\"\n[model_params]\nupper = 0.3\n[signal]\n"
             "signal_model = \"spread\"\nshort_entries = -0.5\n");
    assert_true(strategy->signal_config.long_entries == 0.3);
    assert_true(strategy->signal_config.long_exits == 0);
    assert_true(strategy->signal_config.short_entries == -0.5);
    assert_true(strategy->signal_config.short_exits == 0);
}

static void test_strategy__that_leaves_the_newest_rows_undecided_is_for_backtests(void **state) {
    (void)state;
    g_autoptr(GError) error = NULL;
    g_autoptr(SyStrategy) strategy =
        read_text(HEAD "[model]\nname = \"ArbitrageBaseIndex\"\n[model_params]\nsplitter = "
                       "\"from_rolling\"\n[signal]\nsignal_model = \"crossover\"\nlong_entries = "
                       "0.4\nlong_exits = 0\nshort_entries = -0.4\nshort_exits = 0\n");
    assert_false(sy_strategy_check_live(strategy, 0, &error));
    assert_non_null(strstr(error->message, "splitter cannot run live"));
}

static void test_strategy__groups_of_symbols_with_their_own_cash_are_for_backtests(void **state) {
    (void)state;
    for (int sharing = 0; sharing < 2; sharing++) {
        g_autoptr(GError) error = NULL;
        g_autofree char *text = g_strconcat(
            HEAD "[model]\nname = \"RollingSpreadModel\"\n[signal]\nsignal_model = \"spread\"\n"
                 "[portfolio]\ngroup_by = true\n",
            sharing ? "cash_sharing = true\n" : "", NULL);
        g_autoptr(SyStrategy) strategy = read_text(text);
        assert_int_equal(sy_strategy_check_live(strategy, 0, &error), sharing);
        assert_true(sharing || strstr(error->message, "[portfolio] group_by: live"));
    }
}

static void test_strategy__the_sample_is_read_as_it_stands(void **state) {
    (void)state;
    g_autofree char *said = load_changed("[meta]", "[meta]");
    assert_string_equal(said, "");
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_strategy__names_each_problem_at_its_place),
        cmocka_unit_test(test_strategy__collects_all_problems_in_the_order_of_the_file),
        cmocka_unit_test(test_strategy__a_lot_is_the_granularity_of_its_symbol),
        cmocka_unit_test(test_strategy__groups_of_symbols_with_their_own_cash_are_for_backtests),
        cmocka_unit_test(test_strategy__the_sample_is_read_as_it_stands),
        cmocka_unit_test(test_strategy__takes_levels_from_a_model_that_has_some),
        cmocka_unit_test(test_strategy__that_leaves_the_newest_rows_undecided_is_for_backtests),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
