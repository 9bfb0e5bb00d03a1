/* The strategy report: what it says first, which sections it has, and what the period shown does to
 * the figures. */
#include "test.h"

#include <math.h>
#include <string.h>

#include "report/strategy.h"
#include "report/strategy_view.h"
#include "small_run.h"

static const SyReportSection *find_section(const SyReport *report, const char *id) {
    for (guint i = 0; i < report->sections->len; i++) {
        const SyReportSection *section = g_ptr_array_index(report->sections, i);
        if (strcmp(section->id, id) == 0)
            return section;
    }
    fail_msg("there is no section %s", id);
    return NULL;
}

/* The text of a column in the row of the metric with this title. */
static const char *metric_text(const SyReport *report, const char *title, guint column) {
    const SyReportSection *section = find_section(report, "metrics");
    const SyReportColumn *titles = g_ptr_array_index(section->columns, 0);
    const SyReportColumn *values = g_ptr_array_index(section->columns, column);
    for (guint row = 0; row < titles->text->len; row++)
        if (strcmp(g_ptr_array_index(titles->text, row), title) == 0)
            return g_ptr_array_index(values->text, row);
    fail_msg("there is no metric %s", title);
    return NULL;
}

static void test_strategy_report__says_before_costs_first_where_fees_are_0(void **state) {
    (void)state;
    g_autoptr(SmallRun) free_of_costs = small_run_new(200, true, 0, false);
    g_autoptr(SyReport) before = sy_strategy_report_new(&free_of_costs->run, SY_TIME_NONE, 0);
    assert_true(g_str_has_prefix(before->headline, "Before costs"));
    assert_non_null(strstr(before->headline, "break-even fee"));
    g_autoptr(SmallRun) with_costs = small_run_new(200, true, 0.001, false);
    g_autoptr(SyReport) after = sy_strategy_report_new(&with_costs->run, SY_TIME_NONE, 0);
    assert_true(g_str_has_prefix(after->headline, "After costs: fees 0.10 %"));
}

static void test_strategy_report__has_every_section_of_the_specification(void **state) {
    (void)state;
    g_autoptr(SmallRun) small = small_run_new(200, true, 0, false);
    g_autoptr(SyReport) report = sy_strategy_report_new(&small->run, SY_TIME_NONE, 0);
    static const char *const ids[] = {"equity",  "drawdown",  "monthly_returns", "price_1",
                                      "price_2", "exposure",  "model_output",    "metrics",
                                      "trades",  "drawdowns", "splits"};
    for (gsize i = 0; i < G_N_ELEMENTS(ids); i++)
        find_section(report, ids[i]);
    assert_int_equal(report->highlights->len, 6);
    assert_int_equal(report->warnings->len, 2);
    assert_int_equal(sy_section_rows(find_section(report, "trades")), small->ledger->trades->len);
    assert_int_equal(sy_section_rows(find_section(report, "splits")), 1);
    const SyReportSection *price = find_section(report, "price_1");
    const SyReportSeries *longs = g_ptr_array_index(price->series, 1);
    const SyReportSeries *shorts = g_ptr_array_index(price->series, 2);
    guint entries = 0;
    for (guint i = 0; i < small->ledger->positions->len; i++)
        entries += sy_ledger_position(small->ledger, i)->column == 0;
    assert_true(entries > 2);
    assert_int_equal(longs->n + shorts->n, entries);
}

static void test_strategy_report__a_view_of_everything_has_the_ledgers_metrics(void **state) {
    (void)state;
    g_autoptr(SmallRun) small = small_run_new(300, true, 0.001, false);
    g_autoptr(SyStrategyView) view = sy_strategy_view_new(&small->run, 0);
    SyMetricInput input = sy_metric_input(&small->portfolio, small->run.panel->timeframe,
                                          small->ledger, &small->prices, 0);
    for (gsize i = 0; i < sy_n_metrics; i++) {
        double expected = sy_metrics[i].compute(&input);
        double shown = sy_strategy_view_metric(view, sy_metrics[i].name);
        if (isnan(expected) ? !isnan(shown) : shown != expected)
            fail_msg("%s is %.17g, of the ledger %.17g", sy_metrics[i].name, shown, expected);
    }
}

