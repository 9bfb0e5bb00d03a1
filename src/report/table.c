/* Tables: numbers and times to the right, text to the left, every second row shaded. */
#include "report/table.h"

#include <string.h>

#define CELL_STYLE SY_TEXT_SMALL
#define HEADER_STYLE SY_TEXT_SMALL_STRONG
#define PADDING 5.0
#define ROW_HEIGHT 12.0
#define HEADER_HEIGHT 15.0
#define SCALE_MIN 0.74
#define TEXT_WIDTH_MIN 40.0
#define COLUMN_GAP 14.0
#define COLUMN_ROWS_MIN 12 /* of a table that stands in several columns */
#define COLUMNS_MAX 3

/* The widest cell. Only cells of nearly the most letters are measured: measuring is what costs. */
static double column_width(SyCanvas *canvas, const SyReportColumn *column) {
    gsize rows = sy_column_rows(column), longest = 0, measured = 0;
    g_autoptr(GPtrArray) cells = g_ptr_array_new_with_free_func(g_free);
    for (gsize r = 0; r < rows; r++) {
        char *cell = sy_column_format(column, r);
        longest = MAX(longest, strlen(cell));
        g_ptr_array_add(cells, cell);
    }
    double width = sy_canvas_text_width(canvas, HEADER_STYLE, column->title);
    for (guint r = 0; r < cells->len && measured < 40; r++) {
        const char *cell = g_ptr_array_index(cells, r);
        if (strlen(cell) + 1 < longest)
            continue;
        width = MAX(width, sy_canvas_text_width(canvas, CELL_STYLE, cell));
        measured++;
    }
    return width + 2 * PADDING;
}

static double sum(const double *value, guint n) {
    double total = 0;
    for (guint i = 0; i < n; i++)
        total += value[i];
    return total;
}

/* Takes what is too much from the text columns, the widest first. */
static void cut_text_columns(const SyReportSection *section, double *width, double excess) {
    while (excess > 0) {
        guint widest = G_MAXUINT;
        for (guint c = 0; c < section->columns->len; c++) {
            const SyReportColumn *column = g_ptr_array_index(section->columns, c);
            if (column->text && width[c] > TEXT_WIDTH_MIN &&
                (widest == G_MAXUINT || width[c] > width[widest]))
                widest = c;
        }
        if (widest == G_MAXUINT)
            return;
        double cut = MIN(excess, MIN(width[widest] - TEXT_WIDTH_MIN, 8));
        width[widest] -= cut;
        excess -= cut;
    }
}

SyTableLayout *sy_table_layout_new(SyCanvas *canvas, const SyReportSection *section, double width) {
    guint columns = section->columns->len;
    SyTableLayout *layout = g_new0(SyTableLayout, 1);
    layout->width = g_new0(double, MAX(columns, 1));
    for (guint c = 0; c < columns; c++)
        layout->width[c] = column_width(canvas, g_ptr_array_index(section->columns, c));
    double wanted = sum(layout->width, columns);
    layout->scale = wanted > width ? MAX(width / wanted, SCALE_MIN) : 1;
    cut_text_columns(section, layout->width, wanted - width / layout->scale);
    wanted = sum(layout->width, columns);
    if (wanted * layout->scale > width)
        layout->scale = width / wanted;
    layout->total = wanted * layout->scale;
    layout->row_height = ROW_HEIGHT * layout->scale;
    layout->header_height = HEADER_HEIGHT * layout->scale;
    return layout;
}

void sy_table_layout_free(SyTableLayout *layout) {
    if (!layout)
        return;
    g_free(layout->width);
    g_free(layout);
}

static void draw_cell(SyCanvas *canvas, SyTextStyle style, guint32 colour,
                      const SyReportColumn *column, const char *text, double x, double baseline,
                      double width) {
    if (column->text && !column->right)
        sy_canvas_text_cut(canvas, style, colour, text, x + PADDING, baseline,
                           width - 2 * PADDING + 0.5);
    else
        sy_canvas_text(canvas, style, colour, text, x + width - PADDING, baseline, 1);
}

static void draw_header(SyCanvas *canvas, const SyTableLayout *layout,
                        const SyReportSection *section) {
    double x = 0;
    for (guint c = 0; c < section->columns->len; x += layout->width[c++]) {
        const SyReportColumn *column = g_ptr_array_index(section->columns, c);
        draw_cell(canvas, HEADER_STYLE, SY_INK_SOFT, column, column->title, x, HEADER_HEIGHT - 5,
                  layout->width[c]);
    }
    sy_canvas_line(canvas, SY_INK_FAINT, 0.8, 0, HEADER_HEIGHT - 1, x, HEADER_HEIGHT - 1);
}

static void draw_row(SyCanvas *canvas, const SyTableLayout *layout, const SyReportSection *section,
                     gsize row, double y) {
    double x = 0;
    for (guint c = 0; c < section->columns->len; x += layout->width[c++]) {
        const SyReportColumn *column = g_ptr_array_index(section->columns, c);
        g_autofree char *cell = sy_column_format(column, row);
        draw_cell(canvas, CELL_STYLE, SY_INK, column, cell, x, y + ROW_HEIGHT - 3.4,
                  layout->width[c]);
    }
}

double sy_table_draw(SyCanvas *canvas, const SyTableLayout *layout, const SyReportSection *section,
                     gsize first, gsize last, double x, double y) {
    double full = layout->total / layout->scale;
    cairo_save(canvas->cairo);
    cairo_translate(canvas->cairo, x, y);
    cairo_scale(canvas->cairo, layout->scale, layout->scale);
    draw_header(canvas, layout, section);
    for (gsize row = first; row < last; row++) {
        double top = HEADER_HEIGHT + (double)(row - first) * ROW_HEIGHT;
        if ((row - first) % 2)
            sy_canvas_fill(canvas, SY_INK_ZEBRA, (SyRectangle){0, top, full, ROW_HEIGHT});
        draw_row(canvas, layout, section, row, top);
    }
    cairo_restore(canvas->cairo);
    return layout->header_height + (double)(last - first) * layout->row_height;
}

gsize sy_table_columns(const SyTableLayout *layout, gsize rows, double width) {
    gsize fit = (gsize)CLAMP((width + COLUMN_GAP) / (layout->total + COLUMN_GAP), 1, COLUMNS_MAX);
    return MAX(MIN(fit, rows / COLUMN_ROWS_MIN), 1);
}

double sy_table_draw_columns(SyCanvas *canvas, const SyTableLayout *layout,
                             const SyReportSection *section, gsize rows, gsize columns,
                             SyRectangle place, bool draw) {
    gsize each = (rows + columns - 1) / columns;
    double step = (place.width + COLUMN_GAP) / (double)columns;
    for (gsize i = 0; draw && i < columns; i++)
        sy_table_draw(canvas, layout, section, MIN(i * each, rows), MIN((i + 1) * each, rows),
                      place.x + step * (double)i, place.y);
    return layout->header_height + layout->row_height * (double)each;
}
