/* Opening a store, and what all its files do alike: transactions and prepared statements. Every
 * write is one transaction that begins as the only writer, so that two processes never decide on a
 * state that the other is changing. */
#include "store/store.h"

#include <string.h>

#include "base/error.h"
#include "store/internal.h"

enum { busy_ms = 5000 };

extern const unsigned char sy_migration_0001[], sy_migration_0002[], sy_migration_0003[],
    sy_migration_0004[], sy_migration_0005[], sy_migration_0006[], sy_migration_0007[],
    sy_migration_0008[], sy_migration_0009[];

static const unsigned char *const migrations[] = {
    sy_migration_0001, sy_migration_0002, sy_migration_0003, sy_migration_0004, sy_migration_0005,
    sy_migration_0006, sy_migration_0007, sy_migration_0008, sy_migration_0009};
const gint64 sy_store_schema = G_N_ELEMENTS(migrations);

/* ---- transactions ---- */

bool sy_store_begin(SyStore *store, GError **error) {
    store->chain_known = false;
    store->ends_attempt_of = 0;
    return sy_db_begin(store->db, SY_DB_WRITE, error);
}

bool sy_store_begin_read(SyStore *store, GError **error) {
    return sy_db_begin(store->db, SY_DB_READ, error);
}

/* A statement that stands on a row keeps its read transaction open. */
static void reset_statements(SyStore *store) {
    GHashTableIter iter;
    gpointer statement;
    g_hash_table_iter_init(&iter, store->statements);
    while (g_hash_table_iter_next(&iter, NULL, &statement))
        sy_db_reset(statement);
}

bool sy_store_finish(SyStore *store, bool good, GError **error) {
    reset_statements(store);
    if (!good)
        sy_db_rollback(store->db);
    else if ((good = sy_db_commit(store->db, error)) && store->ends_attempt_of)
        g_hash_table_remove(store->steps, &store->ends_attempt_of);
    return good;
}

SyStatement *sy_store_statement(SyStore *store, const char *sql, GError **error) {
    SyStatement *statement = g_hash_table_lookup(store->statements, sql);
    if (statement) {
        sy_db_reset(statement);
        return statement;
    }
    statement = sy_db_prepare(store->db, sql, error);
    if (statement)
        g_hash_table_insert(store->statements, g_strdup(sql), statement);
    return statement;
}

bool sy_store_run(SyStatement *statement, GError **error) {
    return sy_db_step(statement, error) != SY_DB_FAILED;
}

bool sy_store_integer(SyStatement *statement, gint64 fallback, gint64 *value, GError **error) {
    SyDbStep step = sy_db_step(statement, error);
    *value = step == SY_DB_ROW && sy_db_type(statement, 0) != SY_DB_NULL
                 ? sy_db_integer(statement, 0)
                 : fallback;
    return step != SY_DB_FAILED;
}

void sy_bind_time(SyStatement *statement, int parameter, SyTime time) {
    if (time == SY_TIME_NONE)
        sy_db_bind_null(statement, parameter);
    else
        sy_db_bind_integer(statement, parameter, time);
}

SyTime sy_column_time(SyStatement *statement, int column) {
    return sy_db_type(statement, column) == SY_DB_NULL ? SY_TIME_NONE
                                                       : sy_db_integer(statement, column);
}

int sy_column_word(SyStatement *statement, int column, const char *const *words, int n) {
    const char *word = sy_db_text(statement, column, NULL);
    for (int i = 0; i < n; i++)
        if (strcmp(words[i], word) == 0)
            return i;
    g_error("the store holds a word that no table knows: %s", word);
}

char *sy_store_clean(const char *text) { return g_utf8_make_valid(text ? text : "", -1); }

/* ---- opening ---- */

static bool apply_migrations(SyStore *store, gint64 version, GError **error) {
    for (gsize i = (gsize)version; i < G_N_ELEMENTS(migrations); i++)
        if (!sy_db_migrate(store->db, (const char *)migrations[i], (gint64)i + 1, error))
            return false;
    return true;
}

