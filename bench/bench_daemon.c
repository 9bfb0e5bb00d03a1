/* The daemon: how late its slots are decided on an idle machine, beside a bare timerfd loop; and
 * what 1,000 strategies cost while nothing is due. */
#include <errno.h>
#include <math.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/timerfd.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/env.h"
#include "bench.h"
#include "db/db.h"

enum { SLOTS = 300, SLOT_MS = 100, FLOOR_MS = 10, STRATEGIES = 1000, MEMORY_MARK_MIB = 60 };

static void fail(const char *what) {
    fprintf(stderr, "bench-daemon: %s failed\n", what);
    exit(1);
}

static char *program(const char *self, const char *name) {
    g_autofree char *folder = g_path_get_dirname(self);
    g_autofree char *beside = g_build_filename(folder, "..", name, NULL);
    return g_canonicalize_filename(beside, NULL);
}

static char *make_workspace(const char *self) {
    char *folder = g_dir_make_tmp("systematica-bench-XXXXXX", NULL);
    g_autofree char *systematica = program(self, "systematica");
    char *words[] = {systematica, "init", "--quiet", NULL};
    g_autofree char *sample = g_build_filename(folder, ".workflow/templates/dale.toml", NULL);
    if (!folder || !g_spawn_sync(folder, words, NULL, G_SPAWN_STDOUT_TO_DEV_NULL, NULL, NULL, NULL,
                                 NULL, NULL, NULL))
        fail("init");
    remove(sample);
    return folder;
}

static void put_template(const char *folder, const char *study, const char *every) {
    g_autofree char *path = g_strdup_printf("%s/.workflow/templates/%s.toml", folder, study);
    g_autofree char *text = g_strdup_printf("[meta]\nstudy_name = \"%s\"\n[schedule]\nevery = "
                                            "\"%s\"\n[[task]]\nname = \"true\"\n"
                                            "command = [\"true\"]\n",
                                            study, every);
    if (!g_file_set_contents(path, text, -1, NULL))
        fail(path);
}

static GPid start_daemon(const char *self, const char *folder) {
    g_autofree char *run_all = program(self, "run_all");
    char *words[] = {run_all, "--quiet", NULL};
    GPid pid;
    if (!g_spawn_async(folder, words, NULL, G_SPAWN_DO_NOT_REAP_CHILD, NULL, NULL, &pid, NULL))
        fail("run_all");
    return pid;
}

static void stop_daemon(GPid pid, const char *folder) {
    g_autofree char *remove_all = g_strdup_printf("rm -rf '%s'", folder);
    kill(pid, SIGTERM);
    waitpid(pid, NULL, 0);
    if (system(remove_all) != 0)
        fail("rm");
}

static double query(const char *folder, const char *sql) {
    g_autoptr(SyDb) db = sy_db_open("sqlite:///.workflow/state.db", folder, SY_DB_READ, 5000, NULL);
    g_autoptr(SyStatement) statement = db ? sy_db_prepare(db, sql, NULL) : NULL;
    return statement && sy_db_step(statement, NULL) == SY_DB_ROW ? sy_db_number(statement, 0) : NAN;
}

/* ---- lateness ---- */

static int compare(const void *a, const void *b) {
    double x = *(const double *)a, y = *(const double *)b;
    return x < y ? -1 : x > y;
}

/* A loop that does nothing but wait for each of its times: what the kernel makes of it. */
static void measure_floor(double *late) {
    int fd = timerfd_create(CLOCK_REALTIME, TFD_CLOEXEC);
    const SyTime interval = FLOOR_MS * SY_SECOND / 1000;
    SyTime next = (sy_env_now(&sy_env_real) / interval + 2) * interval;
    for (int i = 0; i < SLOTS; i++, next += interval) {
        const struct itimerspec when = {.it_value = {next / SY_SECOND, next % SY_SECOND}};
        guint64 count;
        timerfd_settime(fd, TFD_TIMER_ABSTIME, &when, NULL);
        if (read(fd, &count, sizeof count) < 0)
            fail("timerfd");
        late[i] = (double)(sy_env_now(&sy_env_real) - next) / (double)SY_SECOND;
    }
    close(fd);
    qsort(late, SLOTS, sizeof *late, compare);
}

