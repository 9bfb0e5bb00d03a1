/* The scheduler against everything that can happen to it: runs of any length that fail or hang,
 * bars that come late or never, restarts and crashes, clocks that jump, machines that sleep, edits
 * and pauses. Seeded; a failure prints its seed, SY_SEED repeats that round, SY_ROUNDS runs more.
 *
 * The checker knows nothing of the scheduler: it has the grid of planned slots by its own
 * arithmetic, the rows of a store with a unique key, and what the runs themselves recorded. A row
 * must stand for exactly the planned slots after the row before it; so by induction every slot has
 * exactly one. */
#include "test.h"

#include <malloc.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "schedule/scheduler.h"

#define START (G_GINT64_CONSTANT(473000) * SY_HOUR)
#define MS (SY_SECOND / 1000)
#define NEVER G_MAXINT64

/* ---- random numbers ---- */

static guint64 random_state;

static guint64 mix(guint64 x) {
    x = (x ^ (x >> 30)) * G_GUINT64_CONSTANT(0xbf58476d1ce4e5b9);
    x = (x ^ (x >> 27)) * G_GUINT64_CONSTANT(0x94d049bb133111eb);
    return x ^ (x >> 31);
}

static guint64 draw(void) { return mix(random_state += G_GUINT64_CONSTANT(0x9e3779b97f4a7c15)); }
static gint64 below(gint64 n) { return n > 0 ? (gint64)(draw() % (guint64)n) : 0; }
static bool chance(int percent) { return below(100) < percent; }
#define pick(array) ((array)[below(G_N_ELEMENTS(array))])

/* ---- the simulated world ---- */

typedef struct {
    SyTime nominal;
    SyActionKind kind;
    int attempts;
    bool active, ended; /* a process runs; the run will not go on */
    SyTime retry_at;
} Row;

typedef struct {
    SyTime from, to; /* slots of the grid in (from, to] */
} Range;

typedef struct {
    SyTime from;     /* slots after it count */
    gint64 interval; /* 0: none, the job is paused */
} Regime;

typedef struct {
    char study[8];
    SyJob config;
    gint64 interval; /* of the first regime */
    char probe[16];  /* "b" and the interval in seconds; config.probe points here or is NULL */
    guint number;
    bool present, operated; /* put; an operator has released it */
    GArray *regimes;        /* Regime, the last one holds */
    GHashTable *rows;       /* SyTime* → Row*, the store */
    SyTime newest, covered; /* newest nominal time with a row; the checker's: up to here all have */
    GArray *bulks, *voided; /* Range: what rows of several slots stand for; what a clock that went
                               back may have given back */
    int open;               /* runs that have not ended */
    gint64 in_time;         /* starts of the quiet end */
} Job;

typedef struct {
    Job *job;
    Row *row;
    SyTime end; /* monotonic */
    bool retry;
} Run;

typedef struct {
    guint64 seed;
    bool steps; /* the clock jumps in this round; else jobs are edited and paused */
    SyScheduler *scheduler;
    GPtrArray *jobs, *runs;
    GArray *events, *actions, *answers; /* SySchedulerEvent with .jump: when, for answers */
    SyTime now, offset;                 /* monotonic; the wall clock shows now + offset */
    SyTime seen_offset;                 /* what the daemon knows of it */
    SyTime disturbed, quiet_from, check_from, end;
    gsize places, running, freed; /* freed: since the step before */
    bool lost_answer, quiet;
    int restarts;
    GString *log;
} World;

static G_GNUC_PRINTF(2, 3) void complain(World *world, const char *format, ...) {
    va_list arguments;
    va_start(arguments, format);
    g_autofree char *text = g_strdup_vprintf(format, arguments);
    va_end(arguments);
    if (g_getenv("SY_SEED"))
        fprintf(stderr, "%s", world->log->str);
    fail_msg("SY_SEED=%" G_GUINT64_FORMAT ": %s", world->seed, text);
}

static SyTime wall(const World *world) { return world->now + world->offset; }

static double seconds(SyTime time) { return (double)(time - START) / 1e9; }

static void note(World *world, const char *what, const Job *job, SyTime time, const char *more) {
    if (g_getenv("SY_SEED"))
        g_string_append_printf(world->log, "%.3f (wall %.3f) %s %s.%s @%.3f %s\n",
                               seconds(world->now), seconds(wall(world)), what,
                               job ? job->study : "",
                               job ? sy_job_kind_names[job->config.kind] : "",
                               time == SY_TIME_NONE ? NAN : seconds(time), more);
}

/* ---- planned slots, by the checker's own arithmetic ---- */

static gint64 grid_count(gint64 interval, SyTime from, SyTime to) {
    return interval && to > from ? to / interval - from / interval : 0;
}

