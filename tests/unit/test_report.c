/* The report model: how values are printed, and the file between the core and systematica-report.
 */
#include "test.h"

#include <fcntl.h>
#include <glib/gstdio.h>
#include <math.h>
#include <string.h>

#include "base/error.h"
#include "report/report.h"
#include "sample_report.h"

static bool write_file(const SyReport *report, const char *path, GError **error) {
    int file = g_open(path, O_WRONLY | O_CREAT | O_TRUNC, 0644);
    assert_true(file >= 0);
    bool written = sy_report_write(report, file, error);
    g_close(file, NULL);
    return written;
}

static void assert_format(SyReportUnit unit, double value, const char *expected) {
    g_autofree char *text = sy_report_format(unit, value);
    assert_string_equal(text, expected);
}

static void test_format__prints_each_unit_as_people_read_it(void **state) {
    (void)state;
    assert_format(SY_UNIT_NUMBER, 1.78123, "1.781");
    assert_format(SY_UNIT_NUMBER, -0.0123456, "-0.01235");
    assert_format(SY_UNIT_NUMBER, 12345.6, "12,346");
    assert_format(SY_UNIT_NUMBER, 0, "0.000");
    assert_format(SY_UNIT_NUMBER, 1.5e-7, "1.500e-07");
    assert_format(SY_UNIT_COUNT, 22744, "22,744");
    assert_format(SY_UNIT_COUNT, -1234567, "-1,234,567");
    assert_format(SY_UNIT_FRACTION, 1.448, "144.80 %");
    assert_format(SY_UNIT_FRACTION, -0.000001, "0.00 %");
    assert_format(SY_UNIT_MONEY, 1234567.891, "1,234,567.89");
    assert_format(SY_UNIT_PRICE, 9254.5, "9,254.50");
    assert_format(SY_UNIT_PRICE, 9254.5553, "9,254.555");
    assert_format(SY_UNIT_PRICE, 0.000012345, "0.000012345");
    assert_format(SY_UNIT_SECONDS, 45, "45 s");
    assert_format(SY_UNIT_SECONDS, 3600, "1 h");
    assert_format(SY_UNIT_SECONDS, 3 * 86400 + 4 * 3600, "3 d 4 h");
    assert_format(SY_UNIT_SECONDS, 412 * 86400.0 + 3600, "412 d");
    assert_format(SY_UNIT_TIME, 1514764800, "2018-01-01 00:00");
    assert_format(SY_UNIT_TIME, -1, "1969-12-31 23:59:59");
}

static void test_format__never_prints_nan(void **state) {
    (void)state;
    for (int unit = 0; unit < SY_REPORT_UNITS; unit++) {
        assert_format((SyReportUnit)unit, NAN, "n/a");
        if (unit != SY_UNIT_TEXT) {
            assert_format((SyReportUnit)unit, INFINITY, "inf");
            assert_format((SyReportUnit)unit, -INFINITY, "-inf");
        }
    }
}

static char *temporary_file(void) {
    g_autofree char *folder = g_dir_make_tmp("systematica-XXXXXX", NULL);
    return g_build_filename(folder, "report", NULL);
}

static void remove_file(const char *path) {
    g_autofree char *folder = g_path_get_dirname(path);
    g_unlink(path);
    g_rmdir(folder);
}

static void test_file__writing_what_was_read_gives_the_same_bytes(void **state) {
    (void)state;
    g_autoptr(SyReport) report = sample_report(300, 20);
    g_autofree char *path = temporary_file(), *first = NULL, *second = NULL;
    gsize n_first, n_second;
    g_autoptr(GError) error = NULL;
    assert_true(write_file(report, path, &error));
    assert_true(g_file_get_contents(path, &first, &n_first, NULL));
    g_autoptr(SyReport) read = sy_report_read(path, &error);
    assert_non_null(read);
    assert_true(write_file(read, path, &error));
    assert_true(g_file_get_contents(path, &second, &n_second, NULL));
    assert_int_equal(n_first, n_second);
    assert_memory_equal(first, second, n_first);

    assert_string_equal(read->title, report->title);
    assert_int_equal(read->created, report->created);
    assert_int_equal(read->sections->len, report->sections->len);
    const SyReportSection *curve = g_ptr_array_index(read->sections, 0);
    const SyReportSeries *series = g_ptr_array_index(curve->series, 0);
    assert_int_equal(series->n, 300);
    assert_true(isnan(series->y[5]));
    assert_true(series->x[1] == 1577840400.0);
    remove_file(path);
}

