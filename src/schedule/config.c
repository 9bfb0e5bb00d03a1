/* [schedule]: its rows, and from them a compiled schedule. Each row refuses what is wrong by
 * itself; sy_schedule_new refuses what contradicts. */
#include <string.h>

#include "base/duration.h"
#include "base/error.h"
#include "base/text.h"
#include "schedule/compiled.h"

/* ---- what one row accepts ---- */

static bool check_every(const char *text, GError **error) {
    SyEvery every;
    bool good = sy_every_parse(text, false, &every, error);
    g_free(every.zone);
    return good;
}

static bool check_at(const char *text, GError **error) {
    int hour, minute, second;
    return sy_clock_parse(text, &hour, &minute, &second) ||
           sy_fail(error, SY_ERROR_USAGE, "\"%s\" is no time of day: write HH:MM or HH:MM:SS",
                   text);
}

static bool check_day(const char *text, GError **error) {
    return sy_weekday_find(text) >= 0 ||
           sy_fail(error, SY_ERROR_USAGE,
                   "\"%s\" is no weekday: write monday … sunday or mon … sun", text);
}

static bool check_cron(const char *text, GError **error) {
    SyClockSet set;
    return sy_cron_parse(text, &set, error);
}

static bool check_zone(const char *text, GError **error) {
    g_autoptr(SyZone) zone = sy_zone_open(text, error);
    return zone != NULL;
}

static bool check_calendar(const char *text, GError **error) {
    if (sy_calendar_find(text))
        return true;
    g_autofree char *list = sy_text_list(sy_calendar_names, sy_n_calendars, G_MAXSIZE);
    return sy_fail(error, SY_ERROR_USAGE, "there is no calendar \"%s\" (known: %s)", text, list);
}

static bool parse_date(const char *text, gint64 *day, GError **error) {
    SyTime time;
    if (strlen(text) != strlen("2026-01-01") || !sy_time_parse_iso(text, strlen(text), &time))
        return sy_fail(error, SY_ERROR_USAGE, "\"%s\" is no date: write YYYY-MM-DD", text);
    *day = time / SY_DAY;
    return true;
}

static bool check_date(const char *text, GError **error) {
    gint64 day;
    return parse_date(text, &day, error);
}

static bool check_duration(const char *text, GError **error) {
    gint64 length;
    if (!sy_duration_parse(text, &length, error))
        return false;
    return length >= 0 || sy_fail(error, SY_ERROR_USAGE, "\"%s\" is negative", text);
}

static bool check_offset(const char *text, GError **error) {
    gint64 length;
    if (!sy_duration_parse(text, &length, error))
        return false;
    return ABS(length) <= SY_DAY ||
           sy_fail(error, SY_ERROR_USAGE, "\"%s\" is more than a day from the session", text);
}

static bool check_until(const char *text, GError **error) {
    SyTime time;
    if (sy_time_is_relative(text))
        return sy_fail(error, SY_ERROR_USAGE,
                       "\"%s\" moves with the clock: write a date, with a time if you like", text);
    return sy_time_parse(text, 0, &time, error);
}

static const SyChoice sessions[] = {
    {"none", "no slots by sessions", NULL},
    {"open", "each opening of the calendar's market", NULL},
    {"close", "each close, early ones included", NULL},
};
static const SyChoice dst_rules[] = {
    {"once-shift", "a skipped time an hour later, a repeated one at its first", NULL},
    {"skip", "a skipped time not at all, a repeated one at its first", NULL},
    {"both", "a skipped time an hour later, a repeated one twice", NULL},
};
static const SyChoice catchups[] = {
    {"auto", "none for trade, last for reports and tasks", NULL},
    {"none", "slots found later than their wait are missed", NULL},
    {"last", "only the newest of them runs", NULL},
    {"all", "each of them runs", NULL},
};
static const SyChoice overlaps[] = {
    {"skip", "the new slot is skipped", NULL},
    {"queue", "the new slot waits", NULL},
    {"cancel_other", "the running one is cancelled", NULL},
    {"allow", "both run", NULL},
};

