/* A disk that fills up at any point of a cycle: the run fails with a reason, and the store holds
 * the whole decision or none. */
#include "test.h"

#include <string.h>
#include <sys/wait.h>

#include "cli.h"
#include "db/db.h"
#include "pair.h"

static double query(const char *folder, const char *sql) {
    g_autoptr(GError) error = NULL;
    g_autoptr(SyDb) db =
        sy_db_open("sqlite:///.workflow/state.db", folder, SY_DB_WRITE, 1000, &error);
    if (!db)
        fail_msg("%s", error->message);
    g_autoptr(SyStatement) statement = sy_db_prepare(db, sql, NULL);
    if (!statement)
        return 0; /* not even the schema was committed */
    assert_int_equal(sy_db_step(statement, &error), SY_DB_ROW);
    return sy_db_number(statement, 0);
}

/* Runs one cycle with files limited to `blocks` of 1 KiB; returns the exit code. */
static int run_limited(const char *folder, int row, int blocks, char **said) {
    char now[SY_TIME_TEXT_SIZE];
    g_autofree char *line = g_strdup_printf(
        "ulimit -f %d; exec '%s/run_app' --template pair --once --no-report --now %s", blocks,
        g_getenv("SY_BUILD_ROOT"), sy_time_format(test_pair_time(row), now));
    char *argv[] = {"bash", "-c", line, NULL};
    int status = 0;
    assert_true(g_spawn_sync(folder, argv, NULL, G_SPAWN_SEARCH_PATH | G_SPAWN_STDOUT_TO_DEV_NULL,
                             NULL, NULL, NULL, said, &status, NULL));
    assert_true(WIFEXITED(status)); /* never killed by the limit's signal */
    return WEXITSTATUS(status);
}

static void test_full_disk__a_decision_is_stored_whole_or_not_at_all(void **state) {
    (void)state;
    g_autofree char *folder = test_pair_workspace();
    int failed = 0, stored = 0;
    for (int blocks = 1; blocks < 400; blocks += 13) {
        g_autofree char *said = NULL;
        int code = run_limited(folder, 300 + blocks, blocks, &said);
        failed += code != 0;
        stored += code == 0;
        if (code != 0 && !strstr(said, "disk"))
            fail_msg("with %d KiB: exit code %d without a reason: %s", blocks, code, said);
        assert_near(query(folder, "SELECT count(*) FROM decision"), stored, 0);
        assert_near(query(folder, "SELECT count(*) FROM decision_leg"), 2 * stored, 0);
        assert_near(query(folder, "SELECT count(*) FROM run WHERE status = 'succeeded'"), stored,
                    0);
    }
    assert_true(failed > 3 && stored > 3);
    test_folder_remove(folder);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_full_disk__a_decision_is_stored_whole_or_not_at_all),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
