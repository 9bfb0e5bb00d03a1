/* Every run in a process of its own: `systematica worker`, which reads on its stdin what run it is
 * for. While nothing runs, one worker is up and waits for that line: the next slot starts without
 * the time that a program takes to come up.
 *
 * One descriptor (epoll) is readable when a process has ended, has written to its stderr, or has
 * used up its time; collect does what is due. Promises: nobody waits for a run but by that
 * descriptor; once an end has been collected, nothing that the run started is alive. */
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <sys/timerfd.h>
#include <unistd.h>

#include "base/error.h"
#include "executor/rows.h"
#include "executor/tail.h"

enum {
    READ_BYTES = 16 * 1024,
    READS_MAX = 4, /* of one run's stderr in one collect: a flood must not hold the loop */
};

/* One run whose process has not been reaped, or the spare one. */
typedef struct {
    gint64 id; /* 0: the spare one */
    char *study;
    SyProcess process;
    int input;  /* write end of its stdin; -1 once it knows its run */
    int output; /* read end of its stderr; -1 once all has been read */
    SyTail tail;
    gint64 end_at;      /* elapsed: when it is asked to end; G_MAXINT64: never */
    gint64 kill_at;     /* elapsed: when it is killed */
    gint64 timeout_ns;  /* for the message */
    bool asked, killed; /* to end, by us */
    SyRunStatus reason; /* CRASHED, or why we asked it to end */
} Run;

struct SyExecutor {
    SyExecutorOptions options;
    char *program, *workspace;
    int poller, timer;
    GPtrArray *runs; /* Run */
    Run *spare;      /* of `runs`: it has no run yet; NULL */
};

static void run_free(gpointer data) {
    Run *run = data;
    if (run->input >= 0)
        close(run->input);
    if (run->output >= 0)
        close(run->output);
    g_free(run->study);
    g_free(run);
}

static bool watch(SyExecutor *executor, int fd) {
    return epoll_ctl(executor->poller, EPOLL_CTL_ADD, fd,
                     &(struct epoll_event){.events = EPOLLIN}) == 0;
}

static Run *bring_up(SyExecutor *executor, GError **error);

static SyExecutor *open_executor(const SyExecutorOptions *options, GError **error) {
    SyExecutor *executor = g_new0(SyExecutor, 1);
    executor->options = *options;
    executor->program = g_strdup(options->program);
    executor->workspace = g_strdup(options->workspace);
    executor->runs = g_ptr_array_new_with_free_func(run_free);
    executor->poller = epoll_create1(EPOLL_CLOEXEC);
    executor->timer = timerfd_create(CLOCK_MONOTONIC, TFD_CLOEXEC | TFD_NONBLOCK);
    if (executor->poller >= 0 && executor->timer >= 0 && watch(executor, executor->timer)) {
        sy_process_adopt_orphans();
        executor->spare = bring_up(executor, NULL); /* without one, start says why */
        return executor;
    }
    sy_fail(error, SY_ERROR_FAILED, "processes cannot be watched: %s", g_strerror(errno));
    sy_executor_process.close(executor);
    return NULL;
}

/* ---- times ---- */

static gint64 elapsed(const SyExecutor *executor) { return sy_env_elapsed(executor->options.env); }

static gint64 due_at(const Run *run) {
    return run->killed ? G_MAXINT64 : run->asked ? run->kill_at : run->end_at;
}

/* Sets the timer to what is due next. */
static void set_timer(SyExecutor *executor) {
    gint64 next = G_MAXINT64;
    for (guint i = 0; i < executor->runs->len; i++)
        next = MIN(next, due_at(executor->runs->pdata[i]));
    gint64 wait = next == G_MAXINT64 ? 0 : MAX(next - elapsed(executor), 1);
    timerfd_settime(executor->timer, 0,
                    &(struct itimerspec){.it_value = {wait / SY_SECOND, wait % SY_SECOND}}, NULL);
}

static gint64 later(gint64 time, gint64 wait) {
    return wait > G_MAXINT64 - time ? G_MAXINT64 : time + wait;
}

/* Asks a run to end; what does not is killed later. */
static void ask_to_end(SyExecutor *executor, Run *run, SyRunStatus reason) {
    if (run->asked)
        return;
    run->asked = true;
    run->reason = reason;
    run->kill_at = later(elapsed(executor), executor->options.kill_after_ns);
    sy_process_signal(&run->process, SIGTERM);
    sy_process_signal(&run->process, SIGCONT); /* one that is stopped could not hear it */
}

static void kill_run(Run *run) {
    run->killed = true;
    sy_process_signal(&run->process, SIGKILL);
}

/* ---- start and cancel ---- */

/* [0] is read, [1] is written. */
static bool open_pipe(int ends[2], GError **error) {
    return pipe2(ends, O_CLOEXEC) == 0 ||
           sy_fail(error, SY_ERROR_FAILED, "no pipe for a process: %s", g_strerror(errno));
}

