/* [schedule]: which slots each spelling gives, and what is refused. */
#include "test.h"

#include <string.h>

#include "base/error.h"
#include "schedule/schedule.h"

static SyTime at(const char *text) {
    SyTime time;
    assert_true(sy_time_parse(text, 0, &time, NULL));
    return time;
}

static SySchedule *make(const SyScheduleConfig *config, SyTimeframe bars) {
    const char *key = NULL;
    g_autoptr(GError) error = NULL;
    SySchedule *schedule = sy_schedule_new(config, bars, &key, &error);
    if (!schedule)
        fail_msg("%s: %s", key ? key : "?", error->message);
    return schedule;
}

/* The `n` slots after `from`, "2024-07-03T17:00:00Z …". */
static char *slots(const SySchedule *schedule, const char *from, int n) {
    GString *text = g_string_new(NULL);
    SyTime slot = at(from);
    for (int i = 0; i < n; i++) {
        char one[SY_TIME_TEXT_SIZE];
        slot = sy_schedule_next(schedule, slot);
        g_string_append_printf(text, "%s%s", i ? " " : "",
                               slot == SY_TIME_NONE ? "none" : sy_time_format(slot, one));
    }
    return g_string_free(text, FALSE);
}

static void assert_slots(const SyScheduleConfig *config, SyTimeframe bars, const char *from,
                         const char *expected) {
    g_autoptr(SySchedule) schedule = make(config, bars);
    g_auto(GStrv) words = g_strsplit(expected, " ", -1);
    g_autofree char *found = slots(schedule, from, (int)g_strv_length(words));
    if (strcmp(found, expected) != 0)
        fail_msg("%s\n  gives    %s\n  expected %s", sy_schedule_describe(schedule), found,
                 expected);
}

#define EVERY(text, from, expected)                                                                \
    assert_slots(&(SyScheduleConfig){.every = (char *)(text)}, (SyTimeframe){0}, from, expected)
#define EVERY_IN(text, zone, from, expected)                                                       \
    assert_slots(&(SyScheduleConfig){.every = (char *)(text), .timezone = (char *)(zone)},         \
                 (SyTimeframe){0}, from, expected)
#define CRON(text, from, expected)                                                                 \
    assert_slots(&(SyScheduleConfig){.cron = (char *)(text)}, (SyTimeframe){0}, from, expected)

static void test_schedule__reads_the_words_of_python_schedule(void **state) {
    (void)state;
    const char *from = "2024-07-01T09:00Z"; /* a Monday */
    EVERY("5m", from, "2024-07-01T09:05:00Z 2024-07-01T09:10:00Z");
    EVERY("5 minutes", from, "2024-07-01T09:05:00Z 2024-07-01T09:10:00Z");
    EVERY("every 90 seconds", from, "2024-07-01T09:01:30Z 2024-07-01T09:03:00Z");
    EVERY("1h30m", from, "2024-07-01T10:30:00Z 2024-07-01T12:00:00Z");
    EVERY("hour", from, "2024-07-01T10:00:00Z");
    EVERY("hourly", from, "2024-07-01T10:00:00Z");
    EVERY("hour at :15", from, "2024-07-01T09:15:00Z 2024-07-01T10:15:00Z");
    EVERY("hour at 15:30", from, "2024-07-01T09:15:30Z 2024-07-01T10:15:30Z");
    EVERY("minute at :17", from, "2024-07-01T09:00:17Z 2024-07-01T09:01:17Z");
    EVERY("day at 09:30", from, "2024-07-01T09:30:00Z 2024-07-02T09:30:00Z");
    EVERY("day at 10:30:42", from, "2024-07-01T10:30:42Z");
    EVERY("monday", from, "2024-07-08T00:00:00Z 2024-07-15T00:00:00Z");
    EVERY("monday at 10:30", from, "2024-07-01T10:30:00Z 2024-07-08T10:30:00Z");
    EVERY("wednesday at 13:15", from, "2024-07-03T13:15:00Z");
    EVERY("week", from, "2024-07-08T00:00:00Z 2024-07-15T00:00:00Z");
    EVERY("2 weeks", from, "2024-07-08T00:00:00Z 2024-07-22T00:00:00Z");
    EVERY("month", from, "2024-08-01T00:00:00Z 2024-09-01T00:00:00Z");
    EVERY("day at 10:30 Europe/Berlin", from, "2024-07-02T08:30:00Z 2024-07-03T08:30:00Z");
}

