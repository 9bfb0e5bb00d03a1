/* Templates: the sample as the reference prints it, sections, study names, finding by name. */
#include "test.h"

#include <string.h>
#include <unistd.h>

#include "base/error.h"
#include "cli.h"
#include "template/template.h"
#include "template/workspace.h"

#define GOOD "[meta]\nstudy_name = \"dale\"\n[model]\nname = \"ArbitrageClipIndex\"\n"

/* All problems of a template's own sections, or "". */
static char *problems_of(const char *text) {
    g_autoptr(GError) error = NULL;
    g_autoptr(SyTemplate) tmplate = sy_template_read(text, strlen(text), "t.toml", &error);
    if (tmplate && sy_problems_check(tmplate->document->problems, &error))
        return g_strdup("");
    assert_int_equal(error->code, SY_ERROR_TEMPLATE);
    return g_strdup(error->message);
}

static void assert_problem(const char *text, const char *expected) {
    g_autofree char *problems = problems_of(text);
    if (!strstr(problems, expected))
        fail_msg("\"%s\" is not in \"%s\"", expected, problems);
}

static void test_template__sample_loads_as_the_reference_prints_it(void **state) {
    (void)state;
    g_autoptr(GError) error = NULL;
    g_autofree char *path =
        g_build_filename(g_getenv("SY_SOURCE_ROOT"), "templates", "dale.toml", NULL);
    g_autoptr(SyTemplate) tmplate = sy_template_load(path, &error);
    if (!tmplate || !sy_problems_check(tmplate->document->problems, &error))
        fail_msg("%s", error->message);
    assert_string_equal(tmplate->meta.study_name, "dale");
    assert_int_equal(g_strv_length(tmplate->meta.tags), 4);
    assert_string_equal(tmplate->meta.tags[3], "1h");
    assert_string_equal(tmplate->loader.name, "BFCData");
    assert_string_equal(tmplate->model.name, "ArbitrageClipIndex");
    assert_null(tmplate->report.formats);
    const SyNode *parameters = sy_template_section(tmplate, "model_params");
    assert_int_equal(parameters->n, 9);
    assert_string_equal(parameters->item[0]->key, "training_window");
    assert_int_equal(sy_node_find(parameters, "training_window")->integer, 3244);
    assert_int_equal(parameters->item[0]->line, 20);
    assert_true(sy_node_find(sy_template_section(tmplate, "signal"), "short_entries")->number ==
                -1.33);
    assert_null(sy_template_section(tmplate, "report"));
}

/* The page prints the sample with a blank behind [loader_params]; an editor that strips it would
 * change the bytes that "loads unchanged" speaks of. */
static void test_template__sample_is_the_references_byte_for_byte(void **state) {
    (void)state;
    g_autofree char *path =
        g_build_filename(g_getenv("SY_SOURCE_ROOT"), "templates", "dale.toml", NULL);
    g_autofree char *text = NULL;
    assert_true(g_file_get_contents(path, &text, NULL, NULL));
    g_autofree char *hash = g_compute_checksum_for_string(G_CHECKSUM_SHA256, text, -1);
    assert_string_equal(hash, "9a3846f3c65beb197860ffde212def0fd5fba778a803cdbdaffb01b11972b310");
    g_autoptr(SyTemplate) tmplate = sy_template_load(path, NULL);
    assert_string_equal(tmplate->document->hash, hash);
    assert_non_null(strstr(text, "[loader_params] \n"));
}

static void test_template__refuses_study_names_that_name_no_file(void **state) {
    (void)state;
    static const char *const bad[] = {"", "a b", "../x", ".hidden", "-x", "ä", "a/b"};
    for (gsize i = 0; i < G_N_ELEMENTS(bad); i++) {
        g_autofree char *text =
            g_strdup_printf("[meta]\nstudy_name = \"%s\"\n[model]\nname = \"M\"\n", bad[i]);
        assert_problem(text, "t.toml:2:1: [meta] study_name: ");
    }
    g_autofree char *longest = g_strnfill(64, 'a'), *longer = g_strnfill(65, 'a');
    g_autofree char *good = g_strdup_printf("[meta]\nstudy_name = \"%s\"\n", longest);
    g_autofree char *problems = problems_of(good);
    assert_null(strstr(problems, "study_name:"));
    g_autofree char *wrong = g_strdup_printf("[meta]\nstudy_name = \"%s\"\n", longer);
    assert_problem(wrong, "study_name: ");
}

static void test_template__needs_a_study_and_a_model(void **state) {
    (void)state;
    assert_problem("", "t.toml: [meta] needs the key study_name (text)");
    assert_problem("", "t.toml: [model] needs the key name (text)");
}

static void test_template__names_unknown_and_misplaced_sections(void **state) {
    (void)state;
    assert_problem(GOOD "[modl_params]\n", "t.toml:5:2: there is no section [modl_params]\n"
                                           "  hint: did you mean [model_params]?");
    assert_problem(GOOD "[zzz]\n", "  hint: sections: [meta] [loader]");
    assert_problem("x = 1\n" GOOD, "t.toml:1:1: the key x stands outside of any section");
    assert_problem(GOOD "[[signal]]\n", "[signal] must be one table of keys");
    assert_problem("[meta]\nstudy_nam = \"x\"\n", "did you mean \"study_name\"?");
}

static void test_template__refuses_what_comes_later_by_name(void **state) {
    (void)state;
    assert_problem(GOOD "[risk]\n",
                   "t.toml:5:2: [risk] is not accepted: risk limits come with order gateways");
    assert_problem(GOOD "[notify]\non = [\"outdatd\"]\n", "did you mean \"outdated\"");
    assert_problem(GOOD "[trade]\nbroker = \"fix\"\n",
                   "t.toml:6:1: [trade] broker = \"fix\" is not one of paper");
    assert_problem(GOOD "[trade]\ncapital = 5\n", "[trade] capital is not accepted");
    assert_problem(GOOD "[report]\nslack = \"#x\"\n", "[report] slack is not accepted");
    g_autofree char *paper = problems_of(GOOD "[trade]\nbroker = \"paper\"\n");
    assert_string_equal(paper, "");
}

