/* systematica tune with bars and store on a PostgreSQL server: the bytes that it gives on files,
 * also where it is killed, or where its connection breaks at a COMMIT. */
#include "test.h"

#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/wait.h>

#include "cli.h"
#include "pair.h"
#include "postgres.h"
#include "store.h"

static char *folder, *proxy, *direct, *expected;

static void set_store(const char *url) {
    g_autofree char *settings =
        g_strdup_printf("[engines.research]\nurl = \"%s\"\n[store]\nurl = \"%s\"\n", direct, url);
    test_write(folder, ".workflow/settings.toml", settings);
}

static void set_store_behind_proxy(void) {
    g_autofree char *url = g_strdup_printf("postgresql://postgres:secret@/tunings?host=%s", proxy);
    set_store(url);
}

static void write_template(const char *where) {
    g_autofree char *pair = test_pair_template(
        "pair", "size = 50\nsize_type = \"valuepercent100\"\ncash_sharing = true");
    g_autofree char *text = g_strconcat(
        pair,
        "[tune]\ntrials = 48\nbatch = 8\nfolds = 3\npruning = \"median\"\n[tune.parameters]\n"
        "\"signal.long_entries\" = { low = 0.05, high = 1.4 }\n"
        "\"model_params.training_window\" = { low = 100, high = 150, step = 25 }\n",
        NULL);
    test_write(where, ".workflow/templates/pair.toml", text);
}

static char *tune_on_files(void) {
    g_autofree char *files = test_pair_workspace();
    write_template(files);
    g_auto(TestRun) run =
        test_run_expect(files, "systematica", "tune pair --quiet --jobs 1 --out o", 0);
    char *csv = test_read(files, "o/trials.csv");
    test_folder_remove(files);
    return csv;
}

static int start(void **state) {
    (void)state;
    test_postgres_start();
    direct = test_postgres_database("tunings");
    proxy = g_strdup("/tmp/sy-proxy-XXXXXX");
    assert_non_null(g_mkdtemp(proxy));
    folder = test_pair_workspace_on(direct, direct);
    write_template(folder);
    expected = tune_on_files();
    return 0;
}

static int stop(void **state) {
    (void)state;
    test_postgres_stop();
    test_folder_remove(folder);
    test_folder_remove(proxy);
    g_free(folder);
    g_free(proxy);
    g_free(direct);
    g_free(expected);
    return 0;
}

static void assert_expected(const char *what) {
    g_autofree char *csv = test_read(folder, "o/trials.csv");
    if (strcmp(csv, expected) != 0)
        fail_msg("%s: other trials than on files", what);
}

static gint64 count_trials(void) {
    return test_query(direct, NULL,
                      "SELECT count(*) FROM trial WHERE tuning_id = (SELECT max(id) FROM tuning)");
}

static void test_tune__on_a_server_gives_what_it_gives_on_files(void **state) {
    (void)state;
    g_auto(TestRun) run =
        test_run_expect(folder, "systematica", "tune pair --quiet --jobs 2 --out o", 0);
    assert_expected("whole");
    assert_int_equal(count_trials(), 48);
    g_auto(TestRun) again = test_run_expect(folder, "systematica", "tune pair --json --out o", 0);
    assert_non_null(strstr(again.out, "\"resumed\": true"));
    assert_expected("read back");
}

static void kill_at(gint64 trials) {
    g_autofree char *program = g_build_filename(g_getenv("SY_BUILD_ROOT"), "systematica", NULL);
    char *argv[] = {program,
                    (char *)"tune",
                    (char *)"pair",
                    (char *)"--trials",
                    (char *)"500000",
                    (char *)"--quiet",
                    NULL};
    GPid child;
    int status = 0;
    assert_true(
        g_spawn_async(folder, argv, NULL, G_SPAWN_DO_NOT_REAP_CHILD, NULL, NULL, &child, NULL));
    while (count_trials() < trials && waitpid(child, &status, WNOHANG) == 0)
        g_usleep(1000);
    kill(child, SIGKILL);
    assert_int_equal(waitpid(child, &status, 0), child);
    assert_true(WIFSIGNALED(status) && WTERMSIG(status) == SIGKILL);
}

static void test_tune__that_is_killed_goes_on_to_the_same_bytes(void **state) {
    (void)state;
    g_auto(TestRun) begun =
        test_run_expect(folder, "systematica", "tune pair --quiet --fresh --trials 3 --out o", 0);
    kill_at(9);
    assert_true(count_trials() < 500000);
    kill_at(count_trials() + 1);
    g_auto(TestRun) run = test_run_expect(folder, "systematica", "tune pair --jobs 2 --out o", 0);
    assert_non_null(strstr(run.err, "goes on"));
    assert_expected("killed");
}

/* What was told to be stored is; a tuning that ends by it goes on with the same command. */
static void test_tune__loses_nothing_where_a_commit_breaks(void **state) {
    (void)state;
    static const TestCommit hows[] = {TEST_COMMIT_UNSENT, TEST_COMMIT_UNHEARD};
    static const int commits[] = {1, 2, 4, 7};
    gboolean broken = FALSE;
    int ended = 0;
    set_store_behind_proxy();
    for (gsize i = 0; i < G_N_ELEMENTS(hows); i++)
        for (gsize k = 0; k < G_N_ELEMENTS(commits); k++) {
            int code = test_postgres_run_broken(folder, proxy, "systematica",
                                                "tune pair --quiet --fresh --out o", commits[k],
                                                hows[i], &broken);
            g_autofree char *said = test_read(folder, "said");
            assert_true(broken);
            if ((code != 0 && code != 4) || strstr(said, "secret"))
                fail_msg("commit %d, case %zu: exit code %d: %s", commits[k], i, code, said);
            ended += code == 4;
            assert_int_equal(test_postgres_run_broken(folder, proxy, "systematica",
                                                      "tune pair --quiet --out o", 0, 0, &broken),
                             0);
            assert_expected("broken");
        }
    set_store(direct);
    printf("# ended by %d of %zu broken commits\n", ended,
           G_N_ELEMENTS(hows) * G_N_ELEMENTS(commits));
    assert_true(ended > 0);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_tune__on_a_server_gives_what_it_gives_on_files),
        cmocka_unit_test(test_tune__that_is_killed_goes_on_to_the_same_bytes),
        cmocka_unit_test(test_tune__loses_nothing_where_a_commit_breaks),
    };
    return cmocka_run_group_tests(tests, start, stop);
}
