/* systematica logs: what it shows, and that following loses nothing where files are put aside. */
#include "test.h"

#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <string.h>
#include <unistd.h>

#include "base/log.h"
#include "base/process.h"
#include "cli.h"

enum { PATIENCE_MS = 20000 };

typedef struct {
    char *folder, *logs;
    SyTime now;
    SyEnv env;
    SyLog *log;
} Fixture;

static void write_some(Fixture *fixture) {
    sy_log(fixture->log, SY_LOG_INFO, "dale", 1, "one");
    fixture->now += SY_DAY;
    sy_log(fixture->log, SY_LOG_WARNING, "other", 2, "two");
    fixture->now += SY_SECOND / 2;
    sy_log(fixture->log, SY_LOG_ERROR, "dale", 3, "three\nlines");
    fixture->now += SY_SECOND / 2;
    sy_log(fixture->log, SY_LOG_INFO, NULL, 0, "four");
}

static int open_fixture(void **state) {
    Fixture *fixture = g_new0(Fixture, 1);
    fixture->folder = test_folder_new();
    g_auto(TestRun) made = test_run_expect(fixture->folder, "systematica", "init", 0);
    fixture->logs = g_build_filename(fixture->folder, ".workflow", "logs", NULL);
    assert_true(sy_time_parse("2026-11-20T10:00:00Z", 0, &fixture->now, NULL));
    fixture->env = sy_env_fixed(&fixture->now);
    fixture->log = sy_log_open(
        &(SyLogOptions){.env = &fixture->env, .folder = fixture->logs, .keep_days = 9}, NULL);
    *state = fixture;
    return 0;
}

static int close_fixture(void **state) {
    Fixture *fixture = *state;
    sy_log_close(fixture->log);
    test_folder_remove(fixture->folder);
    g_free(fixture->folder);
    g_free(fixture->logs);
    g_free(fixture);
    return 0;
}

static void test_logs__shows_what_is_asked_for(void **state) {
    Fixture *fixture = *state;
    write_some(fixture);
#define ONE "2026-11-20T10:00:00Z  info     dale #1  one\n"
#define TWO "2026-11-21T10:00:00Z  warning  other #2  two\n"
#define THREE "2026-11-21T10:00:00Z  error    dale #3  three\nlines\n"
#define FOUR "2026-11-21T10:00:01Z  info     four\n"
    static const struct {
        const char *line, *out;
    } cases[] = {
        {"logs", ONE TWO THREE FOUR},
        {"logs dale", ONE THREE},
        {"logs dale -n 1", THREE},
        {"logs --lines 2", THREE FOUR},
        {"logs -n 0", ""},
        {"logs --run 2", TWO},
        {"logs --level warning", TWO THREE},
        {"logs -n 1 --level info --run 1", ONE}, /* the last of those that are asked for */
        {"logs systematica", FOUR},
    };
    for (gsize i = 0; i < G_N_ELEMENTS(cases); i++) {
        g_auto(TestRun) run = test_run_expect(fixture->folder, "systematica", cases[i].line, 0);
        if (strcmp(run.out, cases[i].out) != 0)
            fail_msg("%s:\n%s", cases[i].line, run.out);
    }
    g_auto(TestRun) json = test_run_expect(fixture->folder, "systematica", "logs other --json", 0);
    g_autofree char *file = test_read(fixture->logs, "other.log");
    assert_string_equal(json.out, file);
}

static void test_logs__refuses_what_is_not_there(void **state) {
    Fixture *fixture = *state;
    g_auto(TestRun) empty = test_run_expect(fixture->folder, "systematica", "logs", 0);
    assert_string_equal(empty.out, "");
    write_some(fixture);
    g_auto(TestRun) other = test_run_expect(fixture->folder, "systematica", "logs dael", 2);
    assert_non_null(strstr(other.err, "did you mean dale?"));
    g_auto(TestRun) run = test_run_expect(fixture->folder, "systematica", "logs --run x", 2);
    g_auto(TestRun) level = test_run_expect(fixture->folder, "systematica", "logs --level x", 2);
    /* what is no line of a log is passed over */
    test_write(fixture->logs, "dale.log", "torn{\n\n{\"time\":1}\n");
    g_auto(TestRun) torn = test_run_expect(fixture->folder, "systematica", "logs dale", 0);
    assert_string_equal(torn.out, ONE);
}

/* Reads until a text has come. */
static void expect(int fd, GString *out, const char *text) {
    char buffer[4096];
    while (!strstr(out->str, text)) {
        if (poll(&(struct pollfd){.fd = fd, .events = POLLIN}, 1, PATIENCE_MS) != 1)
            fail_msg("\"%s\" does not come, only \"%s\"", text, out->str);
        ssize_t n = read(fd, buffer, sizeof buffer);
        assert_true(n > 0);
        g_string_append_len(out, buffer, n);
    }
}

static void test_logs__follows_over_the_end_of_days(void **state) {
    Fixture *fixture = *state;
    sy_log(fixture->log, SY_LOG_INFO, "dale", 1, "before");
    g_autofree char *program = g_build_filename(g_getenv("SY_BUILD_ROOT"), "systematica", NULL);
    int out[2];
    assert_int_equal(pipe2(out, O_CLOEXEC), 0);
    const char *const line[] = {program, "logs", "-f", "--level", "info", NULL};
    SyProcess process;
    assert_true(sy_process_start(&(SyProcessSpec){.arguments = line,
                                                  .folder = fixture->folder,
                                                  .input = -1,
                                                  .output = out[1],
                                                  .errors = -1},
                                 &process, NULL));
    close(out[1]);
    GString *text = g_string_new(NULL);
    expect(out[0], text, "before\n");
    for (int i = 0; i < 6; i++, fixture->now += SY_DAY / 2) { /* three days */
        sy_log(fixture->log, SY_LOG_INFO, "dale", 1, "line %d", i);
        sy_log(fixture->log, SY_LOG_DEBUG, "dale", 1, "not this");
        sy_log(fixture->log, SY_LOG_INFO, "other", 2, "other %d", i);
        if (i % 2 == 0) { /* it has come to a new day; the next ends without a pause */
            g_autofree char *last = g_strdup_printf("other %d\n", i);
            expect(out[0], text, last);
        }
    }
    expect(out[0], text, "line 5\n");
    expect(out[0], text, "other 5\n");
    for (int i = 0; i < 6; i++)
        for (int k = 0; k < 2; k++) {
            g_autofree char *one = g_strdup_printf("%s %d\n", k ? "other" : "line", i);
            const char *found = strstr(text->str, one);
            if (!found || strstr(found + 1, one))
                fail_msg("\"%s\" is not there once:\n%s", one, text->str);
        }
    assert_null(strstr(text->str, "not this"));
    SyProcessEnd end;
    sy_process_signal(&process, SIGINT);
    sy_process_wait(&process, &end);
    assert_false(end.exited); /* a shell shows 130 */
    assert_int_equal(end.code, SIGINT);
    g_string_free(text, TRUE);
    close(out[0]);
}

#define IN_WORKSPACE(test) cmocka_unit_test_setup_teardown(test, open_fixture, close_fixture)

int main(void) {
    const struct CMUnitTest tests[] = {
        IN_WORKSPACE(test_logs__shows_what_is_asked_for),
        IN_WORKSPACE(test_logs__refuses_what_is_not_there),
        IN_WORKSPACE(test_logs__follows_over_the_end_of_days),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
