/* Runs of slots from claim to end: built-in steps, tasks, what is stored, what is tried again. */
#include "test.h"

#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "base/error.h"
#include "cli.h"
#include "pair.h"
#include "runs.h"

enum { row_of_bar = 400 };

/* A pair's template with these lines behind it. */
static char *pair_with(const char *more) {
    g_autofree char *base = test_pair_template("pair", "size = 50\nsize_type = \"percent100\"\n"
                                                       "init_cash = 100000\n");
    return g_strconcat(base, more, NULL);
}

static void open_pair(TestRuns *runs) {
    test_runs_open(runs, test_pair_workspace(), "pair");
    runs->now = test_pair_time(row_of_bar) + 5 * SY_SECOND;
}

/* A run of tasks alone in an empty workspace. */
static gint64 plan_tasks(TestRuns *runs, const char *tasks) {
    char *folder = test_folder_new();
    g_auto(TestRun) made = test_run_expect(folder, "systematica", "init", 0);
    test_runs_open(runs, folder, "eod");
    runs->now = test_pair_time(0);
    g_autofree char *text =
        g_strconcat("[meta]\nstudy_name = \"eod\"\n[schedule]\nevery = \"1d\"\n", tasks, NULL);
    return test_runs_plan(runs, "task", runs->now, text, 500);
}

static gint64 plan_pair(TestRuns *runs, const char *kind, const char *more) {
    g_autofree char *text = pair_with(more);
    return test_runs_plan(runs, kind, test_pair_time(row_of_bar), text, 500);
}

#define TASK(name, script, more)                                                                   \
    "[[task]]\nname = \"" name "\"\ncommand = [\"sh\", \"-c\", '''" script "''']\n" more "\n"
#define BUILTIN                                                                                    \
    "load:succeeded:1 check:succeeded:1 model:succeeded:1 signal:succeeded:1 "                     \
    "portfolio:succeeded:1 "

static void assert_steps(TestRuns *runs, gint64 id, const char *expected) {
    g_autofree char *steps = test_runs_steps(runs, id);
    /* rows of one moment are sorted by name: compare as sets, in the order of the expectation */
    g_auto(GStrv) words = g_strsplit(expected, " ", -1);
    g_autofree char *padded = g_strdup_printf(" %s ", steps);
    for (char **word = words; *word; word++) {
        g_autofree char *one = g_strdup_printf(" %s ", *word);
        if (!strstr(padded, one))
            fail_msg("\"%s\" is not in \"%s\"", *word, steps);
    }
    assert_int_equal(strlen(steps), strlen(expected));
}

static void assert_file(TestRuns *runs, gint64 id, const char *name, const char *expected) {
    g_autofree char *path = g_strdup_printf(".workflow/runs/%d/%s", (int)id, name);
    g_autofree char *text = test_read(runs->folder, path);
    assert_string_equal(text, expected);
}

/* ---- built-in steps ---- */

static void test_run__trades_once_and_stores_its_steps_with_the_decision(void **state) {
    (void)state;
    g_auto(TestRuns) runs;
    open_pair(&runs);
    gint64 id = plan_pair(&runs, "trade", "");
    test_runs_execute(&runs, id, SY_RUN_SUCCEEDED, NULL, NULL);
    assert_steps(&runs, id, BUILTIN "trade:succeeded:1");
    assert_int_equal(test_runs_count(&runs, "SELECT count(*) FROM decision"), 1);
    assert_int_equal(test_runs_count(&runs, "SELECT bar_time FROM decision"),
                     test_pair_time(row_of_bar));
    g_autofree char *message = NULL; /* it has ended: nobody does it again */
    g_autoptr(GError) error = NULL;
    SyRunOutcome outcome;
    const SyRunContext context = {
        .env = &runs.env, .settings = runs.settings, .workspace = runs.folder, .threads = 1};
    assert_false(sy_run_execute(runs.store, id, runs.epoch, &context, &outcome, &error));
    assert_int_equal(error->code, SY_ERROR_HELD);
    sy_run_outcome_clear(&outcome);
    assert_int_equal(test_runs_count(&runs, "SELECT count(*) FROM decision"), 1);
}

