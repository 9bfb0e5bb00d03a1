/* What every bench program shares: medians of repeated runs, and a table that puts ours beside the
 * floor measured in the same run and beside the mark that the project sets itself.
 *
 *     sy_bench_begin();
 *     sy_bench_row("Student fit", sy_bench_median(fit, &data, 21), floor_seconds, 5e-3);
 *     return sy_bench_end();
 */
#ifndef SY_BENCH_BENCH_H
#define SY_BENCH_BENCH_H

#include <glib.h>

typedef void (*SyBenchFunction)(gpointer data);

/* Seconds that one call of `function` takes: the median of `runs` timed calls (≥ 1) after one that
 * is not counted. Monotonic clock. */
double sy_bench_median(SyBenchFunction function, gpointer data, int runs);

/* The same for two functions that are called in turn, so that both meet the same weather: for marks
 * that are a multiple of the floor. */
void sy_bench_pair(SyBenchFunction ours, SyBenchFunction floor, gpointer data, int runs,
                   double *ours_seconds, double *floor_seconds);

/* Prints the head of the table on stdout. */
void sy_bench_begin(void);

/* Prints one row.
 *
 * name           what was measured, ASCII
 * ours_seconds   a median
 * floor_seconds  the least that the same machine needed for the part of the work nobody can avoid;
 *                NaN = none was measured
 * mark_seconds   ours must not exceed it; NaN = no mark
 */
void sy_bench_row(const char *name, double ours_seconds, double floor_seconds, double mark_seconds);

/* Prints how many marks were missed. Returns the exit code: 0 if none was, else 1. */
int sy_bench_end(void);

#endif
