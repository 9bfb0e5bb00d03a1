/* Writing and summing up the table of bars. */
#include "loader/candle_table.h"

#include <stdlib.h>
#include <string.h>

#include "base/calendar.h"
#include "base/error.h"
#include "base/text.h"
#include "data/series.h"
#include "loader/stamp.h"

enum { SYMBOL, TIMEFRAME, OPENS, CLOSES, VALUES, COLUMNS = VALUES + SY_BAR_FIELDS };

static const SyDbColumn columns[COLUMNS] = {
    [SYMBOL] = {"symbol", SY_DB_COLUMN_TEXT, true},
    [TIMEFRAME] = {"timeframe", SY_DB_COLUMN_TEXT, true},
    [OPENS] = {"open_datetime", SY_DB_COLUMN_TIME, false},
    [CLOSES] = {"close_datetime", SY_DB_COLUMN_TIME, true},
    [VALUES + SY_OPEN] = {"open", SY_DB_COLUMN_NUMBER, false},
    [VALUES + SY_HIGH] = {"high", SY_DB_COLUMN_NUMBER, false},
    [VALUES + SY_LOW] = {"low", SY_DB_COLUMN_NUMBER, false},
    [VALUES + SY_CLOSE] = {"close", SY_DB_COLUMN_NUMBER, false},
    [VALUES + SY_VOLUME] = {"volume", SY_DB_COLUMN_NUMBER, false},
};

struct SyCandleWriter {
    SyDb *db;
    char *table; /* as SQL names it */
    SyTimeframe timeframe;
    char spelling[SY_TIME_TEXT_SIZE];
    SyUpsert *upsert; /* from the first row on */
    bool open;        /* the transaction is */
};

static const char create_sql[] =
    "CREATE TABLE %1$s (symbol TEXT NOT NULL, timeframe TEXT NOT NULL, open_datetime %2$s NOT "
    "NULL, close_datetime %2$s NOT NULL, open DOUBLE PRECISION, high DOUBLE PRECISION, low DOUBLE "
    "PRECISION, close DOUBLE PRECISION, volume DOUBLE PRECISION, "
    "PRIMARY KEY (symbol, timeframe, close_datetime))%3$s";

/* Finds the table, or makes it. */
static bool find_or_make(SyCandleWriter *writer, const char *table, GError **error) {
    if (!sy_db_find_table(writer->db, table, &writer->table, error))
        return false;
    if (writer->table)
        return true;
    writer->table = sy_db_name_table(writer->db, table);
    g_autofree char *create = g_strdup_printf(
        create_sql, writer->table, sy_db_time_type(writer->db), sy_db_clustered(writer->db));
    return sy_db_exec(writer->db, create, error);
}

SyCandleWriter *sy_candle_writer_begin(SyDb *db, const char *table, SyTimeframe timeframe,
                                       GError **error) {
    g_autoptr(SyCandleWriter) writer = g_new0(SyCandleWriter, 1);
    writer->db = db;
    writer->timeframe = timeframe;
    sy_timeframe_format(timeframe, writer->spelling);
    if (!sy_db_begin_beside(db, table, error))
        return NULL;
    writer->open = true;
    return find_or_make(writer, table, error) ? g_steal_pointer(&writer) : NULL;
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

static bool begin_rows(SyCandleWriter *writer, GError **error) {
    if (!writer->upsert)
        writer->upsert = sy_db_upsert_begin(writer->db, writer->table, columns, COLUMNS, error);
    if (!writer->upsert && (*error)->code == SY_ERROR_DATA)
        g_prefix_error(
            error,
            "table %s was not made by `data import`; choose another with --table: ", writer->table);
    return writer->upsert;
}

bool sy_candle_writer_put(SyCandleWriter *writer, const char *symbol, SyTime close,
                          const double *values, GError **error) {
    if (!writer->upsert && !begin_rows(writer, error))
        return false;
    SyDbCell cells[COLUMNS] = {
        [SYMBOL].text = symbol,
        [TIMEFRAME].text = writer->spelling,
        [OPENS].time = sy_timeframe_add(writer->timeframe, close, -1),
        [CLOSES].time = close,
    };
    for (int field = 0; field < SY_BAR_FIELDS; field++)
        cells[VALUES + field].number = values[field];
    return sy_db_upsert_put(writer->upsert, cells, error);
}

bool sy_candle_writer_commit(SyCandleWriter *writer, SyCandleCounts *counts, GError **error) {
    SyUpsertCounts stored;
    if (!begin_rows(writer, error) || !sy_db_upsert_end(writer->upsert, &stored, error))
        return false;
    writer->open = false;
    if (!sy_db_commit(writer->db, error))
        return false;
    counts->rows = stored.rows;
    counts->added = stored.added;
    counts->revised = stored.changed;
    counts->unchanged = stored.rows - stored.added - stored.changed;
    return true;
}

gsize sy_candle_writer_failed_row(const SyCandleWriter *writer) {
    return writer->upsert ? sy_db_upsert_failed_row(writer->upsert) : 0;
}

void sy_candle_writer_free(SyCandleWriter *writer) {
    if (!writer)
        return;
    sy_db_upsert_free(writer->upsert);
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
    const SyCalendar *calendar;
    SyTimeframe timeframe;
    SySeries series;
} Listing;

static void finish_summary(Listing *listing) {
    SyCandleSummary *summaries = (SyCandleSummary *)(void *)listing->summaries->data;
    if (!summaries || listing->summaries->len == 0)
        return;
    SyCandleSummary *last = &summaries[listing->summaries->len - 1];
    sy_series_sort(&listing->series);
    sy_series_measure(&listing->series, listing->timeframe, listing->calendar);
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

bool sy_candle_calendar_check(const char *name, GError **error) {
    g_autofree char *list = sy_text_list(sy_calendar_names, sy_n_calendars, G_MAXSIZE);
    return sy_calendar_find(name) ||
           sy_fail(error, SY_ERROR_USAGE, "there is no calendar \"%s\" (known: %s)", name, list);
}

bool sy_candle_table_summarise(SyDb *db, const char *table, const char *calendar,
                               SyCandleSummary **summaries, gsize *n, GError **error) {
    g_autofree char *found = NULL;
    if (!sy_db_find_table(db, table, &found, error))
        return false;
    g_autofree char *quoted = found ? g_steal_pointer(&found) : sy_db_name_table(db, table);
    g_autofree char *sql = g_strdup_printf(
        "SELECT symbol, timeframe, close_datetime FROM %s ORDER BY 1, 2, 3", quoted);
    g_autoptr(SyStatement) statement = sy_db_prepare(db, sql, error);
    if (!statement)
        return false;
    Listing listing = {.calendar = sy_calendar_find(calendar),
                       .summaries = g_array_new(FALSE, FALSE, sizeof(SyCandleSummary))};
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