static const SyField fields[] = {
    SY_FIELD(SyScheduleConfig, bars,
             .help =
                 "At each close of the strategy's bars: what a strategy does where nothing else "
                 "is said. With a calendar: bars that overlap a session; of a day and longer, "
                 "at the close of their last session."),
    SY_FIELD(SyScheduleConfig, every, .check = check_every,
             .help = "An interval or words: \"5m\", \"5 minutes\", \"5 to 10 minutes\", \"hour at "
                     ":15\", \"day at 09:30\", \"monday at 10:30\". Counted from the epoch on UTC, "
                     "weeks from Monday; whole days at midnight of `timezone`."),
    SY_FIELD(SyScheduleConfig, at, .check = check_at,
             .help = "A time of day, HH:MM or HH:MM:SS, on the clock of `timezone`."),
    SY_FIELD(SyScheduleConfig, days, .check = check_day,
             .help = "With `at`: only on these weekdays, monday … sunday."),
    SY_FIELD(SyScheduleConfig, cron, .check = check_cron,
             .help = "A cron expression: minute hour day month weekday, seconds before them if "
                     "there are six; or @hourly, @daily, @weekly, @monthly, @yearly. Where day and "
                     "weekday are given, either suffices. With * as hour also the hour that a "
                     "clock shows twice has its slots, whatever dst says."),
    SY_FIELD(SyScheduleConfig, timezone, .check = check_zone,
             .help = "IANA name of the zone of wall-clock times; otherwise that of the calendar, "
                     "else UTC."),
    SY_FIELD(SyScheduleConfig, calendar, .check = check_calendar,
             .help = "Only while this market has a session: 24/7, XNYS, XLON. Wall-clock times "
                     "come on days with a session, intervals from open to close."),
    SY_FIELD(SyScheduleConfig, session, SY_CHOICES(sessions), .fallback = "none",
             .help = "At each open or close of the calendar's sessions."),
    SY_FIELD(SyScheduleConfig, offset, .check = check_offset, .unit = "duration",
             .help = "With `session`: so much later, or earlier: \"-5m\"."),
    SY_FIELD(SyScheduleConfig, closures, .check = check_date,
             .help = "Further dates without a session: closures that the calendar does not know "
                     "yet."),
    SY_FIELD(SyScheduleConfig, dst, SY_CHOICES(dst_rules), .fallback = "once-shift",
             .help = "What becomes of a wall-clock time that the zone skips or repeats."),
    SY_FIELD(SyScheduleConfig, delay, .check = check_duration, .unit = "duration",
             .help = "From the slot to the first look for its bar, or to the start."),
    SY_FIELD(SyScheduleConfig, jitter, .check = check_duration, .unit = "duration",
             .help = "Starts are spread over this, the same for a job each time."),
    SY_FIELD(SyScheduleConfig, start_deadline, .check = check_duration, .unit = "duration",
             .help = "A slot that could not start for so long is missed; otherwise only its wait "
                     "counts."),
    SY_FIELD(SyScheduleConfig, timeout, .check = check_duration, .unit = "duration",
             .help = "A run that takes longer is ended."),
    SY_FIELD(SyScheduleConfig, until, .check = check_until,
             .help = "No slot after this moment, on the clock of `timezone` where it names no "
                     "zone."),
    SY_FIELD(SyScheduleConfig, max_runs, .max = 1e9, .fallback = "0",
             .help = "No slot after so many runs; 0: no limit."),
    SY_FIELD(SyScheduleConfig, catchup, SY_CHOICES(catchups), .fallback = "auto",
             .help = "Slots that came while nothing ran, and whose wait is over. Trades are never "
                     "caught up."),
    SY_FIELD(SyScheduleConfig, catchup_window, .check = check_duration, .unit = "duration",
             .help = "Slots older than this are missed, whatever catchup says."),
    SY_FIELD(SyScheduleConfig, catchup_max, .min = 1, .max = 1e6, .fallback = "100",
             .help = "catchup = \"all\": at most so many; older ones count as one."),
    SY_FIELD(SyScheduleConfig, overlap, SY_CHOICES(overlaps), .fallback = "skip",
             .help = "A slot that comes while the job still runs."),
};
const SyFieldTable sy_schedule_fields = SY_FIELD_TABLE(SyScheduleConfig, fields);

