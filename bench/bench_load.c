/* Loading: 2 × 22,744 hourly bars from SQLite into a panel.
 *
 * Floor: a bare sqlite3_step loop over the same file that opens it, decodes the same columns (the
 * time from its fixed spelling, five doubles) into arrays made beforehand, and checks nothing. */
#include <math.h>
#include <sqlite3.h>
#include <stdio.h>
#include <stdlib.h>

#include <glib/gstdio.h>

#include "bars.h"
#include "bench.h"
#include "loader/candle_table.h"
#include "loader/synthetic.h"

enum { rows = SY_BENCH_BARS, runs = 31 };

typedef struct {
    char *file;
    SyBenchBars bars;
} Bench;

static void stop(const char *what, const GError *error) {
    fprintf(stderr, "bench-load: %s: %s\n", what, error ? error->message : "failed");
    exit(EXIT_FAILURE);
}

static void fill(const Bench *bench) {
    g_autoptr(GError) error = NULL;
    g_autoptr(SyPanel) panel = sy_bench_bars_make();
    g_autoptr(SyDb) db = sy_db_open(bench->bars.config.engine, NULL, SY_DB_CREATE, 0, &error);
    g_autoptr(SyCandleWriter) writer =
        db ? sy_candle_writer_begin(db, "candle", panel->timeframe, &error) : NULL;
    for (gsize s = 0; writer && s < panel->symbols; s++)
        for (gsize row = 0; row < panel->rows; row++) {
            double value[SY_BAR_FIELDS];
            for (int field = 0; field < SY_BAR_FIELDS; field++)
                value[field] = sy_panel_column(panel, field, s)[row];
            if (!sy_candle_writer_put(writer, panel->symbol[s], panel->time[row], value, &error))
                stop("filling", error);
        }
    SyCandleCounts counts;
    if (!writer || !sy_candle_writer_commit(writer, &counts, &error))
        stop("filling", error);
}

static void load(gpointer data) { sy_bench_bars_load(&((const Bench *)data)->bars); }

static int two_digits(const unsigned char *p) { return (p[0] - '0') * 10 + p[1] - '0'; }

/* "YYYY-MM-DD HH:MM:SS" without any check. */
static SyTime decode_time(const unsigned char *p) {
    SyDate date = {two_digits(p) * 100 + two_digits(p + 2), two_digits(p + 5), two_digits(p + 8)};
    return sy_date_to_days(date) * SY_DAY + two_digits(p + 11) * SY_HOUR +
           two_digits(p + 14) * SY_MINUTE + two_digits(p + 17) * SY_SECOND;
}

static void step_bare(gpointer data) {
    Bench *bench = data;
    sqlite3 *connection = NULL;
    sqlite3_stmt *statement = NULL;
    if (sqlite3_open_v2(bench->file, &connection, SQLITE_OPEN_READONLY | SQLITE_OPEN_NOMUTEX,
                        NULL) != SQLITE_OK ||
        sqlite3_prepare_v2(connection,
                           "SELECT close_datetime, open, high, low, close, volume FROM candle "
                           "WHERE symbol = ?1 AND timeframe = '1h' AND close_datetime >= "
                           "'2018-01-01' ORDER BY close_datetime",
                           -1, &statement, NULL) != SQLITE_OK)
        stop("the floor", NULL);
    for (gsize s = 0; sy_synthetic_symbols[s]; s++) {
        gsize row = s * rows;
        sqlite3_bind_text(statement, 1, sy_synthetic_symbols[s], -1, SQLITE_STATIC);
        for (; sqlite3_step(statement) == SQLITE_ROW; row++) {
            bench->bars.time[row - s * rows] = decode_time(sqlite3_column_text(statement, 0));
            for (int field = 0; field < SY_BAR_FIELDS; field++)
                bench->bars.value[field][row] = sqlite3_column_double(statement, field + 1);
        }
        if (row != (s + 1) * rows)
            stop("the floor", NULL);
        sqlite3_reset(statement);
    }
    sqlite3_finalize(statement);
    sqlite3_close(connection);
}

int main(void) {
    g_autoptr(GError) error = NULL;
    g_autofree char *folder = g_dir_make_tmp("sy-bench-XXXXXX", &error);
    if (!folder)
        stop("a folder for the database", error);
    Bench bench = {.file = g_build_filename(folder, "bars.db", NULL)};
    g_autofree char *url = g_strconcat("sqlite:///", bench.file, NULL);
    sy_bench_bars_init(&bench.bars, url);
    fill(&bench);

    sy_bench_begin();
    double ours = 0, floor = 0;
    sy_bench_pair(load, step_bare, &bench, runs, &ours, &floor);
    sy_bench_row("load 2 x 22,744 bars, SQLite to panel", ours, floor, 1.5 * floor);

    g_unlink(bench.file);
    g_rmdir(folder);
    sy_bench_bars_clear(&bench.bars);
    g_free(bench.file);
    return sy_bench_end();
}