/* vectorbt: every(interval, unit, start_day, at); a bare time is daily, a bare number seconds. */
static void test_schedule__reads_the_spellings_of_vectorbt(void **state) {
    (void)state;
    const char *from = "2024-07-01T09:00Z";
    EVERY("10, minutes", from, "2024-07-01T09:10:00Z");
    EVERY("10:30", from, "2024-07-01T10:30:00Z 2024-07-02T10:30:00Z");
    EVERY("10", from, "2024-07-01T09:00:10Z 2024-07-01T09:00:20Z");
    EVERY("minute, :17", from, "2024-07-01T09:00:17Z");
    EVERY("wednesday, 13:15", from, "2024-07-03T13:15:00Z");
    EVERY("day, 10:30", from, "2024-07-01T10:30:00Z");
}

/* What Python's schedule does where it depends on the moment of the call, on the job's length or
 * on the poll: here the grid is anchored. */
static void test_schedule__is_anchored_where_python_schedule_is_not(void **state) {
    (void)state;
    /* 13:00, 17:00 there, after registration at 09:00 */
    EVERY("4 hours at 00:00", "2024-07-01T09:00Z", "2024-07-01T12:00:00Z 2024-07-01T16:00:00Z");
    EVERY("4 hours at :30", "2024-07-01T09:00Z", "2024-07-01T12:30:00Z 2024-07-01T16:30:00Z");
    EVERY("7 minutes at :30", "2024-07-01T09:00Z", "2024-07-01T09:00:30Z 2024-07-01T09:07:30Z");
    /* two days after registration there; here each day whose number since 1970 is even */
    EVERY("2 days at 10:30", "2024-07-01T09:00Z", "2024-07-02T10:30:00Z 2024-07-04T10:30:00Z");
    /* as there: today */
    EVERY("monday at 10:00", "2024-07-01T09:00Z", "2024-07-01T10:00:00Z");
    /* the repeated hour is skipped there */
    EVERY_IN("hour at :30", "Europe/Berlin", "2024-10-26T23:45Z",
             "2024-10-27T00:30:00Z 2024-10-27T01:30:00Z 2024-10-27T02:30:00Z");
    /* 03:30, and two runs the next day there; here one a day */
    EVERY_IN("day at 02:30", "Europe/Berlin", "2024-03-30T12:00Z",
             "2024-03-31T01:30:00Z 2024-04-01T00:30:00Z 2024-04-02T00:30:00Z");
    /* a zone that is half an hour off */
    EVERY_IN("hour at :15", "Asia/Kolkata", "2024-07-01T09:00Z",
             "2024-07-01T09:45:00Z 2024-07-01T10:45:00Z");
    /* whole days begin with the zone's midnight */
    EVERY_IN("day", "America/New_York", "2024-07-01T09:00Z",
             "2024-07-02T04:00:00Z 2024-07-03T04:00:00Z");
    EVERY_IN("2 weeks", "America/New_York", "2024-07-01T09:00Z",
             "2024-07-08T04:00:00Z 2024-07-22T04:00:00Z");
    EVERY_IN("3 months", "America/New_York", "2024-07-01T09:00Z", "2024-10-01T04:00:00Z");
}

static void test_schedule__an_interval_to_another_stays_between_them(void **state) {
    (void)state;
    SyScheduleConfig config = {.every = (char *)"5 to 10 seconds"};
    g_autoptr(SySchedule) schedule = make(&config, (SyTimeframe){0});
    SyTime slot = sy_schedule_next(schedule, at("2024-07-01")), start = slot;
    gint64 least = G_MAXINT64, most = 0;
    for (int i = 0; i < 20000; i++) {
        SyTime next = sy_schedule_next(schedule, slot);
        least = MIN(least, next - slot);
        most = MAX(most, next - slot);
        slot = next;
    }
    assert_in_range(least, 5 * SY_SECOND, 5.1 * SY_SECOND);
    assert_in_range(most, 9.9 * SY_SECOND, 10 * SY_SECOND);
    /* nothing adds up: 20,000 slots are 20,000 means, to half a spread */
    assert_in_range(slot - start, 149997 * SY_SECOND, 150003 * SY_SECOND);
}

