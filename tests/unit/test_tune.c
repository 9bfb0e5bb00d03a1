/* Parts of a tuning that need no store and no bars: scales, samplers, slices, fronts, the deflated
 * Sharpe ratio. */
#include "test.h"

#include <stdio.h>
#include <string.h>

#include "base/error.h"
#include "base/hash.h"
#include "num/normal.h"
#include "tune/deflated.h"
#include "tune/importance.h"
#include "tune/pareto.h"
#include "tune/sampler.h"
#include "tune/slices.h"

/* ---- parameters ---- */

static const SyParameter number = {.kind = SY_PARAMETER_NUMBER, .low = -1.5, .high = 2.5};
static const SyParameter stepped = {
    .kind = SY_PARAMETER_NUMBER, .low = 0.1, .high = 0.9, .step = 0.05};
static const SyParameter whole = {.kind = SY_PARAMETER_WHOLE, .low = 3, .high = 11, .step = 2};
static const SyParameter magnitude = {
    .kind = SY_PARAMETER_NUMBER, .low = 1e-4, .high = 1, .log = true};
static const SyParameter window = {
    .kind = SY_PARAMETER_WHOLE, .low = 1, .high = 1000, .step = 1, .log = true};
static char *words[] = {(char *)"\"a\"", (char *)"\"b\"", (char *)"\"c\""};
static const SyParameter choice = {
    .kind = SY_PARAMETER_CHOICE, .choice = words, .label = words, .n_choices = 3};

static void test_parameter__has_the_values_that_its_range_says(void **state) {
    (void)state;
    assert_int_equal(sy_parameter_count(&number), 0);
    assert_int_equal(sy_parameter_count(&stepped), 17);
    assert_int_equal(sy_parameter_count(&whole), 5);
    assert_int_equal(sy_parameter_count(&choice), 3);
    assert_true(sy_parameter_nth(&stepped, 5) ==
                0.35); /* not 0.1 + 5 × 0.05 = 0.35000000000000003 */
    assert_true(sy_parameter_nth(&stepped, 16) == 0.9);
    assert_true(sy_parameter_nth(&whole, 4) == 11);
    const SyParameter uneven = {.kind = SY_PARAMETER_NUMBER, .low = 0, .high = 1, .step = 0.3};
    assert_int_equal(sy_parameter_count(&uneven), 4);
    const SyParameter huge = {.kind = SY_PARAMETER_NUMBER, .low = 0, .high = 1e300, .step = 1e-300};
    assert_true(sy_parameter_count(&huge) == ((gsize)1 << 52) + 1);
    assert_true(sy_parameter_at(&huge, 1) <= huge.high);
}

static void test_parameter__place_and_value_are_inverse(void **state) {
    (void)state;
    const SyParameter *all[] = {&number, &stepped, &whole, &magnitude, &window, &choice};
    for (gsize p = 0; p < G_N_ELEMENTS(all); p++)
        for (int i = 0; i <= 200; i++) {
            double value = sy_parameter_at(all[p], i / 200.0), back = NAN;
            double place = sy_parameter_place(all[p], value);
            assert_true(place >= 0 && place <= 1);
            assert_true(sy_parameter_at(all[p], place) == value);
            g_autofree char *text = sy_parameter_text(all[p], value);
            assert_true(sy_parameter_read(all[p], text, &back));
            assert_true(back == value);
        }
    assert_true(sy_parameter_at(&number, 0) == -1.5 && sy_parameter_at(&number, 1) == 2.5);
    double value;
    assert_false(sy_parameter_read(&number, "2.6", &value));
    assert_false(sy_parameter_read(&choice, "\"d\"", &value));
}

