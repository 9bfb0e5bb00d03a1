/* The table of bars that our own commands make and fill: candle(symbol, timeframe, open_datetime,
 * close_datetime, open, high, low, close, volume), one row for each (symbol, timeframe,
 * close_datetime). Times are UTC: TIMESTAMPTZ where the database has such a type, else text,
 * "2018-01-01 00:00:00"; timeframes are spelled canonically, "1h". */
#ifndef SY_LOADER_CANDLE_TABLE_H
#define SY_LOADER_CANDLE_TABLE_H

#include "data/panel.h"
#include "db/db.h"

/* What writing rows has changed. */
typedef struct {
    gsize rows, added, revised, unchanged; /* rows = the sum of the others */
} SyCandleCounts;

/* One transaction of rows into one table. */
typedef struct SyCandleWriter SyCandleWriter;

/* Begins the transaction; makes the table where it is absent. Errors: as sy_db_step; SY_ERROR_DATA
 * where a table of that name has other columns or another key. */
SyCandleWriter *sy_candle_writer_begin(SyDb *db, const char *table, SyTimeframe timeframe,
                                       GError **error);

/* Fails unless each bar that the table holds of the panel's symbols, in the writer's timeframe, is
 * one of the panel's, bit for bit; a missing value equals none. Errors: SY_ERROR_DATA with the
 * first that is not; as sy_db_step. Cost: reads the stored bars of these symbols. */
bool sy_candle_writer_holds_only(SyCandleWriter *writer, const SyPanel *panel, GError **error);

/* Stores a bar that closes at `close`; one of each symbol and time. values [SY_BAR_FIELDS], NaN is
 * stored as NULL. Errors: as sy_db_upsert_begin and sy_db_upsert_put. */
bool sy_candle_writer_put(SyCandleWriter *writer, const char *symbol, SyTime close,
                          const double *values, GError **error);

/* After SY_ERROR_DATA of the two around: the bar that the table refuses, from 1 in the order in
 * which they were put; 0 where no single one is to blame. */
gsize sy_candle_writer_failed_row(const SyCandleWriter *writer);

/* Ends the transaction and says what it has changed. Errors: as sy_db_step; then nothing has. */
bool sy_candle_writer_commit(SyCandleWriter *writer, SyCandleCounts *counts, GError **error);

/* Frees the writer; without a commit before, nothing has changed, not even the table made. */
void sy_candle_writer_free(SyCandleWriter *writer);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(SyCandleWriter, sy_candle_writer_free)

/* One symbol and timeframe of the table. */
typedef struct {
    char *symbol, *timeframe;
    SyProvenance provenance;
} SyCandleSummary;

/* The check of a calendar's name: "24/7", "XNYS", … Errors: SY_ERROR_USAGE with those there are. */
bool sy_candle_calendar_check(const char *name, GError **error);

/* Rows, range and gaps (as sy_series_measure, by the calendar of this name) of every symbol and
 * timeframe, sorted. [n] in *summaries, to be freed with sy_candle_summaries_free. Errors: as
 * sy_db_step; SY_ERROR_DATA with its place for a time or timeframe that is none. Cost: reads the
 * whole table.
 */
bool sy_candle_table_summarise(SyDb *db, const char *table, const char *calendar,
                               SyCandleSummary **summaries, gsize *n, GError **error);
void sy_candle_summaries_free(SyCandleSummary *summaries, gsize n);

#endif
