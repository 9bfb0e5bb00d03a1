/* Draws a table section, whole or some rows of it, so that a page can break it. */
#ifndef SY_REPORT_TABLE_H
#define SY_REPORT_TABLE_H

#include <stdbool.h>

#include "report/draw.h"
#include "report/report.h"

/* Widths of columns, measured once over all rows, so that every part of a table looks the same. */
typedef struct {
    double *width; /* [columns], before scaling */
    double scale;  /* ≤ 1: makes a wide table fit */
    double total;  /* width on the canvas */
    double row_height, header_height;
} SyTableLayout;

/* Measures for at most `width` points. Where even small print is too wide, text columns are cut
 * with an ellipsis. */
SyTableLayout *sy_table_layout_new(SyCanvas *canvas, const SyReportSection *section, double width);
void sy_table_layout_free(SyTableLayout *layout);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(SyTableLayout, sy_table_layout_free)

/* Draws the header and rows [first, last) with the top left corner at (x, y). Returns the height:
 * header_height + (last − first) · row_height. */
double sy_table_draw(SyCanvas *canvas, const SyTableLayout *layout, const SyReportSection *section,
                     gsize first, gsize last, double x, double y);

/* A narrow table stands in several columns side by side. Their number, at most three. */
gsize sy_table_columns(const SyTableLayout *layout, gsize rows, double width);

/* Draws rows [0, rows) in `columns` columns over the width. Returns the height; draws nothing where
 * `draw` is false. */
double sy_table_draw_columns(SyCanvas *canvas, const SyTableLayout *layout,
                             const SyReportSection *section, gsize rows, gsize columns,
                             SyRectangle place, bool draw);

#endif
