/* Retention, in small transactions: each leaves a store that is whole. */
#include "store/retention.h"

#include "store/internal.h"

enum { rows_at_once = 500, events_at_once = 5000 };

/* ---- runs ---- */

/* The newest run stays, so that no number is given twice. */
static bool find_old_runs(SyStore *store, SyTime before, GArray *ids, GError **error) {
    SyStatement *query = sy_store_statement(
        store,
        "SELECT id FROM run WHERE ended < ?1 AND id < (SELECT max(id) FROM run) "
        "AND NOT EXISTS (SELECT decision.id FROM decision WHERE run_id = run.id) "
        "ORDER BY id LIMIT ?2",
        error);
    if (!query)
        return false;
    sy_db_bind_integer(query, 1, before);
    sy_db_bind_integer(query, 2, rows_at_once);
    SyDbStep step;
    while ((step = sy_db_step(query, error)) == SY_DB_ROW) {
        gint64 id = sy_db_integer(query, 0);
        g_array_append_val(ids, id);
    }
    return step == SY_DB_DONE;
}

/* Runs a statement for one integer; adds the rows that it changed to *count. */
static bool change(SyStore *store, const char *sql, gint64 value, gint64 *count, GError **error) {
    SyStatement *statement = sy_store_statement(store, sql, error);
    if (!statement)
        return false;
    sy_db_bind_integer(statement, 1, value);
    bool good = sy_store_run(statement, error);
    *count += good ? sy_db_changes(store->db) : 0;
    return good;
}

#define FORGET_SLOTS(condition)                                                                    \
    "UPDATE job SET forgotten = (SELECT max(nominal) FROM slot WHERE " condition                   \
    " AND slot.study_name = job.study_name AND slot.kind = job.kind) "                             \
    "WHERE EXISTS (SELECT nominal FROM slot WHERE " condition                                      \
    " AND slot.study_name = job.study_name AND slot.kind = job.kind "                              \
    "AND (job.forgotten IS NULL OR nominal > job.forgotten))"

static bool remove_run(SyStore *store, gint64 id, SyRetained *removed, GError **error) {
    gint64 other = 0;
    return change(store, FORGET_SLOTS("run_id = ?1"), id, &other, error) &&
           change(store, "DELETE FROM slot WHERE run_id = ?1", id, &removed->slots, error) &&
           change(store, "DELETE FROM artifact WHERE run_id = ?1", id, &other, error) &&
           change(store, "DELETE FROM step WHERE run_id = ?1", id, &other, error) &&
           change(store, "DELETE FROM attempt WHERE run_id = ?1", id, &other, error) &&
           change(store, "DELETE FROM run WHERE id = ?1", id, &removed->runs, error);
}

static bool remove_some_runs(SyStore *store, SyTime before, SyRetained *removed, bool *more,
                             GError **error) {
    g_autoptr(GArray) ids = g_array_new(FALSE, FALSE, sizeof(gint64));
    if (!find_old_runs(store, before, ids, error))
        return false;
    for (guint i = 0; i < ids->len; i++)
        if (!remove_run(store, g_array_index(ids, gint64, i), removed, error))
            return false;
    *more = ids->len == rows_at_once;
    return true;
}

/* Slots that ran nothing, and templates that no run names any more. */
static bool remove_rest(SyStore *store, SyTime before, SyRetained *removed, bool *more,
                        GError **error) {
    gint64 other = 0;
    *more = false;
    return change(store, FORGET_SLOTS("run_id IS NULL AND decided < ?1"), before, &other, error) &&
           change(store, "DELETE FROM slot WHERE run_id IS NULL AND decided < ?1", before,
                  &removed->slots, error) &&
           change(store,
                  "DELETE FROM template_version WHERE first_used < ?1 "
                  "AND hash NOT IN (SELECT template_hash FROM run) "
                  "AND hash NOT IN (SELECT hash FROM template_use)",
                  before, &other, error);
}

/* ---- events ---- */

