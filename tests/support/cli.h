/* Running the built programs in folders of their own. */
#ifndef SY_TESTS_SUPPORT_CLI_H
#define SY_TESTS_SUPPORT_CLI_H

#include <glib.h>
#include <stdbool.h>

/* What a program did. */
typedef struct {
    int code; /* exit code; 128 + number where a signal ended it */
    char *out, *err;
} TestRun;

/* Runs a program of the build folder ("run_app") in `folder`, with the words of `line` as arguments
 * (in single quotes where they hold blanks). The caller clears the result. */
TestRun test_run(const char *folder, const char *program, const char *line);
void test_run_clear(TestRun *run);
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(TestRun, test_run_clear)

/* Runs and fails the test where the exit code is another, with what the program said. */
TestRun test_run_expect(const char *folder, const char *program, const char *line, int code);

/* A new empty folder; test_folder_remove removes it with all it holds. Free the name with g_free.
 */
char *test_folder_new(void);
void test_folder_remove(const char *folder);

/* A file's text relative to a folder; fails the test where it cannot be read. Free with g_free. */
char *test_read(const char *folder, const char *path);
void test_write(const char *folder, const char *path, const char *text);
bool test_exists(const char *folder, const char *path);

/* Processes whose command line holds `text`. */
int test_count_processes(const char *text);

#endif
