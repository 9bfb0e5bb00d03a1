/* The policy of alarms, without a clock or a store of its own. */
#include "daemon/alarms.h"

#include <string.h>

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

/* ---- many at once ---- */

static bool is_alike(const SyMessage *a, const SyMessage *b) {
    return strcmp(a->messenger, b->messenger) == 0 && strcmp(a->kind, b->kind) == 0 &&
           strcmp(a->level, b->level) == 0 && g_strcmp0(a->fallback, b->fallback) == 0;
}

/* Indices of the messages like `first`, which is the first of them. */
static GArray *find_alike(const GPtrArray *messages, guint first) {
    GArray *found = g_array_new(FALSE, FALSE, sizeof(guint));
    for (guint i = first; i < messages->len; i++)
        if (is_alike(messages->pdata[first], messages->pdata[i]))
            g_array_append_val(found, i);
    return found;
}

static const char *study_of(const SyMessage *message) {
    return message->study ? message->study : "systematica";
}

static SyMessage *gather(const GPtrArray *messages, const GArray *which) {
    enum { told_in_full = 10 };
    const SyMessage *first = messages->pdata[g_array_index(which, guint, 0)];
    const char *colon = strchr(first->title, ':');
    g_autoptr(GString) text = g_string_new(NULL);
    gint64 count = 0;
    for (guint i = 0; i < which->len; i++) {
        const SyMessage *one = messages->pdata[g_array_index(which, guint, i)];
        count += one->count;
        if (i < told_in_full)
            g_string_append_printf(text, "%s: %s\n", study_of(one), one->text);
        else
            g_string_append_printf(text, "%s%s", i == told_in_full ? "and " : ", ", study_of(one));
    }
    SyMessage *all = g_new0(SyMessage, 1);
    *all = (SyMessage){.messenger = g_strdup(first->messenger),
                       .fallback = g_strdup(first->fallback),
                       .key = g_strdup_printf("%s/many", first->kind),
                       .kind = g_strdup(first->kind),
                       .level = g_strdup(first->level),
                       .title = g_strdup_printf("%u times%s", which->len, colon ? colon : ""),
                       .text = g_strdup(text->str),
                       .count = count,
                       .created = first->created};
    return all;
}

void sy_messages_gather(GPtrArray *messages) {
    for (guint first = 0; first < messages->len; first++) {
        g_autoptr(GArray) which = find_alike(messages, first);
        if (which->len <= SY_GATHER_FROM)
            continue;
        SyMessage *all = gather(messages, which);
        for (guint i = which->len; i > 1; i--)
            g_ptr_array_remove_index(messages, g_array_index(which, guint, i - 1));
        sy_message_free(messages->pdata[first]);
        messages->pdata[first] = all;
    }
}
