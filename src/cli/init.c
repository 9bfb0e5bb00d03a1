/* systematica init: makes a workspace. */
#include <stdio.h>

#include "base/error.h"
#include "cli/commands.h"
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

static bool run(gconstpointer data, char **arguments, GError **error) {
    const Options *options = data;
    g_autofree char *here = g_get_current_dir();
    const char *asked = arguments[0]                ? arguments[0]
                        : options->common.workspace ? options->common.workspace
                                                    : here;
    g_autofree char *folder = g_canonicalize_filename(asked, here);
    SyWorkspaceReport report = {0};
    if (!sy_workspace_init(folder, &report, error))
        return false;
    show("made", report.made);
    show("kept", report.kept);
    if (!options->common.quiet)
        fprintf(
            stderr,
            "Next: fill the database (`systematica data synth`, or `data import`), then `run_app "
            "--template dale --once`.\n");
    sy_workspace_report_clear(&report);
    return true;
}

const SyCommand sy_command_init = {
    .name = "init",
    .arguments = "[DIR]",
    .summary = "Make a workspace: settings, an embedded database, the sample template.",
    .details = "Safe to run twice: what exists stays as it is.",
    .most = 1,
    .options = &options_table,
    .run = run,
};
