/* Schedules of any kind: slots only go forward, counting agrees with walking, nothing drifts, and
 * wall clocks agree with trying every minute. */
#include "test.h"

#include <stdlib.h>
#include <string.h>

#include "schedule/schedule.h"

#define PICK(rand, list) ((list)[g_rand_int_range(rand, 0, (gint32)G_N_ELEMENTS(list))])

static int rounds(int usual) {
    const char *text = g_getenv("SY_ROUNDS");
    return text ? atoi(text) : usual;
}

static GRand *seeded(void) {
    const char *text = g_getenv("SY_SEED");
    guint32 seed = text ? (guint32)strtoul(text, NULL, 10) : 20240310;
    print_message("# seed %u\n", seed);
    return g_rand_new_with_seed(seed);
}

static const char *const zones[] = {"UTC",           "America/New_York",    "Europe/London",
                                    "Europe/Berlin", "Australia/Lord_Howe", "Africa/Casablanca",
                                    "Asia/Kolkata",  "Pacific/Apia"};

/* A schedule of any kind; fails the test where it does not compile. */
static SySchedule *any_schedule(GRand *rand) {
    static const char *const every[] = {"5m",
                                        "7 seconds",
                                        "1h30m",
                                        "3 to 9 hours",
                                        "hour at :15",
                                        "7 minutes at :30",
                                        "5 hours at :20",
                                        "2 days at 02:30",
                                        "sunday at 01:30",
                                        "month",
                                        "2 weeks",
                                        "10:30"};
    static const char *const crons[] = {
        "*/7 * * * *", "30 1,2,3 * * *",           "0 0 29 2 *", "15 30 2 * * sun", "0 0 13 * fri",
        "@weekly",     "*/20 */5 9-17 * * mon-fri"};
    static const char *const calendars[] = {NULL, NULL, "24/7", "XNYS", "XLON"};
    static const SyTimeframe bars[] = {
        {5 * SY_MINUTE, 0}, {SY_HOUR, 0}, {4 * SY_HOUR, 0}, {SY_DAY, 0},
        {7 * SY_DAY, 0},    {0, 1},       {0, 12}};
    SyScheduleConfig config = {.dst = (unsigned)g_rand_int_range(rand, 0, 3),
                               .calendar = (char *)PICK(rand, calendars)};
    if (g_rand_boolean(rand))
        config.timezone = (char *)PICK(rand, zones);
    switch (g_rand_int_range(rand, 0, 5)) {
    case 0:
        config.bars = true;
        break;
    case 1:
        config.every = (char *)PICK(rand, every);
        break;
    case 2:
        config.cron = (char *)PICK(rand, crons);
        break;
    case 3:
        config.at = (char *)"02:30";
        break;
    default:
        config.session = g_rand_boolean(rand) ? SY_SESSION_OPEN : SY_SESSION_CLOSE;
        config.calendar = (char *)(config.calendar ? config.calendar : "XNYS");
        config.offset = (char *)"-90m";
    }
    const char *key;
    g_autoptr(GError) error = NULL;
    SySchedule *schedule = sy_schedule_new(&config, PICK(rand, bars), &key, &error);
    /* "sunday at 01:30" on days with a session, and its like: never */
    if (!schedule && (!config.calendar || !strstr(error->message, "never comes")))
        fail_msg("%s", error->message);
    return schedule;
}

static SyTime any_time(GRand *rand) {
    return (SyTime)g_rand_double_range(rand, 946684800.0, 4102444800.0) * SY_SECOND +
           g_rand_int_range(rand, 0, 2) * g_rand_int_range(rand, 0, 1000000000);
}