/* ---- from a configuration to a schedule ---- */

/* A configuration while it is compiled. */
typedef struct {
    const SyScheduleConfig *config;
    SySchedule *schedule;
    SyEvery every;
    const char *key; /* to blame */
    GError **error;
} Compiler;

static bool blame(Compiler *compiler, const char *key, const char *why) {
    compiler->key = key;
    return sy_fail(compiler->error, SY_ERROR_USAGE, "%s", why);
}

/* Which of the five ways was chosen; NULL and an error where it is none or two. */
static const char *choose_way(Compiler *compiler, SyTimeframe bars) {
    const SyScheduleConfig *config = compiler->config;
    const struct {
        const char *key;
        bool given;
    } ways[] = {{"bars", config->bars},
                {"every", config->every != NULL},
                {"at", config->at != NULL},
                {"cron", config->cron != NULL},
                {"session", config->session != SY_SESSION_NONE}};
    const char *way = NULL;
    for (gsize i = 0; i < G_N_ELEMENTS(ways); i++) {
        if (!ways[i].given)
            continue;
        if (way) {
            g_autofree char *why =
                g_strdup_printf("%s and %s contradict: give one of bars, every, at, cron, session",
                                way, ways[i].key);
            blame(compiler, ways[i].key, why);
            return NULL;
        }
        way = ways[i].key;
    }
    bool has_bars = bars.nanoseconds || bars.months;
    if (!way && !has_bars)
        blame(compiler, NULL, "nothing says when: give one of every, at, cron, session");
    else if (way && strcmp(way, "bars") == 0 && !has_bars)
        blame(compiler, "bars", "bars: this job has no bars; give one of every, at, cron, session");
    else
        return way ? way : "bars";
    return NULL;
}

/* Keys that mean nothing beside the chosen way would be a mistake that nobody sees. */
static bool check_company(Compiler *compiler, const char *way) {
    const SyScheduleConfig *config = compiler->config;
    const struct {
        const char *key;
        bool wrong;
        const char *why;
    } rules[] = {
        {"days", config->days && strcmp(way, "at") != 0, "days: it goes with at"},
        {"days", config->days && !config->days[0], "days: the list is empty"},
        {"session", config->session != SY_SESSION_NONE && !config->calendar,
         "session: it needs a calendar"},
        {"offset", config->offset && config->session == SY_SESSION_NONE,
         "offset: it goes with session"},
        {"closures", config->closures && !config->calendar, "closures: they need a calendar"},
    };
    for (gsize i = 0; i < G_N_ELEMENTS(rules); i++)
        if (rules[i].wrong)
            return blame(compiler, rules[i].key, rules[i].why);
    return true;
}

static bool read_durations(Compiler *compiler) {
    const SyScheduleConfig *config = compiler->config;
    SyScheduleTiming *timing = &compiler->schedule->timing;
    const struct {
        const char *key, *text;
        gint64 *value;
    } rows[] = {
        {"delay", config->delay, &timing->delay},
        {"jitter", config->jitter, &timing->jitter},
        {"start_deadline", config->start_deadline, &timing->start_deadline},
        {"timeout", config->timeout, &timing->timeout},
        {"catchup_window", config->catchup_window, &timing->catchup_window},
        {"offset", config->offset, &compiler->schedule->offset},
    };
    for (gsize i = 0; i < G_N_ELEMENTS(rows); i++)
        if (rows[i].text && !sy_duration_parse(rows[i].text, rows[i].value, compiler->error)) {
            compiler->key = rows[i].key;
            return false;
        }
    return true;
}

static bool open_calendar(Compiler *compiler) {
    const SyScheduleConfig *config = compiler->config;
    SySchedule *schedule = compiler->schedule;
    if (!config->calendar)
        return true;
    compiler->key = "calendar";
    if (!check_calendar(config->calendar, compiler->error))
        return false;
    schedule->calendar = sy_calendar_find(config->calendar);
    /* calendar.c relies on it */
    if (!check_zone(sy_calendar_zone(schedule->calendar), compiler->error))
        return false;
    compiler->key = "closures";
    schedule->closures = g_array_new(FALSE, FALSE, sizeof(gint64));
    for (char **date = config->closures; date && *date; date++) {
        gint64 day;
        if (!parse_date(*date, &day, compiler->error))
            return false;
        g_array_append_val(schedule->closures, day);
    }
    return true;
}

