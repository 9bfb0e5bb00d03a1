/* Runs, from their start to the row that says how they ended. A worker stores its own end; what a
 * worker could not store any more, because it vanished or was killed, is stored here. */
#include <signal.h>
#include <string.h>

#include "base/error.h"
#include "daemon/state.h"
#include "store/events.h"

void sy_ending_clear(SyEnding *ending) { g_clear_pointer(&ending->message, g_free); }

void sy_run_free(SyLiveRun *run) {
    g_free(run->problem);
    g_free(run);
}

static guint slot_hash(gconstpointer data) {
    const SyLiveRun *run = data;
    return g_int64_hash(&run->nominal) ^ run->job;
}

static gboolean slot_equal(gconstpointer x, gconstpointer y) {
    const SyLiveRun *a = x, *b = y;
    return a->job == b->job && a->nominal == b->nominal;
}

GHashTable *sy_run_index_new(void) { return g_hash_table_new(slot_hash, slot_equal); }

SyLiveRun *sy_run_add(SyDaemon *daemon, SyLive *live, SyJobKind kind, guint job, SyTime nominal,
                      gint64 id, int attempt) {
    SyLiveRun *run = g_new0(SyLiveRun, 1);
    *run = (SyLiveRun){.id = id,
                       .job = job,
                       .nominal = nominal,
                       .live = live,
                       .kind = kind,
                       .attempt = attempt,
                       .started = -1,
                       .patience = live->job[kind].job.max_buffer};
    live->runs++;
    g_hash_table_insert(daemon->runs, &run->id, run);
    g_hash_table_add(daemon->by_slot, run);
    return run;
}

SyLiveRun *sy_run_find(const SyDaemon *daemon, guint job, SyTime nominal) {
    const SyLiveRun wanted = {.job = job, .nominal = nominal};
    return g_hash_table_lookup(daemon->by_slot, &wanted);
}

static void tell_scheduler(SyDaemon *daemon, const SyLiveRun *run, SyTime retry_at) {
    const SySchedulerEvent event = {
        .kind = SY_EVENT_ENDED, .job = run->job, .time = run->nominal, .retry_at = retry_at};
    g_array_append_val(daemon->events, event);
}

/* The scheduler is done with its slot, and may give the job's number away. */
static void forget_slot(SyDaemon *daemon, const SyLiveRun *run) {
    if (g_hash_table_lookup(daemon->by_slot, run) == run)
        g_hash_table_remove(daemon->by_slot, run);
}

/* It is over for the daemon: the store says how. */
static void forget(SyDaemon *daemon, SyLiveRun *run) {
    forget_slot(daemon, run);
    run->live->runs--;
    g_hash_table_remove(daemon->runs, &run->id);
}

/* ---- starting and stopping ---- */

static void add_ending(SyDaemon *daemon, gint64 run, SyRunStatus status, const char *message,
                       bool gave_up) {
    const SyEnding ending = {run, status, g_strdup(message), gave_up};
    g_array_append_val(daemon->endings, ending);
}

void sy_run_start(SyDaemon *daemon, SyLiveRun *run) {
    const SyExecution execution = {
        .run = run->id,
        .epoch = run->live->epoch,
        .study = run->live->study,
        .kind = sy_job_kind_names[run->kind],
        .timeout_ns = (gint64)(daemon->settings->executor.timeout * (double)SY_SECOND),
    };
    g_autoptr(GError) error = NULL;
    if (!daemon->executor_row->start(daemon->executor, &execution, &error)) {
        add_ending(daemon, run->id, SY_RUN_FAILED, error->message, false);
        return;
    }
    run->started = sy_env_elapsed(daemon->env);
    daemon->executing++;
    char nominal[SY_TIME_TEXT_SIZE];
    sy_log(daemon->log, SY_LOG_DEBUG, run->live->study, run->id, "%s slot %s: attempt %d starts",
           sy_job_kind_names[run->kind], sy_time_format(run->nominal, nominal), run->attempt);
}

void sy_run_cancel(SyDaemon *daemon, SyLiveRun *run, SyRunStatus status) {
    run->cancelled = true;
    if (run->started >= 0)
        daemon->executor_row->cancel(daemon->executor, run->id, status);
}

void sy_run_interrupt(SyDaemon *daemon, SyLiveRun *run) {
    if (run->cancelled)
        return;
    run->interrupted = true;
    sy_run_cancel(daemon, run, SY_RUN_CANCELLED);
}

void sy_run_give_up(SyDaemon *daemon, SyLiveRun *run, const char *reason) {
    forget_slot(daemon, run);
    add_ending(daemon, run->id, SY_RUN_FAILED, reason, true);
}

