/* PostgreSQL: 2 × 22,744 hourly bars from a server into a panel, and from a CSV file into a table.
 *
 * The server is one of our own: a cluster in a folder that goes with the program. Floor of loading:
 * a bare libpq loop on one connection per run that asks for the same columns in binary form, keeps
 * the whole result and decodes it into arrays made beforehand, and checks nothing. Floor of the
 * import: one COPY in binary form, made beforehand, into a table like ours without a key. */
#include <endian.h>
#include <libpq-fe.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <glib/gstdio.h>

#include "bars.h"
#include "bench.h"
#include "cluster.h"
#include "loader/import.h"
#include "loader/synthetic.h"

enum { rows = SY_BENCH_BARS, runs = 31, import_runs = 7 };

typedef struct {
    char *conninfo, *file;
    SyBenchBars bars;
    GByteArray *copy; /* what the floor of the import sends */
} Bench;

static void stop(const char *what, const char *why) {
    fprintf(stderr, "bench-postgresql: %s: %s\n", what, why ? why : "failed");
    exit(EXIT_FAILURE);
}

/* ── our side ──────────────────────────────────────────────────────────────────────────────── */

static void load(gpointer data) { sy_bench_bars_load(&((const Bench *)data)->bars); }

static void import(const Bench *bench, const char *table, gsize added) {
    g_autoptr(GError) error = NULL;
    SyMap engines = {0};
    char *files[] = {bench->file, NULL};
    SyCandleCounts counts = {0};
    SyImportOptions options = {.table = table, .timeframe = {SY_HOUR, 0}};
    if (!sy_import_files(bench->bars.config.engine, &engines, NULL, &options, files, &counts,
                         &error) ||
        counts.added != added)
        stop("importing", error ? error->message : "rows are missing");
}

/* ── the floor ─────────────────────────────────────────────────────────────────────────────── */

static PGconn *dial(const Bench *bench) {
    PGconn *connection = PQconnectdb(bench->conninfo);
    if (PQstatus(connection) != CONNECTION_OK)
        stop("the floor", PQerrorMessage(connection));
    return connection;
}

static void ask(PGconn *connection, const char *sql, ExecStatusType expected) {
    PGresult *result = PQexec(connection, sql);
    if (PQresultStatus(result) != expected)
        stop(sql, PQerrorMessage(connection));
    PQclear(result);
}

static guint64 read_long(const char *bytes) {
    guint64 bits;
    memcpy(&bits, bytes, sizeof bits);
    return be64toh(bits);
}

static void load_bare(gpointer data) {
    Bench *bench = data;
    PGconn *connection = dial(bench);
    for (gsize s = 0; sy_synthetic_symbols[s]; s++) {
        const char *symbol = sy_synthetic_symbols[s];
        PGresult *result =
            PQexecParams(connection,
                         "SELECT close_datetime, open, high, low, close, volume FROM candle WHERE "
                         "symbol = $1 AND timeframe = '1h' AND close_datetime >= '2018-01-01' "
                         "ORDER BY close_datetime",
                         1, NULL, &symbol, NULL, NULL, 1);
        if (PQntuples(result) != rows)
            stop("the floor", PQerrorMessage(connection));
        for (int row = 0; row < rows; row++) {
            bench->bars.time[row] = (SyTime)read_long(PQgetvalue(result, row, 0));
            for (int field = 0; field < SY_BAR_FIELDS; field++) {
                guint64 bits = read_long(PQgetvalue(result, row, field + 1));
                memcpy(&bench->bars.value[field][(gsize)row + s * rows], &bits, sizeof bits);
            }
        }
        PQclear(result);
    }
    PQfinish(connection);
}

static void fresh_bare(const Bench *bench) {
    PGconn *connection = dial(bench);
    ask(connection,
        "SET client_min_messages = warning; DROP TABLE IF EXISTS bare; CREATE TABLE bare (symbol "
        "text, timeframe text, open_datetime "
        "timestamptz, close_datetime timestamptz, open float8, high float8, low float8, close "
        "float8, volume float8)",
        PGRES_COMMAND_OK);
    PQfinish(connection);
}

static void copy_bare(const Bench *bench) {
    PGconn *connection = dial(bench);
    ask(connection, "COPY bare FROM STDIN (FORMAT binary)", PGRES_COPY_IN);
    if (PQputCopyData(connection, (const char *)bench->copy->data, (int)bench->copy->len) != 1 ||
        PQputCopyEnd(connection, NULL) != 1)
        stop("the floor", PQerrorMessage(connection));
    PGresult *result = PQgetResult(connection);
    if (PQresultStatus(result) != PGRES_COMMAND_OK)
        stop("the floor", PQerrorMessage(connection));
    PQclear(result);
    PQfinish(connection);
}

/* ── the data ──────────────────────────────────────────────────────────────────────────────── */

