/* What commands ask for: they write it into the store and touch a file, which wakes the daemon. */
#include <fcntl.h>
#include <string.h>

#include "base/error.h"
#include "daemon/state.h"

/* A job that was paused stops; one that was resumed goes on with the slots after that moment. */
static void take_pause(SyDaemon *daemon, SyLive *live, SyJobKind kind, const SyJobRecord *record) {
    SyLiveJob *job = &live->job[kind];
    if (!job->wanted || live->removed || record->paused == job->paused)
        return;
    job->paused = record->paused;
    if (record->paused)
        sy_live_unschedule(daemon, live, kind, "the job was paused");
    else
        sy_live_schedule(daemon, live, kind, record->last, sy_live_count_from(daemon, job, record));
    sy_log(daemon->log, SY_LOG_INFO, live->study, 0, "%s: %s", sy_job_kind_names[kind],
           record->paused ? "paused" : "resumed");
}

static bool take_pauses(SyDaemon *daemon, GError **error) {
    g_autoptr(GArray) rows = sy_store_paused_jobs(daemon->store, error);
    g_autoptr(GHashTable) lives = g_hash_table_new(g_str_hash, g_str_equal);
    for (guint i = 0; rows && i < daemon->lives->len; i++) {
        SyLive *live = daemon->lives->pdata[i];
        g_hash_table_insert(lives, live->study, live);
    }
    for (guint i = 0; rows && i < rows->len; i++) {
        const SyJobRow *row = &g_array_index(rows, SyJobRow, i);
        SyLive *live = g_hash_table_lookup(lives, row->study);
        SyJobKind kind;
        if (live && sy_job_kind_find(row->kind, &kind))
            take_pause(daemon, live, kind, &row->record);
    }
    return rows != NULL;
}

/* A trigger becomes a slot. One of a job that does not run is no slot: it is dropped, by name. */
static void take_trigger(SyDaemon *daemon, const SyTriggerRow *row) {
    for (guint i = 0; i < daemon->lives->len; i++) {
        SyLive *live = daemon->lives->pdata[i];
        for (SyJobKind kind = 0; kind < SY_N_JOB_KINDS; kind++) {
            if (strcmp(live->study, row->study) != 0 ||
                strcmp(sy_job_kind_names[kind], row->kind) != 0 || !live->job[kind].scheduled)
                continue;
            const SySchedulerEvent event = {
                .kind = SY_EVENT_TRIGGER, .job = live->job[kind].number, .time = row->created};
            g_array_append_val(daemon->events, event);
            return;
        }
    }
    sy_tell(daemon, SY_LOG_WARNING, "trigger", row->study, 0,
            "the %s job that was triggered does not run here now (paused, or not asked for): the "
            "trigger waits for the next start",
            row->kind);
}

static bool take_triggers(SyDaemon *daemon, GError **error) {
    g_autoptr(GPtrArray) studies = g_ptr_array_new();
    for (guint i = 0; i < daemon->lives->len; i++)
        g_ptr_array_add(studies, ((SyLive *)daemon->lives->pdata[i])->study);
    g_ptr_array_add(studies, NULL);
    g_autoptr(GArray) rows =
        sy_store_take_triggers(daemon->store, (const char *const *)studies->pdata, error);
    for (guint i = 0; rows && i < rows->len; i++)
        take_trigger(daemon, &g_array_index(rows, SyTriggerRow, i));
    return rows != NULL;
}

void sy_commands_take(SyDaemon *daemon) {
    g_autoptr(GError) error = NULL;
    if (!daemon->stopping && (!take_pauses(daemon, &error) || !take_triggers(daemon, &error)))
        sy_store_failed(daemon, error, "commands are not taken in");
}
