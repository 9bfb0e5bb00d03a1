/* One loop over all descriptors of a program: sy_command_read and sy_command_end turn it until what
 * they wait for is there. */
#include "base/command.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <string.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include "base/env.h"
#include "base/error.h"

enum {
    tail_bytes = 4096,
    chunk_bytes = 16384,
    chunks_most = 64, /* of stderr at a time: who never stops talking is not listened to for ever */
    grace_ms = 5000,  /* from TERM to KILL */
};

struct SyCommand {
    SyProcess process;
    int input, output, errors; /* our ends; -1: closed */
    int stop;
    void (*give)(gpointer data, GString *bytes);
    gpointer give_data;
    GString *given;  /* for its input */
    gsize taken;     /* bytes of `given` that it has */
    GString *said;   /* the tail of its stderr, and what came since it was cut */
    gint64 deadline; /* ms; when the next signal is sent; G_MAXINT64: never */
    bool asked, killed, late, stopped, ended;
};

/* ---- our own end ---- */

static int signal_fd = -1; /* readable once we were asked to end */
static gint is_caught;     /* by one of our threads */
static volatile sig_atomic_t signal_number;
static const int caught[] = {SIGTERM, SIGINT};
static struct sigaction before[G_N_ELEMENTS(caught)];

static void on_signal(int number) {
    int reason = errno;
    signal_number = number;
    eventfd_write(signal_fd, 1);
    errno = reason;
}

int sy_command_catch_signals(void) {
    if (!g_atomic_int_compare_and_exchange(&is_caught, 0, 1))
        return -1;
    int fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
    if (fd < 0) {
        g_atomic_int_set(&is_caught, 0);
        return -1;
    }
    signal_fd = fd;
    signal_number = 0;
    const struct sigaction action = {.sa_handler = on_signal, .sa_flags = (int)SA_RESETHAND};
    for (gsize i = 0; i < G_N_ELEMENTS(caught); i++) {
        sigaction(caught[i], NULL, &before[i]);
        if (before[i].sa_handler != SIG_IGN) /* of those who ignore it: a shell's background */
            sigaction(caught[i], &action, NULL);
    }
    return fd;
}

void sy_command_release_signals(int fd) {
    if (fd < 0)
        return;
    for (gsize i = 0; i < G_N_ELEMENTS(caught); i++)
        sigaction(caught[i], &before[i], NULL);
    int number = signal_number;
    signal_fd = -1;
    close(fd);
    g_atomic_int_set(&is_caught, 0);
    if (number)
        raise(number);
}

/* ---- start ---- */

static void close_end(int *fd) {
    if (*fd >= 0)
        close(*fd);
    *fd = -1;
}

/* A pipe of which our end never waits; false, and both -1, where there is none. */
static bool open_pipe(int *ours, int *theirs, bool we_read) {
    int ends[2];
    *ours = *theirs = -1;
    if (pipe2(ends, O_CLOEXEC) != 0)
        return false;
    *ours = ends[we_read ? 0 : 1];
    *theirs = ends[we_read ? 1 : 0];
    return fcntl(*ours, F_SETFL, O_NONBLOCK) == 0;
}

static gint64 now_ms(void) { return sy_env_elapsed(&sy_env_real) / 1000000; }

static void command_free(SyCommand *command) {
    close_end(&command->input);
    close_end(&command->output);
    close_end(&command->errors);
    g_string_free(command->given, TRUE);
    g_string_free(command->said, TRUE);
    g_free(command);
}

SyCommand *sy_command_start(const SyCommandSpec *spec, GError **error) {
    SyCommand *command = g_new(SyCommand, 1);
    *command = (SyCommand){
        .input = -1,
        .errors = -1,
        .stop = spec->stop,
        .give = spec->give,
        .give_data = spec->give_data,
        .given = g_string_new(NULL),
        .said = g_string_new(NULL),
        .deadline = spec->timeout_ns > 0 ? now_ms() + spec->timeout_ns / 1000000 : G_MAXINT64,
    };
    int input = -1, output, errors = -1;
    bool started = open_pipe(&command->output, &output, true) &&
                   (spec->together || open_pipe(&command->errors, &errors, true)) &&
                   (!spec->give || open_pipe(&command->input, &input, false));
    if (!started)
        sy_fail(error, SY_ERROR_FAILED, "%s cannot be started: %s", spec->arguments[0],
                g_strerror(errno));
    const SyProcessSpec process = {.arguments = spec->arguments,
                                   .environment = spec->environment,
                                   .folder = spec->folder,
                                   .input = input,
                                   .output = output,
                                   .errors = spec->together ? output : errors};
    started = started && sy_process_start(&process, &command->process, error);
    close_end(&input);
    close_end(&output);
    close_end(&errors);
    if (started)
        return command;
    command_free(command);
    return NULL;
}

/* ---- what goes in and out ---- */

