/* From records of CSV to the bars of each symbol: what CSVData and command do alike. */
#ifndef SY_LOADER_BAR_READER_H
#define SY_LOADER_BAR_READER_H

#include "loader/bar_file.h"
#include "loader/bars.h"

/* The bars of the symbols that are asked for, source by source. */
typedef struct {
    const SyLoaderConfig *config;
    SySeries *series; /* [symbols], in the order in which they came */
    SyBarRange range;
    bool lacks[SY_BAR_FIELDS]; /* a source had no such column */
    bool strict; /* bars of other symbols are refused instead of left out, and rows without end */
} SyBarReader;

/* config  must outlive the reader; its symbols are checked. Clear with sy_bar_reader_clear. */
void sy_bar_reader_init(SyBarReader *reader, const SyLoaderConfig *config);
void sy_bar_reader_clear(SyBarReader *reader);
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(SyBarReader, sy_bar_reader_clear)

/* Reads all rows of a source. `range` must be set.
 *
 * only  position of the symbol that it is of; -1: a column tells, or there is only one symbol
 * Errors: as sy_csv_next and sy_bar_file_read; SY_ERROR_DATA where nothing tells several symbols
 * apart, and for what `strict` refuses. */
bool sy_bar_reader_take(SyBarReader *reader, SyBarFile *file, int only, GError **error);

/* All that was taken as a panel: sorted, of equal times the last, the newest config->limit, and NaN
 * where missing_columns drops what a source lacks. Takes the bars; `source` is where they come
 * from. Errors: as sy_bars_to_panel; SY_ERROR_DATA for a symbol without bars in the range. */
SyPanel *sy_bar_reader_panel(SyBarReader *reader, const char *source, GError **error);

/* Close of the newest bar of the panel that would come of it; SY_TIME_NONE where a symbol has none.
 * Cost: reads all times. */
SyTime sy_bar_reader_newest(const SyBarReader *reader);

#endif
