/* Normal and Student distributions against high-precision arithmetic. */
#include "test.h"

#include <math.h>

#include "num/normal.h"
#include "num/student.h"

#include "csv.h"

static double relative(double ours, double exact) { return fabs(ours - exact) / fabs(exact); }

static void test_normal__is_exact_into_the_tail(void **state) {
    (void)state;
    g_autoptr(Csv) table = csv_read("tests/oracle/distribution/normal.csv");
    assert_true(table->rows > 0);
    for (gsize row = 0; row < table->rows; row++) {
        double x = csv_number(table, row, "x"), cdf = csv_number(table, row, "cdf");
        /* The rounding of x / sqrt 2 alone moves the tail by x² 2^-53. */
        assert_true(relative(sy_normal_cdf(x), cdf) < 1e-15 + x * x * 0x1p-52);
        assert_true(fabs(sy_normal_cdf(-x) - (1 - cdf)) <= 0x1p-53);
        /* The rounding of the probability moves x by p 2^-53 / density: visible near the median
         * only, and there absolutely. */
        assert_true(fabs(sy_normal_quantile(cdf) - x) < 1e-15 * fabs(x) + 2e-16);
    }
}

static void test_student__is_exact_into_the_tail(void **state) {
    (void)state;
    g_autoptr(Csv) table = csv_read("tests/oracle/distribution/student.csv");
    assert_true(table->rows > 100);
    for (gsize row = 0; row < table->rows; row++) {
        double nu = csv_number(table, row, "nu"), x = csv_number(table, row, "x");
        double cdf = csv_number(table, row, "cdf");
        SyStudent student = sy_student_prepare(nu);
        double error = relative(sy_student_cdf(&student, x), cdf);
        /* The logarithm of the density, (nu + 1)/nu times that of the tail, is rounded at every
         * step of its computation; around the median the tail is ½ less a
         * part up to nine times its size, with a dozen roundings. */
        double allowed = 12 * 9 * 0x1p-53 - log(cdf) * (1 + 1 / nu) * 0x1p-52;
        if (error > allowed)
            fail_msg("nu = %g, x = %.17g: cdf off by %.3g", nu, x, error);
        assert_true(fabs(sy_student_cdf(&student, -x) - (1 - cdf)) <= 0x1p-53 + allowed * cdf);
        double quantile = sy_student_quantile(&student, cdf);
        error = fabs(quantile - x) / (fabs(x) + 0.5);
        if (error > allowed)
            fail_msg("nu = %g, p = %.17g: quantile %.17g, not %.17g", nu, cdf, quantile, x);
        if (cdf > 1e-5) /* 1 - cdf still knows cdf to about 1e-11 */
            assert_true(fabs(sy_student_quantile(&student, 1 - cdf) + x) < 1e-10 * (fabs(x) + 0.5));
    }
}

static void test_student__ends_at_infinity_and_is_zero_at_the_median(void **state) {
    (void)state;
    SyStudent student = sy_student_prepare(3);
    assert_true(sy_student_quantile(&student, 0) == -INFINITY);
    assert_true(sy_student_quantile(&student, 1) == INFINITY);
    assert_true(sy_student_quantile(&student, 0.5) == 0);
    assert_true(sy_student_cdf(&student, -INFINITY) == 0);
    assert_true(sy_student_cdf(&student, INFINITY) == 1);
    assert_true(sy_student_cdf(&student, 0) == 0.5);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_normal__is_exact_into_the_tail),
        cmocka_unit_test(test_student__is_exact_into_the_tail),
        cmocka_unit_test(test_student__ends_at_infinity_and_is_zero_at_the_median),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
