/* Every row of the table of commands: complete, documented, and known to each shell's completion.
 */
#include "test.h"

#include <glib/gstdio.h>
#include <string.h>
#include <unistd.h>

#include "cli.h"
#include "cli/command.h"
#include "cli/completion.h"
#include "cli/options.h"

static void test_commands__say_what_they_are(void **state) {
    (void)state;
    for (gsize c = 0; c < sy_n_commands; c++) {
        const SyCommand *command = sy_commands[c];
        assert_true(!command->run != !command->run_within);
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

/* What a shell offers after some words once `before` has run, separated by blanks; NULL where the
 * shell is not installed. Free with g_free. */
static char *offers(const char *shell, const char *before, const char *folder, const char *program,
                    const char *words) {
    g_autofree char *installed = g_find_program_in_path(shell);
    if (!installed)
        return NULL;
    g_autofree char *script = sy_completion_script(shell, program);
    test_write(folder, "script", script);
    g_autofree char *ask =
        strcmp(shell, "bash") == 0
            ? g_strdup_printf("COMP_WORDS=(%s %s); COMP_CWORD=$((${#COMP_WORDS[@]} - 1)); "
                              "_%s_complete; echo \"${COMPREPLY[*]}\"",
                              program, words, program)
            : g_strdup_printf("echo (complete -C \"%s %s\" | string replace -r '\\t.*' '')",
                              program, words);
    g_autofree char *line =
        g_strdup_printf("export HOME='%s' PATH='%s':\"$PATH\"; source '%s/script'; %s; %s", folder,
                        g_getenv("SY_BUILD_ROOT"), folder, before, ask);
    char *argv[] = {installed, "-c", line, NULL};
    char *out = NULL;
    assert_true(
        g_spawn_sync(folder, argv, NULL, G_SPAWN_DEFAULT, NULL, NULL, &out, NULL, NULL, NULL));
    return g_strstrip(out);
}

/* The same of zsh, whose completion works on a terminal only: what its functions hand to compadd on
 * one that it makes itself. */
static char *zsh_offers(const char *folder, const char *words) {
    static const char ask[] =
        "zmodload zsh/zpty\n"
        "zpty shell zsh -f -i\n"
        "zpty -w shell 'autoload -Uz compinit && compinit -u -D; source ./script\n"
        "comppostfuncs=(exit); bindkey \"^I\" complete-word\n"
        "compadd() {\n"
        "    [[ ${@[1,(i)(-|--)]} == *-(O|A|D)\\ * ]] || builtin compadd -O found \"$@\"\n"
        "    print -rl -- $found >> found\n"
        "    builtin compadd \"$@\"\n"
        "}'\n"
        "zpty -w shell \"systematica $1\"$'\\t'\n"
        "while zpty -r shell said; do :; done\n";
    g_autofree char *installed = g_find_program_in_path("zsh");
    if (!installed)
        return NULL;
    g_autofree char *script = sy_completion_script("zsh", "systematica");
    test_write(folder, "script", script);
    test_write(folder, "ask", ask);
    test_write(folder, "found", "");
    char *argv[] = {installed, "-f", "ask", (char *)words, NULL};
    assert_true(g_spawn_sync(folder, argv, NULL, G_SPAWN_STDOUT_TO_DEV_NULL, NULL, NULL, NULL, NULL,
                             NULL, NULL));
    return g_strdelimit(test_read(folder, "found"), "\n", ' ');
}

static void test_completion__of_zsh_knows_commands_of_two_words(void **state) {
    (void)state;
    static const struct {
        const char *words, *offers, *without;
    } cases[] = {
        {"data im", "import ", "list"},
        {"audit ver", "verify ", NULL},
        {"copula ev", "eval ", NULL},
        {"copula dat", "data.csv ", "eval"},
        {"copula eval --par", "--params", NULL},
        {"copula --par", "", "--params"},
    };
    g_autofree char *folder = test_folder_new();
    test_write(folder, "data.csv", "");
    for (gsize i = 0; i < G_N_ELEMENTS(cases); i++) {
        g_autofree char *found = zsh_offers(folder, cases[i].words);
        if (!found)
            skip();
        if (!strstr(found, cases[i].offers) ||
            (cases[i].without && strstr(found, cases[i].without)))
            fail_msg("zsh: %s: offers \"%s\"", cases[i].words, found);
    }
    test_folder_remove(folder);
}

/* Fails where bash, or fish where it is installed, offers something else. */
static void assert_offers(const char *shell, const char *before, const char *folder,
                          const char *program, const char *words, const char *expected) {
    g_autofree char *found = offers(shell, before, folder, program, words);
    if (found && strcmp(found, expected) != 0)
        fail_msg("%s: %s; %s %s: offers \"%s\", expected \"%s\"", shell, before, program, words,
                 found, expected);
}

static void test_completion__offers_what_may_stand_there(void **state) {
    (void)state;
    g_autofree char *folder = test_folder_new();
    test_write(folder, ".workflow/templates/dale.toml", "");
    test_write(folder, "other/.workflow/templates/beta.toml", "");
    test_write(folder, "data.csv", "");
    static const struct {
        const char *before, *program, *words, *offers;
    } cases[] = {
        {"true", "systematica", "ini", "init"},
        {"true", "systematica", "data im", "import"},
        {"true", "systematica", "audit ver", "verify"},
        {"true", "systematica", "--workspace other audit ver", "verify"},
        {"true", "systematica", "copula ev", "eval"},
        {"true", "systematica", "copula dat", "data.csv"},
        {"true", "systematica", "copula --crit", "--criterion"},
        {"true", "systematica", "copula eval --crit", ""},
        {"true", "systematica", "copula --criterion b", "bic"},
        {"true", "systematica", "copula eval --par", "--params"},
        {"true", "systematica", "copula eval dat", "data.csv"},
        {"true", "systematica", "data import --eng", "--engine"},
        {"true", "systematica", "data import dat", "data.csv"},
        {"true", "systematica", "data import --engine research dat", "data.csv"},
        {"true", "systematica", "--workspace other ini", "init"},
        {"true", "systematica", "--workspace other data im", "import"},
        {"true", "systematica", "--workspace other check be", "beta"},
        {"true", "systematica", "check dal", "dale"},
        {"true", "systematica", "check ./dat", "./data.csv"},
        {"true", "systematica", "explain mod", "model"},
        {"true", "systematica", "explain model ArbitrageCl", "ArbitrageClipIndex"},
        {"true", "systematica", "completion fi", "fish"},
        {"true", "systematica", "backtest --report pd", "pdf"},
        {"true", "run_app", "--template dal", "dale"},
        {"cd other", "run_app", "--template be", "beta"},
        {"cd other/.workflow", "run_app", "--template be", "beta"},
        {"export SYSTEMATICA_WORKSPACE=other", "run_app", "--template be", "beta"},
        {"true", "run_app", "--max", "--max-buffer"},
        {"true", "run_all", "--look", "--lookback"},
    };
    for (gsize i = 0; i < G_N_ELEMENTS(cases); i++) {
        assert_offers("bash", cases[i].before, folder, cases[i].program, cases[i].words,
                      cases[i].offers);
        assert_offers("fish", cases[i].before, folder, cases[i].program, cases[i].words,
                      cases[i].offers);
    }
    /* the shells write the rest in ways of their own */
    assert_offers("bash", "true", folder, "systematica", "init ot", "other");
    assert_offers("fish", "true", folder, "systematica", "init ot", "other/");
    assert_offers("bash", "true", folder, "run_app", "--template ''", "dale");
    assert_offers("bash", "true", folder, "run_app", "--workspace = other --template =", "beta");
    assert_offers("fish", "true", folder, "run_app", "--workspace=other --template=be",
                  "--template=beta");
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

/* The start file is the user's: often a link, often not for others to read. */
static void test_completion__leaves_start_files_as_they_are(void **state) {
    (void)state;
    g_autofree char *home = test_folder_new();
    test_write(home, "kept/zshrc", "setopt autocd\n");
    g_autofree char *kept = g_build_filename(home, "kept", "zshrc", NULL);
    g_autofree char *link = g_build_filename(home, ".zshrc", NULL);
    assert_int_equal(g_chmod(kept, 0600), 0);
    assert_int_equal(symlink("kept/zshrc", link), 0);
    static const char *const programs[] = {"systematica", "run_app", "run_all"};
    for (gsize i = 0; i < G_N_ELEMENTS(programs); i++) {
        g_autoptr(GError) error = NULL;
        g_autofree char *done = sy_completion_install("zsh", programs[i], home, &error);
        assert_non_null(done);
    }
    GStatBuf status;
    assert_true(g_file_test(link, G_FILE_TEST_IS_SYMLINK));
    assert_int_equal(g_stat(kept, &status), 0);
    assert_int_equal(status.st_mode & 0777, 0600);
    g_autofree char *text = test_read(home, "kept/zshrc");
    g_autofree char *expected = g_strdup_printf(
        "setopt autocd\nfpath+=('%s/.local/share/systematica/completion'); autoload -Uz compinit; "
        "compinit\n",
        home);
    assert_string_equal(text, expected);
    test_folder_remove(home);
}

static void test_completion__prints_the_names_of_templates(void **state) {
    (void)state;
    g_autofree char *folder = test_folder_new();
    test_write(folder, "a/.workflow/templates/beta.toml", "");
    test_write(folder, "a/.workflow/templates/alpha.toml", "");
    g_auto(TestRun) names =
        test_run_expect(folder, "systematica", "completion templates --workspace a", 0);
    assert_string_equal(names.out, "alpha\nbeta\n");
    g_auto(TestRun) nowhere = test_run_expect(folder, "systematica", "completion templates", 2);
    assert_string_equal(nowhere.out, "");
    test_run_clear(&nowhere);
    nowhere = test_run_expect(folder, "systematica", "completion bash --workspace a", 2);
    assert_non_null(strstr(nowhere.err, "goes with `completion templates`"));
    test_folder_remove(folder);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_commands__say_what_they_are),
        cmocka_unit_test(test_run_app__has_the_options_of_the_reference),
        cmocka_unit_test(test_programs__print_their_help),
        cmocka_unit_test(test_init__makes_the_workspace_that_later_commands_use),
        cmocka_unit_test(test_init__takes_one_folder),
        cmocka_unit_test(test_completion__scripts_are_read_by_their_shells),
        cmocka_unit_test(test_completion__offers_what_may_stand_there),
        cmocka_unit_test(test_completion__of_zsh_knows_commands_of_two_words),
        cmocka_unit_test(test_completion__installs_once),
        cmocka_unit_test(test_completion__leaves_start_files_as_they_are),
        cmocka_unit_test(test_completion__prints_the_names_of_templates),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
