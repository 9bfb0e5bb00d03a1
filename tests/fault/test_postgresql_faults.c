/* A server that goes away at the worst moments: what is reported, and that nothing is stored twice
 * or by half. */
#include "test.h"

#include <signal.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/error.h"
#include "cli.h"
#include "db/db.h"
#include "postgres.h"
#include "store/slots.h"

static char *url;

static SyDb *open_db(SyDbMode mode, int busy_ms) {
    g_autoptr(GError) error = NULL;
    SyDb *db = sy_db_open(url, NULL, mode, busy_ms, &error);
    if (!db)
        fail_msg("%s", error->message);
    return db;
}

static void exec(SyDb *db, const char *sql) {
    g_autoptr(GError) error = NULL;
    if (!sy_db_exec(db, sql, &error))
        fail_msg("%s: %s", sql, error->message);
}

static void begin(SyDb *db) {
    g_autoptr(GError) error = NULL;
    if (!sy_db_begin(db, SY_DB_WRITE, &error))
        fail_msg("%s", error->message);
}

static gint64 ask(SyDb *db, const char *sql) {
    g_autoptr(GError) error = NULL;
    g_autoptr(SyStatement) statement = sy_db_prepare(db, sql, &error);
    if (!statement || sy_db_step(statement, &error) != SY_DB_ROW)
        fail_msg("%s: %s", sql, error ? error->message : "no row");
    return sy_db_integer(statement, 0);
}

static void assert_fails(bool result, GError **error, SyErrorCode code) {
    assert_false(result);
    if ((*error)->code != (int)code)
        fail_msg("code %d instead of %d: %s", (*error)->code, code, (*error)->message);
    g_clear_error(error);
}

/* Ends the session of `db` as an administrator would. */
static void terminate(SyDb *db) {
    g_autoptr(SyDb) other = open_db(SY_DB_WRITE, 1000);
    g_autofree char *sql =
        g_strdup_printf("SELECT pg_terminate_backend(%" G_GINT64_FORMAT ", 5000)::int",
                        ask(db, "SELECT pg_backend_pid()"));
    assert_int_equal(ask(other, sql), 1);
}

static int make_table(void **state) {
    (void)state;
    g_autoptr(SyDb) db = open_db(SY_DB_CREATE, 1000);
    exec(db, "DROP TABLE IF EXISTS t; CREATE TABLE t (i BIGINT PRIMARY KEY)");
    return 0;
}

static void test_postgresql__restarted_mid_transaction_undoes_it_and_goes_on(void **state) {
    (void)state;
    for (TestPostgresStop how = TEST_POSTGRES_FAST; how <= TEST_POSTGRES_IMMEDIATE; how++) {
        g_autoptr(SyDb) db = open_db(SY_DB_WRITE, 1000);
        g_autoptr(GError) error = NULL;
        g_autoptr(SyStatement) insert = sy_db_prepare(db, "INSERT INTO t VALUES (?1)", NULL);
        begin(db);
        sy_db_bind_integer(insert, 1, 1);
        assert_int_equal(sy_db_step(insert, NULL), SY_DB_DONE);
        test_postgres_restart(how);
        sy_db_reset(insert);
        sy_db_bind_integer(insert, 1, 2);
        assert_fails(sy_db_step(insert, &error) != SY_DB_FAILED, &error, SY_ERROR_UNAVAILABLE);
        /* never opened again in the middle of a transaction: half of it would be stored */
        sy_db_reset(insert);
        sy_db_bind_integer(insert, 1, 3);
        assert_fails(sy_db_step(insert, &error) != SY_DB_FAILED, &error, SY_ERROR_UNAVAILABLE);
        assert_fails(sy_db_exec(db, "INSERT INTO t VALUES (4)", &error), &error,
                     SY_ERROR_UNAVAILABLE);
        assert_fails(sy_db_commit(db, &error), &error, SY_ERROR_UNAVAILABLE);
        begin(db);
        assert_int_equal(ask(db, "SELECT count(*) FROM t"), 0);
        sy_db_reset(insert); /* prepared on the lost connection */
        sy_db_bind_integer(insert, 1, 5);
        assert_int_equal(sy_db_step(insert, NULL), SY_DB_DONE);
        assert_true(sy_db_commit(db, NULL));
        assert_int_equal(ask(db, "SELECT sum(i) FROM t"), 5);
        exec(db, "DELETE FROM t");
    }
}

