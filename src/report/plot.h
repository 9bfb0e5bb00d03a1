/* Draws a plot section: axes, ticks, legend and series, on any canvas. */
#ifndef SY_REPORT_PLOT_H
#define SY_REPORT_PLOT_H

#include "report/draw.h"
#include "report/report.h"

/* Fills `area` with the figure of a plot section (its title and note are the caller's). A section
 * without a finite value says "no data".
 * Cost: O(points); at most four points per pixel column of a line are drawn. */
void sy_plot_draw(SyCanvas *canvas, const SyReportSection *section, SyRectangle area);

#endif
