/* Fits by maximum likelihood: the fast likelihoods against the densities of the rows, and the
 * search against one that tries everything. */
#include "test.h"

#include "base/hash.h"
#include "num/copula/likelihood.h"

#include "pairs.h"

static double uniform(guint64 *seed) { return (double)(sy_random_next(seed) >> 11) * 0x1p-53; }

static const guint all_rotations = (1 << SY_ROTATIONS) - 1;

/* Drawn from a family; rounded to a grain where it is > 0, so that there are ties. */
static Pairs *drawn_from(const SyCopulaFit *fit, gsize n, guint64 seed, double grain) {
    g_autofree double *u = g_new(double, n), *v = g_new(double, n);
    sy_copula_sample(fit, seed, n, u, v);
    for (gsize i = 0; i < n && grain > 0; i++) {
        u[i] = round(u[i] / grain);
        v[i] = round(v[i] / grain);
    }
    return pairs_of_data(n, u, v);
}

/* A place within the range that fits look in; `where` from 0 to 1. */
static void parameters_at(const SyCopula *family, double where, double other, double *parameter) {
    const double places[] = {where, other};
    for (gsize k = 0; k < family->parameters; k++) {
        double least = family->fit_least[k], most = family->fit_most[k];
        parameter[k] = least + places[k] * (most - least);
    }
}

/* Where the fast likelihood has its digits: Frank above 0, BB8 below 1. */
static void keep_digits(SyCopulaFit *fit) {
    if (fit->family == sy_copula_find("Frank"))
        fit->parameter[0] = fmax(fabs(fit->parameter[0]), 1e-6);
    if (fit->family == sy_copula_find("BB8"))
        fit->parameter[1] = fmin(fit->parameter[1], 1 - 1e-10);
}

static double grid_likelihood(const Pairs *pairs, const SyCopulaFit *fit, double *slope) {
    g_autofree void *room = g_malloc(sy_copula_grid_size(pairs->sample.n, pairs->sample.n));
    SyCopulaGrid grid;
    sy_copula_grid_init(&grid, &pairs->sample, fit->rotation, 1, room);
    return sy_generator_find(fit->family)->likelihood(&grid, fit->parameter, slope);
}

/* The slopes by differences over steps that shrink: the error of the first is a fourth of the
 * steps', that of the second rounding. */
static void check_slopes(const Pairs *pairs, const SyCopulaFit *fit, const double *slope) {
    for (gsize k = 0; k < fit->family->parameters; k++) {
        double least = fit->family->fit_least[k], most = fit->family->fit_most[k];
        double room = MIN(fit->parameter[k] - least, most - fit->parameter[k]);
        double step = 1e-4 * room, unused[2], value[2];
        if (step <= 0)
            continue;
        for (int side = 0; side < 2; side++) {
            SyCopulaFit moved = *fit;
            moved.parameter[k] += side ? step : -step;
            value[side] = grid_likelihood(pairs, &moved, unused);
        }
        double size = fabs(value[0]) + fabs(slope[k]) * room,
               numeric = (value[1] - value[0]) / (2 * step);
        /* 1e-8: what rounding leaves of a difference where the family is independence. */
        if (fabs(numeric - slope[k]) * room > 1e-6 * size + 1e-8)
            fail_msg("%s %s at %g, %g: slope %zu is %.9g, by differences %.9g", fit->family->name,
                     sy_rotation_choices[fit->rotation].name, fit->parameter[0], fit->parameter[1],
                     k, slope[k], numeric);
    }
}

static void check_likelihood(const Pairs *pairs, const SyCopulaFit *fit) {
    double slope[2], fast = grid_likelihood(pairs, fit, slope);
    double clear = pairs_log_likelihood(pairs, fit);
    if (fabs(fast - clear) > 1e-9 + 1e-11 * fabs(clear))
        fail_msg("%s %s at %.17g, %.17g: %.12g, by densities %.12g", fit->family->name,
                 sy_rotation_choices[fit->rotation].name, fit->parameter[0], fit->parameter[1],
                 fast, clear);
    check_slopes(pairs, fit, slope);
}