static void test_postgresql__a_server_that_is_away_is_reported_until_it_is_back(void **state) {
    (void)state;
    g_autoptr(SyDb) db = open_db(SY_DB_WRITE, 1000);
    g_autoptr(GError) error = NULL;
    test_postgres_shutdown(TEST_POSTGRES_FAST);
    assert_fails(sy_db_begin(db, SY_DB_WRITE, &error), &error, SY_ERROR_UNAVAILABLE);
    assert_fails(sy_db_exec(db, "INSERT INTO t VALUES (1)", &error), &error, SY_ERROR_UNAVAILABLE);
    assert_null(sy_db_prepare(db, "SELECT 1", &error));
    assert_fails(false, &error, SY_ERROR_UNAVAILABLE);
    assert_fails(sy_db_open(url, NULL, SY_DB_READ, 10, &error) != NULL, &error,
                 SY_ERROR_UNAVAILABLE);
    sy_db_rollback(db); /* harmless */
    test_postgres_launch();
    begin(db);
    exec(db, "INSERT INTO t VALUES (1)");
    assert_true(sy_db_commit(db, NULL));
}

static void
test_postgresql__an_idle_session_that_was_ended_is_opened_by_the_next_transaction(void **state) {
    (void)state;
    g_autoptr(SyDb) db = open_db(SY_DB_WRITE, 1000);
    terminate(db);
    begin(db);
    exec(db, "INSERT INTO t VALUES (1)");
    assert_true(sy_db_commit(db, NULL));
    terminate(db);
    assert_int_equal(ask(db, "SELECT count(*) FROM t"), 1); /* prepared again */
}

static void test_postgresql__a_session_ended_while_it_reads_is_reported(void **state) {
    (void)state;
    g_autoptr(SyDb) db = open_db(SY_DB_READ, 1000);
    g_autoptr(GError) error = NULL;
    g_autoptr(SyStatement) pid = sy_db_prepare(db, "SELECT pg_backend_pid()", NULL);
    g_autoptr(SyStatement) rows = sy_db_prepare(db, "SELECT generate_series(1, 1000000)", NULL);
    assert_int_equal(sy_db_step(pid, NULL), SY_DB_ROW);
    g_autofree char *sql = g_strdup_printf("SELECT pg_terminate_backend(%" G_GINT64_FORMAT ")::int",
                                           sy_db_integer(pid, 0));
    assert_int_equal(sy_db_step(rows, NULL), SY_DB_ROW);
    g_autoptr(SyDb) other = open_db(SY_DB_WRITE, 1000);
    assert_int_equal(ask(other, sql), 1);
    SyDbStep step;
    gint64 seen = 1;
    while ((step = sy_db_step(rows, &error)) == SY_DB_ROW)
        seen++;
    assert_fails(step != SY_DB_FAILED, &error, SY_ERROR_UNAVAILABLE);
    assert_true(seen < 1000000);
    assert_int_equal(ask(db, "SELECT 7"), 7);
}

