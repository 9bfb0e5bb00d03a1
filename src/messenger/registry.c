/* The messengers. */
#include "messenger/messenger.h"

#include <string.h>

extern const SyMessenger sy_messenger_log, sy_messenger_webhook;

const SyMessenger *const sy_messengers[] = {&sy_messenger_log, &sy_messenger_webhook};
const gsize sy_n_messengers = G_N_ELEMENTS(sy_messengers);

const SyMessenger *sy_messenger_find(const char *url) {
    g_autofree char *scheme = g_uri_parse_scheme(url);
    for (gsize i = 0; scheme && i < sy_n_messengers; i++)
        if (g_strv_contains(sy_messengers[i]->schemes, scheme))
            return sy_messengers[i];
    return NULL;
}
