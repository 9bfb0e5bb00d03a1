/* Tables with a head line, for tests: cells by row and column name. */
#ifndef SY_TESTS_SUPPORT_CSV_H
#define SY_TESTS_SUPPORT_CSV_H

#include <glib.h>

typedef struct {
    gsize rows;
    char **head;
    char ***cell; /* [rows] */
} Csv;

/* Reads a file, relative to the source root; a file that cannot be read fails the test. Cells hold
 * no commas unless they are quoted. */
Csv *csv_read(const char *path);
void csv_free(Csv *csv);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(Csv, csv_free)

/* A column that is not there fails the test. */
const char *csv_text(const Csv *csv, gsize row, const char *column);
double csv_number(const Csv *csv, gsize row, const char *column);

#endif
