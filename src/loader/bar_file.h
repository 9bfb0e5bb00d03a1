/* Bars in a CSV file: finds the columns, reads times and values, checks them. Used by CSVData and
 * by `data import`. */
#ifndef SY_LOADER_BAR_FILE_H
#define SY_LOADER_BAR_FILE_H

#include "base/csv.h"
#include "base/field.h"
#include "data/align.h"
#include "loader/stamp.h"

typedef struct {
    SyCsv *csv;
    int value[SY_BAR_FIELDS]; /* column numbers; -1 where the file has none */
    int symbol;               /* -1 where the file has none */
    int index;
    const char *index_name; /* as the file spells it */
    SyStamp stamp;
} SyBarFile;

/* One row; the symbol is valid until the next. */
typedef struct {
    const char *symbol; /* NULL where the file has no such column */
    SyTime index;       /* of the index column, as it stands */
    double value[SY_BAR_FIELDS];
} SyBarRow;

/* Opens a file. Column names are those of `columns`, else the usual ones whatever their case:
 * symbol or ticker; open_datetime, close_datetime, open_time, close_time, datetime, timestamp,
 * time, date; open, high, low, close, volume.
 *
 * index_col  NULL: the first of the usual names that the file has
 * missing    SY_MISSING_RAISE: a file without open, high, low or volume is refused
 * Errors: as sy_csv_open; SY_ERROR_DATA for an absent column, with those there are. */
bool sy_bar_file_open(SyBarFile *file, const char *path, const SyMap *columns,
                      const char *index_col, SyMissing missing, GError **error);
/* The same from a CSV that is open; it stays the caller's. Only `csv` may be set before. */
bool sy_bar_file_begin(SyBarFile *file, const SyMap *columns, const char *index_col,
                       SyMissing missing, GError **error);
void sy_bar_file_clear(SyBarFile *file);
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(SyBarFile, sy_bar_file_clear)

/* Goes to the next row and sets its symbol only. Errors: as sy_csv_next. */
SyCsvStep sy_bar_file_next(SyBarFile *file, SyBarRow *row, GError **error);

/* Reads the rest of the row. A value that the file lacks, leaves empty or calls nan is NaN.
 * Errors: SY_ERROR_DATA "file:line: …" for a time or number that is none, and for a price that is
 * zero, negative or infinite. */
bool sy_bar_file_read(SyBarFile *file, SyBarRow *row, GError **error);

/* Sets SY_ERROR_DATA "file:line: SYMBOL: message". Always false. */
bool sy_bar_file_fail(const SyBarFile *file, const SyBarRow *row, GError **error,
                      const char *format, ...) G_GNUC_PRINTF(4, 5);

#endif
