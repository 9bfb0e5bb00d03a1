/* ArbitrageClipIndex: its sum, its parameters, and what it says of data it cannot use. */
#include "test.h"

#include <math.h>
#include <string.h>

#include "base/error.h"
#include "model/model.h"

#include "model_pair.h"

enum { ROWS = 400 };

static const SyModel *clip_index(void) { return sy_model_find("ArbitrageClipIndex"); }

/* With the independence copula each leg's h is its own empirical distribution, and the whole model
 * fits in these lines. */
typedef struct {
    gsize training, testing, offset;
    double lower, upper, center;
    bool sequential, bound_reversion;
    SyBarField field;
} Plain;

static double log_return(const double *price, gsize row) {
    return log(price[row] / price[row - 1]);
}

/* Share of the training returns below that of a row; NaN where either leg has none. */
static double plain_h(const Plain *plain, const SyPanel *panel, gsize leg, gsize start, gsize row) {
    const double *price = sy_panel_column(panel, plain->field, leg);
    const double *other = sy_panel_column(panel, plain->field, 1 - leg);
    double at = log_return(price, row), count = 0.5, pairs = 0;
    if (isnan(at) || isnan(log_return(other, row)))
        return NAN;
    for (gsize i = start; i < start + plain->training; i++) {
        double value = log_return(price, i);
        if (isnan(value) || isnan(log_return(other, i)))
            continue;
        pairs++;
        count += value < at ? 1 : value == at ? 0.5 : 0;
    }
    return count / (pairs + 1);
}

static void plain_index(const Plain *plain, const SyPanel *panel, gsize leg, double *output) {
    gsize first = 1 + plain->offset + plain->training;
    double index = 0;
    bool fell = false, rose = false; /* since a bound was touched last */
    for (gsize row = 0; row < panel->rows; row++) {
        output[row] = NAN;
        if (row < first)
            continue;
        gsize k = (row - first) / plain->testing;
        if (plain->sequential && (row - first) % plain->testing == 0) {
            index = 0;
            fell = rose = false;
        }
        double h = plain_h(plain, panel, leg, 1 + plain->offset + k * plain->testing, row);
        double step = isnan(h) ? 0 : h - plain->center;
        if (plain->bound_reversion && ((rose && step > 0) || (fell && step < 0)))
            step = 0;
        index = fmin(fmax(index + step, plain->lower), plain->upper);
        if (index <= 0)
            rose = false;
        if (index >= 0)
            fell = false;
        if (index == plain->upper)
            rose = true;
        if (index == plain->lower)
            fell = true;
        output[row] = index;
    }
}

static void assert_plain(const SyPanel *panel, const Plain *plain, gpointer config) {
    g_autoptr(SyModelResult) result = test_model_run(clip_index(), config, panel, 1);
    g_autofree double *expected = g_new(double, panel->rows);
    for (gsize leg = 0; leg < 2; leg++) {
        plain_index(plain, panel, leg, expected);
        const double *output = sy_matrix_column(result->output, leg);
        for (gsize row = 0; row < panel->rows; row++)
            if (isnan(expected[row]) ? !isnan(output[row]) : output[row] != expected[row])
                fail_msg("leg %zu, row %zu: %.17g, not %.17g", leg, row, output[row],
                         expected[row]);
    }
    test_config_free(clip_index(), config);
}

#define CONFIG(...)                                                                                \
    test_config(clip_index(), "copula", "Independence", "training_window", "100",                  \
                "testing_window", "30", __VA_ARGS__, NULL)

