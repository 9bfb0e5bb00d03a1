/* The bars that loading is measured with: two symbols made up, 22,744 hourly bars each, which an
 * engine's table "candle" holds. A bench that cannot go on ends. */
#ifndef SY_BENCH_BARS_H
#define SY_BENCH_BARS_H

#include "loader/loader.h"

enum { SY_BENCH_BARS = 22744 };

typedef struct {
    SyLoaderConfig config; /* BFCData: all of them */
    SyTime now;            /* later than the last */
    /* Where a floor decodes to. */
    SyTime *time;                 /* [SY_BENCH_BARS] */
    double *value[SY_BAR_FIELDS]; /* each [2 × SY_BENCH_BARS] */
} SyBenchBars;

/* url  of the engine. Clear with sy_bench_bars_clear. */
void sy_bench_bars_init(SyBenchBars *bars, const char *url);
void sy_bench_bars_clear(SyBenchBars *bars);

/* The bars themselves, with all times. Free with sy_panel_free. */
SyPanel *sy_bench_bars_make(void);

/* Loads them, as a run would. Cost: what is measured. */
void sy_bench_bars_load(const SyBenchBars *bars);

#endif
