/* Settings: engines, secrets that never show, and sections that come later. */
#include "test.h"

#include <glib/gstdio.h>
#include <string.h>
#include <unistd.h>

#include "base/error.h"
#include "template/settings.h"

static const char *environment(const char *name) {
    if (strcmp(name, "SAMPLE_URL") == 0)
        return "postgresql://u:hunter2@host/db";
    if (strcmp(name, "NO_URL") == 0)
        return "hunter2";
    if (strcmp(name, "SHORT_URL") == 0)
        return "postgresql://u:hunter2@host";
    return strcmp(name, "EMPTY") == 0 ? "" : NULL;
}

static SySettings *read_text(const char *text, const char *folder, GError **error) {
    return sy_settings_read(text, strlen(text), "s.toml", folder, environment, error);
}

static void assert_problem(const char *text, const char *expected) {
    g_autoptr(GError) error = NULL;
    assert_null(read_text(text, "/nonexistent", &error));
    assert_true(g_error_matches(error, SY_ERROR, SY_ERROR_TEMPLATE));
    if (!strstr(error->message, expected))
        fail_msg("\"%s\" is not in \"%s\"", expected, error->message);
    assert_null(strstr(error->message, "hunter2"));
}

static void test_settings__every_key_is_optional(void **state) {
    (void)state;
    g_autoptr(SySettings) settings = read_text("", "/nonexistent", NULL);
    assert_int_equal(settings->engines.n, 0);
    assert_null(settings->store.url);
    assert_int_equal(settings->executor.jobs, 0);
    g_autoptr(SySettings) absent = sy_settings_load("/nonexistent", environment, NULL);
    assert_int_equal(absent->engines.n, 0);
}

static void test_settings__reads_engines_store_and_executor(void **state) {
    (void)state;
    g_autoptr(SySettings) settings =
        read_text("[engines.research]\nurl = \"sqlite:///r.db\"\n[engines]\n"
                  "archive.url = \"sqlite:////a.db\"\n[store]\nurl = \"sqlite:///s.db\"\n"
                  "[executor]\njobs = 2\n",
                  "/nonexistent", NULL);
    assert_int_equal(settings->engines.n, 2);
    assert_string_equal(sy_map_get(&settings->engines, "research"), "sqlite:///r.db");
    assert_string_equal(sy_map_get(&settings->engines, "archive"), "sqlite:////a.db");
    assert_string_equal(settings->store.url, "sqlite:///s.db");
    assert_int_equal(settings->executor.jobs, 2);
}

static const char *variables(const char *name) {
    return strcmp(name, "SYSTEMATICA_EXECUTOR_JOBS") == 0  ? "7"
           : strcmp(name, "SYSTEMATICA_EXECUTOR_CPU") == 0 ? ""
           : strcmp(name, "SYSTEMATICA_LOG_LEVEL") == 0    ? "debug"
           : strcmp(name, "SYSTEMATICA_STORE_URL") == 0    ? "sqlite:///other.db"
                                                           : NULL;
}

static const char *wrong_variables(const char *name) {
    return strcmp(name, "SYSTEMATICA_LOG_KEEP") == 0 ? "long" : NULL;
}

/* The executor and the log only, over what the file says. */
static void test_settings__variables_set_the_executor_and_the_log(void **state) {
    (void)state;
    const char *text = "[executor]\njobs = 2\ncpu = 60\n[log]\nlevel = \"error\"\nkeep = 3\n"
                       "format = \"json\"\n";
    g_autoptr(SySettings) settings =
        sy_settings_read(text, strlen(text), "s.toml", "/nonexistent", variables, NULL);
    assert_non_null(settings);
    assert_int_equal(settings->executor.jobs, 7);
    assert_int_equal(settings->executor.cpu, 60);
    assert_int_equal(settings->executor.kill_after, 10);
    assert_near(settings->executor.timeout, 900, 0);
    assert_int_equal(settings->log.level, SY_LOG_DEBUG);
    assert_int_equal(settings->log.format, SY_LOG_JSON);
    assert_int_equal(settings->log.keep, 3);
    assert_null(settings->store.url);
    g_autoptr(GError) error = NULL;
    assert_null(sy_settings_read("", 0, "s.toml", "/nonexistent", wrong_variables, &error));
    assert_true(g_error_matches(error, SY_ERROR, SY_ERROR_TEMPLATE));
    assert_non_null(strstr(error->message, "SYSTEMATICA_LOG_KEEP: keep"));
}

static void test_settings__secrets_come_from_file_or_environment(void **state) {
    (void)state;
    g_autofree char *folder = g_dir_make_tmp("sy-XXXXXX", NULL);
    g_autofree char *path = g_build_filename(folder, "url", NULL);
    assert_true(g_file_set_contents(path, "sqlite:///hidden.db\n", -1, NULL));
    g_autoptr(GError) error = NULL;
    g_autoptr(SySettings) settings = read_text("[engines.a]\nurl = { file = \"url\" }\n"
                                               "[engines.b]\nurl = { env = \"SAMPLE_URL\" }\n",
                                               folder, &error);
    if (!settings)
        fail_msg("%s", error->message);
    assert_string_equal(sy_map_get(&settings->engines, "a"), "sqlite:///hidden.db");
    assert_string_equal(sy_map_get(&settings->engines, "b"), "postgresql://u:hunter2@host/db");
    g_autofree char *masked =
        sy_settings_mask(settings, "cannot open sqlite:///hidden.db, again: sqlite:///hidden.db.");
    assert_string_equal(masked, "cannot open ***, again: ***.");
    g_remove(path);
    g_rmdir(folder);
}

