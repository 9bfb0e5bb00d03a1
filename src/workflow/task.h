/* [[task]]: steps of the user's own, programs that a run starts before or after the built-in steps.
 */
#ifndef SY_WORKFLOW_TASK_H
#define SY_WORKFLOW_TASK_H

#include "schedule/scheduler.h"
#include "template/template.h"
#include "workflow/retry.h"

typedef enum { SY_TASK_TRADE, SY_TASK_REPORT, SY_TASK_BOTH } SyTaskWhen;

/* One [[task]]. */
typedef struct {
    char *name;
    char **needs;  /* tasks and built-in steps; NULL = none */
    unsigned when; /* SyTaskWhen */
    char **command;
    char *timeout;              /* NULL: none but the run's */
    const struct SyNode *retry; /* its own, or NULL */
    const SyNode *node;         /* of the whole task */
    gint64 timeout_ns;          /* 0: none */
    SyRetry own;                /* where retry is not NULL */
    bool after; /* comes after the built-in steps: it needs one of them, or a task that does */
} SyTask;

extern const SyFieldTable sy_task_fields;

/* What a task finds in its environment. */
typedef struct {
    const char *name; /* "SYSTEMATICA_RUN" */
    const char *help;
} SyTaskVariable;
extern const SyTaskVariable sy_task_variables[];
extern const gsize sy_n_task_variables;

/* The tasks of a template (SyTask), in an order in which each comes after what it needs, those
 * before the built-in steps first. Problems are reported at their place, cycles with their members.
 *
 * alone  the template has no model: there are no built-in steps to need. */
GPtrArray *sy_tasks_read(const SyTemplate *tmplate, bool alone, SyProblems *problems);

/* True if a task belongs to runs of this kind. */
bool sy_task_belongs(const SyTask *task, SyJobKind kind);

#endif
