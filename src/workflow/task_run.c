/* Running of tasks. The output is read while the program runs, so that it never stands still on a
 * full pipe; what is kept is its tail. */
#include "workflow/task_run.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <string.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include "base/env.h"
#include "base/error.h"
#include "base/process.h"

enum {
    tail_bytes = 4096,
    said_bytes = 1 << 20, /* a program that never stops talking does not fill the disk */
    grace_ms = 5000,      /* from TERM to KILL */
};

/* ---- our own end ---- */

/* A task has a session of its own: a SIGTERM to us does not reach it. While one runs we pass the
 * signal on, wait, and end by it only then. Signals and tasks are the process's: one at a time. */
static int term_fd = -1; /* readable once we were asked to end */

static void on_term(int number) {
    (void)number;
    int before = errno;
    eventfd_write(term_fd, 1);
    errno = before;
}

/* False, and nothing changed, where there is no descriptor for it. */
static bool catch_term(struct sigaction *before) {
    term_fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
    struct sigaction action = {.sa_handler = on_term};
    return term_fd >= 0 && sigaction(SIGTERM, &action, before) == 0;
}

/* Where we were asked to end meanwhile, this ends us. */
static void release_term(const struct sigaction *before) {
    eventfd_t asked = 0;
    sigaction(SIGTERM, before, NULL);
    eventfd_read(term_fd, &asked);
    close(term_fd);
    term_fd = -1;
    if (asked)
        raise(SIGTERM);
}

/* ---- output ---- */

/* Output on its way. */
typedef struct {
    int fd; /* -1: at its end */
    GString *line, *tail;
    gsize said;
    void (*say)(gpointer data, const char *line);
    gpointer data;
} Output;

static void end_line(Output *output) {
    g_autofree char *text = g_utf8_make_valid(output->line->str, (gssize)output->line->len);
    if (output->said < said_bytes)
        output->say(output->data, text);
    output->said += output->line->len + 1;
    g_string_truncate(output->line, 0);
}

static void take(Output *output, const char *bytes, gsize n) {
    g_string_append_len(output->tail, bytes, (gssize)n);
    if (output->tail->len > 2 * tail_bytes)
        g_string_erase(output->tail, 0, (gssize)(output->tail->len - tail_bytes));
    for (gsize i = 0; i < n; i++) {
        if (bytes[i] != '\n')
            g_string_append_c(output->line, bytes[i]);
        if (bytes[i] == '\n' || output->line->len >= tail_bytes)
            end_line(output);
    }
}

/* Takes in what is there; never waits. */
static void read_output(Output *output) {
    char buffer[16384];
    while (output->fd >= 0) {
        ssize_t n = read(output->fd, buffer, sizeof buffer);
        if (n > 0) {
            take(output, buffer, (gsize)n);
        } else if (n < 0 && errno == EINTR) {
            continue;
        } else if (n < 0 && errno == EAGAIN) {
            return;
        } else {
            close(output->fd);
            output->fd = -1;
        }
    }
}

static gint64 now_ms(void) { return sy_env_elapsed(&sy_env_real) / 1000000; }

/* Asks a task to end; one that was asked before is killed when the grace is over. */
typedef struct {
    gint64 deadline; /* ms; when the next is sent */
    bool asked, killed, late;
} Ending;

static void send_next(const SyProcess *process, Ending *ending) {
    sy_process_signal(process, ending->asked ? SIGKILL : SIGTERM);
    if (!ending->asked)
        sy_process_signal(process, SIGCONT); /* one that is stopped could not hear it */
    ending->killed = ending->asked;
    ending->asked = true;
    ending->deadline = ending->killed ? G_MAXINT64 : now_ms() + grace_ms;
}

