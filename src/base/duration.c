/* A duration is a sum of counts with units. */
#include "base/duration.h"

#include <string.h>

#include "base/error.h"
#include "base/time.h"

static const struct {
    const char *name;
    gint64 nanoseconds;
} units[] = {
    {"ms", SY_SECOND / 1000}, {"s", SY_SECOND}, {"m", SY_MINUTE},
    {"h", SY_HOUR},           {"d", SY_DAY},    {"w", 7 * SY_DAY},
};

/* The unit that `text` begins with, and its letters; 0 where there is none. */
static gint64 unit_of(const char *text, gsize *letters) {
    *letters = strspn(text, "abcdefghijklmnopqrstuvwxyz");
    for (gsize i = 0; i < G_N_ELEMENTS(units); i++)
        if (strlen(units[i].name) == *letters && strncmp(units[i].name, text, *letters) == 0)
            return units[i].nanoseconds;
    return 0;
}

bool sy_duration_parse(const char *text, gint64 *nanoseconds, GError **error) {
    const char *p = *text == '-' || *text == '+' ? text + 1 : text;
    gint64 sum = 0;
    bool good = *p != '\0';
    while (good && *p) {
        char *end = NULL;
        guint64 count = g_ascii_isdigit(*p) ? g_ascii_strtoull(p, &end, 10) : 0;
        gsize letters = 0;
        gint64 unit = end ? unit_of(end, &letters) : 0, part = 0;
        good = unit > 0 && count <= G_MAXINT64 &&
               !__builtin_mul_overflow((gint64)count, unit, &part) &&
               !__builtin_add_overflow(sum, part, &sum);
        p = good ? end + letters : p;
    }
    if (!good)
        return sy_fail(error, SY_ERROR_USAGE,
                       "\"%s\" is no duration: write a count and a unit (ms, s, m, h, d, w), as "
                       "\"90s\" or \"1h30m\"",
                       text);
    *nanoseconds = *text == '-' ? -sum : sum;
    return true;
}

bool sy_duration_check(const char *text, GError **error) {
    gint64 length = 0;
    if (!sy_duration_parse(text, &length, error))
        return false;
    return length > 0 || sy_fail(error, SY_ERROR_USAGE, "\"%s\" is not longer than nothing", text);
}
