/* Schedules through the programs: what next and check show, and daily bars of an exchange. */
#include "test.h"

#include <math.h>
#include <string.h>

#include <jansson.h>

#include "base/calendar.h"
#include "cli.h"
#include "pair.h"

static void assert_holds(const char *text, const char *part) {
    if (!strstr(text, part))
        fail_msg("\"%s\" is not in\n%s", part, text);
}

static const char end_of_day[] =
    "[meta]\nstudy_name = \"eod\"\n[schedule]\nat = 16:05:00\ncalendar = \"XNYS\"\n"
    "[[task]]\nname = \"x\"\ncommand = [\"true\"]\n";

static void test_next__shows_the_coming_slots_of_all_jobs_in_order(void **state) {
    (void)state;
    g_autofree char *folder = test_pair_workspace();
    test_write(folder, ".workflow/templates/eod.toml", end_of_day);
    g_auto(TestRun) text = test_run_expect(folder, "systematica",
                                           "next pair eod -n 4 --now '2024-07-03 19:30 UTC'", 0);
    assert_holds(text.out,
                 "\n2024-07-03T20:00:00Z  2024-07-03 20:00:00 +00:00  UTC                   500 s  "
                 "trade   pair\n"
                 "2024-07-03T20:00:00Z  2024-07-03 20:00:00 +00:00  UTC                       -  "
                 "report  pair\n"
                 "2024-07-03T20:05:00Z  2024-07-03 16:05:00 -04:00  America/New_York          -  "
                 "task    eod\n"
                 "2024-07-03T21:00:00Z  2024-07-03 21:00:00 +00:00  UTC                   500 s  "
                 "trade   pair\n");
    g_auto(TestRun) json =
        test_run_expect(folder, "systematica",
                        "next pair -n 1 --max-buffer 86400 --json --now '2024-07-03 19:30 UTC'", 0);
    json_t *list = json_loads(json.out, 0, NULL);
    json_t *slot = json_array_get(list, 0);
    assert_int_equal(json_array_size(list), 1);
    assert_string_equal(json_string_value(json_object_get(slot, "bar")), "2024-07-03T20:00:00Z");
    assert_near(json_real_value(json_object_get(slot, "wait_seconds")), 3600, 0);
    json_decref(list);
    g_auto(TestRun) checked = test_run_expect(folder, "systematica", "check", 0);
    assert_holds(checked.out, "  16:05:00 America/New_York, XNYS sessions: next ");
    assert_holds(checked.out, "  each close of 1h: next ");
    assert_holds(checked.out, ", waits 500 s for its bar\n");
    /* a broken template does not hide the others */
    test_write(folder, ".workflow/templates/bad.toml", "[meta]\nstudy_name = \"b\"\n[model\n");
    g_auto(TestRun) broken = test_run_expect(folder, "systematica", "next -n 1", 3);
    assert_holds(broken.out, "trade   dale\n");
    assert_holds(broken.err, "bad.toml:");
    test_folder_remove(folder);
}

/* Daily bars of A and B at midnight of New York's trading days, to Friday 2022-07-01. */
static char *daily_csv(void) {
    g_autoptr(GRand) random = g_rand_new_with_seed(20220701);
    GString *csv = g_string_new("symbol,open_datetime,open,high,low,close,volume\n");
    double log_price[2] = {4, 5};
    gint64 last = sy_date_to_days((SyDate){2022, 7, 1});
    for (gint64 day = sy_date_to_days((SyDate){2021, 6, 1}); day <= last; day++) {
        SyDate date = sy_date_from_days(day);
        SyMarketSession session;
        if (!sy_calendar_session(sy_calendar_find("XNYS"), date, &session))
            continue;
        double common = g_rand_double_range(random, -0.02, 0.02);
        for (int s = 0; s < 2; s++) {
            double open = exp(log_price[s]);
            log_price[s] += common + g_rand_double_range(random, -0.01, 0.01);
            double close = exp(log_price[s]);
            g_string_append_printf(csv, "%c,%04d-%02d-%02d,%.6f,%.6f,%.6f,%.6f,10\n", 'A' + s,
                                   date.year, date.month, date.day, open, fmax(open, close) * 1.001,
                                   fmin(open, close) * 0.999, close);
        }
    }
    return g_string_free(csv, FALSE);
}

static void assert_decides(const char *folder, const char *template, const char *now, int code,
                           const char *says) {
    g_autofree char *line =
        g_strdup_printf("--template %s --once --no-report --dry-run --now '%s'", template, now);
    g_auto(TestRun) run = test_run_expect(folder, "run_app", line, code);
    assert_holds(code ? run.err : run.out, says);
}

/* A daily bar is complete at the close of its session and stays the newest over a weekend; without
 * the calendar each midnight would bring one. */
static void test_next__daily_bars_of_an_exchange_are_fresh_until_its_next_close(void **state) {
    (void)state;
    g_autofree char *folder = test_pair_workspace();
    g_autofree char *bars = daily_csv();
    g_autofree char *hourly = test_pair_template("daily", "size = 50");
    g_auto(GStrv) parts = g_strsplit(hourly, "\"60m\"", 2);
    g_autofree char *plain = g_strconcat(parts[0], "\"1d\"", parts[1], NULL);
    g_autofree char *market = g_strconcat(plain, "[schedule]\ncalendar = \"XNYS\"\n", NULL);
    test_write(folder, "daily.csv", bars);
    test_write(folder, "plain.toml", plain);
    test_write(folder, "market.toml", market);
    g_auto(TestRun) imported = test_run_expect(
        folder, "systematica", "data import daily.csv --engine research --timeframe 1d", 0);
    assert_decides(folder, "market.toml", "2022-07-01 19:59 UTC", 0, "2022-07-01T00:00:00Z");
    assert_decides(folder, "market.toml", "2022-07-01 20:00:05 UTC", 0, "2022-07-02T00:00:00Z");
    assert_decides(folder, "market.toml", "2022-07-03 12:00 UTC", 0, "2022-07-02T00:00:00Z");
    /* Monday is a holiday */
    assert_decides(folder, "market.toml", "2022-07-05 19:59 UTC", 0, "2022-07-02T00:00:00Z");
    assert_decides(folder, "market.toml", "2022-07-05 20:01 UTC", 4,
                   "the bar that closes at 2022-07-06T00:00:00Z is expected");
    assert_decides(folder, "plain.toml", "2022-07-03 12:00 UTC", 4,
                   "the bar that closes at 2022-07-03T00:00:00Z is expected");
    test_folder_remove(folder);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_next__shows_the_coming_slots_of_all_jobs_in_order),
        cmocka_unit_test(test_next__daily_bars_of_an_exchange_are_fresh_until_its_next_close),
    };
    return cmocka_run_group_tests_name("next", tests, NULL, NULL);
}
