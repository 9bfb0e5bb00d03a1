/* The daemon's parts that stand alone: clocks, the watch of a folder, messages to a service
 * manager, the lock of a study. */
#include "test.h"

#include <arpa/inet.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include "base/error.h"
#include "cli.h"
#include "daemon/clocks.h"
#include "daemon/lock.h"
#include "daemon/notify.h"
#include "daemon/state.h"
#include "daemon/watch.h"
#include "db/db.h"
#include "live.h"
#include "store.h"
#include "store/events.h"

static void test_clocks__steps_and_suspends_are_told_apart(void **state) {
    (void)state;
    const SyClocks before = {100 * SY_SECOND, 10 * SY_SECOND, 20 * SY_SECOND};
    static const struct {
        gint64 wall, awake, boot, step, slept; /* seconds */
    } cases[] = {
        {5, 5, 5, 0, 0},       /* time passes */
        {3605, 5, 5, 3600, 0}, /* the clock was put forward */
        {-3595, 5, 5, -3600, 0},
        {3605, 5, 3605, 0, 3600},      /* the machine slept */
        {7205, 5, 3605, 3600, 3600},   /* and was set when it woke */
        {31536005, 5, 5, 31536000, 0}, /* a year */
    };
    for (gsize i = 0; i < G_N_ELEMENTS(cases); i++) {
        const SyClocks after = {before.now + cases[i].wall * SY_SECOND,
                                before.elapsed + cases[i].awake * SY_SECOND,
                                before.since_boot + cases[i].boot * SY_SECOND};
        SyClockChange change = sy_clocks_compare(&before, &after);
        assert_int_equal(change.step, cases[i].step * SY_SECOND);
        assert_int_equal(change.slept, cases[i].slept * SY_SECOND);
    }
    /* what a slewed clock gains is no step */
    SyClocks slewed = before;
    slewed.now += SY_SECOND + SY_SECOND / 3;
    slewed.elapsed += SY_SECOND;
    slewed.since_boot += SY_SECOND;
    assert_int_equal(sy_clocks_compare(&before, &slewed).step, 0);
}

/* A process that is cut short between its clocks. */
typedef struct {
    gint64 reading, preempted; /* which reading is cut short; ns */
    gint64 time;
} Cut;

static SyTime cut_now(gconstpointer data) {
    Cut *cut = (Cut *)data;
    if (cut->reading++ < 3)
        cut->time += cut->preempted;
    return SY_DAY + cut->time;
}

static gint64 cut_elapsed(gconstpointer data) { return ((const Cut *)data)->time; }

static void test_clocks__a_process_that_stood_still_is_no_step(void **state) {
    (void)state;
    Cut cut = {.preempted = 2 * SY_SECOND};
    const SyEnv env = {cut_now, cut_elapsed, cut_elapsed, &cut};
    SyClocks clocks = sy_clocks_read(&env);
    assert_int_equal(clocks.now - SY_DAY, clocks.elapsed);
    assert_int_equal(clocks.since_boot, clocks.elapsed);
    assert_int_equal(cut.reading, 4);
    /* on a machine that never gives it 10 ms, it ends all the same */
    cut = (Cut){.reading = -1000, .preempted = SY_SECOND};
    sy_clocks_read(&env);
    assert_in_range(cut.reading + 1000, 1, 20);
}

/* ---- a daemon in memory ---- */

typedef struct {
    SyTime now;
    gint64 elapsed;
} Clocks;

static SyTime wall(gconstpointer data) { return ((const Clocks *)data)->now; }
static gint64 awake(gconstpointer data) { return ((const Clocks *)data)->elapsed; }

/* A daemon with a store in a folder, and nothing else. */
typedef struct {
    char *folder;
    Clocks clocks;
    SyEnv env;
    SyStore *store;
    SyLog *log;
    SySettings *settings;
    SyDaemonOptions options;
    SyDaemon daemon;
} Small;

static Small *small_new(void) {
    Small *small = g_new0(Small, 1);
    small->folder = test_folder_new();
    small->clocks = (Clocks){100 * SY_DAY, SY_DAY};
    small->env = (SyEnv){wall, awake, awake, &small->clocks};
    assert_good(small->store = sy_store_open("sqlite:///state.db", small->folder, false, &error));
    const SyLogOptions log = {.env = &small->env, .folder = small->folder};
    assert_good(small->log = sy_log_open(&log, &error));
    assert_good(small->settings = sy_settings_read("", 0, "none", small->folder, g_getenv, &error));
    small->options = (SyDaemonOptions){.env = &small->env,
                                       .workspace = small->folder,
                                       .settings = small->settings,
                                       .store = small->store,
                                       .log = small->log,
                                       .places = 1};
    sy_daemon_init(&small->daemon, &small->options);
    return small;
}

