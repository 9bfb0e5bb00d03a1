/* Of every model: a cut future changes neither output nor fits before the cut, and threads change
 * nothing at all. Bit for bit. */
#include "test.h"

#include <math.h>
#include <string.h>

#include "model/model.h"

#include "model_pair.h"

enum { ROWS = 700, CUTS = 15 };

/* Configurations of ArbitrageClipIndex that take different ways through the code. */
static const struct {
    const char *key, *value;
} variants[] = {
    {"sequential", "false"},
    {"sequential", "true"},
    {"bound_reversion", "true"},
    {"rotation", "auto"},
    {"list_copulas", "Clayton,Gumbel,Frank,Joe,StudentT,Gaussian,Independence"},
    {"copula", "gaussian"},
    {"copula", "Joe"},
    {"use_close", "false"},
    {"method", "bic"},
    {"offset", "37"},
};

static gpointer config_of(const SyModel *model, gsize variant) {
    return test_config(model, "training_window", "150", "testing_window", "40",
                       variants[variant].key, variants[variant].value, NULL);
}

/* A pair with missing prices and flat stretches, where ties and gaps occur. */
static SyPanel *rough_pair(void) {
    SyPanel *panel = test_pair(ROWS, 77);
    g_autoptr(GRand) random = g_rand_new_with_seed(78);
    for (gsize row = 1; row < ROWS; row++) {
        gsize column = g_rand_boolean(random);
        bool missing = g_rand_double(random) < 0.02, flat = g_rand_double(random) < 0.1;
        for (int field = SY_OPEN; field <= SY_CLOSE; field++) {
            double *value = sy_panel_column(panel, (SyBarField)field, column);
            if (flat)
                value[row] = value[row - 1];
            if (missing)
                value[row] = NAN;
        }
    }
    return panel;
}

static void assert_same_past(const SyModelResult *whole, const SyModelResult *part) {
    gsize rows = part->output->rows;
    for (gsize column = 0; column < whole->output->columns; column++)
        assert_memory_equal(sy_matrix_column(whole->output, column),
                            sy_matrix_column(part->output, column), rows * sizeof(double));
    assert_true(part->fits->len <= whole->fits->len);
    for (guint k = 0; k < part->fits->len; k++) {
        SyFit full = g_array_index(whole->fits, SyFit, k),
              cut = g_array_index(part->fits, SyFit, k);
        /* The newest test slice may have been cut short; what was learnt may not have changed. */
        full.split.test_end = MIN(full.split.test_end, rows);
        assert_memory_equal(&full, &cut, sizeof full);
    }
}

static void test_models__a_cut_future_changes_nothing_before_the_cut(void **state) {
    (void)state;
    g_autoptr(SyPanel) panel = rough_pair();
    g_autoptr(GRand) random = g_rand_new_with_seed(4);
    const SyModel *model = sy_model_find("ArbitrageClipIndex");
    for (gsize variant = 0; variant < G_N_ELEMENTS(variants); variant++) {
        gpointer config = config_of(model, variant);
        g_autoptr(SyModelResult) whole = test_model_run(model, config, panel, 1);
        for (int cut = 0; cut < CUTS; cut++) {
            gsize rows = (gsize)g_rand_int_range(random, (gint32)model->warmup(config) + 1, ROWS);
            g_autoptr(SyPanel) past = test_panel_head(panel, rows);
            g_autoptr(SyModelResult) part = test_model_run(model, config, past, 1);
            assert_same_past(whole, part);
        }
        test_config_free(model, config);
    }
}

static void test_models__threads_change_nothing(void **state) {
    (void)state;
    g_autoptr(SyPanel) panel = rough_pair();
    const SyModel *model = sy_model_find("ArbitrageClipIndex");
    for (gsize variant = 0; variant < G_N_ELEMENTS(variants); variant++) {
        gpointer config = config_of(model, variant);
        g_autoptr(SyModelResult) one = test_model_run(model, config, panel, 1);
        for (int threads = 2; threads <= 64; threads *= 4) {
            g_autoptr(SyModelResult) several = test_model_run(model, config, panel, threads);
            assert_int_equal(one->fits->len, several->fits->len);
            assert_same_past(one, several);
        }
        test_config_free(model, config);
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_models__a_cut_future_changes_nothing_before_the_cut),
        cmocka_unit_test(test_models__threads_change_nothing),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
