/* Copies: each is written under a temporary name, synced, and renamed, so that a file with its
 * final name is whole. */
#include "store/backup.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <unistd.h>

#include <glib/gstdio.h>

#include "base/error.h"
#include "store/internal.h"

static bool fail_file(const char *what, const char *path, GError **error) {
    return sy_fail(error, SY_ERROR_IO, "%s: cannot be %s: %s", path, what, g_strerror(errno));
}

static bool sync_path(const char *path, int flags, GError **error) {
    int fd = g_open(path, flags | O_CLOEXEC, 0);
    bool good = fd >= 0 && fsync(fd) == 0;
    if (!good)
        fail_file("synced", path, error);
    if (fd >= 0)
        close(fd);
    return good;
}

/* A file with all its bytes on the disk gets its name. */
static bool appear(const char *temporary, const char *path, GError **error) {
    g_autofree char *folder = g_path_get_dirname(path);
    return sync_path(temporary, O_RDONLY, error) &&
           (g_rename(temporary, path) == 0 || fail_file("made", path, error)) &&
           sync_path(folder, O_RDONLY | O_DIRECTORY, error);
}

static char *name_temporary(const char *path) {
    char *temporary = g_strdup_printf("%s.%d.tmp", path, (int)getpid());
    g_unlink(temporary);
    return temporary;
}

static bool copy_to(SyDb *db, const char *path, GError **error) {
    g_autofree char *temporary = name_temporary(path);
    bool good = sy_db_copy(db, temporary, error) && appear(temporary, path, error);
    if (!good)
        g_unlink(temporary);
    return good;
}

bool sy_store_backup(SyStore *store, const char *path, GError **error) {
    if (g_file_test(path, G_FILE_TEST_EXISTS))
        return sy_fail(error, SY_ERROR_IO, "%s: is there already; name a new file", path);
    return copy_to(store->db, path, error);
}

char *sy_store_backup_folder(SyStore *store) {
    g_autofree char *folder = g_path_get_dirname(sy_db_name(store->db));
    return g_build_filename(folder, "backups", NULL);
}

static bool make_folder(const char *folder, GError **error) {
    return g_mkdir_with_parents(folder, 0700) == 0 || fail_file("made", folder, error);
}

static bool read_schema(const char *path, gint64 *schema, GError **error) {
    g_autofree char *url = g_strconcat("sqlite:///", path, NULL);
    g_autoptr(SyStore) store = sy_store_open_as_is(url, error);
    return store && sy_db_schema_version(store->db, schema, error);
}

/* Where another process was faster, the copy is of the new schema already, and nobody's need. */
bool sy_store_backup_before(SyStore *store, gint64 schema, GError **error) {
    if (!sy_db_is_file(store->db))
        return true;
    gint64 copied = 0;
    g_autofree char *folder = sy_store_backup_folder(store);
    g_autofree char *name = g_strdup_printf("state-schema-%" G_GINT64_FORMAT ".db", schema);
    g_autofree char *path = g_build_filename(folder, name, NULL);
    g_autofree char *temporary = name_temporary(path);
    bool good = make_folder(folder, error) && sy_db_copy(store->db, temporary, error) &&
                read_schema(temporary, &copied, error) &&
                (copied != schema || appear(temporary, path, error));
    g_unlink(temporary);
    return good;
}

/* ---- daily ---- */

/* "state-2026-11-22.db" */
static bool is_daily(const char *name) {
    return g_regex_match_simple("^state-[0-9]{4}-[0-9]{2}-[0-9]{2}\\.db$", name, 0, 0);
}

static int by_name(gconstpointer a, gconstpointer b) {
    return strcmp(*(const char *const *)a, *(const char *const *)b);
}

/* Removes the oldest daily copies beyond `keep`. What cannot be removed is tried again tomorrow. */
static void prune(const char *folder, int keep) {
    g_autoptr(GPtrArray) names = g_ptr_array_new_with_free_func(g_free);
    g_autoptr(GDir) dir = g_dir_open(folder, 0, NULL);
    for (const char *name; dir && (name = g_dir_read_name(dir));)
        if (is_daily(name))
            g_ptr_array_add(names, g_strdup(name));
    g_ptr_array_sort(names, by_name);
    for (guint i = 0; i + (guint)keep < names->len; i++) {
        g_autofree char *path = g_build_filename(folder, names->pdata[i], NULL);
        g_unlink(path);
    }
}

bool sy_store_backup_daily(SyStore *store, int keep, SyTime now, char **made, GError **error) {
    *made = NULL;
    if (!sy_db_is_file(store->db))
        return true;
    char text[SY_TIME_TEXT_SIZE];
    g_autofree char *folder = sy_store_backup_folder(store);
    g_autofree char *name = g_strdup_printf("state-%.10s.db", sy_time_format(now, text));
    g_autofree char *path = g_build_filename(folder, name, NULL);
    if (g_file_test(path, G_FILE_TEST_EXISTS))
        return true;
    if (!make_folder(folder, error) || !copy_to(store->db, path, error))
        return false;
    prune(folder, keep);
    *made = g_steal_pointer(&path);
    return true;
}

