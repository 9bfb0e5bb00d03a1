/* What the store forgets: runs that decided nothing, tunings and events of long ago. Orders, fills,
 * decisions, their runs, and the templates that a run names stay for ever. */
#ifndef SY_STORE_RETENTION_H
#define SY_STORE_RETENTION_H

#include "store/store.h"

/* Days to keep; 0: for ever. */
typedef struct {
    int runs, events, cache, messages, tunings;
} SyRetention;

/* How many rows went. */
typedef struct {
    gint64 runs, slots, events, cache, messages, tunings;
} SyRetained;

/* Removes what is older than `keep` says at `now`. A clock that was set far ahead within the last
 * week removes nothing more than eight days too early: `now` counts as far as the audit chain bears
 * it out. Runs go with their slots, attempts, steps and
 * files' names (not the files); a job remembers up to where its slots were forgotten, and decides
 * none of them again. Tunings go with their trials, but for the newest one. The events before the
 * cut become a checkpoint. Cost: one transaction per some thousand rows, so that others write in
 * between. */
bool sy_store_retain(SyStore *store, const SyRetention *keep, SyTime now, SyRetained *removed,
                     GError **error);

#endif
