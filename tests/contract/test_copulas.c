/* What holds for every copula family, whatever its name, in every rotation that it has. */
#include "test.h"

#include <math.h>

#include "base/hash.h"
#include "base/text.h"
#include "num/copula/copula.h"
#include "num/rank.h"

static const double taus[] = {-0.999, -0.8, -0.3, -0.01, 0.0, 0.01, 0.3, 0.8, 0.999, 0.99999};
static const double corners[] = {0,   1e-300, 1e-150, 1e-16,   1e-8,      1e-3,        0.1, 0.37,
                                 0.5, 0.9,    0.999,  0.99999, 1 - 1e-10, 1 - 0x1p-53, 1};
static const double inner[] = {0.02, 0.12, 0.4, 0.77, 0.95};
/* Where in its range a parameter is put: the middle ones first. */
static const double shares[] = {0.02, 0.3, 0, 1e-9, 1};
enum { MIDDLE = 2, ALL = G_N_ELEMENTS(shares) };

typedef void (*Check)(const SyCopulaFit *fit);

static void fail_at(const SyCopulaFit *fit, const char *what, double u, double v, double ours,
                    double expected) {
    fail_msg("%s %s (%.17g, %.17g) at %.17g, %.17g: %s is %.17g, not %.17g", fit->family->name,
             sy_rotation_choices[fit->rotation].name, fit->parameter[0], fit->parameter[1], u, v,
             what, ours, expected);
}

static void in_each_rotation(Check check, SyCopulaFit fit) {
    for (unsigned rotation = 0; rotation < (fit.family->rotates ? SY_ROTATIONS : 1); rotation++) {
        fit.rotation = rotation;
        check(&fit);
    }
}

/* Calls `check` for every family in every rotation, over the range in which maximum likelihood
 * looks, its ends included. */
static void for_each_fit_at(gsize n_shares, Check check) {
    for (gsize i = 0; i < sy_n_copulas; i++) {
        const SyCopula *family = sy_copulas[i];
        gsize first = family->parameters > 0 ? n_shares : 1;
        gsize second = family->parameters > 1 ? n_shares : 1;
        for (gsize j = 0; j < first; j++)
            for (gsize k = 0; k < second; k++)
                in_each_rotation(
                    check,
                    (SyCopulaFit){
                        .family = family,
                        .parameter = {family->fit_least[0] +
                                          shares[j] * (family->fit_most[0] - family->fit_least[0]),
                                      family->fit_least[1] + shares[k] * (family->fit_most[1] -
                                                                          family->fit_least[1])}});
    }
}

static void for_each_fit(Check check) { for_each_fit_at(ALL, check); }

/* The same for what Kendall's tau can lead to, which reaches beyond that range; a second parameter
 * that tau does not give is put at both ends of its own. */
static void for_each_tau(Check check) {
    for (gsize i = 0; i < sy_n_copulas; i++) {
        const SyCopula *family = sy_copulas[i];
        for (gsize k = 0; k < G_N_ELEMENTS(taus); k++) {
            SyCopulaFit fit = {.family = family};
            if (!family->from_tau || !family->from_tau(taus[k], fit.parameter))
                continue;
            fit.parameter[1] = family->least[1];
            in_each_rotation(check, fit);
            fit.parameter[1] = family->most[1];
            in_each_rotation(check, fit);
        }
    }
}

static void test_copulas__have_a_name_summary_source_and_range(void **state) {
    (void)state;
    for (gsize i = 0; i < sy_n_copulas; i++) {
        const SyCopula *family = sy_copulas[i];
        assert_ptr_equal(sy_copula_find(family->name), family);
        assert_true(*family->summary && *family->source);
        assert_true(family->parameters <= 2);
        for (gsize k = 0; k < family->parameters; k++) {
            assert_non_null(family->parameter_names[k]);
            assert_true(family->least[k] <= family->fit_least[k]);
            assert_true(family->fit_least[k] < family->fit_most[k]);
            assert_true(family->fit_most[k] <= family->most[k]);
        }
        for (gsize other = 0; other < i; other++)
            assert_false(sy_text_equal_loosely(family->name, sy_copulas[other]->name));
    }
}

static void test_copulas__parameters_lie_in_their_range_and_rise_with_tau(void **state) {
    (void)state;
    for (gsize i = 0; i < sy_n_copulas; i++) {
        double before = -INFINITY;
        for (gsize k = 0; k < G_N_ELEMENTS(taus); k++) {
            double parameter[2] = {0};
            if (!sy_copulas[i]->parameters || !sy_copulas[i]->from_tau ||
                !sy_copulas[i]->from_tau(taus[k], parameter))
                continue;
            assert_true(parameter[0] >= sy_copulas[i]->least[0]);
            assert_true(parameter[0] <= sy_copulas[i]->most[0]);
            assert_true(parameter[0] > before);
            before = parameter[0];
            /* And back: the parameter is rounded too, which is felt where tau is near 1. */
            assert_near(sy_copulas[i]->tau(parameter), taus[k],
                        2e-15 + 1e-16 / (1 - fabs(taus[k])));
        }
    }
}

