/* The PDF writer. First every block is measured and given a page and a place, then all are drawn:
 * so "n / N" is known on the first page. */
#include "report/pdf.h"

#include <cairo-pdf.h>
#include <math.h>

#include "base/error.h"
#include "report/file.h"
#include "report/front.h"
#include "report/heatmap.h"
#include "report/plot.h"
#include "report/table.h"

#define PAGE_WIDTH 595.276 /* A4 in points */
#define PAGE_HEIGHT 841.89
#define MARGIN 44.0
#define FOOTER 22.0
#define TEXT_WIDTH (PAGE_WIDTH - 2 * MARGIN)
#define TEXT_BOTTOM (PAGE_HEIGHT - MARGIN - FOOTER)
#define PLOT_HEIGHT 165.0
#define BLOCK_GAP 18.0
#define PAGE_PART_WHOLE                                                                            \
    ((TEXT_BOTTOM - MARGIN) * 0.5) /* tables up to this height are not broken                      \
                                    */
#define ROWS_TOGETHER 4            /* of a table, with its heading */
#define LINE_PIXEL 0.9             /* detail of lines, in points */

typedef struct {
    guint page; /* from 0 */
    double y;
    const SyReportSection *section; /* NULL: the front */
    bool is_heading;
    SyTableLayout *layout; /* tables; owned by the plan's `layouts` */
    gsize first, last;     /* rows of a table */
    gsize columns;         /* > 1: a narrow table, all of it in so many columns */
} Block;

typedef struct {
    SyCanvas *canvas;
    const SyReport *report;
    GArray *blocks;     /* Block */
    GPtrArray *layouts; /* SyTableLayout */
    guint page;
    double y;
} Plan;

/* --- planning --------------------------------------------------------------------------------- */

static void next_page(Plan *plan) {
    plan->page++;
    plan->y = MARGIN;
}

static void add_block(Plan *plan, Block block, double height) {
    block.page = plan->page;
    block.y = plan->y;
    g_array_append_val(plan->blocks, block);
    plan->y += height;
}

static void plan_rows(Plan *plan, const SyReportSection *section, SyTableLayout *layout) {
    gsize rows = MIN(sy_section_rows(section), SY_PDF_TABLE_ROWS_MAX), first = 0;
    do {
        double space = TEXT_BOTTOM - plan->y - layout->header_height;
        gsize fit = space > 0 ? (gsize)(space / layout->row_height) : 0;
        gsize last = MIN(rows, first + fit);
        if (last > first || rows == 0)
            add_block(plan,
                      (Block){.section = section, .layout = layout, .first = first, .last = last},
                      layout->header_height + (double)(last - first) * layout->row_height);
        first = last;
        if (first < rows)
            next_page(plan);
    } while (first < rows);
}

/* Columns of a table that stands on one page in several; 1 for others. */
static gsize table_columns(const SyReportSection *section, const SyTableLayout *layout) {
    gsize rows = sy_section_rows(section);
    gsize columns = sy_table_columns(layout, rows, TEXT_WIDTH);
    return (double)rows / (double)columns * layout->row_height < PAGE_PART_WHOLE ? columns : 1;
}

static double content_height(const SyReportSection *section, const SyTableLayout *layout) {
    if (section->kind == SY_SECTION_PLOT)
        return PLOT_HEIGHT;
    if (section->kind == SY_SECTION_HEATMAP)
        return MIN(sy_heatmap_height(section), TEXT_BOTTOM - MARGIN - 60);
    g_assert(layout);
    gsize rows = sy_section_rows(section);
    gsize columns = table_columns(section, layout), each = (rows + columns - 1) / columns;
    double whole = layout->header_height + (double)each * layout->row_height;
    double least = layout->header_height + (double)MIN(rows, ROWS_TOGETHER) * layout->row_height;
    return columns > 1 || whole < PAGE_PART_WHOLE ? whole : least;
}

static void plan_section(Plan *plan, const SyReportSection *section) {
    SyTableLayout *layout = NULL;
    if (section->kind == SY_SECTION_TABLE) {
        layout = sy_table_layout_new(plan->canvas, section, TEXT_WIDTH);
        g_ptr_array_add(plan->layouts, layout);
    }
    double heading = sy_front_heading(plan->canvas, section, MARGIN, 0, TEXT_WIDTH, false);
    double content = content_height(section, layout);
    if (plan->y > MARGIN && plan->y + heading + content > TEXT_BOTTOM)
        next_page(plan);
    add_block(plan, (Block){.section = section, .is_heading = true}, heading);
    gsize columns = layout ? table_columns(section, layout) : 1;
    if (layout && columns == 1)
        plan_rows(plan, section, layout);
    else
        add_block(plan,
                  (Block){.section = section,
                          .layout = layout,
                          .last = layout ? sy_section_rows(section) : 0,
                          .columns = columns},
                  content);
    plan->y += BLOCK_GAP;
}

static double front(SyCanvas *canvas, const SyReport *report, bool draw) {
    double y = MARGIN;
    y += sy_front_head(canvas, report, MARGIN, y, TEXT_WIDTH, draw) + 12;
    y += sy_front_facts(canvas, report, 2, MARGIN, y, TEXT_WIDTH, draw);
    return y - MARGIN;
}

