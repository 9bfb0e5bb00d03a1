/* BFCData: bars from a table (or one SELECT) of an SQL engine. First stage of the flow.
 *
 * One prepared statement per symbol, decoded straight into column arrays. What cannot be said in
 * SQL for every spelling of time is said twice: a condition in SQL that never loses a row and may
 * keep too many, and the exact one in C. */
#include <stdlib.h>
#include <string.h>

#include "base/csv.h"
#include "base/error.h"
#include "base/text.h"
#include "loader/bars.h"
#include "loader/engine.h"

/* Texts in a column may differ from their UTC times in order by their zone (16 hours either way)
 * and within one day ("T" sorts after " "). */
#define TEXT_MARGIN (3 * SY_DAY)

enum { SYMBOL = SY_BAR_FIELDS, TIMEFRAME, INDEX, COLUMNS };

static const char *const column_keys[COLUMNS] = {
    [SY_OPEN] = "open",     [SY_HIGH] = "high",  [SY_LOW] = "low",          [SY_CLOSE] = "close",
    [SY_VOLUME] = "volume", [SYMBOL] = "symbol", [TIMEFRAME] = "timeframe", [INDEX] = "index_col",
};

/* An opened source: where rows come from and what its columns are called. */
typedef struct {
    SyDb *db;
    const SyLoaderConfig *config;
    char *what;            /* for messages: `table "candle"`, `query` */
    char *from;            /* SQL: "candle", (SELECT …) AS q */
    char *column[COLUMNS]; /* quoted; NULL where the source has none */
    char *index_name;      /* as the source spells it */
    SyBarRange range;
    SyStamp stamp; /* spelling of the index column */
} Source;

static void source_clear(Source *source) {
    sy_db_close(source->db);
    g_free(source->what);
    g_free(source->from);
    g_free(source->index_name);
    for (int i = 0; i < COLUMNS; i++)
        g_free(source->column[i]);
}
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(Source, source_clear)

/* ── what there is ─────────────────────────────────────────────────────────────────────────── */

/* Reads the first text of a column behind `last` (NULL: of all) into *next; NULL where there is
 * none. */
static bool next_text(SyStatement *statement, const char *symbol, const char *last, char **next,
                      GError **error) {
    int parameter = 1;
    if (symbol)
        sy_db_bind_text(statement, parameter++, symbol);
    if (last)
        sy_db_bind_text(statement, parameter, last);
    SyDbStep step = sy_db_step(statement, error);
    *next = step == SY_DB_ROW ? g_strdup(sy_db_text(statement, 0, NULL)) : NULL;
    sy_db_reset(statement);
    return step != SY_DB_FAILED;
}

static SyStatement *prepare_distinct(const Source *source, int column, const char *symbol,
                                     bool further, GError **error) {
    const char *name = source->column[column];
    g_autoptr(GString) sql = g_string_new(NULL);
    g_string_printf(sql, "SELECT %s FROM %s WHERE %s IS NOT NULL", name, source->from, name);
    if (symbol)
        g_string_append_printf(sql, " AND %s = ?1", source->column[SYMBOL]);
    if (further)
        g_string_append_printf(sql, " AND %s > ?%d", name, symbol ? 2 : 1);
    g_string_append_printf(sql, " ORDER BY %s LIMIT 1", name);
    return sy_db_prepare(source->db, sql->str, error);
}

/* Distinct values of a column as texts, by hops to the next greater one, so that an index makes it
 * cheap on a long table. symbol NULL: of all rows. */
static GStrv distinct(const Source *source, int column, const char *symbol, gsize most,
                      GError **error) {
    g_autoptr(GStrvBuilder) texts = g_strv_builder_new();
    g_autoptr(SyStatement) first = prepare_distinct(source, column, symbol, false, error);
    g_autofree char *last = NULL;
    if (!first || !next_text(first, symbol, NULL, &last, error))
        return NULL;
    g_autoptr(SyStatement) further =
        last ? prepare_distinct(source, column, symbol, true, error) : NULL;
    if (last && !further)
        return NULL;
    for (gsize n = 0; last && n < most; n++) {
        g_strv_builder_add(texts, last);
        char *next;
        if (!next_text(further, symbol, last, &next, error))
            return NULL;
        g_free(last);
        last = next;
    }
    return g_strv_builder_end(texts);
}

