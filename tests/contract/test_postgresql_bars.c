/* BFCData over the types that a PostgreSQL table may have: the same bars from each. */
#include "test.h"

#include <string.h>

#include "base/error.h"
#include "loader/loader.h"
#include "postgres.h"
#include "store.h"

static char *url;
static SyTime now;
enum { BARS = 48 };

static void exec(const char *sql) { test_change(url, NULL, sql); }

/* How a time type is made of a timestamptz. */
static const struct {
    const char *type, *sql;
} spellings[] = {
    {"timestamptz", "stamp"},
    {"timestamp", "stamp AT TIME ZONE 'UTC'"},
    {"text", "to_char(stamp, 'YYYY-MM-DD\"T\"HH24:MI:SS\"Z\"')"},
    {"bigint", "1000 * extract(epoch FROM stamp)::bigint"},
    {"int8", "1000000 * extract(epoch FROM stamp)::bigint"},
    {"bigint NOT NULL", "1000000000 * extract(epoch FROM stamp)::bigint"},
    {"int", "extract(epoch FROM stamp)::int"},
    {"timestamptz(3)", "stamp"},
    {"varchar(40)", "to_char(stamp, 'YYYY-MM-DD HH24:MI:SS.MS\"+00:00\"')"},
};

static const char *spelled(const char *type) {
    for (gsize i = 0; i < G_N_ELEMENTS(spellings); i++)
        if (strcmp(spellings[i].type, type) == 0)
            return spellings[i].sql;
    fail_msg("no spelling of %s", type);
    return NULL;
}

