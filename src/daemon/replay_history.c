/* Replay over history. The daemon's own code is driven under a clock that jumps from one thing to
 * do to the next; only three things are different: the store is in memory, runs are executed in
 * this process, and bars come from a panel that was loaded before and appear when they close, or
 * late. */
#include "daemon/replay_history.h"

#include <math.h>
#include <string.h>

#include "base/error.h"
#include "daemon/replay_compare.h"
#include "daemon/state.h"
#include "workflow/pipeline.h"

typedef struct {
    SyDaemon daemon; /* first: its `look` is handed the daemon and finds the rest */
    const SyReplayHistoryOptions *options;
    const char *path;
    SyReplayHistory *replay;
    SyTime now;
    SyEnv env;
    SyStore *store;
    SyLog *log;
    SyBarSource bars;
    SyRunContext context;
    SyDaemonOptions daemon_options;
    const SyExecutorRow *inner; /* executes runs in this process */
    SyExecutor *executor;
    const SyPanel *history;
    SyTime *visible; /* [rows] when a bar can be loaded */
    GRand *random;
    bool crash; /* the daemon is dead: it starts again after `down` */
    gint64 down;
} Replay;

static SyTime replay_now(gconstpointer data) { return ((const Replay *)data)->now; }

static double drawn(Replay *replay) { return g_rand_double(replay->random); }

/* ---- bars ---- */

/* When each bar is there: at its close, or late; never before an earlier one. */
static void make_visible(Replay *replay) {
    const SyReplayDrill *drill = &replay->options->drill;
    const SyPanel *panel = replay->history;
    SyTime before = G_MININT64;
    for (gsize row = 0; row < panel->rows; row++) {
        bool late = drawn(replay) < drill->late_share;
        double seconds = drawn(replay) * drill->late_seconds;
        gint64 by = late ? (gint64)(seconds * (double)SY_SECOND) : 0;
        before = replay->visible[row] = MAX(before, panel->time[row] + by);
        replay->replay->late += late && panel->time[row] >= replay->replay->first &&
                                panel->time[row] <= replay->replay->last;
    }
}

/* Close of the newest bar that is there now; SY_TIME_NONE where there is none. */
static SyTime newest_visible(const Replay *replay) {
    gsize low = 0, high = replay->history->rows;
    while (low < high) {
        gsize middle = low + (high - low) / 2;
        if (replay->visible[middle] <= replay->now)
            low = middle + 1;
        else
            high = middle;
    }
    return low ? replay->history->time[low - 1] : SY_TIME_NONE;
}

static SyPanel *load_bars(gpointer data, SyTime until, GError **error) {
    Replay *replay = data;
    if (drawn(replay) < replay->options->drill.fail_share) {
        replay->replay->failed_loads++;
        sy_fail(error, SY_ERROR_UNAVAILABLE, "the engine does not answer (drill)");
        return NULL;
    }
    return sy_panel_until(replay->history, MIN(until, newest_visible(replay)));
}

static void look(SyDaemon *daemon, const char *key) {
    const Replay *replay = (const Replay *)daemon;
    const SySchedulerEvent event = {
        .kind = SY_EVENT_BAR, .probe = key, .time = newest_visible(replay)};
    if (event.time != SY_TIME_NONE)
        g_array_append_val(daemon->events, event);
}

/* ---- runs, some of which die with the daemon ---- */

static Replay *replay_of(SyExecutor *executor) { return (Replay *)(gpointer)executor; }

static bool start(SyExecutor *executor, const SyExecution *execution, GError **error) {
    Replay *replay = replay_of(executor);
    const SyReplayDrill *drill = &replay->options->drill;
    if (replay->crash)
        return true; /* the daemon is dead already: this one never began */
    if (drawn(replay) >= drill->restart_share)
        return replay->inner->start(replay->executor, execution, error);
    bool claimed;
    replay->crash = true;
    replay->down = (gint64)(drawn(replay) * drill->down_seconds * (double)SY_SECOND);
    return sy_store_claim_run(replay->store, execution->run, execution->epoch, 0, 0, replay->now,
                              &claimed, error);
}

