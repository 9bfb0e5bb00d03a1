/* systematica worker: one run of the daemon's, in a process of its own. The daemon's executor
 * starts it (executor/process.c), often before there is a run for it; people do not. */
#include <stdio.h>
#include <unistd.h>

#include "base/error.h"
#include "base/process.h"
#include "broker/paper.h"
#include "cli/commands.h"
#include "cli/session.h"
#include "executor/executor.h"
#include "workflow/run.h"

typedef struct {
    SyCommonOptions common;
} Options;

static const SyField fields[] = {
    SY_OPTION_WORKSPACE(Options),
    SY_OPTION_HELP(Options),
};
static const SyFieldTable options_table = SY_FIELD_TABLE(Options, fields);

/* What it is to do, as the executor writes it on stdin: "RUN EPOCH STUDY". */
typedef struct {
    gint64 run;
    gint64 epoch;    /* of the daemon that planned it; where another one has taken the study over,
                        nothing is done */
    char study[256]; /* whose log its lines go to */
} Order;

/* Waits for the order; false where there is none to come. */
static bool read_order(Order *order) {
    enum { PARTS = 3 };
    char line[512];
    if (!fgets(line, sizeof line, stdin))
        return false;
    g_auto(GStrv) parts = g_strsplit(g_strchomp(line), " ", PARTS);
    return g_strv_length(parts) == PARTS &&
           g_ascii_string_to_signed(parts[0], 10, 1, G_MAXINT64, &order->run, NULL) &&
           g_ascii_string_to_signed(parts[1], 10, 0, G_MAXINT64, &order->epoch, NULL) &&
           g_strlcpy(order->study, parts[2], sizeof order->study) < sizeof order->study;
}

/* One thread: runs are worked side by side in as many processes as there are places. */
static bool work(const Order *order, const SySession *session, SyStore *store, SyLog *log,
                 GError **error) {
    g_autofree char *report_program = sy_session_program("systematica-report");
    const SyRunContext context = {
        .env = &session->env,
        .settings = session->settings,
        .workspace = session->workspace,
        .report_program = report_program,
        .work_orders = sy_paper_fill,
        .threads = 1,
        .log = log,
        .pid = getpid(),
        .pid_start = sy_process_start_time(getpid()),
    };
    SyRunOutcome outcome;
    bool good = sy_run_execute(store, order->run, order->epoch, &context, &outcome, error);
    sy_run_outcome_clear(&outcome);
    return good;
}

static bool run(gconstpointer data, char **arguments, GError **error) {
    (void)arguments;
    const Options *options = data;
    Order order;
    if (!read_order(&order))
        return true;
    sy_execution_mark(order.run);
    g_auto(SySession) session = {0};
    if (!sy_session_open(&session, &options->common, NULL, error))
        return sy_session_end(&session, false, error);
    g_autoptr(SyLog) log = sy_session_open_log(&session, false, error);
    if (!log)
        return sy_session_end(&session, false, error);
    /* before anything that takes time: the line's time is when the worker was up */
    sy_log(log, SY_LOG_INFO, order.study, order.run, "worker starts");
    g_autoptr(SyStore) store = NULL;
    bool good = sy_session_open_store(&session, false, &store, error) &&
                work(&order, &session, store, log, error);
    return sy_session_end(&session, good, error);
}

const SyCommand sy_command_worker = {
    .name = "worker",
    .arguments = "",
    .summary = "Do one run that a daemon has planned.",
    .details = "run_app and run_all start it, one process for each run.",
    .options = &options_table,
    .run = run,
};