/* Slots planned in (from, to]. */
static gint64 planned(const Job *job, SyTime from, SyTime to) {
    gint64 n = 0;
    for (guint i = 0; i < job->regimes->len; i++) {
        const Regime *regime = &g_array_index(job->regimes, Regime, i);
        SyTime end = i + 1 < job->regimes->len ? (regime + 1)->from : NEVER;
        n += grid_count(regime->interval, MAX(from, regime->from), MIN(to, end));
    }
    return n;
}

static bool on_grid(const Job *job, SyTime nominal) {
    return planned(job, nominal - 1, nominal) == 1;
}

static gint64 interval_of(const Job *job) {
    return g_array_index(job->regimes, Regime, job->regimes->len - 1).interval;
}

/* ---- bars, by the true clock, which is the monotonic one ---- */

static SyTime bar_available(const World *world, const char *probe, SyTime close) {
    guint64 hash = mix(world->seed ^ mix((guint64)close ^ g_str_hash(probe)));
    gint64 unit = (gint64)((hash >> 20) % 1000);
    if (world->quiet_from <= close || hash % 100 < 60)
        return close + unit * MS / 4;
    if (hash % 100 < 85)
        return close + unit * 20 * MS;
    if (hash % 100 < 95)
        return close + unit * 600 * MS;
    return close + unit * 10000 * MS;
}

static SyTime newest_bar(const World *world, const char *probe) {
    gint64 interval = g_ascii_strtoll(probe + 1, NULL, 10) * SY_SECOND;
    SyTime close = world->now - world->now % interval;
    while (bar_available(world, probe, close) > world->now)
        close -= interval;
    return close;
}

/* ---- the store and the checker ---- */

static Row *find_row(const Job *job, SyTime nominal) {
    return g_hash_table_lookup(job->rows, &nominal);
}

static void cut_ranges(Job *job, SyTime landing) {
    landing -= landing % job->interval; /* the last slot that stays passed */
    for (guint i = 0; i < job->bulks->len; i++) {
        Range *bulk = &g_array_index(job->bulks, Range, i);
        if (bulk->to <= landing)
            continue;
        Range gone = {MAX(bulk->from, landing), bulk->to};
        g_array_append_val(job->voided, gone);
        bulk->to = MAX(bulk->from, landing);
    }
}

static bool in_ranges(const GArray *ranges, SyTime from, SyTime to) {
    for (guint i = 0; i < ranges->len; i++) {
        const Range *range = &g_array_index(ranges, Range, i);
        if (range->from < to && from < range->to)
            return true;
    }
    return false;
}

/* A row of `count` slots up to nominal: none of them has one, and nothing lies between them and the
 * row before. With steps of the clock there is one regime, and rows need not come in order. */
static void check_row(World *world, Job *job, SyTime nominal, gint64 count) {
    if (!world->steps) {
        gint64 expected = planned(job, job->covered, nominal);
        if (expected != count)
            complain(world, "%s.%s: a row at %.3f stands for %ld slots, %ld were planned",
                     job->study, sy_job_kind_names[job->config.kind], seconds(nominal), (long)count,
                     (long)expected);
        job->covered = nominal;
        return;
    }
    gint64 interval = interval_of(job);
    SyTime from = nominal - count * interval;
    if (in_ranges(job->bulks, from, nominal))
        complain(world, "%s: a slot up to %.3f was decided twice", job->study, seconds(nominal));
    for (SyTime time = from + interval; count < 100000 && time <= nominal; time += interval)
        if (find_row(job, time))
            complain(world, "%s: the row at %.3f covers that at %.3f", job->study, seconds(nominal),
                     seconds(time));
    bool before = from <= job->covered || find_row(job, from) ||
                  in_ranges(job->bulks, from - 1, from) || in_ranges(job->voided, from - 1, from);
    if (!before)
        complain(world, "%s.%s: slots before %.3f have no row", job->study,
                 sy_job_kind_names[job->config.kind], seconds(from + interval));
    Range range = {from, nominal - interval};
    if (count > 1)
        g_array_append_val(job->bulks, range);
}

/* Writes a row; false where the slot has one. */
static bool write_row(World *world, Job *job, const SySlotAction *action) {
    SyTime nominal = action->nominal;
    if (find_row(job, nominal)) {
        if (!job->operated)
            complain(world, "%s.%s: %.3f is decided twice", job->study,
                     sy_job_kind_names[job->config.kind], seconds(nominal));
        return false;
    }
    if (on_grid(job, nominal))
        check_row(world, job, nominal, action->count);
    else if (action->count != 1)
        complain(world, "%s: a bulk row off the grid", job->study);
    Row *row = g_new0(Row, 1);
    *row = (Row){.nominal = nominal, .kind = action->kind, .retry_at = SY_TIME_NONE};
    row->ended = action->kind != SY_SLOT_START;
    job->open += !row->ended;
    g_hash_table_insert(job->rows, &row->nominal, row);
    job->newest = MAX(job->newest, nominal);
    return true;
}

