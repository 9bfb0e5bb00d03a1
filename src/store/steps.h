/* Steps of runs and the files they made, in the store: what `ps`, `runs` and a restarted worker
 * read.
 */
#ifndef SY_STORE_STEPS_H
#define SY_STORE_STEPS_H

#include "store/store.h"

typedef enum {
    SY_STEP_SUCCEEDED,
    SY_STEP_FAILED,  /* reported an error */
    SY_STEP_CRASHED, /* vanished */
    SY_STEP_TIMED_OUT,
    SY_STEP_SKIPPED, /* a step that it needs did not succeed */
    SY_N_STEP_STATUSES
} SyStepStatus;
extern const char *const sy_step_status_names[]; /* "succeeded", "failed" … */

/* One attempt of one step of a run. Texts are owned; clear with sy_step_row_clear. */
typedef struct {
    char *name;  /* "load" …, or of a [[task]] */
    int attempt; /* of this step, from 1 */
    SyStepStatus status;
    SyTime started, ended;
    char *message; /* "", the error, why it was skipped, the tail of a task's output */
} SyStepRow;
void sy_step_row_clear(SyStepRow *row);
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(SyStepRow, sy_step_row_clear)

/* Steps [n] that the next transaction which ends run `id`, backs it off or stores its decision
 * writes with it, so that the usual run costs one commit. Copied; replaces what was waiting. */
void sy_store_wait_steps(SyStore *store, gint64 id, const SyStepRow *steps, gsize n);

/* Writes what waits for run `id` now: after a task, whose work must not be done again. */
bool sy_store_write_steps(SyStore *store, gint64 id, GError **error);

/* Steps of a run that are stored, oldest first: SyStepRow, cleared with the array. */
GArray *sy_store_load_steps(SyStore *store, gint64 id, GError **error);

/* Files that a run made; stored, with an event, in one transaction. */
bool sy_store_add_artifacts(SyStore *store, gint64 id, const char *kind, const GPtrArray *paths,
                            SyTime now, GError **error);

/* Paths of a run's files of one kind ("report"), oldest first; NULL-terminated, g_strfreev. */
char **sy_store_load_artifacts(SyStore *store, gint64 id, const char *kind, GError **error);

#endif
