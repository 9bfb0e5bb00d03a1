/* The strategies that the daemon runs, and the files that they come from. A version that cannot run
 * never replaces one that can: the last good one goes on, with an alarm, also in the next life of
 * the daemon. */
#include <string.h>

#include "base/error.h"
#include "daemon/state.h"
#include "store/templates.h"
#include "template/workspace.h"

SyVersion *sy_version_new(SyStrategy *strategy) {
    SyVersion *version = g_new(SyVersion, 1);
    *version = (SyVersion){1, strategy};
    return version;
}

SyVersion *sy_version_ref(SyVersion *version) {
    g_atomic_int_inc(&version->references);
    return version;
}

void sy_version_unref(SyVersion *version) {
    if (!version || !g_atomic_int_dec_and_test(&version->references))
        return;
    sy_strategy_free(version->strategy);
    g_free(version);
}

void sy_live_free(SyLive *live) {
    if (!live)
        return;
    sy_lock_release(live->lock);
    sy_jobs_clear(&live->jobs);
    sy_version_unref(live->version);
    g_free(live->study);
    g_free(live->path);
    g_free(live);
}
G_DEFINE_AUTOPTR_CLEANUP_FUNC(SyLive, sy_live_free)

SyLive *sy_live_of_job(SyDaemon *daemon, guint job, SyJobKind *kind) {
    SyLive *live = g_hash_table_lookup(daemon->by_job, &job);
    for (*kind = 0; live && *kind < SY_N_JOB_KINDS; (*kind)++)
        if (live->job[*kind].known && live->job[*kind].number == job)
            return live;
    return NULL;
}

char *sy_live_about(const SyLive *live, const char *kind) {
    return g_strdup_printf("%s/%s", live->study, kind);
}

static SyLive *find_by(const SyDaemon *daemon, const char *study, const char *path) {
    for (guint i = 0; i < daemon->lives->len; i++) {
        SyLive *live = daemon->lives->pdata[i];
        if ((study && strcmp(live->study, study) == 0) ||
            (path && !live->removed && strcmp(live->path, path) == 0))
            return live;
    }
    return NULL;
}

/* ---- jobs ---- */

/* A number that the scheduler gives out was another job's before, of which nothing is left. */
static void forget_number(SyDaemon *daemon, guint number) {
    SyJobKind kind;
    SyLive *live = sy_live_of_job(daemon, number, &kind);
    if (live)
        live->job[kind].known = false;
    g_hash_table_remove(daemon->by_job, &number);
}

void sy_live_schedule(SyDaemon *daemon, SyLive *live, SyJobKind kind, SyTime last, SyTime from) {
    SyLiveJob *job = &live->job[kind];
    bool between = last != SY_TIME_NONE && last < from;
    job->number = sy_scheduler_put_job(daemon->scheduler, &job->job, between ? last : from);
    if (between)
        sy_scheduler_skip(daemon->scheduler, job->number, from, "the job was paused");
    forget_number(daemon, job->number);
    job->known = job->scheduled = true;
    g_hash_table_insert(daemon->by_job, g_memdup2(&job->number, sizeof job->number), live);
}

void sy_live_unschedule(SyDaemon *daemon, SyLive *live, SyJobKind kind, const char *reason) {
    if (live->job[kind].scheduled)
        sy_scheduler_remove_job(daemon->scheduler, live->job[kind].number, reason);
    live->job[kind].scheduled = false;
}

void sy_live_release(SyDaemon *daemon, SyLive *live, SyJobKind kind) {
    const SyLiveJob *job = &live->job[kind];
    SyTime now = daemon->clocks.now, next;
    if (!job->scheduled ||
        sy_scheduler_job_state(daemon->scheduler, job->number, &next) != SY_JOB_HELD)
        return;
    g_autoptr(GError) error = NULL;
    g_autoptr(GArray) rows = NULL;
    if (!daemon->store_retry) /* else each would wait for the store in vain */
        rows =
            sy_store_slots_after(daemon->store, live->study, sy_job_kind_names[kind], now, &error);
    if (error && sy_store_error_passes(error))
        sy_store_failed(daemon, error, "held jobs wait for it");
    if (!rows) {
        sy_tell(daemon, SY_LOG_ERROR, "clock_hold", live->study, 0,
                "%s stays held, its slots cannot be read (send SIGHUP again): %s",
                sy_job_kind_names[kind], error ? error->message : "the store does not answer");
        return;
    }
    for (guint i = 0; i < rows->len; i++)
        sy_scheduler_put_row(daemon->scheduler, job->number, g_array_index(rows, SyTime, i));
    sy_scheduler_release(daemon->scheduler, job->number, now);
}

