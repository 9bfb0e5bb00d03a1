/* Cells of CSV files: quoting, numbers that read back the same, times. */
#ifndef SY_BASE_CSV_TEXT_H
#define SY_BASE_CSV_TEXT_H

#include "base/time.h"

/* Shortest decimal text that strtod reads back as `value`: at most 17 digits. Nothing for NaN;
 * "inf", "-inf". Appends to `out`. */
void sy_csv_append_number(GString *out, double value);
void sy_csv_append_integer(GString *out, gint64 value);

/* "2018-01-01T00:00:00Z", with a fraction only where there is one; nothing for SY_TIME_NONE. */
void sy_csv_append_time(GString *out, SyTime time);

/* Quoted where it holds a comma, a quote or a line end (RFC 4180). */
void sy_csv_append_text(GString *out, const char *text);

#endif
