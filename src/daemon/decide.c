/* Carries out what the scheduler says. What decides a slot is stored before anything of it happens,
 * all of a step in one transaction; a store that does not answer holds runs back, and nothing else.
 */
#include <string.h>

#include "base/error.h"
#include "daemon/state.h"

static const gint64 slow_write = SY_SECOND;

/* How long after its nominal time a slot's decision may be carried out; not at all where the bar of
 * a trigger is one that nobody may trade any more, or there is none. */
static double wait_seconds(const SySlotAction *action) {
    return action->wait_ends == SY_TIME_NONE
               ? 0
               : (double)(action->wait_ends - action->nominal) / (double)SY_SECOND;
}

static char *request_of(const SyDaemon *daemon, const SyLive *live, const SySlotAction *action) {
    const SyDaemonOptions *options = daemon->options;
    g_autofree char *file = g_path_get_basename(live->path);
    g_autofree char *notice =
        g_hash_table_contains(daemon->refused, live->path)
            ? g_strdup_printf("%s cannot run as it is now (systematica check says why): this is "
                              "the version before it.",
                              file)
            : NULL;
    const SyRunRequest request = {
        .lookback_days = options->lookback_days,
        .since = options->since,
        .max_buffer_seconds = wait_seconds(action),
        .notice = notice,
    };
    return sy_run_request_write(&request);
}

static void undecided_clear(gpointer data) {
    SyUndecided *undecided = data;
    sy_version_unref(undecided->version);
    g_free(undecided->request);
}

GArray *sy_undecided_new(void) {
    GArray *all = g_array_new(FALSE, FALSE, sizeof(SyUndecided));
    g_array_set_clear_func(all, undecided_clear);
    return all;
}

static const SySlotStatus status_of_action[] = {
    [SY_SLOT_START] = SY_SLOT_ROW_RAN,           [SY_SLOT_OUTDATED] = SY_SLOT_ROW_RAN,
    [SY_SLOT_SKIPPED] = SY_SLOT_ROW_SKIPPED,     [SY_SLOT_MISSED] = SY_SLOT_ROW_MISSED,
    [SY_SLOT_COALESCED] = SY_SLOT_ROW_COALESCED,
};

static SySlotDecision decision_of(const SyUndecided *undecided) {
    const SySlotAction *action = &undecided->action;
    SySlotDecision slot = {
        .study = undecided->live->study,
        .kind = sy_job_kind_names[undecided->kind],
        .nominal = action->nominal,
        .status = status_of_action[action->kind],
        .reason = action->reason ? action->reason : "",
        .other = action->other,
        .count = action->count,
        .decided = undecided->decided,
        .bar = SY_TIME_NONE,
    };
    if (slot.status != SY_SLOT_ROW_RAN)
        return slot;
    const SyDocument *document = undecided->version->strategy->template->document;
    slot.run_status = action->kind == SY_SLOT_START ? SY_RUN_PLANNED : SY_RUN_OUTDATED;
    slot.template_hash = document->hash;
    slot.template_text = document->text;
    slot.request = undecided->request;
    slot.bar = action->bar;
    return slot;
}

/* ---- what follows once the store has it ---- */

static void tell_outdated(SyDaemon *daemon, const SyLive *live, const SySlotDecision *slot) {
    char nominal[SY_TIME_TEXT_SIZE], bar[SY_TIME_TEXT_SIZE];
    g_autofree char *about = sy_live_about(live, slot->kind);
    sy_tell_about(
        daemon, SY_LOG_ERROR, "outdated", live->study, about, slot->run,
        "%s slot %s: outdated: the bar that closes at %s did not come in time; nothing is "
        "traded",
        slot->kind, sy_time_format(slot->nominal, nominal), sy_time_format(slot->bar, bar));
}

static void tell_no_run(SyDaemon *daemon, const SyLive *live, const SySlotDecision *slot) {
    char nominal[SY_TIME_TEXT_SIZE];
    g_autofree char *count =
        slot->count > 1
            ? g_strdup_printf("%" G_GINT64_FORMAT " %s slots up to", slot->count, slot->kind)
            : g_strdup_printf("%s slot", slot->kind);
    SyLogLevel level = slot->status == SY_SLOT_ROW_MISSED ? SY_LOG_WARNING : SY_LOG_INFO;
    sy_tell(daemon, level, "missed", live->study, 0, "%s %s: %s%s%s", count,
            sy_time_format(slot->nominal, nominal), sy_slot_status_names[slot->status],
            *slot->reason ? ": " : "", slot->reason);
}