/* ---- ends ---- */

/* A bar that was decided on has changed: the worker has put that into the audit chain. */
static void tell_revised(SyDaemon *daemon, const SyLiveRun *run) {
    g_autofree char *facts = NULL;
    if (run->kind != SY_JOB_TRADE ||
        !sy_store_find_event(daemon->store, run->id, "revised_bar", &facts, NULL) || !facts)
        return;
    g_autofree char *text =
        g_strdup_printf("bars that were decided on have changed; the run decided on the data as "
                        "they are now: %s",
                        facts);
    sy_log(daemon->log, SY_LOG_ERROR, run->live->study, run->id, "%s", text);
    sy_post_tell(daemon, "revised_bar", run->live->study, NULL, run->id, text);
}

static void tell_success(SyDaemon *daemon, const SyLiveRun *run, const char *nominal,
                         double seconds, const char *message) {
    const char *kind = sy_job_kind_names[run->kind];
    g_autofree char *about = sy_live_about(run->live, kind);
    sy_log(daemon->log, SY_LOG_INFO, run->live->study, run->id,
           "%s slot %s: succeeded in %.3f s%s%s", kind, nominal, seconds, *message ? ": " : "",
           message);
    sy_post_over(daemon, "run", run->live->study, about);
    tell_revised(daemon, run);
}

static void tell_end(SyDaemon *daemon, const SyLiveRun *run, const SyRunRow *row, double seconds) {
    char nominal[SY_TIME_TEXT_SIZE], retry[SY_TIME_TEXT_SIZE];
    const char *kind = sy_job_kind_names[run->kind], *message = row->message ? row->message : "";
    g_autofree char *about = sy_live_about(run->live, kind);
    sy_time_format(run->nominal, nominal);
    if (row->status == SY_RUN_BACKING_OFF)
        sy_tell(daemon, SY_LOG_WARNING, "back_off", run->live->study, run->id,
                "%s slot %s: attempt %d failed, the next is at %s: %s", kind, nominal, run->attempt,
                sy_time_format(row->retry_at, retry), message);
    else if (row->status == SY_RUN_SUCCEEDED)
        tell_success(daemon, run, nominal, seconds, message);
    else
        sy_tell_about(daemon, SY_LOG_ERROR, sy_run_status_names[row->status], run->live->study,
                      about, run->id, "%s slot %s: %s after %.3f s%s%s", kind, nominal,
                      sy_run_status_names[row->status], seconds, *message ? ": " : "", message);
}

/* What is known of how its process ended. */
static const char *words_of(const SyEnding *ending) {
    if (ending->status == SY_RUN_SUCCEEDED)
        return "its process ended without a word";
    return ending->message ? ending->message : "";
}

/* Ends a run that nobody has ended. */
static bool end_in_store(SyDaemon *daemon, const SyLiveRun *run, const SyEnding *ending,
                         SyRunRow *row, GError **error) {
    bool before;
    const char *last = run->problem ? run->problem : row->message;
    g_autofree char *message =
        ending->gave_up && last && *last
            ? g_strdup_printf("%s; the last attempt: %s", words_of(ending), last)
            : g_strdup(words_of(ending));
    SyRunStatus status = ending->status == SY_RUN_SUCCEEDED ? SY_RUN_CRASHED : ending->status;
    g_autofree char *masked = sy_settings_mask(daemon->settings, message);
    if (!sy_store_end_run(daemon->store, run->id, run->live->epoch, status, masked,
                          sy_env_now(daemon->env), &before, error))
        return false;
    sy_run_row_clear(row);
    return sy_store_load_run(daemon->store, run->id, row, error);
}

static void end_attempt(SyDaemon *daemon, SyLiveRun *run, SyTime retry_at) {
    daemon->executing -= run->started >= 0;
    run->started = -1;
    tell_scheduler(daemon, run, retry_at);
}

/* Nothing more is to be done for it here. */
static void let_go(SyDaemon *daemon, SyLiveRun *run) {
    end_attempt(daemon, run, SY_TIME_NONE);
    forget(daemon, run);
}

/* Its process died before the first thing that one does, the claim: nothing was tried yet. */
static bool never_began(const SyEnding *ending, const SyRunRow *row) {
    bool unclaimed = row->status == SY_RUN_PLANNED || row->status == SY_RUN_BACKING_OFF;
    bool died = ending->status == SY_RUN_FAILED || ending->status == SY_RUN_CRASHED ||
                ending->status == SY_RUN_SUCCEEDED;
    return unclaimed && died && !ending->gave_up;
}

