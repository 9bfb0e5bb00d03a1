/* Slots, runs and jobs in the store: each slot one row, each run one end, whoever holds the epoch.
 */
#include "test.h"

#include <string.h>

#include "base/error.h"
#include "database.h"
#include "store.h"
#include "store/events.h"
#include "store/slots.h"
#include "store/steps.h"

/* The store with the study taken. */
static SyStore *open_study(const char *study, gint64 *epoch) {
    SyStore *store = test_database_store();
    assert_good(sy_store_take_study(store, study, "run_all of 42", 5, epoch, &error));
    return store;
}

static SySlotDecision missed(const char *study, SyTime nominal, gint64 count) {
    SySlotDecision slot = test_slot(study, nominal);
    slot.status = SY_SLOT_ROW_MISSED;
    slot.reason = "downtime";
    slot.count = count;
    return slot;
}

static void test_slots__a_decision_comes_back_as_a_run(void **state) {
    (void)state;
    gint64 epoch;
    g_autoptr(SyStore) store = open_study("back", &epoch);
    gint64 id = test_store_plan(store, "back", 1000, epoch);
    g_auto(SyRunRow) run = {0};
    assert_good(sy_store_load_run(store, id, &run, &error));
    assert_string_equal(run.study, "back");
    assert_string_equal(run.kind, "trade");
    assert_string_equal(run.template_text, "[meta]");
    assert_string_equal(run.request, "{\"trade\":true}");
    assert_int_equal(run.status, SY_RUN_PLANNED);
    assert_int_equal(run.nominal, 1000);
    assert_int_equal(run.bar, 1000);
    assert_int_equal(run.planned, 1003);
    assert_true(run.started == SY_TIME_NONE && run.ended == SY_TIME_NONE);
    assert_int_equal(run.attempt, 1);
    g_autoptr(GError) error = NULL;
    g_auto(SyRunRow) none = {0};
    assert_false(sy_store_load_run(store, 99999, &none, &error));
    assert_int_equal(error->code, SY_ERROR_DATA);
}

static void test_slots__a_slot_is_decided_once(void **state) {
    (void)state;
    gint64 epoch;
    g_autoptr(SyStore) store = open_study("once", &epoch);
    gint64 run = test_store_plan(store, "once", 1000, epoch);
    gint64 events = test_database_query("SELECT count(*) FROM event"), epochs[] = {epoch, epoch};
    SySlotDecision again[] = {test_slot("once", 1000), missed("once", 1000, 1)};
    assert_good(sy_store_decide_slots(store, again, 2, epochs, &error));
    assert_true(again[0].already && again[1].already);
    assert_int_equal(again[0].run, run); /* whoever planned it learns its number again … */
    bool claimed;
    assert_good(sy_store_claim_run(store, run, epoch, 1, 1, 1004, &claimed, &error));
    events++;
    assert_good(sy_store_decide_slots(store, again, 2, epochs, &error));
    assert_true(again[0].already && again[0].run == 0); /* … until a process has claimed it */
    assert_int_equal(test_database_query("SELECT count(*) FROM slot WHERE study_name = 'once'"), 1);
    assert_int_equal(test_database_query("SELECT count(*) FROM run WHERE study_name = 'once'"), 1);
    assert_int_equal(test_database_query("SELECT count(*) FROM event"), events);
}

static void test_slots__one_stale_epoch_refuses_all(void **state) {
    (void)state;
    gint64 old, current, other;
    g_autoptr(SyStore) store = open_study("fenced", &old), second = open_study("other", &other);
    assert_good(sy_store_take_study(second, "fenced", "run_app of 43", 6, &current, &error));
    assert_int_equal(current, old + 1);
    SySlotDecision slots[] = {test_slot("other", 1), test_slot("fenced", 1)};
    const gint64 epochs[] = {other, old};
    g_autoptr(GError) error = NULL;
    assert_false(sy_store_decide_slots(store, slots, 2, epochs, &error));
    assert_int_equal(error->code, SY_ERROR_HELD);
    assert_non_null(strstr(error->message, "run_app of 43"));
    assert_int_equal(
        test_database_query("SELECT count(*) FROM slot WHERE study_name IN ('other', 'fenced')"),
        0);
}

