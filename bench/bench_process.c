/* Whole processes: the sample template over 22,744 bars of two symbols, cold, and its report in
 * four formats. Bars are made by `data synth` in a folder of its own. The floor of a cycle is the
 * start of the same program (`--version`) plus a bare read of the database file; that of a report
 * the start of the program that draws plus writing the same files. */
#include <fcntl.h>
#include <glib/gstdio.h>
#include <math.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include "bench.h"

typedef struct {
    char *folder;    /* workspace */
    char *line;      /* what is run in it */
    long memory_kib; /* peak of the largest run */
    char *database;  /* read by the floor */
} Process;

static void fail(const char *what) {
    fprintf(stderr, "bench-process: %s failed\n", what);
    exit(1);
}

/* Runs a line by exec, output thrown away; keeps the peak memory. */
static void run(gpointer data) {
    Process *process = data;
    g_auto(GStrv) argv = NULL;
    if (!g_shell_parse_argv(process->line, NULL, &argv, NULL))
        fail(process->line);
    pid_t child = fork();
    if (child == 0) {
        int null = open("/dev/null", O_WRONLY);
        dup2(null, STDOUT_FILENO);
        if (chdir(process->folder) == 0)
            execv(argv[0], argv);
        _exit(127);
    }
    int status = 0;
    struct rusage usage;
    if (child < 0 || wait4(child, &status, 0, &usage) != child || status != 0)
        fail(process->line);
    process->memory_kib = MAX(process->memory_kib, usage.ru_maxrss);
}

/* The least that any program does: start, read the database file. */
static void run_floor(gpointer data) {
    Process *process = data;
    run(process);
    g_autofree char *text = NULL;
    if (!g_file_get_contents(process->database, &text, NULL, NULL))
        fail(process->database);
}

static void remove_folder(const char *folder) {
    g_autofree char *line = g_strdup_printf("/bin/rm -r '%s'", folder);
    g_spawn_command_line_sync(line, NULL, NULL, NULL, NULL);
}

/* The sample with reports in all formats. */
static void add_formats(const char *folder) {
    g_autofree char *sample = g_build_filename(folder, ".workflow/templates/dale.toml", NULL);
    g_autofree char *text = NULL;
    if (!g_file_get_contents(sample, &text, NULL, NULL))
        fail(sample);
    g_autofree char *all =
        g_strconcat(text, "\n[report]\nformats = [\"html\", \"pdf\", \"png\", \"csv\"]\n", NULL);
    if (!g_file_set_contents(sample, all, -1, NULL))
        fail(sample);
}

int main(int argc, char **argv) {
    g_autofree char *self = argc > 0 ? g_file_read_link("/proc/self/exe", NULL) : NULL;
    g_autofree char *bench = g_path_get_dirname(self);
    g_autofree char *build = g_path_get_dirname(bench);
    (void)argv;
    Process process = {.folder = g_dir_make_tmp("systematica-bench-XXXXXX", NULL)};
    if (!process.folder)
        fail("a temporary folder");
    process.database = g_build_filename(process.folder, ".workflow", "research.db", NULL);

    /* 22,744 bars, as the sample's data have, from 2024-01-01 on */
    const char *now = "2026-08-05T15:00:00Z";
    const char *const steps[] = {"systematica init --quiet",
                                 "systematica data synth --end 2026-08-05T15:00:00Z"};
    for (gsize i = 0; i < G_N_ELEMENTS(steps); i++) {
        process.line = g_strdup_printf("%s/%s", build, steps[i]);
        run(&process);
        g_free(process.line);
    }

    sy_bench_begin();
    process.line = g_strdup_printf("%s/systematica --version", build);
    double floor = sy_bench_median(run_floor, &process, 15);
    g_free(process.line);

    process.memory_kib = 0;
    process.line = g_strdup_printf(
        "%s/run_app --template dale --once --dry-run --now %s --no-report --jobs 1", build, now);
    double once = sy_bench_median(run, &process, 15);
    sy_bench_row("run_app --once, sample, 1 thread", once, floor, 0.25);
    printf("  its peak memory: %.1f MiB (mark 40 MiB)\n", (double)process.memory_kib / 1024);
    bool heavy = process.memory_kib > 40 * 1024;
    g_free(process.line);

    add_formats(process.folder);
    process.line = g_strdup_printf(
        "%s/run_app --template dale --once --dry-run --now %s --since 2024-01-01 --jobs 1", build,
        now);
    double with_report = sy_bench_median(run, &process, 9);
    g_free(process.line);

    /* the least: the program that draws starts, and as many bytes are written */
    process.line =
        g_strdup_printf("/bin/sh -c \"%s/systematica-report --help && rm -rf copy && "
                        "cp -rL .workflow/reports/dale copy && sync -d copy/*-latest.*\"",
                        build);
    double report_floor = sy_bench_median(run, &process, 9);
    sy_bench_row("its report, all of history, 4 formats", with_report - once, report_floor, 0.5);
    g_free(process.line);
    remove_folder(process.folder);
    g_free(process.folder);
    g_free(process.database);
    return sy_bench_end() || heavy;
}