SyTime sy_live_count_from(const SyDaemon *daemon, const SyLiveJob *job, const SyJobRecord *record) {
    SyTime now = sy_env_now(daemon->env);
    bool fresh = record->last == SY_TIME_NONE, resumed = record->resume_from != SY_TIME_NONE;
    if (!fresh && !resumed)
        return record->last;
    /* the oldest slot that would still run if it was found now */
    SyTime from = now;
    for (SyTime slot =
             sy_schedule_next(job->job.schedule, now - sy_job_late_rule(&job->job).wait - 1);
         job->job.probe && slot != SY_TIME_NONE && slot <= now && from == now;
         slot = sy_schedule_next(job->job.schedule, slot))
        if (sy_job_wait_ends(&job->job, slot) > now)
            from = slot - 1;
    return MAX(MIN(from, resumed ? record->resume_from : from), record->last);
}

/* What the store says of the jobs of a version, [jobs->n] into `record`. */
static bool load_jobs(SyDaemon *daemon, const char *study, const SyJobs *jobs, SyJobRecord *record,
                      GError **error) {
    for (gsize i = 0; i < jobs->n; i++)
        if (!sy_store_load_job(daemon->store, study, sy_job_kind_names[jobs->job[i].kind],
                               &record[i], error))
            return false;
    return true;
}

/* Which kinds of jobs a version has, and which of them are paused. */
static void note_jobs(SyLive *live, const SyJobs *jobs, const SyJobRecord *record) {
    for (SyJobKind kind = 0; kind < SY_N_JOB_KINDS; kind++)
        live->job[kind].wanted = false;
    for (gsize i = 0; i < jobs->n; i++) {
        SyLiveJob *job = &live->job[jobs->job[i].kind];
        job->wanted = true;
        job->paused = record[i].paused;
    }
}

/* Takes the jobs of a version; at its start a job goes on where the store says it stands, later
 * from now on. */
static void put_jobs(SyDaemon *daemon, SyLive *live, SyJobs *jobs, const SyJobRecord *record,
                     bool starts) {
    note_jobs(live, jobs, record);
    for (gsize i = 0; i < jobs->n; i++) {
        SyJobKind kind = jobs->job[i].kind;
        SyLiveJob *job = &live->job[kind];
        job->job = jobs->job[i];
        job->job.runs_before = record[i].runs;
        if (job->paused)
            continue;
        if (starts || !job->scheduled)
            sy_live_schedule(daemon, live, kind, record[i].last,
                             sy_live_count_from(daemon, job, &record[i]));
        else
            sy_live_schedule(daemon, live, kind, SY_TIME_NONE, sy_env_now(daemon->env));
    }
    for (SyJobKind kind = 0; kind < SY_N_JOB_KINDS; kind++) {
        if (live->job[kind].wanted)
            continue;
        sy_live_unschedule(daemon, live, kind, "the template has no such job any more");
        live->job[kind].job = (SyJob){0};
    }
    sy_jobs_clear(&live->jobs);
    live->jobs = *jobs;
    *jobs = (SyJobs){0};
}

/* ---- reading a version ---- */

static bool tags_match(const SyDaemon *daemon, const SyStrategy *strategy) {
    char **asked = daemon->options->tags, **has = strategy->template->meta.tags;
    for (char **tag = asked; tag && *tag; tag++)
        if (has && g_strv_contains((const char *const *)has, *tag))
            return true;
    return !asked;
}

