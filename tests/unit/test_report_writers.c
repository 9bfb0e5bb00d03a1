/* The writers of systematica-report: same bytes from the same report, selectable text, stable CSV
 * headers, nothing that crashes on an empty report. */
#include "test.h"

#include <math.h>
#include <string.h>

#include "base/error.h"
#include "cli.h"
#include "report/palette.h"
#include "report/ticks.h"
#include "report/writer.h"
#include "sample_report.h"

/* --- folders ---------------------------------------------------------------------------------- */

static gint by_name(gconstpointer a, gconstpointer b) {
    return strcmp(*(char *const *)a, *(char *const *)b);
}

/* A file's bytes, or all files of a folder with their names, joined. */
static GString *read_all(const char *path) {
    GString *all = g_string_new(NULL);
    GDir *folder = g_dir_open(path, 0, NULL);
    if (!folder) {
        char *bytes;
        gsize length;
        assert_true(g_file_get_contents(path, &bytes, &length, NULL));
        g_string_append_len(all, bytes, (gssize)length);
        g_free(bytes);
        return all;
    }
    g_autoptr(GPtrArray) names = g_ptr_array_new_with_free_func(g_free);
    const char *name;
    while ((name = g_dir_read_name(folder)))
        g_ptr_array_add(names, g_strdup(name));
    g_dir_close(folder);
    g_ptr_array_sort(names, by_name);
    for (guint i = 0; i < names->len; i++) {
        g_autofree char *child = g_build_filename(path, g_ptr_array_index(names, i), NULL);
        GString *part = read_all(child);
        g_string_append_printf(all, "%s\n", (char *)g_ptr_array_index(names, i));
        g_string_append_len(all, part->str, (gssize)part->len);
        g_string_free(part, TRUE);
    }
    return all;
}

static char *write_with(const SyReportWriter *writer, const SyReport *report, const char *folder,
                        const char *name) {
    g_autofree char *file = g_strconcat(name, writer->extension, NULL);
    char *path = g_build_filename(folder, file, NULL);
    g_autoptr(GError) error = NULL;
    if (!writer->write(report, path, &error))
        fail_msg("%s: %s", writer->name, error->message);
    return path;
}

/* --- tests ------------------------------------------------------------------------------------ */

static void test_writers__same_report_same_bytes(void **state) {
    (void)state;
    g_autofree char *folder = g_dir_make_tmp("systematica-XXXXXX", NULL);
    for (gsize i = 0; i < sy_n_report_writers; i++) {
        g_autoptr(SyReport) report = sample_report(5000, 120), again = sample_report(5000, 120);
        g_autofree char *a = write_with(&sy_report_writers[i], report, folder, "a");
        g_autofree char *b = write_with(&sy_report_writers[i], again, folder, "b");
        GString *first = read_all(a), *second = read_all(b);
        assert_true(first->len > 0);
        if (!g_string_equal(first, second))
            fail_msg("%s differs between two runs", sy_report_writers[i].name);
        g_string_free(first, TRUE);
        g_string_free(second, TRUE);
    }
    test_folder_remove(folder);
}

static SyReport *hostile_report(int which) {
    SyReport *report = sy_report_new("", 0);
    if (which == 0)
        return report;
    SyReportSection *plot =
        sy_report_add_plot(report, "plot", "Plot", NULL, NULL, NULL, SY_UNIT_NUMBER);
    SyReportSection *table = sy_report_add_table(report, "table", "Table", NULL);
    SyReportSection *heatmap = sy_report_add_heatmap(report, "heatmap", "Heatmap", NULL);
    plot->on_sheet = table->on_sheet = heatmap->on_sheet = true;
    sy_section_add_column(heatmap, "label", "Label", SY_UNIT_TEXT);
    if (which == 1)
        return report;
    SyReportColumn *cells = sy_section_add_column(heatmap, "cell", "Cell", SY_UNIT_FRACTION);
    SyReportColumn *numbers = sy_section_add_column(table, "number", "Number", SY_UNIT_NUMBER);
    const double odd[] = {NAN, INFINITY, -INFINITY, 1e308, -1e308, 5e-324, 0};
    for (gsize i = 0; i < G_N_ELEMENTS(odd); i++) {
        sy_column_add_number(cells, odd[i]);
        sy_column_add_number(numbers, odd[i]);
    }
    plot->y_log = which == 3;
    plot->x_is_time = which == 4;
    for (int kind = 0; kind < SY_SERIES_LEVEL; kind++) {
        sy_section_add_series(plot, "odd", (SySeriesKind)kind, 0, odd, odd, G_N_ELEMENTS(odd));
        sy_section_add_series(plot, "one", (SySeriesKind)kind, 1, &odd[6], &odd[6], 1);
        sy_section_add_series(plot, "none", (SySeriesKind)kind, 2, NULL, NULL, 0);
    }
    sy_section_add_series(plot, "level", SY_SERIES_LEVEL, 0, NULL, &odd[0], 1);
    return report;
}