/* Shares of draws by random search over a thousand trials: each third of the unit scale. */
static void assert_even(const SyParameter *parameter) {
    const SySpace space = {parameter, 1, 1, 42};
    const SySampler *random = sy_sampler_find("random");
    gsize n = 3000, third[3] = {0};
    for (gsize trial = 0; trial < n; trial++) {
        double value;
        random->suggest(&space, NULL, 0, trial, &value);
        third[MIN((gsize)(sy_parameter_place(parameter, value) * 3), 2)]++;
    }
    for (gsize i = 0; i < 3; i++) /* 1000 ± five standard deviations */
        assert_true(third[i] > 870 && third[i] < 1130);
}

static void test_random__draws_every_part_of_the_scale_alike(void **state) {
    (void)state;
    assert_even(&number);
    assert_even(&magnitude);
    assert_even(&choice);
    const SyParameter three = {.kind = SY_PARAMETER_WHOLE, .low = 1, .high = 3, .step = 1};
    assert_even(&three);
}

static void test_grid__tries_every_combination_once(void **state) {
    (void)state;
    const SyParameter both[] = {whole, choice};
    const SySpace space = {both, 2, 1, 1};
    const SySampler *grid = sy_sampler_find("grid");
    assert_int_equal(sy_space_count(&space), 15);
    bool seen[15] = {0};
    for (gsize trial = 0; trial < 15; trial++) {
        double value[2];
        grid->suggest(&space, NULL, 0, trial, value);
        gsize cell = (gsize)((value[0] - 3) / 2) * 3 + (gsize)value[1];
        assert_true(cell < 15 && !seen[cell]);
        seen[cell] = true;
    }
    const SyParameter many[] = {window, window, window, window, window, window, window};
    const SySpace large = {many, 7, 1, 1};
    assert_true(sy_space_count(&large) == G_MAXSIZE);
}

/* ---- samplers against a known function ---- */

enum { TRIALS = 120, BATCH = 8 };

typedef double (*Objective)(const double *value);

/* A narrow ridge: x and y go together; z is a choice of which one is right; best 0. */
static double ridge(const double *value) {
    double x = value[0], y = value[1], along = x - 0.7, across = x - y;
    return -(4 * along * along + 40 * across * across + (value[2] == 1 ? 0 : 0.5));
}

/* Best value that a sampler finds, batch by batch as a search does. */
static double best_of(const SySampler *sampler, Objective objective, guint64 seed) {
    static const SyParameter unit = {.kind = SY_PARAMETER_NUMBER, .low = -1, .high = 1};
    const SyParameter parameters[] = {unit, unit, choice};
    const SySpace space = {parameters, 3, 1, seed};
    static double value[TRIALS][3], score[TRIALS];
    SyPast past[TRIALS];
    double best = -INFINITY;
    for (gsize begin = 0; begin < TRIALS; begin += BATCH) {
        for (gsize i = begin; i < begin + BATCH; i++)
            sampler->suggest(&space, past, begin, i, value[i]);
        for (gsize i = begin; i < begin + BATCH; i++) {
            score[i] = objective(value[i]);
            past[i] = (SyPast){SY_TRIAL_COMPLETE, 1, value[i], &score[i], &score[i]};
            best = fmax(best, score[i]);
        }
    }
    return best;
}

static void test_tpe__finds_better_values_than_random_search(void **state) {
    (void)state;
    enum { SEEDS = 20 };
    double tpe = 0, random = 0;
    int won = 0;
    for (guint64 seed = 1; seed <= SEEDS; seed++) {
        double a = best_of(sy_sampler_find("tpe"), ridge, seed),
               b = best_of(sy_sampler_find("random"), ridge, seed);
        tpe += a / SEEDS;
        random += b / SEEDS;
        won += a > b;
    }
    printf("# mean best of %d seeds: tpe %.5f, random %.5f; tpe better in %d\n", SEEDS, tpe, random,
           won);
    assert_true(tpe > 0.5 * random); /* both below 0: half as far from the best at most */
    assert_true(won >= 15);
}

