/* Kept results. Neither side fails: a store that is locked, read-only or broken makes a run slower,
 * and whatever is wrong with it shows where the decision is stored. */
#include "store/splits.h"

#include <string.h>

#include "store/internal.h"

/* Keys of one query: a round trip for so many. */
enum { BATCH = 64 };

void sy_splits_init(SySplits *splits, SyStore *store, SyTime now) {
    *splits = (SySplits){store, now, g_array_new(FALSE, FALSE, sizeof(SyKept))};
}

void sy_splits_clear(SySplits *splits) { g_clear_pointer(&splits->used, g_array_unref); }

/* "SELECT … WHERE key IN (?1, … ?64)". */
static const char *find_sql(void) {
    static char *text;
    if (g_once_init_enter(&text)) {
        GString *sql = g_string_new("SELECT key, value FROM split WHERE key IN (");
        for (int i = 1; i <= BATCH; i++)
            g_string_append_printf(sql, "%s?%d", i > 1 ? ", " : "", i);
        g_once_init_leave(&text, g_string_free(g_string_append_c(sql, ')'), FALSE));
    }
    return text;
}

/* Takes a row of the query to whoever of the batch asked for it. */
static void take_row(SySplits *splits, SyStatement *query, SyKept *kept, gsize n) {
    gsize key_size, size;
    const guint8 *key = sy_db_blob(query, 0, &key_size), *value = sy_db_blob(query, 1, &size);
    for (gsize i = 0; i < n; i++) {
        if (key_size != SY_DIGEST_SIZE || memcmp(key, kept[i].key, key_size) != 0 ||
            size != kept[i].size)
            continue;
        memcpy(kept[i].bytes, value, size);
        kept[i].found = true;
        g_array_append_val(splits->used, kept[i]);
    }
}

static void find(gpointer data, SyKept *kept, gsize n) {
    SySplits *splits = data;
    for (gsize from = 0; from < n; from += BATCH) {
        SyStatement *query = sy_store_statement(splits->store, find_sql(), NULL);
        if (!query)
            return;
        gsize count = MIN(n - from, BATCH);
        for (gsize i = 0; i < BATCH; i++) /* those beyond the last ask for it again */
            sy_db_bind_blob(query, (int)i + 1, kept[from + MIN(i, count - 1)].key, SY_DIGEST_SIZE);
        while (sy_db_step(query, NULL) == SY_DB_ROW)
            take_row(splits, query, kept + from, count);
        sy_db_reset(query);
    }
}

static bool put(SySplits *splits, const SyKept *kept, GError **error) {
    SyStatement *insert = sy_store_statement(
        splits->store,
        "INSERT INTO split (key, value, used) VALUES (?1, ?2, ?3) ON CONFLICT (key) DO "
        "UPDATE SET value = excluded.value, used = excluded.used",
        error);
    if (!insert)
        return false;
    sy_db_bind_blob(insert, 1, kept->key, SY_DIGEST_SIZE);
    sy_db_bind_blob(insert, 2, kept->bytes, kept->size);
    sy_db_bind_integer(insert, 3, splits->now);
    return sy_store_run(insert, error);
}

static bool touch(SySplits *splits, const SyKept *kept, GError **error) {
    SyStatement *update =
        sy_store_statement(splits->store, "UPDATE split SET used = ?2 WHERE key = ?1", error);
    if (!update)
        return false;
    sy_db_bind_blob(update, 1, kept->key, SY_DIGEST_SIZE);
    sy_db_bind_integer(update, 2, splits->now);
    return sy_store_run(update, error);
}

static void keep(gpointer data, const SyKept *kept, gsize n) {
    SySplits *splits = data;
    if (!sy_store_begin(splits->store, NULL))
        return;
    bool good = true;
    for (gsize i = 0; good && i < n; i++)
        good = put(splits, &kept[i], NULL);
    for (guint i = 0; good && i < splits->used->len; i++)
        good = touch(splits, &g_array_index(splits->used, SyKept, i), NULL);
    sy_store_finish(splits->store, good, NULL);
}

SyKeeper sy_splits_keeper(SySplits *splits) { return (SyKeeper){find, keep, splits}; }
