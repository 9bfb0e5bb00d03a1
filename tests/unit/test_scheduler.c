/* The scheduler, rule by rule. Times are seconds after an hour that every grid here has a slot at;
 * what a step does is compared as text. */
#include "test.h"

#include <string.h>

#include "schedule/scheduler.h"

#define BASE (G_GINT64_CONSTANT(473000) * SY_HOUR)

static const char *const action_names[] = {
    [SY_SLOT_START] = "start",     [SY_SLOT_OUTDATED] = "outdated",   [SY_SLOT_SKIPPED] = "skipped",
    [SY_SLOT_MISSED] = "missed",   [SY_SLOT_COALESCED] = "coalesced", [SY_SLOT_CANCEL] = "cancel",
    [SY_SLOT_GIVE_UP] = "give-up", [SY_SLOT_PROBE] = "probe",         [SY_SLOT_HOLD] = "hold",
    [SY_SLOT_RELEASE] = "release",
};

typedef struct {
    SyScheduler *scheduler;
    GArray *actions, *events;
    GString *text;
    char names[64][16]; /* "study.kind" by number */
} World;

static World *new_world(gsize places) {
    World *world = g_new0(World, 1);
    world->scheduler = sy_scheduler_new(places);
    world->actions = g_array_new(false, false, sizeof(SySlotAction));
    world->events = g_array_new(false, false, sizeof(SySchedulerEvent));
    world->text = g_string_new("");
    return world;
}

static void free_world(World *world) {
    sy_scheduler_free(world->scheduler);
    g_array_unref(world->actions);
    g_array_unref(world->events);
    g_string_free(world->text, true);
    g_free(world);
}
G_DEFINE_AUTOPTR_CLEANUP_FUNC(World, free_world)

static SyTime at(double seconds) { return BASE + (SyTime)llround(seconds * 1e9); }

/* A job of a slot per minute, in time for 30 s. */
static SyJob minutely(const char *study, SyJobKind kind) {
    return (SyJob){
        .study = study, .kind = kind, .max_buffer = 30 * SY_SECOND, .until = SY_TIME_NONE};
}

static guint put(World *world, SyJob job, gint64 every, double from) {
    SyTimeframe length = {.nanoseconds = every * SY_SECOND};
    SyScheduleConfig bars = {.bars = true};
    const char *key;
    g_autoptr(SySchedule) schedule =
        job.probe ? sy_schedule_new(&bars, length, &key, NULL) : sy_schedule_new_every(length);
    assert_non_null(schedule);
    job.schedule = schedule;
    guint number = sy_scheduler_put_job(world->scheduler, &job, at(from));
    assert_true(number < G_N_ELEMENTS(world->names));
    g_snprintf(world->names[number], sizeof world->names[number], "%s.%s", job.study,
               sy_job_kind_names[job.kind]);
    return number;
}

static void happens(World *world, SySchedulerEvent event) {
    g_array_append_val(world->events, event);
}

static void ended(World *world, guint job, double nominal) {
    happens(world,
            (SySchedulerEvent){
                .kind = SY_EVENT_ENDED, .job = job, .time = at(nominal), .retry_at = SY_TIME_NONE});
}

static void failed(World *world, guint job, double nominal, double retry) {
    happens(world,
            (SySchedulerEvent){
                .kind = SY_EVENT_ENDED, .job = job, .time = at(nominal), .retry_at = at(retry)});
}

static void bar(World *world, const char *probe, double close) {
    happens(world, (SySchedulerEvent){.kind = SY_EVENT_BAR, .probe = probe, .time = at(close)});
}

static void trigger(World *world, guint job, double nominal) {
    happens(world, (SySchedulerEvent){.kind = SY_EVENT_TRIGGER, .job = job, .time = at(nominal)});
}

static void clock_step(World *world, double seconds) {
    happens(world,
            (SySchedulerEvent){.kind = SY_EVENT_CLOCK_STEP, .jump = (gint64)(seconds * 1e9)});
}

static void write_time(GString *text, const char *before, SyTime time) {
    if (time != SY_TIME_NONE)
        g_string_append_printf(text, "%s%g", before, (double)(time - BASE) / 1e9);
}

