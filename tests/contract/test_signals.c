/* Every row of the registry of signal rules, on random outputs. */
#include "test.h"

#include <math.h>
#include <string.h>

#include "signal/signal.h"

enum { rows = 4000 };

static const SySignalConfig levels = {0.7, 0.1, -0.6, -0.1, true};

/* Two random walks within -1 … 1; one value in fifty is missing. */
static SyMatrix *random_output(guint32 seed) {
    g_autoptr(GRand) random = g_rand_new_with_seed(seed);
    SyMatrix *output = sy_matrix_new(rows, 2);
    for (gsize column = 0; column < 2; column++) {
        double value = 0;
        for (gsize row = 0; row < rows; row++) {
            value = CLAMP(value + g_rand_double_range(random, -0.4, 0.4), -1, 1);
            sy_matrix_column(output, column)[row] = g_rand_double(random) < 0.02 ? NAN : value;
        }
    }
    return output;
}

static void test_rules__say_what_they_are(void **state) {
    (void)state;
    for (gsize i = 0; i < sy_n_signal_rules; i++) {
        const SySignalRule *rule = sy_signal_rules[i];
        assert_ptr_equal(sy_signal_rule_find(rule->name), rule);
        assert_true(g_str_has_suffix(rule->summary, "."));
        assert_true(*rule->source != '\0' && rule->columns > 0);
    }
    assert_null(sy_signal_rule_find("no_such_rule"));
}

/* Clean: a leg is opened only when flat and closed only when open, one thing a row; nothing happens
 * on a row without an output of the leg, or of the first where only that one counts. */
static void test_rules__clean_signals_open_and_close_in_turn(void **state) {
    (void)state;
    for (gsize i = 0; i < sy_n_signal_rules; i++) {
        g_autoptr(SyMatrix) output = random_output(17 + (guint32)i);
        g_autoptr(SySignals) signals = sy_signal_rules[i]->run(&levels, output);
        assert_true(signals->rows == rows && signals->columns == 2);
        int entries = 0;
        for (gsize column = 0; column < 2; column++)
            for (gsize row = 0, cell = column * rows, side = 0; row < rows; row++, cell++) {
                int le = signals->long_entries[cell], lx = signals->long_exits[cell];
                int se = signals->short_entries[cell], sx = signals->short_exits[cell];
                assert_true(le + lx + se + sx <= 1);
                assert_true(!(le || se) || side == 0);
                assert_true(!lx || side == 1);
                assert_true(!sx || side == 2);
                side = le ? 1 : se ? 2 : lx || sx ? 0 : side;
                entries += le || se;
                gsize read = sy_signal_rules[i]->columns == 1 ? row : cell;
                if (isnan(output->value[read]))
                    assert_int_equal(le + lx + se + sx, 0);
            }
        assert_true(entries > 20);
    }
}

/* A row's signals come from that row and those before it. */
static void test_rules__know_nothing_of_later_rows(void **state) {
    (void)state;
    for (gsize i = 0; i < sy_n_signal_rules; i++) {
        g_autoptr(SyMatrix) output = random_output(99);
        g_autoptr(SySignals) whole = sy_signal_rules[i]->run(&levels, output);
        for (gsize row = rows / 2; row < rows; row++)
            sy_matrix_column(output, 0)[row] = -sy_matrix_column(output, 0)[row];
        g_autoptr(SySignals) other = sy_signal_rules[i]->run(&levels, output);
        for (gsize column = 0; column < 2; column++) {
            gsize start = column * rows;
            assert_memory_equal(whole->long_entries + start, other->long_entries + start, rows / 2);
            assert_memory_equal(whole->long_exits + start, other->long_exits + start, rows / 2);
            assert_memory_equal(whole->short_entries + start, other->short_entries + start,
                                rows / 2);
            assert_memory_equal(whole->short_exits + start, other->short_exits + start, rows / 2);
        }
        assert_memory_not_equal(whole->long_entries, other->long_entries, rows);
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_rules__say_what_they_are),
        cmocka_unit_test(test_rules__clean_signals_open_and_close_in_turn),
        cmocka_unit_test(test_rules__know_nothing_of_later_rows),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
