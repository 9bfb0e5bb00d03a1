/* Real workers whose model or task crashes, loops, eats memory or leaves processes behind: each
 * ends with what happened, nothing of it is alive afterwards, and the next slot runs. */
#include "test.h"

#include <glib/gstdio.h>
#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>

#include "cli.h"
#include "executor/executor.h"
#include "pair.h"
#include "runs.h"

enum { PATIENCE_MS = 60000, FIRST_ROW = 400 };

typedef struct {
    TestRuns runs;
    char *program, *text, *left;
    gint64 kill_after_ns;
} Fixture;

static Fixture open_patient(gint64 kill_after_ns) {
    Fixture fixture = {.kill_after_ns = kill_after_ns};
    test_runs_open(&fixture.runs, test_pair_workspace(), "pair");
    fixture.program = g_build_filename(g_getenv("SY_BUILD_ROOT"), "systematica", NULL);
    fixture.left = g_build_filename(fixture.runs.folder, "left", NULL);
    fixture.text = test_pair_template("pair", "size = 50\nsize_type = \"percent100\"\n"
                                              "init_cash = 100000\n");
    return fixture;
}

static Fixture open_fixture(void) { return open_patient(SY_SECOND / 2); }

static void close_fixture(Fixture *fixture) {
    g_free(fixture->program);
    g_free(fixture->text);
    g_free(fixture->left);
    test_runs_close(&fixture->runs);
}

/* Executes a planned run by an executor of its own, whose workers have our environment; what its
 * process left is in the file `left`. The caller clears the end. */
static SyExecutionEnd execute(Fixture *fixture, gint64 run, const char *kind, double seconds) {
    const SyExecutorRow *row = sy_executor_find("process");
    SyExecutor *executor =
        row->open(&(SyExecutorOptions){.program = fixture->program,
                                       .workspace = fixture->runs.folder,
                                       .env = &sy_env_real,
                                       .kill_after_ns = fixture->kill_after_ns,
                                       .limits = {.memory_bytes = (gint64)512 << 20}},
                  NULL);
    assert_non_null(executor);
    g_autoptr(GArray) ends = g_array_new(FALSE, FALSE, sizeof(SyExecutionEnd));
    g_autoptr(GError) error = NULL;
    const SyExecution execution = {run, fixture->runs.epoch, fixture->runs.study, kind,
                                   (gint64)(seconds * SY_SECOND)};
    if (!row->start(executor, &execution, &error))
        fail_msg("%s", error->message);
    struct pollfd ready = {.fd = row->descriptor(executor), .events = POLLIN};
    while (ends->len == 0) {
        if (poll(&ready, 1, PATIENCE_MS) != 1)
            fail_msg("run %d does not end", (int)run);
        row->collect(executor, ends);
    }
    row->close(executor);
    assert_int_equal(waitpid(-1, NULL, WNOHANG), -1);
    return g_array_index(ends, SyExecutionEnd, 0);
}

static SyRunStatus stored_status(Fixture *fixture, gint64 run) {
    g_auto(SyRunRow) row = {0};
    assert_true(sy_store_load_run(fixture->runs.store, run, &row, NULL));
    return row.status;
}

static void assert_says(const SyExecutionEnd *end, SyRunStatus status, const char *says) {
    if (end->status != status || (says && (!end->message || !strstr(end->message, says))))
        fail_msg("%s, expected %s: %s", sy_run_status_names[end->status],
                 sy_run_status_names[status], end->message ? end->message : "no message");
}

/* Everything that a run told of is dead. Returns how many. */
static int assert_nothing_left(Fixture *fixture) {
    g_autofree char *text = NULL;
    int n = 0;
    if (g_file_get_contents(fixture->left, &text, NULL, NULL)) {
        g_auto(GStrv) pids = g_strsplit(text, "\n", -1);
        for (char **pid = pids; **pid; pid++, n++)
            if (sy_process_start_time(atoi(*pid)) != 0)
                fail_msg("process %s is alive", *pid);
    }
    assert_int_equal(sy_process_kill_orphans(NULL), 0);
    return n;
}

