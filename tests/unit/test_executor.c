/* The process executor with a shell script in the worker's place: how ends become statuses. */
#include "test.h"

#include <poll.h>
#include <signal.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>

#include "base/error.h"
#include "cli.h"
#include "executor/executor.h"
#include "executor/tail.h"

enum { PATIENCE_MS = 20000 };

/* What the script does is named by its study. A spare one leaves its number in the file `up`. */
static const char script[] =
    "#!/bin/sh\n"
    "echo $$ >>up\n"
    "read run epoch study || exit\n"
    "case $study in\n"
    "good) exit 0;;\n"
    "words) [ \"$*\" = \"worker --workspace $PWD\" ] && [ \"$run $epoch\" = '7 3' ]; exit;;\n"
    "reports) echo first >&2; echo 'the table is absent' >&2; exit 4;;\n"
    "crashes) echo 'about to' >&2; kill -SEGV $$;;\n"
    "floods) head -c 3000000 /dev/zero | tr '\\0' x | fold -w 99 >&2; echo >&2; echo 'the end' "
    ">&2; exit "
    "1;;\n"
    "allocates) echo 'GLib-ERROR: failed to allocate 16 bytes' >&2; kill -TRAP $$;;\n"
    "spins) while :; do :; done;;\n"
    "hangs) exec sleep 1000;;\n"
    "stubborn) trap '' TERM; echo 'not me' >&2; while :; do sleep 1000; done;;\n"
    "polite) trap 'exit 0' TERM; while :; do sleep 0.01; done;;\n"
    "leaves) sleep 1000 & setsid sleep 1001 & env -i setsid sh -c 'sleep 1002' & exit 0;;\n"
    "killed) kill -KILL $$;;\n"
    "esac\n";

typedef struct {
    char *folder, *program;
    const SyExecutorRow *row;
    SyExecutor *executor;
    GArray *ends;
} Fixture;

static void clear_end(gpointer end) { sy_execution_end_clear(end); }

static int open_fixture(void **state) {
    Fixture *fixture = g_new0(Fixture, 1);
    fixture->folder = test_folder_new();
    fixture->program = g_build_filename(fixture->folder, "program", NULL);
    test_write(fixture->folder, "program", script);
    chmod(fixture->program, 0755);
    fixture->row = sy_executor_find("process");
    fixture->ends = g_array_new(FALSE, TRUE, sizeof(SyExecutionEnd));
    g_array_set_clear_func(fixture->ends, clear_end);
    fixture->executor = fixture->row->open(
        &(SyExecutorOptions){.program = fixture->program,
                             .workspace = fixture->folder,
                             .env = &sy_env_real,
                             .kill_after_ns = SY_SECOND,
                             .limits = {.memory_bytes = (gint64)1 << 30, .cpu_seconds = 1}},
        NULL);
    *state = fixture;
    return fixture->executor ? 0 : -1;
}

static int close_fixture(void **state) {
    Fixture *fixture = *state;
    fixture->row->close(fixture->executor);
    g_array_unref(fixture->ends);
    test_folder_remove(fixture->folder);
    g_free(fixture->folder);
    g_free(fixture->program);
    g_free(fixture);
    return waitpid(-1, NULL, WNOHANG) == -1 ? 0 : -1; /* no child is left */
}

static void start(Fixture *fixture, gint64 run, const char *what, gint64 timeout_ns) {
    g_autoptr(GError) error = NULL;
    if (!fixture->row->start(fixture->executor, &(SyExecution){run, 3, what, "trade", timeout_ns},
                             &error))
        fail_msg("%s", error->message);
}

/* Until n ends have come; by the descriptor alone. */
static void collect(Fixture *fixture, guint n) {
    struct pollfd ready = {.fd = fixture->row->descriptor(fixture->executor), .events = POLLIN};
    while (fixture->ends->len < n) {
        if (poll(&ready, 1, PATIENCE_MS) != 1)
            fail_msg("nothing happens: %d of %d ends", fixture->ends->len, n);
        fixture->row->collect(fixture->executor, fixture->ends);
    }
}

static const SyExecutionEnd *end_of(const Fixture *fixture, gint64 run) {
    for (guint i = 0; i < fixture->ends->len; i++) {
        const SyExecutionEnd *end = &g_array_index(fixture->ends, SyExecutionEnd, i);
        if (end->run == run)
            return end;
    }
    fail_msg("run %d did not end", (int)run);
    return NULL;
}

