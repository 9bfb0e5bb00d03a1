/* systematica explain: what templates and settings accept. */
#include <stdio.h>

#include "base/error.h"
#include "cli/commands.h"
#include "cli/explain.h"

typedef struct {
    SyCommonOptions common;
    bool markdown;
} Options;

static const SyField fields[] = {
    SY_FIELD(Options, markdown, .help = "All of it as Markdown: docs/reference.md."),
    SY_OPTION_HELP(Options),
};
static const SyFieldTable options_table = SY_FIELD_TABLE(Options, fields);

static bool run(gconstpointer data, char **arguments, GError **error) {
    const Options *options = data;
    if (options->markdown && arguments[0])
        return sy_fail(error, SY_ERROR_USAGE, "--markdown explains everything; leave out %s",
                       arguments[0]);
    const char *section = arguments[0], *name = section ? arguments[1] : NULL;
    g_autofree char *text =
        options->markdown ? sy_explain_markdown() : sy_explain(section, name, error);
    if (!text)
        return false;
    fputs(text, stdout);
    return true;
}

const SyCommand sy_command_explain = {
    .name = "explain",
    .arguments = "[SECTION [NAME]]",
    .summary = "What templates and settings accept: sections, models, keys, metrics.",
    .details = "`explain` lists the sections, `explain model` the models, `explain model NAME` the "
               "keys of one, `explain portfolio size_type` one key, `explain metric sharpe` a "
               "formula and its source.",
    .most = 2,
    .options = &options_table,
    .run = run,
};
