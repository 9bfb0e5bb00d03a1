/* run_all and run_app with bars and store on a PostgreSQL server: real programs, real clocks, bars
 * of a second, and a server and a network that come and go. */
#include "test.h"

#include <glib/gstdio.h>
#include <signal.h>
#include <string.h>

#include "base/env.h"
#include "cli.h"
#include "db/db.h"
#include "live.h"
#include "postgres.h"
#include "store/slots.h"

#define SOON 15.0 /* seconds; nothing takes so long unless the machine is overloaded */

static char *folder, *proxy, *direct, *through;

static void put(const char *where, const char *study) {
    g_autofree char *text = live_template(study, 1, "");
    g_autofree char *file = g_strconcat(study, ".toml", NULL);
    live_put_template(where, file, text);
}

/* A database of its own for each test, so that one does not stand in for another. */
static int make_workspace(void **state) {
    (void)state;
    test_network_back();
    static int count;
    g_autofree char *name = g_strdup_printf("everything%d", count++);
    direct = test_postgres_database(name);
    through = g_strdup_printf("postgresql://postgres@/%s?host=%s", name, proxy);
    live_on(through, direct);
    folder = live_workspace(1, 120);
    put(folder, "pair");
    return 0;
}

static int remove_workspace(void **state) {
    (void)state;
    test_folder_remove(folder);
    g_clear_pointer(&folder, g_free);
    g_clear_pointer(&direct, g_free);
    g_clear_pointer(&through, g_free);
    return 0;
}

static int start(void **state) {
    (void)state;
    test_postgres_start();
    proxy = g_strdup("/tmp/sy-proxy-XXXXXX");
    assert_non_null(g_mkdtemp(proxy));
    test_network_start(proxy);
    return 0;
}

static int stop(void **state) {
    (void)state;
    test_network_stop();
    test_postgres_stop();
    test_folder_remove(proxy);
    g_clear_pointer(&proxy, g_free);
    return 0;
}

static double query(const char *sql) { return live_query(folder, sql); }

static void wait_more(const Live *live, const char *what, int more) {
    g_autofree char *sql = g_strdup_printf("SELECT count(*) FROM %s", what);
    double before = query(sql); /* NAN where there is no store yet */
    live_wait(live, sql, (isnan(before) ? 0 : before) + more, SOON);
}

/* What must hold whatever happened: every second from the first slot to the last is accounted for
 * once, no bar is decided twice, nothing is left open, orders have their fills, the chain is
 * whole. */
static void check_store(void) {
    static const char *const none[] = {
        "SELECT count(*) FROM run WHERE status IN ('planned', 'started', 'backing_off')",
        "SELECT count(*) - count(DISTINCT (study_name, kind, nominal)) FROM slot",
        "SELECT sum(count) - (max(nominal) - min(nominal)) / 1000000000 - (SELECT count FROM slot "
        "ORDER BY nominal LIMIT 1) FROM slot WHERE study_name = 'pair'",
        "SELECT count(*) - count(DISTINCT (study_name, bar_time)) FROM decision",
        "SELECT count(*) FROM slot WHERE status = 'ran' AND run_id IS NULL",
        "SELECT count(*) FROM run WHERE status = 'succeeded' AND NOT EXISTS (SELECT 1 FROM "
        "decision "
        "WHERE run_id = run.id)",
        "SELECT count(*) FROM decision WHERE (SELECT count(*) FROM decision_leg WHERE decision_id "
        "= "
        "decision.id) <> 2",
        "SELECT count(*) FROM orders WHERE state = 'filled' AND NOT EXISTS (SELECT 1 FROM fill "
        "WHERE "
        "fill.client_id = orders.client_id)",
    };
    for (gsize i = 0; i < G_N_ELEMENTS(none); i++)
        if (query(none[i]) != 0)
            fail_msg("%s: %g", none[i], query(none[i]));
    g_auto(TestRun) audit = test_run_expect(folder, "systematica", "audit verify", 0);
}

/* The newest slots are decided as they come, not later. */
static void check_on_time(void) {
    double late = query("SELECT max(decided - nominal) / 1e9 FROM (SELECT * FROM slot WHERE status "
                        "= 'ran' ORDER BY nominal DESC LIMIT 2) AS newest");
    if (!(late >= 0 && late < 0.9))
        fail_msg("slots are decided %g s late", late);
}