static void test_postgresql__a_commit_without_an_answer_is_settled_by_asking(void **state) {
    (void)state;
    /* The trigger ends the session within the COMMIT: before anything is final, or (a background
     * session does it) after; either way the answer never comes. */
    g_autoptr(SyDb) db = open_db(SY_DB_WRITE, 3000);
    g_autoptr(GError) error = NULL;
    exec(db, "CREATE OR REPLACE FUNCTION leave () RETURNS trigger LANGUAGE plpgsql AS $$BEGIN "
             "PERFORM pg_terminate_backend(pg_backend_pid()); PERFORM pg_sleep(0); RETURN NULL; "
             "END$$; CREATE CONSTRAINT TRIGGER leave AFTER INSERT ON t DEFERRABLE INITIALLY "
             "DEFERRED FOR EACH ROW WHEN (NEW.i = 13) EXECUTE FUNCTION leave()");
    begin(db);
    exec(db, "INSERT INTO t VALUES (13)");
    assert_fails(sy_db_commit(db, &error), &error, SY_ERROR_UNAVAILABLE);
    assert_int_equal(ask(db, "SELECT count(*) FROM t"), 0);
    exec(db, "DROP TRIGGER leave ON t");
}

static void test_postgresql__a_lock_held_elsewhere_is_waited_for_only_so_long(void **state) {
    (void)state;
    g_autoptr(SyDb) holder = open_db(SY_DB_WRITE, 1000), db = open_db(SY_DB_WRITE, 30);
    g_autoptr(GError) error = NULL;
    exec(holder, "BEGIN; LOCK TABLE t IN ACCESS EXCLUSIVE MODE");
    assert_fails(sy_db_exec(db, "INSERT INTO t VALUES (1)", &error), &error, SY_ERROR_LOCKED);
    begin(db);
    assert_fails(sy_db_exec(db, "SELECT * FROM t", &error), &error, SY_ERROR_LOCKED);
    sy_db_rollback(db);
    exec(holder, "ROLLBACK");
    exec(db, "INSERT INTO t VALUES (1)");
}

static void test_postgresql__locks_by_name_are_one_sessions(void **state) {
    (void)state;
    bool locked = false;
    g_autoptr(GError) error = NULL;
    g_autoptr(SyDb) first = open_db(SY_DB_WRITE, 1000), second = open_db(SY_DB_WRITE, 1000);
    assert_true(sy_db_try_lock(first, "pair", &locked, NULL));
    assert_true(locked);
    assert_true(sy_db_try_lock(second, "pair", &locked, NULL));
    assert_false(locked);
    assert_true(sy_db_try_lock(second, "other", &locked, NULL));
    assert_true(locked);
    /* It goes with the session, and is taken again with the next one. */
    terminate(first);
    begin(first);
    sy_db_rollback(first);
    assert_true(sy_db_try_lock(second, "pair", &locked, NULL));
    assert_false(locked);
    terminate(first);
    assert_true(sy_db_try_lock(second, "pair", &locked, NULL));
    assert_true(locked);
    assert_fails(sy_db_begin(first, SY_DB_WRITE, &error), &error, SY_ERROR_HELD);
    sy_db_unlock(second, "pair");
    begin(first);
    sy_db_rollback(first);
    assert_true(sy_db_try_lock(second, "pair", &locked, NULL));
    assert_false(locked);
}

static pid_t backend_of(SyDb *db) { return (pid_t)ask(db, "SELECT pg_backend_pid()"); }

