/* PDF: the whole report on A4 pages. */
#ifndef SY_REPORT_PDF_H
#define SY_REPORT_PDF_H

#include "report/report.h"

/* Rows of one table that are printed; the rest are in the CSV, and the PDF says so. */
#define SY_PDF_TABLE_ROWS_MAX 1000

/* Writes every section, tables broken across pages with their header repeated, an outline, and
 * "n / N" on each page. Its date is the report's, so the same report gives the same bytes.
 * Errors: SY_ERROR_IO. */
bool sy_pdf_write(const SyReport *report, const char *path, GError **error);

#endif