static bool check_strategy(const SyDaemon *daemon, const SyStrategy *strategy, GError **error) {
    return sy_strategy_check_notify(strategy, daemon->settings, error) &&
           (!sy_strategy_has_model(strategy) ||
            (sy_strategy_check_live(strategy, sy_env_now(daemon->env), error) &&
             sy_strategy_check_engine(strategy, &daemon->settings->engines, error)));
}

static bool load_holds(const SyDaemon *daemon, const char *study, bool *holds, GError **error) {
    g_auto(GStrv) symbols = NULL;
    *holds = false;
    return sy_store_load_holdings(daemon->store, study, &symbols, holds, error);
}

/* What may not change while a position is open. The symbols of a book never change: it is kept
 * under the study's name. */
static bool check_change(const SyDaemon *daemon, const SyLive *live, const SyStrategy *next,
                         GError **error) {
    const SyStrategy *now = live->version->strategy;
    g_auto(GStrv) symbols = NULL;
    bool holds;
    if (!sy_store_load_holdings(daemon->store, live->study, &symbols, &holds, error))
        return false;
    const char *what = NULL;
    if (!sy_strategy_has_model(next) && holds)
        what = "the strategy itself";
    else if (sy_strategy_has_model(next) && *symbols &&
             !g_strv_equal((const char *const *)symbols,
                           (const char *const *)next->loader_config.symbols))
        what = "symbols";
    else if (holds && sy_strategy_has_model(now) &&
             !sy_timeframe_equal(now->timeframe, next->timeframe))
        what = "timeframe";
    return !what || sy_fail(error, SY_ERROR_TEMPLATE,
                            "%s: %s cannot change: the book of %s %s; give the changed template a "
                            "study_name of its own",
                            next->template->document->name, what, live->study,
                            holds ? "holds a position" : "is of other symbols");
}

/* ---- what becomes of a file ---- */

/* Its newest text cannot run. What ran goes on. */
static void refuse(SyDaemon *daemon, const char *path, const char *hash, const SyLive *live,
                   const GError *error) {
    const char *told = g_hash_table_lookup(daemon->refused, path);
    if (told && strcmp(told, hash) == 0)
        return;
    g_hash_table_insert(daemon->refused, g_strdup(path), g_strdup(hash));
    bool held = g_error_matches(error, SY_ERROR, SY_ERROR_HELD);
    g_autofree char *file = g_path_get_basename(path);
    sy_tell_about(daemon, SY_LOG_ERROR, "broken", live ? live->study : NULL, file, 0, "%s\n  %s",
                  error->message,
                  live   ? "the version before goes on"
                  : held ? "once the other has stopped, send SIGHUP"
                         : "this template does not run until it is mended");
}

/* Its text can run, or it is gone. Returns whether it was refused before. */
static bool accept_file(SyDaemon *daemon, const char *path) {
    g_autofree char *file = g_path_get_basename(path);
    sy_post_over(daemon, "broken", NULL, file);
    return g_hash_table_remove(daemon->refused, path);
}

static bool remember(SyDaemon *daemon, const SyLive *live, const SyStrategy *strategy,
                     GError **error) {
    const SyDocument *document = strategy->template->document;
    g_autofree char *file = g_path_get_basename(live->path);
    return sy_store_use_template(daemon->store, file, live->study, document->hash, document->text,
                                 sy_env_now(daemon->env), error);
}

/* The schedules that jobs had until `end`, by kind; NULL: none. */
typedef struct {
    SySchedule *schedule[SY_N_JOB_KINDS];
    SyTime end[SY_N_JOB_KINDS];
} Past;

static void past_clear(Past *past) {
    for (SyJobKind kind = 0; kind < SY_N_JOB_KINDS; kind++)
        g_clear_pointer(&past->schedule[kind], sy_schedule_unref);
}
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(Past, past_clear)

/* A job had this schedule from the end of the one before. */
static void past_add(Past *past, SyJobKind kind, SySchedule *schedule, SyTime end) {
    SySchedule *before = past->schedule[kind];
    past->schedule[kind] = before ? sy_schedule_new_changed(before, past->end[kind], schedule)
                                  : sy_schedule_ref(schedule);
    past->end[kind] = end;
    if (before)
        sy_schedule_unref(before);
}