static void test_strategy_report__periods_multiply_to_the_whole(void **state) {
    (void)state;
    for (int sharing = 0; sharing < 2; sharing++) {
        g_autoptr(SmallRun) small = small_run_new(300, sharing, 0.001, false);
        g_autoptr(SyStrategyView) whole = sy_strategy_view_new(&small->run, 0);
        g_autoptr(SyStrategyView) part = sy_strategy_view_new(&small->run, 120);
        double before = whole->ledger->value[119] / whole->ledger->init_value[0];
        double after = 1 + sy_strategy_view_metric(part, "total_return");
        assert_near(before * after, 1 + sy_strategy_view_metric(whole, "total_return"), 1e-12);
        assert_int_equal(part->rows, 180);
        for (guint i = 0; i < part->ledger->trades->len; i++) {
            const SyTradeRecord *trade = sy_ledger_trade(part->ledger, i);
            assert_true(trade->exit_row < part->rows);
            assert_true(trade->exit_row - trade->entry_row < 300);
        }
    }
}

static void test_strategy_report__shows_the_period_beside_the_whole_history(void **state) {
    (void)state;
    g_autoptr(SmallRun) small = small_run_new(300, true, 0, false);
    SyTime since = small->panel->time[250];
    g_autoptr(SyReport) report = sy_strategy_report_new(&small->run, since, 0);
    g_autoptr(SyReport) everything = sy_strategy_report_new(&small->run, SY_TIME_NONE, 0);
    const SyReportSection *equity = find_section(report, "equity");
    const SyReportSeries *series = g_ptr_array_index(equity->series, 0);
    assert_int_equal(series->n, 50);
    find_section(report, "equity_whole");
    assert_string_equal(metric_text(report, "Total return", 2),
                        metric_text(everything, "Total return", 1));
    assert_string_not_equal(metric_text(report, "Total return", 1),
                            metric_text(report, "Total return", 2));
}

static void assert_no_nan(const char *text) {
    if (text && strstr(text, "nan"))
        fail_msg("“%s” holds nan", text);
}

static void test_strategy_report__says_n_a_where_there_is_nothing(void **state) {
    (void)state;
    static const gsize lengths[] = {1, 2, 3, 12};
    for (gsize i = 0; i < G_N_ELEMENTS(lengths); i++)
        for (int part = 0; part < 3; part++) {
            g_autoptr(SmallRun) small = small_run_new(lengths[i], true, 0, true);
            SyTime last = small->panel->time[lengths[i] - 1];
            SyTime since = part == 0 ? SY_TIME_NONE : part == 1 ? last : last + 1;
            g_autoptr(SyReport) report = sy_strategy_report_new(&small->run, since, 0);
            assert_no_nan(report->headline);
            assert_no_nan(report->subtitle);
            for (guint f = 0; f < report->facts->len; f++)
                assert_no_nan(((SyReportFact *)g_ptr_array_index(report->facts, f))->value);
            for (guint f = 0; f < report->highlights->len; f++)
                assert_no_nan(((SyReportFact *)g_ptr_array_index(report->highlights, f))->value);
            const SyReportSection *metrics = find_section(report, "metrics");
            for (guint c = 0; c < metrics->columns->len; c++)
                for (gsize row = 0; row < sy_section_rows(metrics); row++) {
                    g_autofree char *cell =
                        sy_column_format(g_ptr_array_index(metrics->columns, c), row);
                    assert_no_nan(cell);
                }
            assert_string_equal(metric_text(report, "Win rate", 1), "n/a");
        }
}

/* A close at midnight ends the day and the month before. */
static void test_strategy_report__months_end_with_the_close_at_midnight(void **state) {
    (void)state;
    g_autoptr(SmallRun) small = small_run_new(24 * 40, true, 0, false);
    g_autoptr(SyReport) report = sy_strategy_report_new(&small->run, SY_TIME_NONE, 0);
    const SyReportSection *months = find_section(report, "monthly_returns");
    const SyReportColumn *january = g_ptr_array_index(months->columns, 1);
    const SyReportColumn *february = g_ptr_array_index(months->columns, 2);
    const SyReportColumn *march = g_ptr_array_index(months->columns, 3);
    double at_end = small->ledger->value[24 * 31 - 1];
    assert_near(g_array_index(january->number, double, 0), at_end / 100 - 1, 1e-12);
    assert_near(g_array_index(february->number, double, 0),
                small->ledger->value[24 * 40 - 1] / at_end - 1, 1e-12);
    assert_true(isnan(g_array_index(march->number, double, 0)));
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_strategy_report__says_before_costs_first_where_fees_are_0),
        cmocka_unit_test(test_strategy_report__has_every_section_of_the_specification),
        cmocka_unit_test(test_strategy_report__a_view_of_everything_has_the_ledgers_metrics),
        cmocka_unit_test(test_strategy_report__periods_multiply_to_the_whole),
        cmocka_unit_test(test_strategy_report__shows_the_period_beside_the_whole_history),
        cmocka_unit_test(test_strategy_report__says_n_a_where_there_is_nothing),
        cmocka_unit_test(test_strategy_report__months_end_with_the_close_at_midnight),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
