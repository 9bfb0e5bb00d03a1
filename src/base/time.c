/* Reading and writing of times and timeframes. Nothing here reads the clock or a time zone of the
 * machine. Civil dates by the era arithmetic of Howard Hinnant, "chrono-Compatible Low-Level Date
 * Algorithms" (2013). */
#include "base/time.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

#include "base/error.h"

gint64 sy_date_to_days(SyDate date) {
    gint64 year = date.year - (date.month <= 2);
    gint64 era = (year >= 0 ? year : year - 399) / 400;
    gint64 year_of_era = year - era * 400;
    gint64 day_of_year = (153 * (date.month + (date.month > 2 ? -3 : 9)) + 2) / 5 + date.day - 1;
    gint64 day_of_era = year_of_era * 365 + year_of_era / 4 - year_of_era / 100 + day_of_year;
    return era * 146097 + day_of_era - 719468;
}

SyDate sy_date_from_days(gint64 days) {
    days += 719468;
    gint64 era = (days >= 0 ? days : days - 146096) / 146097;
    gint64 day_of_era = days - era * 146097;
    gint64 year_of_era =
        (day_of_era - day_of_era / 1460 + day_of_era / 36524 - day_of_era / 146096) / 365;
    gint64 day_of_year = day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    gint64 shifted_month = (5 * day_of_year + 2) / 153;
    int month = (int)(shifted_month < 10 ? shifted_month + 3 : shifted_month - 9);
    return (SyDate){
        .year = (int)(year_of_era + era * 400 + (month <= 2)),
        .month = month,
        .day = (int)(day_of_year - (153 * shifted_month + 2) / 5 + 1),
    };
}

static gint64 floor_divide(gint64 a, gint64 b) {
    gint64 quotient = a / b;
    return a % b < 0 ? quotient - 1 : quotient;
}

static int days_in_month(int year, int month) {
    static const int lengths[] = {31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};
    bool leap = (year % 4 == 0 && year % 100 != 0) || year % 400 == 0;
    return month == 2 && leap ? 29 : lengths[month - 1];
}

static bool read_digits(const char **p, const char *end, int count, int *value) {
    if (end - *p < count)
        return false;
    int number = 0;
    for (int i = 0; i < count; i++) {
        char c = (*p)[i];
        if (c < '0' || c > '9')
            return false;
        number = number * 10 + (c - '0');
    }
    *p += count;
    *value = number;
    return true;
}

/* What may follow a time of day: nothing, Z, UTC, ±HH[:]MM, each after optional blanks. */
static bool read_zone(const char **p, const char *end, gint64 *offset) {
    while (*p < end && **p == ' ')
        (*p)++;
    *offset = 0;
    if (*p == end)
        return true;
    if (**p == 'Z' || **p == 'z') {
        (*p)++;
        return true;
    }
    if (end - *p >= 3 && g_ascii_strncasecmp(*p, "UTC", 3) == 0) {
        *p += 3;
        return true;
    }
    if (**p != '+' && **p != '-')
        return false;
    gint64 sign = **p == '-' ? -1 : 1;
    int hours, minutes = 0;
    (*p)++;
    if (!read_digits(p, end, 2, &hours))
        return false;
    if (*p < end) {
        if (**p == ':')
            (*p)++;
        if (!read_digits(p, end, 2, &minutes))
            return false;
    }
    if (hours > 15 || minutes > 59)
        return false;
    *offset = sign * (hours * SY_HOUR + minutes * SY_MINUTE);
    return true;
}

static bool read_fraction(const char **p, const char *end, gint64 *nanoseconds) {
    *nanoseconds = 0;
    if (*p == end || (**p != '.' && **p != ','))
        return true;
    (*p)++;
    gint64 scale = SY_SECOND;
    const char *first = *p;
    for (; *p < end && **p >= '0' && **p <= '9'; (*p)++) {
        scale /= 10;
        *nanoseconds += (**p - '0') * scale;
    }
    return *p > first;
}