static void test_run__of_an_older_epoch_does_nothing(void **state) {
    (void)state;
    g_auto(TestRuns) runs;
    open_pair(&runs);
    gint64 id = plan_pair(&runs, "trade", ""), fresh = 0;
    assert_true(sy_store_take_study(runs.store, "pair", "another", runs.now, &fresh, NULL));
    const SyRunContext context = {
        .env = &runs.env, .settings = runs.settings, .workspace = runs.folder, .threads = 1};
    g_autoptr(GError) error = NULL;
    SyRunOutcome outcome;
    assert_false(sy_run_execute(runs.store, id, runs.epoch, &context, &outcome, &error));
    assert_int_equal(error->code, SY_ERROR_HELD);
    assert_int_equal(outcome.status, SY_RUN_PLANNED);
    sy_run_outcome_clear(&outcome);
    runs.epoch = fresh;
    test_runs_execute(&runs, id, SY_RUN_SUCCEEDED, NULL, NULL);
}

static void test_run__publishes_a_report_and_keeps_its_files(void **state) {
    (void)state;
    g_auto(TestRuns) runs;
    open_pair(&runs);
    gint64 id = plan_pair(&runs, "report", "[report]\nformats = [\"csv\", \"html\"]\n");
    test_runs_execute(&runs, id, SY_RUN_SUCCEEDED, NULL, NULL);
    assert_steps(&runs, id, BUILTIN "report:succeeded:1");
    g_auto(GStrv) paths = sy_store_load_artifacts(runs.store, id, "report", NULL);
    assert_int_equal(g_strv_length(paths), 2);
    for (char **path = paths; *path; path++)
        assert_true(g_file_test(*path, G_FILE_TEST_EXISTS));
    assert_int_equal(test_runs_count(&runs, "SELECT count(*) FROM decision"), 0);
}

static void test_run__a_report_says_that_its_template_is_not_the_newest(void **state) {
    (void)state;
    g_auto(TestRuns) runs;
    open_pair(&runs);
    g_autofree char *text = pair_with("[report]\nformats = [\"html\"]\n");
    for (int broken = 0; broken <= 1; broken++) {
        runs.notice = broken ? "pair.toml cannot run as it is now" : NULL;
        gint64 id = test_runs_plan(&runs, "report", test_pair_time(row_of_bar + broken), text, 500);
        test_runs_execute(&runs, id, SY_RUN_SUCCEEDED, NULL, NULL);
        g_auto(GStrv) paths = sy_store_load_artifacts(runs.store, id, "report", NULL);
        g_autofree char *page = NULL;
        assert_true(g_file_get_contents(paths[0], &page, NULL, NULL));
        assert_int_equal(strstr(page, "<li>pair.toml cannot run as it is now</li>") != NULL,
                         broken);
    }
}

static void test_run__an_absent_bar_ends_it_as_outdated(void **state) {
    (void)state;
    g_auto(TestRuns) runs;
    open_pair(&runs);
    runs.now = test_pair_time(TEST_PAIR_ROWS) + 5 * SY_SECOND;
    g_autofree char *text = pair_with(""), *message = NULL;
    gint64 id = test_runs_plan(&runs, "trade", test_pair_time(TEST_PAIR_ROWS), text, 500);
    test_runs_execute(&runs, id, SY_RUN_OUTDATED, NULL, &message);
    assert_non_null(strstr(message, "outdated data"));
    assert_steps(&runs, id,
                 "load:succeeded:1 check:failed:1 model:skipped:1 signal:skipped:1 "
                 "portfolio:skipped:1 trade:skipped:1");
    g_autofree char *why = test_runs_step_message(&runs, id, "trade");
    assert_string_equal(why, "not done: check failed");
}