static void assert_refused(const char *path, const char *bytes, gsize length) {
    g_autoptr(GError) error = NULL;
    assert_true(g_file_set_contents(path, bytes, (gssize)length, NULL));
    g_autoptr(SyReport) report = sy_report_read(path, &error);
    assert_null(report);
    assert_int_equal(error->code, SY_ERROR_DATA);
}

static void test_file__refuses_what_is_cut_short_or_longer(void **state) {
    (void)state;
    g_autoptr(SyReport) report = sample_report(40, 5);
    g_autofree char *path = temporary_file(), *bytes = NULL;
    gsize length;
    assert_true(write_file(report, path, NULL));
    assert_true(g_file_get_contents(path, &bytes, &length, NULL));
    for (gsize cut = 0; cut < length; cut += 1 + cut / 50)
        assert_refused(path, bytes, cut);
    assert_refused(path, bytes, length - 1);
    g_autofree char *longer = g_malloc0(length + 8);
    memcpy(longer, bytes, length);
    assert_refused(path, longer, length + 1);
    assert_refused(path, longer, length + 8);
    remove_file(path);
}

static void test_file__refuses_json_that_is_no_report(void **state) {
    (void)state;
    static const char *const bad[] = {
        "\n",
        "{}\n",
        "[]\n",
        "{\"format\":\"systematica-report\",\"version\":1}\n",
        "{\"format\":\"systematica-report\",\"version\":2,\"title\":\"t\",\"subtitle\":null,"
        "\"headline\":null,\"created\":0,\"facts\":[],\"highlights\":[],\"warnings\":[],"
        "\"sections\":[]}\n",
        "{\"format\":\"systematica-report\",\"version\":1,\"title\":\"t\",\"subtitle\":null,"
        "\"headline\":null,\"created\":0,\"facts\":[],\"highlights\":[],\"warnings\":[],"
        "\"sections\":[{\"id\":\"../../etc/x\",\"title\":\"\",\"kind\":\"table\",\"note\":null,"
        "\"on_sheet\":false,\"is_half\":false,\"is_repeat\":false,\"x_is_time\":false,\"y_log\":"
        "false,\"x_label\":null,"
        "\"y_label\":null,"
        "\"y_right_label\":null,\"y_unit\":\"text\",\"columns\":[],\"series\":[]}]}\n",
    };
    g_autofree char *path = temporary_file();
    for (gsize i = 0; i < G_N_ELEMENTS(bad); i++)
        assert_refused(path, bad[i], strlen(bad[i]));
    remove_file(path);
}

static void test_file__says_that_the_disk_is_full(void **state) {
    (void)state;
    g_autoptr(SyReport) report = sample_report(1, 1);
    g_autoptr(GError) error = NULL;
    assert_false(write_file(report, "/dev/full", &error));
    assert_int_equal(error->code, SY_ERROR_IO);
    assert_non_null(strstr(error->message, "No space left"));
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_format__prints_each_unit_as_people_read_it),
        cmocka_unit_test(test_format__never_prints_nan),
        cmocka_unit_test(test_file__writing_what_was_read_gives_the_same_bytes),
        cmocka_unit_test(test_file__refuses_what_is_cut_short_or_longer),
        cmocka_unit_test(test_file__refuses_json_that_is_no_report),
        cmocka_unit_test(test_file__says_that_the_disk_is_full),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
