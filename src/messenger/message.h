/* What people may be told: levels of messages, and a table of kinds. */
#ifndef SY_MESSENGER_MESSAGE_H
#define SY_MESSENGER_MESSAGE_H

#include "base/field.h"

typedef enum {
    SY_MESSAGE_INFO,
    SY_MESSAGE_ALARM,
    SY_MESSAGE_RECOVERED,
    SY_N_MESSAGE_LEVELS
} SyMessageLevel;
extern const char *const sy_message_level_names[];

typedef struct {
    const char *name;  /* as sy_tell has it */
    const char *cause; /* kinds of one cause are told as one, and are over together */
    SyMessageLevel level;
    int running; /* told from so many in a row on */
    const char *title;
    const char *summary;
} SyMessageKind;

extern const SyMessageKind sy_message_kinds[];
extern const gsize sy_n_message_kinds;
const SyMessageKind *sy_message_kind_find(const char *name); /* NULL: people are not told */

/* [notify] of a template, and of the settings: who is told what. */
typedef struct {
    char **to;      /* messengers; NULL: not given */
    char **on;      /* levels and kinds; NULL: not given */
    char *fallback; /* messenger; NULL: none */
} SyNotify;
extern const SyFieldTable sy_notify_fields;

/* Whether [notify] on names a level or kind: alarms and recoveries where it is not given. */
bool sy_notify_wants(const SyNotify *notify, SyMessageLevel level, const char *kind);

#endif