static void cancel(SyExecutor *executor, gint64 run, SyRunStatus status) {
    (void)executor, (void)run, (void)status; /* whatever was started has ended */
}

static void collect(SyExecutor *executor, GArray *ends) {
    Replay *replay = replay_of(executor);
    replay->inner->collect(replay->executor, ends);
}

static void close_nothing(SyExecutor *executor) { (void)executor; /* the replay's own */ }

static const SyExecutorRow drilled = {
    .name = "replay", .close = close_nothing, .start = start, .cancel = cancel, .collect = collect};

/* ---- the daemon's lives ---- */

/* Begins a life of the daemon, the first or the next. */
static bool begin(Replay *replay, GError **error) {
    g_autofree char *text = NULL;
    gsize length = 0;
    gint64 epoch = 0;
    sy_daemon_init(&replay->daemon, &replay->daemon_options);
    replay->daemon.look = look;
    replay->daemon.executor_row = &drilled;
    replay->daemon.executor = (SyExecutor *)(gpointer)replay;
    if (!sy_document_text(replay->path, &text, &length, error))
        return false;
    SyStrategy *strategy = sy_strategy_read(text, length, replay->path, error);
    if (!strategy)
        return false;
    if (!sy_store_take_study(replay->store, strategy->template->meta.study_name, "replay",
                             replay->now, &epoch, error)) {
        sy_strategy_free(strategy);
        return false;
    }
    return sy_live_start(&replay->daemon, replay->path, strategy, NULL, epoch, error);
}

static bool live_on(Replay *replay, GError **error) {
    SyDaemon *daemon = &replay->daemon;
    do {
        sy_collect(daemon);
        sy_daemon_step(daemon);
    } while (daemon->executing && !replay->crash && !daemon->fatal);
    if (daemon->fatal) {
        g_propagate_error(error, g_steal_pointer(&daemon->fatal));
        return false;
    }
    if (daemon->store_retry)
        return sy_fail(error, SY_ERROR_FAILED, "the store in memory does not answer");
    if (!replay->crash)
        return true;
    replay->crash = false;
    replay->replay->restarts++;
    replay->now += replay->down;
    sy_daemon_clear(daemon);
    return begin(replay, error);
}

/* From before the first bar until nothing is left to do with the last. */
static bool run(Replay *replay, GError **error) {
    SyTime start = replay->now;
    SyTime end = replay->replay->last + replay->options->max_buffer_seconds * SY_SECOND;
    bool good = begin(replay, error);
    while (good && replay->now <= end) {
        good = live_on(replay, error);
        SyTime wake = sy_scheduler_wake(replay->daemon.scheduler);
        if (good && wake == SY_TIME_NONE)
            break;
        replay->now = MAX(replay->now, wake);
        if (replay->options->progress)
            replay->options->progress((double)(replay->now - start) / (double)(end - start),
                                      replay->options->progress_data);
    }
    sy_daemon_clear(&replay->daemon);
    return good;
}

/* ---- the whole ---- */

/* Which bars are replayed: from the model's first output on, within [from, to]. */
static bool choose_bars(const SyStrategy *strategy, const SyReplayHistoryOptions *options,
                        const SyPanel *panel, SyReplayHistory *replay, GError **error) {
    gsize row = sy_model_warmup(strategy->model, strategy->model_config), last = panel->rows;
    while (row < panel->rows && options->from != SY_TIME_NONE && panel->time[row] < options->from)
        row++;
    while (last > 0 && options->to != SY_TIME_NONE && panel->time[last - 1] > options->to)
        last--;
    if (row >= last)
        return sy_fail(error, SY_ERROR_USAGE,
                       "there is no bar with an output of the model between --from and --to: the "
                       "model warms up on %" G_GSIZE_FORMAT " of the %" G_GSIZE_FORMAT " bars",
                       sy_model_warmup(strategy->model, strategy->model_config), panel->rows);
    replay->first = panel->time[row];
    replay->last = panel->time[last - 1];
    return true;
}

