/* `data import`: CSV files into the table of bars of an engine. */
#ifndef SY_CLI_DATA_IMPORT_H
#define SY_CLI_DATA_IMPORT_H

#include "loader/import.h"

/* The parsed command line. */
typedef struct {
    const char *engine; /* a name of settings.toml, or a URL */
    const char *table;  /* usually "candle" */
    SyTimeframe timeframe;
    char **symbols;        /* NULL = all */
    const char *index_col; /* NULL = the usual names */
    SyIndexIs index_is;
    char **files; /* NULL-terminated; relative to the current folder */
} SyDataImport;

/* Imports the files in turn, each wholly or not at all; makes the database and the table where they
 * are absent (no database is left behind where nothing could be imported).
 *
 * folder   that relative SQLite paths start from: the workspace
 * counts   [number of files]; rows = 0 from the first file that failed on
 * Errors: as sy_engine_open and sy_import_file; SY_ERROR_DATA for a symbol that no file has. */
bool sy_data_import(const SyDataImport *arguments, const SyMap *engines, const char *folder,
                    SyCandleCounts *counts, GError **error);

#endif