static bool any_row(const Source *source, bool *found, GError **error) {
    g_autofree char *sql = g_strdup_printf("SELECT 1 FROM %s LIMIT 1", source->from);
    g_autoptr(SyStatement) statement = sy_db_prepare(source->db, sql, error);
    SyDbStep step = statement ? sy_db_step(statement, error) : SY_DB_FAILED;
    *found = step == SY_DB_ROW;
    return step != SY_DB_FAILED;
}

/* ── opening ───────────────────────────────────────────────────────────────────────────────── */

static bool fail_no_table(const Source *source, const char *table, GError **error) {
    g_auto(GStrv) tables = sy_db_tables(source->db, error);
    if (!tables)
        return false;
    gsize n = g_strv_length(tables);
    const char *const *names = (const char *const *)tables;
    g_autofree char *meant = sy_text_did_you_mean(table, names, n);
    g_autofree char *list = sy_text_list(names, n, 8);
    return sy_fail(error, SY_ERROR_DATA,
                   "%s: no table is called \"%s\"%s (there: %s; `systematica data import` makes "
                   "one from CSV files)",
                   sy_db_name(source->db), table, meant, n ? list : "no table at all");
}

/* Accepts one SELECT and nothing that writes. */
static bool set_query(Source *source, const char *query, GError **error) {
    g_autofree char *trimmed = g_strdup(query);
    for (gsize n = strlen(trimmed); n && strchr("; \t\r\n", trimmed[n - 1]); n--)
        trimmed[n - 1] = '\0';
    g_autoptr(SyStatement) statement = sy_db_prepare(source->db, trimmed, error);
    if (!statement) {
        g_prefix_error(error, "query: ");
        return false;
    }
    if (!sy_statement_reads_only(statement) || sy_db_columns(statement) == 0)
        return sy_fail(error, SY_ERROR_TEMPLATE, "query: must be one SELECT");
    /* The line feed ends a comment that the query may close with. */
    source->from = g_strdup_printf("(%s\n) AS bars", trimmed);
    source->what = g_strdup_printf("query on %s", sy_db_name(source->db));
    return true;
}

static bool set_table(Source *source, GError **error) {
    const char *table = source->config->table ? source->config->table : "candle";
    if (!sy_db_find_table(source->db, table, &source->from, error))
        return false;
    if (!source->from)
        return fail_no_table(source, table, error);
    source->what = g_strdup_printf("%s, table %s", sy_db_name(source->db), table);
    return true;
}

/* The source's own spelling of a column name: exact, else without regard to case. */
static const char *spelled(SyStatement *statement, const char *name) {
    const char *loose = NULL;
    for (int i = 0; i < sy_db_columns(statement); i++) {
        const char *column = sy_db_column_name(statement, i);
        if (strcmp(column, name) == 0)
            return column;
        if (g_ascii_strcasecmp(column, name) == 0)
            loose = column;
    }
    return loose;
}

static bool fail_no_column(const Source *source, SyStatement *statement, const char *key,
                           const char *name, GError **error) {
    gsize n = (gsize)sy_db_columns(statement);
    g_autofree const char **names = g_new(const char *, n + 1);
    for (gsize i = 0; i < n; i++)
        names[i] = sy_db_column_name(statement, (int)i);
    g_autofree char *meant = sy_text_did_you_mean(name, names, n);
    g_autofree char *list = sy_text_list(names, n, 20);
    g_autofree char *remedy = strcmp(key, "index_col") == 0
                                  ? g_strdup("set index_col")
                                  : g_strdup_printf("set columns = { %s = \"…\" }", key);
    return sy_fail(error, SY_ERROR_DATA, "%s: no column is called \"%s\"%s (there: %s; %s)",
                   source->what, name, meant, list, remedy);
}

