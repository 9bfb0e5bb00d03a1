/* Schedules: [schedule] compiled to one of four kinds (a fifth joins two of them), each a pure
 * function from a time to the next slot. Intervals count on UTC from the epoch; wall-clock sets
 * (clock.h) are read through the zone's periods of constant offset; bars and sessions go by a
 * calendar.
 *
 * Promise: sy_schedule_next(t) > t, and the same configuration gives the same slots for ever. */
#include "schedule/compiled.h"

#include "base/hash.h"

/* Slots end here: the dates of int64 nanoseconds do a little later. */
static const SyTime first_time = -2208988800 * SY_SECOND; /* 1900-01-01 */
static const SyTime last_time = 7258118400 * SY_SECOND;   /* 2200-01-01 */

/* Without a slot for so long, there is none. */
static const gint64 patience = SY_CLOCK_YEARS_MAX * 366 * SY_DAY;

static bool is_given(SyTimeframe timeframe) { return timeframe.nanoseconds || timeframe.months; }

/* The first close of a bar after `time`. */
static SyTime grid_after(SyTimeframe timeframe, SyTime time) {
    return sy_timeframe_add(timeframe, sy_timeframe_floor(timeframe, time), 1);
}

/* The first close of a bar at or after `time`: that of the bar which holds the moment before. */
static SyTime grid_from(SyTimeframe timeframe, SyTime time) {
    return grid_after(timeframe, time - 1);
}

/* ---- sessions, without the closures of the template ---- */

static bool is_closed(const SySchedule *schedule, SyDate date) {
    if (!schedule->closures)
        return false;
    gint64 day = sy_date_to_days(date);
    const gint64 *closure = (const gint64 *)(const void *)schedule->closures->data;
    for (guint i = 0; i < schedule->closures->len; i++)
        if (closure[i] == day)
            return true;
    return false;
}

static SyMarketSession session_after(const SySchedule *schedule, SyTime time) {
    SyMarketSession session = sy_calendar_next(schedule->calendar, time);
    while (is_closed(schedule, session.date))
        session = sy_calendar_next(schedule->calendar, session.close);
    return session;
}

static SyMarketSession session_before(const SySchedule *schedule, SyTime time) {
    SyMarketSession session = sy_calendar_previous(schedule->calendar, time);
    while (is_closed(schedule, session.date))
        session = sy_calendar_previous(schedule->calendar, session.close - 1);
    return session;
}

/* ---- INTERVAL ---- */

/* Noise in [0, range) that depends on k only. */
static gint64 noise(gint64 k, gint64 range) {
    guint64 state = (guint64)k;
    return (gint64)(sy_random_next(&state) % (guint64)range);
}

/* "n to m": slot k lies within a quarter of m − n around k · (n + m) / 2, so that two neighbours
 * are n to m apart and nothing adds up. */
static SyTime next_spread(const SySchedule *schedule, SyTime after) {
    gint64 reach = schedule->spread / 4, step = schedule->interval.nanoseconds;
    for (SyTime base = sy_timeframe_floor(schedule->interval, after - reach);; base += step) {
        SyTime slot = base - reach + noise(base / step, 2 * reach + 1);
        if (slot > after)
            return slot;
    }
}

static SyTime next_interval(const SySchedule *schedule, SyTime after) {
    if (schedule->spread)
        return next_spread(schedule, after);
    return grid_after(schedule->interval, after);
}

/* Both ends of a session belong to it. */
static SyTime next_interval_in_session(const SySchedule *schedule, SyTime after) {
    for (SyTime slot = after; slot - after < patience;) {
        slot = next_interval(schedule, slot);
        SyMarketSession session = session_after(schedule, slot - 1);
        if (session.open <= slot)
            return slot;
        slot = session.open - 1;
    }
    return SY_TIME_NONE;
}

/* ---- BARS ---- */

static bool is_daily(SyTimeframe timeframe) {
    return timeframe.months || timeframe.nanoseconds >= SY_DAY;
}

