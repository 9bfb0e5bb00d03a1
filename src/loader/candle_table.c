/* Writing and summing up the table of bars. */
#include "loader/candle_table.h"

#include <stdlib.h>
#include <string.h>

#include "base/error.h"
#include "data/series.h"
#include "loader/stamp.h"

struct SyCandleWriter {
    SyDb *db;
    char *table; /* quoted */
    SyTimeframe timeframe;
    char spelling[SY_TIME_TEXT_SIZE];
    SyStatement *upsert;
    gint64 rows_before;
    gsize rows, changed;
    bool open; /* the transaction is */
};

static const char create_sql[] =
    "CREATE TABLE IF NOT EXISTS %s ("
    "symbol TEXT NOT NULL, timeframe TEXT NOT NULL, open_datetime TEXT NOT NULL, "
    "close_datetime TEXT NOT NULL, open DOUBLE PRECISION, high DOUBLE PRECISION, low DOUBLE "
    "PRECISION, close DOUBLE PRECISION, volume DOUBLE PRECISION, "
    "PRIMARY KEY (symbol, timeframe, close_datetime))%s";

/* A row that is stored already, bit for bit, counts as no change. */
static const char upsert_sql[] =
    "INSERT INTO %1$s (symbol, timeframe, open_datetime, close_datetime, open, high, low, close, "
    "volume) VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9) "
    "ON CONFLICT (symbol, timeframe, close_datetime) DO UPDATE SET open_datetime = "
    "excluded.open_datetime, open = excluded.open, high = excluded.high, low = excluded.low, close "
    "= excluded.close, volume = excluded.volume WHERE %1$s.open_datetime IS DISTINCT FROM "
    "excluded.open_datetime OR %1$s.open IS DISTINCT FROM excluded.open OR %1$s.high IS DISTINCT "
    "FROM excluded.high OR %1$s.low IS DISTINCT FROM excluded.low OR %1$s.close IS DISTINCT FROM "
    "excluded.close OR %1$s.volume IS DISTINCT FROM excluded.volume";

static bool count_rows(SyCandleWriter *writer, gint64 *rows, GError **error) {
    g_autofree char *sql = g_strdup_printf("SELECT count(*) FROM %s", writer->table);
    g_autoptr(SyStatement) statement = sy_db_prepare(writer->db, sql, error);
    if (!statement || sy_db_step(statement, error) != SY_DB_ROW)
        return false;
    *rows = sy_db_integer(statement, 0);
    return true;
}

SyCandleWriter *sy_candle_writer_begin(SyDb *db, const char *table, SyTimeframe timeframe,
                                       GError **error) {
    g_autoptr(SyCandleWriter) writer = g_new0(SyCandleWriter, 1);
    writer->db = db;
    writer->table = sy_db_quote(table);
    writer->timeframe = timeframe;
    sy_timeframe_format(timeframe, writer->spelling);
    g_autofree char *create = g_strdup_printf(create_sql, writer->table, sy_db_clustered(db));
    g_autofree char *upsert = g_strdup_printf(upsert_sql, writer->table);
    if (!sy_db_begin(db, SY_DB_WRITE, error))
        return NULL;
    writer->open = true;
    if (!sy_db_exec(db, create, error) || !count_rows(writer, &writer->rows_before, error))
        return NULL;
    writer->upsert = sy_db_prepare(db, upsert, error);
    if (!writer->upsert) {
        g_prefix_error(
            error,
            "table %s was not made by `data import`; choose another with --table: ", writer->table);
        return NULL;
    }
    return g_steal_pointer(&writer);
}

static int compare_times(const void *a, const void *b) {
    SyTime first = *(const SyTime *)a, second = *(const SyTime *)b;
    return (first > second) - (first < second);
}

static bool panel_has(const SyPanel *panel, gsize symbol, SyTime close, const double *values) {
    const SyTime *found =
        bsearch(&close, panel->time, panel->rows, sizeof *panel->time, compare_times);
    for (int field = 0; found && field < SY_BAR_FIELDS; field++)
        if (sy_panel_column(panel, field, symbol)[found - panel->time] != values[field])
            return false;
    return found;
}

