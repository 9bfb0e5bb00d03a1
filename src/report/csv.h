/* CSV: the numbers of a report, one file per section. */
#ifndef SY_REPORT_CSV_H
#define SY_REPORT_CSV_H

#include "report/report.h"

/* Writes into the folder `path`, made where it is absent, <section id>.csv of every section and
 * facts.csv (name,value). Columns: a table's and a heatmap's are their columns' names; a plot's are
 * series,time,value (series,x,value where x is no time), series after series; a level has no x.
 * Times are ISO 8601 UTC, numbers the shortest text that reads back as the same double, n/a is
 * empty. Each file is replaced atomically. Errors: SY_ERROR_IO. */
bool sy_csv_write(const SyReport *report, const char *path, GError **error);

#endif
