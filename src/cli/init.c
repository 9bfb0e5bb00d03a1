/* systematica init: makes a workspace. */
#include <stdio.h>

#include "base/error.h"
#include "cli/commands.h"
#include "cli/session.h"
#include "template/workspace.h"

typedef struct {
    SyCommonOptions common;
} Options;

static const SyField fields[] = {SY_OPTION_WORKSPACE(Options), SY_OPTION_QUIET(Options),
                                 SY_OPTION_HELP(Options)};
static const SyFieldTable options_table = SY_FIELD_TABLE(Options, fields);

static void show(const char *word, char **paths) {
    for (char **path = paths; path && *path; path++)
        printf("%s  %s\n", word, *path);
}

/* The folder to make, as it was named; NULL where two are named. */
static const char *folder_asked(const Options *options, const char *argument, GError **error) {
    const char *option = options->common.workspace;
    if (argument && option) {
        sy_fail(error, SY_ERROR_USAGE, "two folders are named, %s and --workspace %s; name one",
                argument, option);
        return NULL;
    }
    if (argument)
        return sy_option_check_folder(argument, error) ? argument : NULL;
    const char *asked = sy_session_asked(&options->common);
    return asked ? asked : ".";
}

/* What --workspace must say from here on; "" where commands find the folder without. */
static char *option_for(const char *folder) {
    g_autofree char *found = sy_session_workspace(&(SyCommonOptions){0}, NULL);
    g_autofree char *quoted = g_shell_quote(folder);
    return g_strcmp0(found, folder) == 0 ? g_strdup("")
                                         : g_strconcat(" --workspace ", quoted, NULL);
}

static bool run(gconstpointer data, char **arguments, GError **error) {
    const Options *options = data;
    const char *asked = folder_asked(options, arguments[0], error);
    SyWorkspaceReport report = {0};
    if (!asked)
        return false;
    g_autofree char *folder = g_canonicalize_filename(asked, NULL);
    if (!sy_workspace_init(folder, &report, error))
        return false;
    show("made", report.made);
    show("kept", report.kept);
    if (!options->common.quiet) {
        g_autofree char *option = option_for(folder);
        fprintf(stderr,
                "Next: fill the database (`systematica data synth%s`, or `data import`), then "
                "`run_app%s --template dale --once`.\n",
                option, option);
    }
    sy_workspace_report_clear(&report);
    return true;
}

const SyCommand sy_command_init = {
    .name = "init",
    .arguments = "[DIR]",
    .summary = "Make a workspace: settings, an embedded database, the sample template.",
    .details =
        "In DIR, else where --workspace or SYSTEMATICA_WORKSPACE says, else here.\nSafe to run "
        "twice: what exists stays as it is.",
    .most = 1,
    .options = &options_table,
    .run = run,
};
