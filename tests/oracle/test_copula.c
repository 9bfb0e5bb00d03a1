/* Copula families against figures of independent programs. */
#include "test.h"

#include <math.h>
#include <string.h>

#include "num/copula/copula.h"
#include "num/rank.h"

#include "csv.h"

static double relative(double ours, double exact) { return fabs(ours - exact) / fabs(exact); }

/* The tables say "Student" where we say "StudentT". */
static const SyCopula *family_of(const char *name) {
    const SyCopula *family =
        sy_copula_find(g_ascii_strcasecmp(name, "student") == 0 ? "StudentT" : name);
    assert_non_null(family);
    return family;
}

/* Relative error of h, error of ln c relative to its size (at least 1): both are a few roundings of
 * the largest term, which at u = 1e-10 is about 50. */
static const double tolerance = 2e-13;

static void test_copula__is_exact_into_the_corners(void **state) {
    (void)state;
    g_autoptr(Csv) table = csv_read("tests/oracle/copula/exact_points.csv");
    assert_int_equal(table->rows, 1000);
    for (gsize row = 0; row < table->rows; row++) {
        SyCopulaFit fit = {
            .family = family_of(csv_text(table, row, "family")),
            .parameter = {csv_number(table, row, "par1"), csv_number(table, row, "par2")}};
        double u = csv_number(table, row, "u1"), v = csv_number(table, row, "u2");
        double exact = csv_number(table, row, "logpdf"), log_density, h1, h2, cdf;
        sy_copula_h(&fit, 1, &u, &v, &h1, &h2);
        sy_copula_log_density(&fit, 1, &u, &v, &log_density);
        sy_copula_cdf(&fit, 1, &u, &v, &cdf);
        if (relative(cdf, csv_number(table, row, "cdf")) > tolerance ||
            relative(h2, csv_number(table, row, "h1")) > tolerance ||
            relative(h1, csv_number(table, row, "h2")) > tolerance ||
            fabs(log_density - exact) > tolerance * fmax(1, fabs(exact)))
            fail_msg("%s at %.17g, %.17g: C = %.17g, h1 = %.17g, h2 = %.17g, ln c = %.17g",
                     fit.family->name, u, v, cdf, h1, h2, log_density);
    }
}

/* What is given is exact below the digits of a double, so a difference is ours. Of C it is what a
 * turned copula loses by C = v - C(1-u, v), which is used down to 1e-4 of v: 1e-12. Below 1e-300 a
 * double has fewer digits on the way, and u is clamped. */
static void assert_exact(double ours, double exact, double allowed, const SyCopulaFit *fit,
                         const char *what, double u, double v) {
    bool near = exact < 1e-300 ? ours < 1.001e-300 : relative(ours, exact) <= allowed;
    if (!near)
        fail_msg("%s %s of %.17g, %.17g at %.17g, %.17g: %s is %.17g, not %.17g", fit->family->name,
                 sy_rotation_choices[fit->rotation].name, fit->parameter[0], fit->parameter[1], u,
                 v, what, ours, exact);
}

static void test_copula__is_exact_over_all_parameters_and_rotations(void **state) {
    (void)state;
    g_autoptr(Csv) table = csv_read("tests/oracle/copula/wide_points.csv");
    assert_true(table->rows > 900);
    for (gsize row = 0; row < table->rows; row++) {
        SyCopulaFit fit = {
            .family = family_of(csv_text(table, row, "family")),
            .rotation = (SyRotation)(csv_number(table, row, "rotation") / 90),
            .parameter = {csv_number(table, row, "par1"), csv_number(table, row, "par2")}};
        double u = csv_number(table, row, "u"), v = csv_number(table, row, "v");
        double exact = csv_number(table, row, "logpdf"), log_density, h1, h2, cdf;
        sy_copula_h(&fit, 1, &u, &v, &h1, &h2);
        sy_copula_log_density(&fit, 1, &u, &v, &log_density);
        sy_copula_cdf(&fit, 1, &u, &v, &cdf);
        assert_exact(h1, csv_number(table, row, "h1"), 3e-12, &fit, "h1", u, v);
        assert_exact(h2, csv_number(table, row, "h2"), 3e-12, &fit, "h2", u, v);
        assert_exact(cdf, csv_number(table, row, "cdf"), 3e-12, &fit, "C", u, v);
        if (fabs(log_density - exact) > 2e-13 * fmax(1, fabs(exact)))
            fail_msg("%s at %.17g, %.17g: ln c = %.17g, not %.17g", fit.family->name, u, v,
                     log_density, exact);
    }
}

