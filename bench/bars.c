/* Made-up bars, and how a run loads them. */
#include "bars.h"

#include <stdio.h>
#include <stdlib.h>

#include "loader/synthetic.h"

SyPanel *sy_bench_bars_make(void) {
    SyTime origin = sy_synthetic_origin();
    return sy_synthetic_pair(1, origin + SY_HOUR, origin + SY_BENCH_BARS * SY_HOUR);
}

void sy_bench_bars_init(SyBenchBars *bars, const char *url) {
    bars->now = sy_synthetic_origin() + 10 * 366 * SY_DAY;
    sy_fields_init(&sy_loader_fields, &bars->config);
    bars->config.symbols = g_strdupv((char **)sy_synthetic_symbols);
    bars->config.timeframe = (SyTimeframe){SY_HOUR, 0};
    bars->config.engine = g_strdup(url);
    bars->config.start = g_strdup("2018-01-01 UTC");
    bars->time = g_new(SyTime, SY_BENCH_BARS);
    for (int field = 0; field < SY_BAR_FIELDS; field++)
        bars->value[field] = g_new(double, 2 * SY_BENCH_BARS);
}

void sy_bench_bars_clear(SyBenchBars *bars) {
    sy_fields_clear(&sy_loader_fields, &bars->config);
    g_free(bars->time);
    for (int field = 0; field < SY_BAR_FIELDS; field++)
        g_free(bars->value[field]);
}

void sy_bench_bars_load(const SyBenchBars *bars) {
    g_autoptr(GError) error = NULL;
    SyEnv env = sy_env_fixed(&bars->now);
    SyMap engines = {0};
    SyLoaderContext context = {&env, NULL, &engines, SY_TIME_NONE};
    g_autoptr(SyPanel) panel = sy_loader_find("BFCData")->load(&bars->config, &context, &error);
    if (panel && panel->rows == SY_BENCH_BARS)
        return;
    fprintf(stderr, "loading: %s\n", error ? error->message : "rows are missing");
    exit(EXIT_FAILURE);
}
