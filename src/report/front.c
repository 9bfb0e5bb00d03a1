/* Head, facts and headings, laid out the same on the sheet and on pages. */
#include "report/front.h"

#include <math.h>

#define BOX_HEIGHT 40.0
#define BOX_GAP 6.0
#define BOXES_IN_A_ROW 6
#define BOX_PADDING 8.0
#define FACT_GAP 3.0

static double paragraph(SyCanvas *canvas, SyTextStyle style, guint32 colour, const char *text,
                        double x, double y, double width, bool draw) {
    return sy_canvas_paragraph(canvas, style, draw ? colour : SY_MEASURE, text, x, y, width);
}

/* The largest style in which every value fits, so that all look alike. */
static SyTextStyle box_style(SyCanvas *canvas, const GPtrArray *facts, double inner) {
    SyTextStyle style = SY_TEXT_FIGURE;
    for (guint i = 0; i < facts->len; i++) {
        const SyReportFact *fact = g_ptr_array_index(facts, i);
        while (style < SY_TEXT_STRONG && sy_canvas_text_width(canvas, style, fact->value) > inner)
            style++;
    }
    return style;
}

static void draw_box(SyCanvas *canvas, const SyReportFact *fact, SyTextStyle style,
                     SyRectangle box) {
    sy_canvas_fill(canvas, SY_INK_GROUND, box);
    double inner = box.width - 2 * BOX_PADDING;
    sy_canvas_text_cut(canvas, SY_TEXT_SMALL, SY_INK_SOFT, fact->name, box.x + BOX_PADDING,
                       box.y + 13, inner);
    sy_canvas_text_cut(canvas, style, SY_INK, fact->value, box.x + BOX_PADDING, box.y + 31, inner);
}

static double boxes(SyCanvas *canvas, const GPtrArray *facts, double x, double y, double width,
                    bool draw) {
    if (facts->len == 0)
        return 0;
    guint across = MIN(facts->len, BOXES_IN_A_ROW);
    double box_width = (width - BOX_GAP * (across - 1)) / across;
    SyTextStyle style = box_style(canvas, facts, box_width - 2 * BOX_PADDING);
    for (guint i = 0; draw && i < facts->len; i++) {
        guint row = i / across, column = i % across;
        draw_box(canvas, g_ptr_array_index(facts, i), style,
                 (SyRectangle){x + (box_width + BOX_GAP) * column, y + (BOX_HEIGHT + BOX_GAP) * row,
                               box_width, BOX_HEIGHT});
    }
    guint rows = (facts->len + across - 1) / across;
    return rows * (BOX_HEIGHT + BOX_GAP) - BOX_GAP;
}

double sy_front_head(SyCanvas *canvas, const SyReport *report, double x, double y, double width,
                     bool draw) {
    double top = y;
    y += paragraph(canvas, SY_TEXT_TITLE, SY_INK, report->title, x, y, width, draw) + 1;
    if (report->subtitle)
        y += paragraph(canvas, SY_TEXT_BODY, SY_INK_SOFT, report->subtitle, x, y, width, draw) + 6;
    if (report->headline)
        y += paragraph(canvas, SY_TEXT_STRONG, SY_INK, report->headline, x, y, width, draw) + 4;
    for (guint i = 0; i < report->warnings->len; i++) {
        g_autofree char *text = g_strconcat("⚠ ", g_ptr_array_index(report->warnings, i), NULL);
        y += paragraph(canvas, SY_TEXT_BODY, SY_INK_WARNING, text, x, y, width, draw) + 2;
    }
    y += 8;
    y += boxes(canvas, report->highlights, x, y, width, draw);
    return y - top;
}

/* The value, wrapped. Returns the height of the fact. */
static double fact_height(SyCanvas *canvas, const SyReportFact *fact, double x, double y,
                          double name_width, double width, bool draw) {
    if (draw)
        sy_canvas_paragraph(canvas, SY_TEXT_SMALL, SY_INK_SOFT, fact->name, x, y, name_width);
    return FACT_GAP + paragraph(canvas, SY_TEXT_SMALL, SY_INK, fact->value, x + name_width, y,
                                width - name_width - 10, draw);
}

double sy_front_facts(SyCanvas *canvas, const SyReport *report, guint columns, double x, double y,
                      double width, bool draw) {
    guint n = report->facts->len, rows = (n + columns - 1) / columns;
    double each = width / columns, name_width = 0, height = 0, below = 0;
    for (guint i = 0; i < n; i++) {
        const SyReportFact *fact = g_ptr_array_index(report->facts, i);
        name_width = MAX(name_width, sy_canvas_text_width(canvas, SY_TEXT_SMALL, fact->name));
    }
    name_width = MIN(name_width + 8, each * 0.5);
    for (guint i = 0; i < n; i++) {
        guint column = i / rows;
        if (i % rows == 0)
            below = 0;
        below += fact_height(canvas, g_ptr_array_index(report->facts, i), x + each * column,
                             y + below, name_width, each, draw);
        height = MAX(height, below);
    }
    return height;
}

double sy_front_heading(SyCanvas *canvas, const SyReportSection *section, double x, double y,
                        double width, bool draw) {
    double top = y;
    y += paragraph(canvas, SY_TEXT_HEADING, SY_INK, section->title, x, y, width, draw) + 1;
    if (section->note)
        y += paragraph(canvas, SY_TEXT_SMALL, SY_INK_SOFT, section->note, x, y, width, draw) + 1;
    return y + 4 - top;
}
