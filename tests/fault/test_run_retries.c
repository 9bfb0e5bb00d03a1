/* Runs whose steps fail for a while: the back-off is in the store, so that another process goes on
 * with it, and nothing is done or decided twice. */
#include "test.h"

#include <glib/gstdio.h>
#include <signal.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "cli.h"
#include "db/db.h"
#include "pair.h"
#include "runs.h"

enum { row_of_bar = 400 };
#define ENGINE ".workflow/research.db"

static gint64 open_pair(TestRuns *runs, double max_buffer_seconds, const char *more) {
    test_runs_open(runs, test_pair_workspace(), "pair");
    runs->now = test_pair_time(row_of_bar) + 2 * SY_SECOND;
    g_autofree char *base = test_pair_template("pair", "");
    g_autofree char *text = g_strconcat(base, more, NULL);
    return test_runs_plan(runs, "trade", test_pair_time(row_of_bar), text, max_buffer_seconds);
}

/* What a restarted worker has: nothing but the store. */
static void reopen(TestRuns *runs) {
    g_autoptr(GError) error = NULL;
    sy_store_close(runs->store);
    runs->store = sy_store_open("sqlite:///.workflow/state.db", runs->folder, false, &error);
    if (!runs->store)
        fail_msg("%s", error->message);
}

static void move_engine(TestRuns *runs, bool away) {
    g_autofree char *here = g_build_filename(runs->folder, ENGINE, NULL);
    g_autofree char *there = g_strconcat(here, ".away", NULL);
    assert_int_equal(away ? g_rename(here, there) : g_rename(there, here), 0);
}

static gint64 decisions(TestRuns *runs) {
    return test_runs_count(runs, "SELECT count(*) FROM decision");
}

static void test_retry__a_missing_engine_is_tried_again_until_it_is_there(void **state) {
    (void)state;
    static const int waits[] = {1, 2, 4};
    g_auto(TestRuns) runs;
    gint64 id = open_pair(&runs, 500, "");
    move_engine(&runs, true);
    for (gsize i = 0; i < G_N_ELEMENTS(waits); i++) {
        SyTime at = 0;
        test_runs_execute(&runs, id, SY_RUN_BACKING_OFF, &at, NULL);
        assert_int_equal(at, runs.now + waits[i] * SY_SECOND);
        g_auto(SyRunRow) row = {0};
        reopen(&runs);
        assert_true(sy_store_load_run(runs.store, id, &row, NULL));
        assert_int_equal(row.attempt, (int)i + 2);
        assert_int_equal(row.retry_at, at);
        assert_string_equal(row.step, "load");
        runs.now = at;
    }
    move_engine(&runs, false);
    test_runs_execute(&runs, id, SY_RUN_SUCCEEDED, NULL, NULL);
    assert_int_equal(decisions(&runs), 1);
    g_autofree char *steps = test_runs_steps(&runs, id);
    assert_non_null(strstr(steps, "load:failed:3"));
    assert_non_null(strstr(steps, "load:succeeded:4"));
}

static void test_retry__loading_is_given_up_after_five_attempts(void **state) {
    (void)state;
    g_auto(TestRuns) runs;
    gint64 id = open_pair(&runs, 500, "");
    move_engine(&runs, true);
    for (int attempt = 1; attempt <= 4; attempt++)
        test_runs_execute(&runs, id, SY_RUN_BACKING_OFF, &runs.now, NULL);
    g_autofree char *message = NULL;
    test_runs_execute(&runs, id, SY_RUN_FAILED, NULL, &message);
    assert_non_null(strstr(message, "gave up after 5 attempts in 15 s: "));
    assert_int_equal(decisions(&runs), 0);
}

static void test_retry__never_goes_beyond_max_buffer(void **state) {
    (void)state;
    g_auto(TestRuns) runs;
    gint64 id = open_pair(&runs, 6, ""); /* attempts 2 s, 3 s, 5 s after the close; then 9 s */
    move_engine(&runs, true);
    test_runs_execute(&runs, id, SY_RUN_BACKING_OFF, &runs.now, NULL);
    test_runs_execute(&runs, id, SY_RUN_BACKING_OFF, &runs.now, NULL);
    test_runs_execute(&runs, id, SY_RUN_FAILED, NULL, NULL);
}

