/* The loader "command": what a program is told, what becomes of the bars that it prints, and the
 * look at the newest of them. */
#include "test.h"

#include <string.h>

#include "base/error.h"
#include "cli.h"
#include "loader/loader.h"
#include "workflow/newest_bar.h"

#define HEAD "echo time,symbol,open,high,low,close,volume; "
#define BAR(hour, symbol, close) "echo 1970-01-02T" hour ":00:00Z," symbol ",9,10,8," close ",5; "
#define TWO(hour, a, b) BAR(hour, "A", a) BAR(hour, "B", b)

/* 1970-01-02T06:30:00Z: the bar of 06:00 is the newest that is closed. */
static SyTime now = SY_DAY + 6 * SY_HOUR + SY_HOUR / 2;

static SyLoaderConfig config_of(const char *script) {
    SyLoaderConfig config;
    sy_fields_init(&sy_loader_fields, &config);
    config.symbols = g_strsplit("A,B", ",", -1);
    config.timeframe = (SyTimeframe){SY_HOUR, 0};
    const char *const command[] = {"sh", "-c", script, NULL};
    config.command = g_strdupv((char **)command);
    config.timeout = g_strdup("2s");
    return config;
}

static SyLoaderContext context_of(const SyEnv *env, const char *folder) {
    return (SyLoaderContext){.env = env, .folder = folder, .until = SY_TIME_NONE};
}

static SyPanel *load(const SyLoaderConfig *config, const char *folder, GError **error) {
    const SyEnv env = sy_env_fixed(&now);
    const SyLoaderContext context = context_of(&env, folder);
    const SyLoader *loader = sy_loader_find("command");
    const char *key;
    g_autofree char *wrong = loader->validate(config, &key);
    if (wrong)
        fail_msg("%s %s", key, wrong);
    return loader->load(config, &context, error);
}

static SyPanel *load_well(const SyLoaderConfig *config, const char *folder) {
    g_autoptr(GError) error = NULL;
    SyPanel *panel = load(config, folder, &error);
    if (!panel)
        fail_msg("%s", error->message);
    return panel;
}

static void test_command_loader__rows_become_bars_as_those_of_a_file(void **state) {
    (void)state;
    SyLoaderConfig config = config_of(HEAD TWO("01", "9.5", "8.5") TWO("03", "9.25", "nan") BAR(
        "02", "A", "9") BAR("02", "B", "") TWO("02", "9.75", "8.75") TWO("07", "1", "1"));
    g_autoptr(SyPanel) panel = load_well(&config, NULL);
    assert_int_equal(panel->rows, 3); /* sorted, the later of two of a time, none still forming */
    static const double a[] = {9.5, 9.75, 9.25}, b[] = {8.5, 8.75, NAN};
    for (gsize row = 0; row < 3; row++) {
        assert_int_equal(panel->time[row], SY_DAY + (SyTime)(row + 1) * SY_HOUR);
        assert_near(sy_panel_column(panel, SY_CLOSE, 0)[row], a[row], 0);
        assert_near(sy_panel_column(panel, SY_CLOSE, 1)[row], b[row], 0);
    }
    assert_int_equal(panel->provenance[0].duplicates, 1);
    assert_int_equal(panel->provenance[0].forming, 1);
    assert_true(g_str_has_prefix(panel->source, "sh -c echo time,symbol"));
    sy_fields_clear(&sy_loader_fields, &config);
}

static void test_command_loader__times_are_closes_unless_said_otherwise(void **state) {
    (void)state;
    static const struct {
        const char *column;
        SyIndexIs is;
        gint64 hour; /* of the bar's close */
    } cases[] = {{"time", SY_INDEX_BY_NAME, 3},
                 {"time", SY_INDEX_OPEN, 4},
                 {"open_time", SY_INDEX_BY_NAME, 4},
                 {"close_time", SY_INDEX_BY_NAME, 3},
                 {"datetime", SY_INDEX_CLOSE, 3}};
    for (gsize i = 0; i < G_N_ELEMENTS(cases); i++) {
        g_autofree char *script = g_strdup_printf(
            "echo %s,symbol,open,high,low,close,volume; " TWO("03", "9", "9"), cases[i].column);
        SyLoaderConfig config = config_of(script);
        config.index_is = cases[i].is;
        g_autoptr(SyPanel) panel = load_well(&config, NULL);
        assert_int_equal(panel->time[0], SY_DAY + cases[i].hour * SY_HOUR);
        sy_fields_clear(&sy_loader_fields, &config);
    }
}

