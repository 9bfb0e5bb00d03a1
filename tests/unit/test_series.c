/* Series on their way into a panel: sorting, gaps, pace, alignment, resampling. */
#include "test.h"

#include <string.h>

#include "base/error.h"
#include "data/align.h"
#include "data/resample.h"

static const SyTimeframe hour = {SY_HOUR, 0}, day = {SY_DAY, 0}, month = {0, 1};

/* Appends a bar that closes so many hours after 2018-01-01; its values follow from `price`. */
static void add(SySeries *series, int hours, double price) {
    SyTime origin = sy_date_to_days((SyDate){2018, 1, 1}) * SY_DAY;
    const double value[SY_BAR_FIELDS] = {price, price + 2, price - 2, price + 1, 10};
    sy_series_append(series, origin + hours * SY_HOUR, value);
}

static void test_series__of_equal_times_the_last_stored_wins(void **state) {
    (void)state;
    g_auto(SySeries) series = {0};
    const int hours[] = {3, 1, 2, 1, 3, 3};
    for (int i = 0; i < 6; i++)
        add(&series, hours[i], 100 + i);
    sy_series_sort(&series);
    assert_int_equal(series.rows, 3);
    assert_int_equal(series.provenance.duplicates, 3);
    assert_true(series.value[SY_OPEN][0] == 103);
    assert_true(series.value[SY_OPEN][1] == 102);
    assert_true(series.value[SY_OPEN][2] == 105);
    add(&series, 4, 200); /* it can still grow */
    assert_int_equal(series.rows, 4);
}

static void test_series__gaps_are_counted_as_places_and_as_bars(void **state) {
    (void)state;
    g_auto(SySeries) series = {0};
    const int hours[] = {1, 2, 5, 6, 8};
    for (int i = 0; i < 5; i++)
        add(&series, hours[i], 100);
    sy_series_measure(&series, hour, NULL);
    assert_int_equal(series.provenance.rows, 5);
    assert_int_equal(series.provenance.gaps, 2);
    assert_int_equal(series.provenance.missing, 3);
    g_auto(SySeries) months = {0};
    const int days[] = {0, 31, 59, 120}; /* 1 Jan, 1 Feb, 1 Mar, 1 May */
    for (int i = 0; i < 4; i++)
        add(&months, days[i] * 24, 100);
    sy_series_measure(&months, month, NULL);
    assert_int_equal(months.provenance.gaps, 1);
    assert_int_equal(months.provenance.missing, 1);
}

static void test_series__pace_is_held_against_the_timeframe(void **state) {
    (void)state;
    g_auto(SySeries) series = {0};
    for (int i = 0; i < 20; i++)
        add(&series, i, 100);
    SySpacing spacing = sy_series_spacing(&series, hour);
    assert_true(sy_spacing_check(&spacing, hour, "A", NULL));
    g_autoptr(GError) finer = NULL, coarser = NULL;
    spacing = sy_series_spacing(&series, day);
    assert_false(sy_spacing_check(&spacing, day, "A", &finer));
    assert_non_null(strstr(finer->message, "frequency"));
    SyTimeframe minutes = {15 * SY_MINUTE, 0};
    spacing = sy_series_spacing(&series, minutes);
    assert_false(sy_spacing_check(&spacing, minutes, "A", &coarser));
    assert_int_equal(coarser->code, SY_ERROR_DATA);
}

static char *symbols[] = {"A", "B", NULL};

static void fill_pair(SySeries series[2]) {
    const int first[] = {1, 2, 3, 5}, second[] = {2, 3, 4, 5, 6};
    for (int i = 0; i < 4; i++)
        add(&series[0], first[i], first[i]);
    for (int i = 0; i < 5; i++)
        add(&series[1], second[i], 10 + second[i]);
}

static void test_align__nan_keeps_the_union_and_fills_nothing_in(void **state) {
    (void)state;
    SySeries series[2] = {{0}, {0}};
    fill_pair(series);
    g_autoptr(SyPanel) panel = sy_series_align(series, symbols, hour, SY_MISSING_NAN, 0, NULL);
    assert_int_equal(panel->rows, 6);
    static const double first[] = {1, 2, 3, NAN, 5, NAN}, second[] = {NAN, 12, 13, 14, 15, 16};
    for (gsize row = 0; row < 6; row++) {
        assert_near(sy_panel_column(panel, SY_OPEN, 0)[row], first[row], 0);
        assert_near(sy_panel_column(panel, SY_OPEN, 1)[row], second[row], 0);
        assert_true(row == 0 || panel->time[row] > panel->time[row - 1]);
    }
}

