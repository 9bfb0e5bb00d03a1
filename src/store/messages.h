/* Messages to people, queued in the store: an outage of a messenger delays or loses nothing, and no
 * job waits for one. */
#ifndef SY_STORE_MESSAGES_H
#define SY_STORE_MESSAGES_H

#include "store/store.h"

typedef struct {
    gint64 id;
    const char *messenger; /* row of the registry, with its settings: "log", "webhook:ops" */
    const char
        *key; /* the same cause has the same key: folded while one waits or was sent lately */
    const char *level; /* "info", "alarm", "recovered" */
    const char *study; /* NULL: of the engine */
    gint64 run;        /* 0: none */
    const char *title, *text;
    SyTime created;
    int attempts;
    SyTime next_attempt;
} SyMessage;

/* Queues a message; *folded where one of the same key waits already (its count goes up). */
bool sy_store_add_message(SyStore *store, const SyMessage *message, bool *folded, GError **error);

/* Messages to deliver at `now`, oldest first, at most `most`. SyMessage with owned texts. */
GPtrArray *sy_store_due_messages(SyStore *store, SyTime now, gsize most, GError **error);
void sy_message_free(SyMessage *message);

/* How a delivery went: sent; or again at next_attempt; or final (SY_TIME_NONE). */
bool sy_store_message_sent(SyStore *store, gint64 id, SyTime now, GError **error);
bool sy_store_message_failed(SyStore *store, gint64 id, const char *reason, SyTime next_attempt,
                             GError **error);

#endif
