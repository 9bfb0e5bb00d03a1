/* Heatmaps: years by months, coloured by sign and size, the number in each cell. */
#include "report/heatmap.h"

#include <math.h>

#include "report/palette.h"

#define ROW_HEIGHT 15.0
#define HEADER_HEIGHT 14.0
#define GAP 1.0

double sy_heatmap_height(const SyReportSection *section) {
    return HEADER_HEIGHT + ROW_HEIGHT * (double)sy_section_rows(section);
}

static double cell_value(const SyReportSection *section, guint column, gsize row) {
    const SyReportColumn *cells = g_ptr_array_index(section->columns, column);
    return row < sy_column_rows(cells) ? g_array_index(cells->number, double, row) : NAN;
}

static double largest_size(const SyReportSection *section) {
    double largest = 0;
    guint last = section->columns->len > 2 ? section->columns->len - 1 : section->columns->len;
    for (guint c = 1; c < last; c++)
        for (gsize r = 0; r < sy_section_rows(section); r++) {
            double value = cell_value(section, c, r);
            if (isfinite(value))
                largest = MAX(largest, fabs(value));
        }
    return largest;
}

/* "+12.3": cells are narrow, so per cent stand without their sign. */
static char *cell_text(SyReportUnit unit, double value) {
    if (unit != SY_UNIT_FRACTION)
        return sy_report_format(unit, value);
    char text[64];
    g_ascii_formatd(text, sizeof text, fabs(value) < 10 ? "%+.1f" : "%+.0f", value * 100);
    return g_strdup(text);
}

static void draw_cell(SyCanvas *canvas, SyReportUnit unit, double value, double largest,
                      SyRectangle cell) {
    if (isnan(value)) {
        sy_canvas_fill(canvas, SY_INK_ZEBRA, cell);
        return;
    }
    guint32 end = sy_colour_parse(value >= 0 ? sy_palette_gain : sy_palette_loss);
    double share = largest > 0 ? MIN(fabs(value) / largest, 1) : 0;
    sy_canvas_fill(canvas, sy_colour_mix(0xf7f8fa, end, pow(share, 0.8)), cell);
    g_autofree char *text = cell_text(unit, value);
    sy_canvas_text(canvas, SY_TEXT_SMALL, share > 0.5 ? SY_INK_WHITE : SY_INK, text,
                   cell.x + cell.width / 2, cell.y + cell.height / 2 + 2.6, 0.5);
}

void sy_heatmap_draw(SyCanvas *canvas, const SyReportSection *section, double x, double y,
                     double width) {
    guint columns = section->columns->len;
    const SyReportColumn *labels = g_ptr_array_index(section->columns, 0);
    double label_width = 0, largest = largest_size(section);
    for (gsize r = 0; r < sy_column_rows(labels); r++)
        label_width = MAX(label_width, sy_canvas_text_width(canvas, SY_TEXT_SMALL_STRONG,
                                                            g_ptr_array_index(labels->text, r)));
    label_width += 10;
    double cell_width = columns > 1 ? (width - label_width) / (columns - 1) : 0;
    for (guint c = 1; c < columns; c++) {
        const SyReportColumn *column = g_ptr_array_index(section->columns, c);
        double left = x + label_width + (c - 1) * cell_width;
        sy_canvas_text(canvas, SY_TEXT_SMALL_STRONG, SY_INK_SOFT, column->title,
                       left + cell_width / 2, y + HEADER_HEIGHT - 5, 0.5);
        for (gsize r = 0; r < sy_section_rows(section); r++) {
            SyRectangle cell = {left + GAP / 2,
                                y + HEADER_HEIGHT + ROW_HEIGHT * (double)r + GAP / 2,
                                cell_width - GAP, ROW_HEIGHT - GAP};
            draw_cell(canvas, column->unit, cell_value(section, c, r), largest, cell);
        }
    }
    for (gsize r = 0; r < sy_column_rows(labels); r++)
        sy_canvas_text(canvas, SY_TEXT_SMALL_STRONG, SY_INK, g_ptr_array_index(labels->text, r), x,
                       y + HEADER_HEIGHT + ROW_HEIGHT * ((double)r + 0.5) + 2.6, 0);
}