static bool may_lack(const Source *source, int column) {
    if (column == TIMEFRAME)
        return true;
    if (column == SYMBOL)
        return source->config->query && !source->config->symbols[1];
    return column < SY_BAR_FIELDS && column != SY_CLOSE &&
           source->config->missing_columns != SY_MISSING_RAISE;
}

/* Finds one column of the source by its mapping or by its usual names. */
static bool find_column(Source *source, SyStatement *statement, int column, GError **error) {
    static const char *const timeframe_names[] = {"timeframe", "interval", "kind"};
    const SyLoaderConfig *config = source->config;
    const char *key = column_keys[column], *mapped = sy_map_get(&config->columns, key);
    if (column == INDEX)
        mapped = config->index_col ? config->index_col : "close_datetime";
    const char *wanted = mapped ? mapped : key, *found = spelled(statement, wanted);
    for (gsize i = 0; column == TIMEFRAME && !mapped && i < G_N_ELEMENTS(timeframe_names); i++)
        found = found ? found : spelled(statement, timeframe_names[i]);
    if (!found)
        return (!mapped && may_lack(source, column)) ||
               fail_no_column(source, statement, key, wanted, error);
    source->column[column] = sy_db_quote(found);
    if (column == INDEX)
        source->index_name = g_strdup(found);
    return true;
}

static bool find_columns(Source *source, GError **error) {
    g_autofree char *sql = g_strdup_printf("SELECT * FROM %s LIMIT 0", source->from);
    g_autoptr(SyStatement) statement = sy_db_prepare(source->db, sql, error);
    if (!statement)
        return false;
    for (int column = 0; column < COLUMNS; column++)
        if (!find_column(source, statement, column, error))
            return false;
    return true;
}

static bool source_open(Source *source, const SyLoaderConfig *config,
                        const SyLoaderContext *context, GError **error) {
    source->config = config;
    source->db = sy_engine_open(config->engine ? config->engine : config->engine_name,
                                context->engines, context->folder, SY_DB_READ, error);
    /* One moment of the database for all symbols and all looks at them. */
    return source->db && sy_db_begin(source->db, SY_DB_READ, error) &&
           (config->query ? set_query(source, config->query, error) : set_table(source, error)) &&
           find_columns(source, error) &&
           sy_bar_range_init(&source->range, config, context, source->index_name, error);
}

/* ── one symbol ────────────────────────────────────────────────────────────────────────────── */

/* Which rows of the source are bars of one symbol: a condition and what it binds. */
typedef struct {
    const char *symbol;
    GString *condition; /* " WHERE …" */
    GStrv text;         /* bound from ?1 on */
} Selection;

static void selection_clear(Selection *selection) {
    if (selection->condition)
        g_string_free(selection->condition, TRUE);
    g_strfreev(selection->text);
}
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(Selection, selection_clear)

static void selection_bind(const Selection *selection, SyStatement *statement) {
    for (int i = 0; selection->text && selection->text[i]; i++)
        sy_db_bind_text(statement, i + 1, selection->text[i]);
}

/* The stored spellings that mean the configured timeframe. */
static GStrv matching_spellings(const Source *source, char **stored) {
    g_autoptr(GStrvBuilder) matches = g_strv_builder_new();
    SyTimeframe timeframe;
    for (char **text = stored; *text; text++)
        if (sy_timeframe_parse(*text, &timeframe, NULL) &&
            sy_timeframe_equal(timeframe, source->config->timeframe))
            g_strv_builder_add(matches, *text);
    return g_strv_builder_end(matches);
}

