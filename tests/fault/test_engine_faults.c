/* Databases that are locked, torn, not to be written, or out of space. */
#include "test.h"

#include <signal.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include <glib/gstdio.h>

#include "base/error.h"
#include "loader/candle_table.h"
#include "loader/import.h"
#include "loader/synthetic.h"

static char *folder, *path;

static int make_folder(void **state) {
    (void)state;
    folder = g_dir_make_tmp("sy-engine-XXXXXX", NULL);
    path = folder ? g_build_filename(folder, "bars.db", NULL) : NULL;
    return folder ? 0 : -1;
}

static int remove_folder(void **state) {
    (void)state;
    g_chmod(folder, 0700);
    g_autoptr(GDir) dir = g_dir_open(folder, 0, NULL);
    for (const char *name; (name = g_dir_read_name(dir));) {
        g_autofree char *file = g_build_filename(folder, name, NULL);
        g_unlink(file);
    }
    g_rmdir(folder);
    g_free(folder);
    g_free(path);
    return 0;
}

static SyDb *open_with(SyDbMode mode, GError **error) {
    return sy_db_open("sqlite:///bars.db", folder, mode, 0, error);
}

/* Stores so many synthetic hours. */
static bool store(SyDb *db, int hours, SyCandleCounts *counts, GError **error) {
    SyTime origin = sy_synthetic_origin();
    g_autoptr(SyPanel) panel = sy_synthetic_pair(1, origin, origin + hours * SY_HOUR);
    g_autoptr(SyCandleWriter) writer =
        sy_candle_writer_begin(db, "candle", panel->timeframe, error);
    for (gsize row = 0; writer && row < panel->rows; row++) {
        const double value[SY_BAR_FIELDS] = {1, 2, 1, 2, 3};
        if (!sy_candle_writer_put(writer, "A", panel->time[row], value, error))
            return false;
    }
    return writer && sy_candle_writer_commit(writer, counts, error);
}

static void fill(int hours) {
    g_autoptr(GError) error = NULL;
    SyCandleCounts counts;
    g_unlink(path);
    g_autoptr(SyDb) db = open_with(SY_DB_CREATE, &error);
    if (!db || !store(db, hours, &counts, &error))
        fail_msg("%s", error->message);
}

static gint64 count_rows(void) {
    g_autoptr(SyDb) db = open_with(SY_DB_READ, NULL);
    g_autoptr(SyStatement) count = sy_db_prepare(db, "SELECT count(*) FROM candle", NULL);
    assert_int_equal(sy_db_step(count, NULL), SY_DB_ROW);
    return sy_db_integer(count, 0);
}

static void test_engine__a_locked_database_is_named_as_locked(void **state) {
    (void)state;
    fill(10);
    g_autoptr(SyDb) holder = open_with(SY_DB_WRITE, NULL);
    assert_true(sy_db_exec(holder, "BEGIN EXCLUSIVE", NULL));
    g_autoptr(GError) error = NULL;
    assert_null(open_with(SY_DB_READ, &error));
    assert_int_equal(error->code, SY_ERROR_LOCKED);
    assert_non_null(strstr(error->message, "bars.db"));
    assert_true(sy_db_exec(holder, "ROLLBACK", NULL));
    assert_int_equal(count_rows(), 10);
}

static void test_engine__reading_makes_no_file(void **state) {
    (void)state;
    g_unlink(path);
    g_autoptr(GError) reading = NULL, writing = NULL;
    assert_null(open_with(SY_DB_READ, &reading));
    assert_null(open_with(SY_DB_WRITE, &writing));
    assert_int_equal(reading->code, SY_ERROR_UNAVAILABLE);
    assert_int_equal(writing->code, SY_ERROR_UNAVAILABLE);
    assert_false(g_file_test(path, G_FILE_TEST_EXISTS));
    fill(1);
    g_autoptr(SyDb) db = open_with(SY_DB_READ, NULL);
    g_autoptr(GError) error = NULL;
    assert_false(sy_db_exec(db, "DELETE FROM candle", &error));
    assert_int_equal(error->code, SY_ERROR_IO);
}

static void test_engine__no_database_and_a_truncated_one_are_unavailable(void **state) {
    (void)state;
    assert_true(g_file_set_contents(path,
                                    "symbol,close\nA,1\n and more text that is no database "
                                    "at all, long enough to be read as a header of one",
                                    -1, NULL));
    g_autoptr(GError) foreign = NULL, torn = NULL;
    assert_null(open_with(SY_DB_READ, &foreign));
    assert_int_equal(foreign->code, SY_ERROR_UNAVAILABLE);
    fill(5000);
    g_autofree char *bytes = NULL;
    gsize length;
    assert_true(g_file_get_contents(path, &bytes, &length, NULL));
    assert_true(g_file_set_contents(path, bytes, (gssize)length / 2, NULL));
    g_autoptr(SyDb) db = open_with(SY_DB_READ, &torn);
    SyCandleSummary *summaries = NULL;
    gsize n;
    assert_false(db && sy_candle_table_summarise(db, "candle", "24/7", &summaries, &n, &torn));
    assert_int_equal(torn->code, SY_ERROR_UNAVAILABLE);
    assert_null(summaries);
}

/* Runs `check` in a process of its own, whose limits and user may change; its exit code. */
static int run_apart(int (*check)(void)) {
    fflush(NULL);
    pid_t child = fork();
    if (child == 0)
        _exit(check());
    int status = 0;
    assert_int_equal(waitpid(child, &status, 0), child);
    return WIFEXITED(status) ? WEXITSTATUS(status) : 128;
}

