/* Brent's root and minimum. */
#include "test.h"

#include <glib.h>
#include <math.h>

#include "num/optimise.h"

/* A function and the number of times it was called. */
typedef struct {
    double (*f)(double x);
    int calls;
} Counted;

static double counted(double x, gconstpointer data) {
    Counted *counting = (Counted *)data;
    counting->calls++;
    return counting->f(x);
}

static double cubic(double x) { return x * x * x - 2; }
static double flat(double x) { return pow(x - 1, 9); }
static double steep(double x) { return x > 0.3 ? 1 : -1e-9; }
static double falling(double x) { return exp(-x) - 1e-12; }

static void test_root__is_found_to_rounding(void **state) {
    (void)state;
    static const struct {
        double (*f)(double x);
        double low, high, root, tolerance;
        int calls_most;
    } cases[] = {
        {cubic, 0, 2, 1.2599210498948732, 1e-15, 15},
        {cubic, 2, -5, 1.2599210498948732, 1e-15, 20},
        {steep, 0, 1, 0.3, 1e-15, 120},
        {flat, -2, 5, 1, 1e-3, 200},
        {falling, 0, 700, 27.631021115928547, 1e-14, 120},
    };
    for (gsize i = 0; i < G_N_ELEMENTS(cases); i++) {
        Counted counting = {.f = cases[i].f};
        double root = sy_root(counted, &counting, cases[i].low, cases[i].high, 0);
        assert_true(fabs(root - cases[i].root) <= cases[i].tolerance);
        assert_true(counting.calls <= cases[i].calls_most);
    }
}

static void test_root__may_lie_on_an_end(void **state) {
    (void)state;
    Counted counting = {.f = flat};
    assert_true(sy_root(counted, &counting, 1, 4, 0) == 1);
    assert_true(sy_root(counted, &counting, -1, 1, 0) == 1);
}

static double valley(double x) { return (x - 0.7) * (x - 0.7) * (1 + 0.3 * x) + 5; }
static double rising(double x) { return x; }
static double sinking(double x) { return -x; }

static void test_minimum__is_found_within_the_interval_and_at_its_ends(void **state) {
    (void)state;
    static const struct {
        double (*f)(double x);
        double place, value, tolerance;
    } cases[] = {{valley, 0.7, 5, 1e-7}, {rising, -1, -1, 0}, {sinking, 3, -3, 0}};
    for (gsize i = 0; i < G_N_ELEMENTS(cases); i++) {
        Counted counting = {.f = cases[i].f};
        double minimum;
        double place = sy_minimise(counted, &counting, -1, 3, 1e-8, &minimum);
        assert_true(fabs(place - cases[i].place) <= cases[i].tolerance);
        assert_true(fabs(minimum - cases[i].value) <= 1e-14);
        assert_true(counting.calls <= 45);
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_root__is_found_to_rounding),
        cmocka_unit_test(test_root__may_lie_on_an_end),
        cmocka_unit_test(test_minimum__is_found_within_the_interval_and_at_its_ends),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
