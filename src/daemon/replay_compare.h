/* The orders of a replay against those of the backtest. */
#ifndef SY_DAEMON_REPLAY_COMPARE_H
#define SY_DAEMON_REPLAY_COMPARE_H

#include "daemon/replay_history.h"

/* Fills in counts and differences. `backtest` is of the whole history, replay->first and ->last are
 * set; the store holds the replay. Errors: of the store. Cost: O(legs × bars + orders). */
bool sy_replay_compare(SyStore *store, const SyStrategy *strategy, const SyPipelineResult *backtest,
                       SyReplayHistory *replay, GError **error);

#endif