/* ---- runs ---- */

static void begin_run(World *world, Job *job, Row *row) {
    static const gint64 lengths[] = {100 * MS, 2 * SY_SECOND, 20 * SY_SECOND, 200 * SY_SECOND};
    Run *run = g_new0(Run, 1);
    gint64 length = world->quiet ? 20 * MS : pick(lengths);
    run->job = job;
    run->row = row;
    run->end = world->now + below(2 * length);
    if (!world->quiet && chance(3))
        run->end = world->now + 3 * interval_of(job); /* hangs */
    run->retry = !world->quiet && chance(15) && row->attempts < 4;
    row->active = true;
    row->attempts++;
    world->running++;
    g_ptr_array_add(world->runs, run);
}

static void end_row(Job *job, Row *row) {
    row->ended = true;
    job->open--;
}

static void end_run(World *world, guint index) {
    g_autofree Run *run = g_ptr_array_steal_index_fast(world->runs, index);
    SySchedulerEvent event = {.kind = SY_EVENT_ENDED,
                              .job = run->job->number,
                              .time = run->row->nominal,
                              .retry_at = SY_TIME_NONE};
    if (run->retry)
        event.retry_at = wall(world) + below(20 * SY_SECOND);
    run->row->retry_at = event.retry_at;
    run->row->active = false;
    if (!run->retry)
        end_row(run->job, run->row);
    world->running--;
    world->freed++;
    note(world, "ended", run->job, run->row->nominal, run->retry ? "retry" : "");
    g_array_append_val(world->events, event);
}

/* ---- what the policy allows ---- */

static gint64 least_wait(const Job *job) {
    gint64 own = job->config.delay + job->config.jitter;
    return own + (own ? 10 : 1) * SY_SECOND;
}

static gint64 effective_wait(const Job *job) {
    return MAX(job->config.max_buffer, least_wait(job));
}

static bool without_catch_up(const Job *job) {
    return job->config.catchup == SY_CATCHUP_NONE ||
           (job->config.catchup == SY_CATCHUP_AUTO && job->config.kind == SY_JOB_TRADE);
}

static Job *trade_of(const World *world, const Job *report) {
    for (guint i = 0; i < world->jobs->len; i++) {
        Job *job = world->jobs->pdata[i];
        if (job->config.kind == SY_JOB_TRADE && strcmp(job->study, report->study) == 0)
            return job;
    }
    return NULL;
}

static void check_start(World *world, Job *job, const SySlotAction *action) {
    SyTime now = wall(world), nominal = action->nominal;
    const Regime *regime = &g_array_index(job->regimes, Regime, job->regimes->len - 1);
    bool present = nominal > regime->from && regime->interval; /* not of before an edit */
    if (world->running >= world->places)
        complain(world, "more runs than places");
    if (without_catch_up(job) && on_grid(job, nominal) && present) {
        SyTime limit = MIN(nominal + effective_wait(job), nominal + interval_of(job));
        if (now >= MAX(limit, nominal + least_wait(job)))
            complain(world, "%s: %.3f starts past its wait", job->study, seconds(nominal));
    }
    if (now < nominal && on_grid(job, nominal) && !world->steps)
        complain(world, "%s: %.3f starts early", job->study, seconds(nominal));
    if (present && action->bar != SY_TIME_NONE && job->config.probe &&
        newest_bar(world, job->probe) < action->bar)
        complain(world, "%s: %.3f starts without its bar", job->study, seconds(nominal));
    Job *trade = job->config.kind == SY_JOB_REPORT ? trade_of(world, job) : NULL;
    Row *row = trade ? find_row(trade, nominal) : NULL;
    if (row && !row->ended)
        complain(world, "%s: the report of %.3f starts before its trade run ended", job->study,
                 seconds(nominal));
    if (job->config.overlap != SY_OVERLAP_ALLOW && action->attempt == 1 && job->open)
        complain(world, "%s: %.3f overlaps a run", job->study, seconds(nominal));
    if (nominal > world->check_from && nominal <= world->end - SY_MINUTE &&
        now <= nominal + job->config.delay + job->config.jitter + 10 * SY_SECOND)
        job->in_time++;
}

