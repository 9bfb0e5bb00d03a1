/* The audit chain: every change of state is an event row that carries the hash of its predecessor.
 * Retention replaces a prefix by a checkpoint, which the verification accepts. */
#ifndef SY_STORE_EVENTS_H
#define SY_STORE_EVENTS_H

#include "store/store.h"

typedef struct {
    SyTime time;
    const char
        *kind; /* "slot", "run", "attempt", "decision", "template", "clock_step", "pause" … */
    const char *study; /* NULL: of the engine */
    gint64 run;        /* 0: none */
    const char *facts; /* JSON object */
} SyEvent;

/* Appends events [n] in a transaction of their own. Functions of the store that change something
 * append theirs inside their own transaction. */
bool sy_store_add_events(SyStore *store, const SyEvent *events, gsize n, GError **error);

/* Whether a command (pause, resume, trigger) was stored after the event *sequence, which becomes
 * the newest; -1: not known, then true. Cost: reads the events since. */
bool sy_store_look_for_commands(SyStore *store, gint64 *sequence, bool *asked, GError **error);

/* Facts (JSON) of the newest event of a kind that belongs to a run; NULL where there is none. Free
 * with g_free. */
bool sy_store_find_event(SyStore *store, gint64 run, const char *kind, char **facts,
                         GError **error);

/* What the verification found. */
typedef struct {
    gint64 first, last, checked; /* sequence numbers, count */
    bool whole;
    gint64 broken_at; /* sequence number; 0 where whole */
    char *reason;     /* NULL where whole */
} SyAudit;
bool sy_store_verify(SyStore *store, SyAudit *audit, GError **error);
void sy_audit_clear(SyAudit *audit);

#endif
