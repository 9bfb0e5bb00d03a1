/* The CSV writer of reports. */
#include "report/csv.h"

#include <math.h>

#include "base/csv_text.h"
#include "report/file.h"

/* Seconds as a double, to the microsecond, which is what a double of today's seconds holds. */
static void append_seconds(GString *out, double seconds) {
    if (isfinite(seconds) && fabs(seconds) < 9e9)
        sy_csv_append_time(out, (SyTime)llrint(seconds * 1e6) * 1000);
}

static void append_cell(GString *out, const SyReportColumn *column, gsize row) {
    if (row >= sy_column_rows(column))
        return;
    if (column->text)
        sy_csv_append_text(out, g_ptr_array_index(column->text, row));
    else if (column->unit == SY_UNIT_TIME)
        append_seconds(out, g_array_index(column->number, double, row));
    else
        sy_csv_append_number(out, g_array_index(column->number, double, row));
}

static void append_columns(GString *out, const SyReportSection *section) {
    guint columns = section->columns->len;
    for (guint c = 0; c < columns; c++) {
        const SyReportColumn *column = g_ptr_array_index(section->columns, c);
        sy_csv_append_text(out, column->name);
        g_string_append_c(out, c + 1 < columns ? ',' : '\n');
    }
    for (gsize row = 0; row < sy_section_rows(section); row++)
        for (guint c = 0; c < columns; c++) {
            append_cell(out, g_ptr_array_index(section->columns, c), row);
            g_string_append_c(out, c + 1 < columns ? ',' : '\n');
        }
}

static void append_series(GString *out, const SyReportSection *section) {
    g_string_append(out, section->x_is_time ? "series,time,value\n" : "series,x,value\n");
    for (guint s = 0; s < section->series->len; s++) {
        const SyReportSeries *series = g_ptr_array_index(section->series, s);
        for (gsize i = 0; i < series->n; i++) {
            sy_csv_append_text(out, series->name);
            g_string_append_c(out, ',');
            if (series->x && section->x_is_time)
                append_seconds(out, series->x[i]);
            else if (series->x)
                sy_csv_append_number(out, series->x[i]);
            g_string_append_c(out, ',');
            sy_csv_append_number(out, series->y[i]);
            g_string_append_c(out, '\n');
        }
    }
}

static bool write_file(const char *folder, const char *name, const GString *text, GError **error) {
    g_autofree char *file = g_strconcat(name, ".csv", NULL);
    g_autofree char *path = g_build_filename(folder, file, NULL);
    return sy_file_replace(path, text->str, text->len, error);
}

static void append_facts(GString *out, const SyReport *report) {
    g_string_append(out, "name,value\n");
    for (guint i = 0; i < report->facts->len; i++) {
        const SyReportFact *fact = g_ptr_array_index(report->facts, i);
        sy_csv_append_text(out, fact->name);
        g_string_append_c(out, ',');
        sy_csv_append_text(out, fact->value);
        g_string_append_c(out, '\n');
    }
}

bool sy_csv_write(const SyReport *report, const char *path, GError **error) {
    if (!sy_folder_make(path, error))
        return false;
    g_autoptr(GString) text = g_string_new(NULL);
    append_facts(text, report);
    if (!write_file(path, "facts", text, error))
        return false;
    for (guint s = 0; s < report->sections->len; s++) {
        const SyReportSection *section = g_ptr_array_index(report->sections, s);
        if (section->is_repeat)
            continue;
        g_string_truncate(text, 0);
        if (section->kind == SY_SECTION_PLOT)
            append_series(text, section);
        else
            append_columns(text, section);
        if (!write_file(path, section->id, text, error))
            return false;
    }
    return true;
}
