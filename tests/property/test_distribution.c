/* Student and normal quantiles undo their distribution functions, everywhere. */
#include "test.h"

#include <glib.h>
#include <math.h>

#include "num/normal.h"
#include "num/student.h"
#include "num/student_table.h"

enum { TRIALS = 20000 };

/* Half of the probabilities deep in the tail, a quarter around the median. */
static double random_probability(GRand *random) {
    int kind = g_rand_int_range(random, 0, 4);
    if (kind < 2)
        return exp(g_rand_double_range(random, -230, log(0.5)));
    if (kind == 2)
        return 0.5 - exp(g_rand_double_range(random, -30, log(0.5)));
    return g_rand_double_range(random, 1e-12, 0.5);
}

/* Rounding x moves the tail by x f(x)/P · 2^-53, which is at most max(1, nu, x²) of them. */
static void assert_undone(double p, double back, double x, double factor) {
    double allowed = 2e-14 + (factor - 2 * log(p)) * 0x1p-51;
    if (!(fabs(back / p - 1) <= allowed))
        fail_msg("p = %.17g, x = %.17g: back at %.17g, %.3g off", p, x, back, fabs(back / p - 1));
}

static void test_student__quantile_undoes_the_distribution(void **state) {
    (void)state;
    g_autoptr(GRand) random = g_rand_new_with_seed(31);
    for (int trial = 0; trial < TRIALS; trial++) {
        double nu = exp(g_rand_double_range(random, 0, log(200))), p = random_probability(random);
        SyStudent student = sy_student_prepare(nu);
        double x = sy_student_quantile(&student, p);
        assert_true(x < 0);
        assert_undone(p, sy_student_cdf(&student, x), x, nu);
        /* Symmetry, where 1 - p can be written. */
        if (p > 0x1p-30 && 1 - (1 - p) == p)
            assert_true(sy_student_quantile(&student, 1 - p) == -x);
    }
}

static void test_student__quantile_rises(void **state) {
    (void)state;
    g_autoptr(GRand) random = g_rand_new_with_seed(32);
    for (int trial = 0; trial < TRIALS; trial++) {
        double nu = exp(g_rand_double_range(random, 0, log(200))), p = random_probability(random);
        SyStudent student = sy_student_prepare(nu);
        assert_true(sy_student_quantile(&student, p * (1 + 1e-12)) >=
                    sy_student_quantile(&student, p));
    }
}

/* The polynomials against what they go through, and the same bits after another nu was asked for.
 */
static void test_student_table__is_the_distribution_at_many_places(void **state) {
    (void)state;
    g_autoptr(GRand) random = g_rand_new_with_seed(34);
    for (int table = 0; table < 40; table++) {
        double nu = exp(g_rand_double_range(random, log(2), log(51)));
        SyStudent student = sy_student_prepare(nu);
        double p[TRIALS / 40], x[TRIALS / 40], cdf[TRIALS / 40];
        for (gsize i = 0; i < G_N_ELEMENTS(p); i++) {
            p[i] = random_probability(random);
            x[i] = sy_student_quantile_at(sy_student_quantiles(nu), p[i], 1 - p[i]);
            double exact = sy_student_quantile(&student, p[i]);
            assert_near(x[i], exact, 2e-13 * (fabs(exact) + 1));
            assert_true(sy_student_quantile_at(sy_student_quantiles(nu), 1 - p[i], p[i]) == -x[i]);
            cdf[i] = sy_student_cdf_at(sy_student_cdfs(nu), exact);
            if (!(fabs(cdf[i] / sy_student_cdf(&student, exact) - 1) <= 4e-13))
                fail_msg("nu = %.17g, x = %.17g: %.17g", nu, exact, cdf[i]);
            assert_near(sy_student_cdf_at(sy_student_cdfs(nu), -exact), 1 - cdf[i], 1e-16);
        }
        sy_student_quantiles(3);
        sy_student_cdfs(3);
        for (gsize i = 0; i < G_N_ELEMENTS(p); i++)
            assert_true(sy_student_quantile_at(sy_student_quantiles(nu), p[i], 1 - p[i]) == x[i]);
    }
}

static void test_normal__quantile_undoes_the_distribution(void **state) {
    (void)state;
    g_autoptr(GRand) random = g_rand_new_with_seed(33);
    for (int trial = 0; trial < TRIALS; trial++) {
        double p = random_probability(random), x = sy_normal_quantile(p);
        assert_true(x < 0);
        assert_undone(p, sy_normal_cdf(x), x, x * x);
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_student__quantile_undoes_the_distribution),
        cmocka_unit_test(test_student__quantile_rises),
        cmocka_unit_test(test_student_table__is_the_distribution_at_many_places),
        cmocka_unit_test(test_normal__quantile_undoes_the_distribution),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