/* Never falling, up to the rounding of the last digits, and never above 1. */
static bool rises(double before, double now) { return now >= before * (1 - 2e-12) && now <= 1; }

static void check_conditionals(const SyCopulaFit *fit) {
    for (gsize given = 0; given < G_N_ELEMENTS(corners); given++) {
        double before1 = 0, before2 = 0;
        for (gsize i = 0; i < G_N_ELEMENTS(corners); i++) {
            double h1, h2, unused, at = corners[i], condition = corners[given];
            sy_copula_h(fit, 1, &at, &condition, &h1, &unused);
            sy_copula_h(fit, 1, &condition, &at, &unused, &h2);
            if (!rises(before1, h1))
                fail_at(fit, "h1", at, condition, h1, before1);
            if (!rises(before2, h2))
                fail_at(fit, "h2", condition, at, h2, before2);
            before1 = h1;
            before2 = h2;
        }
    }
}

static void test_copulas__conditionals_are_distributions_up_to_the_corners(void **state) {
    (void)state;
    for_each_fit(check_conditionals);
    for_each_tau(check_conditionals);
}

static void check_log_densities(const SyCopulaFit *fit) {
    for (gsize i = 0; i < G_N_ELEMENTS(corners); i++) {
        for (gsize k = 0; k < G_N_ELEMENTS(corners); k++) {
            double value;
            sy_copula_log_density(fit, 1, &corners[i], &corners[k], &value);
            if (!isfinite(value) || !isfinite(exp(value)))
                fail_at(fit, "ln c", corners[i], corners[k], value, 0);
        }
    }
}

static void test_copulas__densities_are_finite_up_to_the_corners(void **state) {
    (void)state;
    for_each_fit(check_log_densities);
    for_each_tau(check_log_densities);
}

/* Between the bounds of Fréchet and Hoeffding, and rising. */
static void check_cdfs(const SyCopulaFit *fit) {
    for (gsize k = 0; k < G_N_ELEMENTS(corners); k++) {
        double before = 0;
        for (gsize i = 0; i < G_N_ELEMENTS(corners); i++) {
            double u = corners[i], v = corners[k], value;
            sy_copula_cdf(fit, 1, &u, &v, &value);
            double least = MAX(0, u + v - 1), most = MAX(MIN(u, v), SY_COPULA_LEAST);
            if (!(value >= least - 1e-15) || !(value <= most) || !rises(before, value))
                fail_at(fit, "C", u, v, value, before);
            before = value;
        }
    }
}

static void test_copulas__distribution_functions_keep_to_their_bounds(void **state) {
    (void)state;
    for_each_fit(check_cdfs);
}

/* How far a formula may change over `step` for its central difference to be exact to 1e-6. */
static bool is_smooth(const SyCopulaFit *fit) { return fabs(sy_copula_tau(fit)) < 0.85; }

/* Both conditionals are derivatives of the distribution function, and the density is that of both:
 * by central differences, whose error is step²/6 times a third derivative, and rounding of
 * 1e-16/step. */
static void check_slopes(const SyCopulaFit *fit) {
    const double step = 1e-5;
    if (!is_smooth(fit))
        return;
    for (gsize i = 0; i < G_N_ELEMENTS(inner); i++) {
        for (gsize k = 0; k < G_N_ELEMENTS(inner); k++) {
            double u = inner[i], v = inner[k], density, h1[2], h2[2], unused[2], cdf[2];
            double u_same[2] = {u, u}, u_moved[2] = {u - step, u + step};
            double v_same[2] = {v, v}, v_moved[2] = {v - step, v + step};
            sy_copula_h(fit, 2, u_moved, v_same, h1, unused);
            sy_copula_h(fit, 2, u_same, v_moved, unused, h2);
            double slope1 = (h1[1] - h1[0]) / (2 * step), slope2 = (h2[1] - h2[0]) / (2 * step);
            sy_copula_log_density(fit, 1, &u, &v, &density);
            density = exp(density);
            if (!(fabs(slope1 - density) <= 2e-6 * (1 + density)))
                fail_at(fit, "density", u, v, density, slope1);
            if (!(fabs(slope2 - density) <= 2e-6 * (1 + density)))
                fail_at(fit, "density", u, v, density, slope2);
            sy_copula_h(fit, 1, &u, &v, h1, h2);
            sy_copula_cdf(fit, 2, u_same, v_moved, cdf);
            if (!(fabs((cdf[1] - cdf[0]) / (2 * step) - h1[0]) <= 1e-6))
                fail_at(fit, "h1", u, v, h1[0], (cdf[1] - cdf[0]) / (2 * step));
            sy_copula_cdf(fit, 2, u_moved, v_same, cdf);
            if (!(fabs((cdf[1] - cdf[0]) / (2 * step) - h2[0]) <= 1e-6))
                fail_at(fit, "h2", u, v, h2[0], (cdf[1] - cdf[0]) / (2 * step));
        }
    }
}

