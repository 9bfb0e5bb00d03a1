/* Durations as templates spell them: "90s", "1h30m", "-5m". */
#ifndef SY_BASE_DURATION_H
#define SY_BASE_DURATION_H

#include <glib.h>
#include <stdbool.h>

/* Reads "5m", "90s", "1h30m", "-5m" into nanoseconds. Errors: SY_ERROR_USAGE. */
bool sy_duration_parse(const char *text, gint64 *nanoseconds, GError **error);

/* SyField.check of how long something may take: a duration of more than nothing. */
bool sy_duration_check(const char *text, GError **error);

#endif
