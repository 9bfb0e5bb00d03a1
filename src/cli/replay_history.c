/* systematica replay --template T: the engine over history, and its orders beside the backtest's.
 */
#include "cli/replay_history.h"

#include <jansson.h>
#include <stdio.h>

#include "base/error.h"
#include "broker/paper.h"
#include "cli/data.h"
#include "cli/progress.h"
#include "daemon/replay_history.h"
#include "template/template.h"

enum { most_shown = 20 };

static void show(const SyReplayHistory *replay) {
    char first[SY_TIME_TEXT_SIZE], last[SY_TIME_TEXT_SIZE], time[SY_TIME_TEXT_SIZE];
    printf("bars    %" G_GSIZE_FORMAT " from %s to %s, %" G_GSIZE_FORMAT " decided\n", replay->bars,
           sy_time_format(replay->first, first), sy_time_format(replay->last, last),
           replay->decided);
    if (replay->late || replay->failed_loads || replay->restarts)
        printf("drill   %" G_GINT64_FORMAT " late bars, %" G_GINT64_FORMAT
               " failed loads, %" G_GINT64_FORMAT " restarts\n",
               replay->late, replay->failed_loads, replay->restarts);
    printf("orders  %" G_GSIZE_FORMAT " of the replay, %" G_GSIZE_FORMAT
           " of the backtest: %" G_GSIZE_FORMAT " equal in every bit, %" G_GSIZE_FORMAT
           " in another size, %u only in one, %" G_GSIZE_FORMAT " not explained\n",
           replay->orders, replay->backtest_orders, replay->equal, replay->scaled,
           replay->differences->len, replay->unexplained);
    for (guint i = 0; i < MIN(replay->differences->len, most_shown); i++) {
        const SyReplayDifference *difference =
            &g_array_index(replay->differences, SyReplayDifference, i);
        printf("  %s %s\n", sy_time_format(difference->time, time), difference->text);
    }
    if (replay->differences->len > most_shown)
        printf("  … and %u more (--json has all)\n", replay->differences->len - most_shown);
}

static void show_json(const SyReplayHistory *replay) {
    char first[SY_TIME_TEXT_SIZE], last[SY_TIME_TEXT_SIZE], time[SY_TIME_TEXT_SIZE];
    json_t *differences = json_array();
    for (guint i = 0; i < replay->differences->len; i++) {
        const SyReplayDifference *difference =
            &g_array_index(replay->differences, SyReplayDifference, i);
        json_array_append_new(differences, json_pack("{s:s, s:o, s:b}", "bar_time",
                                                     sy_time_format(difference->time, time), "text",
                                                     sy_data_text_json(difference->text),
                                                     "explained", difference->explained));
    }
    sy_data_print_json(json_pack(
        "{s:s, s:s, s:I, s:I, s:I, s:I, s:I, s:I, s:I, s:I, s:I, s:I, s:o}", "first",
        sy_time_format(replay->first, first), "last", sy_time_format(replay->last, last), "bars",
        (json_int_t)replay->bars, "decided", (json_int_t)replay->decided, "late_bars",
        (json_int_t)replay->late, "failed_loads", (json_int_t)replay->failed_loads, "restarts",
        (json_int_t)replay->restarts, "orders", (json_int_t)replay->orders, "backtest_orders",
        (json_int_t)replay->backtest_orders, "equal", (json_int_t)replay->equal, "scaled",
        (json_int_t)replay->scaled, "unexplained", (json_int_t)replay->unexplained, "differences",
        differences));
}

static bool read_time(const char *name, const char *text, SyTime now, SyTime *time,
                      GError **error) {
    g_autoptr(GError) reason = NULL;
    *time = SY_TIME_NONE;
    return !text || sy_time_parse(text, now, time, &reason) ||
           sy_fail(error, SY_ERROR_USAGE, "--%s: %s", name, reason->message);
}

bool sy_cli_replay_history(const SySession *session, const SyReplayHistoryWords *words, int threads,
                           GError **error) {
    SyTime now = sy_env_now(&session->env);
    SyProgress progress = sy_progress_start("replaying", session->options->quiet);
    SyReplayHistoryOptions options = {
        .workspace = session->workspace,
        .settings = session->settings,
        .max_buffer_seconds = words->max_buffer,
        .threads = threads,
        .work_orders = sy_paper_fill,
        .drill = {.seed = (guint64)words->seed,
                  .late_share = words->late_share,
                  .late_seconds = words->late_seconds,
                  .fail_share = words->fail_share,
                  .restart_share = words->restart_share,
                  .down_seconds = words->down_seconds},
        .progress = sy_progress_update,
        .progress_data = &progress,
    };
    g_autofree char *path = sy_template_find_path(session->workspace, words->template, error);
    g_auto(SyReplayHistory) replay = {0};
    bool good = path && read_time("from", words->from, now, &options.from, error) &&
                read_time("to", words->to, now, &options.to, error) &&
                sy_replay_history(path, &options, &replay, error);
    sy_progress_end(&progress);
    if (!good)
        return false;
    (session->options->json ? show_json : show)(&replay);
    return replay.unexplained == 0 ||
           sy_fail(error, SY_ERROR_FAILED,
                   "%" G_GSIZE_FORMAT " differences between replay and backtest are not explained",
                   replay.unexplained);
}
