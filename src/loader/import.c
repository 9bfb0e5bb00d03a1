/* Import of CSV files: stricter than a loader, because what is stored is read for years. */
#include "loader/import.h"

#include <string.h>

#include <glib/gstdio.h>

#include "base/error.h"
#include "data/series.h"
#include "loader/bar_file.h"
#include "loader/bars.h"
#include "loader/engine.h"

/* What is known of a symbol from the rows before. */
typedef struct {
    char *symbol;
    SyTime last;
    gsize last_line;
    int direction; /* +1 up, -1 down, 0 after the first row */
    SySpacing spacing;
} Track;

static void track_free(gpointer data) {
    Track *track = data;
    g_free(track->symbol);
    g_free(track);
}

/* Rows that were put one by one: from this one on, a line each, as far as the next such entry. */
typedef struct {
    gsize row, line;
} Place;

typedef struct {
    const SyImportOptions *options;
    GHashTable *seen; /* symbols of the files before, and of this one at its end */
    SyDb *db;
    SyBarFile file;
    SyCandleWriter *writer;
    bool open;          /* the index column holds open times */
    GHashTable *tracks; /* symbol → Track */
    Track *track;       /* of the row before */
    gsize rows;         /* put so far */
    GArray *places;     /* Place, of these rows */
} Import;

static void import_clear(Import *import) {
    sy_candle_writer_free(import->writer);
    g_hash_table_unref(import->tracks);
    g_array_unref(import->places);
    sy_bar_file_clear(&import->file);
}
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(Import, import_clear)

static Track *find_track(Import *import, const char *symbol) {
    if (import->track && strcmp(import->track->symbol, symbol) == 0)
        return import->track;
    Track *track = g_hash_table_lookup(import->tracks, symbol);
    if (!track) {
        track = g_new0(Track, 1);
        track->symbol = g_strdup(symbol);
        g_hash_table_insert(import->tracks, track->symbol, track);
    }
    return import->track = track;
}

/* Times must go one way. */
static bool check_order(Import *import, const SyBarRow *row, SyTime close, GError **error) {
    Track *track = find_track(import, row->symbol);
    gsize line = sy_csv_line(import->file.csv);
    if (track->last_line) {
        SyTime distance = close - track->last;
        int direction = distance > 0 ? 1 : -1;
        if (distance == 0)
            return sy_bar_file_fail(&import->file, row, error,
                                    "the same time as on line %" G_GSIZE_FORMAT
                                    "; delete one of the two",
                                    track->last_line);
        if (track->direction && direction != track->direction)
            return sy_bar_file_fail(&import->file, row, error,
                                    "out of order: the times above run the other way; sort the "
                                    "file by symbol and time");
        track->direction = direction;
        sy_spacing_add(&track->spacing, import->options->timeframe, ABS(distance));
    }
    track->last = close;
    track->last_line = line;
    return true;
}

static bool check_values(Import *import, const SyBarRow *row, GError **error) {
    for (int field = SY_OPEN; field <= SY_CLOSE; field++)
        if (isnan(row->value[field]))
            return sy_bar_file_fail(&import->file, row, error,
                                    "%s is missing; correct or delete the row",
                                    sy_bar_field_names[field]);
    if (row->value[SY_HIGH] < row->value[SY_LOW])
        return sy_bar_file_fail(&import->file, row, error,
                                "high (%.15g) is below low (%.15g); correct or delete the row",
                                row->value[SY_HIGH], row->value[SY_LOW]);
    return true;
}

static bool is_wanted(const Import *import, const char *symbol) {
    return !import->options->symbols ||
           g_strv_contains((const char *const *)import->options->symbols, symbol);
}

/* A file keeps what it is given; a server's texts are UTF-8 and its times microseconds. */
static bool check_keepable(Import *import, const SyBarRow *row, SyTime close, GError **error) {
    enum { microsecond = 1000 };
    if (sy_db_is_file(import->db))
        return true;
    if (!g_utf8_validate(row->symbol, -1, NULL))
        return sy_bar_file_fail(&import->file, &(SyBarRow){0}, error,
                                "its symbol is not UTF-8, as a server's texts are");
    return close % microsecond == 0 ||
           sy_bar_file_fail(&import->file, row, error,
                            "its time is finer than a microsecond, which a server does not keep");
}

/* Remembers on which line the next row that is put stands. */
static void note_place(Import *import) {
    GArray *places = import->places;
    const Place *last = places->len ? &g_array_index(places, Place, places->len - 1) : NULL;
    Place place = {++import->rows, sy_csv_line(import->file.csv)};
    if (!last || place.line - last->line != place.row - last->row)
        g_array_append_val(places, place);
}

static gsize line_of(const Import *import, gsize row) {
    guint i = import->places->len;
    const Place *place;
    do
        place = &g_array_index(import->places, Place, --i);
    while (place->row > row);
    return place->line + row - place->row;
}

/* Says in front of the database's reason of which file it is and, where a row is to blame, of which
 * of its lines. */