static void test_writers__survive_empty_sections_and_odd_numbers(void **state) {
    (void)state;
    g_autofree char *folder = g_dir_make_tmp("systematica-XXXXXX", NULL);
    for (int which = 0; which <= 4; which++)
        for (gsize i = 0; i < sy_n_report_writers; i++) {
            g_autoptr(SyReport) report = hostile_report(which);
            g_autofree char *path = write_with(&sy_report_writers[i], report, folder, "odd");
        }
    test_folder_remove(folder);
}

static void test_writers__say_which_path_cannot_be_written(void **state) {
    (void)state;
    g_autoptr(SyReport) report = sample_report(3, 3);
    for (gsize i = 0; i < sy_n_report_writers; i++) {
        g_autoptr(GError) error = NULL;
        assert_false(sy_report_writers[i].write(report, "/proc/nothing/here", &error));
        assert_int_equal(error->code, SY_ERROR_IO);
        assert_non_null(strstr(error->message, "/proc/nothing"));
    }
}

static void test_pdf__has_selectable_text_and_page_numbers(void **state) {
    (void)state;
    g_autofree char *program = g_find_program_in_path("pdftotext");
    if (!program)
        skip();
    g_autofree char *folder = g_dir_make_tmp("systematica-XXXXXX", NULL), *text = NULL;
    g_autoptr(SyReport) report = sample_report(500, 400);
    g_autofree char *path = write_with(sy_report_writer_find("pdf"), report, folder, "text");
    const char *command[] = {program, "-layout", path, "-", NULL};
    assert_true(g_spawn_sync(NULL, (char **)command, NULL, 0, NULL, NULL, &text, NULL, NULL, NULL));
    static const char *const expected[] = {"sample – größer", "Before costs", "12.30 %", "1 / ",
                                           "Trades",          "1969-12-31",   "n/a"};
    for (gsize i = 0; i < G_N_ELEMENTS(expected); i++)
        if (!strstr(text, expected[i]))
            fail_msg("“%s” is not in the text of the PDF", expected[i]);
    /* The table's header is repeated: 400 rows need more than six pages. */
    gsize headers = 0;
    for (const char *p = text; (p = strstr(p, "fraction")); p++)
        headers++;
    assert_true(headers > 5);
    test_folder_remove(folder);
}

static void test_csv__columns_are_stable(void **state) {
    (void)state;
    g_autofree char *folder = g_dir_make_tmp("systematica-XXXXXX", NULL);
    g_autoptr(SyReport) report = sample_report(2, 2);
    g_autofree char *path = write_with(sy_report_writer_find("csv"), report, folder, "csv");
    static const struct {
        const char *file, *text;
    } expected[] = {
        {"facts.csv", "name,value\nProgram,Systematica 0\nBars,500\n"},
        {"line.csv", "series,time,value\nCurve,2020-01-01T00:00:00Z,100.5930859685757\n"},
        {"trades.csv", "text,number,count,fraction,money,price,seconds,time\n"
                       "plain,-3,-3,-3,-3,-3,-3,1969-12-31T23:59:57Z\n"
                       "\"a, \"\"quoted\"\" cell\",-1.75,-1.75,-1.75,-1.75,-1.75,-1.75,"
                       "1969-12-31T23:59:58.25Z\n"},
        {"monthly.csv", "year,m01,m02,m03,m04,m05,m06,m07,m08,m09,m10,m11,m12\n2020,-0.05,"},
    };
    for (gsize i = 0; i < G_N_ELEMENTS(expected); i++) {
        g_autofree char *file = g_build_filename(path, expected[i].file, NULL), *text = NULL;
        assert_true(g_file_get_contents(file, &text, NULL, NULL));
        if (!g_str_has_prefix(text, expected[i].text))
            fail_msg("%s begins with\n%.200s", expected[i].file, text);
    }
    test_folder_remove(folder);
}