static void test_schedule__reads_cron(void **state) {
    (void)state;
    const char *from = "2024-07-01T09:00Z"; /* a Monday */
    CRON("*/15 * * * *", from, "2024-07-01T09:15:00Z 2024-07-01T09:30:00Z");
    CRON("5/20 * * * *", from, "2024-07-01T09:05:00Z 2024-07-01T09:25:00Z 2024-07-01T09:45:00Z");
    CRON("30 0 9 * * *", from, "2024-07-01T09:00:30Z 2024-07-02T09:00:30Z");
    CRON("0 9-17/4 * * mon-fri", from,
         "2024-07-01T13:00:00Z 2024-07-01T17:00:00Z 2024-07-02T09:00:00Z");
    CRON("0 12 * * sat,sun", from, "2024-07-06T12:00:00Z 2024-07-07T12:00:00Z");
    CRON("0 12 * * FRI-SUN", from,
         "2024-07-05T12:00:00Z 2024-07-06T12:00:00Z 2024-07-07T12:00:00Z 2024-07-12T12:00:00Z");
    CRON("0 12 * * 7", from, "2024-07-07T12:00:00Z");
    CRON("0 12 * * 5-7", from, "2024-07-05T12:00:00Z 2024-07-06T12:00:00Z 2024-07-07T12:00:00Z");
    CRON("0 0 1 jan,JUL *", from, "2025-01-01T00:00:00Z 2025-07-01T00:00:00Z");
    CRON("0 0 29 2 *", from, "2028-02-29T00:00:00Z 2032-02-29T00:00:00Z");
    /* day of month or weekday, where both are given */
    CRON("0 0 13 * fri", from,
         "2024-07-05T00:00:00Z 2024-07-12T00:00:00Z 2024-07-13T00:00:00Z 2024-07-19T00:00:00Z");
    /* and, where one begins with a star */
    CRON("0 0 */2 * mon", from, "2024-07-15T00:00:00Z 2024-07-29T00:00:00Z 2024-08-05T00:00:00Z");
    CRON("@daily", from, "2024-07-02T00:00:00Z");
    CRON("@hourly", from, "2024-07-01T10:00:00Z");
    CRON("@weekly", from, "2024-07-07T00:00:00Z");
    CRON("@monthly", from, "2024-08-01T00:00:00Z");
    CRON("@yearly", from, "2025-01-01T00:00:00Z");
}