/* The last session of the bar that a session lies in. */
static bool ends_bar(const SySchedule *schedule, SyTimeframe bars, const SyMarketSession *session) {
    SyMarketSession next = session_after(schedule, session->close);
    return grid_from(bars, next.close) != grid_from(bars, session->close);
}

static SyTime next_bar(const SySchedule *schedule, SyTime after) {
    SyTimeframe bars = schedule->interval;
    if (!schedule->calendar)
        return grid_after(bars, after);
    if (is_daily(bars)) {
        SyMarketSession session = session_after(schedule, after);
        while (!ends_bar(schedule, bars, &session))
            session = session_after(schedule, session.close);
        return session.close;
    }
    SyTime close = grid_after(bars, after);
    SyMarketSession session = session_after(schedule, close - bars.nanoseconds);
    return session.open < close ? close : grid_after(bars, session.open);
}

SyTime sy_schedule_bar(const SySchedule *schedule, SyTime nominal) {
    SyTimeframe bars = schedule->bars;
    if (schedule->kind == SY_SLOTS_CHANGED)
        return sy_schedule_bar(schedule->after, nominal);
    if (!is_given(bars))
        return SY_TIME_NONE;
    SyTime close = sy_timeframe_floor(bars, nominal);
    if (!schedule->calendar)
        return close;
    if (is_daily(bars)) {
        SyMarketSession session = session_before(schedule, nominal);
        SyTime end = grid_from(bars, session.close);
        if (end <= nominal || ends_bar(schedule, bars, &session))
            return end;
        session = session_before(schedule, sy_timeframe_add(bars, end, -1));
        return grid_from(bars, session.close);
    }
    SyTime start = close - bars.nanoseconds;
    if (session_after(schedule, start).open < close)
        return close;
    return grid_from(bars, session_before(schedule, start).close);
}

/* ---- CLOCK ---- */

/* The first transition of a zone in (from, to]; no zone has two within so many days. */
static SyTime first_transition(const SyZone *zone, SyTime from, SyTime to) {
    const gint64 step = 20 * SY_DAY;
    if (sy_zone_is_constant(zone, from, to))
        return SY_TIME_NONE;
    for (; from < to; from += step) {
        SyTime found = sy_zone_transition(zone, from, MIN(from + step, to));
        if (found != SY_TIME_NONE)
            return found;
    }
    return SY_TIME_NONE;
}

/* The next time of the set, zone and rule applied. The wall clock is a row of pieces, each with a
 * constant offset; at a transition the rule says which local times belong to the piece before and
 * which to the one after. A gap's times that the piece before keeps lie after the transition, so
 * the earliest of both pieces is taken. */
static SyTime next_on_wall(const SySchedule *schedule, SyTime after) {
    const SyClockSet *set = &schedule->set;
    SyTime best = SY_TIME_NONE, cursor = after - SY_DAY;
    gint64 offset = sy_zone_offset(schedule->zone, cursor), from = G_MININT64;
    for (;;) {
        gint64 local = sy_clock_next(set, MAX(after + offset, from));
        if (local == SY_TIME_NONE)
            return best;
        SyTime found = local - offset;
        SyTime turn = first_transition(schedule->zone, cursor, best == SY_TIME_NONE ? found : best);
        if (turn == SY_TIME_NONE)
            return best == SY_TIME_NONE ? found : MIN(best, found);
        gint64 next = sy_zone_offset(schedule->zone, turn);
        bool gap = next > offset;
        bool skip = schedule->dst == SY_DST_SKIP || set->each_hour;
        bool twice = schedule->dst == SY_DST_BOTH || set->each_hour;
        gint64 end = turn + (gap && !skip ? next : offset);
        if (local < end)
            best = best == SY_TIME_NONE ? found : MIN(best, found);
        from = turn + (gap || twice ? next : offset) - 1;
        cursor = turn;
        offset = next;
    }
}