static void test_run__a_decision_later_than_max_buffer_is_not_carried_out(void **state) {
    (void)state;
    g_auto(TestRuns) runs;
    open_pair(&runs);
    g_autofree char *text = pair_with(""), *message = NULL;
    gint64 id = test_runs_plan(&runs, "trade", test_pair_time(row_of_bar), text, 4);
    test_runs_execute(&runs, id, SY_RUN_FAILED, NULL, &message);
    assert_non_null(strstr(message, "nothing was traded"));
    assert_int_equal(test_runs_count(&runs, "SELECT count(*) FROM decision"), 0);
}

static void test_run__by_hand_on_a_bar_that_is_too_old_only_shows_its_decision(void **state) {
    (void)state;
    g_auto(TestRuns) runs;
    open_pair(&runs);
    g_autofree char *text = pair_with(""), *why = NULL;
    gint64 id = test_runs_plan(&runs, "trade", test_pair_time(row_of_bar), text, 0);
    test_runs_execute(&runs, id, SY_RUN_SUCCEEDED, NULL, NULL);
    assert_steps(&runs, id, BUILTIN "trade:skipped:1");
    why = test_runs_step_message(&runs, id, "trade");
    assert_non_null(strstr(why, "only shown: later than"));
    assert_int_equal(test_runs_count(&runs, "SELECT count(*) FROM decision"), 0);
    assert_int_equal(test_runs_count(&runs, "SELECT count(*) FROM run WHERE message LIKE "
                                            "'only shown: later than%'"),
                     1);
}

static void test_run__a_bar_that_was_decided_before_skips_trade_and_what_needs_it(void **state) {
    (void)state;
    g_auto(TestRuns) runs;
    open_pair(&runs);
    g_autofree char *text = pair_with(TASK("tell", "touch told", "needs = [\"trade\"]")
                                          TASK("any", "touch any", "needs = [\"portfolio\"]"));
    gint64 first = test_runs_plan(&runs, "trade", test_pair_time(row_of_bar), text, 500);
    test_runs_execute(&runs, first, SY_RUN_SUCCEEDED, NULL, NULL);
    assert_steps(&runs, first, BUILTIN "trade:succeeded:1 tell:succeeded:1 any:succeeded:1");
    for (int older = 0; older <= 1; older++) {
        /* the same bar again, as after a restore of the slots; then the one before it */
        SyTime bar = test_pair_time(row_of_bar - older);
        gint64 id = test_runs_plan_bar(&runs, "trade", bar + SY_SECOND, bar, text, 5000);
        test_runs_execute(&runs, id, SY_RUN_SUCCEEDED, NULL, NULL);
        assert_steps(&runs, id, BUILTIN "trade:skipped:1 tell:skipped:1 any:succeeded:1");
        g_autofree char *why = test_runs_step_message(&runs, id, "trade");
        assert_non_null(strstr(why, "was decided before"));
        g_auto(SyRunRow) row = {0};
        assert_true(sy_store_load_run(runs.store, id, &row, NULL));
        assert_string_equal(row.message, why);
        g_autofree char *told = g_strdup_printf("%s/.workflow/runs/%d/told", runs.folder, (int)id);
        assert_false(g_file_test(told, G_FILE_TEST_EXISTS));
    }
    assert_int_equal(test_runs_count(&runs, "SELECT count(*) FROM decision"), 1);
}

static void test_run__a_stored_template_that_does_not_load_fails(void **state) {
    (void)state;
    g_auto(TestRuns) runs;
    open_pair(&runs);
    g_autofree char *message = NULL;
    gint64 id = test_runs_plan(&runs, "trade", test_pair_time(row_of_bar),
                               "[meta]\nstudy_name = \"pair\"\n", 500);
    test_runs_execute(&runs, id, SY_RUN_FAILED, NULL, &message);
    assert_non_null(strstr(message, "[model] needs the key name"));
}