static void test_schedule__refuses_what_contradicts_or_makes_no_sense(void **state) {
    (void)state;
    static char *none[] = {NULL}, *monday[] = {(char *)"monday", NULL},
                *date[] = {(char *)"2026-01-02", NULL};
#define C(...)                                                                                     \
    { __VA_ARGS__ }
    const struct {
        SyScheduleConfig config;
        const char *key, *says;
    } cases[] = {
        {C(.every = "5m", .cron = "* * * * *"), "cron", "every and cron contradict"},
        {C(.bars = true, .at = "10:00"), "at", "bars and at contradict"},
        {C(.at = "10:00", .session = SY_SESSION_OPEN, .calendar = "XNYS"), "session",
         "at and session contradict"},
        {C(.timezone = "UTC"), NULL, "nothing says when"},
        {C(.bars = true), "bars", "this job has no bars"},
        {C(.every = "5m", .days = monday), "days", "goes with at"},
        {C(.at = "10:00", .days = none), "days", "empty"},
        {C(.session = SY_SESSION_OPEN), "session", "needs a calendar"},
        {C(.at = "10:00", .offset = "5m"), "offset", "goes with session"},
        {C(.at = "10:00", .closures = date), "closures", "need a calendar"},
        {C(.at = "10:00", .timezone = "Europe/Berln"), "timezone", "is not a time zone"},
        {C(.at = "10:00", .calendar = "XNSY"), "calendar", "there is no calendar"},
        {C(.at = "24:00"), "at", "no time of day"},
        {C(.at = "10"), "at", "no time of day"},
        {C(.every = "day at 10:30 Europe/Berlin", .timezone = "UTC"), "timezone",
         "every names another zone"},
        {C(.every = "2 mondays"), "every", "a weekday comes once a week"},
        {C(.every = "monday at :30"), "every", "a monday takes"},
        {C(.every = "week at 10:30"), "every", "a week takes no time"},
        {C(.every = "second at :30"), "every", "a second takes no time"},
        {C(.every = "hour at 10:30:15"), "every", "a hour takes"},
        {C(.every = "minute at 10:30"), "every", "a minute takes"},
        {C(.every = "day at 25:00"), "every", "a day takes"},
        {C(.every = "5 to 5 minutes"), "every", "must be the larger"},
        {C(.every = "0 minutes"), "every", "not understood"},
        {C(.every = "5 parsecs"), "every", "not understood"},
        {C(.every = "9999y"), "every", "longer than 41 years"},
        {C(.every = ""), "every", "not understood"},
        {C(.every = "at 10:30 on monday"), "every", "not understood"},
        {C(.cron = "* * * *"), "cron", "has 4 fields"},
        {C(.cron = "60 * * * *"), "cron", "\"60\" is wrong as minutes"},
        {C(.cron = "* * 0 * *"), "cron", "\"0\" is wrong as day of month"},
        {C(.cron = "* * * foo *"), "cron", "\"foo\" is wrong as month"},
        {C(.cron = "5-1 * * * *"), "cron", "\"5-1\" is wrong as minutes"},
        {C(.cron = "*/0 * * * *"), "cron", "is wrong as minutes"},
        {C(.cron = "1, * * * *"), "cron", "is wrong as minutes"},
        {C(.cron = "@reboot"), "cron", "has 1 fields"},
        {C(.cron = "0 0 30 2 *"), "cron", "never comes"},
        {C(.cron = "0 0 25 12 *", .calendar = "XNYS"), "cron", "never comes"},
        {C(.every = "5m", .delay = "5"), "delay", "no duration"},
        {C(.every = "5m", .until = "tomorrow"), "until", "not a time"},
    };
#undef C
    for (gsize i = 0; i < G_N_ELEMENTS(cases); i++) {
        g_autoptr(GError) error = NULL;
        const char *key = "unset";
        g_autoptr(SySchedule) schedule =
            sy_schedule_new(&cases[i].config, (SyTimeframe){0}, &key, &error);
        if (schedule || g_strcmp0(key, cases[i].key) != 0 ||
            !strstr(error->message, cases[i].says) || error->code != SY_ERROR_USAGE)
            fail_msg("case %zu (%s): %s: %s", i, cases[i].says, key,
                     error ? error->message : "accepted");
        if (key && !g_str_has_prefix(error->message, key) && !strstr(error->message, "contradict"))
            fail_msg("%s does not begin with %s", error->message, key);
    }
}

static void test_schedule__bars_are_the_default(void **state) {
    (void)state;
    SyScheduleConfig config = {0};
    assert_slots(&config, (SyTimeframe){SY_HOUR, 0}, "2024-07-01T09:00Z",
                 "2024-07-01T10:00:00Z 2024-07-01T11:00:00Z");
    assert_slots(&config, (SyTimeframe){7 * SY_DAY, 0}, "2024-07-02",
                 "2024-07-08T00:00:00Z 2024-07-15T00:00:00Z");
    assert_slots(&config, (SyTimeframe){0, 1}, "2024-01-31",
                 "2024-02-01T00:00:00Z 2024-03-01T00:00:00Z");
}

