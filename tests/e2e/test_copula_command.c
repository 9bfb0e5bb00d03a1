/* `systematica copula` and `copula eval`: what they print, and what they say of bad input. */
#include "test.h"

#include <math.h>
#include <string.h>

#include <jansson.h>

#include "cli.h"
#include "csv.h"

static char *folder;

/* Twelve pairs of raw data, some tied. */
static const char raw[] = "when,x,y\n"
                          "1,0.1,1\n2,0.4,3\n3,-2,0.5\n4,1.7,3\n5,0.4,2\n6,3,8\n"
                          "7,-1,-4\n8,2.5,2.5\n9,0,1\n10,0.9,6\n11,-0.3,1.5\n12,5,4\n";

static void make_files(void) {
    test_write(folder, "raw.csv", raw);
    test_write(folder, "constant.csv", "u,v\n0.5,0.2\n0.5,0.4\n0.5,0.3\n");
    test_write(folder, "two.csv", "u,v\n0.5,0.2\n0.6,0.1\n");
    test_write(folder, "single.csv", "u,v\n0.5,0.2\n");
    test_write(folder, "none.csv", "u,v\n");
    test_write(folder, "empty.csv", "");
    test_write(folder, "bound.csv", "u,v\n0.5,0.2\n0.25,0\n0.75,0.5\n");
    test_write(folder, "whole.csv", "u,v\n0.5,0.2\n1,0.3\n0.75,0.5\n");
    test_write(folder, "nan.csv", "u,v\n0.5,0.2\n0.25,nan\n");
    test_write(folder, "gap.csv", "u,v\n0.5,0.2\n,0.3\n");
    test_write(folder, "bare.csv", "0.1,0.2\n0.4,0.3\n0.6,0.7\n");
    test_write(folder, "infinite.csv", "u,v\n0.5,0.2\n0.4,inf\n");
    test_write(folder, "text.csv", "u,v\n0.5,0.2\n0.4,high\n");
    test_write(folder, "short.csv", "u,v\n0.5,0.2\n0.4\n");
    test_write(folder, "square.csv", "u,v\n0.2,0.4\n0.4,0.8\n0.6,0.2\n0.8,0.6\n");
    test_write(folder, "falling.csv", "u,v\n0.1,0.5\n0.2,0.6\n0.3,0.4\n0.4,0.3\n0.5,0.2\n");
}

static int set_up(void **state) {
    (void)state;
    folder = test_folder_new();
    make_files();
    return 0;
}

static int tear_down(void **state) {
    (void)state;
    test_folder_remove(folder);
    g_free(folder);
    return 0;
}

static char *sample(const char *name) {
    return g_strdup_printf("%s/tests/oracle/copula/samples/%s.csv", g_getenv("SY_SOURCE_ROOT"),
                           name);
}

/* ---- copula ---- */

/* Looked at, and its figures found by another program: by golden sections of the textbook
 * densities. */
static const char golden[] = "x and y: 12 pairs, Kendall's tau 0.697695, fit mle, best aic first\n"
                             "\n"
                             "family        rotation  parameters           loglik           aic    "
                             "       bic        tau  lower tail  upper tail\n"
                             "Gaussian      R0        rho 0.898141         8.0236      -14.0471    "
                             "  -13.5622   0.710164    0.000000    0.000000\n"
                             "Gumbel        R180      theta 3.13438        7.7453      -13.4906    "
                             "  -13.0057   0.680957    0.752497    0.000000\n"
                             "Frank         R0        theta 10.8871        7.7053      -13.4107    "
                             "  -12.9258   0.688097    0.000000    0.000000\n"
                             "Clayton       R0        theta 3.33773        7.3071      -12.6142    "
                             "  -12.1293   0.625309    0.812475    0.000000\n"
                             "Independence  R0                             0.0000        0.0000    "
                             "    0.0000   0.000000    0.000000    0.000000\n";

static json_t *fits_of(const char *line) {
    g_auto(TestRun) run = test_run_expect(folder, "systematica", line, 0);
    json_t *result = json_loads(run.out, 0, NULL);
    assert_non_null(result);
    return result;
}

static double number_of(const json_t *object, const char *key) {
    const json_t *value = json_object_get(object, key);
    assert_true(json_is_number(value));
    return json_number_value(value);
}

/* Raw data, tied ones too, are ranked; rows come best first. */
static void test_copula__prints_a_table_best_first(void **state) {
    (void)state;
    g_auto(TestRun) run = test_run_expect(folder, "systematica",
                                          "copula raw.csv --columns x,y --ranks --families "
                                          "Clayton,Gumbel,Frank,Gaussian,Independence",
                                          0);
    assert_string_equal(run.out, golden);
    assert_string_equal(run.err, "");
}

