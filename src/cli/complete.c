/* systematica completion: prints or installs shell completion of the three programs. */
#include <stdio.h>

#include "base/error.h"
#include "cli/commands.h"
#include "cli/completion.h"
#include "cli/session.h"
#include "template/template.h"

typedef struct {
    SyCommonOptions common;
    bool install;
    char *program;
} Options;

static const SyField fields[] = {
    SY_FIELD(Options, install, .help = "Install for the current user instead of printing."),
    SY_FIELD(Options, program, .metavar = "systematica|run_app|run_all",
             .help = "Only this one; else all three."),
    SY_OPTION_WORKSPACE(Options),
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

/* What the scripts ask for while a template's name is being typed. */
static bool print_templates(const SyCommonOptions *options, GError **error) {
    g_autofree char *workspace = sy_session_workspace(options, error);
    g_auto(GStrv) names = workspace ? sy_template_names(workspace, error) : NULL;
    for (char **name = names; name && *name; name++)
        puts(*name);
    return names != NULL;
}

static bool run(gconstpointer data, char **arguments, GError **error) {
    const Options *options = data;
    bool templates = g_strcmp0(arguments[0], "templates") == 0;
    if (templates && (options->install || options->program))
        return sy_fail(error, SY_ERROR_USAGE,
                       "--install and --program go with a shell, not with templates");
    if (options->common.workspace && !templates)
        return sy_fail(error, SY_ERROR_USAGE, "--workspace goes with `completion templates` only");
    if (templates)
        return print_templates(&options->common, error);
    return sy_completion_run(arguments[0], options->program, options->install, error);
}

const SyCommand sy_command_completion = {
    .name = "completion",
    .arguments = "[bash|zsh|fish|templates]",
    .summary = "Print or install shell completion.",
    .details =
        "Without an argument: for the shell in SHELL. `completion templates` prints the names "
        "of the workspace's templates,\nwhich the scripts ask for.",
    .most = 1,
    .options = &options_table,
    .run = run,
};
