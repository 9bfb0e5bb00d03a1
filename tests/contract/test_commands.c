/* Every row of the table of commands: complete, documented, and known to each shell's completion.
 */
#include "test.h"

#include <string.h>

#include "cli.h"
#include "cli/command.h"
#include "cli/completion.h"
#include "cli/options.h"

static void test_commands__say_what_they_are(void **state) {
    (void)state;
    for (gsize c = 0; c < sy_n_commands; c++) {
        const SyCommand *command = sy_commands[c];
        assert_non_null(command->run);
        assert_true(g_str_has_suffix(command->summary, "."));
        assert_true(command->least <= command->most);
        assert_ptr_equal(sy_command_find(command->name), command);
        g_autofree char *help = sy_command_help(command, command->name);
        for (gsize i = 0; i < command->options->n; i++) {
            const SyField *field = &command->options->rows[i];
            g_autofree char *name = sy_option_name(field);
            assert_true(g_str_has_suffix(field->help, "."));
            if (!strstr(help, name))
                fail_msg("%s --help does not name %s", command->name, name);
        }
    }
}

/* The reference's two programs keep the reference's options and defaults. */
static void test_run_app__has_the_options_of_the_reference(void **state) {
    (void)state;
    static const struct {
        const char *key, *fallback;
    } rows[] = {{"lookback", "3"}, {"since", NULL}, {"max_buffer", "500"}, {"report_every", "1h"}};
    static const char *const commands[] = {"run_app", "run_all"};
    for (gsize c = 0; c < G_N_ELEMENTS(commands); c++) {
        const SyFieldTable *options = sy_command_find(commands[c])->options;
        for (gsize i = 0; i < G_N_ELEMENTS(rows); i++) {
            const SyField *field = sy_field_find(options->rows, options->n, rows[i].key);
            assert_non_null(field);
            assert_int_equal(g_strcmp0(field->fallback, rows[i].fallback), 0);
        }
        assert_int_equal(sy_field_find(options->rows, options->n, "template") != NULL, c == 0);
    }
}

static void test_programs__print_their_help(void **state) {
    (void)state;
    static const struct {
        const char *program, *line;
    } cases[] = {{"systematica", "--help"}, {"run_app", "--help"}, {"run_all", "-h"}};
    for (gsize i = 0; i < G_N_ELEMENTS(cases); i++) {
        g_auto(TestRun) run = test_run_expect("/", cases[i].program, cases[i].line, 0);
        assert_true(g_str_has_prefix(run.out, "Usage: "));
        assert_string_equal(run.err, "");
    }
    g_auto(TestRun) nothing = test_run_expect("/", "systematica", "", 2);
    assert_string_equal(nothing.out, "");
}

/* Runs systematica with SYSTEMATICA_WORKSPACE set. */
static TestRun run_with(const char *variable, const char *folder, const char *line, int code) {
    g_setenv("SYSTEMATICA_WORKSPACE", variable, TRUE);
    TestRun run = test_run(folder, "systematica", line);
    g_setenv("SYSTEMATICA_WORKSPACE", "", TRUE);
    if (run.code != code)
        fail_msg("%s with %s: exit code %d\n%s%s", line, variable, run.code, run.out, run.err);
    return run;
}

static void test_init__makes_the_workspace_that_later_commands_use(void **state) {
    (void)state;
    g_autofree char *folder = test_folder_new();
    g_autofree char *named = g_build_filename(folder, "named", NULL);
    g_auto(TestRun) by_variable = run_with(named, folder, "init", 0);
    assert_true(test_exists(folder, "named/.workflow"));
    assert_false(test_exists(folder, ".workflow"));
    assert_null(strstr(by_variable.err, "--workspace"));
    g_auto(TestRun) elsewhere = run_with(named, folder, "init other", 0);
    g_autofree char *option = g_strdup_printf("--workspace '%s/other'", folder);
    assert_non_null(strstr(elsewhere.err, option));
    g_auto(TestRun) below = test_run_expect(folder, "systematica", "init below", 0);
    assert_non_null(strstr(below.err, "run_app --workspace '"));
    g_auto(TestRun) here = run_with("", folder, "init", 0);
    assert_true(test_exists(folder, ".workflow"));
    assert_null(strstr(here.err, "--workspace"));
    g_auto(TestRun) checked = run_with("", folder, "check dale", 0);
    assert_true(g_str_has_prefix(checked.out, folder));
    test_folder_remove(folder);
}