/* A version of a file counted until `end`. What one of another study missed is not this one's. */
static void past_add_version(Past *past, const SyDaemon *daemon, const char *path,
                             const char *study, const char *text, SyTime end) {
    g_autoptr(SyStrategy) strategy = sy_strategy_read(text, strlen(text), path, NULL);
    g_auto(SyJobs) jobs = {0};
    if (!strategy || strcmp(strategy->template->meta.study_name, study) != 0) {
        past_clear(past);
        return;
    }
    sy_jobs_make(strategy, &daemon->options->jobs, &jobs);
    for (gsize i = 0; i < jobs.n; i++)
        past_add(past, jobs.job[i].kind, jobs.job[i].schedule, end);
}

/* The oldest slot up to which all jobs are decided. */
static SyTime decided_until(const SyJobs *jobs, const SyJobRecord *record) {
    SyTime oldest = G_MAXINT64;
    for (gsize i = 0; i < jobs->n; i++)
        oldest = MIN(oldest, record[i].last);
    return oldest;
}

/* Slots that nobody decided are those of the versions that the file ran with at their time: an edit
 * counts from the moment at which a daemon took it up, and where it was edited while none ran, from
 * now on. */
static bool keep_schedules(SyDaemon *daemon, const char *path, const SyStrategy *strategy,
                           SyJobs *jobs, const SyJobRecord *record, GError **error) {
    const char *study = strategy->template->meta.study_name;
    g_autofree char *file = g_path_get_basename(path), *last = NULL;
    g_autoptr(GArray) versions =
        sy_store_past_templates(daemon->store, file, decided_until(jobs, record), error);
    if (!versions || !sy_store_last_template(daemon->store, file, &last, error))
        return false;
    g_auto(Past) past = {0};
    for (guint i = 0; i < versions->len; i++) {
        const SyPastVersion *version = &g_array_index(versions, SyPastVersion, i);
        past_add_version(&past, daemon, path, study, version->text, version->until);
    }
    if (last && strcmp(last, strategy->template->document->text) != 0)
        past_add_version(&past, daemon, path, study, last, sy_env_now(daemon->env));
    for (gsize i = 0; i < jobs->n; i++) {
        SyJobKind kind = jobs->job[i].kind;
        g_autoptr(SySchedule) next = jobs->job[i].schedule;
        past_add(&past, kind, next, SY_TIME_NONE);
        jobs->job[i].schedule = g_steal_pointer(&past.schedule[kind]);
    }
    return true;
}

static bool note_reports(SyDaemon *daemon, const SyLive *live, GError **error) {
    const SyJobOptions *options = &daemon->options->jobs;
    char text[SY_TIME_TEXT_SIZE];
    return sy_store_set_report_every(
        daemon->store, live->study, live->epoch,
        options->report_every_was_given ? sy_timeframe_format(options->report_every, text) : NULL,
        sy_env_now(daemon->env), error);
}

bool sy_live_start(SyDaemon *daemon, const char *path, SyStrategy *strategy, SyLock *lock,
                   gint64 epoch, GError **error) {
    g_autoptr(SyLive) live = g_new0(SyLive, 1);
    g_auto(SyJobs) jobs = {0};
    *live = (SyLive){.study = g_strdup(strategy->template->meta.study_name),
                     .path = g_strdup(path),
                     .lock = lock,
                     .epoch = epoch};
    sy_jobs_make(strategy, &daemon->options->jobs, &jobs);
    live->version = sy_version_new(strategy);
    SyJobRecord record[SY_N_JOB_KINDS];
    if (!load_jobs(daemon, live->study, &jobs, record, error) ||
        !keep_schedules(daemon, path, strategy, &jobs, record, error))
        return false;
    note_jobs(live, &jobs, record);
    /* the store may fail half-way: no slot of the strategy is due before all of it is done */
    g_autoptr(GArray) runs = sy_recover(daemon, live, error);
    if (!runs || !note_reports(daemon, live, error) || !remember(daemon, live, strategy, error))
        return false;
    if (jobs.probe)
        sy_probe_put(daemon, jobs.probe, live->version);
    g_ptr_array_add(daemon->lives, live);
    SyLive *added = g_steal_pointer(&live); /* it is the daemon's from here on */
    put_jobs(daemon, added, &jobs, record, true);
    sy_runs_restore(daemon, added, runs);
    sy_post_over(daemon, "orphaned", added->study, NULL);
    sy_post_over(daemon, "fenced", added->study, NULL);
    return true;
}

