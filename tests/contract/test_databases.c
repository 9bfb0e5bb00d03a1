/* What db.h promises, of every kind of database. */
#include "test.h"

#include <string.h>

#include "base/error.h"
#include "cli.h"
#include "db/db.h"
#include "postgres.h"

static char *folder;

/* A new database of a kind: *state of each test names the kind. */
static char *new_url(void **state) {
    static int made;
    g_autofree char *name = g_strdup_printf("db%d", ++made);
    return strcmp(*state, "sqlite") == 0 ? g_strdup_printf("sqlite:///%s/%s", folder, name)
                                         : test_postgres_database(name);
}

static SyDb *open_url(const char *url, SyDbMode mode, int busy_ms) {
    g_autoptr(GError) error = NULL;
    SyDb *db = sy_db_open(url, NULL, mode, busy_ms, &error);
    if (!db)
        fail_msg("%s", error->message);
    return db;
}

static SyDb *open_new(void **state) {
    g_autofree char *url = new_url(state);
    return open_url(url, SY_DB_CREATE, 1000);
}

static void exec(SyDb *db, const char *sql) {
    g_autoptr(GError) error = NULL;
    if (!sy_db_exec(db, sql, &error))
        fail_msg("%s: %s", sql, error->message);
}

static SyStatement *prepare(SyDb *db, const char *sql) {
    g_autoptr(GError) error = NULL;
    SyStatement *statement = sy_db_prepare(db, sql, &error);
    if (!statement)
        fail_msg("%s: %s", sql, error->message);
    return statement;
}

static void expect_step(SyStatement *statement, SyDbStep expected) {
    g_autoptr(GError) error = NULL;
    SyDbStep step = sy_db_step(statement, &error);
    if (step != expected)
        fail_msg("step %d, expected %d: %s", step, expected, error ? error->message : "");
}

/* Makes tables as the store's migrations do. */
static void migrate(SyDb *db, const char *sql) {
    g_autoptr(GError) error = NULL;
    if (!sy_db_begin(db, SY_DB_WRITE, &error) || !sy_db_migrate(db, sql, 1, &error) ||
        !sy_db_commit(db, &error))
        fail_msg("%s", error->message);
}

static gint64 ask(SyDb *db, const char *sql) {
    g_autoptr(SyStatement) statement = prepare(db, sql);
    expect_step(statement, SY_DB_ROW);
    return sy_db_integer(statement, 0);
}

static void test_databases__values_come_back_as_they_were_bound(void **state) {
    static const double numbers[] = {0.1, -1e-300, 1.7976931348623157e308, 123456789.123456789,
                                     5e-324};
    static const gint64 integers[] = {G_MININT64, -1, 0, G_MAXINT64};
    static const char bytes[] = "a\0b\xff'\\";
    g_autoptr(SyDb) db = open_new(state);
    migrate(db, "CREATE TABLE t (i INTEGER, r REAL, x TEXT, b BLOB)");
    g_autoptr(SyStatement) insert = prepare(db, "INSERT INTO t VALUES (?1, ?2, ?3, ?4)");
    for (int i = 0; i < 5; i++) {
        sy_db_bind_integer(insert, 1, integers[i % 4]);
        sy_db_bind_number(insert, 2, numbers[i]);
        sy_db_bind_text(insert, 3, i ? "it's ?1 \"é\" \\" : "");
        sy_db_bind_blob(insert, 4, bytes, sizeof bytes);
        expect_step(insert, SY_DB_DONE);
        assert_int_equal(sy_db_changes(db), 1);
        sy_db_reset(insert); /* clears what was bound */
    }
    expect_step(insert, SY_DB_DONE);
    g_autoptr(SyStatement) select = prepare(db, "SELECT i, r, x, b FROM t;\n");
    assert_true(sy_statement_reads_only(select));
    assert_false(sy_statement_reads_only(insert));
    assert_int_equal(sy_db_columns(select), 4);
    assert_string_equal(sy_db_column_name(select, 1), "r");
    for (int i = 0; i < 5; i++) {
        gsize length;
        double stored = 0, expected = numbers[i];
        expect_step(select, SY_DB_ROW);
        assert_int_equal(sy_db_type(select, 0), SY_DB_INTEGER);
        assert_true(sy_db_integer(select, 0) == integers[i % 4]);
        assert_int_equal(sy_db_type(select, 1), SY_DB_NUMBER);
        assert_int_equal(sy_db_numbers(select, 1, 1, &stored), 1);
        assert_memory_equal(&stored, &expected, sizeof stored);
        assert_int_equal(sy_db_type(select, 2), SY_DB_TEXT);
        assert_string_equal(sy_db_text(select, 2, &length), i ? "it's ?1 \"é\" \\" : "");
        assert_int_equal(length, i ? strlen("it's ?1 \"é\" \\") : 0);
        assert_int_equal(sy_db_type(select, 3), SY_DB_BLOB);
        gconstpointer blob = sy_db_blob(select, 3, &length);
        assert_int_equal(length, sizeof bytes);
        assert_memory_equal(blob, bytes, sizeof bytes);
    }
    expect_step(select, SY_DB_ROW);
    double none[2];
    gsize length = 1;
    for (int column = 0; column < 4; column++)
        assert_int_equal(sy_db_type(select, column), SY_DB_NULL);
    assert_null(sy_db_text(select, 2, NULL));
    assert_null(sy_db_blob(select, 3, &length));
    assert_int_equal(length, 0);
    assert_true(isnan(sy_db_number(select, 1)));
    assert_int_equal(sy_db_numbers(select, 0, 2, none), 0);
    expect_step(select, SY_DB_DONE);
}

