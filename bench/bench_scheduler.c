/* The scheduler under a virtual clock: what a due job costs among 10,000, and ten years of 100
 * hourly templates. The floor is the bare loop that nobody can avoid: a heap of next times. */
#include <malloc.h>
#include <math.h>
#include <stdio.h>

#include "bench.h"
#include "schedule/heap.h"
#include "schedule/scheduler.h"

#define BASE (G_GINT64_CONSTANT(473000) * SY_HOUR)

typedef struct {
    SyTime nominal;
    guint job, kind;
} Line; /* of the log */

typedef struct {
    SyScheduler *scheduler;
    GArray *actions, *events, *log;
    GPtrArray *schedules;
    SyTime now;
    gint64 slots;
} World;

static SySchedule *hourly_bars(void) {
    SyScheduleConfig config = {.bars = true};
    const char *key;
    g_autoptr(GError) error = NULL;
    SySchedule *schedule =
        sy_schedule_new(&config, (SyTimeframe){.nanoseconds = SY_HOUR}, &key, &error);
    if (!schedule)
        g_error("%s", error->message);
    return schedule;
}

static World new_world(gsize places) {
    return (World){.scheduler = sy_scheduler_new(places),
                   .actions = g_array_new(false, false, sizeof(SySlotAction)),
                   .events = g_array_new(false, false, sizeof(SySchedulerEvent)),
                   .log = g_array_new(false, false, sizeof(Line)),
                   .now = BASE};
}

static void clear_world(World *world) {
    sy_scheduler_free(world->scheduler);
    g_array_unref(world->actions);
    g_array_unref(world->events);
    g_array_unref(world->log);
}

/* One step; the answers to its actions are the events of the next: bars are there when they are
 * asked for, runs end at once. */
static void step(World *world, bool keep) {
    g_array_set_size(world->actions, 0);
    sy_scheduler_step(world->scheduler, world->now, (SySchedulerEvent *)world->events->data,
                      world->events->len, world->actions);
    g_array_set_size(world->events, 0);
    for (guint i = 0; i < world->actions->len; i++) {
        const SySlotAction *action = &g_array_index(world->actions, SySlotAction, i);
        SySchedulerEvent event = {.retry_at = SY_TIME_NONE};
        if (action->kind == SY_SLOT_PROBE) {
            event.kind = SY_EVENT_BAR;
            event.probe = action->probe;
            event.time = world->now - world->now % SY_HOUR;
        } else if (action->kind == SY_SLOT_START) {
            event.kind = SY_EVENT_ENDED;
            event.job = action->job;
            event.time = action->nominal;
            world->slots++;
            Line line = {action->nominal, action->job, action->kind};
            if (keep)
                g_array_append_val(world->log, line);
        } else {
            g_error("unexpected action %d", action->kind);
        }
        g_array_append_val(world->events, event);
    }
}

/* Until `end`. */
static void run(World *world, SyTime end, bool keep) {
    for (;;) {
        step(world, keep);
        if (world->events->len)
            continue;
        SyTime wake = sy_scheduler_wake(world->scheduler);
        if (wake > end)
            return;
        world->now = wake;
    }
}

static void put(World *world, SyJobKind kind, int number, SySchedule *schedule, const char *probe) {
    g_autofree char *study = g_strdup_printf("study-%d", number);
    SyJob job = {.study = study,
                 .kind = kind,
                 .schedule = schedule,
                 .probe = probe,
                 .max_buffer = 500 * SY_SECOND,
                 .until = SY_TIME_NONE};
    sy_scheduler_put_job(world->scheduler, &job, BASE);
}

/* ---- floor: a heap of next times, and one line of log for each ---- */

typedef struct {
    SyHeapNode node;
    SyTime at;
    int number;
} Entry;

static bool entry_before(const SyHeapNode *x, const SyHeapNode *y) {
    const Entry *a = (const Entry *)x, *b = (const Entry *)y;
    return a->at != b->at ? a->at < b->at : a->number < b->number;
}

static double bare_loop(int jobs, SyTime end) {
    gint64 begun = g_get_monotonic_time();
    g_autofree Entry *entries = g_new0(Entry, jobs);
    GArray *log = g_array_new(false, false, sizeof(Line));
    SyHeap heap = {.before = entry_before};
    for (int i = 0; i < jobs; i++) {
        entries[i] = (Entry){.at = BASE + SY_HOUR, .number = i};
        sy_heap_put(&heap, &entries[i].node);
    }
    for (Entry *first; (first = (Entry *)sy_heap_first(&heap))->at <= end;) {
        Line line = {.job = first->number, .nominal = first->at};
        g_array_append_val(log, line);
        first->at += SY_HOUR;
        sy_heap_put(&heap, &first->node);
    }
    sy_heap_clear(&heap);
    g_array_unref(log);
    return (double)(g_get_monotonic_time() - begun) / 1e6;
}

static void many_jobs(void) {
    enum { JOBS = 10000, HOURS = 110 };
    g_autoptr(SySchedule) schedule = hourly_bars();
    World world = new_world(JOBS);
    for (int i = 0; i < JOBS; i++)
        put(&world, SY_JOB_TRADE, i, schedule, "bars");
    run(&world, BASE + 10 * SY_HOUR, false);
    size_t before = mallinfo2().uordblks;
    gint64 slots = world.slots, begun = g_get_monotonic_time();
    run(&world, BASE + HOURS * SY_HOUR, false);
    double seconds = (double)(g_get_monotonic_time() - begun) / 1e6;
    slots = world.slots - slots;
    size_t after = mallinfo2().uordblks;
    double floor = bare_loop(JOBS, BASE + HOURS * SY_HOUR) / (JOBS * HOURS);
    sy_bench_row("a due job among 10,000 (trade, bars)", seconds / (double)slots, floor, 50e-6);
    printf("   %" G_GINT64_FORMAT " slots; memory before and after: %zu, %zu bytes\n", slots,
           before, after);
    clear_world(&world);
}

static void ten_years(void) {
    enum { TEMPLATES = 100 };
    SyTime end = BASE + 3652 * SY_DAY;
    g_autoptr(SySchedule) bars = hourly_bars();
    g_autoptr(SySchedule) hours = sy_schedule_new_every((SyTimeframe){.nanoseconds = SY_HOUR});
    World world = new_world(8);
    for (int i = 0; i < TEMPLATES; i++) {
        put(&world, SY_JOB_TRADE, i, bars, "bars");
        put(&world, SY_JOB_REPORT, i, hours, NULL);
    }
    gint64 begun = g_get_monotonic_time();
    run(&world, end, true);
    double seconds = (double)(g_get_monotonic_time() - begun) / 1e6;
    sy_bench_row("ten years, 100 hourly templates", seconds, bare_loop(2 * TEMPLATES, end), 60);
    printf("   %" G_GINT64_FORMAT " slots, %u lines of log\n", world.slots, world.log->len);
    clear_world(&world);
}

int main(void) {
    sy_bench_begin();
    many_jobs();
    ten_years();
    return sy_bench_end();
}
