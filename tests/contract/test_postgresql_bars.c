/* BFCData over the types that a PostgreSQL table may have: the same bars from each. */
#include "test.h"

#include <string.h>

#include "base/error.h"
#include "db/db.h"
#include "loader/loader.h"
#include "postgres.h"

static char *url;
static SyTime now;
enum { BARS = 48 };

static void exec(const char *sql) {
    g_autoptr(GError) error = NULL;
    g_autoptr(SyDb) db = sy_db_open(url, NULL, SY_DB_WRITE, 1000, &error);
    if (!db || !sy_db_exec(db, sql, &error))
        fail_msg("%s: %s", sql, error->message);
}

/* A table of two symbols, close times from 2018-01-01 01:00 on; prices 100.1, 101.1, … */
static void fill(const char *symbol_type, const char *time_type, const char *price_type) {
    bool integers = strcmp(time_type, "bigint") == 0;
    g_autofree char *sql = g_strdup_printf(
        "DROP TABLE IF EXISTS candle; CREATE TABLE candle (symbol %1$s, timeframe text, "
        "close_datetime %2$s, open %3$s, high %3$s, low %3$s, close %3$s, volume %3$s); "
        "INSERT INTO candle SELECT (CASE s WHEN 0 THEN 'A' ELSE 'B' END)::%1$s, '1h', %4$s, "
        "100.1 + i, 105.1 + i, 95.1 + i, 101.1 + i, 10 FROM generate_series(0, %5$d) AS t (i), "
        "generate_series(0, 1) AS u (s), LATERAL (SELECT timestamptz '2018-01-01 01:00Z' + i * "
        "interval '1 hour') AS v (stamp)",
        symbol_type, time_type, price_type,
        integers                              ? "1000 * extract(epoch FROM stamp)::bigint"
        : strcmp(time_type, "text") == 0      ? "to_char(stamp, 'YYYY-MM-DD\"T\"HH24:MI:SS\"Z\"')"
        : strcmp(time_type, "timestamp") == 0 ? "stamp AT TIME ZONE 'UTC'"
                                              : "stamp",
        BARS - 1);
    exec(sql);
}

static void configure(SyLoaderConfig *config) {
    sy_fields_init(&sy_loader_fields, config);
    config->symbols = g_strsplit("A,B", ",", -1);
    config->timeframe = (SyTimeframe){SY_HOUR, 0};
    config->engine = g_strdup(url);
    now = sy_date_to_days((SyDate){2018, 2, 1}) * SY_DAY;
}

static SyPanel *load(SyLoaderConfig *config, GError **error) {
    const SyLoader *loader = sy_loader_find("BFCData");
    SyEnv env = sy_env_fixed(&now);
    SyMap engines = {0};
    SyLoaderContext context = {&env, NULL, &engines, SY_TIME_NONE};
    const char *key = "";
    assert_null(loader->validate(config, &key));
    SyPanel *panel = loader->load(config, &context, error);
    sy_fields_clear(&sy_loader_fields, config);
    return panel;
}

static void assert_bars(SyLoaderConfig *config, gsize first, gsize rows, const char *what) {
    g_autoptr(GError) error = NULL;
    g_autoptr(SyPanel) panel = load(config, &error);
    if (!panel)
        fail_msg("%s: %s", what, error->message);
    if (panel->rows != rows || panel->symbols != 2)
        fail_msg("%s: %zu rows instead of %zu", what, panel->rows, rows);
    for (gsize row = 0; row < rows; row++) {
        SyTime time =
            sy_date_to_days((SyDate){2018, 1, 1}) * SY_DAY + (gint64)(first + row + 1) * SY_HOUR;
        assert_true(panel->time[row] == time);
        for (gsize s = 0; s < 2; s++) {
            /* the shortest text of the price that was stored */
            g_autofree char *text = g_strdup_printf("%zu.1", 101 + first + row);
            assert_true(sy_panel_column(panel, SY_CLOSE, s)[row] == g_ascii_strtod(text, NULL));
            assert_true(sy_panel_column(panel, SY_VOLUME, s)[row] == 10);
        }
    }
}