/* Years 1678 … 2261 fit into int64 nanoseconds with room for a zone. */
static bool assemble(SyDate date, gint64 of_day, SyTime *time) {
    if (date.year < 1678 || date.year > 2261 || date.month < 1 || date.month > 12 || date.day < 1 ||
        date.day > days_in_month(date.year, date.month))
        return false;
    *time = sy_date_to_days(date) * SY_DAY + of_day;
    return true;
}

/* "YYYY-MM-DD HH:MM:SS" and nothing else: what most cells of databases and files hold, read without
 * a branch for every digit. False where it is not that. */
static bool parse_plain(const char *text, SyTime *time) {
    static const unsigned char pairs[] = {0, 2, 5, 8, 11, 14, 17};
    int number[G_N_ELEMENTS(pairs)];
    unsigned wrong = 0;
    for (gsize i = 0; i < G_N_ELEMENTS(pairs); i++) {
        unsigned high = (unsigned char)text[pairs[i]] - '0';
        unsigned low = (unsigned char)text[pairs[i] + 1] - '0';
        wrong |= (high > 9) | (low > 9);
        number[i] = (int)(high * 10 + low);
    }
    wrong |= text[4] != '-' || text[7] != '-' || (text[10] != ' ' && text[10] != 'T') ||
             text[13] != ':' || text[16] != ':';
    if (wrong || number[4] > 23 || number[5] > 59 || number[6] > 59)
        return false;
    int seconds = number[4] * 3600 + number[5] * 60 + number[6];
    return assemble((SyDate){number[0] * 100 + number[1], number[2], number[3]},
                    seconds * SY_SECOND, time);
}

bool sy_time_parse_iso(const char *text, gsize length, SyTime *time) {
    enum { plain = 19 };
    if (length == plain && parse_plain(text, time))
        return true;
    const char *p = text, *end = text + length;
    SyDate date;
    if (!read_digits(&p, end, 4, &date.year) || p == end || *p++ != '-' ||
        !read_digits(&p, end, 2, &date.month) || p == end || *p++ != '-' ||
        !read_digits(&p, end, 2, &date.day))
        return false;
    gint64 of_day = 0, offset = 0;
    if (end - p >= 3 && (*p == 'T' || *p == 't' || *p == ' ') && g_ascii_isdigit(p[1])) {
        int hour, minute, second = 0;
        gint64 fraction = 0;
        p++;
        if (!read_digits(&p, end, 2, &hour) || p == end || *p++ != ':' ||
            !read_digits(&p, end, 2, &minute))
            return false;
        if (p < end && *p == ':') {
            p++;
            if (!read_digits(&p, end, 2, &second) || !read_fraction(&p, end, &fraction))
                return false;
        }
        if (hour > 23 || minute > 59 || second > 59)
            return false;
        of_day = hour * SY_HOUR + minute * SY_MINUTE + second * SY_SECOND + fraction;
    }
    return read_zone(&p, end, &offset) && p == end && assemble(date, of_day - offset, time);
}

typedef struct {
    const char *name;
    SyTimeframe length;
    bool case_counts; /* m is a minute, M a month */
} Unit;

static const Unit units[] = {
    {"s", {SY_SECOND, 0}, false},
    {"sec", {SY_SECOND, 0}, false},
    {"second", {SY_SECOND, 0}, false},
    {"m", {SY_MINUTE, 0}, true},
    {"M", {0, 1}, true},
    {"min", {SY_MINUTE, 0}, false},
    {"minute", {SY_MINUTE, 0}, false},
    {"h", {SY_HOUR, 0}, false},
    {"hour", {SY_HOUR, 0}, false},
    {"d", {SY_DAY, 0}, false},
    {"day", {SY_DAY, 0}, false},
    {"w", {7 * SY_DAY, 0}, false},
    {"week", {7 * SY_DAY, 0}, false},
    {"month", {0, 1}, false},
    {"y", {0, 12}, false},
    {"year", {0, 12}, false},
};

static const Unit *unit_find(const char *word, gsize length) {
    for (gsize i = 0; i < G_N_ELEMENTS(units); i++) {
        const Unit *unit = &units[i];
        gsize known = strlen(unit->name);
        bool plural = known > 1 && length == known + 1 && g_ascii_tolower(word[known]) == 's';
        if (length != known && !plural)
            continue;
        if (unit->case_counts ? strncmp(word, unit->name, known) == 0
                              : g_ascii_strncasecmp(word, unit->name, known) == 0)
            return unit;
    }
    return NULL;
}

