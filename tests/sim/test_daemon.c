/* The daemon's own code under a clock that the test moves, with processes that are only noted: what
 * becomes of slots, runs and templates where something goes wrong in between. */
#include "test.h"

#include <string.h>
#include <unistd.h>

#include "base/error.h"
#include "cli.h"
#include "daemon/state.h"
#include "live.h"
#include "store.h"

enum { EVERY = 10 }; /* seconds between the slots of a task */
static const SyTime beginning = G_GINT64_CONSTANT(1600000000) * SY_SECOND;

static char *folder;
static _Atomic SyTime now; /* threads look at bars while it goes on */
static SyEnv env;
static SySettings *settings;
static SyStore *store;
static SyLog *log_file;
static SyDaemonOptions options;
static SyDaemon subject;
static GArray *started; /* gint64, runs in the order of their starts */
static GArray *ends;    /* SyExecutionEnd */
static bool no_process;

/* ---- processes ---- */

static bool start(SyExecutor *executor, const SyExecution *execution, GError **error) {
    (void)executor;
    if (no_process)
        return sy_fail(error, SY_ERROR_FAILED, "no process can be started");
    g_array_append_val(started, execution->run);
    return true;
}

static void end_process(gint64 run, SyRunStatus status, const char *message) {
    const SyExecutionEnd end = {.run = run, .status = status, .message = g_strdup(message)};
    g_array_append_val(ends, end);
}

static void cancel(SyExecutor *executor, gint64 run, SyRunStatus status) {
    (void)executor;
    end_process(run, status, "terminated");
}

static void collect(SyExecutor *executor, GArray *into) {
    (void)executor;
    g_array_append_vals(into, ends->data, ends->len);
    g_array_set_size(ends, 0);
}

static void close_executor(SyExecutor *executor) { (void)executor; }

static const SyExecutorRow noting = {.name = "noting",
                                     .close = close_executor,
                                     .start = start,
                                     .cancel = cancel,
                                     .collect = collect};

/* ---- the daemon ---- */

static SyTime clock_now(gconstpointer data) {
    (void)data;
    return now;
}

static const char *no_environment(const char *name) {
    (void)name;
    return NULL;
}

static void put_task(const char *study, int every) {
    g_autofree char *file = g_strconcat(study, ".toml", NULL);
    g_autofree char *text = g_strdup_printf("[meta]\nstudy_name = \"%s\"\n"
                                            "[schedule]\nevery = \"%ds\"\n"
                                            "[[task]]\nname = \"t\"\ncommand = [\"true\"]\n",
                                            study, every);
    live_put_template(folder, file, text);
}

static void put_model(const char *study) {
    g_autofree char *file = g_strconcat(study, ".toml", NULL);
    g_autofree char *text = live_template(study, EVERY, "");
    live_put_template(folder, file, text);
}

static void remove_template(const char *file) {
    g_autofree char *path = g_build_filename(folder, ".workflow/templates", file, NULL);
    assert_int_equal(unlink(path), 0);
}

static bool try_life(GError **error) {
    sy_daemon_init(&subject, &options);
    subject.executor_row = &noting;
    subject.executor = (SyExecutor *)(gpointer)&subject;
    return sy_templates_start(&subject, error);
}

static void begin_life(void) { assert_good(try_life(&error)); }

static void turn(void) { sy_daemon_turn(&subject); }

static void advance(gint64 seconds) {
    now += seconds * SY_SECOND;
    turn();
    turn(); /* what the first has started and ended at once */
}

static int make(void **state) {
    (void)state;
    now = beginning + 1;
    env = (SyEnv){clock_now, clock_now, clock_now, NULL};
    no_process = false;
    folder = live_workspace(1, 0);
    started = g_array_new(FALSE, FALSE, sizeof(gint64));
    ends = g_array_new(FALSE, FALSE, sizeof(SyExecutionEnd));
    const SyLogOptions silent = {.env = &env, .level = SY_LOG_DEBUG, .folder = folder};
    settings = sy_settings_load(folder, no_environment, NULL);
    log_file = sy_log_open(&silent, NULL);
    store = test_store_open(folder);
    options = (SyDaemonOptions){.env = &env,
                                .workspace = folder,
                                .settings = settings,
                                .store = store,
                                .log = log_file,
                                .holder = "the test",
                                .jobs = {.trade = true,
                                         .report = true,
                                         .report_every = {SY_HOUR, 0},
                                         .max_buffer_seconds = 60},
                                .since = SY_TIME_NONE,
                                .places = 8};
    return settings && log_file ? 0 : -1;
}

