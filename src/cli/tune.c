/* systematica tune TEMPLATE: tries combinations of parameters, writes the best as a template. */
#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>

#include "base/error.h"
#include "cli/commands.h"
#include "cli/progress.h"
#include "cli/session.h"
#include "cli/tune_show.h"
#include "report/file.h"
#include "template/template.h"
#include "tune/report.h"
#include "tune/search.h"
#include "workflow/publish.h"

typedef struct {
    SyCommonOptions common;
    int trials, jobs;
    char *out, **report, *now;
    bool fresh;
} Options;

static const SyField fields[] = {
    SY_FIELD(Options, trials, .fallback = "0", .min = 0, .max = 1000000,
             .help = "Trials in all, those of earlier runs counted; 0: as [tune] says."),
    SY_FIELD(Options, jobs, .fallback = "0", .min = 0, .max = 1024,
             .help = "Threads; 0: as [executor] says, else one per processor. The results are the "
                     "same."),
    SY_FIELD(Options, out, .metavar = "DIR",
             .help = "Folder for the results, made where missing; by default "
                     ".workflow/reports/STUDY/tuning-NUMBER."),
    SY_FIELD(Options, report, .metavar = "FORMATS", .check = sy_template_check_format,
             .fallback = "html", .help = "Also a report, as html,pdf,png,csv."),
    SY_FIELD(Options, fresh, .help = "Begin a new tuning, also where there is one to go on with."),
    SY_FIELD(Options, now, .metavar = "TIME",
             .help = "The clock is TIME; later bars do not exist."),
    SY_OPTION_WORKSPACE(Options),
    SY_OPTION_JSON(Options),
    SY_OPTION_QUIET(Options),
    SY_OPTION_HELP(Options),
};
static const SyFieldTable options_table = SY_FIELD_TABLE(Options, fields);

/* ---- interrupts ---- */

static gint stop; /* the signal that asked, atomic */

static void on_signal(int number) { g_atomic_int_set(&stop, number); }

/* The first signal ends the trials that go on, the second the process. */
static void catch_signals(void) {
    static const int numbers[] = {SIGINT, SIGTERM};
    const struct sigaction action = {.sa_handler = on_signal,
                                     .sa_flags = (int)(SA_RESETHAND | SA_RESTART)};
    for (gsize i = 0; i < G_N_ELEMENTS(numbers); i++)
        sigaction(numbers[i], &action, NULL);
}

/* Ends as the signal would have ended it, once everything is stored. */
static void end_by_signal(void) {
    signal(g_atomic_int_get(&stop), SIG_DFL);
    raise(g_atomic_int_get(&stop));
}

/* ---- results ---- */

static bool write_file(const char *folder, const char *name, const char *text, GPtrArray *paths,
                       GError **error) {
    char *path = g_build_filename(folder, name, NULL);
    g_ptr_array_add(paths, path);
    return sy_file_replace(path, text, strlen(text), error);
}

static char *folder_of(const Options *options, const SySession *session, const SyTuneKeep *keep) {
    if (options->out)
        return g_strdup(options->out);
    g_autofree char *name = g_strdup_printf("tuning-%" G_GINT64_FORMAT, keep->id);
    g_autofree char *reports = sy_publish_folder(keep->data->tune->strategy, session->workspace);
    return g_build_filename(reports, name, NULL);
}

static bool publish(const Options *options, const SyTuneShow *show, const char *folder,
                    GPtrArray *paths, GError **error) {
    const SyTuneReport tuning = {show->data, show->trials, show->outcome, show->keep->id,
                                 show->keep->started};
    g_autoptr(SyReport) report = sy_tune_report_new(&tuning);
    g_autofree char *program = sy_session_program("systematica-report");
    const SyPublishOptions how = {.program = program,
                                  .folder = folder,
                                  .formats = options->report,
                                  .created = show->keep->started,
                                  .name = "tuning"};
    return sy_publish(report, &how, paths, error);
}

static bool write_results(const Options *options, const SySession *session, const SyTuneShow *show,
                          GPtrArray *paths, GError **error) {
    g_autofree char *folder = folder_of(options, session, show->keep);
    if (g_mkdir_with_parents(folder, 0755) != 0)
        return sy_fail(error, SY_ERROR_IO, "the folder %s cannot be made: %s", folder,
                       g_strerror(errno));
    g_autofree char *csv = sy_tune_csv(show);
    return write_file(folder, "winner.toml", show->outcome->text, paths, error) &&
           write_file(folder, "trials.csv", csv, paths, error) &&
           publish(options, show, folder, paths, error);
}

