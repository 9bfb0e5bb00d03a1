/* From records of CSV to the bars of each symbol: what CSVData and command do alike. */
#ifndef SY_LOADER_BAR_READER_H
#define SY_LOADER_BAR_READER_H

#include "loader/bar_file.h"
#include "loader/bars.h"

/* The bars of the symbols that are asked for, source by source. */
typedef struct {
    const SyLoaderConfig *config;
    SySeries *series; /* [symbols] */
    SyBarRange range;
    bool lacks[SY_BAR_FIELDS]; /* a source had no such column */
    bool strict;               /* bars of other symbols are refused instead of left out */
    gsize rows_most;           /* of one symbol; more are refused; 0: any number */
} SyBarReader;

/* Reads all rows of a source. `range` must be set.
 *
 * only  position of the symbol that it is of; -1: a column tells, or there is only one symbol
 * Errors: as sy_csv_next and sy_bar_file_read; SY_ERROR_DATA where nothing tells several symbols
 * apart, and for what `strict` and `rows_most` refuse. */
bool sy_bar_reader_take(SyBarReader *reader, SyBarFile *file, int only, GError **error);

/* Sorts the bars of a symbol, the last of each time stays, and cuts them to config->limit; then
 * says whether there are any. */
bool sy_bar_reader_finish(SyBarReader *reader, gsize symbol);

/* Sets the error for a symbol without bars in the range; `source` is where they come from. Always
 * false. */
bool sy_bar_reader_fail_none(const SyBarReader *reader, const char *source, gsize symbol,
                             GError **error);

/* Values of fields that a source had no column for become NaN for all where missing_columns says
 * so: once all symbols are finished. */
void sy_bar_reader_drop_lacking(SyBarReader *reader);

/* Close of the newest bar that all symbols have, before they are finished; SY_TIME_NONE. */
SyTime sy_bar_reader_newest(const SyBarReader *reader);

#endif
