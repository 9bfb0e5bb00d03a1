/* The daemon's parts that stand alone: clocks, the watch of a folder, messages to a service
 * manager, the lock of a study. */
#include "test.h"

#include <fcntl.h>
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

/* Whoever steps, be it for a template that changed: a jump is known before anything is decided. */
static void test_step__takes_in_a_jump_of_the_clock_first(void **state) {
    (void)state;
    g_autofree char *folder = test_folder_new();
    g_autoptr(GError) error = NULL;
    Clocks clocks = {100 * SY_DAY, SY_DAY};
    const SyEnv env = {wall, awake, awake, &clocks};
    {
        g_autoptr(SyStore) store = sy_store_open("sqlite:///state.db", folder, false, &error);
        g_autoptr(SyLog) log = sy_log_open(&(SyLogOptions){.env = &env, .folder = folder}, &error);
        g_autoptr(SySettings) settings = sy_settings_read("", 0, "none", folder, g_getenv, &error);
        const SyDaemonOptions options = {.env = &env,
                                         .workspace = folder,
                                         .settings = settings,
                                         .store = store,
                                         .log = log,
                                         .places = 1};
        g_auto(SyDaemon) daemon = {0};
        sy_daemon_init(&daemon, &options);
        g_autoptr(SySchedule) hourly = sy_schedule_new_every((SyTimeframe){SY_HOUR, 0});
        const SyJob job = {.study = "one",
                           .kind = SY_JOB_TASK,
                           .schedule = hourly,
                           .max_buffer = SY_MINUTE,
                           .catchup_window = SY_DAY,
                           .until = SY_TIME_NONE};
        guint number = sy_scheduler_put_job(daemon.scheduler, &job, clocks.now);
        SyTime next;
        sy_daemon_step(&daemon);
        assert_int_equal(sy_scheduler_job_state(daemon.scheduler, number, &next), SY_JOB_IDLE);
        clocks.now += 365 * SY_DAY;
        sy_daemon_step(&daemon);
        assert_int_equal(sy_scheduler_job_state(daemon.scheduler, number, &next), SY_JOB_HELD);
    }
    test_folder_remove(folder);
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

static void test_lock__has_one_holder_who_is_named_and_an_epoch_that_grows(void **state) {
    (void)state;
    g_autofree char *folder = test_folder_new();
    g_autoptr(GError) error = NULL;
    g_autoptr(SyStore) store = sy_store_open("sqlite:///state.db", folder, false, &error);
    gint64 epoch = 0, other;
    SyLock *lock = sy_lock_take(folder, store, "pair", "run_app (pid 7)", SY_DAY, &epoch, &error);
    assert_non_null(lock);
    assert_int_equal(epoch, 1);
    assert_null(sy_lock_take(folder, store, "pair", "run_all (pid 8)", SY_DAY, &other, &error));
    assert_int_equal(error->code, SY_ERROR_HELD);
    assert_non_null(strstr(error->message, "run_app (pid 7) since 1970-01-02T00:00:00Z"));
    g_clear_error(&error);
    SyLock *second = sy_lock_take(folder, store, "two", "run_all (pid 8)", SY_DAY, &other, &error);
    assert_non_null(second);
    sy_lock_release(lock);
    lock = sy_lock_take(folder, store, "pair", "run_all (pid 8)", SY_DAY, &epoch, &error);
    assert_non_null(lock);
    assert_int_equal(epoch, 2);
    sy_lock_release(lock);
    sy_lock_release(second);
    test_folder_remove(folder);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_clocks__steps_and_suspends_are_told_apart),
        cmocka_unit_test(test_clocks__a_process_that_stood_still_is_no_step),
        cmocka_unit_test(test_step__takes_in_a_jump_of_the_clock_first),
        cmocka_unit_test(test_notify__reaches_paths_and_abstract_names),
        cmocka_unit_test(test_watch__tells_of_a_file_once_it_is_closed_and_left_alone),
        cmocka_unit_test(test_lock__has_one_holder_who_is_named_and_an_epoch_that_grows),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