/* Checks one stored row: timeframe, close time and values. Another spelling of the timeframe is the
 * same timeframe to a loader. */
static bool check_row(const SyCandleWriter *writer, SyStatement *row, const SyPanel *panel,
                      gsize symbol, SyStamp *stamp, GError **error) {
    enum { spelling, close_datetime, open };
    SyTimeframe timeframe;
    const char *text = sy_db_text(row, spelling, NULL);
    if (!text || !sy_timeframe_parse(text, &timeframe, NULL) ||
        !sy_timeframe_equal(timeframe, writer->timeframe))
        return true;
    gsize length;
    SyTime close;
    text = sy_db_text(row, close_datetime, &length);
    if (!sy_stamp_read_text(stamp, text ? text : "", length, &close, error)) {
        g_prefix_error(error, "%s: column close_datetime: ", panel->symbol[symbol]);
        return false;
    }
    double values[SY_BAR_FIELDS];
    char time[SY_TIME_TEXT_SIZE];
    return (sy_db_numbers(row, open, SY_BAR_FIELDS, values) == SY_BAR_FIELDS &&
            panel_has(panel, symbol, close, values)) ||
           sy_fail(
               error, SY_ERROR_DATA,
               "table %s holds another bar of %s (%s), which closes at %s; choose another table "
               "with --table, or another engine with --engine",
               writer->table, panel->symbol[symbol], writer->spelling, sy_time_format(close, time));
}

bool sy_candle_writer_holds_only(SyCandleWriter *writer, const SyPanel *panel, GError **error) {
    g_autofree char *sql =
        g_strdup_printf("SELECT timeframe, close_datetime, open, high, low, close, volume FROM %s "
                        "WHERE symbol = ?1 ORDER BY 1, 2",
                        writer->table);
    g_autoptr(SyStatement) row = sy_db_prepare(writer->db, sql, error);
    for (gsize s = 0; row && s < panel->symbols; s++) {
        SyStamp stamp = SY_STAMP_UNKNOWN;
        SyDbStep step;
        sy_db_bind_text(row, 1, panel->symbol[s]);
        while ((step = sy_db_step(row, error)) == SY_DB_ROW)
            if (!check_row(writer, row, panel, s, &stamp, error))
                return false;
        if (step == SY_DB_FAILED)
            return false;
        sy_db_reset(row);
    }
    return row;
}

/* "2018-01-01 00:00:00", with a fraction only where there is one. */
static const char *stored_time(SyTime time, char buffer[static SY_TIME_TEXT_SIZE]) {
    enum { separator = 10 };
    sy_time_format(time, buffer);
    buffer[separator] = ' ';
    buffer[strlen(buffer) - 1] = '\0'; /* the Z */
    return buffer;
}

bool sy_candle_writer_put(SyCandleWriter *writer, const char *symbol, SyTime close,
                          const double *values, GError **error) {
    char closes[SY_TIME_TEXT_SIZE], opens[SY_TIME_TEXT_SIZE];
    SyStatement *upsert = writer->upsert;
    sy_db_bind_text(upsert, 1, symbol);
    sy_db_bind_text(upsert, 2, writer->spelling);
    sy_db_bind_text(upsert, 3, stored_time(sy_timeframe_add(writer->timeframe, close, -1), opens));
    sy_db_bind_text(upsert, 4, stored_time(close, closes));
    for (int field = 0; field < SY_BAR_FIELDS; field++)
        sy_db_bind_number(upsert, 5 + field, values[field]);
    if (sy_db_step(upsert, error) == SY_DB_FAILED)
        return false;
    writer->changed += (gsize)sy_db_changes(writer->db);
    writer->rows++;
    sy_db_reset(upsert);
    return true;
}

bool sy_candle_writer_commit(SyCandleWriter *writer, SyCandleCounts *counts, GError **error) {
    gint64 rows_after;
    if (!count_rows(writer, &rows_after, error))
        return false;
    writer->open = false;
    if (!sy_db_commit(writer->db, error))
        return false;
    counts->rows = writer->rows;
    counts->added = (gsize)(rows_after - writer->rows_before);
    counts->revised = writer->changed - counts->added;
    counts->unchanged = writer->rows - writer->changed;
    return true;
}

