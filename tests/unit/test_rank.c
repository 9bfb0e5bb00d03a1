/* Ranks, empirical distribution and Kendall's tau. */
#include "test.h"

#include <math.h>

#include "num/rank.h"

enum { MOST = 64 };

static double tau_of(gsize n, const double *x, const double *y, bool *varies) {
    double sorted[MOST], work[4 * MOST], tau = NAN;
    guint32 rank_x[MOST], rank_y[MOST];
    assert_true(sy_rank_work_size(MOST) <= sizeof work && sy_tau_work_size(MOST) <= sizeof work);
    sy_rank(n, x, sorted, rank_x, work);
    sy_rank(n, y, sorted, rank_y, work);
    *varies = sy_tau(n, rank_x, rank_y, work, &tau);
    return tau;
}

/* tau-b by its definition, over all pairs. */
static double tau_by_definition(gsize n, const double *x, const double *y) {
    double sum = 0, pairs_x = 0, pairs_y = 0;
    for (gsize i = 0; i < n; i++) {
        for (gsize j = 0; j < i; j++) {
            int a = (x[i] > x[j]) - (x[i] < x[j]), b = (y[i] > y[j]) - (y[i] < y[j]);
            sum += a * b;
            pairs_x += a != 0;
            pairs_y += b != 0;
        }
    }
    return sum / sqrt(pairs_x * pairs_y);
}

static void test_tau__is_what_its_definition_says(void **state) {
    (void)state;
    g_autoptr(GRand) random = g_rand_new_with_seed(1);
    for (int trial = 0; trial < 2000; trial++) {
        gsize n = (gsize)g_rand_int_range(random, 2, MOST + 1);
        int values = g_rand_int_range(random, 2, 100); /* few: many ties */
        double x[MOST], y[MOST];
        for (gsize i = 0; i < n; i++) {
            x[i] = g_rand_int_range(random, -values, values);
            y[i] = g_rand_boolean(random) ? x[i] : g_rand_int_range(random, -values, values);
        }
        bool varies;
        double tau = tau_of(n, x, y, &varies), expected = tau_by_definition(n, x, y);
        assert_int_equal(varies, !isnan(expected));
        if (varies)
            assert_true(fabs(tau - expected) < 1e-15);
    }
}

static void test_tau__is_exactly_one_for_perfect_agreement(void **state) {
    (void)state;
    double x[MOST], y[MOST];
    bool varies;
    for (gsize i = 0; i < MOST; i++) {
        x[i] = exp(0.3 * (double)(i / 2)); /* with ties, at the same rows of both */
        y[i] = -1 / x[i];
    }
    for (gsize n = 3; n <= MOST; n++) {
        assert_true(tau_of(n, x, y, &varies) == 1);
        for (gsize i = 0; i < n; i++)
            y[i] = -y[i];
        assert_true(tau_of(n, x, y, &varies) == -1);
        for (gsize i = 0; i < n; i++)
            y[i] = -y[i];
    }
}

static void test_tau__refuses_constant_columns_and_single_rows(void **state) {
    (void)state;
    double x[] = {3, 3, 3}, y[] = {1, 2, 3};
    bool varies;
    tau_of(3, x, y, &varies);
    assert_false(varies);
    tau_of(3, y, x, &varies);
    assert_false(varies);
    tau_of(1, y, y, &varies);
    assert_false(varies);
}

static void test_rank__sorts_and_gives_ties_their_mean(void **state) {
    (void)state;
    double x[] = {2.5, -1, INFINITY, 0.0, -1, -0.0, 1e-310, -INFINITY}, sorted[8], work[32];
    static const double expected[] = {-INFINITY, -1, -1, 0, 0, 1e-310, 2.5, INFINITY};
    static const guint32 doubled[] = {14, 5, 16, 9, 5, 9, 12, 2};
    guint32 rank[8];
    sy_rank(8, x, sorted, rank, work);
    for (gsize i = 0; i < 8; i++) {
        assert_true(sorted[i] == expected[i]);
        assert_int_equal(rank[i], doubled[i]);
    }
}

/* (#{x_i < x} + ½ #{x_i = x} + ½) / (n + 1), counted. */
static void test_ecdf__counts_what_lies_below(void **state) {
    (void)state;
    g_autoptr(GRand) random = g_rand_new_with_seed(2);
    double x[MOST], sorted[MOST], work[4 * MOST];
    guint32 rank[MOST];
    for (int trial = 0; trial < 200; trial++) {
        gsize n = (gsize)g_rand_int_range(random, 1, MOST + 1);
        for (gsize i = 0; i < n; i++)
            x[i] = g_rand_int_range(random, 0, 40);
        sy_rank(n, x, sorted, rank, work);
        for (double at = -0.5; at < 41; at += 0.5) {
            double count = 0.5;
            for (gsize i = 0; i < n; i++)
                count += x[i] < at ? 1 : x[i] == at ? 0.5 : 0;
            assert_true(sy_ecdf(n, sorted, at) == count / ((double)n + 1));
        }
        for (gsize i = 0; i < n; i++)
            assert_true(sy_ecdf(n, sorted, x[i]) == rank[i] / (2.0 * ((double)n + 1)));
    }
}

static void test_pairs__drops_rows_where_either_is_missing(void **state) {
    (void)state;
    double x[] = {1, NAN, 3, 4, NAN}, y[] = {10, 20, NAN, 40, NAN};
    assert_int_equal(sy_pairs_complete(5, x, y, x, y), 2);
    assert_true(x[0] == 1 && x[1] == 4 && y[0] == 10 && y[1] == 40);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_tau__is_what_its_definition_says),
        cmocka_unit_test(test_tau__is_exactly_one_for_perfect_agreement),
        cmocka_unit_test(test_tau__refuses_constant_columns_and_single_rows),
        cmocka_unit_test(test_rank__sorts_and_gives_ties_their_mean),
        cmocka_unit_test(test_ecdf__counts_what_lies_below),
        cmocka_unit_test(test_pairs__drops_rows_where_either_is_missing),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
