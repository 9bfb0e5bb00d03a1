/* systematica replay: a stored run once more, and whether it gives the same bits. */
#include <jansson.h>
#include <stdio.h>

#include "base/error.h"
#include "broker/paper.h"
#include "cli/commands.h"
#include "cli/replay_history.h"
#include "cli/session.h"
#include "workflow/replay.h"

typedef struct {
    SyCommonOptions common;
    int jobs;
    SyReplayHistoryWords history;
} Options;

static const SyField fields[] = {
    SY_FIELD(Options, jobs, .fallback = "0", .min = 0, .max = 1024,
             .help = "Threads; 0: as [executor] says, else one per processor."),
    SY_FIELD_AS("template", Options, history.template, .metavar = "TEXT",
                .help = "Replay this template over history instead of one run."),
    SY_FIELD_AS("from", Options, history.from, .metavar = "TIME",
                .help = "First bar; else the model's first output."),
    SY_FIELD_AS("to", Options, history.to, .metavar = "TIME", .help = "Last bar; else the newest."),
    SY_FIELD_AS("max_buffer", Options, history.max_buffer, .fallback = "500", .min = 0,
                .max = 86400, .unit = "seconds",
                .help = "Seconds after a bar's close in which it may still be traded."),
    SY_FIELD_AS("late_share", Options, history.late_share, .fallback = "0", .min = 0, .max = 1,
                .unit = "fraction", .help = "Drill: share of the bars that come late."),
    SY_FIELD_AS("late_seconds", Options, history.late_seconds, .fallback = "300", .min = 0,
                .max = 1e6, .unit = "seconds", .help = "Drill: at most so late."),
    SY_FIELD_AS("fail_share", Options, history.fail_share, .fallback = "0", .min = 0, .max = 1,
                .unit = "fraction", .help = "Drill: share of the loads that fail."),
    SY_FIELD_AS("restart_share", Options, history.restart_share, .fallback = "0", .min = 0,
                .max = 1, .unit = "fraction",
                .help = "Drill: share of the slots in which the engine dies with its worker."),
    SY_FIELD_AS("down_seconds", Options, history.down_seconds, .fallback = "60", .min = 0,
                .max = 1e6, .unit = "seconds", .help = "Drill: it is down at most so long."),
    SY_FIELD_AS("seed", Options, history.seed, .fallback = "1", .min = 0, .max = 2147483647,
                .help = "Drill: the same seed, the same faults."),
    SY_OPTION_WORKSPACE(Options),
    SY_OPTION_JSON(Options),
    SY_OPTION_HELP(Options),
};
static const SyFieldTable options_table = SY_FIELD_TABLE(Options, fields);

static void show(const SyReplay *replay) {
    char bar[SY_TIME_TEXT_SIZE];
    printf("run %" G_GINT64_FORMAT " of %s, bar %s: %s (%" G_GSIZE_FORMAT " values compared)\n",
           replay->run, replay->study, sy_time_format(replay->bar, bar),
           replay->identical ? "bit-identical" : "different", replay->compared);
    for (guint i = 0; i < replay->differences->len; i++)
        printf("  %s\n", (const char *)replay->differences->pdata[i]);
    if (replay->different > replay->differences->len)
        printf("  … and %" G_GSIZE_FORMAT " more\n", replay->different - replay->differences->len);
    if (replay->where)
        printf("largest difference of two numbers: %.3g of their size, %s\n", replay->largest,
               replay->where);
    for (guint i = 0; i < replay->reasons->len; i++)
        printf("%s\n", (const char *)replay->reasons->pdata[i]);
}

static json_t *texts_json(const GPtrArray *texts) {
    json_t *all = json_array();
    for (guint i = 0; i < texts->len; i++)
        json_array_append_new(all, json_string(texts->pdata[i]));
    return all;
}

static void show_json(const SyReplay *replay) {
    char bar[SY_TIME_TEXT_SIZE];
    json_t *root = json_pack(
        "{s:I, s:s, s:s, s:b, s:I, s:I, s:f, s:s?, s:o, s:o}", "run", (json_int_t)replay->run,
        "study_name", replay->study, "bar_time", sy_time_format(replay->bar, bar), "identical",
        replay->identical, "compared", (json_int_t)replay->compared, "different",
        (json_int_t)replay->different, "largest", replay->largest, "where", replay->where,
        "differences", texts_json(replay->differences), "reasons", texts_json(replay->reasons));
    char *text = json_dumps(root, JSON_COMPACT | JSON_REAL_PRECISION(17));
    puts(text);
    free(text);
    json_decref(root);
}

static bool replay(const Options *options, const SySession *session, gint64 run, GError **error) {
    g_autoptr(SyStore) store = NULL;
    if (!sy_session_open_store(session, true, &store, error))
        return false;
    if (!store)
        return sy_fail(error, SY_ERROR_USAGE, "%s: nothing was run here yet", session->workspace);
    const SyPipelineContext pipeline = {
        .loader = sy_session_loader_context(session),
        .model = {.threads = sy_session_threads(session, options->jobs)},
        .bar = SY_TIME_NONE};
    g_auto(SyReplay) result = {0};
    if (!sy_replay_run(store, run, &pipeline, sy_paper_fill, &result, error))
        return false;
    if (options->common.json)
        show_json(&result);
    else
        show(&result);
    return result.identical ||
           sy_fail(error, SY_ERROR_FAILED, "run %" G_GINT64_FORMAT " does not give the same again",
                   run);
}

static bool replay_one(const Options *options, const SySession *session, const char *number,
                       GError **error) {
    gint64 id = 0;
    if (!g_ascii_string_to_signed(number, 10, 1, G_MAXINT64, &id, NULL))
        return sy_fail(error, SY_ERROR_USAGE, "\"%s\" is not the number of a run", number);
    return replay(options, session, id, error);
}

static bool run(gconstpointer data, char **arguments, GError **error) {
    const Options *options = data;
    g_auto(SySession) session = {0};
    if (!arguments[0] == !options->history.template)
        return sy_fail(error, SY_ERROR_USAGE,
                       "name what to replay: the number of a run, or --template");
    bool good =
        sy_session_open(&session, &options->common, NULL, error) &&
        (arguments[0] ? replay_one(options, &session, arguments[0], error)
                      : sy_cli_replay_history(&session, &options->history,
                                              sy_session_threads(&session, options->jobs), error));
    return sy_session_end(&session, good, error);
}

const SyCommand sy_command_replay = {
    .name = "replay",
    .arguments = "[RUN]",
    .summary = "Repeat a stored run, or a template over history, and compare.",
    .details =
        "RUN is repeated from the template text, the rows and the account that it had. "
        "Compared are its newest rows, its fits, its decision and its orders; where they "
        "differ, the reasons that are known are named: another program or processor, "
        "revised data. Exit code 0: bit-identical, 1: not.\n\n"
        "With --template the engine runs the template bar by bar under a virtual clock, on an "
        "account in memory that begins empty: scheduler, worker, store and paper broker. Its "
        "orders must be those of `backtest`, bar by bar. The drill options make bars late, loads "
        "fail and the engine die; what then differs is explained by the bars that were not "
        "decided: no late entry, every exit on the next decided bar. Exit code 1: a difference "
        "is not explained.",
    .most = 1,
    .options = &options_table,
    .run = run,
};