static int clear(void **state) {
    (void)state;
    sy_daemon_clear(&subject);
    sy_store_close(store);
    sy_log_close(log_file);
    sy_settings_free(settings);
    g_array_unref(started);
    g_array_unref(ends);
    test_folder_remove(folder);
    g_free(folder);
    return 0;
}

static gint64 runs_of(const char *study) {
    g_autofree char *sql =
        g_strdup_printf("SELECT count(*) FROM run WHERE study_name = '%s'", study);
    return test_store_query(folder, sql);
}

static SyLive *live_of(const char *study) {
    for (guint i = 0; i < subject.lives->len; i++) {
        SyLive *live = subject.lives->pdata[i];
        if (strcmp(live->study, study) == 0)
            return live;
    }
    return NULL;
}

static void claim(gint64 run, const char *study) {
    bool claimed = false;
    assert_good(sy_store_claim_run(store, run, live_of(study)->epoch, 1, 1, now, &claimed, &error));
    assert_true(claimed);
}

static gint64 last_started(void) { return g_array_index(started, gint64, started->len - 1); }

/* Ends a run well, as its worker would. */
static void succeed(gint64 run, const char *study) {
    bool before;
    claim(run, study);
    assert_good(sy_store_end_run(store, run, live_of(study)->epoch, SY_RUN_SUCCEEDED, "", now,
                                 &before, &error));
    end_process(run, SY_RUN_SUCCEEDED, NULL);
}

static void assert_text(gint64 run, const char *column, const char *expected) {
    g_autofree char *sql = g_strdup_printf(
        "SELECT instr(%s, '%s') > 0 FROM run WHERE id = %" G_GINT64_FORMAT, column, expected, run);
    if (test_store_query(folder, sql) != 1)
        fail_msg("%s of run %d does not hold '%s'", column, (int)run, expected);
}

/* ---- templates ---- */

static void test_daemon__templates_that_go_change_and_come_at_once_all_run(void **state) {
    (void)state;
    put_task("a", EVERY);
    put_task("c", EVERY);
    begin_life();
    turn();
    remove_template("a.toml");
    put_task("c", EVERY / 2);
    put_task("d", EVERY);
    sy_templates_changed(&subject, NULL);
    for (int i = 0; i < 3; i++) {
        advance(EVERY);
        for (guint k = started->len; k > 0; k--) {
            gint64 run = g_array_index(started, gint64, k - 1);
            g_auto(SyRunRow) row = {0};
            assert_good(sy_store_load_run(store, run, &row, &error));
            succeed(run, row.study);
        }
        g_array_set_size(started, 0);
        turn();
    }
    assert_int_equal(runs_of("a"), 0);
    assert_true(runs_of("c") >= 3);
    assert_int_equal(runs_of("d"), 3);
    assert_int_equal(subject.executing, 0);
    assert_null(live_of("a"));
}

/* The next life, after one that was killed. */
static void begin_next_life(void) {
    sy_daemon_clear(&subject);
    begin_life();
}

static void succeed_all(const char *study) {
    for (guint i = 0; i < started->len; i++)
        succeed(g_array_index(started, gint64, i), study);
    g_array_set_size(started, 0);
    turn();
}

/* Down from 15 to 45 s: missed are the slots of the version that ran, not those of the edited one,
 * which runs from then on, also the one that is caught up. */
