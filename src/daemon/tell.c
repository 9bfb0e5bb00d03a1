/* What the daemon says: to its log, to the audit chain, to people, to the service manager. */
#include <jansson.h>
#include <string.h>

#include "daemon/notify.h"
#include "daemon/state.h"
#include "store/events.h"

enum { waiting_most = 10000 }; /* events kept while the store does not take them */

void sy_told_clear(SyEvent *event) {
    g_free((char *)event->kind);
    g_free((char *)event->study);
    free((char *)event->facts); /* of jansson */
}

/* Keeps it for the audit chain: sy_post_flush stores it with the messages, so that nobody waits for
 * a store that does not answer. */
static void keep(SyDaemon *daemon, const char *kind, const char *study, gint64 run,
                 const char *text) {
    if (daemon->told->len >= waiting_most) {
        sy_log(daemon->log, SY_LOG_ERROR, study, run,
               "this is not in the audit chain: too much waits for the store");
        return;
    }
    json_t *facts = json_pack("{s:s}", "text", text);
    const SyEvent event = {sy_env_now(daemon->env), g_strdup(kind), g_strdup(study), run,
                           json_dumps(facts, JSON_COMPACT)};
    g_array_append_val(daemon->told, event);
    json_decref(facts);
}

static void tell(SyDaemon *daemon, SyLogLevel level, const char *kind, const char *study,
                 const char *about, gint64 run, const char *text) {
    sy_log(daemon->log, level, study, run, "%s", text);
    if (level < SY_LOG_WARNING)
        return;
    g_autofree char *masked = sy_settings_mask(daemon->settings, text);
    keep(daemon, kind, study, run, masked);
    sy_post_tell(daemon, kind, study, about, run, masked);
}

void sy_tell(SyDaemon *daemon, SyLogLevel level, const char *kind, const char *study, gint64 run,
             const char *format, ...) {
    va_list arguments;
    va_start(arguments, format);
    g_autofree char *text = g_strdup_vprintf(format, arguments);
    va_end(arguments);
    tell(daemon, level, kind, study, NULL, run, text);
}

void sy_tell_about(SyDaemon *daemon, SyLogLevel level, const char *kind, const char *study,
                   const char *about, gint64 run, const char *format, ...) {
    va_list arguments;
    va_start(arguments, format);
    g_autofree char *text = g_strdup_vprintf(format, arguments);
    va_end(arguments);
    tell(daemon, level, kind, study, about, run, text);
}

void sy_daemon_notify(SyDaemon *daemon, const char *state) {
    g_autoptr(GError) error = NULL;
    if (!sy_notify(daemon->options->notify_socket, state, &error))
        sy_log(daemon->log, SY_LOG_DEBUG, NULL, 0, "%s", error->message);
}
