/* The messengers, those that come later, and when a message is tried again. */
#include <math.h>

#include "base/text.h"
#include "messenger/rows.h"

const SyMessenger *const sy_messengers[] = {&sy_messenger_log, &sy_messenger_webhook};
const gsize sy_n_messengers = G_N_ELEMENTS(sy_messengers);

static const struct {
    const char *name, *reason;
} refused[] = {
    {"slack", "Slack comes with an issue of its own; its incoming webhooks want another form of "
              "JSON than kind = \"webhook\" sends"},
    {"command", "it comes with Slack; until then a webhook of your own can start a program"},
};

const SyMessenger *sy_messenger_find(const char *name) {
    for (gsize i = 0; i < sy_n_messengers; i++)
        if (sy_text_equal_loosely(sy_messengers[i]->name, name))
            return sy_messengers[i];
    return NULL;
}

const char *sy_messenger_refused(const char *name) {
    for (gsize i = 0; i < G_N_ELEMENTS(refused); i++)
        if (sy_text_equal_loosely(refused[i].name, name))
            return refused[i].reason;
    return NULL;
}

SyTime sy_messenger_next_attempt(SyTime created, int attempts, double retry_after, SyTime now) {
    enum { doublings = 7 };
    static const gint64 first = 5 * SY_SECOND, longest = 600 * SY_SECOND;
    gint64 wait = MIN(first << CLAMP(attempts - 1, 0, doublings), longest);
    if (retry_after >= 0) /* false for NaN */
        wait = (gint64)(fmin(retry_after, 2 * (double)SY_MESSAGE_LIFE / (double)SY_SECOND) *
                        (double)SY_SECOND);
    return now - created + wait > SY_MESSAGE_LIFE ? SY_TIME_NONE : now + wait;
}