static void test_daemon__an_edit_while_it_was_down_counts_from_the_start(void **state) {
    (void)state;
    put_task("a", EVERY);
    begin_life();
    advance(EVERY);
    succeed_all("a");
    advance(EVERY / 2);
    put_task("a", 7);
    now += 3 * EVERY * SY_SECOND;
    begin_next_life();
    turn();
    turn();
    assert_int_equal(test_store_query(folder, "SELECT sum(count) FROM slot"), 4);
    assert_int_equal(test_store_query(folder, "SELECT max(nominal) / 1000000000 FROM slot"),
                     1600000040);
    assert_int_equal(started->len, 1);
    succeed_all("a");
    assert_int_equal(test_store_query(folder, "SELECT count(DISTINCT template_hash) FROM run"), 2);
    advance(7);
    assert_int_equal(test_store_query(folder,
                                      "SELECT sum(nominal / 1000000000 % 7 = 0) FROM slot WHERE "
                                      "nominal > 1600000045000000000"),
                     1);
    assert_int_equal(test_store_query(folder, "SELECT sum(count) FROM slot"), 5);
}

/* The same where that start is killed before it has decided anything. */
static void test_daemon__a_start_that_was_killed_at_once_changes_no_slot(void **state) {
    (void)state;
    put_task("a", EVERY);
    begin_life();
    advance(EVERY);
    succeed_all("a");
    advance(EVERY / 2);
    put_task("a", 7);
    now += 3 * EVERY * SY_SECOND;
    begin_next_life();
    now += SY_SECOND;
    begin_next_life();
    turn();
    turn();
    assert_int_equal(test_store_query(folder, "SELECT sum(count) FROM slot"), 4);
    assert_int_equal(test_store_query(folder, "SELECT max(nominal) / 1000000000 FROM slot"),
                     1600000040);
    assert_int_equal(started->len, 1);
}

/* At 15 and 16 s, and killed before the next slot of any version: nothing was missed. */
static void test_daemon__edits_while_it_ran_leave_no_slots_behind(void **state) {
    (void)state;
    put_task("a", EVERY);
    begin_life();
    advance(EVERY);
    succeed_all("a");
    advance(EVERY / 2);
    put_task("a", 7);
    sy_templates_changed(&subject, NULL);
    advance(1);
    put_task("a", 3);
    sy_templates_changed(&subject, NULL);
    now += SY_SECOND / 2;
    begin_next_life();
    turn();
    assert_int_equal(test_store_query(folder, "SELECT sum(count) FROM slot"), 1);
    now += 20 * SY_SECOND; /* those of 17, 20 … 35 s were */
    begin_next_life();
    turn();
    assert_int_equal(test_store_query(folder, "SELECT sum(count) FROM slot"), 8);
    assert_int_equal(test_store_query(folder, "SELECT max(nominal) / 1000000000 FROM slot"),
                     1600000035);
}

static void test_daemon__a_refused_file_that_vanished_counts_no_more(void **state) {
    (void)state;
    put_task("a", EVERY);
    live_put_template(folder, "broken.toml", "[meta]\nstudy_name = 7\n");
    begin_life();
    assert_int_equal(g_hash_table_size(subject.refused), 1);
    remove_template("broken.toml");
    sy_templates_changed(&subject, NULL); /* as SIGHUP does: it names no file */
    assert_int_equal(g_hash_table_size(subject.refused), 0);
    assert_non_null(live_of("a"));
}

static void test_daemon__a_kind_that_a_template_dropped_takes_no_command(void **state) {
    (void)state;
    put_model("m");
    put_task("other", EVERY);
    begin_life();
    turn();
    put_task("m", EVERY);
    sy_templates_changed(&subject, NULL);
    turn();
    assert_good(sy_store_pause(store, "m", "report", true, "", "me", now, &error));
    sy_commands_take(&subject);
    assert_good(sy_store_pause(store, "m", "report", false, "", "me", now, &error));
    sy_commands_take(&subject);
    advance(EVERY);
    assert_int_equal(runs_of("m"), 1);
    assert_int_equal(test_store_query(folder, "SELECT count(*) FROM run WHERE kind = 'report'"), 0);
}

/* ---- the store ---- */