static void test_likelihood__is_the_sum_of_log_densities_with_its_slopes(void **state) {
    (void)state;
    static const double places[] = {0, 0.003, 0.1, 0.45, 0.9, 1};
    SyCopulaFit gaussian = {.family = sy_copula_find("Gaussian"), .parameter = {0.6}};
    g_autoptr(Pairs) ranked = drawn_from(&gaussian, 400, 1, 0);
    g_autoptr(Pairs) tied = drawn_from(&gaussian, 300, 2, 0.02);
    g_autofree double *u = g_new(double, 300), *v = g_new(double, 300);
    sy_copula_sample(&gaussian, 3, 300, u, v);
    g_autoptr(Pairs) values = pairs_of_values(300, u, v);
    const Pairs *samples[] = {ranked, tied, values};
    for (gsize i = 0; i < sy_n_copulas; i++) {
        if (!sy_generator_find(sy_copulas[i]))
            continue;
        for (gsize k = 0; k < G_N_ELEMENTS(places); k++) {
            for (gsize m = 0; m < G_N_ELEMENTS(places); m++) {
                SyCopulaFit fit = {.family = sy_copulas[i],
                                   .rotation = sy_copulas[i]->rotates ? (k + m) % SY_ROTATIONS : 0};
                parameters_at(fit.family, places[k], places[m], fit.parameter);
                keep_digits(&fit);
                if (fit.family->parameters == 2 || m == 0)
                    check_likelihood(samples[(k + m) % G_N_ELEMENTS(samples)], &fit);
            }
        }
    }
}

/* Next to the θ = 0 of Clayton and BB1 nothing is lost: neither of the likelihood, nor of its
 * slope, which is that of a parabola through the next values. */
static void test_likelihood__has_its_digits_next_to_zero(void **state) {
    (void)state;
    static const double thetas[] = {0, 1e-300, 1e-17, 1e-12, 1e-8, 1e-5, 1e-4, 3e-4, 1e-3, 4e-3};
    static const char *const names[] = {"Clayton", "BB1"};
    SyCopulaFit gaussian = {.family = sy_copula_find("Gaussian"), .parameter = {0.6}};
    g_autofree double *u = g_new(double, 300), *v = g_new(double, 300);
    sy_copula_sample(&gaussian, 3, 300, u, v);
    g_autoptr(Pairs) pairs = pairs_of_values(300, u, v);
    for (gsize i = 0; i < G_N_ELEMENTS(names); i++) {
        for (gsize k = 0; k < G_N_ELEMENTS(thetas); k++) {
            const double step = 1e-4;
            SyCopulaFit fit = {.family = sy_copula_find(names[i]), .parameter = {thetas[k], 1.4}};
            SyCopulaFit near = fit, far = fit;
            near.parameter[0] += step;
            far.parameter[0] += 2 * step;
            double slope[2], value = grid_likelihood(pairs, &fit, slope);
            double clear = pairs_log_likelihood(pairs, &fit);
            assert_near(value, clear, 1e-10);
            double numeric = (4 * pairs_log_likelihood(pairs, &near) - 3 * clear -
                              pairs_log_likelihood(pairs, &far)) /
                             (2 * step);
            assert_near(slope[0], numeric, 1e-4 * fabs(numeric));
        }
    }
}

/* The likelihood by densities, on a grid of the whole range that closes in on its best point: no
 * search that could stop early, and none of the code of the fast one. */
