/* [retry]: the table of waits against tenacity's definitions computed by hand, when it stops, what
 * is tried again, and what is wrong with a table. */
#include "test.h"

#include <string.h>

#include "base/error.h"
#include "workflow/retry.h"

/* Reads "[retry]" with these lines; the document lives until `root` is freed. */
static char *read_retry(const char *lines, SyRetry *retry, SyNode **root) {
    g_autofree char *text = g_strdup_printf("[retry]\n%s\n", lines);
    g_autoptr(GError) error = NULL;
    *root = sy_node_parse(text, strlen(text), "t", &error);
    if (!*root)
        fail_msg("%s", error->message);
    g_autoptr(SyProblems) problems = sy_problems_new("t");
    sy_retry_read(sy_node_find(*root, "retry"), "[retry]", retry, problems);
    return sy_problems_check(problems, &error) ? NULL : g_strdup(error->message);
}

static void good_retry(const char *lines, SyRetry *retry, SyNode **root) {
    g_autofree char *problem = read_retry(lines, retry, root);
    if (problem)
        fail_msg("%s: %s", lines, problem);
}

/* Bounds of the waits after attempts 1 … 6; equal where nothing is random. */
static const struct {
    const char *wait;
    double least[6], most[6];
} rows[] = {
    {"{ fixed = 3 }", {3, 3, 3, 3, 3, 3}, {3, 3, 3, 3, 3, 3}},
    {"{ fixed = { wait = 0.5 } }", {0.5, 0.5, 0.5, 0.5, 0.5, 0.5}, {0.5, 0.5, 0.5, 0.5, 0.5, 0.5}},
    {"{ random = { min = 2, max = 5 } }", {2, 2, 2, 2, 2, 2}, {5, 5, 5, 5, 5, 5}},
    {"{ random = {} }", {0, 0, 0, 0, 0, 0}, {1, 1, 1, 1, 1, 1}},
    {"{ incrementing = {} }", {0, 100, 200, 300, 400, 500}, {0, 100, 200, 300, 400, 500}},
    {"{ incrementing = { start = 10, increment = -4 } }", {10, 6, 2, 0, 0, 0}, {10, 6, 2, 0, 0, 0}},
    {"{ incrementing = { start = 1, increment = 2, max = 6 } }",
     {1, 3, 5, 6, 6, 6},
     {1, 3, 5, 6, 6, 6}},
    {"{ exponential = {} }", {1, 2, 4, 8, 16, 32}, {1, 2, 4, 8, 16, 32}},
    {"{ exponential = { multiplier = 3, max = 30, min = 5 } }",
     {5, 6, 12, 24, 30, 30},
     {5, 6, 12, 24, 30, 30}},
    {"{ exponential = { exp_base = 3, multiplier = 0.5 } }",
     {0.5, 1.5, 4.5, 13.5, 40.5, 121.5},
     {0.5, 1.5, 4.5, 13.5, 40.5, 121.5}},
    /* tenacity: max(min, min(value, max)), so min wins over max; equal bounds are accepted */
    {"{ exponential = { min = 20, max = 20 } }",
     {20, 20, 20, 20, 20, 20},
     {20, 20, 20, 20, 20, 20}},
    {"{ random_exponential = { multiplier = 2, max = 10, min = 1 } }",
     {1, 1, 1, 1, 1, 1},
     {2, 4, 8, 10, 10, 10}},
    {"{ exponential_jitter = { max = 10, jitter = 2 } }",
     {1, 2, 4, 8, 10, 10},
     {3, 4, 6, 10, 10, 10}},
    {"{ chain = [{ fixed = 1 }, { fixed = 7 }, { exponential = { multiplier = 2 } }] }",
     {1, 7, 8, 16, 32, 64},
     {1, 7, 8, 16, 32, 64}},
    {"{ fixed = 10, random = { max = 2 } }", {10, 10, 10, 10, 10, 10}, {12, 12, 12, 12, 12, 12}},
    {"{ fixed = 1, exponential = {}, incrementing = { increment = 5 } }",
     {2, 8, 15, 24, 37, 58},
     {2, 8, 15, 24, 37, 58}},
    {"{}", {0, 0, 0, 0, 0, 0}, {0, 0, 0, 0, 0, 0}},
};

