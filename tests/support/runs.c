/* Slots and runs by hand. */
#include "runs.h"

#include "broker/paper.h"
#include "cli.h"
#include "store.h"
#include "test.h"

static const char *get_environment(const char *name) { return g_getenv(name); }

static void must(bool good, const GError *error) {
    if (!good)
        fail_msg("%s", error ? error->message : "failed without a reason");
}

void test_runs_open(TestRuns *runs, char *folder, const char *study) {
    g_autoptr(GError) error = NULL;
    *runs = (TestRuns){.folder = folder, .study = g_strdup(study)};
    runs->env = sy_env_fixed(&runs->now);
    runs->report_program = g_build_filename(g_getenv("SY_BUILD_ROOT"), "systematica-report", NULL);
    runs->settings = sy_settings_load(folder, get_environment, &error);
    must(runs->settings != NULL, error);
    runs->store = sy_store_open("sqlite:///.workflow/state.db", folder, false, &error);
    must(runs->store != NULL, error);
    must(sy_store_take_study(runs->store, study, "test", 0, &runs->epoch, &error), error);
}

void test_runs_close(TestRuns *runs) {
    sy_store_close(runs->store);
    sy_settings_free(runs->settings);
    test_folder_remove(runs->folder);
    g_free(runs->folder);
    g_free(runs->study);
    g_free(runs->report_program);
}

gint64 test_runs_plan(TestRuns *runs, const char *kind, SyTime nominal, const char *text,
                      double max_buffer_seconds) {
    SyTime bar = strcmp(kind, "trade") == 0 ? nominal : SY_TIME_NONE;
    return test_runs_plan_bar(runs, kind, nominal, bar, text, max_buffer_seconds);
}

gint64 test_runs_plan_bar(TestRuns *runs, const char *kind, SyTime nominal, SyTime bar,
                          const char *text, double max_buffer_seconds) {
    g_autoptr(GError) error = NULL;
    g_autofree char *hash = g_compute_checksum_for_string(G_CHECKSUM_SHA256, text, -1);
    const SyRunRequest request = {.lookback_days = 3,
                                  .since = SY_TIME_NONE,
                                  .max_buffer_seconds = max_buffer_seconds,
                                  .notice = (char *)runs->notice};
    g_autofree char *json = sy_run_request_write(&request);
    SySlotDecision slot = {
        .study = runs->study,
        .kind = kind,
        .nominal = nominal,
        .status = SY_SLOT_ROW_RAN,
        .reason = "",
        .other = SY_TIME_NONE,
        .count = 1,
        .decided = runs->now,
        .run_status = SY_RUN_PLANNED,
        .template_hash = hash,
        .template_text = text,
        .request = json,
        .bar = bar,
    };
    must(sy_store_decide_slots(runs->store, &slot, 1, &runs->epoch, &error), error);
    assert_false(slot.already);
    return slot.run;
}

void test_runs_execute(TestRuns *runs, gint64 id, SyRunStatus status, SyTime *retry_at,
                       char **message) {
    const SyRunContext context = {
        .env = &runs->env,
        .settings = runs->settings,
        .workspace = runs->folder,
        .report_program = runs->report_program,
        .work_orders = sy_paper_fill,
        .threads = 1,
        .pid = 1,
        .pid_start = 1,
    };
    SyRunOutcome outcome;
    g_autoptr(GError) error = NULL;
    bool good = sy_run_execute(runs->store, id, runs->epoch, &context, &outcome, &error);
    if (outcome.status != status)
        fail_msg("run %d ended as %s, expected %s: %s", (int)id,
                 sy_run_status_names[outcome.status], sy_run_status_names[status],
                 error ? error->message : "no error");
    assert_int_equal(good, status == SY_RUN_SUCCEEDED);
    if (retry_at)
        *retry_at = outcome.retry_at;
    if (message)
        *message = error ? g_strdup(error->message) : NULL;
    g_auto(SyRunRow) row = {0};
    if (status != SY_RUN_PLANNED) { /* what is stored is what was said */
        assert_true(sy_store_load_run(runs->store, id, &row, NULL));
        assert_int_equal(row.status, status);
    }
    sy_run_outcome_clear(&outcome);
}

char *test_runs_steps(TestRuns *runs, gint64 id) {
    g_autoptr(GArray) rows = sy_store_load_steps(runs->store, id, NULL);
    assert_non_null(rows);
    GString *text = g_string_new(NULL);
    for (guint i = 0; i < rows->len; i++) {
        const SyStepRow *row = &g_array_index(rows, SyStepRow, i);
        g_string_append_printf(text, "%s%s:%s:%d", i ? " " : "", row->name,
                               sy_step_status_names[row->status], row->attempt);
    }
    return g_string_free(text, FALSE);
}

char *test_runs_step_message(TestRuns *runs, gint64 id, const char *step) {
    g_autoptr(GArray) rows = sy_store_load_steps(runs->store, id, NULL);
    assert_non_null(rows);
    const char *found = NULL;
    for (guint i = 0; i < rows->len; i++)
        if (strcmp(g_array_index(rows, SyStepRow, i).name, step) == 0)
            found = g_array_index(rows, SyStepRow, i).message;
    if (!found)
        fail_msg("no step %s", step);
    return g_strdup(found);
}

gint64 test_runs_count(TestRuns *runs, const char *sql) {
    return test_query("sqlite:///.workflow/state.db", runs->folder, sql);
}