static double exhaustive(const Pairs *pairs, const SyCopula *family, SyRotation rotation) {
    enum { STEPS = 14, ROUNDS = 8 };
    SyCopulaFit fit = {.family = family, .rotation = rotation};
    double low[2] = {0}, high[2] = {0}, best = -INFINITY, at[2] = {0};
    parameters_at(family, 0, 0, low);
    parameters_at(family, 1, 1, high);
    for (int round = 0; round < ROUNDS; round++) {
        for (int i = 0; i <= STEPS; i++) {
            for (int k = 0; k <= (family->parameters == 2 ? STEPS : 0); k++) {
                const int places[] = {i, k};
                for (gsize p = 0; p < family->parameters; p++)
                    fit.parameter[p] = low[p] + (high[p] - low[p]) * places[p] / STEPS;
                if (fit.parameter[0] == 0) /* Frank */
                    continue;
                double value = pairs_log_likelihood(pairs, &fit);
                if (value > best) {
                    best = value;
                    at[0] = fit.parameter[0];
                    at[1] = fit.parameter[1];
                }
            }
        }
        for (gsize p = 0; p < family->parameters; p++) {
            double half = 2.5 * (high[p] - low[p]) / STEPS, wide[2][2];
            parameters_at(family, 0, 0, wide[0]);
            parameters_at(family, 1, 1, wide[1]);
            low[p] = MAX(at[p] - half, wide[0][p]);
            high[p] = MIN(at[p] + half, wide[1][p]);
        }
    }
    return best;
}

/* Every fit is as likely as what the exhaustive search finds, and the choice is the best of them.
 */
static void check_choice(const Pairs *pairs, const char *what) {
    double best = INFINITY;
    const SyCopula *family = NULL;
    for (gsize i = 0; i < sy_n_copulas; i++) {
        for (unsigned rotation = 0; rotation < (sy_copulas[i]->rotates ? SY_ROTATIONS : 1);
             rotation++) {
            SyCopulaFit fit;
            bool admitted = sy_copula_fit(SY_FIT_MLE, sy_copulas[i], rotation, &pairs->sample,
                                          pairs->tau, pairs->work, &fit);
            bool positive = (rotation % 2 == 0) == (pairs->tau > 0);
            assert_true(admitted == (!sy_copulas[i]->rotates || positive));
            if (!admitted)
                continue;
            double most = exhaustive(pairs, sy_copulas[i], rotation);
            if (fit.loglik < most - 1e-6)
                fail_msg("%s: %s %s at %.9g, %.9g: %.9f, elsewhere %.9f", what, fit.family->name,
                         sy_rotation_choices[rotation].name, fit.parameter[0], fit.parameter[1],
                         fit.loglik, most);
            if (fit.aic < best) {
                best = fit.aic;
                family = sy_copulas[i];
            }
        }
    }
    SyCopulaFit chosen;
    assert_true(sy_copula_choose(SY_FIT_MLE, sy_copulas, sy_n_copulas, all_rotations, SY_AIC,
                                 &pairs->sample, pairs->tau, pairs->work, &chosen));
    assert_true(chosen.family == family && chosen.aic == best);
}

static void test_fit__is_as_likely_as_any_place_in_the_range(void **state) {
    (void)state;
    static const struct {
        const char *family;
        SyRotation rotation;
        double parameter[2];
        gsize n;
        double grain;
    } cases[] = {
        {"Clayton", SY_R180, {0.4}, 80, 0},   {"Gumbel", SY_R90, {1.6}, 70, 0},
        {"Joe", SY_R0, {4}, 60, 0},           {"Frank", SY_R0, {-3}, 70, 0},
        {"StudentT", SY_R0, {0.3, 3}, 80, 0}, {"Gaussian", SY_R0, {0.97}, 50, 0},
        {"Gaussian", SY_R0, {0.02}, 60, 0},   {"Clayton", SY_R0, {2}, 70, 0.05},
        {"Gumbel", SY_R0, {30}, 40, 0},       {"Clayton", SY_R270, {25}, 40, 0},
    };
    for (gsize i = 0; i < G_N_ELEMENTS(cases); i++) {
        SyCopulaFit truth = {.family = sy_copula_find(cases[i].family),
                             .rotation = cases[i].rotation,
                             .parameter = {cases[i].parameter[0], cases[i].parameter[1]}};
        g_autoptr(Pairs) pairs = drawn_from(&truth, cases[i].n, 100 + i, cases[i].grain);
        check_choice(pairs, cases[i].family);
    }
}

