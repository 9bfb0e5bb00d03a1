/* 1,000 strategies on one timeframe: how long after a bar's close all of them have decided, each
 * over 22,744 bars of a pair, with their splits kept. Bars of a minute, so that one need not wait
 * for an hour; the first ones warm up. */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "base/env.h"
#include "bench.h"
#include "db/db.h"
#include "workspace.h"

enum { STRATEGIES = 1000, BARS = 22744, WARM_UP = 3, MEASURED = 2, MEMORY_MARK_MIB = 60 };
static const double mark_seconds = 30;

static double price[2] = {60000, 3000};

/* The next bar of both symbols. */
static void add_bar(GString *csv, GRand *random, SyTime close) {
    static const char *const symbols[] = {"CB-BTC-USD", "CB-ETH-USD"};
    char time[SY_TIME_TEXT_SIZE];
    double common = g_rand_double_range(random, -0.004, 0.004);
    sy_time_format(close, time);
    for (int s = 0; s < 2; s++) {
        double open = price[s];
        price[s] *= exp(common + g_rand_double_range(random, -0.003, 0.003));
        g_string_append_printf(csv, "%s,%s,%.6f,%.6f,%.6f,%.6f,1\n", symbols[s], time, open,
                               fmax(open, price[s]), fmin(open, price[s]), price[s]);
    }
}

static void import(const char *folder, const GString *csv) {
    static const char *const words[] = {"data", "import",   "--quiet", "--timeframe",
                                        "1m",   "bars.csv", NULL};
    g_autofree char *path = g_build_filename(folder, "bars.csv", NULL);
    if (!g_file_set_contents(path, csv->str, (gssize)csv->len, NULL))
        sy_bench_fail(path);
    sy_bench_run(folder, words);
}

static GString *new_csv(void) {
    return g_string_new("symbol,close_datetime,open,high,low,close,volume\n");
}

static void put_strategies(const char *folder) {
    for (int i = 0; i < STRATEGIES; i++) {
        g_autofree char *study = g_strdup_printf("s%04d", i);
        g_autofree char *text = g_strdup_printf(
            "[meta]\nstudy_name = \"%s\"\n[loader_params]\nsymbols = [\"CB-BTC-USD\", "
            "\"CB-ETH-USD\"]\ntimeframe = \"1m\"\ntable = \"candle\"\nindex_col = "
            "\"close_datetime\"\nengine_name = \"research\"\n[model]\nname = "
            "\"ArbitrageClipIndex\"\n[model_params]\ntraining_window = 3244\ntesting_window = "
            "992\nsplitter = \"from_custom_rolling\"\ncopula = \"auto\"\nmethod = \"aic\"\n"
            "lower = -1.57\nupper = 1.11\n[signal]\nsignal_model = \"twin_spread\"\nlong_entries "
            "= 0.78\nlong_exits = 0.0\nshort_entries = -1.33\nshort_exits = 0.0\n[portfolio]\n"
            "size = 50\nsize_type = \"valuepercent100\"\ncash_sharing = true\n"
            "[schedule.report]\nevery = \"7d\"\n",
            study);
        sy_bench_template(folder, study, text);
    }
}

static void wait_until(SyTime time) {
    SyTime now = sy_env_now(&sy_env_real);
    if (now < time)
        g_usleep((gulong)((time - now) / 1000));
}

/* Seconds from a bar's close until the last strategy had decided on it; NaN where one had not. */
static double decided_after(const char *folder, SyTime bar) {
    g_autofree char *sql = g_strdup_printf(
        "SELECT CASE WHEN count(*) = %d THEN (max(r.ended) - %" G_GINT64_FORMAT ") / 1e9 END FROM "
        "decision d JOIN run r ON r.id = d.run_id WHERE d.bar_time = %" G_GINT64_FORMAT,
        STRATEGIES, bar, bar);
    return sy_bench_query(folder, sql);
}

/* Seconds that the machine needs at least: a bare loop over the same rows for each strategy, on all
 * of its processors. */
static double measure_floor(const char *folder) {
    g_autoptr(SyDb) db =
        sy_db_open("sqlite:///.workflow/research.db", folder, SY_DB_READ, 5000, NULL);
    g_autoptr(SyStatement) rows =
        db ? sy_db_prepare(db, "SELECT close_datetime, open, high, low, close, volume FROM candle",
                           NULL)
           : NULL;
    gint64 begin = g_get_monotonic_time();
    double sum = 0;
    if (!rows)
        sy_bench_fail("the floor");
    while (sy_db_step(rows, NULL) == SY_DB_ROW)
        for (int column = 1; column < 6; column++)
            sum += sy_db_number(rows, column);
    double seconds = (double)(g_get_monotonic_time() - begin) / G_USEC_PER_SEC;
    return sum > 0 ? seconds * STRATEGIES / (double)sysconf(_SC_NPROCESSORS_ONLN) : NAN;
}

int main(void) {
    g_autoptr(GRand) random = g_rand_new_with_seed(1);
    g_autoptr(GString) history = new_csv();
    g_autofree char *folder = sy_bench_workspace();
    SyTime first = (sy_env_now(&sy_env_real) / SY_MINUTE + 2) * SY_MINUTE; /* bar that comes live */
    for (int i = BARS; i > 0; i--)
        add_bar(history, random, first - i * SY_MINUTE);
    import(folder, history);
    put_strategies(folder);
    GPid pid = sy_bench_start(folder);
    double worst = 0;
    for (int i = 0; i < WARM_UP + MEASURED; i++) {
        SyTime bar = first + i * SY_MINUTE;
        g_autoptr(GString) csv = new_csv();
        add_bar(csv, random, bar);
        wait_until(bar);
        import(folder, csv);
        wait_until(bar + SY_MINUTE - 2 * SY_SECOND);
        double after = decided_after(folder, bar);
        if (i >= WARM_UP && !(after <= worst))
            worst = after;
    }
    double least = measure_floor(folder);
    double memory = sy_bench_memory_mib(pid, "VmHWM:");
    sy_bench_begin();
    sy_bench_row("1,000 strategies, one timeframe, warm: all decided",
                 isnan(worst) ? INFINITY : worst, least, mark_seconds);
    printf("its daemon: %.1f MiB at most, mark %d MiB%s\n", memory, MEMORY_MARK_MIB,
           memory > MEMORY_MARK_MIB ? "  MISSED" : "");
    sy_bench_stop(pid, folder);
    return sy_bench_end() || memory > MEMORY_MARK_MIB;
}