/* Whether the job is on time, for the heartbeat. What passed before the daemon was there is not
 * late now. */
static void note_time(SyDaemon *daemon, SyLive *live, SyJobKind kind, const SySlotAction *action) {
    SyLiveJob *job = &live->job[kind];
    g_autofree char *about = sy_live_about(live, sy_job_kind_names[kind]);
    if (action->kind == SY_SLOT_OUTDATED)
        job->late = true;
    else if (action->kind == SY_SLOT_MISSED)
        job->late |= action->nominal > daemon->started;
    else if (action->kind == SY_SLOT_START) {
        job->late = false;
        sy_post_over(daemon, "outdated", live->study, about);
    }
}

/* Nothing runs for a slot that was to start: its place is free again. */
static void free_place(SyDaemon *daemon, const SySlotAction *action) {
    const SySchedulerEvent event = {.kind = SY_EVENT_ENDED,
                                    .job = action->job,
                                    .time = action->nominal,
                                    .retry_at = SY_TIME_NONE};
    if (action->kind == SY_SLOT_START)
        g_array_append_val(daemon->events, event);
}

static void follow(SyDaemon *daemon, const SyUndecided *undecided, const SySlotDecision *slot) {
    const SySlotAction *action = &undecided->action;
    /* it may be our own, of a commit whose answer was lost */
    bool ours = slot->run && !g_hash_table_contains(daemon->runs, &slot->run);
    if (slot->already && !ours) {
        free_place(daemon, action);
        return;
    }
    note_time(daemon, undecided->live, undecided->kind, action);
    if (action->kind == SY_SLOT_START)
        sy_run_start(daemon, sy_run_add(daemon, undecided->live, undecided->kind, action->job,
                                        action->nominal, slot->run, 1));
    else if (slot->already)
        return;
    else if (action->kind == SY_SLOT_OUTDATED)
        tell_outdated(daemon, undecided->live, slot);
    else
        tell_no_run(daemon, undecided->live, slot);
}

/* A slot that the store will never take, whatever is tried: it blocks no other. */
static void drop(SyDaemon *daemon, const SyUndecided *undecided, const GError *error) {
    char nominal[SY_TIME_TEXT_SIZE];
    free_place(daemon, &undecided->action);
    if (g_error_matches(error, SY_ERROR, SY_ERROR_HELD))
        sy_live_lose(daemon, undecided->live, error);
    else
        sy_tell(daemon, SY_LOG_ERROR, "unstored", undecided->live->study, 0,
                "%s slot %s: cannot be stored, and is given up: %s",
                sy_job_kind_names[undecided->kind],
                sy_time_format(undecided->action.nominal, nominal), error->message);
}

/* Stores the undecided [first, first + n) in one transaction, then starts what is to run; where the
 * store can never take that, each half by itself, down to the one at fault. Returns how many were
 * dealt with: the rest waits for the store. */
static guint decide_some(SyDaemon *daemon, guint first, guint n) {
    const SyUndecided *undecided = &g_array_index(daemon->undecided, SyUndecided, first);
    g_autofree SySlotDecision *slot = g_new0(SySlotDecision, n);
    g_autofree gint64 *epoch = g_new(gint64, n);
    for (guint i = 0; i < n; i++) {
        slot[i] = decision_of(&undecided[i]);
        epoch[i] = undecided[i].live->epoch;
    }
    g_autoptr(GError) error = NULL;
    gint64 start = sy_env_elapsed(daemon->env);
    if (!sy_store_decide_slots(daemon->store, slot, n, epoch, &error)) {
        if (sy_store_error_passes(error)) {
            sy_store_failed(daemon, error, "slots wait to be stored, and do not run before");
            return 0;
        }
        if (n == 1) {
            drop(daemon, undecided, error);
            return 1;
        }
        guint done = decide_some(daemon, first, n / 2);
        return done < n / 2 ? done : done + decide_some(daemon, first + n / 2, n - n / 2);
    }
    gint64 took = sy_env_elapsed(daemon->env) - start;
    for (guint i = 0; i < n; i++)
        follow(daemon, &undecided[i], &slot[i]);
    if (took > slow_write)
        sy_tell(daemon, SY_LOG_WARNING, "slow_store", NULL, 0,
                "storing %u slots took %.1f s: look at the disk of the store", n,
                (double)took / (double)SY_SECOND);
    else
        sy_post_over(daemon, "slow_store", NULL, NULL);
    return n;
}