/* A table of two symbols, close times from 2018-01-01 01:00 on; prices 100.1, 101.1, … */
static void fill(const char *symbol_type, const char *time_type, const char *price_type) {
    g_autofree char *sql = g_strdup_printf(
        "DROP TABLE IF EXISTS candle CASCADE; CREATE TABLE candle (symbol %1$s, timeframe text, "
        "close_datetime %2$s, open %3$s, high %3$s, low %3$s, close %3$s, volume %3$s); "
        "INSERT INTO candle SELECT (CASE s WHEN 0 THEN 'A' ELSE 'B' END)::%1$s, '1h', %4$s, "
        "100.1 + i, 105.1 + i, 95.1 + i, 101.1 + i, 10 FROM generate_series(0, %5$d) AS t (i), "
        "generate_series(0, 1) AS u (s), LATERAL (SELECT timestamptz '2018-01-01 01:00Z' + i * "
        "interval '1 hour') AS v (stamp)",
        symbol_type, time_type, price_type, spelled(time_type), BARS - 1);
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
    static const char *const symbols[] = {"text", "varchar(10)", "char(5)", "name", "letter"};
    static const char *const prices[] = {"float8", "float4", "numeric", "numeric(12, 3)", "text"};
    exec("CREATE TYPE letter AS ENUM ('B', 'A', 'C')");
    for (gsize i = 0; i < G_N_ELEMENTS(symbols); i++)
        for (gsize j = 0; j < G_N_ELEMENTS(spellings); j++)
            for (gsize k = 0; k < G_N_ELEMENTS(prices); k++) {
                if ((i && j) || (i && k) || (j && k)) /* each with the first of the others */
                    continue;
                g_autofree char *what =
                    g_strdup_printf("%s, %s, %s", symbols[i], spellings[j].type, prices[k]);
                SyLoaderConfig config;
                fill(symbols[i], spellings[j].type, prices[k]);
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

/* ---- what counts as a table ---- */

static void configure_table(SyLoaderConfig *config, const char *table) {
    configure(config);
    config->table = g_strdup(table);
}

static void test_postgresql_bars__views_and_tables_of_parts_read_as_tables(void **state) {
    (void)state;
    fill("text", "timestamptz", "float8");
    exec("CREATE SCHEMA \"Market Data\"; CREATE SCHEMA _chunks; "
         "CREATE VIEW seen AS SELECT * FROM candle; "
         "CREATE MATERIALIZED VIEW kept AS SELECT * FROM candle; "
         "CREATE TABLE \"Mixed.Case \"\"1\"\"\" AS SELECT * FROM candle; "
         "CREATE TABLE \"Market Data\".candle AS SELECT * FROM candle; "
         /* a hypertable is a parent without rows of its own, and chunks that inherit from it */
         "CREATE TABLE hyper (LIKE candle); "
         "CREATE TABLE _chunks.one (CHECK (close_datetime < '2018-01-02')) INHERITS (hyper); "
         "CREATE TABLE _chunks.two (CHECK (close_datetime >= '2018-01-02')) INHERITS (hyper); "
         "INSERT INTO _chunks.two SELECT * FROM candle WHERE close_datetime >= '2018-01-02'; "
         "INSERT INTO _chunks.one SELECT * FROM candle WHERE close_datetime < '2018-01-02'; "
         "CREATE TABLE parts (LIKE candle) PARTITION BY RANGE (close_datetime); "
         "CREATE TABLE parts_1 PARTITION OF parts FOR VALUES FROM (MINVALUE) TO ('2018-01-02'); "
         "CREATE TABLE parts_2 PARTITION OF parts FOR VALUES FROM ('2018-01-02') TO (MAXVALUE); "
         "INSERT INTO parts SELECT * FROM candle");
    static const char *const tables[] = {"candle", "CANDLE",           "seen",
                                         "kept",   "Mixed.Case \"1\"", "Market Data.candle",
                                         "hyper",  "public.seen",      "parts"};
    for (gsize i = 0; i < G_N_ELEMENTS(tables); i++) {
        SyLoaderConfig config;
        configure_table(&config, tables[i]);
        assert_bars(&config, 0, BARS, tables[i]);
        configure_table(&config, tables[i]);
        config.limit = 30;
        assert_bars(&config, BARS - 30, 30, tables[i]);
    }
}

/* Closes of `table` in the order of its rows: those of good bars and, for each, one that is 3 more;
 * the good ones were stored last. Loads it; all closes are `more` above the good ones. */
static void assert_duplicates(const char *table, const char *query, int limit, double more) {
    SyLoaderConfig config;
    configure(&config);
    config.table = g_strdup(table);
    config.query = g_strdup(query);
    config.limit = limit;
    g_autoptr(GError) error = NULL;
    g_autoptr(SyPanel) panel = load(&config, &error);
    if (!panel)
        fail_msg("%s: %s", table ? table : "query", error->message);
    gsize rows = limit ? (gsize)limit : BARS;
    assert_int_equal(panel->rows, rows);
    assert_true(panel->provenance[0].duplicates >= rows);
    for (gsize row = 0; row < rows; row++)
        for (gsize s = 0; s < 2; s++)
            assert_near(sy_panel_column(panel, SY_CLOSE, s)[row],
                        101.1 + (double)(BARS - rows + row) + more, 1e-9);
}

static void test_postgresql_bars__of_equal_times_the_last_stored_wins(void **state) {
    (void)state;
    fill("text", "timestamptz", "float8");
    exec("CREATE TABLE parts_of (LIKE candle) PARTITION BY LIST (symbol); "
         "CREATE TABLE parts_b PARTITION OF parts_of FOR VALUES IN ('B'); "
         "CREATE TABLE parts_a PARTITION OF parts_of FOR VALUES IN ('A'); "
         "CREATE TABLE good AS SELECT * FROM candle; "
         "UPDATE candle SET close = close + 3; INSERT INTO candle SELECT * FROM good; "
         "INSERT INTO parts_of SELECT * FROM candle ORDER BY ctid; "
         "CREATE VIEW all_of AS SELECT * FROM candle");
    for (int limit = 0; limit <= 5; limit += 5) {
        assert_duplicates("candle", NULL, limit, 0);
        assert_duplicates("parts_of", NULL, limit, 0);
        /* nobody knows the order: the greatest, always */
        assert_duplicates("all_of", NULL, limit, 3);
        assert_duplicates(NULL, "SELECT * FROM candle ORDER BY ctid DESC", limit, 3);
    }
}

static void test_postgresql_bars__days_may_be_dates(void **state) {
    (void)state;
    exec("DROP TABLE IF EXISTS candle CASCADE; CREATE TABLE candle (symbol text, close_datetime "
         "date, open float8, high float8, low float8, close float8, volume bigint); INSERT INTO "
         "candle SELECT s, date '2018-01-02' + i, 100.1, 300, 1, 101.1 + i, 10 FROM "
         "generate_series(0, 20) AS t (i), unnest(ARRAY['A', 'B']) AS u (s)");
    SyLoaderConfig config;
    configure(&config);
    config.timeframe = (SyTimeframe){SY_DAY, 0};
    config.start = g_strdup("2018-01-05");
    config.end = g_strdup("2018-01-10");
    g_autoptr(GError) error = NULL;
    g_autoptr(SyPanel) panel = load(&config, &error);
    if (!panel)
        fail_msg("%s", error->message);
    assert_int_equal(panel->rows, 5);
    for (gsize row = 0; row < 5; row++) {
        assert_true(panel->time[row] == sy_date_to_days((SyDate){2018, 1, 5 + (int)row}) * SY_DAY);
        assert_near(sy_panel_column(panel, SY_CLOSE, 1)[row], 104.1 + (double)row, 1e-9);
    }
}

static void configure_second(SyLoaderConfig *config, const char *symbol) {
    configure(config);
    g_free(config->symbols[1]);
    config->symbols[1] = g_strdup(symbol);
}

static void assert_refused(SyLoaderConfig *config, const char *says) {
    g_autoptr(GError) error = NULL;
    g_autoptr(SyPanel) panel = load(config, &error);
    if (panel || error->code != SY_ERROR_DATA || !strstr(error->message, says))
        fail_msg("%s: %s", says, panel ? "loaded" : error->message);
}

/* Symbols and names are values and identifiers, whatever they hold. */
static void test_postgresql_bars__nothing_in_a_template_is_read_as_sql(void **state) {
    (void)state;
    static const char *const symbols[] = {
        "A'; DROP TABLE candle; --", "$1", "?1", "\\' OR ''='", "\"A\"", "A%", "ä\n\t'"};
    fill("text", "timestamptz", "float8");
    exec("CREATE TABLE original AS SELECT * FROM candle");
    for (gsize i = 0; i < G_N_ELEMENTS(symbols); i++) {
        SyLoaderConfig config;
        configure_second(&config, symbols[i]);
        assert_refused(&config, "has no symbol");
        /* and now it is there */
        g_auto(GStrv) parts = g_strsplit(symbols[i], "'", -1);
        g_autofree char *doubled = g_strjoinv("''", parts);
        g_autofree char *sql =
            g_strdup_printf("UPDATE candle SET symbol = '%s' WHERE symbol = 'B'", doubled);
        exec(sql);
        configure_second(&config, symbols[i]);
        assert_bars(&config, 0, BARS, symbols[i]);
        exec("TRUNCATE candle; INSERT INTO candle SELECT * FROM original");
    }
    static const char *const names[] = {"candle; DROP TABLE candle", "candle\" --", "(SELECT 1)",
                                        "candle WHERE true", "pg_class; --"};
    for (gsize i = 0; i < G_N_ELEMENTS(names); i++) {
        SyLoaderConfig config;
        configure_table(&config, names[i]);
        assert_refused(&config, "no table is called");
        configure(&config);
        config.index_col = g_strdup_printf("close_datetime\" FROM candle; %s", names[i]);
        assert_refused(&config, "no column is called");
    }
    SyLoaderConfig config;
    configure(&config);
    assert_bars(&config, 0, BARS, "after");
}

/* A query whose functions write is refused by the server: the session may only read. */
static void test_postgresql_bars__the_session_may_only_read_and_only_for_so_long(void **state) {
    (void)state;
    fill("text", "timestamptz", "float8");
    exec("CREATE TABLE touched (i int); CREATE FUNCTION touch () RETURNS text LANGUAGE sql AS "
         "$$INSERT INTO touched VALUES (1) RETURNING '1h'$$; "
         "CREATE FUNCTION unlock () RETURNS text LANGUAGE sql AS "
         "$$SELECT set_config('transaction_read_only', 'off', false)$$; "
         "CREATE ROLE hurried LOGIN; GRANT SELECT ON candle TO hurried; "
         "ALTER ROLE hurried SET statement_timeout = '200ms'");
    static const char *const writing[] = {"touch()", "unlock()"};
    for (gsize i = 0; i < G_N_ELEMENTS(writing); i++) {
        SyLoaderConfig config;
        configure(&config);
        config.query =
            g_strdup_printf("SELECT symbol, %s AS timeframe, close_datetime, open, high, "
                            "low, close, volume FROM candle",
                            writing[i]);
        g_autoptr(GError) error = NULL;
        g_autoptr(SyPanel) panel = load(&config, &error);
        if (panel)
            fail_msg("%s was let through", writing[i]);
        assert_non_null(strstr(error->message, "read-"));
    }
    assert_int_equal(test_query(url, NULL, "SELECT count(*) FROM touched"), 0);
    /* a limit of the role holds, since it is shorter than ours */
    SyLoaderConfig config;
    configure(&config);
    g_free(config.engine);
    config.engine = g_strdup_printf("postgresql://hurried@/bars?host=%s", test_postgres_socket());
    config.query = g_strdup("SELECT symbol, close_datetime, open, high, low, close, volume FROM "
                            "candle WHERE pg_sleep(60) IS NOT NULL");
    g_autoptr(GError) error = NULL;
    assert_null(load(&config, &error));
    if (error->code != SY_ERROR_UNAVAILABLE || !strstr(error->message, "statement timeout"))
        fail_msg("%s", error->message);
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
        {"UPDATE candle SET close_datetime = '2200-01-01' WHERE close > 148", "A,B",
         "outside the years 1824 to 2115"},
        {"UPDATE candle SET close_datetime = '1750-01-01' WHERE close > 148", "A,B",
         "outside the years 1824 to 2115"},
        /* what nanoseconds since 1970 do not hold */
        {"UPDATE candle SET close_datetime = '2270-01-01' WHERE close > 148", "A,B",
         "not a time: \"2270-01-01"},
        {"UPDATE candle SET close_datetime = '200000-01-01' WHERE close > 148", "A,B",
         "not a time"},
        /* a type without a binary form that is read: the row comes as text, its time as well */
        {"ALTER TABLE candle ALTER close TYPE money USING close::numeric::money", "A,B",
         "close = \"$101.10\" is not a number"},
        {"ALTER TABLE candle ALTER close TYPE jsonb USING to_jsonb(close)", "A,B", NULL},
        {"ALTER TABLE candle ALTER close TYPE text USING '0x' || close::int", "A,B",
         "close = \"0x101\" is not a number"},
        {"ALTER TABLE candle RENAME close TO last", "A,B", "no column is called \"close\""},
        {"ALTER TABLE candle RENAME TO candles", "A,B", "did you mean \"candles\"?"},
        {"DROP TABLE candles; CREATE SCHEMA c; ALTER TABLE candle SET SCHEMA c", "A,B",
         "did you mean \"c.candle\"?"},
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
        cmocka_unit_test(test_postgresql_bars__views_and_tables_of_parts_read_as_tables),
        cmocka_unit_test(test_postgresql_bars__of_equal_times_the_last_stored_wins),
        cmocka_unit_test(test_postgresql_bars__days_may_be_dates),
        cmocka_unit_test(test_postgresql_bars__nothing_in_a_template_is_read_as_sql),
        cmocka_unit_test(test_postgresql_bars__the_session_may_only_read_and_only_for_so_long),
        cmocka_unit_test(test_postgresql_bars__a_query_may_hold_what_the_server_knows),
        cmocka_unit_test(test_postgresql_bars__bad_cells_and_absent_things_are_named),
    };
    return cmocka_run_group_tests(tests, start, stop);
}
