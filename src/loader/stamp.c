/* Spellings of time in databases and files. */
#include "loader/stamp.h"

#include "base/error.h"

static const struct {
    const char *name;
    gint64 unit;
    gint64 below; /* integers of smaller magnitude are of this unit */
} stamps[] = {
    [SY_STAMP_UNKNOWN] = {"unknown", 0, 0},
    [SY_STAMP_TEXT] = {"ISO text", 0, 0},
    [SY_STAMP_SECONDS] = {"integer seconds", SY_SECOND, 100000000000},
    [SY_STAMP_MILLISECONDS] = {"integer milliseconds", 1000000, 100000000000000},
    [SY_STAMP_MICROSECONDS] = {"integer microseconds", 1000, 100000000000000000},
    [SY_STAMP_NANOSECONDS] = {"integer nanoseconds", 1, G_MAXINT64},
    [SY_STAMP_TIME] = {"a type for times", 0, 0},
};

gint64 sy_stamp_unit(SyStamp stamp) { return stamps[stamp].unit; }

/* The unit of an integer by its magnitude. The bounds lie in 1973 when read in the finer unit and
 * beyond the year 5000 in the coarser, so no bar of a market is ambiguous. */
static SyStamp stamp_of_integer(gint64 value) {
    SyStamp stamp = SY_STAMP_SECONDS;
    while (stamp < SY_STAMP_NANOSECONDS &&
           (value >= stamps[stamp].below || value <= -stamps[stamp].below))
        stamp++;
    return stamp;
}

/* Sets or confirms the spelling of the column. */
static bool settle(SyStamp *stamp, SyStamp found, GError **error) {
    if (*stamp == SY_STAMP_UNKNOWN)
        *stamp = found;
    return *stamp == found ||
           sy_fail(error, SY_ERROR_DATA,
                   "the column mixes spellings of time: %s and %s; store one of them",
                   stamps[*stamp].name, stamps[found].name);
}

static bool fail_span(const char *time, GError **error) {
    return sy_fail(error, SY_ERROR_DATA,
                   "%s is no time of a bar: it lies outside the years 1824 to 2115; correct or "
                   "delete the row",
                   time);
}

/* Half of what 64 bits hold, so that the distance of any two times fits as well. */
static bool check_span(SyTime time, GError **error) {
    char text[SY_TIME_TEXT_SIZE];
    return (time >= -(G_MAXINT64 / 2) && time <= G_MAXINT64 / 2) ||
           fail_span(sy_time_format(time, text), error);
}

bool sy_stamp_take_time(SyStamp *stamp, SyTime time, GError **error) {
    return check_span(time, error) &&
           (*stamp == SY_STAMP_TIME || settle(stamp, SY_STAMP_TIME, error));
}

bool sy_stamp_read_integer(SyStamp *stamp, gint64 value, SyTime *time, GError **error) {
    SyStamp found = stamp_of_integer(value);
    if (found != *stamp && !settle(stamp, found, error))
        return false;
    if (!__builtin_mul_overflow(value, stamps[found].unit, time))
        return check_span(*time, error);
    char text[SY_TIME_TEXT_SIZE];
    g_snprintf(text, sizeof text, "%" G_GINT64_FORMAT, value);
    return fail_span(text, error);
}

/* Digits with an optional sign, at most 18, so that they fit. */
static bool read_integer(const char *text, gsize length, gint64 *value) {
    bool negative = length && *text == '-';
    gint64 number = 0;
    if (length - negative == 0 || length - negative > 19)
        return false;
    for (gsize i = negative; i < length; i++) {
        if (!g_ascii_isdigit(text[i]) || number > (G_MAXINT64 - 9) / 10)
            return false;
        number = number * 10 + (text[i] - '0');
    }
    *value = negative ? -number : number;
    return true;
}

bool sy_stamp_read_text(SyStamp *stamp, const char *text, gsize length, SyTime *time,
                        GError **error) {
    if (sy_time_parse_iso(text, length, time))
        return check_span(*time, error) &&
               (*stamp == SY_STAMP_TEXT || settle(stamp, SY_STAMP_TEXT, error));
    gint64 value;
    if (read_integer(text, length, &value))
        return sy_stamp_read_integer(stamp, value, time, error);
    return sy_fail(error, SY_ERROR_DATA,
                   "not a time: \"%.*s\" (store \"2018-01-01 00:00:00\" in UTC, ISO 8601, or "
                   "integer seconds, milliseconds, microseconds or nanoseconds)",
                   (int)MIN(length, 60), text);
}