static void test_databases__statements_may_run_between_the_rows_of_another(void **state) {
    g_autoptr(SyDb) db = open_new(state);
    migrate(db, "CREATE TABLE t (i INTEGER); INSERT INTO t VALUES (1), (2), (3)");
    g_autoptr(SyStatement) outer = prepare(db, "SELECT i FROM t ORDER BY i");
    gint64 sum = 0;
    for (int i = 1; i <= 3; i++) {
        expect_step(outer, SY_DB_ROW);
        g_autoptr(SyStatement) inner = prepare(db, "SELECT i FROM t WHERE i >= ?1 ORDER BY i");
        sy_db_bind_integer(inner, 1, i);
        expect_step(inner, SY_DB_ROW);
        assert_int_equal(sy_db_integer(inner, 0), i);
        assert_int_equal(sy_db_integer(outer, 0), i);
        sum += ask(db, "SELECT count(*) FROM t");
    }
    expect_step(outer, SY_DB_DONE);
    assert_int_equal(sum, 9);
}

static void test_databases__a_statement_left_early_runs_again_from_the_start(void **state) {
    g_autoptr(SyDb) db = open_new(state);
    migrate(db, "CREATE TABLE t (i INTEGER)");
    assert_true(sy_db_begin(db, SY_DB_WRITE, NULL));
    exec(db,
         "INSERT INTO t WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i "
         "< 50000) SELECT i FROM n");
    g_autoptr(SyStatement) select = prepare(db, "SELECT i FROM t WHERE i > ?1 ORDER BY i");
    for (int i = 0; i < 3; i++) { /* within the transaction, which must survive it */
        sy_db_bind_integer(select, 1, i);
        expect_step(select, SY_DB_ROW);
        assert_int_equal(sy_db_integer(select, 0), i + 1);
        sy_db_reset(select);
    }
    assert_true(sy_db_commit(db, NULL));
    for (int i = 0; i < 3; i++) { /* outside: a long answer is not read to its end */
        sy_db_bind_integer(select, 1, i);
        expect_step(select, SY_DB_ROW);
        assert_int_equal(sy_db_integer(select, 0), i + 1);
        sy_db_reset(select);
    }
    assert_int_equal(ask(db, "SELECT count(*) FROM t"), 50000);
}