/* ---- restore ---- */

static bool check_chain(SyStore *copy, const char *file, GError **error) {
    SyAudit audit;
    if (!sy_store_verify(copy, &audit, error))
        return false;
    bool whole =
        audit.whole || sy_fail(error, SY_ERROR_DATA,
                               "%s: its audit chain is broken at event %" G_GINT64_FORMAT ": %s",
                               file, audit.broken_at, audit.reason);
    sy_audit_clear(&audit);
    return whole;
}

/* Opens a copy that is a whole store: pages, schema, audit chain. */
static SyStore *open_copy(const char *file, GError **error) {
    gint64 version = 0;
    g_autofree char *absolute = g_canonicalize_filename(file, NULL);
    g_autofree char *url = g_strconcat("sqlite:///", absolute, NULL);
    g_autoptr(SyStore) copy = sy_store_open_as_is(url, error);
    if (!copy || !sy_db_check(copy->db, error) || !sy_db_schema_version(copy->db, &version, error))
        return NULL;
    if (version == 0 || version > sy_store_schema)
        sy_fail(error, version ? SY_ERROR_TEMPLATE : SY_ERROR_DATA, "%s: %s", file,
                version ? "was written by a newer version; use that one"
                        : "is no store of this program");
    else if (version < SY_SCHEMA_WITH_EVENTS || check_chain(copy, file, error))
        return g_steal_pointer(&copy);
    return NULL;
}

/* All of the store into its one file; it is nobody else's now. A store too damaged to be opened
 * stands aside as it is. */
static bool settle(const char *path, GError **error) {
    g_autofree char *url = g_strconcat("sqlite:///", path, NULL);
    g_autoptr(GError) damage = NULL;
    g_autoptr(SyDb) db = sy_db_open(url, NULL, SY_DB_WRITE, 1000, &damage);
    if (db && sy_db_settle(db, &damage))
        return true;
    if (g_error_matches(damage, SY_ERROR, SY_ERROR_UNAVAILABLE))
        return true;
    g_propagate_prefixed_error(error, g_steal_pointer(&damage),
                               "end what runs in this workspace first: ");
    return false;
}

static const char *const parts[] = {"", "-wal", "-shm"};

/* The old store gets a second name; its own goes with the rename that puts the copy there, so that
 * there is a store at every moment. */
static bool keep_old(const char *path, const char *aside, GError **error) {
    for (gsize i = 0; i < G_N_ELEMENTS(parts); i++) {
        g_autofree char *from = g_strconcat(path, parts[i], NULL);
        g_autofree char *to = g_strconcat(aside, parts[i], NULL);
        if (link(from, to) != 0 && errno != ENOENT)
            return fail_file("kept beside the store", from, error);
        /* what belongs to the old file must not be read with the new one */
        if (*parts[i] && g_unlink(from) != 0 && errno != ENOENT)
            return fail_file("removed", from, error);
    }
    return true;
}

/* A name beside the store that is not taken. */
static char *name_aside(const char *path, SyTime now) {
    char text[SY_TIME_TEXT_SIZE];
    g_autofree char *time = g_strndup(sy_time_format(now, text), strlen("2026-11-22T10:00:00"));
    g_strdelimit(time, ":", '-');
    char *aside = g_strdup_printf("%s.before-restore-%s", path, time);
    for (int i = 2; g_file_test(aside, G_FILE_TEST_EXISTS); i++) {
        g_free(aside);
        aside = g_strdup_printf("%s.before-restore-%s-%d", path, time, i);
    }
    return aside;
}

bool sy_store_restore(const char *url, const char *folder, const char *file, SyTime now,
                      char **kept, GError **error) {
    SyDbUrl parsed = {0};
    *kept = NULL;
    if (!sy_db_url_parse(url, &parsed, error))
        return false;
    bool is_file = g_strcmp0(parsed.dialect, "sqlite") == 0;
    g_autofree char *path = is_file ? g_canonicalize_filename(parsed.path, folder) : NULL;
    sy_db_url_clear(&parsed);
    g_autofree char *masked = sy_db_url_mask(url);
    if (!is_file)
        return sy_fail(error, SY_ERROR_USAGE,
                       "%s: such a store is restored by its database's own program (pg_restore)",
                       masked);
    bool there = g_file_test(path, G_FILE_TEST_EXISTS);
    g_autofree char *temporary = g_strdup_printf("%s.%d.restore", path, (int)getpid());
    g_autofree char *aside = name_aside(path, now);
    g_autoptr(SyStore) copy = open_copy(file, error);
    bool good = copy && (!there || settle(path, error)) && sy_db_copy(copy->db, temporary, error) &&
                (!there || keep_old(path, aside, error)) && appear(temporary, path, error);
    if (!good)
        g_unlink(temporary);
    else if (there)
        *kept = g_steal_pointer(&aside);
    return good;
}