static void test_daemon__a_decision_whose_commit_was_not_answered_runs(void **state) {
    (void)state;
    put_task("a", EVERY);
    begin_life();
    turn();
    SyTime nominal = beginning + EVERY * SY_SECOND;
    SySlotDecision slot = test_slot("a", nominal);
    slot.kind = "task";
    assert_good(sy_store_decide_slots(store, &slot, 1, &live_of("a")->epoch, &error));
    advance(EVERY);
    assert_int_equal(started->len, 1);
    assert_int_equal(last_started(), slot.run);
    assert_int_equal(runs_of("a"), 1);
    succeed(slot.run, "a");
    advance(EVERY);
    assert_int_equal(started->len, 2);
}

/* The store takes what becomes of the first of two runs that went on, and not of the second. */
static void test_daemon__a_recovery_that_fails_half_way_lets_no_slot_start(void **state) {
    (void)state;
    const char *text = "[meta]\nstudy_name = \"a\"\n"
                       "[schedule]\nevery = \"10s\"\noverlap = \"allow\"\n"
                       "[[task]]\nname = \"t\"\ncommand = [\"true\"]\n";
    live_put_template(folder, "a.toml", text);
    begin_life();
    advance(EVERY);
    advance(EVERY);
    assert_int_equal(started->len, 2);
    const gint64 runs[] = {g_array_index(started, gint64, 0), g_array_index(started, gint64, 1)};
    claim(runs[0], "a");
    claim(runs[1], "a");
    test_store_change(folder, "CREATE TRIGGER refusing BEFORE UPDATE ON run WHEN new.study_name = "
                              "'a' AND new.nominal = 1600000020000000000 "
                              "BEGIN SELECT RAISE(ABORT, 'torn page'); END");
    g_array_set_size(started, 0);
    begin_next_life();
    for (int i = 0; i < 3; i++)
        advance(EVERY);
    assert_int_equal(started->len, 0);
    assert_int_equal(runs_of("a"), 2);
    test_store_change(folder, "DROP TRIGGER refusing");
    advance(2);
    assert_true(started->len >= 2);
    assert_int_equal(g_array_index(started, gint64, 0), runs[0]);
    assert_int_equal(g_array_index(started, gint64, 1), runs[1]);
    assert_int_equal(test_store_query(folder, "SELECT sum(attempt = 2) FROM run"), 2);
}

/* A service manager tries again and again until the other has gone. */
static void test_daemon__a_start_that_finds_one_held_leaves_no_trace_of_the_others(void **state) {
    (void)state;
    g_autoptr(GError) error = NULL;
    put_task("a", EVERY);
    put_task("b", EVERY);
    put_task("c", EVERY);
    SyLock *other = sy_lock_take(folder, store, "b", "run_app (pid 7)", now, &error);
    assert_non_null(other);
    assert_false(try_life(&error));
    assert_int_equal(error->code, SY_ERROR_HELD);
    assert_non_null(strstr(error->message, "b is run by run_app (pid 7)"));
    assert_int_equal(test_store_query(folder, "SELECT count(*) FROM event"), 0);
    assert_int_equal(test_store_query(folder, "SELECT count(*) FROM study"), 0);
    sy_lock_release(other);
    begin_next_life();
    advance(EVERY);
    assert_int_equal(started->len, 3);
    assert_int_equal(test_store_query(folder, "SELECT max(epoch) FROM study"), 1);
}

/* ---- attempts ---- */

/* A life with one job that is due each hour, from a full hour on. */
static void begin_hourly(void) {
    put_task("a", 3600);
    now = beginning + 3600 * SY_SECOND - now % (3600 * SY_SECOND);
    begin_life();
    turn();
}

/* Lets each process of the run die before it claims, for `seconds`; how many there were. */
static guint starve(gint64 run, gint64 seconds) {
    guint before = started->len;
    for (gint64 i = 0; i < seconds; i++) {
        if (started->len > before || i == 0) {
            before = started->len;
            end_process(run, SY_RUN_FAILED, "exec: too many processes");
        }
        advance(1);
    }
    return started->len;
}

