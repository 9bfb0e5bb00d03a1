/* systematica worker: one run of the daemon's, in a process of its own. The daemon's executor
 * starts it (executor/process.c); people do not. */
#include <unistd.h>

#include "base/error.h"
#include "base/process.h"
#include "broker/paper.h"
#include "cli/commands.h"
#include "cli/session.h"
#include "workflow/run.h"

typedef struct {
    SyCommonOptions common;
    char *study;
    char *run, *epoch; /* whole numbers, wider than a field of numbers */
} Options;

static bool check_number(const char *text, GError **error) {
    return g_ascii_string_to_signed(text, 10, 0, G_MAXINT64, NULL, error);
}

static const SyField fields[] = {
    SY_FIELD(Options, study, .required = true, .help = "Whose log its lines go to."),
    SY_FIELD(Options, run, .required = true, .check = check_number, .metavar = "INTEGER",
             .help = "Number of the run, which must be planned or between two attempts."),
    SY_FIELD(Options, epoch, .required = true, .check = check_number, .metavar = "INTEGER",
             .help = "Of the daemon that planned it; where another one has taken the study over, "
                     "nothing is done."),
    SY_OPTION_WORKSPACE(Options),
    SY_OPTION_HELP(Options),
};
static const SyFieldTable options_table = SY_FIELD_TABLE(Options, fields);

/* One thread: runs are worked side by side in as many processes as there are places. */
static bool work(const Options *options, const SySession *session, SyStore *store, SyLog *log,
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
    bool good =
        sy_run_execute(store, g_ascii_strtoll(options->run, NULL, 10),
                       g_ascii_strtoll(options->epoch, NULL, 10), &context, &outcome, error);
    sy_run_outcome_clear(&outcome);
    return good;
}

static bool run(gconstpointer data, char **arguments, GError **error) {
    (void)arguments;
    const Options *options = data;
    if (!options->study || !options->run || !options->epoch)
        return sy_fail(error, SY_ERROR_USAGE,
                       "a worker needs --study, --run and --epoch; run_app and run_all start it");
    g_auto(SySession) session = {0};
    if (!sy_session_open(&session, &options->common, NULL, error))
        return sy_session_end(&session, false, error);
    g_autoptr(SyLog) log = sy_session_open_log(&session, false, error);
    if (!log)
        return sy_session_end(&session, false, error);
    /* before anything that takes time: the line's time is when the worker was up */
    sy_log(log, SY_LOG_INFO, options->study, g_ascii_strtoll(options->run, NULL, 10),
           "worker starts");
    g_autoptr(SyStore) store = NULL;
    bool good = sy_session_open_store(&session, false, &store, error) &&
                work(options, &session, store, log, error);
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
