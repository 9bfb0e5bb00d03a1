/* Models over a sliding window, against their formulas written out for each row. */
#include "test.h"

#include <math.h>

#include "model/model.h"
#include "num/line.h"
#include "num/normal.h"
#include "num/rolling.h"

#include "model_pair.h"

enum { ROWS = 600 };

/* Without the two rows, NaN where either has none. */
static void assert_column(const SyModelResult *result, const double *expected) {
    const double *first = sy_matrix_column(result->output, 0),
                 *second = sy_matrix_column(result->output, 1);
    gsize values = 0;
    for (gsize row = 0; row < result->output->rows; row++) {
        if (isnan(expected[row]) != isnan(second[row]) ||
            fabs(second[row] - expected[row]) > 1e-9 * (1 + fabs(expected[row])))
            fail_msg("row %zu: %.17g, not %.17g", row, second[row], expected[row]);
        assert_true(isnan(expected[row]) || first[row] == -second[row]);
        values += !isnan(expected[row]);
    }
    assert_true(values > ROWS / 3);
}

/* Two legs with some prices missing. */
static SyPanel *gapped_pair(void) {
    SyPanel *panel = test_pair(ROWS, 77);
    sy_panel_column(panel, SY_CLOSE, 0)[200] = NAN;
    sy_panel_column(panel, SY_CLOSE, 1)[203] = NAN;
    sy_panel_column(panel, SY_CLOSE, 1)[390] = NAN;
    return panel;
}

static double price(const SyPanel *panel, gsize leg, gsize row) {
    return sy_panel_column(panel, SY_CLOSE, leg)[row];
}

/* ---- moments ---- */

static void test_rolling_moments__are_those_of_each_window(void **state) {
    (void)state;
    enum { n = 2000 };
    static double x[n], y[n];
    static SyMoments moments[n];
    g_autoptr(GRand) random = g_rand_new_with_seed(5);
    for (int i = 0; i < n; i++) { /* far from 0, and trending */
        x[i] = 1e6 + 10 * i + g_rand_double(random);
        y[i] = g_rand_double(random) < 0.1 ? NAN : 3 - 0.01 * i + g_rand_double(random);
    }
    static const gsize windows[] = {1, 2, 3, 50, 365, 5000};
    for (gsize w = 0; w < G_N_ELEMENTS(windows); w++) {
        sy_rolling_moments(n, x, y, windows[w], moments);
        for (gsize row = 0; row < n; row += 7) {
            gsize from = row + 1 > windows[w] ? row + 1 - windows[w] : 0, pairs = 0;
            long double mx = 0, my = 0, xx = 0, yy = 0, xy = 0;
            for (gsize i = from; i <= row; i++)
                if (!isnan(y[i])) {
                    mx += x[i];
                    my += y[i];
                    pairs++;
                }
            assert_int_equal(moments[row].n, pairs);
            if (pairs == 0) {
                assert_true(isnan(moments[row].mean_x));
                continue;
            }
            mx /= pairs;
            my /= pairs;
            for (gsize i = from; i <= row; i++)
                if (!isnan(y[i])) {
                    xx += (x[i] - mx) * (x[i] - mx);
                    yy += (y[i] - my) * (y[i] - my);
                    xy += (x[i] - mx) * (y[i] - my);
                }
            assert_near(moments[row].mean_x, (double)mx, 1e-9);
            assert_near(moments[row].mean_y, (double)my, 1e-11);
            assert_near(moments[row].xx, (double)xx, 1e-10 * (double)xx);
            assert_near(moments[row].yy, (double)yy, 1e-10 * (double)yy);
            assert_near(moments[row].xy, (double)xy, 1e-10 * sqrt((double)(xx * yy)));
        }
    }
}

