/* How far a strategy's bars reach, without loading them: what the daemon asks while it waits. */
#ifndef SY_WORKFLOW_NEWEST_BAR_H
#define SY_WORKFLOW_NEWEST_BAR_H

#include "workflow/strategy.h"

/* Close of the newest closed bar that every symbol has; SY_TIME_NONE where there is none. Reads by
 * the rules of the strategy's loader. Safe in any thread. Errors: as SyLoader.load. Cost: some
 * look-ups by index for each symbol; CSVData reads its files. */
bool sy_newest_bar(const SyStrategy *strategy, const SyLoaderContext *context, SyTime *newest,
                   GError **error);

/* A text that two strategies share exactly where sy_newest_bar gives them the same: the same
 * source, symbols and bars. Free with g_free. */
char *sy_newest_bar_key(const SyStrategy *strategy);

#endif