static void test_clip_index__sums_up_between_its_bounds(void **state) {
    (void)state;
    g_autoptr(SyPanel) panel = test_pair(ROWS, 21);
    const Plain plain = {
        .training = 100, .testing = 30, .lower = -1, .upper = 1, .center = 0.5, .field = SY_CLOSE};
    Plain changed = plain;
    assert_plain(panel, &changed, CONFIG("lower", "-1"));
    changed.sequential = true;
    assert_plain(panel, &changed, CONFIG("sequential", "true"));
    changed = plain, changed.bound_reversion = true;
    assert_plain(panel, &changed, CONFIG("bound_reversion", "true"));
    changed = plain, changed.sequential = changed.bound_reversion = true;
    changed.lower = -0.4, changed.upper = 0.4;
    assert_plain(
        panel, &changed,
        CONFIG("sequential", "true", "bound_reversion", "true", "lower", "-0.4", "upper", "0.4"));
    changed = plain, changed.center = 0.45, changed.lower = -0.3, changed.upper = 2;
    assert_plain(panel, &changed, CONFIG("center", "0.45", "lower", "-0.3", "upper", "2"));
    changed = plain, changed.offset = 17;
    assert_plain(panel, &changed, CONFIG("offset", "17"));
    changed = plain, changed.field = SY_OPEN;
    assert_plain(panel, &changed, CONFIG("use_close", "false"));
}

/* A missing price costs two returns of both legs; the index stands still on these rows. */
static void test_clip_index__carries_on_over_missing_prices(void **state) {
    (void)state;
    g_autoptr(SyPanel) panel = test_pair(ROWS, 22);
    static const gsize missing[][2] = {{0, 40}, {1, 90}, {1, 91}, {0, 101}, {1, 250}, {0, 399}};
    for (gsize i = 0; i < G_N_ELEMENTS(missing); i++)
        sy_panel_column(panel, SY_CLOSE, missing[i][0])[missing[i][1]] = NAN;
    const Plain plain = {
        .training = 100, .testing = 30, .lower = -1, .upper = 1, .center = 0.5, .field = SY_CLOSE};
    assert_plain(panel, &plain, CONFIG("lower", "-1"));
    gpointer config = CONFIG("lower", "-1");
    g_autoptr(SyModelResult) result = test_model_run(clip_index(), config, panel, 1);
    const double *output = sy_matrix_column(result->output, 1);
    assert_true(output[250] == output[249] && output[251] == output[249]);
    assert_true(output[252] != output[251]);
    assert_int_equal(g_array_index(result->fits, SyFit, 0).pairs, 100 - 2 - 3);
    test_config_free(clip_index(), config);
}

static void test_clip_index__reports_every_split(void **state) {
    (void)state;
    g_autoptr(SyPanel) panel = test_pair(ROWS, 23);
    gpointer config =
        test_config(clip_index(), "training_window", "100", "testing_window", "30", NULL);
    g_autoptr(SyModelResult) result = test_model_run(clip_index(), config, panel, 1);
    assert_int_equal(result->fits->len, 10);
    for (guint k = 0; k < result->fits->len; k++) {
        const SyFit *fit = &g_array_index(result->fits, SyFit, k);
        assert_int_equal(fit->split.train_start, 1 + 30 * k);
        assert_int_equal(fit->pairs, 100);
        assert_true(fit->tau > 0 && fit->tau < 1);
        assert_non_null(fit->family);
        assert_string_equal(fit->rotation, "R0");
        assert_true(fit->aic == 2 * (double)fit->parameters - 2 * fit->loglik);
    }
    test_config_free(clip_index(), config);
}

static void count_progress(double fraction, gpointer data) {
    GArray *seen = data;
    g_array_append_val(seen, fraction);
}

static void test_clip_index__reports_progress_to_the_end(void **state) {
    (void)state;
    g_autoptr(SyPanel) panel = test_pair(ROWS, 24);
    gpointer config = CONFIG("lower", "-1");
    g_autoptr(GArray) seen = g_array_new(FALSE, FALSE, sizeof(double));
    g_autoptr(SyModelResult) result = clip_index()->run(
        config, panel,
        &(SyModelContext){.threads = 1, .progress = count_progress, .progress_data = seen}, NULL);
    assert_int_equal(seen->len, result->fits->len);
    for (guint i = 1; i < seen->len; i++)
        assert_true(g_array_index(seen, double, i) > g_array_index(seen, double, i - 1));
    assert_true(g_array_index(seen, double, seen->len - 1) == 1);
    test_config_free(clip_index(), config);
}

