/* The reader of CSV files, the import, and CSVData. */
#include "test.h"

#include <string.h>
#include <zlib.h>

#include <glib/gstdio.h>

#include "base/csv.h"
#include "base/error.h"
#include "loader/engine.h"
#include "loader/import.h"
#include "loader/synthetic.h"
#include "pieces.h"

static char *folder;

static int make_folder(void **state) {
    (void)state;
    folder = g_dir_make_tmp("sy-csv-XXXXXX", NULL);
    return folder ? 0 : -1;
}

static int remove_folder(void **state) {
    (void)state;
    g_autoptr(GDir) dir = g_dir_open(folder, 0, NULL);
    for (const char *name; (name = g_dir_read_name(dir));) {
        g_autofree char *path = g_build_filename(folder, name, NULL);
        g_unlink(path);
    }
    g_rmdir(folder);
    g_free(folder);
    return 0;
}

static char *write_file(const char *name, const char *text) {
    char *path = g_build_filename(folder, name, NULL);
    assert_true(g_file_set_contents(path, text, -1, NULL));
    return path;
}

static void test_csv__a_source_is_read_like_a_file_however_it_comes_in(void **state) {
    (void)state;
    for (gsize piece = 1; piece < 40; piece++) {
        static const char text[] = "\xef\xbb\xbf"
                                   "Name, value\r\n\"a,\"\"b\"\"\nc\",1\r\n\r\nplain,-nan";
        TestPieces pieces = {text, strlen(text), piece};
        const SyCsvSource source = {test_pieces_read, &pieces};
        g_autoptr(GError) error = NULL;
        g_autoptr(SyCsv) csv = sy_csv_open_source("pipe", &source, &error);
        assert_non_null(csv);
        assert_int_equal(sy_csv_column(csv, "Name"), 0);
        assert_int_equal(sy_csv_next(csv, &error), SY_CSV_RECORD);
        assert_string_equal(sy_csv_fields(csv)[0].text, "a,\"b\"\nc");
        assert_int_equal(sy_csv_next(csv, &error), SY_CSV_RECORD);
        assert_int_equal(sy_csv_line(csv), 5);
        double value = 0;
        assert_true(sy_csv_number(&sy_csv_fields(csv)[1], &value) && isnan(value));
        assert_int_equal(sy_csv_next(csv, &error), SY_CSV_END);
        assert_int_equal(sy_csv_next(csv, &error), SY_CSV_END);
    }
    TestPieces none = {"", 0, 1};
    g_autoptr(GError) error = NULL;
    assert_null(sy_csv_open_source("pipe", &(SyCsvSource){test_pieces_read, &none}, &error));
    assert_string_equal(error->message, "pipe: printed nothing; a header line is expected");
}

static void test_csv__quotes_crlf_bom_and_empty_lines_are_read(void **state) {
    (void)state;
    g_autofree char *path =
        write_file("a.csv", "\xef\xbb\xbf"
                            "Name, value\r\n\"a,\"\"b\"\"\nc\",1\r\n\r\nplain,2");
    g_autoptr(GError) error = NULL;
    g_autoptr(SyCsv) csv = sy_csv_open(path, &error);
    assert_non_null(csv);
    assert_int_equal(sy_csv_column(csv, "name"), 0);
    assert_int_equal(sy_csv_column(csv, "VALUE"), 1);
    assert_int_equal(sy_csv_column(csv, "absent"), -1);
    assert_int_equal(sy_csv_next(csv, &error), SY_CSV_RECORD);
    assert_string_equal(sy_csv_fields(csv)[0].text, "a,\"b\"\nc");
    assert_string_equal(sy_csv_fields(csv)[1].text, "1");
    assert_int_equal(sy_csv_line(csv), 2);
    assert_int_equal(sy_csv_next(csv, &error), SY_CSV_RECORD);
    assert_string_equal(sy_csv_fields(csv)[1].text, "2");
    assert_int_equal(sy_csv_line(csv), 5);
    assert_int_equal(sy_csv_next(csv, &error), SY_CSV_END);
}