/* A server that takes what it is sent and answers nothing, and keeps what the session had. */
static void
test_postgresql__one_that_falls_silent_is_given_up_and_its_lock_comes_back(void **state) {
    (void)state;
    bool locked = false;
    g_autoptr(GError) error = NULL;
    g_autoptr(SyDb) db = open_db(SY_DB_WRITE, 300), other = open_db(SY_DB_WRITE, 1000);
    assert_true(sy_db_try_lock(db, "silent", &locked, NULL));
    pid_t stopped = backend_of(db);
    begin(db);
    exec(db, "INSERT INTO t VALUES (1)");
    assert_int_equal(kill(stopped, SIGSTOP), 0);
    gint64 before = g_get_monotonic_time();
    bool done = sy_db_exec(db, "INSERT INTO t VALUES (2)", &error);
    double seconds = (double)(g_get_monotonic_time() - before) / G_USEC_PER_SEC;
    if (done || !strstr(error->message, "no answer within"))
        fail_msg("%s", done ? "done" : error->message);
    assert_fails(done, &error, SY_ERROR_UNAVAILABLE);
    assert_true(seconds > 0.5 && seconds < 5);
    /* nobody took it: to be tried again, not to be given up */
    for (int i = 0; i < 2; i++) {
        bool begun = sy_db_begin(db, SY_DB_WRITE, &error);
        if (begun || !strstr(error->message, "still holds the lock of silent"))
            fail_msg("%s", begun ? "begun" : error->message);
        assert_fails(begun, &error, SY_ERROR_UNAVAILABLE);
    }
    assert_true(sy_db_try_lock(other, "silent", &locked, NULL));
    assert_false(locked);
    assert_int_equal(kill(stopped, SIGCONT), 0);
    begin(db);
    assert_int_equal(ask(db, "SELECT count(*) FROM t"), 0);
    sy_db_rollback(db);
    assert_true(sy_db_try_lock(other, "silent", &locked, NULL));
    assert_false(locked);
    sy_db_unlock(db, "silent");
}

static void test_postgresql__a_server_without_an_answer_to_the_first_word_is_left(void **state) {
    (void)state;
    g_autoptr(GError) error = NULL;
    g_autofree char *silent = g_strdup("/tmp/sy-silent-XXXXXX");
    assert_non_null(g_mkdtemp(silent));
    struct sockaddr_un address = {.sun_family = AF_UNIX};
    g_snprintf(address.sun_path, sizeof address.sun_path, "%s/.s.PGSQL.5432", silent);
    int listener = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
    assert_int_equal(bind(listener, (struct sockaddr *)&address, sizeof address), 0);
    assert_int_equal(listen(listener, 4), 0);
    g_autofree char *where =
        g_strdup_printf("postgresql://postgres@/state?host=%s&connect_timeout=1", silent);
    bool opened = sy_db_open(where, NULL, SY_DB_WRITE, 1000, &error) != NULL;
    assert_fails(opened, &error, SY_ERROR_UNAVAILABLE);
    close(listener);
    test_folder_remove(silent);
}

static void test_postgresql__a_statement_that_takes_too_long_is_ended_by_the_server(void **state) {
    (void)state;
    g_autoptr(GError) error = NULL;
    g_autoptr(SyDb) db = open_db(SY_DB_WRITE, 100);
    pid_t before = backend_of(db);
    assert_fails(sy_db_exec(db, "SELECT pg_sleep(20)", &error), &error, SY_ERROR_UNAVAILABLE);
    assert_int_equal(backend_of(db), before); /* the session is as good as it was */
}

/* A program that is gone without the server's notice, in the middle of a write. */
static void
test_postgresql__a_transaction_that_is_left_alone_holds_nobody_up_for_long(void **state) {
    (void)state;
    g_autoptr(GError) error = NULL;
    g_autoptr(SyDb) gone = open_db(SY_DB_WRITE, 500), db = open_db(SY_DB_WRITE, 4000);
    begin(gone);
    exec(gone, "INSERT INTO t VALUES (1)");
    begin(db); /* waits for the lock of writers */
    exec(db, "INSERT INTO t VALUES (2)");
    assert_true(sy_db_commit(db, NULL));
    assert_fails(sy_db_exec(gone, "INSERT INTO t VALUES (3)", &error), &error,
                 SY_ERROR_UNAVAILABLE);
    assert_fails(sy_db_commit(gone, &error), &error, SY_ERROR_UNAVAILABLE);
    assert_int_equal(ask(db, "SELECT sum(i) FROM t"), 2);
}

