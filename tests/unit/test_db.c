/* db.h over SQLite: URLs, masking, quoting, rows, and errors by their kind. */
#include "test.h"

#include <string.h>

#include <glib/gstdio.h>

#include "base/error.h"
#include "db/db.h"

static void test_db__urls_are_read_in_sqlalchemys_spelling(void **state) {
    (void)state;
    static const struct {
        const char *url, *path; /* path NULL: refused */
    } cases[] = {
        {"sqlite:///bars.db", "bars.db"},
        {"sqlite:////var/bars.db", "/var/bars.db"},
        {"sqlite+pysqlite:///bars.db", "bars.db"},
        {"sqlite://", ":memory:"},
        {"sqlite:///:memory:", ":memory:"},
        {"sqlite://bars.db", NULL},
        {"sqlite:///", NULL},
        {"sqlite:///bars.db?mode=ro", NULL},
        {"bars.db", NULL},
        {"mysql+pymysql://u:secret@host/db", NULL},
    };
    for (gsize i = 0; i < G_N_ELEMENTS(cases); i++) {
        g_autoptr(GError) error = NULL;
        SyDbUrl url;
        bool parsed = sy_db_url_parse(cases[i].url, &url, &error);
        assert_int_equal(parsed, cases[i].path != NULL);
        if (parsed) {
            assert_string_equal(url.path, cases[i].path);
            assert_string_equal(url.dialect, "sqlite");
        } else {
            assert_int_equal(error->code, SY_ERROR_TEMPLATE);
            assert_null(strstr(error->message, "secret"));
        }
        sy_db_url_clear(&url);
    }
}

static void test_db__refusals_name_the_kind_and_what_is_supported(void **state) {
    (void)state;
    g_autoptr(GError) mysql = NULL;
    SyDbUrl url;
    sy_db_url_parse("mysql://u:p@host/db", &url, &mysql);
    assert_non_null(strstr(mysql->message, "\"mysql\""));
    assert_non_null(strstr(mysql->message, "supported: sqlite, postgresql"));
}

static void test_db__urls_of_servers_are_taken_apart(void **state) {
    (void)state;
    static const struct {
        const char *url, *options; /* "key=value key=value"; NULL: refused */
    } cases[] = {
        {"postgresql://u:s@host:5433/db", "user=u password=s dbname=db host=host port=5433"},
        {"postgresql+psycopg2://u@host/db", "user=u dbname=db host=host"},
        {"postgres://host", "host=host"},
        {"postgresql://", ""},
        {"postgresql:///db", "dbname=db"},
        {"postgresql://u:p%40s%2Fw@h/d%20b", "user=u password=p@s/w dbname=d b host=h"},
        {"postgresql://u:p/w@h/db", "user=u password=p/w dbname=db host=h"},
        {"postgresql://[::1]:5433/db", "dbname=db host=::1 port=5433"},
        {"postgresql://u@/db?host=/run/pg&sslmode=disable",
         "user=u dbname=db sslmode=disable host=/run/pg"},
        {"postgresql:///db?host=a:1&host=b:2", "dbname=db host=a,b port=1,2"},
        {"postgresql:///db?options=-csearch_path%3Dx+-cwork_mem%3D1MB",
         "dbname=db options=-csearch_path=x -cwork_mem=1MB"},
        {"postgresql://u:s@e@host/db", NULL},
        {"postgresql://host:port/db", NULL},
        {"postgresql://host:99999/db", NULL},
        {"postgresql://[::1/db", NULL},
        {"postgresql://u:s%zz@host/db", NULL},
        {"postgresql://u:secret@host/db?sslmode", NULL},
    };
    for (gsize i = 0; i < G_N_ELEMENTS(cases); i++) {
        g_autoptr(GError) error = NULL;
        g_autoptr(GString) options = g_string_new(NULL);
        SyDbUrl url;
        bool parsed = sy_db_url_parse(cases[i].url, &url, &error);
        if (parsed != (cases[i].options != NULL))
            fail_msg("%s: %s", cases[i].url, parsed ? "is taken" : error->message);
        for (char **option = url.options; option && *option; option += 2)
            g_string_append_printf(options, "%s%s=%s", options->len ? " " : "", option[0],
                                   option[1]);
        if (parsed)
            assert_string_equal(options->str, cases[i].options);
        else
            assert_null(strstr(error->message, "secret"));
        sy_db_url_clear(&url);
    }
}

