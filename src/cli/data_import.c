/* `data import`. */
#include "cli/data_import.h"

#include <glib/gstdio.h>

#include "base/error.h"
#include "loader/engine.h"

static bool import_files(SyDb *db, const SyDataImport *arguments, SyCandleCounts *counts,
                         GError **error) {
    g_autoptr(GHashTable) seen = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, NULL);
    SyImportOptions options = {
        .table = arguments->table,
        .timeframe = arguments->timeframe,
        .symbols = arguments->symbols,
        .index_col = arguments->index_col,
        .index_is = arguments->index_is,
        .seen = seen,
    };
    for (gsize i = 0; arguments->files[i]; i++)
        if (!sy_import_file(db, &options, arguments->files[i], &counts[i], error))
            return false;
    for (char **symbol = arguments->symbols; symbol && *symbol; symbol++)
        if (!g_hash_table_contains(seen, *symbol))
            return sy_fail(error, SY_ERROR_DATA, "no file has a row of symbol \"%s\"", *symbol);
    return true;
}

/* Removes a database that was made for an import of which nothing came. */
static void remove_if_empty(const char *path) {
    GStatBuf status;
    if (g_stat(path, &status) == 0 && status.st_size == 0)
        g_unlink(path);
}

bool sy_data_import(const SyDataImport *arguments, const SyMap *engines, const char *folder,
                    SyCandleCounts *counts, GError **error) {
    SyDb *db = sy_engine_open(arguments->engine, engines, folder, SY_DB_CREATE, error);
    if (!db)
        return false;
    g_autofree char *path = g_strdup(sy_db_name(db));
    bool imported = import_files(db, arguments, counts, error);
    sy_db_close(db);
    if (!imported)
        remove_if_empty(path);
    return imported;
}
