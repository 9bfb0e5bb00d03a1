/* The daemon: how late its slots are decided on an idle machine, beside a bare timerfd loop; and
 * what 1,000 strategies cost while nothing is due. */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/timerfd.h>
#include <unistd.h>

#include "base/env.h"
#include "bench.h"
#include "workspace.h"

enum { SLOTS = 300, SLOT_MS = 100, FLOOR_MS = 10, STRATEGIES = 1000, MEMORY_MARK_MIB = 60 };

static void put_template(const char *folder, const char *study, const char *every) {
    g_autofree char *text = g_strdup_printf("[meta]\nstudy_name = \"%s\"\n[schedule]\nevery = "
                                            "\"%s\"\n[[task]]\nname = \"true\"\n"
                                            "command = [\"true\"]\n",
                                            study, every);
    sy_bench_template(folder, study, text);
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
            sy_bench_fail("timerfd");
        late[i] = (double)(sy_env_now(&sy_env_real) - next) / (double)SY_SECOND;
    }
    close(fd);
    qsort(late, SLOTS, sizeof *late, compare);
}

/* Seconds from the nominal time of each slot to the first line of its worker, by the log; the run's
 * commit lies in between. */
static void measure_first_lines(const char *folder, double *late) {
    g_autofree char *path = g_build_filename(folder, ".workflow/logs/slots.log", NULL);
    g_autofree char *text = NULL;
    const SyTime interval = SLOT_MS * SY_SECOND / 1000;
    int n = 0;
    if (!g_file_get_contents(path, &text, NULL, NULL))
        sy_bench_fail(path);
    g_auto(GStrv) lines = g_strsplit(text, "\n", -1);
    for (char **line = lines; *line && n < SLOTS; line++) {
        const char *time = strstr(*line, "\"time\":\"");
        SyTime at;
        if (!time || !strstr(*line, "\"worker starts\""))
            continue;
        time += strlen("\"time\":\"");
        if (!sy_time_parse_iso(time, strcspn(time, "\""), &at))
            sy_bench_fail(*line);
        late[n++] = (double)(at % interval) / (double)SY_SECOND;
    }
    if (n < SLOTS)
        sy_bench_fail("a line of each worker");
    qsort(late, SLOTS, sizeof *late, compare);
}

static void measure_slots(double *late, double *first_line) {
    g_autofree char *folder = sy_bench_workspace();
    g_autofree char *every = g_strdup_printf("%dms", SLOT_MS);
    put_template(folder, "slots", every);
    GPid pid = sy_bench_start(folder);
    while (!(sy_bench_query(folder, "SELECT count(*) FROM slot WHERE count = 1") > SLOTS))
        g_usleep(G_USEC_PER_SEC);
    for (int i = 0; i < SLOTS; i++) {
        /* the first ones are of the start */
        g_autofree char *sql = g_strdup_printf("SELECT (decided - nominal) / 1e9 FROM slot WHERE "
                                               "count = 1 ORDER BY nominal LIMIT 1 OFFSET %d",
                                               i + 1);
        late[i] = sy_bench_query(folder, sql);
    }
    measure_first_lines(folder, first_line);
    sy_bench_stop(pid, folder);
    qsort(late, SLOTS, sizeof *late, compare);
}

static void bench_lateness(void) {
    static double ours[SLOTS], first_line[SLOTS], floor_late[SLOTS];
    measure_floor(floor_late);
    measure_slots(ours, first_line);
    sy_bench_row("lateness of a slot, median of 300", ours[SLOTS / 2], floor_late[SLOTS / 2], 5e-4);
    sy_bench_row("lateness of a slot, p99 of 300", ours[SLOTS * 99 / 100],
                 floor_late[SLOTS * 99 / 100], 5e-3);
    sy_bench_row("slot to the worker's first line, median of 300", first_line[SLOTS / 2],
                 floor_late[SLOTS / 2], 4e-3);
}

/* ---- at rest ---- */

static int bench_rest(void) {
    enum { seconds = 10 };
    g_autofree char *folder = sy_bench_workspace();
    for (int i = 0; i < STRATEGIES; i++) {
        g_autofree char *study = g_strdup_printf("idle%04d", i);
        put_template(folder, study, "1d");
    }
    gint64 begin = g_get_monotonic_time();
    GPid pid = sy_bench_start(folder);
    while (!(sy_bench_query(folder, "SELECT count(*) FROM template_use") >= STRATEGIES))
        g_usleep(G_USEC_PER_SEC / 10);
    double start = (double)(g_get_monotonic_time() - begin) / G_USEC_PER_SEC;
    g_usleep(2 * G_USEC_PER_SEC);
    double before = sy_bench_used(pid);
    g_usleep(seconds * G_USEC_PER_SEC);
    double share = (sy_bench_used(pid) - before) / seconds,
           memory = sy_bench_memory_mib(pid, "VmRSS:");
    sy_bench_stop(pid, folder);
    sy_bench_row("1,000 strategies at rest: processor time of a second", share, NAN, 0.01);
    sy_bench_row("1,000 strategies: start", start, NAN, NAN);
    printf("1,000 strategies at rest: %.1f MiB resident, mark %d MiB%s\n", memory, MEMORY_MARK_MIB,
           memory > MEMORY_MARK_MIB ? "  MISSED" : "");
    return memory > MEMORY_MARK_MIB;
}

int main(void) {
    sy_bench_begin();
    bench_lateness();
    int missed = bench_rest();
    return sy_bench_end() || missed;
}
