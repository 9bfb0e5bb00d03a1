/* Reading [[task]]: order, what is wrong, templates of tasks alone. */
#include "test.h"

#include <string.h>

#include "cli.h"
#include "pair.h"
#include "workflow/strategy.h"

#define ALONE "[meta]\nstudy_name = \"eod\"\n[schedule]\nevery = \"1d\"\n"

static SyStrategy *read_text(const char *text, GError **error) {
    return sy_strategy_read(text, strlen(text), "t.toml", error);
}

/* Names of the tasks in the order in which they run, those after the built-in steps behind "|". */
static char *order_of(const char *text) {
    g_autoptr(GError) error = NULL;
    g_autoptr(SyStrategy) strategy = read_text(text, &error);
    if (!strategy)
        fail_msg("%s", error->message);
    GString *order = g_string_new(NULL);
    bool after = false;
    for (guint i = 0; i < strategy->tasks->len; i++) {
        const SyTask *task = strategy->tasks->pdata[i];
        g_string_append_printf(order, "%s%s", task->after && !after ? "| " : "", task->name);
        g_string_append(order, " ");
        after = task->after;
    }
    return g_string_free(order, FALSE);
}

static void assert_problem(const char *text, const char *expected) {
    g_autoptr(GError) error = NULL;
    g_autoptr(SyStrategy) strategy = read_text(text, &error);
    if (strategy || !strstr(error->message, expected))
        fail_msg("expected \"%s\", got \"%s\"", expected, strategy ? "" : error->message);
}

#define TASK(name, more) "[[task]]\nname = \"" name "\"\ncommand = [\"true\"]\n" more "\n"

static void test_task__runs_after_what_it_needs(void **state) {
    (void)state;
    g_autofree char *alone = order_of(ALONE TASK("c", "needs = [\"b\", \"a\"]")
                                          TASK("b", "needs = [\"a\"]") TASK("a", "") TASK("d", ""));
    assert_string_equal(alone, "a b c d ");
    g_autofree char *base = test_pair_template("p", "");
    g_autofree char *text =
        g_strconcat(base, TASK("tell", "needs = [\"trade\"]"), TASK("fetch", ""),
                    TASK("log", "needs = [\"tell\"]"), TASK("check2", "needs = [\"fetch\"]"),
                    TASK("late", "needs = [\"load\", \"fetch\"]\nwhen = \"both\""), NULL);
    g_autoptr(GError) error = NULL;
    g_autoptr(SyStrategy) wrong = read_text(text, &error);
    assert_null(wrong); /* late is in reports, fetch is not */
    assert_non_null(strstr(error->message, "late comes in runs of when = \"both\", but \"fetch\""));
    g_autofree char *mended =
        g_strconcat(base, TASK("tell", "needs = [\"trade\"]"), TASK("fetch", "when = \"both\""),
                    TASK("log", "needs = [\"tell\"]"), TASK("check2", "needs = [\"fetch\"]"),
                    TASK("late", "needs = [\"load\", \"fetch\"]\nwhen = \"both\""), NULL);
    g_autofree char *order = order_of(mended);
    assert_string_equal(order, "fetch check2 | tell log late ");
}

static void test_task__cycles_and_unknown_names_are_errors_at_their_place(void **state) {
    (void)state;
    assert_problem(ALONE TASK("a", "needs = [\"a\"]"), "t.toml:8:1: tasks need each other in a "
                                                       "circle: a needs a");
    assert_problem(ALONE TASK("x", "needs = [\"a\"]") TASK("a", "needs = [\"b\"]")
                       TASK("b", "needs = [\"c\"]") TASK("c", "needs = [\"a\"]"),
                   "t.toml:20:1: tasks need each other in a circle: a needs b needs c needs a");
    assert_problem(ALONE TASK("fetch", "") TASK("b", "needs = [\"fetsh\"]"),
                   "t.toml:12:1: [[task]] b needs \"fetsh\", which is neither a task nor a step of "
                   "a template without a model; did you mean \"fetch\"?");
    assert_problem(ALONE TASK("a", "needs = [\"load\"]"), "neither a task nor a step of a template "
                                                          "without a model");
    assert_problem(ALONE TASK("a", "") TASK("a", ""),
                   "t.toml:10:1: [[task]] name = \"a\" is also that of the task in line 5");
    assert_problem(ALONE TASK("load", ""), "\"load\" is the name of a built-in step");
    assert_problem(ALONE TASK("a b", ""), "is no name of a task");
    assert_problem(ALONE TASK("a", "when = \"both\""), "t.toml:8:1: [[task]] when: this template "
                                                       "has no model");
    assert_problem(ALONE TASK("a", "timeout = 5"), "put it in quotes");
    assert_problem(ALONE TASK("a", "retry = { stop = {} }"), "would never stop");
    assert_problem(ALONE "[[task]]\nname = \"a\"\ncommand = []\n", "t.toml:7:1: [[task]] command "
                                                                   "names no program");
    assert_problem(ALONE "[[task]]\nname = \"a\"\n", "[[task]] needs the key command");
    assert_problem(ALONE "[task]\nname = \"a\"\n", "t.toml:5:2: [[task]] must be a list of tables");
    g_autofree char *base = test_pair_template("p", "");
    g_autofree char *report =
        g_strconcat(base, TASK("a", "needs = [\"report\"]\nwhen = \"trade\""), NULL);
    assert_problem(report, "\"report\", which it needs, only in those of \"report\"");
}