static void test_db__masking_hides_every_password(void **state) {
    (void)state;
    static const struct {
        const char *url, *masked;
    } cases[] = {
        {"postgresql://u:p@host/db", "postgresql://u:***@host/db"},
        {"postgresql://u:p/w?x@y@host/db", "postgresql://u:***@host/db"},
        {"postgresql://host/db?user=u&password=p&x=1",
         "postgresql://host/db?user=u&password=***&x=1"},
        {"postgresql://u@host/db", "postgresql://u@host/db"},
        {"host=h PASSWORD=p dbname=d", "host=h PASSWORD=*** dbname=d"},
        {"sqlite:////a:b@c/x.db", "sqlite:////a:b@c/x.db"},
        {"u:p@host/db", "u:***@host/db"},
    };
    for (gsize i = 0; i < G_N_ELEMENTS(cases); i++) {
        g_autofree char *masked = sy_db_url_mask(cases[i].url);
        assert_string_equal(masked, cases[i].masked);
    }
}

static SyDb *memory(void) {
    g_autoptr(GError) error = NULL;
    SyDb *db = sy_db_open("sqlite://", NULL, SY_DB_CREATE, 0, &error);
    if (!db)
        fail_msg("%s", error->message);
    return db;
}

static void test_db__rows_come_back_as_they_were_bound(void **state) {
    (void)state;
    g_autoptr(SyDb) db = memory();
    assert_true(sy_db_exec(db, "CREATE TABLE t (a, b, c, d)", NULL));
    g_autoptr(SyStatement) insert = sy_db_prepare(db, "INSERT INTO t VALUES (?1,?2,?3,?4)", NULL);
    sy_db_bind_text(insert, 1, "it's");
    sy_db_bind_integer(insert, 2, G_MAXINT64);
    sy_db_bind_number(insert, 3, 0.1);
    sy_db_bind_number(insert, 4, NAN);
    assert_int_equal(sy_db_step(insert, NULL), SY_DB_DONE);
    assert_int_equal(sy_db_changes(db), 1);
    g_autoptr(SyStatement) select = sy_db_prepare(db, "SELECT * FROM t;\n", NULL);
    assert_true(sy_statement_reads_only(select));
    assert_false(sy_statement_reads_only(insert));
    assert_int_equal(sy_db_columns(select), 4);
    assert_int_equal(sy_db_step(select, NULL), SY_DB_ROW);
    gsize length;
    assert_string_equal(sy_db_text(select, 0, &length), "it's");
    assert_int_equal(length, 4);
    assert_true(sy_db_integer(select, 1) == G_MAXINT64);
    assert_true(sy_db_number(select, 2) == 0.1);
    assert_int_equal(sy_db_type(select, 3), SY_DB_NULL);
    assert_true(isnan(sy_db_number(select, 3)));
    double values[3];
    assert_int_equal(sy_db_numbers(select, 1, 3, values), 2);
    assert_true(values[1] == 0.1);
    assert_int_equal(sy_db_numbers(select, 0, 1, values), 0);
}

static void test_db__blobs_come_back_byte_for_byte(void **state) {
    (void)state;
    static const char bytes[] = "a\0b\xff";
    g_autoptr(SyDb) db = memory();
    assert_true(sy_db_exec(db, "CREATE TABLE t (a BLOB)", NULL));
    g_autoptr(SyStatement) insert = sy_db_prepare(db, "INSERT INTO t VALUES (?1), (?2)", NULL);
    sy_db_bind_blob(insert, 1, bytes, sizeof bytes);
    sy_db_bind_blob(insert, 2, NULL, 3);
    assert_int_equal(sy_db_step(insert, NULL), SY_DB_DONE);
    g_autoptr(SyStatement) select = sy_db_prepare(db, "SELECT a FROM t ORDER BY a IS NULL", NULL);
    gsize length = 0;
    assert_int_equal(sy_db_step(select, NULL), SY_DB_ROW);
    assert_int_equal(sy_db_type(select, 0), SY_DB_BLOB);
    gconstpointer stored = sy_db_blob(select, 0, &length);
    assert_int_equal(length, sizeof bytes);
    assert_memory_equal(stored, bytes, sizeof bytes);
    assert_int_equal(sy_db_step(select, NULL), SY_DB_ROW);
    assert_null(sy_db_blob(select, 0, &length));
    assert_int_equal(length, 0);
}