/* The last event that may go: all up to it are older, and the newest stays. 0: none. */
static bool find_cut(SyStore *store, SyTime before, gint64 *cut, GError **error) {
    SyStatement *query = sy_store_statement(
        store,
        "SELECT min(sequence), max(sequence), (SELECT min(sequence) FROM event WHERE time >= ?1) "
        "FROM event",
        error);
    if (!query)
        return false;
    sy_db_bind_integer(query, 1, before);
    if (sy_db_step(query, error) == SY_DB_FAILED)
        return false;
    gint64 first = sy_db_integer(query, 0), last = sy_db_integer(query, 1);
    gint64 kept = sy_db_type(query, 2) == SY_DB_NULL ? last : sy_db_integer(query, 2);
    *cut = MIN(MIN(kept, last) - 1, first + events_at_once - 1);
    if (*cut < first)
        *cut = 0;
    return true;
}

static bool remove_some_events(SyStore *store, SyTime before, SyTime now, SyRetained *removed,
                               bool *more, GError **error) {
    gint64 cut = 0, gone = 0;
    if (!find_cut(store, before, &cut, error))
        return false;
    *more = cut != 0;
    if (!cut)
        return true;
    if (!sy_store_put_checkpoint(store, cut, now, error) ||
        !change(store, "DELETE FROM event WHERE sequence <= ?1", cut, &gone, error))
        return false;
    removed->events += gone;
    return true;
}

/* ---- all ---- */

typedef bool (*Remove)(SyStore *store, SyTime before, SyTime now, SyRetained *removed, bool *more,
                       GError **error);

static bool remove_runs(SyStore *store, SyTime before, SyTime now, SyRetained *removed, bool *more,
                        GError **error) {
    (void)now;
    return remove_some_runs(store, before, removed, more, error) &&
           (*more || remove_rest(store, before, removed, more, error));
}

/* What may be taken for now: a clock that runs a year ahead, since up to `window`, shall not make
 * history old. The audit chain goes on day by day, so an event that is older than the window tells
 * how late it can be; after a long silence it takes the window until that is known again. */
static bool find_credible_now(SyStore *store, SyTime now, SyTime window, SyTime *credible,
                              GError **error) {
    if (!sy_store_begin_read(store, error))
        return false;
    SyTime seen = SY_TIME_NONE;
    SyStatement *query =
        sy_store_statement(store, "SELECT max(time) FROM event WHERE time <= ?1", error);
    if (query)
        sy_db_bind_integer(query, 1, now - window);
    bool good = query && sy_store_integer(query, SY_TIME_NONE, &seen, error);
    *credible = seen == SY_TIME_NONE ? SY_TIME_NONE : MIN(now, seen + window + SY_DAY);
    return sy_store_finish(store, good, error);
}

static bool remove_all(SyStore *store, int days, SyTime now, Remove some, SyRetained *removed,
                       GError **error) {
    enum { longest_window = 7 };
    SyTime credible = SY_TIME_NONE;
    if (days == 0)
        return true;
    if (!find_credible_now(store, now, MIN(days, longest_window) * SY_DAY, &credible, error))
        return false;
    if (credible == SY_TIME_NONE)
        return true;
    SyTime before = credible - days * SY_DAY;
    SyRetained counted = *removed;
    for (bool more = true; more;) {
        if (!sy_store_begin(store, error) ||
            !sy_store_finish(store, some(store, before, now, &counted, &more, error), error))
            return false;
        *removed = counted;
    }
    return true;
}

static bool remove_cache(SyStore *store, SyTime before, SyTime now, SyRetained *removed, bool *more,
                         GError **error) {
    (void)now;
    *more = false;
    return change(store, "DELETE FROM split WHERE used < ?1", before, &removed->cache, error);
}

/* Messages that have ended, and alarms that are over for as long. */
static bool remove_messages(SyStore *store, SyTime before, SyTime now, SyRetained *removed,
                            bool *more, GError **error) {
    gint64 other = 0;
    (void)now;
    *more = false;
    return change(store, "DELETE FROM message WHERE ended < ?1", before, &removed->messages,
                  error) &&
           change(store, "DELETE FROM alarm WHERE running = 0 AND since < ?1", before, &other,
                  error);
}

bool sy_store_retain(SyStore *store, const SyRetention *keep, SyTime now, SyRetained *removed,
                     GError **error) {
    *removed = (SyRetained){0};
    return remove_all(store, keep->runs, now, remove_runs, removed, error) &&
           remove_all(store, keep->events, now, remove_some_events, removed, error) &&
           remove_all(store, keep->cache, now, remove_cache, removed, error) &&
           remove_all(store, keep->messages, now, remove_messages, removed, error);
}