static void test_databases__wrong_sql_is_an_error_of_data_that_names_its_place(void **state) {
    static const struct {
        const char *sql, *names;
    } cases[] = {
        {"SELECT * FROM absent", "absent"},
        {"SELECT \"absent\" FROM t", "absent"},
        {"SELEC 1", "SELEC"},
        {"SELECT 1; DROP TABLE t", "one SQL statement"},
        {"", "one SQL statement"},
        {"; -- nothing", "one SQL statement"},
    };
    g_autoptr(SyDb) db = open_new(state);
    migrate(db, "CREATE TABLE t (a INTEGER PRIMARY KEY, b INTEGER CHECK (b > 0))");
    for (gsize i = 0; i < G_N_ELEMENTS(cases); i++) {
        g_autoptr(GError) error = NULL;
        assert_null(sy_db_prepare(db, cases[i].sql, &error));
        assert_int_equal(error->code, SY_ERROR_DATA);
        if (!strstr(error->message, cases[i].names))
            fail_msg("\"%s\" does not name %s", error->message, cases[i].names);
    }
    g_autoptr(GError) error = NULL;
    assert_false(sy_db_exec(db, "INSERT INTO t VALUES (1, 1), (1, 1)", &error));
    assert_int_equal(error->code, SY_ERROR_DATA);
    g_clear_error(&error);
    g_autoptr(SyStatement) insert = prepare(db, "INSERT INTO t (b) VALUES (?1)");
    sy_db_bind_integer(insert, 1, -1);
    assert_int_equal(sy_db_step(insert, &error), SY_DB_FAILED);
    assert_int_equal(error->code, SY_ERROR_DATA);
    sy_db_reset(insert); /* works again */
    sy_db_bind_integer(insert, 1, 1);
    expect_step(insert, SY_DB_DONE);
}

static void test_databases__identifiers_are_quoted_whatever_they_hold(void **state) {
    const char *name = "a \"b\"; DROP TABLE t --";
    g_autofree char *quoted = sy_db_quote(name);
    g_autofree char *sql = g_strdup_printf("CREATE TABLE %s (x INTEGER)", quoted);
    g_autoptr(SyDb) db = open_new(state);
    exec(db, sql);
    exec(db, "CREATE VIEW \"B\" AS SELECT 1 AS one");
    g_auto(GStrv) tables = sy_db_tables(db, NULL);
    assert_int_equal(g_strv_length(tables), 2);
    assert_string_equal(tables[0], "B");
    assert_string_equal(tables[1], name);
}

static void test_databases__reading_changes_nothing(void **state) {
    g_autofree char *url = new_url(state);
    {
        g_autoptr(SyDb) db = open_url(url, SY_DB_CREATE, 1000);
        exec(db, "CREATE TABLE t (i INTEGER)");
    }
    g_autoptr(SyDb) db = open_url(url, SY_DB_READ, 1000);
    g_autoptr(GError) error = NULL;
    assert_false(sy_db_exec(db, "INSERT INTO t VALUES (1)", &error));
    assert_int_equal(error->code, SY_ERROR_IO);
    g_clear_error(&error);
    assert_false(sy_db_begin(db, SY_DB_WRITE, &error) &&
                 sy_db_exec(db, "INSERT INTO t VALUES (1)", &error));
    assert_int_equal(error->code, SY_ERROR_IO);
    sy_db_rollback(db);
    assert_int_equal(ask(db, "SELECT count(*) FROM t"), 0);
}

static void test_databases__a_reading_transaction_sees_one_moment(void **state) {
    g_autofree char *url = new_url(state);
    g_autoptr(SyDb) writer = open_url(url, SY_DB_CREATE, 1000);
    assert_true(sy_db_make_durable(writer, NULL));
    exec(writer, "CREATE TABLE t (i INTEGER)");
    g_autoptr(SyDb) reader = open_url(url, SY_DB_READ, 1000);
    assert_true(sy_db_begin(reader, SY_DB_READ, NULL));
    assert_int_equal(ask(reader, "SELECT count(*) FROM t"), 0);
    exec(writer, "INSERT INTO t VALUES (1)");
    assert_int_equal(ask(reader, "SELECT count(*) FROM t"), 0);
    assert_true(sy_db_commit(reader, NULL));
    assert_int_equal(ask(reader, "SELECT count(*) FROM t"), 1);
}

static void test_databases__there_is_one_writer(void **state) {
    g_autofree char *url = new_url(state);
    g_autoptr(SyDb) first = open_url(url, SY_DB_CREATE, 1000);
    assert_true(sy_db_make_durable(first, NULL));
    exec(first, "CREATE TABLE t (i INTEGER)");
    g_autoptr(SyDb) second = open_url(url, SY_DB_WRITE, 20);
    g_autoptr(GError) error = NULL;
    assert_true(sy_db_begin(first, SY_DB_WRITE, NULL));
    assert_false(sy_db_begin(second, SY_DB_WRITE, &error));
    assert_int_equal(error->code, SY_ERROR_LOCKED);
    assert_int_equal(ask(second, "SELECT count(*) FROM t"), 0); /* readers go on */
    exec(first, "INSERT INTO t VALUES (1)");
    assert_true(sy_db_commit(first, NULL));
    assert_true(sy_db_begin(second, SY_DB_WRITE, NULL));
    assert_int_equal(ask(second, "SELECT count(*) FROM t"), 1);
    sy_db_rollback(second);
}