static void test_copulas__conditionals_and_density_are_the_slopes_of_c(void **state) {
    (void)state;
    for_each_fit(check_slopes);
}

static bool is_elliptical(const SyCopulaFit *fit) {
    return g_strcmp0(fit->family->parameter_names[0], "rho") == 0;
}

/* u is found from h1 as well as h1 tells it: to the rounding of h1, times how little h1 moves. */
static void check_inverse(const SyCopulaFit *fit) {
    double rho = fit->parameter[0], digits = 1e-11;
    if (is_elliptical(fit))
        digits +=
            1e-12 / sqrt((1 - rho) *
                         (1 + rho)); /* a quantile of the far tail, over the spread of the other */
    for (gsize i = 0; i < G_N_ELEMENTS(corners); i++) {
        for (gsize k = 0; k < G_N_ELEMENTS(corners); k++) {
            double p = CLAMP(corners[i], SY_COPULA_LEAST, 1 - 0x1p-53), given = corners[k],
                   found[2];
            double h[2], unused;
            sy_copula_inverse_h1(fit, 1, &p, &given, &found[0]);
            sy_copula_inverse_h2(fit, 1, &p, &given, &found[1]);
            sy_copula_h(fit, 1, &found[0], &given, &h[0], &unused);
            sy_copula_h(fit, 1, &given, &found[1], &unused, &h[1]);
            for (gsize which = 0; which < 2; which++) {
                /* What one step of the doubles around the found value makes of h. */
                double around[2] = {nextafter(found[which], 0), nextafter(found[which], 1)}, at[2];
                double givens[2] = {given, given}, no_use[2];
                if (which)
                    sy_copula_h(fit, 2, givens, around, no_use, at);
                else
                    sy_copula_h(fit, 2, around, givens, at, no_use);
                if (!(found[which] >= 0 && found[which] <= 1))
                    fail_at(fit, "inverse", p, given, found[which], 0.5);
                /* The ends of what u can be. */
                if (found[which] <= SY_COPULA_LEAST * 1.001 || found[which] >= 1 - 0x1p-52)
                    continue;
                double allowed = 4 * fabs(at[1] - at[0]) + digits * MIN(p, 1 - p) + 1e-15;
                if (!(fabs(h[which] - p) <= allowed))
                    fail_at(fit, which ? "h2 of its inverse" : "h1 of its inverse", found[which],
                            given, h[which], p);
            }
        }
    }
}

static void test_copulas__inverses_undo_the_conditionals(void **state) {
    (void)state;
    for_each_fit(check_inverse);
}

/* h2 at (u, v) is h1 at (v, u) of the family. */
static void check_exchange(const SyCopulaFit *fit) {
    double u = 0.21, v = 0.64, h1, h2, swapped1, swapped2;
    if (fit->rotation != SY_R0)
        return;
    sy_copula_h(fit, 1, &u, &v, &h1, &h2);
    sy_copula_h(fit, 1, &v, &u, &swapped1, &swapped2);
    assert_near(h1, swapped2, 1e-13);
    assert_near(h2, swapped1, 1e-13);
}

static void test_copulas__are_exchangeable(void **state) {
    (void)state;
    for_each_fit(check_exchange);
}

/* A turned copula is the plain one at turned places. */
static void check_rotation(const SyCopulaFit *fit) {
    SyCopulaFit plain = *fit;
    plain.rotation = SY_R0;
    bool turn_u = fit->rotation == SY_R90 || fit->rotation == SY_R180;
    bool turn_v = fit->rotation == SY_R270 || fit->rotation == SY_R180;
    double u = 0.25, v = 0.375, u_turned = turn_u ? 1 - u : u, v_turned = turn_v ? 1 - v : v;
    double density[2], h1[2], h2[2], cdf[2];
    sy_copula_log_density(fit, 1, &u, &v, &density[0]);
    sy_copula_log_density(&plain, 1, &u_turned, &v_turned, &density[1]);
    assert_true(density[0] == density[1]);
    sy_copula_h(fit, 1, &u, &v, &h1[0], &h2[0]);
    sy_copula_h(&plain, 1, &u_turned, &v_turned, &h1[1], &h2[1]);
    assert_near(h1[0], turn_u ? 1 - h1[1] : h1[1], 1e-15);
    assert_near(h2[0], turn_v ? 1 - h2[1] : h2[1], 1e-15);
    sy_copula_cdf(fit, 1, &u, &v, &cdf[0]);
    sy_copula_cdf(&plain, 1, &u_turned, &v_turned, &cdf[1]);
    double expected = turn_u && turn_v ? u + v - 1 + cdf[1]
                      : turn_u         ? v - cdf[1]
                      : turn_v         ? u - cdf[1]
                                       : cdf[1];
    assert_near(cdf[0], expected, 1e-15);
    double sign = turn_u == turn_v ? 1 : -1;
    assert_true(sy_copula_tau(fit) == sign * sy_copula_tau(&plain));
}

