/* Trading calendars, computed from rules: on which days a market is open, and from when to when. */
#ifndef SY_BASE_CALENDAR_H
#define SY_BASE_CALENDAR_H

#include "base/zone.h"

typedef struct SyCalendar SyCalendar; /* one row of a table; never freed */

/* A session of a market; times are UTC. `early` where it closes earlier than usual. */
typedef struct {
    SyDate date; /* of the market's own zone */
    SyTime open, close;
    bool early;
} SyMarketSession;

/* "24/7", "XNYS", "XLON", loosely spelled; NULL where there is none. */
const SyCalendar *sy_calendar_find(const char *name);
extern const char *const sy_calendar_names[]; /* [sy_n_calendars], then NULL */
extern const gsize sy_n_calendars;
const char *sy_calendar_name(const SyCalendar *calendar);
const char *sy_calendar_title(const SyCalendar *calendar);  /* "New York Stock Exchange, …" */
const char *sy_calendar_source(const SyCalendar *calendar); /* where its rules stand */
const char *sy_calendar_zone(const SyCalendar *calendar);   /* IANA */

/* True if the market is open on a day of its own zone. 24/7: always, from midnight to midnight UTC.
 */
bool sy_calendar_session(const SyCalendar *calendar, SyDate date, SyMarketSession *session);

/* The first session that closes after `time`, and the last that closes at or before it. Bounded:
 * no market of ours is closed for more than a month. */
SyMarketSession sy_calendar_next(const SyCalendar *calendar, SyTime time);
SyMarketSession sy_calendar_previous(const SyCalendar *calendar, SyTime time);

#endif