static void test_databases__a_transaction_is_stored_whole_or_not_at_all(void **state) {
    g_autoptr(SyDb) db = open_new(state);
    g_autoptr(GError) error = NULL;
    exec(db, "CREATE TABLE t (i INTEGER)");
    assert_false(sy_db_commit(db, &error)); /* there is none */
    assert_non_null(error);
    assert_true(sy_db_begin(db, SY_DB_WRITE, NULL));
    exec(db, "INSERT INTO t VALUES (1)");
    assert_null(sy_db_prepare(db, "SELECT absent FROM t", NULL));
    sy_db_rollback(db);
    assert_int_equal(ask(db, "SELECT count(*) FROM t"), 0);
    assert_true(sy_db_begin(db, SY_DB_WRITE, NULL));
    exec(db, "INSERT INTO t VALUES (1)");
    assert_true(sy_db_commit(db, NULL));
    assert_int_equal(ask(db, "SELECT count(*) FROM t"), 1);
}

static void test_databases__migrations_set_the_version_within_the_transaction(void **state) {
    static const char sql[] =
        "-- INTEGER PRIMARY KEY in a comment, REAL too\n"
        "CREATE TABLE IF NOT EXISTS t (id INTEGER PRIMARY KEY, x TEXT NOT NULL DEFAULT 'REAL', r "
        "REAL,\n"
        "  i INTEGER, b BLOB);\n"
        "INSERT INTO t (id, i) VALUES (7, 9007199254740993);";
    g_autoptr(SyDb) db = open_new(state);
    gint64 version = -1;
    assert_true(sy_db_schema_version(db, &version, NULL));
    assert_int_equal(version, 0);
    assert_true(sy_db_begin(db, SY_DB_WRITE, NULL));
    assert_true(sy_db_migrate(db, sql, 3, NULL));
    sy_db_rollback(db);
    assert_true(sy_db_schema_version(db, &version, NULL));
    assert_int_equal(version, 0);
    migrate(db, sql);
    assert_true(sy_db_schema_version(db, &version, NULL));
    assert_int_equal(version, 1);
    /* the database's numbers go on after those that the migration stored */
    g_autoptr(SyStatement) insert = prepare(db, "INSERT INTO t (r) VALUES (?1) RETURNING id, x");
    sy_db_bind_number(insert, 1, 0.1);
    expect_step(insert, SY_DB_ROW);
    assert_int_equal(sy_db_integer(insert, 0), 8);
    assert_string_equal(sy_db_text(insert, 1, NULL), "REAL");
    expect_step(insert, SY_DB_DONE);
    assert_true(ask(db, "SELECT i FROM t WHERE id = 7") == 9007199254740993);
}

static void test_databases__changes_are_counted(void **state) {
    g_autoptr(SyDb) db = open_new(state);
    migrate(db, "CREATE TABLE t (k INTEGER PRIMARY KEY, i INTEGER); INSERT INTO t VALUES (1, 1), "
                "(2, 1)");
    g_autoptr(SyStatement) update = prepare(db, "UPDATE t SET i = ?1 WHERE k >= ?2");
    sy_db_bind_integer(update, 1, 5);
    sy_db_bind_integer(update, 2, 1);
    expect_step(update, SY_DB_DONE);
    assert_int_equal(sy_db_changes(db), 2);
    sy_db_reset(update);
    sy_db_bind_integer(update, 1, 5);
    sy_db_bind_integer(update, 2, 9);
    expect_step(update, SY_DB_DONE);
    assert_int_equal(sy_db_changes(db), 0);
    g_autoptr(SyStatement) insert =
        prepare(db, "INSERT INTO t VALUES (?1, 0) ON CONFLICT (k) DO NOTHING");
    sy_db_bind_integer(insert, 1, 2);
    expect_step(insert, SY_DB_DONE);
    assert_int_equal(sy_db_changes(db), 0);
}

