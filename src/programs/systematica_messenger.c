/* systematica-messenger: delivers the messages that are due in the store, then ends. A program of
 * its own, so that neither a slow server nor the libraries of the network come near a job; the
 * daemon starts it. */
#include <curl/curl.h>
#include <math.h>
#include <stdio.h>

#include "base/error.h"
#include "cli/session.h"
#include "store/messages.h"

typedef struct {
    SyCommonOptions common;
    gboolean heartbeat;
} Options;

typedef struct {
    const SySession *session;
    SyStore *store;
    SyLog *log;
} Delivery;

static const gint64 lease = 60 * SY_SECOND; /* longer than any attempt takes */
static const gint64 longest = 60 * SY_SECOND;
static const double heartbeat_timeout = 10;

/* ---- one message ---- */

static SyMessageText text_of(const SyMessage *message) {
    return (SyMessageText){.id = message->id,
                           .level = message->level,
                           .kind = message->kind,
                           .key = message->key,
                           .study = message->study,
                           .title = message->title,
                           .text = message->text,
                           .run = message->run,
                           .created = message->created,
                           .count = message->count};
}

static bool attempt(const Delivery *delivery, const SyMessage *message, SyAttempt *result,
                    GError **error) {
    const SySettingsMessenger *messenger =
        sy_settings_messenger(delivery->session->settings, message->messenger);
    *result = (SyAttempt){.final = true, .retry_after = NAN};
    if (!messenger)
        return sy_fail(error, SY_ERROR_FAILED, "the settings have no messenger of this name");
    if (sy_env_now(&delivery->session->env) - message->created > SY_MESSAGE_LIFE)
        return sy_fail(error, SY_ERROR_FAILED, "it is older than 24 hours");
    if (!messenger->messenger->deliver)
        return true;
    const SyMessageText text = text_of(message);
    return messenger->messenger->deliver(messenger->config, &text, sy_http_send, result, error);
}

static bool deliver(const Delivery *delivery, const SyMessage *message, GError **error) {
    SyAttempt result;
    g_autoptr(GError) reason = NULL;
    bool sent = attempt(delivery, message, &result, &reason);
    SyTime now = sy_env_now(&delivery->session->env), next = SY_TIME_NONE;
    if (!sent && !result.final)
        next =
            sy_messenger_next_attempt(message->created, message->attempts, result.retry_after, now);
    g_autofree char *masked =
        sent ? NULL : sy_settings_mask(delivery->session->settings, reason->message);
    char again[SY_TIME_TEXT_SIZE];
    if (sent)
        sy_log(delivery->log, SY_LOG_INFO, message->study, message->run,
               "message %" G_GINT64_FORMAT " was sent to %s", message->id, message->messenger);
    else
        sy_log(delivery->log, next == SY_TIME_NONE ? SY_LOG_ERROR : SY_LOG_WARNING, message->study,
               message->run, "message %" G_GINT64_FORMAT " was not taken by %s: %s; %s%s",
               message->id, message->messenger, masked,
               next == SY_TIME_NONE ? "it is not sent again" : "again at ",
               next == SY_TIME_NONE ? "" : sy_time_format(next, again));
    return sy_store_end_attempt_of_message(delivery->store, message, masked, next, now, error);
}

static bool deliver_due(const Delivery *delivery, GError **error) {
    const SyEnv *env = &delivery->session->env;
    gint64 end = sy_env_elapsed(env) + longest;
    while (sy_env_elapsed(env) < end) {
        SyTime now = sy_env_now(env);
        g_autoptr(SyMessage) message = NULL;
        if (!sy_store_take_message(delivery->store, now, now + lease, &message, error))
            return false;
        if (!message)
            return true;
        if (!deliver(delivery, message, error))
            return false;
    }
    return true;
}

/* ---- heartbeat ---- */

static void send_heartbeat(const Delivery *delivery) {
    enum { first_good = 200, after_good = 300 };
    const SyHttpRequest request = {.method = "GET",
                                   .url = delivery->session->settings->heartbeat.url,
                                   .timeout = heartbeat_timeout};
    SyHttpReply reply = {0};
    g_autoptr(GError) error = NULL;
    if (!request.url)
        return;
    if (!sy_http_send(&request, &reply, &error))
        sy_log(delivery->log, SY_LOG_WARNING, NULL, 0, "heartbeat: %s", error->message);
    else if (reply.status < first_good || reply.status >= after_good)
        sy_log(delivery->log, SY_LOG_WARNING, NULL, 0,
               "heartbeat: the server answers with status %d", reply.status);
}

/* ---- all ---- */

static bool parse_options(Options *options, int *argc, char ***argv, GError **error) {
    const GOptionEntry entries[] = {
        {"workspace", 'w', 0, G_OPTION_ARG_FILENAME, &options->common.workspace,
         "Folder that holds .workflow/; else the nearest one upwards", "DIR"},
        {"heartbeat", 0, 0, G_OPTION_ARG_NONE, &options->heartbeat,
         "First ask for [heartbeat] url: slots are on time", NULL},
        {NULL, 0, 0, 0, NULL, NULL, NULL}};
    GOptionContext *context = g_option_context_new(NULL);
    g_option_context_set_summary(
        context, "Delivers the messages that are due; run_app and run_all start it.");
    g_option_context_add_main_entries(context, entries, NULL);
    g_autoptr(GError) cause = NULL;
    bool parsed = g_option_context_parse(context, argc, argv, &cause);
    g_option_context_free(context);
    if (!parsed)
        return sy_fail(error, SY_ERROR_USAGE, "%s; see --help", cause->message);
    return *argc == 1 ||
           sy_fail(error, SY_ERROR_USAGE, "unexpected argument “%s”; see --help", (*argv)[1]);
}

static bool work(const SySession *session, bool heartbeat, GError **error) {
    g_autoptr(SyStore) store = NULL;
    g_autoptr(SyLog) log = sy_session_open_log(session, false, error);
    if (!log)
        return false;
    const Delivery seen = {.session = session, .log = log};
    if (heartbeat)
        send_heartbeat(&seen);
    if (!sy_session_open_store(session, false, &store, error))
        return false;
    const Delivery delivery = {session, store, log};
    return deliver_due(&delivery, error);
}

int main(int argc, char **argv) {
    Options options = {0};
    g_auto(SySession) session = {0};
    g_autoptr(GError) error = NULL;
    curl_global_init(CURL_GLOBAL_DEFAULT);
    bool good = parse_options(&options, &argc, &argv, &error);
    if (good)
        good = sy_session_end(&session,
                              sy_session_open(&session, &options.common, NULL, &error) &&
                                  work(&session, options.heartbeat, &error),
                              &error);
    g_free(options.common.workspace);
    curl_global_cleanup();
    if (good)
        return 0;
    fprintf(stderr, "systematica-messenger: %s\n", error->message);
    return sy_error_row(error)->exit_code;
}
