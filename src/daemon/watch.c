/* inotify on a folder, with patience: an editor writes a file in several strokes, and half a
 * template is worse than the old one. A file counts as open from its first write, or from its
 * making by a process that has not closed it yet, to the close. */
#include "daemon/watch.h"

#include <errno.h>
#include <limits.h>
#include <string.h>
#include <sys/inotify.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/error.h"
#include "daemon/loop.h"

#define MASK                                                                                       \
    (IN_CREATE | IN_MODIFY | IN_CLOSE_WRITE | IN_MOVED_TO | IN_MOVED_FROM | IN_DELETE |            \
     IN_ATTRIB | IN_DELETE_SELF | IN_MOVE_SELF | IN_ONLYDIR)

/* A file that changed and was not told yet. */
typedef struct {
    gint64 since; /* last event, monotonic microseconds */
    bool open;    /* somebody writes to it */
} Change;

struct SyWatch {
    char *folder, *suffix;
    gint64 settle_us;
    gint64
        now; /* of the events that are taken in: both names of a file that moves settle at once */
    SyWatchChanged changed;
    gpointer data;
    int fd, descriptor; /* descriptor: of the folder's watch; -1 while the folder is gone */
    GSource *source, *timer;
    GHashTable *changes; /* name → Change */
    bool all;            /* events were lost: any file may have changed */
};

static bool add_folder(SyWatch *watch) {
    watch->descriptor = inotify_add_watch(watch->fd, watch->folder, MASK);
    return watch->descriptor >= 0;
}

/* A regular file that was just made has its maker's descriptor open; a link or a name moved here
 * has not. */
static bool made_open(const SyWatch *watch, const char *name) {
    g_autofree char *path = g_build_filename(watch->folder, name, NULL);
    struct stat status;
    return lstat(path, &status) == 0 && S_ISREG(status.st_mode) && status.st_nlink == 1;
}

static void take_name(SyWatch *watch, const char *name, guint32 mask) {
    if (*name == '.' || !g_str_has_suffix(name, watch->suffix))
        return;
    Change *change = g_hash_table_lookup(watch->changes, name);
    if (!change) {
        change = g_new0(Change, 1);
        g_hash_table_insert(watch->changes, g_strdup(name), change);
    }
    change->since = watch->now;
    if (mask & IN_CREATE)
        change->open = made_open(watch, name);
    else if (mask & IN_MODIFY)
        change->open = true;
    else if (mask & (IN_CLOSE_WRITE | IN_MOVED_TO | IN_MOVED_FROM | IN_DELETE))
        change->open = false;
}

static void take_event(SyWatch *watch, const struct inotify_event *event) {
    if (event->mask & IN_Q_OVERFLOW)
        watch->all = true;
    else if (event->wd != watch->descriptor)
        return; /* of a folder that is no longer watched */
    else if (event->mask & (IN_DELETE_SELF | IN_MOVE_SELF | IN_IGNORED | IN_UNMOUNT)) {
        inotify_rm_watch(watch->fd, watch->descriptor);
        watch->descriptor = -1;
        watch->all = true;
    } else if (event->len)
        take_name(watch, event->name, event->mask);
}

static gint64 earlier(gint64 due, gint64 other) { return due < 0 ? other : MIN(due, other); }

/* When the timer must look again: once the first file may have settled. */
static void set_timer(SyWatch *watch) {
    gint64 due = -1;
    GHashTableIter iter;
    gpointer value;
    g_hash_table_iter_init(&iter, watch->changes);
    while (g_hash_table_iter_next(&iter, NULL, &value)) {
        const Change *change = value;
        if (!change->open)
            due = earlier(due, change->since + watch->settle_us);
    }
    if (watch->descriptor < 0)
        due = earlier(due, g_get_monotonic_time() + G_USEC_PER_SEC);
    else if (watch->all)
        due = g_get_monotonic_time();
    g_source_set_ready_time(watch->timer, due);
}

static void on_events(gpointer data) {
    SyWatch *watch = data;
    _Alignas(struct inotify_event) char buffer[16 * (sizeof(struct inotify_event) + NAME_MAX + 1)];
    gssize got;
    watch->now = g_get_monotonic_time();
    while ((got = read(watch->fd, buffer, sizeof buffer)) > 0 || (got < 0 && errno == EINTR))
        for (gssize at = 0; at < got;) {
            const struct inotify_event *event = (const struct inotify_event *)(buffer + at);
            take_event(watch, event);
            at += (gssize)(sizeof *event + event->len);
        }
    set_timer(watch);
}

/* Tells what has settled. */
static void on_timer(gpointer data) {
    SyWatch *watch = data;
    if (watch->descriptor < 0 && add_folder(watch))
        watch->all = true;
    gint64 now = g_get_monotonic_time();
    g_autoptr(GPtrArray) names = g_ptr_array_new_with_free_func(g_free);
    GHashTableIter iter;
    gpointer key, value;
    g_hash_table_iter_init(&iter, watch->changes);
    while (g_hash_table_iter_next(&iter, &key, &value)) {
        const Change *change = value;
        if (change->open || (change->since + watch->settle_us > now && !watch->all))
            continue;
        g_ptr_array_add(names, g_strdup(key));
        g_hash_table_iter_remove(&iter);
    }
    bool all = watch->all;
    watch->all = false;
    if (all || names->len)
        watch->changed(watch->data, all ? NULL : names);
    set_timer(watch);
}

SyWatch *sy_watch_open(GMainContext *context, const char *folder, const char *suffix,
                       gint64 settle_ms, SyWatchChanged changed, gpointer data, GError **error) {
    enum { us_per_ms = 1000 };
    g_autoptr(SyWatch) watch = g_new0(SyWatch, 1);
    watch->folder = g_strdup(folder);
    watch->suffix = g_strdup(suffix);
    watch->settle_us = settle_ms * us_per_ms;
    watch->changed = changed;
    watch->data = data;
    watch->changes = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, g_free);
    watch->descriptor = -1;
    watch->fd = inotify_init1(IN_CLOEXEC | IN_NONBLOCK);
    if (watch->fd < 0 || !add_folder(watch)) {
        sy_fail(error, SY_ERROR_IO, "%s: cannot be watched: %s", folder, g_strerror(errno));
        return NULL;
    }
    watch->source = sy_source_watch(context, watch->fd, on_events, watch);
    watch->timer = sy_source_timer(context, on_timer, watch);
    return g_steal_pointer(&watch);
}

void sy_watch_close(SyWatch *watch) {
    if (!watch)
        return;
    sy_source_free(watch->source);
    sy_source_free(watch->timer);
    if (watch->fd >= 0)
        close(watch->fd);
    g_hash_table_unref(watch->changes);
    g_free(watch->folder);
    g_free(watch->suffix);
    g_free(watch);
}