/* Steps, and returns what is to be done: "start a.trade@60 #1; missed b.trade@120 x3 (reason)". */
static const char *step(World *world, double now) {
    g_array_set_size(world->actions, 0);
    g_string_truncate(world->text, 0);
    sy_scheduler_step(world->scheduler, at(now), (SySchedulerEvent *)world->events->data,
                      world->events->len, world->actions);
    g_array_set_size(world->events, 0);
    for (guint i = 0; i < world->actions->len; i++) {
        const SySlotAction *action = &g_array_index(world->actions, SySlotAction, i);
        if (i)
            g_string_append(world->text, "; ");
        g_string_append(world->text, action_names[action->kind]);
        g_string_append_printf(world->text, " %s",
                               action->probe ? action->probe : world->names[action->job]);
        write_time(world->text, "@", action->nominal);
        if (action->kind == SY_SLOT_START)
            g_string_append_printf(world->text, " #%d", action->attempt);
        if (action->count != 1)
            g_string_append_printf(world->text, " x%" G_GINT64_FORMAT, action->count);
        write_time(world->text, " >", action->other);
    }
    return world->text->str;
}

static double wake(World *world) {
    SyTime time = sy_scheduler_wake(world->scheduler);
    return time == SY_TIME_NONE ? INFINITY : (double)(time - BASE) / 1e9;
}

#define assert_step(world, now, expected) assert_string_equal(step(world, now), expected)

static void test_scheduler__starts_each_slot_at_its_time(void **state) {
    (void)state;
    g_autoptr(World) world = new_world(4);
    guint a = put(world, minutely("a", SY_JOB_TRADE), 60, 0);
    assert_step(world, 1, "");
    assert_near(wake(world), 60, 0);
    assert_step(world, 59.999, "");
    assert_step(world, 60, "start a.trade@60 #1");
    ended(world, a, 60);
    assert_step(world, 61, "");
    assert_near(wake(world), 120, 0);
    assert_step(world, 120.5, "start a.trade@120 #1");
}

static void test_scheduler__one_probe_serves_all_that_wait_for_a_bar(void **state) {
    (void)state;
    g_autoptr(World) world = new_world(4);
    SyJob a = minutely("a", SY_JOB_TRADE), b = minutely("b", SY_JOB_TRADE);
    a.probe = b.probe = "bars";
    put(world, a, 60, 0);
    put(world, b, 60, 0);
    assert_step(world, 60, "probe bars");
    assert_step(world, 60.05, "");
    assert_step(world, wake(world), "probe bars");
    bar(world, "bars", 0);
    assert_step(world, 60.15, "");
    bar(world, "bars", 60);
    assert_step(world, 63, "start a.trade@60 #1; start b.trade@60 #1");
}

static void test_scheduler__probes_quickly_at_first_then_less_often(void **state) {
    (void)state;
    g_autoptr(World) world = new_world(4);
    SyJob a = minutely("a", SY_JOB_TRADE);
    a.probe = "bars";
    a.max_buffer = 500 * SY_SECOND;
    put(world, a, 3600, 0);
    double now = 3600, before = now;
    int looks = 0;
    assert_step(world, now, "probe bars");
    while ((now = wake(world)) < 4100) {
        looks++;
        assert_true(now - before >= 0.1 - 1e-6 && now - before <= 5 + 1e-6);
        assert_true(now - before <= MAX(0.1, (before - 3600) / 2) + 1e-6);
        assert_step(world, now, "probe bars");
        before = now;
    }
    assert_true(looks > 90 && looks < 120);
    assert_step(world, now, "outdated a.trade@3600");
    assert_near(now, 4100, 1e-9);
    assert_step(world, 4105, ""); /* nobody waits any more */
    assert_near(wake(world), 7200, 0);
}

static void test_scheduler__a_bar_is_waited_for_until_the_next_close_at_most(void **state) {
    (void)state;
    g_autoptr(World) world = new_world(4);
    SyJob a = minutely("a", SY_JOB_TRADE);
    a.probe = "bars";
    a.max_buffer = 500 * SY_SECOND;
    put(world, a, 60, 0);
    step(world, 60);
    assert_step(world, 115, "probe bars");
    assert_step(world, 120, "outdated a.trade@60; probe bars");
}

static void test_scheduler__a_bar_that_is_known_is_not_looked_for(void **state) {
    (void)state;
    g_autoptr(World) world = new_world(4);
    SyJob a = minutely("a", SY_JOB_TRADE), b = minutely("b", SY_JOB_TASK);
    a.probe = b.probe = "bars";
    put(world, a, 60, 0);
    b.delay = 10 * SY_SECOND;
    put(world, b, 60, 0);
    step(world, 60);
    bar(world, "bars", 60);
    assert_step(world, 61, "start a.trade@60 #1");
    assert_step(world, 70, "start b.task@60 #1");
}

