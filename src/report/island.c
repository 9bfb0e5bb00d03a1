/* Writes the data island of an HTML report: what its script needs to draw plots and sort tables.
 * Stands beside html.c, which writes what is read without a script. */
#include "report/island.h"

#include <math.h>
#include <string.h>

#include "report/palette.h"

static void append_string(GString *json, const char *text) {
    g_autofree char *valid = g_utf8_make_valid(text ? text : "", -1);
    g_string_append_c(json, '"');
    for (const char *c = valid; *c; c++) {
        guchar byte = (guchar)*c;
        if (byte < 0x20 || byte == '"' || byte == '\\' || byte == '<' || byte == 0x7f)
            g_string_append_printf(json, "\\u%04x", byte);
        else
            g_string_append_c(json, *c);
    }
    g_string_append_c(json, '"');
}

static void append_key(GString *json, const char *key) {
    append_string(json, key);
    g_string_append_c(json, ':');
}

static void append_text_member(GString *json, const char *key, const char *text) {
    append_key(json, key);
    if (text)
        append_string(json, text);
    else
        g_string_append(json, "null");
    g_string_append_c(json, ',');
}

static void append_flag_member(GString *json, const char *key, bool flag) {
    append_key(json, key);
    g_string_append(json, flag ? "true," : "false,");
}

/* Takes `bytes`. blocks: the arrays that sections refer to by number, as JSON; equal ones are
 * stored once. Returns the block's number. */
static guint blocks_add(GPtrArray *blocks, const char *type, double base, GByteArray *bytes) {
    g_autofree char *data = g_base64_encode(bytes->data, bytes->len);
    g_byte_array_unref(bytes);
    g_autofree char *block =
        g_strdup_printf("{\"type\":\"%s\",\"base\":%.0f,\"data\":\"%s\"}", type, base, data);
    for (guint i = 0; i < blocks->len; i++)
        if (g_str_equal(block, g_ptr_array_index(blocks, i)))
            return i;
    g_ptr_array_add(blocks, g_steal_pointer(&block));
    return blocks->len - 1;
}

static guint add_values(GPtrArray *blocks, const double *values, gsize n) {
    GByteArray *bytes = g_byte_array_sized_new((guint)(4 * n));
    for (gsize i = 0; i < n; i++) {
        union {
            float value;
            guint32 bits;
        } cell = {.value = (float)values[i]};
        cell.bits = GUINT32_TO_LE(cell.bits);
        g_byte_array_append(bytes, (const guint8 *)&cell.bits, 4);
    }
    return blocks_add(blocks, "f32", 0, bytes);
}

static guint add_doubles(GPtrArray *blocks, const double *values, gsize n) {
    GByteArray *bytes = g_byte_array_sized_new((guint)(8 * n));
    for (gsize i = 0; i < n; i++) {
        union {
            double value;
            guint64 bits;
        } cell = {.value = values[i]};
        cell.bits = GUINT64_TO_LE(cell.bits);
        g_byte_array_append(bytes, (const guint8 *)&cell.bits, 8);
    }
    return blocks_add(blocks, "f64", 0, bytes);
}

/* True where all are whole and the distance from the least fits into 32 bits. */
static bool fit_into_seconds(const double *values, gsize n, double *base) {
    double least = INFINITY, most = -INFINITY;
    for (gsize i = 0; i < n; i++) {
        if (!isfinite(values[i]) || values[i] != floor(values[i]))
            return false;
        least = fmin(least, values[i]);
        most = fmax(most, values[i]);
    }
    *base = least;
    return n > 0 && fabs(least) < 1e15 && most - least <= (double)G_MAXUINT32;
}

/* float32 holds a time to two minutes only: places on an x axis get what they need. */
static guint add_places(GPtrArray *blocks, const double *values, gsize n) {
    double base = 0;
    if (!fit_into_seconds(values, n, &base))
        return add_doubles(blocks, values, n);
    GByteArray *bytes = g_byte_array_sized_new((guint)(4 * n));
    for (gsize i = 0; i < n; i++) {
        guint32 offset = GUINT32_TO_LE((guint32)(values[i] - base));
        g_byte_array_append(bytes, (const guint8 *)&offset, 4);
    }
    return blocks_add(blocks, "u32", base, bytes);
}

static void append_series(GString *json, GPtrArray *blocks, const SyReportSeries *series) {
    g_string_append_c(json, '{');
    append_text_member(json, "name", series->name);
    append_text_member(json, "kind", sy_series_kind_names[series->kind]);
    append_flag_member(json, "dashed", series->dashed);
    append_flag_member(json, "right", series->right_axis);
    g_string_append_printf(json, "\"colour\":%d,", series->colour);
    if (series->kind == SY_SERIES_LEVEL) {
        char level[G_ASCII_DTOSTR_BUF_SIZE];
        bool known = series->n > 0 && isfinite(series->y[0]);
        g_string_append_printf(json, "\"x\":null,\"y\":null,\"level\":%s}",
                               known ? g_ascii_dtostr(level, sizeof level, series->y[0]) : "null");
        return;
    }
    guint x = add_places(blocks, series->x, series->n);
    guint y = add_values(blocks, series->y, series->n);
    g_string_append_printf(json, "\"x\":%u,\"y\":%u,\"level\":null}", x, y);
}

