/* Timing and the table of the bench programs. */
#include "bench.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

static int rows_missed;

static double now_seconds(void) {
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (double)now.tv_sec + 1e-9 * (double)now.tv_nsec;
}

static int compare_doubles(const void *a, const void *b) {
    double x = *(const double *)a, y = *(const double *)b;
    return (x > y) - (x < y);
}

static double time_once(SyBenchFunction function, gpointer data) {
    double start = now_seconds();
    function(data);
    return now_seconds() - start;
}

static double median(double *seconds, int runs) {
    qsort(seconds, (size_t)runs, sizeof *seconds, compare_doubles);
    return 0.5 * (seconds[(runs - 1) / 2] + seconds[runs / 2]);
}

double sy_bench_median(SyBenchFunction function, gpointer data, int runs) {
    g_autofree double *seconds = g_new(double, (gsize)runs);
    function(data);
    for (int run = 0; run < runs; run++)
        seconds[run] = time_once(function, data);
    return median(seconds, runs);
}

void sy_bench_pair(SyBenchFunction ours, SyBenchFunction floor, gpointer data, int runs,
                   double *ours_seconds, double *floor_seconds) {
    g_autofree double *seconds = g_new(double, 2 * (gsize)runs);
    ours(data);
    floor(data);
    for (int run = 0; run < runs; run++) {
        seconds[run] = time_once(ours, data);
        seconds[runs + run] = time_once(floor, data);
    }
    *ours_seconds = median(seconds, runs);
    *floor_seconds = median(seconds + runs, runs);
}

void sy_bench_begin(void) {
    printf("%-52s %11s %11s %8s %11s\n", "what", "ours", "floor", "ours/fl.", "mark");
}

static void print_seconds(double seconds) {
    if (isnan(seconds))
        printf(" %11s", "-");
    else if (seconds < 1e-3)
        printf(" %8.1f us", 1e6 * seconds);
    else
        printf(" %8.2f ms", 1e3 * seconds);
}

void sy_bench_row(const char *name, double ours_seconds, double floor_seconds,
                  double mark_seconds) {
    printf("%-52s", name);
    print_seconds(ours_seconds);
    print_seconds(floor_seconds);
    if (isnan(floor_seconds))
        printf(" %8s", "-");
    else
        printf(" %7.2fx", ours_seconds / floor_seconds);
    print_seconds(mark_seconds);
    if (ours_seconds > mark_seconds) {
        rows_missed++;
        printf("  MISSED");
    }
    printf("\n");
    fflush(stdout);
}

int sy_bench_end(void) {
    printf(rows_missed ? "%d mark(s) missed\n" : "every mark held\n", rows_missed);
    return rows_missed ? EXIT_FAILURE : EXIT_SUCCESS;
}
