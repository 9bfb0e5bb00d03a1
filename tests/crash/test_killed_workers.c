/* Real workers, killed at any call on the store's files: before it, after it, or with half of a
 * write done. Sometimes their daemon dies with them, and what its next life does is done here:
 * sweep, new epoch, back-off, another worker. After each slot it is decided once or not at all, and
 * orders, fills and book agree.
 *
 * SY_ROUNDS: how many workers are killed in each test (default 200 and 100); SY_SEED: other points.
 */
#include "test.h"

#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>

#include "cli.h"
#include "db/db.h"
#include "executor/executor.h"
#include "pair.h"
#include "runs.h"
#include "store/events.h"

enum {
    PATIENCE_MS = 120000,
    FIRST_ROW = 300,
    VERIFY_EVERY = 20, /* slots: the whole chain */
    LIVES_MAX = 4,     /* of a slot; then no worker is killed any more */
};
#define FILES "/.workflow/state.db"

static const char *const hows[] = {"before", "after", "torn"};
static const char *const variables[] = {"LD_PRELOAD", "FAULT_PATH",  "FAULT_AT",
                                        "FAULT_HOW",  "FAULT_COUNT", NULL};

typedef struct {
    TestRuns runs;
    char *program, *text, *shim, *count;
    SyDb *db; /* to look at the store as a stranger does */
    GRand *random;
    int calls;    /* of a worker that nobody kills */
    bool goes_on; /* a task follows the decision, which therefore does not end the run */
} Fixture;

typedef struct {
    int workers, killed, slots, decided, crashed, again, late, fills;
} Figures;

static SyDb *open_db(Fixture *fixture) {
    g_autoptr(GError) error = NULL;
    SyDb *db =
        sy_db_open("sqlite:///.workflow/state.db", fixture->runs.folder, SY_DB_WRITE, 0, &error);
    if (!db)
        fail_msg("%s", error->message);
    return db;
}

/* Says that it was there. */
static const char witness[] = "\n[[task]]\nname = \"witness\"\nneeds = [\"trade\"]\ncommand = "
                              "[\"sh\", \"-c\", \"echo $SYSTEMATICA_RUN >> "
                              "$SYSTEMATICA_WORKSPACE/witness\"]\n";

static void open_fixture(Fixture *fixture, GRand *random, bool goes_on) {
    *fixture = (Fixture){.random = random, .goes_on = goes_on};
    test_runs_open(&fixture->runs, test_pair_workspace(), "pair");
    const char *build = g_getenv("SY_BUILD_ROOT");
    fixture->program = g_build_filename(build, "systematica", NULL);
    fixture->shim = g_build_filename(build, "tests", "crash", "libfault-points.so", NULL);
    fixture->count = g_build_filename(fixture->runs.folder, "count", NULL);
    g_autofree char *text =
        test_pair_template("pair", "size = 50\nsize_type = \"percent100\"\n"
                                   "init_cash = 100000\nfees = 0.001\ncash_sharing = true\n");
    g_auto(GStrv) parts = g_strsplit(text, "0.7", -1); /* a threshold that is crossed often */
    g_autofree char *often = g_strjoinv("0.05", parts);
    fixture->text = g_strconcat(often, goes_on ? witness : "", NULL);
    fixture->db = open_db(fixture);
}

static void close_fixture(Fixture *fixture) {
    sy_db_close(fixture->db);
    g_free(fixture->program);
    g_free(fixture->shim);
    g_free(fixture->count);
    g_free(fixture->text);
    test_runs_close(&fixture->runs);
}

/* ---- workers ---- */

