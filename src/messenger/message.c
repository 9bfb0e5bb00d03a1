/* The table of kinds: what each is told as, and from when on. */
#include "messenger/message.h"

#include <string.h>

#include "base/error.h"
#include "base/text.h"

const char *const sy_message_level_names[] = {
    [SY_MESSAGE_INFO] = "info",
    [SY_MESSAGE_ALARM] = "alarm",
    [SY_MESSAGE_RECOVERED] = "recovered",
};

/* clang-format off */
const SyMessageKind sy_message_kinds[] = {
    {"failed", "run", SY_MESSAGE_ALARM, 1, "a run failed", "A run failed, after its last attempt; over when one of the same job succeeds."},
    {"crashed", "run", SY_MESSAGE_ALARM, 1, "a run crashed", "A run's process vanished; as failed."},
    {"timed_out", "run", SY_MESSAGE_ALARM, 1, "a run timed out", "A run took longer than [executor] timeout; as failed."},
    {"outdated", "outdated", SY_MESSAGE_ALARM, 2, "bars do not come", "The bar of a slot did not come in time, twice running; over when a slot has its bar."},
    {"revised_bar", "revised_bar", SY_MESSAGE_ALARM, 1, "a bar was revised", "A bar that was decided on has changed since."},
    {"orphaned", "orphaned", SY_MESSAGE_ALARM, 1, "a position has no strategy", "A template went away while its strategy holds a position; over when it is back."},
    {"broken", "broken", SY_MESSAGE_ALARM, 1, "a template does not load", "A template's text cannot run; over when it can."},
    {"settings", "settings", SY_MESSAGE_ALARM, 1, "the settings do not load", "Settings that were read again cannot be used; over when they can."},
    {"fenced", "fenced", SY_MESSAGE_ALARM, 1, "halted: another process took over", "Somebody else took a strategy over: it stops here, and the daemon ends where it was the last one."},
    {"unstored", "unstored", SY_MESSAGE_ALARM, 1, "a slot is not stored", "The store refuses a slot, or how a run ended, for good; it is given up, and the others go on."},
    {"clock_step", "clock_step", SY_MESSAGE_ALARM, 1, "the clock was set", "The wall clock jumped by half a second or more."},
    {"clock_hold", "clock_hold", SY_MESSAGE_ALARM, 1, "a job is held", "A job waits because the clock is in doubt; over when it goes on."},
    {"disk", "disk", SY_MESSAGE_ALARM, 1, "the disk is nearly full", "Less than 10 % of the workspace's disk is free; over from 12 % on."},
    {"slow_store", "slow_store", SY_MESSAGE_ALARM, 1, "the store is slow", "Storing slots took more than a second; over when it does not."},
    {"store", "store", SY_MESSAGE_ALARM, 1, "the store did not answer", "The store could not be written; told once it can."},
    {"upkeep", "upkeep", SY_MESSAGE_ALARM, 1, "the daily copy failed", "The daily copy of the store, or forgetting what is old, failed."},
    {"missed", "missed", SY_MESSAGE_INFO, 1, "slots were missed", "Slots were found too late to run."},
    {"cancelled", "cancelled", SY_MESSAGE_INFO, 1, "a run was cancelled", "A run was ended before it was done."},
    {"probe", "probe", SY_MESSAGE_INFO, 1, "bars cannot be looked at", "The newest bar cannot be looked up; slots wait."},
    {"suspend", "suspend", SY_MESSAGE_INFO, 1, "the machine slept", "The machine was suspended."},
    {"sweep", "sweep", SY_MESSAGE_INFO, 1, "leftovers were killed", "Processes of an earlier daemon were ended."},
    {"template", "template", SY_MESSAGE_INFO, 1, "a template changed", "A template was changed or removed."},
    {"trigger", "trigger", SY_MESSAGE_INFO, 1, "a trigger waits", "A job that was triggered does not run now."},
    {"reload", "reload", SY_MESSAGE_INFO, 1, "settings were read again", "Settings and templates were read again."},
    {"stop", "stop", SY_MESSAGE_INFO, 1, "stopping", "run_app or run_all was asked to stop."},
};
/* clang-format on */
const gsize sy_n_message_kinds = G_N_ELEMENTS(sy_message_kinds);

const SyMessageKind *sy_message_kind_find(const char *name) {
    for (gsize i = 0; i < sy_n_message_kinds; i++)
        if (strcmp(sy_message_kinds[i].name, name) == 0)
            return &sy_message_kinds[i];
    return NULL;
}

static bool is_level(const char *text) {
    for (gsize i = 0; i < SY_N_MESSAGE_LEVELS; i++)
        if (strcmp(sy_message_level_names[i], text) == 0)
            return true;
    return false;
}

static bool check_on(const char *text, GError **error) {
    if (is_level(text) || sy_message_kind_find(text))
        return true;
    const char *known[G_N_ELEMENTS(sy_message_kinds)];
    for (gsize i = 0; i < sy_n_message_kinds; i++)
        known[i] = sy_message_kinds[i].name;
    g_autofree char *meant = sy_text_did_you_mean(text, known, sy_n_message_kinds);
    return sy_fail(error, SY_ERROR_USAGE,
                   "\"%s\" is neither a level (alarm, recovered, info) nor a kind of message "
                   "(`systematica explain notify` lists them)%s",
                   text, meant);
}

static const SyField fields[] = {
    SY_FIELD(SyNotify, to,
             .help = "Messengers that get the messages: log, and those of the settings "
                     "([messengers.NAME]); not given: as [notify] of the settings says, else log."),
    SY_FIELD(SyNotify, on, .check = check_on,
             .help = "Which messages: levels (alarm, recovered, info) and kinds; not given: alarm "
                     "and recovered."),
    SY_FIELD(SyNotify, fallback,
             .help = "The messenger that gets what another one could not deliver for good."),
};
const SyFieldTable sy_notify_fields = SY_FIELD_TABLE(SyNotify, fields);

bool sy_notify_wants(const SyNotify *notify, SyMessageLevel level, const char *kind) {
    const char *const *on = (const char *const *)notify->on;
    if (!on)
        return level != SY_MESSAGE_INFO;
    return g_strv_contains(on, sy_message_level_names[level]) || g_strv_contains(on, kind);
}
