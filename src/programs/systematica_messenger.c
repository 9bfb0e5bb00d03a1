/* systematica-messenger: delivers the messages that are due in a workspace's store, then ends. A
 * program of its own, so that nothing else carries a network library, and no job waits for one. */
#include <math.h>
#include <stdio.h>

#include "base/error.h"
#include "cli/session.h"
#include "messenger/messenger.h"
#include "store/messages.h"

/* What a delivery works with. */
typedef struct {
    const SySession *session;
    SyStore *store;
    SyLog *log;
} Post;

static const double first_wait = 30, longest_wait = 3600; /* seconds */
static const SyTime oldest = SY_DAY;                      /* nothing older is of use to anybody */

/* When a message is tried again; SY_TIME_NONE: no more. */
static SyTime next_attempt(const SyMessage *message, const SyRefusal *refusal, SyTime now) {
    double wait = isnan(refusal->retry_after)
                      ? fmin(first_wait * exp2(message->attempts), longest_wait)
                      : fmin(refusal->retry_after, (double)oldest / (double)SY_SECOND);
    SyTime next = now + (SyTime)(wait * (double)SY_SECOND);
    return refusal->final || next - message->created > oldest ? SY_TIME_NONE : next;
}

static bool deliver(const Post *post, const SyMessage *message, SyRefusal *refusal,
                    GError **error) {
    const char *url = sy_map_get(&post->session->settings->messengers, message->messenger);
    const SyMessenger *messenger = url ? sy_messenger_find(url) : NULL;
    refusal->final = !messenger;
    if (!messenger)
        return sy_fail(error, SY_ERROR_TEMPLATE,
                       "[messengers] has no \"%s\" with a URL that begins with log:, http: or "
                       "https: (any more)",
                       message->messenger);
    const SyMessageText text = {message->level, message->study,   message->title, message->text,
                                message->run,   message->created, message->key,   message->count};
    return messenger->deliver(url, &text, post->log, refusal, error);
}

/* One message, whatever becomes of it. False where the store failed. */
static bool post_one(const Post *post, const SyMessage *message, GError **error) {
    SyRefusal refusal = {.retry_after = NAN};
    g_autoptr(GError) reason = NULL;
    bool good = deliver(post, message, &refusal, &reason);
    SyTime now = sy_env_now(&post->session->env);
    if (good)
        return sy_store_message_sent(post->store, message->id, now, error);
    SyTime next = next_attempt(message, &refusal, now);
    g_autofree char *masked = sy_settings_mask(post->session->settings, reason->message);
    sy_log(post->log, next == SY_TIME_NONE ? SY_LOG_ERROR : SY_LOG_WARNING, message->study,
           message->run, "the message \"%s\" by %s %s: %s", message->title, message->messenger,
           next == SY_TIME_NONE ? "is lost" : "waits", masked);
    return sy_store_message_failed(post->store, message->id, masked, now, next, error);
}

/* All that are due; each goes or waits, so that this ends. */
static bool post_all(const Post *post, GError **error) {
    enum { at_once = 100 };
    for (;;) {
        g_autoptr(GPtrArray) messages =
            sy_store_due_messages(post->store, sy_env_now(&post->session->env), at_once, error);
        if (!messages || messages->len == 0)
            return messages != NULL;
        for (guint i = 0; i < messages->len; i++)
            if (!post_one(post, messages->pdata[i], error))
                return false;
    }
}

static bool run(const SyCommonOptions *common, GError **error) {
    g_auto(SySession) session = {0};
    if (!sy_session_open(&session, common, NULL, error))
        return sy_session_end(&session, false, error);
    g_autoptr(SyLog) log = sy_session_open_log(&session, false, error);
    g_autoptr(SyStore) store = NULL;
    bool good = log && sy_session_open_store(&session, false, &store, error) &&
                post_all(&(Post){&session, store, log}, error);
    return sy_session_end(&session, good, error);
}

static bool parse(int *argc, char ***argv, SyCommonOptions *common, GError **error) {
    const GOptionEntry entries[] = {{"workspace", 'w', 0, G_OPTION_ARG_FILENAME, &common->workspace,
                                     "Folder that holds .workflow/; else the nearest one upwards",
                                     "DIR"},
                                    {NULL, 0, 0, 0, NULL, NULL, NULL}};
    GOptionContext *context = g_option_context_new(NULL);
    g_option_context_set_summary(context, "Delivers the messages that are due, then ends.");
    g_option_context_add_main_entries(context, entries, NULL);
    g_autoptr(GError) cause = NULL;
    bool good = g_option_context_parse(context, argc, argv, &cause);
    g_option_context_free(context);
    if (!good)
        return sy_fail(error, SY_ERROR_USAGE, "%s; see --help", cause->message);
    return *argc == 1 || sy_fail(error, SY_ERROR_USAGE, "unexpected argument \"%s\"", (*argv)[1]);
}

int main(int argc, char **argv) {
    SyCommonOptions common = {0};
    g_autoptr(GError) error = NULL;
    bool good = parse(&argc, &argv, &common, &error) && run(&common, &error);
    g_free(common.workspace);
    if (good)
        return 0;
    fprintf(stderr, "systematica-messenger: %s\n", error->message);
    return sy_error_row(error)->exit_code;
}
