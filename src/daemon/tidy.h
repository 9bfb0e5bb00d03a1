/* Files of the workspace that nobody needs any more: folders of runs that the store has forgotten.
 */
#ifndef SY_DAEMON_TIDY_H
#define SY_DAEMON_TIDY_H

#include "store/store.h"

/* Removes the folders of tasks (WORKSPACE/.workflow/runs/NUMBER) that were left alone for `days`
 * and whose run is no longer in the store. 0 days: none. What cannot be removed stays for the next
 * time. Errors: of the store. */
bool sy_tidy_runs(const char *workspace, SyStore *store, int days, SyTime now, GError **error);

#endif
