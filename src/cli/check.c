/* systematica check: reads templates and settings, says all that is wrong with them. */
#include <stdio.h>
#include <string.h>

#include "base/error.h"
#include "cli/commands.h"
#include "cli/progress.h"
#include "cli/session.h"
#include "template/template.h"
#include "tune/definition.h"
#include "workflow/jobs.h"
#include "workflow/lookahead.h"

typedef struct {
    SyCommonOptions common;
    bool lookahead;
} Options;

static const SyField fields[] = {
    SY_FIELD(Options, lookahead,
             .help = "Also load and run each template up to 20 bars of its history, as if they "
                     "were the newest: what came before may not change. Exit code 3 where it "
                     "does."),
    SY_OPTION_WORKSPACE(Options), SY_OPTION_QUIET(Options), SY_OPTION_HELP(Options)};
static const SyFieldTable options_table = SY_FIELD_TABLE(Options, fields);

/* What a template is checked against; without a workspace only against itself. */
typedef struct {
    const Options *options;
    const SySession *session; /* NULL: no workspace */
    GHashTable *names;
} Check;

static void show(const SyStrategy *strategy) {
    char timeframe[SY_TIME_TEXT_SIZE];
    if (!sy_strategy_has_model(strategy)) {
        printf("%s: ok: %s, %u tasks without a model\n", strategy->template->document->name,
               strategy->template->meta.study_name, strategy->tasks->len);
        return;
    }
    g_autofree char *symbols = g_strjoinv(", ", strategy->loader_config.symbols);
    printf("%s: ok: %s, %s of %s over %s from %s, %s bars\n", strategy->template->document->name,
           strategy->template->meta.study_name, strategy->rule->name, strategy->model->name,
           symbols, strategy->loader->name, sy_timeframe_format(strategy->timeframe, timeframe));
}

/* When the first job runs next, and how long it waits for its bar. */
static void show_schedule(const SyStrategy *strategy, SyTime now) {
    static const SyJobOptions options = {.trade = true,
                                         .max_buffer_seconds = SY_JOB_MAX_BUFFER_SECONDS};
    g_auto(SyJobs) jobs = {0};
    sy_jobs_make(strategy, &options, &jobs);
    const SyJob *job = &jobs.job[0];
    char text[SY_TIME_TEXT_SIZE];
    g_autofree char *schedule = sy_schedule_describe(job->schedule);
    SyTime next = sy_schedule_next(job->schedule, now);
    printf("  %s: next %s", schedule, next == SY_TIME_NONE ? "never" : sy_time_format(next, text));
    if (job->probe && next != SY_TIME_NONE)
        printf(", waits %g s for its bar",
               (double)(sy_job_wait_ends(job, next) - next) / (double)SY_SECOND);
    printf("\n");
}

/* A template that can only be backtested is sound; what keeps it from being run is said. */
static void show_live_problems(const SyStrategy *strategy, SyTime now) {
    g_autoptr(GError) reason = NULL;
    if (!sy_strategy_check_live(strategy, now, &reason))
        printf("  backtest only: %s\n", reason->message);
}

/* Cuts the future off and compares. */
static bool check_lookahead(const Check *check, const SyStrategy *strategy, GError **error) {
    static const SyMap no_engines;
    g_autofree char *here = g_get_current_dir();
    SyProgress progress = sy_progress_start("looking ahead", check->options->common.quiet);
    const SyPipelineContext context = {
        .loader = check->session ? sy_session_loader_context(check->session)
                                 : (SyLoaderContext){.env = &sy_env_real,
                                                     .folder = here,
                                                     .engines = &no_engines,
                                                     .until = SY_TIME_NONE},
        .model = {check->session ? sy_session_threads(check->session, 0) : 1, sy_progress_update,
                  &progress},
        .bar = SY_TIME_NONE};
    SyLookahead found;
    bool good = sy_lookahead_check(strategy, &context, &found, error);
    sy_progress_end(&progress);
    char first[SY_TIME_TEXT_SIZE];
    if (good)
        printf("  no look-ahead: bars, output and signals before %d cuts are the same without what "
               "comes after (%" G_GSIZE_FORMAT " bars, output from %s)\n",
               found.cuts, found.rows, sy_time_format(found.first, first));
    return good;
}

