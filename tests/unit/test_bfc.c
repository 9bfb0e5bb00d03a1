/* BFCData on small tables: every spelling of time, bounds, mappings, and what it refuses. */
#include "test.h"

#include <string.h>

#include <glib/gstdio.h>

#include "base/error.h"
#include "db/db.h"
#include "loader/loader.h"

static char *folder;
static SyTime now;

static SyTime at(const char *text) {
    SyTime time;
    if (!sy_time_parse(text, 0, &time, NULL))
        fail_msg("%s is no time", text);
    return time;
}

static int make_folder(void **state) {
    (void)state;
    folder = g_dir_make_tmp("sy-bfc-XXXXXX", NULL);
    return folder ? 0 : -1;
}

static char *database(void) { return g_build_filename(folder, "bars.db", NULL); }

static int remove_folder(void **state) {
    (void)state;
    g_autofree char *path = database();
    g_unlink(path);
    g_rmdir(folder);
    g_free(folder);
    return 0;
}

/* A new database that these statements fill. */
static void fill(const char *sql) {
    g_autofree char *path = database();
    g_unlink(path);
    g_autoptr(GError) error = NULL;
    g_autoptr(SyDb) db = sy_db_open("sqlite:///bars.db", folder, SY_DB_CREATE, 0, &error);
    /* no waiting for the disk, hundreds of times */
    if (!db || !sy_db_exec(db, "PRAGMA synchronous = OFF", &error) || !sy_db_exec(db, sql, &error))
        fail_msg("%s", error->message);
}

static void configure(SyLoaderConfig *config, const char *symbols) {
    sy_fields_init(&sy_loader_fields, config);
    config->symbols = g_strsplit(symbols, ",", -1);
    config->timeframe = (SyTimeframe){SY_HOUR, 0};
    config->engine = g_strdup("sqlite:///bars.db");
    now = at("2018-02-01");
}

/* Whatever is loaded, a look at its newest bar says the same. */
static void check_newest(const SyLoader *loader, const SyLoaderConfig *config,
                         const SyLoaderContext *context, const SyPanel *panel) {
    SyTime newest;
    g_autoptr(GError) error = NULL;
    if (panel && !loader->newest(config, context, &newest, &error))
        fail_msg("%s", error->message);
    if (panel)
        assert_int_equal(newest, sy_panel_complete_until(panel));
}

static SyPanel *load(SyLoaderConfig *config, GError **error) {
    const SyLoader *loader = sy_loader_find("BFCData");
    SyEnv env = sy_env_fixed(&now);
    SyMap engines = {0};
    SyLoaderContext context = {&env, folder, &engines, SY_TIME_NONE};
    const char *key = "";
    g_autofree char *reason = loader->validate(config, &key);
    if (reason) {
        sy_fail(error, SY_ERROR_TEMPLATE, "%s: %s", key, reason);
        sy_fields_clear(&sy_loader_fields, config);
        return NULL;
    }
    SyPanel *panel = loader->load(config, &context, error);
    check_newest(loader, config, &context, panel);
    sy_fields_clear(&sy_loader_fields, config);
    return panel;
}

static SyPanel *load_well(SyLoaderConfig *config) {
    g_autoptr(GError) error = NULL;
    SyPanel *panel = load(config, &error);
    if (!panel)
        fail_msg("%s", error->message);
    return panel;
}

static void load_badly(SyLoaderConfig *config, SyErrorCode code, const char *message) {
    g_autoptr(GError) error = NULL;
    assert_null(load(config, &error));
    if (!strstr(error->message, message))
        fail_msg("expected \"%s\" in: %s", message, error->message);
    assert_int_equal(error->code, code);
}