static void test_daemon_postgresql__a_server_that_restarts_costs_no_slot(void **state) {
    (void)state;
    Live live = live_start(folder, "run_all", "--no-report", NULL);
    wait_more(&live, "decision", 1);
    test_postgres_restart(TEST_POSTGRES_FAST);
    wait_more(&live, "decision", 1);
    /* between a slot's decision and the end of its worker */
    live_wait(&live, "SELECT count(*) FROM run WHERE status IN ('planned', 'started')", 1, SOON);
    test_postgres_restart(TEST_POSTGRES_IMMEDIATE);
    wait_more(&live, "decision", 2);
    check_on_time();
    assert_int_equal(live_stop(&live, SIGTERM, SOON), 0);
    check_store();
    assert_near(query("SELECT epoch FROM study WHERE name = 'pair'"), 1, 0);
}

/* Of the server's sessions that a program has left without a word, one may hold the study's lock
 * and another may be in the middle of a write. */
static void test_daemon_postgresql__a_dropped_network_does_not_end_it(void **state) {
    (void)state;
    Live live = live_start(folder, "run_all", "--no-report", NULL);
    wait_more(&live, "decision", 1);
    test_network_drop();
    wait_more(&live, "decision", 1);
    live_wait(&live, "SELECT count(*) FROM run WHERE status IN ('planned', 'started')", 1, SOON);
    test_network_drop();
    wait_more(&live, "decision", 2);
    check_on_time();
    assert_int_equal(live_stop(&live, SIGTERM, SOON), 0);
    check_store();
    assert_near(query("SELECT epoch FROM study WHERE name = 'pair'"), 1, 0);
}

static void break_commit(const Live *live, TestCommitOf of, TestCommit how, gboolean away) {
    test_network_break_commit(of, how, away);
    for (int i = 0; !test_network_is_broken(); i++) {
        if (i > 1000 * SOON) {
            g_autofree char *errors = live_errors(live);
            fail_msg("no such COMMIT; it wrote:\n%s", errors);
        }
        g_usleep(1000);
    }
}

static void test_daemon_postgresql__a_commit_without_an_answer_is_made_once(void **state) {
    (void)state;
    Live live = live_start(folder, "run_all", "--no-report", NULL);
    wait_more(&live, "decision", 1);
    for (TestCommitOf of = TEST_COMMIT_OF_SLOTS; of <= TEST_COMMIT_OF_DECISION; of++)
        for (TestCommit how = TEST_COMMIT_UNSENT; how <= TEST_COMMIT_UNHEARD; how++)
            break_commit(&live, of, how, FALSE);
    wait_more(&live, "decision", 1);
    assert_int_equal(live_stop(&live, SIGTERM, SOON), 0);
    check_store();
}

/* The server is out of reach for longer than anybody waits for it, right after it has stored the
 * decision on a slot: its run is not forgotten. */
static void test_daemon_postgresql__a_slot_that_was_stored_unheard_still_runs(void **state) {
    (void)state;
    Live live = live_start(folder, "run_all", "--no-report --max-buffer 60", NULL);
    wait_more(&live, "decision", 1);
    break_commit(&live, TEST_COMMIT_OF_SLOTS, TEST_COMMIT_UNHEARD, TRUE);
    double planned = query("SELECT max(id) FROM run WHERE status = 'planned'");
    assert_true(planned > 0);
    live_wait_text(&live, "not known", SOON);
    test_network_back();
    g_autofree char *ended = g_strdup_printf("SELECT count(*) FROM run WHERE id = %.0f AND status "
                                             "NOT IN ('planned', 'started', 'backing_off')",
                                             planned);
    live_wait(&live, ended, 1, SOON);
    wait_more(&live, "decision", 1);
    assert_int_equal(live_stop(&live, SIGTERM, SOON), 0);
    check_store();
}

static void test_daemon_postgresql__on_two_machines_the_second_is_told_who_runs_it(void **state) {
    (void)state;
    g_autofree char *elsewhere = live_workspace(1, 120);
    put(elsewhere, "pair");
    put(elsewhere, "other");
    Live first = live_start(folder, "run_app", "--template pair --no-report", NULL);
    wait_more(&first, "decision", 1);
    g_autofree char *named = g_strdup_printf("pair is run by run_app (pid %d", first.pid);
    g_auto(TestRun) second =
        test_run_expect(elsewhere, "run_app", "--template pair --no-report", 7);
    if (!strstr(second.err, named) || !strstr(second.err, "with the same store"))
        fail_msg("%s", second.err);
    /* another template is another matter */
    Live other = live_start(elsewhere, "run_app", "--template other --no-report", NULL);
    wait_more(&other, "decision WHERE study_name = 'other'", 1);
    assert_int_equal(live_stop(&other, SIGTERM, SOON), 0);
    /* one that was killed leaves it free; the other machine goes on where it was */
    assert_int_equal(live_stop(&first, SIGKILL, SOON), 128 + SIGKILL);
    Live next = live_start(elsewhere, "run_app", "--template pair --no-report", NULL);
    wait_more(&next, "decision WHERE study_name = 'pair'", 1);
    assert_int_equal(live_stop(&next, SIGTERM, SOON), 0);
    check_store();
    assert_near(query("SELECT epoch FROM study WHERE name = 'pair'"), 2, 0);
    test_folder_remove(elsewhere);
}