static void test_clip_index__refuses_parameters_with_a_reason(void **state) {
    (void)state;
    static const struct {
        const char *keys[4], *blamed, *said;
    } cases[] = {
        {{"lower", "0"}, "lower", "below 0"},
        {{"lower", "nan"}, "lower", "below 0"},
        {{"upper", "-1"}, "upper", "above 0"},
        {{"upper", "inf"}, "upper", "above 0"},
        {{"marginal_dependence", "true"}, "marginal_dependence", "does not say"},
        {{"alpha", "0.8"}, "alpha", "does not say"},
        {{"truncate", "0.4"}, "truncate", "does not say"},
        {{"lower_triangle", "0.4"}, "lower_triangle", "does not say"},
        {{"upper_triangle", "0.4"}, "upper_triangle", "does not say"},
        {{"by", "week"}, "custom_splitter_kwargs", "\"week\" is of from_grouper"},
        {{"copula", "StudentT", "rotation", "R90"}, "rotation", "R0 only"},
        {{"copula", "BB7"}, "copula", "fit = \"mle\""},
        {{"list_copulas", "Frank,BB1"}, "list_copulas", "two parameters"},
        {{"copula", "Joe", "list_copulas", "Joe,Frank"}, "list_copulas", "leave it out"},
    };
    for (gsize i = 0; i < G_N_ELEMENTS(cases); i++) {
        const char *key = NULL;
        const char *const *k = cases[i].keys;
        gpointer config = test_config(clip_index(), k[0], k[1], k[2], k[3], NULL);
        g_autofree char *reason = clip_index()->validate(config, &key);
        assert_non_null(reason);
        assert_string_equal(key, cases[i].blamed);
        assert_non_null(strstr(reason, cases[i].said));
        test_config_free(clip_index(), config);
    }
}

static void test_clip_index__refuses_values_by_name(void **state) {
    (void)state;
    static const struct {
        const char *key, *value, *said;
    } cases[] = {
        {"copula", "Claytom", "did you mean \"Clayton\"?"},
        {"copula", "x", "StudentT"},
        {"fit", "guess", "itau, mle"},
        {"splitter", "from_tea_leaves", "is not a splitter"},
        {"rotation", "R45", "R90"},
        {"method", "hqic", "aic, bic, loglik"},
        {"training_window", "5", "10"},
        {"center", "1.5", "1"},
    };
    const SyFieldTable *fields = clip_index()->fields;
    for (gsize i = 0; i < G_N_ELEMENTS(cases); i++) {
        gpointer config = test_config(clip_index(), NULL);
        g_autoptr(GError) error = NULL;
        const SyField *field = sy_field_find(fields->rows, fields->n, cases[i].key);
        assert_false(sy_field_set_text(field, config, cases[i].value, &error));
        if (!strstr(error->message, cases[i].said))
            fail_msg("%s = %s: %s", cases[i].key, cases[i].value, error->message);
        test_config_free(clip_index(), config);
    }
    assert_non_null(sy_field_find(fields->rows, fields->n, "cross_tail_method")->refused);
    const SyField *group = sy_field_find(fields->rows, fields->n, "custom_splitter_kwargs");
    assert_non_null(sy_field_find(group->members, group->n_members, "backwards")->refused);
}

/* Spoils the second split, rows 31 to 130. */
typedef void (*Spoil)(SyPanel *panel);

static void make_constant(SyPanel *panel) {
    for (gsize row = 0; row < panel->rows; row++)
        sy_panel_column(panel, SY_CLOSE, 1)[row] = 40;
}

static void make_same(SyPanel *panel) {
    for (gsize row = 0; row < panel->rows; row++)
        sy_panel_column(panel, SY_CLOSE, 1)[row] = 2 * sy_panel_column(panel, SY_CLOSE, 0)[row];
}

static void make_opposite(SyPanel *panel) {
    for (gsize row = 0; row < panel->rows; row++)
        sy_panel_column(panel, SY_CLOSE, 1)[row] = 1 / sy_panel_column(panel, SY_CLOSE, 0)[row];
}

/* Only one leg trades in even hours, only the other in odd ones. */
static void make_alternate(SyPanel *panel) {
    for (gsize row = 0; row < panel->rows; row++)
        sy_panel_column(panel, SY_CLOSE, row % 2)[row] = NAN;
}

