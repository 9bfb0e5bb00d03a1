/* Fits by maximum likelihood against those of other programs: tests/oracle/copula/README.md. */
#include "test.h"

#include <string.h>

#include "num/copula/copula.h"

#include "csv.h"
#include "pairs.h"

static const guint all_rotations = (1 << SY_ROTATIONS) - 1;

/* The tables say "Student" where we say "StudentT". */
static const SyCopula *family_of(const char *name) {
    const SyCopula *family = sy_copula_find(strcmp(name, "Student") == 0 ? "StudentT" : name);
    assert_non_null(family);
    return family;
}

static Pairs *sample_of(const Csv *table, gsize row) {
    g_autofree char *path =
        g_strdup_printf("tests/oracle/copula/samples/%s.csv", csv_text(table, row, "sample"));
    return pairs_of_file(path);
}

/* Never less likely than theirs, and what is said of the likelihood is true. */
static void check_likelihood(const Pairs *pairs, const SyCopulaFit *fit, double theirs) {
    double clear = pairs_log_likelihood(pairs, fit);
    if (fit->loglik < theirs - 1e-6 || fabs(fit->loglik - clear) > 1e-9)
        fail_msg("%s %s: ln L = %.10f, by its densities %.10f, theirs %.10f", fit->family->name,
                 sy_rotation_choices[fit->rotation].name, fit->loglik, clear, theirs);
}

/* Their parameters agree with each other to about 1e-5; the top is flat. */
static void check_parameters(const SyCopulaFit *fit, const Csv *table, gsize row) {
    static const char *const columns[] = {"par1", "par2"};
    for (gsize k = 0; k < fit->family->parameters; k++)
        assert_near(fit->parameter[k] / csv_number(table, row, columns[k]), 1, 1e-4);
}

static void test_copula_fit__is_as_likely_as_that_of_other_programs(void **state) {
    (void)state;
    g_autoptr(Csv) table = csv_read("tests/oracle/copula/maximum.csv");
    assert_int_equal(table->rows, 12);
    for (gsize row = 0; row < table->rows; row++) {
        g_autoptr(Pairs) pairs = sample_of(table, row);
        SyRotation rotation = (SyRotation)(csv_number(table, row, "rotation") / 90);
        SyCopulaFit fit;
        assert_true(sy_copula_fit(SY_FIT_MLE, family_of(csv_text(table, row, "family")), rotation,
                                  &pairs->sample, pairs->tau, pairs->work, &fit));
        check_likelihood(pairs, &fit, csv_number(table, row, "loglik"));
        check_parameters(&fit, table, row);
    }
}

/* Sets of families: `no_bb`, all but BB…; `all11`, all. */
static gsize families_of(const char *set, const SyCopula **families) {
    gsize n = 0;
    for (gsize i = 0; i < sy_n_copulas; i++)
        if (strcmp(set, "all11") == 0 || !g_str_has_prefix(sy_copulas[i]->name, "BB"))
            families[n++] = sy_copulas[i];
    return n;
}

static void test_copula_fit__chooses_what_other_programs_choose(void **state) {
    (void)state;
    g_autoptr(Csv) table = csv_read("tests/oracle/copula/aic_select.csv");
    assert_int_equal(table->rows, 24);
    for (gsize row = 0; row < table->rows; row++) {
        const SyCopula *families[16];
        const char *set = csv_text(table, row, "set");
        gsize n = families_of(set, families);
        assert_int_equal(n, strcmp(set, "all11") == 0 ? 11 : 7);
        g_autoptr(Pairs) pairs = sample_of(table, row);
        SyCopulaFit fit;
        assert_true(sy_copula_choose(SY_FIT_MLE, families, n, all_rotations, SY_AIC, &pairs->sample,
                                     pairs->tau, pairs->work, &fit));
        check_likelihood(pairs, &fit, csv_number(table, row, "loglik"));
        assert_string_equal(fit.family->name, family_of(csv_text(table, row, "family"))->name);
        assert_int_equal(fit.rotation, (int)csv_number(table, row, "rotation") / 90);
        check_parameters(&fit, table, row);
        assert_near(fit.aic, csv_number(table, row, "aic"), 2e-6);
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_copula_fit__is_as_likely_as_that_of_other_programs),
        cmocka_unit_test(test_copula_fit__chooses_what_other_programs_choose),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