static bool check_one(const Check *check, const char *name, GError **error) {
    const char *workspace = check->session ? check->session->workspace : NULL;
    g_autofree char *path = sy_template_find_path(workspace, name, error);
    g_autoptr(SyStrategy) strategy = path ? sy_strategy_load(path, error) : NULL;
    if (!strategy || !sy_tune_check(strategy, error))
        return false;
    if (check->session &&
        (!sy_strategy_check_name(strategy, check->names, error) ||
         !sy_strategy_check_engine(strategy, &check->session->settings->engines, error) ||
         !sy_strategy_check_notify(strategy, check->session->settings, error)))
        return false;
    SyTime now = sy_env_now(&sy_env_real);
    show(strategy);
    show_schedule(strategy, now);
    show_live_problems(strategy, now);
    return !check->options->lookahead || !sy_strategy_has_model(strategy) ||
           check_lookahead(check, strategy, error);
}

/* Checks every name; a broken template does not hide the others. */
static bool check_all(const Check *check, char **names, GError **error) {
    g_autoptr(GString) problems = g_string_new(NULL);
    SyErrorCode code = SY_ERROR_TEMPLATE;
    for (char **name = names; *name; name++) {
        g_autoptr(GError) reason = NULL;
        if (check_one(check, *name, &reason))
            continue;
        /* the exit code is that of a template that is wrong, where there is one */
        code = problems->len && code == SY_ERROR_TEMPLATE ? code : sy_error_row(reason)->code;
        g_string_append_printf(problems, "%s%s", problems->len ? "\n" : "", reason->message);
    }
    return problems->len == 0 || sy_fail(error, code, "%s", problems->str);
}

/* Templates named by their paths can be checked where there is no workspace. */
static bool are_paths(char **names) {
    for (char **name = names; *name; name++)
        if (!strchr(*name, '/') && !g_str_has_suffix(*name, ".toml"))
            return false;
    return *names != NULL;
}

static bool check_workspace(const Options *options, const SySession *session, char **arguments,
                            GError **error) {
    if (!sy_session_check_store(session, error))
        return false;
    g_autoptr(GHashTable) names = sy_strategy_names(session->workspace);
    g_auto(GStrv) all = arguments[0] ? NULL : sy_template_names(session->workspace, error);
    if (!arguments[0] && !all)
        return false;
    const Check check = {options, session, names};
    char **chosen = arguments[0] ? arguments : all;
    if (!*chosen)
        return sy_fail(error, SY_ERROR_TEMPLATE, "%s/.workflow/templates: there is no template",
                       session->workspace);
    return check_all(&check, chosen, error);
}

static bool run(gconstpointer data, char **arguments, GError **error) {
    const Options *options = data;
    g_auto(SySession) session = {0};
    g_autoptr(GError) reason = NULL;
    if (sy_session_open(&session, &options->common, NULL, &reason))
        return sy_session_end(&session, check_workspace(options, &session, arguments, error),
                              error);
    bool none = g_error_matches(reason, SY_ERROR, SY_ERROR_USAGE) && !options->common.workspace;
    if (none && are_paths(arguments))
        return check_all(&(Check){options, NULL, NULL}, arguments, error);
    g_propagate_error(error, g_steal_pointer(&reason));
    return sy_session_end(&session, false, error);
}

const SyCommand sy_command_check = {
    .name = "check",
    .arguments = "[TEMPLATE]…",
    .summary = "Check templates and settings without running them.",
    .details =
        "Without a TEMPLATE: all templates of the workspace. A TEMPLATE with '/' or ending in "
        ".toml "
        "is a path.\nEvery problem is printed as file:line:column; exit code 3 where there is one.",
    .most = G_MAXSIZE,
    .options = &options_table,
    .run = run,
};
