/* Sets of wall-clock times as bit masks: what cron, `at` and the words all become. No zone here:
 * `local` counts nanoseconds since 1970-01-01T00:00 on the wall clock. */
#ifndef SY_SCHEDULE_CLOCK_H
#define SY_SCHEDULE_CLOCK_H

#include "base/time.h"

/* Only each n-th of a unit, counted from the epoch; weeks from Monday. */
typedef enum {
    SY_COUNT_NONE,
    SY_COUNT_MINUTES, /* of UTC: what is not whole days counts on UTC */
    SY_COUNT_HOURS,   /* of UTC */
    SY_COUNT_DAYS,    /* of the wall clock, as those that follow */
    SY_COUNT_WEEKS,
    SY_COUNT_MONTHS,
} SyCount;

typedef struct {
    guint64 seconds, minutes; /* bits 0 … 59 */
    guint32 hours;            /* bits 0 … 23 */
    guint32 days, months;     /* bits 1 … 31, 1 … 12 */
    guint32 weekdays;         /* bits 0 … 6, Monday = 0 */
    bool either;    /* a day counts if its day of month or its weekday does, else if both do */
    bool each_hour; /* each hour of the day, so also the one that a clock shows twice */
    SyCount count;
    int nth; /* 1 … 1000 */
} SyClockSet;

#define SY_CLOCK_YEARS_MAX 41 /* no set that has a time at all has a longer gap */

/* Every second. */
SyClockSet sy_clock_all(void);

/* Only at one time of the day. */
void sy_clock_set_time(SyClockSet *set, int hour, int minute, int second);

/* The first time of the set after `local`; SY_TIME_NONE where there is none in 41 years. Does not
 * regard minutes and hours of SY_COUNT. Cost: O(days between). */
gint64 sy_clock_next(const SyClockSet *set, gint64 local);

/* The weekday that a text names ("monday", "mon", "mondays"), Monday = 0; −1 where it names none.
 */
int sy_weekday_find(const char *text);
extern const char *const sy_weekday_names[7]; /* "monday" … */

/* "HH:MM" or "HH:MM:SS" into hour, minute, second. False for anything else. */
bool sy_clock_parse(const char *text, int *hour, int *minute, int *second);

/* Reads a cron expression: 5 fields (minute hour day month weekday), 6 with seconds before them,
 * or "@daily" and its kind. Errors: SY_ERROR_USAGE with the field and what it may hold. */
bool sy_cron_parse(const char *text, SyClockSet *set, GError **error);

/* What the words of `every` say. */
typedef struct {
    bool is_interval;     /* else `set` */
    SyTimeframe interval; /* from one slot to the next */
    gint64 spread;        /* "to": the longest interval less the shortest; 0: all alike */
    SyClockSet set;
    char *zone; /* named behind the time of day, or NULL; free with g_free */
} SyEvery;

/* Reads "5m", "5 minutes", "monday at 10:30", "hour at :15", "day at 09:30 Europe/Berlin",
 * "5 to 10 seconds", "10:30" and vectorbt's spellings without "at". Whole days, weeks and months
 * are sets where `local` says so, else intervals on UTC. Errors: SY_ERROR_USAGE. */
bool sy_every_parse(const char *text, bool local, SyEvery *every, GError **error);

#endif
