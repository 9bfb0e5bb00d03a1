/* Who runs a study, where its jobs stand, and what people ask of them: pause, resume, trigger. */
#include <string.h>

#include "base/error.h"
#include "schedule/job.h"
#include "store/internal.h"

/* ---- studies ---- */

static bool take(SyStore *store, const char *study, const char *holder, SyTime now, gint64 *epoch,
                 GError **error) {
    SyStatement *upsert = sy_store_statement(
        store,
        "INSERT INTO study (name, epoch, holder, taken) VALUES (?1, 1, ?2, ?3) "
        "ON CONFLICT (name) DO UPDATE SET epoch = study.epoch + 1, holder = excluded.holder, "
        "taken = excluded.taken RETURNING epoch",
        error);
    if (!upsert)
        return false;
    sy_db_bind_text(upsert, 1, study);
    sy_db_bind_text(upsert, 2, holder);
    sy_db_bind_integer(upsert, 3, now);
    return sy_store_integer(upsert, 0, epoch, error) &&
           sy_store_append(store, now, "take", study, 0,
                           sy_facts("{s:I, s:s}", "epoch", (json_int_t)*epoch, "holder", holder),
                           error);
}

static bool fail_held(SyStore *store, const char *study, GError **error) {
    g_autofree char *holder = NULL;
    SyTime taken = 0;
    if (!sy_store_begin_read(store, error))
        return false;
    SyStatement *query =
        sy_store_statement(store, "SELECT holder, taken FROM study WHERE name = ?1", error);
    SyDbStep step = SY_DB_FAILED;
    if (query) {
        sy_db_bind_text(query, 1, study);
        step = sy_db_step(query, error);
    }
    if (step == SY_DB_ROW) {
        holder = g_strdup(sy_db_text(query, 0, NULL));
        taken = sy_db_integer(query, 1);
    }
    if (!sy_store_finish(store, step != SY_DB_FAILED, error))
        return false;
    char since[SY_TIME_TEXT_SIZE] = "";
    return sy_fail(error, SY_ERROR_HELD,
                   "%s is run by %s%s%s already, with the same store; stop that one first, or give "
                   "this template a study_name of its own",
                   study, holder ? holder : "another process", holder ? " since " : "",
                   holder ? sy_time_format(taken / SY_SECOND * SY_SECOND, since) : "");
}

bool sy_store_lock_study(SyStore *store, const char *study, GError **error) {
    bool locked;
    return sy_db_try_lock(store->db, study, &locked, error) &&
           (locked || fail_held(store, study, error));
}

void sy_store_unlock_study(SyStore *store, const char *study) { sy_db_unlock(store->db, study); }

bool sy_store_take_study(SyStore *store, const char *study, const char *holder, SyTime now,
                         gint64 *epoch, GError **error) {
    g_autofree char *clean = sy_store_clean(holder);
    return sy_store_begin(store, error) &&
           sy_store_finish(store, take(store, study, clean, now, epoch, error), error);
}

static bool find_interval(SyStore *store, const char *study, char **text, GError **error) {
    SyStatement *query =
        sy_store_statement(store, "SELECT report_every FROM study WHERE name = ?1", error);
    if (!query)
        return false;
    sy_db_bind_text(query, 1, study);
    SyDbStep step = sy_db_step(query, error);
    bool given = step == SY_DB_ROW && sy_db_type(query, 0) != SY_DB_NULL;
    *text = given ? g_strdup(sy_db_text(query, 0, NULL)) : NULL;
    return step != SY_DB_FAILED;
}

static bool set_interval(SyStore *store, const char *study, gint64 epoch, const char *text,
                         SyTime now, GError **error) {
    if (!sy_store_check_epoch(store, study, epoch, error))
        return false;
    SyStatement *update =
        sy_store_statement(store, "UPDATE study SET report_every = ?2 WHERE name = ?1", error);
    if (!update)
        return false;
    sy_db_bind_text(update, 1, study);
    if (text)
        sy_db_bind_text(update, 2, text);
    else
        sy_db_bind_null(update, 2);
    return sy_store_run(update, error) &&
           sy_store_append(store, now, "report_every", study, 0,
                           sy_facts("{s:s?}", "report_every", text), error);
}

bool sy_store_set_report_every(SyStore *store, const char *study, gint64 epoch, const char *text,
                               SyTime now, GError **error) {
    g_autofree char *before = NULL;
    if (!sy_store_begin_read(store, error) ||
        !sy_store_finish(store, find_interval(store, study, &before, error), error))
        return false;
    if (g_strcmp0(before, text) == 0)
        return true;
    return sy_store_begin(store, error) &&
           sy_store_finish(store, set_interval(store, study, epoch, text, now, error), error);
}

static bool load_intervals(SyStore *store, GHashTable *intervals, GError **error) {
    SyStatement *query = sy_store_statement(
        store, "SELECT name, report_every FROM study WHERE report_every IS NOT NULL", error);
    SyDbStep step = SY_DB_FAILED;
    while (query && (step = sy_db_step(query, error)) == SY_DB_ROW)
        g_hash_table_insert(intervals, g_strdup(sy_db_text(query, 0, NULL)),
                            g_strdup(sy_db_text(query, 1, NULL)));
    return step == SY_DB_DONE;
}