static SyPipelineContext backtest_context(const SyReplayHistoryOptions *options) {
    return (SyPipelineContext){
        .loader = {.env = &sy_env_real,
                   .folder = options->workspace,
                   .engines = &options->settings->engines,
                   .until = options->to},
        .model = {.threads = options->threads},
        .bar = SY_TIME_NONE,
    };
}

static bool replay_strategy(const SyStrategy *strategy, Replay *replay, GError **error) {
    const SyReplayHistoryOptions *options = replay->options;
    const SyPipelineContext backtest = backtest_context(options);
    g_auto(SyPipelineResult) result = {0};
    if (!sy_pipeline_run(strategy, &backtest, &result, error) ||
        !choose_bars(strategy, options, result.panel, replay->replay, error))
        return false;
    g_autofree SyTime *visible = g_new(SyTime, result.panel->rows);
    replay->visible = visible;
    replay->history = result.panel;
    make_visible(replay);
    replay->now = replay->replay->first - 1;
    if (!run(replay, error))
        return false;
    return sy_replay_compare(replay->store, strategy, &result, replay->replay, error);
}

static void replay_free(Replay *replay) {
    if (replay->executor)
        replay->inner->close(replay->executor);
    sy_store_close(replay->store);
    sy_log_close(replay->log);
    g_rand_free(replay->random);
    g_free(replay);
}
G_DEFINE_AUTOPTR_CLEANUP_FUNC(Replay, replay_free)

static Replay *replay_new(const char *path, const SyReplayHistoryOptions *options,
                          SyReplayHistory *result, GError **error) {
    g_autoptr(Replay) replay = g_new0(Replay, 1);
    const guint32 seed[] = {(guint32)options->drill.seed, (guint32)(options->drill.seed >> 32)};
    replay->options = options;
    replay->path = path;
    replay->replay = result;
    replay->env = (SyEnv){replay_now, replay_now, replay_now, replay};
    replay->random = g_rand_new_with_seed_array(seed, G_N_ELEMENTS(seed));
    replay->bars = (SyBarSource){load_bars, replay};
    const SyLogOptions silent = {.env = &replay->env, .level = SY_LOG_ERROR};
    replay->log = sy_log_open(&silent, error);
    replay->store = sy_store_open("sqlite://", options->workspace, false, error);
    if (!replay->log || !replay->store)
        return NULL;
    replay->context = (SyRunContext){.env = &replay->env,
                                     .settings = options->settings,
                                     .workspace = options->workspace,
                                     .bars = &replay->bars,
                                     .work_orders = options->work_orders,
                                     .threads = options->threads};
    replay->daemon_options = (SyDaemonOptions){
        .env = &replay->env,
        .workspace = options->workspace,
        .settings = options->settings,
        .store = replay->store,
        .log = replay->log,
        .holder = "replay",
        .jobs = {.trade = true, .max_buffer_seconds = options->max_buffer_seconds},
        .since = SY_TIME_NONE,
        .places = 1};
    const SyExecutorOptions executor = {.inline_context = &replay->context,
                                        .inline_store = replay->store};
    replay->inner = sy_executor_find("inline");
    replay->executor = replay->inner->open(&executor, error);
    return replay->executor ? g_steal_pointer(&replay) : NULL;
}

bool sy_replay_history(const char *template_path, const SyReplayHistoryOptions *options,
                       SyReplayHistory *result, GError **error) {
    *result =
        (SyReplayHistory){.differences = g_array_new(FALSE, FALSE, sizeof(SyReplayDifference))};
    g_autoptr(SyStrategy) strategy = sy_strategy_load(template_path, error);
    if (!strategy || !sy_strategy_check_model(strategy, "replay", error) ||
        !sy_strategy_check_engine(strategy, &options->settings->engines, error))
        return false;
    g_autoptr(Replay) replay = replay_new(template_path, options, result, error);
    return replay && replay_strategy(strategy, replay, error);
}

static void difference_clear(gpointer data) { g_free(((SyReplayDifference *)data)->text); }

void sy_replay_history_clear(SyReplayHistory *replay) {
    if (replay->differences) {
        g_array_set_clear_func(replay->differences, difference_clear);
        g_array_unref(replay->differences);
    }
    *replay = (SyReplayHistory){0};
}
