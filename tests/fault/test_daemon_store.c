/* A daemon whose store is locked, full or broken for a while: slots wait for it, none is decided
 * without it, none twice, and everything goes on once it answers. */
#include "test.h"

#include <glib/gstdio.h>
#include <signal.h>
#include <string.h>

#include "base/env.h"
#include "cli.h"
#include "db/db.h"
#include "live.h"
#include "store/events.h"

#define SOON 40.0 /* seconds; a store that is locked is waited for 5 s at a time */

static char *folder;

static void put(const char *study, const char *more) {
    g_autofree char *text = live_template(study, 1, more);
    g_autofree char *file = g_strconcat(study, ".toml", NULL);
    live_put_template(folder, file, text);
}

static int make_workspace(void **state) {
    (void)state;
    folder = live_workspace(1, 120);
    put("pair", "");
    put("guest", "");
    return 0;
}

static int remove_workspace(void **state) {
    (void)state;
    test_folder_remove(folder);
    g_clear_pointer(&folder, g_free);
    return 0;
}

static Live start(const char *more) {
    g_autofree char *environment =
        more ? g_strdup_printf("LD_PRELOAD=%s/tests/crash/libfault-points.so "
                               "FAULT_PATH=/.workflow/state.db FAULT_WHILE=%s/broken %s",
                               g_getenv("SY_BUILD_ROOT"), folder, more)
             : NULL;
    return live_start(folder, "run_all", "--no-report --max-buffer 3", environment);
}

static double count(const char *what) {
    g_autofree char *sql = g_strdup_printf("SELECT count(*) FROM %s", what);
    return live_query(folder, sql);
}

static void wait_more(const Live *live, const char *what, int more) {
    g_autofree char *sql = g_strdup_printf("SELECT count(*) FROM %s", what);
    double before = live_query(folder, sql);
    live_wait(live, sql, (isnan(before) ? 0 : before) + more, SOON);
}

/* Every second from the first slot to the last is accounted for once; nothing is left open. */
static void check(int seconds) {
    assert_near(live_query(folder,
                           "SELECT sum(count) - ((max(nominal) - min(nominal)) / 1000000000 + "
                           "(SELECT count FROM slot WHERE study_name = 'pair' ORDER BY nominal "
                           "LIMIT 1)) FROM slot WHERE study_name = 'pair'"),
                0, 0);
    assert_true(live_query(folder, "SELECT (max(nominal) - min(nominal)) / 1000000000 FROM slot") >=
                seconds);
    assert_near(count("run WHERE ended IS NULL"), 0, 0);
    assert_near(
        live_query(folder,
                   "SELECT count(*) - count(DISTINCT study_name || bar_time) FROM decision"),
        0, 0);
    assert_near(count("decision LEFT JOIN run ON run.id = run_id WHERE run.status IS NOT "
                      "'succeeded' OR decision.bar_time <> run.nominal"),
                0, 0);
    /* none later than max_buffer after its bar: three seconds, and what a commit takes */
    assert_near(count("run WHERE status = 'succeeded' AND ended - nominal > 5000000000"), 0, 0);
    g_autoptr(GError) error = NULL;
    g_autoptr(SyStore) store = sy_store_open("sqlite:///.workflow/state.db", folder, false, &error);
    SyAudit audit = {0};
    if (!store || !sy_store_verify(store, &audit, &error) || !audit.whole)
        fail_msg("%s", error ? error->message : audit.reason);
    sy_audit_clear(&audit);
}

/* What people do meanwhile: one template changes, the other goes. */
static void change_templates(void) {
    g_autofree char *guest = g_build_filename(folder, ".workflow/templates/guest.toml", NULL);
    put("pair", "fees = 0.001\n");
    assert_int_equal(g_unlink(guest), 0);
}