static void test_settings__a_secret_within_another_leaves_no_rest(void **state) {
    (void)state;
    g_autoptr(SySettings) settings = read_text("[engines.a]\nurl = { env = \"SHORT_URL\" }\n"
                                               "[engines.b]\nurl = { env = \"SAMPLE_URL\" }\n",
                                               "/nonexistent", NULL);
    g_autofree char *masked = sy_settings_mask(
        settings, "<postgresql://u:hunter2@host/db> <postgresql://u:hunter2@host>");
    assert_string_equal(masked, "<***> <***>");
}

static void test_settings__absent_secrets_are_named_and_values_never(void **state) {
    (void)state;
    assert_problem("[store]\nurl = { env = \"UNSET\" }\n",
                   "s.toml:2:1: url: the environment variable UNSET is not set");
    assert_problem("[store]\nurl = { env = \"EMPTY\" }\n",
                   "s.toml:2:1: url: the environment variable EMPTY is empty");
    assert_problem("[store]\nurl = { file = \"none\" }\n",
                   "s.toml:2:1: url: the secret is in /nonexistent/none: cannot read the file: ");
    assert_problem("[store]\nurl = { file = \"/dev/zero\" }\n", "is larger than 64 KiB");
    assert_problem("[store]\nurl = { file = \"/dev/null\" }\n", "is empty");
    assert_problem("[store]\nurl = { file = \"a\", env = \"B\" }\n", "not both");
    assert_problem("[store]\nurl = { env = \"A\", fil = \"B\" }\n", "did you mean \"file\"?");
    assert_problem("[store]\nurl = { env = \"NO_URL\" }\n", "[store] url: not a URL");
    assert_problem("[executor]\njobs = { env = \"NO_URL\" }\n",
                   "[executor] jobs must be an integer, not text ***");
    assert_problem("[store]\n[zzz]\nx = { env = \"NO_URL\" }\n", "there is no section [zzz]");
    assert_problem("[[executor]]\nx = [{ env = \"NO_URL\" }]\n", "must be one table of keys");
}

static void test_settings__refuses_what_is_unknown_or_comes_later(void **state) {
    (void)state;
    assert_problem("[engines.a]\nurl = \"\"\n", "s.toml:2:1: [engines.a] url: not a URL");
    assert_problem("[engines.a]\nulr = \"sqlite:///x\"\n", "did you mean \"url\"?");
    assert_problem("[engines]\na = \"sqlite:///x\"\n", "[engines.a] must be a table of keys");
    assert_problem("[engine.a]\n", "did you mean [engines]?");
    assert_problem("[executor]\njobs = 0\n", "jobs = 0 is out of bounds (1 ≤ x ≤ 1024)");
    assert_problem("[broker.fix]\n", "[broker] is not accepted");
    assert_problem("[slack]\ntoken = { env = \"UNSET\" }\n", "[slack] is not accepted");
    assert_problem("[instruments.BTC]\n", "[instruments] is not accepted");
    assert_problem("[log]\nlevel = \"loud\"\n", "level");
    assert_problem("[log]\nkeep = 0\n", "keep");
    assert_problem("[executor]\nmemory = -1\n", "memory");
    assert_problem("[", "s.toml:1:2: ");
}

static const char *no_variable(const char *name) {
    (void)name;
    return NULL;
}

static void test_settings__a_link_to_nowhere_is_no_absent_file(void **state) {
    (void)state;
    g_autofree char *folder = g_dir_make_tmp("sy-XXXXXX", NULL);
    g_autofree char *inside = g_build_filename(folder, ".workflow", NULL);
    g_autofree char *path = g_build_filename(inside, "settings.toml", NULL);
    assert_int_equal(g_mkdir(inside, 0700), 0);
    g_autoptr(GError) error = NULL;
    g_autoptr(SySettings) absent = sy_settings_load(folder, no_variable, &error);
    assert_non_null(absent);
    assert_int_equal(symlink("/nonexistent/settings.toml", path), 0);
    assert_null(sy_settings_load(folder, no_variable, &error));
    assert_true(g_error_matches(error, SY_ERROR, SY_ERROR_TEMPLATE));
    assert_non_null(strstr(error->message, "it is a link to /nonexistent/settings.toml"));
    g_remove(path);
    g_rmdir(inside);
    g_rmdir(folder);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_settings__every_key_is_optional),
        cmocka_unit_test(test_settings__reads_engines_store_and_executor),
        cmocka_unit_test(test_settings__variables_set_the_executor_and_the_log),
        cmocka_unit_test(test_settings__secrets_come_from_file_or_environment),
        cmocka_unit_test(test_settings__a_secret_within_another_leaves_no_rest),
        cmocka_unit_test(test_settings__absent_secrets_are_named_and_values_never),
        cmocka_unit_test(test_settings__refuses_what_is_unknown_or_comes_later),
        cmocka_unit_test(test_settings__a_link_to_nowhere_is_no_absent_file),
    };
    return cmocka_run_group_tests_name("settings", tests, NULL, NULL);
}
