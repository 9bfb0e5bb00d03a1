/* What people do with the store by hand: ask, pause, trigger, copy, restore, verify. */
#include "test.h"

#include <string.h>

#include <jansson.h>

#include "cli.h"
#include "pair.h"
#include "store.h"

static char *folder;

static int make_workspace(void **state) {
    (void)state;
    folder = test_pair_workspace();
    char now[SY_TIME_TEXT_SIZE];
    g_autofree char *line = g_strdup_printf("--template pair --once --no-report --now %s",
                                            sy_time_format(test_pair_time(400), now));
    g_auto(TestRun) run = test_run_expect(folder, "run_app", line, 0);
    return 0;
}

static int remove_workspace(void **state) {
    (void)state;
    test_folder_remove(folder);
    g_free(folder);
    return 0;
}

static json_t *run_json(const char *line) {
    g_auto(TestRun) run = test_run_expect(folder, "systematica", line, 0);
    json_t *value = json_loads(run.out, 0, NULL);
    assert_non_null(value);
    return value;
}

/* A job of the study "pair" in the output of ps. */
static json_t *find_job(json_t *jobs, const char *kind) {
    size_t i;
    json_t *job;
    json_array_foreach(
        jobs, i,
        job) if (strcmp(json_string_value(json_object_get(job, "study")), "pair") == 0 &&
                 strcmp(json_string_value(json_object_get(job, "job")), kind) == 0) return job;
    fail_msg("ps shows no %s of pair", kind);
    return NULL;
}

static bool is_paused(json_t *jobs, const char *kind) {
    return json_is_true(json_object_get(find_job(jobs, kind), "paused"));
}

static void test_runs__are_listed(void **state) {
    (void)state;
    json_t *runs = run_json("runs pair --json");
    assert_int_equal(json_array_size(runs), 1);
    json_t *run = json_array_get(runs, 0);
    assert_string_equal(json_string_value(json_object_get(run, "status")), "succeeded");
    assert_string_equal(json_string_value(json_object_get(run, "job")), "trade");
    assert_true(json_is_null(json_object_get(run, "slot"))); /* a run by hand */
    json_decref(runs);
    g_auto(TestRun) unknown = test_run_expect(folder, "systematica", "runs pear", 3);
    assert_non_null(strstr(unknown.err, "pair"));
}

static void test_pause__is_shown_until_it_is_resumed(void **state) {
    (void)state;
    g_auto(TestRun) both = test_run_expect(folder, "systematica", "pause pair --all", 2);
    g_auto(TestRun) paused = test_run_expect(folder, "systematica",
                                             "pause pair --kind trade --reason 'bank holiday'", 0);
    json_t *jobs = run_json("ps --json"), *trade = find_job(jobs, "trade");
    assert_true(is_paused(jobs, "trade"));
    assert_non_null(
        strstr(json_string_value(json_object_get(trade, "pause_note")), "bank holiday"));
    assert_false(is_paused(jobs, "report"));
    assert_true(json_is_string(json_object_get(trade, "next_slot")));
    json_decref(jobs);
    g_auto(TestRun) resumed = test_run_expect(folder, "systematica", "resume --all", 0);
    jobs = run_json("ps --json");
    assert_false(is_paused(jobs, "trade"));
    json_decref(jobs);
    g_auto(TestRun) tag = test_run_expect(folder, "systematica", "pause --tag nobody", 3);
}

static void assert_state(const char *state, const char *retry_at) {
    json_t *jobs = run_json("ps --json"), *trade = find_job(jobs, "trade");
    assert_string_equal(json_string_value(json_object_get(trade, "state")), state);
    const char *at = json_string_value(json_object_get(trade, "retry_at"));
    assert_int_equal(g_strcmp0(at, retry_at), 0);
    json_decref(jobs);
}