static void test_samplers__depend_on_seed_trial_and_past_only(void **state) {
    (void)state;
    const SyParameter parameters[] = {number, window, choice};
    const SySpace space = {parameters, 3, 1, 9}, other = {parameters, 3, 1, 10};
    double value[64][3], score[64];
    SyPast past[64];
    guint64 random = 5;
    for (gsize i = 0; i < 64; i++) {
        sy_suggest_random(&space, &random, value[i]);
        score[i] = value[i][0];
        past[i] = (SyPast){i % 9 == 3   ? SY_TRIAL_INVALID
                           : i % 7 == 2 ? SY_TRIAL_PRUNED
                                        : SY_TRIAL_COMPLETE,
                           i % 9 == 3 ? 0 : 1, value[i], &score[i], &score[i]};
    }
    for (gsize s = 0; s < sy_n_samplers; s++) {
        if (sy_samplers[s]->needs_counts)
            continue;
        double a[3], b[3], c[3], d[3];
        sy_samplers[s]->suggest(&space, past, 64, 70, a);
        sy_samplers[s]->suggest(&space, past, 64, 70, b);
        sy_samplers[s]->suggest(&space, past, 64, 71, c);
        sy_samplers[s]->suggest(&other, past, 64, 70, d);
        assert_memory_equal(a, b, sizeof a);
        assert_memory_not_equal(a, c, sizeof a);
        assert_memory_not_equal(a, d, sizeof a);
    }
}

/* ---- fronts ---- */

static void test_pareto__ranks_by_domination(void **state) {
    (void)state;
    const double score[] = {1, 5, /* front */ 3,      3,   /* front */ 2,    3, /* behind 1 */
                            1, 1, /* behind all */ 5, NAN, /* no value */ 5, 1 /* front */};
    gsize rank[6], order[6];
    sy_pareto_rank(score, 6, 2, rank);
    const gsize expected[] = {0, 0, 1, 2, 3, 0};
    assert_memory_equal(rank, expected, sizeof rank);
    sy_pareto_order(score, 6, 2, order);
    assert_true(order[0] == 0 && order[1] == 5 && order[2] == 1); /* ends have the most room */
    assert_true(order[3] == 2 && order[4] == 3 && order[5] == 4);
}

/* Whether one of those that are left is as good in all goals and better in one. */
static bool is_dominated(const double *score, gsize n, gsize goals, gsize i, const gsize *rank,
                         gsize level) {
    for (gsize k = 0; k < n; k++) {
        bool no_worse = rank[k] >= level, better = false;
        for (gsize g = 0; g < goals; g++) {
            no_worse = no_worse && score[k * goals + g] >= score[i * goals + g];
            better = better || score[k * goals + g] > score[i * goals + g];
        }
        if (no_worse && better)
            return true;
    }
    return false;
}

/* By the definition: rank 0 is what none dominates, rank 1 what none of the rest does … */
static void test_pareto__ranks_are_those_of_the_definition(void **state) {
    (void)state;
    enum { N = 150, ROUNDS = 30 };
    guint64 random = 5;
    for (gsize round = 0; round < ROUNDS; round++) {
        gsize goals = 1 + round % 4, n = round % 3 ? N : 1 + round, rank[N], expected[N];
        double score[4 * N];
        for (gsize i = 0; i < goals * n; i++) /* of few values, so that many are equal */
            score[i] = floor((round % 2 ? 6 : 60) * sy_random_unit(&random));
        for (gsize i = 0; i < n; i++)
            expected[i] = G_MAXSIZE;
        for (gsize level = 0, left = n; left > 0; level++)
            for (gsize i = 0; i < n; i++)
                if (expected[i] >= level && expected[i] == G_MAXSIZE &&
                    !is_dominated(score, n, goals, i, expected, level)) {
                    expected[i] = level;
                    left--;
                }
        sy_pareto_rank(score, n, goals, rank);
        assert_memory_equal(rank, expected, n * sizeof *rank);
    }
}

