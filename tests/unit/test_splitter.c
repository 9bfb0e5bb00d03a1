/* Training and test slices. */
#include "test.h"

#include <string.h>

#include "base/error.h"
#include "data/splitter.h"

static GArray *custom_rolling(gsize rows, gsize training, gsize testing, gsize offset) {
    const SySplitting splitting = {training, testing, offset, SY_BY_DAY};
    return sy_split(sy_splitter_find("from_custom_rolling"), &splitting, NULL, rows);
}

static void test_splitter__follows_its_definition(void **state) {
    (void)state;
    for (gsize rows = 0; rows < 40; rows++) {
        for (gsize training = 1; training < 12; training += 3) {
            for (gsize testing = 1; testing < 9; testing += 2) {
                for (gsize offset = 0; offset < 5; offset += 2) {
                    g_autoptr(GArray) splits = custom_rolling(rows, training, testing, offset);
                    gsize k = 0;
                    for (; 1 + offset + k * testing + training < rows; k++) {
                        assert_true(k < splits->len);
                        SySplit split = g_array_index(splits, SySplit, k);
                        assert_int_equal(split.train_start, 1 + offset + k * testing);
                        assert_int_equal(split.train_end, split.train_start + training);
                        assert_int_equal(split.test_start, split.train_end);
                        assert_int_equal(split.test_end, MIN(split.test_start + testing, rows));
                    }
                    assert_int_equal(splits->len, k);
                    /* The newest row is decided by the last split. */
                    if (k)
                        assert_int_equal(g_array_index(splits, SySplit, k - 1).test_end, rows);
                }
            }
        }
    }
}

static void test_splitter__has_twenty_splits_for_the_sample_template(void **state) {
    (void)state;
    g_autoptr(GArray) splits = custom_rolling(22744, 3244, 992, 0);
    assert_int_equal(splits->len, 20);
    assert_int_equal(g_array_index(splits, SySplit, 0).test_start, 3245);
}

static void test_from_rolling__leaves_out_what_is_not_full(void **state) {
    (void)state;
    const SySplitting splitting = {10, 4, 2, SY_BY_DAY};
    for (gsize rows = 0; rows < 60; rows++) {
        g_autoptr(GArray) all = custom_rolling(rows, 10, 4, 2);
        g_autoptr(GArray) full = sy_split(sy_splitter_find("from_rolling"), &splitting, NULL, rows);
        assert_int_equal(full->len, rows < 13 ? 0 : (rows - 13) / 4);
        if (full->len)
            assert_memory_equal(full->data, all->data, full->len * sizeof(SySplit));
    }
    assert_non_null(sy_splitter_find("from_rolling")->offline);
}

static void test_splitters__tell_when_a_history_is_too_short(void **state) {
    (void)state;
    const SySplitting splitting = {10, 4, 2, SY_BY_DAY};
    SyTime time[40];
    for (int row = 0; row < 40; row++)
        time[row] = row * SY_DAY;
    for (gsize i = 0; i < sy_n_splitters; i++)
        for (gsize rows = 0; rows < G_N_ELEMENTS(time); rows++) {
            g_autoptr(GArray) splits = sy_split(&sy_splitters[i], &splitting, time, rows);
            assert_int_equal(splits->len > 0, rows > sy_split_warmup(&sy_splitters[i], &splitting));
        }
}

static void test_from_expanding__learns_from_the_first_row_on(void **state) {
    (void)state;
    const SySplitting splitting = {10, 4, 2, SY_BY_DAY};
    g_autoptr(GArray) all = custom_rolling(50, 10, 4, 2);
    g_autoptr(GArray) expanding =
        sy_split(sy_splitter_find("from_expanding"), &splitting, NULL, 50);
    assert_int_equal(expanding->len, all->len);
    for (guint k = 0; k < all->len; k++) {
        SySplit a = g_array_index(all, SySplit, k), b = g_array_index(expanding, SySplit, k);
        assert_int_equal(b.train_start, 3);
        assert_int_equal(b.train_end, a.train_end);
        assert_int_equal(b.test_start, a.test_start);
        assert_int_equal(b.test_end, a.test_end);
    }
}

/* Eight-hour bars from a Saturday on: the test slices end where the periods do. */
static void test_from_grouper__decides_whole_periods(void **state) {
    (void)state;
    enum { rows = 300, training = 7 };
    static const struct {
        unsigned by;
        const char *ends[3]; /* last bars of the first test slices, by their close */
    } cases[] = {
        {SY_BY_DAY, {"2022-01-04T00:00:00Z", "2022-01-05T00:00:00Z", "2022-01-06T00:00:00Z"}},
        {SY_BY_WEEK, {"2022-01-10T00:00:00Z", "2022-01-17T00:00:00Z", "2022-01-24T00:00:00Z"}},
        {SY_BY_MONTH, {"2022-02-01T00:00:00Z", "2022-03-01T00:00:00Z", "2022-04-01T00:00:00Z"}},
    };
    SyTime time[rows];
    assert_true(sy_time_parse("2022-01-01T08:00:00Z", 0, &time[0], NULL));
    for (int row = 1; row < rows; row++)
        time[row] = time[row - 1] + 8 * SY_HOUR;
    for (gsize i = 0; i < G_N_ELEMENTS(cases); i++) {
        const SySplitting splitting = {training, 1, 0, cases[i].by};
        g_autoptr(GArray) splits =
            sy_split(sy_splitter_find("from_grouper"), &splitting, time, rows);
        for (guint k = 0; k < splits->len; k++) {
            SySplit split = g_array_index(splits, SySplit, k);
            char end[SY_TIME_TEXT_SIZE];
            assert_int_equal(split.train_end - split.train_start, training);
            assert_int_equal(split.train_end, split.test_start);
            assert_int_equal(split.test_start,
                             k ? g_array_index(splits, SySplit, k - 1).test_end : training + 1);
            if (k < 3)
                assert_string_equal(sy_time_format(time[split.test_end - 1], end),
                                    cases[i].ends[k]);
        }
        assert_int_equal(g_array_index(splits, SySplit, splits->len - 1).test_end, rows);
    }
}

static void test_splitter__of_another_name_is_refused(void **state) {
    (void)state;
    g_autoptr(GError) error = NULL;
    assert_true(sy_splitter_check("From Custom Rolling", NULL));
    assert_false(sy_splitter_check("from_tea_leaves", &error));
    assert_int_equal(error->code, SY_ERROR_USAGE);
    assert_non_null(strstr(error->message, "\"from_tea_leaves\" is not a splitter"));
    assert_non_null(strstr(error->message, "from_grouper"));
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_splitter__follows_its_definition),
        cmocka_unit_test(test_splitter__has_twenty_splits_for_the_sample_template),
        cmocka_unit_test(test_from_rolling__leaves_out_what_is_not_full),
        cmocka_unit_test(test_splitters__tell_when_a_history_is_too_short),
        cmocka_unit_test(test_from_expanding__learns_from_the_first_row_on),
        cmocka_unit_test(test_from_grouper__decides_whole_periods),
        cmocka_unit_test(test_splitter__of_another_name_is_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