/* ---- many rows ---- */

enum { NAME, AT, PRICE, COLUMNS };
static const SyDbColumn columns[COLUMNS] = {
    [NAME] = {"Na\"me", SY_DB_COLUMN_TEXT, true},
    [AT] = {"at", SY_DB_COLUMN_TIME, true},
    [PRICE] = {"price", SY_DB_COLUMN_NUMBER, false},
};

/* `rows` rows with prices from `price` on; the first one's is missing. */
static bool upsert(SyDb *db, const char *table, int rows, double price, SyUpsertCounts *counts,
                   GError **error) {
    g_autoptr(SyUpsert) upsert = sy_db_upsert_begin(db, table, columns, COLUMNS, error);
    bool good = upsert != NULL;
    for (int row = 0; good && row < rows; row++) {
        const SyDbCell cells[COLUMNS] = {
            [NAME].text = row % 2 ? "it's\té\\" : "",
            [AT].time = (SyTime)row * SY_MINUTE + SY_SECOND / 2 * (row == 3),
            [PRICE].number = row ? price + row : NAN,
        };
        good = sy_db_upsert_put(upsert, cells, error);
    }
    return good && sy_db_upsert_end(upsert, counts, error);
}

static void upsert_well(SyDb *db, const char *table, int rows, double price, gsize added,
                        gsize changed) {
    g_autoptr(GError) error = NULL;
    SyUpsertCounts counts;
    if (!sy_db_begin_beside(db, table, &error) ||
        !upsert(db, table, rows, price, &counts, &error) || !sy_db_commit(db, &error))
        fail_msg("%s", error->message);
    assert_int_equal(counts.rows, rows);
    assert_int_equal(counts.added, added);
    assert_int_equal(counts.changed, changed);
}

/* A table for these rows; NULL makes times what the dialect makes them. */
static char *make_table(SyDb *db, const char *name, const char *time_type) {
    char *table = sy_db_name_table(db, name);
    g_autofree char *sql =
        g_strdup_printf("CREATE TABLE %s (\"Na\"\"me\" TEXT, at %s, price DOUBLE PRECISION, "
                        "PRIMARY KEY (\"Na\"\"me\", at))",
                        table, time_type ? time_type : sy_db_time_type(db));
    exec(db, sql);
    return table;
}

static void test_databases__many_rows_are_counted_as_added_or_changed(void **state) {
    enum { MANY = 30000 }; /* more than one message of any size */
    for (int text = 0; text < 2; text++) {
        g_autoptr(SyDb) db = open_new(state);
        g_autofree char *table = make_table(db, "a \"b\"", text ? "TEXT" : NULL);
        upsert_well(db, table, 0, 0, 0, 0);
        upsert_well(db, table, 5, 100, 5, 0);
        upsert_well(db, table, 5, 100, 0, 0);
        upsert_well(db, table, MANY, 100, MANY - 5, 0);
        upsert_well(db, table, 7, 100.5, 0, 6); /* the first has no price before and after */
        g_autofree char *sql =
            g_strdup_printf("SELECT \"Na\"\"me\", at, price FROM %s ORDER BY at, 1 LIMIT 4", table);
        g_autoptr(SyStatement) rows = prepare(db, sql);
        for (int row = 0; row < 4; row++) {
            expect_step(rows, SY_DB_ROW);
            assert_string_equal(sy_db_text(rows, 0, NULL), row % 2 ? "it's\té\\" : "");
            g_autofree char *time =
                g_strdup_printf("1970-01-01 00:0%d:00%s", row, row == 3 ? ".5" : "");
            const char *found = sy_db_text(rows, 1, NULL);
            assert_memory_equal(found, time, strlen(time));
            assert_true(isnan(sy_db_number(rows, 2)) == !row);
            if (row)
                assert_true(sy_db_number(rows, 2) == 100.5 + row);
        }
    }
}

