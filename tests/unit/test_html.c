/* The HTML writer: whatever a report says stays text, nothing is fetched, bytes repeat. How it
 * looks and reacts is tested in a browser (tests/e2e). */
#include "test.h"

#include <glib/gstdio.h>
#include <math.h>
#include <string.h>

#include "base/error.h"
#include "report/html.h"
#include "strategy_report.h"

static char *folder;

static int make_folder(void **state) {
    (void)state;
    folder = g_dir_make_tmp("systematica-html-XXXXXX", NULL);
    return folder ? 0 : -1;
}

static int remove_folder(void **state) {
    (void)state;
    int status = g_rmdir(folder); /* fails if a test or the writer left anything behind */
    g_free(folder);
    return status;
}

/* The page of a report. */
static char *render(const SyReport *report) {
    g_autoptr(GError) error = NULL;
    g_autofree char *path = g_build_filename(folder, "report.html", NULL);
    char *page = NULL;
    if (!sy_html_write(report, path, &error) || !g_file_get_contents(path, &page, NULL, &error))
        fail_msg("%s", error->message);
    g_unlink(path);
    return page;
}

/* What stands between the first `open` and the `close` after it. */
static char *between(const char *page, const char *open, const char *close) {
    const char *start = strstr(page, open);
    assert_non_null(start);
    start += strlen(open);
    const char *end = strstr(start, close);
    assert_non_null(end);
    return g_strndup(start, (gsize)(end - start));
}

static guint count(const char *page, const char *text) {
    guint found = 0;
    for (const char *at = strstr(page, text); at; at = strstr(at + 1, text))
        found++;
    return found;
}

static char *csp_hash(const char *text) {
    g_autoptr(GChecksum) checksum = g_checksum_new(G_CHECKSUM_SHA256);
    g_checksum_update(checksum, (const guchar *)text, -1);
    guint8 digest[32];
    gsize size = sizeof digest;
    g_checksum_get_digest(checksum, digest, &size);
    g_autofree char *base64 = g_base64_encode(digest, size);
    return g_strdup_printf("'sha256-%s'", base64);
}

#define HOSTILE "</script></style><b onclick=\"x\">&amp;'<!--<script>\xff\n"

/* HOSTILE wherever a report holds text. */
static SyReport *hostile_report(void) {
    double x[] = {0, 3600, 7200}, y[] = {1, (double)NAN, INFINITY};
    SyReport *report = sy_report_new(HOSTILE, 0);
    report->subtitle = g_strdup(HOSTILE);
    report->headline = g_strdup(HOSTILE);
    sy_report_add_highlight(report, HOSTILE, "%s", HOSTILE);
    sy_report_add_fact(report, HOSTILE, "%s", HOSTILE);
    sy_report_add_warning(report, HOSTILE);
    SyReportSection *plot =
        sy_report_add_plot(report, HOSTILE, HOSTILE, HOSTILE, HOSTILE, HOSTILE, SY_UNIT_NUMBER);
    plot->y_right_label = g_strdup(HOSTILE);
    sy_section_add_series(plot, HOSTILE, SY_SERIES_LINE, 0, x, y, 3);
    sy_section_add_series(plot, HOSTILE, SY_SERIES_LEVEL, 0, NULL, y + 1, 1);
    SyReportSection *table = sy_report_add_table(report, HOSTILE, HOSTILE, HOSTILE);
    sy_column_add_text(sy_section_add_column(table, HOSTILE, HOSTILE, SY_UNIT_TEXT), HOSTILE);
    SyReportSection *heatmap = sy_report_add_heatmap(report, HOSTILE, HOSTILE, HOSTILE);
    sy_column_add_text(sy_section_add_column(heatmap, HOSTILE, HOSTILE, SY_UNIT_TEXT), HOSTILE);
    sy_column_add_number(sy_section_add_column(heatmap, HOSTILE, HOSTILE, SY_UNIT_FRACTION), 0);
    return report;
}

static void test_html__texts_stay_texts(void **state) {
    (void)state;
    g_autoptr(SyReport) report = hostile_report();
    g_autofree char *page = render(report);
    assert_int_equal(count(page, "<b"), count(page, "<body>"));
    assert_int_equal(count(page, "<!--"), 0);
    assert_int_equal(count(page, "<script"), 2); /* the bundle and the island */
    assert_int_equal(count(page, "</script>"), 2);
    assert_int_equal(count(page, "</style>"), 1);
    assert_int_equal(count(page, "\xff"), 0);
    assert_true(g_utf8_validate(page, -1, NULL));
    g_autofree char *heading = between(page, "<h1>", "</h1>");
    assert_non_null(strstr(heading, "&lt;b onclick=&quot;x&quot;&gt;&amp;amp;"));
    g_autofree char *island = between(page, "id=\"report-data\">", "</script>");
    assert_null(strchr(island, '<'));
    assert_non_null(strstr(island, "\\u003cb onclick=\\u0022x\\u0022>&amp;'"));
}