void sy_candle_writer_free(SyCandleWriter *writer) {
    if (!writer)
        return;
    sy_statement_free(writer->upsert);
    if (writer->open)
        sy_db_rollback(writer->db);
    g_free(writer->table);
    g_free(writer);
}

void sy_candle_summaries_free(SyCandleSummary *summaries, gsize n) {
    for (gsize i = 0; i < n; i++) {
        g_free(summaries[i].symbol);
        g_free(summaries[i].timeframe);
    }
    g_free(summaries);
}

/* The bars of one symbol and timeframe, whose times come in order. */
typedef struct {
    GArray *summaries;
    SyTimeframe timeframe;
    SySeries series;
} Listing;

static void finish_summary(Listing *listing) {
    SyCandleSummary *summaries = (SyCandleSummary *)(void *)listing->summaries->data;
    if (!summaries || listing->summaries->len == 0)
        return;
    SyCandleSummary *last = &summaries[listing->summaries->len - 1];
    sy_series_sort(&listing->series);
    sy_series_measure(&listing->series, listing->timeframe);
    last->provenance = listing->series.provenance;
    sy_series_clear(&listing->series);
}

static bool add_row(Listing *listing, SyStatement *statement, GError **error) {
    const char *symbol = sy_db_text(statement, 0, NULL), *spelling = sy_db_text(statement, 1, NULL);
    GArray *summaries = listing->summaries;
    SyCandleSummary *last =
        summaries->len ? &g_array_index(summaries, SyCandleSummary, summaries->len - 1) : NULL;
    if (!symbol || !spelling)
        return sy_fail(error, SY_ERROR_DATA, "a symbol or timeframe is NULL; delete such rows");
    if (!last || strcmp(last->symbol, symbol) != 0 || strcmp(last->timeframe, spelling) != 0) {
        finish_summary(listing);
        g_autoptr(GError) reason = NULL;
        if (!sy_timeframe_parse(spelling, &listing->timeframe, &reason))
            return sy_fail(error, SY_ERROR_DATA, "%s: %s", symbol, reason->message);
        SyCandleSummary next = {.symbol = g_strdup(symbol), .timeframe = g_strdup(spelling)};
        g_array_append_val(summaries, next);
    }
    gsize length;
    const char *text = sy_db_text(statement, 2, &length);
    SyStamp stamp = SY_STAMP_UNKNOWN;
    SyTime close;
    if (!sy_stamp_read_text(&stamp, text ? text : "", length, &close, error)) {
        g_prefix_error(error, "%s: column close_datetime: ", symbol);
        return false;
    }
    const double none[SY_BAR_FIELDS] = {0}; /* only times are summed up */
    sy_series_append(&listing->series, close, none);
    return true;
}

bool sy_candle_table_summarise(SyDb *db, const char *table, SyCandleSummary **summaries, gsize *n,
                               GError **error) {
    g_autofree char *quoted = sy_db_quote(table);
    g_autofree char *sql = g_strdup_printf(
        "SELECT symbol, timeframe, close_datetime FROM %s ORDER BY 1, 2, 3", quoted);
    g_autoptr(SyStatement) statement = sy_db_prepare(db, sql, error);
    if (!statement)
        return false;
    Listing listing = {.summaries = g_array_new(FALSE, FALSE, sizeof(SyCandleSummary))};
    SyDbStep step;
    while ((step = sy_db_step(statement, error)) == SY_DB_ROW)
        if (!add_row(&listing, statement, error)) {
            step = SY_DB_FAILED;
            break;
        }
    finish_summary(&listing);
    *n = listing.summaries->len;
    *summaries = (SyCandleSummary *)(void *)g_array_free(listing.summaries, FALSE);
    if (step == SY_DB_DONE)
        return true;
    sy_candle_summaries_free(*summaries, *n);
    *summaries = NULL;
    *n = 0;
    return false;
}
