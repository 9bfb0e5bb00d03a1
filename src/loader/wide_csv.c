/* From wide CSV files to columns. Cells are checked where they are read, so that every message
 * names its line. */
#include "loader/wide_csv.h"

#include <math.h>
#include <string.h>

#include "base/error.h"
#include "base/text.h"
#include "loader/bars.h"
#include "base/csv.h"

enum { BLOCK_ROWS = 256 };

typedef struct {
    SyCsv *csv;
    const char *path;
    gsize symbols;
    SyStamp stamp;
    SyTime time, before; /* of the row at hand and of the one before it */
} Wide;

void sy_wide_index_clear(SyWideIndex *index) {
    g_clear_pointer(&index->path, g_free);
    g_clear_pointer(&index->symbol, g_strfreev);
    g_clear_pointer(&index->time, g_free);
    index->rows = index->symbols = 0;
}

static void wide_clear(Wide *wide) { g_clear_pointer(&wide->csv, sy_csv_free); }
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(Wide, wide_clear)

static const char *const *symbols_of(const Wide *wide) { return sy_csv_names(wide->csv) + 1; }

static bool fail_at(const Wide *wide, GError **error, const char *format, ...) G_GNUC_PRINTF(3, 4);
static bool fail_at(const Wide *wide, GError **error, const char *format, ...) {
    va_list arguments;
    va_start(arguments, format);
    g_autofree char *message = g_strdup_vprintf(format, arguments);
    va_end(arguments);
    return sy_fail(error, SY_ERROR_DATA, "%s:%" G_GSIZE_FORMAT ": %s", wide->path,
                   sy_csv_line(wide->csv), message);
}

/* --- header ----------------------------------------------------------------------------------- */

static bool wide_open(Wide *wide, const char *path, GError **error) {
    *wide = (Wide){.path = path, .before = SY_TIME_NONE, .csv = sy_csv_open(path, error)};
    if (!wide->csv)
        return false;
    wide->symbols = g_strv_length((char **)symbols_of(wide));
    if (wide->symbols == 0)
        return fail_at(wide, error,
                       "there is one column only: the first holds the times, each other one the "
                       "values of a symbol");
    for (gsize s = 0; s < wide->symbols; s++) {
        const char *name = symbols_of(wide)[s];
        if (!*name)
            return fail_at(wide, error, "column %" G_GSIZE_FORMAT " has no name: write its symbol",
                           s + 2);
        if (!g_utf8_validate(name, -1, NULL))
            return fail_at(wide, error, "the name of column %" G_GSIZE_FORMAT " is not UTF-8",
                           s + 2);
    }
    return true;
}

static bool fail_symbols(const Wide *wide, const SyWideIndex *like, GError **error) {
    const char *const *here = symbols_of(wide), *const *there = (const char *const *)like->symbol;
    for (gsize s = 0; s < wide->symbols; s++)
        if (!g_strv_contains(there, here[s])) {
            g_autofree char *meant = sy_text_did_you_mean(here[s], there, like->symbols);
            return fail_at(wide, error, "\"%s\" is no symbol of %s%s", here[s], like->path, meant);
        }
    for (gsize s = 0; s < like->symbols; s++)
        if (!g_strv_contains(here, there[s]))
            return fail_at(wide, error,
                           "there is no column for the symbol \"%s\" of %s; every file needs all "
                           "of them",
                           there[s], like->path);
    g_assert_not_reached();
}

/* place[s]: where the column of symbol s of this file belongs among those of `like`. */
static bool match_symbols(const Wide *wide, const SyWideIndex *like, gsize *place, GError **error) {
    g_autoptr(GHashTable) known = g_hash_table_new(g_str_hash, g_str_equal);
    for (gsize s = 0; s < like->symbols; s++)
        g_hash_table_insert(known, like->symbol[s], &like->symbol[s]);
    bool all = wide->symbols == like->symbols;
    for (gsize s = 0; all && s < wide->symbols; s++) {
        char *const *found = g_hash_table_lookup(known, symbols_of(wide)[s]);
        all = found != NULL;
        if (all)
            place[s] = (gsize)(found - like->symbol);
    }
    return all || fail_symbols(wide, like, error);
}

/* --- rows ------------------------------------------------------------------------------------- */

static bool fail_order(const Wide *wide, GError **error) {
    char now[SY_TIME_TEXT_SIZE], before[SY_TIME_TEXT_SIZE];
    sy_time_format(wide->time, now);
    if (wide->time == wide->before)
        return fail_at(wide, error, "the time %s is there twice; delete one of the rows", now);
    return fail_at(wide, error, "the time %s comes after %s; sort the rows by time", now,
                   sy_time_format(wide->before, before));
}