/* A leg that stands still after a move has no deviation left, not the rounding of what was. */
static void test_rolling_moments__of_equal_values_are_zero(void **state) {
    (void)state;
    enum { n = 300, window = 50 };
    double x[n];
    SyMoments moments[n];
    for (int i = 0; i < n; i++)
        x[i] = i < 100 ? sin(i) * 7.3 : 1.0 / 3;
    sy_rolling_moments(n, x, x, window, moments);
    for (int i = 100 + window - 1; i < n; i++) {
        assert_true(moments[i].xx == 0 && moments[i].xy == 0);
        assert_true(moments[i].mean_x == 1.0 / 3);
    }
}

/* ---- RollingSpreadModel ---- */

static void test_rolling_spread__compares_what_the_legs_gained(void **state) {
    (void)state;
    const SyModel *model = sy_model_find("RollingSpreadModel");
    g_autoptr(SyPanel) panel = gapped_pair();
    static const struct {
        const char *minp;
        gsize first;
    } cases[] = {{"0", 60}, {"20", 20}, {"60", 60}};
    for (gsize i = 0; i < G_N_ELEMENTS(cases); i++) {
        double expected[ROWS];
        for (gsize row = 0; row < ROWS; row++) {
            gsize from = row > 60 ? row - 60 : 0;
            expected[row] = row < cases[i].first
                                ? NAN
                                : log(price(panel, 0, row) / price(panel, 0, from)) -
                                      log(price(panel, 1, row) / price(panel, 1, from));
        }
        gpointer config = test_config(model, "window", "60", "minp", cases[i].minp, NULL);
        g_autoptr(SyModelResult) result = test_model_run(model, config, panel, 1);
        assert_column(result, expected);
        test_config_free(model, config);
    }
}

/* ---- RollingZscoreModel ---- */

/* The residual of the last of n pairs, in standard deviations of all. */
static double plain_zscore(gsize n, const double *x, const double *y) {
    long double mx = 0, my = 0, yy = 0, xy = 0, squares = 0, last = 0;
    for (gsize i = 0; i < n; i++) {
        mx += x[i] / (long double)n;
        my += y[i] / (long double)n;
    }
    for (gsize i = 0; i < n; i++) {
        yy += (y[i] - my) * (y[i] - my);
        xy += (x[i] - mx) * (y[i] - my);
    }
    for (gsize i = 0; i < n; i++) {
        last = x[i] - mx - xy / yy * (y[i] - my);
        squares += last * last;
    }
    return (double)(last / sqrtl(squares / (n - 1)));
}

/* The pairs of the window that ends at a row, oldest first; returns how many. */
static gsize pairs_of(gsize window, gsize row, const double *a, const double *b, double *x,
                      double *y) {
    gsize n = 0;
    for (gsize i = row + 1 > window ? row + 1 - window : 0; i <= row; i++)
        if (!isnan(a[i]) && !isnan(b[i])) {
            x[n] = a[i];
            y[n++] = b[i];
        }
    return n;
}

/* Log prices, or log returns, of both legs. */
static void series_of(const SyPanel *panel, bool returns, double *a, double *b) {
    for (gsize row = 0; row < ROWS; row++) {
        a[row] = !returns  ? log(price(panel, 0, row))
                 : row > 0 ? log(price(panel, 0, row)) - log(price(panel, 0, row - 1))
                           : NAN;
        b[row] = !returns  ? log(price(panel, 1, row))
                 : row > 0 ? log(price(panel, 1, row)) - log(price(panel, 1, row - 1))
                           : NAN;
    }
}