static void test_template__reads_report_formats(void **state) {
    (void)state;
    static const char text[] = GOOD "[report]\nformats = [\"html\", \"csv\"]\ndir = \"out\"\n";
    g_autoptr(SyTemplate) tmplate = sy_template_read(text, strlen(text), "t.toml", NULL);
    assert_true(sy_problems_check(tmplate->document->problems, NULL));
    assert_string_equal(tmplate->report.formats[1], "csv");
    assert_string_equal(tmplate->report.dir, "out");
    assert_problem(GOOD "[report]\nformats = [\"htm\"]\n", "\"htm\" is not one of html");
    assert_problem(GOOD "[report]\nformats = []\n",
                   "t.toml:6:1: [report] formats is an empty list");
}

static void test_template__unreadable_file_is_a_template_error(void **state) {
    (void)state;
    static const char *const bad[] = {"/nonexistent/x.toml", "/"};
    for (gsize i = 0; i < G_N_ELEMENTS(bad); i++) {
        g_autoptr(GError) error = NULL;
        assert_null(sy_template_load(bad[i], &error));
        assert_true(g_error_matches(error, SY_ERROR, SY_ERROR_TEMPLATE));
        assert_true(g_str_has_prefix(error->message, bad[i]));
    }
}

static void test_template__is_found_by_name_or_path(void **state) {
    (void)state;
    g_autoptr(GError) error = NULL;
    g_autofree char *folder = g_dir_make_tmp("sy-XXXXXX", NULL);
    SyWorkspaceReport report = {0};
    assert_true(sy_workspace_init(folder, &report, NULL));
    g_autofree char *by_name = sy_template_find_path(folder, "dale", &error);
    g_autofree char *by_path = sy_template_find_path(folder, "./dale", &error);
    g_autofree char *by_file = sy_template_find_path(NULL, "dale.toml", &error);
    g_autofree char *expected =
        g_build_filename(folder, ".workflow", "templates", "dale.toml", NULL);
    assert_string_equal(by_name, expected);
    assert_string_equal(by_path, "./dale");
    assert_string_equal(by_file, "dale.toml");
    assert_null(sy_template_find_path(folder, "dael", &error));
    assert_true(g_error_matches(error, SY_ERROR, SY_ERROR_TEMPLATE));
    assert_non_null(strstr(error->message, "(there are: dale; "));
    assert_non_null(strstr(error->message, "); did you mean \"dale\"?"));
    g_clear_error(&error);
    assert_null(sy_template_find_path(NULL, "dale", &error));
    assert_true(g_error_matches(error, SY_ERROR, SY_ERROR_USAGE));
    g_auto(GStrv) names = sy_template_names(folder, NULL);
    assert_int_equal(g_strv_length(names), 1);
    sy_workspace_report_clear(&report);
    test_folder_remove(folder);
}

static void assert_not_found(const char *folder, const char *name, const char *message) {
    g_autoptr(GError) error = NULL;
    g_autofree char *path = sy_template_find_path(folder, name, &error);
    g_autoptr(SyTemplate) tmplate = path ? sy_template_load(path, &error) : NULL;
    assert_null(tmplate);
    assert_true(g_error_matches(error, SY_ERROR, SY_ERROR_TEMPLATE));
    if (!strstr(error->message, message))
        fail_msg("%s: %s", name, error->message);
}

static void test_template__says_why_a_name_leads_to_no_file(void **state) {
    (void)state;
    g_autofree char *folder = g_dir_make_tmp("sy-XXXXXX", NULL);
    SyWorkspaceReport report = {0};
    assert_true(sy_workspace_init(folder, &report, NULL));
    sy_workspace_report_clear(&report);
    g_autofree char *templates = sy_workspace_path(folder, "templates");
    g_autofree char *link = g_build_filename(templates, "broken.toml", NULL);
    assert_int_equal(symlink("nowhere.toml", link), 0);
    assert_not_found(folder, "broken", "broken.toml: cannot read the file: ");
    assert_not_found(folder, "broken", "; it is a link to nowhere.toml");
    assert_not_found(folder, "dale.toml", "is called \"dale\", without .toml");
    assert_not_found(folder, "other.toml", "other.toml: cannot read the file: ");
    test_folder_remove(templates);
    g_autoptr(GError) error = NULL;
    assert_null(sy_template_names(folder, &error));
    assert_true(g_error_matches(error, SY_ERROR, SY_ERROR_IO));
    assert_not_found(folder, "dale", "cannot be looked up");
    assert_not_found(folder, "dale", templates);
    test_folder_remove(folder);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_template__sample_loads_as_the_reference_prints_it),
        cmocka_unit_test(test_template__sample_is_the_references_byte_for_byte),
        cmocka_unit_test(test_template__refuses_study_names_that_name_no_file),
        cmocka_unit_test(test_template__needs_a_study_and_a_model),
        cmocka_unit_test(test_template__names_unknown_and_misplaced_sections),
        cmocka_unit_test(test_template__refuses_what_comes_later_by_name),
        cmocka_unit_test(test_template__reads_report_formats),
        cmocka_unit_test(test_template__unreadable_file_is_a_template_error),
        cmocka_unit_test(test_template__is_found_by_name_or_path),
        cmocka_unit_test(test_template__says_why_a_name_leads_to_no_file),
    };
    return cmocka_run_group_tests_name("template", tests, NULL, NULL);
}
