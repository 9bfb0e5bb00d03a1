/* From a template's [schedule] and the command line to jobs. */
#include "test.h"

#include <string.h>

#include "base/error.h"
#include "cli.h"
#include "workflow/jobs.h"

static SyStrategy *strategy_with(const char *sections, GError **error) {
    g_autofree char *sample = test_read(g_getenv("SY_SOURCE_ROOT"), "templates/dale.toml");
    g_autofree char *text = g_strconcat(sample, "\n", sections, NULL);
    return sy_strategy_read(text, strlen(text), "t.toml", error);
}

static SyJobs jobs_of(const char *sections, const SyJobOptions *options) {
    g_autoptr(GError) error = NULL;
    g_autoptr(SyStrategy) strategy = strategy_with(sections, &error);
    SyJobs jobs = {0};
    if (!strategy)
        fail_msg("%s", error->message);
    sy_jobs_make(strategy, options, &jobs);
    for (gsize i = 0; i < jobs.n; i++)
        assert_string_equal(jobs.job[i].study, strategy->template->meta.study_name);
    return jobs;
}

static const SyJobOptions usual = {
    .trade = true, .report = true, .report_every = {SY_HOUR, 0}, .max_buffer_seconds = 500};

static void
test_jobs__a_strategy_trades_each_bar_and_reports_as_the_command_line_says(void **state) {
    (void)state;
    g_auto(SyJobs) jobs = jobs_of("", &usual);
    assert_int_equal(jobs.n, 2);
    const SyJob *trade = &jobs.job[0], *report = &jobs.job[1];
    assert_int_equal(trade->kind, SY_JOB_TRADE);
    assert_int_equal(sy_schedule_next(trade->schedule, 0), SY_HOUR);
    assert_non_null(trade->probe);
    assert_int_equal(trade->max_buffer, 500 * SY_SECOND);
    assert_int_equal(sy_job_wait_ends(trade, SY_HOUR), SY_HOUR + 500 * SY_SECOND);
    assert_int_equal(report->kind, SY_JOB_REPORT);
    assert_null(report->probe);
    assert_int_equal(sy_schedule_next(report->schedule, 1), SY_HOUR);
}

static void test_jobs__the_wait_ends_with_the_next_slot(void **state) {
    (void)state;
    SyJobOptions patient = usual;
    patient.max_buffer_seconds = 86400;
    g_auto(SyJobs) jobs = jobs_of("", &patient);
    assert_int_equal(sy_job_wait_ends(&jobs.job[0], SY_HOUR), 2 * SY_HOUR);
}

static void test_jobs__an_option_that_was_given_wins_over_the_template(void **state) {
    (void)state;
    static const char *const section = "[schedule]\ndelay = \"5s\"\njitter = \"2s\"\noverlap = "
                                       "\"queue\"\n[schedule.report]\nevery = \"2h\"\n";
    g_auto(SyJobs) jobs = jobs_of(section, &usual);
    assert_int_equal(jobs.job[0].delay, 5 * SY_SECOND);
    assert_int_equal(jobs.job[0].jitter, 2 * SY_SECOND);
    assert_int_equal(jobs.job[0].overlap, SY_OVERLAP_QUEUE);
    assert_int_equal(jobs.job[1].delay, 0);
    assert_int_equal(sy_schedule_next(jobs.job[1].schedule, 1), 2 * SY_HOUR);
    SyJobOptions given = usual;
    given.report_every_was_given = true;
    g_auto(SyJobs) asked = jobs_of(section, &given);
    assert_int_equal(sy_schedule_next(asked.job[1].schedule, 1), SY_HOUR);
}

static void test_jobs__what_is_caught_up_has_a_limit(void **state) {
    (void)state;
    g_auto(SyJobs) jobs = jobs_of("[schedule.report]\nevery = \"1h\"\ncatchup = \"all\"\n", &usual);
    assert_int_equal(jobs.job[0].catchup, SY_CATCHUP_AUTO);
    assert_int_equal(jobs.job[1].catchup, SY_CATCHUP_ALL);
    assert_int_equal(jobs.job[1].catchup_max, 100);
}

static void test_jobs__only_what_is_asked_for(void **state) {
    (void)state;
    SyJobOptions options = usual;
    options.trade = false;
    g_auto(SyJobs) reports = jobs_of("", &options);
    assert_int_equal(reports.n, 1);
    assert_int_equal(reports.job[0].kind, SY_JOB_REPORT);
}

static void test_jobs__what_is_wrong_is_named_at_its_place(void **state) {
    (void)state;
    static const struct {
        const char *section, *says;
    } cases[] = {
        {"[schedule]\nevry = \"5m\"\n", "did you mean \"every\"?"},
        {"[schedule]\nevery = \"5 parsecs\"\n", "[schedule] every"},
        {"[schedule.report]\nat = \"25:00\"\n", "[schedule.report] at"},
        {"[schedule]\ncatchup = \"last\"\n", "a trade is never caught up"},
        {"[schedule]\ncatchup = \"all\"\n", "[schedule] catchup = \"all\""},
        {"[schedule.report]\nevery = \"1h\"\ncatchup = \"all\"\ncatchup_max = 0\n",
         "[schedule.report] catchup_max"},
        {"[schedule]\nevery = \"5m\"\ncron = \"* * * * *\"\n", "[schedule] "},
    };
    for (gsize i = 0; i < G_N_ELEMENTS(cases); i++) {
        g_autoptr(GError) error = NULL;
        g_autoptr(SyStrategy) strategy = strategy_with(cases[i].section, &error);
        if (strategy || !strstr(error->message, cases[i].says) ||
            !g_str_has_prefix(error->message, "t.toml:"))
            fail_msg("%s: %s", cases[i].section, error ? error->message : "accepted");
        assert_null(strstr(error->message, "\nt.toml")); /* one mistake, one message */
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(
            test_jobs__a_strategy_trades_each_bar_and_reports_as_the_command_line_says),
        cmocka_unit_test(test_jobs__the_wait_ends_with_the_next_slot),
        cmocka_unit_test(test_jobs__an_option_that_was_given_wins_over_the_template),
        cmocka_unit_test(test_jobs__what_is_caught_up_has_a_limit),
        cmocka_unit_test(test_jobs__only_what_is_asked_for),
        cmocka_unit_test(test_jobs__what_is_wrong_is_named_at_its_place),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