/* 2024: Wednesday 3 July closes at 13:00 in New York, Thursday is a holiday. */
static void test_schedule__bars_of_a_market_are_those_of_its_sessions(void **state) {
    (void)state;
    SyScheduleConfig config = {.calendar = (char *)"XNYS"};
    SyTimeframe hour = {SY_HOUR, 0};
    assert_slots(&config, hour, "2024-07-03T15:30Z",
                 "2024-07-03T16:00:00Z 2024-07-03T17:00:00Z 2024-07-05T14:00:00Z "
                 "2024-07-05T15:00:00Z");
    g_autoptr(SySchedule) schedule = make(&config, hour);
    assert_int_equal(sy_schedule_bar(schedule, at("2024-07-03T16:59Z")), at("2024-07-03T16:00Z"));
    assert_int_equal(sy_schedule_bar(schedule, at("2024-07-03T17:00Z")), at("2024-07-03T17:00Z"));
    assert_int_equal(sy_schedule_bar(schedule, at("2024-07-05T13:59Z")), at("2024-07-03T17:00Z"));
    assert_int_equal(sy_schedule_bar(schedule, at("2024-07-05T14:00Z")), at("2024-07-05T14:00Z"));
    /* London closes at half past: the bar that holds the last half hour is one of the session's */
    SyScheduleConfig london = {.calendar = (char *)"XLON"};
    assert_slots(&london, hour, "2024-07-03T14:30Z",
                 "2024-07-03T15:00:00Z 2024-07-03T16:00:00Z 2024-07-04T08:00:00Z");
}

static void test_schedule__a_daily_bar_is_due_at_the_close_of_its_session(void **state) {
    (void)state;
    SyScheduleConfig config = {.bars = true, .calendar = (char *)"XNYS"};
    SyTimeframe day = {SY_DAY, 0};
    assert_slots(&config, day, "2024-07-02T20:00Z",
                 "2024-07-03T17:00:00Z 2024-07-05T20:00:00Z 2024-07-08T20:00:00Z");
    g_autoptr(SySchedule) schedule = make(&config, day);
    /* the bar of Friday, from midnight to midnight UTC, is the newest all weekend */
    assert_int_equal(sy_schedule_bar(schedule, at("2024-07-05T19:59Z")), at("2024-07-04"));
    assert_int_equal(sy_schedule_bar(schedule, at("2024-07-05T20:00Z")), at("2024-07-06"));
    assert_int_equal(sy_schedule_bar(schedule, at("2024-07-07T12:00Z")), at("2024-07-06"));
    assert_int_equal(sy_schedule_bar(schedule, at("2024-07-08T19:59Z")), at("2024-07-06"));
    assert_int_equal(sy_schedule_bar(schedule, at("2024-07-08T20:00Z")), at("2024-07-09"));
    /* weeks and months: once, at their last session */
    assert_slots(&config, (SyTimeframe){7 * SY_DAY, 0}, "2024-07-01",
                 "2024-07-05T20:00:00Z 2024-07-12T20:00:00Z");
    assert_slots(&config, (SyTimeframe){0, 1}, "2024-05-01",
                 "2024-05-31T20:00:00Z 2024-06-28T20:00:00Z");
    g_autoptr(SySchedule) weekly = make(&config, (SyTimeframe){7 * SY_DAY, 0});
    assert_int_equal(sy_schedule_bar(weekly, at("2024-07-05T19:59Z")), at("2024-07-01"));
    assert_int_equal(sy_schedule_bar(weekly, at("2024-07-05T20:00Z")), at("2024-07-08"));
}

static void test_schedule__sessions_and_closures(void **state) {
    (void)state;
    static char *closed[] = {(char *)"2024-07-05", NULL};
    SyScheduleConfig open = {.calendar = (char *)"XNYS", .session = SY_SESSION_OPEN},
                     close = {.calendar = (char *)"XNYS",
                              .session = SY_SESSION_CLOSE,
                              .offset = (char *)"-5m",
                              .closures = closed},
                     time = {.calendar = (char *)"XNYS", .at = (char *)"16:05"},
                     each = {.calendar = (char *)"XNYS", .every = (char *)"3h"};
    assert_slots(&open, (SyTimeframe){0}, "2024-07-03T13:29Z",
                 "2024-07-03T13:30:00Z 2024-07-05T13:30:00Z");
    assert_slots(&close, (SyTimeframe){0}, "2024-07-03T16:54Z",
                 "2024-07-03T16:55:00Z 2024-07-08T19:55:00Z");
    /* the calendar's zone, as none is given; only on days with a session */
    assert_slots(&time, (SyTimeframe){0}, "2024-07-03T12:00Z",
                 "2024-07-03T20:05:00Z 2024-07-05T20:05:00Z 2024-07-08T20:05:00Z");
    assert_slots(&each, (SyTimeframe){0}, "2024-07-03T12:00Z",
                 "2024-07-03T15:00:00Z 2024-07-05T15:00:00Z 2024-07-05T18:00:00Z "
                 "2024-07-08T15:00:00Z");
}

