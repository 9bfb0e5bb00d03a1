/* Messages to people. What is told becomes an alarm by the table of kinds (messenger/message.h) and
 * the policy (alarms.h), and a message for each messenger of [notify]. They are queued in the
 * store, at the end of a turn, all in one transaction; a program of its own delivers what is due.
 * No job waits for any of it. */
#include <poll.h>
#include <signal.h>
#include <string.h>
#include <sys/statvfs.h>

#include "base/error.h"
#include "daemon/alarms.h"
#include "daemon/state.h"
#include "store/messages.h"

static const gint64 time_limit = 120 * SY_SECOND; /* of systematica-messenger */
static const gint64 wait_after_failure = 30 * SY_SECOND;
static const double disk_low = 0.10, disk_well = 0.12; /* shares that are free */
enum { waiting_most = 10000 }; /* messages kept while the store does not take them */

/* ---- alarms ---- */

/* What a cause is about: the study, unless the caller knows better. */
static char *key_of(const char *cause, const char *study, const char *about) {
    const char *what = about ? about : study;
    return what ? g_strdup_printf("%s/%s", cause, what) : g_strdup(cause);
}

static SyAlarm *find_or_make(SyDaemon *daemon, const char *key, const char *study) {
    SyAlarm *alarm = g_hash_table_lookup(daemon->alarms, key);
    if (alarm)
        return alarm;
    alarm = g_new0(SyAlarm, 1);
    *alarm = (SyAlarm){.key = g_strdup(key), .study = g_strdup(study), .told = SY_TIME_NONE};
    g_hash_table_insert(daemon->alarms, alarm->key, alarm);
    return alarm;
}

static void changed(SyDaemon *daemon, SyAlarm *alarm) {
    if (!g_ptr_array_find(daemon->changed_alarms, alarm, NULL))
        g_ptr_array_add(daemon->changed_alarms, alarm);
}

/* ---- messages ---- */

static const SyNotify *notify_of(const SyDaemon *daemon, const char *study) {
    for (guint i = 0; study && i < daemon->lives->len; i++) {
        const SyLive *live = daemon->lives->pdata[i];
        if (strcmp(live->study, study) == 0)
            return &live->version->strategy->template->notify;
    }
    return &daemon->settings->notify;
}

static void add_message(SyDaemon *daemon, const SyAlarm *alarm, const SyMessageKind *kind,
                        SyMessageLevel level, gint64 count, const SyNotify *notify,
                        const char *messenger) {
    if (daemon->messages->len >= waiting_most)
        return;
    const char *fallback = notify->fallback ? notify->fallback : daemon->settings->notify.fallback;
    SyMessage *message = g_new0(SyMessage, 1);
    *message = (SyMessage){
        .messenger = g_strdup(messenger),
        .fallback = g_strdup(fallback),
        .key = g_strdup(alarm->key),
        .kind = g_strdup(kind->name),
        .level = g_strdup(sy_message_level_names[level]),
        .study = g_strdup(alarm->study),
        .run = alarm->run,
        .title = g_strdup_printf("%s: %s%s", alarm->study ? alarm->study : "systematica",
                                 level == SY_MESSAGE_RECOVERED ? "over: " : "", kind->title),
        .text = g_strdup(alarm->text),
        .count = count,
        .created = sy_env_now(daemon->env),
    };
    g_ptr_array_add(daemon->messages, message);
}

/* A message of an alarm for everybody who wants it. */
static void tell_people(SyDaemon *daemon, const SyAlarm *alarm, const SyMessageKind *kind,
                        SyMessageLevel level, gint64 count) {
    static const char *const log_only[] = {"log", NULL};
    const SyNotify *own = notify_of(daemon, alarm->study), *all = &daemon->settings->notify;
    const SyNotify asked = {.to = own->to ? own->to : all->to, .on = own->on ? own->on : all->on};
    if (!sy_notify_wants(&asked, level, kind->name))
        return;
    const char *const *to = asked.to ? (const char *const *)asked.to : log_only;
    for (; *to; to++)
        add_message(daemon, alarm, kind, level, count, own, *to);
}

void sy_post_tell(SyDaemon *daemon, const char *kind_name, const char *study, const char *about,
                  gint64 run, const char *text) {
    const SyMessageKind *kind = sy_message_kind_find(kind_name);
    if (!kind || !daemon->posts)
        return;
    g_autofree char *key = key_of(kind->cause, study, about);
    SyAlarm *alarm = find_or_make(daemon, key, study);
    g_free(alarm->kind);
    g_free(alarm->text);
    alarm->kind = g_strdup(kind->name);
    alarm->text = g_strdup(text);
    alarm->run = run;
    gint64 count = sy_alarm_occur(alarm, kind, sy_env_now(daemon->env));
    changed(daemon, alarm);
    if (count)
        tell_people(daemon, alarm, kind, kind->level, count);
}

