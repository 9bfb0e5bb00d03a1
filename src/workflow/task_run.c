/* Running of tasks. The output is read while the program runs; what is kept is its tail. */
#include "workflow/task_run.h"

#include <string.h>

#include "base/command.h"
#include "base/error.h"

enum {
    tail_bytes = 4096,
    said_bytes = 1 << 20, /* a program that never stops talking does not fill the disk */
};

/* Output on its way. */
typedef struct {
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

static void describe_end(const SyTask *task, const SyCommandEnd *ended, char *tail,
                         SyTaskEnd *end) {
    g_strstrip(tail);
    g_autofree char *how = sy_process_end_text(&ended->process);
    if (ended->late) {
        end->status = SY_STEP_TIMED_OUT;
        end->class_of_failure = g_strdup("timeout");
        g_free(how);
        how = g_strdup_printf("ended after its timeout of %s", task->timeout);
    } else if (!ended->process.exited || ended->process.code != 0) {
        end->status = ended->process.exited ? SY_STEP_FAILED : SY_STEP_CRASHED;
        end->class_of_failure = g_strdup_printf("%s:%d", ended->process.exited ? "exit" : "signal",
                                                ended->process.code);
    }
    end->message = end->status == SY_STEP_SUCCEEDED
                       ? g_strdup(tail)
                       : g_strconcat(how, *tail ? ": " : "", tail, NULL);
}

static char *tail_of(const Output *output) {
    gsize n = output->tail->len, from = n > tail_bytes ? n - tail_bytes : 0;
    return g_utf8_make_valid(output->tail->str + from, (gssize)(n - from));
}

static void follow(const SyTask *task, SyCommand *command, Output *output, SyTaskEnd *end) {
    char buffer[16384];
    for (gsize n; (n = sy_command_read(command, buffer, sizeof buffer)) > 0;)
        take(output, buffer, n);
    if (output->line->len)
        end_line(output);
    g_auto(SyCommandEnd) ended = {0};
    sy_command_end(command, &ended);
    g_autofree char *tail = tail_of(output);
    describe_end(task, &ended, tail, end);
}

void sy_task_run(const SyTask *task, char **environment, const char *folder,
                 void (*say)(gpointer data, const char *line), gpointer data, SyTaskEnd *end) {
    *end = (SyTaskEnd){SY_STEP_SUCCEEDED, NULL, NULL};
    int stop = sy_command_catch_signals();
    const SyCommandSpec spec = {
        .arguments = (const char *const *)task->command,
        .environment = (const char *const *)environment,
        .folder = folder,
        .timeout_ns = task->timeout_ns,
        .together = true,
        .stop = stop,
    };
    g_autoptr(GError) reason = NULL;
    g_autoptr(GString) line = g_string_new(NULL), tail = g_string_new(NULL);
    Output output = {line, tail, 0, say, data};
    SyCommand *command = sy_command_start(&spec, &reason);
    if (command)
        follow(task, command, &output, end);
    else
        *end = (SyTaskEnd){SY_STEP_FAILED, g_strdup("failed"), g_strdup(reason->message)};
    sy_command_release_signals(stop);
}

void sy_task_end_clear(SyTaskEnd *end) {
    g_free(end->class_of_failure);
    g_free(end->message);
    *end = (SyTaskEnd){0};
}