static void test_scheduler__delay_moves_the_first_look(void **state) {
    (void)state;
    g_autoptr(World) world = new_world(4);
    SyJob a = minutely("a", SY_JOB_TRADE);
    a.probe = "bars";
    a.delay = 2 * SY_SECOND;
    put(world, a, 60, 0);
    assert_step(world, 60, "");
    assert_near(wake(world), 62, 0);
    assert_step(world, 62, "probe bars");
}

static void test_scheduler__jitter_is_the_same_every_time_and_within_bounds(void **state) {
    (void)state;
    double first[8];
    for (int round = 0; round < 2; round++) {
        int different = 0;
        for (int i = 0; i < 8; i++) {
            g_autoptr(World) world = new_world(4);
            char study[] = {(char)('a' + i), 0};
            SyJob job = minutely(study, SY_JOB_TASK);
            job.jitter = 20 * SY_SECOND;
            put(world, job, 3600, 0);
            assert_step(world, 3600, "");
            double now = wake(world);
            assert_true(now >= 3600 && now < 3620);
            assert_true(g_str_has_prefix(step(world, now), "start "));
            if (round)
                assert_near(now, first[i], 0);
            if (i && now != first[i - 1])
                different++;
            first[i] = now;
        }
        assert_true(different >= 6);
    }
}

static void test_scheduler__late_slots_run_within_their_wait_else_are_missed(void **state) {
    (void)state;
    g_autoptr(World) world = new_world(4);
    put(world, minutely("a", SY_JOB_TRADE), 60, 0);
    assert_step(world, 89, "start a.trade@60 #1");
    g_autoptr(World) later = new_world(4);
    put(later, minutely("a", SY_JOB_TRADE), 60, 0);
    assert_step(later, 90, "missed a.trade@60");
    g_autoptr(World) much_later = new_world(4);
    put(much_later, minutely("a", SY_JOB_TRADE), 60, 0);
    assert_step(much_later, 3610, "missed a.trade@3540 x59; start a.trade@3600 #1");
}

static void test_scheduler__catch_up_last_takes_all_together(void **state) {
    (void)state;
    g_autoptr(World) world = new_world(4);
    guint a = put(world, minutely("a", SY_JOB_REPORT), 60, 0);
    assert_step(world, 3650, "coalesced a.report@3540 x59 >3600; start a.report@3600 #1");
    ended(world, a, 3600);
    assert_step(world, 3655, "");
    assert_step(world, 3660, "start a.report@3660 #1");

    g_autoptr(World) windowed = new_world(4);
    SyJob job = minutely("a", SY_JOB_REPORT);
    job.catchup_window = 10 * SY_MINUTE;
    put(windowed, job, 60, 0);
    assert_step(windowed, 3650,
                "missed a.report@3000 x50; coalesced a.report@3540 x9 >3600; "
                "start a.report@3600 #1");
    g_autoptr(World) rare = new_world(4);
    job.catchup_window = 40 * SY_SECOND;
    put(rare, job, 60, 0);
    assert_step(rare, 3650, "missed a.report@3600 x60");
}

static void test_scheduler__catch_up_all_runs_one_after_the_other(void **state) {
    (void)state;
    g_autoptr(World) world = new_world(4);
    SyJob job = minutely("a", SY_JOB_TASK);
    job.catchup = SY_CATCHUP_ALL;
    job.catchup_max = 3;
    guint a = put(world, job, 60, 0);
    assert_step(world, 650, "coalesced a.task@420 x7 >480; start a.task@480 #1");
    ended(world, a, 480);
    assert_step(world, 651, "start a.task@540 #1");
    ended(world, a, 540);
    assert_step(world, 652, "start a.task@600 #1");
    ended(world, a, 600);
    assert_step(world, 653, "");
    assert_step(world, 660, "start a.task@660 #1");
}

static void test_scheduler__a_year_is_counted_not_walked(void **state) {
    (void)state;
    g_autoptr(World) world = new_world(4);
    SyJob job = minutely("a", SY_JOB_TASK);
    put(world, job, 1, 0);
    assert_step(world, 366 * 86400.,
                "coalesced a.task@3.16224e+07 x31622399 >3.16224e+07; "
                "start a.task@3.16224e+07 #1");
}

static void test_scheduler__overlap_skip_names_the_run_that_went_on(void **state) {
    (void)state;
    g_autoptr(World) world = new_world(4);
    guint a = put(world, minutely("a", SY_JOB_TRADE), 60, 0);
    step(world, 60);
    assert_step(world, 120, "skipped a.trade@120 >60");
    ended(world, a, 60);
    assert_step(world, 179, "");
    assert_step(world, 180, "start a.trade@180 #1");
}