static void test_db__transactions_end_whole_or_leave_nothing(void **state) {
    (void)state;
    g_autoptr(SyDb) db = memory();
    gint64 version = -1;
    assert_true(sy_db_schema_version(db, &version, NULL));
    assert_int_equal(version, 0);
    assert_true(sy_db_begin(db, SY_DB_WRITE, NULL));
    assert_true(sy_db_migrate(db, "CREATE TABLE t (a INTEGER PRIMARY KEY)", 3, NULL));
    sy_db_rollback(db);
    assert_true(sy_db_schema_version(db, &version, NULL));
    assert_int_equal(version, 0);
    assert_null(sy_db_prepare(db, "SELECT * FROM t", NULL));
    assert_true(sy_db_begin(db, SY_DB_WRITE, NULL));
    assert_true(sy_db_migrate(db, "CREATE TABLE t (a INTEGER PRIMARY KEY)", 3, NULL));
    assert_true(sy_db_commit(db, NULL));
    assert_true(sy_db_schema_version(db, &version, NULL));
    assert_int_equal(version, 3);
    g_autoptr(GError) error = NULL;
    assert_false(sy_db_commit(db, &error)); /* there is none */
    assert_non_null(error);
}

static void test_db__wrong_sql_is_an_error_of_data_that_names_its_place(void **state) {
    (void)state;
    static const struct {
        const char *sql, *names;
    } cases[] = {
        {"SELECT * FROM absent", "absent"},
        {"SELECT \"absent\" FROM t", "absent"}, /* not the text 'absent' */
        {"SELEC 1", "SELEC"},
        {"SELECT 1; DROP TABLE t", "one SQL statement"},
        {"", "one SQL statement"},
    };
    g_autoptr(SyDb) db = memory();
    assert_true(sy_db_exec(db, "CREATE TABLE t (a PRIMARY KEY)", NULL));
    for (gsize i = 0; i < G_N_ELEMENTS(cases); i++) {
        g_autoptr(GError) error = NULL;
        assert_null(sy_db_prepare(db, cases[i].sql, &error));
        assert_int_equal(error->code, SY_ERROR_DATA);
        assert_non_null(strstr(error->message, cases[i].names));
    }
    g_autoptr(GError) error = NULL;
    assert_false(sy_db_exec(db, "INSERT INTO t VALUES (1), (1)", &error));
    assert_int_equal(error->code, SY_ERROR_DATA);
}

static void test_db__identifiers_are_quoted_whatever_they_hold(void **state) {
    (void)state;
    const char *name = "a \"b\"; DROP TABLE t --";
    g_autofree char *quoted = sy_db_quote(name);
    g_autofree char *sql = g_strdup_printf("CREATE TABLE %s (x)", quoted);
    g_autoptr(SyDb) db = memory();
    assert_true(sy_db_exec(db, sql, NULL));
    g_auto(GStrv) tables = sy_db_tables(db, NULL);
    assert_int_equal(g_strv_length(tables), 1);
    assert_string_equal(tables[0], name);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_db__urls_are_read_in_sqlalchemys_spelling),
        cmocka_unit_test(test_db__refusals_name_the_kind_and_what_is_supported),
        cmocka_unit_test(test_db__urls_of_servers_are_taken_apart),
        cmocka_unit_test(test_db__masking_hides_every_password),
        cmocka_unit_test(test_db__rows_come_back_as_they_were_bound),
        cmocka_unit_test(test_db__blobs_come_back_byte_for_byte),
        cmocka_unit_test(test_db__transactions_end_whole_or_leave_nothing),
        cmocka_unit_test(test_db__wrong_sql_is_an_error_of_data_that_names_its_place),
        cmocka_unit_test(test_db__identifiers_are_quoted_whatever_they_hold),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