void sy_post_over(SyDaemon *daemon, const char *cause, const char *study, const char *about) {
    g_autofree char *key = key_of(cause, study, about);
    SyAlarm *alarm = g_hash_table_lookup(daemon->alarms, key);
    if (!alarm || alarm->running == 0)
        return;
    const SyMessageKind *kind = sy_message_kind_find(alarm->kind);
    char since[SY_TIME_TEXT_SIZE];
    gint64 running = alarm->running, count = 0;
    bool known = sy_alarm_end(alarm, &count);
    changed(daemon, alarm);
    if (!known || !kind)
        return;
    sy_time_format(alarm->since / SY_SECOND * SY_SECOND, since);
    g_autofree char *text = g_strdup_printf("over: %s (%" G_GINT64_FORMAT " times since %s)",
                                            kind->title, running, since);
    sy_log(daemon->log, SY_LOG_INFO, alarm->study, 0, "%s", text);
    g_free(alarm->text);
    alarm->text = g_steal_pointer(&text);
    tell_people(daemon, alarm, kind, SY_MESSAGE_RECOVERED, count);
}

/* What was kept back and is due by now. */
static void remind(SyDaemon *daemon) {
    GHashTableIter iter;
    gpointer value;
    SyTime now = sy_env_now(daemon->env);
    g_hash_table_iter_init(&iter, daemon->alarms);
    while (g_hash_table_iter_next(&iter, NULL, &value)) {
        SyAlarm *alarm = value;
        const SyMessageKind *kind = sy_message_kind_find(alarm->kind);
        gint64 count = kind ? sy_alarm_look(alarm, kind, now) : 0;
        if (!count)
            continue;
        changed(daemon, alarm);
        tell_people(daemon, alarm, kind, kind->level, count);
    }
}

/* ---- the store ---- */

static bool has_other_than_log(const GPtrArray *messages) {
    for (guint i = 0; i < messages->len; i++)
        if (strcmp(((const SyMessage *)messages->pdata[i])->messenger, "log") != 0)
            return true;
    return false;
}

void sy_post_flush(SyDaemon *daemon) {
    g_autoptr(GError) error = NULL;
    if (daemon->store_retry ||
        daemon->told->len + daemon->changed_alarms->len + daemon->messages->len == 0)
        return;
    sy_messages_gather(daemon->messages);
    if (!sy_store_queue(daemon->store, (const SyEvent *)(gpointer)daemon->told->data,
                        daemon->told->len, daemon->changed_alarms, daemon->messages,
                        sy_env_now(daemon->env), &error)) {
        sy_store_failed(daemon, error, "messages wait to be stored");
        return;
    }
    if (has_other_than_log(daemon->messages))
        daemon->next_message = sy_env_now(daemon->env);
    g_array_set_size(daemon->told, 0);
    g_ptr_array_set_size(daemon->changed_alarms, 0);
    g_ptr_array_set_size(daemon->messages, 0);
}

bool sy_post_open(SyDaemon *daemon, GError **error) {
    g_autoptr(GPtrArray) alarms = sy_store_load_alarms(daemon->store, error);
    if (!alarms || !sy_store_next_message(daemon->store, &daemon->next_message, error))
        return false;
    g_ptr_array_set_free_func(alarms, NULL);
    for (guint i = 0; i < alarms->len; i++) {
        SyAlarm *alarm = alarms->pdata[i];
        g_hash_table_replace(daemon->alarms, alarm->key, alarm);
    }
    daemon->posts = true;
    sy_post_over(daemon, "fenced", NULL, NULL);
    return true;
}

/* ---- the disk ---- */

static void look_at_disk(SyDaemon *daemon) {
    struct statvfs disk;
    if (statvfs(daemon->options->workspace, &disk) != 0 || disk.f_blocks == 0)
        return;
    double share = (double)disk.f_bavail / (double)disk.f_blocks;
    bool low = g_hash_table_contains(daemon->alarms, "disk") &&
               ((SyAlarm *)g_hash_table_lookup(daemon->alarms, "disk"))->running > 0;
    if (share < disk_low && !low)
        sy_tell(daemon, SY_LOG_ERROR, "disk", NULL, 0,
                "%s: %.1f %% of the disk are free: without room nothing is stored, and nothing "
                "runs; make some",
                daemon->options->workspace, share * 100);
    else if (share >= disk_well)
        sy_post_over(daemon, "disk", NULL, NULL);
}

/* ---- the heartbeat ---- */

/* Why slots are not on time; NULL where they are. */
static const char *why_late(SyDaemon *daemon) {
    if (daemon->stopping)
        return "the daemon stops";
    if (daemon->store_retry)
        return "the store does not answer";
    for (guint i = 0; i < daemon->lives->len; i++) {
        const SyLive *live = daemon->lives->pdata[i];
        for (SyJobKind kind = 0; kind < SY_N_JOB_KINDS; kind++) {
            const SyLiveJob *job = &live->job[kind];
            SyTime next;
            if (!job->scheduled)
                continue;
            if (job->late)
                return "a slot's bar did not come in time, or a slot was missed";
            if (sy_scheduler_job_state(daemon->scheduler, job->number, &next) == SY_JOB_HELD)
                return "a job is held";
        }
    }
    return NULL;
}