/* A header of a mebibyte, as a program may print it that runs wild, costs no more than to read it.
 */
static void test_csv__a_header_may_have_any_number_of_columns(void **state) {
    (void)state;
    enum { COLUMNS = 150000 };
    for (int twice = 0; twice < 2; twice++) {
        g_autoptr(GString) text = g_string_new("first");
        for (int i = 0; i < COLUMNS; i++)
            g_string_append_printf(text, ",%x,", i);
        g_string_append(text, twice ? ",first\n" : "\n");
        TestPieces pieces = {text->str, text->len, 65536};
        const SyCsvSource source = {test_pieces_read, &pieces};
        g_autoptr(GError) error = NULL;
        g_autoptr(SyCsv) csv = sy_csv_open_source("pipe", &source, &error);
        assert_true((csv == NULL) == twice);
        if (twice)
            assert_string_equal(error->message, "pipe:1: two columns are called \"first\"");
        else
            assert_int_equal(sy_csv_column(csv, "249ef"), 2 * COLUMNS - 1);
    }
}

static void test_csv__errors_name_file_and_line(void **state) {
    (void)state;
    static const struct {
        const char *text, *message;
    } cases[] = {
        {"a,b\n1,2\n3\n", ":3: fewer fields"},
        {"a,b\n1,2,3\n", ":2: more fields"},
        {"a,b\n\"1,2\n", ":2: a quote is never"},
        {"a,b\n\"1\"x,2\n", ":2: text behind"},
        {"a,a\n", ":1: two columns"},
        {"", "is empty"},
    };
    for (gsize i = 0; i < G_N_ELEMENTS(cases); i++) {
        g_autofree char *path = write_file("bad.csv", cases[i].text);
        g_autoptr(GError) error = NULL;
        g_autoptr(SyCsv) csv = sy_csv_open(path, &error);
        while (csv && sy_csv_next(csv, &error) == SY_CSV_RECORD)
            ;
        assert_non_null(error);
        assert_int_equal(error->code, SY_ERROR_DATA);
        assert_non_null(strstr(error->message, cases[i].message));
    }
    g_autoptr(GError) error = NULL;
    assert_null(sy_csv_open("/nonexistent.csv", &error));
    assert_int_equal(error->code, SY_ERROR_UNAVAILABLE);
}

static void test_csv__numbers_round_as_strtod_does(void **state) {
    (void)state;
    static const char *const texts[] = {"0.1",
                                        "1e5",
                                        "-2.5",
                                        "123456789012345",
                                        "0.30000000000000004",
                                        "9007199254740993",
                                        "1234567.890123456",
                                        "7",
                                        "  3.25 ",
                                        "1e-320"};
    for (gsize i = 0; i < G_N_ELEMENTS(texts); i++) {
        SyCsvField field = {texts[i], strlen(texts[i])};
        double value;
        assert_true(sy_csv_number(&field, &value));
        assert_true(value == g_ascii_strtod(texts[i], NULL));
    }
    static const char *const bad[] = {"abc", "1.2.3", "0x10", "1,5", "--1", "1 2"};
    for (gsize i = 0; i < G_N_ELEMENTS(bad); i++) {
        SyCsvField field = {bad[i], strlen(bad[i])};
        double value;
        assert_false(sy_csv_number(&field, &value));
    }
    SyCsvField empty = {"", 0};
    double value;
    assert_true(sy_csv_number(&empty, &value));
    assert_true(isnan(value));
}

static bool import(const char *path, char **only, SyCandleCounts *counts, GError **error) {
    SyMap engines = {0};
    SyImportOptions options = {.table = "candle", .timeframe = {SY_HOUR, 0}, .symbols = only};
    char *files[] = {(char *)path, NULL};
    return sy_import_files("sqlite:///bars.db", &engines, folder, &options, files, counts, error);
}