/* A metric that overflows is infinite, and a score like any other. */
static void test_pareto__orders_a_front_with_infinite_scores(void **state) {
    (void)state;
    const double score[] = {5, 3.9, 2, 8, INFINITY, 0, 8, 2, 4, 4, 5.1, 3.8};
    gsize order[6];
    sy_pareto_order(score, 6, 2, order);
    /* ends first, then by the distance of the neighbours, which is infinite next to the end */
    const gsize expected[] = {1, 2, 3, 4, 5, 0};
    assert_memory_equal(order, expected, sizeof order);
}

static void test_pareto__of_one_goal_is_sorting(void **state) {
    (void)state;
    const double score[] = {1, NAN, 3, 2, 3};
    gsize order[5];
    sy_pareto_order(score, 5, 1, order);
    const gsize expected[] = {2, 4, 3, 0, 1};
    assert_memory_equal(order, expected, sizeof order);
}

/* ---- the deflated Sharpe ratio ---- */

/* The example of Bailey & Lopez de Prado (2014), "A numerical example": five years of 250 days, an
 * annualised Sharpe ratio of 2.5 with skew -3 and kurtosis 10, the best of 100 trials whose
 * annualised ratios have a variance of one half. The paper prints SR_0 = 0.1132 and 0.9004, and
 * 0.9505 for 46 trials. */
static void test_deflated__agrees_with_the_paper(void **state) {
    (void)state;
    double sharpe = 2.5 / sqrt(250), variance = 0.5 / 250;
    double least = sy_sharpe_expected_best(variance, 100);
    assert_near(least, 0.1132, 0.00005);
    assert_near(sy_sharpe_probability(sharpe, least, 1250, -3, 10), 0.9004, 0.00005);
    assert_near(sy_sharpe_probability(sharpe, sy_sharpe_expected_best(variance, 46), 1250, -3, 10),
                0.9505, 0.00005);
    assert_near(sy_sharpe_expected_best(variance, 1), 0, 0);
}

/* The expected best of n ratios without skill against the mean of drawn ones. */
static void test_deflated__expects_the_best_of_many_draws(void **state) {
    (void)state;
    enum { DRAWS = 4000, TRIED = 50 };
    guint64 random = 11;
    double sum = 0;
    for (int i = 0; i < DRAWS; i++) {
        double best = -INFINITY;
        for (int k = 0; k < TRIED; k++) {
            best = fmax(best, sy_normal_quantile(sy_random_unit(&random)));
        }
        sum += best;
    }
    /* the paper's formula is an approximation: of 50 it is 0.027 above the exact 2.249 */
    assert_near(sum / DRAWS, sy_sharpe_expected_best(1, TRIED), 0.05);
}

/* ---- importance ---- */

static const SyParameter unit_scale = {.kind = SY_PARAMETER_NUMBER, .low = 0, .high = 1};

/* Against the variances of the terms by integration over their scales. */
static void test_importance__is_what_a_parameter_explains_by_itself(void **state) {
    (void)state;
    enum { N = 600 };
    const SyParameter parameters[] = {choice, unit_scale, unit_scale};
    double value[N][3], score[N], share[3];
    guint64 random = 3;
    for (gsize i = 0; i < N; i++) {
        value[i][0] = (double)(i % 3);
        value[i][1] = sy_random_unit(&random);
        value[i][2] = sy_random_unit(&random); /* does nothing */
        score[i] = value[i][0] + 3.6 * value[i][1];
    }
    double of_choice = 2 / 3.0, of_number = 3.6 * 3.6 / 12;
    sy_importance(parameters, 3, value[0], score, N, share);
    assert_near(share[0], of_choice / (of_choice + of_number), 0.02);
    assert_near(share[1], of_number / (of_choice + of_number), 0.02);
    assert_near(share[2], 0, 0.01);
    for (gsize i = 0; i < N; i++) /* two that only do something together */
        score[i] = (value[i][1] - 0.5) * (value[i][2] - 0.5);
    sy_importance(parameters, 3, value[0], score, N, share);
    assert_true(share[0] < 0.05 && share[1] < 0.05 && share[2] < 0.05);
    sy_importance(parameters, 3, value[0], score, 13, share); /* too few */
    assert_true(isnan(share[0]) && isnan(share[1]) && isnan(share[2]));
    double same[N] = {0};
    sy_importance(parameters, 3, value[0], same, N, share);
    assert_true(isnan(share[0]));
    same[7] = INFINITY;
    sy_importance(parameters, 3, value[0], same, N, share);
    assert_true(isnan(share[0]));
    for (gsize i = 0; i < N; i++)
        same[i] = 0.1; /* the mean of these is not 0.1 */
    sy_importance(parameters, 3, value[0], same, N, share);
    assert_true(isnan(share[0]) && isnan(share[1]) && isnan(share[2]));
}

