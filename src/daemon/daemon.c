/* The daemon: one loop that wakes for the clock, for processes that end, for files that change, for
 * signals and for commands, hands it all to the scheduler, and carries out what that says. */
#include "daemon/daemon.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <string.h>
#include <sys/inotify.h>
#include <sys/resource.h>
#include <unistd.h>

#include "base/error.h"
#include "daemon/loop.h"
#include "daemon/state.h"
#include "store/messages.h"
#include "template/workspace.h"
#include "workflow/publish.h"

static const int caught[] = {SIGTERM, SIGINT, SIGHUP}, ends[] = {SIGTERM, SIGINT};
enum { settle_ms = 500 }; /* how long a template must be left alone before it is read */

/* ---- steps ---- */

/* From a step of the clock until it counts as steady: nothing is removed by its date before. */
static const gint64 steady = SY_HOUR;

static void take_clocks(SyDaemon *daemon) {
    SyClocks clocks = sy_clocks_read(daemon->env);
    SyClockChange change = sy_clocks_compare(&daemon->clocks, &clocks);
    daemon->clocks = clocks;
    if (change.step) {
        const SySchedulerEvent event = {.kind = SY_EVENT_CLOCK_STEP, .jump = change.step};
        g_array_prepend_val(daemon->events, event);
        daemon->steady_at = clocks.elapsed + steady;
        sy_tell(daemon, SY_LOG_WARNING, "clock_step", NULL, 0, "the wall clock was set by %+.3f s",
                (double)change.step / (double)SY_SECOND);
    }
    if (change.slept) {
        const SySchedulerEvent event = {.kind = SY_EVENT_SUSPEND, .jump = change.slept};
        g_array_append_val(daemon->events, event);
        sy_tell(daemon, SY_LOG_WARNING, "suspend", NULL, 0, "the machine slept for %.1f s",
                (double)change.slept / (double)SY_SECOND);
    }
}

void sy_daemon_step(SyDaemon *daemon) {
    do {
        take_clocks(daemon); /* each time: a store that is slow gives the clock time to jump */
        g_autoptr(GArray) events = g_steal_pointer(&daemon->events);
        daemon->events = g_array_new(FALSE, FALSE, sizeof(SySchedulerEvent));
        g_array_set_size(daemon->actions, 0);
        sy_scheduler_step(daemon->scheduler, daemon->clocks.now,
                          (const SySchedulerEvent *)(gpointer)events->data, events->len,
                          daemon->actions);
        sy_carry_out(daemon, daemon->actions);
    } while (daemon->events->len && !daemon->fatal);
    sy_post_flush(daemon);
}

static void tell_status(SyDaemon *daemon) {
    SyTime wake = sy_scheduler_wake(daemon->scheduler);
    char next[SY_TIME_TEXT_SIZE] = "once"; /* what waits to be done has a time in the past */
    if (wake >= sy_env_now(daemon->env))
        sy_time_format(wake / SY_SECOND * SY_SECOND, next);
    g_autofree char *status =
        g_strdup_printf("STATUS=%u strategies, %u running, %u cannot run; next at %s",
                        daemon->lives->len, daemon->executing, g_hash_table_size(daemon->refused),
                        wake == SY_TIME_NONE ? "no time" : next);
    if (!daemon->options->notify_socket || g_strcmp0(status, daemon->status) == 0)
        return;
    sy_daemon_notify(daemon, status);
    g_free(daemon->status);
    daemon->status = g_steal_pointer(&status);
}

bool sy_store_error_passes(const GError *error) {
    return g_error_matches(error, SY_ERROR, SY_ERROR_LOCKED) ||
           g_error_matches(error, SY_ERROR, SY_ERROR_UNAVAILABLE) ||
           g_error_matches(error, SY_ERROR, SY_ERROR_IO);
}

