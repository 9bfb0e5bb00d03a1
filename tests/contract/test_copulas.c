/* What holds for every copula family, whatever its name. */
#include "test.h"

#include <math.h>

#include "base/text.h"
#include "num/copula/copula.h"

static const double taus[] = {-0.999, -0.8, -0.3, -0.01, 0.0, 0.01, 0.3, 0.8, 0.999, 0.99999};
static const double corners[] = {0,   1e-300, 1e-16, 1e-8,      1e-3,        0.1, 0.37,
                                 0.5, 0.9,    0.999, 1 - 1e-10, 1 - 0x1p-53, 1};

/* The parameters of a family at a tau; a second one that tau does not give is put at `where` of its
 * range, 0 to 1. */
static bool parameters_at(const SyCopula *family, double tau, double where, double *parameter) {
    parameter[0] = parameter[1] = 0;
    if (!family->from_tau(tau, parameter))
        return false;
    if (family->parameters == 2)
        parameter[1] = family->least[1] + where * (family->most[1] - family->least[1]);
    return true;
}

/* Calls `check` for every family at every tau that it admits. */
static void for_each_fit(void (*check)(const SyCopulaFit *fit, double tau)) {
    for (gsize i = 0; i < sy_n_copulas; i++) {
        for (gsize k = 0; k < G_N_ELEMENTS(taus); k++) {
            for (int end = 0; end < 2; end++) {
                SyCopulaFit fit = {.family = sy_copulas[i]};
                if (parameters_at(fit.family, taus[k], end, fit.parameter))
                    check(&fit, taus[k]);
            }
        }
    }
}

static void test_copulas__have_a_name_summary_source_and_range(void **state) {
    (void)state;
    for (gsize i = 0; i < sy_n_copulas; i++) {
        const SyCopula *family = sy_copulas[i];
        assert_ptr_equal(sy_copula_find(family->name), family);
        assert_null(sy_copula_refused(family->name));
        assert_true(*family->summary && *family->source);
        assert_true(family->parameters <= 2);
        for (gsize k = 0; k < family->parameters; k++) {
            assert_non_null(family->parameter_names[k]);
            assert_true(family->least[k] < family->most[k]);
        }
        for (gsize other = 0; other < i; other++)
            assert_false(sy_text_equal_loosely(family->name, sy_copulas[other]->name));
    }
}

static void test_copulas__refuse_by_name_what_is_not_built(void **state) {
    (void)state;
    assert_null(sy_copula_find("BB1"));
    assert_non_null(sy_copula_refused("bb_1"));
    assert_non_null(sy_copula_refused("BB8"));
    assert_null(sy_copula_refused("Plackett"));
}

static void test_copulas__parameters_lie_in_their_range_and_rise_with_tau(void **state) {
    (void)state;
    for (gsize i = 0; i < sy_n_copulas; i++) {
        double before = -INFINITY;
        for (gsize k = 0; k < G_N_ELEMENTS(taus); k++) {
            double parameter[2] = {0};
            if (!sy_copulas[i]->from_tau(taus[k], parameter) || !sy_copulas[i]->parameters)
                continue;
            assert_true(parameter[0] >= sy_copulas[i]->least[0]);
            assert_true(parameter[0] <= sy_copulas[i]->most[0]);
            assert_true(parameter[0] > before);
            before = parameter[0];
        }
    }
}

/* Never falling, up to the rounding of the last digits, and never above 1. */
static bool rises(double before, double now) { return now >= before * (1 - 1e-13) && now <= 1; }

static void check_conditionals(const SyCopulaFit *fit, double tau) {
    for (gsize given = 0; given < G_N_ELEMENTS(corners); given++) {
        double before1 = 0, before2 = 0;
        for (gsize i = 0; i < G_N_ELEMENTS(corners); i++) {
            double h1, h2, unused, at = corners[i], condition = corners[given];
            sy_copula_h(fit, 1, &at, &condition, &h1, &unused);
            sy_copula_h(fit, 1, &condition, &at, &unused, &h2);
            if (!rises(before1, h1) || !rises(before2, h2))
                fail_msg("%s, tau = %g at %g given %g: h1 = %.17g after %.17g, h2 = %.17g after "
                         "%.17g",
                         fit->family->name, tau, at, condition, h1, before1, h2, before2);
            before1 = h1;
            before2 = h2;
        }
    }
}