static void small_free(Small *small) {
    sy_daemon_clear(&small->daemon);
    sy_settings_free(small->settings);
    sy_log_close(small->log);
    sy_store_close(small->store);
    test_folder_remove(small->folder);
    g_free(small->folder);
    g_free(small);
}
G_DEFINE_AUTOPTR_CLEANUP_FUNC(Small, small_free)

/* Whoever steps, be it for a template that changed: a jump is known before anything is decided. */
static void test_step__takes_in_a_jump_of_the_clock_first(void **state) {
    (void)state;
    g_autoptr(Small) small = small_new();
    g_autoptr(SySchedule) hourly = sy_schedule_new_every((SyTimeframe){SY_HOUR, 0});
    const SyJob job = {.study = "one",
                       .kind = SY_JOB_TASK,
                       .schedule = hourly,
                       .max_buffer = SY_MINUTE,
                       .catchup_window = SY_DAY,
                       .until = SY_TIME_NONE};
    SyScheduler *scheduler = small->daemon.scheduler;
    guint number = sy_scheduler_put_job(scheduler, &job, small->clocks.now);
    SyTime next;
    sy_daemon_step(&small->daemon);
    assert_int_equal(sy_scheduler_job_state(scheduler, number, &next), SY_JOB_IDLE);
    small->clocks.now += 365 * SY_DAY;
    sy_daemon_step(&small->daemon);
    assert_int_equal(sy_scheduler_job_state(scheduler, number, &next), SY_JOB_HELD);
}

/* What is told waits in memory while the store does not answer, and is in it afterwards, in order.
 */
static void test_tell__never_waits_for_the_store(void **state) {
    (void)state;
    g_autoptr(Small) small = small_new();
    g_autoptr(SyDb) other = sy_db_open("sqlite:///state.db", small->folder, SY_DB_WRITE, 100, NULL);
    assert_good(sy_db_begin(other, SY_DB_WRITE, &error));
    gint64 begin = g_get_monotonic_time();
    for (int i = 0; i < 100; i++)
        sy_tell(&small->daemon, SY_LOG_WARNING, "test", "pair", i, "message %d", i);
    assert_true(g_get_monotonic_time() - begin < 4 * G_USEC_PER_SEC); /* one wait takes five */
    sy_db_rollback(other);
    small->daemon.store_retry = 1; /* silent: nothing is tried */
    sy_post_flush(&small->daemon);
    const char *count = "SELECT count(*) FROM event WHERE kind = 'test' AND run_id = sequence - 1";
    assert_int_equal(test_store_query(small->folder, count), 0);
    small->daemon.store_retry = 0;
    sy_post_flush(&small->daemon);
    assert_int_equal(test_store_query(small->folder, count), 100);
    assert_int_equal(small->daemon.told->len, 0);
}

static void test_commands__are_found_by_whoever_looks(void **state) {
    (void)state;
    g_autoptr(Small) small = small_new();
    gint64 seen = -1, id;
    bool asked = false;
    assert_good(sy_store_look_for_commands(small->store, &seen, &asked, &error));
    assert_true(asked); /* nothing is known */
    const SyEvent other = {SY_DAY, "run", "pair", 1, "{}"};
    assert_good(sy_store_add_events(small->store, &other, 1, &error));
    assert_good(sy_store_look_for_commands(small->store, &seen, &asked, &error));
    assert_false(asked);
    assert_good(sy_store_add_trigger(small->store, "pair", "trade", "me", SY_DAY, &id, &error));
    assert_good(sy_store_add_events(small->store, &other, 1, &error));
    assert_good(sy_store_look_for_commands(small->store, &seen, &asked, &error));
    assert_true(asked);
    assert_good(sy_store_look_for_commands(small->store, &seen, &asked, &error));
    assert_false(asked);
}

/* ---- probes ---- */

static SyVersion *version_on(const char *study, const char *engine) {
    g_autofree char *text = live_template(study, 1, "");
    g_auto(GStrv) parts = g_strsplit(text, "engine_name = \"research\"", 2);
    g_autofree char *own = g_strdup_printf("engine = \"%s\"", engine);
    g_autofree char *changed = g_strjoinv(own, parts);
    SyStrategy *strategy = NULL;
    assert_good(strategy = sy_strategy_read(changed, strlen(changed), study, &error));
    return sy_version_new(strategy);
}