void sy_store_failed(SyDaemon *daemon, const GError *error, const char *what) {
    if (g_error_matches(error, SY_ERROR, SY_ERROR_HELD)) {
        if (daemon->fatal)
            return;
        daemon->fatal = g_error_copy(error);
        sy_tell(daemon, SY_LOG_ERROR, "fenced", NULL, 0, "%s", error->message);
        return;
    }
    if (!daemon->store_silent)
        daemon->store_silent = MAX(sy_env_elapsed(daemon->env), 1);
    if (!daemon->store_retry)
        sy_log(daemon->log, SY_LOG_ERROR, NULL, 0, "the store does not answer: %s: %s", what,
               error->message);
    daemon->store_retry = sy_env_elapsed(daemon->env) + SY_SECOND;
}

/* Templates that the store kept from being taken up; those that it still does are noted anew. */
static void look_at_unread(SyDaemon *daemon) {
    g_autoptr(GPtrArray) names = g_steal_pointer(&daemon->unread);
    daemon->unread = g_ptr_array_new_with_free_func(g_free);
    if (names->len)
        sy_templates_changed(daemon, names);
}

static void tell_store_is_back(SyDaemon *daemon) {
    gint64 silent = sy_env_elapsed(daemon->env) - daemon->store_silent;
    daemon->store_silent = 0;
    sy_tell(daemon, SY_LOG_WARNING, "store", NULL, 0,
            "the store answers again, after %.1f s in which nothing was decided",
            (double)silent / (double)SY_SECOND);
}

static void try_store_again(SyDaemon *daemon) {
    if (!daemon->store_retry || sy_env_elapsed(daemon->env) < daemon->store_retry)
        return;
    daemon->store_retry = 0;
    if (!daemon->stopping)
        sy_decide_again(daemon);
    sy_collect(daemon);
    sy_post_flush(daemon);
    if (!daemon->store_retry)
        look_at_unread(daemon);
    if (!daemon->store_retry)
        tell_store_is_back(daemon);
}

void sy_daemon_turn(SyDaemon *daemon) {
    try_store_again(daemon);
    sy_collect(daemon);
    if (!daemon->stopping)
        sy_daemon_step(daemon);
    else
        g_array_set_size(daemon->events, 0);
    if (daemon->undecided->len == 0)
        sy_templates_sweep(daemon);
    sy_alarm_set(daemon->alarm,
                 daemon->stopping ? SY_TIME_NONE : sy_scheduler_wake(daemon->scheduler));
    tell_status(daemon);
}

/* ---- stopping ---- */

static void cancel_all(SyDaemon *daemon) {
    GHashTableIter iter;
    gpointer run;
    g_hash_table_iter_init(&iter, daemon->runs);
    while (g_hash_table_iter_next(&iter, NULL, &run))
        sy_run_interrupt(daemon, run);
}

static void begin_stop(SyDaemon *daemon, const char *why) {
    const SySettingsExecutor *executor = &daemon->settings->executor;
    bool finish = executor->on_stop == SY_ON_STOP_FINISH;
    daemon->stopping = true;
    sy_daemon_notify(daemon, "STOPPING=1");
    sy_tell(daemon, SY_LOG_WARNING, "stop", NULL, 0, "%s: no new slots; %u running jobs %s", why,
            daemon->executing, finish ? "end first" : "are cancelled");
    daemon->stop_by = sy_env_elapsed(daemon->env) + (finish ? executor->stop_wait * SY_SECOND : 0);
}

/* True once all processes have ended, and the store has had its time to take in how. What it does
 * not take is found in the next life. */
static bool has_waited_for_store(SyDaemon *daemon) {
    static const gint64 wait = 10 * SY_SECOND;
    if (daemon->executing > daemon->endings->len) {
        daemon->store_by = 0;
        return false;
    }
    gint64 now = sy_env_elapsed(daemon->env);
    if (!daemon->store_by)
        daemon->store_by = now + wait;
    if (now < daemon->store_by)
        return false;
    sy_log(daemon->log, SY_LOG_ERROR, NULL, 0,
           "the store did not take in how %u runs ended: the next start looks after them",
           daemon->endings->len);
    return true;
}

