/* Time as int64 nanoseconds since the Unix epoch, UTC, and timeframes (lengths of bars). */
#ifndef SY_BASE_TIME_H
#define SY_BASE_TIME_H

#include <glib.h>
#include <stdbool.h>

typedef gint64 SyTime; /* nanoseconds since 1970-01-01T00:00:00Z */

#define SY_TIME_NONE G_MININT64 /* "no time given" */
#define SY_SECOND G_GINT64_CONSTANT(1000000000)
#define SY_MINUTE (60 * SY_SECOND)
#define SY_HOUR (60 * SY_MINUTE)
#define SY_DAY (24 * SY_HOUR)

/* A day of the proleptic Gregorian calendar. */
typedef struct {
    int year, month, day; /* month and day from 1 */
} SyDate;

gint64 sy_date_to_days(SyDate date); /* days since 1970-01-01 */
SyDate sy_date_from_days(gint64 days);

/* Reads a moment: "2018-01-01 UTC", "2018-01 UTC", "2018", ISO 8601 with or without fraction and
 * zone (none = UTC; Z, UTC, ±HH:MM), "now", "90 days ago UTC" (second minute hour day week; month
 * and year by the calendar). `now` is the clock for the last two. Errors: SY_ERROR_USAGE with the
 * text and the accepted forms. */
bool sy_time_parse(const char *text, SyTime now, SyTime *time, GError **error);

/* True for texts that sy_time_parse reads relative to the clock ("now", "… ago"). */
bool sy_time_is_relative(const char *text);

/* Reads the two fixed spellings of databases and files, "YYYY-MM-DD[T ]HH:MM:SS" with optional
 * fraction and zone, and "YYYY-MM-DD", without allocating; false for anything else (then
 * sy_time_parse). */
bool sy_time_parse_iso(const char *text, gsize length, SyTime *time);

#define SY_TIME_TEXT_SIZE 40
/* "2018-01-01T00:00:00Z", with a fraction only where there is one. Returns buffer. */
const char *sy_time_format(SyTime time, char buffer[static SY_TIME_TEXT_SIZE]);

/* Length of one bar. Fixed lengths have nanoseconds; months and years go by the calendar. */
typedef struct {
    gint64 nanoseconds; /* > 0 for s, m, h, d, w; 0 where months is used */
    int months;         /* > 0 for M and y */
} SyTimeframe;

/* "60m", "1h", "15 minutes", "1 day", "daily", "1M" (month), "1y". m = min = minute, M = month.
 * Errors: SY_ERROR_USAGE with the text and the accepted units. */
bool sy_timeframe_parse(const char *text, SyTimeframe *timeframe, GError **error);

bool sy_timeframe_equal(SyTimeframe a, SyTimeframe b);

/* Canonical text in the largest unit that divides it: "1h", "15m", "1d". Returns buffer. */
const char *sy_timeframe_format(SyTimeframe timeframe, char buffer[static SY_TIME_TEXT_SIZE]);

/* The newest close of a bar at or before `time`; bars are aligned to the epoch in UTC, weeks to
 * Monday, months and years to the calendar. */
SyTime sy_timeframe_floor(SyTimeframe timeframe, SyTime time);

/* `time` moved by `count` bars (count may be negative); months keep the day, cut to the month's
 * last. */
SyTime sy_timeframe_add(SyTimeframe timeframe, SyTime time, gint64 count);

/* Length in nanoseconds; a month counts 1/12 of 365.25 days, as annualisation needs a number. */
double sy_timeframe_length(SyTimeframe timeframe);

#endif