static void test_schedule__slots_go_forward_and_are_counted_as_they_are_walked(void **state) {
    (void)state;
    g_autoptr(GRand) rand = seeded();
    enum { n = 40 };
    for (int round = 0; round < rounds(250); round++) {
        g_autoptr(SySchedule) schedule = any_schedule(rand);
        if (!schedule)
            continue;
        g_autofree char *text = sy_schedule_describe(schedule);
        SyTime from = any_time(rand), slot[n], last = from;
        int found = 0;
        while (found < n && (slot[found] = sy_schedule_next(schedule, last)) != SY_TIME_NONE) {
            if (slot[found] <= last)
                fail_msg("%s: not after %" G_GINT64_FORMAT, text, last);
            last = slot[found++];
        }
        if (found == 0)
            continue; /* no leap day before 2200 any more */
        if (sy_schedule_count(schedule, from, last, n + 1) != found ||
            sy_schedule_count(schedule, from, last - 1, n + 1) != found - 1 ||
            sy_schedule_count(schedule, from, last, found / 2) != found / 2)
            fail_msg("%s: counts %" G_GINT64_FORMAT " of %d from %" G_GINT64_FORMAT, text,
                     sy_schedule_count(schedule, from, last, n + 1), found, from);
        for (int i = 0; i + 1 < found; i++) {
            SyTime between =
                slot[i] + (SyTime)(g_rand_double(rand) * (double)(slot[i + 1] - slot[i]));
            if (sy_schedule_next(schedule, MIN(between, slot[i + 1] - 1)) != slot[i + 1])
                fail_msg("%s: next depends on where it is asked from, %" G_GINT64_FORMAT, text,
                         between);
            if (i % 8 == 0 && (sy_schedule_previous(schedule, slot[i]) != slot[i] ||
                               sy_schedule_previous(schedule, slot[i + 1] - 1) != slot[i]))
                fail_msg("%s: previous of %" G_GINT64_FORMAT, text, slot[i]);
        }
    }
}

/* A bar is there before the slot that is decided on it, and a later slot has no earlier bar. */
static void test_schedule__bars_of_slots_never_go_back(void **state) {
    (void)state;
    g_autoptr(GRand) rand = seeded();
    for (int round = 0; round < rounds(250); round++) {
        g_autoptr(SySchedule) schedule = any_schedule(rand);
        SyTime slot = any_time(rand), bar = SY_TIME_NONE;
        for (int i = 0; schedule && i < 20; i++) {
            slot = sy_schedule_next(schedule, slot);
            if (slot == SY_TIME_NONE)
                break;
            SyTime now = sy_schedule_bar(schedule, slot);
            if (now < bar || now > slot + 366 * SY_DAY)
                fail_msg("%s", sy_schedule_describe(schedule));
            bar = now;
        }
    }
}

static void test_schedule__a_million_slots_do_not_drift(void **state) {
    (void)state;
    static const struct {
        const char *every;
        gint64 interval;
    } cases[] = {{"5m", 5 * SY_MINUTE}, {"7 seconds", 7 * SY_SECOND}, {"90m", 90 * SY_MINUTE}};
    SyTime start = 1704067200 * SY_SECOND; /* 2024-01-01 */
    for (gsize i = 0; i < G_N_ELEMENTS(cases); i++) {
        SyScheduleConfig config = {.every = (char *)cases[i].every};
        const char *key;
        g_autoptr(SySchedule) schedule = sy_schedule_new(&config, (SyTimeframe){0}, &key, NULL);
        SyTime anchor = sy_schedule_next(schedule, start), slot = anchor;
        assert_int_equal(anchor % cases[i].interval, 0);
        for (gint64 k = 1; k <= 1000000; k++) {
            slot = sy_schedule_next(schedule, slot);
            if (slot != anchor + k * cases[i].interval)
                fail_msg("%s: slot %" G_GINT64_FORMAT, cases[i].every, k);
        }
        assert_int_equal(sy_schedule_count(schedule, anchor, slot, G_MAXINT64), 1000000);
    }
}

static int by_time(gconstpointer a, gconstpointer b) {
    SyTime x = *(const SyTime *)a, y = *(const SyTime *)b;
    return (x > y) - (x < y);
}