/* What is nothing has no sign. */
static void test_copula__prints_no_minus_before_zero(void **state) {
    (void)state;
    g_auto(TestRun) run = test_run_expect(folder, "systematica", "copula square.csv", 0);
    assert_non_null(strstr(run.out, " 0.0000"));
    assert_null(strstr(run.out, "-0.0000 "));
    g_auto(TestRun) json = test_run_expect(folder, "systematica", "copula square.csv --json", 0);
    assert_null(strstr(json.out, "-0.0,"));
}

static void test_copula__orders_by_its_criterion(void **state) {
    (void)state;
    static const struct {
        const char *criterion, *key;
        double sign;
    } cases[] = {{"aic", "aic", 1}, {"bic", "bic", 1}, {"loglik", "loglik", -1}};
    for (gsize i = 0; i < G_N_ELEMENTS(cases); i++) {
        g_autofree char *line = g_strdup_printf("copula raw.csv --columns x,y --ranks --json "
                                                "--criterion %s",
                                                cases[i].criterion);
        json_t *result = fits_of(line), *fits = json_object_get(result, "fits");
        for (gsize k = 1; k < json_array_size(fits); k++)
            assert_true(cases[i].sign * number_of(json_array_get(fits, k - 1), cases[i].key) <=
                        cases[i].sign * number_of(json_array_get(fits, k), cases[i].key));
        json_decref(result);
    }
}

/* Each row holds what its fit is: criteria from the likelihood, tau of the sign of the sample's. */
static void check_fit(const json_t *fit, double n, double before) {
    double parameters = (double)json_array_size(json_object_get(fit, "parameters"));
    double loglik = number_of(fit, "loglik"), aic = number_of(fit, "aic");
    assert_near(aic, 2 * parameters - 2 * loglik, 1e-9);
    assert_near(number_of(fit, "bic"), parameters * log(n) - 2 * loglik, 1e-9);
    assert_true(aic >= before);
    assert_true(number_of(fit, "tau") <= 0);
    assert_true((int)number_of(fit, "rotation") % 90 == 0);
}

static void test_copula__prints_every_family_as_json(void **state) {
    (void)state;
    g_autofree char *path = sample("14_clayton_90");
    g_autofree char *line = g_strdup_printf("copula %s --json", path);
    json_t *result = fits_of(line), *fits = json_object_get(result, "fits");
    assert_int_equal((int)number_of(result, "n"), 1000);
    assert_near(number_of(result, "tau"), -0.48907307307307307, 1e-15);
    assert_int_equal(json_array_size(fits), 11);
    double before = -INFINITY;
    for (gsize i = 0; i < json_array_size(fits); i++) {
        check_fit(json_array_get(fits, i), 1000, before);
        before = number_of(json_array_get(fits, i), "aic");
    }
    const json_t *best = json_array_get(fits, 0);
    assert_string_equal(json_string_value(json_object_get(best, "family")), "Clayton");
    assert_int_equal((int)number_of(best, "rotation"), 90);
    assert_near(number_of(best, "loglik"), 412.19471010551922, 1e-6);
    json_decref(result);
}

static void test_copula__leaves_out_what_the_sample_cannot_be(void **state) {
    (void)state;
    g_auto(TestRun) run =
        test_run_expect(folder, "systematica", "copula falling.csv --rotation R0", 0);
    assert_non_null(strstr(run.err, "left out: Clayton, Gumbel"));
    assert_null(strstr(run.out, "Clayton"));
    g_auto(TestRun) by_tau =
        test_run_expect(folder, "systematica", "copula falling.csv --fit itau", 0);
    assert_non_null(strstr(by_tau.err, "left out: BB1, BB6, BB7, BB8: they need --fit mle"));
    assert_null(strstr(by_tau.out, "BB1"));
    g_auto(TestRun) quiet =
        test_run_expect(folder, "systematica", "copula falling.csv --rotation R0 --quiet", 0);
    assert_string_equal(quiet.err, "");
    g_auto(TestRun) turned = test_run_expect(folder, "systematica", "copula falling.csv", 0);
    assert_non_null(strstr(turned.out, "Clayton"));
}

typedef struct {
    const char *line;
    int code;
    const char *says;
} Refusal;

static void check_refusals(const Refusal *cases, gsize n) {
    for (gsize i = 0; i < n; i++) {
        g_auto(TestRun) run = test_run_expect(folder, "systematica", cases[i].line, cases[i].code);
        if (!strstr(run.err, cases[i].says) || *run.out)
            fail_msg("%s said: %s%s", cases[i].line, run.err, run.out);
    }
}

