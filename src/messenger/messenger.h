/* Contract of messengers: how a message reaches people. A row of the registry delivers one message;
 * queueing, folding and retries are the store's and the daemon's. */
#ifndef SY_MESSENGER_MESSENGER_H
#define SY_MESSENGER_MESSENGER_H

#include "base/field.h"

typedef struct {
    const char *level, *study, *title, *text;
    gint64 run;
    SyTime created;
    const char *key;
    gint64 count; /* how often the cause occurred since the last message of it */
} SyMessageText;

typedef struct {
    const char *name; /* "log", "webhook" */
    const char *summary;
    const SyFieldTable *fields; /* of [messengers.NAME] in the settings, besides `kind` */
    /* Delivers one message. *final: trying again cannot help. retry_after: seconds that the server
     * asked for, NaN where it did not. Errors: SY_ERROR_UNAVAILABLE, SY_ERROR_FAILED. */
    bool (*deliver)(gconstpointer config, const SyMessageText *message, bool *final,
                    double *retry_after, GError **error);
} SyMessenger;

extern const SyMessenger *const sy_messengers[];
extern const gsize sy_n_messengers;
const SyMessenger *sy_messenger_find(const char *name);

#endif