/* One worker on a run; at: the call at which it is killed, 0: it is not. The caller clears. */
static SyExecutionEnd work(Fixture *fixture, gint64 run, int at, const char *how) {
    g_autofree char *number = g_strdup_printf("%d", at);
    const char *const values[] = {fixture->shim, FILES, number, how, fixture->count};
    for (int i = 0; variables[i]; i++)
        g_setenv(variables[i], values[i], TRUE);
    const SyExecutorRow *row = sy_executor_find("process"); /* a new one: its worker gets these */
    SyExecutor *executor = row->open(&(SyExecutorOptions){.program = fixture->program,
                                                          .workspace = fixture->runs.folder,
                                                          .env = &sy_env_real,
                                                          .kill_after_ns = SY_SECOND / 2},
                                     NULL);
    assert_non_null(executor);
    g_autoptr(GArray) ends = g_array_new(FALSE, FALSE, sizeof(SyExecutionEnd));
    g_autoptr(GError) error = NULL;
    const SyExecution execution = {run, fixture->runs.epoch, "pair", "trade", 0};
    if (!row->start(executor, &execution, &error))
        fail_msg("%s", error->message);
    for (int i = 0; variables[i]; i++)
        g_unsetenv(variables[i]);
    struct pollfd ready = {.fd = row->descriptor(executor), .events = POLLIN};
    while (ends->len == 0) {
        if (poll(&ready, 1, PATIENCE_MS) != 1)
            fail_msg("run %d does not end", (int)run);
        row->collect(executor, ends);
    }
    assert_int_equal(sy_process_kill_orphans(NULL), 0);
    row->close(executor);
    assert_int_equal(waitpid(-1, NULL, WNOHANG), -1); /* no process is left */
    return g_array_index(ends, SyExecutionEnd, 0);
}

/* What the next life of a daemon does with a run that has not ended: sy_recover. */
static void take_over(Fixture *fixture, const SyRunRow *row) {
    g_autoptr(GError) error = NULL;
    SyTime now = fixture->runs.now;
    g_auto(GStrv) marks = sy_execution_marks(fixture->runs.folder, row->id);
    if (row->pid)
        sy_process_sweep((pid_t)row->pid, row->pid_start, (const char *const *)marks);
    if (!sy_store_take_study(fixture->runs.store, "pair", "test", now, &fixture->runs.epoch,
                             &error) ||
        (row->status == SY_RUN_STARTED &&
         !sy_store_back_off(fixture->runs.store, row->id, fixture->runs.epoch, "",
                            "the daemon ended while it ran", now, row->seed, now, &error)))
        fail_msg("%s", error->message);
}

/* What the daemon does that outlived its worker. */
static void end_as_crashed(Fixture *fixture, const SyRunRow *row, const SyExecutionEnd *end) {
    g_autoptr(GError) error = NULL;
    bool before = false;
    if (!sy_store_end_run(fixture->runs.store, row->id, fixture->runs.epoch, SY_RUN_CRASHED,
                          end->message, fixture->runs.now, &before, &error))
        fail_msg("%s", error->message);
    assert_false(before);
}

/* ---- checks ---- */

static double query(Fixture *fixture, const char *sql) {
    g_autoptr(GError) error = NULL;
    g_autoptr(SyStatement) statement = sy_db_prepare(fixture->db, sql, &error);
    if (!statement || sy_db_step(statement, &error) != SY_DB_ROW)
        fail_msg("%s: %s", sql, error ? error->message : "no row");
    return sy_db_number(statement, 0);
}