/* --- ticks ------------------------------------------------------------------------------------ */

static void assert_ticks(GArray *ticks, const char *expected) {
    g_autoptr(GString) labels = g_string_new(NULL);
    for (guint i = 0; i < ticks->len; i++)
        g_string_append_printf(labels, "%s%s", i ? "|" : "", g_array_index(ticks, SyTick, i).label);
    g_array_unref(ticks);
    assert_string_equal(labels->str, expected);
}

static void test_ticks__linear_are_round_and_read_alike(void **state) {
    (void)state;
    assert_ticks(sy_ticks_linear(0, 10, 5, SY_UNIT_NUMBER), "0|2|4|6|8|10");
    assert_ticks(sy_ticks_linear(-0.051, 0.101, 4, SY_UNIT_FRACTION), "-5 %|0 %|5 %|10 %");
    assert_ticks(sy_ticks_linear(0, 0.014, 5, SY_UNIT_FRACTION),
                 "0.00 %|0.25 %|0.50 %|0.75 %|1.00 %|1.25 %");
    assert_ticks(sy_ticks_linear(9000, 12000, 3, SY_UNIT_MONEY), "9,000|10,000|11,000|12,000");
    assert_ticks(sy_ticks_linear(1, 1, 3, SY_UNIT_MONEY), "");
    assert_ticks(sy_ticks_linear(0, INFINITY, 3, SY_UNIT_MONEY), "");
    assert_ticks(sy_ticks_linear(1e16, 1e16 + 2, 8, SY_UNIT_MONEY), "");
}

static void test_ticks__logarithmic_are_powers_with_2_and_5_between(void **state) {
    (void)state;
    assert_ticks(sy_ticks_log(90, 1100, 6, SY_UNIT_MONEY), "100|200|500|1,000");
    assert_ticks(sy_ticks_log(0.5, 2e6, 6, SY_UNIT_MONEY), "1|100|10,000|1,000,000");
    assert_ticks(sy_ticks_log(100, 200, 3, SY_UNIT_MONEY), "100|150|200");
}

static void assert_time_ticks(const char *low, const char *high, const char *expected) {
    SyTime from, to;
    assert_true(sy_time_parse(low, 0, &from, NULL));
    assert_true(sy_time_parse(high, 0, &to, NULL));
    assert_ticks(sy_ticks_time((double)(from / SY_SECOND), (double)(to / SY_SECOND), 6), expected);
}

static void test_ticks__time_falls_on_the_calendar(void **state) {
    (void)state;
    assert_time_ticks("2018-01-01", "2020-08-05", "Jan 2018|Jul|2019|Jul|2020|Jul");
    assert_time_ticks("1999-11-01", "2017-12-29", "2000|2005|2010|2015");
    assert_time_ticks("2020-03-28", "2020-04-03",
                      "28 Mar 2020|29 Mar|30 Mar|31 Mar|1 Apr|2 Apr|3 Apr");
    assert_time_ticks("2020-08-02T01:00Z", "2020-08-05T15:00Z", "3 Aug 2020|4 Aug|5 Aug");
    assert_time_ticks("2020-08-05T21:30Z", "2020-08-06T01:10Z", "5 Aug 22:00|23:00|6 Aug|01:00");
    assert_time_ticks("2019-12-20", "2020-01-25", "23 Dec 2019|30 Dec|6 Jan 2020|13 Jan|20 Jan");
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_writers__same_report_same_bytes),
        cmocka_unit_test(test_writers__survive_empty_sections_and_odd_numbers),
        cmocka_unit_test(test_writers__say_which_path_cannot_be_written),
        cmocka_unit_test(test_pdf__has_selectable_text_and_page_numbers),
        cmocka_unit_test(test_csv__columns_are_stable),
        cmocka_unit_test(test_ticks__linear_are_round_and_read_alike),
        cmocka_unit_test(test_ticks__logarithmic_are_powers_with_2_and_5_between),
        cmocka_unit_test(test_ticks__time_falls_on_the_calendar),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