/* Why there is no row for a symbol at all. */
static bool fail_no_symbol(const Source *source, const char *symbol, GError **error) {
    bool found;
    if (!any_row(source, &found, error))
        return false;
    if (!found)
        return sy_fail(error, SY_ERROR_DATA,
                       "%s: is empty (fill it with `systematica data import`)", source->what);
    if (!source->column[SYMBOL])
        return sy_fail(error, SY_ERROR_DATA, "%s: no bars", source->what);
    g_auto(GStrv) symbols = distinct(source, SYMBOL, NULL, 1000, error);
    if (!symbols)
        return false;
    const char *const *names = (const char *const *)symbols;
    gsize n = g_strv_length(symbols);
    g_autofree char *meant = sy_text_did_you_mean(symbol, names, n);
    g_autofree char *list = sy_text_list(names, n, 12);
    return sy_fail(error, SY_ERROR_DATA, "%s: has no symbol \"%s\"%s (there: %s)", source->what,
                   symbol, meant, list);
}

static bool fail_no_timeframe(const Source *source, const char *symbol, char **stored,
                              GError **error) {
    char wanted[SY_TIME_TEXT_SIZE];
    g_autofree char *list = sy_text_list((const char *const *)stored, g_strv_length(stored), 12);
    return sy_fail(error, SY_ERROR_DATA,
                   "%s: %s has no bars of timeframe %s (there: %s; frequency = \"%s\" resamples "
                   "shorter ones)",
                   source->what, symbol, sy_timeframe_format(source->config->timeframe, wanted),
                   list, wanted);
}

static bool select_symbol(const Source *source, const char *symbol, Selection *selection,
                          GError **error) {
    g_autoptr(GStrvBuilder) texts = g_strv_builder_new();
    selection->symbol = symbol;
    selection->condition = g_string_new(" WHERE 1 = 1");
    bool by_symbol = source->column[SYMBOL] != NULL;
    if (by_symbol) {
        g_strv_builder_add(texts, symbol);
        g_string_printf(selection->condition, " WHERE %s = ?1", source->column[SYMBOL]);
    }
    if (source->column[TIMEFRAME]) {
        g_auto(GStrv) stored = distinct(source, TIMEFRAME, by_symbol ? symbol : NULL, 1000, error);
        if (!stored)
            return false;
        if (!*stored)
            return fail_no_symbol(source, symbol, error);
        g_auto(GStrv) matches = matching_spellings(source, stored);
        if (!*matches)
            return fail_no_timeframe(source, symbol, stored, error);
        g_string_append(selection->condition, " AND (");
        for (gsize i = 0; matches[i]; i++) {
            g_string_append_printf(selection->condition, "%s%s = ?%d", i ? " OR " : "",
                                   source->column[TIMEFRAME], (int)i + 1 + by_symbol);
            g_strv_builder_add(texts, matches[i]);
        }
        g_string_append_c(selection->condition, ')');
    }
    selection->text = g_strv_builder_end(texts);
    return true;
}

/* Reads one time of the index column. */
static bool read_time(SyStatement *statement, SyStamp *stamp, SyTime *time, GError **error) {
    gsize length;
    const char *text;
    if (sy_db_time(statement, 0, time))
        return sy_stamp_take_time(stamp, *time, error);
    switch (sy_db_type(statement, 0)) {
    case SY_DB_TEXT:
        text = sy_db_text(statement, 0, &length);
        return sy_stamp_read_text(stamp, text, length, time, error);
    case SY_DB_INTEGER:
        return sy_stamp_read_integer(stamp, sy_db_integer(statement, 0), time, error);
    case SY_DB_NULL:
        return sy_fail(error, SY_ERROR_DATA, "a time is NULL; delete such rows");
    default:
        return sy_fail(error, SY_ERROR_DATA,
                       "a time is neither a text nor an integer; store \"2018-01-01 00:00:00\" in "
                       "UTC");
    }
}

/* Reads the least or greatest stored time of a selection. *some = false where it has no rows. SQL
 * sorts NULL before numbers before texts, so the two ends show a mixed column. */