/* "4 hours at :30": only where the hour of UTC is a multiple. */
static SyTime next_counted(const SySchedule *schedule, SyTime after) {
    gint64 unit = schedule->set.count == SY_COUNT_MINUTES ? SY_MINUTE
                  : schedule->set.count == SY_COUNT_HOURS ? SY_HOUR
                                                          : 0;
    SyTime slot = next_on_wall(schedule, after);
    if (!unit)
        return slot;
    for (;;) {
        SyTime start = sy_timeframe_floor((SyTimeframe){unit, 0}, slot);
        gint64 nth = start / unit % schedule->set.nth;
        if (nth == 0)
            return slot;
        slot =
            next_on_wall(schedule, start + (nth < 0 ? -nth : schedule->set.nth - nth) * unit - 1);
    }
}

static SyTime next_clock(const SySchedule *schedule, SyTime after) {
    SyTime slot = next_counted(schedule, after);
    while (schedule->calendar && slot != SY_TIME_NONE && slot - after < patience) {
        SyMarketSession session;
        SyDate date;
        gint64 clock;
        int offset;
        sy_zone_from_utc(schedule->zone, slot, &date, &clock, &offset);
        if (sy_calendar_session(schedule->calendar, date, &session) && !is_closed(schedule, date))
            return slot;
        /* to the end of the day; a day may be an hour shorter or longer */
        SyTime instant[2];
        SyDate tomorrow = sy_date_from_days(sy_date_to_days(date) + 1);
        sy_zone_to_utc(schedule->zone, tomorrow, 0, SY_DST_ONCE_SHIFT, instant);
        slot = next_counted(schedule, MAX(slot, instant[0] - 1));
    }
    return schedule->calendar && slot - after >= patience ? SY_TIME_NONE : slot;
}

/* ---- SESSION ---- */

static SyTime next_session(const SySchedule *schedule, SyTime after) {
    SyTime from = after - schedule->offset;
    SyMarketSession session = session_after(schedule, from);
    if (schedule->session == SY_SESSION_CLOSE)
        return session.close + schedule->offset;
    if (session.open <= from)
        session = session_after(schedule, session.close);
    return session.open + schedule->offset;
}

/* ---- CHANGED ---- */

static SyTime next_changed(const SySchedule *schedule, SyTime after) {
    SyTime slot =
        after < schedule->changed ? sy_schedule_next(schedule->before, after) : SY_TIME_NONE;
    return slot != SY_TIME_NONE && slot <= schedule->changed
               ? slot
               : sy_schedule_next(schedule->after, MAX(after, schedule->changed));
}

/* ---- all ---- */

static SyTime next_slot(const SySchedule *schedule, SyTime after) {
    switch (schedule->kind) {
    case SY_SLOTS_INTERVAL:
        return schedule->calendar ? next_interval_in_session(schedule, after)
                                  : next_interval(schedule, after);
    case SY_SLOTS_BARS:
        return next_bar(schedule, after);
    case SY_SLOTS_CLOCK:
        return next_clock(schedule, after);
    case SY_SLOTS_SESSION:
        return next_session(schedule, after);
    case SY_SLOTS_CHANGED:
        return next_changed(schedule, after);
    }
    g_assert_not_reached();
}

SyTime sy_schedule_next(const SySchedule *schedule, SyTime after) {
    if (after >= last_time)
        return SY_TIME_NONE;
    SyTime slot = next_slot(schedule, MAX(after, first_time));
    return slot != SY_TIME_NONE && slot <= last_time ? slot : SY_TIME_NONE;
}

SyTime sy_schedule_previous(const SySchedule *schedule, SyTime time) {
    /* back in growing steps until a slot lies between, then halving where it stops doing so */
    gint64 none = 0, step = SY_SECOND;
    for (;; none = step, step *= 2) {
        SyTime found =
            time - step < first_time ? SY_TIME_NONE : sy_schedule_next(schedule, time - step);
        if (found != SY_TIME_NONE && found <= time)
            break;
        if (time - step < first_time || step > G_MAXINT64 / 4)
            return SY_TIME_NONE;
    }
    while (step - none > 1) {
        gint64 middle = none + (step - none) / 2;
        SyTime found = sy_schedule_next(schedule, time - middle);
        if (found != SY_TIME_NONE && found <= time)
            step = middle;
        else
            none = middle;
    }
    return sy_schedule_next(schedule, time - step);
}

