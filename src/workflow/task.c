/* Reading of [[task]]: each through its field table, then what needs more than one of them: names,
 * needs, order. Starting one is task_run.c. */
#include "workflow/task.h"

#include <string.h>

#include "base/duration.h"
#include "base/error.h"
#include "base/text.h"
#include "workflow/pipeline.h"

/* clang-format off */
const SyTaskVariable sy_task_variables[] = {
    {"SYSTEMATICA_WORKSPACE", "Folder of the workspace."},
    {"SYSTEMATICA_STUDY", "study_name of the template."},
    {"SYSTEMATICA_RUN", "Number of the run."},
    {"SYSTEMATICA_KIND", "trade, report or task."},
    {"SYSTEMATICA_SLOT", "Nominal time of the run's slot, as 2026-11-22T14:00:00Z."},
    {"SYSTEMATICA_BAR", "Close of the bar that the run decides on; empty where it decides on none."},
    {"SYSTEMATICA_TASK", "Name of the task."},
    {"SYSTEMATICA_ATTEMPT", "1, 2, … : how often the task was started in this run."},
    {"SYSTEMATICA_DECISION",
     "After trade: a file with the decision, its orders and fills, as `run_app --once --json` "
     "prints them."},
    {"SYSTEMATICA_REPORTS", "After report: the files of the report, a line each."},
};
/* clang-format on */
const gsize sy_n_task_variables = G_N_ELEMENTS(sy_task_variables);

static bool check_name(const char *text, GError **error) {
    enum { longest = 64 };
    if (!g_regex_match_simple("^[A-Za-z0-9][A-Za-z0-9._-]*$", text, G_REGEX_DOLLAR_ENDONLY, 0) ||
        strlen(text) > longest)
        return sy_fail(error, SY_ERROR_USAGE,
                       "\"%s\" is no name of a task: use 1 to %d letters, digits, '.', '_' and "
                       "'-', and start with a letter or digit",
                       text, longest);
    for (int step = 0; step < SY_N_STEPS; step++)
        if (strcmp(text, sy_step_names[step]) == 0)
            return sy_fail(error, SY_ERROR_USAGE, "\"%s\" is the name of a built-in step", text);
    return true;
}

static const SyChoice whens[] = {
    [SY_TASK_TRADE] = {"trade", "in runs that trade", NULL},
    [SY_TASK_REPORT] = {"report", "in runs that report", NULL},
    [SY_TASK_BOTH] = {"both", "in both", NULL},
};

static const SyField task_fields[] = {
    SY_FIELD(SyTask, name, .required = true, .check = check_name,
             .help = "Name of the task: letters, digits, '.', '_', '-'; at most 64."),
    SY_FIELD(SyTask, needs,
             .help = "What must have succeeded before: tasks, or the built-in steps load, check, "
                     "model, signal, portfolio, trade, report. A task that needs no built-in step, "
                     "also through others, comes before load, and the built-in steps wait for it; "
                     "any other comes after the last of them. What needs a step that failed is "
                     "skipped."),
    SY_FIELD(SyTask, when, SY_CHOICES(whens), .fallback = "trade",
             .help = "In which runs; a template without a model has only runs of tasks."),
    SY_FIELD(SyTask, command, .required = true,
             .help = "The program and its arguments, started without a shell in the run's own "
                     "folder, .workflow/runs/NUMBER. Its output goes to the log; exit code 0 is "
                     "success."),
    SY_FIELD(SyTask, timeout, .check = sy_duration_check,
             .help = "After so long, as \"5m\", it is ended with all that it started."),
    SY_FIELD(SyTask, retry,
             .help = "As [retry], for this task; not given: as [retry] says, else one attempt."),
};
const SyFieldTable sy_task_fields = SY_FIELD_TABLE(SyTask, task_fields);

/* Tasks while they are put in order. */
typedef struct {
    const SyTemplate *template;
    SyProblems *problems;
    bool alone;
    GPtrArray *tasks; /* SyTask, in the order of the file; owned */
    GPtrArray *order; /* the same, each after what it needs */
    GPtrArray *path;  /* being visited: how the search came here */
} Order;

static void task_free(gpointer data) {
    SyTask *task = data;
    if (task->retry)
        sy_retry_clear(&task->own);
    sy_fields_clear(&sy_task_fields, task);
    g_free(task);
}

static const SyNode *place(const SyTask *task, const char *key) {
    return sy_schema_node(task->node, task_fields, G_N_ELEMENTS(task_fields), key);
}

static SyTask *read_one(const Order *order, const SyNode *node) {
    SyTask *task = g_new0(SyTask, 1);
    sy_schema_read(node, "[[task]]", &(SySchemaPart){&sy_task_fields, task}, 1, order->problems);
    task->node = node;
    if (task->command && (!task->command[0] || !*task->command[0]))
        sy_problems_add(order->problems, place(task, "command"),
                        "command = [\"program\", \"argument\"]",
                        "[[task]] command names no program");
    if (task->timeout)
        sy_duration_parse(task->timeout, &task->timeout_ns, NULL);
    if (task->retry)
        sy_retry_read(task->retry, "[[task]] retry:", &task->own, order->problems);
    if (order->alone && sy_node_find(node, "when"))
        sy_problems_add(order->problems, place(task, "when"), "remove it",
                        "[[task]] when: this template has no model, so no run of it trades or "
                        "reports");
    return task;
}

