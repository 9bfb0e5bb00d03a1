/* What holds for any [retry]: tables are made up by a seed, and whole series of attempts played. */
#include "test.h"

#include <string.h>

#include "workflow/retry.h"

enum { rounds = 2000, most_attempts = 60 };

/* A made-up table of waits and stops. */
static char *make_table(GRand *random) {
    static const char *const waits[] = {
        "fixed = %g",
        "random = { min = 0.5, max = %g }",
        "incrementing = { start = 3, increment = %g }",
        "exponential = { multiplier = %g, max = 1000 }",
        "random_exponential = { multiplier = %g, max = 500 }",
        "exponential_jitter = { multiplier = %g, jitter = 3, max = 700 }",
        "chain = [{ fixed = %g }, { random = {} }]",
    };
    GString *text = g_string_new("[retry]\nstop = { ");
    g_string_append_printf(text, "attempts = %d", g_rand_int_range(random, 1, 20));
    if (g_rand_boolean(random))
        g_string_append_printf(text, ", delay = \"%ds\"", g_rand_int_range(random, 1, 600));
    if (g_rand_boolean(random))
        g_string_append_printf(text, ", before_delay = \"%ds\"", g_rand_int_range(random, 1, 600));
    g_string_append(text, " }\nwait = { ");
    bool first = true;
    for (gsize i = 0; i < G_N_ELEMENTS(waits); i++)
        if (g_rand_int_range(random, 0, 3) == 0) {
            g_autofree char *number = g_strdup_printf("%.2f", g_rand_double_range(random, 1, 20));
            g_auto(GStrv) parts = g_strsplit(waits[i], "%g", -1);
            g_autofree char *one = g_strjoinv(number, parts);
            g_string_append_printf(text, "%s%s", first ? "" : ", ", one);
            first = false;
        }
    g_string_append(text, " }\n");
    return g_string_free(text, FALSE);
}

/* The times of all attempts, each of which fails after `length`. */
static gsize play(const SyRetry *retry, guint64 seed, SyTime length, SyTime *start) {
    gsize n = 0;
    start[0] = 5 * SY_SECOND;
    for (;;) {
        const SyFailure failure = {(int)n + 1, seed, start[0], start[n] + length, "locked", NAN};
        SyTime next = SY_TIME_NONE;
        if (sy_retry_next(retry, &failure, &next) != SY_RETRY_AGAIN)
            return n + 1;
        assert_true(next >= failure.now);
        double wait = (double)(next - failure.now) / (double)SY_SECOND;
        assert_near(wait, sy_retry_seconds(retry, failure.attempt, seed), 1e-6);
        assert_true(n + 1 < most_attempts);
        start[++n] = next;
    }
}

static void check_series(const SyRetry *retry, const SyTime *start, gsize n, SyTime length) {
    assert_true(n <= (gsize)retry->attempts);
    for (gsize i = 1; i < n; i++) {
        double failed = (double)(start[i - 1] + length - start[0]) / (double)SY_SECOND;
        double begins = (double)(start[i] - start[0]) / (double)SY_SECOND;
        assert_true(failed < retry->delay_seconds);
        assert_true(begins < retry->before_delay_seconds);
    }
}

static void test_retry__series_keep_their_stops_and_depend_on_the_seed_alone(void **state) {
    (void)state;
    const guint32 seed = 20261122;
    g_autoptr(GRand) random = g_rand_new_with_seed(seed);
    print_message("# seed %u\n", seed);
    guint stopped_early = 0, all_attempts = 0;
    for (int round = 0; round < rounds; round++) {
        g_autofree char *text = make_table(random);
        g_autoptr(GError) error = NULL;
        g_autoptr(SyNode) root = sy_node_parse(text, strlen(text), "t", &error);
        g_autoptr(SyProblems) problems = sy_problems_new("t");
        SyRetry retry;
        sy_retry_read(sy_node_find(root, "retry"), "[retry]", &retry, problems);
        if (!sy_problems_check(problems, &error))
            fail_msg("%s%s", text, error->message);
        guint64 own = ((guint64)g_rand_int(random) << 32) | g_rand_int(random);
        SyTime length = g_rand_int_range(random, 0, 30000) * (SY_SECOND / 1000);
        SyTime once[most_attempts], again[most_attempts];
        gsize n = play(&retry, own, length, once);
        assert_int_equal(play(&retry, own, length, again), n);
        assert_memory_equal(once, again, n * sizeof *once);
        check_series(&retry, once, n, length);
        all_attempts += n == (gsize)retry.attempts;
        stopped_early += n < (gsize)retry.attempts;
        sy_retry_clear(&retry);
    }
    assert_true(all_attempts > rounds / 10 && stopped_early > rounds / 10);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_retry__series_keep_their_stops_and_depend_on_the_seed_alone),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