/* From row 140 on they move against each other, which Clayton does not know. */
static void make_contrary(SyPanel *panel) {
    for (gsize row = 140; row < panel->rows; row++)
        sy_panel_column(panel, SY_CLOSE, 1)[row] = 3000 / sy_panel_column(panel, SY_CLOSE, 0)[row] *
                                                   (1 + 1e-3 * sin((double)row * (double)row));
}

static void test_clip_index__says_what_is_wrong_with_data_and_where(void **state) {
    (void)state;
    static const struct {
        Spoil spoil;
        const char *said[3];
    } cases[] = {
        {make_constant, {"all returns of B are 0", "split 1 of 10", "longer training_window"}},
        {make_same, {"Kendall's tau is 1 ", "move as one", "two different symbols"}},
        {make_opposite, {"Kendall's tau is -1 ", "against each other", "two different symbols"}},
        {make_alternate, {"only 0 have a return of both", "rows 1 to 100", "missing_index"}},
        {make_contrary, {"none of Clayton admits", "of 10 (training rows ", "StudentT"}},
    };
    for (gsize i = 0; i < G_N_ELEMENTS(cases); i++) {
        g_autoptr(SyPanel) panel = test_pair(ROWS, 25);
        cases[i].spoil(panel);
        gpointer config = test_config(clip_index(), "copula", "Clayton", "training_window", "100",
                                      "testing_window", "30", NULL);
        g_autofree char *first = NULL;
        for (int threads = 1; threads <= 4; threads++) {
            g_autoptr(GError) error = NULL;
            assert_null(
                clip_index()->run(config, panel, &(SyModelContext){.threads = threads}, &error));
            assert_int_equal(error->code, SY_ERROR_DATA);
            assert_non_null(strstr(error->message, "A / B: split "));
            assert_non_null(strstr(error->message, "1970-01-0"));
            for (gsize k = 0; k < G_N_ELEMENTS(cases[i].said); k++)
                if (!strstr(error->message, cases[i].said[k]))
                    fail_msg("\"%s\" is not in: %s", cases[i].said[k], error->message);
            /* The earliest split that fails is the one reported, whoever came upon it first. */
            if (!first)
                first = g_strdup(error->message);
            assert_string_equal(error->message, first);
        }
        test_config_free(clip_index(), config);
    }
}

/* ---- siblings ---- */

#define SIBLING(name, ...)                                                                         \
    test_config(sy_model_find(name), "copula", "Clayton", "training_window", "100",                \
                "testing_window", "30", __VA_ARGS__, NULL)

/* What a sibling makes of the steps of one leg, written out. steps: NaN where there is none. */
typedef void (*Sibling)(const double *steps, double *index);

static void plain_cumulative(const double *steps, double *index) {
    double sum = 0;
    for (gsize row = 101; row < ROWS; row++)
        index[row] = sum += isnan(steps[row]) ? 0 : steps[row];
}

static void plain_sequential(const double *steps, double *index) {
    double sum = 0;
    for (gsize row = 101; row < ROWS; row++) {
        if ((row - 101) % 30 == 0)
            sum = 0;
        index[row] = sum += isnan(steps[row]) ? 0 : steps[row];
    }
}

static void plain_reset(const double *steps, double *index) {
    double sum = 0;
    for (gsize row = 101; row < ROWS; row++) {
        sum += isnan(steps[row]) ? 0 : steps[row];
        index[row] = fmin(fmax(sum, -0.6), 0.9);
        if (sum >= 0.9 || sum <= -0.6)
            sum = 0;
    }
}

static void plain_zscore(const double *steps, double *index) {
    double sum[ROWS];
    plain_cumulative(steps, sum);
    for (gsize row = 101 + 29; row < ROWS; row++) {
        double mean = 0, squares = 0;
        for (gsize i = row - 29; i <= row; i++)
            mean += sum[i] / 30;
        for (gsize i = row - 29; i <= row; i++)
            squares += (sum[i] - mean) * (sum[i] - mean);
        index[row] = (sum[row] - mean) / sqrt(squares / 29);
    }
}