static bool fail_stored(const Import *import, GError **error) {
    bool refused = import->writer && g_error_matches(*error, SY_ERROR, SY_ERROR_DATA);
    gsize row = refused ? sy_candle_writer_failed_row(import->writer) : 0;
    const char *path = sy_csv_path(import->file.csv);
    if (row)
        g_prefix_error(error, "%s:%" G_GSIZE_FORMAT ": ", path, line_of(import, row));
    else
        g_prefix_error(error, "%s: ", path);
    return false;
}

/* The transaction begins with the first row: nobody waits for us while we look for it. */
static bool put_row(Import *import, const SyBarRow *row, SyTime close, GError **error) {
    const SyImportOptions *options = import->options;
    if (!import->writer)
        import->writer =
            sy_candle_writer_begin(import->db, options->table, options->timeframe, error);
    note_place(import);
    return (import->writer &&
            sy_candle_writer_put(import->writer, row->symbol, close, row->value, error)) ||
           fail_stored(import, error);
}

static bool import_row(Import *import, SyBarRow *row, GError **error) {
    SyTimeframe timeframe = import->options->timeframe;
    if (!sy_bar_file_read(&import->file, row, error))
        return false;
    SyTime close = import->open ? sy_timeframe_add(timeframe, row->index, 1)
                                : sy_stamp_snap(row->index, timeframe);
    return check_values(import, row, error) && check_order(import, row, close, error) &&
           check_keepable(import, row, close, error) && put_row(import, row, close, error);
}

/* The symbol of a file without a column for it. */
static bool single_symbol(const Import *import, const char **symbol, GError **error) {
    char **symbols = import->options->symbols;
    *symbol = symbols ? symbols[0] : NULL;
    if (import->file.symbol >= 0 || (*symbol && !symbols[1]))
        return true;
    return sy_fail(error, SY_ERROR_DATA,
                   "%s: has no symbol column; name its one symbol with --symbols",
                   sy_csv_path(import->file.csv));
}

/* Checks that need all rows. */
static bool check_end(Import *import, GError **error) {
    GHashTableIter iter;
    gpointer value;
    const char *path = sy_csv_path(import->file.csv);
    g_hash_table_iter_init(&iter, import->tracks);
    while (g_hash_table_iter_next(&iter, NULL, &value)) {
        Track *track = value;
        if (!sy_spacing_check(&track->spacing, import->options->timeframe, track->symbol, error)) {
            g_prefix_error(error, "%s: ", path);
            return false;
        }
    }
    if (g_hash_table_size(import->tracks) == 0)
        return sy_fail(error, SY_ERROR_DATA, "%s: has no rows%s", path,
                       import->options->symbols ? " of the symbols asked for"
                                                : " below its header");
    g_hash_table_iter_init(&iter, import->tracks);
    while (g_hash_table_iter_next(&iter, NULL, &value))
        g_hash_table_add(import->seen, g_strdup(((Track *)value)->symbol));
    return true;
}

static void tell_progress(const Import *import) {
    enum { every = 4096 };
    if (import->options->progress && sy_csv_line(import->file.csv) % every == 0)
        import->options->progress(sy_csv_fraction(import->file.csv),
                                  import->options->progress_data);
}

static bool import_file(SyDb *db, const SyImportOptions *options, const char *path,
                        GHashTable *seen, SyCandleCounts *counts, GError **error) {
    g_auto(Import)
        import = {.options = options,
                  .db = db,
                  .seen = seen,
                  .tracks = g_hash_table_new_full(g_str_hash, g_str_equal, NULL, track_free),
                  .places = g_array_new(FALSE, FALSE, sizeof(Place))};
    const char *single;
    if (!sy_bar_file_open(&import.file, path, NULL, options->index_col, SY_MISSING_RAISE, error) ||
        !sy_index_holds_open(import.file.index_name, options->index_is, &import.open, error) ||
        !single_symbol(&import, &single, error))
        return false;
    SyBarRow row = {0};
    SyCsvStep step;
    while ((step = sy_bar_file_next(&import.file, &row, error)) == SY_CSV_RECORD) {
        if (!row.symbol)
            row.symbol = single;
        if (is_wanted(&import, row.symbol) && !import_row(&import, &row, error))
            return false;
        tell_progress(&import);
    }
    return step == SY_CSV_END && check_end(&import, error) &&
           (sy_candle_writer_commit(import.writer, counts, error) || fail_stored(&import, error));
}

static bool import_files(SyDb *db, const SyImportOptions *options, char **files,
                         SyCandleCounts *counts, GError **error) {
    g_autoptr(GHashTable) seen = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, NULL);
    for (gsize i = 0; files[i]; i++)
        if (!import_file(db, options, files[i], seen, &counts[i], error))
            return false;
    for (char **symbol = options->symbols; symbol && *symbol; symbol++)
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

bool sy_import_files(const char *engine, const SyMap *engines, const char *folder,
                     const SyImportOptions *options, char **files, SyCandleCounts *counts,
                     GError **error) {
    SyDb *db = sy_engine_open(engine, engines, folder, SY_DB_CREATE, error);
    if (!db)
        return false;
    g_autofree char *path = sy_db_is_file(db) ? g_strdup(sy_db_name(db)) : NULL;
    bool imported = import_files(db, options, files, counts, error);
    sy_db_close(db);
    if (!imported && path)
        remove_if_empty(path);
    return imported;
}