/* True once nothing keeps the daemon any more. */
static bool has_stopped(SyDaemon *daemon) {
    if (daemon->fatal || daemon->killed_by)
        return true;
    if (!daemon->stopping)
        return false;
    if (daemon->stop_by && sy_env_elapsed(daemon->env) >= daemon->stop_by) {
        daemon->stop_by = 0;
        cancel_all(daemon);
    }
    return (daemon->executing == 0 && daemon->endings->len == 0) || has_waited_for_store(daemon);
}

/* ---- reload ---- */

static void reload_settings(SyDaemon *daemon) {
    g_autoptr(GError) error = NULL;
    SySettings *settings =
        sy_settings_load(daemon->options->workspace, daemon->options->get_environment, &error);
    if (!settings) {
        sy_tell(daemon, SY_LOG_ERROR, "settings", NULL, 0, "%s\n  the settings before go on",
                error->message);
        return;
    }
    g_ptr_array_add(daemon->read_settings, settings);
    daemon->settings = settings;
    sy_log_set_mask_data(daemon->log, settings);
    if (daemon->looks == 0)
        g_ptr_array_remove_range(daemon->read_settings, 0, daemon->read_settings->len - 1);
    sy_post_over(daemon, "settings", NULL, NULL);
}

/* Places: as asked for, else as the settings say, else one per processor. */
static gsize count_places(const SyDaemon *daemon) {
    int places = daemon->options->places;
    if (places <= 0)
        places = daemon->settings->executor.jobs;
    if (places <= 0)
        places = (int)sysconf(_SC_NPROCESSORS_ONLN);
    return (gsize)MAX(places, 1);
}

static bool is_held(const SyDaemon *daemon, const SyLiveJob *job) {
    SyTime next;
    return job->scheduled &&
           sy_scheduler_job_state(daemon->scheduler, job->number, &next) == SY_JOB_HELD;
}

static void release_held(SyDaemon *daemon) {
    for (guint i = 0; i < daemon->lives->len; i++)
        for (SyJobKind kind = 0; kind < SY_N_JOB_KINDS; kind++)
            sy_live_release(daemon, daemon->lives->pdata[i], kind);
}

static bool any_held(const SyDaemon *daemon) {
    for (guint i = 0; i < daemon->lives->len; i++) {
        const SyLive *live = daemon->lives->pdata[i];
        for (SyJobKind kind = 0; kind < SY_N_JOB_KINDS; kind++)
            if (is_held(daemon, &live->job[kind]))
                return true;
    }
    return false;
}

static void reload(SyDaemon *daemon) {
    g_autofree char *begin =
        g_strdup_printf("RELOADING=1\nMONOTONIC_USEC=%" G_GINT64_FORMAT, g_get_monotonic_time());
    sy_daemon_notify(daemon, begin);
    sy_daemon_step(daemon); /* so that a clock that was just put right is not taken for wrong */
    reload_settings(daemon);
    sy_scheduler_set_places(daemon->scheduler, count_places(daemon));
    release_held(daemon);
    sy_templates_changed(daemon, NULL);
    sy_tell(daemon, SY_LOG_WARNING, "reload", NULL, 0, "settings and templates were read again");
    sy_daemon_notify(daemon, "READY=1");
}

/* ---- what wakes the daemon ---- */

static void on_signal(gpointer data) {
    SyDaemon *daemon = data;
    int number;
    while ((number = sy_signals_read(daemon->signals)) != 0) {
        if (number == SIGHUP && !daemon->stopping)
            reload(daemon);
        else if (number != SIGHUP && daemon->stopping)
            daemon->killed_by = number;
        else if (number != SIGHUP)
            begin_stop(daemon, number == SIGINT ? "interrupted" : "asked to stop");
    }
}