/* Kendall's tau and tail dependence of parameters, against another program. */
static void test_copula__has_the_tau_and_tails_of_other_programs(void **state) {
    (void)state;
    g_autoptr(Csv) table = csv_read("tests/oracle/copula/tau_tail_dependence.csv");
    assert_int_equal(table->rows, 11);
    for (gsize row = 0; row < table->rows; row++) {
        SyCopulaFit fit = {
            .family = family_of(csv_text(table, row, "family")),
            .rotation = (SyRotation)(csv_number(table, row, "rotation") / 90),
            .parameter = {csv_number(table, row, "par1"), csv_number(table, row, "par2")}};
        double lower, upper;
        sy_copula_tails(&fit, &lower, &upper);
        assert_near(sy_copula_tau(&fit), csv_number(table, row, "tau"), 1e-12);
        assert_near(lower, csv_number(table, row, "lambda_ll"), 1e-12);
        assert_near(upper, csv_number(table, row, "lambda_uu"), 1e-12);
    }
}

static void test_copula__has_the_tau_of_two_parameters(void **state) {
    (void)state;
    g_autoptr(Csv) table = csv_read("tests/oracle/copula/tau_of_two.csv");
    assert_int_equal(table->rows, 19);
    for (gsize row = 0; row < table->rows; row++) {
        double parameter[2] = {csv_number(table, row, "par1"), csv_number(table, row, "par2")};
        assert_near(family_of(csv_text(table, row, "family"))->tau(parameter),
                    csv_number(table, row, "tau"), 2e-15);
    }
}

/* Near tau = 1 the rounding of tau moves the parameter by 2^-53/(1-tau), relatively. Near 0 the
 * families compute tau as a difference from 1 (Frank beyond its series), which costs a digit. */
static void test_copula__inverts_tau_to_rounding(void **state) {
    (void)state;
    g_autoptr(Csv) table = csv_read("tests/oracle/copula/tau.csv");
    assert_true(table->rows > 30);
    for (gsize row = 0; row < table->rows; row++) {
        const SyCopula *family = family_of(csv_text(table, row, "family"));
        double exact = csv_number(table, row, "parameter"), tau = csv_number(table, row, "tau"),
               parameter[2];
        assert_true(family->from_tau(tau, parameter));
        double allowed = 5e-15 + 4 * 0x1p-53 / (1 - fabs(tau));
        if (relative(parameter[0], exact) > allowed)
            fail_msg("%s at tau = %.17g: %.17g, not %.17g", family->name, tau, parameter[0], exact);
    }
}

static void test_copula__agrees_with_taus_of_elliptical_families(void **state) {
    (void)state;
    double rho;
    assert_true(family_of("Gaussian")->from_tau(0.40966552939826689, &rho));
    assert_true(relative(rho, 0.6) < 1e-15);
    assert_true(family_of("Student")->from_tau(0.37074458854701947, &rho));
    assert_true(relative(rho, 0.55) < 1e-15);
}

/* A sample as its file has it, and its ranks. */
typedef struct {
    gsize n;
    double *u[2], *from_rank[2];
    guint32 *rank[2];
    void *work;
    double tau;
    SyCopulaSample sample;
} Sample;

static Sample *sample_new(const char *name) {
    g_autofree char *path = g_strdup_printf("tests/oracle/copula/samples/%s.csv", name);
    g_autoptr(Csv) table = csv_read(path);
    Sample *sample = g_new0(Sample, 1);
    gsize n = sample->n = table->rows;
    g_autofree double *sorted = g_new(double, n);
    sample->work =
        g_malloc(MAX(MAX(sy_rank_work_size(n), sy_tau_work_size(n)), sy_copula_work_size(n)));
    for (guint column = 0; column < 2; column++) {
        sample->u[column] = g_new(double, n);
        sample->from_rank[column] = g_new(double, n);
        sample->rank[column] = g_new(guint32, n);
        for (guint row = 0; row < n; row++)
            sample->u[column][row] = csv_number(table, row, column ? "u2" : "u1");
        sy_rank(n, sample->u[column], sorted, sample->rank[column], sample->work);
        for (guint row = 0; row < n; row++)
            sample->from_rank[column][row] =
                sample->rank[column][row] / (2.0 * ((double)sample->n + 1));
    }
    assert_true(sy_tau(n, sample->rank[0], sample->rank[1], sample->work, &sample->tau));
    sample->sample = (SyCopulaSample){.n = n,
                                      .rank_u = sample->rank[0],
                                      .rank_v = sample->rank[1],
                                      .u = sample->from_rank[0],
                                      .v = sample->from_rank[1]};
    return sample;
}

static void sample_free(Sample *sample) {
    for (guint column = 0; column < 2; column++) {
        g_free(sample->u[column]);
        g_free(sample->from_rank[column]);
        g_free(sample->rank[column]);
    }
    g_free(sample->work);
    g_free(sample);
}

