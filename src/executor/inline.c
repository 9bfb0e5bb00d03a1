/* Every run at once, in this process: for tests and for replays under a virtual clock. There is no
 * time limit: nothing else goes on while a run does. */
#include <sys/eventfd.h>
#include <unistd.h>

#include "base/error.h"
#include "executor/rows.h"

struct SyExecutor {
    const SyRunContext *context;
    SyStore *store;
    GArray *ends; /* SyExecutionEnd, not collected yet */
    int event;    /* readable while there are any */
};

static void clear_end(gpointer end) { sy_execution_end_clear(end); }

static SyExecutor *open_executor(const SyExecutorOptions *options, GError **error) {
    int event = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
    if (event < 0) {
        sy_fail(error, SY_ERROR_FAILED, "no descriptor is left for an executor");
        return NULL;
    }
    SyExecutor *executor = g_new0(SyExecutor, 1);
    *executor = (SyExecutor){options->inline_context, options->inline_store,
                             g_array_new(FALSE, FALSE, sizeof(SyExecutionEnd)), event};
    g_array_set_clear_func(executor->ends, clear_end);
    return executor;
}

static void close_executor(SyExecutor *executor) {
    g_array_unref(executor->ends);
    close(executor->event);
    g_free(executor);
}

static bool start(SyExecutor *executor, const SyExecution *execution, GError **error) {
    (void)error; /* of the run, not of its start */
    SyRunOutcome outcome;
    g_autoptr(GError) reason = NULL;
    bool good = sy_run_execute(executor->store, execution->run, execution->epoch, executor->context,
                               &outcome, &reason);
    sy_run_outcome_clear(&outcome);
    SyExecutionEnd end = {
        .run = execution->run,
        .status = good ? SY_RUN_SUCCEEDED : SY_RUN_FAILED,
        .end = {.exited = true, .code = good ? 0 : sy_error_row(reason)->exit_code},
        .message = good ? NULL : g_strdup(reason->message),
    };
    g_array_append_val(executor->ends, end);
    eventfd_write(executor->event, 1);
    return true;
}

/* What was started has ended. */
static void cancel(SyExecutor *executor, gint64 run, SyRunStatus status) {
    (void)executor;
    (void)run;
    (void)status;
}

static void collect(SyExecutor *executor, GArray *ends) {
    eventfd_t count;
    eventfd_read(executor->event, &count);
    g_array_append_vals(ends, executor->ends->data, executor->ends->len);
    g_array_set_clear_func(executor->ends, NULL); /* the caller's now */
    g_array_set_size(executor->ends, 0);
    g_array_set_clear_func(executor->ends, clear_end);
}

static int descriptor(SyExecutor *executor) { return executor->event; }

const SyExecutorRow sy_executor_inline = {
    .name = "inline",
    .summary = "Every run at once in the process itself; for tests and replays.",
    .open = open_executor,
    .close = close_executor,
    .start = start,
    .cancel = cancel,
    .collect = collect,
    .descriptor = descriptor,
};