/* The lock of a study: the one that the start took for it, else a new one. */
static SyLock *lock_study(SyDaemon *daemon, const char *study, GError **error) {
    gpointer key = NULL, lock = NULL;
    if (!g_hash_table_steal_extended(daemon->locks, study, &key, &lock))
        return sy_lock_take(daemon->options->workspace, daemon->store, study,
                            daemon->options->holder, sy_env_now(daemon->env), error);
    g_free(key);
    return lock;
}

/* A strategy that this daemon does not run yet. */
static bool add(SyDaemon *daemon, const char *path, SyStrategy *taken, GError **error) {
    g_autoptr(SyStrategy) strategy = taken;
    const char *study = strategy->template->meta.study_name;
    gint64 epoch = 0;
    g_autoptr(SyLock) lock = lock_study(daemon, study, error);
    return lock &&
           sy_store_take_study(daemon->store, study, daemon->options->holder,
                               sy_env_now(daemon->env), &epoch, error) &&
           sy_live_start(daemon, path, g_steal_pointer(&strategy), g_steal_pointer(&lock), epoch,
                         error);
}

/* A new version of one that runs: from its next slot on. Either all of it counts, or, where the
 * store fails, nothing has changed. */
static bool change(SyDaemon *daemon, SyLive *live, SyStrategy *taken, GError **error) {
    g_autoptr(SyStrategy) strategy = taken;
    g_auto(SyJobs) jobs = {0};
    SyJobRecord record[SY_N_JOB_KINDS];
    sy_jobs_make(strategy, &daemon->options->jobs, &jobs);
    sy_daemon_step(daemon); /* what is due counts under the version before */
    if (live->lost)
        return sy_fail(error, SY_ERROR_HELD, "%s was taken over by another process", live->study);
    if (!check_change(daemon, live, strategy, error) ||
        !load_jobs(daemon, live->study, &jobs, record, error) ||
        !remember(daemon, live, strategy, error))
        return false;
    SyVersion *before = live->version;
    live->version = sy_version_new(g_steal_pointer(&strategy));
    if (jobs.probe)
        sy_probe_put(daemon, jobs.probe, live->version);
    put_jobs(daemon, live, &jobs, record, false);
    sy_version_unref(before);
    sy_tell(daemon, SY_LOG_INFO, "template", live->study, 0,
            "%s changed: it counts from the next slot on", live->path);
    return true;
}

static void remove_live(SyDaemon *daemon, SyLive *live, const char *why) {
    bool holds = false;
    g_autoptr(GError) error = NULL;
    /* only for the words */
    if (!daemon->store_retry && !load_holds(daemon, live->study, &holds, &error) &&
        sy_store_error_passes(error))
        sy_store_failed(daemon, error, "a template was removed");
    for (SyJobKind kind = 0; kind < SY_N_JOB_KINDS; kind++)
        sy_live_unschedule(daemon, live, kind, "the template was removed");
    live->removed = true;
    sy_tell(daemon, SY_LOG_WARNING, holds ? "orphaned" : "template", live->study, 0,
            "%s %s: it stops%s%s", live->path, why, live->runs ? " after its running job" : "",
            holds ? "; it holds a position, which stays as it is" : "");
}

void sy_live_lose(SyDaemon *daemon, SyLive *live, const GError *error) {
    if (live->lost)
        return;
    for (SyJobKind kind = 0; kind < SY_N_JOB_KINDS; kind++)
        sy_live_unschedule(daemon, live, kind, "another process runs the strategy");
    live->removed = live->lost = true;
    sy_runs_lose(daemon, live);
    bool last = true;
    for (guint i = 0; i < daemon->lives->len; i++)
        last &= ((const SyLive *)daemon->lives->pdata[i])->removed;
    if (last)
        sy_store_failed(daemon, error, "all strategies are another's");
    else
        sy_tell(daemon, SY_LOG_ERROR, "fenced", live->study, 0, "it stops here: %s",
                error->message);
}

