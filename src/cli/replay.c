/* systematica replay: a stored run once more, and whether it gives the same bits. */
#include <jansson.h>
#include <stdio.h>

#include "base/error.h"
#include "broker/paper.h"
#include "cli/commands.h"
#include "cli/session.h"
#include "workflow/replay.h"

typedef struct {
    SyCommonOptions common;
    int jobs;
} Options;

static const SyField fields[] = {
    SY_FIELD(Options, jobs, .fallback = "0", .min = 0, .max = 1024,
             .help = "Threads; 0: as [executor] says, else one per processor."),
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

static bool run(gconstpointer data, char **arguments, GError **error) {
    const Options *options = data;
    g_auto(SySession) session = {0};
    gint64 id = 0;
    if (!g_ascii_string_to_signed(arguments[0], 10, 1, G_MAXINT64, &id, NULL))
        return sy_fail(error, SY_ERROR_USAGE, "\"%s\" is not the number of a run", arguments[0]);
    bool good = sy_session_open(&session, &options->common, NULL, error) &&
                replay(options, &session, id, error);
    return sy_session_end(&session, good, error);
}

const SyCommand sy_command_replay = {
    .name = "replay",
    .arguments = "RUN",
    .summary = "Repeat a stored run and say whether it gives the same bits.",
    .details = "The run is repeated from the template text, the rows and the account that it had. "
               "Compared are its newest rows, its fits, its decision and its orders; where they "
               "differ, the reasons that are known are named: another program or processor, "
               "revised data. Exit code 0: bit-identical, 1: not.",
    .least = 1,
    .most = 1,
    .options = &options_table,
    .run = run,
};
