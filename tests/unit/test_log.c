/* Log lines: where they go, what they look like, that none is lost or torn by rotation. */
#include "test.h"

#include <jansson.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/error.h"
#include "base/log.h"
#include "base/log_file.h"
#include "cli.h"

static SyTime at(const char *text) {
    SyTime time;
    assert_true(sy_time_parse(text, 0, &time, NULL));
    return time;
}

/* What the standard error of `function` got. Free with g_free. */
static char *stderr_of(void (*function)(gpointer), gpointer data) {
    int pipes[2], saved = dup(STDERR_FILENO);
    char text[8192] = {0};
    assert_int_equal(pipe(pipes), 0);
    dup2(pipes[1], STDERR_FILENO);
    function(data);
    dup2(saved, STDERR_FILENO);
    close(saved);
    close(pipes[1]);
    assert_true(read(pipes[0], text, sizeof text - 1) >= 0);
    close(pipes[0]);
    return g_strdup(text);
}

static char *mask(gconstpointer data, const char *text) {
    GString *masked = g_string_new(text);
    g_string_replace(masked, data, "***", 0);
    return g_string_free(masked, FALSE);
}

static void test_log__writes_a_file_per_strategy_as_json(void **state) {
    (void)state;
    g_autofree char *folder = test_folder_new();
    g_autofree char *logs = g_build_filename(folder, "a", "logs", NULL);
    SyTime now = at("2026-11-22T13:49:24.000000005Z");
    SyEnv env = sy_env_fixed(&now);
    g_autoptr(SyLog) log = sy_log_open(&(SyLogOptions){.env = &env,
                                                       .level = SY_LOG_INFO,
                                                       .folder = logs,
                                                       .keep_days = 3,
                                                       .mask = mask,
                                                       .mask_data = "hunter2"},
                                       NULL);
    sy_log(log, SY_LOG_DEBUG, "dale", 7, "not written");
    sy_log(log, SY_LOG_INFO, "dale", 7, "password hunter2,\nsecond \"line\" \xff of %d", 2);
    sy_log(log, SY_LOG_ERROR, NULL, 0, "of the daemon");
    g_autofree char *text = test_read(logs, "dale.log");
    g_autofree char *expected = g_strdup_printf(
        "{\"time\":\"2026-11-22T13:49:24.000000005Z\",\"level\":\"info\",\"study\":\"dale\","
        "\"run\":7,\"pid\":%d,\"message\":\"password ***,\\nsecond \\\"line\\\" \xef\xbf\xbd of "
        "2\"}\n",
        getpid());
    assert_string_equal(text, expected);
    g_autofree char *own = test_read(logs, "systematica.log");
    json_t *line = json_loads(own, 0, NULL);
    assert_string_equal(json_string_value(json_object_get(line, "level")), "error");
    assert_null(json_object_get(line, "study"));
    assert_null(json_object_get(line, "run"));
    json_decref(line);
    test_folder_remove(folder);
}

typedef struct {
    SyLog *log;
    SyLogLevel level;
} Writer;

static void write_line(gpointer data) {
    const Writer *writer = data;
    sy_log(writer->log, writer->level, "dale", 7, "a line");
}

static void test_log__is_for_people_on_a_terminal(void **state) {
    (void)state;
    SyTime now = at("2026-11-22T13:49:24.999Z");
    SyEnv env = sy_env_fixed(&now);
    static const struct {
        SyLogLevel level;
        bool colour;
        const char *line;
    } cases[] = {
        {SY_LOG_INFO, false, "2026-11-22T13:49:24Z  info     dale #7  a line\n"},
        {SY_LOG_WARNING, false, "2026-11-22T13:49:24Z  warning  dale #7  a line\n"},
        {SY_LOG_ERROR, true, "2026-11-22T13:49:24Z  \033[31merror  \033[0m  dale #7  a line\n"},
    };
    for (gsize i = 0; i < G_N_ELEMENTS(cases); i++) {
        g_autoptr(SyLog) log = sy_log_open(
            &(SyLogOptions){.env = &env, .terminal = true, .colour = cases[i].colour}, NULL);
        Writer writer = {log, cases[i].level};
        g_autofree char *said = stderr_of(write_line, &writer);
        assert_string_equal(said, cases[i].line);
    }
}

