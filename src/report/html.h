/* The HTML writer: a report as one file that needs nothing else. */
#ifndef SY_REPORT_HTML_H
#define SY_REPORT_HTML_H

#include "report/report.h"

/* Writes the report as one HTML file, in one step (sy_file_replace).
 *
 * Tables, heatmaps, facts and figures are plain HTML and read without a script; plots are drawn by
 * the page's script from the data inside the file. Nothing is fetched: the content security policy
 * allows the script and the style by their hashes and no address at all. Whatever texts a report
 * holds, they stay text. The same report gives the same bytes.
 *
 * Errors: SY_ERROR_IO
 * Cost:   O(numbers); values are kept as float32, times to the second in 4 bytes */
bool sy_html_write(const SyReport *report, const char *path, GError **error);

#endif
