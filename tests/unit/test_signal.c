/* Signal rules of a pair, row by row. */
#include "test.h"

#include <math.h>
#include <string.h>

#include "signal/signal.h"

enum { rows_max = 8 };

/* Runs a rule over the two columns and returns what happens to s1 on each row as letters:
 * L long entry, l long exit, S short entry, s short exit, . nothing. Asserts that s2 mirrors s1. */
static const char *story(const char *rule, bool clean, gsize rows, const double *a,
                         const double *b) {
    static char letters[rows_max + 1];
    SySignalConfig config = {0.8, 0.0, -0.8, 0.0, clean};
    g_autoptr(SyMatrix) output = sy_matrix_new(rows, 2);
    memcpy(sy_matrix_column(output, 0), a, rows * sizeof *a);
    memcpy(sy_matrix_column(output, 1), b, rows * sizeof *b);
    g_autoptr(SySignals) signals = sy_signal_rule_find(rule)->run(&config, output);
    for (gsize i = 0; i < rows; i++) {
        int count = signals->long_entries[i] + signals->long_exits[i] + signals->short_entries[i] +
                    signals->short_exits[i];
        letters[i] = count > 1                   ? '*'
                     : signals->long_entries[i]  ? 'L'
                     : signals->long_exits[i]    ? 'l'
                     : signals->short_entries[i] ? 'S'
                     : signals->short_exits[i]   ? 's'
                                                 : '.';
        assert_int_equal(signals->long_entries[i], signals->short_entries[rows + i]);
        assert_int_equal(signals->long_exits[i], signals->short_exits[rows + i]);
        assert_int_equal(signals->short_entries[i], signals->long_entries[rows + i]);
        assert_int_equal(signals->short_exits[i], signals->long_exits[rows + i]);
    }
    letters[rows] = '\0';
    return letters;
}

static void test_twin_spread__leaves_when_both_legs_say_so(void **state) {
    (void)state;
    const double a[] = {0.5, 0.9, 0.8, -0.1, -0.1, -0.9, 0.1, 0.1};
    const double b[] = {-0.9, -0.9, -0.8, -0.1, 0.1, 0.9, 0.1, -0.1};
    assert_string_equal(story("twin_spread", true, 8, a, b), ".L..lS.s");
}

static void test_spread__leaves_when_either_leg_says_so(void **state) {
    (void)state;
    const double a[] = {0.5, 0.9, 0.8, -0.1, -0.1, -0.9, 0.1, 0.1};
    const double b[] = {-0.9, -0.9, -0.8, -0.1, 0.1, 0.9, 0.1, -0.1};
    assert_string_equal(story("spread", true, 8, a, b), ".L.l.Ss.");
}

static void test_pair_rules__levels_count_as_reached_when_equal(void **state) {
    (void)state;
    const double a[] = {0.8, 0.0, -0.8, 0.0}, b[] = {-0.8, 0.0, 0.8, 0.0};
    assert_string_equal(story("twin_spread", true, 4, a, b), "LlSs");
}

static void test_pair_rules__missing_output_gives_no_signal(void **state) {
    (void)state;
    const double a[] = {NAN, 0.9, NAN, -0.5, -0.5}, b[] = {-0.9, -0.9, 0.5, NAN, 0.5};
    assert_string_equal(story("twin_spread", true, 5, a, b), ".L..l");
    assert_string_equal(story("spread", true, 5, a, b), ".L..l");
}

static void test_clean__never_reverses_on_one_row(void **state) {
    (void)state;
    const double a[] = {0.9, -0.9, -0.9, 0.9}, b[] = {-0.9, 0.9, 0.9, -0.9};
    assert_string_equal(story("twin_spread", true, 4, a, b), "LlSs");
}

static void test_unclean__passes_every_raw_signal_on(void **state) {
    (void)state;
    const double a[] = {0.9, 0.9, -0.5}, b[] = {-0.9, -0.9, 0.5};
    /* Row 0: a long entry and, since a >= short_exits and b <= long_exits, a short exit. */
    assert_string_equal(story("twin_spread", false, 3, a, b), "**l");
    assert_string_equal(story("twin_spread", true, 3, a, b), "L.l");
}

/* ---- crossover ---- */

/* Letters of each leg, as story's, with entry levels 0.8 and -0.8, exits at 0.1 and -0.1. */
static void crossover_story(const char *rule, bool clean, gsize rows, const double *a,
                            const double *b, char letters[2][rows_max + 1]) {
    SySignalConfig config = {0.8, 0.1, -0.8, -0.1, clean};
    g_autoptr(SyMatrix) output = sy_matrix_new(rows, 2);
    memcpy(sy_matrix_column(output, 0), a, rows * sizeof *a);
    memcpy(sy_matrix_column(output, 1), b, rows * sizeof *b);
    g_autoptr(SySignals) signals = sy_signal_rule_find(rule)->run(&config, output);
    for (gsize leg = 0; leg < 2; leg++) {
        for (gsize i = 0; i < rows; i++) {
            gsize cell = leg * rows + i;
            letters[leg][i] = signals->long_entries[cell]    ? 'L'
                              : signals->long_exits[cell]    ? 'l'
                              : signals->short_entries[cell] ? 'S'
                              : signals->short_exits[cell]   ? 's'
                                                             : '.';
        }
        letters[leg][rows] = '\0';
    }
}

static void test_crossover__fires_where_a_level_is_passed(void **state) {
    (void)state;
    char letters[2][rows_max + 1];
    const double a[] = {0.9, 0.7, 0.8, 0.9, 0.1, -0.8, -0.9, -0.1};
    const double b[] = {0.0, -0.9, NAN, -0.9, 0.0, 0.9, 0.9, 0.1};
    crossover_story("crossover", true, 8, a, b, letters);
    /* beyond the level from the start is no crossing, nor is what comes after a missing value */
    assert_string_equal(letters[0], "..L.lS.s");
    assert_string_equal(letters[1], ".S..sL.l");
    crossover_story("crossover", false, 8, a, b, letters);
    assert_string_equal(letters[1], ".S..sL.l");
}

static void test_crossover_1d__mirrors_the_first_column(void **state) {
    (void)state;
    char letters[2][rows_max + 1];
    const double a[] = {0.9, 0.7, 0.8, 0.9, 0.1, -0.8, -0.9, -0.1};
    const double b[] = {NAN, NAN, NAN, NAN, NAN, NAN, NAN, NAN};
    crossover_story("crossover_1d", true, 8, a, b, letters);
    assert_string_equal(letters[0], "..L.lS.s");
    assert_string_equal(letters[1], "..S.sL.l");
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_twin_spread__leaves_when_both_legs_say_so),
        cmocka_unit_test(test_spread__leaves_when_either_leg_says_so),
        cmocka_unit_test(test_pair_rules__levels_count_as_reached_when_equal),
        cmocka_unit_test(test_pair_rules__missing_output_gives_no_signal),
        cmocka_unit_test(test_clean__never_reverses_on_one_row),
        cmocka_unit_test(test_unclean__passes_every_raw_signal_on),
        cmocka_unit_test(test_crossover__fires_where_a_level_is_passed),
        cmocka_unit_test(test_crossover_1d__mirrors_the_first_column),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