/* Brings the daemon to what a sound version says. */
static bool take(SyDaemon *daemon, const char *path, SyStrategy *taken, GError **error) {
    g_autoptr(SyStrategy) strategy = taken;
    const char *study = strategy->template->meta.study_name;
    SyLive *live = find_by(daemon, NULL, path), *same = find_by(daemon, study, NULL);
    if (!tags_match(daemon, strategy)) {
        if (live)
            remove_live(daemon, live, "has none of the tags asked for any more");
        return true;
    }
    if (same && same != live && !same->removed)
        return sy_fail(error, SY_ERROR_TEMPLATE,
                       "%s: [meta] study_name = \"%s\" is also that of %s, which runs: they would "
                       "share orders and positions; give each template a study_name of its own",
                       path, study, same->path);
    if (same && same->lost)
        return sy_fail(error, SY_ERROR_HELD, "%s was taken over by another process", study);
    if (live && live != same) {
        bool holds;
        if (!load_holds(daemon, live->study, &holds, error))
            return false;
        if (holds)
            return sy_fail(error, SY_ERROR_TEMPLATE,
                           "%s: study_name cannot change while a position is open: %s holds one",
                           path, live->study);
        remove_live(daemon, live, "has another study_name now");
    }
    if (!same)
        return add(daemon, path, g_steal_pointer(&strategy), error);
    if (same->removed) { /* moved, or back again */
        g_free(same->path);
        same->path = g_strdup(path);
    }
    if (!change(daemon, same, g_steal_pointer(&strategy), error))
        return false;
    same->removed = false;
    sy_post_over(daemon, "orphaned", same->study, NULL);
    return true;
}

/* Whether a sound version was not taken for a reason that passes: one of the store's. */
static bool is_for_now(const GError *error) {
    return !g_error_matches(error, SY_ERROR, SY_ERROR_TEMPLATE) &&
           !g_error_matches(error, SY_ERROR, SY_ERROR_HELD);
}

static void note_unread(SyDaemon *daemon, const char *path) {
    g_autofree char *name = g_path_get_basename(path);
    if (!g_ptr_array_find_with_equal_func(daemon->unread, name, g_str_equal, NULL))
        g_ptr_array_add(daemon->unread, g_steal_pointer(&name));
}

/* A file is looked at again once the store answers. */
static void look_later(SyDaemon *daemon, const char *path, const GError *error) {
    note_unread(daemon, path);
    g_autofree char *what = g_strdup_printf("%s waits to be taken up", path);
    sy_store_failed(daemon, error, what);
}

/* Runs the version of a file that ran last, where its text of now cannot run. Nothing else is left
 * to say where that one cannot run either; a store that fails is asked again. */
static void take_last_good(SyDaemon *daemon, const char *path) {
    g_autofree char *file = g_path_get_basename(path);
    g_autofree char *text = NULL;
    g_autoptr(GError) error = NULL, unsound = NULL;
    if (!sy_store_last_template(daemon->store, file, &text, &error)) {
        look_later(daemon, path, error);
        return;
    }
    g_autoptr(SyStrategy) strategy =
        text ? sy_strategy_read(text, strlen(text), path, &unsound) : NULL;
    if (strategy && check_strategy(daemon, strategy, &unsound) &&
        !take(daemon, path, g_steal_pointer(&strategy), &error) && is_for_now(error))
        look_later(daemon, path, error);
}

/* What a file says. */
typedef struct {
    char *path, *hash;    /* hash: "" where it cannot be read */
    bool runs;            /* it is the version that runs already */
    SyStrategy *strategy; /* else another that can run */
    GError *reason;       /* else why it cannot */
} Reading;

static void reading_free(Reading *reading) {
    g_free(reading->path);
    g_free(reading->hash);
    sy_strategy_free(reading->strategy);
    g_clear_error(&reading->reason);
    g_free(reading);
}
G_DEFINE_AUTOPTR_CLEANUP_FUNC(Reading, reading_free)