static void test_retry__a_locked_table_is_tried_again(void **state) {
    (void)state;
    g_auto(TestRuns) runs;
    g_autofree char *message = NULL;
    SyTime at = 0;
    gint64 id = open_pair(&runs, 500, "[retry]\nretry_on = [\"locked\"]\nwait = { fixed = 3 }\n");
    g_autoptr(SyDb) holder = sy_db_open("sqlite:///" ENGINE, runs.folder, SY_DB_WRITE, 1000, NULL);
    assert_true(sy_db_exec(holder, "BEGIN EXCLUSIVE", NULL));
    test_runs_execute(&runs, id, SY_RUN_BACKING_OFF, &at, &message);
    assert_non_null(strstr(message, "locked"));
    assert_int_equal(at, runs.now + 3 * SY_SECOND);
    assert_true(sy_db_exec(holder, "ROLLBACK", NULL));
    runs.now = at;
    test_runs_execute(&runs, id, SY_RUN_SUCCEEDED, NULL, NULL);
    assert_int_equal(decisions(&runs), 1);
}

static void test_retry__what_never_on_names_is_final(void **state) {
    (void)state;
    g_auto(TestRuns) runs;
    gint64 id = open_pair(&runs, 500, "[retry]\nnever_on = [\"unavailable\"]\n");
    move_engine(&runs, true);
    test_runs_execute(&runs, id, SY_RUN_FAILED, NULL, NULL);
}

/* A worker of its own process, killed by its own task: the task before is not done again. */
static void test_retry__a_killed_worker_repeats_no_task_that_was_done(void **state) {
    (void)state;
    g_auto(TestRuns) runs;
    char *folder = test_folder_new();
    g_auto(TestRun) made = test_run_expect(folder, "systematica", "init", 0);
    test_runs_open(&runs, folder, "eod");
    runs.now = test_pair_time(0);
    gint64 id = test_runs_plan(
        &runs, "task", runs.now,
        "[meta]\nstudy_name = \"eod\"\n[schedule]\nevery = \"1d\"\n"
        "[[task]]\nname = \"a\"\ncommand = [\"sh\", \"-c\", \"echo a >>done\"]\n"
        "[[task]]\nname = \"b\"\nneeds = [\"a\"]\ncommand = [\"sh\", \"-c\", '''echo b >>done; "
        "test -e killed || { touch killed; kill -KILL $PPID; sleep 10; }''']\n",
        500);
    fflush(NULL);
    pid_t worker = fork();
    if (worker == 0) {
        reopen(&runs); /* a connection does not survive a fork */
        test_runs_execute(&runs, id, SY_RUN_SUCCEEDED, NULL, NULL);
        _exit(0);
    }
    int status = 0;
    assert_int_equal(waitpid(worker, &status, 0), worker);
    assert_true(WIFSIGNALED(status) && WTERMSIG(status) == SIGKILL);
    g_auto(SyRunRow) row = {0};
    assert_true(sy_store_load_run(runs.store, id, &row, NULL));
    assert_int_equal(row.status, SY_RUN_STARTED);
    g_autofree char *before = test_runs_steps(&runs, id);
    assert_string_equal(before, "a:succeeded:1");
    /* as the daemon does that finds it */
    assert_true(sy_store_back_off(runs.store, id, runs.epoch, "b", "the worker vanished", runs.now,
                                  1, runs.now, NULL));
    test_runs_execute(&runs, id, SY_RUN_SUCCEEDED, NULL, NULL);
    g_autofree char *path = g_strdup_printf(".workflow/runs/%d/done", (int)id);
    g_autofree char *done = test_read(runs.folder, path);
    assert_string_equal(done, "a\nb\nb\n");
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_retry__a_missing_engine_is_tried_again_until_it_is_there),
        cmocka_unit_test(test_retry__loading_is_given_up_after_five_attempts),
        cmocka_unit_test(test_retry__never_goes_beyond_max_buffer),
        cmocka_unit_test(test_retry__a_locked_table_is_tried_again),
        cmocka_unit_test(test_retry__what_never_on_names_is_final),
        cmocka_unit_test(test_retry__a_killed_worker_repeats_no_task_that_was_done),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