static void test_rolling_zscore__standardises_the_newest_residual(void **state) {
    (void)state;
    const SyModel *model = sy_model_find("RollingZscoreModel");
    g_autoptr(SyPanel) panel = gapped_pair();
    static const struct {
        const char *minp, *returns;
        gsize needed;
    } cases[] = {{"0", "false", 50}, {"10", "false", 10}, {"40", "true", 40}};
    for (gsize i = 0; i < G_N_ELEMENTS(cases); i++) {
        double a[ROWS], b[ROWS], x[ROWS], y[ROWS], expected[ROWS];
        series_of(panel, *cases[i].returns == 't', a, b);
        for (gsize row = 0; row < ROWS; row++) {
            gsize n = pairs_of(50, row, a, b, x, y);
            bool complete = !isnan(a[row]) && !isnan(b[row]);
            expected[row] = complete && n >= cases[i].needed ? plain_zscore(n, x, y) : NAN;
        }
        gpointer config = test_config(model, "window", "50", "minp", cases[i].minp, "use_returns",
                                      cases[i].returns, NULL);
        g_autoptr(SyModelResult) result = test_model_run(model, config, panel, 1);
        assert_column(result, expected);
        test_config_free(model, config);
    }
}

static void test_rolling_zscore__of_one_series_twice_is_none(void **state) {
    (void)state;
    const SyModel *model = sy_model_find("RollingZscoreModel");
    g_autoptr(SyPanel) panel = test_pair(ROWS, 3);
    for (gsize row = 0; row < ROWS; row++)
        sy_panel_column(panel, SY_CLOSE, 1)[row] = 2 * price(panel, 0, row);
    gpointer config = test_config(model, "window", "50", NULL);
    g_autoptr(SyModelResult) result = test_model_run(model, config, panel, 1);
    for (gsize row = 0; row < ROWS; row++)
        assert_true(isnan(result->output->value[row]));
    test_config_free(model, config);
}

/* Two funds on one index: nearly all is explained, and the rest is
 * what counts. */
static void test_rolling_zscore__of_near_twins_keeps_its_digits(void **state) {
    (void)state;
    const SyModel *model = sy_model_find("RollingZscoreModel");
    static const double all_apart[] = {1e-3, 1e-4, 1e-5, 1e-6};
    for (gsize i = 0; i < G_N_ELEMENTS(all_apart); i++) {
        double apart = all_apart[i];
        g_autoptr(SyPanel) panel = test_pair(ROWS, 3);
        g_autoptr(GRand) random = g_rand_new_with_seed(9);
        for (gsize row = 0; row < ROWS; row++)
            sy_panel_column(panel, SY_CLOSE, 1)[row] =
                2 * price(panel, 0, row) * (1 + apart * g_rand_double_range(random, -0.01, 0.01));
        sy_panel_column(panel, SY_CLOSE, 1)[300] = NAN;
        double a[ROWS], b[ROWS], x[ROWS], y[ROWS], expected[ROWS];
        series_of(panel, false, a, b);
        for (gsize row = 0; row < ROWS; row++) {
            gsize n = pairs_of(50, row, a, b, x, y);
            expected[row] = !isnan(b[row]) && n >= 49 ? plain_zscore(n, x, y) : NAN;
        }
        gpointer config = test_config(model, "window", "50", "minp", "49", NULL);
        g_autoptr(SyModelResult) result = test_model_run(model, config, panel, 1);
        for (gsize row = 0; row < ROWS; row++) {
            double z = sy_matrix_column(result->output, 1)[row];
            assert_int_equal(isnan(z) != 0, isnan(expected[row]) != 0);
            /* what rounding of the prices' logarithms leaves of so small residuals */
            if (!isnan(z))
                assert_near(z, expected[row], 1e-9 + 1e-12 / apart);
        }
        test_config_free(model, config);
    }
}

static void test_rolling_models__have_levels_of_their_own(void **state) {
    (void)state;
    const SyModel *zscore = sy_model_find("RollingZscoreModel"),
                  *spread = sy_model_find("RollingSpreadModel");
    double upper, lower;
    gpointer config = test_config(zscore, "upper_alpha", "0.025", NULL);
    zscore->levels(config, &upper, &lower);
    assert_near(upper, 1.959963984540054, 1e-14);
    assert_near(lower, -1.6448536269514722, 1e-14);
    test_config_free(zscore, config);
    config = test_config(spread, NULL);
    spread->levels(config, &upper, &lower);
    assert_true(upper == 0.2 && lower == -0.2);
    test_config_free(spread, config);
}

