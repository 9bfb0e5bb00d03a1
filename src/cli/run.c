/* run_app and run_all: strategies on schedule, for ever, or one cycle of each (--once). */
#include <math.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/error.h"
#include "base/hash.h"
#include "broker/paper.h"
#include "cli/commands.h"
#include "cli/completion.h"
#include "cli/progress.h"
#include "cli/session.h"
#include "cli/show.h"
#include "daemon/daemon.h"
#include "workflow/cycle.h"
#include "workflow/publish.h"

typedef struct {
    SyCommonOptions common;
    char *template; /* run_app only */
    int lookback;
    char *since;
    int max_buffer;
    SyTimeframe report_every;
    bool report_every_given;
    char **tags; /* run_all only */
    bool once;
    char *now;
    bool dry_run, report, trade;
    int jobs;
    bool install_completion, show_completion;
} Options;

/* clang-format off */
#define REFERENCE_OPTIONS                                                                             \
    SY_FIELD(Options, lookback, .fallback = "3", .min = 1, .max = 100000, .unit = "days",             \
             .help = "The report covers the last so many days."),                                     \
    SY_FIELD(Options, since, .metavar = "TEXT",                                                       \
             .help = "The report covers all from this date on; overrides --lookback."),               \
    SY_FIELD(Options, max_buffer, .fallback = "500", .min = 0, .max = 86400, .unit = "seconds",       \
             .help = "Seconds after a bar's close in which it may still be traded."),                 \
    SY_FIELD(Options, report_every, .fallback = "1h", .metavar = "TEXT",                              \
             .given = offsetof(Options, report_every_given),                                          \
             .help = "How often reports are published; --once publishes one."),                       \
    SY_FIELD(Options, install_completion,                                                             \
             .help = "Install completion for the current shell."),                                    \
    SY_FIELD(Options, show_completion,                                                                \
             .help = "Show completion to copy or customise it.")
#define OWN_OPTIONS                                                                                   \
    SY_FIELD(Options, once, .help = "One cycle now, then exit."),                                     \
    SY_FIELD(Options, now, .metavar = "TIME",                                                         \
             .help = "With --once: the clock is TIME and later bars do not exist."),                  \
    SY_FIELD(Options, dry_run, .help = "With --once: show the orders; store and send nothing."),      \
    SY_FIELD(Options, report, .fallback = "true", .help = "Publish no report."),                      \
    SY_FIELD(Options, trade, .fallback = "true", .help = "Decide nothing, only report."),             \
    SY_FIELD(Options, jobs, .fallback = "0", .min = 0, .max = 1024,                                   \
             .help = "Runs at once, or threads of --once; 0: as [executor] says, else processors."),  \
    SY_OPTION_WORKSPACE(Options),                                                                     \
    SY_OPTION_JSON(Options),                                                                          \
    SY_OPTION_VERBOSE(Options),                                                                       \
    SY_OPTION_QUIET(Options),                                                                         \
    SY_OPTION_HELP(Options)
/* clang-format on */

static const SyField app_fields[] = {
    SY_FIELD(Options, template, .metavar = "TEXT",
             .help = "Name of a template of the workspace, or a path to one."),
    REFERENCE_OPTIONS,
    OWN_OPTIONS,
};
static const SyField all_fields[] = {
    REFERENCE_OPTIONS,
    SY_FIELD_AS("tag", Options, tags, .metavar = "TEXT",
                .help = "Only templates with one of these tags, separated by commas."),
    OWN_OPTIONS,
};
static const SyFieldTable app_options = SY_FIELD_TABLE(Options, app_fields);
static const SyFieldTable all_options = SY_FIELD_TABLE(Options, all_fields);

/* What both commands work with. */
typedef struct {
    const Options *options;
    SySession session;
    SyStore *store;    /* NULL: nothing is stored */
    GHashTable *names; /* of all templates of the workspace */
    SyTime since;      /* SY_TIME_NONE: by lookback */
} Run;