/* "<count> <unit>": count absent = 1. False where the text is not of that form or too large. */
static bool read_length(const char *text, gsize length, SyTimeframe *result) {
    const char *p = text, *end = text + length;
    gint64 count = 0;
    bool counted = false;
    for (; p < end && g_ascii_isdigit(*p); p++, counted = true) {
        count = count * 10 + (*p - '0');
        if (count > 1000000000)
            return false;
    }
    if (!counted)
        count = 1;
    while (p < end && *p == ' ')
        p++;
    const Unit *unit = unit_find(p, (gsize)(end - p));
    if (!unit || count == 0)
        return false;
    if (unit->length.months) {
        if (count > 12000)
            return false;
        *result = (SyTimeframe){0, (int)count * unit->length.months};
    } else {
        if (count > G_MAXINT64 / 8 / unit->length.nanoseconds)
            return false;
        *result = (SyTimeframe){count * unit->length.nanoseconds, 0};
    }
    return true;
}

/* The text without leading and trailing blanks and without a final " UTC". */
static gsize trimmed(const char **text) {
    while (**text == ' ')
        (*text)++;
    gsize length = strlen(*text);
    while (length && (*text)[length - 1] == ' ')
        length--;
    if (length > 4 && g_ascii_strncasecmp(*text + length - 4, " UTC", 4) == 0)
        for (length -= 4; length && (*text)[length - 1] == ' ';)
            length--;
    return length;
}

static bool ends_with_ago(const char *text, gsize length) {
    return length > 4 && g_ascii_strncasecmp(text + length - 4, " ago", 4) == 0;
}

bool sy_time_is_relative(const char *text) {
    gsize length = trimmed(&text);
    return (length == 3 && g_ascii_strncasecmp(text, "now", 3) == 0) || ends_with_ago(text, length);
}

bool sy_time_parse(const char *text, SyTime now, SyTime *time, GError **error) {
    const char *original = text;
    gsize length = trimmed(&text);
    SyTimeframe back;
    if (length == 3 && g_ascii_strncasecmp(text, "now", 3) == 0) {
        *time = now;
        return true;
    }
    if (ends_with_ago(text, length) && read_length(text, length - 4, &back) &&
        back.months <= 2400) {
        *time = sy_timeframe_add(back, now, -1);
        return true;
    }
    if (sy_time_parse_iso(text, length, time))
        return true;
    const char *p = text, *end = text + length;
    SyDate date = {0, 1, 1};
    if (read_digits(&p, end, 4, &date.year) &&
        (p == end || (*p++ == '-' && read_digits(&p, end, 2, &date.month) && p == end)) &&
        assemble(date, 0, time))
        return true;
    return sy_fail(
        error, SY_ERROR_USAGE,
        "not a time: \"%s\" (write \"2018-01-01 UTC\", \"2018-01-01T09:30:00Z\", \"2018-01 "
        "UTC\", \"now\" or \"90 days ago UTC\")",
        original);
}

const char *sy_time_format(SyTime time, char buffer[static SY_TIME_TEXT_SIZE]) {
    gint64 days = floor_divide(time, SY_DAY), of_day = time - days * SY_DAY;
    SyDate date = sy_date_from_days(days);
    int hour = (int)(of_day / SY_HOUR), minute = (int)(of_day / SY_MINUTE % 60),
        second = (int)(of_day / SY_SECOND % 60);
    gint64 fraction = of_day % SY_SECOND;
    int n = snprintf(buffer, SY_TIME_TEXT_SIZE, "%04d-%02d-%02dT%02d:%02d:%02d", date.year,
                     date.month, date.day, hour, minute, second);
    if (fraction) {
        n += snprintf(buffer + n, SY_TIME_TEXT_SIZE - (gsize)n, ".%09" G_GINT64_FORMAT, fraction);
        while (buffer[n - 1] == '0')
            n--;
    }
    buffer[n] = 'Z';
    buffer[n + 1] = '\0';
    return buffer;
}

