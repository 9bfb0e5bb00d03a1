/* Folders of runs go after their rows, so that retention alone decides what is old. */
#include "daemon/tidy.h"

#include <sys/stat.h>
#include <unistd.h>

#include "base/error.h"
#include "store/slots.h"
#include "template/workspace.h"

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
