/* The PNG writer: one sheet, as high as its content. */
#include "report/png.h"

#include <math.h>

#include "base/error.h"
#include "report/file.h"
#include "report/front.h"
#include "report/heatmap.h"
#include "report/plot.h"
#include "report/png_file.h"
#include "report/table.h"

#define SCALE 2.0
#define SHEET_WIDTH 800.0 /* points: 1600 pixels */
#define MARGIN 32.0
#define INNER_WIDTH (SHEET_WIDTH - 2 * MARGIN)
#define PLOT_HEIGHT 170.0
#define BLOCK_GAP 18.0
#define TABLE_ROWS_MAX 60 /* of a table on the sheet */
#define HALF_GAP 20.0
#define HALF_WIDTH ((INNER_WIDTH - HALF_GAP) / 2)

static double table(SyCanvas *canvas, const SyReportSection *section, SyRectangle place,
                    bool draw) {
    gsize rows = MIN(sy_section_rows(section), TABLE_ROWS_MAX);
    g_autoptr(SyTableLayout) layout = sy_table_layout_new(canvas, section, place.width);
    gsize columns = sy_table_columns(layout, rows, place.width);
    return sy_table_draw_columns(canvas, layout, section, rows, columns, place, draw);
}

/* place.height is not read. Returns the height. */
static double content(SyCanvas *canvas, const SyReportSection *section, SyRectangle place,
                      bool draw) {
    if (section->kind == SY_SECTION_TABLE)
        return table(canvas, section, place, draw);
    if (section->kind == SY_SECTION_HEATMAP) {
        if (draw)
            sy_heatmap_draw(canvas, section, place.x, place.y, place.width);
        return sy_heatmap_height(section);
    }
    place.height = PLOT_HEIGHT;
    if (draw)
        sy_plot_draw(canvas, section, place);
    return place.height;
}

static double block(SyCanvas *canvas, const SyReportSection *section, SyRectangle place,
                    bool draw) {
    double heading = sy_front_heading(canvas, section, place.x, place.y, place.width, draw);
    place.y += heading;
    return heading + content(canvas, section, place, draw);
}

/* Sections in their order; two halves that follow each other share a row. */
static double blocks(SyCanvas *canvas, const SyReport *report, double y, bool draw) {
    double beside = 0; /* height of the half on the left; 0: none waits for its right one */
    for (guint s = 0; s < report->sections->len; s++) {
        const SyReportSection *section = g_ptr_array_index(report->sections, s);
        if (!section->on_sheet)
            continue;
        if (beside > 0 && section->is_half) {
            SyRectangle place = {MARGIN + HALF_WIDTH + HALF_GAP, y, HALF_WIDTH, 0};
            y += MAX(beside, block(canvas, section, place, draw)) + BLOCK_GAP;
            beside = 0;
            continue;
        }
        y += beside > 0 ? beside + BLOCK_GAP : 0;
        SyRectangle place = {MARGIN, y, section->is_half ? HALF_WIDTH : INNER_WIDTH, 0};
        double height = block(canvas, section, place, draw);
        beside = section->is_half ? height : 0;
        y += section->is_half ? 0 : height + BLOCK_GAP;
    }
    return beside > 0 ? y + beside + BLOCK_GAP : y;
}

/* Returns the height of the sheet. */
static double sheet(SyCanvas *canvas, const SyReport *report, bool draw) {
    double y = MARGIN;
    y += sy_front_head(canvas, report, MARGIN, y, INNER_WIDTH, draw) + BLOCK_GAP;
    y = blocks(canvas, report, y, draw);
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

/* Draws the sheet and encodes it; NULL with *problem (static text) where that fails. */
static GByteArray *render(const SyReport *report, const char **problem) {
    double height = ceil(measure(report));
    cairo_surface_t *surface = cairo_image_surface_create(
        CAIRO_FORMAT_RGB24, (int)(SHEET_WIDTH * SCALE), (int)(height * SCALE));
    SyCanvas *canvas = sy_canvas_new(surface, SCALE);
    sy_canvas_fill(canvas, SY_INK_WHITE, (SyRectangle){0, 0, SHEET_WIDTH, height});
    sheet(canvas, report, true);
    cairo_status_t status = cairo_status(canvas->cairo);
    sy_canvas_free(canvas);
    cairo_surface_flush(surface);
    GByteArray *file = NULL;
    if (status == CAIRO_STATUS_SUCCESS)
        file = sy_png_encode(cairo_image_surface_get_data(surface),
                             (gsize)cairo_image_surface_get_width(surface),
                             (gsize)cairo_image_surface_get_height(surface),
                             (gsize)cairo_image_surface_get_stride(surface));
    *problem = status == CAIRO_STATUS_SUCCESS ? "out of memory" : cairo_status_to_string(status);
    cairo_surface_destroy(surface);
    return file;
}

bool sy_png_write(const SyReport *report, const char *path, GError **error) {
    const char *problem;
    g_autoptr(GByteArray) file = render(report, &problem);
    if (!file)
        return sy_fail(error, SY_ERROR_FAILED, "cannot draw “%s”: %s", path, problem);
    return sy_file_replace(path, file->data, file->len, error);
}