static void test_scheduler__overlap_queue_waits_its_turn(void **state) {
    (void)state;
    g_autoptr(World) world = new_world(4);
    SyJob job = minutely("a", SY_JOB_TRADE);
    job.overlap = SY_OVERLAP_QUEUE;
    guint a = put(world, job, 60, 0);
    step(world, 60);
    assert_step(world, 120, "");
    ended(world, a, 60);
    assert_step(world, 130, "start a.trade@120 #1");
    step(world, 180);
    assert_step(world, 210, "missed a.trade@180"); /* its wait is over */

    g_autoptr(World) report = new_world(4);
    job.kind = SY_JOB_REPORT;
    a = put(report, job, 60, 0);
    step(report, 60);
    step(report, 120);
    assert_step(report, 180, "coalesced a.report@120 >180");
    ended(report, a, 60);
    assert_step(report, 200, "start a.report@180 #1");
}

static void test_scheduler__overlap_cancel_other_ends_the_earlier_run_first(void **state) {
    (void)state;
    g_autoptr(World) world = new_world(4);
    SyJob job = minutely("a", SY_JOB_TRADE);
    job.overlap = SY_OVERLAP_CANCEL_OTHER;
    guint a = put(world, job, 60, 0);
    step(world, 60);
    assert_step(world, 120, "cancel a.trade@60 >120");
    assert_step(world, 121, "");
    ended(world, a, 60);
    assert_step(world, 122, "start a.trade@120 #1");
    failed(world, a, 120, 185);
    assert_step(world, 123, "give-up a.trade@120"); /* past its wait at 150 */
    step(world, 180);
    failed(world, a, 180, 200);
    assert_step(world, 181, "");
    trigger(world, a, 190);
    assert_step(world, 190, "give-up a.trade@180 >190; start a.trade@190 #1");
}

static void test_scheduler__overlap_allow_runs_both(void **state) {
    (void)state;
    g_autoptr(World) world = new_world(4);
    SyJob job = minutely("a", SY_JOB_TRADE);
    job.overlap = SY_OVERLAP_ALLOW;
    guint a = put(world, job, 60, 0);
    step(world, 60);
    assert_step(world, 120, "start a.trade@120 #1");
    ended(world, a, 60);
    ended(world, a, 120);
    assert_step(world, 121, "");
}

static void test_scheduler__places_go_by_time_then_kind_then_job(void **state) {
    (void)state;
    g_autoptr(World) world = new_world(1);
    put(world, minutely("r", SY_JOB_REPORT), 60, 0);
    put(world, minutely("k", SY_JOB_TASK), 60, 0);
    guint b = put(world, minutely("b", SY_JOB_TRADE), 60, 0);
    guint c = put(world, minutely("c", SY_JOB_TRADE), 60, 0);
    SyJob late = minutely("d", SY_JOB_TASK);
    put(world, late, 50, 0);
    assert_step(world, 60, "start d.task@50 #1");
    ended(world, 4, 50);
    assert_step(world, 61, "start b.trade@60 #1");
    ended(world, b, 60);
    assert_step(world, 62, "start c.trade@60 #1");
    ended(world, c, 60);
    assert_step(world, 63, "start r.report@60 #1");
    ended(world, 0, 60);
    assert_step(world, 64, "start k.task@60 #1");
}

static void test_scheduler__a_slot_without_a_place_in_time_is_missed(void **state) {
    (void)state;
    g_autoptr(World) world = new_world(1);
    guint a = put(world, minutely("a", SY_JOB_TRADE), 60, 0);
    put(world, minutely("b", SY_JOB_TRADE), 60, 0);
    assert_step(world, 60, "start a.trade@60 #1");
    assert_step(world, 90, "missed b.trade@60");
    ended(world, a, 60);
    assert_step(world, 91, "");
}

static void test_scheduler__start_deadline_counts_from_when_it_could_start(void **state) {
    (void)state;
    g_autoptr(World) world = new_world(1);
    guint a = put(world, minutely("a", SY_JOB_TRADE), 60, 0);
    SyJob job = minutely("b", SY_JOB_REPORT);
    job.start_deadline = 5 * SY_SECOND;
    put(world, job, 60, 0);
    step(world, 62);
    assert_near(wake(world), 67, 0);
    assert_step(world, 67, "missed b.report@60");
    ended(world, a, 60);
    step(world, 68);
}

