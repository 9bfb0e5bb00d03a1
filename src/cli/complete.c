/* systematica completion: prints or installs shell completion of the three programs. */
#include <stdio.h>

#include "base/error.h"
#include "cli/commands.h"
#include "cli/completion.h"

typedef struct {
    SyCommonOptions common;
    bool install;
    char *program;
} Options;

static const SyField fields[] = {
    SY_FIELD(Options, install, .help = "Install for the current user instead of printing."),
    SY_FIELD(Options, program, .metavar = "NAME",
             .help = "Only systematica, run_app or run_all; else all three."),
    SY_OPTION_HELP(Options),
};
static const SyFieldTable options_table = SY_FIELD_TABLE(Options, fields);

static const char *const programs[] = {"systematica", "run_app", "run_all"};

static bool complete_program(const char *shell, const char *program, bool install, GError **error) {
    if (install) {
        g_autofree char *done = sy_completion_install(shell, program, g_get_home_dir(), error);
        if (done)
            fprintf(stderr, "%s\n", done);
        return done != NULL;
    }
    g_autofree char *script = sy_completion_script(shell, program);
    fputs(script, stdout);
    return true;
}

bool sy_completion_run(const char *shell_path, const char *only, bool install, GError **error) {
    const char *shell = NULL;
    bool known = only == NULL;
    if (!sy_completion_shell(shell_path ? shell_path : g_getenv("SHELL"), &shell, error))
        return false;
    for (gsize i = 0; i < G_N_ELEMENTS(programs); i++) {
        if (only && g_strcmp0(only, programs[i]) != 0)
            continue;
        known = true;
        if (!complete_program(shell, programs[i], install, error))
            return false;
    }
    return known || sy_fail(error, SY_ERROR_USAGE,
                            "--program %s: there are systematica, run_app and run_all", only);
}

static bool run(gconstpointer data, char **arguments, GError **error) {
    const Options *options = data;
    return sy_completion_run(arguments[0], options->program, options->install, error);
}

const SyCommand sy_command_completion = {
    .name = "completion",
    .arguments = "[bash|zsh|fish]",
    .summary = "Print or install shell completion.",
    .details = "Without an argument: for the shell in SHELL.",
    .most = 1,
    .options = &options_table,
    .run = run,
};