/* How one stored hour h of 2018-01-01 … is written; %1$s: date, %2$d hour of day. */
static char *spell(int style, SyTime time) {
    char text[SY_TIME_TEXT_SIZE];
    sy_time_format(time, text); /* 2018-01-01T00:00:00Z */
    switch (style) {
    case 0:
        text[10] = ' ', text[19] = '\0';
        return g_strdup_printf("'%s'", text);
    case 1:
        return g_strdup_printf("'%s'", text);
    case 2:
        text[19] = '\0';
        return g_strdup_printf("'%s.000000+00:00'", text);
    case 3: /* another zone on every other row, so that texts are out of order */
        sy_time_format(time + (time / SY_HOUR % 2 ? 14 * SY_HOUR : -10 * SY_HOUR), text);
        text[19] = '\0';
        return g_strdup_printf("'%s%s'", text, time / SY_HOUR % 2 ? "+14:00" : "-10:00");
    case 4:
        text[time / SY_HOUR % 2 ? 10 : 20] = ' ', text[19] = '\0';
        return g_strdup_printf("'%s'", text);
    default: {
        const gint64 unit[] = {SY_SECOND, 1000000, 1000, 1};
        bool quoted = style >= 9;
        return g_strdup_printf("%s%" G_GINT64_FORMAT "%s", quoted ? "'" : "",
                               time / unit[(style - 5) % 4], quoted ? "'" : "");
    }
    }
}

enum { styles = 13, hours = 120 };

static void test_bfc__every_spelling_of_time_gives_the_same_rows(void **state) {
    (void)state;
    for (int style = 0; style < styles; style++)
        for (int open = 0; open < 2; open++)
            for (int limit = 0; limit < 2; limit++) {
                g_autoptr(GString) sql = g_string_new(NULL);
                g_string_printf(sql,
                                "CREATE TABLE candle (symbol, %s, open, high, low, close, volume);",
                                open ? "open_datetime" : "close_datetime");
                for (int h = 0; h < hours; h++) {
                    g_autofree char *time = spell(style, at("2018-01-01") + h * SY_HOUR);
                    g_string_append_printf(sql, "INSERT INTO candle VALUES ('A',%s,1,2,1,%d,0);",
                                           time, h + 1);
                }
                fill(sql->str);
                SyLoaderConfig config;
                configure(&config, "A");
                config.index_col = g_strdup(open ? "open_datetime" : "close_datetime");
                config.start = g_strdup("2018-01-02 UTC");
                config.end = g_strdup("2018-01-04T00:00:00Z");
                config.limit = limit ? 7 : 0;
                g_autoptr(SyPanel) panel = load_well(&config);
                gsize rows = limit ? 7 : 48;
                assert_int_equal(panel->rows, rows);
                assert_true(panel->time[rows - 1] == at("2018-01-03 23:00") + (open ? SY_HOUR : 0));
                assert_near(sy_panel_column(panel, SY_CLOSE, 0)[0], 73 - (double)rows, 0);
                assert_near(sy_panel_column(panel, SY_CLOSE, 0)[rows - 1], 72, 0);
                assert_int_equal(panel->provenance[0].duplicates, 0);
            }
}

#define TABLE                                                                                      \
    "CREATE TABLE candle (symbol, timeframe, close_datetime, open, high, low, close, volume);"
#define ROW(symbol, frame, time, price)                                                            \
    "INSERT INTO candle VALUES ('" symbol "','" frame "','" time "',1,1,1," price ",0);"

static void test_bfc__timeframes_are_compared_by_meaning(void **state) {
    (void)state;
    fill(TABLE ROW("A", "60m", "2018-01-01 01:00:00", "1")
             ROW("A", "1h", "2018-01-01 02:00:00", "2") ROW("A", "1d", "2018-01-02 00:00:00", "9")
                 ROW("A", "15 minutes", "2018-01-01 01:15:00", "8"));
    SyLoaderConfig config;
    configure(&config, "A");
    g_autoptr(SyPanel) panel = load_well(&config);
    assert_int_equal(panel->rows, 2);
    assert_near(sy_panel_column(panel, SY_CLOSE, 0)[1], 2, 0);
    configure(&config, "A");
    config.timeframe = (SyTimeframe){7 * SY_DAY, 0};
    load_badly(&config, SY_ERROR_DATA,
               "A has no bars of timeframe 1w (there: 15 minutes, 1d, 1h, 60m");
}

static void test_bfc__the_last_stored_of_equal_times_wins(void **state) {
    (void)state;
    fill(TABLE "CREATE INDEX i ON candle (symbol, timeframe, close_datetime, close);" ROW(
        "A", "1h", "2018-01-01T01:00:00Z", "5") ROW("A", "1h", "2018-01-01 02:00:00", "2")
             ROW("A", "1h", "2018-01-01 01:00:00", "3"));
    SyLoaderConfig config;
    configure(&config, "A");
    g_autoptr(SyPanel) panel = load_well(&config);
    assert_int_equal(panel->rows, 2);
    assert_int_equal(panel->provenance[0].duplicates, 1);
    assert_near(sy_panel_column(panel, SY_CLOSE, 0)[0], 3, 0);
}

