/* Looks at the newest bar of what jobs wait for, in threads of their own, so that a slow database
 * holds nobody else up. One look at a time for each key, whoever waits for it. */
#include <sys/eventfd.h>
#include <unistd.h>

#include "base/error.h"
#include "daemon/state.h"
#include "workflow/newest_bar.h"

enum { THREADS = 16, AT_ONCE = 2, LONGEST_REST = 5 }; /* AT_ONCE: looks at one engine; seconds */
static const gint64 slow = SY_SECOND;

/* An engine that strategies read from. One that does not answer must not hold up the others: it has
 * few looks at a time, and rests after each that took long to fail. */
typedef struct {
    guint looks;    /* that threads are at */
    guint failures; /* slow ones in a row */
    gint64 rests;   /* ns of the monotonic clock: no look before */
    GQueue waiting; /* char *, keys of probes */
} Engine;

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
    char *key, *engine;
    gint64 took; /* ns */
    SyTime newest;
    GError *error;
} Look;

static void look_free(gpointer data) {
    Look *look = data;
    sy_version_unref(look->version);
    g_free(look->key);
    g_free(look->engine);
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

/* ---- engines ---- */

/* A program is an engine of its own. Free with g_free. */
static char *engine_of(const SyProbe *probe) {
    const SyStrategy *strategy = probe->version->strategy;
    const SyLoaderConfig *config = &strategy->loader_config;
    if (config->command)
        return g_strjoinv(" ", config->command);
    return g_strdup(config->engine_name ? config->engine_name
                    : config->engine    ? config->engine
                                        : strategy->loader->name);
}

static void engine_free(gpointer data) {
    Engine *engine = data;
    g_queue_clear_full(&engine->waiting, g_free);
    g_free(engine);
}

static Engine *find_engine(SyDaemon *daemon, const char *name) {
    Engine *engine = g_hash_table_lookup(daemon->engines, name);
    if (!engine) {
        engine = g_new0(Engine, 1);
        g_queue_init(&engine->waiting);
        g_hash_table_insert(daemon->engines, g_strdup(name), engine);
    }
    return engine;
}

static Look *look_new(SyDaemon *daemon, const SyProbe *probe) {
    Look *look = g_new(Look, 1);
    *look = (Look){.daemon = daemon,
                   .version = sy_version_ref(probe->version),
                   .settings = daemon->settings,
                   .key = g_strdup(probe->key),
                   .engine = engine_of(probe),
                   .newest = SY_TIME_NONE};
    return look;
}

/* Hands threads what an engine may have now. */
static void start_looks(SyDaemon *daemon, Engine *engine) {
    guint most = engine->failures ? 1 : AT_ONCE;
    while (engine->looks < most && !g_queue_is_empty(&engine->waiting)) {
        g_autofree char *key = g_queue_pop_head(&engine->waiting);
        const SyProbe *probe = g_hash_table_lookup(daemon->probes, key);
        if (!probe)
            continue;
        engine->looks++;
        daemon->looks++;
        g_thread_pool_push(daemon->prober, look_new(daemon, probe), NULL);
    }
}

/* After a slow failure it rests, and so do those that wait for it: the scheduler asks again. */
static void end_look(SyDaemon *daemon, const Look *look) {
    Engine *engine = find_engine(daemon, look->engine);
    engine->looks--;
    daemon->looks--;
    if (!look->error || look->took < slow) {
        engine->failures = 0;
        start_looks(daemon, engine);
        return;
    }
    engine->failures++;
    engine->rests = sy_env_elapsed(daemon->env) + MIN(engine->failures, LONGEST_REST) * SY_SECOND;
    for (char *key; (key = g_queue_pop_head(&engine->waiting)); g_free(key)) {
        SyProbe *probe = g_hash_table_lookup(daemon->probes, key);
        if (probe)
            probe->looking = false;
    }
}

/* ---- looks ---- */

/* Back in the thread of the loop. */
static gboolean take_look(gpointer data) {
    Look *look = data;
    SyDaemon *daemon = look->daemon;
    SyProbe *probe = g_hash_table_lookup(daemon->probes, look->key);
    end_look(daemon, look);
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
                                     .until = SY_TIME_NONE,
                                     .stop = &daemon->looks_stop};
    gint64 begin = sy_env_elapsed(daemon->env);
    sy_newest_bar(look->version->strategy, &context, &look->newest, &look->error);
    look->took = sy_env_elapsed(daemon->env) - begin;
    g_main_context_invoke_full(daemon->context, G_PRIORITY_DEFAULT, take_look, look, look_free);
}

void sy_probe_open(SyDaemon *daemon) {
    daemon->looks_stop = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
    daemon->probes = g_hash_table_new_full(g_str_hash, g_str_equal, NULL, probe_free);
    daemon->engines = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, engine_free);
    daemon->prober = g_thread_pool_new_full(do_look, NULL, look_free, THREADS, FALSE, NULL);
}

void sy_probe_close(SyDaemon *daemon) {
    if (daemon->looks_stop >= 0)
        eventfd_write(daemon->looks_stop, 1); /* programs that look are ended */
    if (daemon->prober)
        g_thread_pool_free(daemon->prober, TRUE, TRUE);
    if (daemon->looks_stop >= 0)
        close(daemon->looks_stop);
    daemon->looks_stop = -1;
    g_clear_pointer(&daemon->probes, g_hash_table_unref);
    g_clear_pointer(&daemon->engines, g_hash_table_unref);
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

static gboolean nobody_waits(gpointer key, gpointer value, gpointer used) {
    const SyProbe *probe = value;
    return !probe->looking && !g_hash_table_contains(used, key);
}

void sy_probe_sweep(SyDaemon *daemon) {
    g_autoptr(GHashTable) used = g_hash_table_new(g_str_hash, g_str_equal);
    for (guint i = 0; i < daemon->lives->len; i++) {
        const SyLive *live = daemon->lives->pdata[i];
        if (live->jobs.probe)
            g_hash_table_add(used, live->jobs.probe);
    }
    g_hash_table_foreach_remove(daemon->probes, nobody_waits, used);
}

void sy_probe_look(SyDaemon *daemon, const char *key) {
    SyProbe *probe = g_hash_table_lookup(daemon->probes, key);
    if (!probe || probe->looking)
        return;
    g_autofree char *name = engine_of(probe);
    Engine *engine = find_engine(daemon, name);
    if (sy_env_elapsed(daemon->env) < engine->rests)
        return;
    probe->looking = true;
    g_queue_push_tail(&engine->waiting, g_strdup(key));
    start_looks(daemon, engine);
}