/* Reads a file; it is there. */
static Reading *read_file(const SyDaemon *daemon, const char *path) {
    const SyLive *live = find_by(daemon, NULL, path);
    Reading *reading = g_new0(Reading, 1);
    g_autofree char *text = NULL;
    gsize length = 0;
    reading->path = g_strdup(path);
    if (!sy_document_text(path, &text, &length, &reading->reason)) {
        reading->hash = g_strdup("");
        return reading;
    }
    reading->hash = g_compute_checksum_for_data(G_CHECKSUM_SHA256, (const guchar *)text, length);
    reading->runs =
        live && strcmp(live->version->strategy->template->document->hash, reading->hash) == 0;
    if (reading->runs)
        return reading;
    g_autoptr(SyStrategy) strategy = sy_strategy_read(text, length, path, &reading->reason);
    if (strategy && check_strategy(daemon, strategy, &reading->reason))
        reading->strategy = g_steal_pointer(&strategy);
    return reading;
}

static void accept_running(SyDaemon *daemon, const char *path) {
    const SyLive *live = find_by(daemon, NULL, path);
    if (accept_file(daemon, path))
        sy_tell(daemon, SY_LOG_INFO, "template", live->study, 0,
                "%s is again the version that runs", path);
}

/* Brings the daemon to what a file says. What keeps its version from running is told, save where
 * the program does not start for it. Errors: that. */
static bool follow(SyDaemon *daemon, Reading *reading, bool starts, GError **error) {
    const char *path = reading->path;
    g_autoptr(GError) reason = g_steal_pointer(&reading->reason);
    if (reading->runs) {
        accept_running(daemon, path);
        return true;
    }
    bool sound = reading->strategy != NULL;
    if (sound && take(daemon, path, g_steal_pointer(&reading->strategy), &reason)) {
        accept_file(daemon, path);
        return true;
    }
    if (sound && is_for_now(reason)) {
        look_later(daemon, path, reason);
        g_propagate_error(error, g_steal_pointer(&reason));
        return false;
    }
    bool held = g_error_matches(reason, SY_ERROR, SY_ERROR_HELD);
    if (!held && !find_by(daemon, NULL, path))
        take_last_good(daemon, path);
    const SyLive *live = find_by(daemon, NULL, path);
    if (!held || !starts)
        refuse(daemon, path, reading->hash, live, reason);
    if (!live)
        g_propagate_error(error, g_steal_pointer(&reason));
    return live != NULL;
}

static char *folder_of(const SyDaemon *daemon) {
    return daemon->options->template_path
               ? g_path_get_dirname(daemon->options->template_path)
               : sy_workspace_path(daemon->options->workspace, "templates");
}

static bool is_ours(const SyDaemon *daemon, const char *path) {
    return !daemon->options->template_path || strcmp(daemon->options->template_path, path) == 0;
}

static void look_at_name(SyDaemon *daemon, const char *folder, const char *name) {
    g_autofree char *path = g_build_filename(folder, name, NULL);
    g_autoptr(GError) told = NULL;
    if (!is_ours(daemon, path))
        return;
    if (!g_file_test(path, G_FILE_TEST_EXISTS))
        accept_file(daemon, path);
    else if (daemon->store_retry)
        note_unread(daemon, path); /* each would wait for the store in vain */
    else {
        g_autoptr(Reading) reading = read_file(daemon, path);
        follow(daemon, reading, false, &told);
    }
}

/* What is gone goes first, so that a template that was moved is not its own double. */
static void remove_absent(SyDaemon *daemon) {
    for (guint i = 0; i < daemon->lives->len; i++) {
        SyLive *live = daemon->lives->pdata[i];
        if (!live->removed && !g_file_test(live->path, G_FILE_TEST_EXISTS))
            remove_live(daemon, live, "is gone");
    }
    g_autoptr(GList) refused = g_hash_table_get_keys(daemon->refused);
    for (const GList *link = refused; link; link = link->next)
        if (!g_file_test(link->data, G_FILE_TEST_EXISTS))
            accept_file(daemon, link->data);
}

