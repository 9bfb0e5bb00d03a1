/* systematica backup and restore: the store as one file, and back. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/error.h"
#include "cli/commands.h"
#include "cli/data.h"
#include "cli/studies.h"
#include "store/backup.h"
#include "store/events.h"

typedef struct {
    SyCommonOptions common;
} Options;

static const SyField fields[] = {SY_OPTION_WORKSPACE(Options), SY_OPTION_JSON(Options),
                                 SY_OPTION_HELP(Options)};
static const SyFieldTable options_table = SY_FIELD_TABLE(Options, fields);

/* backups/state-2026-11-22T14-05-00Z.db beside the store. */
static char *usual_path(SyStore *store, SyTime now, GError **error) {
    enum { only_owner = 0700 };
    char text[SY_TIME_TEXT_SIZE];
    g_autofree char *folder = sy_store_backup_folder(store);
    g_autofree char *time = g_strndup(sy_time_format(now, text), strlen("2026-11-22T14:05:00"));
    g_strdelimit(time, ":", '-');
    g_autofree char *name = g_strdup_printf("state-%sZ.db", time);
    if (g_mkdir_with_parents(folder, only_owner) == 0)
        return g_build_filename(folder, name, NULL);
    sy_fail(error, SY_ERROR_IO, "%s: cannot be made", folder);
    return NULL;
}

static bool back_up(const SySession *session, gconstpointer data, char **arguments,
                    GError **error) {
    (void)data;
    const char *file = arguments[0];
    g_autoptr(SyStore) store = sy_studies_open_store(session, error);
    if (!store)
        return false;
    g_autofree char *path = file ? g_canonicalize_filename(file, NULL)
                                 : usual_path(store, sy_env_now(&session->env), error);
    if (!path || !sy_store_backup(store, path, error))
        return false;
    if (session->options->json)
        sy_data_print_json(json_pack("{s:o}", "file", sy_data_text_json(path)));
    else
        puts(path);
    return true;
}

/* The restored store remembers that it was restored. */
static bool tell_store(const SySession *session, const char *file, const char *kept,
                       GError **error) {
    SyStore *opened = NULL;
    if (!sy_session_open_store(session, false, &opened, error))
        return false;
    g_autoptr(SyStore) store = opened;
    json_t *facts =
        json_pack("{s:o, s:s}", "file", sy_data_text_json(file), "who", sy_studies_who());
    if (kept)
        json_object_set_new(facts, "kept", sy_data_text_json(kept));
    char *text = json_dumps(facts, JSON_COMPACT);
    const SyEvent event = {sy_env_now(&session->env), "restore", NULL, 0, text};
    bool good = sy_store_add_events(store, &event, 1, error);
    free(text);
    json_decref(facts);
    return good;
}

static bool restore(const SySession *session, gconstpointer data, char **arguments,
                    GError **error) {
    (void)data;
    const char *file = arguments[0];
    g_autofree char *kept = NULL;
    const char *given = session->settings->store.url;
    if (!sy_store_restore(given ? given : "sqlite:///.workflow/state.db", session->workspace, file,
                          sy_env_now(&session->env), &kept, error) ||
        !tell_store(session, file, kept, error))
        return false;
    if (session->options->json)
        sy_data_print_json(json_pack("{s:o, s:o}", "restored", sy_data_text_json(file), "kept",
                                     kept ? sy_data_text_json(kept) : json_null()));
    else
        printf("restored %s%s%s\n", file, kept ? "; the store before it is " : "",
               kept ? kept : "");
    return true;
}

const SyCommand sy_command_backup = {
    .name = "backup",
    .arguments = "[FILE]",
    .summary = "Copy the store to a file, while strategies run; prints its name.",
    .details =
        "Without FILE it goes to backups/ beside the store. A running engine makes one copy a "
        "day by itself.",
    .most = 1,
    .options = &options_table,
    .run_within = back_up,
};

const SyCommand sy_command_restore = {
    .name = "restore",
    .arguments = "FILE",
    .summary = "Put a copy in the place of the store, which is kept beside it.",
    .details = "Nothing may run in the workspace. The copy's pages and its audit chain are checked "
               "first.",
    .least = 1,
    .most = 1,
    .options = &options_table,
    .run_within = restore,
};