static void test_log__that_cannot_be_written_goes_to_stderr(void **state) {
    (void)state;
    g_autofree char *folder = test_folder_new();
    g_autofree char *file = g_build_filename(folder, "dale.log", NULL);
    assert_int_equal(mkdir(file, 0700), 0); /* in the way */
    SyTime now = at("2026-11-22");
    SyEnv env = sy_env_fixed(&now);
    g_autoptr(SyLog) log =
        sy_log_open(&(SyLogOptions){.env = &env, .folder = folder, .keep_days = 1}, NULL);
    Writer writer = {log, SY_LOG_INFO};
    g_autofree char *said = stderr_of(write_line, &writer);
    assert_non_null(strstr(said, "a line"));
    g_autoptr(GError) error = NULL;
    assert_null(sy_log_open(&(SyLogOptions){.env = &env, .folder = "/proc/no"}, &error));
    assert_true(g_error_matches(error, SY_ERROR, SY_ERROR_IO));
    test_folder_remove(folder);
}

static void test_log__begins_anew_each_day_and_keeps_some(void **state) {
    (void)state;
    g_autofree char *folder = test_folder_new();
    SyTime now = at("2026-11-20T23:59:59Z");
    SyEnv env = sy_env_fixed(&now);
    const SyLogOptions options = {.env = &env, .folder = folder, .keep_days = 2};
    /* two processes' worth: each finds the day over by itself */
    g_autoptr(SyLog) first = sy_log_open(&options, NULL);
    g_autoptr(SyLog) second = sy_log_open(&options, NULL);
    test_write(folder, "gone.log.2026-11-01", "old");
    test_write(folder, "notes.2026-11-01", "not a log");
    for (int day = 0; day < 4; day++, now += SY_DAY) {
        sy_log(first, SY_LOG_INFO, "dale", 1, "day %d", day);
        sy_log(second, SY_LOG_INFO, "dale", 2, "day %d", day);
    }
    assert_false(test_exists(folder, "gone.log.2026-11-01"));
    assert_true(test_exists(folder, "notes.2026-11-01"));
    assert_false(test_exists(folder, "dale.log.2026-11-20"));
    static const char *const names[] = {"dale.log.2026-11-21", "dale.log.2026-11-22", "dale.log"};
    g_autoptr(GPtrArray) list = sy_log_file_list(folder, "dale");
    assert_int_equal(list->len, G_N_ELEMENTS(names));
    for (guint i = 0; i < list->len; i++) {
        assert_true(g_str_has_suffix(list->pdata[i], names[i]));
        g_autofree char *text = test_read(folder, names[i]);
        g_auto(GStrv) lines = g_strsplit(text, "\n", -1);
        g_autofree char *message = g_strdup_printf("\"message\":\"day %d\"", i + 1);
        assert_int_equal(g_strv_length(lines), 3);
        assert_non_null(strstr(lines[0], message));
        assert_non_null(strstr(lines[1], message));
    }
    /* a clock that was turned back changes nothing: no file is overwritten, no line lost */
    now = at("2026-11-21T12:00:00Z");
    sy_log(first, SY_LOG_INFO, "dale", 1, "turned back");
    g_autofree char *text = test_read(folder, "dale.log");
    assert_non_null(strstr(text, "turned back"));
    test_folder_remove(folder);
}

enum { WRITERS = 4, LINES = 300 };

/* Processes that write the same file over several days: every line is there, whole, once, in the
 * file of its day. */