/* Goes to the next row and reads its time. */
static SyCsvStep next_row(Wide *wide, GError **error) {
    SyCsvStep step = sy_csv_next(wide->csv, error);
    if (step != SY_CSV_RECORD)
        return step;
    const SyCsvField *cell = &sy_csv_fields(wide->csv)[0];
    g_autoptr(GError) reason = NULL;
    if (!sy_stamp_read_text(&wide->stamp, cell->text, cell->length, &wide->time, &reason)) {
        fail_at(wide, error, "column %s: %s; the first column holds the times",
                sy_csv_names(wide->csv)[0], reason->message);
        return SY_CSV_FAILED;
    }
    if (wide->before != SY_TIME_NONE && wide->time <= wide->before) {
        fail_order(wide, error);
        return SY_CSV_FAILED;
    }
    wide->before = wide->time;
    return SY_CSV_RECORD;
}

/* The row at hand must be row `row` of `like`. */
static bool check_time(const Wide *wide, const SyWideIndex *like, gsize row, GError **error) {
    char here[SY_TIME_TEXT_SIZE], there[SY_TIME_TEXT_SIZE];
    if (row >= like->rows)
        return fail_at(wide, error,
                       "%s has no row at %s: it ends after %" G_GSIZE_FORMAT
                       " rows; every file needs the same rows",
                       like->path, sy_time_format(wide->time, here), like->rows);
    if (wide->time != like->time[row])
        return fail_at(wide, error,
                       "the time is %s, but that of row %" G_GSIZE_FORMAT
                       " of %s is %s; every file needs the same rows",
                       sy_time_format(wide->time, here), row, like->path,
                       sy_time_format(like->time[row], there));
    return true;
}

static bool check_end(const Wide *wide, const SyWideIndex *like, gsize rows, GError **error) {
    char missing[SY_TIME_TEXT_SIZE];
    return rows == like->rows || sy_fail(error, SY_ERROR_DATA,
                                         "%s: has %" G_GSIZE_FORMAT " rows, %s has %" G_GSIZE_FORMAT
                                         "; the first that is missing is that of %s",
                                         wide->path, rows, like->path, like->rows,
                                         sy_time_format(like->time[rows], missing));
}

/* --- cells ------------------------------------------------------------------------------------ */

static bool read_price(const Wide *wide, gsize symbol, double *price, GError **error) {
    const SyCsvField *cell = &sy_csv_fields(wide->csv)[symbol + 1];
    SyTime time;
    if (!sy_csv_number(cell, price))
        return fail_at(wide, error, "%s = \"%.40s\" is not a number%s", symbols_of(wide)[symbol],
                       cell->text,
                       sy_time_parse_iso(cell->text, cell->length, &time)
                           ? "; the first column holds the times, only that one"
                           : "");
    return sy_bar_value_is_good(SY_CLOSE, *price) || isnan(*price) ||
           fail_at(wide, error,
                   "%s = %.40s %s; correct it, or leave the cell empty where the "
                   "price is missing",
                   symbols_of(wide)[symbol], cell->text, sy_bar_value_wrong(*price));
}

static bool read_flag(const Wide *wide, gsize symbol, guint8 *flag, GError **error) {
    static const char *const spellings[][4] = {{"0", "false", "0.0", "-0.0"},
                                               {"1", "true", "1.0", "1."}};
    const SyCsvField *cell = &sy_csv_fields(wide->csv)[symbol + 1];
    if (cell->length == 1 && (*cell->text == '0' || *cell->text == '1')) {
        *flag = (guint8)(*cell->text - '0');
        return true;
    }
    g_autofree char *text = g_strstrip(g_strndup(cell->text, cell->length));
    for (gsize value = 0; value < G_N_ELEMENTS(spellings); value++)
        for (gsize i = 0; i < G_N_ELEMENTS(spellings[value]); i++)
            if (g_ascii_strcasecmp(text, spellings[value][i]) == 0) {
                *flag = (guint8)value;
                return true;
            }
    return fail_at(wide, error, "%s = \"%.40s\" is no signal: write 0 or 1, or false or true",
                   symbols_of(wide)[symbol], cell->text);
}

/* --- prices ----------------------------------------------------------------------------------- */

/* A file of unknown length: rows as they come, in blocks. */
typedef struct {
    GArray *time;      /* SyTime */
    GPtrArray *blocks; /* double [BLOCK_ROWS × symbols], row-major */
} Rows;

static void rows_clear(Rows *rows) {
    g_array_unref(rows->time);
    g_ptr_array_unref(rows->blocks);
}
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(Rows, rows_clear)

static bool fail_memory(const Wide *wide, gsize rows, GError **error) {
    return sy_fail(error, SY_ERROR_DATA,
                   "%s: %" G_GSIZE_FORMAT " rows of %" G_GSIZE_FORMAT
                   " symbols do not fit into memory",
                   wide->path, rows, wide->symbols);
}

