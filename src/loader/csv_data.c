/* CSVData: bars from CSV files, plain or gzip; one file for all symbols or one for each. First
 * stage of the flow. */
#include <string.h>

#include "base/error.h"
#include "base/text.h"
#include "loader/bar_file.h"
#include "loader/bars.h"

/* The rows of the symbols that are asked for, file by file. */
typedef struct {
    const SyLoaderConfig *config;
    const SyLoaderContext *context;
    SySeries *series; /* [symbols] */
    SyBarRange range;
    bool lacks[SY_BAR_FIELDS]; /* a file had no such column */
} Reader;

static char *path_of(const Reader *reader, const char *symbol) {
    g_auto(GStrv) parts = g_strsplit(reader->config->path, "{symbol}", -1);
    g_autofree char *path = g_strjoinv(symbol, parts);
    return g_path_is_absolute(path) ? g_steal_pointer(&path)
                                    : g_build_filename(reader->context->folder, path, NULL);
}

/* Position of a symbol in the configuration, -1 where it is not asked for. Rows come in runs of one
 * symbol, so the one found last is tried first. */
static int symbol_position(const Reader *reader, const char *symbol, int last) {
    char **symbols = reader->config->symbols;
    if (last >= 0 && strcmp(symbols[last], symbol) == 0)
        return last;
    for (int i = 0; symbols[i]; i++)
        if (strcmp(symbols[i], symbol) == 0)
            return i;
    return -1;
}

/* Reads the rows of one file. `only` is the position of its symbol, -1 where a column tells. */
static bool read_file(Reader *reader, const char *path, int only, GError **error) {
    g_auto(SyBarFile) file = {0};
    const SyLoaderConfig *config = reader->config;
    if (!sy_bar_file_open(&file, path, &config->columns, config->index_col, config->missing_columns,
                          error) ||
        !sy_bar_range_init(&reader->range, config, reader->context, file.index_name, error))
        return false;
    if (only < 0 && file.symbol < 0 && config->symbols[1])
        return sy_fail(error, SY_ERROR_DATA,
                       "%s: has no symbol column to tell the symbols apart; map it with columns = "
                       "{ symbol = \"…\" }, or use one file per symbol: path = \"…{symbol}.csv\"",
                       path);
    for (int field = 0; field < SY_BAR_FIELDS; field++)
        reader->lacks[field] |= file.value[field] < 0;
    if (only < 0 && file.symbol < 0)
        only = 0;
    SyBarRow row = {0};
    SyCsvStep step;
    int position = only;
    while ((step = sy_bar_file_next(&file, &row, error)) == SY_CSV_RECORD) {
        SyTime close;
        if (row.symbol && (position = symbol_position(reader, row.symbol, position)) < 0)
            continue;
        if (only >= 0 && position != only)
            continue;
        if (!sy_bar_file_read(&file, &row, error))
            return false;
        SySeries *series = &reader->series[position];
        if (!sy_bar_range_takes(&reader->range, row.index, &close, &series->provenance))
            continue;
        sy_series_append(series, close, row.value);
    }
    return step == SY_CSV_END;
}

/* Sets the error for a symbol of which a file has no row at all, with the symbols it has; true
 * where it has some, or no column to tell. */
static bool check_symbol(const Reader *reader, const char *symbol, GError **error) {
    g_autofree char *path = path_of(reader, symbol);
    g_autoptr(GHashTable) seen = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, NULL);
    g_auto(SyBarFile) file = {0};
    SyBarRow row = {0};
    SyCsvStep step;
    if (!sy_bar_file_open(&file, path, &reader->config->columns, reader->config->index_col,
                          reader->config->missing_columns, error))
        return false;
    if (file.symbol < 0)
        return true;
    while ((step = sy_bar_file_next(&file, &row, error)) == SY_CSV_RECORD)
        if (!g_hash_table_contains(seen, row.symbol))
            g_hash_table_add(seen, g_strdup(row.symbol));
    if (step == SY_CSV_FAILED || g_hash_table_contains(seen, symbol))
        return step == SY_CSV_END;
    guint n;
    g_autofree const char **names = (const char **)g_hash_table_get_keys_as_array(seen, &n);
    g_autofree char *meant = sy_text_did_you_mean(symbol, names, n);
    g_autofree char *list = sy_text_list(names, n, 12);
    return sy_fail(error, SY_ERROR_DATA, "%s: has no symbol \"%s\"%s (there: %s)", path, symbol,
                   meant, n ? list : "no rows");
}