static void decide(SyDaemon *daemon) {
    if (daemon->undecided->len && !daemon->fatal)
        g_array_remove_range(daemon->undecided, 0, decide_some(daemon, 0, daemon->undecided->len));
}

void sy_decide_again(SyDaemon *daemon) { decide(daemon); }

/* ---- actions ---- */

static void on_decision(SyDaemon *daemon, const SySlotAction *action) {
    SyUndecided undecided = {.action = *action, .decided = sy_env_now(daemon->env)};
    bool runs = status_of_action[action->kind] == SY_SLOT_ROW_RAN;
    undecided.live = sy_live_of_job(daemon, action->job, &undecided.kind);
    if (undecided.live && undecided.live->lost) {
        free_place(daemon, action);
        return;
    }
    if (!undecided.live) { /* a mistake of this program: no slot may be lost without a word */
        sy_tell(daemon, SY_LOG_ERROR, "unstored", NULL, 0,
                "a slot of job %u, which nothing is known of, is given up: report this",
                action->job);
        free_place(daemon, action);
        return;
    }
    undecided.version = sy_version_ref(undecided.live->version);
    if (runs)
        undecided.request = request_of(daemon, undecided.live, action);
    g_array_append_val(daemon->undecided, undecided);
}

static void on_start(SyDaemon *daemon, const SySlotAction *action) {
    SyLiveRun *run = sy_run_find(daemon, action->job, action->nominal);
    if (run)
        sy_run_start(daemon, run);
    else
        on_decision(daemon, action);
}

/* For a later slot, or, where none is named, for its time. */
static void on_cancel(SyDaemon *daemon, const SySlotAction *action) {
    SyLiveRun *run = sy_run_find(daemon, action->job, action->nominal);
    if (run)
        sy_run_cancel(daemon, run,
                      action->other == SY_TIME_NONE ? SY_RUN_TIMED_OUT : SY_RUN_CANCELLED);
}

static void on_give_up(SyDaemon *daemon, const SySlotAction *action) {
    SyLiveRun *run = sy_run_find(daemon, action->job, action->nominal);
    if (run)
        sy_run_give_up(daemon, run, action->reason);
}

static void on_probe(SyDaemon *daemon, const SySlotAction *action) {
    daemon->look(daemon, action->probe);
}

static void on_hold(SyDaemon *daemon, const SySlotAction *action) {
    SyJobKind kind;
    const SyLive *live = sy_live_of_job(daemon, action->job, &kind);
    char until[SY_TIME_TEXT_SIZE];
    if (!live)
        return;
    g_autofree char *about = sy_live_about(live, sy_job_kind_names[kind]);
    sy_tell_about(daemon, SY_LOG_ERROR, "clock_hold", live->study, about, 0,
                  "%s is held until %s: the clock is in doubt; once it is right, send SIGHUP",
                  sy_job_kind_names[kind], sy_time_format(action->other, until));
}

static void on_release(SyDaemon *daemon, const SySlotAction *action) {
    SyJobKind kind;
    const SyLive *live = sy_live_of_job(daemon, action->job, &kind);
    if (!live)
        return;
    g_autofree char *about = sy_live_about(live, sy_job_kind_names[kind]);
    sy_tell(daemon, SY_LOG_WARNING, "clock_release", live->study, 0, "%s goes on",
            sy_job_kind_names[kind]);
    sy_post_over(daemon, "clock_hold", live->study, about);
}

static void (*const handlers[])(SyDaemon *, const SySlotAction *) = {
    [SY_SLOT_START] = on_start,        [SY_SLOT_OUTDATED] = on_decision,
    [SY_SLOT_SKIPPED] = on_decision,   [SY_SLOT_MISSED] = on_decision,
    [SY_SLOT_COALESCED] = on_decision, [SY_SLOT_CANCEL] = on_cancel,
    [SY_SLOT_GIVE_UP] = on_give_up,    [SY_SLOT_PROBE] = on_probe,
    [SY_SLOT_HOLD] = on_hold,          [SY_SLOT_RELEASE] = on_release,
};

void sy_carry_out(SyDaemon *daemon, const GArray *actions) {
    for (guint i = 0; i < actions->len; i++) {
        const SySlotAction *action = &g_array_index(actions, SySlotAction, i);
        handlers[action->kind](daemon, action);
    }
    if (!daemon->store_retry)
        decide(daemon);
}