static void test_html__policy_allows_this_script_and_style_only(void **state) {
    (void)state;
    g_autoptr(SyReport) report = strategy_report_new("pair", 500);
    g_autofree char *page = render(report);
    g_autofree char *policy =
        between(page, "http-equiv=\"Content-Security-Policy\" content=\"", "\"");
    g_autofree char *script = between(page, "<script>", "</script>");
    g_autofree char *style = between(page, "<style>", "</style>");
    g_autofree char *script_hash = csp_hash(script), *style_hash = csp_hash(style);
    g_autofree char *expected =
        g_strdup_printf("default-src 'none'; script-src %s; style-src %s; base-uri 'none'; "
                        "form-action 'none'",
                        script_hash, style_hash);
    assert_string_equal(policy, expected);
    /* The policy stands before what it governs. */
    assert_true(strstr(page, "Content-Security-Policy") < strstr(page, "<style>"));
}

static void test_html__names_no_address(void **state) {
    (void)state;
    g_autoptr(SyReport) report = strategy_report_new("pair", 500);
    g_autofree char *page = render(report);
    static const char *const addresses[] = {"http://", "https://", " src=",    "url(",
                                            "@import", "<link",    "<iframe ", "<object"};
    for (gsize i = 0; i < G_N_ELEMENTS(addresses); i++)
        assert_int_equal(count(page, addresses[i]), 0);
}

static void test_html__bytes_repeat(void **state) {
    (void)state;
    g_autoptr(SyReport) first = strategy_report_new("pair", 2000);
    g_autoptr(SyReport) second = strategy_report_new("pair", 2000);
    g_autofree char *one = render(first), *two = render(second);
    assert_string_equal(one, two);
}

/* Little-endian float32 of 1, NaN and infinity; the times 0, 3600 and 7200 as uint32. */
static void test_html__numbers_keep_gaps_and_times(void **state) {
    (void)state;
    g_autoptr(SyReport) report = hostile_report();
    g_autofree char *page = render(report);
    g_autofree char *blocks = between(page, "\"blocks\":[", "]}");
    assert_string_equal(blocks, "{\"type\":\"u32\",\"base\":0,\"data\":\"AAAAABAOAAAgHAAA\"},\n"
                                "{\"type\":\"f32\",\"base\":0,\"data\":\"AACAPwAAwH8AAIB/\"}");
    g_autofree char *level = between(page, "\"y\":null,\"level\":", "}");
    assert_string_equal(level, "null");
}

static void test_html__equal_arrays_are_stored_once(void **state) {
    (void)state;
    double x[] = {0.5, 1.5}, y[] = {1, 2}, z[] = {1, 3};
    g_autoptr(SyReport) report = sy_report_new("pair", 0);
    SyReportSection *plot =
        sy_report_add_plot(report, "plot", "Plot", NULL, "x", "y", SY_UNIT_NUMBER);
    sy_section_add_series(plot, "a", SY_SERIES_LINE, 0, x, y, 2);
    sy_section_add_series(plot, "b", SY_SERIES_LINE, 1, x, y, 2);
    sy_section_add_series(plot, "c", SY_SERIES_LINE, 2, x, z, 2);
    g_autofree char *page = render(report);
    g_autofree char *blocks = between(page, "\"blocks\":[", "]}");
    assert_int_equal(count(blocks, "\"type\""), 3);
    assert_int_equal(count(blocks, "\"f64\""), 1); /* x, which is not whole */
    assert_int_equal(count(page, "\"x\":0,\"y\":1,"), 2);
    assert_int_equal(count(page, "\"x\":0,\"y\":2,"), 1);
}

static SyReport *table_report(guint rows, double direction) {
    SyReport *report = sy_report_new("pair", 0);
    SyReportSection *table = sy_report_add_table(report, "trades", "Trades", NULL);
    SyReportColumn *id = sy_section_add_column(table, "id", "Trade", SY_UNIT_COUNT);
    SyReportColumn *entry = sy_section_add_column(table, "entry", "Entry", SY_UNIT_TIME);
    for (guint i = 0; i < rows; i++) {
        sy_column_add_number(id, i);
        sy_column_add_number(entry, direction * 3600 * i);
    }
    return report;
}