/* ---- tasks ---- */

static void test_tasks__run_in_order_with_the_facts_of_the_run(void **state) {
    (void)state;
    g_auto(TestRuns) runs;
    gint64 id = plan_tasks(
        &runs, TASK("b", "echo b >>order; pwd >where", "needs = [\"a\"]")
                   TASK("a",
                        "echo a >>order; for v in WORKSPACE STUDY RUN KIND SLOT BAR TASK ATTEMPT; "
                        "do eval echo $v=\\$SYSTEMATICA_$v; done >facts; env >all",
                        ""));
    test_runs_execute(&runs, id, SY_RUN_SUCCEEDED, NULL, NULL);
    assert_steps(&runs, id, "a:succeeded:1 b:succeeded:1");
    assert_file(&runs, id, "order", "a\nb\n");
    g_autofree char *where = g_strdup_printf("%s/.workflow/runs/%d\n", runs.folder, (int)id);
    assert_file(&runs, id, "where", where);
    g_autofree char *facts = g_strdup_printf(
        "WORKSPACE=%s\nSTUDY=eod\nRUN=%d\nKIND=task\nSLOT=2021-01-01T01:00:00Z\nBAR=\nTASK=a\n"
        "ATTEMPT=1\n",
        runs.folder, (int)id);
    assert_file(&runs, id, "facts", facts);
    g_autofree char *all_path = g_strdup_printf(".workflow/runs/%d/all", (int)id);
    g_autofree char *all = test_read(runs.folder, all_path);
    assert_null(strstr(all, "SYSTEMATICA_DECISION"));
    for (char *at = all; (at = strstr(at, "SYSTEMATICA_")); at++) { /* nothing undocumented */
        g_autofree char *name = g_strndup(at, strcspn(at, "="));
        bool known = g_getenv(name) != NULL; /* of whoever started us */
        for (gsize i = 0; i < sy_n_task_variables; i++)
            known |= strcmp(sy_task_variables[i].name, name) == 0;
        if (!known)
            fail_msg("%s is not in the table", name);
    }
}

static void test_tasks__a_failure_fails_the_run_and_skips_what_needs_it(void **state) {
    (void)state;
    g_auto(TestRuns) runs;
    g_autofree char *message = NULL;
    gint64 id = plan_tasks(
        &runs, TASK("a", "echo one; echo two >&2; exit 3", "") TASK("b", "true", "needs = [\"a\"]")
                   TASK("c", "true", "needs = [\"b\"]") TASK("d", "true", ""));
    test_runs_execute(&runs, id, SY_RUN_FAILED, NULL, &message);
    assert_string_equal(message, "task a: exit code 3: one\ntwo");
    assert_steps(&runs, id, "a:failed:1 b:skipped:1 c:skipped:1 d:succeeded:1");
    g_autofree char *why = test_runs_step_message(&runs, id, "c");
    assert_string_equal(why, "not started: b, which it needs, did not succeed");
    g_autofree char *tail = test_runs_step_message(&runs, id, "a");
    assert_string_equal(tail, "task a: exit code 3: one\ntwo");
}

static void test_tasks__output_is_kept_to_its_tail(void **state) {
    (void)state;
    g_auto(TestRuns) runs;
    gint64 id = plan_tasks(&runs, TASK("a", "seq 1 100000; printf \"end\\\\377\"", ""));
    test_runs_execute(&runs, id, SY_RUN_SUCCEEDED, NULL, NULL);
    g_autofree char *tail = test_runs_step_message(&runs, id, "a");
    assert_true(strlen(tail) > 2000 && strlen(tail) < 5000);
    assert_non_null(strstr(tail, "\n99999\n100000\nend\xef\xbf\xbd"));
}

