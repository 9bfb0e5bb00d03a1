/* When people are told: what keeps occurring is told once, then as a digest, and once more when it
 * is over. Pure functions on the state of one cause. */
#ifndef SY_DAEMON_ALARMS_H
#define SY_DAEMON_ALARMS_H

#include "messenger/message.h"
#include "store/messages.h"

/* It goes on, and people know: reminded no sooner. */
#define SY_ALARM_REMIND (6 * SY_HOUR)
/* Told, then over, then there again: told no sooner. */
#define SY_ALARM_QUIET (10 * SY_MINUTE)

/* It occurred at `now`. Returns how many occurrences a message shall stand for; 0: nothing is said
 * now. */
gint64 sy_alarm_occur(SyAlarm *alarm, const SyMessageKind *kind, SyTime now);

/* Nothing occurred. The same, for what was kept back and is due by now. */
gint64 sy_alarm_look(SyAlarm *alarm, const SyMessageKind *kind, SyTime now);

/* It is over. True where people know of it and shall be told; *count is how often it occurred since
 * they were told last. */
bool sy_alarm_end(SyAlarm *alarm, gint64 *count);

/* Where more than SY_GATHER_FROM messages (SyMessage) of one kind and level go to one messenger at
 * once, as when an engine is down, one message to it takes their place: it names the strategies and
 * says what the first of them say. The count is the sum; the run is none. */
#define SY_GATHER_FROM 5
void sy_messages_gather(GPtrArray *messages);

#endif