static void test_executor__tells_how_a_run_ended(void **state) {
    Fixture *fixture = *state;
    static const struct {
        const char *what;
        gint64 timeout_ns;
        SyRunStatus status;
        const char *message; /* its beginning; NULL: none */
    } cases[] = {
        {"good", 0, SY_RUN_SUCCEEDED, NULL},
        {"reports", 0, SY_RUN_FAILED, "exit code 4\nfirst\nthe table is absent"},
        {"crashes", 0, SY_RUN_CRASHED, "killed by signal 11 (Segmentation fault)\nabout to"},
        {"allocates", 0, SY_RUN_CRASHED,
         "out of memory: the limit is 1024 MiB ([executor] memory); killed by signal 5"},
        {"killed", 0, SY_RUN_CRASHED, "somebody else killed it"},
        {"spins", 0, SY_RUN_CRASHED, "its processor time is used up: the limit is 1 s"},
        {"hangs", SY_SECOND / 10, SY_RUN_TIMED_OUT,
         "it ran longer than 0.1 s; killed by signal 15"},
        {"stubborn", SY_SECOND, SY_RUN_TIMED_OUT,
         "it ran longer than 1 s and did not end when asked to; killed by signal 9"},
        {"words", 10 * SY_SECOND, SY_RUN_SUCCEEDED, NULL},
    };
    for (gsize i = 0; i < G_N_ELEMENTS(cases); i++)
        start(fixture, strcmp(cases[i].what, "words") == 0 ? 7 : 100 + (gint64)i, cases[i].what,
              cases[i].timeout_ns);
    collect(fixture, G_N_ELEMENTS(cases));
    for (gsize i = 0; i < G_N_ELEMENTS(cases); i++) {
        const SyExecutionEnd *end =
            end_of(fixture, strcmp(cases[i].what, "words") == 0 ? 7 : 100 + (gint64)i);
        if (end->status != cases[i].status ||
            (cases[i].message ? !end->message || !g_str_has_prefix(end->message, cases[i].message)
                              : end->message != NULL))
            fail_msg("%s: %s, %s", cases[i].what, sy_run_status_names[end->status],
                     end->message ? end->message : "no message");
    }
}

static void test_executor__a_flood_of_output_leaves_its_last_lines(void **state) {
    Fixture *fixture = *state;
    start(fixture, 1, "floods", 0);
    start(fixture, 2, "good", 0);
    collect(fixture, 2);
    const char *tail = strchr(end_of(fixture, 1)->message, '\n') + 1;
    assert_in_range(strlen(tail), SY_TAIL_BYTES - 110, SY_TAIL_BYTES);
    assert_true(g_str_has_suffix(tail, "x\nthe end"));
    assert_int_equal(strcspn(tail, "\n"), 99); /* begins with a whole line */
}

static void test_executor__cancels_for_a_reason(void **state) {
    Fixture *fixture = *state;
    start(fixture, 1, "hangs", 0);
    start(fixture, 2, "polite", 0);
    start(fixture, 3, "hangs", 0);
    fixture->row->cancel(fixture->executor, 1, SY_RUN_CANCELLED);
    fixture->row->cancel(fixture->executor, 99, SY_RUN_CANCELLED); /* no such run */
    collect(fixture, 1);
    assert_int_equal(end_of(fixture, 1)->status, SY_RUN_CANCELLED);
    assert_true(g_str_has_prefix(end_of(fixture, 1)->message, "it was asked to end; killed"));
    g_array_set_size(fixture->ends, 0);
    fixture->row->cancel(fixture->executor, 3, SY_RUN_OUTDATED);
    collect(fixture, 1);
    assert_int_equal(end_of(fixture, 3)->status, SY_RUN_OUTDATED);
    /* number 2 runs on: closing ends it */
}

/* The number of the newest worker that came up. */
static pid_t newest_worker(const Fixture *fixture) {
    g_autofree char *text = test_read(fixture->folder, "up");
    g_auto(GStrv) lines = g_strsplit(g_strchomp(text), "\n", -1);
    return (pid_t)g_ascii_strtoll(lines[g_strv_length(lines) - 1], NULL, 10);
}

/* Until as many workers have come up. */
static void await_workers(const Fixture *fixture, guint n) {
    gint64 end = g_get_monotonic_time() + (gint64)PATIENCE_MS * 1000;
    for (guint came = 0; came < n; poll(NULL, 0, 1)) {
        g_autofree char *path = g_build_filename(fixture->folder, "up", NULL), *text = NULL;
        came = 0;
        if (g_file_get_contents(path, &text, NULL, NULL))
            for (const char *p = text; (p = strchr(p, '\n')); p++)
                came++; /* a file that is still empty has none */
        if (g_get_monotonic_time() > end)
            fail_msg("%u workers came up, not %u", came, n);
    }
}

static void test_executor__a_spare_worker_waits_for_the_next_run(void **state) {
    Fixture *fixture = *state;
    await_workers(fixture, 1);
    pid_t spare = newest_worker(fixture);
    assert_int_not_equal(sy_process_start_time(spare), 0);
    start(fixture, 1, "good", 0); /* it is taken */
    collect(fixture, 1);
    assert_int_equal(sy_process_start_time(spare), 0);
    await_workers(fixture, 2); /* the next one is up, for nothing runs */
    assert_int_not_equal(sy_process_start_time(newest_worker(fixture)), 0);
}