static void on_alarm(gpointer data) {
    const SyDaemon *daemon = data;
    sy_alarm_read(daemon->alarm);
}

static void on_executor(gpointer data) { sy_collect(data); }

static void on_templates(gpointer data, const GPtrArray *names) {
    sy_templates_changed(data, names);
}

/* The file that commands touch. Watched itself, not its folder: the store lies there as well. */
static void watch_wake(SyDaemon *daemon) {
    enum { mode = 0644 };
    g_autofree char *path = sy_workspace_path(daemon->options->workspace, "wake");
    int fd = open(path, O_WRONLY | O_CREAT | O_CLOEXEC, mode);
    if (fd >= 0)
        close(fd);
    if (inotify_add_watch(daemon->wake, path,
                          IN_ATTRIB | IN_MODIFY | IN_CLOSE_WRITE | IN_DELETE_SELF | IN_MOVE_SELF) <
        0)
        sy_log(daemon->log, SY_LOG_WARNING, NULL, 0,
               "%s cannot be watched (%s): commands are taken in within a second", path,
               g_strerror(errno));
}

static void on_wake(gpointer data) {
    SyDaemon *daemon = data;
    _Alignas(struct inotify_event) char buffer[16 * (sizeof(struct inotify_event) + NAME_MAX + 1)];
    bool gone = false;
    gssize got;
    while ((got = read(daemon->wake, buffer, sizeof buffer)) > 0)
        for (gssize at = 0; at < got;) {
            const struct inotify_event *event = (const struct inotify_event *)(buffer + at);
            gone |= (event->mask & (IN_DELETE_SELF | IN_MOVE_SELF)) != 0;
            at += (gssize)(sizeof *event + event->len);
        }
    if (gone)
        watch_wake(daemon);
    if (!daemon->store_retry) /* else the look of each second finds it */
        sy_commands_take(daemon);
}

/* Folders of reports that templates name themselves. */
static char **own_report_folders(const SyDaemon *daemon) {
    g_autoptr(GStrvBuilder) folders = g_strv_builder_new();
    for (guint i = 0; i < daemon->lives->len; i++) {
        const SyStrategy *strategy = ((SyLive *)daemon->lives->pdata[i])->version->strategy;
        if (!strategy->template->report.dir)
            continue;
        g_autofree char *folder = sy_publish_folder(strategy, daemon->options->workspace);
        g_strv_builder_add(folders, folder);
    }
    return g_strv_builder_end(folders);
}

/* Nothing is removed while the clock is in doubt. */
static void keep_up(SyDaemon *daemon) {
    g_autoptr(GError) error = NULL;
    take_clocks(daemon);
    const SyClocks *clocks = &daemon->clocks;
    bool due = sy_upkeep_is_due(daemon->upkeep, clocks->now);
    if (daemon->stopping || clocks->elapsed < daemon->steady_at || (due && any_held(daemon)))
        return;
    g_auto(GStrv) folders = due ? own_report_folders(daemon) : g_new0(char *, 1);
    if (!sy_upkeep_look(daemon->upkeep, daemon->store, &daemon->settings->retention,
                        (const char *const *)folders, clocks->now, &error))
        sy_tell(daemon, SY_LOG_WARNING, "upkeep", NULL, 0,
                "the daily copy of the store or its retention failed: %s", error->message);
}

/* Commands of those who cannot touch the wake file: from other machines, or of other users. */
static void look_for_commands(SyDaemon *daemon) {
    g_autoptr(GError) error = NULL;
    gint64 before = daemon->seen_event;
    bool asked = false;
    if (daemon->stopping || daemon->store_retry)
        return;
    if (!sy_store_look_for_commands(daemon->store, &daemon->seen_event, &asked, &error))
        sy_store_failed(daemon, error, "commands are not looked for");
    else if (asked)
        sy_commands_take(daemon);
    if (daemon->store_retry)
        daemon->seen_event = before;
}

