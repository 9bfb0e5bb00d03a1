/* Retention, in small transactions: each leaves a store that is whole. */
#include "store/retention.h"

#include "store/internal.h"

enum { IDS_AT_ONCE = 50, ids_read = 5000, rows_at_once = 100, events_at_once = 2000 };

/* Between two transactions others write. */
static void yield(void) {
    enum { pause_us = 5000 };
    g_usleep(pause_us);
}

/* Ids of a query by two integers: what is old, and the last id of those read before. Read outside
 * of the transaction that removes them, which is therefore short; what is old stays old. */
static bool read_ids(SyStore *store, const char *sql, SyTime before, gint64 after, GArray *ids,
                     GError **error) {
    if (!sy_store_begin_read(store, error))
        return false;
    SyStatement *query = sy_store_statement(store, sql, error);
    SyDbStep step = SY_DB_FAILED;
    if (query) {
        sy_db_bind_integer(query, 1, before);
        sy_db_bind_integer(query, 2, after);
        sy_db_bind_integer(query, 3, ids_read);
        while ((step = sy_db_step(query, error)) == SY_DB_ROW) {
            gint64 id = sy_db_integer(query, 0);
            g_array_append_val(ids, id);
        }
    }
    return sy_store_finish(store, step == SY_DB_DONE, error);
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

/* The same for some ids: "… IN (%s)" becomes IDS_AT_ONCE parameters, of which those beyond the last
 * id name it again. */
static bool change_some(SyStore *store, const char *format, const gint64 *ids, gsize n,
                        gint64 *count, GError **error) {
    g_autoptr(GString) sql = g_string_new(NULL);
    for (int i = 1; i <= IDS_AT_ONCE; i++)
        g_string_append_printf(sql, "%s?%d", i > 1 ? ", " : "", i);
    g_auto(GStrv) parts = g_strsplit(format, "%s", 2);
    g_autofree char *whole = g_strconcat(parts[0], sql->str, parts[1], NULL);
    SyStatement *statement = sy_store_statement(store, whole, error);
    if (!statement)
        return false;
    for (gsize i = 0; i < IDS_AT_ONCE; i++)
        sy_db_bind_integer(statement, (int)i + 1, ids[MIN(i, n - 1)]);
    bool good = sy_store_run(statement, error);
    *count += good ? sy_db_changes(store->db) : 0;
    return good;
}

/* What becomes of some runs, in one transaction. */
typedef bool (*RemoveSome)(SyStore *store, const gint64 *ids, gsize n, SyRetained *removed,
                           GError **error);

/* All runs that a query names, some at a time. */
static bool remove_by_id(SyStore *store, const char *sql, SyTime before, RemoveSome some,
                         SyRetained *removed, GError **error) {
    g_autoptr(GArray) ids = g_array_new(FALSE, FALSE, sizeof(gint64));
    gint64 after = 0;
    do {
        g_array_set_size(ids, 0);
        if (!read_ids(store, sql, before, after, ids, error))
            return false;
        for (guint i = 0; i < ids->len; i += IDS_AT_ONCE) {
            SyRetained counted = *removed;
            gsize n = MIN(ids->len - i, IDS_AT_ONCE);
            if (!sy_store_begin(store, error) ||
                !sy_store_finish(
                    store, some(store, &g_array_index(ids, gint64, i), n, &counted, error), error))
                return false;
            *removed = counted;
            yield();
        }
        if (ids->len)
            after = g_array_index(ids, gint64, ids->len - 1);
    } while (ids->len == ids_read);
    return true;
}

/* ---- runs ---- */

static bool remove_run_details(SyStore *store, const gint64 *ids, gsize n, SyRetained *removed,
                               GError **error) {
    (void)removed;
    gint64 other = 0;
    return change_some(store, "DELETE FROM artifact WHERE run_id IN (%s)", ids, n, &other, error) &&
           change_some(store, "DELETE FROM step WHERE run_id IN (%s)", ids, n, &other, error) &&
           change_some(store, "DELETE FROM attempt WHERE run_id IN (%s)", ids, n, &other, error) &&
           change_some(store, "DELETE FROM run_facts WHERE run_id IN (%s)", ids, n, &other, error);
}

static bool remove_runs(SyStore *store, const gint64 *ids, gsize n, SyRetained *removed,
                        GError **error) {
    gint64 other = 0;
    return change_some(store,
                       "UPDATE job SET forgotten = gone.newest FROM (SELECT study_name, kind, "
                       "max(nominal) AS newest FROM slot WHERE run_id IN (%s) "
                       "GROUP BY study_name, kind) AS gone "
                       "WHERE job.study_name = gone.study_name AND job.kind = gone.kind "
                       "AND (job.forgotten IS NULL OR job.forgotten < gone.newest)",
                       ids, n, &other, error) &&
           change_some(store, "DELETE FROM slot WHERE run_id IN (%s)", ids, n, &removed->slots,
                       error) &&
           remove_run_details(store, ids, n, removed, error) &&
           change_some(store, "DELETE FROM run WHERE id IN (%s)", ids, n, &removed->runs, error);
}

/* Runs without a decision go; the newest run stays, so that no number is given twice. Of those that
 * decided to order nothing, the decision stays, and how it came about goes. */
static bool remove_old_runs(SyStore *store, SyTime before, SyRetained *removed, GError **error) {
    return remove_by_id(store,
                        "SELECT id FROM run WHERE ended < ?1 AND id > ?2 "
                        "AND id < (SELECT max(id) FROM run) "
                        "AND NOT EXISTS (SELECT decision.id FROM decision WHERE run_id = run.id) "
                        "ORDER BY id LIMIT ?3",
                        before, remove_runs, removed, error) &&
           remove_by_id(store,
                        "SELECT run.id FROM run JOIN decision ON run_id = run.id "
                        "WHERE ended < ?1 AND run.id > ?2 "
                        "AND decision.id NOT IN (SELECT decision_id FROM orders) "
                        "AND (EXISTS (SELECT 1 FROM attempt WHERE attempt.run_id = run.id) "
                        "OR EXISTS (SELECT 1 FROM run_facts WHERE run_facts.run_id = run.id)) "
                        "ORDER BY run.id LIMIT ?3",
                        before, remove_run_details, removed, error);
}

/* ---- slots that ran nothing ---- */

typedef struct {
    char *study, *kind;
    SyTime nominal;
} OldSlot;

static void old_slot_clear(gpointer data) {
    OldSlot *slot = data;
    g_free(slot->study);
    g_free(slot->kind);
}

static bool read_slots(SyStore *store, SyTime before, GArray *slots, GError **error) {
    if (!sy_store_begin_read(store, error))
        return false;
    SyStatement *query = sy_store_statement(store,
                                            "SELECT study_name, kind, nominal FROM slot "
                                            "WHERE run_id IS NULL AND decided < ?1 LIMIT ?2",
                                            error);
    SyDbStep step = SY_DB_FAILED;
    if (query) {
        sy_db_bind_integer(query, 1, before);
        sy_db_bind_integer(query, 2, rows_at_once);
        while ((step = sy_db_step(query, error)) == SY_DB_ROW) {
            const OldSlot slot = {g_strdup(sy_db_text(query, 0, NULL)),
                                  g_strdup(sy_db_text(query, 1, NULL)), sy_db_integer(query, 2)};
            g_array_append_val(slots, slot);
        }
    }
    return sy_store_finish(store, step == SY_DB_DONE, error);
}

static bool for_slot(SyStore *store, const char *sql, const OldSlot *slot, GError **error) {
    SyStatement *statement = sy_store_statement(store, sql, error);
    if (!statement)
        return false;
    sy_db_bind_text(statement, 1, slot->study);
    sy_db_bind_text(statement, 2, slot->kind);
    sy_db_bind_integer(statement, 3, slot->nominal);
    return sy_store_run(statement, error);
}

static bool remove_some_slots(SyStore *store, const GArray *slots, SyRetained *removed,
                              GError **error) {
    bool good = true;
    for (guint i = 0; good && i < slots->len; i++) {
        const OldSlot *slot = &g_array_index(slots, OldSlot, i);
        good = for_slot(store,
                        "UPDATE job SET forgotten = ?3 WHERE study_name = ?1 AND kind = ?2 "
                        "AND (forgotten IS NULL OR forgotten < ?3)",
                        slot, error) &&
               for_slot(store,
                        "DELETE FROM slot WHERE study_name = ?1 AND kind = ?2 AND nominal = ?3 "
                        "AND run_id IS NULL",
                        slot, error);
        removed->slots += good ? sy_db_changes(store->db) : 0;
    }
    return good;
}

static bool remove_old_slots(SyStore *store, SyTime before, SyRetained *removed, GError **error) {
    g_autoptr(GArray) slots = g_array_new(FALSE, FALSE, sizeof(OldSlot));
    g_array_set_clear_func(slots, old_slot_clear);
    do {
        SyRetained counted = *removed;
        g_array_set_size(slots, 0);
        if (!read_slots(store, before, slots, error))
            return false;
        if (slots->len == 0)
            return true;
        if (!sy_store_begin(store, error) ||
            !sy_store_finish(store, remove_some_slots(store, slots, &counted, error), error))
            return false;
        *removed = counted;
        yield();
    } while (slots->len == rows_at_once);
    return true;
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

/* Before when things are old, if they are kept for `days`; SY_TIME_NONE where nothing may go. */
static bool find_before(SyStore *store, int days, SyTime now, SyTime *before, GError **error) {
    enum { longest_window = 7 };
    SyTime credible = SY_TIME_NONE;
    if (days > 0 &&
        !find_credible_now(store, now, MIN(days, longest_window) * SY_DAY, &credible, error))
        return false;
    *before = credible == SY_TIME_NONE ? SY_TIME_NONE : credible - days * SY_DAY;
    return true;
}

static bool remove_all(SyStore *store, int days, SyTime now, Remove some, SyRetained *removed,
                       GError **error) {
    SyTime before = SY_TIME_NONE;
    SyRetained counted = *removed;
    if (!find_before(store, days, now, &before, error))
        return false;
    for (bool more = before != SY_TIME_NONE; more;) {
        if (!sy_store_begin(store, error) ||
            !sy_store_finish(store, some(store, before, now, &counted, &more, error), error))
            return false;
        *removed = counted;
        if (more)
            yield();
    }
    return true;
}

/* Rows of a table that nothing refers to any more. Most days there are none, and finding that out
 * holds up no writer. */
static bool remove_unused(SyStore *store, const char *table, const char *condition,
                          GError **error) {
    gint64 unused = 0;
    g_autofree char *count = g_strdup_printf("SELECT count(*) FROM %s WHERE %s", table, condition);
    if (!sy_store_begin_read(store, error))
        return false;
    SyStatement *query = sy_store_statement(store, count, error);
    if (!sy_store_finish(store, query && sy_store_integer(query, 0, &unused, error), error))
        return false;
    if (unused == 0)
        return true;
    g_autofree char *sql = g_strdup_printf("DELETE FROM %s WHERE %s", table, condition);
    if (!sy_store_begin(store, error))
        return false;
    SyStatement *remove = sy_store_statement(store, sql, error);
    return sy_store_finish(store, remove && sy_store_run(remove, error), error);
}

static bool retain_runs(SyStore *store, int days, SyTime now, SyRetained *removed, GError **error) {
    SyTime before = SY_TIME_NONE;
    if (!find_before(store, days, now, &before, error))
        return false;
    if (before == SY_TIME_NONE)
        return true;
    g_autofree char *unused_template = g_strdup_printf(
        "first_used < %" G_GINT64_FORMAT " AND hash NOT IN (SELECT template_hash FROM run) "
        "AND hash NOT IN (SELECT hash FROM template_use) "
        "AND hash NOT IN (SELECT hash FROM template_past)",
        before);
    g_autofree char *past = g_strdup_printf("until < %" G_GINT64_FORMAT, before);
    return remove_old_runs(store, before, removed, error) &&
           remove_old_slots(store, before, removed, error) &&
           remove_unused(store, "template_past", past, error) &&
           remove_unused(store, "template_version", unused_template, error) &&
           remove_unused(store, "fits", "digest NOT IN (SELECT fits FROM run_facts)", error);
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

/* ---- tunings ---- */

/* The oldest tuning whose last trial is older, and its first trial; 0: none. The newest stays, so
 * that no number is given twice. */
static bool find_tuning(SyStore *store, SyTime before, gint64 *tuning, gint64 *first,
                        bool *has_trials, GError **error) {
    SyStatement *query = sy_store_statement(
        store,
        "SELECT id, (SELECT min(number) FROM trial WHERE tuning_id = id) FROM tuning "
        "WHERE id < (SELECT max(id) FROM tuning) AND started < ?1 "
        "AND NOT EXISTS (SELECT 1 FROM trial WHERE tuning_id = id AND ended >= ?1) "
        "ORDER BY id LIMIT 1",
        error);
    if (!query)
        return false;
    sy_db_bind_integer(query, 1, before);
    SyDbStep step = sy_db_step(query, error);
    *tuning = step == SY_DB_ROW ? sy_db_integer(query, 0) : 0;
    *has_trials = *tuning && sy_db_type(query, 1) != SY_DB_NULL;
    *first = *has_trials ? sy_db_integer(query, 1) : 0;
    return step != SY_DB_FAILED;
}

static bool remove_numbers(SyStore *store, const char *sql, gint64 tuning, gint64 end,
                           GError **error) {
    SyStatement *statement = sy_store_statement(store, sql, error);
    if (!statement)
        return false;
    sy_db_bind_integer(statement, 1, tuning);
    sy_db_bind_integer(statement, 2, end);
    return sy_store_run(statement, error);
}

/* Some trials of one tuning, or the tuning that has none left. Who goes on with it in between does
 * what is absent anew. */
static bool remove_some_trials(SyStore *store, SyTime before, SyTime now, SyRetained *removed,
                               bool *more, GError **error) {
    gint64 tuning, first;
    bool has_trials;
    (void)now;
    if (!find_tuning(store, before, &tuning, &first, &has_trials, error))
        return false;
    *more = tuning != 0;
    if (!*more)
        return true;
    if (!has_trials)
        return change(store, "DELETE FROM tuning WHERE id = ?1", tuning, &removed->tunings, error);
    gint64 end = first + rows_at_once;
    return remove_numbers(store, "DELETE FROM trial_value WHERE tuning_id = ?1 AND number < ?2",
                          tuning, end, error) &&
           remove_numbers(store, "DELETE FROM trial WHERE tuning_id = ?1 AND number < ?2", tuning,
                          end, error);
}

bool sy_store_retain(SyStore *store, const SyRetention *keep, SyTime now, SyRetained *removed,
                     GError **error) {
    *removed = (SyRetained){0};
    return retain_runs(store, keep->runs, now, removed, error) &&
           remove_all(store, keep->events, now, remove_some_events, removed, error) &&
           remove_all(store, keep->cache, now, remove_cache, removed, error) &&
           remove_all(store, keep->messages, now, remove_messages, removed, error) &&
           remove_all(store, keep->tunings, now, remove_some_trials, removed, error);
}