static void test_scheduler__a_report_follows_the_trade_run_of_its_time(void **state) {
    (void)state;
    g_autoptr(World) world = new_world(4);
    SyJob trade = minutely("a", SY_JOB_TRADE);
    trade.probe = "bars";
    put(world, minutely("a", SY_JOB_REPORT), 60, 0);
    guint a = put(world, trade, 60, 0);
    assert_step(world, 60, "probe bars");
    bar(world, "bars", 60);
    assert_step(world, 61, "start a.trade@60 #1");
    failed(world, a, 60, 64);
    assert_step(world, 62, "");
    assert_step(world, 64, "start a.trade@60 #2");
    ended(world, a, 60);
    assert_step(world, 66, "start a.report@60 #1");
    step(world, 120);
    step(world, 149);
    assert_step(world, 150, "outdated a.trade@120; skipped a.report@120 >60");
}

static void test_scheduler__a_back_off_holds_no_place(void **state) {
    (void)state;
    g_autoptr(World) world = new_world(1);
    guint a = put(world, minutely("a", SY_JOB_TRADE), 60, 0);
    guint b = put(world, minutely("b", SY_JOB_TRADE), 60, 0);
    assert_step(world, 60, "start a.trade@60 #1");
    failed(world, a, 60, 65);
    assert_step(world, 61, "start b.trade@60 #1");
    assert_step(world, 65, "");
    ended(world, b, 60);
    assert_step(world, 66, "start a.trade@60 #2");
    failed(world, a, 60, 95);
    assert_step(world, 67, "give-up a.trade@60");
}

static void test_scheduler__a_retry_without_a_place_in_its_wait_is_given_up(void **state) {
    (void)state;
    g_autoptr(World) world = new_world(1);
    guint a = put(world, minutely("a", SY_JOB_TRADE), 60, 0);
    put(world, minutely("b", SY_JOB_TRADE), 60, 0);
    step(world, 60);
    failed(world, a, 60, 65);
    assert_step(world, 61, "start b.trade@60 #1");
    assert_step(world, 90, "give-up a.trade@60");
}

static void test_scheduler__time_out_cancels_once(void **state) {
    (void)state;
    g_autoptr(World) world = new_world(1);
    SyJob job = minutely("a", SY_JOB_TRADE);
    job.timeout = 20 * SY_SECOND;
    put(world, job, 3600, 0);
    step(world, 3600);
    assert_near(wake(world), 3620, 0);
    assert_step(world, 3620, "cancel a.trade@3600");
    assert_step(world, 3650, "");
}

static void test_scheduler__a_suspend_moves_time_outs(void **state) {
    (void)state;
    g_autoptr(World) world = new_world(1);
    SyJob job = minutely("a", SY_JOB_TRADE);
    job.timeout = 20 * SY_SECOND;
    put(world, job, 3600, 0);
    step(world, 3600);
    happens(world, (SySchedulerEvent){.kind = SY_EVENT_SUSPEND, .jump = 1000 * SY_SECOND});
    assert_step(world, 4605, "");
    assert_step(world, 4620, "cancel a.trade@3600");
}

static void test_scheduler__until_and_max_runs_end_a_job(void **state) {
    (void)state;
    g_autoptr(World) world = new_world(4);
    SyJob job = minutely("a", SY_JOB_TRADE);
    job.until = at(120);
    guint a = put(world, job, 60, 0);
    job = minutely("b", SY_JOB_TRADE);
    job.max_runs = 3;
    job.runs_before = 2;
    guint b = put(world, job, 60, 0);
    assert_step(world, 60, "start a.trade@60 #1; start b.trade@60 #1");
    ended(world, a, 60);
    ended(world, b, 60);
    assert_step(world, 120, "start a.trade@120 #1");
    SyTime next;
    assert_int_equal(sy_scheduler_job_state(world->scheduler, a, &next), SY_JOB_RUNS);
    assert_true(next == SY_TIME_NONE);
    ended(world, a, 120);
    assert_step(world, 100000, "");
    assert_true(isinf(wake(world)));
}

static void test_scheduler__a_trigger_is_a_slot_of_its_own(void **state) {
    (void)state;
    g_autoptr(World) world = new_world(4);
    guint a = put(world, minutely("a", SY_JOB_TRADE), 60, 0);
    step(world, 60);
    ended(world, a, 60);
    step(world, 61);
    trigger(world, a, 75);
    assert_step(world, 75.5, "start a.trade@75 #1");
    ended(world, a, 75);
    assert_step(world, 120, "start a.trade@120 #1");
    trigger(world, a, 130);
    assert_step(world, 130, "skipped a.trade@130 >120");
}