static void check_dismissal(World *world, Job *job, const SySlotAction *action) {
    SyTime nominal = action->nominal, now = wall(world);
    if (!action->reason[0])
        complain(world, "%s: no reason at %.3f", job->study, seconds(nominal));
    const Regime *regime = &g_array_index(job->regimes, Regime, job->regimes->len - 1);
    bool disturbed = world->now - world->disturbed < now - nominal + 3 * SY_MINUTE;
    switch (action->kind) {
    case SY_SLOT_SKIPPED:
        if (strstr(action->reason, "edited") || strstr(action->reason, "changed") ||
            strstr(action->reason, "paused"))
            break;
        if (job->config.overlap != SY_OVERLAP_SKIP || !job->open)
            complain(world, "%s: %.3f skipped for nothing", job->study, seconds(nominal));
        break;
    case SY_SLOT_COALESCED:
        if (without_catch_up(job))
            complain(world, "%s: %.3f coalesced without catch-up", job->study, seconds(nominal));
        break;
    case SY_SLOT_MISSED:
        if (strstr(action->reason, "place") && !disturbed &&
            world->running + world->freed < world->places)
            complain(world, "%s: %.3f missed with free places", job->study, seconds(nominal));
        if (strstr(action->reason, "too late") && without_catch_up(job) && !disturbed)
            complain(world, "%s: %.3f found too late on a quiet day", job->study, seconds(nominal));
        break;
    case SY_SLOT_OUTDATED:
        if (/* an earlier run may have left no time to look */
            job->config.catchup != SY_CATCHUP_ALL &&
            effective_wait(job) > least_wait(job) + 12 * SY_SECOND &&
            (job->config.overlap == SY_OVERLAP_SKIP || job->config.overlap == SY_OVERLAP_ALLOW) &&
            world->now - world->disturbed > SY_MINUTE && nominal > regime->from &&
            bar_available(world, job->probe, nominal - nominal % interval_of(job)) <
                world->now - 12 * SY_SECOND)
            complain(world, "%s: %.3f outdated, but its bar was there", job->study,
                     seconds(nominal));
        break;
    default:
        break;
    }
}

/* ---- the daemon ---- */

static Job *job_of(const World *world, guint number) {
    for (guint i = 0; i < world->jobs->len; i++) {
        Job *job = world->jobs->pdata[i];
        if (job->number == number && (job->present || job->open))
            return job;
    }
    return NULL;
}

static void send(World *world, SySchedulerEvent event) { g_array_append_val(world->events, event); }

static void carry_out(World *world, const SySlotAction *action) {
    static const char *const names[] = {"start",  "outdated", "skipped", "missed", "coalesced",
                                        "cancel", "give-up",  "probe",   "hold",   "release"};
    if (action->kind == SY_SLOT_PROBE) {
        Job *job = NULL;
        for (guint i = 0; i < world->jobs->len && !job; i++)
            if (g_strcmp0(((Job *)world->jobs->pdata[i])->config.probe, action->probe) == 0)
                job = world->jobs->pdata[i];
        if (!job)
            return;
        world->lost_answer = !world->lost_answer && !world->quiet && chance(3);
        SySchedulerEvent answer = {.kind = SY_EVENT_BAR,
                                   .probe = job->probe,
                                   .time = newest_bar(world, job->probe),
                                   .jump = world->now + below(world->quiet ? 5 * MS : SY_SECOND)};
        if (!world->lost_answer)
            g_array_append_val(world->answers, answer);
        return;
    }
    Job *job = job_of(world, action->job);
    g_autofree char *more =
        g_strdup_printf("x%ld #%d %s", (long)action->count, action->attempt, action->reason);
    note(world, names[action->kind], job, action->nominal, more);
    Row *row = NULL;
    switch (action->kind) {
    case SY_SLOT_START:
        check_start(world, job, action);
        if (action->attempt == 1 && !(row = find_row(job, action->nominal))) {
            write_row(world, job, action);
        } else if (action->attempt == 1 && (row->attempts || row->ended)) {
            if (!job->operated)
                complain(world, "%s: %.3f starts twice", job->study, seconds(action->nominal));
            send(world, (SySchedulerEvent){.kind = SY_EVENT_ENDED,
                                           .job = action->job,
                                           .time = action->nominal,
                                           .retry_at = SY_TIME_NONE});
            break;
        }
        row = find_row(job, action->nominal);
        if (row->active || row->ended || row->attempts + 1 != action->attempt)
            complain(world, "%s: attempt %d of %.3f after %d", job->study, action->attempt,
                     seconds(action->nominal), row->attempts);
        begin_run(world, job, row);
        break;
    case SY_SLOT_CANCEL:
        for (guint i = 0; i < world->runs->len; i++) {
            Run *run = world->runs->pdata[i];
            if (run->job == job && run->row->nominal == action->nominal) {
                run->end = MIN(run->end, world->now + below(5 * SY_SECOND));
                run->retry = false;
            }
        }
        break;
    case SY_SLOT_GIVE_UP:
        row = find_row(job, action->nominal);
        if (!row || row->active || row->ended)
            complain(world, "%s: gives up %.3f, which does not back off", job->study,
                     seconds(action->nominal));
        end_row(job, row);
        break;
    case SY_SLOT_HOLD:
    case SY_SLOT_RELEASE:
        break;
    default:
        check_dismissal(world, job, action);
        write_row(world, job, action);
        break;
    }
}