#define HEAD "symbol,open_datetime,open,high,low,close,volume\n"

static void test_import__twice_changes_nothing_and_a_new_price_is_a_revision(void **state) {
    (void)state;
    g_autofree char *path = write_file("good.csv", HEAD "A,2018-01-01T00:00:00Z,1,2,0.5,1.5,9\n"
                                                        "A,2018-01-01T01:00:00Z,1,2,0.5,1.5,9\n");
    SyCandleCounts counts;
    assert_true(import(path, NULL, &counts, NULL));
    assert_int_equal(counts.added, 2);
    assert_true(import(path, NULL, &counts, NULL));
    assert_int_equal(counts.unchanged, 2);
    g_free(path);
    path = write_file("good.csv", HEAD "A,2018-01-01T01:00:00Z,1,2,0.5,1.75,9\n"
                                       "A,2018-01-01T02:00:00Z,1,2,0.5,1.5,9\n");
    assert_true(import(path, NULL, &counts, NULL));
    assert_int_equal(counts.added, 1);
    assert_int_equal(counts.revised, 1);
    g_autoptr(SyDb) db = sy_db_open("sqlite:///bars.db", folder, SY_DB_READ, 0, NULL);
    g_autoptr(SyStatement) select =
        sy_db_prepare(db,
                      "SELECT group_concat(symbol || timeframe || open_datetime || ' ' || "
                      "close_datetime || ' ' || close, '|') FROM candle",
                      NULL);
    assert_int_equal(sy_db_step(select, NULL), SY_DB_ROW);
    assert_string_equal(sy_db_text(select, 0, NULL),
                        "A1h2018-01-01 00:00:00 2018-01-01 01:00:00 1.5|"
                        "A1h2018-01-01 01:00:00 2018-01-01 02:00:00 1.75|"
                        "A1h2018-01-01 02:00:00 2018-01-01 03:00:00 1.5");
    SyCandleSummary *summaries;
    gsize n;
    assert_true(sy_candle_table_summarise(db, "candle", "24/7", &summaries, &n, NULL));
    assert_int_equal(n, 1);
    assert_int_equal(summaries[0].provenance.rows, 3);
    assert_int_equal(summaries[0].provenance.gaps, 0);
    sy_candle_summaries_free(summaries, n);
}

static void test_import__a_bad_row_is_named_and_nothing_of_its_file_is_stored(void **state) {
    (void)state;
#define GOOD "A,2018-01-01 00:00:00,1,2,0.5,1.5,9\n"
    static const struct {
        const char *text, *message;
    } cases[] = {
        {HEAD GOOD "A,2018-01-01 01:00:00,0,2,0.5,1.5,9\n", ":3: A: open = 0 is zero"},
        {HEAD GOOD "A,2018-01-01 01:00:00,1,2,-1,1.5,9\n", ":3: A: low = -1 is negative"},
        {HEAD GOOD "A,2018-01-01 01:00:00,1,2,0.5,inf,9\n", ":3: A: close = inf is infinite"},
        {HEAD GOOD "A,2018-01-01 01:00:00,nan,2,0.5,1.5,9\n", ":3: A: open is missing"},
        {HEAD GOOD "A,2018-01-01 01:00:00,1,2,0.5,abc,9\n", ":3: A: close = \"abc\""},
        {HEAD GOOD "A,2018-01-01 01:00:00,1,0.4,0.5,0.5,9\n", ":3: A: high (0.4) is below low"},
        {HEAD GOOD GOOD, ":3: A: the same time as on line 2"},
        {HEAD GOOD "A,2018-01-01 01:00:00,1,2,0.5,1.5,9\nA,2017-01-01 01:00:00,1,2,0.5,1.5,9\n",
         ":4: A: out of order"},
        {HEAD GOOD "A,yesterday,1,2,0.5,1.5,9\n", ":3: A: column open_datetime: not a time"},
        {HEAD GOOD "A,2018-01-01 00:15:00,1,2,0.5,1.5,9\nA,2018-01-01 00:30:00,1,2,0.5,1.5,9\n",
         "finer than the timeframe"},
        {"symbol,open_datetime,open,high,low,last,volume\n" GOOD, "no column is called \"close\""},
        {"open_datetime,open,high,low,close,volume\n2018-01-01,1,2,0.5,1.5,9\n", "--symbols"},
        {"symbol,date,open,high,low,close,volume\n" GOOD, "index_is"},
        {HEAD, "has no rows"},
    };
    g_autofree char *database = g_build_filename(folder, "bars.db", NULL);
    g_unlink(database);
    for (gsize i = 0; i < G_N_ELEMENTS(cases); i++) {
        g_autofree char *path = write_file("bad.csv", cases[i].text);
        g_autoptr(GError) error = NULL;
        SyCandleCounts counts;
        assert_false(import(path, NULL, &counts, &error));
        if (!strstr(error->message, cases[i].message))
            fail_msg("case %d: %s", (int)i, error->message);
        assert_false(g_file_test(database, G_FILE_TEST_EXISTS));
    }
}