static void test_siblings__make_their_index_of_the_same_steps(void **state) {
    (void)state;
    static const struct {
        const char *model, *key, *value;
        Sibling sibling;
    } cases[] = {
        {"ArbitrageCumulativeIndex", "sequential", "false", plain_cumulative},
        {"ArbitrageCumulativeIndex", "sequential", "true", plain_sequential},
        {"ArbitrageResetIndex", "lower", "-0.6", plain_reset},
        {"ArbitrageRollingZscoreIndex", "center", "0.5", plain_zscore},
    };
    g_autoptr(SyPanel) panel = test_pair(ROWS, 8);
    sy_panel_column(panel, SY_CLOSE, 1)[250] = NAN;
    gpointer base = SIBLING("ArbitrageBaseIndex", "center", "0.5");
    g_autoptr(SyModelResult) steps =
        test_model_run(sy_model_find("ArbitrageBaseIndex"), base, panel, 1);
    assert_true(steps->lower == -0.5 && steps->upper == 0.5);
    assert_true(isnan(sy_matrix_column(steps->output, 0)[250]));
    for (gsize i = 0; i < G_N_ELEMENTS(cases); i++) {
        const SyModel *model = sy_model_find(cases[i].model);
        bool resets = cases[i].sibling == plain_reset;
        gpointer config =
            resets ? SIBLING(cases[i].model, cases[i].key, cases[i].value, "upper", "0.9")
                   : SIBLING(cases[i].model, cases[i].key, cases[i].value);
        g_autoptr(SyModelResult) result = test_model_run(model, config, panel, 1);
        for (gsize leg = 0; leg < 2; leg++) {
            double expected[ROWS];
            const double *output = sy_matrix_column(result->output, leg);
            for (gsize row = 0; row < ROWS; row++)
                expected[row] = NAN;
            cases[i].sibling(sy_matrix_column(steps->output, leg), expected);
            for (gsize row = 0; row < ROWS; row++)
                if (isnan(expected[row]) != isnan(output[row]) ||
                    fabs(output[row] - expected[row]) > 1e-10)
                    fail_msg("%s, leg %zu, row %zu: %.17g, not %.17g", cases[i].model, leg, row,
                             output[row], expected[row]);
        }
        test_config_free(model, config);
    }
    test_config_free(sy_model_find("ArbitrageBaseIndex"), base);
}

/* The splits of a model are its splitter's; nothing is decided behind a slice that is not full. */
static void test_siblings__split_as_they_are_told(void **state) {
    (void)state;
    static const struct {
        const char *splitter;
        guint splits;
        bool newest, live;
    } cases[] = {{"from_custom_rolling", 10, true, true},
                 {"from_rolling", 9, false, false},
                 {"from_expanding", 10, true, true},
                 {"from_grouper", 13, true, true}};
    g_autoptr(SyPanel) panel = test_pair(ROWS, 8);
    for (gsize i = 0; i < G_N_ELEMENTS(cases); i++) {
        gpointer config = CONFIG("splitter", cases[i].splitter, "by", "day");
        g_autoptr(SyModelResult) result = test_model_run(clip_index(), config, panel, 1);
        const char *key = NULL;
        assert_int_equal(result->fits->len, cases[i].splits);
        assert_int_equal(!isnan(result->output->value[ROWS - 1]), cases[i].newest);
        assert_int_equal(clip_index()->offline(config, &key) == NULL, cases[i].live);
        test_config_free(clip_index(), config);
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_siblings__make_their_index_of_the_same_steps),
        cmocka_unit_test(test_siblings__split_as_they_are_told),
        cmocka_unit_test(test_clip_index__sums_up_between_its_bounds),
        cmocka_unit_test(test_clip_index__carries_on_over_missing_prices),
        cmocka_unit_test(test_clip_index__reports_every_split),
        cmocka_unit_test(test_clip_index__reports_progress_to_the_end),
        cmocka_unit_test(test_clip_index__refuses_parameters_with_a_reason),
        cmocka_unit_test(test_clip_index__refuses_values_by_name),
        cmocka_unit_test(test_clip_index__says_what_is_wrong_with_data_and_where),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
