/* Processes: started clean and limited, ended with all they left, never mistaken for others. */
#include "test.h"

#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/error.h"
#include "base/process.h"

enum { PATIENCE_MS = 20000 };

static void wait_readable(int fd, const char *what) {
    if (poll(&(struct pollfd){.fd = fd, .events = POLLIN}, 1, PATIENCE_MS) != 1)
        fail_msg("%s did not happen within %d ms", what, PATIENCE_MS);
}

static SyProcess start(const SyProcessSpec *spec) {
    SyProcess process;
    g_autoptr(GError) error = NULL;
    if (!sy_process_start(spec, &process, &error))
        fail_msg("%s", error->message);
    return process;
}

static SyProcessEnd end_of(SyProcess *process) {
    SyProcessEnd end;
    wait_readable(process->fd, "the end of a process");
    assert_true(sy_process_ended(process));
    assert_true(sy_process_reap(process, &end));
    assert_int_equal(process->fd, -1);
    return end;
}

/* A shell script that runs as `spec` says; what it wrote. Free with g_free. */
static char *run_script(const char *script, SyProcessSpec spec, SyProcessEnd *end) {
    int out[2];
    assert_int_equal(pipe2(out, O_CLOEXEC), 0);
    spec.arguments = (const char *const[]){"sh", "-c", script, NULL};
    spec.input = -1;
    spec.output = spec.errors = out[1];
    SyProcess process = start(&spec);
    close(out[1]);
    GString *text = g_string_new(NULL);
    char buffer[4096];
    for (ssize_t n; (n = read(out[0], buffer, sizeof buffer)) > 0;)
        g_string_append_len(text, buffer, n);
    close(out[0]);
    *end = end_of(&process);
    return g_string_free(text, FALSE);
}

static void test_process__ends_with_its_code_or_signal(void **state) {
    (void)state;
    static const struct {
        const char *script, *text;
        bool exited;
        int code;
    } cases[] = {
        {"exit 0", "exit code 0", true, 0},
        {"exit 3", "exit code 3", true, 3},
        {"kill -SEGV $$", "killed by signal 11 (Segmentation fault)", false, SIGSEGV},
        {"kill -KILL $$", "killed by signal 9 (Killed)", false, SIGKILL},
    };
    for (gsize i = 0; i < G_N_ELEMENTS(cases); i++) {
        SyProcessEnd end;
        g_autofree char *out = run_script(cases[i].script, (SyProcessSpec){0}, &end);
        g_autofree char *text = sy_process_end_text(&end);
        assert_int_equal(end.exited, cases[i].exited);
        assert_int_equal(end.code, cases[i].code);
        assert_string_equal(text, cases[i].text);
        assert_true(end.memory_peak_bytes > 0);
    }
}

static void test_process__runs_in_its_folder_with_its_environment(void **state) {
    (void)state;
    SyProcessEnd end;
    const char *const environment[] = {"COLOUR=blue", NULL};
    g_autofree char *out =
        run_script("pwd; echo $COLOUR $HOME",
                   (SyProcessSpec){.folder = "/proc", .environment = environment}, &end);
    assert_string_equal(out, "/proc\nblue\n");
    g_setenv("COLOUR", "green", TRUE);
    g_autofree char *inherited = run_script("echo $COLOUR", (SyProcessSpec){0}, &end);
    assert_string_equal(inherited, "green\n");
}

static void test_process__that_cannot_start_says_why(void **state) {
    (void)state;
    static const struct {
        const char *program, *folder, *says;
    } cases[] = {
        {"/no/such/program", NULL, "/no/such/program cannot be started: No such file"},
        {"no-such-program", NULL, "no-such-program cannot be started: it is not on PATH"},
        {"/etc/passwd", NULL, "/etc/passwd cannot be started: Permission denied"},
        {"/bin/true", "/no/such/folder", "its folder cannot be entered: No such file"},
    };
    for (gsize i = 0; i < G_N_ELEMENTS(cases); i++) {
        SyProcess process;
        g_autoptr(GError) error = NULL;
        const char *const arguments[] = {cases[i].program, NULL};
        assert_false(sy_process_start(
            &(SyProcessSpec){arguments, NULL, cases[i].folder, -1, -1, -1, {0}}, &process, &error));
        assert_true(g_error_matches(error, SY_ERROR, SY_ERROR_FAILED));
        if (!strstr(error->message, cases[i].says))
            fail_msg("%s", error->message);
        /* nothing is left to be reaped */
        assert_int_equal(waitpid(-1, NULL, WNOHANG), -1);
    }
}