static bool read_every(Compiler *compiler) {
    const SyScheduleConfig *config = compiler->config;
    SySchedule *schedule = compiler->schedule;
    bool local = config->timezone || config->calendar;
    compiler->key = "every";
    if (!sy_every_parse(config->every, local, &compiler->every, compiler->error))
        return false;
    const char *zone = compiler->every.zone;
    if (zone && config->timezone && strcmp(zone, config->timezone) != 0)
        return blame(compiler, "timezone", "timezone: every names another zone");
    schedule->kind = compiler->every.is_interval ? SY_SLOTS_INTERVAL : SY_SLOTS_CLOCK;
    schedule->interval = compiler->every.interval;
    schedule->spread = compiler->every.spread;
    schedule->set = compiler->every.set;
    return true;
}

static bool read_at(Compiler *compiler) {
    const SyScheduleConfig *config = compiler->config;
    SySchedule *schedule = compiler->schedule;
    int hour, minute, second;
    compiler->key = "at";
    if (!check_at(config->at, compiler->error))
        return false;
    sy_clock_parse(config->at, &hour, &minute, &second);
    schedule->kind = SY_SLOTS_CLOCK;
    schedule->set = sy_clock_all();
    sy_clock_set_time(&schedule->set, hour, minute, second);
    if (config->days)
        schedule->set.weekdays = 0;
    compiler->key = "days";
    for (char **day = config->days; day && *day; day++) {
        if (!check_day(*day, compiler->error))
            return false;
        schedule->set.weekdays |= 1u << sy_weekday_find(*day);
    }
    return true;
}

static bool read_way(Compiler *compiler, const char *way) {
    SySchedule *schedule = compiler->schedule;
    if (strcmp(way, "every") == 0)
        return read_every(compiler);
    if (strcmp(way, "at") == 0)
        return read_at(compiler);
    compiler->key = way;
    if (strcmp(way, "cron") == 0) {
        schedule->kind = SY_SLOTS_CLOCK;
        return sy_cron_parse(compiler->config->cron, &schedule->set, compiler->error);
    }
    schedule->kind = strcmp(way, "session") == 0 ? SY_SLOTS_SESSION : SY_SLOTS_BARS;
    schedule->interval = schedule->bars;
    schedule->session = compiler->config->session;
    return true;
}

static bool open_zone(Compiler *compiler) {
    const SyScheduleConfig *config = compiler->config;
    SySchedule *schedule = compiler->schedule;
    const char *name = config->timezone       ? config->timezone
                       : compiler->every.zone ? compiler->every.zone
                       : schedule->calendar   ? sy_calendar_zone(schedule->calendar)
                                              : "UTC";
    compiler->key = config->timezone ? "timezone" : "every";
    schedule->zone = sy_zone_open(name, compiler->error);
    return schedule->zone != NULL;
}

/* `until` on the wall clock, unless the text names a zone: then a zone of its own changes nothing
 * if it is written behind once more. */
static bool read_until(Compiler *compiler) {
    SySchedule *schedule = compiler->schedule;
    const char *text = compiler->config->until;
    SyTime time, instant[2];
    if (!text)
        return true;
    compiler->key = "until";
    if (!check_until(text, compiler->error) || !sy_time_parse(text, 0, &time, compiler->error))
        return false;
    g_autofree char *with_zone = g_strconcat(text, "Z", NULL);
    bool names_zone =
        g_str_has_suffix(text, "UTC") || (strlen(text) > strlen("2026-01-01") &&
                                          !sy_time_parse_iso(with_zone, strlen(with_zone), &time));
    if (!names_zone) {
        gint64 day = sy_timeframe_floor((SyTimeframe){SY_DAY, 0}, time) / SY_DAY;
        sy_zone_to_utc(schedule->zone, sy_date_from_days(day), time - day * SY_DAY,
                       SY_DST_ONCE_SHIFT, instant);
        time = instant[0];
    }
    schedule->timing.until = time;
    return true;
}

