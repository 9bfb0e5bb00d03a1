/* A compiled schedule, for the two files that make and read it. */
#ifndef SY_SCHEDULE_COMPILED_H
#define SY_SCHEDULE_COMPILED_H

#include "base/calendar.h"
#include "schedule/clock.h"
#include "schedule/schedule.h"

typedef enum {
    SY_SLOTS_INTERVAL, /* each `interval`, within sessions where there is a calendar */
    SY_SLOTS_BARS,  /* each close of `interval`; with a calendar: of bars that overlap a session */
    SY_SLOTS_CLOCK, /* times of `set` on the wall clock, on session days where there is a calendar
                     */
    SY_SLOTS_SESSION, /* each open or close, moved by offset */
    SY_SLOTS_CHANGED, /* those of `before` up to `changed`, later those of `after` */
} SySlotsKind;

struct SySchedule {
    gatomicrefcount references;
    SySlotsKind kind;
    SyTimeframe interval; /* of INTERVAL, BARS */
    gint64 spread;        /* of INTERVAL: "5 to 10 minutes" */
    SyClockSet set;
    SyZone *zone;
    SyDst dst;
    const SyCalendar *calendar; /* NULL: none */
    GArray *closures;           /* of gint64: days since 1970, further days without a session */
    SySessionEnd session;
    gint64 offset;
    SyTimeframe bars; /* of the strategy; all zero: none */
    SyScheduleTiming timing;
    char *text;                 /* of sy_schedule_describe */
    SySchedule *before, *after; /* of CHANGED, which has no other fields of its own */
    SyTime changed;
};

/* An empty one with one reference. */
SySchedule *sy_schedule_alloc(void);

#endif