/* Until when what the last action starts may be traded, in seconds. */
static double wait_ends(const World *world) {
    g_assert(world->actions->len > 0);
    const SySlotAction *action =
        &g_array_index(world->actions, SySlotAction, world->actions->len - 1);
    return (double)(action->wait_ends - BASE) / 1e9;
}

static void test_scheduler__a_trigger_trades_only_in_the_wait_of_the_slot_before_it(void **state) {
    (void)state;
    g_autoptr(World) world = new_world(4);
    guint a = put(world, minutely("a", SY_JOB_TRADE), 60, 0);
    assert_step(world, 60, "start a.trade@60 #1");
    assert_near(wait_ends(world), 90, 0);
    ended(world, a, 60);
    trigger(world, a, 70);
    assert_step(world, 70, "start a.trade@70 #1");
    assert_near(wait_ends(world), 90, 0);
    ended(world, a, 70);
    trigger(world, a, 115); /* a bar that nobody may trade any more: it starts, to be shown */
    assert_step(world, 115, "start a.trade@115 #1");
    assert_near(wait_ends(world), 90, 0);
}

static void test_scheduler__a_wait_leaves_room_after_a_delay(void **state) {
    (void)state;
    g_autoptr(World) world = new_world(4);
    SyJob job = minutely("a", SY_JOB_TRADE);
    job.delay = 50 * SY_SECOND;
    job.jitter = 20 * SY_SECOND;
    job.max_buffer = 60 * SY_SECOND;
    put(world, job, 60, 0);
    gint64 starts = job.delay + sy_job_spread(&job);
    assert_true(starts > job.delay && starts < job.delay + job.jitter);
    assert_step(world, 60, "");
    assert_step(world, 60 + (double)starts / 1e9 + 0.5, "start a.trade@60 #1");
    assert_near(wait_ends(world), 60 + (double)starts / 1e9 + 10, 1e-6);
    g_autoptr(SySchedule) schedule = sy_schedule_new_every((SyTimeframe){SY_MINUTE, 0});
    job.schedule = schedule; /* one answer, whoever asks */
    assert_near((double)(sy_job_wait_ends(&job, at(60)) - BASE) / 1e9, wait_ends(world), 0);
}

static void test_scheduler__a_pause_is_skipped_in_one_row(void **state) {
    (void)state;
    g_autoptr(World) world = new_world(4);
    guint a = put(world, minutely("a", SY_JOB_TRADE), 60, 60);
    sy_scheduler_skip(world->scheduler, a, at(310), "the job was paused");
    assert_step(world, 311, "skipped a.trade@300 x4");
    assert_step(world, 360, "start a.trade@360 #1");
    guint b = put(world, minutely("b", SY_JOB_TRADE), 60, 360);
    sy_scheduler_skip(world->scheduler, b, at(361), "the job was paused");
    assert_step(world, 361, ""); /* nothing was due */
}

static void test_scheduler__restored_runs_go_on_where_they_were(void **state) {
    (void)state;
    g_autoptr(World) world = new_world(4);
    SyJob job = minutely("a", SY_JOB_TRADE);
    guint a = put(world, job, 60, 60);
    sy_scheduler_restore(world->scheduler, a, at(60), 1, SY_TIME_NONE);
    guint b = put(world, minutely("b", SY_JOB_TRADE), 60, 60);
    sy_scheduler_restore(world->scheduler, b, at(60), 3, at(80));
    assert_step(world, 70, "start a.trade@60 #1");
    assert_step(world, 80, "start b.trade@60 #3");
    ended(world, a, 60);
    ended(world, b, 60);
    assert_step(world, 120, "start a.trade@120 #1; start b.trade@120 #1");

    g_autoptr(World) later = new_world(4);
    a = put(later, job, 60, 60);
    sy_scheduler_restore(later->scheduler, a, at(60), 1, SY_TIME_NONE);
    assert_step(later, 95, "give-up a.trade@60");
    assert_step(later, 120, "start a.trade@120 #1");
}

static void test_scheduler__an_edit_starts_from_now(void **state) {
    (void)state;
    g_autoptr(World) world = new_world(4);
    SyJob job = minutely("a", SY_JOB_TRADE);
    job.probe = "bars";
    guint a = put(world, job, 60, 0);
    step(world, 60); /* waits for its bar, and goes on doing so */
    assert_int_equal(put(world, job, 7, 65), a);
    bar(world, "bars", 60);
    assert_step(world, 66, "start a.trade@60 #1");
    ended(world, a, 60);
    bar(world, "bars", 700);
    step(world, 67);
    /* the grid of 7 s is anchored at the epoch */
    SyTime next;
    sy_scheduler_job_state(world->scheduler, a, &next);
    assert_true(next > at(67) && next <= at(74) && next % (7 * SY_SECOND) == 0);
}