static void measure_slots(const char *self, double *late) {
    g_autofree char *folder = make_workspace(self);
    g_autofree char *every = g_strdup_printf("%dms", SLOT_MS);
    put_template(folder, "slots", every);
    GPid pid = start_daemon(self, folder);
    while (!(query(folder, "SELECT count(*) FROM slot WHERE count = 1") > SLOTS))
        g_usleep(G_USEC_PER_SEC);
    for (int i = 0; i < SLOTS; i++) {
        /* the first ones are of the start */
        g_autofree char *sql = g_strdup_printf("SELECT (decided - nominal) / 1e9 FROM slot WHERE "
                                               "count = 1 ORDER BY nominal LIMIT 1 OFFSET %d",
                                               i + 1);
        late[i] = query(folder, sql);
    }
    stop_daemon(pid, folder);
    qsort(late, SLOTS, sizeof *late, compare);
}

static void bench_lateness(const char *self) {
    static double ours[SLOTS], floor_late[SLOTS];
    measure_floor(floor_late);
    measure_slots(self, ours);
    sy_bench_row("lateness of a slot, median of 300", ours[SLOTS / 2], floor_late[SLOTS / 2], 5e-4);
    sy_bench_row("lateness of a slot, p99 of 300", ours[SLOTS * 99 / 100],
                 floor_late[SLOTS * 99 / 100], 5e-3);
}

/* ---- at rest ---- */

/* Processor time that a process has used, in seconds. */
static double used_by(GPid pid) {
    g_autofree char *path = g_strdup_printf("/proc/%d/stat", pid);
    g_autofree char *text = NULL;
    if (!g_file_get_contents(path, &text, NULL, NULL))
        fail(path);
    g_auto(GStrv) words = g_strsplit(strrchr(text, ')') + 2, " ", -1);
    enum { utime = 11, stime = 12 };
    return (atof(words[utime]) + atof(words[stime])) / (double)sysconf(_SC_CLK_TCK);
}

static double resident_mib(GPid pid) {
    g_autofree char *path = g_strdup_printf("/proc/%d/status", pid);
    g_autofree char *text = NULL;
    if (!g_file_get_contents(path, &text, NULL, NULL))
        fail(path);
    return atof(strstr(text, "VmRSS:") + strlen("VmRSS:")) / 1024;
}

static int bench_rest(const char *self) {
    enum { seconds = 10 };
    g_autofree char *folder = make_workspace(self);
    for (int i = 0; i < STRATEGIES; i++) {
        g_autofree char *study = g_strdup_printf("idle%04d", i);
        put_template(folder, study, "1d");
    }
    gint64 begin = g_get_monotonic_time();
    GPid pid = start_daemon(self, folder);
    while (!(query(folder, "SELECT count(*) FROM template_use") >= STRATEGIES))
        g_usleep(G_USEC_PER_SEC / 10);
    double start = (double)(g_get_monotonic_time() - begin) / G_USEC_PER_SEC;
    g_usleep(2 * G_USEC_PER_SEC);
    double before = used_by(pid);
    g_usleep(seconds * G_USEC_PER_SEC);
    double share = (used_by(pid) - before) / seconds, memory = resident_mib(pid);
    stop_daemon(pid, folder);
    sy_bench_row("1,000 strategies at rest: processor time of a second", share, NAN, 0.01);
    sy_bench_row("1,000 strategies: start", start, NAN, NAN);
    printf("1,000 strategies at rest: %.1f MiB resident, mark %d MiB%s\n", memory, MEMORY_MARK_MIB,
           memory > MEMORY_MARK_MIB ? "  MISSED" : "");
    return memory > MEMORY_MARK_MIB;
}

int main(int argc, char **argv) {
    (void)argc;
    g_autofree char *self = g_file_read_link("/proc/self/exe", NULL);
    (void)argv;
    sy_bench_begin();
    bench_lateness(self);
    int missed = bench_rest(self);
    return sy_bench_end() || missed;
}
