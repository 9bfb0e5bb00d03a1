/* Cron expressions. The rules are those of Vixie's cron: where both day of month and weekday are
 * given, either suffices; a field that begins with '*' does not count as given. */
#include <string.h>

#include "base/error.h"
#include "schedule/clock.h"

typedef struct {
    const char *name;
    int min, max;
    const char *const *words; /* of min, min + 1 … ; NULL-terminated, or NULL */
} Field;

static const char *const month_words[] = {"jan", "feb", "mar", "apr", "may", "jun", "jul",
                                          "aug", "sep", "oct", "nov", "dec", NULL};
static const char *const weekday_words[] = {"sun", "mon", "tue", "wed", "thu", "fri", "sat", NULL};

enum { SECONDS, MINUTES, HOURS, DAYS, MONTHS, WEEKDAYS, N_FIELDS };
static const Field fields[N_FIELDS] = {
    [SECONDS] = {"seconds", 0, 59, NULL},     [MINUTES] = {"minutes", 0, 59, NULL},
    [HOURS] = {"hours", 0, 23, NULL},         [DAYS] = {"day of month", 1, 31, NULL},
    [MONTHS] = {"month", 1, 12, month_words}, [WEEKDAYS] = {"weekday", 0, 7, weekday_words},
};

static const struct {
    const char *name, *expression;
} names[] = {
    {"@yearly", "0 0 1 1 *"}, {"@annually", "0 0 1 1 *"}, {"@monthly", "0 0 1 * *"},
    {"@weekly", "0 0 * * 0"}, {"@daily", "0 0 * * *"},    {"@midnight", "0 0 * * *"},
    {"@hourly", "0 * * * *"},
};

/* A number or a word; *p moves behind it. */
static bool read_value(const Field *field, const char **p, int *value) {
    if (g_ascii_isdigit(**p)) {
        for (*value = 0; g_ascii_isdigit(**p) && *value < 1000; (*p)++)
            *value = *value * 10 + **p - '0';
        return *value >= field->min && *value <= field->max;
    }
    for (int i = 0; field->words && field->words[i]; i++)
        if (g_ascii_strncasecmp(*p, field->words[i], 3) == 0) {
            *p += 3;
            *value = field->min + i;
            return true;
        }
    return false;
}

/* "*", "5", "1-5", each with "/step"; *p stands behind it at ',' or the end. */
static bool read_range(const Field *field, const char **p, guint64 *mask) {
    int first = field->min, last = field->max, step = 1;
    if (**p == '*') {
        (*p)++;
    } else {
        if (!read_value(field, p, &first))
            return false;
        last = first;
        bool range = **p == '-';
        if (range) {
            (*p)++;
            if (!read_value(field, p, &last))
                return false;
        } else if (**p == '/') {
            last = field->max;
        }
        if (range && last == 0 && first > 0 && field->words == weekday_words)
            last = 7; /* "fri-sun" */
    }
    if (**p == '/') {
        (*p)++;
        if (!g_ascii_isdigit(**p))
            return false;
        for (step = 0; g_ascii_isdigit(**p) && step < 1000; (*p)++)
            step = step * 10 + **p - '0';
    }
    if (step < 1 || first < 0 || first > last)
        return false;
    for (guint i = (guint)first; i <= (guint)last; i += (guint)step)
        *mask |= G_GUINT64_CONSTANT(1) << i;
    return **p == ',' || **p == '\0';
}

static bool read_field(const Field *field, const char *text, guint64 *mask, GError **error) {
    *mask = 0;
    for (const char *p = text;; p++) {
        if (!read_range(field, &p, mask))
            return sy_fail(error, SY_ERROR_USAGE,
                           "\"%s\" is wrong as %s: write *, a value from %d to %d%s, a range "
                           "1-5, a step */15, or several with commas",
                           text, field->name, field->min, field->max,
                           field->words == month_words     ? " or jan … dec"
                           : field->words == weekday_words ? " (0 and 7: Sunday) or sun … sat"
                                                           : "");
        if (*p == '\0')
            return true;
    }
}

bool sy_cron_parse(const char *text, SyClockSet *set, GError **error) {
    const char *expression = text;
    for (gsize i = 0; i < G_N_ELEMENTS(names); i++)
        if (g_ascii_strcasecmp(names[i].name, text) == 0)
            expression = names[i].expression;
    g_auto(GStrv) parts = g_strsplit_set(expression, " \t", -1);
    const char *part[N_FIELDS] = {"0"};
    guint n = 0, given = 0;
    for (char **p = parts; *p; p++)
        given += **p != '\0';
    if (given != N_FIELDS && given != N_FIELDS - 1)
        return sy_fail(error, SY_ERROR_USAGE,
                       "\"%s\" has %u fields: write 5 (minute hour day month weekday), 6 "
                       "with seconds first, or @hourly, @daily, @weekly, @monthly, @yearly",
                       text, given);
    n = given == N_FIELDS ? 0 : 1;
    for (char **p = parts; *p; p++)
        if (**p)
            part[n++] = *p;
    guint64 mask[N_FIELDS];
    for (int i = 0; i < N_FIELDS; i++)
        if (!read_field(&fields[i], part[i], &mask[i], error))
            return false;
    /* cron's Sunday is 0 or 7, ours is bit 6 */
    guint64 sunday = (mask[WEEKDAYS] | mask[WEEKDAYS] >> 7) & 1;
    *set = (SyClockSet){
        .seconds = mask[SECONDS],
        .minutes = mask[MINUTES],
        .hours = (guint32)mask[HOURS],
        .days = (guint32)mask[DAYS],
        .months = (guint32)mask[MONTHS],
        .weekdays = (guint32)((mask[WEEKDAYS] >> 1 & 0x3f) | sunday << 6),
        .either = *part[DAYS] != '*' && *part[WEEKDAYS] != '*',
        .each_hour = strcmp(part[HOURS], "*") == 0,
    };
    if (sy_clock_next(set, 0) == SY_TIME_NONE)
        return sy_fail(error, SY_ERROR_USAGE, "\"%s\" never comes: there is no such day", text);
    return true;
}