static void test_scheduler__an_edit_skips_what_had_not_had_its_turn(void **state) {
    (void)state;
    g_autoptr(World) world = new_world(1);
    SyJob job = minutely("a", SY_JOB_TASK);
    job.catchup = SY_CATCHUP_ALL;
    guint a = put(world, job, 60, 0);
    assert_step(world, 310, "start a.task@60 #1");
    put(world, job, 3600, 310);
    assert_step(world, 311, "skipped a.task@120; skipped a.task@300 x3");
    ended(world, a, 60);
    assert_step(world, 312, "");
    assert_near(wake(world), 3600, 0);
}

static void test_scheduler__a_removed_job_ends_with_its_run(void **state) {
    (void)state;
    g_autoptr(World) world = new_world(4);
    guint a = put(world, minutely("a", SY_JOB_TRADE), 60, 0);
    SyJob waiting = minutely("b", SY_JOB_TRADE);
    waiting.probe = "bars";
    guint b = put(world, waiting, 60, 0);
    step(world, 60);
    sy_scheduler_remove_job(world->scheduler, a, "removed");
    sy_scheduler_remove_job(world->scheduler, b, "removed");
    assert_step(world, 61, "skipped b.trade@60");
    ended(world, a, 60);
    assert_step(world, 62, "");
    step(world, 63);
    assert_true(isinf(wake(world)));
    /* a pause and a resume: the run that went on counts */
    a = put(world, minutely("c", SY_JOB_TRADE), 60, 100);
    assert_step(world, 120, "start c.trade@120 #1");
    sy_scheduler_remove_job(world->scheduler, a, "paused");
    step(world, 121);
    assert_int_equal(put(world, minutely("c", SY_JOB_TRADE), 60, 400), a);
    assert_step(world, 420, "skipped c.trade@420 >120");
}

static void test_scheduler__a_large_forward_step_holds_until_the_clock_is_steady(void **state) {
    (void)state;
    g_autoptr(World) world = new_world(4);
    guint a = put(world, minutely("a", SY_JOB_TRADE), 60, 0);
    step(world, 60);
    ended(world, a, 60);
    step(world, 61);
    clock_step(world, 7200);
    assert_step(world, 7265, "hold a.trade >7325");
    SyTime next;
    assert_int_equal(sy_scheduler_job_state(world->scheduler, a, &next), SY_JOB_HELD);
    assert_step(world, 7300, "");
    assert_step(world, 7325, "release a.trade; missed a.trade@7260 x120; start a.trade@7320 #1");
}

static void test_scheduler__a_small_forward_step_is_being_late(void **state) {
    (void)state;
    g_autoptr(World) world = new_world(4);
    put(world, minutely("a", SY_JOB_TRADE), 60, 0);
    step(world, 1);
    clock_step(world, 25);
    assert_step(world, 70, "start a.trade@60 #1");
}

static void test_scheduler__a_wrong_year_that_is_corrected_costs_nothing(void **state) {
    (void)state;
    g_autoptr(World) world = new_world(4);
    double year = 366 * 86400.;
    guint a = put(world, minutely("a", SY_JOB_TRADE), 60, 0);
    step(world, 60);
    ended(world, a, 60);
    step(world, 61);
    clock_step(world, year);
    step(world, year + 65);
    step(world, year + 125); /* held, then decided in bulk, and one runs a year early */
    ended(world, a, year + 120);
    step(world, year + 130);
    clock_step(world, -year);
    assert_step(world, 135, ""); /* 120 passed meanwhile: the row of the bulk stands for it */
    assert_step(world, 180, "start a.trade@180 #1");
    ended(world, a, 180);
    step(world, 181);
    for (double now = 240; now < 86400; now += 60) {
        char expected[64];
        g_snprintf(expected, sizeof expected, "start a.trade@%g #1", now);
        assert_step(world, now, expected);
        ended(world, a, now);
    }
    step(world, 86400);
    ended(world, a, 86400);
    /* In the year that the clock once showed, the two slots with a row do not come again. */
    assert_string_equal(step(world, year + 61), "missed a.trade@3.16224e+07 x525600");
    assert_step(world, year + 120, "");
    assert_step(world, year + 180, "start a.trade@3.16226e+07 #1");
}