static void sweep(SyDaemon *daemon) {
    gint64 now = sy_env_elapsed(daemon->env);
    /* an event borrows the name of its probe */
    if (now < daemon->sweep_at || daemon->events->len)
        return;
    daemon->sweep_at = now + SY_HOUR;
    sy_probe_sweep(daemon);
}

/* Once a second only what a wake cannot bring: a stop that takes too long, a store that failed,
 * commands of others, a new day, messages that are due. */
static gboolean on_second(gpointer data) {
    SyDaemon *daemon = data;
    keep_up(daemon);
    sweep(daemon);
    look_for_commands(daemon);
    sy_post_look(daemon);
    return G_SOURCE_CONTINUE;
}

static gboolean on_watchdog(gpointer data) {
    sy_daemon_notify(data, "WATCHDOG=1");
    return G_SOURCE_CONTINUE;
}

/* ---- start and end ---- */

/* One descriptor for each study and three for each run: more than the usual soft limit. */
static void raise_descriptors(void) {
    struct rlimit limit;
    if (getrlimit(RLIMIT_NOFILE, &limit) == 0 && limit.rlim_cur < limit.rlim_max) {
        limit.rlim_cur = limit.rlim_max;
        setrlimit(RLIMIT_NOFILE, &limit);
    }
}

static bool open_executor(SyDaemon *daemon, GError **error) {
    const SySettingsExecutor *settings = &daemon->settings->executor;
    const SyExecutorOptions options = {
        .limits = {.memory_bytes = settings->memory * ((gint64)1 << 20),
                   .cpu_seconds = settings->cpu},
        .program = daemon->options->program,
        .workspace = daemon->options->workspace,
        .env = daemon->env,
        .kill_after_ns = settings->kill_after * SY_SECOND,
        .log = daemon->log,
    };
    daemon->executor_row = sy_executor_find("process");
    daemon->executor = daemon->executor_row->open(&options, error);
    return daemon->executor != NULL;
}

static void attach(SyDaemon *daemon, GSource *source) {
    g_source_attach(source, daemon->context);
    g_ptr_array_add(daemon->sources, source);
}

static void attach_timer(SyDaemon *daemon, guint interval_ms, GSourceFunc function) {
    GSource *source = g_timeout_source_new(interval_ms);
    g_source_set_callback(source, function, daemon, NULL);
    attach(daemon, source);
}

static bool open_sources(SyDaemon *daemon, GError **error) {
    enum { second_ms = 1000, half = 2 };
    daemon->alarm = sy_alarm_open(error);
    if (daemon->alarm < 0)
        return false;
    daemon->wake = inotify_init1(IN_CLOEXEC | IN_NONBLOCK);
    if (daemon->wake < 0)
        return sy_fail(error, SY_ERROR_FAILED, "files cannot be watched: %s", g_strerror(errno));
    watch_wake(daemon);
    const struct {
        int fd;
        SyReady ready;
    } watched[] = {{daemon->alarm, on_alarm},
                   {daemon->signals, on_signal},
                   {daemon->wake, on_wake},
                   {daemon->executor_row->descriptor(daemon->executor), on_executor}};
    for (gsize i = 0; i < G_N_ELEMENTS(watched); i++)
        if (watched[i].fd >= 0)
            g_ptr_array_add(daemon->sources, sy_source_watch(daemon->context, watched[i].fd,
                                                             watched[i].ready, daemon));
    attach_timer(daemon, second_ms, on_second);
    if (daemon->options->watchdog_us > 0)
        attach_timer(daemon, (guint)(daemon->options->watchdog_us / second_ms / half), on_watchdog);
    return true;
}

static bool watch_templates(SyDaemon *daemon, GError **error) {
    const char *path = daemon->options->template_path;
    g_autofree char *folder = path ? g_path_get_dirname(path)
                                   : sy_workspace_path(daemon->options->workspace, "templates");
    daemon->watch =
        sy_watch_open(daemon->context, folder, ".toml", settle_ms, on_templates, daemon, error);
    return daemon->watch != NULL;
}

