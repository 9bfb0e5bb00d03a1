/* PNG: the overview sheet of a report. */
#ifndef SY_REPORT_PNG_H
#define SY_REPORT_PNG_H

#include "report/report.h"

/* Writes one picture, 1600 pixels wide and as high as its content: title, headline, highlights and
 * the sections that are on_sheet. The same report gives the same bytes. Errors: SY_ERROR_IO. */
bool sy_png_write(const SyReport *report, const char *path, GError **error);

#endif
