/* Messages to people, queued in the store, and the alarms that they come from. An outage of a
 * messenger delays or loses nothing, and no job waits for one. */
#ifndef SY_STORE_MESSAGES_H
#define SY_STORE_MESSAGES_H

#include "store/events.h"

/* One message to one messenger. Texts are owned; free with sy_message_free. */
typedef struct {
    gint64 id;
    char *messenger; /* name in the settings, or "log" */
    char *fallback;  /* messenger that gets it where this one fails for good; NULL: none */
    char *key;       /* of one cause, what waits is folded into one message */
    char *kind;
    char *level; /* "info", "alarm", "recovered" */
    char *study; /* NULL: of the engine */
    gint64 run;  /* 0: none */
    char *title, *text;
    gint64 count; /* occurrences that it stands for */
    SyTime created;
    char *status;               /* "waiting", "sent", "failed" */
    int attempts;               /* with the one that goes on */
    SyTime next_attempt, ended; /* SY_TIME_NONE where not */
    char *reason;               /* of the last failure, "" */
} SyMessage;
void sy_message_free(SyMessage *message);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(SyMessage, sy_message_free)

/* Something that may need somebody: how often it occurred, and what people were told of it. Texts
 * are owned. */
typedef struct {
    char *key;
    char *kind, *study, *text; /* study NULL: of the engine; text: of the newest occurrence */
    gint64 run;
    gint64 running; /* occurrences in a row; 0: it is over */
    gint64 untold;  /* occurrences since people were told last */
    SyTime since;   /* first of those in a row */
    SyTime told;    /* SY_TIME_NONE: never */
    bool raised;    /* people were told that it goes on */
} SyAlarm;
void sy_alarm_free(SyAlarm *alarm);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(SyAlarm, sy_alarm_free)

/* All alarms; SyAlarm, freed with the array. */
GPtrArray *sy_store_load_alarms(SyStore *store, GError **error);

/* Appends events [n] to the audit chain, stores alarms (SyAlarm) and queues messages (SyMessage) in
 * one transaction. Of a message count
 * and created must be set; one to "log" is sent with that, for the log has its line. Where a
 * message of the same messenger, key and level waits, the new one is folded into it. */
bool sy_store_queue(SyStore *store, const SyEvent *events, gsize n, const GPtrArray *alarms,
                    const GPtrArray *messages, SyTime now, GError **error);

/* Takes the oldest message that is due for an attempt: nobody else does so before `lease_ends`.
 * *message is NULL where none is due. */
bool sy_store_take_message(SyStore *store, SyTime now, SyTime lease_ends, SyMessage **message,
                           GError **error);

/* How an attempt went. Where it is tried again, all that waits for the same messenger waits as
 * long. One that failed for good goes to its fallback. Nothing is stored where somebody else has
 * taken the message meanwhile.
 *
 * reason        NULL: it was sent
 * next_attempt  SY_TIME_NONE: not again */
bool sy_store_end_attempt_of_message(SyStore *store, const SyMessage *message, const char *reason,
                                     SyTime next_attempt, SyTime now, GError **error);

/* When the next message is due; SY_TIME_NONE: none waits. */
bool sy_store_next_message(SyStore *store, SyTime *next, GError **error);

/* The newest messages, newest first; SyMessage, freed with the array. */
GPtrArray *sy_store_list_messages(SyStore *store, gsize most, GError **error);

#endif