GHashTable *sy_store_report_intervals(SyStore *store, GError **error) {
    g_autoptr(GHashTable) intervals =
        g_hash_table_new_full(g_str_hash, g_str_equal, g_free, g_free);
    if (!sy_store_begin_read(store, error) ||
        !sy_store_finish(store, load_intervals(store, intervals, error), error))
        return NULL;
    return g_steal_pointer(&intervals);
}

/* ---- jobs ---- */

static SyJobRecord read_record(SyStatement *query, int column) {
    return (SyJobRecord){.last = sy_column_time(query, column),
                         .resume_from = sy_column_time(query, column + 1),
                         .paused = sy_db_integer(query, column + 2) != 0,
                         .runs = sy_db_integer(query, column + 3)};
}

static bool load_job(SyStore *store, const char *study, const char *kind, SyJobRecord *job,
                     GError **error) {
    SyStatement *query = sy_store_statement(
        store,
        "SELECT last, resume_from, paused, runs FROM job WHERE study_name = ?1 AND kind = ?2",
        error);
    if (!query)
        return false;
    sy_db_bind_text(query, 1, study);
    sy_db_bind_text(query, 2, kind);
    SyDbStep step = sy_db_step(query, error);
    if (step == SY_DB_ROW)
        *job = read_record(query, 0);
    return step != SY_DB_FAILED;
}

bool sy_store_load_job(SyStore *store, const char *study, const char *kind, SyJobRecord *job,
                       GError **error) {
    *job = (SyJobRecord){.last = SY_TIME_NONE, .resume_from = SY_TIME_NONE};
    return sy_store_begin_read(store, error) &&
           sy_store_finish(store, load_job(store, study, kind, job, error), error);
}

static void job_row_clear(gpointer data) {
    SyJobRow *row = data;
    g_free(row->study);
    g_free(row->kind);
}

static bool load_paused(SyStore *store, GArray *rows, GError **error) {
    SyStatement *query =
        sy_store_statement(store,
                           "SELECT study_name, kind, last, resume_from, paused, runs FROM job "
                           "WHERE paused <> 0 OR resume_from IS NOT NULL",
                           error);
    SyDbStep step = SY_DB_FAILED;
    while (query && (step = sy_db_step(query, error)) == SY_DB_ROW) {
        SyJobRow row = {g_strdup(sy_db_text(query, 0, NULL)), g_strdup(sy_db_text(query, 1, NULL)),
                        read_record(query, 2)};
        g_array_append_val(rows, row);
    }
    return step == SY_DB_DONE;
}

GArray *sy_store_paused_jobs(SyStore *store, GError **error) {
    g_autoptr(GArray) rows = g_array_new(FALSE, FALSE, sizeof(SyJobRow));
    g_array_set_clear_func(rows, job_row_clear);
    if (!sy_store_begin_read(store, error) ||
        !sy_store_finish(store, load_paused(store, rows, error), error))
        return NULL;
    return g_steal_pointer(&rows);
}

static bool load_slots_after(SyStore *store, const char *study, const char *kind, SyTime now,
                             GArray *times, GError **error) {
    SyStatement *query =
        sy_store_statement(store,
                           "SELECT nominal FROM slot WHERE study_name = ?1 AND kind = ?2 AND "
                           "nominal > ?3 ORDER BY nominal",
                           error);
    if (!query)
        return false;
    sy_db_bind_text(query, 1, study);
    sy_db_bind_text(query, 2, kind);
    sy_db_bind_integer(query, 3, now);
    SyDbStep step;
    while ((step = sy_db_step(query, error)) == SY_DB_ROW) {
        SyTime nominal = sy_db_integer(query, 0);
        g_array_append_val(times, nominal);
    }
    return step == SY_DB_DONE;
}

GArray *sy_store_slots_after(SyStore *store, const char *study, const char *kind, SyTime now,
                             GError **error) {
    g_autoptr(GArray) times = g_array_new(FALSE, FALSE, sizeof(SyTime));
    if (!sy_store_begin_read(store, error) ||
        !sy_store_finish(store, load_slots_after(store, study, kind, now, times, error), error))
        return NULL;
    return g_steal_pointer(&times);
}

static bool pause_job(SyStore *store, const char *study, const char *kind, bool paused,
                      const char *note, SyTime now, GError **error) {
    SyStatement *upsert = sy_store_statement(
        store,
        "INSERT INTO job (study_name, kind, resume_from, paused, pause_note, runs) "
        "VALUES (?1, ?2, ?3, ?4, ?5, 0) ON CONFLICT (study_name, kind) DO UPDATE SET "
        "resume_from = CASE WHEN excluded.resume_from IS NULL THEN job.resume_from "
        "ELSE excluded.resume_from END, paused = excluded.paused, pause_note = "
        "excluded.pause_note",
        error);
    if (!upsert)
        return false;
    sy_db_bind_text(upsert, 1, study);
    sy_db_bind_text(upsert, 2, kind);
    sy_bind_time(upsert, 3, paused ? SY_TIME_NONE : now);
    sy_db_bind_integer(upsert, 4, paused);
    sy_db_bind_text(upsert, 5, note);
    return sy_store_run(upsert, error);
}