static void test_copulas__conditionals_are_distributions_up_to_the_corners(void **state) {
    (void)state;
    for_each_fit(check_conditionals);
}

static void check_log_densities(const SyCopulaFit *fit, double tau) {
    for (gsize i = 0; i < G_N_ELEMENTS(corners); i++) {
        for (gsize k = 0; k < G_N_ELEMENTS(corners); k++) {
            double u = corners[i], v = corners[k], value;
            sy_copula_log_density(fit, 1, &u, &v, &value);
            if (!isfinite(value))
                fail_msg("%s, tau = %g: ln c = %g at %g, %g", fit->family->name, tau, value, u, v);
        }
    }
}

static void test_copulas__log_densities_are_finite_up_to_the_corners(void **state) {
    (void)state;
    for_each_fit(check_log_densities);
}

/* Both conditionals are derivatives of one distribution function, so the slope of h1 in u and of h2
 * in v is the density: by central differences where it is smooth. Their error is step²/6 times a
 * third derivative, and rounding of 1e-16/step. */
static void check_slopes(const SyCopulaFit *fit, double tau) {
    static const double inner[] = {0.12, 0.4, 0.77};
    const double step = 1e-5;
    if (fabs(tau) > 0.9)
        return;
    for (gsize i = 0; i < G_N_ELEMENTS(inner); i++) {
        for (gsize k = 0; k < G_N_ELEMENTS(inner); k++) {
            double u = inner[i], v = inner[k], density, h1[2], h2[2], unused[2];
            double u_same[2] = {u, u}, u_moved[2] = {u - step, u + step};
            double v_same[2] = {v, v}, v_moved[2] = {v - step, v + step};
            sy_copula_h(fit, 2, u_moved, v_same, h1, unused);
            sy_copula_h(fit, 2, u_same, v_moved, unused, h2);
            double slope1 = (h1[1] - h1[0]) / (2 * step), slope2 = (h2[1] - h2[0]) / (2 * step);
            sy_copula_log_density(fit, 1, &u, &v, &density);
            density = exp(density);
            if (fabs(slope1 - density) > 1e-6 * (1 + density) ||
                fabs(slope2 - density) > 1e-6 * (1 + density))
                fail_msg("%s, tau = %g at %g, %g: density %.10g, slopes %.10g and %.10g",
                         fit->family->name, tau, u, v, density, slope1, slope2);
        }
    }
}

static void test_copulas__density_is_the_slope_of_both_conditionals(void **state) {
    (void)state;
    for_each_fit(check_slopes);
}

/* h2 at (u, v) is h1 at (v, u). */
static void check_exchange(const SyCopulaFit *fit, double tau) {
    double u = 0.21, v = 0.64, h1, h2, swapped1, swapped2;
    sy_copula_h(fit, 1, &u, &v, &h1, &h2);
    sy_copula_h(fit, 1, &v, &u, &swapped1, &swapped2);
    if (fabs(h1 - swapped2) > 1e-13 || fabs(h2 - swapped1) > 1e-13)
        fail_msg("%s, tau = %g: %.17g and %.17g, swapped %.17g and %.17g", fit->family->name, tau,
                 h1, h2, swapped2, swapped1);
}

static void test_copulas__are_exchangeable(void **state) {
    (void)state;
    for_each_fit(check_exchange);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_copulas__have_a_name_summary_source_and_range),
        cmocka_unit_test(test_copulas__refuse_by_name_what_is_not_built),
        cmocka_unit_test(test_copulas__parameters_lie_in_their_range_and_rise_with_tau),
        cmocka_unit_test(test_copulas__conditionals_are_distributions_up_to_the_corners),
        cmocka_unit_test(test_copulas__log_densities_are_finite_up_to_the_corners),
        cmocka_unit_test(test_copulas__density_is_the_slope_of_both_conditionals),
        cmocka_unit_test(test_copulas__are_exchangeable),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