static void tell_of_clock(World *world) {
    SyTime jump = world->offset - world->seen_offset;
    if (ABS(jump) < SY_SECOND / 2)
        return; /* as slewing: not noticed */
    world->seen_offset = world->offset;
    SySchedulerEvent event = {.kind = SY_EVENT_CLOCK_STEP, .jump = jump};
    g_array_prepend_val(world->events, event);
    if (jump < 0)
        for (guint i = 0; i < world->jobs->len; i++)
            cut_ranges(world->jobs->pdata[i], wall(world));
}

static void step(World *world) {
    tell_of_clock(world);
    g_array_set_size(world->actions, 0);
    sy_scheduler_step(world->scheduler, wall(world), (SySchedulerEvent *)world->events->data,
                      world->events->len, world->actions);
    g_array_set_size(world->events, 0);
    for (guint i = 0; i < world->actions->len; i++)
        carry_out(world, &g_array_index(world->actions, SySlotAction, i));
    world->freed = 0;
}

static void put(World *world, Job *job, SyTime from) {
    if (job->config.probe)
        g_snprintf(job->probe, sizeof job->probe, "b%ld", (long)(interval_of(job) / SY_SECOND));
    SyTimeframe length = {.nanoseconds = interval_of(job)};
    SyScheduleConfig bars = {.bars = true};
    const char *key;
    g_autoptr(SySchedule) schedule = job->config.probe ? sy_schedule_new(&bars, length, &key, NULL)
                                                       : sy_schedule_new_every(length);
    job->config.schedule = schedule;
    job->number = sy_scheduler_put_job(world->scheduler, &job->config, from);
    job->config.schedule = NULL;
    job->present = true;
}

/* ---- what happens ---- */

static void disturb(World *world) { world->disturbed = world->now; }

/* The daemon ends, however it does, and comes back. */
static void restart(World *world) {
    note(world, "RESTART", NULL, SY_TIME_NONE, "");
    if (chance(50)) { /* killed between deciding and storing, or between storing and starting */
        tell_of_clock(world);
        g_array_set_size(world->actions, 0);
        sy_scheduler_step(world->scheduler, wall(world), (SySchedulerEvent *)world->events->data,
                          world->events->len, world->actions);
        bool stored = chance(50);
        for (guint i = 0; stored && i < world->actions->len; i++) {
            const SySlotAction *action = &g_array_index(world->actions, SySlotAction, i);
            if (action->kind == SY_SLOT_PROBE || action->kind >= SY_SLOT_CANCEL)
                continue;
            Job *job = job_of(world, action->job);
            note(world, "stored only", job, action->nominal, "");
            if (action->kind == SY_SLOT_START ? action->attempt == 1 : true)
                write_row(world, job, action);
        }
    }
    world->restarts++;
    while (world->runs->len) {
        g_autofree Run *run = g_ptr_array_steal_index_fast(world->runs, 0);
        run->row->active = false;
    }
    world->running = 0;
    g_array_set_size(world->events, 0);
    g_array_set_size(world->answers, 0);
    sy_scheduler_free(world->scheduler);
    world->scheduler = sy_scheduler_new(world->places);
    world->now += chance(50) ? below(10 * SY_SECOND) : below(2 * SY_HOUR);
    world->seen_offset = world->offset;
    disturb(world);
    for (guint i = 0; i < world->jobs->len; i++) {
        Job *job = world->jobs->pdata[i];
        SyTime edited = g_array_index(job->regimes, Regime, job->regimes->len - 1).from;
        if (interval_of(job)) {
            put(world, job, MAX(job->newest, edited));
            job->covered = MAX(job->covered, MIN(edited, wall(world)));
        }
        GHashTableIter iter;
        gpointer value;
        g_hash_table_iter_init(&iter, job->rows);
        while (g_hash_table_iter_next(&iter, NULL, &value)) {
            Row *row = value;
            if (row->ended)
                continue;
            if (!interval_of(job) || (row->attempts && chance(50))) /* crashed */
                end_row(job, row);
            else
                sy_scheduler_restore(world->scheduler, job->number, row->nominal, row->attempts + 1,
                                     row->retry_at);
        }
    }
}

static void stop_daemon(World *world) {
    note(world, "SIGSTOP", NULL, SY_TIME_NONE, "");
    world->now += below(SY_HOUR);
    disturb(world);
}

static void suspend(World *world) {
    gint64 length = below(3 * SY_HOUR);
    note(world, "SUSPEND", NULL, SY_TIME_NONE, "");
    for (guint i = 0; i < world->runs->len; i++)
        ((Run *)world->runs->pdata[i])->end += length;
    for (guint i = 0; i < world->answers->len; i++)
        g_array_index(world->answers, SySchedulerEvent, i).jump += length;
    world->now += length;
    disturb(world);
    send(world, (SySchedulerEvent){.kind = SY_EVENT_SUSPEND, .jump = length});
}