static void run_clear(Run *run) {
    sy_store_close(run->store);
    g_clear_pointer(&run->names, g_hash_table_unref);
    sy_session_clear(&run->session);
}
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(Run, run_clear)

static bool publish(const Run *run, const SyStrategy *strategy, const SyPipelineResult *result,
                    GPtrArray *paths, GError **error) {
    g_autofree char *program = sy_session_program("systematica-report");
    const SyReportOptions options = {
        .workspace = run->session.workspace,
        .program = program,
        .created = sy_env_now(&run->session.env),
        .since = run->since,
        .lookback_days = run->options->lookback,
    };
    return sy_publish_report(strategy, result, &options, paths, error);
}

static void show(const Run *run, const SyStrategy *strategy, const SyCycle *cycle,
                 const GPtrArray *paths) {
    if (run->options->common.json)
        sy_show_cycle_json(strategy, cycle, paths);
    else
        sy_show_cycle(strategy, cycle, paths);
}

/* How far an attempt came. */
static void note_step(gpointer data, SyStep step, SyTime started, SyTime ended) {
    (void)started, (void)ended;
    *(SyStep *)data = step + 1;
}

/* Waits for the next attempt where the template's [retry] wants one after this failure: takes the
 * failure then. By hand nothing is tried again unless the template says so. */
static bool wait_for_next(const Run *run, const SyStrategy *strategy, SyStep failed, int attempt,
                          SyTime first, GError **error) {
    const char *step = sy_step_names[MIN(failed, SY_STEP_TRADE)];
    SyTime now = sy_env_now(&sy_env_real), next = now;
    const SyFailure failure = {
        .attempt = attempt,
        .seed = sy_hash_text(0, strategy->template->meta.study_name),
        .first = first,
        .now = now,
        .class_of_failure = sy_error_row(*error)->name,
        .retry_after = NAN,
    };
    if (!sy_template_section(strategy->template, "retry") ||
        sy_retry_next(sy_strategy_retry(strategy, step), &failure, &next) != SY_RETRY_AGAIN)
        return false;
    sy_session_say(&run->session, "%s: %s: attempt %d failed, the next is in %.1f s: %s",
                   strategy->template->meta.study_name, step, attempt,
                   (double)(next - now) / (double)SY_SECOND, (*error)->message);
    g_clear_error(error);
    g_usleep((gulong)((next - now) / 1000));
    return true;
}

/* The trade job, or what a report needs, until it succeeds or is given up. */
static bool run_attempts(const Run *run, const SyStrategy *strategy, const SyCycleOptions *options,
                         SyCycle *cycle, GError **error) {
    SyTime first = sy_env_now(&sy_env_real);
    for (int attempt = 1;; attempt++) {
        SyStep reached = SY_STEP_LOAD;
        const SyStepWatch watch = {note_step, &reached};
        SyCycleOptions watched = *options;
        watched.pipeline.watch = &watch;
        g_autoptr(GError) reason = NULL;
        if (run->options->trade
                ? sy_cycle_run(strategy, &watched, run->store, cycle, &reason)
                : sy_pipeline_run(strategy, &watched.pipeline, &cycle->result, &reason))
            return true;
        if (!wait_for_next(run, strategy, reached, attempt, first, &reason)) {
            g_propagate_error(error, g_steal_pointer(&reason));
            return false;
        }
        sy_cycle_clear(cycle);
    }
}