static void test_align__drop_keeps_what_all_have_and_limit_the_newest(void **state) {
    (void)state;
    SySeries series[2] = {{0}, {0}};
    fill_pair(series);
    g_autoptr(SyPanel) panel = sy_series_align(series, symbols, hour, SY_MISSING_DROP, 2, NULL);
    assert_int_equal(panel->rows, 2);
    assert_near(sy_panel_column(panel, SY_OPEN, 0)[0], 3, 0);
    assert_near(sy_panel_column(panel, SY_OPEN, 1)[1], 15, 0);
}

static void test_align__raise_names_symbol_and_time(void **state) {
    (void)state;
    SySeries series[2] = {{0}, {0}};
    fill_pair(series);
    g_autoptr(GError) error = NULL;
    assert_null(sy_series_align(series, symbols, hour, SY_MISSING_RAISE, 0, &error));
    assert_non_null(strstr(error->message, "B has no bar at 2018-01-01T01:00:00Z"));
}

/* What is left of a series here is seen by the address sanitizer as well. */
static void test_align__takes_the_series_even_where_it_fails(void **state) {
    (void)state;
    static const SyMissing cases[] = {SY_MISSING_NAN, SY_MISSING_DROP, SY_MISSING_RAISE};
    for (gsize i = 0; i < G_N_ELEMENTS(cases); i++) {
        SySeries series[2] = {{0}, {0}};
        g_autoptr(GError) error = NULL;
        add(&series[0], 1, 1);
        add(&series[1], 2, 2);
        g_autoptr(SyPanel) panel = sy_series_align(series, symbols, hour, cases[i], 0, &error);
        assert_true((panel != NULL) == (cases[i] == SY_MISSING_NAN));
        for (int s = 0; s < 2; s++) {
            assert_int_equal(series[s].rows, 0);
            assert_null(series[s].time);
        }
    }
}

static void test_resample__bins_hold_first_max_min_last_and_sum(void **state) {
    (void)state;
    g_auto(SySeries) series = {0};
    for (int i = 1; i <= 49; i++) /* two whole days and one hour */
        add(&series, i, 100 + i);
    sy_series_resample(&series, hour, day);
    assert_int_equal(series.rows, 2); /* the open tail is left out */
    assert_near(series.value[SY_OPEN][0], 101, 0);
    assert_near(series.value[SY_HIGH][0], 126, 0);
    assert_near(series.value[SY_LOW][0], 99, 0);
    assert_near(series.value[SY_CLOSE][0], 125, 0);
    assert_near(series.value[SY_VOLUME][0], 240, 0);
    assert_near(series.value[SY_OPEN][1], 125, 0);
    assert_int_equal((series.time[1] - series.time[0]) / SY_DAY, 1);
}

static void
test_resample__a_torn_first_bin_is_dropped_and_missing_values_are_not_used(void **state) {
    (void)state;
    g_auto(SySeries) series = {0};
    for (int i = 5; i <= 48; i++)
        if (i != 30)
            add(&series, i, 100 + i);
    for (gsize row = 0; row < series.rows; row++)
        if (series.value[SY_OPEN][row] == 125)
            series.value[SY_OPEN][row] = NAN;
    sy_series_resample(&series, hour, day);
    assert_int_equal(series.rows, 1);
    assert_near(series.value[SY_OPEN][0], 126, 0);
    assert_near(series.value[SY_VOLUME][0], 230, 0);
}

static void test_resample__knows_which_lengths_fit(void **state) {
    (void)state;
    SyTimeframe week = {7 * SY_DAY, 0}, odd = {45 * SY_MINUTE, 0}, year = {0, 12};
    assert_true(sy_resample_fits(hour, day));
    assert_true(sy_resample_fits(day, week));
    assert_true(sy_resample_fits(hour, month));
    assert_true(sy_resample_fits(month, year));
    assert_false(sy_resample_fits(odd, hour));
    assert_false(sy_resample_fits(week, month));
    assert_false(sy_resample_fits(day, hour));
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_series__of_equal_times_the_last_stored_wins),
        cmocka_unit_test(test_series__gaps_are_counted_as_places_and_as_bars),
        cmocka_unit_test(test_series__pace_is_held_against_the_timeframe),
        cmocka_unit_test(test_align__nan_keeps_the_union_and_fills_nothing_in),
        cmocka_unit_test(test_align__drop_keeps_what_all_have_and_limit_the_newest),
        cmocka_unit_test(test_align__raise_names_symbol_and_time),
        cmocka_unit_test(test_align__takes_the_series_even_where_it_fails),
        cmocka_unit_test(test_resample__bins_hold_first_max_min_last_and_sum),
        cmocka_unit_test(
            test_resample__a_torn_first_bin_is_dropped_and_missing_values_are_not_used),
        cmocka_unit_test(test_resample__knows_which_lengths_fit),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