/* ±(1.5^6 … 1.5^31) ms, or a year; back to the truth with the same odds. */
static void jump_clock(World *world) {
    gint64 jump = (gint64)(pow(1.5, 6 + (double)below(26)) * 1e6);
    if (chance(5))
        jump = 365 * SY_DAY;
    if (chance(50))
        jump = -jump;
    world->offset = chance(40) ? 0 : world->offset + jump;
    if (ABS(world->offset) > 800 * SY_DAY)
        world->offset = 0;
    note(world, "CLOCK", NULL, SY_TIME_NONE, "");
    disturb(world);
    step(world); /* its timer tells the daemon at once */
}

static void strobe(World *world) {
    gint64 amount = 4 * MS + below(262 * SY_SECOND);
    gint64 period = MS + below(SY_SECOND);
    SyTime before = world->offset;
    disturb(world);
    for (int i = 0; i < 10; i++) {
        world->offset = i % 2 ? before : before + amount;
        world->now += period;
        step(world);
    }
    world->offset = before;
    note(world, "STROBE", NULL, SY_TIME_NONE, "");
    disturb(world);
}

static void change_regime(World *world, Job *job, gint64 interval) {
    Regime regime = {wall(world), interval};
    g_array_append_val(job->regimes, regime);
    disturb(world);
}

/* An edit, a pause or a resume. */
static void edit(World *world) {
    Job *job = world->jobs->pdata[below(world->jobs->len)];
    step(world);
    if (!interval_of(job) || chance(50)) {
        note(world, "EDIT", job, SY_TIME_NONE, "");
        change_regime(world, job, job->interval * (1 + below(3)));
        put(world, job, wall(world));
    } else {
        note(world, "PAUSE", job, SY_TIME_NONE, "");
        change_regime(world, job, 0);
        sy_scheduler_remove_job(world->scheduler, job->number, "paused");
    }
    step(world);
    job->present = interval_of(job) != 0;
}

static void trigger(World *world) {
    Job *job = world->jobs->pdata[below(world->jobs->len)];
    if (!job->present || wall(world) % SY_SECOND == 0)
        return;
    note(world, "TRIGGER", job, SY_TIME_NONE, "");
    send(world,
         (SySchedulerEvent){.kind = SY_EVENT_TRIGGER, .job = job->number, .time = wall(world)});
}

static void change_places(World *world) {
    world->places = 1 + (gsize)below(4);
    sy_scheduler_set_places(world->scheduler, world->places);
}

typedef void (*Fault)(World *world);
static const Fault step_faults[] = {jump_clock, jump_clock, jump_clock,  jump_clock,
                                    strobe,     restart,    stop_daemon, suspend};
static const Fault other_faults[] = {edit,    edit,        edit,    restart,
                                     trigger, stop_daemon, suspend, change_places};

/* ---- one round ---- */

static void free_job(gpointer data) {
    Job *job = data;
    g_array_unref(job->regimes);
    g_array_unref(job->bulks);
    g_array_unref(job->voided);
    g_hash_table_unref(job->rows);
    g_free(job);
}

static void add_job(World *world, int study, SyJobKind kind, gint64 interval) {
    static const gint64 buffers[] = {5 * SY_SECOND, 30 * SY_SECOND, 500 * SY_SECOND};
    static const gint64 delays[] = {0, 0, 2 * SY_SECOND};
    static const gint64 windows[] = {0, 10 * SY_MINUTE, 3 * SY_HOUR};
    static const gint64 deadlines[] = {0, 0, 60 * SY_SECOND};
    static const SyCatchup catchups[] = {SY_CATCHUP_AUTO, SY_CATCHUP_AUTO, SY_CATCHUP_NONE,
                                         SY_CATCHUP_LAST, SY_CATCHUP_ALL};
    Job *job = g_new0(Job, 1);
    g_snprintf(job->study, sizeof job->study, "s%d", study);
    job->interval = interval;
    job->config = (SyJob){.study = job->study,
                          .kind = kind,
                          .probe = kind == SY_JOB_TRADE && chance(70) ? job->probe : NULL,
                          .delay = pick(delays),
                          /* a report waits for the trade run */
                          .max_buffer = kind == SY_JOB_REPORT ? 500 * SY_SECOND : pick(buffers),
                          .jitter = chance(30) ? 10 * SY_SECOND : 0,
                          .start_deadline = pick(deadlines),
                          .timeout = chance(40) ? interval / 2 : 0,
                          .catchup = pick(catchups),
                          .catchup_window = pick(windows),
                          /* without a limit a wrong clock runs the slots of a year ahead */
                          .catchup_max = world->steps || chance(50) ? 3 : 0,
                          .overlap = (SyOverlap)below(4),
                          .until = SY_TIME_NONE};
    job->regimes = g_array_new(false, false, sizeof(Regime));
    job->bulks = g_array_new(false, false, sizeof(Range));
    job->voided = g_array_new(false, false, sizeof(Range));
    job->rows = g_hash_table_new_full(g_int64_hash, g_int64_equal, NULL, g_free);
    job->newest = job->covered = START;
    Regime regime = {START, interval};
    g_array_append_val(job->regimes, regime);
    g_ptr_array_add(world->jobs, job);
    put(world, job, START);
}