/* Twenty strategies wait for an engine that takes connections and never says a word. */
static void test_probe__an_engine_that_is_dead_keeps_no_other_waiting(void **state) {
    (void)state;
    enum { dead = 20 };
    struct sockaddr_in address = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    socklen_t length = sizeof address;
    int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    assert_int_equal(bind(fd, (const struct sockaddr *)&address, length), 0);
    assert_int_equal(listen(fd, 2 * dead), 0);
    assert_int_equal(getsockname(fd, (struct sockaddr *)&address, &length), 0);
    g_autofree char *silent =
        g_strdup_printf("postgresql://x@127.0.0.1:%d/x?connect_timeout=2", ntohs(address.sin_port));
    {
        g_autoptr(Small) small = small_new();
        SyDaemon *daemon = &small->daemon;
        test_write(small->folder, ".workflow/settings.toml", "");
        live_bars(small->folder, "A", 1, 90 * SY_DAY, 90 * SY_DAY + 10 * SY_SECOND);
        live_bars(small->folder, "B", 1, 90 * SY_DAY, 90 * SY_DAY + 10 * SY_SECOND);
        for (int i = 0; i <= dead; i++) {
            g_autofree char *key = g_strdup_printf("key %d", i);
            g_autoptr(SyVersion) version =
                version_on("pair", i < dead ? silent : "sqlite:///.workflow/research.db");
            sy_probe_put(daemon, key, version);
            sy_probe_look(daemon, key);
        }
        gint64 begin = g_get_monotonic_time();
        while (daemon->events->len == 0 && g_get_monotonic_time() - begin < 10 * G_USEC_PER_SEC) {
            g_main_context_iteration(daemon->context, FALSE);
            g_usleep(1000);
        }
        assert_int_equal(daemon->events->len, 1);
        assert_true(g_get_monotonic_time() - begin < 3 * G_USEC_PER_SEC / 2);
        assert_in_range(daemon->looks, 1, 2);
        /* what nobody waits for any more is dropped, but for what a thread is at */
        sy_probe_sweep(daemon);
        assert_in_range(g_hash_table_size(daemon->probes), 1, dead);
    }
    close(fd);
}

static void test_notify__reaches_paths_and_abstract_names(void **state) {
    (void)state;
    g_autofree char *folder = test_folder_new();
    g_autofree char *path = g_build_filename(folder, "socket", NULL);
    g_autofree char *abstract = g_strdup_printf("@%s", path);
    const char *const names[] = {path, abstract};
    for (gsize i = 0; i < G_N_ELEMENTS(names); i++) {
        struct sockaddr_un address = {.sun_family = AF_UNIX};
        memcpy(address.sun_path, names[i], strlen(names[i]));
        if (*names[i] == '@')
            address.sun_path[0] = '\0';
        int fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);
        socklen_t length = (socklen_t)(offsetof(struct sockaddr_un, sun_path) + strlen(names[i]));
        assert_int_equal(bind(fd, (const struct sockaddr *)&address, length), 0);
        g_autoptr(GError) error = NULL;
        assert_true(sy_notify(names[i], "READY=1\nSTATUS=well", &error));
        char got[64] = "";
        assert_int_equal(recv(fd, got, sizeof got - 1, 0), strlen("READY=1\nSTATUS=well"));
        assert_string_equal(got, "READY=1\nSTATUS=well");
        close(fd);
    }
    g_autoptr(GError) error = NULL;
    assert_true(sy_notify(NULL, "READY=1", &error));
    assert_false(sy_notify("/nonexistent/socket", "READY=1", &error));
    assert_int_equal(error->code, SY_ERROR_IO);
    test_folder_remove(folder);
}

/* ---- watch ---- */

typedef struct {
    GString *told; /* "name " for each, "* " for all */
} Told;

static void on_change(gpointer data, const GPtrArray *names) {
    Told *told = data;
    for (guint i = 0; names && i < names->len; i++)
        g_string_append_printf(told->told, "%s ", (const char *)names->pdata[i]);
    if (!names)
        g_string_append(told->told, "* ");
}

/* Lets the watch work until it has told something, or for some time. */
static const char *wait_told(GMainContext *context, Told *told, int ms) {
    gint64 until = g_get_monotonic_time() + ms * 1000;
    g_string_truncate(told->told, 0);
    while (told->told->len == 0 && g_get_monotonic_time() < until) {
        g_main_context_iteration(context, FALSE);
        g_usleep(1000);
    }
    return told->told->str;
}