/* What runs, and when next. */
static void show_jobs(SyDaemon *daemon) {
    enum { most = 40 };
    guint shown = 0, jobs = 0;
    for (guint i = 0; i < daemon->lives->len; i++) {
        const SyLive *live = daemon->lives->pdata[i];
        for (SyJobKind kind = 0; kind < SY_N_JOB_KINDS; kind++) {
            const SyLiveJob *job = &live->job[kind];
            if (!job->wanted || ++jobs > most)
                continue;
            SyTime next = SY_TIME_NONE;
            char text[SY_TIME_TEXT_SIZE];
            g_autofree char *when = sy_schedule_describe(job->job.schedule);
            if (job->scheduled)
                sy_scheduler_job_state(daemon->scheduler, job->number, &next);
            sy_log(daemon->log, SY_LOG_INFO, NULL, 0, "  %-24s %-6s %-32s %s%s", live->study,
                   sy_job_kind_names[kind], when, job->paused ? "paused" : "next ",
                   job->paused            ? ""
                   : next == SY_TIME_NONE ? "never"
                                          : sy_time_format(next, text));
            shown++;
        }
    }
    if (jobs > shown)
        sy_log(daemon->log, SY_LOG_INFO, NULL, 0, "  and %u more jobs (systematica ps)",
               jobs - shown);
}

static void say_start(SyDaemon *daemon) {
    sy_tell(daemon, SY_LOG_INFO, "start", NULL, 0,
            "%s: %u strategies, %" G_GSIZE_FORMAT " places%s", daemon->options->holder,
            daemon->lives->len, count_places(daemon),
            daemon->lives->len ? "" : "; templates are taken in as they come");
    show_jobs(daemon);
    sy_daemon_notify(daemon, "READY=1");
}

void sy_daemon_init(SyDaemon *daemon, const SyDaemonOptions *options) {
    *daemon = (SyDaemon){
        .options = options,
        .env = options->env,
        .store = options->store,
        .log = options->log,
        .settings = options->settings,
        .read_settings = g_ptr_array_new_with_free_func((GDestroyNotify)sy_settings_free),
        .context = g_main_context_new(),
        .lives = g_ptr_array_new_with_free_func((GDestroyNotify)sy_live_free),
        .sources = g_ptr_array_new_with_free_func((GDestroyNotify)sy_source_free),
        .by_job = g_hash_table_new_full(g_int_hash, g_int_equal, g_free, NULL),
        .refused = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, g_free),
        .locks =
            g_hash_table_new_full(g_str_hash, g_str_equal, g_free, (GDestroyNotify)sy_lock_release),
        .unread = g_ptr_array_new_with_free_func(g_free),
        .runs =
            g_hash_table_new_full(g_int64_hash, g_int64_equal, NULL, (GDestroyNotify)sy_run_free),
        .by_slot = sy_run_index_new(),
        .events = g_array_new(FALSE, FALSE, sizeof(SySchedulerEvent)),
        .actions = g_array_new(FALSE, FALSE, sizeof(SySlotAction)),
        .undecided = sy_undecided_new(),
        .endings = g_array_new(FALSE, FALSE, sizeof(SyEnding)),
        .clocks = sy_clocks_read(options->env),
        .seen_event = -1,
        .look = sy_probe_look,
        .alarm = -1,
        .signals = -1,
        .wake = -1,
        .alarms =
            g_hash_table_new_full(g_str_hash, g_str_equal, NULL, (GDestroyNotify)sy_alarm_free),
        .changed_alarms = g_ptr_array_new(),
        .told = g_array_new(FALSE, FALSE, sizeof(SyEvent)),
        .messages = g_ptr_array_new_with_free_func((GDestroyNotify)sy_message_free),
        .started = sy_env_now(options->env),
        .next_message = SY_TIME_NONE,
        .messenger = {.fd = -1},
    };
    g_array_set_clear_func(daemon->endings, (GDestroyNotify)sy_ending_clear);
    g_array_set_clear_func(daemon->told, (GDestroyNotify)sy_told_clear);
    daemon->scheduler = sy_scheduler_new(count_places(daemon));
    sy_probe_open(daemon);
}

