/* Training and test slices. */
#include "test.h"

#include <string.h>

#include "base/error.h"
#include "data/splitter.h"

static void test_splitter__follows_its_definition(void **state) {
    (void)state;
    for (gsize rows = 0; rows < 40; rows++) {
        for (gsize training = 1; training < 12; training += 3) {
            for (gsize testing = 1; testing < 9; testing += 2) {
                for (gsize offset = 0; offset < 5; offset += 2) {
                    g_autoptr(GArray) splits =
                        sy_split_custom_rolling(rows, training, testing, offset);
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
    g_autoptr(GArray) splits = sy_split_custom_rolling(22744, 3244, 992, 0);
    assert_int_equal(splits->len, 20);
    assert_int_equal(g_array_index(splits, SySplit, 0).test_start, 3245);
}

static void test_splitter__refuses_others_by_name(void **state) {
    (void)state;
    assert_true(sy_splitter_check("from_custom_rolling", NULL));
    static const struct {
        const char *name, *said;
    } cases[] = {{"from_rolling", "research core"},
                 {"from_expanding", "research core"},
                 {"from_grouper", "research core"},
                 {"from_tea_leaves", "is not a splitter"}};
    for (gsize i = 0; i < G_N_ELEMENTS(cases); i++) {
        g_autoptr(GError) error = NULL;
        assert_false(sy_splitter_check(cases[i].name, &error));
        assert_int_equal(error->code, SY_ERROR_USAGE);
        assert_non_null(strstr(error->message, cases[i].name));
        assert_non_null(strstr(error->message, cases[i].said));
        assert_non_null(strstr(error->message, "from_custom_rolling"));
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_splitter__follows_its_definition),
        cmocka_unit_test(test_splitter__has_twenty_splits_for_the_sample_template),
        cmocka_unit_test(test_splitter__refuses_others_by_name),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