static void test_process__has_a_session_of_its_own_and_no_descriptor_of_ours(void **state) {
    (void)state;
    SyProcessEnd end;
    int leaky = open("/dev/null", O_RDONLY); /* without O_CLOEXEC */
    /* $$ is the shell; ls sees its own folder, with the descriptor that reads it */
    g_autofree char *out =
        run_script("set -- $(cut -d' ' -f5,6 /proc/$$/stat); [ $1 = $$ ] && [ $2 = $$ ] && "
                   "ls /proc/self/fd | tr '\\n' ' '",
                   (SyProcessSpec){0}, &end);
    close(leaky);
    assert_string_equal(out, "0 1 2 3 ");
}

/* Descriptors that stand where the child wants others. */
static void test_process__takes_its_descriptors_from_anywhere(void **state) {
    (void)state;
    int pipes[2];
    char text[16] = {0};
    assert_int_equal(pipe2(pipes, O_CLOEXEC), 0);
    int saved[3] = {dup(0), dup(1), dup(2)};
    /* our 0 is the pipe's end, which shall be its 1 and its 2 */
    dup2(pipes[1], 0);
    SyProcess process =
        start(&(SyProcessSpec){(const char *const[]){"sh", "-c", "echo one; echo two >&2", NULL},
                               NULL,
                               NULL,
                               -1,
                               0,
                               0,
                               {0}});
    dup2(saved[0], 0);
    for (int i = 0; i < 3; i++)
        close(saved[i]);
    close(pipes[1]);
    end_of(&process);
    assert_int_equal(read(pipes[0], text, sizeof text - 1), 8);
    assert_string_equal(text, "one\ntwo\n");
    close(pipes[0]);
}

static void test_process__starts_with_default_signals(void **state) {
    (void)state;
    SyProcessEnd end;
    sigset_t blocked, before;
    sigemptyset(&blocked);
    sigaddset(&blocked, SIGTERM);
    sigprocmask(SIG_BLOCK, &blocked, &before);
    signal(SIGXFSZ, SIG_IGN);
    g_autofree char *out = run_script("grep -E 'SigBlk|SigIgn' /proc/self/status | tr -d '\\n'",
                                      (SyProcessSpec){0}, &end);
    sigprocmask(SIG_SETMASK, &before, NULL);
    assert_string_equal(out, "SigBlk:\t0000000000000000SigIgn:\t0000000000000000");
    struct sigaction ours;
    sigaction(SIGXFSZ, NULL, &ours);
    assert_ptr_equal(ours.sa_handler, SIG_IGN); /* the child's reset is not ours */
    signal(SIGXFSZ, SIG_DFL);
}

static void test_process__keeps_its_limits(void **state) {
    (void)state;
    SyProcessEnd end;
    const SyProcessLimits limits = {.memory_bytes = 256 * 1024 * 1024,
                                    .cpu_seconds = 7,
                                    .file_bytes = 1024 * 1024,
                                    .processes = 20000,
                                    .descriptors = 64};
    g_autofree char *out = run_script("ulimit -v; ulimit -t; ulimit -f; ulimit -p; ulimit -n; "
                                      "ulimit -c",
                                      (SyProcessSpec){.limits = limits}, &end);
    assert_string_equal(out, "262144\n7\n2048\n20000\n64\n0\n");
    /* a limit that we have ourselves is never loosened */
    g_autofree char *wide =
        run_script("ulimit -n", (SyProcessSpec){.limits = {.descriptors = G_MAXINT64 / 4}}, &end);
    g_autofree char *ours = run_script("ulimit -Hn", (SyProcessSpec){0}, &end);
    assert_string_equal(wide, ours);
}

