/* From what a user names to strategies. */
#include "cli/studies.h"

#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/error.h"
#include "store/history.h"
#include "template/workspace.h"

static bool has_tag(const SyStrategy *strategy, const char *tag) {
    const char *const *tags = (const char *const *)strategy->template->meta.tags;
    return !tag || (tags && g_strv_contains(tags, tag));
}

GPtrArray *sy_studies_load(const SySession *session, const char *tag) {
    GPtrArray *strategies = g_ptr_array_new_with_free_func((GDestroyNotify)sy_strategy_free);
    g_auto(GStrv) names = sy_template_names(session->workspace, NULL);
    for (char **name = names; name && *name; name++) {
        g_autofree char *path = sy_template_find_path(session->workspace, *name, NULL);
        g_autoptr(SyStrategy) strategy = path ? sy_strategy_load(path, NULL) : NULL;
        if (strategy && has_tag(strategy, tag))
            g_ptr_array_add(strategies, g_steal_pointer(&strategy));
    }
    return strategies;
}

/* The study of a template's name or path; NULL where there is none. */
static char *study_of_template(const SySession *session, const char *name, GError **error) {
    g_autofree char *path = sy_template_find_path(session->workspace, name, error);
    g_autoptr(SyTemplate) template = path ? sy_template_load(path, error) : NULL;
    return template ? g_strdup(template->meta.study_name) : NULL;
}

static char *find_study(const SySession *session, SyStore *store, const char *name,
                        GError **error) {
    g_autoptr(GHashTable) names = sy_strategy_names(session->workspace);
    bool known = g_hash_table_contains(names, name);
    g_autoptr(GError) reason = NULL;
    char *study = known ? g_strdup(name) : study_of_template(session, name, &reason);
    if (study)
        return study;
    if (store && !sy_store_knows_study(store, name, &known, error))
        return NULL;
    if (known)
        return g_strdup(name);
    g_propagate_error(error, g_steal_pointer(&reason));
    return NULL;
}

char **sy_studies_choose(const SySession *session, SyStore *store, const char *name,
                         const char *tag, GError **error) {
    g_autoptr(GStrvBuilder) builder = g_strv_builder_new();
    if (name) {
        g_autofree char *study = find_study(session, store, name, error);
        if (!study)
            return NULL;
        g_strv_builder_add(builder, study);
        return g_strv_builder_end(builder);
    }
    g_autoptr(GPtrArray) strategies = sy_studies_load(session, tag);
    for (guint i = 0; i < strategies->len; i++)
        g_strv_builder_add(builder,
                           ((const SyStrategy *)strategies->pdata[i])->template->meta.study_name);
    if (strategies->len)
        return g_strv_builder_end(builder);
    sy_fail(error, SY_ERROR_TEMPLATE, tag ? "no template has the tag %s" : "there is no template%s",
            tag ? tag : "");
    return NULL;
}

SyStore *sy_studies_open_store(const SySession *session, GError **error) {
    SyStore *store = NULL;
    if (sy_session_open_store(session, true, &store, error) && !store)
        sy_fail(error, SY_ERROR_DATA, "%s: nothing has run here yet: there is no store",
                session->workspace);
    return store;
}

void sy_studies_wake(const SySession *session) {
    g_autofree char *path = sy_workspace_path(session->workspace, "wake");
    int fd = open(path, O_WRONLY | O_CLOEXEC);
    if (fd < 0)
        return;
    futimens(fd, NULL);
    close(fd);
}

const char *sy_studies_who(void) { return g_get_user_name(); }

char *sy_studies_time(SyTime time) {
    char text[SY_TIME_TEXT_SIZE];
    if (time == SY_TIME_NONE)
        return g_strdup("-");
    char *written = g_strndup(sy_time_format(time, text), strlen("2026-11-22T14:05:00"));
    return g_strdelimit(written, "T", ' ');
}

char *sy_studies_seconds(SyTime from, SyTime until) {
    if (from == SY_TIME_NONE || until == SY_TIME_NONE)
        return g_strdup("-");
    return g_strdup_printf("%.3f s", (double)(until - from) / (double)SY_SECOND);
}
