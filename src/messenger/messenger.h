/* Contract of messengers: how a message reaches people. A row of the registry delivers one message;
 * queueing and folding are the store's (store/messages.h), when to try again is the program's.
 *
 * The rows are linked into systematica-messenger only, so that nothing else carries a network
 * library. */
#ifndef SY_MESSENGER_MESSENGER_H
#define SY_MESSENGER_MESSENGER_H

#include "base/log.h"

typedef struct {
    const char *level, *study, *title, *text; /* study: NULL: of the engine */
    gint64 run;                               /* 0: none */
    SyTime created;
    const char *key;
    gint64 count; /* how often the cause occurred since the last message of it */
} SyMessageText;

/* Why a delivery failed, besides the error. */
typedef struct {
    bool final;         /* trying again cannot help */
    double retry_after; /* seconds that the server asked for; NaN where it did not */
} SyRefusal;

typedef struct {
    const char *name, *summary;
    const char *const *schemes; /* of the URLs that it serves, NULL-terminated */
    /* Delivers one message. Errors: SY_ERROR_UNAVAILABLE, SY_ERROR_FAILED; then *refusal is set.
     * log  where a messenger of log lines writes */
    bool (*deliver)(const char *url, const SyMessageText *message, SyLog *log, SyRefusal *refusal,
                    GError **error);
} SyMessenger;

extern const SyMessenger *const sy_messengers[];
extern const gsize sy_n_messengers;

/* The messenger that serves a URL; NULL where there is none. */
const SyMessenger *sy_messenger_find(const char *url);

#endif
