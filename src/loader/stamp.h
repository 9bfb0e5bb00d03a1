/* Reading the times of a column, whatever its spelling: ISO text or integers. */
#ifndef SY_LOADER_STAMP_H
#define SY_LOADER_STAMP_H

#include <glib.h>
#include <stdbool.h>

#include "base/time.h"

/* How a column spells its times; one column, one spelling. */
typedef enum {
    SY_STAMP_UNKNOWN, /* nothing read yet */
    SY_STAMP_TEXT,    /* "2018-01-01 00:00:00", ISO 8601; naive = UTC */
    SY_STAMP_SECONDS, /* integers since the epoch */
    SY_STAMP_MILLISECONDS,
    SY_STAMP_MICROSECONDS,
    SY_STAMP_NANOSECONDS,
    SY_STAMP_TIME, /* a type of the database for times */
} SyStamp;

/* Nanoseconds of one unit of an integer spelling. */
gint64 sy_stamp_unit(SyStamp stamp);

/* Reads one time. *stamp is set by the first and must hold for all others. Texts of digits only are
 * integers. Errors: SY_ERROR_DATA, without the place; also for times before 1824 or after 2115.
 * Cost: no allocation unless it fails. */
bool sy_stamp_read_integer(SyStamp *stamp, gint64 value, SyTime *time, GError **error);
bool sy_stamp_read_text(SyStamp *stamp, const char *text, gsize length, SyTime *time,
                        GError **error);

/* Takes a time that the database has decoded itself. Errors: as the others. */
bool sy_stamp_take_time(SyStamp *stamp, SyTime time, GError **error);

/* Bars that are stored as closing within the second before the grid ("00:59:59.999", as some venues
 * do) close on the grid: this moves them there. Other times stay as they are. */
static inline SyTime sy_stamp_snap(SyTime close, SyTimeframe timeframe) {
    SyTime of_minute = close % SY_MINUTE;
    if (of_minute < 59 * SY_SECOND || timeframe.nanoseconds % SY_MINUTE != 0)
        return close;
    SyTime after = close - of_minute + SY_MINUTE;
    return sy_timeframe_floor(timeframe, after) == after ? after : close;
}

#endif