static void test_wait__follows_its_definition(void **state) {
    (void)state;
    enum { seeds = 200 };
    for (gsize i = 0; i < G_N_ELEMENTS(rows); i++) {
        SyRetry retry;
        g_autoptr(SyNode) root = NULL;
        g_autofree char *line = g_strdup_printf("wait = %s", rows[i].wait);
        good_retry(line, &retry, &root);
        for (int attempt = 1; attempt <= 6; attempt++) {
            double least = rows[i].least[attempt - 1], most = rows[i].most[attempt - 1];
            double seen_least = INFINITY, seen_most = 0;
            for (guint64 seed = 0; seed < seeds; seed++) {
                double wait = sy_retry_seconds(&retry, attempt, seed);
                seen_least = fmin(seen_least, wait);
                seen_most = fmax(seen_most, wait);
            }
            /* random waits use their whole range: 200 draws miss 5 % at one end once in 28,000 */
            double slack = (most - least) * 0.05;
            if (seen_least < least || seen_least > least + slack + 1e-12 || seen_most > most ||
                seen_most < most - slack - 1e-12)
                fail_msg("%s, attempt %d: %g … %g, expected %g … %g", rows[i].wait, attempt,
                         seen_least, seen_most, least, most);
        }
        sy_retry_clear(&retry);
    }
}

static void test_wait__is_a_function_of_seed_and_attempt(void **state) {
    (void)state;
    SyRetry retry;
    g_autoptr(SyNode) root = NULL;
    good_retry("wait = { random = { max = 100 }, random_exponential = { max = 100 } }", &retry,
               &root);
    for (int attempt = 1; attempt < 20; attempt++) {
        double first = sy_retry_seconds(&retry, attempt, 42);
        assert_near(sy_retry_seconds(&retry, attempt, 42), first, 0);
        assert_true(sy_retry_seconds(&retry, attempt, 43) != first);
        assert_true(sy_retry_seconds(&retry, attempt + 1, 42) != first);
    }
    /* two random waits of one attempt are drawn apart: twice the same number would be even */
    SyRetry two;
    g_autoptr(SyNode) other = NULL;
    good_retry("wait = { random = { max = 1 }, exponential_jitter = { multiplier = 0 } }", &two,
               &other);
    bool apart = false;
    for (guint64 seed = 0; seed < 50 && !apart; seed++) {
        double sum = sy_retry_seconds(&two, 1, seed), single = 0;
        g_array_set_size(two.waits, 2);
        const SyWait *random = &g_array_index(two.waits, SyWait, 0);
        SyRetry one = {.waits = g_array_new(FALSE, FALSE, sizeof(SyWait))};
        g_array_append_val(one.waits, *random);
        single = sy_retry_seconds(&one, 1, seed);
        g_array_unref(one.waits);
        apart = fabs(sum - 2 * single) > 0.01;
    }
    assert_true(apart);
    sy_retry_clear(&two);
    sy_retry_clear(&retry);
}

static void test_wait__a_great_attempt_number_is_the_longest_wait(void **state) {
    (void)state;
    SyRetry retry;
    g_autoptr(SyNode) root = NULL;
    good_retry("wait = { exponential = { max = 60 } }", &retry, &root);
    assert_near(sy_retry_seconds(&retry, 100000, 1), 60, 0);
    sy_retry_clear(&retry);
    g_autoptr(SyNode) other = NULL;
    good_retry("stop = { delay = \"1000w\" }\nwait = { exponential = {} }", &retry, &other);
    SyTime next = 0;
    const SyFailure failure = {.attempt = 5000, .class_of_failure = "locked", .retry_after = NAN};
    assert_int_equal(sy_retry_next(&retry, &failure, &next), SY_RETRY_AGAIN);
    assert_true(next > 0);
    sy_retry_clear(&retry);
}

/* ---- stopping ---- */

static SyRetryVerdict verdict(const char *lines, int attempt, double passed, const char *what,
                              double retry_after, double *wait) {
    SyRetry retry;
    g_autoptr(SyNode) root = NULL;
    good_retry(lines, &retry, &root);
    const SyTime first = 1000 * SY_SECOND;
    const SyFailure failure = {
        attempt, 1, first, first + (SyTime)(passed * (double)SY_SECOND), what, retry_after};
    SyTime next = 0;
    SyRetryVerdict found = sy_retry_next(&retry, &failure, &next);
    *wait = (double)(next - failure.now) / (double)SY_SECOND;
    sy_retry_clear(&retry);
    return found;
}