/* A search that goes for the best narrows all parameters together, those that do nothing as well.
 */
static void test_importance__is_not_misled_by_the_sampler(void **state) {
    (void)state;
    enum { N = 200, SEEDS = 10, D = 4 };
    const SyParameter parameters[D] = {unit_scale, unit_scale, unit_scale, unit_scale};
    const SySampler *tpe = sy_sampler_find("tpe");
    double mean[D] = {0}, share[D];
    for (guint64 seed = 1; seed <= SEEDS; seed++) {
        const SySpace space = {parameters, D, 1, seed};
        static double value[N][D], score[N];
        SyPast past[N];
        for (gsize i = 0; i < N; i++) {
            tpe->suggest(&space, past, i / BATCH * BATCH, i, value[i]);
            double x = value[i][0] - 0.7, y = value[i][1] - 0.2;
            score[i] = -4 * x * x - 2 * y * y;
            past[i] = (SyPast){SY_TRIAL_COMPLETE, 1, value[i], &score[i], &score[i]};
        }
        sy_importance(parameters, D, value[0], score, N, share);
        for (gsize d = 0; d < D; d++)
            mean[d] += share[d] / SEEDS;
    }
    printf("# importance of tpe's trials: %.3f %.3f %.3f %.3f\n", mean[0], mean[1], mean[2],
           mean[3]);
    /* variances of the two terms by integration over their scales: 0.3022 and 0.1422 */
    assert_near(mean[0], 0.68, 0.08);
    assert_near(mean[1], 0.32, 0.08);
    assert_true(mean[2] < 0.05 && mean[3] < 0.05);
}

/* ---- slices ---- */

static SyPanel *hours(gsize rows) {
    char *symbols[] = {(char *)"A", NULL};
    SyPanel *panel = sy_panel_new(rows, symbols, (SyTimeframe){.nanoseconds = SY_HOUR});
    for (gsize i = 0; i < rows; i++)
        panel->time[i] = (SyTime)(i + 1) * SY_HOUR;
    panel->source = g_strdup("test");
    return panel;
}

static void test_slices__follow_each_other_with_an_embargo(void **state) {
    (void)state;
    g_autoptr(SyPanel) panel = hours(1100);
    const SySliceConfig config = {NULL, "0.2", "0.3", "12", 4};
    g_auto(SySlices) slices = {0};
    assert_true(sy_slices_make(&config, panel, 100, 0, &slices, NULL));
    assert_int_equal(slices.in_sample.start, 100);
    assert_int_equal(slices.in_sample.end, 788);
    assert_int_equal(slices.test.start, 800);
    assert_int_equal(slices.test.end, 1100);
    assert_int_equal(slices.train[0].start, 100);
    assert_int_equal(slices.train[3].end, 600 - 12);
    assert_int_equal(slices.validation[0].start, 600);
    assert_int_equal(slices.validation[3].end, 800 - 12);
    for (gsize k = 0; k < 4; k++) {
        assert_int_equal(slices.train[k].end - slices.train[k].start, 122);
        assert_int_equal(slices.validation[k].end - slices.validation[k].start, 38);
        if (k > 0) {
            assert_int_equal(slices.train[k].start, slices.train[k - 1].end);
            assert_int_equal(slices.validation[k].start, slices.validation[k - 1].end + 12);
        }
    }
}

