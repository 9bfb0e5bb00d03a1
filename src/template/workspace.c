/* Finding a workspace and making one. */
#include "template/workspace.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/error.h"

/* templates/dale.toml, embedded by the build. */
extern const unsigned char sy_sample_template[];
extern const size_t sy_sample_template_size;

static const char settings_text[] =
    "# Settings of this workspace; every key is optional (systematica explain settings).\n"
    "# Instead of a text, { file = \"path\" } or { env = \"NAME\" } reads a secret from there.\n"
    "\n"
    "[engines.research]\n"
    "url = \"sqlite:///.workflow/research.db\" # relative to the folder that holds .workflow\n";

char *sy_workspace_path(const char *folder, const char *name) {
    return g_build_filename(folder, ".workflow", name, NULL);
}

char *sy_workspace_find(const char *start) {
    g_autofree char *folder = g_canonicalize_filename(start, NULL);
    for (;;) {
        g_autofree char *marker = g_build_filename(folder, ".workflow", NULL);
        if (g_file_test(marker, G_FILE_TEST_IS_DIR))
            return g_steal_pointer(&folder);
        char *above = g_path_get_dirname(folder);
        bool at_root = strcmp(above, folder) == 0;
        g_free(folder);
        folder = above;
        if (at_root)
            return NULL;
    }
}

void sy_workspace_report_clear(SyWorkspaceReport *report) {
    g_clear_pointer(&report->made, g_strfreev);
    g_clear_pointer(&report->kept, g_strfreev);
}

typedef struct {
    const char *name;          /* below .workflow; "" = itself */
    const unsigned char *text; /* NULL: a folder */
    gsize length;
    int mode;
} Entry;

static bool fail_making(GError **error, const char *path) {
    int reason = errno;
    return sy_fail(error, SY_ERROR_IO, "cannot make %s: %s", path, g_strerror(reason));
}

static bool write_all(int file, const unsigned char *text, gsize length) {
    while (length) {
        ssize_t written = write(file, text, length);
        if (written < 0 && errno == EINTR)
            continue;
        if (written < 0)
            return false;
        text += written;
        length -= (gsize)written;
    }
    return fsync(file) == 0;
}

/* Through a second name and link(): the file appears whole, and one that somebody else makes
 * meanwhile is never replaced. Returns 0 or errno. */
static int make_file(const char *path, const Entry *entry) {
    g_autofree char *draft = g_strconcat(path, ".XXXXXX", NULL);
    int file = g_mkstemp_full(draft, O_RDWR | O_CLOEXEC, entry->mode);
    if (file < 0)
        return errno;
    int reason = write_all(file, entry->text, entry->length) ? 0 : errno;
    if (close(file) != 0 && !reason)
        reason = errno;
    if (!reason && link(draft, path) != 0)
        reason = errno;
    unlink(draft);
    return reason;
}

static bool make_entry(const char *path, const Entry *entry, bool *made, GError **error) {
    errno = entry->text ? make_file(path, entry) : mkdir(path, (mode_t)entry->mode) ? errno : 0;
    *made = errno == 0;
    if (errno != 0 && errno != EEXIST)
        return fail_making(error, path);
    if (!*made && !g_file_test(path, entry->text ? G_FILE_TEST_IS_REGULAR : G_FILE_TEST_IS_DIR))
        return sy_fail(error, SY_ERROR_IO, "%s is in the way: it must be a %s; move it elsewhere",
                       path, entry->text ? "file" : "folder");
    return true;
}

static void remove_made(const GPtrArray *made) {
    for (guint i = made->len; i-- > 0;)
        if (rmdir(made->pdata[i]) != 0)
            unlink(made->pdata[i]);
}

static char **to_list(GPtrArray *paths) {
    g_ptr_array_add(paths, NULL);
    return (char **)g_ptr_array_steal(paths, NULL);
}

bool sy_workspace_init(const char *folder, SyWorkspaceReport *report, GError **error) {
    const Entry entries[] = {
        {"", NULL, 0, 0755},
        {"templates", NULL, 0, 0755},
        {"logs", NULL, 0, 0755},
        {"reports", NULL, 0, 0755},
        {"settings.toml", (const unsigned char *)settings_text, strlen(settings_text), 0600},
        {"templates/dale.toml", sy_sample_template, sy_sample_template_size, 0644},
    };
    if (g_mkdir_with_parents(folder, 0755) != 0)
        return fail_making(error, folder);
    g_autoptr(GPtrArray) made = g_ptr_array_new_with_free_func(g_free);
    g_autoptr(GPtrArray) kept = g_ptr_array_new_with_free_func(g_free);
    for (gsize i = 0; i < G_N_ELEMENTS(entries); i++) {
        g_autofree char *path = sy_workspace_path(folder, entries[i].name);
        bool is_new;
        if (!make_entry(path, &entries[i], &is_new, error)) {
            remove_made(made);
            return false;
        }
        g_ptr_array_add(is_new ? made : kept, g_steal_pointer(&path));
    }
    report->made = to_list(made);
    report->kept = to_list(kept);
    return true;
}