/* ---- RollingOUProcess ---- */

/* By the normal equations, in long double. */
static double plain_score(gsize n, const double *r1, const double *r2) {
    long double x[ROWS], s1 = 0, s2 = 0, s22 = 0, s12 = 0;
    for (gsize i = 0; i < n; i++) {
        s1 += r1[i];
        s2 += r2[i];
        s22 += (long double)r2[i] * r2[i];
        s12 += (long double)r1[i] * r2[i];
    }
    long double beta = (n * s12 - s1 * s2) / (n * s22 - s2 * s2), alpha = (s1 - beta * s2) / n;
    for (gsize i = 0; i < n; i++)
        x[i] = (i ? x[i - 1] : 0) + r1[i] - alpha - beta * r2[i];
    long double m = n - 1, sx = 0, sy = 0, sxx = 0, sxy = 0, zeta = 0;
    for (gsize i = 0; i + 1 < n; i++) {
        sx += x[i];
        sy += x[i + 1];
        sxx += x[i] * x[i];
        sxy += x[i] * x[i + 1];
    }
    long double b = (m * sxy - sx * sy) / (m * sxx - sx * sx), a = (sy - b * sx) / m;
    for (gsize i = 0; i + 1 < n; i++)
        zeta += powl(x[i + 1] - a - b * x[i], 2);
    if (!(b > 0 && b < 1))
        return NAN;
    return (double)(-(a / (1 - b)) / sqrtl(zeta / (m - 1) / (1 - b * b)));
}

static void test_rolling_ou__scores_the_distance_from_the_mean(void **state) {
    (void)state;
    const SyModel *model = sy_model_find("RollingOUProcess");
    g_autoptr(SyPanel) panel = gapped_pair();
    static const struct {
        const char *minp;
        gsize needed;
    } cases[] = {{"0", 60}, {"30", 30}};
    for (gsize i = 0; i < G_N_ELEMENTS(cases); i++) {
        double a[ROWS], b[ROWS], x[ROWS], y[ROWS], expected[ROWS];
        series_of(panel, true, a, b);
        for (gsize row = 0; row < ROWS; row++) {
            gsize n = pairs_of(60, row, a, b, x, y);
            bool complete = !isnan(a[row]) && !isnan(b[row]);
            expected[row] = complete && n >= cases[i].needed ? plain_score(n, x, y) : NAN;
        }
        gpointer config = test_config(model, "window", "60", "minp", cases[i].minp, NULL);
        g_autoptr(SyModelResult) result = test_model_run(model, config, panel, 1);
        assert_column(result, expected);
        test_config_free(model, config);
    }
}

/* Prices that are one series in two units leave rounding, and rounding has no mean to go back to.
 */
static void test_rolling_ou__of_one_series_twice_is_none(void **state) {
    (void)state;
    const SyModel *model = sy_model_find("RollingOUProcess");
    g_autoptr(SyPanel) panel = test_pair(ROWS, 3);
    for (gsize row = 0; row < ROWS; row++)
        sy_panel_column(panel, SY_CLOSE, 1)[row] = 7.3 * price(panel, 0, row);
    static const char *const windows[] = {"4", "50"};
    for (gsize i = 0; i < G_N_ELEMENTS(windows); i++) {
        gpointer config = test_config(model, "window", windows[i], NULL);
        g_autoptr(SyModelResult) result = test_model_run(model, config, panel, 1);
        for (gsize row = 0; row < ROWS; row++)
            assert_true(isnan(result->output->value[row]));
        test_config_free(model, config);
    }
}

