/* systematica check: reads templates and settings, says all that is wrong with them. */
#include <stdio.h>
#include <string.h>

#include "base/error.h"
#include "cli/commands.h"
#include "cli/session.h"
#include "template/template.h"
#include "workflow/strategy.h"

typedef struct {
    SyCommonOptions common;
} Options;

static const SyField fields[] = {SY_OPTION_WORKSPACE(Options), SY_OPTION_HELP(Options)};
static const SyFieldTable options_table = SY_FIELD_TABLE(Options, fields);

static void show(const SyStrategy *strategy) {
    char timeframe[SY_TIME_TEXT_SIZE];
    g_autofree char *symbols = g_strjoinv(", ", strategy->loader_config.symbols);
    printf("%s: ok: %s, %s of %s over %s from %s, %s bars\n", strategy->template->document->name,
           strategy->template->meta.study_name, strategy->rule->name, strategy->model->name,
           symbols, strategy->loader->name, sy_timeframe_format(strategy->timeframe, timeframe));
}

static bool check_one(const char *workspace, const char *name, GHashTable *seen, GError **error) {
    g_autofree char *path = sy_template_find_path(workspace, name, error);
    g_autoptr(SyStrategy) strategy = path ? sy_strategy_load(path, error) : NULL;
    if (!strategy || !sy_strategy_claim_name(strategy, seen, error))
        return false;
    show(strategy);
    return true;
}

/* Checks every name; a broken template does not hide the others. */
static bool check_all(const char *workspace, char **names, GError **error) {
    g_autoptr(GHashTable) seen = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, g_free);
    g_autoptr(GString) problems = g_string_new(NULL);
    for (char **name = names; *name; name++) {
        g_autoptr(GError) reason = NULL;
        if (!check_one(workspace, *name, seen, &reason))
            g_string_append_printf(problems, "%s%s", problems->len ? "\n" : "", reason->message);
    }
    return problems->len == 0 || sy_fail(error, SY_ERROR_TEMPLATE, "%s", problems->str);
}

static bool run(gconstpointer data, char **arguments, GError **error) {
    const Options *options = data;
    /* a template given as a path can be checked where there is no workspace */
    bool paths = arguments[0] != NULL;
    for (char **name = arguments; *name; name++)
        paths &= strchr(*name, '/') != NULL || g_str_has_suffix(*name, ".toml");
    if (paths)
        return check_all(NULL, arguments, error);
    g_auto(SySession) session = {0};
    if (!sy_session_open(&session, &options->common, NULL, error))
        return sy_session_end(&session, false, error);
    g_auto(GStrv) all = sy_template_list(session.workspace);
    char **names = arguments[0] ? arguments : all;
    if (!*names)
        return sy_fail(error, SY_ERROR_TEMPLATE, "%s/.workflow/templates: there is no template",
                       session.workspace);
    return sy_session_end(&session, check_all(session.workspace, names, error), error);
}

const SyCommand sy_command_check = {
    .name = "check",
    .arguments = "[TEMPLATE]…",
    .summary = "Check templates and settings without running them.",
    .details =
        "Without a TEMPLATE: all templates of the workspace. A TEMPLATE with '/' or ending in "
        ".toml "
        "is a path.\nEvery problem is printed as file:line:column; exit code 3 where there is one.",
    .most = G_MAXSIZE,
    .options = &options_table,
    .run = run,
};
