/* What holds for every model, whatever its name. */
#include "test.h"

#include <math.h>
#include <string.h>

#include "base/error.h"
#include "base/text.h"
#include "model/model.h"

#include "model_pair.h"

static void test_models__have_a_name_summary_source_and_fields(void **state) {
    (void)state;
    for (gsize i = 0; i < sy_n_models; i++) {
        const SyModel *model = sy_models[i];
        assert_ptr_equal(sy_model_find(model->name), model);
        assert_null(sy_model_refused(model->name));
        assert_true(*model->summary && *model->source && model->symbols > 0);
        for (gsize k = 0; k < model->fields->n; k++)
            assert_true(*model->fields->rows[k].help);
        for (gsize other = 0; other < i; other++)
            assert_false(sy_text_equal_loosely(model->name, sy_models[other]->name));
    }
}

static void test_models__refuse_by_name_what_is_not_built(void **state) {
    (void)state;
    static const char *const later[] = {"MetaModel", "meta_model"};
    for (gsize i = 0; i < G_N_ELEMENTS(later); i++) {
        assert_null(sy_model_find(later[i]));
        assert_non_null(sy_model_refused(later[i]));
    }
    assert_null(sy_model_refused("CrystalBall"));
}

/* The defaults of a model, and something where it has none. */
static gpointer default_config(const SyModel *model) {
    gpointer config = test_config(model, NULL);
    for (gsize i = 0; i < model->fields->n; i++)
        if (model->fields->rows[i].required)
            assert_true(sy_field_set_text(&model->fields->rows[i], config, "1", NULL));
    return config;
}

static void test_models__defaults_are_valid(void **state) {
    (void)state;
    for (gsize i = 0; i < sy_n_models; i++) {
        gpointer config = default_config(sy_models[i]);
        const char *key = NULL;
        if (sy_models[i]->validate)
            assert_null(sy_models[i]->validate(config, &key));
        test_config_free(sy_models[i], config);
    }
}

/* warmup rows are one too few; with one more the newest row has an output. Bounds hold, and output
 * begins where it says. */
static void test_models__output_begins_after_the_warmup_within_the_bounds(void **state) {
    (void)state;
    for (gsize i = 0; i < sy_n_models; i++) {
        const SyModel *model = sy_models[i];
        if (!model->warmup) /* command: tests/unit/test_command_model.c */
            continue;
        gpointer config = test_config(model, NULL);
        gsize warmup = model->warmup(config);
        g_autoptr(SyPanel) panel = test_pair(3 * warmup, 5);
        g_autoptr(SyPanel) too_short = test_panel_head(panel, warmup);
        g_autoptr(SyPanel) enough = test_panel_head(panel, warmup + 1);
        g_autoptr(GError) error = NULL;
        assert_null(model->run(config, too_short, &(SyModelContext){.threads = 1}, &error));
        assert_int_equal(error->code, SY_ERROR_DATA);
        assert_non_null(strstr(error->message, panel->symbol[0]));

        g_autoptr(SyModelResult) first = test_model_run(model, config, enough, 1);
        assert_true(isnan(first->output->value[warmup - 1]));
        assert_false(isnan(first->output->value[warmup]));

        g_autoptr(SyModelResult) result = test_model_run(model, config, panel, 1);
        double lower = -INFINITY, upper = INFINITY;
        if (model->bounds)
            model->bounds(config, &lower, &upper);
        assert_true(result->lower == lower && result->upper == upper);
        assert_int_equal(result->output->rows, panel->rows);
        for (gsize column = 0; column < result->output->columns; column++) {
            const double *output = sy_matrix_column(result->output, column);
            for (gsize row = 0; row < panel->rows; row++) {
                assert_int_equal(isnan(output[row]) != 0, row < warmup);
                assert_true(row < warmup || (output[row] >= lower && output[row] <= upper));
            }
        }
        test_config_free(model, config);
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_models__have_a_name_summary_source_and_fields),
        cmocka_unit_test(test_models__refuse_by_name_what_is_not_built),
        cmocka_unit_test(test_models__defaults_are_valid),
        cmocka_unit_test(test_models__output_begins_after_the_warmup_within_the_bounds),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