/* Waits until the process has ended. Returns whether its time was up. */
static bool wait_for_end(const SyProcess *process, gint64 timeout_ns, Output *output) {
    Ending ending = {.deadline = timeout_ns > 0 ? now_ms() + timeout_ns / 1000000 : G_MAXINT64};
    while (!sy_process_ended(process)) {
        if (ending.deadline <= now_ms()) {
            ending.late |= !ending.asked;
            send_next(process, &ending);
        }
        struct pollfd ready[] = {{process->fd, POLLIN, 0},
                                 {output->fd, POLLIN, 0}, /* -1: not looked at */
                                 {ending.asked ? -1 : term_fd, POLLIN, 0}};
        gint64 left = ending.deadline - now_ms();
        poll(ready, G_N_ELEMENTS(ready),
             ending.deadline == G_MAXINT64 ? -1 : (int)CLAMP(left, 0, G_MAXINT));
        read_output(output);
        if (ready[2].revents & POLLIN)
            send_next(process, &ending);
    }
    return ending.late;
}

static void describe_end(const SyTask *task, const SyProcessEnd *ended, bool late, char *tail,
                         SyTaskEnd *end) {
    g_strstrip(tail);
    g_autofree char *how = sy_process_end_text(ended);
    if (late) {
        end->status = SY_STEP_TIMED_OUT;
        end->class_of_failure = g_strdup("timeout");
        g_free(how);
        how = g_strdup_printf("ended after its timeout of %s", task->timeout);
    } else if (!ended->exited || ended->code != 0) {
        end->status = ended->exited ? SY_STEP_FAILED : SY_STEP_CRASHED;
        end->class_of_failure =
            g_strdup_printf("%s:%d", ended->exited ? "exit" : "signal", ended->code);
    }
    end->message = end->status == SY_STEP_SUCCEEDED
                       ? g_strdup(tail)
                       : g_strconcat(how, *tail ? ": " : "", tail, NULL);
}

static void fail_start(SyTaskEnd *end, const char *reason) {
    *end = (SyTaskEnd){SY_STEP_FAILED, g_strdup("failed"), g_strdup(reason)};
}

static char *tail_of(const Output *output) {
    gsize n = output->tail->len, from = n > tail_bytes ? n - tail_bytes : 0;
    return g_utf8_make_valid(output->tail->str + from, (gssize)(n - from));
}

static void follow(const SyTask *task, SyProcess *process, Output *output, SyTaskEnd *end) {
    bool late = wait_for_end(process, task->timeout_ns, output);
    sy_process_signal(process, SIGKILL); /* what it left in its group */
    read_output(output);
    if (output->line->len)
        end_line(output);
    SyProcessEnd ended = {0};
    sy_process_reap(process, &ended);
    g_autofree char *tail = tail_of(output);
    describe_end(task, &ended, late, tail, end);
}

void sy_task_run(const SyTask *task, char **environment, const char *folder,
                 void (*say)(gpointer data, const char *line), gpointer data, SyTaskEnd *end) {
    *end = (SyTaskEnd){SY_STEP_SUCCEEDED, NULL, NULL};
    int ends[2];
    if (pipe2(ends, O_CLOEXEC) != 0) {
        fail_start(end, g_strerror(errno));
        return;
    }
    fcntl(ends[0], F_SETFL, O_NONBLOCK);
    const SyProcessSpec spec = {
        .arguments = (const char *const *)task->command,
        .environment = (const char *const *)environment,
        .folder = folder,
        .input = -1,
        .output = ends[1],
        .errors = ends[1],
    };
    SyProcess process;
    struct sigaction before;
    bool catches = catch_term(&before);
    g_autoptr(GError) reason = NULL;
    bool started = sy_process_start(&spec, &process, &reason);
    close(ends[1]);
    g_autoptr(GString) line = g_string_new(NULL), tail = g_string_new(NULL);
    Output output = {ends[0], line, tail, 0, say, data};
    if (started)
        follow(task, &process, &output, end);
    else
        fail_start(end, reason->message);
    if (output.fd >= 0)
        close(output.fd);
    if (catches)
        release_term(&before);
}

void sy_task_end_clear(SyTaskEnd *end) {
    g_free(end->class_of_failure);
    g_free(end->message);
    *end = (SyTaskEnd){0};
}
