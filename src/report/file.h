/* Whole files, replaced in one step. */
#ifndef SY_REPORT_FILE_H
#define SY_REPORT_FILE_H

#include <glib.h>
#include <stdbool.h>

/* Writes a file under a temporary name beside it, synchronises and renames it: after a crash or a
 * full disk the path holds the old bytes or the new ones. Errors: SY_ERROR_IO. */
bool sy_file_replace(const char *path, const void *bytes, gsize length, GError **error);

/* Makes a folder and those above it. Errors: SY_ERROR_IO. */
bool sy_folder_make(const char *path, GError **error);

#endif