static void test_stop__whichever_comes_first(void **state) {
    (void)state;
    static const struct {
        const char *lines;
        int attempt;
        double passed;
        SyRetryVerdict expected;
    } cases[] = {
        {"stop = { attempts = 3 }", 2, 1e6, SY_RETRY_AGAIN},
        {"stop = { attempts = 3 }", 3, 0, SY_RETRY_STOPPED},
        {"", 4, 1e6, SY_RETRY_AGAIN},
        {"", 5, 0, SY_RETRY_STOPPED},
        {"stop = { delay = \"60s\" }", 1000, 59.9, SY_RETRY_AGAIN},
        {"stop = { delay = \"60s\" }", 1, 60, SY_RETRY_STOPPED}, /* tenacity: since ≥ delay */
        {"stop = { before_delay = \"60s\" }\nwait = { fixed = 10 }", 1, 49.9, SY_RETRY_AGAIN},
        {"stop = { before_delay = \"60s\" }\nwait = { fixed = 10 }", 1, 50, SY_RETRY_STOPPED},
        {"stop = { attempts = 2, delay = \"1m\" }", 1, 61, SY_RETRY_STOPPED},
        {"stop = { attempts = 2, delay = \"1m\" }", 2, 1, SY_RETRY_STOPPED},
    };
    for (gsize i = 0; i < G_N_ELEMENTS(cases); i++) {
        double wait;
        if (verdict(cases[i].lines, cases[i].attempt, cases[i].passed, "locked", NAN, &wait) !=
            cases[i].expected)
            fail_msg("%s, attempt %d after %g s", cases[i].lines, cases[i].attempt,
                     cases[i].passed);
    }
}

static void test_retry_after__replaces_the_wait(void **state) {
    (void)state;
    double wait;
    assert_int_equal(verdict("wait = { fixed = 5 }", 1, 0, "http:429", 77, &wait), SY_RETRY_AGAIN);
    assert_near(wait, 77, 1e-9);
    assert_int_equal(verdict("wait = { fixed = 5 }", 1, 0, "http:429", 0, &wait), SY_RETRY_AGAIN);
    assert_near(wait, 0, 1e-9);
    assert_int_equal(verdict("stop = { before_delay = \"60s\" }", 1, 0, "http:429", 77, &wait),
                     SY_RETRY_STOPPED);
}

static void test_classes__that_are_tried_again(void **state) {
    (void)state;
    static const struct {
        const char *lines, *what;
        SyRetryVerdict expected;
    } cases[] = {
        {"", "unavailable", SY_RETRY_AGAIN},
        {"", "locked", SY_RETRY_AGAIN},
        {"", "timeout", SY_RETRY_AGAIN},
        {"", "http:429", SY_RETRY_AGAIN},
        {"", "http:503", SY_RETRY_AGAIN},
        {"", "exit:75", SY_RETRY_AGAIN},
        {"", "http:404", SY_RETRY_USELESS},
        {"", "exit:1", SY_RETRY_USELESS},
        {"", "exit:7", SY_RETRY_USELESS},
        {"", "data", SY_RETRY_USELESS},
        {"", "template", SY_RETRY_USELESS},
        {"", "signal:11", SY_RETRY_USELESS},
        {"retry_on = [\"exit\"]", "exit:1", SY_RETRY_AGAIN},
        {"retry_on = [\"exit:3\"]", "exit:3", SY_RETRY_AGAIN},
        {"retry_on = [\"exit:3\"]", "exit:33", SY_RETRY_USELESS},
        {"retry_on = [\"exit:3\"]", "unavailable", SY_RETRY_USELESS},
        {"retry_on = \"http:4xx\"", "http:404", SY_RETRY_AGAIN},
        {"retry_on = \"http:4xx\"", "http:503", SY_RETRY_USELESS},
        {"never_on = [\"locked\"]", "locked", SY_RETRY_USELESS},
        {"never_on = [\"locked\"]", "unavailable", SY_RETRY_AGAIN},
        {"retry_on = [\"exit\"]\nnever_on = [\"exit:2\"]", "exit:2", SY_RETRY_USELESS},
        {"retry_on = [\"signal\"]", "signal:9", SY_RETRY_AGAIN},
        {"retry_on = []", "locked", SY_RETRY_USELESS},
    };
    for (gsize i = 0; i < G_N_ELEMENTS(cases); i++) {
        double wait;
        if (verdict(cases[i].lines, 1, 0, cases[i].what, NAN, &wait) != cases[i].expected)
            fail_msg("%s: %s", cases[i].lines, cases[i].what);
    }
}

