/* Workspaces: found from below, made once, never half. */
#include "test.h"

#include <glib/gstdio.h>
#include <signal.h>
#include <string.h>
#include <sys/resource.h>

#include "base/error.h"
#include "cli.h"
#include "template/settings.h"
#include "template/workspace.h"

static int setup(void **state) {
    *state = g_dir_make_tmp("sy-XXXXXX", NULL);
    return *state ? 0 : -1;
}

static int teardown(void **state) {
    test_folder_remove(*state);
    g_free(*state);
    return 0;
}

static const char *no_environment(const char *name) {
    (void)name;
    return NULL;
}

static void test_workspace__init_makes_all_of_it(void **state) {
    g_autofree char *folder = g_build_filename(*state, "new", "work", NULL);
    g_autoptr(GError) error = NULL;
    SyWorkspaceReport report = {0};
    if (!sy_workspace_init(folder, &report, &error))
        fail_msg("%s", error->message);
    assert_int_equal(g_strv_length(report.made), 6);
    assert_int_equal(g_strv_length(report.kept), 0);
    assert_true(g_str_has_suffix(report.made[0], "/new/work/.workflow"));
    assert_true(g_str_has_suffix(report.made[5], "/.workflow/templates/dale.toml"));
    for (char **path = report.made; *path; path++)
        assert_true(g_file_test(*path, G_FILE_TEST_EXISTS));
    g_autoptr(SySettings) settings = sy_settings_load(folder, no_environment, &error);
    if (!settings)
        fail_msg("%s", error->message);
    assert_string_equal(sy_map_get(&settings->engines, "research"),
                        "sqlite:///.workflow/research.db");
    g_autofree char *source =
        g_build_filename(g_getenv("SY_SOURCE_ROOT"), "templates", "dale.toml", NULL);
    g_autofree char *expected = NULL, *written = NULL;
    assert_true(g_file_get_contents(source, &expected, NULL, NULL));
    assert_true(g_file_get_contents(report.made[5], &written, NULL, NULL));
    assert_string_equal(written, expected);
    sy_workspace_report_clear(&report);
}

static void test_workspace__init_twice_changes_nothing(void **state) {
    SyWorkspaceReport report = {0};
    assert_true(sy_workspace_init(*state, &report, NULL));
    g_autofree char *path = g_strdup(report.made[4]);
    assert_true(g_file_set_contents(path, "# mine\n", -1, NULL));
    sy_workspace_report_clear(&report);
    assert_true(sy_workspace_init(*state, &report, NULL));
    assert_int_equal(g_strv_length(report.made), 0);
    assert_int_equal(g_strv_length(report.kept), 6);
    g_autofree char *text = NULL;
    assert_true(g_file_get_contents(path, &text, NULL, NULL));
    assert_string_equal(text, "# mine\n");
    sy_workspace_report_clear(&report);
}

static void test_workspace__init_that_fails_leaves_nothing(void **state) {
    g_autofree char *folder = sy_workspace_path(*state, "x");
    g_autofree char *above = g_path_get_dirname(folder);
    g_autoptr(GError) error = NULL;
    SyWorkspaceReport report = {0};
    assert_int_equal(g_mkdir(above, 0755), 0);
    g_autofree char *in_the_way = sy_workspace_path(*state, "settings.toml");
    assert_int_equal(g_mkdir(in_the_way, 0755), 0);
    assert_false(sy_workspace_init(*state, &report, &error));
    assert_true(g_error_matches(error, SY_ERROR, SY_ERROR_IO));
    assert_non_null(strstr(error->message, "is in the way: it must be a file"));
    g_autofree char *templates = sy_workspace_path(*state, "templates");
    assert_false(g_file_test(templates, G_FILE_TEST_EXISTS));
    assert_null(report.made);
    g_clear_error(&error);
    assert_false(sy_workspace_init("/proc/nowhere", &report, &error));
    assert_true(g_error_matches(error, SY_ERROR, SY_ERROR_IO));
}

/* The settings can be written, the sample template cannot: files may not grow beyond 512 bytes. */
static void test_workspace__init_on_a_full_disk_leaves_nothing(void **state) {
    struct rlimit limit, small;
    assert_int_equal(getrlimit(RLIMIT_FSIZE, &limit), 0);
    small = (struct rlimit){512, limit.rlim_max};
    void (*before)(int) = signal(SIGXFSZ, SIG_IGN);
    assert_int_equal(setrlimit(RLIMIT_FSIZE, &small), 0);
    g_autoptr(GError) error = NULL;
    SyWorkspaceReport report = {0};
    bool made = sy_workspace_init(*state, &report, &error);
    assert_int_equal(setrlimit(RLIMIT_FSIZE, &limit), 0);
    signal(SIGXFSZ, before);
    assert_false(made);
    assert_true(g_error_matches(error, SY_ERROR, SY_ERROR_IO));
    assert_non_null(strstr(error->message, "templates/dale.toml: "));
    g_autofree char *marker = sy_workspace_path(*state, "");
    assert_false(g_file_test(marker, G_FILE_TEST_EXISTS));
}

static void test_workspace__is_found_from_below(void **state) {
    g_autofree char *below = g_build_filename(*state, "a", "b", NULL);
    assert_int_equal(g_mkdir_with_parents(below, 0755), 0);
    assert_null(sy_workspace_find(below));
    SyWorkspaceReport report = {0};
    assert_true(sy_workspace_init(*state, &report, NULL));
    g_autofree char *found = sy_workspace_find(below);
    assert_string_equal(found, *state);
    sy_workspace_report_clear(&report);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_workspace__init_makes_all_of_it, setup, teardown),
        cmocka_unit_test_setup_teardown(test_workspace__init_twice_changes_nothing, setup,
                                        teardown),
        cmocka_unit_test_setup_teardown(test_workspace__init_that_fails_leaves_nothing, setup,
                                        teardown),
        cmocka_unit_test_setup_teardown(test_workspace__init_on_a_full_disk_leaves_nothing, setup,
                                        teardown),
        cmocka_unit_test_setup_teardown(test_workspace__is_found_from_below, setup, teardown),
    };
    return cmocka_run_group_tests_name("workspace", tests, NULL, NULL);
}
