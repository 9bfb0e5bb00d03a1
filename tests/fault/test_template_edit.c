/* A template that changes in the middle of its run: the run goes on with the text that it was
 * planned with, the next slot has the new one. */
#include "test.h"

#include <signal.h>
#include <string.h>

#include "cli.h"
#include "live.h"

#define SOON 40.0
enum { LENGTH = 4 }; /* seconds of a bar: in them the daemon must see the change */

/* Its first task puts the next version in its place and waits until the daemon has taken it; its
 * last one says which version it is of. */
static char *version(const char *name, const char *begin) {
    g_autofree char *tasks = g_strdup_printf("%s[[task]]\nname = \"tell\"\nneeds = [\"trade\"]\n"
                                             "command = [\"sh\", \"-c\", \"echo %s $SYSTEMATICA_RUN"
                                             " >> $SYSTEMATICA_WORKSPACE/told\"]\n",
                                             begin, name);
    return live_template("pair", LENGTH, tasks);
}

static void
test_template__that_changes_in_the_middle_of_a_run_counts_from_the_next_slot(void **state) {
    (void)state;
    g_autofree char *folder = live_workspace(LENGTH, 30);
    g_autofree char *first = version(
        "first", "[[task]]\nname = \"edit\"\ncommand = [\"sh\", \"-c\", '''\n"
                 "cp \"$SYSTEMATICA_WORKSPACE/next.toml\" "
                 "\"$SYSTEMATICA_WORKSPACE/.workflow/templates/pair.toml\"\n"
                 "until grep -q 'pair.toml changed' \"$SYSTEMATICA_WORKSPACE\"/stderr.*; do\n"
                 "sleep 0.05; done''']\n");
    g_autofree char *next = version("next", "");
    test_write(folder, "next.toml", next);
    live_put_template(folder, "pair.toml", first);
    Live live = live_start(folder, "run_all", "--no-report --max-buffer 20", NULL);
    live_wait(&live, "SELECT count(DISTINCT template_hash) FROM run WHERE status = 'succeeded'", 2,
              SOON);
    assert_int_equal(live_stop(&live, SIGTERM, SOON), 0);
    /* the first run: changed while it went on, decided by the text of its beginning */
    assert_near(live_query(folder, "SELECT count(*) FROM run WHERE id = 1 AND status = 'succeeded' "
                                   "AND ended > (SELECT since FROM template_use)"),
                1, 0);
    g_autofree char *hash = g_compute_checksum_for_string(G_CHECKSUM_SHA256, first, -1);
    g_autofree char *runs =
        g_strdup_printf("SELECT count(*) FROM run WHERE template_hash = '%s'", hash);
    g_autofree char *decisions = g_strdup_printf("SELECT count(*) FROM decision JOIN run ON run.id "
                                                 "= run_id WHERE run.id = 1 AND template_hash = "
                                                 "'%s'",
                                                 hash);
    assert_near(live_query(folder, runs), 1, 0);
    assert_near(live_query(folder, decisions), 1, 0);
    g_autofree char *told = test_read(folder, "told");
    if (!g_str_has_prefix(told, "first 1\nnext 2\n") || strstr(strchr(told, '\n'), "first"))
        fail_msg("told: %s", told);
    test_folder_remove(folder);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(
            test_template__that_changes_in_the_middle_of_a_run_counts_from_the_next_slot),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
