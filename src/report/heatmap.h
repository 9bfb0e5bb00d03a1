/* Draws a heatmap section: a label and one coloured cell per column in every row. */
#ifndef SY_REPORT_HEATMAP_H
#define SY_REPORT_HEATMAP_H

#include "report/draw.h"
#include "report/report.h"

/* Height of the whole heatmap. */
double sy_heatmap_height(const SyReportSection *section);

/* Draws it with the top left corner at (x, y). Colours run from loss over white to gain; full
 * colour is the largest size of a value outside the last column, whose totals are larger by nature.
 */
void sy_heatmap_draw(SyCanvas *canvas, const SyReportSection *section, double x, double y,
                     double width);

#endif