static char *describe(const Compiler *compiler, const char *way) {
    const SyScheduleConfig *config = compiler->config;
    const SySchedule *schedule = compiler->schedule;
    char length[SY_TIME_TEXT_SIZE];
    GString *text = g_string_new(NULL);
    switch (schedule->kind) {
    case SY_SLOTS_BARS:
        g_string_append_printf(text, "each close of %s",
                               sy_timeframe_format(schedule->bars, length));
        break;
    case SY_SLOTS_INTERVAL:
    case SY_SLOTS_CLOCK:
        if (strcmp(way, "every") == 0)
            g_string_append_printf(text, "%s%s",
                                   g_str_has_prefix(config->every, "every") ? "" : "every ",
                                   config->every);
        else if (strcmp(way, "cron") == 0)
            g_string_append_printf(text, "cron %s", config->cron);
        else
            g_string_append(text, config->at);
        for (char **day = config->days; day && *day; day++)
            g_string_append_printf(text, "%s%s", day == config->days ? " on " : ", ",
                                   sy_weekday_names[sy_weekday_find(*day)]);
        if (schedule->kind == SY_SLOTS_CLOCK && !compiler->every.zone)
            g_string_append_printf(text, " %s", sy_zone_name(schedule->zone));
        break;
    case SY_SLOTS_SESSION:
        g_string_append_printf(text, "%s of each %s session",
                               schedule->session == SY_SESSION_OPEN ? "open" : "close",
                               sy_calendar_name(schedule->calendar));
        if (config->offset)
            g_string_append_printf(text, " %s%s", g_ascii_isdigit(*config->offset) ? "+" : "",
                                   config->offset);
        return g_string_free(text, FALSE);
    case SY_SLOTS_CHANGED:
        g_assert_not_reached(); /* is made of two that are described */
    }
    if (schedule->calendar)
        g_string_append_printf(text, ", %s sessions", sy_calendar_name(schedule->calendar));
    return g_string_free(text, FALSE);
}

/* Times are 64 bits of nanoseconds: what lies further apart would leave them. */
static bool check_length(Compiler *compiler, const char *key, SyTimeframe timeframe) {
    if (sy_timeframe_length(timeframe) <= SY_CLOCK_YEARS_MAX * 365.0 * (double)SY_DAY)
        return true;
    g_autofree char *why =
        g_strdup_printf("%s: longer than %d years", key, (int)SY_CLOCK_YEARS_MAX);
    return blame(compiler, key, why);
}

static bool compile(Compiler *compiler, SyTimeframe bars) {
    SySchedule *schedule = compiler->schedule;
    schedule->bars = bars;
    schedule->dst = compiler->config->dst;
    const char *way = choose_way(compiler, bars);
    if (!way || !check_company(compiler, way) || !read_durations(compiler) ||
        !open_calendar(compiler) || !check_length(compiler, "bars", bars) ||
        !read_way(compiler, way) || !check_length(compiler, way, schedule->interval) ||
        !open_zone(compiler) || !read_until(compiler))
        return false;
    schedule->text = describe(compiler, way);
    if (sy_schedule_next(schedule, 0) == SY_TIME_NONE) {
        g_autofree char *why = g_strdup_printf("%s: \"%s\" never comes", way, schedule->text);
        return blame(compiler, way, why);
    }
    return true;
}

SySchedule *sy_schedule_new(const SyScheduleConfig *config, SyTimeframe bars, const char **key,
                            GError **error) {
    g_autoptr(SySchedule) schedule = sy_schedule_alloc();
    Compiler compiler = {.config = config, .schedule = schedule, .error = error};
    bool good = compile(&compiler, bars);
    g_free(compiler.every.zone);
    *key = good ? NULL : compiler.key;
    if (!good && error && compiler.key && !g_str_has_prefix((*error)->message, compiler.key))
        g_prefix_error(error, "%s: ", compiler.key);
    return good ? g_steal_pointer(&schedule) : NULL;
}