static void test_command_loader__is_told_what_is_wanted(void **state) {
    (void)state;
    g_autofree char *folder = test_folder_new();
    SyLoaderConfig config = config_of("env >seen; " HEAD TWO("03", "9", "9") TWO("04", "9", "9"));
    config.start = g_strdup("1970-01-02 04:00 UTC");
    config.end = g_strdup("1970-01-03 UTC");
    config.limit = 7;
    config.parameters.text = g_strdup("{\"k\":1}");
    g_autoptr(SyPanel) panel = load_well(&config, folder);
    assert_int_equal(panel->rows, 1); /* what comes before start is left out */
    g_autofree char *seen = test_read(folder, "seen");
    g_autofree char *workspace = g_strdup_printf("SYSTEMATICA_WORKSPACE=%s\n", folder);
    const char *const expected[] = {workspace,
                                    "SYSTEMATICA_PARAMETERS={\"k\":1}\n",
                                    "SYSTEMATICA_SYMBOLS=A\nB\n",
                                    "SYSTEMATICA_TIMEFRAME=1h\n",
                                    "SYSTEMATICA_START=1970-01-02T04:00:00Z\n",
                                    "SYSTEMATICA_END=1970-01-03T00:00:00Z\n",
                                    "SYSTEMATICA_UNTIL=1970-01-02T06:30:00Z\n",
                                    "SYSTEMATICA_LIMIT=7\n"};
    for (gsize i = 0; i < G_N_ELEMENTS(expected); i++)
        if (!strstr(seen, expected[i]))
            fail_msg("%s is not in %s", expected[i], seen);
    sy_fields_clear(&sy_loader_fields, &config);
    test_folder_remove(folder);
}

static void test_command_loader__bad_output_is_refused_with_its_line(void **state) {
    (void)state;
    static const struct {
        const char *script;
        int code;
        const char *expected;
    } cases[] = {
        {"true", SY_ERROR_DATA, "printed nothing; a header line is expected"},
        {HEAD, SY_ERROR_DATA, "no closed bar of A lies in the range"},
        {HEAD BAR("03", "A", "9"), SY_ERROR_DATA, "no closed bar of B lies in the range"},
        {HEAD TWO("07", "9", "9"), SY_ERROR_DATA, "no closed bar of A lies in the range"},
        {HEAD BAR("03", "AA", "9"), SY_ERROR_DATA,
         ":2: AA: is none of the symbols that were asked for: A, B"},
        {"echo when,symbol,open,high,low,close,volume", SY_ERROR_DATA,
         "no column of times (usually called close_datetime, "},
        {"echo time,open,high,low,close,volume; echo", SY_ERROR_DATA, "has no symbol column"},
        {"echo time,symbol,close; echo", SY_ERROR_DATA, "no column is called \"open\""},
        {HEAD BAR("03", "A", "0"), SY_ERROR_DATA, ":2: A: close = 0 is zero"},
        {HEAD BAR("03", "A", "-1"), SY_ERROR_DATA, ":2: A: close = -1 is negative"},
        {HEAD BAR("03", "A", "inf"), SY_ERROR_DATA, ":2: A: close = inf is infinite"},
        {HEAD BAR("03", "A", "cheap"), SY_ERROR_DATA, "close = \"cheap\" is not a number"},
        {HEAD "echo soon,A,1,1,1,1,1", SY_ERROR_DATA, ":2: A: column time: "},
        /* found by fuzzing: neither the time nor the distance of two fitted into 64 bits */
        {HEAD "echo 15772840400,A,1,1,1,1,1", SY_ERROR_DATA, "outside the years 1824 to 2115"},
        {HEAD "echo 1688-12-15T00:00:00Z,A,1,1,1,1,1", SY_ERROR_DATA, "outside the years 1824 to"},
        {HEAD "echo 1970-01-02T03:00:00Z,A,1", SY_ERROR_DATA, ":2: fewer fields"},
        {HEAD "yes 1970-01-02T03:00:00Z,A,1,1,1,1,1", SY_ERROR_DATA,
         ":65537: A: 65536 rows up to here, more than the bars between the first and the last"},
        {"yes", SY_ERROR_DATA, "no column of times"},
        {"sleep 100", SY_ERROR_TIMEOUT, "ended after its timeout of 2s"},
        {HEAD TWO("03", "9", "9") "echo gone >&2; exit 1", SY_ERROR_FAILED,
         "exit code 1; it said: gone"},
        {HEAD TWO("03", "9", "9") "echo busy >&2; exit 75", SY_ERROR_TRY_AGAIN,
         "exit code 75, so it asks to be tried again; it said: busy"},
        {"kill -9 $$", SY_ERROR_FAILED, "killed by signal 9 (Killed)"},
    };
    for (gsize i = 0; i < G_N_ELEMENTS(cases); i++) {
        SyLoaderConfig config = config_of(cases[i].script);
        g_autoptr(GError) error = NULL;
        g_autoptr(SyPanel) panel = load(&config, NULL, &error);
        if (panel)
            fail_msg("%s was accepted", cases[i].script);
        if (error->code != cases[i].code || !strstr(error->message, cases[i].expected))
            fail_msg("%s: expected %d \"%s\", got %d \"%s\"", cases[i].script, cases[i].code,
                     cases[i].expected, error->code, error->message);
        sy_fields_clear(&sy_loader_fields, &config);
    }
}

