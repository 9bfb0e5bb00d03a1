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

/* ---- smooth functions ---- */

/* A curved valley (Rosenbrock's), the least is 0 at (1, 1). */
static double banana(const double *x, double *slope) {
    double across = x[1] - x[0] * x[0], along = 1 - x[0];
    slope[0] = -400 * x[0] * across - 2 * along;
    slope[1] = 200 * across;
    return 100 * across * across + along * along;
}

static double dome_and_pit(const double *x, double *slope) {
    slope[0] = -sin(x[0]);
    return cos(x[0]);
}

/* Far from its least it is nearly straight, so that a first step goes to where it is no number. */
static double walled(const double *x, double *slope) {
    double d = x[0] - 2.9, root = sqrt(1 + d * d);
    slope[0] = d / root;
    return x[0] < 3 ? root : NAN;
}

typedef struct {
    double (*f)(const double *x, double *slope);
    const double *low, *high;
    gsize variables;
    int calls;
} Smooth;

static double smooth(const double *x, double *slope, gconstpointer data) {
    Smooth *counting = (Smooth *)data;
    counting->calls++;
    for (gsize i = 0; i < counting->variables; i++)
        assert_true(x[i] >= counting->low[i] && x[i] <= counting->high[i]);
    return counting->f(x, slope);
}

static void test_smooth__finds_the_least_in_a_box(void **state) {
    (void)state;
    static const struct {
        double (*f)(const double *x, double *slope);
        gsize variables;
        double low[2], high[2], start[2], place[2], value, tolerance;
        int calls_most;
    } cases[] = {
        {banana, 2, {-3, -3}, {3, 3}, {-1.2, 1}, {1, 1}, 0, 1e-5, 90},
        {banana, 2, {-3, -3}, {0.5, 3}, {-1.2, 1}, {0.5, 0.25}, 0.25, 1e-6, 90},
        {banana, 2, {-3, 2}, {3, 3}, {3, 3}, {1.413696, 2}, 0.1713586, 1e-5, 60},
        {banana, 2, {-3, -3}, {-1, -2}, {-2, -2.5}, {-1, -2}, 904, 0, 20},
        {dome_and_pit, 1, {0, 0}, {6, 0}, {0.01, 0}, {M_PI, 0}, -1, 1e-5, 30},
        {dome_and_pit, 1, {0, 0}, {2, 0}, {0.01, 0}, {2, 0}, -0.41614683654714241, 0, 20},
        {walled, 1, {0, 0}, {4, 0}, {0.5, 0}, {2.9, 0}, 1, 1e-5, 40},
    };
    for (gsize i = 0; i < G_N_ELEMENTS(cases); i++) {
        Smooth counting = {.f = cases[i].f,
                           .low = cases[i].low,
                           .high = cases[i].high,
                           .variables = cases[i].variables};
        double x[2] = {cases[i].start[0], cases[i].start[1]}, step[2] = {1e-3, 1e-3}, slope[2];
        double value = sy_minimise_smooth(smooth, &counting, cases[i].variables, cases[i].low,
                                          cases[i].high, step, 1e-12, x);
        if (fabs(x[0] - cases[i].place[0]) > cases[i].tolerance ||
            fabs(x[1] - cases[i].place[1]) > cases[i].tolerance ||
            fabs(value - cases[i].value) > 1e-5 || counting.calls > cases[i].calls_most)
            fail_msg("case %zu: %.9g at %.9g, %.9g after %d calls", i, value, x[0], x[1],
                     counting.calls);
        assert_true(value == cases[i].f(x, slope));
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_root__is_found_to_rounding),
        cmocka_unit_test(test_root__may_lie_on_an_end),
        cmocka_unit_test(test_minimum__is_found_within_the_interval_and_at_its_ends),
        cmocka_unit_test(test_smooth__finds_the_least_in_a_box),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