static void test_postgresql__a_study_is_run_by_one_machine(void **state) {
    (void)state;
    g_autoptr(GError) error = NULL;
    gint64 first = 0, second = 0;
    g_autoptr(SyStore) here = sy_store_open(url, NULL, false, &error);
    g_autoptr(SyStore) there = sy_store_open(url, NULL, false, &error);
    assert_true(sy_store_lock_study(here, "pair", NULL));
    assert_true(sy_store_take_study(here, "pair", "run_app (pid 7, host a)", 0, &first, NULL));
    assert_false(sy_store_lock_study(there, "pair", &error));
    assert_non_null(strstr(error->message, "pair is run by run_app (pid 7, host a) since 1970-"));
    assert_fails(false, &error, SY_ERROR_HELD);
    assert_true(sy_store_lock_study(there, "other", NULL));
    /* a machine that lost its server for a while goes on with the same epoch */
    test_postgres_restart(TEST_POSTGRES_IMMEDIATE);
    SySlotDecision slot = {.study = "pair",
                           .kind = "trade",
                           .nominal = 1,
                           .reason = "late",
                           .status = SY_SLOT_ROW_MISSED,
                           .other = SY_TIME_NONE,
                           .count = 1};
    if (!sy_store_decide_slots(here, &slot, 1, &first, &error))
        fail_msg("%s", error->message);
    assert_fails(sy_store_lock_study(there, "pair", &error), &error, SY_ERROR_HELD);
    sy_store_unlock_study(here, "pair");
    assert_true(sy_store_lock_study(there, "pair", NULL));
    assert_true(sy_store_take_study(there, "pair", "run_app (pid 9, host b)", 1, &second, NULL));
    assert_int_equal(second, first + 1);
    slot.nominal = 2;
    assert_fails(sy_store_decide_slots(here, &slot, 1, &first, &error), &error, SY_ERROR_HELD);
}

static void test_postgresql__what_is_wrong_with_a_url_is_said_without_the_password(void **state) {
    (void)state;
    g_autoptr(GError) error = NULL;
    {
        g_autoptr(SyDb) db = open_db(SY_DB_WRITE, 1000);
        exec(db, "CREATE ROLE locked LOGIN PASSWORD 'right'");
    }
    const char *socket = test_postgres_socket();
    const struct {
        char *url;
        SyErrorCode code;
        const char *says;
    } cases[] = {
        {g_strdup_printf("postgresql://locked:wrong-one@/state?host=%s", socket), SY_ERROR_TEMPLATE,
         "password authentication failed"},
        {g_strdup_printf("postgresql://locked@/state?host=%s&passfile=/dev/null", socket),
         SY_ERROR_TEMPLATE, "no password supplied (give the url one, or ~/.pgpass)"},
        {g_strdup_printf("postgresql://nobody:wrong-one@/state?host=%s", socket), SY_ERROR_TEMPLATE,
         "\"nobody\" does not exist"},
        {g_strdup_printf("postgresql://postgres:wrong-one@/absent?host=%s", socket),
         SY_ERROR_UNAVAILABLE, "\"absent\" does not exist"},
        {g_strdup("postgresql://postgres:wrong-one@/state?host=/nonexistent"), SY_ERROR_UNAVAILABLE,
         "No such file"},
        {g_strdup("postgresql://postgres:wrong-one@localhost:1/state"), SY_ERROR_UNAVAILABLE,
         "refused"},
        {g_strdup_printf("postgresql://u:wrong-one@/state?host=%s&sslmod=x", socket),
         SY_ERROR_TEMPLATE, "\"sslmod\" is no parameter"},
        {g_strdup_printf("postgresql://u:wrong-one@/state?host=%s&connect_timeout=2s", socket),
         SY_ERROR_TEMPLATE, "connect_timeout = \"2s\" is no number of seconds"},
        {g_strdup_printf("postgresql://u:wrong-one@/state?host=%s&sslmode=x", socket),
         SY_ERROR_UNAVAILABLE, "sslmode"},
    };
    for (gsize i = 0; i < G_N_ELEMENTS(cases); i++) {
        assert_null(sy_db_open(cases[i].url, NULL, SY_DB_READ, 1000, &error));
        if (error->code != (int)cases[i].code || !strstr(error->message, cases[i].says) ||
            strstr(error->message, "wrong-one") || strchr(error->message, '\n'))
            fail_msg("%s: code %d: %s", cases[i].url, error->code, error->message);
        g_clear_error(&error);
        g_free(cases[i].url);
    }
    g_autofree char *right =
        g_strdup_printf("postgresql://locked:right@/state?host=%s&connect_timeout=0", socket);
    g_autoptr(SyDb) db = sy_db_open(right, NULL, SY_DB_WRITE, 1000, NULL);
    assert_non_null(db);
    assert_fails(sy_db_exec(db, "INSERT INTO t VALUES (1)", &error), &error, SY_ERROR_IO);
    /* what the server guesses is passed on */
    assert_null(sy_db_prepare(db, "SELECT relnam FROM pg_class", &error));
    assert_non_null(strstr(error->message, "Perhaps you meant to reference the column"));
}

