/* Trading calendars in years whose official lists are known; zones. */
#include "test.h"

#include <string.h>

#include "base/calendar.h"
#include "base/error.h"

/* The weekdays of a year without a session ("01-15 …"), then "|" and the early closes. */
static char *year_of(const char *calendar, int year, int *sessions) {
    const SyCalendar *rules = sy_calendar_find(calendar);
    assert_non_null(rules);
    g_autoptr(GString) closed = g_string_new(NULL), early = g_string_new("|");
    *sessions = 0;
    gint64 last = sy_date_to_days((SyDate){year, 12, 31});
    for (gint64 day = sy_date_to_days((SyDate){year, 1, 1}); day <= last; day++) {
        SyDate date = sy_date_from_days(day);
        SyMarketSession session;
        bool open = sy_calendar_session(rules, date, &session);
        *sessions += open;
        if (!open && (day + 3) % 7 < 5)
            g_string_append_printf(closed, "%02d-%02d ", date.month, date.day);
        if (open && session.early)
            g_string_append_printf(early, " %02d-%02d", date.month, date.day);
    }
    g_string_append(closed, early->str);
    return g_strdup(closed->str);
}

static void test_calendar__has_the_closed_days_and_early_closes_of_official_lists(void **state) {
    (void)state;
    static const struct {
        const char *calendar;
        int year, sessions; /* 0: not compared */
        const char *days;
    } years[] = {
        {"XNYS", 2018, 251,
         "01-01 01-15 02-19 03-30 05-28 07-04 09-03 11-22 12-05 12-25 | 07-03 11-23 12-24"},
        {"XNYS", 2020, 253, "01-01 01-20 02-17 04-10 05-25 07-03 09-07 11-26 12-25 | 11-27 12-24"},
        {"XNYS", 2021, 252, "01-01 01-18 02-15 04-02 05-31 07-05 09-06 11-25 12-24 | 11-26"},
        {"XNYS", 2022, 251, "01-17 02-21 04-15 05-30 06-20 07-04 09-05 11-24 12-26 | 11-25"},
        {"XNYS", 2023, 250,
         "01-02 01-16 02-20 04-07 05-29 06-19 07-04 09-04 11-23 12-25 | 07-03 11-24"},
        {"XNYS", 2024, 252,
         "01-01 01-15 02-19 03-29 05-27 06-19 07-04 09-02 11-28 12-25 | 07-03 11-29 12-24"},
        {"XNYS", 2025, 250,
         "01-01 01-09 01-20 02-17 04-18 05-26 06-19 07-04 09-01 11-27 12-25 | 07-03 11-28 12-24"},
        {"XNYS", 2026, 251,
         "01-01 01-19 02-16 04-03 05-25 06-19 07-03 09-07 11-26 12-25 | 11-27 12-24"},
        {"XNYS", 2027, 251, "01-01 01-18 02-15 03-26 05-31 06-18 07-05 09-06 11-25 12-24 | 11-26"},
        {"XLON", 2002, 0, "01-01 03-29 04-01 05-06 06-03 06-04 08-26 12-25 12-26 | 12-24 12-31"},
        {"XLON", 2011, 0, "01-03 04-22 04-25 04-29 05-02 05-30 08-29 12-26 12-27 | 12-23 12-30"},
        {"XLON", 2012, 0, "01-02 04-06 04-09 05-07 06-04 06-05 08-27 12-25 12-26 | 12-24 12-31"},
        {"XLON", 2020, 0, "01-01 04-10 04-13 05-08 05-25 08-31 12-25 12-28 | 12-24 12-31"},
        {"XLON", 2021, 0, "01-01 04-02 04-05 05-03 05-31 08-30 12-27 12-28 | 12-24 12-31"},
        {"XLON", 2022, 0,
         "01-03 04-15 04-18 05-02 06-02 06-03 08-29 09-19 12-26 12-27 | 12-23 12-30"},
        {"XLON", 2023, 0, "01-02 04-07 04-10 05-01 05-08 05-29 08-28 12-25 12-26 | 12-22 12-29"},
        {"XLON", 2024, 0, "01-01 03-29 04-01 05-06 05-27 08-26 12-25 12-26 | 12-24 12-31"},
    };
    for (gsize i = 0; i < G_N_ELEMENTS(years); i++) {
        int sessions;
        g_autofree char *days = year_of(years[i].calendar, years[i].year, &sessions);
        if (strcmp(days, years[i].days) != 0 ||
            (years[i].sessions && sessions != years[i].sessions))
            fail_msg("%s %d: %d sessions, %s\n   expected %d, %s", years[i].calendar, years[i].year,
                     sessions, days, years[i].sessions, years[i].days);
    }
}