/* Bars longer than a day, by their open times: those of the limit are found once more in the order
 * in which they were stored. */
static void test_bfc__the_last_stored_wins_among_the_newest_of_long_bars(void **state) {
    (void)state;
    g_autoptr(GString) sql = g_string_new(
        "CREATE TABLE candle (symbol, open_datetime, open, high, low, close, volume);");
    for (int copy = 0; copy < 2; copy++)
        for (int week = 0; week < 4; week++) {
            char text[SY_TIME_TEXT_SIZE];
            sy_time_format(at("2018-01-01") + week * 7 * SY_DAY, text);
            text[10] = '\0';
            g_string_append_printf(sql, "INSERT INTO candle VALUES ('A', '%s', 1, 99, 1, %d, 1);",
                                   text, 10 * week + 5 - copy);
        }
    fill(sql->str);
    SyLoaderConfig config;
    configure(&config, "A");
    config.timeframe = (SyTimeframe){7 * SY_DAY, 0};
    config.index_col = g_strdup("open_datetime");
    config.limit = 3;
    g_autoptr(SyPanel) panel = load_well(&config);
    assert_int_equal(panel->rows, 3);
    for (gsize row = 0; row < 3; row++) {
        assert_true(panel->time[row] == at("2018-01-15") + (SyTime)row * 7 * SY_DAY);
        assert_near(sy_panel_column(panel, SY_CLOSE, 0)[row], 14 + 10 * (double)row, 0);
    }
}

static void test_bfc__forming_bars_are_dropped_and_missing_values_kept(void **state) {
    (void)state;
    fill(TABLE ROW("A", "1h", "2018-01-31 23:00:00", "NULL")
             ROW("A", "1h", "2018-02-01 00:00:00", "'nan'")
                 ROW("A", "1h", "2018-02-01 00:59:59.999", "7")
                     ROW("A", "1h", "2018-02-01 02:00:00", "8"));
    SyLoaderConfig config;
    configure(&config, "A");
    now = at("2018-02-01 00:30");
    g_autoptr(SyPanel) panel = load_well(&config);
    assert_int_equal(panel->rows, 2);
    assert_int_equal(panel->provenance[0].forming, 1);
    assert_true(isnan(sy_panel_column(panel, SY_CLOSE, 0)[0]));
    assert_true(isnan(sy_panel_column(panel, SY_CLOSE, 0)[1]));
    configure(&config, "A");
    now = at("2018-02-01 01:00"); /* …59.999 closes on the hour */
    g_autoptr(SyPanel) later = load_well(&config);
    assert_int_equal(later->rows, 3);
    assert_true(later->time[2] == at("2018-02-01 01:00"));
}

static void test_bfc__bad_prices_and_times_are_named(void **state) {
    (void)state;
    static const struct {
        const char *price, *message;
    } prices[] = {{"0", "A, bar that closes at 2018-01-01T01:00:00Z: close = 0 is zero"},
                  {"-1.5", "close = -1.5 is negative"},
                  {"9e999", "is infinite"},
                  {"'12abc'", "close = \"12abc\" is not a number"},
                  {"'0x10'", "close = \"0x10\" is not a number"}};
    SyLoaderConfig config;
    for (gsize i = 0; i < G_N_ELEMENTS(prices); i++) {
        g_autofree char *sql = g_strdup_printf(
            TABLE "INSERT INTO candle VALUES ('A','1h','2018-01-01 01:00:00',1,1,1,%s,0)",
            prices[i].price);
        fill(sql);
        configure(&config, "A");
        load_badly(&config, SY_ERROR_DATA, prices[i].message);
    }
    static const struct {
        const char *first, *second, *message;
    } times[] = {{"'2018-01-01'", "1514768400", "mixes spellings"},
                 {"1514768400", "1514768400000", "mixes spellings"},
                 {"NULL", "'2018-01-01'", "a time is NULL"},
                 {"1514768400.5", "1514768500.5", "neither a text nor an integer"},
                 {"'01/02/2018'", "'2018-01-01'", "not a time: \"01/02/2018\""}};
    for (gsize i = 0; i < G_N_ELEMENTS(times); i++) {
        g_autofree char *sql = g_strdup_printf(
            TABLE "INSERT INTO candle VALUES ('A','1h',%s,1,1,1,1,0),('A','1h',%s,1,1,1,1,0)",
            times[i].first, times[i].second);
        fill(sql);
        configure(&config, "A");
        load_badly(&config, SY_ERROR_DATA, times[i].message);
    }
}