static void test_copula__says_what_is_wrong_with_its_input(void **state) {
    (void)state;
    static const Refusal cases[] = {
        {"copula", 2, "expected FILE"},
        {"copula absent.csv", 4, "absent.csv: cannot be read"},
        {"copula empty.csv", 4, "empty.csv: is empty"},
        {"copula none.csv", 4, "0 rows: a fit needs two or more"},
        {"copula single.csv", 4, "1 row: a fit needs two or more"},
        {"copula two.csv", 4, "Kendall's tau of u and v is -1"},
        {"copula constant.csv", 4, "column u is 0.5 in all 3 rows"},
        {"copula constant.csv --ranks", 4, "column u is 0.5 in all 3 rows"},
        {"copula bound.csv", 4,
         "bound.csv:3: column v: 0 does not lie between 0 and 1; with "
         "--ranks"},
        {"copula whole.csv", 4, "whole.csv:3: column u: 1 does not lie"},
        {"copula nan.csv", 4, "nan.csv:3: column v: nan; leave the row out"},
        {"copula nan.csv --ranks", 4, "nan.csv:3: column v: nan"},
        {"copula gap.csv", 4, "gap.csv:3: column u: the cell is empty"},
        {"copula bare.csv", 4,
         "bare.csv:1: the name of a column is the number 0.1; the first line"},
        {"copula eval --family Clayton --params 2 bare.csv", 4, "bare.csv:1: the name of a column"},
        {"copula infinite.csv --ranks", 4, "infinite.csv:3: column v: inf"},
        {"copula text.csv", 4, "text.csv:3: column v: \"high\" is not a number"},
        {"copula short.csv", 4, "short.csv:3"},
        {"copula raw.csv", 2, "name the two columns, as in --columns u,v (there are when, x, y)"},
        {"copula raw.csv --columns x,z", 4, "there is no column z (there are when, x, y)"},
        {"copula raw.csv --columns x,x", 2, "the same column twice"},
        {"copula raw.csv --columns x", 2, "two are needed"},
        {"copula raw.csv --columns x,y", 4, "--ranks"},
        {"copula falling.csv --families Claytn", 2, "did you mean \"Clayton\"?"},
        {"copula falling.csv --families Clayton,Joe --rotation R180", 4,
         "Clayton, Joe do not have in the rotation asked for"},
        {"copula falling.csv --fit best", 2, "--fit"},
        {"copula falling.csv --fit itau --families Joe,BB7", 2,
         "--families BB7: Kendall's tau is one "
         "number and cannot give two "
         "parameters; use --fit mle"},
        {"copula falling.csv --criterion hqic", 2, "aic, bic"},
        {"copula falling.csv --rotation R45", 2, "R90"},
    };
    check_refusals(cases, G_N_ELEMENTS(cases));
}

/* ---- copula eval ---- */

/* The points of one family, as a file; returns how many. */
static gsize write_points(const Csv *table, const char *family) {
    g_autoptr(GString) text = g_string_new("id,u1,u2\n");
    gsize n = 0;
    for (gsize row = 0; row < table->rows; row++)
        if (strcmp(csv_text(table, row, "family"), family) == 0)
            g_string_append_printf(text, "%zu,%s,%s\n", ++n, csv_text(table, row, "u1"),
                                   csv_text(table, row, "u2"));
    test_write(folder, "points.csv", text->str);
    return n;
}

static void assert_relative(double value, double exact, const char *what, const char *line) {
    if (!(fabs(value - exact) <= 1e-10 * fabs(exact)))
        fail_msg("%s of %s: %.17g, not %.17g", what, line, value, exact);
}

/* The tables number h the other way round. */
static void check_points(const Csv *table, const char *family, char **lines) {
    static const char *const exact[] = {"u1", "u2", "pdf", "logpdf", "cdf", "h2", "h1"};
    gsize at = 1;
    for (gsize row = 0; row < table->rows; row++) {
        if (strcmp(csv_text(table, row, "family"), family) != 0)
            continue;
        g_auto(GStrv) cells = g_strsplit(lines[at++], ",", -1);
        assert_int_equal(g_strv_length(cells), G_N_ELEMENTS(exact));
        for (gsize k = 0; k < G_N_ELEMENTS(exact); k++)
            assert_relative(g_ascii_strtod(cells[k], NULL), csv_number(table, row, exact[k]),
                            exact[k], lines[at - 1]);
    }
}