static void write_file(const Bench *bench, const SyPanel *panel) {
    g_autoptr(GString) text = g_string_new("symbol,close_datetime,open,high,low,close,volume\n");
    for (gsize s = 0; s < panel->symbols; s++)
        for (gsize row = 0; row < panel->rows; row++) {
            char time[SY_TIME_TEXT_SIZE];
            g_string_append_printf(text, "%s,%s", panel->symbol[s],
                                   sy_time_format(panel->time[row], time));
            for (int field = 0; field < SY_BAR_FIELDS; field++)
                g_string_append_printf(text, ",%.17g", sy_panel_column(panel, field, s)[row]);
            g_string_append_c(text, '\n');
        }
    if (!g_file_set_contents(bench->file, text->str, -1, NULL))
        stop("writing", bench->file);
}

static void append_cell(GByteArray *copy, gconstpointer bytes, guint32 length) {
    guint32 size = htobe32(length);
    g_byte_array_append(copy, (const guint8 *)&size, sizeof size);
    g_byte_array_append(copy, bytes, length);
}

static void append_long(GByteArray *copy, guint64 bits) {
    guint64 cell = htobe64(bits);
    append_cell(copy, &cell, sizeof cell);
}

static guint64 stamp_of(SyTime time) {
    const gint64 to_2000 = 946684800;
    return (guint64)((time - to_2000 * SY_SECOND) / 1000);
}

static void write_copy(Bench *bench, const SyPanel *panel) {
    static const guint8 head[19] = "PGCOPY\n\377\r\n", tail[2] = {255, 255};
    const guint16 columns = htobe16(4 + SY_BAR_FIELDS);
    bench->copy = g_byte_array_new();
    g_byte_array_append(bench->copy, head, sizeof head);
    for (gsize s = 0; s < panel->symbols; s++)
        for (gsize row = 0; row < panel->rows; row++) {
            g_byte_array_append(bench->copy, (const guint8 *)&columns, sizeof columns);
            append_cell(bench->copy, panel->symbol[s], (guint32)strlen(panel->symbol[s]));
            append_cell(bench->copy, "1h", 2);
            append_long(bench->copy, stamp_of(panel->time[row] - SY_HOUR));
            append_long(bench->copy, stamp_of(panel->time[row]));
            for (int field = 0; field < SY_BAR_FIELDS; field++) {
                guint64 bits;
                memcpy(&bits, &sy_panel_column(panel, field, s)[row], sizeof bits);
                append_long(bench->copy, bits);
            }
        }
    g_byte_array_append(bench->copy, tail, sizeof tail);
}

static int compare_doubles(const void *a, const void *b) {
    double x = *(const double *)a, y = *(const double *)b;
    return (x > y) - (x < y);
}

static double seconds_since(gint64 start) {
    return (double)(g_get_monotonic_time() - start) / G_USEC_PER_SEC;
}

/* Tables are dropped and made outside of what is measured of the floor; ours makes its own. */
static void bench_import(Bench *bench) {
    double ours[import_runs], floor[import_runs], again[import_runs];
    for (int run = 0; run < import_runs; run++) {
        g_autofree char *table = g_strdup_printf("fresh%d", run);
        gint64 start = g_get_monotonic_time();
        import(bench, table, 2 * rows);
        ours[run] = seconds_since(start);
        start = g_get_monotonic_time();
        import(bench, table, 0);
        again[run] = seconds_since(start);
        fresh_bare(bench);
        start = g_get_monotonic_time();
        copy_bare(bench);
        floor[run] = seconds_since(start);
    }
    qsort(ours, import_runs, sizeof *ours, compare_doubles);
    qsort(again, import_runs, sizeof *again, compare_doubles);
    qsort(floor, import_runs, sizeof *floor, compare_doubles);
    double least = floor[import_runs / 2];
    sy_bench_row("import 45,488 bars, CSV to PostgreSQL", ours[import_runs / 2], least, NAN);
    sy_bench_row("the same once more: nothing changes", again[import_runs / 2], least, NAN);
}

int main(void) {
    char *why = NULL;
    if (!cluster_installed(&why)) {
        printf("skipped: no PostgreSQL server is installed: %s\n", why);
        g_free(why);
        return EXIT_SUCCESS;
    }
    if (!cluster_start(&why))
        stop("a cluster", why);
    Bench bench = {.file = g_build_filename(cluster_folder(), "bars.csv", NULL)};
    bench.conninfo = g_strdup_printf("host=%s user=postgres dbname=postgres", cluster_folder());
    g_autofree char *url =
        g_strdup_printf("postgresql://postgres@/postgres?host=%s", cluster_folder());
    sy_bench_bars_init(&bench.bars, url);
    g_autoptr(SyPanel) panel = sy_bench_bars_make();
    write_file(&bench, panel);
    write_copy(&bench, panel);
    import(&bench, "candle", 2 * rows);

    sy_bench_begin();
    double ours = 0, floor = 0;
    sy_bench_pair(load, load_bare, &bench, runs, &ours, &floor);
    sy_bench_row("load 2 x 22,744 bars, PostgreSQL to panel", ours, floor, 1.5 * floor);
    bench_import(&bench);

    cluster_stop();
    sy_bench_bars_clear(&bench.bars);
    g_byte_array_unref(bench.copy);
    g_free(bench.conninfo);
    g_free(bench.file);
    return sy_bench_end();
}
