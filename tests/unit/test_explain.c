/* explain: everything that the tables hold can be asked for, fits a terminal, and is in the docs.
 */
#include "test.h"

#include <string.h>

#include "base/error.h"
#include "cli/explain.h"

static char *explain(const char *section, const char *name) {
    g_autoptr(GError) error = NULL;
    char *text = sy_explain(section, name, &error);
    if (!text)
        fail_msg("%s", error->message);
    return text;
}

static void assert_fits(const char *text) {
    g_auto(GStrv) lines = g_strsplit(text, "\n", -1);
    for (char **line = lines; *line; line++) {
        if (g_utf8_strlen(*line, -1) > 100)
            fail_msg("longer than 100 columns: \"%s\"", *line);
        assert_false(g_str_has_suffix(*line, " "));
    }
    assert_true(g_str_has_suffix(text, "\n"));
}

static void assert_holds(const char *text, const char *part) {
    if (!strstr(text, part))
        fail_msg("\"%s\" is not in:\n%s", part, text);
}

static void test_explain__every_section_and_name_fits_a_terminal(void **state) {
    (void)state;
    g_autofree char *all = explain(NULL, NULL), *markdown = sy_explain_markdown();
    g_autofree const char **sections = sy_explain_sections();
    assert_fits(all);
    for (const char **section = sections; *section; section++) {
        assert_holds(all, *section);
        g_autofree char *text = explain(*section, NULL);
        assert_fits(text);
        g_autofree const char **names = sy_explain_names(*section);
        for (const char **name = names; *name; name++) {
            g_autofree char *one = explain(*section, *name);
            assert_fits(one);
            assert_holds(one, *name);
            assert_holds(markdown, *name);
        }
    }
}

static void test_explain__model_shows_key_type_default_bounds_and_unit(void **state) {
    (void)state;
    g_autofree char *text = explain("model", "arbitrage_clip_index");
    assert_holds(text, "ArbitrageClipIndex (model)\n");
    assert_holds(text, "Source: Xie");
    assert_holds(text,
                 "  Key                            Type           Default              Bounds");
    assert_holds(text,
                 "  training_window                integer        365                  10 ≤ x");
    assert_holds(text, " bars\n      Rows that one copula is learnt from.\n");
    assert_holds(text, "custom_splitter_kwargs.offset");
    assert_holds(text, "Also: \"method\".");
    assert_holds(text, "  cross_tail_method                 the reference does not say");
}

static void test_explain__choices_and_formulas_are_told(void **state) {
    (void)state;
    g_autofree char *key = explain("portfolio", "size_type");
    assert_holds(key, "\"amount\": units of the asset;");
    g_autofree char *metric = explain("metric", "sharpe");
    assert_holds(metric, "Formula: mean(r - f) / std(r - f, ddof 1) x sqrt(A).");
    g_autofree char *settings = explain("settings", NULL);
    assert_holds(settings, "[engines.NAME]");
    g_autofree char *sections = explain("template", NULL);
    assert_holds(sections, "[risk]           no: risk limits come with order gateways");
}

static void assert_refused(const char *section, const char *name, const char *message) {
    g_autoptr(GError) error = NULL;
    assert_null(sy_explain(section, name, &error));
    assert_true(g_error_matches(error, SY_ERROR, SY_ERROR_USAGE));
    assert_holds(error->message, message);
}

static void test_explain__unknown_names_get_the_nearest_one(void **state) {
    (void)state;
    assert_refused("modle", NULL, "(there are: template, ");
    assert_refused("modle", NULL, "); did you mean \"model\"?");
    assert_refused("model", "ArbitrageClpIndex", "did you mean \"ArbitrageClipIndex\"?");
    assert_refused("model", "MetaModel", "it combines models");
    assert_refused("portfolio", "sise_type", "did you mean \"size_type\"?");
    assert_refused("template", "x", "it has no names");
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_explain__every_section_and_name_fits_a_terminal),
        cmocka_unit_test(test_explain__model_shows_key_type_default_bounds_and_unit),
        cmocka_unit_test(test_explain__choices_and_formulas_are_told),
        cmocka_unit_test(test_explain__unknown_names_get_the_nearest_one),
    };
    return cmocka_run_group_tests_name("explain", tests, NULL, NULL);
}
