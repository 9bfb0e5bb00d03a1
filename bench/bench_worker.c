/* Workers: how long from the start of a run to the first line that its process writes, from a
 * daemon of 60 MiB, and how much memory a cold run of the sample template takes. The floor is the
 * same program started by posix_spawn from the same daemon, to its first byte of `--version`. */
#include <math.h>
#include <poll.h>
#include <spawn.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include <jansson.h>

#include "bench.h"
#include "executor/executor.h"
#include "store/slots.h"
#include "workflow/run.h"

enum { STARTS = 300, DAEMON_BYTES = 60 << 20, MEMORY_MARK_MIB = 40 };

#define BAR "2026-08-05T15:00:00Z"

typedef struct {
    char *folder, *program;
} Place;

static void fail(const char *what) {
    fprintf(stderr, "bench-worker: %s failed\n", what);
    exit(1);
}

static void make_workspace(const Place *place) {
    static const char *const lines[] = {"init --quiet", "data synth --end " BAR};
    for (gsize i = 0; i < G_N_ELEMENTS(lines); i++) {
        g_autofree char *line = g_strdup_printf("%s %s", place->program, lines[i]);
        g_auto(GStrv) words = g_strsplit(line, " ", -1);
        int status = -1;
        if (!g_spawn_sync(place->folder, words, NULL, G_SPAWN_STDOUT_TO_DEV_NULL, NULL, NULL, NULL,
                          NULL, &status, NULL) ||
            status != 0)
            fail(line);
    }
}

/* Executes a run; its end. */
static SyExecutionEnd execute(const SyExecutorRow *row, SyExecutor *executor,
                              const SyExecution *execution) {
    g_autoptr(GArray) ends = g_array_new(FALSE, FALSE, sizeof(SyExecutionEnd));
    struct pollfd ready = {.fd = row->descriptor(executor), .events = POLLIN};
    if (!row->start(executor, execution, NULL))
        fail("the start of a worker");
    while (ends->len == 0) {
        poll(&ready, 1, -1);
        row->collect(executor, ends);
    }
    return g_array_index(ends, SyExecutionEnd, 0);
}

/* ---- start to first line ---- */

/* Time of the newest line of the bench's log. */
static SyTime last_line(const Place *place) {
    g_autofree char *path = g_build_filename(place->folder, ".workflow", "logs", "bench.log", NULL);
    g_autofree char *text = NULL;
    SyTime time = 0;
    if (!g_file_get_contents(path, &text, NULL, NULL))
        fail(path);
    g_auto(GStrv) lines = g_strsplit(g_strchomp(text), "\n", -1);
    json_t *line = json_loads(lines[g_strv_length(lines) - 1], 0, NULL);
    const char *word = json_string_value(json_object_get(line, "time"));
    if (!word || !sy_time_parse_iso(word, strlen(word), &time))
        fail("the first line of a worker");
    json_decref(line);
    remove(path);
    return time;
}

static double seconds_to_line(const Place *place, const SyExecutorRow *row, SyExecutor *executor) {
    /* no such run: it says so after its first line */
    const SyExecution execution = {.run = 1, .epoch = 1, .study = "bench", .kind = "trade"};
    SyTime begin = sy_env_now(&sy_env_real);
    SyExecutionEnd end = execute(row, executor, &execution);
    sy_execution_end_clear(&end);
    return (double)(last_line(place) - begin) / SY_SECOND;
}

static double seconds_of_floor(const Place *place) {
    int out[2];
    char byte;
    pid_t pid;
    posix_spawn_file_actions_t actions;
    char *const words[] = {place->program, (char *)"--version", NULL};
    if (pipe(out) != 0)
        fail("a pipe");
    posix_spawn_file_actions_init(&actions);
    posix_spawn_file_actions_adddup2(&actions, out[1], STDOUT_FILENO);
    gint64 begin = sy_env_elapsed(&sy_env_real);
    if (posix_spawn(&pid, place->program, &actions, NULL, words, environ) != 0)
        fail("posix_spawn");
    close(out[1]);
    if (read(out[0], &byte, 1) != 1)
        fail("the floor");
    double seconds = (double)(sy_env_elapsed(&sy_env_real) - begin) / SY_SECOND;
    close(out[0]);
    waitpid(pid, NULL, 0);
    posix_spawn_file_actions_destroy(&actions);
    return seconds;
}