/* Whether a heartbeat is to be sent now. */
static bool heart_beats(SyDaemon *daemon) {
    const SySettingsHeartbeat *heartbeat = &daemon->settings->heartbeat;
    gint64 now = sy_env_elapsed(daemon->env);
    if (!heartbeat->url || now < daemon->next_heartbeat)
        return false;
    const char *why = why_late(daemon);
    if (g_strcmp0(why, daemon->heartbeat_rests) != 0)
        sy_log(daemon->log, why ? SY_LOG_WARNING : SY_LOG_INFO, NULL, 0, "heartbeat: %s%s",
               why ? "not sent: " : "sent again", why ? why : "");
    daemon->heartbeat_rests = why;
    if (!why)
        daemon->next_heartbeat = now + heartbeat->every * SY_SECOND;
    return !why;
}

/* ---- systematica-messenger ---- */

static void start_messenger(SyDaemon *daemon, bool heartbeat) {
    g_autofree char *folder = g_path_get_dirname(daemon->options->program);
    g_autofree char *beside = g_build_filename(folder, "systematica-messenger", NULL);
    const char *program = strchr(daemon->options->program, '/') ? beside : "systematica-messenger";
    const char *const arguments[] = {program, "--workspace", daemon->options->workspace,
                                     heartbeat ? "--heartbeat" : NULL, NULL};
    const SyProcessSpec spec = {.arguments = arguments, .input = -1, .output = -1, .errors = -1};
    gint64 now = sy_env_elapsed(daemon->env);
    g_autoptr(GError) error = NULL;
    if (sy_process_start(&spec, &daemon->messenger, &error)) {
        daemon->messenger_ends = now + time_limit;
        return;
    }
    daemon->messenger.fd = -1;
    daemon->messenger_after = now + wait_after_failure;
    sy_log(daemon->log, SY_LOG_ERROR, NULL, 0, "messages wait: %s", error->message);
}

/* True once none runs. */
static bool take_end(SyDaemon *daemon) {
    SyProcessEnd end;
    if (daemon->messenger.fd < 0)
        return true;
    gint64 now = sy_env_elapsed(daemon->env);
    if (now >= daemon->messenger_ends)
        sy_process_signal(&daemon->messenger, SIGKILL);
    if (!sy_process_reap(&daemon->messenger, &end))
        return false;
    daemon->messenger.fd = -1;
    if (!end.exited || end.code != 0) {
        g_autofree char *text = sy_process_end_text(&end);
        sy_log(daemon->log, SY_LOG_WARNING, NULL, 0, "messages wait: systematica-messenger: %s",
               text);
        daemon->messenger_after = now + wait_after_failure;
    }
    /* where the store does not answer, the next look finds out */
    if (daemon->store_retry || !sy_store_next_message(daemon->store, &daemon->next_message, NULL))
        daemon->next_message = sy_env_now(daemon->env);
    return true;
}

static void send_due(SyDaemon *daemon) {
    if (!take_end(daemon) || sy_env_elapsed(daemon->env) < daemon->messenger_after)
        return;
    bool due = !daemon->store_retry && daemon->next_message != SY_TIME_NONE &&
               daemon->next_message <= sy_env_now(daemon->env);
    bool heartbeat = heart_beats(daemon);
    if (due || heartbeat)
        start_messenger(daemon, heartbeat);
}

void sy_post_look(SyDaemon *daemon) {
    gint64 now = sy_env_elapsed(daemon->env);
    if (now >= daemon->next_look) {
        daemon->next_look = now + SY_MINUTE;
        look_at_disk(daemon);
        remind(daemon);
    }
    sy_post_flush(daemon);
    send_due(daemon);
}

void sy_post_close(SyDaemon *daemon) {
    enum { patience_ms = 2000 };
    SyProcessEnd end;
    sy_post_flush(daemon);
    if (daemon->fatal && daemon->messenger.fd < 0 &&
        daemon->next_message <= sy_env_now(daemon->env) && daemon->next_message != SY_TIME_NONE)
        start_messenger(daemon, false);
    if (daemon->messenger.fd < 0)
        return;
    /* one that is killed amid an attempt leaves it to be made once more */
    struct pollfd ended = {.fd = daemon->messenger.fd, .events = POLLIN};
    if (poll(&ended, 1, patience_ms) <= 0)
        sy_process_signal(&daemon->messenger, SIGKILL);
    sy_process_wait(&daemon->messenger, &end);
    daemon->messenger.fd = -1;
}
