/* A strategy run over history as the daemon runs it: scheduler, store, worker and paper broker
 * under a virtual clock, slot by slot, each seeing only the bars that were there. Its orders are
 * compared with those of the backtest. */
#ifndef SY_DAEMON_REPLAY_HISTORY_H
#define SY_DAEMON_REPLAY_HISTORY_H

#include "template/settings.h"
#include "workflow/cycle.h"

/* What goes wrong on purpose, by the seed. Shares in [0, 1]; seconds ≥ 0. */
typedef struct {
    guint64 seed;
    double late_share;    /* of bars that come late */
    double late_seconds;  /* at most so late */
    double fail_share;    /* of loads that fail, as of an engine that does not answer */
    double restart_share; /* of slots in which the daemon dies with its worker */
    double down_seconds;  /* and is down at most so long */
} SyReplayDrill;

typedef struct {
    const char *workspace; /* absolute */
    const SySettings *settings;
    SyTime from, to; /* SY_TIME_NONE: the model's first output, the newest bar */
    int max_buffer_seconds, threads;
    SyWorkOrders work_orders;
    SyReplayDrill drill;
    void (*progress)(double fraction, gpointer data); /* may be NULL */
    gpointer progress_data;
} SyReplayHistoryOptions;

/* An order that one of the two has and the other has not, or has otherwise. */
typedef struct {
    SyTime time;
    char *text;
    bool explained; /* by slots that were not decided: no late entry, exits on the next decided bar
                     */
} SyReplayDifference;

typedef struct {
    SyTime first, last;                  /* bars that are compared */
    gsize bars, decided;                 /* in between */
    gint64 late, failed_loads, restarts; /* by the drill */
    gsize orders, backtest_orders;       /* filled, in between */
    gsize equal;                         /* the same in every bit */
    gsize scaled;        /* the same but for their size: the accounts had already parted */
    GArray *differences; /* SyReplayDifference */
    gsize unexplained;
} SyReplayHistory;
void sy_replay_history_clear(SyReplayHistory *replay);
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(SyReplayHistory, sy_replay_history_clear)

/* Runs the trade job of a strategy over its bars in [from, to] on an account that begins empty, in
 * memory: nothing of the workspace is written, no task is run, nothing is sent.
 *
 * A difference is explained where it follows from the rule of order/decision.h on the bars that
 * were decided: no late entry, every exit on the next decided bar. Where all were decided, on an
 * account that begins with the backtest's, there is none. Errors: those of the stages;
 * SY_ERROR_USAGE where there is no bar in between. Cost: one warm cycle for each bar. */
bool sy_replay_history(const char *template_path, const SyReplayHistoryOptions *options,
                       SyReplayHistory *replay, GError **error);

#endif