static void test_eval__is_exact_and_reads_back(void **state) {
    (void)state;
    g_autoptr(Csv) table = csv_read("tests/oracle/copula/exact_points.csv");
    static const struct {
        const char *table, *line;
    } cases[] = {
        {"clayton", "--family Clayton"},   {"gumbel", "--family gumbel"},
        {"frank", "--family Frank"},       {"joe", "--family Joe"},
        {"gaussian", "--family Gaussian"}, {"student", "--family student_t"},
        {"bb1", "--family BB1"},           {"bb6", "--family bb6"},
        {"bb7", "--family BB7"},           {"bb8", "--family BB8"},
    };
    for (gsize i = 0; i < G_N_ELEMENTS(cases); i++) {
        gsize first = 0;
        while (g_ascii_strcasecmp(csv_text(table, first, "family"), cases[i].table) != 0)
            first++;
        const char *family = csv_text(table, first, "family");
        gsize n = write_points(table, family);
        const char *second = csv_text(table, first, "par2");
        g_autofree char *line =
            g_strdup_printf("copula eval %s --params %s%s%s points.csv", cases[i].line,
                            csv_text(table, first, "par1"), *second ? "," : "", second);
        g_auto(TestRun) run = test_run_expect(folder, "systematica", line, 0);
        g_auto(GStrv) lines = g_strsplit(run.out, "\n", -1);
        assert_string_equal(lines[0], "u,v,density,log_density,cdf,h1,h2");
        assert_int_equal(g_strv_length(lines), n + 2);
        check_points(table, family, lines);
    }
}

/* The density of R90 at (u, v) is that of R0 at (1 - u, v), and what is left of the rest. */
static void test_eval__turns(void **state) {
    (void)state;
    test_write(folder, "point.csv", "u,v\n0.25,0.375\n");
    test_write(folder, "turned.csv", "u,v\n0.75,0.375\n");
    g_auto(TestRun) plain = test_run_expect(
        folder, "systematica", "copula eval --family Clayton --params 2 turned.csv", 0);
    g_auto(TestRun) turned =
        test_run_expect(folder, "systematica",
                        "copula eval --family Clayton --params 2 --rotation R90 point.csv", 0);
    double at[7], by[7];
    const char *lines[] = {strchr(plain.out, '\n') + 1, strchr(turned.out, '\n') + 1};
    double *numbers[] = {at, by};
    for (gsize i = 0; i < 2; i++) {
        g_auto(GStrv) cells = g_strsplit(lines[i], ",", -1);
        for (gsize k = 0; k < 7; k++)
            numbers[i][k] = g_ascii_strtod(cells[k], NULL);
    }
    assert_near(by[2], at[2], 1e-14);
    assert_near(by[4], 0.375 - at[4], 1e-15);
    assert_near(by[5], 1 - at[5], 1e-15);
    assert_near(by[6], at[6], 1e-15);
}

static void test_eval__says_what_is_wrong(void **state) {
    (void)state;
    static const Refusal cases[] = {
        {"copula eval falling.csv", 2, "--family is missing"},
        {"copula eval --family Gumbel", 2, "expected FILE"},
        {"copula eval --family Gumbel falling.csv", 2, "Gumbel has 1 parameter (theta), not 0"},
        {"copula eval --family Gumbel --params 2,3 falling.csv", 2, "not 2"},
        {"copula eval --family StudentT --params 0.5 falling.csv", 2, "2 parameters (rho, nu)"},
        {"copula eval --family Gumbel --params 0.5 falling.csv", 2, "its range: theta >= 1"},
        {"copula eval --family Frank --params 0 falling.csv", 2, "any number but 0"},
        {"copula eval --family Gumbel --params nan falling.csv", 2, "out of its range"},
        {"copula eval --family Gumbel --params inf falling.csv", 2, "out of its range"},
        {"copula eval --family Gumbel --params two falling.csv", 2, "must be a number"},
        {"copula eval --family StudentT --params 0.5,60 falling.csv", 2, "2 <= nu <= 50"},
        {"copula eval --family Gaussian --params 1 falling.csv", 2, "its range: -1 < rho < 1"},
        {"copula eval --family Frank --params 3 --rotation R90 falling.csv", 2,
         "Frank has R0 only"},
        {"copula eval --family Gumbel --params 2 bound.csv", 4, "bound.csv:3: column v: 0"},
    };
    check_refusals(cases, G_N_ELEMENTS(cases));
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_copula__prints_a_table_best_first),
        cmocka_unit_test(test_copula__prints_every_family_as_json),
        cmocka_unit_test(test_copula__prints_no_minus_before_zero),
        cmocka_unit_test(test_copula__orders_by_its_criterion),
        cmocka_unit_test(test_copula__leaves_out_what_the_sample_cannot_be),
        cmocka_unit_test(test_copula__says_what_is_wrong_with_its_input),
        cmocka_unit_test(test_eval__is_exact_and_reads_back),
        cmocka_unit_test(test_eval__turns),
        cmocka_unit_test(test_eval__says_what_is_wrong),
    };
    return cmocka_run_group_tests(tests, set_up, tear_down);
}