static void test_bfc__absent_things_are_named_with_what_there_is(void **state) {
    (void)state;
    SyLoaderConfig config;
    fill(TABLE);
    configure(&config, "A");
    load_badly(&config, SY_ERROR_DATA, "is empty");
    fill(TABLE ROW("CB-BTC-USD", "1h", "2018-01-01 01:00:00", "1"));
    configure(&config, "CB-BTC-USDT");
    load_badly(&config, SY_ERROR_DATA, "did you mean \"CB-BTC-USD\"?");
    configure(&config, "CB-BTC-USD");
    config.table = g_strdup("candles");
    load_badly(&config, SY_ERROR_DATA, "no table is called \"candles\"; did you mean \"candle\"?");
    configure(&config, "CB-BTC-USD");
    config.index_col = g_strdup("close_date");
    load_badly(&config, SY_ERROR_DATA, "no column is called \"close_date\"");
    configure(&config, "CB-BTC-USD");
    config.start = g_strdup("2018-01-02");
    load_badly(&config, SY_ERROR_DATA, "no closed bar of CB-BTC-USD lies in the range");
    configure(&config, "CB-BTC-USD");
    g_clear_pointer(&config.engine, g_free);
    config.engine_name = g_strdup("reserch");
    load_badly(&config, SY_ERROR_TEMPLATE, "no engine is called \"reserch\"");
    fill("CREATE TABLE candle (symbol, close_datetime, open, close, volume);"
         "INSERT INTO candle VALUES ('A', '2018-01-01', 1, 2, 3)");
    configure(&config, "A");
    load_badly(&config, SY_ERROR_DATA, "no column is called \"high\"");
    configure(&config, "A");
    config.missing_columns = SY_MISSING_NAN;
    g_autoptr(SyPanel) panel = load_well(&config);
    assert_true(isnan(sy_panel_column(panel, SY_HIGH, 0)[0]));
    assert_near(sy_panel_column(panel, SY_CLOSE, 0)[0], 2, 0);
}

static void test_bfc__columns_and_query_replace_the_usual_names(void **state) {
    (void)state;
    fill("CREATE TABLE \"my bars\" (Ticker, at, o, h, l, \"last \"\"px\"\"\", v);"
         "INSERT INTO \"my bars\" VALUES ('A', '2018-01-01T00:00:00Z', 1, 3, 0.5, 2, 7)");
    SyLoaderConfig config;
    configure(&config, "A");
    config.table = g_strdup("my bars");
    config.index_col = g_strdup("at");
    config.index_is = SY_INDEX_OPEN;
    config.columns.n = 6;
    config.columns.key = g_strsplit("symbol,open,high,low,close,volume", ",", -1);
    config.columns.value = g_strsplit("ticker,o,h,l,last \"px\",v", ",", -1);
    g_autoptr(SyPanel) panel = load_well(&config);
    assert_true(panel->time[0] == at("2018-01-01 01:00"));
    assert_near(sy_panel_column(panel, SY_CLOSE, 0)[0], 2, 0);
    configure(&config, "B");
    config.index_col = g_strdup("close_at");
    config.query =
        g_strdup("SELECT at AS close_at, o AS open, h AS high, l AS low, 2 AS close, v AS volume "
                 "FROM \"my bars\" WHERE Ticker = 'A'; -- the end");
    load_badly(&config, SY_ERROR_DATA, "one SQL statement");
    configure(&config, "B");
    config.index_col = g_strdup("close_at");
    config.query =
        g_strdup("SELECT at AS close_at, o AS open, h AS high, l AS low, 2 AS close, v AS volume "
                 "FROM \"my bars\" WHERE Ticker = 'A' -- the end");
    g_autoptr(SyPanel) queried = load_well(&config);
    assert_int_equal(queried->rows, 1);
    configure(&config, "A");
    config.query = g_strdup("DELETE FROM \"my bars\"");
    load_badly(&config, SY_ERROR_TEMPLATE, "must be one SELECT");
    configure(&config, "A");
    config.query = g_strdup("SELECT 1) UNION SELECT (2");
    load_badly(&config, SY_ERROR_DATA, "query: ");
}

