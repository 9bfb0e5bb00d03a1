/* What becomes of slots that nobody took up in time: the catch-up rule, as a pure function. */
#ifndef SY_SCHEDULE_LATE_H
#define SY_SCHEDULE_LATE_H

#include "schedule/schedule.h"

/* Slots of one job that are due at once: the oldest are missed, those after them are taken together
 * into the next, which is taken up; those after it are planned anew. */
typedef struct {
    gint64 missed, coalesced;           /* how many */
    SyTime missed_last, coalesced_last; /* nominal time of the last of them */
    SyTime first;                       /* to be taken up; SY_TIME_NONE: none */
    bool late;                          /* first is taken up past its wait, by catch-up */
} SyLatePlan;

typedef struct {
    const SySchedule *schedule;
    SyCatchup catchup; /* not AUTO */
    gint64 window;     /* older than this is missed; 0: however old is caught up */
    gint64 most;       /* of catch-up all; 0: no limit */
    gint64 wait;       /* a slot is in time for so long, at the latest until the next one … */
    gint64 least;      /* … but for so long in any case, ≤ wait */
} SyLateRule;

/* Until when a slot counts as taken up in time; next: the slot after it, SY_TIME_NONE = none. */
SyTime sy_late_limit(const SyLateRule *rule, SyTime nominal, SyTime next);

/* Plans the slots in [first, until]; first is one.
 * Cost: some calls of sy_schedule_next and, where there is more than one slot, O(log slots) of it
 * and of sy_schedule_count. */
SyLatePlan sy_late_plan(const SyLateRule *rule, SyTime first, SyTime until, SyTime now);

#endif