static void test_copulas__turn_as_their_rotation_says(void **state) {
    (void)state;
    for_each_fit(check_rotation);
}

/* C(q, q)/q is within 1e-3 of its limit at the least q, whatever the family. */
static double tail_of(const SyCopulaFit *fit) {
    double q = 1e-290, cdf;
    sy_copula_cdf(fit, 1, &q, &q, &cdf);
    return cdf / q;
}

static void check_tails(const SyCopulaFit *fit) {
    double lower, upper, found;
    sy_copula_tails(fit, &lower, &upper);
    assert_true(lower >= 0 && lower <= 1 && upper >= 0 && upper <= 1);
    if (is_elliptical(fit))
        return; /* their limits are too slow where rho is near 1; tests/oracle has figures */
    found = tail_of(fit);
    if (!(fabs(found - lower) < 1e-3))
        fail_at(fit, "lower tail", 0, 0, found, lower);
    if (!fit->family->rotates)
        return;
    static const SyRotation opposite[SY_ROTATIONS] = {SY_R180, SY_R270, SY_R0, SY_R90};
    SyCopulaFit turned = *fit;
    turned.rotation = opposite[fit->rotation];
    found = tail_of(&turned);
    if (!(fabs(found - upper) < 1e-3))
        fail_at(fit, "upper tail", 1, 1, found, upper);
}

static void test_copulas__tails_are_limits_of_the_distribution_function(void **state) {
    (void)state;
    for_each_fit(check_tails);
}

/* Draws are uniform in each column and have the tau of the family, within five standard errors: of
 * tau, at most sqrt(2/n (1 - tau²)) (Kendall, 1970), and some for heavy families. */
static void check_sample(const SyCopulaFit *fit) {
    enum { N = 2000 };
    static double u[2][N], again[2][N], sorted[N];
    static guint32 rank[2][N];
    g_autofree void *work = g_malloc(MAX(sy_rank_work_size(N), sy_tau_work_size(N)));
    guint64 seed = 20261122;
    sy_copula_sample(fit, seed, N, u[0], u[1]);
    sy_copula_sample(fit, seed, N, again[0], again[1]);
    assert_memory_equal(u, again, sizeof u);
    for (gsize column = 0; column < 2; column++) {
        double mean = 0;
        for (gsize i = 0; i < N; i++) {
            assert_true(u[column][i] >= 0 && u[column][i] <= 1);
            mean += u[column][i] / N;
        }
        assert_near(mean, 0.5, 5 * sqrt(1 / (12.0 * N)));
        sy_rank(N, u[column], sorted, rank[column], work);
    }
    double tau, expected = sy_copula_tau(fit);
    assert_true(sy_tau(N, rank[0], rank[1], work, &tau));
    if (!(fabs(tau - expected) <= 5 * sqrt(2.0 / N * (1 - expected * expected)) + 1e-9))
        fail_at(fit, "tau of a sample", 0, 0, tau, expected);
}

static void test_copulas__samples_have_the_tau_of_the_family(void **state) {
    (void)state;
    for_each_fit_at(MIDDLE, check_sample);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_copulas__have_a_name_summary_source_and_range),
        cmocka_unit_test(test_copulas__parameters_lie_in_their_range_and_rise_with_tau),
        cmocka_unit_test(test_copulas__conditionals_are_distributions_up_to_the_corners),
        cmocka_unit_test(test_copulas__densities_are_finite_up_to_the_corners),
        cmocka_unit_test(test_copulas__distribution_functions_keep_to_their_bounds),
        cmocka_unit_test(test_copulas__conditionals_and_density_are_the_slopes_of_c),
        cmocka_unit_test(test_copulas__inverses_undo_the_conditionals),
        cmocka_unit_test(test_copulas__are_exchangeable),
        cmocka_unit_test(test_copulas__turn_as_their_rotation_says),
        cmocka_unit_test(test_copulas__tails_are_limits_of_the_distribution_function),
        cmocka_unit_test(test_copulas__samples_have_the_tau_of_the_family),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
