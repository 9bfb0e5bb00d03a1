/* Looks at the newest bar of what jobs wait for, in threads of their own, so that a slow database
 * holds nobody else up. One look at a time for each key, whoever waits for it. */
#include "base/error.h"
#include "daemon/state.h"
#include "workflow/newest_bar.h"

enum { THREADS = 4 };

struct SyProbe {
    char *key;
    SyVersion *version; /* any of those that share the key */
    bool looking;
    char *problem; /* why the last look gave nothing; NULL: it gave a bar */
};

/* One look, on its way to a thread and back. */
typedef struct {
    SyDaemon *daemon;
    SyVersion *version;
    const SySettings *settings;
    char *key;
    SyTime newest;
    GError *error;
} Look;

static void look_free(gpointer data) {
    Look *look = data;
    sy_version_unref(look->version);
    g_free(look->key);
    g_clear_error(&look->error);
    g_free(look);
}

static void probe_free(gpointer data) {
    SyProbe *probe = data;
    sy_version_unref(probe->version);
    g_free(probe->key);
    g_free(probe->problem);
    g_free(probe);
}

/* A problem is told when it begins and when it is over, not each time. */
static void note_problem(SyDaemon *daemon, SyProbe *probe, const Look *look) {
    const char *study = look->version->strategy->template->meta.study_name;
    const char *problem = look->error ? look->error->message : NULL;
    if (g_strcmp0(problem, probe->problem) == 0)
        return;
    if (problem)
        sy_tell(daemon, SY_LOG_WARNING, "probe", study, 0,
                "the newest bar cannot be looked at, and is tried again: %s", problem);
    else {
        sy_tell(daemon, SY_LOG_INFO, "probe", study, 0, "bars can be looked at again");
        sy_post_over(daemon, "probe", study, NULL);
    }
    g_free(probe->problem);
    probe->problem = g_strdup(problem);
}

/* Back in the thread of the loop. */
static gboolean take_look(gpointer data) {
    Look *look = data;
    SyDaemon *daemon = look->daemon;
    SyProbe *probe = g_hash_table_lookup(daemon->probes, look->key);
    if (!probe)
        return G_SOURCE_REMOVE;
    probe->looking = false;
    note_problem(daemon, probe, look);
    if (!look->error && look->newest != SY_TIME_NONE) {
        const SySchedulerEvent event = {
            .kind = SY_EVENT_BAR, .probe = probe->key, .time = look->newest};
        g_array_append_val(daemon->events, event);
    }
    return G_SOURCE_REMOVE;
}

static void do_look(gpointer data, gpointer user_data) {
    (void)user_data;
    Look *look = data;
    const SyDaemon *daemon = look->daemon;
    const SyLoaderContext context = {.env = daemon->env,
                                     .folder = daemon->options->workspace,
                                     .engines = &look->settings->engines,
                                     .until = SY_TIME_NONE};
    sy_newest_bar(look->version->strategy, &context, &look->newest, &look->error);
    g_main_context_invoke_full(daemon->context, G_PRIORITY_DEFAULT, take_look, look, look_free);
}

void sy_probe_open(SyDaemon *daemon) {
    daemon->probes = g_hash_table_new_full(g_str_hash, g_str_equal, NULL, probe_free);
    daemon->prober = g_thread_pool_new_full(do_look, NULL, look_free, THREADS, FALSE, NULL);
}

void sy_probe_close(SyDaemon *daemon) {
    if (daemon->prober)
        g_thread_pool_free(daemon->prober, TRUE, TRUE);
    g_clear_pointer(&daemon->probes, g_hash_table_unref);
}

void sy_probe_put(SyDaemon *daemon, const char *key, SyVersion *version) {
    SyProbe *probe = g_hash_table_lookup(daemon->probes, key);
    if (!probe) {
        probe = g_new0(SyProbe, 1);
        probe->key = g_strdup(key);
        g_hash_table_insert(daemon->probes, probe->key, probe);
    }
    sy_version_ref(version);
    sy_version_unref(probe->version);
    probe->version = version;
}

static Look *look_new(SyDaemon *daemon, const SyProbe *probe) {
    Look *look = g_new(Look, 1);
    *look = (Look){.daemon = daemon,
                   .version = sy_version_ref(probe->version),
                   .settings = daemon->settings,
                   .key = g_strdup(probe->key),
                   .newest = SY_TIME_NONE};
    return look;
}

void sy_probe_look(SyDaemon *daemon, const char *key) {
    SyProbe *probe = g_hash_table_lookup(daemon->probes, key);
    if (!probe || probe->looking)
        return;
    probe->looking = true;
    g_thread_pool_push(daemon->prober, look_new(daemon, probe), NULL);
}