/* Every local minute of a window, through sy_zone_to_utc; the schedule goes by pieces of the wall
 * clock instead. */
static void test_schedule__wall_clocks_agree_with_trying_every_minute(void **state) {
    (void)state;
    g_autoptr(GRand) rand = seeded();
    for (int round = 0; round < rounds(100); round++) {
        guint64 minutes = 0;
        guint32 hours = 0;
        for (int i = 0; i < 4; i++) {
            minutes |= G_GUINT64_CONSTANT(1) << g_rand_int_range(rand, 0, 60);
            hours |= 1u << g_rand_int_range(rand, 0, i < 3 ? 5 : 24);
        }
        g_autoptr(GString) cron = g_string_new(NULL);
        for (int i = 0; i < 60; i++)
            if (minutes >> i & 1)
                g_string_append_printf(cron, "%s%d", cron->len ? "," : "", i);
        g_string_append_c(cron, ' ');
        for (int i = 0, n = 0; i < 24; i++)
            if (hours >> i & 1)
                g_string_append_printf(cron, "%s%d", n++ ? "," : "", i);
        g_string_append(cron, " * * *");
        SyScheduleConfig config = {.cron = cron->str,
                                   .timezone = (char *)PICK(rand, zones),
                                   .dst = (unsigned)g_rand_int_range(rand, 0, 3)};
        const char *key;
        g_autoptr(SySchedule) schedule = sy_schedule_new(&config, (SyTimeframe){0}, &key, NULL);
        g_autoptr(SyZone) zone = sy_zone_open(config.timezone, NULL);
        /* around a transition, where there is one within a year */
        SyTime start = any_time(rand), turn = SY_TIME_NONE;
        for (int day = 0; day < 400 && turn == SY_TIME_NONE; day++)
            turn = sy_zone_transition(zone, start + day * SY_DAY, start + (day + 1) * SY_DAY);
        gint64 first = (turn == SY_TIME_NONE ? start : turn) / SY_DAY - 3;
        g_autoptr(GArray) expected = g_array_new(FALSE, FALSE, sizeof(SyTime));
        for (gint64 day = first; day < first + 6; day++)
            for (int minute = 0; minute < 1440; minute++) {
                SyTime instant[2];
                if (!(minutes >> minute % 60 & 1) || !(hours >> minute / 60 & 1))
                    continue;
                gsize n = sy_zone_to_utc(zone, sy_date_from_days(day), minute * SY_MINUTE,
                                         (SyDst)config.dst, instant);
                g_array_append_vals(expected, instant, (guint)n);
            }
        g_array_sort(expected, by_time);
        /* the ends of the window are cut where other days come in */
        SyTime slot = (first + 1) * SY_DAY + 15 * SY_HOUR, before = slot;
        SyTime until = (first + 5) * SY_DAY - 15 * SY_HOUR;
        for (guint i = 0; i < expected->len; i++) {
            SyTime wanted = g_array_index(expected, SyTime, i);
            if (wanted <= before || wanted > until)
                continue;
            before = wanted; /* two local times of one instant are one slot */
            slot = sy_schedule_next(schedule, slot);
            if (slot != wanted) {
                char a[SY_TIME_TEXT_SIZE], b[SY_TIME_TEXT_SIZE];
                fail_msg("%s %s, dst %u: %s, expected %s", config.cron, config.timezone, config.dst,
                         sy_time_format(slot, a), sy_time_format(wanted, b));
            }
        }
        assert_true(sy_schedule_next(schedule, slot) > until);
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_schedule__slots_go_forward_and_are_counted_as_they_are_walked),
        cmocka_unit_test(test_schedule__bars_of_slots_never_go_back),
        cmocka_unit_test(test_schedule__a_million_slots_do_not_drift),
        cmocka_unit_test(test_schedule__wall_clocks_agree_with_trying_every_minute),
    };
    return cmocka_run_group_tests_name("schedule", tests, NULL, NULL);
}