static void test_slots__a_job_knows_its_newest_slot_and_its_runs(void **state) {
    (void)state;
    gint64 epoch;
    g_autoptr(SyStore) store = open_study("job", &epoch);
    SyJobRecord job;
    assert_good(sy_store_load_job(store, "job", "trade", &job, &error));
    assert_true(job.last == SY_TIME_NONE && job.resume_from == SY_TIME_NONE && !job.paused);
    SySlotDecision outdated = test_slot("job", 4000);
    outdated.run_status = SY_RUN_OUTDATED;
    SySlotDecision slots[] = {test_slot("job", 3000), missed("job", 2000, 7), outdated};
    const gint64 epochs[] = {epoch, epoch, epoch};
    assert_good(sy_store_decide_slots(store, slots, 3, epochs, &error));
    assert_good(sy_store_load_job(store, "job", "trade", &job, &error));
    assert_int_equal(job.last, 4000);
    assert_int_equal(job.runs, 1);
    assert_int_equal(test_database_query("SELECT ended FROM run WHERE status = 'outdated'"), 4003);
    SySlotDecision late = missed("job", 1000, 1);
    assert_good(sy_store_decide_slots(store, &late, 1, &epoch, &error));
    assert_good(sy_store_load_job(store, "job", "trade", &job, &error));
    assert_int_equal(job.last, 4000); /* it never goes back */
}

static void test_runs__are_claimed_once_and_by_the_holder_only(void **state) {
    (void)state;
    gint64 old, epoch;
    bool claimed;
    g_autoptr(SyStore) store = open_study("claim", &old);
    gint64 id = test_store_plan(store, "claim", 1000, old);
    g_autoptr(SyStore) other = open_study("claim", &epoch);
    assert_good(sy_store_claim_run(store, id, old, 10, 100, 1010, &claimed, &error));
    assert_false(claimed);
    assert_good(sy_store_claim_run(other, id, epoch, 11, 110, 1011, &claimed, &error));
    assert_true(claimed);
    assert_good(sy_store_claim_run(other, id, epoch, 12, 120, 1012, &claimed, &error));
    assert_false(claimed);
    g_auto(SyRunRow) run = {0};
    assert_good(sy_store_load_run(store, id, &run, &error));
    assert_int_equal(run.status, SY_RUN_STARTED);
    assert_int_equal(run.pid, 11);
    assert_int_equal(run.pid_start, 110);
    assert_int_equal(run.started, 1011);
    assert_int_equal(run.epoch, epoch);
}

static void test_runs__back_off_and_go_on_under_the_same_seed(void **state) {
    (void)state;
    gint64 epoch;
    bool claimed, before;
    g_autoptr(SyStore) store = open_study("backoff", &epoch);
    gint64 id = test_store_plan(store, "backoff", 1000, epoch);
    assert_good(sy_store_claim_run(store, id, epoch, 1, 1, 1010, &claimed, &error));
    const SyStepRow load = {"load", 1, SY_STEP_FAILED, 1010, 1015, "no \xff route"};
    sy_store_wait_steps(store, id, &load, 1);
    assert_good(sy_store_back_off(store, id, epoch, "load", "no route", 2000, 0x8000000000000001,
                                  1020, &error));
    {
        g_autoptr(GArray) rows = sy_store_unfinished_runs(store, "backoff", NULL);
        assert_int_equal(rows->len, 1);
        const SyRunRow *row = &g_array_index(rows, SyRunRow, 0);
        assert_int_equal(row->status, SY_RUN_BACKING_OFF);
        assert_int_equal(row->attempt, 2);
        assert_true(row->seed == 0x8000000000000001);
        assert_int_equal(row->retry_at, 2000);
        assert_string_equal(row->step, "load");
    }
    assert_int_equal(
        test_database_query("SELECT count(*) FROM step WHERE attempt = 1 AND status = 'failed'"),
        1);
    /* an attempt that is not going on cannot fail */
    g_autoptr(GError) refused = NULL;
    assert_false(sy_store_back_off(store, id, epoch, "load", "again", 3000, 1, 1030, &refused));
    assert_int_equal(refused->code, SY_ERROR_HELD);
    assert_good(sy_store_claim_run(store, id, epoch, 2, 2, 2001, &claimed, &error));
    assert_true(claimed);
    const SyStepRow again = {"load", 2, SY_STEP_SUCCEEDED, 2001, 2050, ""};
    sy_store_wait_steps(store, id, &again, 1);
    assert_good(sy_store_end_run(store, id, epoch, SY_RUN_SUCCEEDED, "", 2100, &before, &error));
    assert_false(before);
    g_auto(SyRunRow) run = {0};
    assert_good(sy_store_load_run(store, id, &run, &error));
    assert_int_equal(run.started, 1010);
    assert_int_equal(run.ended, 2100);
    assert_true(run.retry_at == SY_TIME_NONE);
    assert_int_equal(test_database_query(
                         "SELECT count(*) FROM attempt WHERE status = 'succeeded' AND number = 2 "
                         "AND started = 2001 AND ended = 2100"),
                     1);
    g_autoptr(GArray) steps = sy_store_load_steps(store, id, NULL);
    assert_int_equal(steps->len, 2);
    assert_int_equal(g_array_index(steps, SyStepRow, 0).status, SY_STEP_FAILED);
    assert_string_equal(g_array_index(steps, SyStepRow, 0).message, "no \xef\xbf\xbd route");
    assert_int_equal(g_array_index(steps, SyStepRow, 1).attempt, 2);
    g_autoptr(GArray) none = sy_store_unfinished_runs(store, "backoff", NULL);
    assert_int_equal(none->len, 0);
}