static bool probe_end(const Source *source, const Selection *selection, const char *order,
                      SyStamp *stamp, SyTime *time, bool *integer_type, bool *some,
                      GError **error) {
    g_autofree char *sql =
        g_strdup_printf("SELECT %s FROM %s%s ORDER BY 1 %s LIMIT 1", source->column[INDEX],
                        source->from, selection->condition->str, order);
    g_autoptr(SyStatement) statement = sy_db_prepare(source->db, sql, error);
    if (!statement)
        return false;
    selection_bind(selection, statement);
    SyDbStep step = sy_db_step(statement, error);
    *some = step == SY_DB_ROW;
    if (step != SY_DB_ROW)
        return step == SY_DB_DONE;
    *integer_type = sy_db_type(statement, 0) == SY_DB_INTEGER;
    if (read_time(statement, stamp, time, error))
        return true;
    g_prefix_error(error, "%s: %s, column %s: ", source->what, selection->symbol,
                   source->index_name);
    return false;
}

/* Condition on the index column that keeps every row of the range, and perhaps some more. */
static void append_prefilter(const Source *source, SyTime from, SyTime to, bool integers,
                             GString *sql) {
    const char *name = source->column[INDEX];
    if (integers) {
        gint64 unit = sy_stamp_unit(source->stamp);
        if (from != SY_TIME_NONE)
            g_string_append_printf(sql, " AND %s >= %" G_GINT64_FORMAT, name, from / unit - 1);
        if (to != SY_TIME_NONE)
            g_string_append_printf(sql, " AND %s <= %" G_GINT64_FORMAT, name, to / unit + 1);
    } else if (source->stamp == SY_STAMP_TEXT || source->stamp == SY_STAMP_TIME) {
        char text[SY_TIME_TEXT_SIZE];
        enum { date = 10 };
        if (from != SY_TIME_NONE)
            g_string_append_printf(sql, " AND %s >= '%.*s'", name, date,
                                   sy_time_format(from - TEXT_MARGIN, text));
        if (to != SY_TIME_NONE)
            g_string_append_printf(sql, " AND %s < '%.*s'", name, date,
                                   sy_time_format(to + TEXT_MARGIN, text));
    }
}

/* Reads one price or volume that is stored as something else than a number: NULL, or text as it may
 * stand in a CSV file. */
static bool read_odd_value(const Source *source, SyStatement *statement, const char *symbol,
                           SyTime close, int field, double *value, GError **error) {
    SyCsvField cell = {.text = ""};
    char time[SY_TIME_TEXT_SIZE];
    if (sy_db_type(statement, field + 1) != SY_DB_NULL)
        cell.text = sy_db_text(statement, field + 1, &cell.length);
    return sy_csv_number(&cell, value) ||
           sy_fail(error, SY_ERROR_DATA,
                   "%s: %s, bar that closes at %s: %s = \"%.40s\" is not a number; correct or "
                   "delete the row",
                   source->what, symbol, sy_time_format(close, time), sy_bar_field_names[field],
                   cell.text);
}

/* Reads and checks the prices and the volume of a row. A NULL, a NaN or an empty text is a missing
 * value. */
static bool read_values(const Source *source, SyStatement *statement, const char *symbol,
                        SyTime close, double *value, GError **error) {
    int field = 0;
    while ((field += sy_db_numbers(statement, field + 1, SY_BAR_FIELDS - field, value + field)) <
           SY_BAR_FIELDS) {
        if (!read_odd_value(source, statement, symbol, close, field, &value[field], error))
            return false;
        field++;
    }
    for (field = 0; field < SY_BAR_FIELDS; field++)
        if (!sy_bar_value_is_good(field, value[field]) && !isnan(value[field]))
            return sy_bar_value_fail(error, source->what, symbol, close, field, value[field]);
    return true;
}

/* When to stop reading backwards. */
typedef struct {
    gsize wanted; /* distinct times; 0 = read forwards, all */
    gsize seen;
    SyTime last, floor;
} Backwards;