static bool open_daemon(SyDaemon *daemon, const SyDaemonOptions *options, GError **error) {
    sy_daemon_init(daemon, options);
    daemon->signals = sy_signals_open(caught, G_N_ELEMENTS(caught), error);
    daemon->upkeep = sy_upkeep_new(options->workspace);
    raise_descriptors();
    return daemon->signals >= 0 && open_executor(daemon, error) && open_sources(daemon, error) &&
           watch_templates(daemon, error) && sy_post_open(daemon, error) &&
           sy_templates_start(daemon, error);
}

static void close_descriptor(int fd) {
    if (fd >= 0)
        close(fd);
}

void sy_daemon_clear(SyDaemon *daemon) {
    if (daemon->executor)
        daemon->executor_row->close(daemon->executor);
    /* threads may take their time: from here on a signal ends the process */
    if (daemon->signals >= 0)
        sy_signals_release(ends, G_N_ELEMENTS(ends));
    sy_probe_close(daemon);
    sy_upkeep_free(daemon->upkeep);
    sy_watch_close(daemon->watch);
    g_ptr_array_unref(daemon->sources);
    g_main_context_unref(daemon->context);
    g_hash_table_unref(daemon->by_slot);
    g_hash_table_unref(daemon->runs);
    g_array_unref(daemon->undecided);
    g_ptr_array_unref(daemon->lives);
    g_hash_table_unref(daemon->by_job);
    g_hash_table_unref(daemon->refused);
    g_hash_table_unref(daemon->locks);
    g_ptr_array_unref(daemon->unread);
    sy_scheduler_free(daemon->scheduler);
    g_array_unref(daemon->events);
    g_array_unref(daemon->actions);
    g_array_unref(daemon->endings);
    g_ptr_array_unref(daemon->changed_alarms);
    g_array_unref(daemon->told);
    g_ptr_array_unref(daemon->messages);
    g_hash_table_unref(daemon->alarms);
    if (daemon->read_settings->len)
        sy_log_set_mask_data(daemon->log, daemon->options->settings);
    g_ptr_array_unref(daemon->read_settings);
    close_descriptor(daemon->alarm);
    close_descriptor(daemon->signals);
    close_descriptor(daemon->wake);
    g_free(daemon->status);
    g_clear_error(&daemon->fatal);
}

/* Ends as a process that nobody catches signals for. */
static void die_of(int number) {
    sigset_t set;
    sigemptyset(&set);
    sigaddset(&set, number);
    signal(number, SIG_DFL);
    pthread_sigmask(SIG_UNBLOCK, &set, NULL);
    raise(number);
}

bool sy_daemon_run(const SyDaemonOptions *options, GError **error) {
    int killed_by = 0;
    /* whoever reads what is told may go: that ends no engine. Children get it back */
    signal(SIGPIPE, SIG_IGN);
    {
        g_auto(SyDaemon) daemon = {0};
        if (!open_daemon(&daemon, options, error))
            return false;
        sy_commands_take(&daemon);
        say_start(&daemon);
        sy_daemon_turn(&daemon);
        while (!has_stopped(&daemon)) {
            g_main_context_iteration(daemon.context, TRUE);
            sy_daemon_turn(&daemon);
        }
        killed_by = daemon.killed_by;
        sy_post_close(&daemon);
        if (daemon.fatal) {
            g_propagate_error(error, g_steal_pointer(&daemon.fatal));
            return false;
        }
        sy_tell(&daemon, SY_LOG_INFO, "end", NULL, 0, "stopped");
    }
    if (killed_by)
        die_of(killed_by);
    return true;
}