static bool fail_version(const char *url, gint64 version, GError **error) {
    g_autofree char *masked = sy_db_url_mask(url);
    bool newer = version > sy_store_schema;
    return sy_fail(error, SY_ERROR_TEMPLATE,
                   "%s: the store has schema %" G_GINT64_FORMAT ", this program %" G_GINT64_FORMAT
                   ": %s",
                   masked, version, sy_store_schema,
                   newer ? "it was written by a newer version; use that one"
                         : "run a cycle without --dry-run first, which brings it up to date");
}

static bool migrate(SyStore *store, const char *url, bool only_read, GError **error) {
    gint64 version = 0;
    if (!sy_db_schema_version(store->db, &version, error))
        return false;
    if (version == sy_store_schema)
        return true;
    if (only_read || version > sy_store_schema)
        return fail_version(url, version, error);
    if (version > 0 && !sy_store_backup_before(store, version, error))
        return false;
    /* Another process may migrate at the same moment: look again as the only writer. */
    if (!sy_store_begin(store, error))
        return false;
    bool good =
        sy_db_schema_version(store->db, &version, error) && apply_migrations(store, version, error);
    return sy_store_finish(store, good, error);
}

static SyStore *open_store(const char *url, const char *folder, SyDbMode mode, GError **error) {
    g_autoptr(SyStore) store = g_new0(SyStore, 1);
    store->statements =
        g_hash_table_new_full(g_str_hash, g_str_equal, g_free, (GDestroyNotify)sy_statement_free);
    store->claims = g_hash_table_new_full(g_int64_hash, g_int64_equal, g_free, g_free);
    store->steps =
        g_hash_table_new_full(g_int64_hash, g_int64_equal, g_free, (GDestroyNotify)g_array_unref);
    store->url = g_strdup(url);
    store->folder = g_strdup(folder);
    store->db = sy_db_open(url, folder, mode, busy_ms, error);
    return store->db ? g_steal_pointer(&store) : NULL;
}

SyStore *sy_store_open(const char *url, const char *folder, bool only_read, GError **error) {
    g_autoptr(SyStore) store =
        open_store(url, folder, only_read ? SY_DB_READ : SY_DB_CREATE, error);
    if (!store || (!only_read && !sy_db_make_durable(store->db, error)) ||
        !migrate(store, url, only_read, error))
        return NULL;
    return g_steal_pointer(&store);
}

SyStore *sy_store_open_as_is(const char *url, GError **error) {
    return open_store(url, NULL, SY_DB_READ, error);
}

/* A server holds a store once a migration has run. One that cannot be asked may hold it: opening it
 * tells the reason. */
static bool server_has_store(const char *url) {
    gint64 version = 0;
    g_autoptr(SyDb) db = sy_db_open(url, NULL, SY_DB_READ, busy_ms, NULL);
    return !db || !sy_db_schema_version(db, &version, NULL) || version > 0;
}

struct SyStoreAddress {
    char *url, *folder;
};

SyStoreAddress *sy_store_address(const SyStore *store) {
    SyStoreAddress *address = g_new0(SyStoreAddress, 1);
    *address = (SyStoreAddress){g_strdup(store->url), g_strdup(store->folder)};
    return address;
}

void sy_store_address_free(SyStoreAddress *address) {
    g_free(address->url);
    g_free(address->folder);
    g_free(address);
}

SyStore *sy_store_open_address(const SyStoreAddress *address, GError **error) {
    return sy_store_open(address->url, address->folder, false, error);
}

bool sy_store_exists(const char *url, const char *folder) {
    SyDbUrl parsed = {0};
    bool known = sy_db_url_parse(url, &parsed, NULL);
    g_autofree char *path =
        known && parsed.path ? g_canonicalize_filename(parsed.path, folder) : NULL;
    bool on_server = known && !parsed.path;
    sy_db_url_clear(&parsed);
    return path ? g_file_test(path, G_FILE_TEST_EXISTS) : on_server ? server_has_store(url) : true;
}

void sy_store_close(SyStore *store) {
    if (!store)
        return;
    g_clear_pointer(&store->statements, g_hash_table_unref);
    g_clear_pointer(&store->claims, g_hash_table_unref);
    g_clear_pointer(&store->steps, g_hash_table_unref);
    sy_db_close(store->db);
    g_free(store->url);
    g_free(store->folder);
    g_free(store);
}
