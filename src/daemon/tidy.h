/* Files that nobody needs any more: folders of runs that the store has forgotten, all but one
 * report of a day. */
#ifndef SY_DAEMON_TIDY_H
#define SY_DAEMON_TIDY_H

#include "store/store.h"

/* Removes the folders of tasks (WORKSPACE/.workflow/runs/NUMBER) that were left alone for `days`
 * and whose run is no longer in the store. 0 days: none. What cannot be removed stays for the next
 * time. Errors: of the store. */
bool sy_tidy_runs(const char *workspace, SyStore *store, int days, SyTime now, GError **error);

/* Of the reports in a folder (strategy-STAMP.EXT, as sy_publish_strategy names them) all of the
 * last 48 hours stay, of each day (UTC) before its last one for `days`, and the newest in any case.
 * 0 days: nothing is removed. What cannot be removed stays for the next time. */
void sy_tidy_reports(const char *folder, int days, SyTime now);

#endif
