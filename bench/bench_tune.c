/* A tuning of the sample template, thresholds and bounds only: 1,000 trials over 22,744 bars of two
 * symbols with two threads, from the start of the program to its files. The floor is the same
 * number of signals, simulations and Sharpe ratios over the in-sample range alone, on two threads,
 * in this process. */
#include <glib.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/time.h"
#include "bench.h"
#include "portfolio/metrics.h"
#include "workflow/pipeline.h"

enum { TRIALS = 1000, THREADS = 2, RUNS = 3 };

static const char tuned[] = "\n[tune]\ntrials = 1000\n[tune.parameters]\n"
                            "\"signal.long_entries\" = { low = 0.1, high = 1.1 }\n"
                            "\"signal.long_exits\" = { low = -0.5, high = 0.5 }\n"
                            "\"signal.short_entries\" = { low = -1.5, high = -0.1 }\n"
                            "\"signal.short_exits\" = { low = -0.5, high = 0.5 }\n"
                            "\"model_params.lower\" = { low = -2.0, high = -1.5 }\n"
                            "\"model_params.upper\" = { low = 1.1, high = 2.0 }\n";

typedef struct {
    char *folder, *build;
    SyStrategy *strategy;
    SyPipelineResult result;
} Bench;

static void run(const Bench *bench, const char *line) {
    g_autofree char *all = g_strdup_printf("%s/%s", bench->build, line);
    g_auto(GStrv) argv = NULL;
    g_autoptr(GError) error = NULL;
    int status = 0;
    if (!g_shell_parse_argv(all, NULL, &argv, &error) ||
        !g_spawn_sync(bench->folder, argv, NULL, G_SPAWN_STDOUT_TO_DEV_NULL, NULL, NULL, NULL, NULL,
                      &status, &error) ||
        status != 0) {
        fprintf(stderr, "bench-tune: %s failed %s\n", line, error ? error->message : "");
        exit(1);
    }
}

static void tune(gpointer data) {
    const Bench *bench = data;
    run(bench, "systematica tune dale --quiet --fresh --jobs 2 --out out --report csv");
}

static gpointer simulate(gpointer data) {
    const Bench *bench = data;
    const SyStrategy *strategy = bench->strategy;
    double sum = 0;
    for (int i = 0; i < TRIALS / THREADS; i++) {
        g_autoptr(SySignals) signals =
            strategy->rule->run(&strategy->signal_config, bench->result.model->output);
        g_autoptr(SyLedger) ledger = sy_portfolio_simulate(&strategy->portfolio_config,
                                                           &bench->result.prices, signals, NULL);
        const SyMetricInput input =
            sy_metric_input(&strategy->portfolio_config, bench->result.panel->timeframe, ledger,
                            &bench->result.prices, 0);
        sum += sy_metric_find("sharpe")->compute(&input);
    }
    return isnan(sum) ? NULL : data;
}

static void simulate_all(gpointer data) {
    GThread *other = g_thread_new("floor", simulate, data);
    bool good = simulate(data) != NULL;
    if (!g_thread_join(other) || !good)
        exit(1);
}

static void load(Bench *bench) {
    g_autofree char *path = g_build_filename(bench->folder, ".workflow/templates/dale.toml", NULL);
    g_autofree char *database = g_build_filename(bench->folder, ".workflow/research.db", NULL);
    g_autofree char *url = g_strconcat("sqlite:///", database, NULL);
    char *keys[] = {(char *)"research"}, *values[] = {url};
    const SyMap engines = {keys, values, 1};
    g_autoptr(GError) error = NULL;
    bench->strategy = sy_strategy_load(path, &error);
    const SyPipelineContext context = {.loader = {.env = &sy_env_real,
                                                  .folder = bench->folder,
                                                  .engines = &engines,
                                                  .until = SY_TIME_NONE},
                                       .model = {.threads = THREADS},
                                       .bar = SY_TIME_NONE};
    if (!bench->strategy || !sy_pipeline_run(bench->strategy, &context, &bench->result, &error)) {
        fprintf(stderr, "bench-tune: %s\n", error->message);
        exit(1);
    }
}

int main(void) {
    g_autofree char *self = g_file_read_link("/proc/self/exe", NULL);
    g_autofree char *bin = g_path_get_dirname(self);
    Bench bench = {
        g_dir_make_tmp("systematica-bench-XXXXXX", NULL), g_path_get_dirname(bin), NULL, {0}};
    run(&bench, "systematica init --quiet");
    run(&bench, "systematica data synth --start 2018-01-01 --end 2020-08-05T16:00:00Z");
    g_autofree char *path = g_build_filename(bench.folder, ".workflow/templates/dale.toml", NULL);
    g_autofree char *text = NULL;
    g_file_get_contents(path, &text, NULL, NULL);
    g_autofree char *whole = g_strconcat(text, tuned, NULL);
    g_file_set_contents(path, whole, -1, NULL);
    load(&bench);
    sy_bench_begin();
    sy_bench_row("tune, sample template, 1,000 trials, 2 threads",
                 sy_bench_median(tune, &bench, RUNS), sy_bench_median(simulate_all, &bench, RUNS),
                 20);
    sy_pipeline_result_clear(&bench.result);
    sy_strategy_free(bench.strategy);
    g_autofree char *remove = g_strdup_printf("/bin/rm -r '%s'", bench.folder);
    g_spawn_command_line_sync(remove, NULL, NULL, NULL, NULL);
    g_free(bench.folder);
    g_free(bench.build);
    return sy_bench_end();
}
