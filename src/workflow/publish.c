/* Reports are drawn by a program of its own, so that a worker starts without the libraries that
 * draw. What it gets is one file of data in memory, which it inherits. */
#include "workflow/publish.h"

#include <glib/gstdio.h>
#include <errno.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/error.h"

char *sy_publish_stamp(SyTime time) {
    char text[SY_TIME_TEXT_SIZE];
    sy_time_format(time / SY_SECOND * SY_SECOND, text);
    GString *stamp = g_string_new(NULL);
    for (const char *p = text; *p; p++)
        if (*p != '-' && *p != ':')
            g_string_append_c(stamp, *p);
    return g_string_free(stamp, FALSE);
}

/* What the program said on stderr, or how it ended. */
static bool check_end(int status, const char *program, const char *said, GError **error) {
    if (WIFEXITED(status) && WEXITSTATUS(status) == 0)
        return true;
    g_autofree char *text = g_strstrip(g_strdup(said));
    if (WIFSIGNALED(status))
        return sy_fail(error, SY_ERROR_FAILED,
                       "the report was not made: %s crashed (signal %d)%s%s", program,
                       WTERMSIG(status), *text ? ": " : "", text);
    return sy_fail(error, SY_ERROR_FAILED, "the report was not made: %s", *text ? text : program);
}

/* model: a file descriptor that the program inherits. */
static bool render(const SyPublishOptions *options, int model, const char *name, GPtrArray *paths,
                   GError **error) {
    g_autofree char *input = g_strdup_printf("/proc/self/fd/%d", model);
    g_autofree char *formats = g_strjoinv(",", options->formats);
    const char *const argv[] = {options->program, "--input",       input,    "--formats", formats,
                                "--out",          options->folder, "--name", name,        NULL};
    g_autofree char *out = NULL, *err = NULL;
    g_autoptr(GError) reason = NULL;
    int status = 0;
    if (!g_spawn_sync(NULL, (char **)argv, NULL,
                      G_SPAWN_SEARCH_PATH | G_SPAWN_LEAVE_DESCRIPTORS_OPEN, NULL, NULL, &out, &err,
                      &status, &reason))
        return sy_fail(error, SY_ERROR_FAILED, "the report was not made: %s", reason->message);
    if (!check_end(status, options->program, err, error))
        return false;
    g_auto(GStrv) lines = g_strsplit(out, "\n", -1);
    for (char **line = lines; *line; line++)
        if (**line)
            g_ptr_array_add(paths, g_strdup(*line));
    return true;
}

/* FOLDER/strategy-latest.EXT → the file beside it, replaced in one step. A link that cannot be made
 * is no reason to lose a report. */
static void point_latest(const char *path) {
    g_autofree char *folder = g_path_get_dirname(path), *file = g_path_get_basename(path);
    const char *dot = strrchr(file, '.');
    g_autofree char *latest = g_strconcat(folder, "/strategy-latest", dot ? dot : "", NULL);
    g_autofree char *fresh = g_strconcat(folder, "/.strategy-latest", dot ? dot : "", NULL);
    g_unlink(fresh);
    if (symlink(file, fresh) == 0 && g_rename(fresh, latest) != 0)
        g_unlink(fresh);
}

SyStrategyRun sy_strategy_run(const SyStrategy *strategy, const SyPipelineResult *result) {
    const SySignalConfig *level = &strategy->signal_config;
    return (SyStrategyRun){
        .study_name = strategy->template->meta.study_name,
        .template_hash = strategy->template->document->hash,
        .loader = strategy->loader->name,
        .model = strategy->model->name,
        .signal_rule = strategy->rule->name,
        .panel = result->panel,
        .output = result->model->output,
        .output_lower = result->model->lower,
        .output_upper = result->model->upper,
        .long_entries = level->long_entries,
        .long_exits = level->long_exits,
        .short_entries = level->short_entries,
        .short_exits = level->short_exits,
        .signals = result->signals,
        .fits = result->model->fits,
        .prices = &result->prices,
        .portfolio = &strategy->portfolio_config,
        .ledger = result->ledger,
        .warning = result->warning,
    };
}

bool sy_publish(const SyReport *report, const SyPublishOptions *options, GPtrArray *paths,
                GError **error) {
    if (g_mkdir_with_parents(options->folder, 0755) != 0)
        return sy_fail(error, SY_ERROR_IO, "the folder %s cannot be made: %s", options->folder,
                       g_strerror(errno));
    /* in memory: however this process ends, nothing is left behind */
    int model = memfd_create("report", 0);
    if (model < 0)
        return sy_fail(error, SY_ERROR_IO, "no memory file for the report: %s", g_strerror(errno));
    bool good = sy_report_write(report, model, error) &&
                render(options, model, options->name, paths, error);
    close(model);
    return good;
}

bool sy_publish_strategy(const SyStrategy *strategy, const SyPipelineResult *result,
                         const SyPublishOptions *options, GPtrArray *paths, GError **error) {
    g_autofree char *stamp = sy_publish_stamp(options->created);
    g_autofree char *name = g_strconcat("strategy-", stamp, NULL);
    SyPublishOptions named = *options;
    if (!named.name)
        named.name = name;
    SyStrategyRun run = sy_strategy_run(strategy, result);
    g_autofree char *warning =
        options->notice ? g_strjoin("\n", options->notice, run.warning, NULL) : NULL;
    run.warning = warning ? warning : run.warning;
    g_autoptr(SyReport) report =
        sy_strategy_report_new(&run, options->since, options->created / SY_SECOND * SY_SECOND);
    bool good = sy_publish(report, &named, paths, error);
    for (guint i = 0; good && !options->name && i < paths->len; i++)
        point_latest(paths->pdata[i]);
    return good;
}

char *sy_publish_folder(const SyStrategy *strategy, const char *workspace) {
    const char *dir = strategy->template->report.dir;
    g_autofree char *reports = g_canonicalize_filename(dir ? dir : ".workflow/reports", workspace);
    return g_build_filename(reports, strategy->template->meta.study_name, NULL);
}

bool sy_publish_report(const SyStrategy *strategy, const SyPipelineResult *result,
                       const SyReportOptions *options, GPtrArray *paths, GError **error) {
    static const char *const usual[] = {"html", "png", NULL};
    const SyTemplateReport *report = &strategy->template->report;
    const SyPanel *panel = result->panel;
    g_autofree char *folder = sy_publish_folder(strategy, options->workspace);
    const SyPublishOptions publish = {
        .program = options->program,
        .folder = folder,
        .formats = report->formats ? report->formats : (char **)usual,
        .created = options->created,
        .since = options->since != SY_TIME_NONE
                     ? options->since
                     : panel->time[panel->rows - 1] - options->lookback_days * SY_DAY,
        .notice = options->notice,
    };
    return sy_publish_strategy(strategy, result, &publish, paths, error);
}
