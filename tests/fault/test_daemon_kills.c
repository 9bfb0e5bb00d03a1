/* kill -9 of the daemon at each of its writes to the store, from its start to the end of its second
 * slot: one life for each write, all on one store. What its jobs wrote down themselves is then
 * compared with what the store says. SY_ROUNDS=0 does every write; else some are left out. */
#include "test.h"

#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <unistd.h>

#include "cli.h"
#include "live.h"

#define SOON 20.0
#define GRID "300000000" /* ns between slots */

static const char job[] = "[meta]\nstudy_name = \"job\"\n"
                          "[schedule]\nevery = \"300ms\"\n"
                          "[[task]]\nname = \"note\"\n"
                          "command = [\"sh\", \"-c\", \"echo $SYSTEMATICA_RUN >> "
                          "$SYSTEMATICA_WORKSPACE/observed\"]\n";

static Live start(const char *folder, int kill_at) {
    g_autofree char *environment =
        g_strdup_printf("LD_PRELOAD=%s/tests/fault/libkiller.so SY_KILL_AT=%d SY_KILL_COUNT=%s/"
                        "writes",
                        g_getenv("SY_BUILD_ROOT"), kill_at, folder);
    return live_start(folder, "run_all", "", environment);
}

/* Writes of a life that does two slots. */
static int count_writes(const char *folder) {
    Live live = start(folder, 0);
    live_wait(&live, "SELECT count(*) FROM run WHERE status = 'succeeded'", 2, SOON);
    g_autofree char *text = test_read(folder, "writes");
    assert_int_equal(live_stop(&live, SIGTERM, SOON), 0);
    return atoi(text);
}

static void assert_none(const char *folder, const char *what, const char *sql) {
    double found = live_query(folder, sql);
    if (!(found == 0))
        fail_msg("%s: %g", what, found);
}

/* Runs as the jobs wrote them down: each is one of the store, each that succeeded was done. */
static void check_observed(const char *folder) {
    g_autofree char *text = test_read(folder, "observed");
    g_auto(GStrv) lines = g_strsplit(g_strchomp(text), "\n", -1);
    g_autoptr(GHashTable) seen = g_hash_table_new(g_str_hash, g_str_equal);
    for (char **line = lines; *line; line++) {
        g_hash_table_add(seen, *line);
        g_autofree char *sql = g_strdup_printf(
            "SELECT count(*) FROM slot WHERE status = 'ran' AND run_id = %s", *line);
        assert_near(live_query(folder, sql), 1, 0);
    }
    double done = live_query(folder, "SELECT count(*) FROM run WHERE status = 'succeeded'");
    assert_true(g_hash_table_size(seen) >= done && done > 2);
}

static void check_all(const char *folder) {
    assert_none(folder, "runs that did not end",
                "SELECT count(*) FROM run WHERE status IN ('planned', 'started', 'backing_off')");
    assert_none(folder, "slots that ran without a run",
                "SELECT count(*) FROM slot LEFT JOIN run ON run.id = run_id WHERE slot.status = "
                "'ran' AND run.id IS NULL");
    assert_none(folder, "runs without a slot",
                "SELECT count(*) FROM run LEFT JOIN slot ON slot.run_id = run.id WHERE "
                "slot.nominal IS NULL");
    assert_none(folder, "slots without a row, or more than one",
                "SELECT sum(count) - (SELECT (max(nominal) - min(nominal)) / " GRID
                " + (SELECT count FROM slot ORDER BY nominal LIMIT 1) FROM slot) FROM slot");
    g_auto(TestRun) verified = test_run_expect(folder, "systematica", "audit verify", 0);
    check_observed(folder);
}

static void test_daemon_kills__no_write_is_one_too_many(void **state) {
    (void)state;
    enum { some = 8 };
    const char *rounds = g_getenv("SY_ROUNDS");
    g_autofree char *folder = live_workspace(1, 0);
    live_put_template(folder, "job.toml", job);
    int writes = count_writes(folder), step = rounds ? 1 : MAX(writes / some, 1), lives = 0;
    assert_true(writes > 20);
    /* another step each time would miss the same writes for ever: begin anywhere within it */
    for (int at = 1 + (int)(g_get_monotonic_time() % step); at <= writes; at += step, lives++) {
        Live live = start(folder, at);
        assert_int_equal(live_stop(&live, 0, SOON), 128 + SIGKILL);
    }
    Live last = start(folder, 0);
    double before = live_query(folder, "SELECT count(*) FROM run WHERE status = 'succeeded'");
    live_wait(&last, "SELECT count(*) FROM run WHERE status = 'succeeded'", before + 2, SOON);
    assert_int_equal(live_stop(&last, SIGTERM, SOON), 0);
    print_message("# %d lives, each killed at one of %d writes\n", lives, writes);
    check_all(folder);
    test_folder_remove(folder);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_daemon_kills__no_write_is_one_too_many),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