/* A leg that stands still explains nothing, and has nothing to be explained. */
static void test_rolling_models__of_a_leg_that_stands_still_are_none(void **state) {
    (void)state;
    static const char *const models[] = {"RollingZscoreModel", "RollingOUProcess"};
    for (gsize i = 0; i < 2 * G_N_ELEMENTS(models); i++) {
        const SyModel *model = sy_model_find(models[i / 2]);
        g_autoptr(SyPanel) panel = test_pair(ROWS, 3);
        for (gsize row = 0; row < ROWS; row++)
            sy_panel_column(panel, SY_CLOSE, i % 2)[row] = 9379.17;
        gpointer config = test_config(model, "window", "50", NULL);
        g_autoptr(SyModelResult) result = test_model_run(model, config, panel, 1);
        for (gsize row = 0; row < ROWS; row++)
            assert_true(isnan(result->output->value[row]));
        test_config_free(model, config);
    }
}

/* ---- the line ---- */

static void test_line__knows_what_is_only_rounding(void **state) {
    (void)state;
    enum { n = 40 };
    double x[n], y[n], third[n];
    for (int i = 0; i < n; i++) {
        x[i] = 1e3 + sin(i);
        y[i] = 0.3 * x[i] - 7;
        third[i] = 1.0 / 3;
    }
    SyLine line = sy_line(n, x, y);
    assert_near(line.slope, 0.3, 1e-12);
    assert_true(line.squares == 0);
    assert_near(sy_line_residual(&line, 0, 1), 1 + 7, 1e-9);
    y[7] += 1e-6; /* a millionth of the deviations is none */
    line = sy_line(n, x, y);
    double share = 1 - 1.0 / n - pow(x[7] - line.mean_x, 2) / 19.7;
    assert_near(line.squares, 1e-12 * share, 1e-14);
    line = sy_line(n, x, third);
    assert_true(line.squares == 0);
    line = sy_line(n, third, x);
    assert_true(isnan(line.slope) && isnan(line.squares));
}

/* ---- parameters ---- */

static void test_rolling_models__refuse_what_can_never_be(void **state) {
    (void)state;
    static const struct {
        const char *model, *key, *value, *blamed;
    } cases[] = {
        {"RollingSpreadModel", "minp", "366", "minp"},
        {"RollingSpreadModel", "upper", "-0.1", "upper"},
        {"RollingSpreadModel", "lower", "0", "upper"},
        {"RollingZscoreModel", "minp", "2", "minp"},
        {"RollingZscoreModel", "minp", "500", "minp"},
        {"RollingOUProcess", "minp", "3", "minp"},
        {"RollingOUProcess", "minp", "400", "minp"},
    };
    for (gsize i = 0; i < G_N_ELEMENTS(cases); i++) {
        const SyModel *model = sy_model_find(cases[i].model);
        gpointer config = test_config(model, cases[i].key, cases[i].value, NULL);
        const char *key = NULL;
        g_autofree char *reason = model->validate(config, &key);
        if (!reason)
            fail_msg("%s %s = %s is accepted", cases[i].model, cases[i].key, cases[i].value);
        assert_string_equal(key, cases[i].blamed);
        test_config_free(model, config);
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_rolling_moments__are_those_of_each_window),
        cmocka_unit_test(test_rolling_moments__of_equal_values_are_zero),
        cmocka_unit_test(test_rolling_spread__compares_what_the_legs_gained),
        cmocka_unit_test(test_rolling_zscore__standardises_the_newest_residual),
        cmocka_unit_test(test_rolling_zscore__of_one_series_twice_is_none),
        cmocka_unit_test(test_rolling_zscore__of_near_twins_keeps_its_digits),
        cmocka_unit_test(test_rolling_models__have_levels_of_their_own),
        cmocka_unit_test(test_rolling_ou__scores_the_distance_from_the_mean),
        cmocka_unit_test(test_rolling_ou__of_one_series_twice_is_none),
        cmocka_unit_test(test_rolling_models__of_a_leg_that_stands_still_are_none),
        cmocka_unit_test(test_line__knows_what_is_only_rounding),
        cmocka_unit_test(test_rolling_models__refuse_what_can_never_be),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