/* The waits are of 1, 2, 4 … s in 60 s. */
static void assert_starves(gint64 run, guint processes_max) {
    guint processes = starve(run, 200);
    assert_in_range(processes, 5, processes_max);
    assert_text(run, "status", "failed");
    assert_text(run, "message", "too many processes");
    assert_int_equal(subject.executing, 0);
}

static void test_daemon__a_process_that_dies_before_it_claims_is_started_again(void **state) {
    (void)state;
    begin_hourly();
    advance(3600);
    assert_int_equal(started->len, 1);
    gint64 run = last_started();
    end_process(run, SY_RUN_CRASHED, "vanished");
    turn();
    turn();
    assert_int_equal(started->len, 1); /* not at once */
    assert_text(run, "status", "planned");
    advance(1);
    assert_int_equal(started->len, 2);
    succeed(run, "a");
    turn();
    assert_text(run, "status", "succeeded");
    assert_int_equal(subject.executing, 0);
}

static void test_daemon__processes_that_never_claim_end_within_the_wait(void **state) {
    (void)state;
    begin_hourly();
    advance(3600);
    gint64 run = last_started();
    assert_starves(run, 9);
}

static void test_daemon__a_second_attempt_that_never_began_is_no_back_off(void **state) {
    (void)state;
    begin_hourly();
    advance(3600);
    gint64 run = last_started();
    claim(run, "a");
    assert_good(sy_store_back_off(store, run, live_of("a")->epoch, "load", "the engine is down",
                                  now + SY_SECOND, 1, now, &error));
    end_process(run, SY_RUN_FAILED, "the engine is down");
    turn();
    advance(1);
    assert_int_equal(started->len, 2);
    /* the row still says that it backs off, since a second ago */
    assert_starves(run, 10);
}

static void test_daemon__where_no_process_starts_slots_end_with_the_reason(void **state) {
    (void)state;
    begin_hourly();
    no_process = true;
    advance(3600);
    for (int i = 0; i < 200; i++)
        advance(1);
    assert_int_equal(runs_of("a"), 1);
    assert_int_equal(test_store_query(folder, "SELECT count(*) FROM run WHERE status = 'failed' "
                                              "AND message LIKE '%no process%'"),
                     1);
    assert_int_equal(g_hash_table_size(subject.by_slot), 0);
}

/* ---- one study's trouble is no other's ---- */

static void refuse_rows(const char *table, const char *event) {
    g_autofree char *sql =
        g_strdup_printf("CREATE TRIGGER refusing BEFORE %s ON %s WHEN new.study_name = 'bad' "
                        "BEGIN SELECT RAISE(ABORT, 'torn page'); END",
                        event, table);
    test_store_change(folder, sql);
}

static void assert_logged(const char *expected) {
    g_autofree char *text = NULL;
    g_autofree char *path = g_build_filename(folder, "bad.log", NULL);
    assert_true(g_file_get_contents(path, &text, NULL, NULL));
    if (!strstr(text, expected))
        fail_msg("the log does not say '%s':\n%s", expected, text);
}

static void test_daemon__a_slot_that_cannot_be_stored_blocks_no_other(void **state) {
    (void)state;
    const char *const good[] = {"a", "b", "c", "d"};
    for (gsize i = 0; i < G_N_ELEMENTS(good); i++)
        put_task(good[i], EVERY);
    put_task("bad", EVERY);
    begin_life();
    turn();
    refuse_rows("slot", "INSERT");
    advance(EVERY);
    for (gsize i = 0; i < G_N_ELEMENTS(good); i++)
        assert_int_equal(runs_of(good[i]), 1);
    assert_int_equal(started->len, G_N_ELEMENTS(good));
    assert_logged("cannot be stored, and is given up: ");
    /* its place is free, and the next slot is as any other */
    test_store_change(folder, "DROP TRIGGER refusing");
    advance(EVERY);
    assert_int_equal(runs_of("bad"), 1);
}