/* Each gives 0 in a store in which nothing was lost, doubled or torn. */
static const char *const books[] = {
    /* positions are what was filled */
    "SELECT coalesce(max(abs(quantity - coalesce((SELECT sum(CASE side WHEN 'buy' THEN size ELSE "
    "-size END) FROM fill JOIN orders USING (client_id) WHERE symbol = position.symbol), 0))), 0) "
    "FROM position",
    /* cash is what was paid and earned */
    "SELECT coalesce(max(abs(cash - capital - coalesce((SELECT sum(CASE side WHEN 'buy' THEN -1 "
    "ELSE 1 END * size * price - fees) FROM fill JOIN orders USING (client_id)), 0))), 0) FROM "
    "account",
    /* an order is filled once, unless it was rejected */
    "SELECT count(*) FROM orders WHERE (state <> 'rejected') <> (SELECT count(*) FROM fill WHERE "
    "client_id = orders.client_id)",
    /* a decision has both legs, and orders for those that act */
    "SELECT count(*) FROM decision WHERE (SELECT count(*) FROM decision_leg WHERE decision_id = "
    "decision.id) <> 2",
    "SELECT count(*) FROM orders WHERE decision_id NOT IN (SELECT id FROM decision)",
    /* whose run succeeded has decided its bar */
    "SELECT count(*) FROM run WHERE status = 'succeeded' AND NOT EXISTS (SELECT 1 FROM decision "
    "WHERE run_id = run.id AND bar_time = nominal)",
    "SELECT count(*) - count(DISTINCT bar_time) FROM decision",
    /* one slot, one run; all have ended; no attempt goes on */
    "SELECT (SELECT count(*) FROM slot) - (SELECT count(*) FROM run)",
    "SELECT count(*) FROM slot JOIN run ON run.id = run_id WHERE slot.nominal <> run.nominal",
    "SELECT count(*) FROM run WHERE ended IS NULL OR status IN ('planned', 'started', "
    "'backing_off')",
    "SELECT count(*) FROM attempt WHERE status = 'started' OR ended IS NULL",
    /* of each decision the chain tells once */
    "SELECT (SELECT count(*) FROM decision) - (SELECT count(*) FROM event WHERE kind = 'decision')",
};

/* Where the decision ends the run, nobody else has decided. */
static const char decided_otherwise[] =
    "SELECT count(*) FROM decision JOIN run ON run.id = run_id WHERE status <> 'succeeded'";

/* How often the task of a run was there, by its own word. */
static int times_witnessed(const char *text, gint64 run) {
    g_auto(GStrv) lines = g_strsplit(text, "\n", -1);
    int times = 0;
    for (char **line = lines; *line; line++)
        times += **line && g_ascii_strtoll(*line, NULL, 10) == run;
    return times;
}

/* Whose run succeeded has had its task; a task starts once in each attempt at most. */
static void check_witness(Fixture *fixture) {
    g_autoptr(GError) error = NULL;
    g_autofree char *text = test_read(fixture->runs.folder, "witness");
    g_autoptr(SyStatement) runs = sy_db_prepare(
        fixture->db, "SELECT id, attempt, status = 'succeeded' FROM run ORDER BY id", &error);
    assert_non_null(runs);
    while (sy_db_step(runs, &error) == SY_DB_ROW) {
        int times = times_witnessed(text, sy_db_integer(runs, 0));
        if (times > sy_db_integer(runs, 1) || times < sy_db_integer(runs, 2))
            fail_msg("run %d: its task was there %d times", (int)sy_db_integer(runs, 0), times);
    }
}

static void check_books(Fixture *fixture) {
    if (!fixture->goes_on)
        assert_near(query(fixture, decided_otherwise), 0, 0);
    for (gsize i = 0; i < G_N_ELEMENTS(books); i++)
        if (!(fabs(query(fixture, books[i])) < 1e-6))
            fail_msg("%g: %s", query(fixture, books[i]), books[i]);
}

static void check_chain(Fixture *fixture) {
    SyAudit audit;
    g_autoptr(GError) error = NULL;
    if (!sy_store_verify(fixture->runs.store, &audit, &error) || !audit.whole)
        fail_msg("audit: %s", error ? error->message : audit.reason);
    sy_audit_clear(&audit);
    if (!sy_db_check(fixture->db, &error))
        fail_msg("%s", error->message);
}

/* Nobody dead holds the store. */
static void check_free(Fixture *fixture) {
    g_autoptr(GError) error = NULL;
    if (!sy_db_exec(fixture->db, "BEGIN IMMEDIATE", &error) ||
        !sy_db_exec(fixture->db, "ROLLBACK", &error))
        fail_msg("the store is locked: %s", error->message);
}

/* ---- rounds ---- */