static void append_plot(GString *json, GPtrArray *blocks, const SyReportSection *section) {
    append_flag_member(json, "time", section->x_is_time);
    append_flag_member(json, "log", section->y_log);
    append_text_member(json, "x_label", section->x_label);
    append_text_member(json, "y_label", section->y_label);
    append_text_member(json, "y_right_label", section->y_right_label);
    append_text_member(json, "unit", sy_report_unit_names[section->y_unit]);
    g_string_append(json, "\"series\":[");
    for (guint i = 0; i < section->series->len; i++) {
        if (i > 0)
            g_string_append_c(json, ',');
        append_series(json, blocks, g_ptr_array_index(section->series, i));
    }
    g_string_append_c(json, ']');
}

static const SyReportColumn *column_at(const SyReportSection *section, guint place) {
    return g_ptr_array_index(section->columns, place);
}

static bool rises(const SyReportColumn *column) {
    for (guint row = 1; row < column->number->len; row++)
        if (!(g_array_index(column->number, double, row - 1) <=
              g_array_index(column->number, double, row)))
            return false;
    return column->number->len > 1;
}

GArray *sy_table_order(const SyReportSection *section, bool *newest_first) {
    *newest_first = false;
    for (guint c = 0; c < section->columns->len; c++)
        if (column_at(section, c)->unit == SY_UNIT_TIME) {
            *newest_first = rises(column_at(section, c));
            break;
        }
    guint rows = (guint)sy_section_rows(section);
    GArray *order = g_array_sized_new(FALSE, FALSE, sizeof(guint), rows);
    for (guint i = 0; i < rows; i++) {
        guint row = *newest_first ? rows - 1 - i : i;
        g_array_append_val(order, row);
    }
    return order;
}

/* The values to sort a column by, in the order in which its rows stand in the page. */
static void append_column(GString *json, GPtrArray *blocks, const SyReportColumn *column,
                          const GArray *order) {
    g_string_append_c(json, '{');
    append_text_member(json, "unit", sy_report_unit_names[column->unit]);
    append_key(json, "values");
    if (column->unit == SY_UNIT_TEXT) {
        g_string_append(json, "null}");
        return;
    }
    g_autofree double *values = g_new(double, order->len);
    for (guint i = 0; i < order->len; i++) {
        guint row = g_array_index(order, guint, i);
        values[i] =
            row < column->number->len ? g_array_index(column->number, double, row) : (double)NAN;
    }
    guint block = column->unit == SY_UNIT_TIME ? add_places(blocks, values, order->len)
                                               : add_values(blocks, values, order->len);
    g_string_append_printf(json, "%u}", block);
}

static void append_table(GString *json, GPtrArray *blocks, const SyReportSection *section) {
    bool newest_first;
    g_autoptr(GArray) order = sy_table_order(section, &newest_first);
    g_string_append_printf(json, "\"shown\":%d,\"columns\":[", SY_TABLE_ROWS_SHOWN);
    for (guint c = 0; c < section->columns->len; c++) {
        if (c > 0)
            g_string_append_c(json, ',');
        append_column(json, blocks, column_at(section, c), order);
    }
    g_string_append_c(json, ']');
}

static void append_section(GString *json, GPtrArray *blocks, const SyReportSection *section) {
    g_string_append_c(json, '{');
    append_text_member(json, "id", section->id);
    append_text_member(json, "title", section->title);
    append_text_member(json, "kind", sy_section_kind_names[section->kind]);
    if (section->kind == SY_SECTION_PLOT)
        append_plot(json, blocks, section);
    else
        append_table(json, blocks, section);
    g_string_append_c(json, '}');
}

static void append_palette(GString *json, const char *name, const char *const *colours) {
    append_key(json, name);
    g_string_append_c(json, '[');
    for (guint i = 0; i < SY_PALETTE_SIZE; i++) {
        if (i > 0)
            g_string_append_c(json, ',');
        append_string(json, colours[i]);
    }
    g_string_append_c(json, ']');
}

/* A heatmap is whole without the script; so is a table without rows. */
static bool needs_script(const SyReportSection *section) {
    return section->kind == SY_SECTION_PLOT ||
           (section->kind == SY_SECTION_TABLE && sy_section_rows(section) > 0);
}

void sy_island_append(GString *page, const SyReport *report) {
    g_autoptr(GPtrArray) blocks = g_ptr_array_new_with_free_func(g_free);
    g_string_append(page, "{\"palette\":{");
    append_palette(page, "light", sy_palette_light);
    g_string_append_c(page, ',');
    append_palette(page, "dark", sy_palette_dark);
    g_string_append(page, "},\"sections\":[");
    const char *separator = "";
    for (guint i = 0; i < report->sections->len; i++) {
        const SyReportSection *section = g_ptr_array_index(report->sections, i);
        if (!needs_script(section))
            continue;
        g_string_append(page, separator);
        append_section(page, blocks, section);
        separator = ",";
    }
    g_string_append(page, "],\n\"blocks\":[");
    for (guint i = 0; i < blocks->len; i++) {
        if (i > 0)
            g_string_append(page, ",\n");
        g_string_append(page, g_ptr_array_index(blocks, i));
    }
    g_string_append(page, "]}");
}