static void test_html__long_tables_show_the_newest_and_keep_the_rest(void **state) {
    (void)state;
    g_autoptr(SyReport) report = table_report(450, 1);
    g_autofree char *page = render(report);
    g_autofree char *part = between(page, "<p class=\"part\">", "</p>");
    assert_string_equal(part, "The newest 200 of 450 rows.");
    g_autofree char *body = between(page, "<tbody>\n", "</table>");
    g_autofree char *rest = between(page, "<template>\n", "</template>");
    assert_int_equal(count(body, "<tr>"), 200);
    assert_int_equal(count(rest, "<tr>"), 250);
    assert_true(g_str_has_prefix(body, "<tr><td class=n>449<td class=n>1970-01-19 17:00\n"));
    assert_true(g_str_has_suffix(rest, "<tr><td class=n>0<td class=n>1970-01-01 00:00\n"));
}

static void test_html__tables_in_no_order_of_time_stay_as_they_are(void **state) {
    (void)state;
    g_autoptr(SyReport) report = table_report(201, -1);
    g_autofree char *page = render(report);
    g_autofree char *part = between(page, "<p class=\"part\">", "</p>");
    assert_string_equal(part, "The first 200 of 201 rows.");
    g_autofree char *body = between(page, "<tbody>\n", "</table>");
    assert_true(g_str_has_prefix(body, "<tr><td class=n>0<"));
    g_autoptr(SyReport) empty = table_report(0, 1);
    g_autofree char *none = render(empty);
    assert_non_null(strstr(none, "None in this period."));
    assert_null(strstr(none, "<table"));
}

/* Depth goes with the 95th percentile of the sizes, 0.10 here: the 2.00 does not bleach the rest.
 */
static void test_html__heatmap_shades_by_size_and_leaves_gaps_empty(void **state) {
    (void)state;
    double values[] = {0.1, -0.02, 0.05, 0, (double)NAN, 2, 0.1};
    g_autoptr(SyReport) report = sy_report_new("pair", 0);
    SyReportSection *heatmap = sy_report_add_heatmap(report, "months", "Months", NULL);
    sy_column_add_text(sy_section_add_column(heatmap, "year", "Year", SY_UNIT_TEXT), "2018");
    for (gsize i = 0; i < G_N_ELEMENTS(values); i++)
        sy_column_add_number(sy_section_add_column(heatmap, "m", "M", SY_UNIT_FRACTION), values[i]);
    g_autofree char *page = render(report);
    g_autofree char *body = between(page, "<tbody>\n", "\n</table>");
    assert_string_equal(body,
                        "<tr><th scope=row>2018<td class=\"gain depth-5\">10.00 %"
                        "<td class=\"loss depth-1\">-2.00 %<td class=\"gain depth-3\">5.00 %"
                        "<td class=\"gain depth-0\">0.00 %<td>"
                        "<td class=\"gain depth-5\">200.00 %<td class=\"gain depth-5\">10.00 %");
}

static void test_html__a_folder_that_is_not_there_is_an_error(void **state) {
    (void)state;
    g_autoptr(GError) error = NULL;
    g_autoptr(SyReport) report = strategy_report_new("pair", 100);
    g_autofree char *path = g_build_filename(folder, "absent", "report.html", NULL);
    assert_false(sy_html_write(report, path, &error));
    assert_int_equal(error->code, SY_ERROR_IO);
    assert_non_null(strstr(error->message, "absent"));
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_html__texts_stay_texts),
        cmocka_unit_test(test_html__policy_allows_this_script_and_style_only),
        cmocka_unit_test(test_html__names_no_address),
        cmocka_unit_test(test_html__bytes_repeat),
        cmocka_unit_test(test_html__numbers_keep_gaps_and_times),
        cmocka_unit_test(test_html__equal_arrays_are_stored_once),
        cmocka_unit_test(test_html__long_tables_show_the_newest_and_keep_the_rest),
        cmocka_unit_test(test_html__tables_in_no_order_of_time_stay_as_they_are),
        cmocka_unit_test(test_html__heatmap_shades_by_size_and_leaves_gaps_empty),
        cmocka_unit_test(test_html__a_folder_that_is_not_there_is_an_error),
    };
    return cmocka_run_group_tests(tests, make_folder, remove_folder);
}