static void test_process__that_spins_is_ended_by_its_cpu_limit(void **state) {
    (void)state;
    SyProcessEnd end;
    g_autofree char *out =
        run_script("while :; do :; done", (SyProcessSpec){.limits = {.cpu_seconds = 1}}, &end);
    assert_false(end.exited);
    assert_int_equal(end.code, SIGXCPU);
    assert_in_range(end.cpu_ns, SY_SECOND / 2, 3 * SY_SECOND);
}

/* A descriptor of a process that is no child of ours. */
static int watch(pid_t pid) {
    int fd = (int)syscall(SYS_pidfd_open, pid, 0);
    assert_true(fd >= 0);
    return fd;
}

static pid_t read_pid(int fd) {
    gint64 pid = 0;
    char c;
    while (read(fd, &c, 1) == 1 && g_ascii_isdigit(c))
        pid = pid * 10 + (c - '0');
    assert_true(pid > 1);
    return (pid_t)pid;
}

/* A parent that starts `script` and waits; the descriptor tells what the script writes. */
static pid_t start_parent(const char *script, const char *const *environment, int *out) {
    int pipes[2];
    assert_int_equal(pipe2(pipes, O_CLOEXEC), 0);
    pid_t parent = fork();
    if (parent == 0) {
        SyProcess process;
        bool good =
            sy_process_start(&(SyProcessSpec){(const char *const[]){"sh", "-c", script, NULL},
                                              environment,
                                              NULL,
                                              -1,
                                              pipes[1],
                                              -1,
                                              {0}},
                             &process, NULL);
        while (good)
            pause();
        _exit(1);
    }
    close(pipes[1]);
    *out = pipes[0];
    return parent;
}

static void test_process__dies_with_its_parent(void **state) {
    (void)state;
    int out;
    pid_t parent = start_parent("echo $$; exec sleep 1000", NULL, &out);
    pid_t child = read_pid(out);
    int fd = watch(child);
    kill(parent, SIGKILL);
    wait_readable(fd, "the end of a child whose parent was killed");
    waitpid(parent, NULL, 0);
    close(fd);
    close(out);
}

static void test_process__signals_reach_its_whole_group(void **state) {
    (void)state;
    int out[2];
    assert_int_equal(pipe2(out, O_CLOEXEC), 0);
    SyProcess process = start(
        &(SyProcessSpec){(const char *const[]){"sh", "-c", "sleep 1000 & echo $!; wait", NULL},
                         NULL,
                         NULL,
                         -1,
                         out[1],
                         -1,
                         {0}});
    int fd = watch(read_pid(out[0]));
    assert_false(sy_process_ended(&process));
    assert_true(sy_process_signal(&process, SIGTERM));
    wait_readable(fd, "the end of a grandchild");
    SyProcessEnd end = end_of(&process);
    assert_int_equal(end.code, SIGTERM);
    close(fd);
    close(out[0]);
    close(out[1]);
}

static void test_process__is_known_by_number_and_start(void **state) {
    (void)state;
    SyProcess process = start(&(SyProcessSpec){
        (const char *const[]){"sleep", "1000", NULL}, NULL, NULL, -1, -1, -1, {0}});
    assert_true(process.start > 0);
    assert_int_equal(process.start, sy_process_start_time(process.pid));
    assert_true(sy_process_alive(process.pid, process.start));
    assert_false(sy_process_alive(process.pid, process.start + 1)); /* the number was reused */
    assert_false(sy_process_alive(process.pid, 0));
    /* a stranger of the same number is not swept */
    assert_int_equal(sy_process_sweep(process.pid, process.start + 1, NULL), 0);
    assert_true(sy_process_alive(process.pid, process.start));
    assert_int_equal(sy_process_sweep(process.pid, process.start, NULL), 1);
    wait_readable(process.fd, "the end of what was swept");
    assert_false(sy_process_alive(process.pid, process.start)); /* a zombie is not alive */
    assert_int_equal(sy_process_start_time(process.pid), 0);
    end_of(&process);
}

