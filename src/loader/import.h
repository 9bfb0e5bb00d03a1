/* From CSV files to the table of bars of an engine. */
#ifndef SY_LOADER_IMPORT_H
#define SY_LOADER_IMPORT_H

#include "loader/candle_table.h"
#include "loader/loader.h"

/* Told how much of a file is done, 0 … 1. */
typedef void (*SyImportProgress)(double fraction, gpointer data);

/* How files are to be read. */
typedef struct {
    const char *table;
    SyTimeframe timeframe;
    char **symbols;        /* only these; NULL = all. One name where a file has no symbol column */
    const char *index_col; /* column of the times; NULL = the first of a usual name */
    SyIndexIs index_is;
    SyImportProgress progress; /* or NULL */
    gpointer progress_data;
} SyImportOptions;

/* Imports files in turn, each in one transaction: all of it or nothing. Makes the database and the
 * table where they are absent; a database made for files of which none could be imported is removed
 * again. A file is refused where a price is missing, zero, negative or infinite, where high < low,
 * where it has no row to import, or where the times of a symbol do not run steadily up (or steadily
 * down, as some providers write them); the message names the line.
 *
 * engine   a name of `engines`, or a URL
 * folder   that relative SQLite paths start from
 * files    NULL-terminated; relative to the current folder
 * counts   [number of files] what each has changed; those from the first that failed on stay as
 *          they were
 * Errors: as sy_engine_open; SY_ERROR_DATA (a file, a symbol that no file has),
 * SY_ERROR_UNAVAILABLE (absent file), SY_ERROR_LOCKED, SY_ERROR_IO. */
bool sy_import_files(const char *engine, const SyMap *engines, const char *folder,
                     const SyImportOptions *options, char **files, SyCandleCounts *counts,
                     GError **error);

#endif