/* Samples whose likelihood has several tops: searches from the likeliest of a few places end at one
 * that is not the highest. */
static void test_fit__finds_the_highest_of_several_tops(void **state) {
    (void)state;
    static const struct {
        const char *from;
        SyRotation rotation;
        double parameter[2];
        gsize n;
        guint64 seed;
        double grain;
        const char *family;
        SyRotation turn;
    } cases[] = {
        {"StudentT", SY_R0, {0.99, 40}, 20, 1053, 0, "BB7", SY_R0},
        {"BB1", SY_R0, {5, 5}, 20, 1063, 0.1, "BB7", SY_R180},
        {"BB6", SY_R90, {1.05, 1.3}, 20, 3066, 0, "BB8", SY_R90},
        {"BB1", SY_R0, {6.8, 1.02}, 20, 3061, 0.1, "BB6", SY_R180},
        {"Frank", SY_R0, {18}, 100, 11025, 0, "BB7", SY_R180},
        {"StudentT", SY_R0, {0.95, 2.1}, 100, 11052, 0, "BB8", SY_R180},
        {"Gumbel", SY_R270, {1.05}, 100, 11012, 0.1, "BB8", SY_R270},
        {"Joe", SY_R90, {1.1}, 100, 11030, 0.1, "BB8", SY_R90},
        {"Joe", SY_R180, {18}, 100, 11035, 0.1, "BB7", SY_R0},
        {"BB1", SY_R0, {0.05, 1.3}, 100, 11057, 0.1, "BB8", SY_R0},
    };
    for (gsize i = 0; i < G_N_ELEMENTS(cases); i++) {
        SyCopulaFit truth = {.family = sy_copula_find(cases[i].from),
                             .rotation = cases[i].rotation,
                             .parameter = {cases[i].parameter[0], cases[i].parameter[1]}};
        g_autoptr(Pairs) pairs = drawn_from(&truth, cases[i].n, cases[i].seed, cases[i].grain);
        SyCopulaFit fit;
        assert_true(sy_copula_fit(SY_FIT_MLE, sy_copula_find(cases[i].family), cases[i].turn,
                                  &pairs->sample, pairs->tau, pairs->work, &fit));
        double most = exhaustive(pairs, fit.family, fit.rotation);
        if (fit.loglik < most - 1e-6)
            fail_msg("%s: %s at %.9g, %.9g: %.9f, elsewhere %.9f", cases[i].from, fit.family->name,
                     fit.parameter[0], fit.parameter[1], fit.loglik, most);
    }
}

/* What a family of two parameters is at the end of its range is one of one parameter, and no
 * likelier: BB1 and BB7 hold Clayton, BB1 and BB6 Gumbel, BB6 and BB8 Joe. */
static void test_fit__of_a_bound_is_the_family_that_it_is(void **state) {
    (void)state;
    static const char *const cases[][2] = {{"Clayton", "BB1"}, {"Clayton", "BB7"},
                                           {"Gumbel", "BB1"},  {"Gumbel", "BB6"},
                                           {"Joe", "BB6"},     {"Joe", "BB8"}};
    static const double parameters[] = {1.05, 1.3, 2.2, 4};
    for (gsize i = 0; i < G_N_ELEMENTS(cases); i++) {
        for (gsize k = 0; k < 4 * G_N_ELEMENTS(parameters); k++) {
            SyCopulaFit truth = {.family = sy_copula_find(cases[i][0]),
                                 .parameter = {parameters[k % 4]}};
            g_autoptr(Pairs) pairs = drawn_from(&truth, 500, 300 + k, 0);
            SyCopulaFit one, two;
            assert_true(sy_copula_fit(SY_FIT_MLE, truth.family, SY_R0, &pairs->sample, pairs->tau,
                                      pairs->work, &one));
            assert_true(sy_copula_fit(SY_FIT_MLE, sy_copula_find(cases[i][1]), SY_R0,
                                      &pairs->sample, pairs->tau, pairs->work, &two));
            if (two.loglik < one.loglik - 1e-8)
                fail_msg("%s at %.9g: %.9f, %s at %.9g, %.9g: %.9f", one.family->name,
                         one.parameter[0], one.loglik, two.family->name, two.parameter[0],
                         two.parameter[1], two.loglik);
        }
    }
}