/* The trade job, then the report job, of one strategy. */
static bool run_cycle(const Run *run, const SyStrategy *strategy, GError **error) {
    const Options *options = run->options;
    SyProgress progress = sy_progress_start("fitting", options->common.quiet);
    const SyCycleOptions cycle_options = {
        .pipeline = {.loader = sy_session_loader_context(&run->session),
                     .model = {sy_session_threads(&run->session, options->jobs), sy_progress_update,
                               &progress},
                     .must_be_fresh = options->trade,
                     .bar = SY_TIME_NONE},
        .work_orders = sy_paper_fill,
        .slot = SY_TIME_NONE,
        .max_buffer_seconds = options->max_buffer,
        .dry_run = options->dry_run,
        .settings = run->session.settings,
    };
    g_auto(SyCycle) cycle = {0};
    g_autoptr(GPtrArray) paths = g_ptr_array_new_with_free_func(g_free);
    bool good = run_attempts(run, strategy, &cycle_options, &cycle, error);
    sy_progress_end(&progress);
    if (!good)
        return false;
    if (options->common.verbose)
        sy_show_details(&cycle.result);
    if (cycle.result.warning)
        sy_session_say(&run->session, "%s: warning: %s", strategy->template->meta.study_name,
                       cycle.result.warning);
    if (cycle.revised)
        sy_session_say(&run->session, "%s: warning: %s; this run decides on the data as they are",
                       strategy->template->meta.study_name, cycle.revised);
    /* a report that fails never hides the decision that was stored */
    good = !options->report || publish(run, strategy, &cycle.result, paths, error);
    show(run, strategy, &cycle, paths);
    return good;
}

static bool check_options(const Options *options, GError **error) {
    if (!options->once && (options->now || options->dry_run))
        return sy_fail(
            error, SY_ERROR_USAGE,
            "%s is of a single cycle: add --once (without it strategies run for ever, by "
            "the real clock)",
            options->now ? "--now" : "--dry-run");
    if (!options->trade && !options->report)
        return sy_fail(error, SY_ERROR_USAGE, "--no-trade and --no-report leave nothing to do");
    return true;
}

static bool parse_since(Run *run, GError **error) {
    const char *text = run->options->since;
    SyTime now = sy_env_now(&run->session.env);
    g_autoptr(GError) reason = NULL;
    if (!text)
        return true;
    if (!sy_time_parse(text, now, &run->since, &reason))
        return sy_fail(error, SY_ERROR_USAGE, "--since: %s", reason->message);
    if (run->since < now)
        return true;
    return sy_fail(error, SY_ERROR_USAGE, "--since %s is in the future: there is nothing to report",
                   text);
}

static bool open_run(Run *run, const Options *options, GError **error) {
    *run = (Run){.options = options, .since = SY_TIME_NONE};
    if (!check_options(options, error) ||
        !sy_session_open(&run->session, &options->common, options->now, error) ||
        !parse_since(run, error))
        return false;
    if (options->once)
        run->names = sy_strategy_names(run->session.workspace);
    return (options->once && !options->trade) ||
           sy_session_open_store(&run->session, options->dry_run, &run->store, error);
}

static bool run_template(const Run *run, const char *name, GError **error) {
    g_autofree char *path = sy_template_find_path(run->session.workspace, name, error);
    g_autoptr(SyStrategy) strategy = path ? sy_strategy_load(path, error) : NULL;
    if (!strategy || !sy_strategy_check_name(strategy, run->names, error) ||
        !sy_strategy_check_engine(strategy, &run->session.settings->engines, error))
        return false;
    if (!run->options->template && !sy_strategy_has_model(strategy)) {
        sy_session_say(&run->session, "%s: tasks without a model: nothing to do for --once",
                       strategy->template->meta.study_name);
        return true;
    }
    return sy_strategy_check_model(strategy, "decide or report with --once", error) &&
           run_cycle(run, strategy, error);
}