static void test_import__a_truncated_gzip_file_is_refused_whole(void **state) {
    (void)state;
    g_autofree char *path = g_build_filename(folder, "torn.csv.gz", NULL);
    gzFile file = gzopen(path, "wb");
    gzputs(file, HEAD);
    for (int i = 0; i < 20000; i++)
        gzprintf(file, "A,%d,%d.5,%d,1,2,9\n", 1500000000 + i * 3600, i + 1, i + 9);
    gzclose(file);
    SyCandleCounts counts;
    assert_true(import(path, NULL, &counts, NULL));
    assert_int_equal(counts.added, 20000);
    g_autofree char *bytes = NULL;
    gsize length;
    assert_true(g_file_get_contents(path, &bytes, &length, NULL));
    assert_true(g_file_set_contents(path, bytes, (gssize)length / 2, NULL));
    g_autoptr(GError) error = NULL;
    assert_false(import(path, NULL, &counts, &error));
    assert_int_equal(error->code, SY_ERROR_IO);
    assert_non_null(strstr(error->message, "truncated"));
}

static SyPanel *load_csv(const char *path, const char *symbols, SyMissing columns, GError **error) {
    SyLoaderConfig config;
    sy_fields_init(&sy_loader_fields, &config);
    config.symbols = g_strsplit(symbols, ",", -1);
    config.timeframe = (SyTimeframe){SY_HOUR, 0};
    config.path = g_strdup(path);
    config.missing_columns = columns;
    SyTime now = 2000000000 * SY_SECOND;
    SyEnv env = sy_env_fixed(&now);
    SyMap engines = {0};
    SyLoaderContext context = {&env, folder, &engines, SY_TIME_NONE};
    const SyLoader *loader = sy_loader_find("CSVData");
    SyPanel *panel = loader->load(&config, &context, error);
    SyTime newest;
    if (panel) {
        assert_true(loader->newest(&config, &context, &newest, error));
        assert_int_equal(newest, sy_panel_complete_until(panel));
    }
    sy_fields_clear(&sy_loader_fields, &config);
    return panel;
}