/* A program that reads no more ends the writing, not us: no SIGPIPE of ours outlives the call. */
static ssize_t write_quietly(int fd, const char *bytes, gsize n) {
    sigset_t pipe_only, mask, pending;
    sigemptyset(&pipe_only);
    sigaddset(&pipe_only, SIGPIPE);
    pthread_sigmask(SIG_BLOCK, &pipe_only, &mask);
    sigpending(&pending);
    ssize_t written = write(fd, bytes, n);
    int reason = errno;
    if (written < 0 && reason == EPIPE && !sigismember(&pending, SIGPIPE))
        sigtimedwait(&pipe_only, NULL, &(const struct timespec){0});
    pthread_sigmask(SIG_SETMASK, &mask, NULL);
    errno = reason;
    return written;
}

/* Writes what the pipe takes; never waits. */
static void write_input(SyCommand *command) {
    while (command->input >= 0) {
        if (command->taken == command->given->len) {
            g_string_truncate(command->given, 0);
            command->taken = 0;
            command->give(command->give_data, command->given);
        }
        gsize rest = command->given->len - command->taken;
        ssize_t n =
            rest ? write_quietly(command->input, command->given->str + command->taken, rest) : -1;
        if (n >= 0)
            command->taken += (gsize)n;
        else if (rest && errno == EAGAIN)
            return;
        else if (!rest || errno != EINTR)
            close_end(&command->input);
    }
}

/* Bytes that are there, at most `size`: 0 where there are none now, or at the end, which closes. */
static gsize read_some(int *fd, char *buffer, gsize size) {
    ssize_t n;
    do
        n = *fd < 0 ? 0 : read(*fd, buffer, size);
    while (n < 0 && errno == EINTR);
    if (n == 0 || (n < 0 && errno != EAGAIN))
        close_end(fd);
    return n > 0 ? (gsize)n : 0;
}

/* Takes in what it said; never waits. */
static void read_errors(SyCommand *command) {
    char buffer[chunk_bytes];
    for (int i = 0; i < chunks_most; i++) {
        gsize n = read_some(&command->errors, buffer, sizeof buffer);
        if (n == 0)
            return;
        g_string_append_len(command->said, buffer, (gssize)n);
        if (command->said->len > 2 * tail_bytes)
            g_string_erase(command->said, 0, (gssize)(command->said->len - tail_bytes));
    }
}

/* ---- its end ---- */

/* Asks a program to end; one that was asked before is killed when the grace is over. */
static void send_next(SyCommand *command) {
    sy_process_signal(&command->process, command->asked ? SIGKILL : SIGTERM);
    if (!command->asked)
        sy_process_signal(&command->process, SIGCONT); /* one that is stopped could not hear it */
    command->killed = command->asked;
    command->asked = true;
    command->deadline = command->killed ? G_MAXINT64 : now_ms() + grace_ms;
}

void sy_command_kill(SyCommand *command) {
    sy_process_signal(&command->process, SIGKILL);
    command->asked = command->killed = true;
    command->deadline = G_MAXINT64;
}

static int wait_ms(const SyCommand *command) {
    return command->deadline == G_MAXINT64 ? -1
                                           : (int)CLAMP(command->deadline - now_ms(), 0, G_MAXINT);
}

/* Waits until anything happens, and does what is to be done about all but the output. Once the
 * program has ended, so has its group. */
static void turn(SyCommand *command) {
    if (command->deadline <= now_ms()) {
        command->late |= !command->asked;
        send_next(command);
    }
    struct pollfd ready[] = {{command->process.fd, POLLIN, 0}, /* -1: not looked at */
                             {command->output, POLLIN, 0},
                             {command->errors, POLLIN, 0},
                             {command->input, POLLOUT, 0},
                             {command->asked ? -1 : command->stop, POLLIN, 0}};
    poll(ready, G_N_ELEMENTS(ready), wait_ms(command));
    read_errors(command);
    if (ready[3].revents)
        write_input(command);
    if (ready[4].revents & POLLIN) {
        command->stopped = true;
        send_next(command);
    }
    if (sy_process_ended(&command->process)) {
        sy_process_signal(&command->process, SIGKILL); /* what it left in its group */
        command->ended = true;
    }
}

gsize sy_command_read(SyCommand *command, char *buffer, gsize size) {
    while (command->output >= 0) {
        bool ended = command->ended; /* then all that it printed is there by now */
        if (!ended)
            turn(command);
        gsize n = read_some(&command->output, buffer, size);
        if (n > 0 || ended)
            return n;
    }
    return 0;
}

void sy_command_end(SyCommand *command, SyCommandEnd *end) {
    char unwanted[chunk_bytes];
    while (!command->ended) {
        turn(command);
        read_some(&command->output, unwanted, sizeof unwanted);
    }
    read_errors(command);
    *end = (SyCommandEnd){.late = command->late, .stopped = command->stopped};
    sy_process_reap(&command->process, &end->process);
    gsize n = command->said->len, from = n > tail_bytes ? n - tail_bytes : 0;
    end->said = g_strstrip(g_utf8_make_valid(command->said->str + from, (gssize)(n - from)));
    command_free(command);
}

void sy_command_end_clear(SyCommandEnd *end) { g_clear_pointer(&end->said, g_free); }
