/* The next time of a set of wall-clock times: days by their masks, then hour, minute and second by
 * the lowest bit that is left. */
#include "schedule/clock.h"

#include <string.h>

#define ALL(bits) ((G_GUINT64_CONSTANT(1) << (bits)) - 1)

SyClockSet sy_clock_all(void) {
    return (SyClockSet){.seconds = ALL(60),
                        .minutes = ALL(60),
                        .hours = ALL(24),
                        .days = (guint32)(ALL(32) & ~1u),
                        .months = (guint32)(ALL(13) & ~1u),
                        .weekdays = ALL(7)};
}

void sy_clock_set_time(SyClockSet *set, int hour, int minute, int second) {
    set->hours = 1u << hour;
    set->minutes = G_GUINT64_CONSTANT(1) << minute;
    set->seconds = G_GUINT64_CONSTANT(1) << second;
}

/* The lowest bit of a mask from a position on; −1 where there is none. */
static int bit_from(guint64 mask, int from) {
    mask = from < 64 ? mask >> from << from : 0;
    return mask ? __builtin_ctzll(mask) : -1;
}

/* The first second of a day, from `second` on, that the masks hold; −1 where there is none. */
static int time_from(const SyClockSet *set, int second) {
    int h = second / 3600, m = second / 60 % 60, s = second % 60;
    int hour = bit_from(set->hours, h);
    if (hour < 0)
        return -1;
    if (hour == h) {
        int minute = bit_from(set->minutes, m);
        int of_minute = minute == m ? bit_from(set->seconds, s) : -1;
        if (of_minute >= 0)
            return hour * 3600 + minute * 60 + of_minute;
        minute = bit_from(set->minutes, m + 1);
        if (minute >= 0)
            return hour * 3600 + minute * 60 + bit_from(set->seconds, 0);
        hour = bit_from(set->hours, h + 1);
        if (hour < 0)
            return -1;
    }
    return hour * 3600 + bit_from(set->minutes, 0) * 60 + bit_from(set->seconds, 0);
}

static gint64 modulo(gint64 a, gint64 b) { return ((a % b) + b) % b; }

static bool has_day(const SyClockSet *set, gint64 day) {
    enum { thursday = 3 }; /* 1970-01-01 */
    gint64 from_monday = day + thursday;
    SyDate date = sy_date_from_days(day);
    if (!(set->months >> date.month & 1))
        return false;
    bool of_month = set->days >> date.day & 1,
         of_week = set->weekdays >> modulo(from_monday, 7) & 1;
    if (set->either ? !of_month && !of_week : !of_month || !of_week)
        return false;
    switch (set->count) {
    case SY_COUNT_DAYS:
        return modulo(day, set->nth) == 0;
    case SY_COUNT_WEEKS: /* as sy_timeframe_floor: from Monday, 5 January 1970 */
        return modulo(from_monday - 7, (gint64)7 * set->nth) < 7;
    case SY_COUNT_MONTHS:
        return modulo((gint64)(date.year - 1970) * 12 + date.month - 1, set->nth) == 0;
    case SY_COUNT_NONE:
    case SY_COUNT_MINUTES:
    case SY_COUNT_HOURS:
        break;
    }
    return true;
}

gint64 sy_clock_next(const SyClockSet *set, gint64 local) {
    gint64 day = (local - modulo(local, SY_DAY)) / SY_DAY;
    int second = (int)(modulo(local, SY_DAY) / SY_SECOND) + 1;
    const gint64 last = day + SY_CLOCK_YEARS_MAX * 366;
    for (; day <= last; day++, second = 0) {
        int found = has_day(set, day) ? time_from(set, second) : -1;
        if (found >= 0)
            return day * SY_DAY + found * SY_SECOND;
    }
    return SY_TIME_NONE;
}

const char *const sy_weekday_names[7] = {"monday", "tuesday",  "wednesday", "thursday",
                                         "friday", "saturday", "sunday"};

int sy_weekday_find(const char *text) {
    gsize length = strlen(text);
    for (int i = 0; i < (int)G_N_ELEMENTS(sy_weekday_names); i++) {
        gsize whole = strlen(sy_weekday_names[i]);
        bool plural = length == whole + 1 && g_ascii_tolower(text[whole]) == 's';
        if ((length == 3 || length == whole || plural) &&
            g_ascii_strncasecmp(text, sy_weekday_names[i], MIN(length, whole)) == 0)
            return i;
    }
    return -1;
}

/* At most two digits up to `max`; *p moves behind them. */
static bool read_number(const char **p, int max, int *value) {
    int digits = 0;
    for (*value = 0; g_ascii_isdigit(**p) && digits < 2; (*p)++, digits++)
        *value = *value * 10 + **p - '0';
    return digits > 0 && *value <= max;
}

bool sy_clock_parse(const char *text, int *hour, int *minute, int *second) {
    *second = 0;
    const char *p = text;
    if (!read_number(&p, 23, hour) || *p++ != ':' || !g_ascii_isdigit(p[0]) ||
        !g_ascii_isdigit(p[1]) || !read_number(&p, 59, minute))
        return false;
    if (*p == '\0')
        return true;
    return *p++ == ':' && g_ascii_isdigit(p[0]) && g_ascii_isdigit(p[1]) &&
           read_number(&p, 59, second) && *p == '\0';
}
