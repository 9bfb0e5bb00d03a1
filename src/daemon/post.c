/* Messages to people: what is told is queued in the store for every messenger of the settings, and
 * a program of its own delivers what is due. Nothing waits for it. */
#include "base/error.h"
#include "daemon/state.h"
#include "store/messages.h"

void sy_post_queue(SyDaemon *daemon, const char *kind, const char *study, gint64 run,
                   const char *text) {
    const SyMap *messengers = &daemon->settings->messengers;
    g_autofree char *key = g_strdup_printf("%s %s", kind, study ? study : "");
    g_autofree char *title = g_strdup_printf("%s: %s", study ? study : "systematica", kind);
    for (gsize i = 0; i < messengers->n; i++) {
        const SyMessage message = {.messenger = messengers->key[i],
                                   .key = key,
                                   .level = (char *)"alarm",
                                   .study = (char *)study,
                                   .run = run,
                                   .title = title,
                                   .text = (char *)text,
                                   .created = sy_env_now(daemon->env)};
        bool folded = false;
        g_autoptr(GError) error = NULL;
        if (!sy_store_add_message(daemon->store, &message, &folded, &error))
            sy_log(daemon->log, SY_LOG_ERROR, study, run, "no message to %s: %s",
                   messengers->key[i], error->message);
    }
}

static void start_messenger(SyDaemon *daemon) {
    g_autofree char *folder = g_path_get_dirname(daemon->options->program);
    g_autofree char *program = g_build_filename(folder, "systematica-messenger", NULL);
    const char *const arguments[] = {program, "--workspace", daemon->options->workspace, NULL};
    const SyProcessSpec spec = {.arguments = arguments, .input = -1, .output = -1, .errors = -1};
    g_autoptr(GError) error = NULL;
    if (!sy_process_start(&spec, &daemon->messenger, &error)) {
        daemon->messenger.fd = -1;
        sy_log(daemon->log, SY_LOG_ERROR, NULL, 0, "messages wait: %s", error->message);
    }
}

void sy_post_send(SyDaemon *daemon) {
    SyProcessEnd end;
    SyTime next = SY_TIME_NONE;
    if (daemon->messenger.fd >= 0 && !sy_process_reap(&daemon->messenger, &end))
        return;
    if (daemon->settings->messengers.n == 0 || !sy_store_next_message(daemon->store, &next, NULL) ||
        next == SY_TIME_NONE || next > sy_env_now(daemon->env))
        return;
    start_messenger(daemon);
}