/* For ever: the daemon runs the jobs of one template, or of all. */
static bool run_for_ever(const Run *run, const char *command, const char *template_path,
                         GError **error) {
    const Options *options = run->options;
    const SySession *session = &run->session;
    g_autoptr(SyLog) log = sy_session_open_log(session, true, error);
    if (!log)
        return false;
    g_autofree char *program = sy_session_program("systematica");
    bool shared =
        session->settings->store.url && !g_str_has_prefix(session->settings->store.url, "sqlite");
    /* a store on a server is shared between machines, where a process id says nothing */
    g_autofree char *holder =
        g_strdup_printf("%s (pid %d%s%s)", command, (int)getpid(), shared ? " on " : "",
                        shared ? g_get_host_name() : "");
    const SyDaemonOptions daemon = {
        .env = &session->env,
        .workspace = session->workspace,
        .settings = session->settings,
        .get_environment = sy_session_environment,
        .store = run->store,
        .log = log,
        .program = program,
        .holder = holder,
        .template_path = template_path,
        .tags = options->tags,
        .jobs = {.trade = options->trade,
                 .report = options->report,
                 .report_every = options->report_every,
                 .report_every_was_given = options->report_every_given,
                 .max_buffer_seconds = options->max_buffer},
        .lookback_days = options->lookback,
        .since = run->since,
        .places = options->jobs,
        .notify_socket = sy_session_environment("NOTIFY_SOCKET"),
        .watchdog_us = sy_session_watchdog(),
    };
    return sy_daemon_run(&daemon, error);
}

static bool run_app(const Run *run, const char *name, GError **error) {
    if (run->options->once)
        return run_template(run, name, error);
    g_autofree char *found = sy_template_find_path(run->session.workspace, name, error);
    g_autofree char *path = found ? g_canonicalize_filename(found, NULL) : NULL;
    return path && run_for_ever(run, "run_app", path, error);
}

static bool app(gconstpointer data, char **arguments, GError **error) {
    (void)arguments;
    const Options *options = data;
    if (options->install_completion || options->show_completion)
        return sy_completion_run(NULL, "run_app", options->install_completion, error);
    if (!options->template)
        return sy_fail(error, SY_ERROR_USAGE, "--template is missing: name the template to run");
    g_auto(Run) run = {0};
    if (!open_run(&run, options, error))
        return sy_session_end(&run.session, false, error);
    return sy_session_end(&run.session, run_app(&run, options->template, error), error);
}

/* Runs every template; one that fails does not stop the others. */
static bool run_each(const Run *run, char **names, GError **error) {
    guint failed = 0, count = 0;
    g_autoptr(GError) first = NULL;
    for (char **name = names; *name; name++, count++) {
        g_autoptr(GError) reason = NULL;
        if (run_template(run, *name, &reason))
            continue;
        sy_session_end(&run->session, false, &reason);
        fprintf(stderr, "%s: %s\n", *name, reason->message);
        failed++;
        if (!first)
            first = g_steal_pointer(&reason);
    }
    if (failed)
        return sy_fail(error, (SyErrorCode)sy_error_row(first)->code, "%u of %u templates failed",
                       failed, count);
    return true;
}

static bool all(gconstpointer data, char **arguments, GError **error) {
    (void)arguments;
    const Options *options = data;
    if (options->install_completion || options->show_completion)
        return sy_completion_run(NULL, "run_all", options->install_completion, error);
    g_auto(Run) run = {0};
    if (!open_run(&run, options, error))
        return sy_session_end(&run.session, false, error);
    if (!options->once)
        return sy_session_end(&run.session, run_for_ever(&run, "run_all", NULL, error), error);
    g_auto(GStrv) names = sy_template_names(run.session.workspace, error);
    if (!names)
        return sy_session_end(&run.session, false, error);
    if (!*names)
        return sy_fail(error, SY_ERROR_TEMPLATE, "%s/.workflow/templates: there is no template",
                       run.session.workspace);
    return sy_session_end(&run.session, run_each(&run, names, error), error);
}

const SyCommand sy_command_run_app = {
    .name = "run_app",
    .arguments = "",
    .summary = "Run one strategy: trade each bar, report on schedule; with --once one cycle.",
    .options = &app_options,
    .run = app,
};

const SyCommand sy_command_run_all = {
    .name = "run_all",
    .arguments = "",
    .summary = "Run every strategy of the workspace, each by its schedule.",
    .options = &all_options,
    .run = all,
};