static SyTime next_moment(const World *world) {
    SyTime wake = sy_scheduler_wake(world->scheduler);
    SyTime next = wake == SY_TIME_NONE  ? NEVER
                  : wake <= wall(world) ? world->now
                                        : world->now + (wake - wall(world)) + below(5 * MS);
    for (guint i = 0; i < world->runs->len; i++)
        next = MIN(next, ((Run *)world->runs->pdata[i])->end);
    for (guint i = 0; i < world->answers->len; i++)
        next = MIN(next, g_array_index(world->answers, SySchedulerEvent, i).jump);
    return MAX(next, world->now);
}

/* Lets time pass until `end`, faults aside. */
static void live(World *world, SyTime end) {
    for (int steps = 0; world->now < end; steps++) {
        if (steps > 1000000)
            complain(world, "the scheduler does not rest");
        world->now = MAX(world->now, MIN(next_moment(world), end));
        for (guint i = world->runs->len; i-- > 0;)
            if (((Run *)world->runs->pdata[i])->end <= world->now)
                end_run(world, i);
        for (guint i = world->answers->len; i-- > 0;) {
            SySchedulerEvent answer = g_array_index(world->answers, SySchedulerEvent, i);
            if (answer.jump > world->now)
                continue;
            g_array_remove_index_fast(world->answers, i);
            send(world, answer);
        }
        step(world);
    }
}

/* An operator looks at what still stands when the clock is right again. */
static void operate(World *world) {
    for (guint i = 0; i < world->jobs->len; i++) {
        Job *job = world->jobs->pdata[i];
        SyTime next;
        if (!job->present ||
            sy_scheduler_job_state(world->scheduler, job->number, &next) != SY_JOB_HELD)
            continue;
        if (!world->restarts)
            complain(world, "%s.%s stands still, though the clock is right again", job->study,
                     sy_job_kind_names[job->config.kind]);
        note(world, "OPERATOR", job, SY_TIME_NONE, "");
        g_autoptr(GList) rows = g_hash_table_get_values(job->rows);
        for (GList *row = rows; row; row = row->next)
            if (((Row *)row->data)->nominal > wall(world))
                sy_scheduler_put_row(world->scheduler, job->number, ((Row *)row->data)->nominal);
        job->operated = true;
        cut_ranges(job, wall(world));
        sy_scheduler_release(world->scheduler, job->number, wall(world));
    }
}

/* The end of a round: nothing goes wrong any more, so every slot must start in time. */
static void check_end(World *world) {
    for (guint i = 0; i < world->jobs->len; i++) {
        Job *job = world->jobs->pdata[i];
        gint64 expected = planned(job, world->check_from, world->end - SY_MINUTE);
        if (job->in_time != expected)
            complain(world, "%s.%s: %ld of the last %ld slots started in time", job->study,
                     sy_job_kind_names[job->config.kind], (long)job->in_time, (long)expected);
    }
}

