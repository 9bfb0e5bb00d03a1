/* Workspaces with a daemon in them, for benches of the whole. A bench that cannot go on ends. */
#ifndef SY_BENCH_WORKSPACE_H
#define SY_BENCH_WORKSPACE_H

#include <glib.h>

/* Ends the bench with what failed. */
void sy_bench_fail(const char *what);

/* A new workspace without templates; sy_bench_stop removes it. Free with g_free. */
char *sy_bench_workspace(void);

/* Writes a template. */
void sy_bench_template(const char *folder, const char *study, const char *text);

/* Runs `systematica` with words (NULL-terminated, without the program) in a workspace. */
void sy_bench_run(const char *folder, const char *const *words);

/* Starts run_all; ends it and removes the workspace. */
GPid sy_bench_start(const char *folder);
void sy_bench_stop(GPid pid, const char *folder);

/* The number that a query of the store gives; NaN where it gives none. */
double sy_bench_query(const char *folder, const char *sql);

/* Seconds of processor time that a process has used; its memory by a key of /proc/PID/status. */
double sy_bench_used(GPid pid);
double sy_bench_memory_mib(GPid pid, const char *key);

#endif