/* Counts a row; false once no older row can be among the newest. */
static bool backwards_goes_on(Backwards *backwards, SyTime close, SyTime margin) {
    if (backwards->wanted == 0)
        return true;
    if (backwards->seen >= backwards->wanted)
        return close >= backwards->floor;
    if (backwards->seen == 0 || close != backwards->last)
        backwards->seen++;
    backwards->last = close;
    backwards->floor = close - margin;
    return true;
}

static bool read_rows(const Source *source, SyStatement *statement, const char *symbol,
                      Backwards *backwards, SySeries *series, GError **error) {
    SyStamp stamp = source->stamp;
    SyTime margin = stamp == SY_STAMP_TEXT ? TEXT_MARGIN : 0, index = 0, close;
    double value[SY_BAR_FIELDS];
    SyDbStep step;
    while ((step = sy_db_step(statement, error)) == SY_DB_ROW) {
        if (!read_time(statement, &stamp, &index, error)) {
            g_prefix_error(error, "%s: %s, column %s: ", source->what, symbol, source->index_name);
            return false;
        }
        if (!sy_bar_range_takes(&source->range, index, &close, &series->provenance))
            continue;
        if (!backwards_goes_on(backwards, close, margin))
            return true;
        if (!read_values(source, statement, symbol, close, value, error))
            return false;
        sy_series_append(series, close, value);
    }
    return step == SY_DB_DONE;
}

/* Reads the rows of a selection that close from `from` to `to`, in the given order. */
static bool read_ordered(const Source *source, const Selection *selection, SyTime from, SyTime to,
                         bool integers, const char *order, gsize newest, SySeries *series,
                         GError **error) {
    g_autoptr(GString) sql = g_string_new("SELECT ");
    g_string_append(sql, source->column[INDEX]);
    for (int field = 0; field < SY_BAR_FIELDS; field++)
        g_string_append_printf(sql, ", %s", source->column[field] ? source->column[field] : "NULL");
    g_string_append_printf(sql, " FROM %s%s", source->from, selection->condition->str);
    append_prefilter(source, from, to, integers, sql);
    g_string_append(sql, order);
    g_autoptr(SyStatement) statement =
        (newest ? sy_db_prepare_portions : sy_db_prepare)(source->db, sql->str, error);
    if (!statement)
        return false;
    selection_bind(selection, statement);
    Backwards backwards = {.wanted = newest};
    return read_rows(source, statement, selection->symbol, &backwards, series, error);
}

static SyTime earlier(SyTime a, SyTime b) {
    return a == SY_TIME_NONE ? b : b == SY_TIME_NONE ? a : MIN(a, b);
}

static bool fail_no_rows(const Source *source, const char *symbol, SyTime first, SyTime last,
                         GError **error) {
    char from[SY_TIME_TEXT_SIZE], to[SY_TIME_TEXT_SIZE], until[SY_TIME_TEXT_SIZE];
    return sy_fail(error, SY_ERROR_DATA,
                   "%s: no closed bar of %s lies in the range asked for (stored: %s from %s to "
                   "%s; asked for: start %s, end %s, now %s)",
                   source->what, symbol, source->index_name, sy_time_format(first, from),
                   sy_time_format(last, to), source->config->start ? source->config->start : "none",
                   source->config->end ? source->config->end : "none",
                   sy_time_format(source->range.until, until));
}

/* Room for the rows that an unbroken grid would have; a sparse table is no reason to ask for much.
 */
static void reserve(const SyLoaderConfig *config, SyTime first, SyTime last, SySeries *series) {
    enum { most = 1 << 18 };
    gint64 length = config->timeframe.nanoseconds;
    if (length > 0 && config->limit == 0)
        sy_series_reserve(series, (gsize)CLAMP((last - first) / length + 2, 0, most));
}