static void test_databases__rows_that_do_not_fit_change_nothing(void **state) {
    g_autoptr(SyDb) db = open_new(state);
    g_autoptr(GError) error = NULL;
    exec(db, "CREATE TABLE nokey (\"Na\"\"me\" TEXT, at TEXT, price DOUBLE PRECISION)");
    exec(db, "CREATE TABLE other (x INTEGER)");
    g_autofree char *table = make_table(db, "t", NULL);
    exec(db, "INSERT INTO t VALUES ('kept', '2018-01-01 00:00:00', 1)");
    const char *const bad[] = {"nokey", "other"};
    SyUpsertCounts counts;
    for (gsize i = 0; i < G_N_ELEMENTS(bad); i++) {
        assert_true(sy_db_begin_beside(db, bad[i], NULL));
        assert_false(upsert(db, bad[i], 3, 1, &counts, &error));
        assert_int_equal(error->code, SY_ERROR_DATA);
        g_clear_error(&error);
        sy_db_rollback(db);
    }
    /* given up in the middle */
    assert_true(sy_db_begin_beside(db, table, NULL));
    SyUpsert *left = sy_db_upsert_begin(db, table, columns, COLUMNS, NULL);
    const SyDbCell cells[COLUMNS] = {[NAME].text = "x", [AT].time = SY_DAY, [PRICE].number = 1};
    assert_true(left && sy_db_upsert_put(left, cells, NULL));
    sy_db_upsert_free(left);
    sy_db_rollback(db);
    assert_int_equal(ask(db, "SELECT count(*) FROM t"), 1);
    upsert_well(db, table, 2, 1, 2, 0); /* the connection is as good as before */
}

/* A table that refuses rows of a price from 1000 on, or without one. Puts `rows` rows, whose prices
 * count from `price`. */
static void assert_refused(SyDb *db, int rows, double price, gsize row) {
    static const SyDbColumn some[] = {{"at", SY_DB_COLUMN_TIME, true},
                                      {"price", SY_DB_COLUMN_NUMBER, false}};
    g_autoptr(GError) error = NULL;
    SyUpsertCounts counts;
    assert_true(sy_db_begin_beside(db, "picky", NULL));
    g_autoptr(SyUpsert) upsert = sy_db_upsert_begin(db, "picky", some, 2, NULL);
    bool good = upsert != NULL;
    for (int i = 0; good && i < rows; i++) {
        const SyDbCell cells[] = {{.time = i * SY_HOUR}, {.number = price + i}};
        good = sy_db_upsert_put(upsert, cells, &error);
    }
    assert_false(good && sy_db_upsert_end(upsert, &counts, &error));
    assert_int_equal(error->code, SY_ERROR_DATA);
    assert_int_equal(sy_db_upsert_failed_row(upsert), row);
    sy_db_rollback(db);
}

static void test_databases__the_row_that_a_table_refuses_is_known(void **state) {
    g_autoptr(SyDb) db = open_new(state);
    g_autofree char *make =
        g_strdup_printf("CREATE TABLE picky (at %s PRIMARY KEY, price DOUBLE PRECISION NOT NULL "
                        "CHECK (price < 1000))",
                        sy_db_time_type(db));
    exec(db, make);
    exec(db, "INSERT INTO picky VALUES ('1970-01-01 00:00:00', 7)");
    assert_refused(db, 3, NAN, 1);
    assert_refused(db, 1, 1000, 1);
    assert_refused(db, 2, 999, 2);
    assert_refused(db, 3000, 998, 3);
    assert_refused(db, 3000, -1999, 3000);
    for (int row = 2; row < 12; row++)
        assert_refused(db, 12, 1001 - row, (gsize)row);
    assert_int_equal(ask(db, "SELECT count(*) FROM picky WHERE price = 7"), 1);
    assert_int_equal(ask(db, "SELECT count(*) FROM picky"), 1);
}

static void test_databases__tables_are_found_as_sql_names_them(void **state) {
    g_autoptr(SyDb) db = open_new(state);
    bool schemas = strcmp(*state, "postgresql") == 0;
    exec(db, "CREATE TABLE plain (x INTEGER); CREATE VIEW \"Mixed \"\"Case\" AS SELECT 1 AS x");
    if (schemas)
        exec(db, "CREATE SCHEMA \"Market\"; CREATE TABLE \"Market\".bars (x INTEGER); CREATE TABLE "
                 "\"a.b\" (x INTEGER)");
    const struct {
        const char *name;
        bool found;
    } cases[] = {
        {"plain", true},
        {"PLAIN", true},
        {"Mixed \"Case", true},
        {"plai", false},
        {"", false},
        {"plain\"; DROP TABLE plain; --", false},
        {"Market.bars", schemas},
        {"a.b", schemas},
        {"Market.nothing", false},
        {"nowhere.plain", false},
        {"'", false},
        {"Market.", false},
        {"public.plain", schemas},
        {"Public.Plain", schemas},
    };
    for (gsize i = 0; i < G_N_ELEMENTS(cases); i++) {
        g_autofree char *sql = NULL;
        g_autoptr(GError) error = NULL;
        if (!sy_db_find_table(db, cases[i].name, &sql, &error))
            fail_msg("%s: %s", cases[i].name, error->message);
        if (cases[i].found != (sql != NULL))
            fail_msg("%s: %s", cases[i].name, sql ? sql : "not found");
        g_autofree char *count = g_strdup_printf("SELECT count(*) FROM %s", sql);
        assert_true(!sql || ask(db, count) >= 0);
    }
}