/* The look asks for the newest 100 bars, and gives what the load would end with. */
static void test_command_loader__the_newest_bar_is_that_of_a_short_window(void **state) {
    (void)state;
    g_autofree char *folder = test_folder_new();
    const SyEnv env = sy_env_fixed(&now);
    SyLoaderContext context = context_of(&env, folder);
    const SyLoader *loader = sy_loader_find("command");
    SyLoaderConfig config = config_of("echo $SYSTEMATICA_START >start; " HEAD TWO(
        "04", "9", "9") TWO("05", "9", "9") TWO("07", "9", "9") BAR("06", "A", "9"));
    g_autoptr(GError) error = NULL;
    SyTime newest = 0;
    assert_true(loader->newest(&config, &context, &newest, &error));
    assert_int_equal(newest, SY_DAY + 5 * SY_HOUR); /* B has none at 06:00, 07:00 is to come */
    g_autofree char *start = test_read(folder, "start");
    assert_string_equal(start, "1969-12-29T02:30:00Z\n");
    sy_fields_clear(&sy_loader_fields, &config);
    config = config_of(HEAD BAR("05", "A", "9"));
    assert_true(loader->newest(&config, &context, &newest, &error));
    assert_int_equal(newest, SY_TIME_NONE);
    sy_fields_clear(&sy_loader_fields, &config);
    config = config_of("exit 75");
    assert_false(loader->newest(&config, &context, &newest, &error));
    assert_int_equal(error->code, SY_ERROR_TRY_AGAIN);
    sy_fields_clear(&sy_loader_fields, &config);
    test_folder_remove(folder);
}

/* Two strategies share a look where program and parameters are the same. */
static void test_command_loader__looks_are_shared_by_equal_programs_only(void **state) {
    (void)state;
    static const char *const more[] = {"command = [\"a\", \"b\"]", "command = [\"a b\"]",
                                       "command = [\"a\", \"c\"]",
                                       "command = [\"a\", \"b\"]\nparameters = { x = 1 }",
                                       "command = [\"a\", \"b\"]\nparameters = { x = 2 }"};
    g_autoptr(GHashTable) keys = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, NULL);
    for (gsize i = 0; i < 2 * G_N_ELEMENTS(more); i++) {
        g_autofree char *text = g_strdup_printf(
            "[meta]\nstudy_name = \"s%zu\"\n[loader]\nname = \"command\"\n[loader_params]\nsymbols "
            "= "
            "[\"A\", \"B\"]\ntimeframe = \"1h\"\n%s\n[model]\nname = \"command\"\n[model_params]\n"
            "command = [\"m\"]\n[signal]\nsignal_model = \"twin_spread\"\nlong_entries = 1\n"
            "long_exits = 0\nshort_entries = -1\nshort_exits = 0\n",
            i, more[i % G_N_ELEMENTS(more)]);
        g_autoptr(GError) error = NULL;
        g_autoptr(SyStrategy) strategy = sy_strategy_read(text, strlen(text), "t.toml", &error);
        if (!strategy)
            fail_msg("%s", error->message);
        g_hash_table_add(keys, sy_newest_bar_key(strategy));
    }
    assert_int_equal(g_hash_table_size(keys), G_N_ELEMENTS(more));
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_command_loader__rows_become_bars_as_those_of_a_file),
        cmocka_unit_test(test_command_loader__times_are_closes_unless_said_otherwise),
        cmocka_unit_test(test_command_loader__is_told_what_is_wanted),
        cmocka_unit_test(test_command_loader__bad_output_is_refused_with_its_line),
        cmocka_unit_test(test_command_loader__the_newest_bar_is_that_of_a_short_window),
        cmocka_unit_test(test_command_loader__looks_are_shared_by_equal_programs_only),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