static void test_init__takes_one_folder(void **state) {
    (void)state;
    g_autofree char *folder = test_folder_new();
    static const struct {
        const char *line, *says;
    } cases[] = {
        {"init a --workspace b", "two folders are named, a and --workspace b"},
        {"init ''", "the name of the folder is empty"},
        {"init --workspace ''", "--workspace: the name of the folder is empty"},
        {"check --workspace ''", "--workspace: the name of the folder is empty"},
    };
    for (gsize i = 0; i < G_N_ELEMENTS(cases); i++) {
        g_auto(TestRun) run = test_run_expect(folder, "systematica", cases[i].line, 2);
        if (!strstr(run.err, cases[i].says))
            fail_msg("%s said: %s", cases[i].line, run.err);
    }
    assert_false(test_exists(folder, "a"));
    assert_false(test_exists(folder, ".workflow"));
    test_folder_remove(folder);
}

/* bash is on every machine that runs these tests; zsh and fish are read where they are installed.
 */
static void test_completion__scripts_are_read_by_their_shells(void **state) {
    (void)state;
    static const char *const shells[] = {"bash", "zsh", "fish"};
    static const char *const programs[] = {"systematica", "run_app", "run_all"};
    g_autofree char *folder = test_folder_new();
    for (gsize s = 0; s < G_N_ELEMENTS(shells); s++)
        for (gsize p = 0; p < G_N_ELEMENTS(programs); p++) {
            g_autofree char *script = sy_completion_script(shells[s], programs[p]);
            g_autofree char *program = g_find_program_in_path(shells[s]);
            assert_non_null(strstr(script, programs[p]));
            test_write(folder, "script", script);
            if (!program)
                continue;
            char *argv[] = {program, "-n", "script", NULL};
            g_autofree char *said = NULL;
            int status = -1;
            assert_true(g_spawn_sync(folder, argv, NULL, G_SPAWN_DEFAULT, NULL, NULL, NULL, &said,
                                     &status, NULL));
            if (status != 0)
                fail_msg("%s -n of %s: %s", shells[s], programs[p], said);
        }
    test_folder_remove(folder);
}

/* What bash offers after some words. Free with g_free. */
static char *offers(const char *folder, const char *program, const char *words) {
    g_autofree char *script = sy_completion_script("bash", program);
    test_write(folder, "script", script);
    g_autofree char *line = g_strdup_printf(
        "source ./script; COMP_WORDS=(%s %s); COMP_CWORD=$((${#COMP_WORDS[@]} - 1)); _%s_complete; "
        "echo \"${COMPREPLY[*]}\"",
        program, words, program);
    char *argv[] = {"bash", "-c", line, NULL};
    char *out = NULL;
    assert_true(
        g_spawn_sync(folder, argv, NULL, G_SPAWN_SEARCH_PATH, NULL, NULL, &out, NULL, NULL, NULL));
    return g_strstrip(out);
}

static void test_completion__offers_commands_options_and_templates(void **state) {
    (void)state;
    g_autofree char *folder = test_folder_new();
    test_write(folder, ".workflow/templates/dale.toml", "");
    static const struct {
        const char *program, *words, *offers;
    } cases[] = {
        {"systematica", "ini", "init"},
        {"systematica", "data im", "import"},
        {"systematica", "data import --eng", "--engine"},
        {"systematica", "check da", "dale"},
        {"run_app", "--template ''", "dale"},
        {"run_app", "--max", "--max-buffer"},
        {"run_all", "--look", "--lookback"},
    };
    for (gsize i = 0; i < G_N_ELEMENTS(cases); i++) {
        g_autofree char *found = offers(folder, cases[i].program, cases[i].words);
        assert_string_equal(found, cases[i].offers);
    }
    test_folder_remove(folder);
}

static void test_completion__installs_once(void **state) {
    (void)state;
    g_autofree char *home = test_folder_new();
    g_autoptr(GError) error = NULL;
    test_write(home, ".bashrc", "alias ll='ls -l'");
    for (int i = 0; i < 2; i++) {
        g_autofree char *done = sy_completion_install("bash", "run_app", home, &error);
        assert_non_null(done);
    }
    g_autofree char *start = test_read(home, ".bashrc");
    g_auto(GStrv) lines = g_strsplit(start, "\n", -1);
    assert_string_equal(lines[0], "alias ll='ls -l'");
    assert_true(g_str_has_prefix(lines[1], "source '"));
    assert_string_equal(lines[2], "");
    assert_null(lines[3]);
    g_autofree char *fish = sy_completion_install("fish", "run_app", home, &error);
    assert_non_null(fish);
    assert_true(test_exists(home, ".config/fish/completions/run_app.fish"));
    test_folder_remove(home);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_commands__say_what_they_are),
        cmocka_unit_test(test_run_app__has_the_options_of_the_reference),
        cmocka_unit_test(test_programs__print_their_help),
        cmocka_unit_test(test_init__makes_the_workspace_that_later_commands_use),
        cmocka_unit_test(test_init__takes_one_folder),
        cmocka_unit_test(test_completion__scripts_are_read_by_their_shells),
        cmocka_unit_test(test_completion__offers_commands_options_and_templates),
        cmocka_unit_test(test_completion__installs_once),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