static void test_tasks__that_crash_or_cannot_start_say_so(void **state) {
    (void)state;
    g_auto(TestRuns) runs;
    g_autofree char *message = NULL;
    gint64 id =
        plan_tasks(&runs, TASK("a", "kill -SEGV $$",
                               "") "[[task]]\nname = \"b\"\ncommand = [\"/no/such/program\"]\n");
    test_runs_execute(&runs, id, SY_RUN_FAILED, NULL, &message);
    assert_steps(&runs, id, "a:crashed:1 b:failed:1");
    assert_non_null(strstr(message, "task a: killed by signal 11"));
    assert_non_null(strstr(message, "; task b: "));
    assert_non_null(strstr(message, "/no/such/program"));
}

/* The process is gone, or goes now: a kill is not waited for by who sends it. */
static void assert_dies(pid_t pid) {
    assert_true(pid > 1);
    int fd = (int)syscall(SYS_pidfd_open, pid, 0);
    struct pollfd ended = {fd, POLLIN, 0};
    if (fd >= 0 && poll(&ended, 1, 10000) != 1)
        fail_msg("process %d lives on", (int)pid);
    if (fd >= 0)
        close(fd);
}

static void test_tasks__a_timeout_ends_the_whole_group(void **state) {
    (void)state;
    g_auto(TestRuns) runs;
    g_autofree char *message = NULL;
    gint64 id =
        plan_tasks(&runs, TASK("a", "sleep 1000 & echo $! >child; wait", "timeout = \"300ms\""));
    test_runs_execute(&runs, id, SY_RUN_FAILED, NULL, &message);
    assert_steps(&runs, id, "a:timed_out:1");
    assert_non_null(strstr(message, "ended after its timeout of 300ms"));
    g_autofree char *path = g_strdup_printf(".workflow/runs/%d/child", (int)id);
    g_autofree char *child = test_read(runs.folder, path);
    assert_dies(atoi(child));
}

static void test_tasks__what_they_leave_behind_is_killed(void **state) {
    (void)state;
    g_auto(TestRuns) runs;
    gint64 id = plan_tasks(&runs, TASK("a", "sleep 1000 >/dev/null 2>&1 & echo $! >child", ""));
    test_runs_execute(&runs, id, SY_RUN_SUCCEEDED, NULL, NULL);
    g_autofree char *path = g_strdup_printf(".workflow/runs/%d/child", (int)id);
    g_autofree char *child = test_read(runs.folder, path);
    assert_dies(atoi(child));
}

static void test_tasks__are_tried_again_by_their_own_retry_and_only_they(void **state) {
    (void)state;
    g_auto(TestRuns) runs;
    SyTime at = 0, start;
    gint64 id = plan_tasks(
        &runs,
        TASK("a", "echo a >>done", "")
            TASK("b", "echo b$SYSTEMATICA_ATTEMPT >>done; test $SYSTEMATICA_ATTEMPT = 3 || exit 75",
                 "needs = [\"a\"]\nretry = { stop = { attempts = 4 }, wait = { incrementing = { "
                 "start = 10, increment = 5 } } }") TASK("c", "echo c >>done", "needs = [\"b\"]"));
    start = runs.now;
    test_runs_execute(&runs, id, SY_RUN_BACKING_OFF, &at, NULL);
    assert_int_equal(at, start + 10 * SY_SECOND);
    assert_steps(&runs, id, "a:succeeded:1 b:failed:1 c:skipped:1");
    g_auto(SyRunRow) row = {0};
    assert_true(sy_store_load_run(runs.store, id, &row, NULL));
    assert_string_equal(row.step, "b");
    assert_int_equal(row.retry_at, at);
    assert_int_equal(row.attempt, 2);
    assert_true(row.seed != 0);
    runs.now = at;
    test_runs_execute(&runs, id, SY_RUN_BACKING_OFF, &at, NULL);
    assert_int_equal(at, start + 25 * SY_SECOND);
    runs.now = at;
    test_runs_execute(&runs, id, SY_RUN_SUCCEEDED, NULL, NULL);
    assert_file(&runs, id, "done", "a\nb1\nb2\nb3\nc\n");
    assert_steps(&runs, id, "a:succeeded:1 b:failed:1 b:failed:2 b:succeeded:3 c:succeeded:1");
}