static void test_runs__end_once(void **state) {
    (void)state;
    gint64 epoch;
    bool before;
    g_autoptr(SyStore) store = open_study("end", &epoch);
    gint64 id = test_store_plan(store, "end", 1000, epoch);
    g_autoptr(GError) stale = NULL;
    assert_false(
        sy_store_end_run(store, id, epoch - 1, SY_RUN_FAILED, "late", 1100, &before, &stale));
    assert_int_equal(stale->code, SY_ERROR_HELD);
    assert_good(
        sy_store_end_run(store, id, epoch, SY_RUN_CRASHED, "signal 11", 1100, &before, &error));
    assert_false(before);
    assert_good(sy_store_end_run(store, id, epoch, SY_RUN_SUCCEEDED, "", 1200, &before, &error));
    assert_true(before);
    g_auto(SyRunRow) run = {0};
    assert_good(sy_store_load_run(store, id, &run, &error));
    assert_int_equal(run.status, SY_RUN_CRASHED);
    assert_string_equal(run.message, "signal 11");
}

static void test_runs__keep_the_files_they_made(void **state) {
    (void)state;
    gint64 epoch;
    g_autoptr(SyStore) store = open_study("files", &epoch);
    gint64 id = test_store_plan(store, "files", 1000, epoch);
    g_autoptr(GPtrArray) paths = g_ptr_array_new();
    g_ptr_array_add(paths, (gpointer) "/r/b.html");
    g_ptr_array_add(paths, (gpointer) "/r/a.png");
    assert_good(sy_store_add_artifacts(store, id, "report", paths, 1005, &error));
    g_ptr_array_set_size(paths, 1);
    assert_good(sy_store_add_artifacts(store, id, "report", paths, 1006, &error));
    g_auto(GStrv) stored = sy_store_load_artifacts(store, id, "report", NULL);
    assert_int_equal(g_strv_length(stored), 3);
    assert_string_equal(stored[0], "/r/b.html");
    assert_string_equal(stored[1], "/r/a.png");
    g_autoptr(GError) error = NULL;
    assert_false(sy_store_add_artifacts(store, 99999, "report", paths, 1005, &error));
    assert_int_equal(error->code, SY_ERROR_DATA);
}

static void test_jobs__are_paused_and_resumed(void **state) {
    (void)state;
    SyJobRecord job;
    g_autoptr(SyStore) store = test_database_store();
    assert_good(sy_store_pause(store, "paused", NULL, true, "holiday", "ann", 100, &error));
    assert_good(sy_store_load_job(store, "paused", "report", &job, &error));
    assert_true(job.paused && job.resume_from == SY_TIME_NONE);
    assert_good(sy_store_pause(store, "paused", "trade", false, "", "bob", 200, &error));
    assert_good(sy_store_load_job(store, "paused", "trade", &job, &error));
    assert_true(!job.paused && job.resume_from == 200);
    assert_good(sy_store_load_job(store, "paused", "report", &job, &error));
    assert_true(job.paused);
    assert_int_equal(test_database_query("SELECT count(*) FROM event WHERE study_name = 'paused'"),
                     2);
}

