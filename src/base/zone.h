/* Time zones: between the wall clock of a zone and UTC, with a rule for the two hours of a year
 * that a wall clock skips or repeats. */
#ifndef SY_BASE_ZONE_H
#define SY_BASE_ZONE_H

#include "base/time.h"

/* What a wall-clock time means in a gap (it does not exist) or a fold (it exists twice). */
typedef enum {
    SY_DST_ONCE_SHIFT, /* gap: by the offset before it, so an hour later; fold: the earlier instant
                        */
    SY_DST_SKIP,       /* gap: never; fold: the earlier instant */
    SY_DST_BOTH,       /* gap: as once-shift; fold: both instants */
} SyDst;

typedef struct SyZone SyZone;

/* Opens an IANA zone ("Europe/Berlin", "UTC"). Errors: SY_ERROR_USAGE for a name that the system's
 * zone data do not know. Free with sy_zone_free. */
SyZone *sy_zone_open(const char *name, GError **error);
void sy_zone_free(SyZone *zone);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(SyZone, sy_zone_free)

const char *sy_zone_name(const SyZone *zone);

/* The instants of a wall-clock time.
 *
 * date, clock  day, and nanoseconds since its midnight, in [0, SY_DAY)
 * instant      [2] earliest first
 * Returns how many there are: 0, 1 or 2. */
gsize sy_zone_to_utc(const SyZone *zone, SyDate date, gint64 clock, SyDst dst,
                     SyTime instant[static 2]);

/* The wall clock of an instant: the day, the nanoseconds since its midnight, and the offset of the
 * zone from UTC in seconds (east positive). */
void sy_zone_from_utc(const SyZone *zone, SyTime time, SyDate *date, gint64 *clock, int *offset);

/* The zone's offset from UTC at an instant, in nanoseconds, east positive. */
gint64 sy_zone_offset(const SyZone *zone, SyTime time);

/* True if no transition lies in (from, to]. Cost: two searches in a short list. */
bool sy_zone_is_constant(const SyZone *zone, SyTime from, SyTime to);

/* The first instant after a transition in (from, to], of which there is at most one; SY_TIME_NONE
 * where there is none. */
SyTime sy_zone_transition(const SyZone *zone, SyTime from, SyTime to);

#endif
