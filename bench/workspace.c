/* Workspaces and daemons of benches. */
#include "workspace.h"

#include <math.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "db/db.h"

void sy_bench_fail(const char *what) {
    fprintf(stderr, "bench: %s failed\n", what);
    exit(1);
}

static char *program(const char *name) {
    g_autofree char *self = g_file_read_link("/proc/self/exe", NULL);
    g_autofree char *folder = g_path_get_dirname(self);
    g_autofree char *beside = g_build_filename(folder, "..", name, NULL);
    return g_canonicalize_filename(beside, NULL);
}

void sy_bench_run(const char *folder, const char *const *words) {
    g_autofree char *systematica = program("systematica");
    g_autoptr(GPtrArray) line = g_ptr_array_new();
    int status = 0;
    g_ptr_array_add(line, systematica);
    for (const char *const *word = words; *word; word++)
        g_ptr_array_add(line, (gpointer)*word);
    g_ptr_array_add(line, NULL);
    if (!g_spawn_sync(folder, (char **)line->pdata, NULL, G_SPAWN_STDOUT_TO_DEV_NULL, NULL, NULL,
                      NULL, NULL, &status, NULL) ||
        status != 0)
        sy_bench_fail(words[0]);
}

char *sy_bench_workspace(void) {
    static const char *const init[] = {"init", "--quiet", NULL};
    char *folder = g_dir_make_tmp("systematica-bench-XXXXXX", NULL);
    if (!folder)
        sy_bench_fail("a folder");
    sy_bench_run(folder, init);
    g_autofree char *sample = g_build_filename(folder, ".workflow/templates/dale.toml", NULL);
    remove(sample);
    return folder;
}

void sy_bench_template(const char *folder, const char *study, const char *text) {
    g_autofree char *path = g_strdup_printf("%s/.workflow/templates/%s.toml", folder, study);
    if (!g_file_set_contents(path, text, -1, NULL))
        sy_bench_fail(path);
}

GPid sy_bench_start(const char *folder) {
    g_autofree char *run_all = program("run_all");
    char *words[] = {run_all, "--quiet", NULL};
    GPid pid;
    if (!g_spawn_async(folder, words, NULL, G_SPAWN_DO_NOT_REAP_CHILD, NULL, NULL, &pid, NULL))
        sy_bench_fail("run_all");
    return pid;
}

void sy_bench_stop(GPid pid, const char *folder) {
    g_autofree char *remove_all = g_strdup_printf("rm -rf '%s'", folder);
    kill(pid, SIGTERM);
    waitpid(pid, NULL, 0);
    if (system(remove_all) != 0)
        sy_bench_fail("rm");
}

double sy_bench_query(const char *folder, const char *sql) {
    g_autoptr(SyDb) db = sy_db_open("sqlite:///.workflow/state.db", folder, SY_DB_READ, 5000, NULL);
    g_autoptr(SyStatement) statement = db ? sy_db_prepare(db, sql, NULL) : NULL;
    return statement && sy_db_step(statement, NULL) == SY_DB_ROW ? sy_db_number(statement, 0) : NAN;
}

static char *read_proc(GPid pid, const char *file) {
    g_autofree char *path = g_strdup_printf("/proc/%d/%s", pid, file);
    char *text = NULL;
    if (!g_file_get_contents(path, &text, NULL, NULL))
        sy_bench_fail(path);
    return text;
}

double sy_bench_used(GPid pid) {
    enum { utime = 11, stime = 12 };
    g_autofree char *text = read_proc(pid, "stat");
    g_auto(GStrv) words = g_strsplit(strrchr(text, ')') + 2, " ", -1);
    return (atof(words[utime]) + atof(words[stime])) / (double)sysconf(_SC_CLK_TCK);
}

double sy_bench_memory_mib(GPid pid, const char *key) {
    g_autofree char *text = read_proc(pid, "status");
    return atof(strstr(text, key) + strlen(key)) / 1024;
}
