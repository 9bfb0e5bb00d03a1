/* One attempt of a [[task]]: a program in a process group of its own, its output, its end. */
#ifndef SY_WORKFLOW_TASK_RUN_H
#define SY_WORKFLOW_TASK_RUN_H

#include "store/steps.h"
#include "workflow/task.h"

typedef struct {
    SyStepStatus status;    /* SUCCEEDED, FAILED, CRASHED or TIMED_OUT */
    char *class_of_failure; /* "exit:75", "signal:11", "timeout"; "failed" where it could not be
                               started; NULL where it succeeded */
    char *message;          /* how it ended where it failed, and the tail of its output */
} SyTaskEnd;

void sy_task_end_clear(SyTaskEnd *end);
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(SyTaskEnd, sy_task_end_clear)

/* Starts the program, waits for its end, ends it and all of its process group after its timeout.
 * A SIGTERM to this process meanwhile goes to that group first: once the task has ended, 5 s later
 * by SIGKILL, it has its effect here. Whatever it leaves in its group is killed. Time is real time,
 * whatever clock the run has.
 *
 * environment  NULL-terminated "NAME=value"
 * say          called with each line of its output (UTF-8), the first MiB of it */
void sy_task_run(const SyTask *task, char **environment, const char *folder,
                 void (*say)(gpointer data, const char *line), gpointer data, SyTaskEnd *end);

#endif
