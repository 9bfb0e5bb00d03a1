/* Wall clocks over GLib's reader of the system's zone data. GLib alone gives the moment of the
 * transition for a time in a gap and goes by its own choice in a fold, and takes an unknown name
 * for UTC; so only its way from UTC is used, and names are opened by the call that refuses. */
#include "base/zone.h"

#include <string.h>

#include "base/error.h"

struct SyZone {
    char *name;
    GTimeZone *data;
};

/* GLib would read "" and paths as well; a template shall mean the same on every machine. */
static bool is_zone_name(const char *name) {
    return g_ascii_isalpha(*name) && !strstr(name, "..") && strlen(name) < 64;
}

SyZone *sy_zone_open(const char *name, GError **error) {
    GTimeZone *data = is_zone_name(name) ? g_time_zone_new_identifier(name) : NULL;
    if (!data) {
        sy_fail(error, SY_ERROR_USAGE,
                "\"%s\" is not a time zone of this system (write an IANA name such as "
                "\"Europe/Berlin\" or \"UTC\"; the names come with the package tzdata)",
                name);
        return NULL;
    }
    SyZone *zone = g_new0(SyZone, 1);
    zone->name = g_strdup(name);
    zone->data = data;
    return zone;
}

void sy_zone_free(SyZone *zone) {
    if (!zone)
        return;
    g_free(zone->name);
    g_time_zone_unref(zone->data);
    g_free(zone);
}

const char *sy_zone_name(const SyZone *zone) { return zone->name; }

static gint64 floor_divide(gint64 a, gint64 b) {
    gint64 quotient = a / b;
    return a % b < 0 ? quotient - 1 : quotient;
}

/* The number of the period of constant offset that holds `time`; they count up in time. */
static int period_of(const SyZone *zone, SyTime time) {
    return g_time_zone_find_interval(zone->data, G_TIME_TYPE_UNIVERSAL,
                                     floor_divide(time, SY_SECOND));
}

static gint64 offset_of(const SyZone *zone, int period) {
    return g_time_zone_get_offset(zone->data, period) * SY_SECOND;
}

gint64 sy_zone_offset(const SyZone *zone, SyTime time) {
    return offset_of(zone, period_of(zone, time));
}

bool sy_zone_is_constant(const SyZone *zone, SyTime from, SyTime to) {
    return period_of(zone, from) == period_of(zone, to);
}

SyTime sy_zone_transition(const SyZone *zone, SyTime from, SyTime to) {
    int before = period_of(zone, from);
    if (before == period_of(zone, to))
        return SY_TIME_NONE;
    gint64 low = floor_divide(from, SY_SECOND), high = floor_divide(to, SY_SECOND);
    while (high - low > 1) {
        gint64 middle = low + (high - low) / 2;
        if (g_time_zone_find_interval(zone->data, G_TIME_TYPE_UNIVERSAL, middle) == before)
            low = middle;
        else
            high = middle;
    }
    return high * SY_SECOND;
}

gsize sy_zone_to_utc(const SyZone *zone, SyDate date, gint64 clock, SyDst dst,
                     SyTime instant[static 2]) {
    gint64 local = sy_date_to_days(date) * SY_DAY + clock;
    /* no offset is as large as a day, so a transition that matters lies between these two */
    gint64 before = sy_zone_offset(zone, local - SY_DAY),
           after = sy_zone_offset(zone, local + SY_DAY);
    SyTime early = local - before, late = local - after;
    bool early_holds = sy_zone_offset(zone, early) == before;
    bool late_holds = after != before && sy_zone_offset(zone, late) == after;
    if (early_holds && late_holds) {
        instant[0] = MIN(early, late);
        instant[1] = MAX(early, late);
        return dst == SY_DST_BOTH ? 2 : 1;
    }
    if (!early_holds && !late_holds && dst == SY_DST_SKIP)
        return 0;
    instant[0] = late_holds ? late : early;
    return 1;
}

void sy_zone_from_utc(const SyZone *zone, SyTime time, SyDate *date, gint64 *clock, int *offset) {
    gint64 shift = sy_zone_offset(zone, time), days = floor_divide(time + shift, SY_DAY);
    *date = sy_date_from_days(days);
    *clock = time + shift - days * SY_DAY;
    *offset = (int)(shift / SY_SECOND);
}
