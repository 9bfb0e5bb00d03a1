/* Folders of runs go after their rows, so that retention alone decides what is old; reports go by
 * the time in their name. */
#include "daemon/tidy.h"

#include <errno.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/error.h"
#include "store/slots.h"
#include "template/workspace.h"
#include "workflow/publish.h"

/* A task writes what it likes: links are removed, not followed. */
static void remove_tree(const char *path) {
    g_autoptr(GDir) files = g_dir_open(path, 0, NULL);
    const char *name;
    while (files && (name = g_dir_read_name(files))) {
        g_autofree char *inside = g_build_filename(path, name, NULL);
        struct stat status;
        if (lstat(inside, &status) == 0 && S_ISDIR(status.st_mode))
            remove_tree(inside);
        else
            unlink(inside);
    }
    rmdir(path);
}

/* Left alone since `before`: a run that goes on, or a store that was put back, keeps its folder. */
static bool is_old(const char *path, SyTime before) {
    struct stat status;
    return lstat(path, &status) == 0 && S_ISDIR(status.st_mode) &&
           (SyTime)status.st_mtim.tv_sec * SY_SECOND < before;
}

bool sy_tidy_runs(const char *workspace, SyStore *store, int days, SyTime now, GError **error) {
    g_autofree char *folder = sy_workspace_path(workspace, "runs");
    g_autoptr(GDir) runs = days > 0 ? g_dir_open(folder, 0, NULL) : NULL;
    const char *name;
    while (runs && (name = g_dir_read_name(runs))) {
        gint64 id = 0;
        g_autofree char *path = g_build_filename(folder, name, NULL);
        if (!g_ascii_string_to_signed(name, 10, 1, G_MAXINT64, &id, NULL) ||
            !is_old(path, now - days * SY_DAY))
            continue;
        g_auto(SyRunRow) row = {0};
        g_autoptr(GError) absent = NULL;
        if (sy_store_load_run(store, id, &row, &absent))
            continue;
        if (!g_error_matches(absent, SY_ERROR, SY_ERROR_DATA)) {
            g_propagate_error(error, g_steal_pointer(&absent));
            return false;
        }
        remove_tree(path);
    }
    return true;
}

/* ---- reports ---- */

enum { STAMP = sizeof "20200805T150000Z" - 1, DAY = sizeof "20200805" - 1 };
static const gint64 recent = 48 * SY_HOUR;

/* The stamp in the name of a report's file; NULL where it is no such file. */
static const char *stamp_in(const char *name) {
    static const char prefix[] = "strategy-", form[] = "00000000T000000Z.";
    if (!g_str_has_prefix(name, prefix))
        return NULL;
    const char *stamp = name + strlen(prefix);
    for (gsize i = 0; i < strlen(form); i++)
        if (form[i] == '0' ? !g_ascii_isdigit(stamp[i]) : stamp[i] != form[i])
            return NULL;
    return stamp;
}

static gint by_name(gconstpointer x, gconstpointer y) {
    return strcmp(*(const char *const *)x, *(const char *const *)y);
}

static GPtrArray *reports_in(const char *folder) {
    GPtrArray *names = g_ptr_array_new_with_free_func(g_free);
    g_autoptr(GDir) files = g_dir_open(folder, 0, NULL);
    const char *name;
    while (files && (name = g_dir_read_name(files)))
        if (stamp_in(name))
            g_ptr_array_add(names, g_strdup(name));
    g_ptr_array_sort(names, by_name);
    return names;
}

static void remove_report(const char *folder, const char *name) {
    g_autofree char *path = g_build_filename(folder, name, NULL);
    if (unlink(path) != 0 && errno == EISDIR)
        remove_tree(path);
}

void sy_tidy_reports(const char *folder, int days, SyTime now) {
    g_autoptr(GPtrArray) names = reports_in(folder);
    if (days <= 0 || names->len == 0)
        return;
    g_autofree char *young = sy_publish_stamp(now - recent);
    g_autofree char *old = sy_publish_stamp(now - days * SY_DAY);
    const char *newest = stamp_in(names->pdata[names->len - 1]), *last = newest;
    for (guint i = names->len; i > 0; i--) {
        const char *name = names->pdata[i - 1], *stamp = stamp_in(name);
        if (strncmp(stamp, last, DAY) != 0)
            last = stamp;
        bool stays = strncmp(stamp, young, STAMP) >= 0 || strncmp(stamp, newest, STAMP) == 0 ||
                     (strncmp(stamp, last, STAMP) == 0 && strncmp(stamp, old, STAMP) >= 0);
        if (!stays)
            remove_report(folder, name);
    }
}