static void play(guint64 seed, bool steps, gint64 *slots) {
    static const gint64 intervals[] = {60 * SY_SECOND, 300 * SY_SECOND, 900 * SY_SECOND,
                                       3600 * SY_SECOND};
    random_state = mix(seed);
    gsize shortest = (gsize)below(G_N_ELEMENTS(intervals) - 1);
    gint64 longest = intervals[shortest + 1];
    World *world = &(World){.seed = seed, .steps = steps, .now = START, .places = 1};
    world->places += (gsize)below(4);
    world->disturbed = START - SY_DAY;
    world->quiet_from = START + longest * (8 + below(25));
    world->scheduler = sy_scheduler_new(world->places);
    world->jobs = g_ptr_array_new_with_free_func(free_job);
    world->runs = g_ptr_array_new_with_free_func(g_free);
    world->events = g_array_new(false, false, sizeof(SySchedulerEvent));
    world->actions = g_array_new(false, false, sizeof(SySlotAction));
    world->answers = g_array_new(false, false, sizeof(SySchedulerEvent));
    world->log = g_string_new("");
    int studies = 1 + (int)below(3);
    for (int i = 0; i < studies; i++) {
        gint64 interval = intervals[shortest + (gsize)below(2)];
        if (chance(90))
            add_job(world, i, SY_JOB_TRADE, interval);
        if (chance(60))
            add_job(world, i, SY_JOB_REPORT, interval);
        if (chance(30) || !world->jobs->len)
            add_job(world, i, SY_JOB_TASK, interval);
    }
    world->check_from = world->end = NEVER;
    while (world->now < world->quiet_from) {
        live(world, MIN(world->quiet_from, world->now + below(longest * 6)));
        Fault fault = steps ? pick(step_faults) : pick(other_faults);
        if (chance(90))
            fault(world);
    }
    world->quiet = true;
    world->offset = 0;
    disturb(world);
    step(world);
    live(world, world->now + 10 * SY_MINUTE);
    operate(world);
    world->check_from = world->now + 10 * longest;
    world->end = world->check_from + 3 * longest + 2 * SY_MINUTE;
    live(world, world->end);
    check_end(world);
    for (guint i = 0; i < world->jobs->len; i++)
        *slots += g_hash_table_size(((Job *)world->jobs->pdata[i])->rows);
    sy_scheduler_free(world->scheduler);
    g_ptr_array_unref(world->jobs);
    g_ptr_array_unref(world->runs);
    g_array_unref(world->events);
    g_array_unref(world->actions);
    g_array_unref(world->answers);
    g_string_free(world->log, true);
}

static void play_rounds(bool steps) {
    const char *one = g_getenv("SY_SEED"), *many = g_getenv("SY_ROUNDS");
    gint64 slots = 0;
    if (one) {
        play(g_ascii_strtoull(one, NULL, 10), steps, &slots);
        return;
    }
    gint64 rounds = many ? g_ascii_strtoll(many, NULL, 10) : 500;
    guint64 first = many ? (guint64)g_get_real_time() : 1;
    for (gint64 i = 0; i < rounds; i++)
        play(first + (guint64)i, steps, &slots);
    print_message("# %ld rounds from SY_SEED=%" G_GUINT64_FORMAT ", %ld rows\n", (long)rounds,
                  first, (long)slots);
}

static void test_scheduler__keeps_every_slot_through_edits_faults_and_restarts(void **state) {
    (void)state;
    play_rounds(false);
}

static void test_scheduler__keeps_every_slot_whatever_the_clock_does(void **state) {
    (void)state;
    play_rounds(true);
}

/* 100 jobs of a slot per minute whose runs take 20 s: every start at its nominal time to the
 * nanosecond, and not a byte more at the end. */
static void test_scheduler__does_not_drift_or_grow_over_a_million_slots(void **state) {
    (void)state;
    enum { JOBS = 100, SLOTS = 1000000, WARM = 10000 };
    g_autoptr(SyScheduler) scheduler = sy_scheduler_new(JOBS);
    g_autoptr(SySchedule) schedule = sy_schedule_new_every((SyTimeframe){.nanoseconds = SY_MINUTE});
    g_autoptr(GArray) actions = g_array_new(false, false, sizeof(SySlotAction));
    g_autoptr(GArray) events = g_array_new(false, false, sizeof(SySchedulerEvent));
    for (int i = 0; i < JOBS; i++) {
        g_autofree char *study = g_strdup_printf("s%d", i);
        SyJob job = {.study = study,
                     .kind = SY_JOB_TRADE,
                     .schedule = schedule,
                     .max_buffer = 30 * SY_SECOND,
                     .until = SY_TIME_NONE};
        sy_scheduler_put_job(scheduler, &job, START);
    }
    gint64 started = 0;
    size_t before = 0;
    for (SyTime now = START; started < SLOTS;) {
        g_array_set_size(actions, 0);
        sy_scheduler_step(scheduler, now, (SySchedulerEvent *)events->data, events->len, actions);
        g_array_set_size(events, 0);
        for (guint i = 0; i < actions->len; i++) {
            const SySlotAction *action = &g_array_index(actions, SySlotAction, i);
            assert_int_equal(action->kind, SY_SLOT_START);
            assert_int_equal(action->nominal, now);
            assert_int_equal(now, START + (started / JOBS + 1) * SY_MINUTE);
            SySchedulerEvent end = {SY_EVENT_ENDED, .job = action->job, .time = action->nominal};
            end.retry_at = SY_TIME_NONE;
            g_array_append_val(events, end);
            if (++started == WARM)
                before = mallinfo2().uordblks;
        }
        now = events->len ? now + 20 * SY_SECOND : sy_scheduler_wake(scheduler);
    }
    assert_int_equal(mallinfo2().uordblks, before);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_scheduler__keeps_every_slot_through_edits_faults_and_restarts),
        cmocka_unit_test(test_scheduler__keeps_every_slot_whatever_the_clock_does),
        cmocka_unit_test(test_scheduler__does_not_drift_or_grow_over_a_million_slots),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