/* Reads the rows once more in an order that says which of those of equal time comes last. */
static bool read_again(const Source *source, const Selection *selection, const char *order,
                       SyTime to, bool integers, SySeries *series, GError **error) {
    const SyBarRange *range = &source->range;
    SyTime from = range->start;
    if (source->config->limit) {
        SyTime oldest = series->time[0];
        from = (range->open ? sy_timeframe_add(range->timeframe, oldest, -1) : oldest) - SY_DAY;
    }
    SySeries again = {0};
    if (!read_ordered(source, selection, from, to, integers, order, 0, &again, error)) {
        sy_series_clear(&again);
        return false;
    }
    sy_series_clear(series);
    *series = again;
    sy_series_sort(series);
    return true;
}

/* Of rows of equal time the last one stored wins, so the order of storing decides where there is
 * one. Of a query, a view or a foreign table nobody knows it: there the greatest values win, so
 * that equal rows give equal bars whatever order the server finds them in. */
static bool settle_duplicates(const Source *source, const Selection *selection, SyTime to,
                              bool integers, SySeries *series, GError **error) {
    const char *stored_order = sy_db_stored_order(source->db);
    if (!source->config->query && stored_order) {
        g_autofree char *order = g_strdup_printf(" ORDER BY %s", stored_order);
        g_autoptr(GError) no_order = NULL;
        if (!sy_db_exec(source->db, "SAVEPOINT duplicates", error))
            return false;
        if (read_again(source, selection, order, to, integers, series, &no_order))
            return true;
        if (no_order->code != SY_ERROR_DATA) {
            g_propagate_error(error, g_steal_pointer(&no_order));
            return false;
        }
        if (!sy_db_exec(source->db, "ROLLBACK TO duplicates", error))
            return false;
    }
    g_autoptr(GString) order = g_string_new(" ORDER BY ");
    g_string_append(order, source->column[INDEX]);
    for (int field = 0; field < SY_BAR_FIELDS; field++)
        if (source->column[field])
            g_string_append_printf(order, ", %s", source->column[field]);
    return read_again(source, selection, order->str, to, integers, series, error);
}

/* All rows of one symbol, sorted, without duplicates. */
static bool load_symbol(Source *source, const char *symbol, SySeries *series, GError **error) {
    g_auto(Selection) selection = {0};
    SyTime first = SY_TIME_NONE, last = SY_TIME_NONE;
    bool some, integers, last_integers;
    if (!select_symbol(source, symbol, &selection, error) ||
        !probe_end(source, &selection, "ASC", &source->stamp, &first, &integers, &some, error))
        return false;
    if (!some)
        return fail_no_symbol(source, symbol, error);
    if (!probe_end(source, &selection, "DESC", &source->stamp, &last, &last_integers, &some, error))
        return false;
    const SyBarRange *range = &source->range;
    gsize newest = (gsize)source->config->limit;
    reserve(source->config, first, last, series);
    g_autofree char *backwards =
        newest ? g_strdup_printf(" ORDER BY %s DESC", source->column[INDEX]) : g_strdup("");
    /* Bounds that all rows meet are left out: they would be compared with every row. */
    SyTime to = earlier(range->end, range->until);
    to = to > last ? SY_TIME_NONE : to;
    if (!read_ordered(source, &selection, range->start, to, integers, backwards, newest, series,
                      error))
        return false;
    sy_series_sort(series);
    if (series->provenance.duplicates &&
        !settle_duplicates(source, &selection, to, integers, series, error))
        return false;
    if (newest)
        sy_series_keep_newest(series, newest);
    return series->rows > 0 || fail_no_rows(source, symbol, first, last, error);
}

static SyPanel *load(const SyLoaderConfig *config, const SyLoaderContext *context, GError **error) {
    g_auto(Source) source = {0};
    gsize n = g_strv_length(config->symbols);
    g_autofree SySeries *series = g_new0(SySeries, n + 1);
    SyPanel *panel = NULL;
    bool complete = source_open(&source, config, context, error);
    for (gsize s = 0; complete && s < n; s++)
        complete = load_symbol(&source, config->symbols[s], &series[s], error);
    if (complete)
        panel = sy_bars_to_panel(series, config, &source.range, error);
    if (panel)
        panel->source = g_strdup(source.what);
    for (gsize s = 0; s < n; s++)
        sy_series_clear(&series[s]);
    return panel;
}