/* Log-likelihood of a rotated family, by the definition of the rotations. */
static double log_likelihood(const SyCopula *family, int rotation, const double *parameter,
                             const Sample *sample, double *const columns[2]) {
    SyCopulaFit fit = {.family = family, .parameter = {parameter[0], parameter[1]}};
    double sum = 0;
    for (gsize i = 0; i < sample->n; i++) {
        double u = columns[0][i], v = columns[1][i], value;
        u = rotation == 90 || rotation == 180 ? 1 - u : u;
        v = rotation == 270 || rotation == 180 ? 1 - v : v;
        sy_copula_log_density(&fit, 1, &u, &v, &value);
        sum += value;
    }
    return sum;
}

static void test_copula__has_the_likelihoods_of_other_programs(void **state) {
    (void)state;
    g_autoptr(Csv) table = csv_read("tests/oracle/copula/mle_fit.csv");
    assert_int_equal(table->rows, 7);
    for (gsize row = 0; row < table->rows; row++) {
        Sample *sample = sample_new(csv_text(table, row, "sample"));
        double parameter[2] = {csv_number(table, row, "par1"), csv_number(table, row, "par2")};
        double ours =
            log_likelihood(family_of(csv_text(table, row, "family")),
                           (int)csv_number(table, row, "rotation"), parameter, sample, sample->u);
        /* The two programs agree with each other to 5e-8. */
        if (fabs(ours - csv_number(table, row, "loglik")) > 1e-7)
            fail_msg("%s: %.10f", csv_text(table, row, "sample"), ours);
        sample_free(sample);
    }
}

/* On the seven families with rotations, those programs find the family that each sample was drawn
 * from; so must a fit by tau, and its likelihood be that of the rotated density. */
static void test_copula__finds_family_and_rotation(void **state) {
    (void)state;
    g_autoptr(Csv) table = csv_read("tests/oracle/copula/mle_fit.csv");
    for (gsize row = 0; row < table->rows; row++) {
        Sample *sample = sample_new(csv_text(table, row, "sample"));
        const SyCopula *expected = family_of(csv_text(table, row, "family"));
        int degrees = (int)csv_number(table, row, "rotation");
        SyCopulaFit fit;
        assert_true(sy_copula_choose(SY_FIT_ITAU, sy_copulas, sy_n_copulas, (1 << SY_ROTATIONS) - 1,
                                     SY_AIC, &sample->sample, sample->tau, sample->work, &fit));
        assert_string_equal(fit.family->name, expected->name);
        assert_int_equal(fit.rotation, degrees / 90);
        double clear = log_likelihood(expected, degrees, fit.parameter, sample, sample->from_rank);
        assert_true(fabs(fit.loglik - clear) < 1e-9);
        assert_true(fabs(fit.aic - (2.0 * (double)expected->parameters - 2 * clear)) < 1e-8);
        assert_true(fabs(fit.bic - ((double)expected->parameters * log((double)sample->n) -
                                    2 * clear)) < 1e-8);
        sample_free(sample);
    }
}

/* The maximum over both parameters bounds the fit whose rho follows from tau, closely: the two
 * correlations differ by 2e-4, a small part of their standard error. */
static void test_copula__fits_the_first_window_by_tau(void **state) {
    (void)state;
    Sample *sample = sample_new("first_window");
    SyCopulaFit fit;
    assert_true(sy_copula_fit(SY_FIT_ITAU, sy_copula_find("StudentT"), SY_R0, &sample->sample,
                              sample->tau, sample->work, &fit));
    assert_true(fabs(sample->tau - 0.624373) <= 5e-7);
    assert_true(fabs(fit.parameter[0] - 0.830922) <= 5e-7);
    assert_true(fabs(fit.parameter[1] - 2.8666) <= 5e-5);
    assert_true(fit.loglik <= 2055.6275032 + 1e-7);
    assert_true(fit.loglik >= 2055.6275032 - 1e-3);
    sample_free(sample);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_copula__is_exact_into_the_corners),
        cmocka_unit_test(test_copula__is_exact_over_all_parameters_and_rotations),
        cmocka_unit_test(test_copula__has_the_tau_and_tails_of_other_programs),
        cmocka_unit_test(test_copula__has_the_tau_of_two_parameters),
        cmocka_unit_test(test_copula__inverts_tau_to_rounding),
        cmocka_unit_test(test_copula__agrees_with_taus_of_elliptical_families),
        cmocka_unit_test(test_copula__has_the_likelihoods_of_other_programs),
        cmocka_unit_test(test_copula__finds_family_and_rotation),
        cmocka_unit_test(test_copula__fits_the_first_window_by_tau),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