/* Starts another process after a wait that doubles each time; false where that went on for longer
 * than a slot waits. The scheduler ends it earlier where the slot's own wait is over. */
static bool start_again(SyDaemon *daemon, SyLiveRun *run, const SyEnding *ending) {
    enum { doublings = 6 };
    gint64 now = sy_env_elapsed(daemon->env);
    if (!run->unclaimed)
        run->unclaimed_since = now;
    else if (now - run->unclaimed_since >= run->patience)
        return false;
    SyTime retry_at = sy_env_now(daemon->env) + (SY_SECOND << MIN(run->unclaimed, doublings));
    run->unclaimed++;
    g_free(run->problem);
    run->problem = g_strdup(words_of(ending));
    char nominal[SY_TIME_TEXT_SIZE], retry[SY_TIME_TEXT_SIZE];
    sy_tell(daemon, SY_LOG_WARNING, "back_off", run->live->study, run->id,
            "%s slot %s: its process ended before it began, the next one starts at %s: %s",
            sy_job_kind_names[run->kind], sy_time_format(run->nominal, nominal),
            sy_time_format(retry_at, retry), run->problem);
    end_attempt(daemon, run, retry_at);
    return true;
}

/* Keeps a run that our own stop ended for the next life of the daemon. */
static bool keep_interrupted(SyDaemon *daemon, SyLiveRun *run, const SyRunRow *row,
                             GError **error) {
    SyTime now = sy_env_now(daemon->env);
    if (row->status == SY_RUN_STARTED &&
        !sy_store_back_off(daemon->store, run->id, run->live->epoch, row->step ? row->step : "",
                           "the daemon was stopped while it ran", now, row->seed, now, error))
        return false;
    sy_log(daemon->log, SY_LOG_INFO, run->live->study, run->id,
           "%s slot: interrupted; it starts again with the daemon, within its wait",
           sy_job_kind_names[run->kind]);
    let_go(daemon, run);
    return true;
}

static double seconds_of(const SyDaemon *daemon, const SyLiveRun *run) {
    if (run->started < 0)
        return 0;
    return (double)(sy_env_elapsed(daemon->env) - run->started) / (double)SY_SECOND;
}

void sy_runs_lose(SyDaemon *daemon, const SyLive *live) {
    g_autoptr(GList) runs = g_hash_table_get_values(daemon->runs);
    for (const GList *link = runs; link; link = link->next) {
        SyLiveRun *run = link->data;
        if (run->live == live && run->started < 0)
            let_go(daemon, run);
        else if (run->live == live)
            sy_run_cancel(daemon, run, SY_RUN_CANCELLED);
    }
}

/* Brings store and scheduler to what is known of a run that ended. */
static bool settle(SyDaemon *daemon, const SyEnding *ending, GError **error) {
    SyLiveRun *run = g_hash_table_lookup(daemon->runs, &ending->run);
    if (!run)
        return true;
    if (run->live->lost) {
        let_go(daemon, run);
        return true;
    }
    g_auto(SyRunRow) row = {0};
    if (!sy_store_load_run(daemon->store, ending->run, &row, error))
        return false;
    bool backed_off = row.status == SY_RUN_BACKING_OFF && row.attempt > run->attempt;
    if (backed_off && !ending->gave_up) {
        tell_end(daemon, run, &row, seconds_of(daemon, run));
        run->attempt = row.attempt;
        run->unclaimed = 0;
        g_clear_pointer(&run->problem, g_free);
        end_attempt(daemon, run, row.retry_at);
        return true;
    }
    if (!sy_run_status_ended(row.status) && run->interrupted && ending->status == SY_RUN_CANCELLED)
        return keep_interrupted(daemon, run, &row, error);
    if (never_began(ending, &row) && start_again(daemon, run, ending))
        return true;
    if (!sy_run_status_ended(row.status) && !end_in_store(daemon, run, ending, &row, error))
        return false;
    tell_end(daemon, run, &row, seconds_of(daemon, run));
    let_go(daemon, run);
    return true;
}

/* An end that the store will never take: it holds up no other. The next start finds the run open.
 */
static void abandon(SyDaemon *daemon, gint64 id, const GError *error) {
    SyLiveRun *run = g_hash_table_lookup(daemon->runs, &id);
    if (!run)
        return;
    SyLive *live = run->live;
    if (!g_error_matches(error, SY_ERROR, SY_ERROR_HELD))
        sy_tell(daemon, SY_LOG_ERROR, "unstored", live->study, id,
                "how it ended cannot be stored, and is left to the next start: %s", error->message);
    let_go(daemon, run);
    if (g_error_matches(error, SY_ERROR, SY_ERROR_HELD))
        sy_live_lose(daemon, live, error);
}

