/* systematica backtest TEMPLATE --out DIR: the stages over all of history, every result as a file.
 */
#include <stdio.h>

#include "base/error.h"
#include "cli/commands.h"
#include "cli/progress.h"
#include "cli/session.h"
#include "cli/show.h"
#include "portfolio/metrics.h"
#include "report/report.h"
#include "report/tables.h"
#include "template/template.h"
#include "workflow/publish.h"

typedef struct {
    SyCommonOptions common;
    char *out;
    char **report;
    char *now;
    int jobs;
} Options;

static const SyField fields[] = {
    SY_FIELD(Options, out, .metavar = "DIR", .help = "Folder for the results; made where missing."),
    SY_FIELD(Options, report, .metavar = "FORMATS", .check = sy_template_check_format,
             .help = "Also a report over all of history, as html,pdf,png,csv."),
    SY_FIELD(Options, now, .metavar = "TIME",
             .help = "The clock is TIME; later bars do not exist."),
    SY_FIELD(Options, jobs, .fallback = "0", .min = 0, .max = 1024,
             .help = "Threads; 0: as [executor] says, else one per processor."),
    SY_OPTION_WORKSPACE(Options),
    SY_OPTION_JSON(Options),
    SY_OPTION_VERBOSE(Options),
    SY_OPTION_QUIET(Options),
    SY_OPTION_HELP(Options),
};
static const SyFieldTable options_table = SY_FIELD_TABLE(Options, fields);

/* The figures that a person looks at first; all of them are in stats.json. */
static void show_group(const SyStrategy *strategy, const SyPipelineResult *result, gsize group) {
    static const char *const names[] = {"total_return", "benchmark_return", "sharpe",
                                        "max_drawdown", "total_orders",     "total_fees",
                                        "total_trades", "win_rate"};
    const SyMetricInput input =
        sy_metric_input(&strategy->portfolio_config, result->panel->timeframe, result->ledger,
                        &result->prices, group);
    for (gsize i = 0; i < G_N_ELEMENTS(names); i++) {
        const SyMetric *metric = sy_metric_find(names[i]);
        g_autofree char *value =
            sy_report_format(sy_report_unit_of(metric->unit), metric->compute(&input));
        printf("%-18s %s\n", metric->title, value);
    }
}

static void show(const SyStrategy *strategy, const SyPipelineResult *result, const char *out,
                 const GPtrArray *paths) {
    for (gsize g = 0; g < result->ledger->groups; g++) {
        if (result->ledger->groups > 1)
            printf("%s%s\n", g ? "\n" : "",
                   sy_portfolio_group_name(&strategy->portfolio_config, result->ledger,
                                           result->panel->symbol, g));
        show_group(strategy, result, g);
    }
    printf("\nresults  %s\n", out);
    sy_show_reports(paths);
}

/* stats.json, as it was written. */
static bool show_json(const char *out, GError **error) {
    g_autofree char *path = g_build_filename(out, "stats.json", NULL), *text = NULL;
    g_autoptr(GError) reason = NULL;
    if (!g_file_get_contents(path, &text, NULL, &reason))
        return sy_fail(error, SY_ERROR_IO, "%s", reason->message);
    fputs(text, stdout);
    return true;
}

static bool write_results(const Options *options, const SySession *session,
                          const SyStrategy *strategy, const SyPipelineResult *result,
                          GPtrArray *paths, GError **error) {
    const SyStrategyRun run = sy_strategy_run(strategy, result);
    if (!sy_tables_write(&run, options->out, error))
        return false;
    if (!options->report)
        return true;
    g_autofree char *program = sy_session_program("systematica-report");
    const SyPublishOptions publish = {
        .program = program,
        .folder = options->out,
        .formats = options->report,
        .created = sy_env_now(&session->env),
        .since = SY_TIME_NONE,
        .name = "report",
    };
    return sy_publish_strategy(strategy, result, &publish, paths, error);
}

static bool backtest(const Options *options, const SySession *session, const char *name,
                     GError **error) {
    g_autofree char *path = sy_template_find_path(session->workspace, name, error);
    g_autoptr(SyStrategy) strategy = path ? sy_strategy_load(path, error) : NULL;
    if (!strategy || !sy_strategy_check_model(strategy, "simulate", error))
        return false;
    SyProgress progress = sy_progress_start("fitting", options->common.quiet);
    const SyPipelineContext context = {
        .loader = sy_session_loader_context(session),
        .model = {sy_session_threads(session, options->jobs), sy_progress_update, &progress},
        .bar = SY_TIME_NONE};
    g_auto(SyPipelineResult) result = {0};
    bool good = sy_pipeline_run(strategy, &context, &result, error);
    sy_progress_end(&progress);
    if (!good)
        return false;
    if (options->common.verbose)
        sy_show_details(&result);
    if (result.warning)
        sy_session_say(session, "%s: warning: %s", strategy->template->meta.study_name,
                       result.warning);
    g_autoptr(GPtrArray) paths = g_ptr_array_new_with_free_func(g_free);
    if (!write_results(options, session, strategy, &result, paths, error))
        return false;
    if (options->common.json)
        return show_json(options->out, error);
    show(strategy, &result, options->out, paths);
    return true;
}

static bool run(gconstpointer data, char **arguments, GError **error) {
    const Options *options = data;
    g_auto(SySession) session = {0};
    if (!options->out)
        return sy_fail(error, SY_ERROR_USAGE, "--out is missing: name the folder for the results");
    bool good = sy_session_open(&session, &options->common, options->now, error) &&
                backtest(options, &session, arguments[0], error);
    return sy_session_end(&session, good, error);
}

const SyCommand sy_command_backtest = {
    .name = "backtest",
    .arguments = "TEMPLATE",
    .summary = "Run a template over all of history and write every result as a file.",
    .details =
        "Writes orders.csv, trades.csv, positions.csv, drawdowns.csv, value.csv, signals.csv,\n"
        "output.csv, splits.csv and stats.json.",
    .least = 1,
    .most = 1,
    .options = &options_table,
    .run = run,
};
