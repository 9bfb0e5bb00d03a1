/* From the records of a CSV file to bars. */
#include "loader/bar_file.h"

#include <string.h>

#include "base/error.h"
#include "base/text.h"
#include "loader/bars.h"

static const char *const index_names[] = {"close_datetime", "open_datetime", "close_time",
                                          "open_time",      "datetime",      "timestamp",
                                          "time",           "date",          NULL};
static const char *const symbol_names[] = {"symbol", "ticker", NULL};

static bool fail_no_column(const SyCsv *csv, const char *name, const char *remedy, GError **error) {
    const char *const *names = sy_csv_names(csv);
    gsize n = g_strv_length((char **)names);
    g_autofree char *list = sy_text_list(names, n, 20);
    g_autofree char *meant = sy_text_did_you_mean(name, names, n);
    return sy_fail(error, SY_ERROR_DATA, "%s: no column is called \"%s\"%s (there: %s; %s)",
                   sy_csv_path(csv), name, meant, list, remedy);
}

/* The first of several names that the file has; -1 where it has none. */
static int first_column(const SyCsv *csv, const char *const *names) {
    for (; *names; names++)
        if (sy_csv_column(csv, *names) >= 0)
            return sy_csv_column(csv, *names);
    return -1;
}

static bool find_index(SyBarFile *file, const char *index_col, GError **error) {
    file->index =
        index_col ? sy_csv_column(file->csv, index_col) : first_column(file->csv, index_names);
    if (file->index < 0 && index_col)
        return fail_no_column(file->csv, index_col, "name the column of the times", error);
    if (file->index < 0) {
        const char *const *names = sy_csv_names(file->csv);
        g_autofree char *list = sy_text_list(names, g_strv_length((char **)names), 20);
        g_autofree char *usual = g_strjoinv(", ", (char **)index_names);
        return sy_fail(
            error, SY_ERROR_DATA,
            "%s: no column of times (usually called %s; there: %s; name it as index_col)",
            sy_csv_path(file->csv), usual, list);
    }
    file->index_name = sy_csv_names(file->csv)[file->index];
    return true;
}

static bool find_symbol(SyBarFile *file, const SyMap *columns, GError **error) {
    const char *mapped = columns ? sy_map_get(columns, "symbol") : NULL;
    file->symbol =
        mapped ? sy_csv_column(file->csv, mapped) : first_column(file->csv, symbol_names);
    return file->symbol >= 0 || !mapped ||
           fail_no_column(file->csv, mapped, "correct columns = { symbol = \"…\" }", error);
}

static bool find_value(SyBarFile *file, const SyMap *columns, SyMissing missing, int field,
                       GError **error) {
    const char *mapped = columns ? sy_map_get(columns, sy_bar_field_names[field]) : NULL;
    const char *name = mapped ? mapped : sy_bar_field_names[field];
    file->value[field] = sy_csv_column(file->csv, name);
    bool may_lack = !mapped && missing != SY_MISSING_RAISE && field != SY_CLOSE;
    return file->value[field] >= 0 || may_lack ||
           fail_no_column(file->csv, name, "map it with columns", error);
}

bool sy_bar_file_open(SyBarFile *file, const char *path, const SyMap *columns,
                      const char *index_col, SyMissing missing, GError **error) {
    *file = (SyBarFile){.csv = sy_csv_open(path, error)};
    return file->csv && sy_bar_file_begin(file, columns, index_col, missing, error);
}

bool sy_bar_file_begin(SyBarFile *file, const SyMap *columns, const char *index_col,
                       SyMissing missing, GError **error) {
    if (!find_index(file, index_col, error) || !find_symbol(file, columns, error))
        return false;
    for (int field = 0; field < SY_BAR_FIELDS; field++)
        if (!find_value(file, columns, missing, field, error))
            return false;
    return true;
}

void sy_bar_file_clear(SyBarFile *file) {
    sy_csv_free(file->csv);
    file->csv = NULL;
}

SyCsvStep sy_bar_file_next(SyBarFile *file, SyBarRow *row, GError **error) {
    SyCsvStep step = sy_csv_next(file->csv, error);
    if (step == SY_CSV_RECORD)
        row->symbol = file->symbol < 0 ? NULL : sy_csv_fields(file->csv)[file->symbol].text;
    return step;
}

bool sy_bar_file_fail(const SyBarFile *file, const SyBarRow *row, GError **error,
                      const char *format, ...) {
    va_list arguments;
    va_start(arguments, format);
    g_autofree char *message = g_strdup_vprintf(format, arguments);
    va_end(arguments);
    return sy_fail(error, SY_ERROR_DATA, "%s:%" G_GSIZE_FORMAT ": %s%s%s", sy_csv_path(file->csv),
                   sy_csv_line(file->csv), row->symbol ? row->symbol : "", row->symbol ? ": " : "",
                   message);
}

static bool read_value(SyBarFile *file, SyBarRow *row, int field, GError **error) {
    const SyCsvField *cell = &sy_csv_fields(file->csv)[file->value[field]];
    double value;
    if (!sy_csv_number(cell, &value))
        return sy_bar_file_fail(file, row, error, "%s = \"%.40s\" is not a number",
                                sy_bar_field_names[field], cell->text);
    row->value[field] = value;
    if (sy_bar_value_is_good(field, value) || isnan(value))
        return true;
    return sy_bar_file_fail(file, row, error, "%s = %s %s; correct or delete the row",
                            sy_bar_field_names[field], cell->text, sy_bar_value_wrong(value));
}

bool sy_bar_file_read(SyBarFile *file, SyBarRow *row, GError **error) {
    const SyCsvField *cell = &sy_csv_fields(file->csv)[file->index];
    g_autoptr(GError) reason = NULL;
    if (!sy_stamp_read_text(&file->stamp, cell->text, cell->length, &row->index, &reason))
        return sy_bar_file_fail(file, row, error, "column %s: %s", file->index_name,
                                reason->message);
    for (int field = 0; field < SY_BAR_FIELDS; field++)
        if (file->value[field] < 0)
            row->value[field] = NAN;
        else if (!read_value(file, row, field, error))
            return false;
    return true;
}