/* More parameters that are free can only make the sample likelier; and the same input gives the
 * same bits. */
static void test_fit__is_likelier_than_by_tau_and_repeats(void **state) {
    (void)state;
    guint64 seed = 20201105;
    for (gsize round = 0; round < 24; round++) {
        SyCopulaFit truth = {.family = sy_copula_find("StudentT"),
                             .parameter = {2 * uniform(&seed) - 1, 2.5}};
        gsize n = 5 + (gsize)(200 * uniform(&seed));
        g_autoptr(Pairs) pairs = drawn_from(&truth, n, 1000 + round, round % 4 ? 0 : 0.1);
        for (gsize i = 0; i < sy_n_copulas && fabs(pairs->tau) < 1; i++) {
            for (unsigned rotation = 0; rotation < (sy_copulas[i]->rotates ? SY_ROTATIONS : 1);
                 rotation++) {
                SyCopulaFit by_tau, best, again;
                bool admitted = sy_copula_fit(SY_FIT_MLE, sy_copulas[i], rotation, &pairs->sample,
                                              pairs->tau, pairs->work, &best);
                if (admitted) {
                    assert_true(sy_copula_fit(SY_FIT_MLE, sy_copulas[i], rotation, &pairs->sample,
                                              pairs->tau, pairs->work, &again));
                    assert_memory_equal(&best, &again, sizeof best);
                    assert_near(best.loglik, pairs_log_likelihood(pairs, &best), 1e-9);
                }
                if (sy_copula_fit(SY_FIT_ITAU, sy_copulas[i], rotation, &pairs->sample, pairs->tau,
                                  pairs->work, &by_tau) &&
                    fabs(by_tau.parameter[0]) <= sy_copulas[i]->fit_most[0] &&
                    best.loglik < by_tau.loglik - 1e-9)
                    fail_msg("round %zu, n = %zu: %s: %.12g, by tau %.12g", round, n,
                             best.family->name, best.loglik, by_tau.loglik);
            }
        }
    }
}

/* One pair of a sample of some kind: nothing a family was made for. */
static void wild_pair(gsize kind, guint64 *seed, double *u, double *v) {
    double a = uniform(seed), b = uniform(seed);
    const double pairs[][2] = {
        {a, b},                               /* independent */
        {pow(a, 20), pow(b, 20)},             /* down to 1e-300: values, not ranks */
        {a, a + 1e-9 * b},                    /* all but one line */
        {floor(3 * a), floor(3 * b)},         /* hardly anything but ties */
        {a, uniform(seed) < 0.5 ? a : 1 - a}, /* a cross */
        {a, uniform(seed) < 0.95 ? a : b},    /* a line with strangers */
    };
    *u = pairs[kind][0];
    *v = pairs[kind][1];
}