static void test_executor__a_spare_worker_that_died_is_replaced(void **state) {
    Fixture *fixture = *state;
    await_workers(fixture, 1);
    pid_t spare = newest_worker(fixture);
    kill(spare, SIGKILL);
    while (sy_process_start_time(spare))
        poll(NULL, 0, 1);
    start(fixture, 1, "good", 0); /* before anybody has noticed */
    collect(fixture, 1);
    assert_int_equal(end_of(fixture, 1)->status, SY_RUN_SUCCEEDED);
    /* its own death brings up no other: one that cannot live would come and go for ever */
    await_workers(fixture, 3);
    spare = newest_worker(fixture);
    kill(spare, SIGKILL);
    while (sy_process_start_time(spare))
        poll(NULL, 0, 1);
    fixture->row->collect(fixture->executor, fixture->ends);
    start(fixture, 2, "good", 0);
    collect(fixture, 2);
    assert_int_equal(end_of(fixture, 2)->status, SY_RUN_SUCCEEDED);
    await_workers(fixture, 5);
}

static void test_executor__nothing_survives_a_run(void **state) {
    Fixture *fixture = *state;
    start(fixture, 1, "hangs", 0);
    start(fixture, 2, "leaves", 0);
    collect(fixture, 1);
    const SyExecutionEnd *end = end_of(fixture, 2);
    assert_int_equal(end->status, SY_RUN_SUCCEEDED);
    /* sleeps that had no time to leave the group are among them, whatever the order */
    assert_non_null(strstr(end->message, "processes that it left were killed"));
    g_auto(GStrv) marks = sy_execution_marks(fixture->folder, 2);
    assert_int_equal(sy_process_sweep(0, 0, (const char *const *)marks), 0);
    assert_int_equal(sy_process_kill_orphans(NULL), 0);
}

static void test_executor__a_program_that_is_not_there_is_an_error(void **state) {
    (void)state;
    const SyExecutorRow *row = sy_executor_find("process");
    SyExecutor *executor = row->open(&(SyExecutorOptions){.program = "/no/such/program",
                                                          .workspace = "/tmp",
                                                          .env = &sy_env_real},
                                     NULL);
    g_autoptr(GError) error = NULL;
    assert_false(row->start(executor, &(SyExecution){1, 1, "a", "trade", 0}, &error));
    assert_true(g_error_matches(error, SY_ERROR, SY_ERROR_FAILED));
    assert_non_null(strstr(error->message, "/no/such/program"));
    row->close(executor);
}

static void test_tail__keeps_whole_lines(void **state) {
    (void)state;
    static SyTail tail;
    g_autofree char *nothing = sy_tail_text(&tail);
    assert_string_equal(nothing, "");
    sy_tail_add(&tail, "one\ntwo\n\n", 9);
    g_autofree char *all = sy_tail_text(&tail);
    assert_string_equal(all, "one\ntwo");
    /* one line that is too long: its end, from a whole character */
    g_autofree char *fill = g_strnfill(SY_TAIL_BYTES, 'x');
    sy_tail_add(&tail, "\xe2\x82\xac", 3);
    sy_tail_add(&tail, fill, SY_TAIL_BYTES - 2);
    g_autofree char *cut = sy_tail_text(&tail);
    assert_int_equal(strlen(cut), SY_TAIL_BYTES - 2);
    assert_int_equal(strspn(cut, "x"), SY_TAIL_BYTES - 2);
    /* byte by byte or at once is the same */
    static SyTail whole, single;
    GString *text = g_string_new(NULL);
    for (int i = 0; i < 3000; i++)
        g_string_append_printf(text, "line %d\n", i);
    sy_tail_add(&whole, text->str, text->len);
    for (gsize i = 0; i < text->len; i++)
        sy_tail_add(&single, text->str + i, 1);
    g_autofree char *a = sy_tail_text(&whole);
    g_autofree char *b = sy_tail_text(&single);
    assert_string_equal(a, b);
    assert_true(g_str_has_prefix(a, "line "));
    assert_true(g_str_has_suffix(a, "\nline 2999"));
    g_string_free(text, TRUE);
}

#define WITH_EXECUTOR(test) cmocka_unit_test_setup_teardown(test, open_fixture, close_fixture)

int main(void) {
    const struct CMUnitTest tests[] = {
        WITH_EXECUTOR(test_executor__tells_how_a_run_ended),
        WITH_EXECUTOR(test_executor__a_flood_of_output_leaves_its_last_lines),
        WITH_EXECUTOR(test_executor__cancels_for_a_reason),
        WITH_EXECUTOR(test_executor__a_spare_worker_waits_for_the_next_run),
        WITH_EXECUTOR(test_executor__a_spare_worker_that_died_is_replaced),
        WITH_EXECUTOR(test_executor__nothing_survives_a_run),
        cmocka_unit_test(test_executor__a_program_that_is_not_there_is_an_error),
        cmocka_unit_test(test_tail__keeps_whole_lines),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
