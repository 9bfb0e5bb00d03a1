/* Copula fits: the fast Student fit against a clear one, rotations, choice. */
#include "test.h"

#include <math.h>

#include "num/copula/copula.h"
#include "num/optimise.h"
#include "num/rank.h"

enum { MOST = 4000 };

/* Pairs with the given correlation, heavy tails where `tails` is, rounded where `grain` > 0. */
typedef struct {
    gsize n;
    double rho, tails, grain;
    guint32 seed;
} Recipe;

typedef struct {
    double x[2][MOST], sorted[MOST], u[2][MOST], tau;
    guint32 rank[2][MOST];
    SyCopulaSample sample;
    void *work;
} Sample;

static Sample *sample_new(const Recipe *recipe) {
    Sample *sample = g_new0(Sample, 1);
    g_autoptr(GRand) random = g_rand_new_with_seed(recipe->seed);
    gsize n = recipe->n;
    for (gsize i = 0; i < n; i++) {
        double radius = sqrt(-2 * log(g_rand_double_range(random, 1e-300, 1)));
        double angle = 2 * M_PI * g_rand_double(random);
        double scale =
            recipe->tails > 0 ? pow(g_rand_double_range(random, 1e-300, 1), -1 / recipe->tails) : 1;
        sample->x[0][i] = scale * radius * cos(angle);
        sample->x[1][i] = recipe->rho * sample->x[0][i] +
                          sqrt(1 - recipe->rho * recipe->rho) * scale * radius * sin(angle);
        if (recipe->grain > 0)
            for (gsize column = 0; column < 2; column++)
                sample->x[column][i] = round(sample->x[column][i] / recipe->grain);
    }
    sample->work =
        g_malloc(MAX(MAX(sy_rank_work_size(n), sy_tau_work_size(n)), sy_copula_work_size(n)));
    for (gsize column = 0; column < 2; column++) {
        sy_rank(n, sample->x[column], sample->sorted, sample->rank[column], sample->work);
        for (gsize i = 0; i < n; i++)
            sample->u[column][i] = sample->rank[column][i] / (2.0 * ((double)n + 1));
    }
    assert_true(sy_tau(n, sample->rank[0], sample->rank[1], sample->work, &sample->tau));
    sample->sample = (SyCopulaSample){.n = n,
                                      .rank_u = sample->rank[0],
                                      .rank_v = sample->rank[1],
                                      .u = sample->u[0],
                                      .v = sample->u[1]};
    return sample;
}

static void sample_free(Sample *sample) {
    g_free(sample->work);
    g_free(sample);
}

/* The clear version: the density of every pair, with a quantile of its own for each value. */
typedef struct {
    const Sample *sample;
    double rho;
} Reference;

static double reference_likelihood(double log_nu, gconstpointer data) {
    const Reference *reference = data;
    const Sample *sample = reference->sample;
    gsize n = sample->sample.n;
    SyCopulaFit fit = {.family = sy_copula_find("StudentT"),
                       .parameter = {reference->rho, exp(log_nu)}};
    double sum = 0;
    g_autofree double *value = g_new(double, n);
    sy_copula_log_density(&fit, n, sample->u[0], sample->u[1], value);
    for (gsize i = 0; i < n; i++)
        sum -= value[i];
    return sum;
}