static void test_daemon__an_end_that_cannot_be_stored_blocks_no_other(void **state) {
    (void)state;
    put_task("a", EVERY);
    put_task("bad", EVERY);
    begin_life();
    advance(EVERY);
    assert_int_equal(started->len, 2);
    gint64 bad = test_store_query(folder, "SELECT id FROM run WHERE study_name = 'bad'");
    gint64 good = test_store_query(folder, "SELECT id FROM run WHERE study_name = 'a'");
    claim(bad, "bad");
    claim(good, "a");
    refuse_rows("run", "UPDATE");
    end_process(bad, SY_RUN_CRASHED, "vanished");
    end_process(good, SY_RUN_CRASHED, "vanished");
    turn();
    assert_text(good, "status", "crashed");
    assert_logged("how it ended cannot be stored");
    assert_int_equal(subject.executing, 0);
}

static void test_daemon__a_strategy_that_another_took_over_stops_alone(void **state) {
    (void)state;
    put_task("a", EVERY);
    put_task("b", EVERY);
    begin_life();
    advance(EVERY);
    assert_int_equal(started->len, 2); /* both go on */
    test_store_change(folder, "UPDATE study SET epoch = epoch + 1 WHERE name = 'a'");
    advance(EVERY); /* the store refuses what becomes of a's next slot */
    advance(EVERY);
    assert_null(subject.fatal);
    assert_null(live_of("a"));
    assert_non_null(live_of("b"));
    gint64 before = runs_of("a");
    for (guint i = 0; i < started->len; i++) {
        g_auto(SyRunRow) row = {0};
        assert_good(sy_store_load_run(store, g_array_index(started, gint64, i), &row, &error));
        if (strcmp(row.study, "b") == 0 && row.status == SY_RUN_PLANNED)
            succeed(row.id, "b");
    }
    advance(EVERY);
    advance(EVERY);
    assert_int_equal(runs_of("a"), before);
    assert_int_equal(test_store_query(folder, "SELECT count(*) FROM event WHERE kind = 'fenced'"),
                     1);
    assert_true(runs_of("b") >= 2);
    /* without any the daemon ends */
    test_store_change(folder, "UPDATE study SET epoch = epoch + 1 WHERE name = 'b'");
    for (int i = 0; i < 4; i++)
        advance(EVERY);
    assert_true(g_error_matches(subject.fatal, SY_ERROR, SY_ERROR_HELD));
}

/* ---- a clock that was ahead ---- */

static void test_daemon__rows_of_a_wrong_clock_stand_for_themselves_only(void **state) {
    (void)state;
    gint64 epoch;
    put_task("a", EVERY);
    assert_good(sy_store_take_study(store, "a", "earlier", now, &epoch, &error));
    const gint64 ahead[] = {2 * EVERY, 3600};
    for (gsize i = 0; i < G_N_ELEMENTS(ahead); i++) {
        SySlotDecision slot = test_slot("a", beginning + ahead[i] * SY_SECOND);
        slot.kind = "task";
        slot.status = SY_SLOT_ROW_MISSED;
        assert_good(sy_store_decide_slots(store, &slot, 1, &epoch, &error));
    }
    begin_life();
    advance(1);
    SyTime next;
    assert_int_equal(
        sy_scheduler_job_state(subject.scheduler, live_of("a")->job[SY_JOB_TASK].number, &next),
        SY_JOB_HELD);
    sy_live_release(&subject, live_of("a"), SY_JOB_TASK);
    advance(2 * EVERY + 2);
    /* the slot before the one with a row is not taken together into that one */
    assert_int_equal(started->len, 1);
    g_auto(SyRunRow) row = {0};
    assert_good(sy_store_load_run(store, last_started(), &row, &error));
    assert_int_equal(row.nominal - beginning, EVERY * SY_SECOND);
}