/* Starts a process of a name with blanks and brackets: the fields behind it must still be found. */
static void test_process__names_may_hold_anything(void **state) {
    (void)state;
    int in[2], out[2];
    assert_int_equal(pipe2(in, O_CLOEXEC), 0);
    assert_int_equal(pipe2(out, O_CLOEXEC), 0);
    SyProcess process =
        start(&(SyProcessSpec){(const char *const[]){"sh", "-c",
                                                     "printf 'x) Z 1 1' > /proc/$$/comm; "
                                                     "echo $$; read line",
                                                     NULL},
                               NULL,
                               NULL,
                               in[0],
                               out[1],
                               -1,
                               {0}});
    assert_int_equal(read_pid(out[0]), process.pid);
    g_autofree char *path = g_strdup_printf("/proc/%d/comm", process.pid);
    g_autofree char *name = NULL;
    assert_true(g_file_get_contents(path, &name, NULL, NULL));
    assert_string_equal(name, "x) Z 1 1\n");
    assert_int_equal(process.start, sy_process_start_time(process.pid));
    sy_process_signal(&process, SIGKILL);
    end_of(&process);
    for (int i = 0; i < 2; i++) {
        close(in[i]);
        close(out[i]);
    }
}

/* What a daemon that was killed left: a process in the session, and one that took a session of its
 * own; only the marks find it. */
static void test_sweep__finds_what_an_earlier_life_left(void **state) {
    (void)state;
    int out;
    g_autofree char *mark = g_strdup_printf("SYSTEMATICA_RUN=%d", getpid());
    g_autofree char *path = g_strdup_printf("PATH=%s", g_getenv("PATH"));
    const char *const environment[] = {mark, "SYSTEMATICA_WORKSPACE=/w", path, NULL};
    pid_t parent = start_parent("sleep 1000 & echo $!; setsid sleep 1001 & echo $!; "
                                "echo $$; wait",
                                environment, &out);
    pid_t inside = read_pid(out), outside = read_pid(out), worker = read_pid(out);
    int fds[3] = {watch(inside), watch(outside), watch(worker)};
    guint64 begin = sy_process_start_time(worker);
    kill(parent, SIGKILL);
    waitpid(parent, NULL, 0);
    wait_readable(fds[2], "the end of the worker");
    const char *const foreign[] = {mark, "SYSTEMATICA_WORKSPACE=/other", NULL};
    assert_int_equal(sy_process_sweep(worker, begin, foreign), 0);
    assert_int_equal(poll(&(struct pollfd){.fd = fds[1], .events = POLLIN}, 1, 0), 0);
    const char *const marks[] = {mark, "SYSTEMATICA_WORKSPACE=/w", NULL};
    assert_int_equal(sy_process_sweep(worker, begin, marks), 2);
    for (int i = 0; i < 3; i++) {
        wait_readable(fds[i], "the end of a leftover");
        close(fds[i]);
    }
    assert_int_equal(sy_process_sweep(worker, begin, marks), 0);
    close(out);
}

/* Orphans of a run that has ended, one with a session of its own and no environment, one that it
 * started. What is spared, what we started and what others started in our session stays. */