gint64 sy_schedule_count(const SySchedule *schedule, SyTime after, SyTime until, gint64 most) {
    until = MIN(until, last_time);
    after = MAX(after, first_time);
    if (schedule->kind == SY_SLOTS_CHANGED) {
        SyTime changed = schedule->changed;
        gint64 n = after < changed
                       ? sy_schedule_count(schedule->before, after, MIN(until, changed), most)
                       : 0;
        return until > changed
                   ? n + sy_schedule_count(schedule->after, MAX(after, changed), until, most - n)
                   : n;
    }
    bool regular = (schedule->kind == SY_SLOTS_INTERVAL || schedule->kind == SY_SLOTS_BARS) &&
                   !schedule->calendar && !schedule->spread && schedule->interval.nanoseconds;
    if (regular)
        return CLAMP((sy_timeframe_floor(schedule->interval, until) -
                      sy_timeframe_floor(schedule->interval, after)) /
                         schedule->interval.nanoseconds,
                     0, most);
    gint64 n = 0;
    for (SyTime slot = after; n < most; n++) {
        slot = sy_schedule_next(schedule, slot);
        if (slot == SY_TIME_NONE || slot > until)
            break;
    }
    return n;
}

/* Whose words and durations count. */
static const SySchedule *newest(const SySchedule *schedule) {
    return schedule->kind == SY_SLOTS_CHANGED ? schedule->after : schedule;
}

const char *sy_schedule_zone(const SySchedule *schedule) {
    return sy_zone_name(newest(schedule)->zone);
}

char *sy_schedule_describe(const SySchedule *schedule) { return g_strdup(newest(schedule)->text); }

const SyScheduleTiming *sy_schedule_timing(const SySchedule *schedule) {
    return &newest(schedule)->timing;
}

SySchedule *sy_schedule_alloc(void) {
    SySchedule *schedule = g_new0(SySchedule, 1);
    g_atomic_ref_count_init(&schedule->references);
    schedule->timing.until = SY_TIME_NONE;
    return schedule;
}

SySchedule *sy_schedule_new_every(SyTimeframe interval) {
    char text[SY_TIME_TEXT_SIZE];
    SySchedule *schedule = sy_schedule_alloc();
    bool long_years = sy_timeframe_length(interval) > (double)patience;
    schedule->kind = SY_SLOTS_INTERVAL;
    /* times are 64 bits of nanoseconds; so far ahead nobody waits */
    schedule->interval = long_years ? (SyTimeframe){0, 12 * SY_CLOCK_YEARS_MAX} : interval;
    schedule->zone = sy_zone_open("UTC", NULL);
    schedule->text = g_strdup_printf("every %s", sy_timeframe_format(interval, text));
    return schedule;
}

SySchedule *sy_schedule_new_changed(SySchedule *before, SyTime changed, SySchedule *after) {
    SySchedule *schedule = sy_schedule_alloc();
    schedule->kind = SY_SLOTS_CHANGED;
    schedule->before = sy_schedule_ref(before);
    schedule->after = sy_schedule_ref(after);
    schedule->changed = changed;
    return schedule;
}

SySchedule *sy_schedule_ref(SySchedule *schedule) {
    g_atomic_ref_count_inc(&schedule->references);
    return schedule;
}

void sy_schedule_unref(SySchedule *schedule) {
    if (!schedule || !g_atomic_ref_count_dec(&schedule->references))
        return;
    if (schedule->closures)
        g_array_unref(schedule->closures);
    sy_schedule_unref(schedule->before);
    sy_schedule_unref(schedule->after);
    sy_zone_free(schedule->zone);
    g_free(schedule->text);
    g_free(schedule);
}