static SyTime at(const char *text) {
    SyTime time;
    assert_true(sy_time_parse(text, 0, &time, NULL));
    return time;
}

static void test_calendar__sessions_follow_the_markets_clock(void **state) {
    (void)state;
    const SyCalendar *new_york = sy_calendar_find("xnys"), *london = sy_calendar_find("XLON");
    SyMarketSession session;
    assert_true(sy_calendar_session(new_york, (SyDate){2024, 1, 3}, &session));
    assert_int_equal(session.open, at("2024-01-03T14:30Z"));
    assert_int_equal(session.close, at("2024-01-03T21:00Z"));
    assert_true(sy_calendar_session(new_york, (SyDate){2024, 7, 3}, &session));
    assert_int_equal(session.open, at("2024-07-03T13:30Z"));
    assert_int_equal(session.close, at("2024-07-03T17:00Z"));
    assert_true(sy_calendar_session(london, (SyDate){2024, 7, 3}, &session));
    assert_int_equal(session.open, at("2024-07-03T07:00Z"));
    assert_int_equal(session.close, at("2024-07-03T15:30Z"));
    assert_true(sy_calendar_session(london, (SyDate){2024, 12, 24}, &session));
    assert_int_equal(session.close, at("2024-12-24T12:30Z"));
    assert_false(sy_calendar_session(new_york, (SyDate){2024, 7, 6}, &session));
}

static void test_calendar__finds_the_sessions_around_a_time(void **state) {
    (void)state;
    const SyCalendar *calendar = sy_calendar_find("XNYS");
    SyTime friday = at("2024-07-05T20:00Z"), monday = at("2024-07-08T20:00Z");
    assert_int_equal(sy_calendar_next(calendar, friday - 1).close, friday);
    assert_int_equal(sy_calendar_next(calendar, friday).close, monday);
    assert_int_equal(sy_calendar_previous(calendar, friday).close, friday);
    assert_int_equal(sy_calendar_previous(calendar, monday - 1).close, friday);
    assert_int_equal(sy_calendar_next(calendar, friday).open, at("2024-07-08T13:30Z"));
    const SyCalendar *always = sy_calendar_find("24/7");
    assert_int_equal(sy_calendar_next(always, at("2024-07-07")).open, at("2024-07-07"));
    assert_int_equal(sy_calendar_next(always, at("2024-07-07")).close, at("2024-07-08"));
    assert_int_equal(sy_calendar_previous(always, at("2024-07-07")).close, at("2024-07-07"));
}

static void test_zone__refuses_names_that_the_system_does_not_know(void **state) {
    (void)state;
    static const char *const wrong[] = {
        "Europe/Berln", "", "/etc/localtime", "../etc/passwd", "Europe/../../x", "+01:00"};
    for (gsize i = 0; i < G_N_ELEMENTS(wrong); i++) {
        g_autoptr(GError) error = NULL;
        g_autoptr(SyZone) zone = sy_zone_open(wrong[i], &error);
        assert_null(zone);
        assert_int_equal(error->code, SY_ERROR_USAGE);
        assert_non_null(strstr(error->message, wrong[i]));
    }
}

/* A whole day is skipped: Samoa had no 30 December 2011. */
static void test_zone__a_skipped_day_is_a_gap(void **state) {
    (void)state;
    g_autoptr(SyZone) zone = sy_zone_open("Pacific/Apia", NULL);
    SyTime instant[2];
    assert_int_equal(
        sy_zone_to_utc(zone, (SyDate){2011, 12, 30}, 12 * SY_HOUR, SY_DST_SKIP, instant), 0);
    assert_int_equal(
        sy_zone_to_utc(zone, (SyDate){2011, 12, 30}, 12 * SY_HOUR, SY_DST_ONCE_SHIFT, instant), 1);
    assert_int_equal(instant[0], at("2011-12-30T22:00Z"));
    assert_int_equal(
        sy_zone_to_utc(zone, (SyDate){2011, 12, 31}, 12 * SY_HOUR, SY_DST_SKIP, instant), 1);
    assert_int_equal(instant[0], at("2011-12-30T22:00Z"));
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_calendar__has_the_closed_days_and_early_closes_of_official_lists),
        cmocka_unit_test(test_calendar__sessions_follow_the_markets_clock),
        cmocka_unit_test(test_calendar__finds_the_sessions_around_a_time),
        cmocka_unit_test(test_zone__refuses_names_that_the_system_does_not_know),
        cmocka_unit_test(test_zone__a_skipped_day_is_a_gap),
    };
    return cmocka_run_group_tests_name("calendar", tests, NULL, NULL);
}