static void test_tasks__give_up_after_their_attempts(void **state) {
    (void)state;
    for (int reraise = 0; reraise <= 1; reraise++) {
        g_auto(TestRuns) runs;
        SyTime at = 0;
        g_autofree char *message = NULL;
        gint64 id = plan_tasks(
            &runs, reraise ? TASK("a", "exit 75",
                                  "retry = { stop = { attempts = 2 }, wait = { "
                                  "fixed = 4 }, reraise = true }")
                           : TASK("a", "exit 75",
                                  "retry = { stop = { attempts = 2 }, wait = { fixed = 4 } }"));
        test_runs_execute(&runs, id, SY_RUN_BACKING_OFF, &at, NULL);
        runs.now = at;
        test_runs_execute(&runs, id, SY_RUN_FAILED, NULL, &message);
        assert_string_equal(message, reraise
                                         ? "task a: exit code 75"
                                         : "gave up after 2 attempts in 4 s: task a: exit code 75");
    }
}

static void test_tasks__before_load_hold_up_the_trade(void **state) {
    (void)state;
    g_auto(TestRuns) runs;
    g_autofree char *message = NULL;
    open_pair(&runs);
    gint64 id = plan_pair(&runs, "trade",
                          TASK("fetch", "exit 1", "") TASK("tell", "true", "needs = [\"trade\"]"));
    test_runs_execute(&runs, id, SY_RUN_FAILED, NULL, &message);
    assert_string_equal(message, "task fetch: exit code 1");
    assert_int_equal(test_runs_count(&runs, "SELECT count(*) FROM decision"), 0);
    assert_steps(&runs, id,
                 "fetch:failed:1 load:skipped:1 check:skipped:1 model:skipped:1 signal:skipped:1 "
                 "portfolio:skipped:1 trade:skipped:1 tell:skipped:1");
}

static void test_tasks__after_a_trade_read_its_decision_and_never_repeat_it(void **state) {
    (void)state;
    g_auto(TestRuns) runs;
    SyTime at = 0;
    open_pair(&runs);
    gint64 id = plan_pair(&runs, "trade",
                          "[retry]\nwait = { fixed = 7 }\n" TASK(
                              "tell",
                              "cp \"$SYSTEMATICA_DECISION\" copy$SYSTEMATICA_ATTEMPT; test "
                              "$SYSTEMATICA_ATTEMPT = 2 || exit 75",
                              "needs = [\"trade\"]") TASK("other", "true", "when = \"report\""));
    test_runs_execute(&runs, id, SY_RUN_BACKING_OFF, &at, NULL);
    assert_int_equal(at, runs.now + 7 * SY_SECOND);
    assert_steps(&runs, id, BUILTIN "trade:succeeded:1 tell:failed:1");
    assert_int_equal(test_runs_count(&runs, "SELECT count(*) FROM decision"), 1);
    gint64 orders = test_runs_count(&runs, "SELECT count(*) FROM orders");
    runs.now = at;
    test_runs_execute(&runs, id, SY_RUN_SUCCEEDED, NULL, NULL);
    assert_steps(&runs, id, BUILTIN "trade:succeeded:1 tell:failed:1 tell:succeeded:2");
    assert_int_equal(test_runs_count(&runs, "SELECT count(*) FROM decision"), 1);
    assert_int_equal(test_runs_count(&runs, "SELECT count(*) FROM orders"), orders);
    g_autofree char *first_path = g_strdup_printf(".workflow/runs/%d/copy1", (int)id);
    g_autofree char *first = test_read(runs.folder, first_path);
    assert_non_null(strstr(first, "\"decision\":\"stored\""));
    assert_file(&runs, id, "copy2", first);
}