static bool read_rows(Wide *wide, Rows *rows, GError **error) {
    SyCsvStep step;
    while ((step = next_row(wide, error)) == SY_CSV_RECORD) {
        gsize within = rows->time->len % BLOCK_ROWS;
        if (within == 0) {
            double *block = g_try_malloc_n(wide->symbols, BLOCK_ROWS * sizeof *block);
            if (!block)
                return fail_memory(wide, rows->time->len, error);
            g_ptr_array_add(rows->blocks, block);
        }
        double *row = (double *)rows->blocks->pdata[rows->blocks->len - 1] + within * wide->symbols;
        for (gsize s = 0; s < wide->symbols; s++)
            if (!read_price(wide, s, &row[s], error))
                return false;
        g_array_append_val(rows->time, wide->time);
    }
    if (step == SY_CSV_END && rows->time->len == 0)
        return sy_fail(error, SY_ERROR_DATA, "%s: has a header and no rows", wide->path);
    return step == SY_CSV_END;
}

/* Blocks go as they are used. */
static double *to_columns(const Wide *wide, Rows *rows, GError **error) {
    gsize n = rows->time->len;
    double *value = g_try_malloc_n(n * wide->symbols, sizeof *value);
    if (!value) {
        fail_memory(wide, n, error);
        return NULL;
    }
    for (guint b = 0; b < rows->blocks->len; b++) {
        const double *block = rows->blocks->pdata[b];
        gsize first = (gsize)b * BLOCK_ROWS, height = MIN((gsize)BLOCK_ROWS, n - first);
        for (gsize s = 0; s < wide->symbols; s++)
            for (gsize row = 0; row < height; row++)
                value[s * n + first + row] = block[row * wide->symbols + s];
        g_clear_pointer(&rows->blocks->pdata[b], g_free);
    }
    return value;
}

static double *read_first(Wide *wide, SyWideIndex *index, GError **error) {
    g_auto(Rows)
        rows = {g_array_new(FALSE, FALSE, sizeof(SyTime)), g_ptr_array_new_with_free_func(g_free)};
    if (!read_rows(wide, &rows, error))
        return NULL;
    double *value = to_columns(wide, &rows, error);
    if (!value)
        return NULL;
    gsize n;
    *index = (SyWideIndex){.path = g_strdup(wide->path),
                           .symbols = wide->symbols,
                           .symbol = g_strdupv((char **)symbols_of(wide)),
                           .time = g_array_steal(rows.time, &n)};
    index->rows = n;
    return value;
}

/* --- files like another ----------------------------------------------------------------------- */

/* Stores the cell of one symbol of the row at hand. */
typedef bool (*Store)(const Wide *wide, gsize symbol, gpointer target, gsize at, GError **error);

static bool store_price(const Wide *wide, gsize symbol, gpointer target, gsize at, GError **error) {
    return read_price(wide, symbol, (double *)target + at, error);
}

static bool store_flag(const Wide *wide, gsize symbol, gpointer target, gsize at, GError **error) {
    return read_flag(wide, symbol, (guint8 *)target + at, error);
}

static bool read_like(Wide *wide, const SyWideIndex *like, Store store, gpointer target,
                      GError **error) {
    g_autofree gsize *place = g_new(gsize, wide->symbols);
    if (!match_symbols(wide, like, place, error))
        return false;
    gsize row = 0;
    SyCsvStep step;
    for (; (step = next_row(wide, error)) == SY_CSV_RECORD; row++) {
        if (!check_time(wide, like, row, error))
            return false;
        for (gsize s = 0; s < wide->symbols; s++)
            if (!store(wide, s, target, place[s] * like->rows + row, error))
                return false;
    }
    return step == SY_CSV_END && check_end(wide, like, row, error);
}

double *sy_wide_read_prices(const char *path, const SyWideIndex *like, SyWideIndex *index,
                            GError **error) {
    g_auto(Wide) wide = {0};
    if (!wide_open(&wide, path, error))
        return NULL;
    if (!like)
        return read_first(&wide, index, error);
    g_autofree double *value = g_try_malloc_n(like->rows * like->symbols, sizeof *value);
    if (!value) {
        fail_memory(&wide, like->rows, error);
        return NULL;
    }
    return read_like(&wide, like, store_price, value, error) ? g_steal_pointer(&value) : NULL;
}

bool sy_wide_read_flags(const char *path, const SyWideIndex *like, guint8 *flags, GError **error) {
    g_auto(Wide) wide = {0};
    return wide_open(&wide, path, error) && read_like(&wide, like, store_flag, flags, error);
}

/* --- spacing ---------------------------------------------------------------------------------- */

static int by_size(gconstpointer a, gconstpointer b) {
    gint64 x = *(const gint64 *)a, y = *(const gint64 *)b;
    return x < y ? -1 : x > y;
}

SyTimeframe sy_wide_spacing(const SyWideIndex *index) {
    if (index->rows < 2)
        return (SyTimeframe){0};
    gsize n = index->rows - 1, best = 0;
    g_autofree gint64 *step = g_new(gint64, n);
    for (gsize i = 0; i < n; i++)
        step[i] = index->time[i + 1] - index->time[i];
    qsort(step, n, sizeof *step, by_size);
    gint64 spacing = 0;
    for (gsize i = 0; i < n;) {
        gsize first = i;
        while (i < n && step[i] == step[first])
            i++;
        if (i - first > best) {
            best = i - first;
            spacing = step[first];
        }
    }
    return (SyTimeframe){.nanoseconds = spacing};
}