static void test_scheduler__a_step_back_decides_nothing_twice(void **state) {
    (void)state;
    g_autoptr(World) world = new_world(4);
    guint a = put(world, minutely("a", SY_JOB_TRADE), 60, 0);
    for (int i = 1; i <= 10; i++) {
        step(world, 60 * i);
        ended(world, a, 60 * i);
    }
    step(world, 601);
    clock_step(world, -300);
    assert_step(world, 301, "hold a.trade >600");
    assert_step(world, 540, "");
    assert_step(world, 600, "release a.trade");
    assert_step(world, 660, "start a.trade@660 #1");
}

static void test_scheduler__rows_ahead_of_the_clock_hold_until_the_operator_says_so(void **state) {
    (void)state;
    g_autoptr(World) world = new_world(4);
    guint a = put(world, minutely("a", SY_JOB_TRADE), 60, 86400);
    assert_step(world, 10, "hold a.trade >86400");
    assert_step(world, 70, "");
    sy_scheduler_release(world->scheduler, a, at(75));
    assert_step(world, 75, "release a.trade");
    assert_step(world, 120, "start a.trade@120 #1");
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_scheduler__starts_each_slot_at_its_time),
        cmocka_unit_test(test_scheduler__one_probe_serves_all_that_wait_for_a_bar),
        cmocka_unit_test(test_scheduler__probes_quickly_at_first_then_less_often),
        cmocka_unit_test(test_scheduler__a_bar_is_waited_for_until_the_next_close_at_most),
        cmocka_unit_test(test_scheduler__a_bar_that_is_known_is_not_looked_for),
        cmocka_unit_test(test_scheduler__delay_moves_the_first_look),
        cmocka_unit_test(test_scheduler__jitter_is_the_same_every_time_and_within_bounds),
        cmocka_unit_test(test_scheduler__late_slots_run_within_their_wait_else_are_missed),
        cmocka_unit_test(test_scheduler__catch_up_last_takes_all_together),
        cmocka_unit_test(test_scheduler__catch_up_all_runs_one_after_the_other),
        cmocka_unit_test(test_scheduler__a_year_is_counted_not_walked),
        cmocka_unit_test(test_scheduler__overlap_skip_names_the_run_that_went_on),
        cmocka_unit_test(test_scheduler__overlap_queue_waits_its_turn),
        cmocka_unit_test(test_scheduler__overlap_cancel_other_ends_the_earlier_run_first),
        cmocka_unit_test(test_scheduler__overlap_allow_runs_both),
        cmocka_unit_test(test_scheduler__places_go_by_time_then_kind_then_job),
        cmocka_unit_test(test_scheduler__a_slot_without_a_place_in_time_is_missed),
        cmocka_unit_test(test_scheduler__start_deadline_counts_from_when_it_could_start),
        cmocka_unit_test(test_scheduler__a_report_follows_the_trade_run_of_its_time),
        cmocka_unit_test(test_scheduler__a_back_off_holds_no_place),
        cmocka_unit_test(test_scheduler__a_retry_without_a_place_in_its_wait_is_given_up),
        cmocka_unit_test(test_scheduler__time_out_cancels_once),
        cmocka_unit_test(test_scheduler__a_suspend_moves_time_outs),
        cmocka_unit_test(test_scheduler__until_and_max_runs_end_a_job),
        cmocka_unit_test(test_scheduler__a_trigger_is_a_slot_of_its_own),
        cmocka_unit_test(test_scheduler__a_trigger_trades_only_in_the_wait_of_the_slot_before_it),
        cmocka_unit_test(test_scheduler__a_wait_leaves_room_after_a_delay),
        cmocka_unit_test(test_scheduler__a_pause_is_skipped_in_one_row),
        cmocka_unit_test(test_scheduler__restored_runs_go_on_where_they_were),
        cmocka_unit_test(test_scheduler__an_edit_starts_from_now),
        cmocka_unit_test(test_scheduler__an_edit_skips_what_had_not_had_its_turn),
        cmocka_unit_test(test_scheduler__a_removed_job_ends_with_its_run),
        cmocka_unit_test(test_scheduler__a_large_forward_step_holds_until_the_clock_is_steady),
        cmocka_unit_test(test_scheduler__a_small_forward_step_is_being_late),
        cmocka_unit_test(test_scheduler__a_wrong_year_that_is_corrected_costs_nothing),
        cmocka_unit_test(test_scheduler__a_step_back_decides_nothing_twice),
        cmocka_unit_test(test_scheduler__rows_ahead_of_the_clock_hold_until_the_operator_says_so),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