bool sy_timeframe_parse(const char *text, SyTimeframe *timeframe, GError **error) {
    static const struct {
        const char *word, *length;
    } words[] = {
        {"daily", "1d"}, {"hourly", "1h"}, {"weekly", "1w"}, {"monthly", "1M"}, {"yearly", "1y"}};
    const char *p = text;
    while (*p == ' ')
        p++;
    gsize length = strlen(p);
    while (length && p[length - 1] == ' ')
        length--;
    for (gsize i = 0; i < G_N_ELEMENTS(words); i++)
        if (length == strlen(words[i].word) && g_ascii_strncasecmp(p, words[i].word, length) == 0)
            return read_length(words[i].length, strlen(words[i].length), timeframe);
    if (read_length(p, length, timeframe))
        return true;
    return sy_fail(
        error, SY_ERROR_USAGE,
        "not a timeframe: \"%s\" (write a count and a unit: 30s, 15m, 1h, 1d, 1w, 1M for a "
        "month, 1y, or words as in \"15 minutes\", \"daily\")",
        text);
}

bool sy_timeframe_equal(SyTimeframe a, SyTimeframe b) {
    return a.nanoseconds == b.nanoseconds && a.months == b.months;
}

const char *sy_timeframe_format(SyTimeframe timeframe, char buffer[static SY_TIME_TEXT_SIZE]) {
    static const struct {
        const char *unit;
        gint64 nanoseconds;
    } scale[] = {
        {"w", 7 * SY_DAY}, {"d", SY_DAY}, {"h", SY_HOUR}, {"m", SY_MINUTE}, {"s", SY_SECOND}};
    if (timeframe.months) {
        bool years = timeframe.months % 12 == 0;
        snprintf(buffer, SY_TIME_TEXT_SIZE, "%d%s",
                 years ? timeframe.months / 12 : timeframe.months, years ? "y" : "M");
        return buffer;
    }
    buffer[0] = '\0';
    for (gsize i = 0; i < G_N_ELEMENTS(scale); i++)
        if (timeframe.nanoseconds % scale[i].nanoseconds == 0) {
            snprintf(buffer, SY_TIME_TEXT_SIZE, "%" G_GINT64_FORMAT "%s",
                     timeframe.nanoseconds / scale[i].nanoseconds, scale[i].unit);
            break;
        }
    return buffer;
}

SyTime sy_timeframe_floor(SyTimeframe timeframe, SyTime time) {
    if (timeframe.months) {
        SyDate date = sy_date_from_days(floor_divide(time, SY_DAY));
        gint64 months = floor_divide((date.year - 1970) * 12 + date.month - 1, timeframe.months) *
                        timeframe.months;
        gint64 year = floor_divide(months, 12);
        return sy_date_to_days((SyDate){(int)(1970 + year), (int)(months - year * 12 + 1), 1}) *
               SY_DAY;
    }
    /* 1970-01-01 was a Thursday: weeks are counted from the Monday four days later. */
    gint64 origin = timeframe.nanoseconds % (7 * SY_DAY) == 0 ? 4 * SY_DAY : 0;
    return floor_divide(time - origin, timeframe.nanoseconds) * timeframe.nanoseconds + origin;
}

SyTime sy_timeframe_add(SyTimeframe timeframe, SyTime time, gint64 count) {
    if (!timeframe.months)
        return time + timeframe.nanoseconds * count;
    gint64 days = floor_divide(time, SY_DAY), of_day = time - days * SY_DAY;
    SyDate date = sy_date_from_days(days);
    gint64 months = (gint64)date.year * 12 + date.month - 1 + timeframe.months * count;
    date.year = (int)floor_divide(months, 12);
    date.month = (int)(months - (gint64)date.year * 12) + 1;
    date.day = MIN(date.day, days_in_month(date.year, date.month));
    return sy_date_to_days(date) * SY_DAY + of_day;
}

double sy_timeframe_length(SyTimeframe timeframe) {
    return timeframe.months ? timeframe.months * 365.25 / 12 * (double)SY_DAY
                            : (double)timeframe.nanoseconds;
}
