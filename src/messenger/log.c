/* Messages as lines of the log. */
#include <string.h>

#include "messenger/messenger.h"

extern const SyMessenger sy_messenger_log;

static bool deliver(const char *url, const SyMessageText *message, SyLog *log, SyRefusal *refusal,
                    GError **error) {
    (void)url;
    (void)refusal;
    (void)error;
    SyLogLevel level = strcmp(message->level, "alarm") == 0 ? SY_LOG_ERROR : SY_LOG_INFO;
    sy_log(log, level, message->study, message->run, "message: %s: %s (%" G_GINT64_FORMAT " times)",
           message->title, message->text, message->count);
    return true;
}

const SyMessenger sy_messenger_log = {
    .name = "log",
    .summary = "A line of the strategy's log.",
    .schemes = (const char *const[]){"log", NULL},
    .deliver = deliver,
};