/* A machine that lost its power is back before the server has noticed: the session of the life
 * before still holds the strategy. Each start says so, with the code after which the unit starts it
 * again, and the first one after the session's end runs. */
static void test_daemon_postgresql__comes_back_once_a_dead_session_is_noticed(void **state) {
    (void)state;
    Live before = live_start(folder, "run_app", "--template pair --no-report", NULL);
    wait_more(&before, "decision", 1);
    assert_int_equal(live_stop(&before, SIGKILL, SOON), 128 + SIGKILL);
    g_autoptr(SyStore) dead = sy_store_open(direct, folder, false, NULL);
    assert_non_null(dead);
    assert_true(sy_store_lock_study(dead, "pair", NULL));
    for (int i = 0; i < 2; i++) {
        g_auto(TestRun) early =
            test_run_expect(folder, "run_app", "--template pair --no-report", 7);
        assert_non_null(strstr(early.err, "pair is run by run_app (pid "));
    }
    g_clear_pointer(&dead, sy_store_close);
    Live next = live_start(folder, "run_app", "--template pair --no-report", NULL);
    wait_more(&next, "decision", 2);
    assert_int_equal(live_stop(&next, SIGTERM, SOON), 0);
    check_store();
}

/* Runs a command and looks for a text in what it says. */
static void say(const char *line, const char *text) {
    g_auto(TestRun) run = test_run_expect(folder, "systematica", line, 0);
    if (!strstr(run.out, text) && !strstr(run.err, text))
        fail_msg("%s: no \"%s\" in\n%s%s", line, text, run.out, run.err);
}

static void test_daemon_postgresql__commands_read_and_steer_it(void **state) {
    (void)state;
    Live live = live_start(folder, "run_all", "--no-report", NULL);
    wait_more(&live, "decision", 1);
    say("ps", "pair");
    say("runs pair", "succeeded");
    say("audit verify", "whole");
    char bar[SY_TIME_TEXT_SIZE];
    g_autofree char *why = g_strdup_printf(
        "why %s", sy_time_format((SyTime)query("SELECT max(bar_time) FROM decision"), bar));
    say(why, "pair");
    g_autofree char *replay =
        g_strdup_printf("replay %.0f", query("SELECT max(run_id) FROM decision"));
    say(replay, "bit-identical");
    say("pause pair --reason test", "pair");
    live_wait_text(&live, "trade: paused", SOON);
    say("ps", "paused");
    say("resume pair", "pair");
    live_wait_text(&live, "trade: resumed", SOON);
    say("trigger pair", "pair");
    live_wait(&live, "SELECT count(*) FROM slot WHERE nominal % 1000000000 <> 0", 1, SOON);
    wait_more(&live, "decision", 1);
    assert_int_equal(live_stop(&live, SIGTERM, SOON), 0);
}

int main(void) {
#define ON_SERVER(test) cmocka_unit_test_setup_teardown(test, make_workspace, remove_workspace)
    const struct CMUnitTest tests[] = {
        ON_SERVER(test_daemon_postgresql__a_server_that_restarts_costs_no_slot),
        ON_SERVER(test_daemon_postgresql__a_dropped_network_does_not_end_it),
        ON_SERVER(test_daemon_postgresql__a_commit_without_an_answer_is_made_once),
        ON_SERVER(test_daemon_postgresql__a_slot_that_was_stored_unheard_still_runs),
        ON_SERVER(test_daemon_postgresql__on_two_machines_the_second_is_told_who_runs_it),
        ON_SERVER(test_daemon_postgresql__comes_back_once_a_dead_session_is_noticed),
        ON_SERVER(test_daemon_postgresql__commands_read_and_steer_it),
    };
    return cmocka_run_group_tests(tests, start, stop);
}