static bool show_outcome(const Options *options, const SySession *session, const SyTuneKeep *keep,
                         const GPtrArray *trials, GError **error) {
    g_auto(SyOutcome) outcome = {0};
    g_autoptr(GPtrArray) paths = g_ptr_array_new_with_free_func(g_free);
    const SyTuneShow show = {keep->data, keep, trials, &outcome, paths};
    if (!sy_outcome_make(keep->data, trials, &outcome, error) ||
        !write_results(options, session, &show, paths, error))
        return false;
    (options->common.json ? sy_tune_show_json : sy_tune_show)(&show);
    return true;
}

/* ---- the search ---- */

static void free_trial(gpointer trial) { sy_trial_free(trial); }

static gsize count_done(const GPtrArray *trials) {
    gsize done = 0;
    for (guint i = 0; i < trials->len; i++)
        done += trials->pdata[i] != NULL;
    return done;
}

static void say_resumed(const SySession *session, const SyTuneKeep *keep, const GPtrArray *trials,
                        const SyPanel *all) {
    if (!keep->resumed)
        return;
    char until[SY_TIME_TEXT_SIZE];
    sy_session_say(
        session, "tuning %" G_GINT64_FORMAT " goes on: %" G_GSIZE_FORMAT " of %u trials are there",
        keep->id, count_done(trials), trials->len);
    if (keep->rows < all->rows)
        sy_session_say(session,
                       "%" G_GSIZE_FORMAT " newer bars are left out: it began with bars until %s; "
                       "--fresh begins a new tuning with all of them",
                       all->rows - keep->rows, sy_time_format(all->time[keep->rows - 1], until));
}

static bool search(const Options *options, const SySession *session, SyTuneKeep *keep,
                   const SyPanel *all, GError **error) {
    gsize n = keep->data->tune->trials;
    g_autoptr(GPtrArray) trials = g_ptr_array_new_full((guint)n, free_trial);
    g_ptr_array_set_size(trials, (gint)n);
    if (keep->resumed && !sy_tune_keep_load(keep, trials, error))
        return false;
    say_resumed(session, keep, trials, all);
    SyProgress progress = sy_progress_start("tuning", options->common.quiet);
    const SySearchContext context = {
        .jobs = sy_session_threads(session, options->jobs),
        .env = &session->env,
        .stop = &stop,
        .keep = sy_tune_keep_trials,
        .keep_data = keep,
        .progress = sy_progress_update,
        .progress_data = &progress,
    };
    bool good = sy_search_run(keep->data, trials, &context, error);
    sy_progress_end(&progress);
    if (!good)
        return false;
    if (g_atomic_int_get(&stop)) {
        sy_session_say(session,
                       "stopped with %" G_GSIZE_FORMAT " of %" G_GSIZE_FORMAT
                       " trials, which are in the store: the same command goes on from there",
                       count_done(trials), n);
        return true;
    }
    return show_outcome(options, session, keep, trials, error);
}

static bool tune(const Options *options, const SySession *session, const char *name,
                 GError **error) {
    g_autofree char *path = sy_template_find_path(session->workspace, name, error);
    g_autoptr(SyStrategy) strategy = path ? sy_strategy_load(path, error) : NULL;
    g_autoptr(SyTune) tuned = strategy ? sy_tune_read(strategy, options->trials, error) : NULL;
    if (!tuned)
        return false;
    const SyLoaderContext loader = sy_session_loader_context(session);
    g_autoptr(SyPanel) all = strategy->loader->load(&strategy->loader_config, &loader, error);
    g_autoptr(SyStore) store = NULL;
    if (!all || !sy_session_open_store(session, false, &store, error))
        return false;
    SyTuneKeep keep;
    if (!sy_tune_keep_find(store, tuned, all, options->fresh, sy_env_now(&session->env), &keep,
                           error))
        return false;
    g_autoptr(SyPanel) seen =
        keep.rows < all->rows ? sy_panel_until(all, all->time[keep.rows - 1]) : NULL;
    g_autoptr(SyTuneData) data =
        sy_tune_data_new(tuned, seen ? seen : all, session->workspace, keep.started, error);
    return data && sy_tune_keep_begin(&keep, data, error) &&
           search(options, session, &keep, all, error);
}

static bool run(gconstpointer data, char **arguments, GError **error) {
    const Options *options = data;
    g_auto(SySession) session = {0};
    catch_signals();
    bool good = sy_session_open(&session, &options->common, options->now, error) &&
                tune(options, &session, arguments[0], error);
    good = sy_session_end(&session, good, error);
    if (good && g_atomic_int_get(&stop))
        end_by_signal();
    return good;
}

const SyCommand sy_command_tune = {
    .name = "tune",
    .arguments = "TEMPLATE",
    .summary = "Try values of the parameters that [tune] names; write the best as a template.",
    .details = "Writes winner.toml, trials.csv and a report. What was done is in the store: a "
               "tuning that was\n"
               "interrupted, or is asked for more trials, goes on where it was.",
    .least = 1,
    .most = 1,
    .options = &options_table,
    .run = run,
};
