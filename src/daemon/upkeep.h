/* Once a day: a copy of the store, then retention, of files as well, in a thread of its own with a
 * connection of its own, so that no slot waits for it. */
#ifndef SY_DAEMON_UPKEEP_H
#define SY_DAEMON_UPKEEP_H

#include "store/store.h"
#include "template/settings.h"

typedef struct SyUpkeep SyUpkeep;

SyUpkeep *sy_upkeep_new(const char *workspace);
/* Waits for work that goes on. */
void sy_upkeep_free(SyUpkeep *upkeep);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(SyUpkeep, sy_upkeep_free)

/* True where the work of the UTC day of `now` was not started yet. */
bool sy_upkeep_is_due(const SyUpkeep *upkeep, SyTime now);

/* Starts the work of the UTC day of `now`, if it was not started before; `store`, `keep`
 * and `reports` are only read here. False, once, where the work that was started last has failed:
 * the error says why.
 *
 * reports  NULL-terminated, folders of reports besides those in WORKSPACE/.workflow/reports */
bool sy_upkeep_look(SyUpkeep *upkeep, const SyStore *store, const SySettingsRetention *keep,
                    const char *const *reports, SyTime now, GError **error);

/* True while work goes on. */
bool sy_upkeep_works(const SyUpkeep *upkeep);

#endif