static void test_postgresql__a_database_that_may_only_be_read_is_refused_for_writing(void **state) {
    (void)state;
    g_autoptr(GError) error = NULL;
    {
        g_autoptr(SyDb) db = open_db(SY_DB_WRITE, 1000);
        exec(db, "ALTER DATABASE state SET default_transaction_read_only = on");
    }
    assert_fails(sy_db_open(url, NULL, SY_DB_WRITE, 1000, &error) != NULL, &error, SY_ERROR_IO);
    g_autoptr(SyDb) db = open_db(SY_DB_READ, 1000);
    assert_int_equal(ask(db, "SELECT count(*) FROM t"), 0);
    g_autofree char *other =
        g_strdup_printf("postgresql://postgres@/postgres?host=%s", test_postgres_socket());
    g_autoptr(SyDb) admin = sy_db_open(other, NULL, SY_DB_WRITE, 1000, NULL);
    exec(admin, "ALTER DATABASE state RESET default_transaction_read_only");
}

static int start(void **state) {
    (void)state;
    test_postgres_start();
    url = test_postgres_database("state");
    return 0;
}

static int stop(void **state) {
    (void)state;
    test_postgres_stop();
    g_free(url);
    return 0;
}

#define FRESH(test) cmocka_unit_test_setup(test, make_table)

int main(void) {
    const struct CMUnitTest tests[] = {
        FRESH(test_postgresql__restarted_mid_transaction_undoes_it_and_goes_on),
        FRESH(test_postgresql__a_server_that_is_away_is_reported_until_it_is_back),
        FRESH(test_postgresql__an_idle_session_that_was_ended_is_opened_by_the_next_transaction),
        FRESH(test_postgresql__a_session_ended_while_it_reads_is_reported),
        FRESH(test_postgresql__a_commit_without_an_answer_is_settled_by_asking),
        FRESH(test_postgresql__a_lock_held_elsewhere_is_waited_for_only_so_long),
        FRESH(test_postgresql__locks_by_name_are_one_sessions),
        FRESH(test_postgresql__one_that_falls_silent_is_given_up_and_its_lock_comes_back),
        FRESH(test_postgresql__a_server_without_an_answer_to_the_first_word_is_left),
        FRESH(test_postgresql__a_statement_that_takes_too_long_is_ended_by_the_server),
        FRESH(test_postgresql__a_transaction_that_is_left_alone_holds_nobody_up_for_long),
        FRESH(test_postgresql__a_study_is_run_by_one_machine),
        FRESH(test_postgresql__what_is_wrong_with_a_url_is_said_without_the_password),
        FRESH(test_postgresql__a_database_that_may_only_be_read_is_refused_for_writing),
    };
    return cmocka_run_group_tests(tests, start, stop);
}