static void test_schedule__wall_clock_times_follow_the_rule_for_gaps_and_folds(void **state) {
    (void)state;
    SyScheduleConfig config = {.at = (char *)"02:30", .timezone = (char *)"America/New_York"};
    const SyTimeframe none = {0};
    const char *gap = "2024-03-09T12:00Z";
    assert_slots(&config, none, gap, "2024-03-10T07:30:00Z 2024-03-11T06:30:00Z");
    config.dst = SY_DST_SKIP;
    assert_slots(&config, none, gap, "2024-03-11T06:30:00Z 2024-03-12T06:30:00Z");
    config.dst = SY_DST_BOTH;
    assert_slots(&config, none, gap, "2024-03-10T07:30:00Z 2024-03-11T06:30:00Z");
    config.at = (char *)"01:30";
    const char *fold = "2024-11-02T12:00Z";
    assert_slots(&config, none, fold,
                 "2024-11-03T05:30:00Z 2024-11-03T06:30:00Z 2024-11-04T06:30:00Z");
    config.dst = SY_DST_ONCE_SHIFT;
    assert_slots(&config, none, fold, "2024-11-03T05:30:00Z 2024-11-04T06:30:00Z");
    /* a skipped time and the one that it is moved to are one slot */
    SyScheduleConfig both = {.cron = (char *)"30 2,3 * * *",
                             .timezone = (char *)"America/New_York"};
    assert_slots(&both, none, gap,
                 "2024-03-10T07:30:00Z 2024-03-11T06:30:00Z 2024-03-11T07:30:00Z");
    /* each hour is each hour, shown twice or not */
    SyScheduleConfig hours = {.cron = (char *)"30 * * * *", .timezone = (char *)"America/New_York"};
    assert_slots(&hours, none, "2024-11-03T05:00Z",
                 "2024-11-03T05:30:00Z 2024-11-03T06:30:00Z 2024-11-03T07:30:00Z");
}

static void test_schedule__until_is_on_its_own_clock(void **state) {
    (void)state;
    SyScheduleConfig config = {.every = (char *)"5m",
                               .timezone = (char *)"America/New_York",
                               .delay = (char *)"90s",
                               .catchup_window = (char *)"2h"};
    static const struct {
        const char *text, *utc;
    } cases[] = {{"2024-07-01", "2024-07-01T04:00Z"},
                 {"2024-07-01 16:00", "2024-07-01T20:00Z"},
                 {"2024-07-01T16:00:00", "2024-07-01T20:00Z"},
                 {"2024-07-01T16:00Z", "2024-07-01T16:00Z"},
                 {"2024-07-01 16:00 UTC", "2024-07-01T16:00Z"},
                 {"2024-07-01T16:00+02:00", "2024-07-01T14:00Z"}};
    for (gsize i = 0; i < G_N_ELEMENTS(cases); i++) {
        config.until = (char *)cases[i].text;
        g_autoptr(SySchedule) schedule = make(&config, (SyTimeframe){0});
        const SyScheduleTiming *timing = sy_schedule_timing(schedule);
        assert_int_equal(timing->until, at(cases[i].utc));
        assert_int_equal(timing->delay, 90 * SY_SECOND);
        assert_int_equal(timing->catchup_window, 2 * SY_HOUR);
    }
}