static char **names_in(const SyDaemon *daemon, GError **error) {
    g_autoptr(GStrvBuilder) names = g_strv_builder_new();
    if (daemon->options->template_path) {
        g_autofree char *name = g_path_get_basename(daemon->options->template_path);
        g_strv_builder_add(names, name);
        return g_strv_builder_end(names);
    }
    g_auto(GStrv) bare = sy_template_names(daemon->options->workspace, error);
    if (!bare)
        return NULL;
    for (char **name = bare; *name; name++) {
        g_autofree char *file = g_strconcat(*name, ".toml", NULL);
        g_strv_builder_add(names, file);
    }
    return g_strv_builder_end(names);
}

void sy_templates_changed(SyDaemon *daemon, const GPtrArray *names) {
    if (daemon->stopping)
        return;
    remove_absent(daemon);
    g_autofree char *folder = folder_of(daemon);
    for (guint i = 0; names && i < names->len; i++)
        look_at_name(daemon, folder, names->pdata[i]);
    if (names)
        return;
    g_autoptr(GError) error = NULL;
    g_auto(GStrv) all = names_in(daemon, &error);
    for (char **name = all; name && *name; name++)
        look_at_name(daemon, folder, *name);
    if (error)
        sy_tell_about(daemon, SY_LOG_ERROR, "broken", NULL, "templates", 0, "%s", error->message);
}

/* Locks what can run before any of it is taken in the store: a start that ends on one that is held,
 * and is tried again and again, changes nothing of the others. What else keeps one from being
 * locked is told when it is its turn. Errors: SY_ERROR_HELD. */
static bool lock_all(SyDaemon *daemon, const GPtrArray *readings, GError **error) {
    for (guint i = 0; i < readings->len; i++) {
        const SyStrategy *strategy = ((const Reading *)readings->pdata[i])->strategy;
        const char *study = strategy ? strategy->template->meta.study_name : NULL;
        g_autoptr(GError) reason = NULL;
        if (!strategy || !tags_match(daemon, strategy) ||
            g_hash_table_contains(daemon->locks, study))
            continue;
        SyLock *lock = lock_study(daemon, study, &reason);
        if (lock) {
            g_hash_table_insert(daemon->locks, g_strdup(study), lock);
        } else if (g_error_matches(reason, SY_ERROR, SY_ERROR_HELD)) {
            g_propagate_error(error, g_steal_pointer(&reason));
            return false;
        } else if (sy_store_error_passes(reason)) {
            return true; /* the others would wait for the store in vain */
        }
    }
    return true;
}

static bool follow_all(SyDaemon *daemon, const GPtrArray *readings, GError **error) {
    for (guint i = 0; i < readings->len; i++) {
        Reading *reading = readings->pdata[i];
        g_autoptr(GError) reason = NULL;
        if (daemon->store_retry) {
            note_unread(daemon, reading->path);
            continue;
        }
        if (follow(daemon, reading, true, &reason) ||
            (!daemon->options->template_path && !g_error_matches(reason, SY_ERROR, SY_ERROR_HELD)))
            continue;
        g_propagate_error(error, g_steal_pointer(&reason));
        return false;
    }
    return true;
}

bool sy_templates_start(SyDaemon *daemon, GError **error) {
    g_autofree char *folder = folder_of(daemon);
    g_auto(GStrv) names = names_in(daemon, error);
    g_autoptr(GPtrArray) readings = g_ptr_array_new_with_free_func((GDestroyNotify)reading_free);
    for (char **name = names; name && *name; name++) {
        g_autofree char *path = g_build_filename(folder, *name, NULL);
        g_ptr_array_add(readings, read_file(daemon, path));
    }
    bool started =
        names && lock_all(daemon, readings, error) && follow_all(daemon, readings, error);
    g_hash_table_remove_all(daemon->locks);
    return started;
}

void sy_templates_sweep(SyDaemon *daemon) {
    for (guint i = daemon->lives->len; i > 0; i--) {
        SyLive *live = daemon->lives->pdata[i - 1];
        if (!live->removed || live->runs)
            continue;
        for (SyJobKind kind = 0; kind < SY_N_JOB_KINDS; kind++)
            if (live->job[kind].known)
                forget_number(daemon, live->job[kind].number);
        g_ptr_array_remove_index(daemon->lives, i - 1);
    }
}