static int compare(const void *a, const void *b) {
    double x = *(const double *)a, y = *(const double *)b;
    return x < y ? -1 : x > y;
}

static void bench_starts(const Place *place, const SyExecutorRow *row, SyExecutor *executor) {
    char *ballast = g_malloc(DAEMON_BYTES);
    memset(ballast, 1, DAEMON_BYTES);
    double ours[STARTS], floor[STARTS];
    for (int i = 0; i < STARTS; i++) { /* in turn: the same weather */
        ours[i] = seconds_to_line(place, row, executor);
        floor[i] = seconds_of_floor(place);
    }
    qsort(ours, STARTS, sizeof *ours, compare);
    qsort(floor, STARTS, sizeof *floor, compare);
    sy_bench_row("start to first line, median", ours[STARTS / 2], floor[STARTS / 2], 4e-3);
    sy_bench_row("start to first line, p99", ours[STARTS * 99 / 100], floor[STARTS * 99 / 100],
                 NAN);
    g_free(ballast);
}

/* ---- memory ---- */

/* A trade run of the sample over all of its bars, cold; true where it is within the mark. */
static bool bench_memory(const Place *place, const SyExecutorRow *row, SyExecutor *executor) {
    g_autofree char *path = g_build_filename(place->folder, ".workflow/templates/dale.toml", NULL);
    g_autofree char *text = NULL;
    g_autoptr(SyStore) store =
        sy_store_open("sqlite:///.workflow/state.db", place->folder, false, NULL);
    gint64 epoch = 0;
    SyTime now = sy_env_now(&sy_env_real), bar = 0;
    sy_time_parse(BAR, now, &bar, NULL);
    if (!store || !g_file_get_contents(path, &text, NULL, NULL))
        fail("the sample");
    g_autofree char *hash = g_compute_checksum_for_string(G_CHECKSUM_SHA256, text, -1);
    const SyRunRequest request = {
        .lookback_days = 3, .since = SY_TIME_NONE, .max_buffer_seconds = 1e9};
    g_autofree char *json = sy_run_request_write(&request);
    SySlotDecision slot = {.study = "dale",
                           .kind = "trade",
                           .nominal = bar,
                           .status = SY_SLOT_ROW_RAN,
                           .reason = "",
                           .other = SY_TIME_NONE,
                           .count = 1,
                           .decided = now,
                           .run_status = SY_RUN_PLANNED,
                           .template_hash = hash,
                           .template_text = text,
                           .request = json,
                           .bar = bar};
    if (!sy_store_take_study(store, slot.study, "bench", now, &epoch, NULL) ||
        !sy_store_decide_slots(store, &slot, 1, &epoch, NULL))
        fail("a slot");
    const SyExecution execution = {slot.run, epoch, slot.study, slot.kind, 0};
    SyExecutionEnd end = execute(row, executor, &execution);
    if (end.status != SY_RUN_SUCCEEDED)
        fail(end.message);
    double mib = (double)end.end.memory_peak_bytes / (1 << 20);
    sy_execution_end_clear(&end);
    printf("  peak memory of a cold run of the sample: %.1f MiB (mark %d MiB)\n", mib,
           MEMORY_MARK_MIB);
    return mib <= MEMORY_MARK_MIB;
}

int main(void) {
    g_autofree char *self = g_file_read_link("/proc/self/exe", NULL);
    g_autofree char *bench = g_path_get_dirname(self);
    g_autofree char *build = g_path_get_dirname(bench);
    Place place = {g_dir_make_tmp("systematica-bench-XXXXXX", NULL),
                   g_build_filename(build, "systematica", NULL)};
    if (!place.folder)
        fail("a temporary folder");
    make_workspace(&place);
    const SyExecutorRow *row = sy_executor_find("process");
    SyExecutor *executor = row->open(&(SyExecutorOptions){.program = place.program,
                                                          .workspace = place.folder,
                                                          .env = &sy_env_real},
                                     NULL);
    if (!executor)
        fail("the executor");
    sy_bench_begin();
    /* memory first: the kernel counts from before exec, when we are still small */
    bool light = bench_memory(&place, row, executor);
    bench_starts(&place, row, executor);
    row->close(executor);
    g_autofree char *line = g_strdup_printf("/bin/rm -r '%s'", place.folder);
    g_spawn_command_line_sync(line, NULL, NULL, NULL, NULL);
    g_free(place.folder);
    g_free(place.program);
    return sy_bench_end() || !light;
}