static void test_workers__whose_model_misbehaves_end_alone(void **state) {
    (void)state;
    static const struct {
        const char *how, *says;
        double seconds;
        SyRunStatus status, stored;
        int left;
    } cases[] = {
        {"segfault", "killed by signal 11 (Segmentation fault)", 30, SY_RUN_CRASHED, SY_RUN_STARTED,
         0},
        {"spin", "it ran longer than 2 s and did not end when asked to; killed by signal 9", 2,
         SY_RUN_TIMED_OUT, SY_RUN_STARTED, 0},
        {"eat", "out of memory: the limit is 512 MiB ([executor] memory); killed by signal 5", 30,
         SY_RUN_CRASHED, SY_RUN_STARTED, 0},
        {"child", "processes that it left were killed", 30, SY_RUN_SUCCEEDED, SY_RUN_SUCCEEDED, 1},
        {"daemon", "processes that it left were killed", 30, SY_RUN_SUCCEEDED, SY_RUN_SUCCEEDED, 1},
    };
    Fixture fixture = open_fixture();
    g_autofree char *shim =
        g_build_filename(g_getenv("SY_BUILD_ROOT"), "tests", "fault", "libmisbehave.so", NULL);
    g_setenv("MISBEHAVE_FILE", fixture.left, TRUE);
    for (gsize i = 0; i < G_N_ELEMENTS(cases); i++) {
        SyTime bar = test_pair_time(FIRST_ROW + 2 * (int)i);
        fixture.runs.now = bar + 5 * SY_SECOND;
        gint64 run = test_runs_plan(&fixture.runs, "trade", bar, fixture.text, 1e9);
        g_setenv("MISBEHAVE", cases[i].how, TRUE);
        g_setenv("LD_PRELOAD", shim, TRUE);
        SyExecutionEnd end = execute(&fixture, run, "trade", cases[i].seconds);
        g_unsetenv("LD_PRELOAD");
        assert_says(&end, cases[i].status, cases[i].says);
        assert_int_equal(stored_status(&fixture, run), cases[i].stored);
        assert_int_equal(assert_nothing_left(&fixture), cases[i].left);
        g_unlink(fixture.left);
        sy_execution_end_clear(&end);

        SyTime next = test_pair_time(FIRST_ROW + 2 * (int)i + 1);
        gint64 after = test_runs_plan(&fixture.runs, "trade", next, fixture.text, 1e9);
        SyExecutionEnd good = execute(&fixture, after, "trade", 30);
        assert_says(&good, SY_RUN_SUCCEEDED, NULL);
        assert_null(good.message);
        assert_int_equal(stored_status(&fixture, after), SY_RUN_SUCCEEDED);
        sy_execution_end_clear(&good);
    }
    g_unsetenv("MISBEHAVE");
    g_unsetenv("MISBEHAVE_FILE");
    close_fixture(&fixture);
}

#define TASK(script)                                                                               \
    "[meta]\nstudy_name = \"pair\"\n[schedule]\nevery = \"1d\"\n[[task]]\nname = \"a\"\n"          \
    "command = [\"sh\", \"-c\", '''" script "''']\n"

static void test_workers__whose_task_misbehaves_leave_nothing(void **state) {
    (void)state;
    static const struct {
        const char *text, *says;
        double seconds;
        SyRunStatus status;
        int left;
    } cases[] = {
        {TASK("echo about to >&2; kill -SEGV $$"), "signal 11 (Segmentation fault)", 30,
         SY_RUN_FAILED, 0},
        {TASK("echo $$ >> $SYSTEMATICA_WORKSPACE/left; while :; do :; done"),
         "it ran longer than 2 s", 2, SY_RUN_TIMED_OUT, 1},
        {TASK("echo $$ >> $SYSTEMATICA_WORKSPACE/left; trap '' TERM; while :; do :; done"),
         "it ran longer than 2 s", 2, SY_RUN_TIMED_OUT, 1},
        {TASK("grep -qzx SYSTEMATICA_RUN=$SYSTEMATICA_RUN /proc/$PPID/environ"), NULL, 30,
         SY_RUN_SUCCEEDED, 0},
        {TASK("sleep 1000 & echo $! >> $SYSTEMATICA_WORKSPACE/left"), NULL, 30, SY_RUN_SUCCEEDED,
         1},
        {TASK("setsid sleep 1000 >/dev/null 2>&1 & echo $! >> $SYSTEMATICA_WORKSPACE/left"), NULL,
         30, SY_RUN_SUCCEEDED, 1},
    };
    Fixture fixture = open_fixture();
    for (gsize i = 0; i < G_N_ELEMENTS(cases); i++) {
        SyTime slot = test_pair_time(FIRST_ROW + (int)i);
        fixture.runs.now = slot + 5 * SY_SECOND;
        gint64 run = test_runs_plan(&fixture.runs, "task", slot, cases[i].text, 1e9);
        SyExecutionEnd end = execute(&fixture, run, "task", cases[i].seconds);
        assert_says(&end, cases[i].status, cases[i].says);
        assert_int_equal(assert_nothing_left(&fixture), cases[i].left);
        g_unlink(fixture.left);
        sy_execution_end_clear(&end);
    }
    close_fixture(&fixture);
}

/* A task that is ended with its worker is asked first, and has the time to clean up. */
static void test_workers__pass_a_request_to_end_on_to_their_task(void **state) {
    (void)state;
    Fixture fixture = open_patient(20 * SY_SECOND);
    SyTime slot = test_pair_time(FIRST_ROW);
    fixture.runs.now = slot + 5 * SY_SECOND;
    gint64 run = test_runs_plan(&fixture.runs, "task", slot,
                                TASK("echo $$ >> $SYSTEMATICA_WORKSPACE/left; trap \"echo asked "
                                     ">$SYSTEMATICA_WORKSPACE/asked; exit 0\" TERM; "
                                     "while :; do sleep 0.02; done"),
                                1e9);
    SyExecutionEnd end = execute(&fixture, run, "task", 2);
    assert_says(&end, SY_RUN_TIMED_OUT, "it ran longer than 2 s");
    assert_null(strstr(end.message, "did not end when asked"));
    g_autofree char *asked = test_read(fixture.runs.folder, "asked");
    assert_string_equal(asked, "asked\n");
    assert_int_equal(assert_nothing_left(&fixture), 1);
    assert_int_equal(stored_status(&fixture, run), SY_RUN_STARTED); /* it stored nothing more */
    sy_execution_end_clear(&end);
    close_fixture(&fixture);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_workers__whose_model_misbehaves_end_alone),
        cmocka_unit_test(test_workers__whose_task_misbehaves_leave_nothing),
        cmocka_unit_test(test_workers__pass_a_request_to_end_on_to_their_task),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