static void test_bfc__frequency_resamples_and_finer_rows_need_it(void **state) {
    (void)state;
    g_autoptr(GString) sql = g_string_new(
        "CREATE TABLE candle (symbol, close_datetime, open, high, low, close, volume);");
    for (int h = 1; h <= 96; h++) {
        char text[SY_TIME_TEXT_SIZE];
        sy_time_format(at("2018-01-01") + h * SY_HOUR, text);
        g_string_append_printf(sql, "INSERT INTO candle VALUES ('A','%s',1,2,1,%d,1);", text, h);
    }
    fill(sql->str);
    SyLoaderConfig config;
    configure(&config, "A");
    config.frequency = (SyTimeframe){SY_DAY, 0};
    g_autoptr(SyPanel) panel = load_well(&config);
    assert_int_equal(panel->rows, 4);
    assert_int_equal(panel->timeframe.nanoseconds, SY_DAY);
    assert_near(sy_panel_column(panel, SY_CLOSE, 0)[3], 96, 0);
    assert_near(sy_panel_column(panel, SY_VOLUME, 0)[3], 24, 0);
    configure(&config, "A");
    config.timeframe = (SyTimeframe){SY_DAY, 0};
    load_badly(&config, SY_ERROR_DATA, "finer than the timeframe 1d");
    configure(&config, "A");
    config.timeframe = (SyTimeframe){15 * SY_MINUTE, 0};
    load_badly(&config, SY_ERROR_DATA, "coarser than the timeframe 15m");
    configure(&config, "A");
    config.frequency = (SyTimeframe){90 * SY_MINUTE, 0};
    load_badly(&config, SY_ERROR_TEMPLATE, "frequency: bins of 90m");
}

static void test_bfc__contradictions_are_refused_before_loading(void **state) {
    (void)state;
    SyLoaderConfig config;
    configure(&config, "A,A");
    load_badly(&config, SY_ERROR_TEMPLATE, "symbols: \"A\" is listed twice");
    configure(&config, "A");
    config.engine_name = g_strdup("research");
    load_badly(&config, SY_ERROR_TEMPLATE, "engine: is given beside engine_name");
    configure(&config, "A");
    config.path = g_strdup("x.csv");
    load_badly(&config, SY_ERROR_TEMPLATE, "path: is a key of CSVData");
    configure(&config, "A");
    config.index_col = g_strdup("time");
    load_badly(&config, SY_ERROR_TEMPLATE, "set index_is");
    configure(&config, "A");
    config.start = g_strdup("2018-02-01"), config.end = g_strdup("2018-01-01");
    load_badly(&config, SY_ERROR_TEMPLATE, "end (2018-01-01) is not after start");
    configure(&config, "A");
    g_free(config.engine);
    config.engine = g_strdup("mysql://u:secret@h/d");
    load_badly(&config, SY_ERROR_TEMPLATE, "u:***@h");
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_bfc__every_spelling_of_time_gives_the_same_rows),
        cmocka_unit_test(test_bfc__timeframes_are_compared_by_meaning),
        cmocka_unit_test(test_bfc__the_last_stored_of_equal_times_wins),
        cmocka_unit_test(test_bfc__the_last_stored_wins_among_the_newest_of_long_bars),
        cmocka_unit_test(test_bfc__forming_bars_are_dropped_and_missing_values_kept),
        cmocka_unit_test(test_bfc__bad_prices_and_times_are_named),
        cmocka_unit_test(test_bfc__absent_things_are_named_with_what_there_is),
        cmocka_unit_test(test_bfc__columns_and_query_replace_the_usual_names),
        cmocka_unit_test(test_bfc__frequency_resamples_and_finer_rows_need_it),
        cmocka_unit_test(test_bfc__contradictions_are_refused_before_loading),
    };
    return cmocka_run_group_tests(tests, make_folder, remove_folder);
}