static SyTask *find_task(const Order *order, const char *name) {
    for (guint i = 0; i < order->tasks->len; i++) {
        SyTask *task = order->tasks->pdata[i];
        if (g_strcmp0(task->name, name) == 0)
            return task;
    }
    return NULL;
}

static SyStep find_step(const char *name) {
    SyStep step = 0;
    while (step < SY_N_STEPS && strcmp(sy_step_names[step], name) != 0)
        step++;
    return step;
}

static void check_doubles(const Order *order) {
    for (guint i = 0; i < order->tasks->len; i++) {
        const SyTask *task = order->tasks->pdata[i];
        const SyTask *first = task->name ? find_task(order, task->name) : task;
        if (first != task)
            sy_problems_add(order->problems, place(task, "name"), NULL,
                            "[[task]] name = \"%s\" is also that of the task in line %d",
                            task->name, first->node->line);
    }
}

static void unknown_need(const Order *order, const SyTask *task, const char *need) {
    g_autoptr(GPtrArray) names = g_ptr_array_new();
    for (guint i = 0; i < order->tasks->len; i++) {
        const SyTask *other = order->tasks->pdata[i];
        if (other->name && other != task)
            g_ptr_array_add(names, other->name);
    }
    for (int step = 0; step < SY_N_STEPS && !order->alone; step++)
        g_ptr_array_add(names, (gpointer)sy_step_names[step]);
    const char *const *known = (const char *const *)names->pdata;
    g_autofree char *list = sy_text_list(known, names->len, G_MAXSIZE);
    g_autofree char *meant = sy_text_did_you_mean(need, known, names->len);
    g_autofree char *hint = names->len ? g_strconcat("there are: ", list, NULL) : NULL;
    sy_problems_add(order->problems, place(task, "needs"), hint,
                    "[[task]] %s needs \"%s\", which is neither a task nor a step%s%s",
                    task->name ? task->name : "", need,
                    order->alone ? " of a template without a model" : "", meant);
}

/* A run holds the task only if it holds what the task needs. */
static void check_when(const Order *order, const SyTask *task, const char *need, unsigned when) {
    if (when == SY_TASK_BOTH || when == task->when || order->alone)
        return;
    sy_problems_add(order->problems, place(task, "needs"),
                    "let both have the same `when`, or the needed one \"both\"",
                    "[[task]] %s comes in runs of when = \"%s\", but \"%s\", which it needs, only "
                    "in those of \"%s\"",
                    task->name ? task->name : "", whens[task->when].name, need, whens[when].name);
}

static void report_cycle(const Order *order, const SyTask *task) {
    guint from = 0;
    g_ptr_array_find(order->path, task, &from);
    g_autoptr(GString) text = g_string_new(NULL);
    for (guint i = from; i < order->path->len; i++)
        g_string_append_printf(text, "%s needs ", ((const SyTask *)order->path->pdata[i])->name);
    sy_problems_add(order->problems, place(order->path->pdata[order->path->len - 1], "needs"), NULL,
                    "tasks need each other in a circle: %s%s", text->str, task->name);
}

/* Appends a task behind all that it needs. */
static void visit(Order *order, SyTask *task) {
    if (g_ptr_array_find(order->order, task, NULL))
        return;
    if (g_ptr_array_find(order->path, task, NULL)) {
        report_cycle(order, task);
        return;
    }
    g_ptr_array_add(order->path, task);
    for (char **need = task->needs; need && *need; need++) {
        SyTask *other = find_task(order, *need);
        SyStep step = find_step(*need);
        if (other) {
            check_when(order, task, *need, other->when);
            visit(order, other);
            task->after |= other->after;
        } else if (step < SY_N_STEPS && !order->alone) {
            check_when(order, task, *need,
                       step == SY_STEP_TRADE    ? SY_TASK_TRADE
                       : step == SY_STEP_REPORT ? SY_TASK_REPORT
                                                : SY_TASK_BOTH);
            task->after = true;
        } else {
            unknown_need(order, task, *need);
        }
    }
    g_ptr_array_set_size(order->path, (int)order->path->len - 1);
    g_ptr_array_add(order->order, task);
}

/* Those before the built-in steps first; else as they are. */
static GPtrArray *by_side(const GPtrArray *order) {
    GPtrArray *sorted = g_ptr_array_new_with_free_func(task_free);
    for (int after = 0; after <= 1; after++)
        for (guint i = 0; i < order->len; i++)
            if (((const SyTask *)order->pdata[i])->after == (after == 1))
                g_ptr_array_add(sorted, order->pdata[i]);
    return sorted;
}

GPtrArray *sy_tasks_read(const SyTemplate *tmplate, bool alone, SyProblems *problems) {
    const SyNode *list = sy_node_find(tmplate->document->root, "task");
    g_autoptr(GPtrArray) tasks = g_ptr_array_new(), order = g_ptr_array_new(),
                         path = g_ptr_array_new();
    Order state = {tmplate, problems, alone, tasks, order, path};
    for (gsize i = 0; list && list->type == SY_NODE_ARRAY && i < list->n; i++)
        g_ptr_array_add(tasks, read_one(&state, list->item[i]));
    check_doubles(&state);
    for (guint i = 0; i < tasks->len; i++)
        visit(&state, tasks->pdata[i]);
    return by_side(order);
}

bool sy_task_belongs(const SyTask *task, SyJobKind kind) {
    return kind == SY_JOB_TASK || task->when == SY_TASK_BOTH ||
           task->when == (kind == SY_JOB_TRADE ? SY_TASK_TRADE : SY_TASK_REPORT);
}