static bool pause_jobs(SyStore *store, const char *study, const char *kind, bool paused,
                       const char *reason, const char *who, SyTime now, GError **error) {
    g_autofree char *note = *reason ? g_strdup_printf("%s: %s", who, reason) : g_strdup(who);
    bool good = true;
    for (int i = 0; good && i < SY_N_JOB_KINDS; i++)
        if (!kind || strcmp(kind, sy_job_kind_names[i]) == 0)
            good = pause_job(store, study, sy_job_kind_names[i], paused, note, now, error);
    return good &&
           sy_store_append(store, now, paused ? "pause" : "resume", study, 0,
                           sy_facts("{s:s*, s:s, s:s}", "kind", kind, "reason", reason, "who", who),
                           error);
}

bool sy_store_pause(SyStore *store, const char *study, const char *kind, bool paused,
                    const char *reason, const char *who, SyTime now, GError **error) {
    g_autofree char *clean_reason = sy_store_clean(reason), *clean_who = sy_store_clean(who);
    return sy_store_begin(store, error) &&
           sy_store_finish(
               store, pause_jobs(store, study, kind, paused, clean_reason, clean_who, now, error),
               error);
}

/* ---- triggers ---- */

static bool add_trigger(SyStore *store, const char *study, const char *kind, const char *who,
                        SyTime now, gint64 *id, GError **error) {
    SyStatement *insert = sy_store_statement(
        store,
        "INSERT INTO trigger_request (study_name, kind, created, asked_by, epoch) "
        "VALUES (?1, ?2, ?3, ?4, 0) RETURNING id",
        error);
    if (!insert)
        return false;
    sy_db_bind_text(insert, 1, study);
    sy_db_bind_text(insert, 2, kind);
    sy_db_bind_integer(insert, 3, now);
    sy_db_bind_text(insert, 4, who);
    return sy_store_integer(insert, 0, id, error) &&
           sy_store_append(store, now, "trigger", study, 0,
                           sy_facts("{s:s, s:s}", "kind", kind, "who", who), error);
}

bool sy_store_add_trigger(SyStore *store, const char *study, const char *kind, const char *who,
                          SyTime now, gint64 *id, GError **error) {
    g_autofree char *clean = sy_store_clean(who);
    return sy_store_begin(store, error) &&
           sy_store_finish(store, add_trigger(store, study, kind, clean, now, id, error), error);
}

static void trigger_clear(gpointer data) {
    SyTriggerRow *row = data;
    g_free(row->study);
    g_free(row->kind);
}

static bool load_triggers(SyStore *store, const char *const *studies, GArray *rows,
                          GError **error) {
    SyStatement *query = sy_store_statement(
        store,
        "SELECT trigger_request.id, study_name, kind, created FROM trigger_request "
        "JOIN study ON name = study_name WHERE trigger_request.epoch <> study.epoch "
        "ORDER BY trigger_request.id",
        error);
    SyDbStep step = SY_DB_FAILED;
    while (query && (step = sy_db_step(query, error)) == SY_DB_ROW) {
        const char *study = sy_db_text(query, 1, NULL);
        if (!g_strv_contains(studies, study))
            continue;
        SyTriggerRow row = {.id = sy_db_integer(query, 0),
                            .study = g_strdup(study),
                            .kind = g_strdup(sy_db_text(query, 2, NULL)),
                            .created = sy_db_integer(query, 3)};
        g_array_append_val(rows, row);
    }
    return step == SY_DB_DONE;
}

static bool mark_taken(SyStore *store, const GArray *rows, GError **error) {
    for (guint i = 0; i < rows->len; i++) {
        SyStatement *update = sy_store_statement(
            store,
            "UPDATE trigger_request SET epoch = (SELECT epoch FROM study WHERE name = study_name) "
            "WHERE id = ?1",
            error);
        if (!update)
            return false;
        sy_db_bind_integer(update, 1, g_array_index(rows, SyTriggerRow, i).id);
        if (!sy_store_run(update, error))
            return false;
    }
    return true;
}

GArray *sy_store_take_triggers(SyStore *store, const char *const *studies, GError **error) {
    g_autoptr(GArray) rows = g_array_new(FALSE, FALSE, sizeof(SyTriggerRow));
    g_array_set_clear_func(rows, trigger_clear);
    if (!sy_store_begin_read(store, error) ||
        !sy_store_finish(store, load_triggers(store, studies, rows, error), error))
        return NULL;
    if (rows->len == 0)
        return g_steal_pointer(&rows);
    if (!sy_store_begin(store, error) ||
        !sy_store_finish(store, mark_taken(store, rows, error), error))
        return NULL;
    return g_steal_pointer(&rows);
}
