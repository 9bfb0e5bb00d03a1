/* The PNG writer: one sheet, as high as its content. */
#include "report/png.h"

#include <math.h>

#include "base/error.h"
#include "report/file.h"
#include "report/front.h"
#include "report/heatmap.h"
#include "report/plot.h"
#include "report/table.h"

#define SCALE 2.0
#define SHEET_WIDTH 800.0 /* points: 1600 pixels */
#define MARGIN 32.0
#define INNER_WIDTH (SHEET_WIDTH - 2 * MARGIN)
#define PLOT_HEIGHT 190.0
#define BLOCK_GAP 18.0
#define TABLE_ROWS_MAX 60 /* of a table on the sheet */
#define TABLE_GAP 14.0

/* A table on the sheet stands in as many columns side by side as fit, at most three. */
static double table(SyCanvas *canvas, const SyReportSection *section, double y, bool draw) {
    gsize rows = MIN(sy_section_rows(section), TABLE_ROWS_MAX);
    g_autoptr(SyTableLayout) layout = sy_table_layout_new(canvas, section, INNER_WIDTH);
    gsize across = (gsize)CLAMP((INNER_WIDTH + TABLE_GAP) / (layout->total + TABLE_GAP), 1, 3);
    across = MAX(MIN(across, rows / 4), 1);
    gsize each = (rows + across - 1) / across;
    double step = (INNER_WIDTH + TABLE_GAP) / (double)across;
    for (gsize i = 0; draw && i < across; i++)
        sy_table_draw(canvas, layout, section, MIN(i * each, rows), MIN((i + 1) * each, rows),
                      MARGIN + step * (double)i, y);
    return layout->header_height + layout->row_height * (double)each;
}

static double content(SyCanvas *canvas, const SyReportSection *section, double y, bool draw) {
    if (section->kind == SY_SECTION_TABLE)
        return table(canvas, section, y, draw);
    if (section->kind == SY_SECTION_HEATMAP) {
        if (draw)
            sy_heatmap_draw(canvas, section, MARGIN, y, INNER_WIDTH);
        return sy_heatmap_height(section);
    }
    if (draw)
        sy_plot_draw(canvas, section, (SyRectangle){MARGIN, y, INNER_WIDTH, PLOT_HEIGHT});
    return PLOT_HEIGHT;
}

/* Returns the height of the sheet. */
static double sheet(SyCanvas *canvas, const SyReport *report, bool draw) {
    double y = MARGIN;
    y += sy_front_head(canvas, report, MARGIN, y, INNER_WIDTH, draw) + BLOCK_GAP;
    for (guint s = 0; s < report->sections->len; s++) {
        const SyReportSection *section = g_ptr_array_index(report->sections, s);
        if (!section->on_sheet)
            continue;
        y += sy_front_heading(canvas, section, MARGIN, y, INNER_WIDTH, draw);
        y += content(canvas, section, y, draw) + BLOCK_GAP;
    }
    if (draw)
        sy_canvas_line(canvas, SY_INK_FAINT, 0.6, MARGIN, y - 6, MARGIN + INNER_WIDTH, y - 6);
    y += sy_front_facts(canvas, report, 2, MARGIN, y, INNER_WIDTH, draw);
    return y + MARGIN * 0.7;
}

static double measure(const SyReport *report) {
    cairo_surface_t *surface = cairo_image_surface_create(CAIRO_FORMAT_RGB24, 1, 1);
    g_autoptr(SyCanvas) canvas = sy_canvas_new(surface, SCALE);
    double height = sheet(canvas, report, false);
    cairo_surface_destroy(surface);
    return height;
}

static cairo_status_t append_bytes(void *bytes, const unsigned char *data, unsigned int length) {
    g_byte_array_append(bytes, data, length);
    return CAIRO_STATUS_SUCCESS;
}

bool sy_png_write(const SyReport *report, const char *path, GError **error) {
    double height = ceil(measure(report));
    cairo_surface_t *surface = cairo_image_surface_create(
        CAIRO_FORMAT_RGB24, (int)(SHEET_WIDTH * SCALE), (int)(height * SCALE));
    SyCanvas *canvas = sy_canvas_new(surface, SCALE);
    sy_canvas_fill(canvas, SY_INK_WHITE, (SyRectangle){0, 0, SHEET_WIDTH, height});
    sheet(canvas, report, true);
    sy_canvas_free(canvas);
    g_autoptr(GByteArray) bytes = g_byte_array_new();
    cairo_status_t status = cairo_surface_write_to_png_stream(surface, append_bytes, bytes);
    cairo_surface_destroy(surface);
    if (status != CAIRO_STATUS_SUCCESS)
        return sy_fail(error, SY_ERROR_FAILED, "cannot draw “%s”: %s", path,
                       cairo_status_to_string(status));
    return sy_file_replace(path, bytes->data, bytes->len, error);
}
