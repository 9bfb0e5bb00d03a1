/* Programs that we feed and listen to: whatever they do, we neither hang, nor die, nor grow. */
#include "test.h"

#include <poll.h>
#include <signal.h>
#include <string.h>
#include <sys/eventfd.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/command.h"
#include "base/env.h"
#include "base/error.h"
#include "cli.h"

/* Input of `left` bytes. */
typedef struct {
    gsize left, given;
} Source;

static void give_bytes(gpointer data, GString *bytes) {
    Source *source = data;
    gsize n = MIN(source->left, 100000);
    for (gsize i = 0; i < n; i++)
        g_string_append_c(bytes, (char)('a' + (source->given + i) % 26));
    source->left -= n;
    source->given += n;
}

/* What a shell script did with `source` (NULL: no input); bytes of its output, at most `most` of
 * which are read. */
static gsize run(const char *script, Source *source, gint64 timeout_ns, gsize most,
                 SyCommandEnd *end) {
    const SyCommandSpec spec = {
        .arguments = (const char *const[]){"sh", "-c", script, NULL},
        .timeout_ns = timeout_ns,
        .give = source ? give_bytes : NULL,
        .give_data = source,
        .stop = -1,
    };
    g_autoptr(GError) error = NULL;
    SyCommand *command = sy_command_start(&spec, &error);
    if (!command)
        fail_msg("%s", error->message);
    char buffer[5000];
    gsize got = 0;
    for (gsize n; got < most && (n = sy_command_read(command, buffer, sizeof buffer)) > 0;)
        got += n;
    if (got >= most)
        sy_command_kill(command);
    sy_command_end(command, end);
    return got;
}

static void test_command__neither_side_waits_for_the_other(void **state) {
    (void)state;
    enum { plenty = 3000000 }; /* more than pipes hold */
    static const struct {
        const char *script;
        gsize given, printed;
    } cases[] = {
        {"cat", plenty, plenty},
        {"head -c 3000000 /dev/zero; cat", plenty, 2 * plenty}, /* prints before it reads */
        {"cat >/dev/null; head -c 3000000 /dev/zero", plenty, plenty},
        {"exec <&-; echo done", plenty, 5}, /* closes its input */
        {"head -c 10 >/dev/null; echo", plenty, 1},
        {"head -c 3000000 /dev/zero >&2; cat", plenty, plenty},
        {"true", 0, 0},
    };
    for (gsize i = 0; i < G_N_ELEMENTS(cases); i++) {
        Source source = {.left = cases[i].given};
        g_auto(SyCommandEnd) end = {0};
        assert_int_equal(run(cases[i].script, &source, 20 * SY_SECOND, G_MAXSIZE, &end),
                         cases[i].printed);
        assert_true(end.process.exited && !end.late && !end.stopped);
        assert_int_equal(end.process.code, 0);
    }
}

static void test_command__a_closed_input_is_no_signal_of_ours(void **state) {
    (void)state;
    sigset_t pending, none;
    sigemptyset(&none);
    signal(SIGPIPE, SIG_DFL);
    Source source = {.left = 1000000};
    g_auto(SyCommandEnd) end = {0};
    run("exec <&-; sleep 0.1", &source, 0, G_MAXSIZE, &end);
    assert_true(source.left > 0); /* it was not all taken */
    sigpending(&pending);
    assert_false(sigismember(&pending, SIGPIPE));
    sigset_t mask;
    pthread_sigmask(SIG_SETMASK, NULL, &mask);
    assert_false(sigismember(&mask, SIGPIPE));
}

static void test_command__its_end_is_told_with_the_tail_of_what_it_said(void **state) {
    (void)state;
    g_auto(SyCommandEnd) end = {0};
    assert_int_equal(run("echo out; echo '  why ' >&2; exit 3", NULL, 0, G_MAXSIZE, &end), 4);
    assert_true(end.process.exited);
    assert_int_equal(end.process.code, 3);
    assert_string_equal(end.said, "why");
    sy_command_end_clear(&end);
    run("head -c 200000 /dev/zero | tr '\\0' x >&2; printf 'the end\\377' >&2; kill -9 $$", NULL, 0,
        G_MAXSIZE, &end);
    assert_false(end.process.exited);
    assert_int_equal(end.process.code, SIGKILL);
    assert_true(strlen(end.said) <= 4096 + 2 && g_utf8_validate(end.said, -1, NULL));
    assert_true(g_str_has_suffix(end.said, "the end\xef\xbf\xbd"));
}

static gint64 elapsed_ms(gint64 since) { return (sy_env_elapsed(&sy_env_real) - since) / 1000000; }