static void test_databases__many_rows_come_in_portions(void **state) {
    enum { MANY = 10000 };
    g_autoptr(SyDb) db = open_new(state);
    exec(db, "CREATE TABLE t (i INTEGER)");
    exec(db,
         "INSERT INTO t WITH RECURSIVE n (i) AS (SELECT 0 UNION ALL SELECT i + 1 FROM n WHERE i "
         "< 9999) SELECT i FROM n");
    /* the sizes of portions and one beside each */
    static const gint64 ends[] = {0, 1, 63, 64, 65, 575, 576, 577, 2624, 9999, MANY};
    assert_true(sy_db_begin(db, SY_DB_READ, NULL));
    g_autoptr(SyStatement) rows =
        sy_db_prepare_portions(db, "SELECT i FROM t WHERE i < ?1 ORDER BY i", NULL);
    assert_non_null(rows);
    for (gsize e = 0; e < G_N_ELEMENTS(ends); e++) {
        sy_db_bind_integer(rows, 1, ends[e]);
        for (gint64 i = 0; i < ends[e]; i++) {
            expect_step(rows, SY_DB_ROW);
            assert_int_equal(sy_db_integer(rows, 0), i);
            if (i % 700 == 0) /* another statement in between */
                assert_int_equal(ask(db, "SELECT 7"), 7);
        }
        expect_step(rows, SY_DB_DONE);
        sy_db_reset(rows);
        sy_db_bind_integer(rows, 1, MANY); /* left early */
        expect_step(rows, SY_DB_ROW);
        sy_db_reset(rows);
    }
    assert_true(sy_db_commit(db, NULL));
}

static int start(void **state) {
    (void)state;
    folder = test_folder_new();
    test_postgres_start();
    return 0;
}

static int stop(void **state) {
    (void)state;
    test_postgres_stop();
    test_folder_remove(folder);
    g_free(folder);
    return 0;
}

#define OF_BOTH(test)                                                                              \
    cmocka_unit_test_prestate(test, (void *)"sqlite"),                                             \
        cmocka_unit_test_prestate(test, (void *)"postgresql")

int main(void) {
    const struct CMUnitTest tests[] = {
        OF_BOTH(test_databases__values_come_back_as_they_were_bound),
        OF_BOTH(test_databases__statements_may_run_between_the_rows_of_another),
        OF_BOTH(test_databases__a_statement_left_early_runs_again_from_the_start),
        OF_BOTH(test_databases__wrong_sql_is_an_error_of_data_that_names_its_place),
        OF_BOTH(test_databases__identifiers_are_quoted_whatever_they_hold),
        OF_BOTH(test_databases__reading_changes_nothing),
        OF_BOTH(test_databases__a_reading_transaction_sees_one_moment),
        OF_BOTH(test_databases__there_is_one_writer),
        OF_BOTH(test_databases__a_transaction_is_stored_whole_or_not_at_all),
        OF_BOTH(test_databases__migrations_set_the_version_within_the_transaction),
        OF_BOTH(test_databases__changes_are_counted),
        OF_BOTH(test_databases__many_rows_are_counted_as_added_or_changed),
        OF_BOTH(test_databases__rows_that_do_not_fit_change_nothing),
        OF_BOTH(test_databases__the_row_that_a_table_refuses_is_known),
        OF_BOTH(test_databases__tables_are_found_as_sql_names_them),
        OF_BOTH(test_databases__many_rows_come_in_portions),
    };
    return cmocka_run_group_tests(tests, start, stop);
}
