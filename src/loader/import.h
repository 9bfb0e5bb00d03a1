/* From CSV files to the table of bars of an engine. */
#ifndef SY_LOADER_IMPORT_H
#define SY_LOADER_IMPORT_H

#include "loader/candle_table.h"
#include "loader/loader.h"

/* How files are to be read. */
typedef struct {
    const char *table;
    SyTimeframe timeframe;
    char **symbols;        /* only these; NULL = all. One name where a file has no symbol column */
    const char *index_col; /* column of the times; NULL = the first of a usual name */
    SyIndexIs index_is;
    GHashTable
        *seen; /* gets the symbols that rows were read of (keys, strings); NULL = not asked */
} SyImportOptions;

/* Imports one file in one transaction: all of it or nothing. A file is refused where a price is
 * missing, zero, negative or infinite, where high < low, where it has no row to import, or where
 * the times of a symbol do not run steadily up (or steadily down, as some providers write them),
 * with its place. Errors: SY_ERROR_DATA, SY_ERROR_UNAVAILABLE (the file), as sy_db_step (the
 * database). */
bool sy_import_file(SyDb *db, const SyImportOptions *options, const char *path,
                    SyCandleCounts *counts, GError **error);

#endif
