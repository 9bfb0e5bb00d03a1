/* A folder of templates that is watched: which files changed, told once each is closed and has been
 * left alone for a while. */
#ifndef SY_DAEMON_WATCH_H
#define SY_DAEMON_WATCH_H

#include <glib.h>
#include <stdbool.h>

typedef struct SyWatch SyWatch;

/* names: files of the folder that were written, came or went (char *, no path); NULL: any may
 * have, look at all. */
typedef void (*SyWatchChanged)(gpointer data, const GPtrArray *names);

/* Watches `folder`; files that do not end in `suffix` and hidden ones are left out. `changed` is
 * called from `context` once no file that changed is open for writing or was touched within
 * settle_ms. A folder that vanishes is looked for each second.
 * Errors: SY_ERROR_IO. */
SyWatch *sy_watch_open(GMainContext *context, const char *folder, const char *suffix,
                       gint64 settle_ms, SyWatchChanged changed, gpointer data, GError **error);
void sy_watch_close(SyWatch *watch);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(SyWatch, sy_watch_close)

#endif
