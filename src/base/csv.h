/* Reader of CSV, a file (plain or gzip) or what a program prints: a header line, then one record at
 * a time.
 *
 * RFC 4180: fields between commas, quoted where they hold a comma, a quote (doubled) or a line
 * break. Lines end in LF or CRLF; a byte order mark and empty lines are skipped. Text is UTF-8 and
 * passed on as it is. */
#ifndef SY_BASE_CSV_H
#define SY_BASE_CSV_H

#include <glib.h>
#include <stdbool.h>

typedef struct SyCsv SyCsv;

/* One field of the record read last; valid until the next one is read. NUL-terminated. */
typedef struct {
    const char *text;
    gsize length;
} SyCsvField;

/* Opens a file and reads its header. Errors: SY_ERROR_UNAVAILABLE (absent, unreadable),
 * SY_ERROR_DATA (empty, two columns of one name, no text). */
SyCsv *sy_csv_open(const char *path, GError **error);

/* Where bytes come from that stand in no file. */
typedef struct {
    /* Waits for some bytes and puts at most `size` of them into `buffer`; 0: no more will come. */
    gsize (*read)(gpointer data, char *buffer, gsize size);
    gpointer data;
} SyCsvSource;

/* The same from a source, which must outlive the reader; `name` stands for the path in messages.
 * Errors: SY_ERROR_DATA. */
SyCsv *sy_csv_open_source(const char *name, const SyCsvSource *source, GError **error);
void sy_csv_free(SyCsv *csv);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(SyCsv, sy_csv_free)

/* Names of the columns, NULL-terminated, without blanks around them. */
const char *const *sy_csv_names(const SyCsv *csv);

/* Number of the column of this name: as spelled, else without regard to case; -1 where absent. */
int sy_csv_column(const SyCsv *csv, const char *name);

typedef enum { SY_CSV_RECORD, SY_CSV_END, SY_CSV_FAILED } SyCsvStep;

/* Errors: SY_ERROR_DATA "file:line: …" (another number of fields than the header, an open quote, a
 * record above 1 MiB), SY_ERROR_IO (the file is torn). Cost: allocates nothing per record. */
SyCsvStep sy_csv_next(SyCsv *csv, GError **error);

/* The fields of the record, as many as there are names. */
const SyCsvField *sy_csv_fields(const SyCsv *csv);

gsize sy_csv_line(const SyCsv *csv);       /* line on which the record begins, from 1 */
double sy_csv_fraction(const SyCsv *csv);  /* of a file's bytes that were read, 0 … 1 */
const char *sy_csv_path(const SyCsv *csv); /* as given when it was opened */

/* Reads a field that is a decimal number, "nan" (with or without a sign), "null", "inf" or empty
 * (NaN), with the rounding of strtod. False for anything else. */
bool sy_csv_number(const SyCsvField *field, double *value);

#endif
