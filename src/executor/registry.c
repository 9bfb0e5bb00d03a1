/* The executors, and what they share. */
#include <stdlib.h>
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

/* In place: /proc shows the memory that the process was started with, and setenv takes another. */
void sy_execution_mark(gint64 run) {
    char *place = getenv("SYSTEMATICA_RUN");
    g_autofree char *number = g_strdup_printf("%" G_GINT64_FORMAT, run);
    if (place && strlen(number) <= strlen(place))
        strncpy(place, number, strlen(place));
}

void sy_execution_end_clear(SyExecutionEnd *end) { g_clear_pointer(&end->message, g_free); }
