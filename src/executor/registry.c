/* The executors, and what they share. */
#include <string.h>

#include "executor/rows.h"

const SyExecutorRow *const sy_executors[] = {&sy_executor_process, &sy_executor_inline};
const gsize sy_n_executors = G_N_ELEMENTS(sy_executors);

const SyExecutorRow *sy_executor_find(const char *name) {
    for (gsize i = 0; i < sy_n_executors; i++)
        if (strcmp(sy_executors[i]->name, name) == 0)
            return sy_executors[i];
    return NULL;
}

char **sy_execution_marks(const char *workspace, gint64 run) {
    char **marks = g_new0(char *, 3);
    marks[0] = g_strdup_printf("SYSTEMATICA_RUN=%" G_GINT64_FORMAT, run);
    marks[1] = g_strdup_printf("SYSTEMATICA_WORKSPACE=%s", workspace);
    return marks;
}

void sy_execution_end_clear(SyExecutionEnd *end) { g_clear_pointer(&end->message, g_free); }
