/* A live cycle whose closed splits are kept: the processor time of the whole process, from its
 * start to the decision in the store, over 22,744 bars of two symbols, one hour after the other.
 * The floor is a bare SQLite loop over the same rows and one durable commit, in a process of its
 * own. */
#include <fcntl.h>
#include <glib.h>
#include <math.h>
#include <sqlite3.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/time.h"
#include "bench.h"

enum { CYCLES = 24 };

static void fail(const char *what) {
    fprintf(stderr, "bench-warm: %s failed\n", what);
    exit(1);
}

/* Processor seconds, user and system, of a child that must end well. */
static double seconds_of(pid_t child, const char *what) {
    int status = 0;
    struct rusage usage;
    if (child < 0 || wait4(child, &status, 0, &usage) != child || status != 0)
        fail(what);
    return (double)usage.ru_utime.tv_sec + (double)usage.ru_stime.tv_sec +
           1e-6 * (double)(usage.ru_utime.tv_usec + usage.ru_stime.tv_usec);
}

static double run(const char *folder, const char *line) {
    g_auto(GStrv) argv = NULL;
    if (!g_shell_parse_argv(line, NULL, &argv, NULL))
        fail(line);
    pid_t child = fork();
    if (child == 0) {
        int null = open("/dev/null", O_WRONLY);
        dup2(null, STDOUT_FILENO);
        if (chdir(folder) == 0)
            execv(argv[0], argv);
        _exit(127);
    }
    return seconds_of(child, line);
}

/* Reads every bar as a bare loop would, then commits one row. */
static int read_and_commit(const char *bars, const char *other) {
    sqlite3 *db = NULL, *store = NULL;
    sqlite3_stmt *rows = NULL;
    double sum = 0;
    if (sqlite3_open_v2(bars, &db, SQLITE_OPEN_READONLY | SQLITE_OPEN_NOMUTEX, NULL) ||
        sqlite3_prepare_v2(db,
                           "SELECT close_datetime, open, high, low, close, volume FROM candle "
                           "WHERE timeframe = '1h' ORDER BY symbol, close_datetime",
                           -1, &rows, NULL))
        return 1;
    while (sqlite3_step(rows) == SQLITE_ROW) {
        sum += sqlite3_column_text(rows, 0)[18];
        for (int column = 1; column <= 5; column++)
            sum += sqlite3_column_double(rows, column);
    }
    char sql[80];
    snprintf(sql, sizeof sql, "INSERT INTO t VALUES (%.17g)", sum);
    return sqlite3_open(other, &store) ||
           sqlite3_exec(store,
                        "PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL; CREATE TABLE IF NOT "
                        "EXISTS t (x)",
                        NULL, NULL, NULL) ||
           sqlite3_exec(store, sql, NULL, NULL, NULL) || sqlite3_close(store);
}

static double run_floor(const char *folder) {
    g_autofree char *bars = g_build_filename(folder, ".workflow", "research.db", NULL);
    g_autofree char *other = g_build_filename(folder, ".workflow", "floor.db", NULL);
    pid_t child = fork();
    if (child == 0)
        _exit(read_and_commit(bars, other));
    return seconds_of(child, "the floor");
}

static int compare_doubles(const void *a, const void *b) {
    double x = *(const double *)a, y = *(const double *)b;
    return (x > y) - (x < y);
}

static double median(double *seconds, int n) {
    qsort(seconds, (size_t)n, sizeof *seconds, compare_doubles);
    return 0.5 * (seconds[(n - 1) / 2] + seconds[n / 2]);
}

int main(void) {
    g_autofree char *self = g_file_read_link("/proc/self/exe", NULL);
    g_autofree char *bench = g_path_get_dirname(self);
    g_autofree char *build = g_path_get_dirname(bench);
    g_autofree char *folder = g_dir_make_tmp("systematica-bench-XXXXXX", NULL);
    const char *const steps[] = {"systematica init --quiet",
                                 "systematica data synth --end 2026-08-05T15:00:00Z"};
    for (gsize i = 0; i < G_N_ELEMENTS(steps); i++) {
        g_autofree char *line = g_strdup_printf("%s/%s", build, steps[i]);
        run(folder, line);
    }
    SyTime last;
    if (!sy_time_parse("2026-08-05T15:00:00Z", 0, &last, NULL))
        fail("the time of the last bar");
    double ours[CYCLES], floor[CYCLES], cold = 0;
    for (int i = -1; i < CYCLES; i++) {
        char now[SY_TIME_TEXT_SIZE];
        g_autofree char *line =
            g_strdup_printf("%s/run_app --template dale --once --no-report --jobs 1 --now %s",
                            build, sy_time_format(last - (CYCLES - 1 - i) * SY_HOUR, now));
        double seconds = run(folder, line);
        if (i < 0) {
            cold = seconds;
            continue;
        }
        ours[i] = seconds;
        floor[i] = run_floor(folder);
    }
    sy_bench_begin();
    double least = median(floor, CYCLES);
    sy_bench_row("live cycle, first, 1 thread (CPU)", cold, least, NAN);
    sy_bench_row("live cycle, splits kept (CPU)", median(ours, CYCLES), least, 0.040);
    printf("  fastest of both: %.2f ms, %.2f ms\n", 1e3 * ours[0], 1e3 * floor[0]);
    g_autofree char *remove = g_strdup_printf("/bin/rm -r '%s'", folder);
    g_spawn_command_line_sync(remove, NULL, NULL, NULL, NULL);
    return sy_bench_end();
}
