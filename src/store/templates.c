/* Which text a template's file ran with last, and what its strategy holds. */
#include "store/templates.h"

#include <string.h>

#include "store/internal.h"

static bool last_hash(SyStore *store, const char *file, char **hash, GError **error) {
    SyStatement *query =
        sy_store_statement(store, "SELECT hash FROM template_use WHERE file = ?1", error);
    if (!query)
        return false;
    sy_db_bind_text(query, 1, file);
    SyDbStep step = sy_db_step(query, error);
    *hash = step == SY_DB_ROW ? g_strdup(sy_db_text(query, 0, NULL)) : NULL;
    return step != SY_DB_FAILED;
}

static bool upsert_use(SyStore *store, const char *file, const char *study, const char *hash,
                       SyTime now, GError **error) {
    SyStatement *upsert = sy_store_statement(
        store,
        "INSERT INTO template_use (file, study_name, hash, since) VALUES (?1, ?2, ?3, ?4) "
        "ON CONFLICT (file) DO UPDATE SET study_name = excluded.study_name, hash = excluded.hash, "
        "since = excluded.since",
        error);
    if (!upsert)
        return false;
    sy_db_bind_text(upsert, 1, file);
    sy_db_bind_text(upsert, 2, study);
    sy_db_bind_text(upsert, 3, hash);
    sy_db_bind_integer(upsert, 4, now);
    return sy_store_run(upsert, error) &&
           sy_store_append(store, now, "template", study, 0,
                           sy_facts("{s:s, s:s}", "file", file, "hash", hash), error);
}

/* Keeps the version before, as long as a job of the study may have slots of it to look back on. */
static bool keep_past(SyStore *store, const char *file, const char *study, const char *before,
                      SyTime now, GError **error) {
    if (!before)
        return true;
    SyStatement *insert = sy_store_statement(store,
                                             "INSERT INTO template_past (file, until, hash) "
                                             "VALUES (?1, ?2, ?3) ON CONFLICT DO NOTHING",
                                             error);
    if (!insert)
        return false;
    sy_db_bind_text(insert, 1, file);
    sy_db_bind_integer(insert, 2, now);
    sy_db_bind_text(insert, 3, before);
    SyStatement *forget =
        sy_store_run(insert, error)
            ? sy_store_statement(store,
                                 "DELETE FROM template_past WHERE file = ?1 AND until <= "
                                 "(SELECT min(last) FROM job WHERE study_name = ?2)",
                                 error)
            : NULL;
    if (!forget)
        return false;
    sy_db_bind_text(forget, 1, file);
    sy_db_bind_text(forget, 2, study);
    return sy_store_run(forget, error);
}

bool sy_store_use_template(SyStore *store, const char *file, const char *study, const char *hash,
                           const char *text, SyTime now, GError **error) {
    g_autofree char *clean = sy_store_clean(file), *before = NULL;
    if (!sy_store_begin_read(store, error) ||
        !sy_store_finish(store, last_hash(store, clean, &before, error), error))
        return false;
    if (g_strcmp0(before, hash) == 0)
        return true;
    return sy_store_begin(store, error) &&
           sy_store_finish(store,
                           sy_store_keep_template(store, hash, study, text, now, error) &&
                               keep_past(store, clean, study, before, now, error) &&
                               upsert_use(store, clean, study, hash, now, error),
                           error);
}

static void past_version_clear(SyPastVersion *version) { g_free(version->text); }

static bool find_past(SyStore *store, const char *file, SyTime from, GArray *versions,
                      GError **error) {
    SyStatement *query = sy_store_statement(
        store,
        "SELECT text, until FROM template_past JOIN template_version ON "
        "template_version.hash = template_past.hash WHERE file = ?1 AND until > ?2 ORDER BY until",
        error);
    if (!query)
        return false;
    sy_db_bind_text(query, 1, file);
    sy_db_bind_integer(query, 2, from);
    SyDbStep step;
    while ((step = sy_db_step(query, error)) == SY_DB_ROW) {
        SyPastVersion version = {g_strdup(sy_db_text(query, 0, NULL)), sy_db_integer(query, 1)};
        g_array_append_val(versions, version);
    }
    return step == SY_DB_DONE;
}

GArray *sy_store_past_templates(SyStore *store, const char *file, SyTime from, GError **error) {
    g_autofree char *clean = sy_store_clean(file);
    g_autoptr(GArray) versions = g_array_new(FALSE, FALSE, sizeof(SyPastVersion));
    g_array_set_clear_func(versions, (GDestroyNotify)past_version_clear);
    bool found = sy_store_begin_read(store, error) &&
                 sy_store_finish(store, find_past(store, clean, from, versions, error), error);
    return found ? g_steal_pointer(&versions) : NULL;
}

static bool last_text(SyStore *store, const char *file, char **text, GError **error) {
    SyStatement *query =
        sy_store_statement(store,
                           "SELECT text FROM template_use JOIN template_version ON "
                           "template_version.hash = template_use.hash WHERE file = ?1",
                           error);
    if (!query)
        return false;
    sy_db_bind_text(query, 1, file);
    SyDbStep step = sy_db_step(query, error);
    *text = step == SY_DB_ROW ? g_strdup(sy_db_text(query, 0, NULL)) : NULL;
    return step != SY_DB_FAILED;
}

bool sy_store_last_template(SyStore *store, const char *file, char **text, GError **error) {
    g_autofree char *clean = sy_store_clean(file);
    *text = NULL;
    return sy_store_begin_read(store, error) &&
           sy_store_finish(store, last_text(store, clean, text, error), error);
}

static bool holdings(SyStore *store, const char *study, GStrvBuilder *symbols, bool *holds,
                     GError **error) {
    SyStatement *query = sy_store_statement(
        store, "SELECT symbol, quantity FROM position WHERE study_name = ?1 ORDER BY leg", error);
    if (!query)
        return false;
    sy_db_bind_text(query, 1, study);
    SyDbStep step;
    while ((step = sy_db_step(query, error)) == SY_DB_ROW) {
        g_strv_builder_add(symbols, sy_db_text(query, 0, NULL));
        *holds |= sy_db_number(query, 1) != 0;
    }
    return step == SY_DB_DONE;
}

bool sy_store_load_holdings(SyStore *store, const char *study, char ***symbols, bool *holds,
                            GError **error) {
    g_autoptr(GStrvBuilder) found = g_strv_builder_new();
    *holds = false;
    *symbols = NULL;
    if (!sy_store_begin_read(store, error) ||
        !sy_store_finish(store, holdings(store, study, found, holds, error), error))
        return false;
    *symbols = g_strv_builder_end(found);
    return true;
}