static void test_postgresql_bars__every_type_gives_the_same_bars(void **state) {
    (void)state;
    static const char *const symbols[] = {"text", "varchar(10)", "char(5)", "name"};
    static const char *const times[] = {"timestamptz", "timestamp", "text", "bigint"};
    static const char *const prices[] = {"float8", "float4", "numeric", "numeric(12, 3)", "text"};
    for (gsize i = 0; i < G_N_ELEMENTS(symbols); i++)
        for (gsize j = 0; j < G_N_ELEMENTS(times); j++)
            for (gsize k = 0; k < G_N_ELEMENTS(prices); k++) {
                if ((i && j) || (i && k) || (j && k)) /* each with the first of the others */
                    continue;
                g_autofree char *what =
                    g_strdup_printf("%s, %s, %s", symbols[i], times[j], prices[k]);
                SyLoaderConfig config;
                fill(symbols[i], times[j], prices[k]);
                configure(&config);
                assert_bars(&config, 0, BARS, what);
                configure(&config);
                config.start = g_strdup("2018-01-01 05:00"),
                config.end = g_strdup("2018-01-01 09:00");
                assert_bars(&config, 4, 4, what);
                configure(&config);
                config.limit = 3;
                assert_bars(&config, BARS - 3, 3, what);
            }
}

static void test_postgresql_bars__a_query_may_hold_what_the_server_knows(void **state) {
    (void)state;
    fill("text", "timestamptz", "float8");
    exec("CREATE TYPE venue AS ENUM ('A', 'B')");
    SyLoaderConfig config;
    configure(&config);
    config.query =
        g_strdup("WITH b AS (SELECT * FROM candle WHERE $$x?1$$ <> '') SELECT "
                 "symbol::venue::text AS symbol, close_datetime, open, high, low, close, "
                 "volume::int FROM b -- all ?1");
    assert_bars(&config, 0, BARS, "query");
    static const char *const writing[] = {
        "DELETE FROM candle RETURNING *",
        "WITH gone AS (DELETE FROM candle RETURNING *) SELECT * FROM gone",
        "SELECT * INTO copied FROM candle",
    };
    for (gsize i = 0; i < G_N_ELEMENTS(writing); i++) {
        g_autoptr(GError) error = NULL;
        configure(&config);
        config.query = g_strdup(writing[i]);
        assert_null(load(&config, &error));
        assert_int_equal(error->code, SY_ERROR_TEMPLATE);
    }
    configure(&config);
    assert_bars(&config, 0, BARS, "after");
}

static void test_postgresql_bars__bad_cells_and_absent_things_are_named(void **state) {
    (void)state;
    static const struct {
        const char *sql, *symbols, *says;
    } cases[] = {
        {"", "A,C", "has no symbol \"C\""},
        {"UPDATE candle SET close = 'NaN' WHERE symbol = 'A' AND close > 140", "A,B", NULL},
        {"UPDATE candle SET close = 'infinity' WHERE symbol = 'A' AND close > 140", "A,B", "close"},
        {"UPDATE candle SET close = NULL", "A,B", NULL},
        {"UPDATE candle SET close_datetime = NULL WHERE close > 140", "A,B", "a time is NULL"},
        {"UPDATE candle SET close_datetime = 'infinity' WHERE close > 148", "A,B", "not a time"},
        {"ALTER TABLE candle RENAME close TO last", "A,B", "no column is called \"close\""},
        {"ALTER TABLE candle RENAME TO candles", "A,B", "did you mean \"candles\"?"},
    };
    for (gsize i = 0; i < G_N_ELEMENTS(cases); i++) {
        g_autoptr(GError) error = NULL;
        SyLoaderConfig config;
        fill("text", "timestamptz", "float8");
        exec(cases[i].sql);
        configure(&config);
        g_strfreev(config.symbols);
        config.symbols = g_strsplit(cases[i].symbols, ",", -1);
        g_autoptr(SyPanel) panel = load(&config, &error);
        if (!cases[i].says != (panel != NULL) ||
            (cases[i].says &&
             (error->code != SY_ERROR_DATA || !strstr(error->message, cases[i].says))))
            fail_msg("%s: %s", cases[i].sql, error ? error->message : "loaded");
    }
}

static int start(void **state) {
    (void)state;
    test_postgres_start();
    url = test_postgres_database("bars");
    return 0;
}

static int stop(void **state) {
    (void)state;
    test_postgres_stop();
    g_free(url);
    return 0;
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_postgresql_bars__every_type_gives_the_same_bars),
        cmocka_unit_test(test_postgresql_bars__a_query_may_hold_what_the_server_knows),
        cmocka_unit_test(test_postgresql_bars__bad_cells_and_absent_things_are_named),
    };
    return cmocka_run_group_tests(tests, start, stop);
}