static void make_plan(Plan *plan) {
    plan->y = MARGIN;
    add_block(plan, (Block){0}, front(plan->canvas, plan->report, false) + BLOCK_GAP);
    for (guint s = 0; s < plan->report->sections->len; s++)
        plan_section(plan, g_ptr_array_index(plan->report->sections, s));
}

/* --- drawing ---------------------------------------------------------------------------------- */

static void draw_footer(const Plan *plan, guint page, guint pages) {
    double y = PAGE_HEIGHT - MARGIN + 4;
    sy_canvas_line(plan->canvas, SY_INK_FAINT, 0.6, MARGIN, y - 12, PAGE_WIDTH - MARGIN, y - 12);
    char created[SY_TIME_TEXT_SIZE];
    g_autofree char *left = g_strdup_printf("%s · %s", plan->report->title,
                                            sy_time_format(plan->report->created, created));
    g_autofree char *right = g_strdup_printf("%u / %u", page + 1, pages);
    sy_canvas_text_cut(plan->canvas, SY_TEXT_SMALL, SY_INK_SOFT, left, MARGIN, y, TEXT_WIDTH - 60);
    sy_canvas_text(plan->canvas, SY_TEXT_SMALL, SY_INK_SOFT, right, PAGE_WIDTH - MARGIN, y, 1);
}

static void draw_block(const Plan *plan, const Block *block) {
    SyCanvas *canvas = plan->canvas;
    const SyReportSection *section = block->section;
    if (!section)
        front(canvas, plan->report, true);
    else if (block->is_heading)
        sy_front_heading(canvas, section, MARGIN, block->y, TEXT_WIDTH, true);
    else if (block->columns > 1)
        sy_table_draw_columns(canvas, block->layout, section, block->last, block->columns,
                              (SyRectangle){MARGIN, block->y, TEXT_WIDTH, 0}, true);
    else if (block->layout)
        sy_table_draw(canvas, block->layout, section, block->first, block->last, MARGIN, block->y);
    else if (section->kind == SY_SECTION_PLOT)
        sy_plot_draw(canvas, section, (SyRectangle){MARGIN, block->y, TEXT_WIDTH, PLOT_HEIGHT});
    else
        sy_heatmap_draw(canvas, section, MARGIN, block->y, TEXT_WIDTH);
}

static void add_outline(cairo_surface_t *surface, const Block *block) {
    g_autofree char *place =
        g_strdup_printf("page=%u pos=[%d %d]", block->page + 1, (int)MARGIN, (int)block->y);
    cairo_pdf_surface_add_outline(surface, CAIRO_PDF_OUTLINE_ROOT, block->section->title, place,
                                  CAIRO_PDF_OUTLINE_FLAG_OPEN);
}

static void draw_pages(const Plan *plan, cairo_surface_t *surface) {
    guint pages = plan->page + 1, at = 0;
    for (guint page = 0; page < pages; page++) {
        for (; at < plan->blocks->len; at++) {
            const Block *block = &g_array_index(plan->blocks, Block, at);
            if (block->page != page)
                break;
            if (block->is_heading)
                add_outline(surface, block);
            draw_block(plan, block);
        }
        draw_footer(plan, page, pages);
        cairo_show_page(plan->canvas->cairo);
    }
}

/* --- the file --------------------------------------------------------------------------------- */

static cairo_status_t append_bytes(void *bytes, const unsigned char *data, unsigned int length) {
    g_byte_array_append(bytes, data, length);
    return CAIRO_STATUS_SUCCESS;
}

static void set_metadata(cairo_surface_t *surface, const SyReport *report) {
    char created[SY_TIME_TEXT_SIZE];
    sy_time_format(report->created / SY_SECOND * SY_SECOND, created);
    cairo_pdf_surface_set_metadata(surface, CAIRO_PDF_METADATA_TITLE, report->title);
    cairo_pdf_surface_set_metadata(surface, CAIRO_PDF_METADATA_CREATOR, "Systematica " SY_VERSION);
    cairo_pdf_surface_set_metadata(surface, CAIRO_PDF_METADATA_CREATE_DATE, created);
}

bool sy_pdf_write(const SyReport *report, const char *path, GError **error) {
    g_autoptr(GByteArray) bytes = g_byte_array_new();
    cairo_surface_t *surface =
        cairo_pdf_surface_create_for_stream(append_bytes, bytes, PAGE_WIDTH, PAGE_HEIGHT);
    set_metadata(surface, report);
    Plan plan = {.canvas = sy_canvas_new(surface, 1),
                 .report = report,
                 .blocks = g_array_new(FALSE, FALSE, sizeof(Block)),
                 .layouts = g_ptr_array_new_with_free_func((GDestroyNotify)sy_table_layout_free)};
    plan.canvas->pixel = LINE_PIXEL;
    make_plan(&plan);
    draw_pages(&plan, surface);
    g_array_unref(plan.blocks);
    g_ptr_array_unref(plan.layouts);
    sy_canvas_free(plan.canvas);
    cairo_surface_finish(surface);
    cairo_status_t status = cairo_surface_status(surface);
    cairo_surface_destroy(surface);
    if (status != CAIRO_STATUS_SUCCESS)
        return sy_fail(error, SY_ERROR_FAILED, "cannot draw “%s”: %s", path,
                       cairo_status_to_string(status));
    return sy_file_replace(path, bytes->data, bytes->len, error);
}