static void test_task__alone_makes_a_template_without_a_model(void **state) {
    (void)state;
    g_autoptr(GError) error = NULL;
    g_autoptr(SyStrategy) strategy = read_text(ALONE TASK("a", ""), &error);
    assert_non_null(strategy);
    assert_false(sy_strategy_has_model(strategy));
    assert_true(sy_strategy_check_live(strategy, 0, NULL));
    assert_false(sy_strategy_check_model(strategy, "simulate", &error));
    assert_non_null(strstr(error->message, "tasks and no model: there is nothing to simulate"));
    assert_problem(ALONE, "[model] needs the key name");
    assert_problem("[meta]\nstudy_name = \"eod\"\n" TASK("a", ""), "nothing says when");
    assert_problem(ALONE "[portfolio]\n" TASK("a", ""), "[model] needs the key name");
}

static void test_task__has_its_own_retry_or_the_templates(void **state) {
    (void)state;
    g_autoptr(SyStrategy) own =
        read_text(ALONE TASK("a", "retry = { stop = { attempts = 3 } }") TASK("b", ""), NULL);
    assert_int_equal(sy_strategy_retry(own, "a")->attempts, 3);
    assert_int_equal(sy_strategy_retry(own, "b")->attempts, 1);
    assert_int_equal(sy_strategy_retry(own, "load")->attempts, 5);
    assert_int_equal(sy_strategy_retry(own, "model")->attempts, 5);
    assert_int_equal(sy_strategy_retry(own, "trade")->attempts, 1);
    g_autoptr(SyStrategy) all = read_text(
        ALONE "[retry]\nstop = { attempts = 2 }\n" TASK("a", "retry = { stop = { attempts = 3 } }")
            TASK("b", ""),
        NULL);
    assert_int_equal(sy_strategy_retry(all, "a")->attempts, 3);
    assert_int_equal(sy_strategy_retry(all, "b")->attempts, 2);
    assert_int_equal(sy_strategy_retry(all, "load")->attempts, 2);
    assert_int_equal(sy_strategy_retry(all, "trade")->attempts, 2);
}

static void test_task__has_nothing_to_simulate_or_decide(void **state) {
    (void)state;
    g_autofree char *folder = test_folder_new();
    g_auto(TestRun) made = test_run_expect(folder, "systematica", "init", 0);
    g_autofree char *templates = g_build_filename(folder, ".workflow", "templates", NULL);
    test_folder_remove(templates);
    test_write(folder, ".workflow/templates/eod.toml", ALONE TASK("a", ""));
    g_auto(TestRun) check = test_run_expect(folder, "systematica", "check", 0);
    assert_non_null(strstr(check.out, "ok: eod, 1 tasks without a model"));
    g_auto(TestRun) back = test_run_expect(folder, "systematica", "backtest eod --out out", 3);
    assert_non_null(strstr(back.err, "there is nothing to simulate"));
    g_auto(TestRun) one = test_run_expect(folder, "run_app", "--template eod --once", 3);
    assert_non_null(strstr(one.err, "there is nothing to decide or report"));
    g_auto(TestRun) all = test_run_expect(folder, "run_all", "--once", 0);
    assert_non_null(strstr(all.err, "tasks without a model: nothing to do for --once"));
    test_folder_remove(folder);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_task__runs_after_what_it_needs),
        cmocka_unit_test(test_task__cycles_and_unknown_names_are_errors_at_their_place),
        cmocka_unit_test(test_task__alone_makes_a_template_without_a_model),
        cmocka_unit_test(test_task__has_its_own_retry_or_the_templates),
        cmocka_unit_test(test_task__has_nothing_to_simulate_or_decide),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