/* Our environment with the marks of a run in it; room for the number of one not known yet. */
static char **environment_of(const SyExecutor *executor) {
    char **environment = g_get_environ();
    g_auto(GStrv) marks = sy_execution_marks(executor->workspace, G_MAXINT64);
    for (char **mark = marks; *mark; mark++) {
        g_auto(GStrv) parts = g_strsplit(*mark, "=", 2);
        environment = g_environ_setenv(environment, parts[0], parts[1], TRUE);
    }
    return environment;
}

static bool start_process(const SyExecutor *executor, Run *run, int input, int errors,
                          GError **error) {
    const char *const arguments[] = {executor->program, "worker", "--workspace",
                                     executor->workspace, NULL};
    g_auto(GStrv) environment = environment_of(executor);
    const SyProcessSpec spec = {.arguments = arguments,
                                .environment = (const char *const *)environment,
                                .folder = executor->workspace,
                                .input = input,
                                .output = -1,
                                .errors = errors,
                                .limits = executor->options.limits};
    return sy_process_start(&spec, &run->process, error);
}

/* A worker that waits for what its run is. */
static Run *bring_up(SyExecutor *executor, GError **error) {
    int input[2], output[2];
    /* a socket: writing to one whose reader has died is an error, not a signal */
    if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, input) != 0) {
        sy_fail(error, SY_ERROR_FAILED, "no socket for a process: %s", g_strerror(errno));
        return NULL;
    }
    Run *run = g_new0(Run, 1);
    run->input = input[1];
    run->output = -1;
    run->reason = SY_RUN_CRASHED;
    run->end_at = G_MAXINT64;
    bool good = open_pipe(output, error);
    if (good) {
        run->output = output[0];
        fcntl(run->output, F_SETFL, O_NONBLOCK);
        good = start_process(executor, run, input[0], output[1], error);
        close(output[1]);
    }
    close(input[0]);
    if (!good) {
        run_free(run);
        return NULL;
    }
    g_ptr_array_add(executor->runs, run);
    watch(executor, run->process.fd);
    watch(executor, run->output);
    return run;
}

/* The spare worker, unless it has died. */
static Run *take_spare(SyExecutor *executor) {
    Run *spare = g_steal_pointer(&executor->spare);
    return spare && !sy_process_ended(&spare->process) ? spare : NULL;
}

static bool start(SyExecutor *executor, const SyExecution *execution, GError **error) {
    Run *run = take_spare(executor);
    if (!run)
        run = bring_up(executor, error);
    if (!run)
        return false;
    run->id = execution->run;
    run->study = g_strdup(execution->study);
    run->timeout_ns = execution->timeout_ns;
    if (execution->timeout_ns > 0)
        run->end_at = later(elapsed(executor), execution->timeout_ns);
    g_autofree char *line = g_strdup_printf("%" G_GINT64_FORMAT " %" G_GINT64_FORMAT " %s\n",
                                            execution->run, execution->epoch, execution->study);
    /* one that has died just now cannot be told: its end says so */
    (void)!send(run->input, line, strlen(line), MSG_NOSIGNAL);
    close(run->input);
    run->input = -1;
    set_timer(executor);
    return true;
}

static void cancel(SyExecutor *executor, gint64 id, SyRunStatus status) {
    for (guint i = 0; i < executor->runs->len; i++) {
        Run *run = executor->runs->pdata[i];
        if (run->id == id)
            ask_to_end(executor, run, status);
    }
    set_timer(executor);
}

/* ---- collect ---- */

static void read_output(Run *run, int reads) {
    char buffer[READ_BYTES];
    while (run->output >= 0 && reads-- > 0) {
        ssize_t n = read(run->output, buffer, sizeof buffer);
        if (n > 0) {
            sy_tail_add(&run->tail, buffer, (gsize)n);
        } else if (n == 0 || (errno != EAGAIN && errno != EINTR)) {
            close(run->output);
            run->output = -1;
        } else if (errno == EAGAIN) {
            return;
        }
    }
}

/* What explains an end that the process did not explain: the limit that it met, our own doing. */
static char *explain(const SyExecutor *executor, const Run *run, const SyProcessEnd *end,
                     const char *tail) {
    gint64 memory = executor->options.limits.memory_bytes;
    if (run->asked && run->reason == SY_RUN_TIMED_OUT)
        return g_strdup_printf("it ran longer than %g s%s", (double)run->timeout_ns / SY_SECOND,
                               run->killed ? " and did not end when asked to" : "");
    if (run->asked)
        return g_strdup(run->killed ? "it was asked to end and did not" : "it was asked to end");
    /* our allocator and the C++ library name what they could not get; what others do with a NULL is
     * theirs */
    if (memory > 0 && (strstr(tail, "failed to allocate") || strstr(tail, "out of memory") ||
                       strstr(tail, "bad_alloc") || strstr(tail, "Cannot allocate memory")))
        return g_strdup_printf("out of memory: the limit is %.0f MiB ([executor] memory)",
                               (double)memory / (1024 * 1024));
    if (!end->exited && end->code == SIGXCPU)
        return g_strdup_printf("its processor time is used up: the limit is %" G_GINT64_FORMAT
                               " s ([executor] cpu)",
                               executor->options.limits.cpu_seconds);
    if (!end->exited && end->code == SIGKILL)
        return g_strdup("somebody else killed it: the kernel, where the machine ran out of memory");
    return NULL;
}