/* One slot, until its run has ended. */
static void run_slot(Fixture *fixture, int row_of_bar, Figures *figures) {
    SyTime bar = test_pair_time(row_of_bar);
    fixture->runs.now = bar + 5 * SY_SECOND;
    gint64 run = test_runs_plan(&fixture->runs, "trade", bar, fixture->text, 1e9);
    figures->slots++;
    for (int life = 0;; life++) {
        bool kills = life < LIVES_MAX && g_rand_int_range(fixture->random, 0, 8) != 0;
        int at = kills ? g_rand_int_range(fixture->random, 1, fixture->calls + 1) : 0;
        const char *how = hows[g_rand_int_range(fixture->random, 0, G_N_ELEMENTS(hows))];
        SyExecutionEnd end = work(fixture, run, at, how);
        bool killed = !end.end.exited;
        figures->workers++;
        figures->killed += killed;
        check_free(fixture);
        g_auto(SyRunRow) row = {0};
        assert_true(sy_store_load_run(fixture->runs.store, run, &row, NULL));
        bool ended = sy_run_status_ended(row.status);
        if (!killed && row.status != SY_RUN_SUCCEEDED)
            fail_msg("killed at no call, run %d is %s: %s", (int)run,
                     sy_run_status_names[row.status], end.message);
        figures->late += killed && ended;
        bool crashes = !ended && g_rand_int_range(fixture->random, 0, 4) == 0;
        if (crashes)
            end_as_crashed(fixture, &row, &end);
        else if (!ended)
            take_over(fixture, &row);
        figures->crashed += crashes;
        figures->again += !crashes && !ended;
        figures->decided += row.status == SY_RUN_SUCCEEDED;
        sy_execution_end_clear(&end);
        if (ended || crashes)
            return;
    }
}

/* How many calls a worker makes on the store: that of a slot in the middle of the way. */
static void count_calls(Fixture *fixture, int row_of_bar) {
    g_autofree char *text = NULL;
    SyTime bar = test_pair_time(row_of_bar);
    fixture->runs.now = bar + 5 * SY_SECOND;
    gint64 run = test_runs_plan(&fixture->runs, "trade", bar, fixture->text, 1e9);
    SyExecutionEnd end = work(fixture, run, 0, "before");
    if (!end.end.exited || end.end.code != 0)
        fail_msg("%s", end.message);
    sy_execution_end_clear(&end);
    text = test_read(fixture->runs.folder, "count");
    fixture->calls = atoi(text);
    assert_true(fixture->calls > 20);
}

static int number(const char *variable, int fallback) {
    const char *text = g_getenv(variable);
    return text ? atoi(text) : fallback;
}

static void kill_workers(bool goes_on, int rounds) {
    int seed = number("SY_SEED", 1);
    g_autoptr(GRand) random = g_rand_new_with_seed((guint32)seed);
    Figures figures = {0};
    while (figures.killed < rounds) {
        Fixture fixture;
        open_fixture(&fixture, random, goes_on);
        int row = FIRST_ROW;
        count_calls(&fixture, row++);
        for (; row < TEST_PAIR_ROWS && figures.killed < rounds; row++) {
            run_slot(&fixture, row, &figures);
            check_books(&fixture);
            if (row % VERIFY_EVERY == 0)
                check_chain(&fixture);
        }
        check_chain(&fixture);
        if (goes_on)
            check_witness(&fixture);
        figures.fills += (int)query(&fixture, "SELECT count(*) FROM fill");
        if (figures.killed >= rounds)
            printf("# seed %d: %d workers, %d killed at one of %d calls (%d after the run's end "
                   "was stored), %d slots: %d succeeded, %d ended as crashed, %d taken over; %d "
                   "fills\n",
                   seed, figures.workers, figures.killed, fixture.calls, figures.late,
                   figures.slots, figures.decided, figures.crashed, figures.again, figures.fills);
        close_fixture(&fixture);
    }
    assert_true(figures.crashed > 0 && figures.again > 0 && figures.fills > 0);
}

static void test_workers__killed_anywhere_leave_each_slot_decided_once_or_not(void **state) {
    (void)state;
    kill_workers(false, number("SY_ROUNDS", 200));
}

static void test_workers__killed_around_a_task_after_the_decision_decide_once(void **state) {
    (void)state;
    kill_workers(true, number("SY_ROUNDS", 100));
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_workers__killed_anywhere_leave_each_slot_decided_once_or_not),
        cmocka_unit_test(test_workers__killed_around_a_task_after_the_decision_decide_once),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