static void test_ps__shows_what_a_job_does(void **state) {
    (void)state;
    g_autoptr(SyStore) store = NULL;
    gint64 epoch = 0;
    bool claimed = false, before = false;
    assert_state("idle", NULL);
    assert_good((store = sy_store_open("sqlite:///.workflow/state.db", folder, false, &error)));
    assert_good(sy_store_take_study(store, "pair", "test", 1, &epoch, &error));
    g_autofree char *text = test_read(folder, ".workflow/templates/pair.toml");
    g_autofree char *hash = g_compute_checksum_for_string(G_CHECKSUM_SHA256, text, -1);
    SyTime bar = test_pair_time(401), retry = test_pair_time(402);
    SySlotDecision slot = {.study = "pair",
                           .kind = "trade",
                           .nominal = bar,
                           .reason = "",
                           .other = SY_TIME_NONE,
                           .count = 1,
                           .decided = bar,
                           .run_status = SY_RUN_PLANNED,
                           .template_hash = hash,
                           .template_text = text,
                           .request = "{}",
                           .bar = bar};
    assert_good(sy_store_decide_slots(store, &slot, 1, &epoch, &error));
    assert_state("planned", NULL);
    assert_good(sy_store_claim_run(store, slot.run, epoch, 1, 1, bar, &claimed, &error));
    assert_state("started", NULL);
    assert_good(
        sy_store_back_off(store, slot.run, epoch, "load", "no bars", retry, 1, bar, &error));
    char at[SY_TIME_TEXT_SIZE];
    assert_state("backing_off", sy_time_format(retry, at));
    g_auto(TestRun) table = test_run_expect(folder, "systematica", "ps", 0);
    assert_non_null(strstr(table.out, "backs off until 2021-"));
    /* the slots since then were not decided by anybody */
    assert_good(
        sy_store_end_run(store, slot.run, epoch, SY_RUN_FAILED, "no bars", retry, &before, &error));
    assert_state("due", NULL);
}

static void test_trigger__waits_for_whoever_runs_the_study(void **state) {
    (void)state;
    g_auto(TestRun) wrong = test_run_expect(folder, "systematica", "trigger pair --kind x", 2);
    g_auto(TestRun) good = test_run_expect(folder, "systematica", "trigger pair", 0);
    gint64 epoch = 0;
    const char *const studies[] = {"pair", NULL};
    g_autoptr(SyStore) store = NULL;
    assert_good((store = sy_store_open("sqlite:///.workflow/state.db", folder, false, &error)));
    assert_good(sy_store_take_study(store, "pair", "test", 1, &epoch, &error));
    g_autoptr(GArray) triggers = sy_store_take_triggers(store, studies, NULL);
    assert_int_equal(triggers->len, 1);
}

static void test_backup__is_restored_and_says_so(void **state) {
    (void)state;
    g_auto(TestRun) copied = test_run_expect(folder, "systematica", "backup copy.db", 0);
    assert_non_null(strstr(copied.out, "copy.db"));
    g_auto(TestRun) again = test_run_expect(folder, "systematica", "backup copy.db", 1);
    g_auto(TestRun) paused = test_run_expect(folder, "systematica", "pause pair", 0);
    {
        /* somebody has the store open */
        g_autoptr(SyStore) store =
            sy_store_open("sqlite:///.workflow/state.db", folder, false, NULL);
        g_auto(TestRun) held = test_run_expect(folder, "systematica", "restore copy.db", 4);
    }
    g_auto(TestRun) restored = test_run_expect(folder, "systematica", "restore copy.db", 0);
    json_t *jobs = run_json("ps --json");
    assert_false(is_paused(jobs, "trade"));
    json_decref(jobs);
    json_t *audit = run_json("audit verify --json");
    assert_true(json_is_true(json_object_get(audit, "whole")));
    json_decref(audit);
}

static void test_audit__a_changed_event_fails_the_command(void **state) {
    (void)state;
    g_autofree char *inner = g_build_filename(folder, ".workflow", NULL);
    test_store_change(inner, "UPDATE event SET facts = '{}' WHERE sequence = 2");
    g_auto(TestRun) run = test_run_expect(folder, "systematica", "audit verify", 1);
    assert_non_null(strstr(run.err, "at event 2: changed"));
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_runs__are_listed),
        cmocka_unit_test(test_pause__is_shown_until_it_is_resumed),
        cmocka_unit_test(test_ps__shows_what_a_job_does),
        cmocka_unit_test(test_trigger__waits_for_whoever_runs_the_study),
        cmocka_unit_test(test_backup__is_restored_and_says_so),
        cmocka_unit_test(test_audit__a_changed_event_fails_the_command),
    };
    return cmocka_run_group_tests(tests, make_workspace, remove_workspace);
}