static int write_without_space(void) {
    g_autoptr(GError) error = NULL;
    SyCandleCounts counts;
    struct rlimit limit = {64 * 1024, 64 * 1024};
    signal(SIGXFSZ, SIG_IGN);
    setrlimit(RLIMIT_FSIZE, &limit);
    g_autoptr(SyDb) db = open_with(SY_DB_WRITE, NULL);
    return !store(db, 20000, &counts, &error) && error->code == SY_ERROR_IO ? 0 : 1;
}

static void test_engine__without_space_nothing_is_half_written(void **state) {
    (void)state;
    fill(10);
    assert_int_equal(run_apart(write_without_space), 0);
    assert_int_equal(count_rows(), 10);
}

enum { many_hours = 60000 }; /* so much that it is written before the end of the transaction */

/* Ends as if it was killed, in the midst of a transaction. */
static int write_and_vanish(void) {
    SyDb *db = open_with(SY_DB_WRITE, NULL);
    SyTimeframe hour = {SY_HOUR, 0};
    SyCandleWriter *writer = sy_candle_writer_begin(db, "candle", hour, NULL);
    const double value[SY_BAR_FIELDS] = {1, 2, 1, 2, 3};
    bool good = writer != NULL;
    for (int i = 0; good && i < many_hours; i++)
        good = sy_candle_writer_put(writer, "B", i * SY_HOUR, value, NULL);
    return good ? 0 : 1;
}

static int read_what_is_left_as_another_user(void) {
    enum { nobody = 65534, skipped = 77 };
    if (geteuid() != 0 || setresuid(nobody, nobody, nobody) != 0)
        return skipped;
    g_autoptr(GError) error = NULL;
    g_autoptr(SyDb) db = open_with(SY_DB_READ, &error);
    return !db && error->code == SY_ERROR_UNAVAILABLE && strstr(error->message, "was cut off") ? 0
                                                                                               : 1;
}

static void test_engine__who_reads_undoes_what_a_killed_writer_left(void **state) {
    (void)state;
    fill(10);
    assert_int_equal(run_apart(write_and_vanish), 0);
    g_autofree char *journal = g_strconcat(path, "-journal", NULL);
    assert_true(g_file_test(journal, G_FILE_TEST_EXISTS));
    g_chmod(folder, 0755);
    int code = run_apart(read_what_is_left_as_another_user);
    g_chmod(folder, 0700);
    assert_true(code == 0 || code == 77);
    assert_int_equal(count_rows(), 10);
}

static int import_without_space(void) {
    g_autoptr(GError) error = NULL;
    g_autofree char *file = g_build_filename(folder, "many.csv", NULL);
    g_autoptr(GString) text = g_string_new("symbol,open_time,open,high,low,close,volume\n");
    char time[SY_TIME_TEXT_SIZE];
    for (int hour = 0; hour < many_hours; hour++)
        g_string_append_printf(text, "A,%s,1,2,1,2,3\n", sy_time_format(hour * SY_HOUR, time));
    g_file_set_contents(file, text->str, -1, NULL);
    const struct rlimit limit = {64 * 1024, 64 * 1024};
    signal(SIGXFSZ, SIG_IGN);
    setrlimit(RLIMIT_FSIZE, &limit);
    SyCandleCounts counts;
    const SyMap engines = {0};
    const SyImportOptions options = {.table = "candle", .timeframe = {SY_HOUR, 0}};
    bool good = sy_import_files("sqlite:///bars.db", &engines, folder, &options,
                                (char *[]){file, NULL}, &counts, &error);
    g_autofree char *start = g_strconcat(file, ": ", NULL);
    if (good || error->code != SY_ERROR_IO || !g_str_has_prefix(error->message, start)) {
        print_error("%s\n", error ? error->message : "good");
        return 1;
    }
    return 0;
}

static void test_engine__no_row_is_to_blame_for_a_full_disk(void **state) {
    (void)state;
    fill(10);
    assert_int_equal(run_apart(import_without_space), 0);
    assert_int_equal(count_rows(), 10);
}

static int read_as_another_user(void) {
    enum { nobody = 65534, skipped = 77 };
    if (geteuid() == 0 && setresuid(nobody, nobody, nobody) != 0)
        return skipped;
    g_autoptr(GError) reading = NULL, writing = NULL;
    g_autoptr(SyDb) db = open_with(SY_DB_READ, &reading);
    g_autoptr(SyDb) none = open_with(SY_DB_WRITE, &writing);
    return !db && reading->code == SY_ERROR_UNAVAILABLE &&
                   strstr(reading->message, "WAL mode") != NULL && !none && writing != NULL
               ? 0
               : 1;
}

static void test_engine__a_wal_database_in_a_read_only_folder_is_explained(void **state) {
    (void)state;
    fill(10);
    {
        g_autoptr(SyDb) db = open_with(SY_DB_WRITE, NULL);
        assert_true(sy_db_exec(db, "PRAGMA journal_mode=WAL", NULL));
    }
    g_chmod(path, 0444);
    g_chmod(folder, 0555);
    int code = run_apart(read_as_another_user);
    g_chmod(folder, 0700);
    g_chmod(path, 0600);
    assert_int_equal(code, 0);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_engine__a_locked_database_is_named_as_locked),
        cmocka_unit_test(test_engine__reading_makes_no_file),
        cmocka_unit_test(test_engine__no_database_and_a_truncated_one_are_unavailable),
        cmocka_unit_test(test_engine__without_space_nothing_is_half_written),
        cmocka_unit_test(test_engine__who_reads_undoes_what_a_killed_writer_left),
        cmocka_unit_test(test_engine__no_row_is_to_blame_for_a_full_disk),
        cmocka_unit_test(test_engine__a_wal_database_in_a_read_only_folder_is_explained),
    };
    return cmocka_run_group_tests(tests, make_folder, remove_folder);
}