static void settle_all(SyDaemon *daemon) {
    guint done = 0;
    g_autoptr(GError) silent = NULL;
    for (; done < daemon->endings->len && !silent; done++) {
        const SyEnding *ending = &g_array_index(daemon->endings, SyEnding, done);
        g_autoptr(GError) error = NULL;
        if (settle(daemon, ending, &error))
            continue;
        if (sy_store_error_passes(error)) {
            silent = g_steal_pointer(&error);
            break;
        }
        abandon(daemon, ending->run, error);
    }
    if (done)
        g_array_remove_range(daemon->endings, 0, done);
    if (silent)
        sy_store_failed(daemon, silent, "runs have ended and wait to be stored");
}

void sy_collect(SyDaemon *daemon) {
    g_autoptr(GArray) ends = g_array_new(FALSE, FALSE, sizeof(SyExecutionEnd));
    daemon->executor_row->collect(daemon->executor, ends);
    for (guint i = 0; i < ends->len; i++) {
        SyExecutionEnd *end = &g_array_index(ends, SyExecutionEnd, i);
        add_ending(daemon, end->run, end->status, end->message, false);
        sy_execution_end_clear(end);
    }
    if (!daemon->store_retry)
        settle_all(daemon);
}

/* ---- after a restart ---- */

/* Kills what is left of the processes of a run. */
static void sweep(SyDaemon *daemon, const SyRunRow *row) {
    g_auto(GStrv) marks = sy_execution_marks(daemon->options->workspace, row->id);
    gsize killed = sy_process_sweep((pid_t)row->pid, row->pid_start, (const char *const *)marks);
    if (killed)
        sy_tell(daemon, SY_LOG_WARNING, "sweep", row->study, row->id,
                "killed %" G_GSIZE_FORMAT " processes that an earlier daemon left", killed);
}

/* A run that was going on starts again: it made no decision, for that would have ended it. */
static bool interrupt(SyDaemon *daemon, const SyLive *live, const SyRunRow *row, GError **error) {
    SyTime now = sy_env_now(daemon->env);
    return sy_store_back_off(daemon->store, row->id, live->epoch, row->step ? row->step : "",
                             "the daemon ended while it ran", now, row->seed, now, error);
}

static bool goes_on(const SyLive *live, SyJobKind kind) {
    return live->job[kind].wanted && !live->job[kind].paused;
}

/* *again: the row is one to start again, as it then stands in the store. */
static bool recover_run(SyDaemon *daemon, const SyLive *live, SyRunRow *row, bool *again,
                        GError **error) {
    SyJobKind kind;
    bool before;
    *again = false;
    if (row->nominal == SY_TIME_NONE || !sy_job_kind_find(row->kind, &kind))
        return true; /* by hand: whoever began it ends it */
    if (row->pid)
        sweep(daemon, row);
    if (!goes_on(live, kind))
        return sy_store_end_run(daemon->store, row->id, live->epoch, SY_RUN_CANCELLED,
                                live->job[kind].paused ? "the job was paused in a restart"
                                                       : "the job is no longer run",
                                sy_env_now(daemon->env), &before, error);
    *again = true;
    if (row->status != SY_RUN_STARTED)
        return true;
    row->attempt++;
    row->retry_at = SY_TIME_NONE;
    return interrupt(daemon, live, row, error);
}

GArray *sy_recover(SyDaemon *daemon, const SyLive *live, GError **error) {
    g_autoptr(GArray) rows = sy_store_unfinished_runs(daemon->store, live->study, error);
    bool again;
    for (guint i = 0; rows && i < rows->len; i += again) {
        if (!recover_run(daemon, live, &g_array_index(rows, SyRunRow, i), &again, error))
            return NULL;
        if (!again)
            g_array_remove_index(rows, i);
    }
    return g_steal_pointer(&rows);
}

void sy_runs_restore(SyDaemon *daemon, SyLive *live, const GArray *rows) {
    for (guint i = 0; i < rows->len; i++) {
        const SyRunRow *row = &g_array_index(rows, SyRunRow, i);
        SyJobKind kind;
        bool known = sy_job_kind_find(row->kind, &kind);
        g_assert(known);
        guint job = live->job[kind].number;
        sy_run_add(daemon, live, kind, job, row->nominal, row->id, row->attempt);
        sy_scheduler_restore(daemon->scheduler, job, row->nominal, row->attempt, row->retry_at);
    }
}
