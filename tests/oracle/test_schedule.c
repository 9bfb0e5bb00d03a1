/* Zones and wall-clock schedules against Python's zoneinfo; the New York calendar against the days
 * on which SPY traded. */
#include "test.h"

#include <string.h>

#include <zlib.h>

#include "bars.h"
#include "base/calendar.h"
#include "csv.h"
#include "schedule/schedule.h"

static SyTime at(const char *text) {
    SyTime time;
    assert_true(sy_time_parse(text, 0, &time, NULL));
    return time;
}

static void split(SyTime local, SyDate *date, gint64 *clock) {
    *clock = local % SY_DAY;
    *date = sy_date_from_days(local / SY_DAY);
}

static void test_zone__gives_the_instants_of_zoneinfo(void **state) {
    (void)state;
    g_autoptr(Csv) rows = csv_read("tests/oracle/schedule/dst_daily.csv");
    assert_int_equal(rows->rows, 3318);
    g_autoptr(SyZone) zone = NULL;
    gsize gaps = 0, folds = 0;
    for (gsize i = 0; i < rows->rows; i++) {
        const char *name = csv_text(rows, i, "zone"), *kind = csv_text(rows, i, "kind");
        if (!zone || strcmp(sy_zone_name(zone), name) != 0) {
            sy_zone_free(zone);
            zone = sy_zone_open(name, NULL);
            assert_non_null(zone);
        }
        SyTime expected = at(csv_text(rows, i, "utc")), instant[2];
        SyDate date, back_date;
        gint64 clock, back_clock;
        int offset;
        split(at(csv_text(rows, i, "local")), &date, &clock);
        assert_int_equal(sy_zone_to_utc(zone, date, clock, SY_DST_ONCE_SHIFT, instant), 1);
        if (instant[0] != expected)
            fail_msg("%s %s", name, csv_text(rows, i, "local"));
        bool gap = strcmp(kind, "gap") == 0, fold = strcmp(kind, "fold") == 0;
        gaps += gap;
        folds += fold;
        sy_zone_from_utc(zone, expected, &back_date, &back_clock, &offset);
        assert_int_equal(gap, back_clock != clock);
        assert_int_equal(sy_zone_to_utc(zone, date, clock, SY_DST_SKIP, instant), gap ? 0 : 1);
        assert_int_equal(sy_zone_to_utc(zone, date, clock, SY_DST_BOTH, instant), fold ? 2 : 1);
        assert_int_equal(instant[0], expected);
        if (fold) {
            assert_true(instant[1] > instant[0]);
            sy_zone_from_utc(zone, instant[1], &back_date, &back_clock, &offset);
            assert_int_equal(back_clock, clock);
        }
    }
    assert_int_equal(gaps, 145);
    assert_int_equal(folds, 145);
}

/* The schedule finds its own way through transitions (pieces of the wall clock), not through
 * sy_zone_to_utc; so each row is a check of its own. */
static void test_schedule__at_comes_at_the_instants_of_zoneinfo(void **state) {
    (void)state;
    g_autoptr(Csv) rows = csv_read("tests/oracle/schedule/dst_daily.csv");
    for (gsize i = 0; i < rows->rows; i++) {
        g_autofree char *clock = g_strdup(strchr(csv_text(rows, i, "local"), 'T') + 1);
        SyScheduleConfig config = {.at = clock, .timezone = (char *)csv_text(rows, i, "zone")};
        const char *key;
        g_autoptr(SySchedule) schedule = sy_schedule_new(&config, (SyTimeframe){0}, &key, NULL);
        assert_non_null(schedule);
        SyTime expected = at(csv_text(rows, i, "utc"));
        if (sy_schedule_next(schedule, expected - 1) != expected ||
            sy_schedule_next(schedule, expected - 12 * SY_HOUR) != expected)
            fail_msg("%s %s", config.timezone, csv_text(rows, i, "local"));
        /* the next one is the next day's */
        SyTime next = sy_schedule_next(schedule, expected);
        assert_in_range(next - expected, 22 * SY_HOUR, 26 * SY_HOUR);
    }
}

/* The days on which SPY traded, as days since 1970, in order; NULL where the data are absent. */
static GArray *spy_days(void) {
    g_autofree char *path = test_data_file("daily_pairs.csv.gz");
    gzFile file = path ? gzopen(path, "rb") : NULL;
    if (!file)
        return NULL;
    GArray *days = g_array_new(FALSE, FALSE, sizeof(gint64));
    char line[512];
    while (gzgets(file, line, sizeof line)) {
        SyTime time;
        if (strncmp(line, "SPY,", 4) != 0)
            continue;
        assert_true(sy_time_parse_iso(line + 4, strcspn(line + 4, ","), &time));
        gint64 day = time / SY_DAY;
        g_array_append_val(days, day);
    }
    gzclose(file);
    return days;
}

static void test_calendar__has_exactly_the_sessions_of_spy(void **state) {
    (void)state;
    g_autoptr(GArray) days = spy_days();
    if (!days)
        skip();
    const SyCalendar *calendar = sy_calendar_find("XNYS");
    assert_true(days->len > 4000);
    gint64 first = g_array_index(days, gint64, 0),
           last = g_array_index(days, gint64, days->len - 1);
    guint next = 0, wrong = 0;
    for (gint64 day = first; day <= last; day++) {
        SyMarketSession session;
        SyDate date = sy_date_from_days(day);
        bool traded = next < days->len && g_array_index(days, gint64, next) == day;
        next += traded;
        if (sy_calendar_session(calendar, date, &session) != traded) {
            print_error("%04d-%02d-%02d: SPY %s\n", date.year, date.month, date.day,
                        traded ? "traded" : "did not trade");
            wrong++;
        }
    }
    assert_int_equal(next, days->len);
    assert_int_equal(wrong, 0);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_zone__gives_the_instants_of_zoneinfo),
        cmocka_unit_test(test_schedule__at_comes_at_the_instants_of_zoneinfo),
        cmocka_unit_test(test_calendar__has_exactly_the_sessions_of_spy),
    };
    return cmocka_run_group_tests_name("schedule", tests, NULL, NULL);
}
