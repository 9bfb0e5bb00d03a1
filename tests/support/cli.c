/* Running the built programs. */
#include "cli.h"

#include <glib/gstdio.h>
#include <stdlib.h>
#include <sys/wait.h>

#include "test.h"

TestRun test_run(const char *folder, const char *program, const char *line) {
    TestRun run = {0};
    g_autoptr(GError) error = NULL;
    g_autofree char *path = g_build_filename(g_getenv("SY_BUILD_ROOT"), program, NULL);
    g_autofree char *all = g_strdup_printf("'%s' %s", path, line);
    g_auto(GStrv) argv = NULL;
    int status = 0;
    if (!g_shell_parse_argv(all, NULL, &argv, &error) ||
        !g_spawn_sync(folder, argv, NULL, G_SPAWN_DEFAULT, NULL, NULL, &run.out, &run.err, &status,
                      &error))
        fail_msg("%s: %s", program, error->message);
    run.code = WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
    return run;
}

void test_run_clear(TestRun *run) {
    g_free(run->out);
    g_free(run->err);
}

TestRun test_run_expect(const char *folder, const char *program, const char *line, int code) {
    TestRun run = test_run(folder, program, line);
    if (run.code != code)
        fail_msg("%s %s: exit code %d, expected %d\n%s%s", program, line, run.code, code, run.out,
                 run.err);
    return run;
}

char *test_folder_new(void) {
    g_autoptr(GError) error = NULL;
    char *folder = g_dir_make_tmp("systematica-test-XXXXXX", &error);
    if (!folder)
        fail_msg("%s", error->message);
    return folder;
}

void test_folder_remove(const char *folder) {
    GDir *dir = g_dir_open(folder, 0, NULL);
    const char *name;
    while (dir && (name = g_dir_read_name(dir))) {
        g_autofree char *path = g_build_filename(folder, name, NULL);
        if (g_file_test(path, G_FILE_TEST_IS_DIR) && !g_file_test(path, G_FILE_TEST_IS_SYMLINK))
            test_folder_remove(path);
        else
            g_unlink(path);
    }
    if (dir)
        g_dir_close(dir);
    g_rmdir(folder);
}

char *test_read(const char *folder, const char *path) {
    g_autofree char *file = g_build_filename(folder, path, NULL);
    g_autoptr(GError) error = NULL;
    char *text = NULL;
    if (!g_file_get_contents(file, &text, NULL, &error))
        fail_msg("%s", error->message);
    return text;
}

void test_write(const char *folder, const char *path, const char *text) {
    g_autofree char *file = g_build_filename(folder, path, NULL);
    g_autofree char *parent = g_path_get_dirname(file);
    g_autoptr(GError) error = NULL;
    g_mkdir_with_parents(parent, 0755);
    if (!g_file_set_contents(file, text, -1, &error))
        fail_msg("%s", error->message);
}

bool test_exists(const char *folder, const char *path) {
    g_autofree char *file = g_build_filename(folder, path, NULL);
    return g_file_test(file, G_FILE_TEST_EXISTS);
}

int test_count_processes(const char *text) {
    g_autofree char *line = g_strdup_printf("pgrep -f -c '[%c]%s'", *text, text + 1);
    g_autofree char *out = NULL;
    const char *const arguments[] = {"sh", "-c", line, NULL};
    assert_true(g_spawn_sync(NULL, (char **)arguments, NULL, G_SPAWN_SEARCH_PATH, NULL, NULL, &out,
                             NULL, NULL, NULL));
    return atoi(out);
}