static void test_student__fast_fit_is_the_clear_fit(void **state) {
    (void)state;
    static const Recipe recipes[] = {
        {.n = 3244, .rho = 0.83, .tails = 4, .seed = 1},
        {.n = 500, .rho = -0.4, .tails = 8, .seed = 2},
        {.n = 501, .rho = 0.1, .tails = 2.5, .seed = 3},
        {.n = 2000, .rho = 0.6, .tails = 5, .grain = 0.05, .seed = 4}, /* ties */
        {.n = 40, .rho = 0.9, .tails = 3, .seed = 5},
        {.n = 10, .rho = 0.5, .tails = 3, .grain = 0.5, .seed = 6},
        {.n = 3000, .rho = 0.7, .tails = 0, .seed = 7},  /* normal: ν at its upper end */
        {.n = 300, .rho = 0.0, .tails = 0.5, .seed = 8}, /* wild: ν at its lower end */
        {.n = 4000, .rho = 0.999, .tails = 4, .seed = 9},
    };
    for (gsize i = 0; i < G_N_ELEMENTS(recipes); i++) {
        Sample *sample = sample_new(&recipes[i]);
        SyCopulaFit fit, again;
        assert_true(sy_copula_fit(SY_FIT_ITAU, sy_copula_find("StudentT"), SY_R0, &sample->sample,
                                  sample->tau, sample->work, &fit));
        Reference reference = {.sample = sample, .rho = sin(0.5 * M_PI * sample->tau)};
        double minimum;
        double nu =
            exp(sy_minimise(reference_likelihood, &reference, log(2), log(50), 1e-7, &minimum));
        double at_ours = -reference_likelihood(log(fit.parameter[1]), &reference);
        assert_true(fit.parameter[0] == reference.rho);
        /* The likelihood is exact to the rounding of its sum. Its top is flat: two searches that
         * differ in the last digits of it agree on the place to the root of that only. */
        if (fabs(fit.loglik - at_ours) > 1e-10 + 1e-13 * fabs(at_ours))
            fail_msg("recipe %zu: loglik off by %.3g", i, fit.loglik - at_ours);
        if (fabs(fit.loglik + minimum) > 1e-9 || fabs(fit.parameter[1] / nu - 1) > 2e-5)
            fail_msg("recipe %zu: nu = %.12g, clear %.12g; loglik %.12g, clear %.12g", i,
                     fit.parameter[1], nu, fit.loglik, -minimum);
        assert_true(sy_copula_fit(SY_FIT_ITAU, sy_copula_find("StudentT"), SY_R0, &sample->sample,
                                  sample->tau, sample->work, &again));
        assert_memory_equal(&fit, &again, sizeof fit);
        sample_free(sample);
    }
}

/* A quarter turn of the data is undone by the quarter turn of the family. */
static void test_rotation__undoes_a_turn_of_the_data(void **state) {
    (void)state;
    static const bool turns[SY_ROTATIONS][2] = {
        {false, false}, {true, false}, {true, true}, {false, true}};
    Sample *sample = sample_new(&(Recipe){.n = 800, .rho = 0.6, .seed = 11});
    gsize n = sample->sample.n;
    guint32 all = 2 * ((guint32)n + 1);
    g_autofree guint32 *rank_u = g_new(guint32, n), *rank_v = g_new(guint32, n);
    g_autofree double *u = g_new(double, n), *v = g_new(double, n);
    for (gsize family = 0; family < sy_n_copulas; family++) {
        if (!sy_copulas[family]->rotates || !sy_copulas[family]->from_tau)
            continue;
        SyCopulaFit upright, turned;
        assert_true(sy_copula_fit(SY_FIT_ITAU, sy_copulas[family], SY_R0, &sample->sample,
                                  sample->tau, sample->work, &upright));
        for (unsigned rotation = SY_R90; rotation < SY_ROTATIONS; rotation++) {
            const bool *turn = turns[rotation];
            for (gsize i = 0; i < n; i++) {
                rank_u[i] = turn[0] ? all - sample->rank[0][i] : sample->rank[0][i];
                rank_v[i] = turn[1] ? all - sample->rank[1][i] : sample->rank[1][i];
                u[i] = rank_u[i] / (double)all;
                v[i] = rank_v[i] / (double)all;
            }
            SyCopulaSample data = {.n = n, .rank_u = rank_u, .rank_v = rank_v, .u = u, .v = v};
            double tau = turn[0] == turn[1] ? sample->tau : -sample->tau;
            assert_true(sy_copula_fit(SY_FIT_ITAU, sy_copulas[family], rotation, &data, tau,
                                      sample->work, &turned));
            assert_true(turned.parameter[0] == upright.parameter[0]);
            assert_true(fabs(turned.loglik - upright.loglik) < 1e-9);
            /* P(U <= u | V = v) is a slope of the rotated distribution function: its mean over
             * V is u, which is checked through the turned pair. */
            double h1, h2, h1_turned, h2_turned, at[2] = {0.3, 0.8};
            double turned_at[2] = {turn[0] ? 1 - at[0] : at[0], turn[1] ? 1 - at[1] : at[1]};
            sy_copula_h(&upright, 1, &at[0], &at[1], &h1, &h2);
            sy_copula_h(&turned, 1, &turned_at[0], &turned_at[1], &h1_turned, &h2_turned);
            assert_true(fabs(h1_turned - (turn[0] ? 1 - h1 : h1)) < 1e-14);
            assert_true(fabs(h2_turned - (turn[1] ? 1 - h2 : h2)) < 1e-14);
        }
    }
    sample_free(sample);
}