static void wait_until_it_answers(const Live *live) {
    live_wait_text(live, "the store answers again", SOON);
    live_wait_text(live, "guest.toml is gone", SOON);
    live_wait_text(live, "pair.toml changed", SOON);
    g_autofree char *errors = live_errors(live);
    if (strstr(errors, "the version before goes on"))
        fail_msg("a store that fails was taken for a template that is broken:\n%s", errors);
    wait_more(live, "decision", 2);
    live_wait(live,
              "SELECT count(DISTINCT template_hash) FROM run WHERE study_name = 'pair' AND status "
              "= 'succeeded'",
              2, SOON);
}

/* Longer than anybody waits for a lock. */
static void test_daemon__outlives_a_store_that_is_locked(void **state) {
    (void)state;
    Live live = start(NULL);
    live_wait(&live, "SELECT count(DISTINCT study_name) FROM decision", 2, SOON);
    g_autoptr(SyDb) holder =
        sy_db_open("sqlite:///.workflow/state.db", folder, SY_DB_WRITE, 5000, NULL);
    assert_true(sy_db_exec(holder, "BEGIN IMMEDIATE", NULL));
    double slots = count("slot"), decisions = count("decision");
    live_wait_text(&live, "the store does not answer", SOON);
    change_templates();
    g_usleep(2 * G_USEC_PER_SEC);
    assert_near(count("slot"), slots, 0);
    assert_near(count("decision"), decisions, 0);
    assert_true(sy_db_exec(holder, "ROLLBACK", NULL));
    wait_until_it_answers(&live);
    assert_int_equal(live_stop(&live, SIGTERM, SOON), 0);
    check(8);
}

static void break_for_a_while(const char *error) {
    g_autofree char *environment = g_strconcat("FAULT_ERROR=", error, NULL);
    Live live = start(environment);
    live_wait(&live, "SELECT count(DISTINCT study_name) FROM decision", 2, SOON);
    test_write(folder, "broken", "");
    live_wait_text(&live, "the store does not answer", SOON);
    double slots = count("slot"), decisions = count("decision");
    change_templates();
    g_usleep(3 * G_USEC_PER_SEC);
    assert_near(count("slot"), slots, 0);
    assert_near(count("decision"), decisions, 0);
    g_autofree char *path = g_build_filename(folder, "broken", NULL);
    assert_int_equal(g_unlink(path), 0);
    wait_until_it_answers(&live);
    assert_int_equal(live_stop(&live, SIGTERM, SOON), 0);
    check(5);
}

static void test_daemon__outlives_a_disk_that_is_full(void **state) {
    (void)state;
    break_for_a_while("ENOSPC");
}

static void test_daemon__outlives_syncs_that_fail(void **state) {
    (void)state;
    break_for_a_while("EIO FAULT_CALLS=sync");
}

/* It is asked to stop while the store is broken: it ends all the same, and the next life accounts
 * for every slot. */
static void test_daemon__stops_while_the_store_is_broken(void **state) {
    (void)state;
    g_autofree char *path = g_build_filename(folder, "broken", NULL);
    Live live = start("FAULT_ERROR=EIO");
    live_wait(&live, "SELECT count(DISTINCT study_name) FROM decision", 2, SOON);
    test_write(folder, "broken", "");
    live_wait_text(&live, "the store does not answer", SOON);
    assert_int_equal(live_stop(&live, SIGTERM, SOON), 0);
    assert_int_equal(g_unlink(path), 0);
    Live next = start(NULL);
    wait_more(&next, "decision", 8);
    assert_int_equal(live_stop(&next, SIGTERM, SOON), 0);
    check(3);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_daemon__outlives_a_disk_that_is_full, make_workspace,
                                        remove_workspace),
        cmocka_unit_test_setup_teardown(test_daemon__outlives_syncs_that_fail, make_workspace,
                                        remove_workspace),
        cmocka_unit_test_setup_teardown(test_daemon__stops_while_the_store_is_broken,
                                        make_workspace, remove_workspace),
        cmocka_unit_test_setup_teardown(test_daemon__outlives_a_store_that_is_locked,
                                        make_workspace, remove_workspace),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