/* Joe is an end of BB8's range, and no fit of BB8 is less likely, nor has another upper tail. */
static void test_fit__of_bb8_reaches_joe(void **state) {
    (void)state;
    const SyCopulaFit truth = {.family = sy_copula_find("Joe"), .parameter = {4}};
    gsize n = 300, reached = 0;
    g_autofree double *u = g_new(double, n), *v = g_new(double, n);
    for (guint64 seed = 1; seed <= 6; seed++) {
        sy_copula_sample(&truth, seed, n, u, v);
        u[0] = v[0] = 1 - 1e-9; /* next to where the upper tail is */
        g_autoptr(Pairs) pairs = pairs_of_values(n, u, v);
        SyCopulaFit joe, bb8;
        assert_true(sy_copula_fit(SY_FIT_MLE, truth.family, SY_R0, &pairs->sample, pairs->tau,
                                  pairs->work, &joe));
        assert_true(sy_copula_fit(SY_FIT_MLE, sy_copula_find("BB8"), SY_R0, &pairs->sample,
                                  pairs->tau, pairs->work, &bb8));
        if (bb8.loglik < joe.loglik - 1e-9) /* what searches end at */
            fail_msg("seed %zu: BB8 at %.12g, %.12g: %.12g, Joe at %.12g: %.12g", (gsize)seed,
                     bb8.parameter[0], bb8.parameter[1], bb8.loglik, joe.parameter[0], joe.loglik);
        assert_near(bb8.loglik, pairs_log_likelihood(pairs, &bb8), 1e-9);
        reached += bb8.parameter[1] == 1;
    }
    assert_true(reached > 0);
}

static void test_fit__holds_on_wild_samples(void **state) {
    (void)state;
    enum { KINDS = 6, ROUNDS = 60, MOST = 120 };
    guint64 seed = 7;
    double u[MOST], v[MOST];
    for (gsize round = 0; round < ROUNDS; round++) {
        gsize n = 4 + (gsize)((MOST - 4) * uniform(&seed)), kind = round % KINDS;
        for (gsize i = 0; i < n; i++) {
            wild_pair(kind, &seed, &u[i], &v[i]);
            u[i] = fmax(u[i], kind == 1 ? 1e-300 : 0);
            v[i] = fmax(v[i], kind == 1 ? 1e-300 : 0);
        }
        u[0] += kind == 3 ? 7 : 0; /* never constant */
        v[0] += kind == 3 ? 9 : 0;
        g_autoptr(Pairs) pairs = kind == 1 ? pairs_of_values(n, u, v) : pairs_of_data(n, u, v);
        for (gsize i = 0; i < sy_n_copulas && fabs(pairs->tau) < 1; i++) {
            for (unsigned rotation = 0; rotation < (sy_copulas[i]->rotates ? SY_ROTATIONS : 1);
                 rotation++) {
                SyCopulaFit fit;
                if (!sy_copula_fit(SY_FIT_MLE, sy_copulas[i], rotation, &pairs->sample, pairs->tau,
                                   pairs->work, &fit))
                    continue;
                double clear = pairs_log_likelihood(pairs, &fit);
                if (!(fabs(fit.loglik - clear) <= 1e-10 * (1 + fabs(clear))))
                    fail_msg("kind %zu, n = %zu: %s %s at %.9g, %.9g: %.12g, by densities %.12g",
                             kind, n, fit.family->name, sy_rotation_choices[rotation].name,
                             fit.parameter[0], fit.parameter[1], fit.loglik, clear);
                for (gsize k = 0; k < fit.family->parameters; k++)
                    assert_true(fit.parameter[k] >= fit.family->fit_least[k] &&
                                fit.parameter[k] <= fit.family->fit_most[k]);
            }
        }
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_likelihood__is_the_sum_of_log_densities_with_its_slopes),
        cmocka_unit_test(test_likelihood__has_its_digits_next_to_zero),
        cmocka_unit_test(test_fit__is_as_likely_as_any_place_in_the_range),
        cmocka_unit_test(test_fit__finds_the_highest_of_several_tops),
        cmocka_unit_test(test_fit__of_a_bound_is_the_family_that_it_is),
        cmocka_unit_test(test_fit__is_likelier_than_by_tau_and_repeats),
        cmocka_unit_test(test_fit__of_bb8_reaches_joe),
        cmocka_unit_test(test_fit__holds_on_wild_samples),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