static void test_slices__begin_at_times(void **state) {
    (void)state;
    g_autoptr(SyPanel) panel = hours(1100);
    const SySliceConfig config = {"1970-01-10", "1970-01-20", "1970-02-01", "1 day", 1};
    g_auto(SySlices) slices = {0};
    assert_true(sy_slices_make(&config, panel, 100, 0, &slices, NULL));
    assert_int_equal(panel->time[slices.train[0].start], 9 * SY_DAY);
    assert_int_equal(panel->time[slices.validation[0].start], 19 * SY_DAY);
    assert_int_equal(panel->time[slices.test.start], 31 * SY_DAY);
    assert_int_equal(slices.validation[0].start - slices.train[0].end, 24);
    assert_int_equal(slices.test.start - slices.validation[0].end, 24);
}

static void test_slices__refuse_what_does_not_fit(void **state) {
    (void)state;
    g_autoptr(SyPanel) panel = hours(1100);
    const struct {
        SySliceConfig config;
        gsize first;
        SyErrorCode code;
        const char *says;
    } cases[] = {
        {{NULL, "0.2", "0.2", "300", 1}, 100, SY_ERROR_DATA, "300 are kept free"},
        {{NULL, "0.2", "0.2", "0", 40}, 100, SY_ERROR_DATA, "40 folds"},
        {{"0.7", "0.2", "0.2", "0", 1}, 100, SY_ERROR_TEMPLATE, "one after the other"},
        {{NULL, "1970-02-02", "1970-02-01", "0", 1}, 100, SY_ERROR_TEMPLATE, "one after"},
        {{NULL, "0.2", "0.2", "0", 1}, 1100, SY_ERROR_DATA, "too few"},
        {{NULL, "0.2", "0.2", "0", 1}, 1090, SY_ERROR_DATA, "training slice has 6 rows"},
    };
    for (gsize i = 0; i < G_N_ELEMENTS(cases); i++) {
        SySlices slices;
        g_autoptr(GError) error = NULL;
        assert_false(sy_slices_make(&cases[i].config, panel, cases[i].first, 0, &slices, &error));
        if (!g_error_matches(error, SY_ERROR, (gint)cases[i].code) ||
            !strstr(error->message, cases[i].says))
            fail_msg("case %zu: %s", i, error->message);
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_parameter__has_the_values_that_its_range_says),
        cmocka_unit_test(test_parameter__place_and_value_are_inverse),
        cmocka_unit_test(test_random__draws_every_part_of_the_scale_alike),
        cmocka_unit_test(test_grid__tries_every_combination_once),
        cmocka_unit_test(test_tpe__finds_better_values_than_random_search),
        cmocka_unit_test(test_samplers__depend_on_seed_trial_and_past_only),
        cmocka_unit_test(test_pareto__ranks_by_domination),
        cmocka_unit_test(test_pareto__ranks_are_those_of_the_definition),
        cmocka_unit_test(test_pareto__orders_a_front_with_infinite_scores),
        cmocka_unit_test(test_pareto__of_one_goal_is_sorting),
        cmocka_unit_test(test_deflated__agrees_with_the_paper),
        cmocka_unit_test(test_deflated__expects_the_best_of_many_draws),
        cmocka_unit_test(test_importance__is_what_a_parameter_explains_by_itself),
        cmocka_unit_test(test_importance__is_not_misled_by_the_sampler),
        cmocka_unit_test(test_slices__follow_each_other_with_an_embargo),
        cmocka_unit_test(test_slices__begin_at_times),
        cmocka_unit_test(test_slices__refuse_what_does_not_fit),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
