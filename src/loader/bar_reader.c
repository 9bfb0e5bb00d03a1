/* Rows find their symbol, are checked, and join its series. */
#include "loader/bar_reader.h"

#include <string.h>

#include "base/error.h"
#include "base/text.h"

void sy_bar_reader_init(SyBarReader *reader, const SyLoaderConfig *config) {
    *reader = (SyBarReader){.config = config};
    reader->series = g_new0(SySeries, g_strv_length(config->symbols));
}

void sy_bar_reader_clear(SyBarReader *reader) {
    for (gsize s = 0; reader->series && reader->config->symbols[s]; s++)
        sy_series_clear(&reader->series[s]);
    g_clear_pointer(&reader->series, g_free);
}

/* Position of a symbol in the configuration, -1 where it is not asked for. Rows come in runs of one
 * symbol, so the one found last is tried first. */
static int symbol_position(const SyBarReader *reader, const char *symbol, int last) {
    char **symbols = reader->config->symbols;
    if (last >= 0 && strcmp(symbols[last], symbol) == 0)
        return last;
    for (int i = 0; symbols[i]; i++)
        if (strcmp(symbols[i], symbol) == 0)
            return i;
    return -1;
}

static bool fail_symbol(const SyBarReader *reader, const SyBarFile *file, const SyBarRow *row,
                        GError **error) {
    const char *const *symbols = (const char *const *)reader->config->symbols;
    gsize n = g_strv_length(reader->config->symbols);
    g_autofree char *meant = sy_text_did_you_mean(row->symbol, symbols, n);
    g_autofree char *list = sy_text_list(symbols, n, 12);
    return sy_bar_file_fail(file, row, error, "is none of the symbols that were asked for: %s%s",
                            list, meant);
}

/* Who prints the same bars for ever is told so while there is memory. Looked at with each doubling
 * of the rows. */
static bool check_flood(const SyBarReader *reader, const SySeries *series, const SyBarFile *file,
                        const SyBarRow *row, GError **error) {
    enum { few = 1 << 16 };
    gsize n = series->rows;
    if (n < few || (n & (n - 1)))
        return true;
    SyTime first = series->time[0], last = first;
    for (gsize i = 1; i < n; i++) {
        first = MIN(first, series->time[i]);
        last = MAX(last, series->time[i]);
    }
    double bars = (double)(last - first) / sy_timeframe_length(reader->range.timeframe) + 1;
    return (double)n <= 2 * bars ||
           sy_bar_file_fail(file, row, error,
                            "%" G_GSIZE_FORMAT " rows up to here, more than the bars between the "
                            "first and the last of them even if each came twice",
                            n);
}

bool sy_bar_reader_take(SyBarReader *reader, SyBarFile *file, int only, GError **error) {
    if (only < 0 && file->symbol < 0 && reader->config->symbols[1])
        return sy_fail(error, SY_ERROR_DATA,
                       "%s: has no symbol column to tell the symbols apart; map it with columns = "
                       "{ symbol = \"…\" }, or use one file per symbol: path = \"…{symbol}.csv\"",
                       sy_csv_path(file->csv));
    for (int field = 0; field < SY_BAR_FIELDS; field++)
        reader->lacks[field] |= file->value[field] < 0;
    if (only < 0 && file->symbol < 0)
        only = 0;
    SyBarRow row = {0};
    SyCsvStep step;
    int position = only;
    while ((step = sy_bar_file_next(file, &row, error)) == SY_CSV_RECORD) {
        SyTime close;
        if (row.symbol && (position = symbol_position(reader, row.symbol, position)) < 0) {
            if (reader->strict)
                return fail_symbol(reader, file, &row, error);
            continue;
        }
        if (only >= 0 && position != only)
            continue;
        if (!sy_bar_file_read(file, &row, error))
            return false;
        SySeries *series = &reader->series[position];
        if (!sy_bar_range_takes(&reader->range, row.index, &close, &series->provenance))
            continue;
        sy_series_append(series, close, row.value);
        if (reader->strict && !check_flood(reader, series, file, &row, error))
            return false;
    }
    return step == SY_CSV_END;
}

/* Why there is no panel: a symbol has no bar in the range. Always false. */
static bool fail_none(const SyBarReader *reader, const char *source, gsize symbol, GError **error) {
    char until[SY_TIME_TEXT_SIZE];
    const SyLoaderConfig *config = reader->config;
    return sy_fail(error, SY_ERROR_DATA,
                   "%s: no closed bar of %s lies in the range asked for (start %s, end %s, now %s)",
                   source, config->symbols[symbol], config->start ? config->start : "none",
                   config->end ? config->end : "none", sy_time_format(reader->range.until, until));
}

/* Values of fields that a source had no column for become NaN for all symbols. */
static void drop_lacking(SyBarReader *reader) {
    for (gsize s = 0; reader->config->symbols[s]; s++)
        for (int field = 0; field < SY_BAR_FIELDS; field++)
            for (gsize row = 0; reader->lacks[field] && row < reader->series[s].rows; row++)
                reader->series[s].value[field][row] = NAN;
}

SyPanel *sy_bar_reader_panel(SyBarReader *reader, const char *source, GError **error) {
    const SyLoaderConfig *config = reader->config;
    for (gsize s = 0; config->symbols[s]; s++) {
        SySeries *series = &reader->series[s];
        sy_series_sort(series);
        if (config->limit)
            sy_series_keep_newest(series, (gsize)config->limit);
        if (series->rows == 0) {
            fail_none(reader, source, s, error);
            return NULL;
        }
    }
    if (config->missing_columns == SY_MISSING_DROP)
        drop_lacking(reader);
    SyPanel *panel = sy_bars_to_panel(reader->series, config, &reader->range, error);
    if (panel)
        panel->source = g_strdup(source);
    return panel;
}

SyTime sy_bar_reader_newest(const SyBarReader *reader) {
    SyTime newest = G_MAXINT64;
    for (gsize s = 0; reader->config->symbols[s]; s++) {
        const SySeries *series = &reader->series[s];
        SyTime of_symbol = SY_TIME_NONE;
        for (gsize row = 0; row < series->rows; row++)
            of_symbol = MAX(of_symbol, series->time[row]);
        newest = MIN(newest, of_symbol);
    }
    return sy_bars_newest(reader->config, newest);
}