static void test_choice__admits_by_sign_of_tau(void **state) {
    (void)state;
    Sample *sample = sample_new(&(Recipe){.n = 400, .rho = -0.6, .seed = 12});
    const SyCopula *clayton = sy_copula_find("clayton"), *student = sy_copula_find("student_t");
    SyCopulaFit fit;
    assert_false(sy_copula_choose(SY_FIT_ITAU, &clayton, 1, 1 << SY_R0 | 1 << SY_R180, SY_AIC,
                                  &sample->sample, sample->tau, sample->work, &fit));
    assert_true(sy_copula_choose(SY_FIT_ITAU, &clayton, 1, (1 << SY_ROTATIONS) - 1, SY_AIC,
                                 &sample->sample, sample->tau, sample->work, &fit));
    assert_true(fit.rotation == SY_R90 || fit.rotation == SY_R270);
    /* Families without rotations are tried whatever rotation is asked for. */
    assert_true(sy_copula_choose(SY_FIT_ITAU, &student, 1, 1 << SY_R90, SY_AIC, &sample->sample,
                                 sample->tau, sample->work, &fit));
    assert_int_equal(fit.rotation, SY_R0);
    sample_free(sample);
}

/* Of a normal sample, StudentT is never less likely than Gaussian by more than its search misses,
 * and costs a parameter more: the criteria must differ where the likelihoods do not. */
static void test_choice__goes_by_its_criterion(void **state) {
    (void)state;
    Sample *sample = sample_new(&(Recipe){.n = 3000, .rho = 0.5, .seed = 13});
    const SyCopula *families[] = {sy_copula_find("StudentT"), sy_copula_find("Independence"),
                                  sy_copula_find("Gaussian")};
    static const struct {
        SyCriterion criterion;
        const char *winner;
    } cases[] = {{SY_AIC, "Gaussian"}, {SY_BIC, "Gaussian"}};
    for (gsize i = 0; i < G_N_ELEMENTS(cases); i++) {
        SyCopulaFit fit;
        assert_true(sy_copula_choose(SY_FIT_ITAU, families, 3, 1 << SY_R0, cases[i].criterion,
                                     &sample->sample, sample->tau, sample->work, &fit));
        assert_string_equal(fit.family->name, cases[i].winner);
    }
    sample_free(sample);
    /* A weak dependence: worth a parameter to loglik, not to bic. */
    sample = sample_new(&(Recipe){.n = 300, .rho = 0.09, .seed = 16});
    SyCopulaFit fit, independent, gaussian;
    assert_true(sy_copula_fit(SY_FIT_ITAU, families[1], SY_R0, &sample->sample, sample->tau,
                              sample->work, &independent));
    assert_true(sy_copula_fit(SY_FIT_ITAU, families[2], SY_R0, &sample->sample, sample->tau,
                              sample->work, &gaussian));
    assert_true(gaussian.loglik > independent.loglik && gaussian.bic > independent.bic);
    assert_true(sy_copula_choose(SY_FIT_ITAU, families + 1, 2, 1 << SY_R0, SY_LOGLIK,
                                 &sample->sample, sample->tau, sample->work, &fit));
    assert_string_equal(fit.family->name, "Gaussian");
    assert_true(sy_copula_choose(SY_FIT_ITAU, families + 1, 2, 1 << SY_R0, SY_BIC, &sample->sample,
                                 sample->tau, sample->work, &fit));
    assert_string_equal(fit.family->name, "Independence");
    sample_free(sample);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_student__fast_fit_is_the_clear_fit),
        cmocka_unit_test(test_rotation__undoes_a_turn_of_the_data),
        cmocka_unit_test(test_choice__admits_by_sign_of_tau),
        cmocka_unit_test(test_choice__goes_by_its_criterion),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
