/* The policy of alarms, without a clock or a store of its own. */
#include "daemon/alarms.h"

/* A time of the future was written by a wrong clock: it keeps nobody quiet. */
static bool is_quiet(const SyAlarm *alarm, SyTime now) {
    if (alarm->told == SY_TIME_NONE || alarm->told > now)
        return false;
    return now - alarm->told < (alarm->raised ? SY_ALARM_REMIND : SY_ALARM_QUIET);
}

gint64 sy_alarm_look(SyAlarm *alarm, const SyMessageKind *kind, SyTime now) {
    if (alarm->untold == 0 || alarm->running < kind->running || is_quiet(alarm, now))
        return 0;
    gint64 count = alarm->untold;
    alarm->untold = 0;
    alarm->told = now;
    alarm->raised = kind->level == SY_MESSAGE_ALARM;
    return count;
}

gint64 sy_alarm_occur(SyAlarm *alarm, const SyMessageKind *kind, SyTime now) {
    if (alarm->running == 0)
        alarm->since = now;
    alarm->running++;
    alarm->untold++;
    return sy_alarm_look(alarm, kind, now);
}

bool sy_alarm_end(SyAlarm *alarm, gint64 *count) {
    bool known = alarm->raised;
    *count = alarm->untold;
    alarm->running = alarm->untold = 0;
    alarm->raised = false;
    return known;
}