static void test_log__masks_with_the_data_that_count_now(void **state) {
    (void)state;
    g_autofree char *folder = test_folder_new();
    SyTime now = at("2026-11-22");
    SyEnv env = sy_env_fixed(&now);
    g_autofree char *before = g_strdup("hunter2");
    g_autoptr(SyLog) log = sy_log_open(
        &(SyLogOptions){.env = &env, .folder = folder, .mask = mask, .mask_data = before}, NULL);
    sy_log_set_mask_data(log, "swordfish");
    memset(before, 'x', strlen(before));
    sy_log(log, SY_LOG_INFO, NULL, 0, "swordfish");
    g_autofree char *text = test_read(folder, "systematica.log");
    assert_null(strstr(text, "swordfish"));
    assert_non_null(strstr(text, "***"));
    test_folder_remove(folder);
}

static void test_log__a_clock_a_year_ahead_removes_no_week(void **state) {
    (void)state;
    enum { days = 30, keep = 20 };
    g_autofree char *folder = test_folder_new();
    SyTime now = at("2026-10-01T12:00:00Z");
    SyEnv env = sy_env_fixed(&now);
    const SyLogOptions options = {.env = &env, .folder = folder, .keep_days = keep};
    g_autoptr(SyLog) log = sy_log_open(&options, NULL);
    for (int day = 0; day < days; day++, now += SY_DAY)
        sy_log(log, SY_LOG_INFO, "dale", 0, "a line");
    assert_false(test_exists(folder, "dale.log.2026-10-09"));
    assert_true(test_exists(folder, "dale.log.2026-10-11"));
    now += 365 * SY_DAY;
    for (int day = 0; day < 5; day++, now += SY_DAY)
        sy_log(log, SY_LOG_INFO, "dale", 0, "a line of a wrong clock");
    assert_true(test_exists(folder, "dale.log.2026-10-19"));
    assert_true(test_exists(folder, "dale.log.2026-10-29"));
    test_folder_remove(folder);
}

static void test_log__loses_no_line_of_many_processes(void **state) {
    (void)state;
    g_autofree char *folder = test_folder_new();
    for (int w = 0; w < WRITERS; w++)
        if (fork() == 0) {
            SyTime now = at("2026-11-20T23:00:00Z");
            SyEnv env = sy_env_fixed(&now);
            SyLog *log =
                sy_log_open(&(SyLogOptions){.env = &env, .folder = folder, .keep_days = 100}, NULL);
            for (int i = 0; i < LINES; i++, now += SY_HOUR / 2)
                sy_log(log, SY_LOG_INFO, "dale", w + 1, "%d", i);
            _exit(0);
        }
    int status;
    while (wait(&status) > 0)
        assert_int_equal(status, 0);
    bool seen[WRITERS][LINES] = {{false}};
    gsize n = 0;
    g_autoptr(GPtrArray) list = sy_log_file_list(folder, "dale");
    for (guint f = 0; f < list->len; f++) {
        g_autofree char *text = NULL;
        assert_true(g_file_get_contents(list->pdata[f], &text, NULL, NULL));
        g_auto(GStrv) lines = g_strsplit(text, "\n", -1);
        for (char **line = lines; *line && **line; line++) {
            json_t *object = json_loads(*line, 0, NULL);
            if (!object)
                fail_msg("torn: %s", *line);
            json_int_t run = json_integer_value(json_object_get(object, "run"));
            int i = atoi(json_string_value(json_object_get(object, "message")));
            assert_in_range(run, 1, WRITERS);
            assert_in_range(i, 0, LINES - 1);
            assert_false(seen[run - 1][i]);
            seen[run - 1][i] = true;
            n++;
            json_decref(object);
        }
    }
    assert_int_equal(n, WRITERS * LINES);
    test_folder_remove(folder);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_log__writes_a_file_per_strategy_as_json),
        cmocka_unit_test(test_log__is_for_people_on_a_terminal),
        cmocka_unit_test(test_log__that_cannot_be_written_goes_to_stderr),
        cmocka_unit_test(test_log__begins_anew_each_day_and_keeps_some),
        cmocka_unit_test(test_log__masks_with_the_data_that_count_now),
        cmocka_unit_test(test_log__a_clock_a_year_ahead_removes_no_week),
        cmocka_unit_test(test_log__loses_no_line_of_many_processes),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