static void test_csv_data__one_file_per_symbol_and_columns_that_one_lacks(void **state) {
    (void)state;
    g_autofree char *a = write_file("bars-A.csv", "close_time,open,high,low,close,volume\n"
                                                  "1514768400000,1,2,1,2,9\n");
    g_autofree char *b = write_file("bars-B.csv", "CLOSE_TIME,Open,High,Low,Close\n"
                                                  "2018-01-01T01:00:00Z,3,4,3,4\n");
    g_autoptr(GError) error = NULL;
    assert_null(load_csv("bars-{symbol}.csv", "A,B", SY_MISSING_RAISE, &error));
    assert_non_null(strstr(error->message, "no column is called \"volume\""));
    g_autoptr(SyPanel) kept = load_csv("bars-{symbol}.csv", "A,B", SY_MISSING_NAN, NULL);
    assert_int_equal(kept->rows, 1);
    assert_near(sy_panel_column(kept, SY_CLOSE, 1)[0], 4, 0);
    assert_near(sy_panel_column(kept, SY_VOLUME, 0)[0], 9, 0);
    assert_near(sy_panel_column(kept, SY_VOLUME, 1)[0], NAN, 0);
    g_autoptr(SyPanel) dropped = load_csv("bars-{symbol}.csv", "A,B", SY_MISSING_DROP, NULL);
    assert_near(sy_panel_column(dropped, SY_VOLUME, 0)[0], NAN, 0);
}

static void test_csv_data__absent_symbols_are_named_with_those_there_are(void **state) {
    (void)state;
    g_autofree char *path =
        write_file("all.csv", HEAD "CB-BTC-USD,2018-01-01T00:00:00Z,1,2,0.5,1.5,9\n");
    g_autoptr(GError) error = NULL;
    assert_null(load_csv("all.csv", "CB-BTC-USDT", SY_MISSING_RAISE, &error));
    assert_int_equal(error->code, SY_ERROR_DATA);
    assert_non_null(strstr(error->message, "did you mean \"CB-BTC-USD\"?"));
}

static void test_synthetic__a_bar_does_not_depend_on_how_many_are_asked_for(void **state) {
    (void)state;
    SyTime origin = sy_synthetic_origin();
    g_autoptr(SyPanel) all = sy_synthetic_pair(7, origin, origin + 900 * SY_HOUR);
    g_autoptr(SyPanel) some =
        sy_synthetic_pair(7, origin + 501 * SY_HOUR, origin + 700 * SY_HOUR + SY_MINUTE);
    g_autoptr(SyPanel) other = sy_synthetic_pair(8, origin, origin + 900 * SY_HOUR);
    assert_int_equal(all->rows, 900);
    assert_int_equal(some->rows, 200);
    for (gsize s = 0; s < 2; s++)
        for (int field = 0; field < SY_BAR_FIELDS; field++)
            assert_memory_equal(sy_panel_column(some, field, s),
                                sy_panel_column(all, field, s) + 500, 200 * sizeof(double));
    assert_memory_not_equal(all->value[SY_CLOSE], other->value[SY_CLOSE], 900 * sizeof(double));
    for (gsize i = 0; i < 2 * all->rows; i++) {
        assert_true(all->value[SY_LOW][i] > 0);
        assert_true(all->value[SY_LOW][i] <= fmin(all->value[SY_OPEN][i], all->value[SY_CLOSE][i]));
        assert_true(all->value[SY_HIGH][i] >=
                    fmax(all->value[SY_OPEN][i], all->value[SY_CLOSE][i]));
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_csv__a_source_is_read_like_a_file_however_it_comes_in),
        cmocka_unit_test(test_csv__quotes_crlf_bom_and_empty_lines_are_read),
        cmocka_unit_test(test_csv__a_header_may_have_any_number_of_columns),
        cmocka_unit_test(test_csv__errors_name_file_and_line),
        cmocka_unit_test(test_csv__numbers_round_as_strtod_does),
        cmocka_unit_test(test_import__twice_changes_nothing_and_a_new_price_is_a_revision),
        cmocka_unit_test(test_import__a_bad_row_is_named_and_nothing_of_its_file_is_stored),
        cmocka_unit_test(test_import__a_truncated_gzip_file_is_refused_whole),
        cmocka_unit_test(test_csv_data__one_file_per_symbol_and_columns_that_one_lacks),
        cmocka_unit_test(test_csv_data__absent_symbols_are_named_with_those_there_are),
        cmocka_unit_test(test_synthetic__a_bar_does_not_depend_on_how_many_are_asked_for),
    };
    return cmocka_run_group_tests(tests, make_folder, remove_folder);
}