static void test_schedule__says_in_a_line_when_it_comes(void **state) {
    (void)state;
    static char *days[] = {(char *)"mon", (char *)"friday", NULL};
    static const SyScheduleConfig configs[] = {
        {.bars = true, .calendar = "XNYS"},
        {.every = "5 to 10 minutes"},
        {.at = "16:05", .calendar = "XNYS"},
        {.at = "16:05", .days = days},
        {.cron = "*/5 * * * *", .timezone = "Europe/Berlin"},
        {.session = SY_SESSION_CLOSE, .calendar = "XLON", .offset = "10s"},
    };
    static const char *const texts[] = {
        "each close of 1h, XNYS sessions",       "every 5 to 10 minutes",
        "16:05 America/New_York, XNYS sessions", "16:05 on monday, friday UTC",
        "cron */5 * * * * Europe/Berlin",        "close of each XLON session +10s",
    };
    for (gsize i = 0; i < G_N_ELEMENTS(configs); i++) {
        g_autoptr(SySchedule) schedule = make(&configs[i], (SyTimeframe){SY_HOUR, 0});
        g_autofree char *text = sy_schedule_describe(schedule);
        assert_string_equal(text, texts[i]);
    }
}

static void test_schedule__one_that_was_edited_keeps_its_slots_of_before(void **state) {
    (void)state;
    const SyScheduleConfig configs[] = {{.every = (char *)"20m"},
                                        {.at = (char *)"09:10", .timezone = (char *)"Asia/Tokyo"}};
    g_autoptr(SySchedule) before = make(&configs[0], (SyTimeframe){0});
    g_autoptr(SySchedule) after = make(&configs[1], (SyTimeframe){0});
    SyTime from = at("2024-07-01T00:00Z"), changed = at("2024-07-01T00:40Z");
    g_autoptr(SySchedule) both = sy_schedule_new_changed(before, changed, after);
    /* 09:10 in Tokyo is 00:10 UTC: not one of the first day */
    g_autofree char *found = slots(both, "2024-07-01T00:00Z", 4);
    assert_string_equal(found, "2024-07-01T00:20:00Z 2024-07-01T00:40:00Z 2024-07-02T00:10:00Z "
                               "2024-07-03T00:10:00Z");
    SyTime slot = from;
    for (gint64 n = 1; n <= 4; n++) {
        slot = sy_schedule_next(both, slot);
        assert_int_equal(sy_schedule_count(both, from, slot, 100), n);
        assert_int_equal(sy_schedule_count(both, from, slot - 1, 100), n - 1);
        assert_int_equal(sy_schedule_count(both, from, slot + SY_DAY, n), n);
        assert_true(sy_schedule_previous(both, slot + 1) == slot);
    }
    assert_int_equal(sy_schedule_count(both, changed, slot, 100), 2);
    assert_string_equal(sy_schedule_zone(both), "Asia/Tokyo");
    g_autofree char *text = sy_schedule_describe(both);
    assert_string_equal(text, "09:10 Asia/Tokyo");
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_schedule__reads_the_words_of_python_schedule),
        cmocka_unit_test(test_schedule__reads_the_spellings_of_vectorbt),
        cmocka_unit_test(test_schedule__is_anchored_where_python_schedule_is_not),
        cmocka_unit_test(test_schedule__an_interval_to_another_stays_between_them),
        cmocka_unit_test(test_schedule__reads_cron),
        cmocka_unit_test(test_schedule__refuses_what_contradicts_or_makes_no_sense),
        cmocka_unit_test(test_schedule__bars_are_the_default),
        cmocka_unit_test(test_schedule__bars_of_a_market_are_those_of_its_sessions),
        cmocka_unit_test(test_schedule__a_daily_bar_is_due_at_the_close_of_its_session),
        cmocka_unit_test(test_schedule__sessions_and_closures),
        cmocka_unit_test(test_schedule__wall_clock_times_follow_the_rule_for_gaps_and_folds),
        cmocka_unit_test(test_schedule__until_is_on_its_own_clock),
        cmocka_unit_test(test_schedule__one_that_was_edited_keeps_its_slots_of_before),
        cmocka_unit_test(test_schedule__says_in_a_line_when_it_comes),
    };
    return cmocka_run_group_tests_name("schedule", tests, NULL, NULL);
}