static void test_orphans__cannot_hide(void **state) {
    (void)state;
    sy_process_adopt_orphans();
    int out[2];
    assert_int_equal(pipe2(out, O_CLOEXEC), 0);
    const char *script = "(env -i PATH=$PATH setsid sh -c 'sleep 1000 & echo $!; echo $$; wait' &)";
    const char *spared_script = "(SYSTEMATICA_RUN=8 setsid sh -c 'echo $$; exec sleep 1002' &)";
    SyProcess processes[2];
    pid_t pids[3];
    int fds[3];
    for (int i = 0; i < 2; i++) {
        const char *const line[] = {"sh", "-c", i == 0 ? script : spared_script, NULL};
        processes[i] = start(&(SyProcessSpec){line, NULL, NULL, -1, out[1], -1, {0}});
    }
    for (int i = 0; i < 3; i++)
        fds[i] = watch(pids[i] = read_pid(out[0]));
    for (int i = 0; i < 2; i++)
        end_of(&processes[i]);
    SyProcess other = start(&(SyProcessSpec){
        (const char *const[]){"sleep", "1000", NULL}, NULL, NULL, -1, -1, -1, {0}});
    char *stranger_line[] = {(char *)"sleep", (char *)"1000", NULL};
    GPid stranger;
    assert_true(g_spawn_async(NULL, stranger_line, NULL,
                              G_SPAWN_SEARCH_PATH | G_SPAWN_DO_NOT_REAP_CHILD, NULL, NULL,
                              &stranger, NULL));
    const char *const spared[] = {"SYSTEMATICA_RUN=7", "SYSTEMATICA_RUN=8", NULL};
    assert_int_equal(sy_process_kill_orphans(spared), 2);
    assert_int_equal(sy_process_kill_orphans(spared), 0);
    int ended = 0;
    for (int i = 0; i < 3; i++)
        ended += poll(&(struct pollfd){.fd = fds[i], .events = POLLIN}, 1, 0);
    assert_int_equal(ended, 2);
    assert_int_equal(sy_process_kill_orphans(NULL), 1);
    for (int i = 0; i < 3; i++) {
        wait_readable(fds[i], "the end of an orphan");
        close(fds[i]);
    }
    assert_true(sy_process_alive(other.pid, other.start));
    assert_int_equal(kill(stranger, 0), 0);
    kill(stranger, SIGKILL);
    waitpid(stranger, NULL, 0);
    sy_process_signal(&other, SIGKILL);
    end_of(&other);
    assert_int_equal(waitpid(-1, NULL, WNOHANG), -1); /* no zombie, no child */
    prctl(PR_SET_CHILD_SUBREAPER, 0);
    close(out[0]);
    close(out[1]);
}

static gsize count_descriptors(void) {
    g_autoptr(GDir) dir = g_dir_open("/proc/self/fd", 0, NULL);
    gsize n = 0;
    while (g_dir_read_name(dir))
        n++;
    return n;
}

static gpointer start_many(gpointer data) {
    (void)data;
    for (int i = 0; i < 50; i++) {
        SyProcessEnd end;
        g_autofree char *out = run_script("echo $$; exit 5", (SyProcessSpec){0}, &end);
        if (!end.exited || end.code != 5 || !*out)
            return GINT_TO_POINTER(1);
    }
    return NULL;
}

static void test_process__starts_from_several_threads_leave_nothing_behind(void **state) {
    (void)state;
    gsize before = count_descriptors();
    GThread *threads[3];
    for (gsize i = 0; i < G_N_ELEMENTS(threads); i++)
        threads[i] = g_thread_new(NULL, start_many, NULL);
    for (gsize i = 0; i < G_N_ELEMENTS(threads); i++)
        assert_null(g_thread_join(threads[i]));
    assert_int_equal(count_descriptors(), before);
    assert_int_equal(waitpid(-1, NULL, WNOHANG), -1);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_process__ends_with_its_code_or_signal),
        cmocka_unit_test(test_process__runs_in_its_folder_with_its_environment),
        cmocka_unit_test(test_process__that_cannot_start_says_why),
        cmocka_unit_test(test_process__has_a_session_of_its_own_and_no_descriptor_of_ours),
        cmocka_unit_test(test_process__takes_its_descriptors_from_anywhere),
        cmocka_unit_test(test_process__starts_with_default_signals),
        cmocka_unit_test(test_process__keeps_its_limits),
        cmocka_unit_test(test_process__that_spins_is_ended_by_its_cpu_limit),
        cmocka_unit_test(test_process__dies_with_its_parent),
        cmocka_unit_test(test_process__signals_reach_its_whole_group),
        cmocka_unit_test(test_process__is_known_by_number_and_start),
        cmocka_unit_test(test_process__names_may_hold_anything),
        cmocka_unit_test(test_sweep__finds_what_an_earlier_life_left),
        cmocka_unit_test(test_orphans__cannot_hide),
        cmocka_unit_test(test_process__starts_from_several_threads_leave_nothing_behind),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