static void test_daemon__held_jobs_do_not_wait_for_a_store_one_by_one(void **state) {
    (void)state;
    gint64 epoch;
    SyTime next;
    put_task("bad", EVERY);
    assert_good(sy_store_take_study(store, "bad", "earlier", now, &epoch, &error));
    SySlotDecision slot = test_slot("bad", beginning + 3600 * SY_SECOND);
    slot.kind = "task";
    assert_good(sy_store_decide_slots(store, &slot, 1, &epoch, &error));
    begin_life();
    advance(1);
    guint number = live_of("bad")->job[SY_JOB_TASK].number;
    subject.store_retry = now + SY_HOUR;
    sy_live_release(&subject, live_of("bad"), SY_JOB_TASK);
    assert_int_equal(sy_scheduler_job_state(subject.scheduler, number, &next), SY_JOB_HELD);
    assert_logged("task stays held");
    subject.store_retry = 0;
    sy_live_release(&subject, live_of("bad"), SY_JOB_TASK);
    assert_int_not_equal(sy_scheduler_job_state(subject.scheduler, number, &next), SY_JOB_HELD);
}

/* ---- pauses ---- */

static void test_daemon__a_paused_job_stands_still_and_its_neighbour_runs(void **state) {
    (void)state;
    put_task("a", EVERY);
    put_task("b", EVERY);
    begin_life();
    turn();
    assert_good(sy_store_pause(store, "a", NULL, true, "", "me", now, &error));
    sy_commands_take(&subject);
    advance(EVERY);
    assert_int_equal(runs_of("a"), 0);
    assert_int_equal(runs_of("b"), 1);
    assert_good(sy_store_pause(store, "a", "task", false, "", "me", now, &error));
    sy_commands_take(&subject);
    advance(EVERY);
    assert_int_equal(runs_of("a"), 1);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(
            test_daemon__templates_that_go_change_and_come_at_once_all_run, make, clear),
        cmocka_unit_test_setup_teardown(
            test_daemon__an_edit_while_it_was_down_counts_from_the_start, make, clear),
        cmocka_unit_test_setup_teardown(
            test_daemon__a_start_that_finds_one_held_leaves_no_trace_of_the_others, make, clear),
        cmocka_unit_test_setup_teardown(
            test_daemon__a_start_that_was_killed_at_once_changes_no_slot, make, clear),
        cmocka_unit_test_setup_teardown(test_daemon__edits_while_it_ran_leave_no_slots_behind, make,
                                        clear),
        cmocka_unit_test_setup_teardown(test_daemon__a_refused_file_that_vanished_counts_no_more,
                                        make, clear),
        cmocka_unit_test_setup_teardown(test_daemon__held_jobs_do_not_wait_for_a_store_one_by_one,
                                        make, clear),
        cmocka_unit_test_setup_teardown(
            test_daemon__a_kind_that_a_template_dropped_takes_no_command, make, clear),
        cmocka_unit_test_setup_teardown(test_daemon__a_decision_whose_commit_was_not_answered_runs,
                                        make, clear),
        cmocka_unit_test_setup_teardown(
            test_daemon__a_recovery_that_fails_half_way_lets_no_slot_start, make, clear),
        cmocka_unit_test_setup_teardown(
            test_daemon__a_process_that_dies_before_it_claims_is_started_again, make, clear),
        cmocka_unit_test_setup_teardown(test_daemon__processes_that_never_claim_end_within_the_wait,
                                        make, clear),
        cmocka_unit_test_setup_teardown(
            test_daemon__a_second_attempt_that_never_began_is_no_back_off, make, clear),
        cmocka_unit_test_setup_teardown(
            test_daemon__where_no_process_starts_slots_end_with_the_reason, make, clear),
        cmocka_unit_test_setup_teardown(test_daemon__a_slot_that_cannot_be_stored_blocks_no_other,
                                        make, clear),
        cmocka_unit_test_setup_teardown(test_daemon__an_end_that_cannot_be_stored_blocks_no_other,
                                        make, clear),
        cmocka_unit_test_setup_teardown(test_daemon__a_strategy_that_another_took_over_stops_alone,
                                        make, clear),
        cmocka_unit_test_setup_teardown(
            test_daemon__rows_of_a_wrong_clock_stand_for_themselves_only, make, clear),
        cmocka_unit_test_setup_teardown(
            test_daemon__a_paused_job_stands_still_and_its_neighbour_runs, make, clear),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
