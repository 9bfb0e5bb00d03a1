/* Pairs of numbers from a CSV file, as `copula` and `copula eval` take them. */
#include <math.h>
#include <string.h>

#include "base/csv.h"
#include "base/error.h"
#include "base/text.h"
#include "cli/copula.h"

void sy_pairs_clear(SyPairs *pairs) {
    for (gsize k = 0; k < G_N_ELEMENTS(pairs->value); k++) {
        g_free(pairs->value[k]);
        g_free(pairs->name[k]);
    }
    g_free(pairs->line);
}

/* ---- which columns ---- */

static char *list_columns(const SyCsv *csv) {
    const char *const *names = sy_csv_names(csv);
    return sy_text_list((const char **)names, g_strv_length((char **)names), 12);
}

static bool find_named(const SyCsv *csv, char **columns, int at[2], GError **error) {
    if (g_strv_length(columns) != 2)
        return sy_fail(error, SY_ERROR_USAGE,
                       "--columns names %u: two are needed, as in --columns u,v",
                       g_strv_length(columns));
    for (gsize k = 0; k < 2; k++) {
        at[k] = sy_csv_column(csv, columns[k]);
        if (at[k] >= 0)
            continue;
        g_autofree char *there = list_columns(csv);
        return sy_fail(error, SY_ERROR_DATA, "%s: there is no column %s (there are %s)",
                       sy_csv_path(csv), columns[k], there);
    }
    return at[0] != at[1] ||
           sy_fail(error, SY_ERROR_USAGE, "--columns names the same column twice: %s", columns[0]);
}

static bool find_columns(const SyCsv *csv, char **columns, int at[2], GError **error) {
    static const char *const usual[][2] = {{"u", "v"}, {"u1", "u2"}};
    if (columns)
        return find_named(csv, columns, at, error);
    for (gsize i = 0; i < G_N_ELEMENTS(usual); i++) {
        at[0] = sy_csv_column(csv, usual[i][0]);
        at[1] = sy_csv_column(csv, usual[i][1]);
        if (at[0] >= 0 && at[1] >= 0)
            return true;
    }
    at[0] = 0;
    at[1] = 1;
    if (g_strv_length((char **)sy_csv_names(csv)) == 2)
        return true;
    g_autofree char *there = list_columns(csv);
    return sy_fail(error, SY_ERROR_USAGE,
                   "%s: name the two columns, as in --columns u,v (there "
                   "are %s)",
                   sy_csv_path(csv), there);
}

/* A file without a header would lose its first row to their names. */
static bool check_names(const SyCsv *csv, const int at[2], GError **error) {
    for (gsize k = 0; k < 2; k++) {
        const char *name = sy_csv_names(csv)[at[k]];
        SyCsvField field = {.text = name, .length = strlen(name)};
        double value;
        if (field.length && sy_csv_number(&field, &value))
            return sy_fail(error, SY_ERROR_DATA,
                           "%s:1: the name of a column is the number %s; the first line holds the "
                           "names: add one, such as u,v",
                           sy_csv_path(csv), name);
    }
    return true;
}

/* ---- their values ---- */

static bool read_cell(const SyCsv *csv, int column, double *value, GError **error) {
    const SyCsvField *field = &sy_csv_fields(csv)[column];
    const char *name = sy_csv_names(csv)[column];
    if (!sy_csv_number(field, value))
        return sy_fail(error, SY_ERROR_DATA,
                       "%s:%" G_GSIZE_FORMAT ": column %s: \"%s\" is not a "
                       "number",
                       sy_csv_path(csv), sy_csv_line(csv), name, field->text);
    return isfinite(*value) ||
           sy_fail(error, SY_ERROR_DATA, "%s:%" G_GSIZE_FORMAT ": column %s: %s; leave the row out",
                   sy_csv_path(csv), sy_csv_line(csv), name,
                   field->length ? field->text : "the cell is empty");
}

static bool read_rows(SyCsv *csv, const int at[2], GArray *values, GArray *lines, GError **error) {
    SyCsvStep step;
    while ((step = sy_csv_next(csv, error)) == SY_CSV_RECORD) {
        double pair[2];
        gsize line = sy_csv_line(csv);
        if (!read_cell(csv, at[0], &pair[0], error) || !read_cell(csv, at[1], &pair[1], error))
            return false;
        g_array_append_vals(values, pair, 2);
        g_array_append_val(lines, line);
    }
    return step == SY_CSV_END;
}

bool sy_pairs_read(const char *path, char **columns, SyPairs *pairs, GError **error) {
    g_autoptr(SyCsv) csv = sy_csv_open(path, error);
    g_autoptr(GArray) values = g_array_new(FALSE, FALSE, sizeof(double));
    g_autoptr(GArray) lines = g_array_new(FALSE, FALSE, sizeof(gsize));
    int at[2];
    if (!csv || !find_columns(csv, columns, at, error) || !check_names(csv, at, error) ||
        !read_rows(csv, at, values, lines, error))
        return false;
    pairs->path = path;
    pairs->n = lines->len;
    for (gsize k = 0; k < 2; k++) {
        pairs->name[k] = g_strdup(sy_csv_names(csv)[at[k]]);
        pairs->value[k] = g_new(double, MAX(pairs->n, 1));
        for (gsize i = 0; i < pairs->n; i++)
            pairs->value[k][i] = g_array_index(values, double, 2 * i + k);
    }
    pairs->line = (gsize *)(void *)g_array_free(g_steal_pointer(&lines), FALSE);
    return true;
}

bool sy_pairs_check_unit(const SyPairs *pairs, const char *remedy, GError **error) {
    for (gsize i = 0; i < pairs->n; i++)
        for (gsize k = 0; k < 2; k++) {
            double value = pairs->value[k][i];
            if (!(value > 0 && value < 1))
                return sy_fail(error, SY_ERROR_DATA,
                               "%s:%" G_GSIZE_FORMAT ": column %s: %.15g does not lie between 0 "
                               "and 1%s",
                               pairs->path, pairs->line[i], pairs->name[k], value, remedy);
        }
    return true;
}
