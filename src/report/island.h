/* The data inside an HTML report: JSON that page/src/data.ts reads. */
#ifndef SY_REPORT_ISLAND_H
#define SY_REPORT_ISLAND_H

#include "report/report.h"

/* Rows of a table that are shown before one asks for all. */
#define SY_TABLE_ROWS_SHOWN 200

/* The order in which a table's rows are shown: place i of the array is the row shown i-th. A table
 * in order of time (its first column of times never falls) is shown newest first; any other as it
 * stands. newest_first [1]: which of the two. */
GArray *sy_table_order(const SyReportSection *section, bool *newest_first);

/* Appends the JSON, safe inside a <script> element: it holds no "<".
 *
 * Arrays of numbers are base64 of little-endian blocks, each stored once: values as float32, whole
 * seconds as uint32 from a base, anything else as float64. */
void sy_island_append(GString *page, const SyReport *report);

#endif
