/* What the PNG sheet and the PDF have in common besides figures: the head of a report, its facts,
 * the headings of sections. Every function measures only where `draw` is false and returns a
 * height. */
#ifndef SY_REPORT_FRONT_H
#define SY_REPORT_FRONT_H

#include <stdbool.h>

#include "report/draw.h"
#include "report/report.h"

/* Title, subtitle, headline, warnings and the highlights in boxes. */
double sy_front_head(SyCanvas *canvas, const SyReport *report, double x, double y, double width,
                     bool draw);

/* Name and value of every fact, in `columns` columns. */
double sy_front_facts(SyCanvas *canvas, const SyReport *report, guint columns, double x, double y,
                      double width, bool draw);

/* Title and note of a section. */
double sy_front_heading(SyCanvas *canvas, const SyReportSection *section, double x, double y,
                        double width, bool draw);

#endif