static void test_never__is_one_attempt(void **state) {
    (void)state;
    SyTime next;
    const SyFailure failure = {.attempt = 1, .class_of_failure = "locked", .retry_after = NAN};
    assert_int_equal(sy_retry_next(&sy_retry_never, &failure, &next), SY_RETRY_STOPPED);
}

/* ---- reading ---- */

static void test_reader__says_what_is_wrong_where(void **state) {
    (void)state;
    static const struct {
        const char *lines, *expected;
    } cases[] = {
        {"stop = 5", "t:2:1: [retry] stop must be a table"},
        {"stop = {}", "would never stop"},
        {"stop = { attempts = 0 }", "t:2:10: [retry] stop: attempts = 0 is out of bounds"},
        {"stop = { delay = \"soon\" }", "t:2:10: [retry] stop: delay: \"soon\" is no duration"},
        {"stop = { delay = \"0s\" }", "\"0s\" is not longer than nothing"},
        {"wait = 5", "t:2:1: [retry] wait must be a table"},
        {"wait = { fixd = 5 }", "did you mean \"fixed\""},
        {"wait = { fixed = -1 }", "t:2:10: [retry] wait: fixed: wait = -1 is out of bounds"},
        {"wait = { fixed = {} }", "needs the key wait"},
        {"wait = { random = 5 }", "t:2:10: [retry] wait: random must be a table of keys, not 5"},
        {"wait = { random = { min = 3 } }", "t:2:10: [retry] wait: random: min = 3 is above max"},
        {"wait = { exponential = { base = 3 } }", "has no key \"base\""},
        {"wait = { chain = {} }", "t:2:10: [retry] wait: chain must be a list of waits"},
        {"wait = { chain = [] }", "t:2:10: [retry] wait: chain must be a list of waits"},
        {"wait = { chain = [{ fixed = 1, random = {} }] }", "each member is exactly one wait"},
        {"wait = { chain = [5] }", "each member is exactly one wait"},
        {"wait = { chain = [{ chain = [] }] }", "has no \"chain\""},
        {"retry_on = [\"unavailible\"]", "did you mean \"unavailable\""},
        {"never_on = [\"http:9xx\"]", "\"http:9xx\" is no class of failures"},
        {"atempts = 5", "[retry] has no key \"atempts\""},
    };
    for (gsize i = 0; i < G_N_ELEMENTS(cases); i++) {
        SyRetry retry;
        g_autoptr(SyNode) root = NULL;
        g_autofree char *problem = read_retry(cases[i].lines, &retry, &root);
        sy_retry_clear(&retry);
        if (!problem || !strstr(problem, cases[i].expected))
            fail_msg("%s: expected \"%s\", got \"%s\"", cases[i].lines, cases[i].expected,
                     problem ? problem : "nothing");
    }
}

static void test_reader__without_a_table_loading_is_tried_five_times(void **state) {
    (void)state;
    static const double expected[] = {1, 2, 4, 8, 16, 30, 30};
    SyRetry retry;
    g_autoptr(SyProblems) problems = sy_problems_new("t");
    sy_retry_read(NULL, "[retry]", &retry, problems);
    assert_int_equal(retry.attempts, 5);
    for (int a = 1; a <= 7; a++)
        assert_near(sy_retry_seconds(&retry, a, 9), expected[a - 1], 0);
    sy_retry_clear(&retry);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_wait__follows_its_definition),
        cmocka_unit_test(test_wait__is_a_function_of_seed_and_attempt),
        cmocka_unit_test(test_wait__a_great_attempt_number_is_the_longest_wait),
        cmocka_unit_test(test_stop__whichever_comes_first),
        cmocka_unit_test(test_retry_after__replaces_the_wait),
        cmocka_unit_test(test_classes__that_are_tried_again),
        cmocka_unit_test(test_never__is_one_attempt),
        cmocka_unit_test(test_reader__says_what_is_wrong_where),
        cmocka_unit_test(test_reader__without_a_table_loading_is_tried_five_times),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
