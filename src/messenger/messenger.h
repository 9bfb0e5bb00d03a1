/* Contract of messengers: how a message reaches people. A row of the registry delivers one message;
 * queueing and folding are the store's, when to try again is sy_messenger_next_attempt's. */
#ifndef SY_MESSENGER_MESSENGER_H
#define SY_MESSENGER_MESSENGER_H

#include "base/field.h"
#include "net/http.h"

typedef struct {
    gint64 id;                                             /* the same in each attempt */
    const char *level, *kind, *key, *study, *title, *text; /* study NULL: of the engine */
    gint64 run;                                            /* 0: none */
    SyTime created;
    gint64 count; /* how often the cause occurred since the last message of it */
} SyMessageText;

/* What is known of an attempt that failed. */
typedef struct {
    bool final;         /* trying again cannot help */
    double retry_after; /* seconds that the server asked for; NaN where it did not */
} SyAttempt;

typedef struct {
    const char *name; /* "log", "webhook": [messengers.NAME] kind */
    const char *summary;
    const SyFieldTable *fields; /* of [messengers.NAME], besides `kind`; NULL: none */
    /* Keys whose values are never shown, NULL-terminated; NULL: none. */
    const char *const *secret_keys;
    /* Delivers one message. NULL: there is nothing to do, the daemon's log has its line. Errors:
     * SY_ERROR_UNAVAILABLE, SY_ERROR_FAILED; *attempt says more. */
    bool (*deliver)(gconstpointer config, const SyMessageText *message, SyHttpSend send,
                    SyAttempt *attempt, GError **error);
} SyMessenger;

extern const SyMessenger *const sy_messengers[];
extern const gsize sy_n_messengers;
const SyMessenger *sy_messenger_find(const char *name);

/* Why a messenger that others have is not there; NULL for a name that nobody knows. */
const char *sy_messenger_refused(const char *name);

/* When a message is tried again after its attempt number `attempts` failed at `now`: 5 s, 10 s, …
 * at most 10 minutes later, or when the server said; SY_TIME_NONE: not again, for that would be
 * more than SY_MESSAGE_LIFE after it was made. */
SyTime sy_messenger_next_attempt(SyTime created, int attempts, double retry_after, SyTime now);
#define SY_MESSAGE_LIFE SY_DAY

#endif