static void test_tasks__after_a_report_know_its_files(void **state) {
    (void)state;
    g_auto(TestRuns) runs;
    open_pair(&runs);
    gint64 id = plan_pair(
        &runs, "report",
        "[report]\nformats = [\"csv\"]\n" TASK("send",
                                               "test -f \"$SYSTEMATICA_REPORTS\" -o -d "
                                               "\"$SYSTEMATICA_REPORTS\"",
                                               "needs = [\"report\"]\nwhen = \"report\""));
    test_runs_execute(&runs, id, SY_RUN_SUCCEEDED, NULL, NULL);
    assert_steps(&runs, id, BUILTIN "report:succeeded:1 send:succeeded:1");
}

static void test_request__reads_back_what_was_written(void **state) {
    (void)state;
    const SyRunRequest rows[] = {
        {3, SY_TIME_NONE, 500.25, false, NULL},
        {9, 123456789012345, 1, true, (char *)"a.toml cannot run"},
    };
    for (gsize i = 0; i < G_N_ELEMENTS(rows); i++) {
        SyRunRequest found;
        g_autofree char *text = sy_run_request_write(&rows[i]);
        assert_true(sy_run_request_read(text, &found, NULL));
        assert_int_equal(found.lookback_days, rows[i].lookback_days);
        assert_int_equal(found.since, rows[i].since);
        assert_near(found.max_buffer_seconds, rows[i].max_buffer_seconds, 0);
        assert_int_equal(found.dry_run, rows[i].dry_run);
        assert_int_equal(g_strcmp0(found.notice, rows[i].notice), 0);
        sy_run_request_clear(&found);
    }
    SyRunRequest none;
    g_autoptr(GError) error = NULL;
    assert_false(sy_run_request_read("{\"lookback_days\":1}", &none, &error));
    assert_non_null(strstr(error->message, "unreadable"));
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_run__trades_once_and_stores_its_steps_with_the_decision),
        cmocka_unit_test(test_run__of_an_older_epoch_does_nothing),
        cmocka_unit_test(test_run__publishes_a_report_and_keeps_its_files),
        cmocka_unit_test(test_run__a_report_says_that_its_template_is_not_the_newest),
        cmocka_unit_test(test_run__an_absent_bar_ends_it_as_outdated),
        cmocka_unit_test(test_run__a_decision_later_than_max_buffer_is_not_carried_out),
        cmocka_unit_test(test_run__by_hand_on_a_bar_that_is_too_old_only_shows_its_decision),
        cmocka_unit_test(test_run__a_bar_that_was_decided_before_skips_trade_and_what_needs_it),
        cmocka_unit_test(test_run__a_stored_template_that_does_not_load_fails),
        cmocka_unit_test(test_tasks__run_in_order_with_the_facts_of_the_run),
        cmocka_unit_test(test_tasks__a_failure_fails_the_run_and_skips_what_needs_it),
        cmocka_unit_test(test_tasks__output_is_kept_to_its_tail),
        cmocka_unit_test(test_tasks__that_crash_or_cannot_start_say_so),
        cmocka_unit_test(test_tasks__a_timeout_ends_the_whole_group),
        cmocka_unit_test(test_tasks__what_they_leave_behind_is_killed),
        cmocka_unit_test(test_tasks__are_tried_again_by_their_own_retry_and_only_they),
        cmocka_unit_test(test_tasks__give_up_after_their_attempts),
        cmocka_unit_test(test_tasks__before_load_hold_up_the_trade),
        cmocka_unit_test(test_tasks__after_a_trade_read_its_decision_and_never_repeat_it),
        cmocka_unit_test(test_tasks__after_a_report_know_its_files),
        cmocka_unit_test(test_request__reads_back_what_was_written),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
