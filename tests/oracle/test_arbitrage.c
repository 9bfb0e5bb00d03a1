/* The sample template's model on its real bars, against figures found before this program was. */
#include "test.h"

#include <math.h>
#include <string.h>

#include "base/error.h"
#include "model/model.h"

#include "bars.h"

/* Within half a unit of the last digit that the figure was written with. */
static void assert_fit(const SyFit *fit, double tau, double rho, double nu) {
    assert_true(fabs(fit->tau - tau) <= 5e-7);
    assert_true(fabs(fit->parameter[0] - rho) <= 5e-7);
    assert_true(fabs(fit->parameter[1] - nu) <= 5e-5);
}

static void test_arbitrage__fits_the_sample_templates_bars(void **state) {
    (void)state;
    g_autoptr(SyPanel) panel =
        test_bars("CB-BTC-USD", "CB-ETH-USD", "2018-01-01", "2020-08-05T16:00:00Z");
    if (!panel)
        skip();
    assert_int_equal(panel->rows, 22744);
    const SyModel *model = sy_model_find("ArbitrageClipIndex");
    g_autofree void *config = g_malloc(model->fields->size);
    sy_fields_init(model->fields, config);
    static const char *const given[][2] = {{"training_window", "3244"},
                                           {"testing_window", "992"},
                                           {"lower", "-1.57"},
                                           {"upper", "1.11"}};
    for (gsize i = 0; i < G_N_ELEMENTS(given); i++)
        assert_true(
            sy_field_set_text(sy_field_find(model->fields->rows, model->fields->n, given[i][0]),
                              config, given[i][1], NULL));
    g_autoptr(GError) error = NULL;
    g_autoptr(SyModelResult) result =
        model->run(config, panel, &(SyModelContext){.threads = 1}, &error);
    if (!result)
        fail_msg("%s", error->message);
    assert_int_equal(result->fits->len, 20);
    for (guint k = 0; k < result->fits->len; k++)
        assert_string_equal(g_array_index(result->fits, SyFit, k).family, "StudentT");
    assert_fit(&g_array_index(result->fits, SyFit, 0), 0.624373, 0.830922, 2.8666);
    assert_fit(&g_array_index(result->fits, SyFit, 19), 0.694879, 0.887326, 3.9262);
    sy_fields_clear(model->fields, config);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_arbitrage__fits_the_sample_templates_bars),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