/* ── the newest bar ───────────────────────────────────────────────────────────────────────── */

/* The newest close of a symbol that belongs to the range; SY_TIME_NONE where there is none. Texts
 * of several spellings in one column are not sorted by time, so rows close behind the first that
 * fits are looked at as well. */
static bool newest_of_symbol(Source *source, const char *symbol, SyTime *newest, GError **error) {
    enum { behind = 32 };
    g_auto(Selection) selection = {0};
    SyTime last;
    bool some, integers;
    *newest = SY_TIME_NONE;
    if (!select_symbol(source, symbol, &selection, error) ||
        !probe_end(source, &selection, "DESC", &source->stamp, &last, &integers, &some, error))
        return false;
    if (!some)
        return fail_no_symbol(source, symbol, error);
    g_autoptr(GString) sql = g_string_new("SELECT ");
    g_string_append_printf(sql, "%s FROM %s%s", source->column[INDEX], source->from,
                           selection.condition->str);
    append_prefilter(source, source->range.start, earlier(source->range.end, source->range.until),
                     integers, sql);
    g_string_append_printf(sql, " ORDER BY %s DESC", source->column[INDEX]);
    g_autoptr(SyStatement) statement = sy_db_prepare_portions(source->db, sql->str, error);
    if (!statement)
        return false;
    selection_bind(&selection, statement);
    SyDbStep step = SY_DB_DONE;
    SyProvenance ignored = {0};
    for (int seen = 0; seen < behind; seen += *newest != SY_TIME_NONE) {
        SyTime index = 0, close;
        step = sy_db_step(statement, error);
        if (step != SY_DB_ROW || !read_time(statement, &source->stamp, &index, error))
            break;
        if (sy_bar_range_takes(&source->range, index, &close, &ignored))
            *newest = MAX(*newest, close);
    }
    return step != SY_DB_FAILED && !*error;
}

static bool newest(const SyLoaderConfig *config, const SyLoaderContext *context, SyTime *time,
                   GError **error) {
    g_auto(Source) source = {0};
    if (!source_open(&source, config, context, error))
        return false;
    *time = G_MAXINT64;
    for (char **symbol = config->symbols; *symbol; symbol++) {
        SyTime of_symbol;
        if (!newest_of_symbol(&source, *symbol, &of_symbol, error))
            return false;
        *time = MIN(*time, of_symbol);
    }
    *time = sy_bars_newest(config, *time);
    return true;
}

static char *validate(const SyLoaderConfig *config, const char **key) {
    char *foreign = sy_loader_validate_owner("BFCData", config, key);
    if (foreign)
        return foreign;
    *key = "engine_name";
    if (!config->engine_name && !config->engine)
        return g_strdup("is missing: name an engine of settings.toml, or give engine = "
                        "\"sqlite:///path\"");
    *key = "engine";
    if (config->engine_name && config->engine)
        return g_strdup("is given beside engine_name; keep one of them");
    *key = "query";
    if (config->query && config->table)
        return g_strdup("is given beside table; keep one of them");
    *key = "engine";
    SyDbUrl url;
    g_autoptr(GError) error = NULL;
    if (config->engine && !sy_db_url_parse(config->engine, &url, &error))
        return g_strdup(error->message);
    if (config->engine)
        sy_db_url_clear(&url);
    return sy_loader_validate_common(config, key);
}

const SyLoader sy_loader_bfc_data = {
    .name = "BFCData",
    .summary = "Bars from a table or a SELECT of an SQL engine.",
    .source = "The loader of the reference system",
    .validate = validate,
    .load = load,
    .newest = newest,
};