static void test_command__the_whole_group_is_ended_when_its_time_is_up(void **state) {
    (void)state;
    g_auto(SyCommandEnd) end = {0};
    gint64 begin = sy_env_elapsed(&sy_env_real);
    run("sleep 61.25 & sleep 61.25", NULL, SY_SECOND / 5, G_MAXSIZE, &end);
    assert_true(end.late);
    assert_true(elapsed_ms(begin) < 4000); /* asked, not killed after the grace */
    assert_int_equal(test_count_processes("sleep 61.25"), 0);
    sy_command_end_clear(&end);
    /* one that prints without end does not outlive its time either */
    run("yes", NULL, SY_SECOND / 5, G_MAXSIZE, &end);
    assert_true(end.late);
    sy_command_end_clear(&end);
    /* nor one that holds the pipe of a program that has ended */
    begin = sy_env_elapsed(&sy_env_real);
    run("sleep 62.25 & echo x", NULL, 0, G_MAXSIZE, &end);
    assert_true(end.process.exited && !end.late && elapsed_ms(begin) < 4000);
    assert_int_equal(test_count_processes("sleep 62.25"), 0);
}

static void test_command__one_that_will_not_end_is_killed_after_the_grace(void **state) {
    (void)state;
    g_auto(SyCommandEnd) end = {0};
    gint64 begin = sy_env_elapsed(&sy_env_real);
    run("trap '' TERM; while :; do sleep 0.05; done", NULL, SY_SECOND / 10, G_MAXSIZE, &end);
    assert_true(end.late && !end.process.exited);
    assert_int_equal(end.process.code, SIGKILL);
    assert_true(elapsed_ms(begin) >= 5000);
}

static void test_command__a_flood_is_cut_where_the_reader_stops(void **state) {
    (void)state;
    g_auto(SyCommandEnd) end = {0};
    struct rusage before, after;
    getrusage(RUSAGE_SELF, &before);
    run("yes flood; yes flood >&2", NULL, 0, 200000000, &end);
    assert_false(end.process.exited);
    getrusage(RUSAGE_SELF, &after);
    assert_true(after.ru_maxrss - before.ru_maxrss < 8 * 1024); /* KiB: nothing piles up */
}

static void test_command__ends_when_it_is_told_to_stop(void **state) {
    (void)state;
    int stop = eventfd(1, EFD_CLOEXEC);
    const SyCommandSpec spec = {.arguments = (const char *const[]){"sleep", "63.25", NULL},
                                .stop = stop};
    SyCommand *command = sy_command_start(&spec, NULL);
    assert_non_null(command);
    g_auto(SyCommandEnd) end = {0};
    sy_command_end(command, &end);
    assert_true(end.stopped && !end.late);
    assert_int_equal(end.process.code, SIGTERM);
    close(stop);
}

static void test_command__signals_are_caught_and_given_back(void **state) {
    (void)state;
    static const int numbers[] = {SIGTERM, SIGINT};
    for (gsize i = 0; i < G_N_ELEMENTS(numbers); i++) {
        pid_t child = fork();
        if (child == 0) {
            signal(numbers[i], SIG_DFL); /* whoever started us may ignore it */
            int fd = sy_command_catch_signals();
            kill(getpid(), numbers[i]);
            if (poll(&(struct pollfd){.fd = fd, .events = POLLIN}, 1, 10000) != 1 ||
                sy_command_catch_signals() != -1)
                _exit(9);
            sy_command_release_signals(fd); /* ends us by it */
            _exit(8);
        }
        int status;
        assert_int_equal(waitpid(child, &status, 0), child);
        assert_true(WIFSIGNALED(status));
        assert_int_equal(WTERMSIG(status), numbers[i]);
    }
    int fd = sy_command_catch_signals();
    assert_true(fd >= 0);
    sy_command_release_signals(fd);
    struct sigaction now;
    sigaction(SIGTERM, NULL, &now);
    assert_true(now.sa_handler == SIG_DFL);
}

static void test_command__what_cannot_be_started_is_named(void **state) {
    (void)state;
    const SyCommandSpec spec = {.arguments = (const char *const[]){"no-such-program", NULL},
                                .stop = -1};
    g_autoptr(GError) error = NULL;
    assert_null(sy_command_start(&spec, &error));
    assert_int_equal(error->code, SY_ERROR_FAILED);
    assert_non_null(strstr(error->message, "no-such-program cannot be started: it is not on PATH"));
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_command__neither_side_waits_for_the_other),
        cmocka_unit_test(test_command__a_closed_input_is_no_signal_of_ours),
        cmocka_unit_test(test_command__its_end_is_told_with_the_tail_of_what_it_said),
        cmocka_unit_test(test_command__the_whole_group_is_ended_when_its_time_is_up),
        cmocka_unit_test(test_command__one_that_will_not_end_is_killed_after_the_grace),
        cmocka_unit_test(test_command__a_flood_is_cut_where_the_reader_stops),
        cmocka_unit_test(test_command__ends_when_it_is_told_to_stop),
        cmocka_unit_test(test_command__signals_are_caught_and_given_back),
        cmocka_unit_test(test_command__what_cannot_be_started_is_named),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