static void test_triggers__come_until_their_slot_is_decided(void **state) {
    (void)state;
    gint64 epoch, id;
    const char *const studies[] = {"trigger", NULL}, *const others[] = {"job", NULL};
    g_autoptr(SyStore) store = open_study("trigger", &epoch);
    assert_good(sy_store_add_trigger(store, "trigger", "trade", "ann", 700, &id, &error));
    g_autoptr(GArray) foreign = sy_store_take_triggers(store, others, NULL);
    assert_int_equal(foreign->len, 0);
    g_autoptr(GArray) first = sy_store_take_triggers(store, studies, NULL);
    assert_int_equal(first->len, 1);
    assert_int_equal(g_array_index(first, SyTriggerRow, 0).created, 700);
    g_autoptr(GArray) again = sy_store_take_triggers(store, studies, NULL);
    assert_int_equal(again->len, 0);
    /* whoever takes over after a crash gets it again */
    assert_good(sy_store_take_study(store, "trigger", "run_all of 44", 8, &epoch, &error));
    g_autoptr(GArray) after = sy_store_take_triggers(store, studies, NULL);
    assert_int_equal(after->len, 1);
    test_store_plan(store, "trigger", 700, epoch);
    assert_int_equal(test_database_query("SELECT count(*) FROM trigger_request"), 0);
}

static void test_audit__of_all_this_is_whole(void **state) {
    (void)state;
    SyAudit audit;
    g_autoptr(SyStore) store = test_database_store();
    assert_good(sy_store_verify(store, &audit, &error));
    if (!audit.whole)
        fail_msg("at %" G_GINT64_FORMAT ": %s", audit.broken_at, audit.reason);
    assert_true(audit.checked > 20 && audit.first == 1 && audit.last == audit.checked);
    sy_audit_clear(&audit);
}

static void test_slots__jobs_that_were_paused_or_resumed_are_listed(void **state) {
    (void)state;
    gint64 epoch;
    g_autoptr(SyStore) store = open_study("listed", &epoch);
    test_store_plan(store, "listed", 1000, epoch); /* its job was never paused */
    assert_good(sy_store_pause(store, "one", "report", true, "", "me", 7, &error));
    assert_good(sy_store_pause(store, "two", "task", true, "", "me", 8, &error));
    assert_good(sy_store_pause(store, "two", "task", false, "", "me", 9, &error));
    GArray *rows = NULL;
    assert_good(rows = sy_store_paused_jobs(store, &error));
    int one = 0, two = 0;
    for (guint i = 0; i < rows->len; i++) {
        const SyJobRow *row = &g_array_index(rows, SyJobRow, i);
        assert_string_not_equal(row->study, "listed");
        one += strcmp(row->study, "one") == 0 && strcmp(row->kind, "report") == 0 &&
               row->record.paused && row->record.resume_from == SY_TIME_NONE;
        two += strcmp(row->study, "two") == 0 && strcmp(row->kind, "task") == 0 &&
               !row->record.paused && row->record.resume_from == 9;
    }
    assert_int_equal(one, 1);
    assert_int_equal(two, 1);
    g_array_unref(rows);
}

static void test_slots__rows_after_a_moment_are_in_order(void **state) {
    (void)state;
    gint64 epoch;
    g_autoptr(SyStore) store = open_study("ahead", &epoch);
    const SyTime nominals[] = {5000, 1000, 3000, 2000};
    for (gsize i = 0; i < G_N_ELEMENTS(nominals); i++)
        test_store_plan(store, "ahead", nominals[i], epoch);
    GArray *times = NULL;
    assert_good(times = sy_store_slots_after(store, "ahead", "trade", 2000, &error));
    assert_int_equal(times->len, 2);
    assert_int_equal(g_array_index(times, SyTime, 0), 3000);
    assert_int_equal(g_array_index(times, SyTime, 1), 5000);
    g_array_unref(times);
}

int main(int argc, char **argv) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_slots__a_decision_comes_back_as_a_run),
        cmocka_unit_test(test_slots__a_slot_is_decided_once),
        cmocka_unit_test(test_slots__one_stale_epoch_refuses_all),
        cmocka_unit_test(test_slots__a_job_knows_its_newest_slot_and_its_runs),
        cmocka_unit_test(test_runs__are_claimed_once_and_by_the_holder_only),
        cmocka_unit_test(test_runs__back_off_and_go_on_under_the_same_seed),
        cmocka_unit_test(test_runs__end_once),
        cmocka_unit_test(test_runs__keep_the_files_they_made),
        cmocka_unit_test(test_jobs__are_paused_and_resumed),
        cmocka_unit_test(test_slots__jobs_that_were_paused_or_resumed_are_listed),
        cmocka_unit_test(test_slots__rows_after_a_moment_are_in_order),
        cmocka_unit_test(test_triggers__come_until_their_slot_is_decided),
        cmocka_unit_test(test_audit__of_all_this_is_whole),
    };
    return test_database_run(argc, argv, tests);
}
