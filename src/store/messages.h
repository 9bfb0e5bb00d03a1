/* Messages to people, queued in the store: an outage of a messenger delays or loses nothing, and no
 * job waits for one. */
#ifndef SY_STORE_MESSAGES_H
#define SY_STORE_MESSAGES_H

#include "store/store.h"

/* One message. Texts are borrowed where it is added, owned where it was loaded. */
typedef struct {
    gint64 id;
    char *messenger; /* name in the settings */
    char *key;   /* the same cause has the same key: folded while one waits or was sent lately */
    char *level; /* "info", "alarm", "recovered" */
    char *study; /* NULL: of the engine */
    gint64 run;  /* 0: none */
    char *title, *text;
    SyTime created;
    gint64 count; /* occurrences that it stands for; text is the newest's */
    int attempts; /* deliveries so far */
} SyMessage;

/* Queues a message. Where one of the same key waits, that one counts it (*folded) and takes its
 * text; where one was sent within the last hour, this one waits until that hour is over, so that a
 * cause that goes on is a digest an hour. Errors: of the store. */
bool sy_store_add_message(SyStore *store, const SyMessage *message, bool *folded, GError **error);

/* Messages to deliver at `now`, oldest first, at most `most`: SyMessage, freed with the array. */
GPtrArray *sy_store_due_messages(SyStore *store, SyTime now, gsize most, GError **error);
void sy_message_free(SyMessage *message);

/* When the next message is due; SY_TIME_NONE where none waits. */
bool sy_store_next_message(SyStore *store, SyTime *next, GError **error);

/* How a delivery went: sent; or again at next_attempt; or final (SY_TIME_NONE). */
bool sy_store_message_sent(SyStore *store, gint64 id, SyTime now, GError **error);
bool sy_store_message_failed(SyStore *store, gint64 id, const char *reason, SyTime now,
                             SyTime next_attempt, GError **error);

#endif
