/* Durations of templates. */
#include "test.h"

#include <string.h>

#include "base/duration.h"
#include "base/error.h"
#include "base/time.h"

static void test_duration__counts_and_units_add_up(void **state) {
    (void)state;
    static const struct {
        const char *text;
        gint64 expected;
    } rows[] = {{"90s", 90 * SY_SECOND},
                {"1h30m", 90 * SY_MINUTE},
                {"-5m", -5 * SY_MINUTE},
                {"250ms", SY_SECOND / 4},
                {"2d", 2 * SY_DAY},
                {"1w", 7 * SY_DAY},
                {"0s", 0},
                {"+10s", 10 * SY_SECOND}};
    for (gsize i = 0; i < G_N_ELEMENTS(rows); i++) {
        gint64 found = -1;
        assert_true(sy_duration_parse(rows[i].text, &found, NULL));
        assert_int_equal(found, rows[i].expected);
    }
}

static void test_duration__other_texts_are_refused_with_the_forms(void **state) {
    (void)state;
    static const char *const texts[] = {"",
                                        "-",
                                        "5",
                                        "m",
                                        "5 m",
                                        "5x",
                                        "5m3",
                                        "--5m",
                                        "1.5h",
                                        "1h-5m",
                                        "99999999999999999999s",
                                        "400000w",
                                        "9000000000s9000000000s"};
    for (gsize i = 0; i < G_N_ELEMENTS(texts); i++) {
        g_autoptr(GError) error = NULL;
        gint64 found = 7;
        if (sy_duration_parse(texts[i], &found, &error))
            fail_msg("\"%s\" was read", texts[i]);
        assert_int_equal(error->code, SY_ERROR_USAGE);
        assert_non_null(strstr(error->message, "1h30m"));
        assert_int_equal(found, 7);
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_duration__counts_and_units_add_up),
        cmocka_unit_test(test_duration__other_texts_are_refused_with_the_forms),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
