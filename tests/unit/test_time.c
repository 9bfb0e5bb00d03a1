/* Times and timeframes: reading, writing, arithmetic. */
#include "test.h"

#include <string.h>

#include "base/error.h"
#include "base/time.h"

static SyTime parse(const char *text) {
    g_autoptr(GError) error = NULL;
    SyTime time = 0;
    if (!sy_time_parse(text, sy_date_to_days((SyDate){2024, 3, 31}) * SY_DAY, &time, &error))
        fail_msg("%s", error->message);
    return time;
}

static void assert_time(const char *text, const char *expected) {
    char buffer[SY_TIME_TEXT_SIZE];
    assert_string_equal(sy_time_format(parse(text), buffer), expected);
}

static void test_time__reads_every_documented_form(void **state) {
    (void)state;
    assert_time("2018-01-01 UTC", "2018-01-01T00:00:00Z");
    assert_time("2018-01 UTC", "2018-01-01T00:00:00Z");
    assert_time("2018", "2018-01-01T00:00:00Z");
    assert_time("2018-01-01T09:30:00Z", "2018-01-01T09:30:00Z");
    assert_time("2018-01-01 09:30", "2018-01-01T09:30:00Z");
    assert_time("2018-01-01T09:30:00+02:00", "2018-01-01T07:30:00Z");
    assert_time("2018-01-01T09:30:00.25-0530", "2018-01-01T15:00:00.25Z");
    assert_time("1969-12-31T23:59:59.5Z", "1969-12-31T23:59:59.5Z");
    assert_time("now", "2024-03-31T00:00:00Z");
    assert_time("90 days ago UTC", "2024-01-01T00:00:00Z");
    assert_time("1 month ago", "2024-02-29T00:00:00Z");
}

static void test_time__refuses_what_is_no_time(void **state) {
    (void)state;
    static const char *const bad[] = {"",
                                      "yesterday",
                                      "2018-13-01",
                                      "2018-02-30",
                                      "2018-1-1",
                                      "99999-01-01",
                                      "2018-01-01T25:00:00",
                                      "5 parsecs ago",
                                      "2018-01-01T00:00:00 Mars"};
    for (gsize i = 0; i < G_N_ELEMENTS(bad); i++) {
        g_autoptr(GError) error = NULL;
        SyTime time;
        assert_false(sy_time_parse(bad[i], 0, &time, &error));
        assert_int_equal(error->code, SY_ERROR_USAGE);
    }
}

static void test_time__dates_round_trip_over_eight_centuries(void **state) {
    (void)state;
    for (gint64 day = -200000; day < 100000; day++) {
        SyDate date = sy_date_from_days(day);
        assert_int_equal(sy_date_to_days(date), day);
    }
}

static void test_timeframe__same_length_whatever_the_spelling(void **state) {
    (void)state;
    static const struct {
        const char *text, *canonical;
    } cases[] = {{"60m", "1h"},   {"1h", "1h"}, {"15 minutes", "15m"}, {"1 day", "1d"},
                 {"daily", "1d"}, {"1D", "1d"}, {"90s", "90s"},        {"1M", "1M"},
                 {"12M", "1y"},   {"7d", "1w"}, {"1 month", "1M"},     {"m", "1m"},
                 {"5min", "5m"},  {"2W", "2w"}};
    for (gsize i = 0; i < G_N_ELEMENTS(cases); i++) {
        g_autoptr(GError) error = NULL;
        SyTimeframe timeframe;
        char buffer[SY_TIME_TEXT_SIZE];
        assert_true(sy_timeframe_parse(cases[i].text, &timeframe, &error));
        assert_string_equal(sy_timeframe_format(timeframe, buffer), cases[i].canonical);
    }
    static const char *const bad[] = {
        "", "0m", "h1", "5 parsecs", "-1h", "1.5h", "99999999999999999d"};
    for (gsize i = 0; i < G_N_ELEMENTS(bad); i++) {
        g_autoptr(GError) error = NULL;
        SyTimeframe timeframe;
        assert_false(sy_timeframe_parse(bad[i], &timeframe, &error));
    }
}

static void test_timeframe__floor_aligns_to_epoch_monday_and_calendar(void **state) {
    (void)state;
    static const struct {
        const char *timeframe, *time, *floor;
    } cases[] = {
        {"1h", "2020-08-05T15:59:59Z", "2020-08-05T15:00:00Z"},
        {"1h", "2020-08-05T15:00:00Z", "2020-08-05T15:00:00Z"},
        {"1w", "2020-08-05T15:00:00Z", "2020-08-03T00:00:00Z"},
        {"1M", "2020-08-05T15:00:00Z", "2020-08-01T00:00:00Z"},
        {"3M", "2020-08-05T15:00:00Z", "2020-07-01T00:00:00Z"},
        {"1y", "1969-08-05T15:00:00Z", "1969-01-01T00:00:00Z"},
        {"1h", "1969-12-31T23:30:00Z", "1969-12-31T23:00:00Z"},
    };
    for (gsize i = 0; i < G_N_ELEMENTS(cases); i++) {
        SyTimeframe timeframe;
        char buffer[SY_TIME_TEXT_SIZE];
        assert_true(sy_timeframe_parse(cases[i].timeframe, &timeframe, NULL));
        assert_string_equal(
            sy_time_format(sy_timeframe_floor(timeframe, parse(cases[i].time)), buffer),
            cases[i].floor);
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_time__reads_every_documented_form),
        cmocka_unit_test(test_time__refuses_what_is_no_time),
        cmocka_unit_test(test_time__dates_round_trip_over_eight_centuries),
        cmocka_unit_test(test_timeframe__same_length_whatever_the_spelling),
        cmocka_unit_test(test_timeframe__floor_aligns_to_epoch_monday_and_calendar),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