static bool finish_symbol(Reader *reader, gsize symbol, GError **error) {
    SySeries *series = &reader->series[symbol];
    sy_series_sort(series);
    if (reader->config->limit)
        sy_series_keep_newest(series, (gsize)reader->config->limit);
    if (series->rows)
        return true;
    char until[SY_TIME_TEXT_SIZE];
    const SyLoaderConfig *config = reader->config;
    if (!check_symbol(reader, config->symbols[symbol], error))
        return false;
    return sy_fail(error, SY_ERROR_DATA,
                   "%s: no closed bar of %s lies in the range asked for (start %s, end %s, now %s)",
                   config->path, config->symbols[symbol], config->start ? config->start : "none",
                   config->end ? config->end : "none", sy_time_format(reader->range.until, until));
}

static bool read_files(Reader *reader, GError **error) {
    const SyLoaderConfig *config = reader->config;
    bool per_symbol = strstr(config->path, "{symbol}") != NULL;
    for (int s = 0; config->symbols[s] && (per_symbol || s == 0); s++) {
        g_autofree char *path = path_of(reader, config->symbols[s]);
        if (!read_file(reader, path, per_symbol ? s : -1, error))
            return false;
    }
    return true;
}

static bool read_all(Reader *reader, GError **error) {
    const SyLoaderConfig *config = reader->config;
    if (!read_files(reader, error))
        return false;
    for (gsize s = 0; config->symbols[s]; s++) {
        if (!finish_symbol(reader, s, error))
            return false;
        for (int field = 0; field < SY_BAR_FIELDS; field++)
            for (gsize row = 0; config->missing_columns == SY_MISSING_DROP &&
                                reader->lacks[field] && row < reader->series[s].rows;
                 row++)
                reader->series[s].value[field][row] = NAN;
    }
    return true;
}

static SyPanel *load(const SyLoaderConfig *config, const SyLoaderContext *context, GError **error) {
    gsize n = g_strv_length(config->symbols);
    g_autofree SySeries *series = g_new0(SySeries, n + 1);
    Reader reader = {.config = config, .context = context, .series = series};
    SyPanel *panel = NULL;
    if (read_all(&reader, error))
        panel = sy_bars_to_panel(series, config, &reader.range, error);
    if (panel)
        panel->source = g_strdup(config->path);
    for (gsize s = 0; s < n; s++)
        sy_series_clear(&series[s]);
    return panel;
}

static bool newest(const SyLoaderConfig *config, const SyLoaderContext *context, SyTime *time,
                   GError **error) {
    gsize n = g_strv_length(config->symbols);
    g_autofree SySeries *series = g_new0(SySeries, n + 1);
    Reader reader = {.config = config, .context = context, .series = series};
    bool good = read_files(&reader, error);
    *time = G_MAXINT64;
    for (gsize s = 0; s < n; s++) {
        SyTime of_symbol = SY_TIME_NONE;
        for (gsize row = 0; row < series[s].rows; row++)
            of_symbol = MAX(of_symbol, series[s].time[row]);
        *time = MIN(*time, of_symbol);
        sy_series_clear(&series[s]);
    }
    *time = sy_bars_newest(config, *time);
    return good;
}

static char *validate(const SyLoaderConfig *config, const char **key) {
    const struct {
        const char *key, *value;
    } foreign[] = {{"engine", config->engine},
                   {"engine_name", config->engine_name},
                   {"table", config->table},
                   {"query", config->query}};
    for (gsize i = 0; i < G_N_ELEMENTS(foreign); i++)
        if (foreign[i].value) {
            *key = foreign[i].key;
            return g_strdup("is a key of BFCData; CSVData reads path");
        }
    *key = "path";
    if (!config->path)
        return g_strdup("is missing: name a .csv or .csv.gz file");
    *key = "columns";
    if (sy_map_get(&config->columns, "timeframe"))
        return g_strdup("CSVData does not select by timeframe; use one file per timeframe");
    return sy_loader_validate_common(config, key);
}

const SyLoader sy_loader_csv_data = {
    .name = "CSVData",
    .summary = "Bars from CSV files, plain or gzip.",
    .source = "RFC 4180, with the usual column names",
    .validate = validate,
    .load = load,
    .newest = newest,
};