static char *describe(const SyExecutor *executor, const Run *run, const SyProcessEnd *end,
                      gsize survivors) {
    g_autofree char *tail = sy_tail_text(&run->tail);
    g_autofree char *reason = explain(executor, run, end, tail);
    g_autofree char *how = sy_process_end_text(end);
    GString *text = g_string_new(NULL);
    if (reason)
        g_string_append_printf(text, "%s; ", reason);
    g_string_append(text, how);
    if (survivors)
        g_string_append_printf(text, "; %" G_GSIZE_FORMAT " processes that it left were killed",
                               survivors);
    if (*tail)
        g_string_append_printf(text, "\n%s", tail);
    return g_string_free(text, FALSE);
}

static SyRunStatus status_of(const Run *run, const SyProcessEnd *end) {
    if (end->exited && end->code == 0)
        return SY_RUN_SUCCEEDED; /* it was faster than our asking */
    if (run->asked)
        return run->reason;
    return end->exited ? SY_RUN_FAILED : SY_RUN_CRASHED;
}

/* What is not spared: everything that no other run of ours may have started. */
static gsize kill_orphans(const SyExecutor *executor, const Run *ended) {
    g_autoptr(GPtrArray) spared = g_ptr_array_new_with_free_func(g_free);
    for (guint i = 0; i < executor->runs->len; i++) {
        const Run *run = executor->runs->pdata[i];
        if (run != ended && run->id)
            g_ptr_array_add(spared, g_strdup_printf("SYSTEMATICA_RUN=%" G_GINT64_FORMAT, run->id));
    }
    g_ptr_array_add(spared, NULL);
    return sy_process_kill_orphans((const char *const *)spared->pdata);
}

/* The run's process has ended: so does what left its group, and its group, while the number of the
 * dead leader is still its own. */
static void end_run(SyExecutor *executor, Run *run, GArray *ends) {
    SyProcessEnd end;
    gsize survivors = kill_orphans(executor, run); /* first: it counts those that live */
    sy_process_signal(&run->process, SIGKILL);
    if (!sy_process_reap(&run->process, &end))
        return;
    if (!run->id)
        return;
    if (survivors && executor->options.log)
        sy_log(executor->options.log, SY_LOG_WARNING, run->study, run->id,
               "%" G_GSIZE_FORMAT " processes that it left were killed", survivors);
    while (run->output >= 0) { /* nobody writes any more */
        guint64 before = run->tail.length;
        read_output(run, 1);
        if (run->tail.length == before)
            break;
    }
    SyExecutionEnd result = {.run = run->id, .status = status_of(run, &end), .end = end};
    if (result.status != SY_RUN_SUCCEEDED || run->tail.length || survivors)
        result.message = describe(executor, run, &end, survivors);
    g_array_append_val(ends, result);
}

static void collect(SyExecutor *executor, GArray *ends) {
    guint64 expirations;
    guint before = ends->len;
    gint64 now = elapsed(executor);
    while (read(executor->timer, &expirations, sizeof expirations) > 0)
        continue;
    for (guint i = 0; i < executor->runs->len;) {
        Run *run = executor->runs->pdata[i];
        read_output(run, READS_MAX);
        if (sy_process_ended(&run->process)) {
            end_run(executor, run, ends);
        } else if (now >= due_at(run)) {
            if (run->asked)
                kill_run(run);
            else
                ask_to_end(executor, run, SY_RUN_TIMED_OUT);
        }
        if (run->process.fd >= 0) {
            i++;
            continue;
        }
        if (run == executor->spare)
            executor->spare = NULL;
        g_ptr_array_remove_index_fast(executor->runs, i);
    }
    /* not where a spare one died: that might go on for ever */
    if (ends->len > before && executor->runs->len == 0)
        executor->spare = bring_up(executor, NULL);
    set_timer(executor);
}

static int descriptor(SyExecutor *executor) { return executor->poller; }

static void close_executor(SyExecutor *executor) {
    for (guint i = 0; i < executor->runs->len; i++)
        kill_run(executor->runs->pdata[i]);
    for (guint i = 0; i < executor->runs->len; i++) {
        Run *run = executor->runs->pdata[i];
        SyProcessEnd end;
        sy_process_wait(&run->process, &end);
    }
    g_ptr_array_unref(executor->runs);
    sy_process_kill_orphans(NULL);
    if (executor->poller >= 0)
        close(executor->poller);
    if (executor->timer >= 0)
        close(executor->timer);
    g_free(executor->program);
    g_free(executor->workspace);
    g_free(executor);
}

const SyExecutorRow sy_executor_process = {
    .name = "process",
    .summary =
        "Every run in a process of its own, with limits; one that crashes takes nothing with "
        "it.",
    .open = open_executor,
    .close = close_executor,
    .start = start,
    .cancel = cancel,
    .collect = collect,
    .descriptor = descriptor,
};
