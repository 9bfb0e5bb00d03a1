/* Builds the sample report of the report tests. */
#include "sample_report.h"

#include <math.h>

#include "report/palette.h"

static void add_curves(SyReport *report, gsize points) {
    g_autofree double *x = g_new(double, points + 1), *y = g_new(double, points + 1);
    GRand *random = g_rand_new_with_seed(42);
    for (int kind = SY_SERIES_LINE; kind <= SY_SERIES_MARK_EXIT; kind++) {
        SyReportSection *section =
            sy_report_add_plot(report, sy_series_kind_names[kind], sy_series_kind_names[kind], NULL,
                               "Time (UTC)", "Value (money)", SY_UNIT_MONEY);
        section->x_is_time = true;
        section->on_sheet = true;
        section->y_log = kind == SY_SERIES_STEP;
        double value = 100;
        for (gsize i = 0; i < points; i++) {
            value *= 1 + 0.02 * (g_rand_double(random) - 0.5);
            x[i] = 1577836800.0 + 3600.0 * (double)i;
            y[i] = i % 97 == 5 ? NAN : value;
        }
        sy_section_add_series(section, "Curve", (SySeriesKind)kind, kind, x, y, points);
        const double level = 101.5;
        sy_section_add_series(section, "Level", SY_SERIES_LEVEL, SY_COLOUR_LEVEL, NULL, &level, 1)
            ->dashed = true;
    }
    g_rand_free(random);
}

static void add_table(SyReport *report, gsize rows) {
    SyReportSection *section = sy_report_add_table(report, "trades", "Trades", "One row a trade.");
    section->on_sheet = true;
    SyReportColumn *columns[SY_REPORT_UNITS];
    for (int unit = 0; unit < SY_REPORT_UNITS; unit++)
        columns[unit] = sy_section_add_column(section, sy_report_unit_names[unit],
                                              sy_report_unit_names[unit], (SyReportUnit)unit);
    for (gsize row = 0; row < rows; row++) {
        sy_column_add_text(columns[SY_UNIT_TEXT], row % 2 ? "a, \"quoted\" cell" : "plain");
        for (int unit = 1; unit < SY_REPORT_UNITS; unit++)
            sy_column_add_number(columns[unit], row % 11 == 3 ? NAN : (double)row * 1.25 - 3);
    }
}

static void add_heatmap(SyReport *report) {
    SyReportSection *section = sy_report_add_heatmap(report, "monthly", "Monthly returns", NULL);
    section->on_sheet = true;
    SyReportColumn *labels = sy_section_add_column(section, "year", "Year", SY_UNIT_TEXT);
    sy_column_add_text(labels, "2020");
    sy_column_add_text(labels, "2021");
    for (int month = 1; month <= 12; month++) {
        g_autofree char *name = g_strdup_printf("m%02d", month);
        SyReportColumn *column = sy_section_add_column(section, name, name, SY_UNIT_FRACTION);
        sy_column_add_number(column, 0.01 * (month - 6));
        sy_column_add_number(column, month > 6 ? NAN : -0.02 * month);
    }
}

SyReport *sample_report(gsize points, gsize table_rows) {
    SyReport *report = sy_report_new("sample – größer", 1577836800 * SY_SECOND);
    report->subtitle = g_strdup("A / B · 1h");
    report->headline = g_strdup("Before costs");
    sy_report_add_fact(report, "Program", "Systematica %s", "0");
    sy_report_add_fact(report, "Bars", "%d", 500);
    sy_report_add_highlight(report, "Total return", "%s", "12.30 %");
    sy_report_add_highlight(report, "Sharpe", "%s", "n/a");
    sy_report_add_warning(report, "Two bars are missing.");
    add_curves(report, points);
    add_heatmap(report);
    add_table(report, table_rows);
    return report;
}
