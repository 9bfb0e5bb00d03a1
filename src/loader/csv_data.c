/* CSVData: bars from CSV files, plain or gzip; one file for all symbols or one for each. First
 * stage of the flow. */
#include <string.h>

#include "base/error.h"
#include "base/text.h"
#include "loader/bar_reader.h"

static char *path_of(const SyLoaderConfig *config, const SyLoaderContext *context,
                     const char *symbol) {
    g_auto(GStrv) parts = g_strsplit(config->path, "{symbol}", -1);
    g_autofree char *path = g_strjoinv(symbol, parts);
    return g_path_is_absolute(path) ? g_steal_pointer(&path)
                                    : g_build_filename(context->folder, path, NULL);
}

/* Reads the rows of one file. `only` is the position of its symbol, -1 where a column tells. */
static bool read_file(SyBarReader *reader, const SyLoaderContext *context, const char *path,
                      int only, GError **error) {
    g_auto(SyBarFile) file = {0};
    const SyLoaderConfig *config = reader->config;
    return sy_bar_file_open(&file, path, &config->columns, config->index_col,
                            config->missing_columns, error) &&
           sy_bar_range_init(&reader->range, config, context, file.index_name, error) &&
           sy_bar_reader_take(reader, &file, only, error);
}

/* Sets the error for a symbol of which a file has no row at all, with the symbols it has; true
 * where it has some, or no column to tell. */
static bool check_symbol(const SyBarReader *reader, const SyLoaderContext *context,
                         const char *symbol, GError **error) {
    g_autofree char *path = path_of(reader->config, context, symbol);
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

static bool read_files(SyBarReader *reader, const SyLoaderContext *context, GError **error) {
    const SyLoaderConfig *config = reader->config;
    bool per_symbol = strstr(config->path, "{symbol}") != NULL;
    for (int s = 0; config->symbols[s] && (per_symbol || s == 0); s++) {
        g_autofree char *path = path_of(config, context, config->symbols[s]);
        if (!read_file(reader, context, path, per_symbol ? s : -1, error))
            return false;
    }
    return true;
}

static SyPanel *load(const SyLoaderConfig *config, const SyLoaderContext *context, GError **error) {
    g_auto(SyBarReader) reader;
    sy_bar_reader_init(&reader, config);
    if (!read_files(&reader, context, error))
        return NULL;
    for (gsize s = 0; config->symbols[s]; s++)
        if (reader.series[s].rows == 0 &&
            !check_symbol(&reader, context, config->symbols[s], error))
            return NULL;
    return sy_bar_reader_panel(&reader, config->path, error);
}

static bool newest(const SyLoaderConfig *config, const SyLoaderContext *context, SyTime *time,
                   GError **error) {
    g_auto(SyBarReader) reader;
    sy_bar_reader_init(&reader, config);
    if (!read_files(&reader, context, error))
        return false;
    *time = sy_bar_reader_newest(&reader);
    return true;
}

static char *validate(const SyLoaderConfig *config, const char **key) {
    char *foreign = sy_loader_validate_owner("CSVData", config, key);
    if (foreign)
        return foreign;
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
