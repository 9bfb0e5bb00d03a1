/* A tuning that is killed at any call on the store's files and started again gives the bytes of one
 * that nobody killed. SY_ROUNDS and SY_SEED make more and others. */
#include "test.h"

#include <stdio.h>
#include <stdlib.h>

#include "cli.h"
#include "pair.h"

enum { USUAL_ROUNDS = 6, KILLS_MOST = 3 };

static const char *const hows[] = {"before", "after", "torn"};
static char *folder, *shim;

static int start(void **state) {
    (void)state;
    folder = test_pair_workspace();
    shim =
        g_build_filename(g_getenv("SY_BUILD_ROOT"), "tests", "crash", "libfault-points.so", NULL);
    g_autofree char *pair = test_pair_template(
        "pair", "size = 50\nsize_type = \"valuepercent100\"\ncash_sharing = true");
    g_autofree char *text =
        g_strconcat(pair,
                    "[tune]\ntrials = 40\nbatch = 4\nfolds = 3\npruning = \"median\"\n"
                    "[tune.parameters]\n\"signal.long_entries\" = { low = 0.05, high = 1.6 }\n"
                    "\"signal.long_exits\" = { low = -0.5, high = 0.5 }\n",
                    NULL);
    test_write(folder, ".workflow/templates/pair.toml", text);
    return 0;
}

static int stop(void **state) {
    (void)state;
    test_folder_remove(folder);
    g_free(folder);
    g_free(shim);
    return 0;
}

static gint64 number(const char *name, gint64 fallback) {
    const char *text = g_getenv(name);
    return text ? g_ascii_strtoll(text, NULL, 10) : fallback;
}

/* Runs the tuning; at: the call at which it is killed, 0: it is not. Returns the exit code. */
static int tune(const char *line, int at, const char *how, const char *count) {
    g_autofree char *text = g_strdup_printf("%d", at);
    const char *const variables[][2] = {{"LD_PRELOAD", shim},
                                        {"FAULT_PATH", "/.workflow/state.db"},
                                        {"FAULT_AT", text},
                                        {"FAULT_HOW", how},
                                        {"FAULT_COUNT", count}};
    for (gsize i = 0; i < G_N_ELEMENTS(variables); i++)
        g_setenv(variables[i][0], variables[i][1], TRUE);
    g_auto(TestRun) run = test_run(folder, "systematica", line);
    for (gsize i = 0; i < G_N_ELEMENTS(variables); i++)
        g_unsetenv(variables[i][0]);
    return run.code;
}

static void test_tuning__that_is_killed_goes_on_to_the_same_bytes(void **state) {
    (void)state;
    guint32 seed = (guint32)number("SY_SEED", 20260101);
    gint64 rounds = number("SY_ROUNDS", USUAL_ROUNDS);
    g_autoptr(GRand) random = g_rand_new_with_seed(seed);
    g_autofree char *count = g_build_filename(folder, "count", NULL);
    /* the first makes the store, the second only uses it */
    assert_int_equal(tune("tune pair --quiet --jobs 2 --out whole", 0, "before", count), 0);
    assert_int_equal(tune("tune pair --quiet --jobs 2 --fresh --out whole", 0, "before", count), 0);
    g_autofree char *calls_text = test_read(folder, "count"),
                    *whole = test_read(folder, "whole/trials.csv");
    int calls = atoi(calls_text), killed = 0;
    assert_true(calls > 20); /* ten batches, each a transaction */
    for (gint64 round = 0; round < rounds; round++) {
        const char *line = "tune pair --quiet --jobs 2 --fresh --out killed";
        for (int kill = 0; kill < KILLS_MOST; kill++) {
            const char *how = hows[g_rand_int_range(random, 0, 3)];
            int code = tune(line, g_rand_int_range(random, 1, calls + 1), how, count);
            killed += code == 128 + 9;
            assert_true(code == 0 || code == 128 + 9);
            line = "tune pair --quiet --jobs 2 --out killed";
        }
        assert_int_equal(tune(line, 0, "before", count), 0);
        g_autofree char *resumed = test_read(folder, "killed/trials.csv");
        if (g_strcmp0(whole, resumed) != 0)
            fail_msg("seed %u, round %" G_GINT64_FORMAT ": other trials after kills", seed, round);
    }
    printf("# seed %u: %" G_GINT64_FORMAT " rounds, killed %d times of %d calls\n", seed, rounds,
           killed, calls);
    assert_true(killed >= rounds);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_tuning__that_is_killed_goes_on_to_the_same_bytes),
    };
    return cmocka_run_group_tests(tests, start, stop);
}
