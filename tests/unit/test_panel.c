/* The fingerprint of a panel. */
#include "test.h"

#include <string.h>

#include "data/panel.h"

#include "model_pair.h"

static char *fingerprint(const SyPanel *panel, gsize rows) {
    g_autoptr(GArray) blocks = sy_panel_blocks(panel);
    return sy_panel_fingerprint_head(panel, blocks, rows);
}

static void test_panel__has_the_fingerprint_of_its_first_rows(void **state) {
    (void)state;
    const gsize rows[] = {1, 511, 512, 513, 1024, 1500};
    g_autoptr(SyPanel) panel = test_pair(1600, 5);
    for (gsize i = 0; i < G_N_ELEMENTS(rows); i++) {
        g_autoptr(SyPanel) head = test_panel_head(panel, rows[i]);
        g_autofree char *of_head = fingerprint(head, rows[i]),
                        *of_whole = fingerprint(panel, rows[i]);
        g_autofree char *longer = fingerprint(panel, rows[i] + 1);
        assert_string_equal(of_head, of_whole);
        assert_string_not_equal(of_head, longer);
    }
}

static void test_panel__another_bit_is_another_fingerprint(void **state) {
    (void)state;
    g_autoptr(SyPanel) panel = test_pair(1100, 6);
    g_autoptr(GRand) random = g_rand_new_with_seed(7);
    g_autofree char *before = fingerprint(panel, 1100);
    for (int round = 0; round < 60; round++) {
        gsize row = (gsize)g_rand_int_range(random, 0, 1100), field = (gsize)round % SY_BAR_FIELDS;
        double *value =
            sy_panel_column(panel, (SyBarField)field, (gsize)(round / SY_BAR_FIELDS) % 2);
        double old = value[row];
        value[row] = nextafter(isnan(old) ? 1 : old, INFINITY);
        g_autofree char *after = fingerprint(panel, 1100);
        assert_string_not_equal(before, after);
        value[row] = old;
        panel->time[row]++;
        g_autofree char *moved = fingerprint(panel, 1100);
        assert_string_not_equal(before, moved);
        panel->time[row]--;
    }
    g_autofree char *again = fingerprint(panel, 1100);
    assert_string_equal(before, again);
    g_free(panel->symbol[1]);
    panel->symbol[1] = g_strdup("C");
    g_autofree char *renamed = fingerprint(panel, 1100);
    assert_string_not_equal(before, renamed);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_panel__has_the_fingerprint_of_its_first_rows),
        cmocka_unit_test(test_panel__another_bit_is_another_fingerprint),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
