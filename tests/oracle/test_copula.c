/* Copula families against figures of independent programs. */
#include "test.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

#include "num/copula/copula.h"

/* Lines of a table in tests/oracle that are neither comments nor its head. */
static char **read_table(const char *name) {
    g_autofree char *path =
        g_build_filename(g_getenv("SY_SOURCE_ROOT"), "tests", "oracle", name, NULL);
    g_autofree char *text = NULL;
    g_autoptr(GError) error = NULL;
    if (!g_file_get_contents(path, &text, NULL, &error))
        fail_msg("%s", error->message);
    g_auto(GStrv) lines = g_strsplit(g_strstrip(text), "\n", -1);
    g_autoptr(GStrvBuilder) rows = g_strv_builder_new();
    bool head = true;
    for (char **line = lines; *line; line++) {
        if (**line == '#')
            continue;
        if (!head)
            g_strv_builder_add(rows, *line);
        head = false;
    }
    return g_strv_builder_end(rows);
}

static double relative(double ours, double exact) { return fabs(ours - exact) / fabs(exact); }

/* Relative error of h, error of ln c relative to its size (at least 1): both are a few roundings of
 * the largest term, which at u = 1e-10 is about 50. */
static const double tolerance = 2e-13;

static void test_copula__is_exact_into_the_corners(void **state) {
    (void)state;
    g_auto(GStrv) rows = read_table("copula_exact_points.csv");
    for (char **row = rows; *row; row++) {
        g_auto(GStrv) cell = g_strsplit(*row, ",", -1);
        const SyCopula *family =
            sy_copula_find(strcmp(cell[0], "student") == 0 ? "StudentT" : cell[0]);
        assert_non_null(family);
        SyCopulaFit fit = {
            .family = family,
            .parameter = {g_ascii_strtod(cell[1], NULL), g_ascii_strtod(cell[2], NULL)}};
        double u = g_ascii_strtod(cell[3], NULL), v = g_ascii_strtod(cell[4], NULL);
        double h1, h2, work[2], log_density, exact = g_ascii_strtod(cell[9], NULL);
        sy_copula_h(&fit, 1, &u, &v, &h1, &h2, work);
        family->log_density(fit.parameter, 1, &u, &v, &log_density);
        if (relative(h2, g_ascii_strtod(cell[7], NULL)) > tolerance ||
            relative(h1, g_ascii_strtod(cell[8], NULL)) > tolerance ||
            fabs(log_density - exact) > tolerance * fmax(1, fabs(exact)))
            fail_msg("%s: h1 = %.17g, h2 = %.17g, ln c = %.17g", *row, h1, h2, log_density);
    }
    assert_int_equal(g_strv_length(rows), 600);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_copula__is_exact_into_the_corners),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
