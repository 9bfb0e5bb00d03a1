/* [schedule]: when a job is due, as a pure function from one nominal time to the next.
 *
 * The grid is anchored: slot k = anchor + k · interval on UTC, so nothing drifts. Wall-clock
 * schedules follow the zone's rule for gaps and folds (base/zone.h). */
#ifndef SY_SCHEDULE_SCHEDULE_H
#define SY_SCHEDULE_SCHEDULE_H

#include "base/field.h"
#include "base/zone.h"

typedef enum { SY_SESSION_NONE, SY_SESSION_OPEN, SY_SESSION_CLOSE } SySessionEnd;
typedef enum { SY_CATCHUP_AUTO, SY_CATCHUP_NONE, SY_CATCHUP_LAST, SY_CATCHUP_ALL } SyCatchup;
typedef enum {
    SY_OVERLAP_SKIP,
    SY_OVERLAP_QUEUE,
    SY_OVERLAP_CANCEL_OTHER,
    SY_OVERLAP_ALLOW
} SyOverlap;

/* [schedule] and [schedule.report]. Exactly one of bars, every, at, cron, session; none: bars for
 * a strategy. Durations are texts such as "5m", read into nanoseconds. */
typedef struct {
    bool bars;
    char *every; /* "5m", "5 minutes", "monday at 10:30", "hour at :15", "day at 09:30" */
    char *at;    /* "16:05[:30]" on `days` */
    char **days;
    char *cron; /* 5 or 6 fields (seconds first) */
    char *timezone;
    char *calendar;
    unsigned session; /* SySessionEnd, moved by offset */
    char *offset;     /* "-5m", "10s" */
    char **closures;  /* further days on which the calendar's market is closed: dates */
    unsigned dst;     /* SyDst */
    char *delay, *jitter, *start_deadline, *timeout;
    char *until;
    int max_runs; /* 0: no limit */
    unsigned catchup;
    char *catchup_window;
    int catchup_max;
    unsigned overlap;
} SyScheduleConfig;

extern const SyFieldTable sy_schedule_fields;

/* A compiled schedule; shared, never changed. */
typedef struct SySchedule SySchedule;

/* Compiles a configuration. bars: length of the strategy's bars (all zero where it has none).
 * Errors: SY_ERROR_USAGE with what is wrong; *key is the key to blame. Free with
 * sy_schedule_unref. */
SySchedule *sy_schedule_new(const SyScheduleConfig *config, SyTimeframe bars, const char **key,
                            GError **error);
/* The further durations of a schedule, in nanoseconds; 0 where they are not given. */
typedef struct {
    gint64 delay, jitter, start_deadline, timeout, catchup_window;
    SyTime until; /* on the schedule's wall clock where it names no zone; SY_TIME_NONE: for ever */
} SyScheduleTiming;
const SyScheduleTiming *sy_schedule_timing(const SySchedule *schedule);

/* Every `interval` from the epoch on (weeks from Monday): --report-every. */
SySchedule *sy_schedule_new_every(SyTimeframe interval);

/* The slots of `before` up to and with `changed`, later those of `after`, which says all else
 * (bars, zone, timing): a schedule that was edited while nobody carried it out. References both. */
SySchedule *sy_schedule_new_changed(SySchedule *before, SyTime changed, SySchedule *after);
SySchedule *sy_schedule_ref(SySchedule *schedule);
void sy_schedule_unref(SySchedule *schedule);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(SySchedule, sy_schedule_unref)

/* The first nominal time after `after`; SY_TIME_NONE where there is none any more. Pure.
 * Cost: O(1) for bars and intervals, some days of the calendar else. */
SyTime sy_schedule_next(const SySchedule *schedule, SyTime after);

/* The last nominal time at or before `time`; SY_TIME_NONE where there is none since 1900. Cost:
 * some dozen calls of sy_schedule_next. */
SyTime sy_schedule_previous(const SySchedule *schedule, SyTime time);

/* How many nominal times lie in (after, until], counted without visiting each where the grid is
 * regular; at most `most`. */
gint64 sy_schedule_count(const SySchedule *schedule, SyTime after, SyTime until, gint64 most);

/* Close of the bar that a slot of a strategy decides on: the newest that is complete at `nominal`,
 * which may be any time; SY_TIME_NONE for a schedule without bars. With a calendar only bars that
 * overlap a session exist. A bar of a day or longer is complete once its last session has closed;
 * its close, as everywhere, is the end of its interval, so the midnight UTC that follows: the only
 * case in which the result lies after `nominal`. */
SyTime sy_schedule_bar(const SySchedule *schedule, SyTime nominal);

/* One line for people: "each close of 1h", "16:05 America/New_York, XNYS sessions". Free with
 * g_free. */
char *sy_schedule_describe(const SySchedule *schedule);
const char *sy_schedule_zone(const SySchedule *schedule); /* "UTC" where none was given */

#endif