static void test_watch__tells_of_a_file_once_it_is_closed_and_left_alone(void **state) {
    (void)state;
    enum { settle = 60, long_enough = 5000, not_yet = 150 };
    g_autofree char *folder = test_folder_new();
    g_autofree char *path = g_build_filename(folder, "a.toml", NULL);
    g_autofree char *moved = g_build_filename(folder, "b.toml", NULL);
    g_autoptr(GMainContext) context = g_main_context_new();
    g_autoptr(GError) error = NULL;
    Told told = {g_string_new(NULL)};
    SyWatch *watch = sy_watch_open(context, folder, ".toml", settle, on_change, &told, &error);
    assert_non_null(watch);
    /* open, and written in two strokes: not before it is closed */
    int fd = open(path, O_WRONLY | O_CREAT | O_CLOEXEC, 0600);
    assert_string_equal(wait_told(context, &told, not_yet), "");
    assert_int_equal(write(fd, "half", 4), 4);
    assert_string_equal(wait_told(context, &told, not_yet), "");
    close(fd);
    assert_string_equal(wait_told(context, &told, long_enough), "a.toml ");
    /* what is no template is nobody's business */
    test_write(folder, "notes.txt", "x");
    test_write(folder, ".hidden.toml", "x");
    assert_string_equal(wait_told(context, &told, not_yet), "");
    assert_int_equal(rename(path, moved), 0);
    const char *both = wait_told(context, &told, long_enough);
    assert_non_null(strstr(both, "a.toml "));
    assert_non_null(strstr(both, "b.toml "));
    assert_int_equal(unlink(moved), 0);
    assert_string_equal(wait_told(context, &told, long_enough), "b.toml ");
    sy_watch_close(watch);
    g_string_free(told.told, TRUE);
    test_folder_remove(folder);
    assert_null(sy_watch_open(context, "/nonexistent", ".toml", settle, on_change, NULL, &error));
    assert_int_equal(error->code, SY_ERROR_IO);
}

static void test_watch__one_file_that_never_rests_holds_up_no_other(void **state) {
    (void)state;
    enum { settle = 60, rewrites = 200 };
    g_autofree char *folder = test_folder_new();
    g_autoptr(GMainContext) context = g_main_context_new();
    Told told = {g_string_new(NULL)};
    SyWatch *watch = sy_watch_open(context, folder, ".toml", settle, on_change, &told, NULL);
    assert_non_null(watch);
    test_write(folder, "still.toml", "x");
    for (int i = 0; i < rewrites && told.told->len == 0; i++) {
        test_write(folder, "restless.toml", "x");
        g_usleep(settle * 1000 / 6);
        g_main_context_iteration(context, FALSE);
    }
    assert_string_equal(told.told->str, "still.toml ");
    sy_watch_close(watch);
    g_string_free(told.told, TRUE);
    test_folder_remove(folder);
}

static void test_lock__has_one_holder_who_is_named(void **state) {
    (void)state;
    g_autofree char *folder = test_folder_new();
    g_autoptr(GError) error = NULL;
    g_autoptr(SyStore) store = sy_store_open("sqlite:///state.db", folder, false, &error);
    SyLock *lock = sy_lock_take(folder, store, "pair", "run_app (pid 7)", SY_DAY, &error);
    assert_non_null(lock);
    assert_null(sy_lock_take(folder, store, "pair", "run_all (pid 8)", SY_DAY, &error));
    assert_int_equal(error->code, SY_ERROR_HELD);
    assert_non_null(strstr(error->message, "run_app (pid 7) since 1970-01-02T00:00:00Z"));
    g_clear_error(&error);
    SyLock *second = sy_lock_take(folder, store, "two", "run_all (pid 8)", SY_DAY, &error);
    assert_non_null(second);
    sy_lock_release(lock);
    lock = sy_lock_take(folder, store, "pair", "run_all (pid 8)", SY_DAY, &error);
    assert_non_null(lock);
    sy_lock_release(lock);
    sy_lock_release(second);
    test_folder_remove(folder);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_clocks__steps_and_suspends_are_told_apart),
        cmocka_unit_test(test_clocks__a_process_that_stood_still_is_no_step),
        cmocka_unit_test(test_tell__never_waits_for_the_store),
        cmocka_unit_test(test_commands__are_found_by_whoever_looks),
        cmocka_unit_test(test_probe__an_engine_that_is_dead_keeps_no_other_waiting),
        cmocka_unit_test(test_watch__one_file_that_never_rests_holds_up_no_other),
        cmocka_unit_test(test_step__takes_in_a_jump_of_the_clock_first),
        cmocka_unit_test(test_notify__reaches_paths_and_abstract_names),
        cmocka_unit_test(test_watch__tells_of_a_file_once_it_is_closed_and_left_alone),
        cmocka_unit_test(test_lock__has_one_holder_who_is_named),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
