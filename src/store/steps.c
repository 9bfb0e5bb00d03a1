/* Steps wait in memory for the transaction that ends their attempt, so that they cost no commit. */
#include "store/steps.h"

#include <string.h>

#include "store/internal.h"

const char *const sy_step_status_names[] = {
    [SY_STEP_SUCCEEDED] = "succeeded", [SY_STEP_FAILED] = "failed",   [SY_STEP_CRASHED] = "crashed",
    [SY_STEP_TIMED_OUT] = "timed_out", [SY_STEP_SKIPPED] = "skipped",
};

void sy_step_row_clear(SyStepRow *row) {
    g_free(row->name);
    g_free(row->message);
    *row = (SyStepRow){0};
}

static GArray *new_rows(void) {
    GArray *rows = g_array_new(FALSE, FALSE, sizeof(SyStepRow));
    g_array_set_clear_func(rows, (GDestroyNotify)sy_step_row_clear);
    return rows;
}

void sy_store_wait_steps(SyStore *store, gint64 id, const SyStepRow *steps, gsize n) {
    GArray *rows = new_rows();
    for (gsize i = 0; i < n; i++) {
        SyStepRow row = steps[i];
        row.name = sy_store_clean(steps[i].name);
        row.message = sy_store_clean(steps[i].message);
        g_array_append_val(rows, row);
    }
    g_hash_table_insert(store->steps, g_memdup2(&id, sizeof id), rows);
}

static bool insert_step(SyStore *store, gint64 run, const SyStepRow *row, GError **error) {
    SyStatement *insert = sy_store_statement(
        store,
        "INSERT INTO step (run_id, name, attempt, status, started, ended, message) "
        "VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7) ON CONFLICT (run_id, name, attempt) DO UPDATE SET "
        "status = excluded.status, started = excluded.started, ended = excluded.ended, "
        "message = excluded.message",
        error);
    if (!insert)
        return false;
    sy_db_bind_integer(insert, 1, run);
    sy_db_bind_text(insert, 2, row->name);
    sy_db_bind_integer(insert, 3, row->attempt);
    sy_db_bind_text(insert, 4, sy_step_status_names[row->status]);
    sy_db_bind_integer(insert, 5, row->started);
    sy_db_bind_integer(insert, 6, row->ended);
    sy_db_bind_text(insert, 7, row->message);
    return sy_store_run(insert, error);
}

bool sy_store_insert_steps(SyStore *store, gint64 run, GError **error) {
    GArray *rows = g_hash_table_lookup(store->steps, &run);
    for (guint i = 0; rows && i < rows->len; i++)
        if (!insert_step(store, run, &g_array_index(rows, SyStepRow, i), error))
            return false;
    return true;
}

bool sy_store_write_steps(SyStore *store, gint64 id, GError **error) {
    if (!sy_store_begin(store, error) ||
        !sy_store_finish(store, sy_store_insert_steps(store, id, error), error))
        return false;
    g_hash_table_remove(store->steps, &id);
    return true;
}

static bool load_steps(SyStore *store, gint64 id, GArray *rows, GError **error) {
    SyStatement *query = sy_store_statement(
        store,
        "SELECT name, attempt, status, started, ended, message FROM step WHERE run_id = ?1 "
        "ORDER BY started, ended, name, attempt",
        error);
    if (!query)
        return false;
    sy_db_bind_integer(query, 1, id);
    SyDbStep step;
    while ((step = sy_db_step(query, error)) == SY_DB_ROW) {
        SyStepRow row = {.name = g_strdup(sy_db_text(query, 0, NULL)),
                         .attempt = (int)sy_db_integer(query, 1),
                         .status = (SyStepStatus)sy_column_word(query, 2, sy_step_status_names,
                                                                SY_N_STEP_STATUSES),
                         .started = sy_db_integer(query, 3),
                         .ended = sy_db_integer(query, 4),
                         .message = g_strdup(sy_db_text(query, 5, NULL))};
        g_array_append_val(rows, row);
    }
    return step == SY_DB_DONE;
}

GArray *sy_store_load_steps(SyStore *store, gint64 id, GError **error) {
    g_autoptr(GArray) rows = new_rows();
    if (!sy_store_begin_read(store, error) ||
        !sy_store_finish(store, load_steps(store, id, rows, error), error))
        return NULL;
    return g_steal_pointer(&rows);
}

/* ---- files ---- */

static bool insert_artifact(SyStore *store, gint64 run, const char *kind, const char *path,
                            GError **error) {
    SyStatement *insert =
        sy_store_statement(store,
                           "INSERT INTO artifact (run_id, kind, number, path) VALUES (?1, ?2, "
                           "(SELECT count(*) FROM artifact WHERE run_id = ?1 AND kind = ?2), ?3)",
                           error);
    if (!insert)
        return false;
    sy_db_bind_integer(insert, 1, run);
    sy_db_bind_text(insert, 2, kind);
    sy_db_bind_text(insert, 3, path);
    return sy_store_run(insert, error);
}

static bool add_artifacts(SyStore *store, gint64 id, const char *kind, const GPtrArray *paths,
                          SyTime now, GError **error) {
    g_autofree char *study = NULL;
    json_t *list = json_array();
    bool good = sy_store_study_of(store, id, &study, error);
    for (guint i = 0; good && i < paths->len; i++) {
        g_autofree char *path = sy_store_clean(paths->pdata[i]);
        json_array_append_new(list, json_string(path));
        good = insert_artifact(store, id, kind, path, error);
    }
    json_t *facts = sy_facts("{s:s, s:o}", "kind", kind, "paths", list);
    if (good)
        return sy_store_append(store, now, "artifact", study, id, facts, error);
    json_decref(facts);
    return false;
}

bool sy_store_add_artifacts(SyStore *store, gint64 id, const char *kind, const GPtrArray *paths,
                            SyTime now, GError **error) {
    return sy_store_begin(store, error) &&
           sy_store_finish(store, add_artifacts(store, id, kind, paths, now, error), error);
}

static bool load_artifacts(SyStore *store, gint64 id, const char *kind, GStrvBuilder *paths,
                           GError **error) {
    SyStatement *query = sy_store_statement(
        store, "SELECT path FROM artifact WHERE run_id = ?1 AND kind = ?2 ORDER BY number", error);
    if (!query)
        return false;
    sy_db_bind_integer(query, 1, id);
    sy_db_bind_text(query, 2, kind);
    SyDbStep step;
    while ((step = sy_db_step(query, error)) == SY_DB_ROW)
        g_strv_builder_add(paths, sy_db_text(query, 0, NULL));
    return step == SY_DB_DONE;
}

char **sy_store_load_artifacts(SyStore *store, gint64 id, const char *kind, GError **error) {
    g_autoptr(GStrvBuilder) paths = g_strv_builder_new();
    if (!sy_store_begin_read(store, error) ||
        !sy_store_finish(store, load_artifacts(store, id, kind, paths, error), error))
        return NULL;
    return g_strv_builder_end(paths);
}
