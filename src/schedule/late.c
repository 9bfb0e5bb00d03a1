/* Late slots: which are missed, which are taken together, which runs. Everything is counted, never
 * walked through: a year of downtime costs what an hour does. */
#include "schedule/late.h"

SyTime sy_late_limit(const SyLateRule *rule, SyTime nominal, SyTime next) {
    SyTime limit = nominal + rule->wait;
    if (next != SY_TIME_NONE)
        limit = MIN(limit, next);
    return MAX(limit, nominal + rule->least);
}

/* The newest slot in (after, until], where there is at least one. Halves what is left of the time;
 * next(t) ≤ until holds for every t before the newest slot and for none from it on. */
static SyTime newest(const SySchedule *schedule, SyTime after, SyTime until) {
    SyTime found = sy_schedule_next(schedule, after), high = until;
    for (;;) {
        SyTime next = sy_schedule_next(schedule, found);
        if (next == SY_TIME_NONE || next > until)
            return found;
        found = next;
        SyTime middle = found + (high - found) / 2;
        next = sy_schedule_next(schedule, middle);
        if (next != SY_TIME_NONE && next <= until)
            found = next;
        else
            high = middle;
    }
}

/* The k-th slot after `after`, of n in (after, until], whose newest is `last`. */
static SyTime nth(const SySchedule *schedule, SyTime after, SyTime until, gint64 k, gint64 n,
                  SyTime last) {
    if (k == n)
        return last;
    if (k == n - 1)
        return newest(schedule, after, last - 1);
    SyTime low = after, high = until; /* fewer than k up to low, at least k up to high */
    while (high - low > 1) {
        SyTime middle = low + (high - low) / 2;
        if (sy_schedule_count(schedule, after, middle, k) >= k)
            high = middle;
        else
            low = middle;
    }
    return high;
}

SyLatePlan sy_late_plan(const SyLateRule *rule, SyTime first, SyTime until, SyTime now) {
    const SySchedule *schedule = rule->schedule;
    SyTime after = first - 1;
    SyTime next = sy_schedule_next(schedule, first);
    SyTime last = first;
    gint64 n = 1;
    if (next != SY_TIME_NONE && next <= until) {
        last = newest(schedule, first, until);
        n = sy_schedule_count(schedule, after, until, G_MAXINT64);
        next = sy_schedule_next(schedule, last);
    }
    bool in_time = now < sy_late_limit(rule, last, next);
    gint64 old = n; /* of them too old to be caught up */
    if (rule->catchup != SY_CATCHUP_NONE) {
        SyTime oldest = now - rule->window; /* that is not */
        old = rule->window && first < oldest
                  ? sy_schedule_count(schedule, after, MIN(oldest - 1, until), G_MAXINT64)
                  : 0;
    }
    gint64 kept = n - old;
    if (rule->catchup == SY_CATCHUP_LAST)
        kept = MIN(kept, 1);
    if (rule->catchup == SY_CATCHUP_ALL && rule->most)
        kept = MIN(kept, rule->most);
    if (in_time)
        kept = MAX(kept, 1);

    SyLatePlan plan = {.missed = MIN(old, n - kept), .first = SY_TIME_NONE};
    plan.missed_last = plan.coalesced_last = SY_TIME_NONE;
    plan.coalesced = n - kept - plan.missed;
    if (plan.missed)
        plan.missed_last = nth(schedule, after, until, plan.missed, n, last);
    if (plan.coalesced)
        plan.coalesced_last = nth(schedule, after, until, n - kept, n, last);
    if (!kept)
        return plan;
    plan.first = n == kept   ? first
                 : kept == 1 ? last
                             : nth(schedule, after, until, n - kept + 1, n, last);
    SyTime following = plan.first == last ? next : sy_schedule_next(schedule, plan.first);
    plan.late = now >= sy_late_limit(rule, plan.first, following);
    return plan;
}
