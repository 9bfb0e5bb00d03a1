/* What a worker does: between claim and end, the steps in order. What is done is kept in the store
 * in as few commits as crash safety allows: one for the claim, one for each task (whose work must
 * not be done twice), one for the end, in which the built-in steps go with the decision. */
#include "workflow/run.h"

#include <errno.h>
#include <glib/gstdio.h>
#include <jansson.h>
#include <math.h>
#include <string.h>

#include "base/error.h"
#include "base/hash.h"
#include "store/splits.h"
#include "store/steps.h"
#include "workflow/cycle_json.h"
#include "workflow/task_run.h"

/* ---- requests ---- */

char *sy_run_request_write(const SyRunRequest *request) {
    json_t *root = json_pack("{s:i, s:f, s:b, s:s*}", "lookback_days", request->lookback_days,
                             "max_buffer_seconds", request->max_buffer_seconds, "dry_run",
                             request->dry_run, "notice", request->notice);
    if (request->since != SY_TIME_NONE)
        json_object_set_new(root, "since", json_integer(request->since));
    char *text = json_dumps(root, JSON_COMPACT);
    char *copy = g_strdup(text);
    free(text);
    json_decref(root);
    return copy;
}

bool sy_run_request_read(const char *text, SyRunRequest *request, GError **error) {
    json_error_t reason;
    json_int_t since = SY_TIME_NONE;
    int dry_run = 0;
    const char *notice = NULL;
    *request = (SyRunRequest){.since = SY_TIME_NONE};
    json_t *root = json_loads(text, 0, &reason);
    bool good =
        root &&
        json_unpack_ex(root, &reason, 0, "{s:i, s:F, s:b, s?:I, s?:s}", "lookback_days",
                       &request->lookback_days, "max_buffer_seconds", &request->max_buffer_seconds,
                       "dry_run", &dry_run, "since", &since, "notice", &notice) == 0;
    request->notice = g_strdup(notice);
    json_decref(root);
    request->dry_run = dry_run != 0;
    request->since = since;
    return good || sy_fail(error, SY_ERROR_FAILED,
                           "the stored request of the run is unreadable: %s", reason.text);
}

void sy_run_request_clear(SyRunRequest *request) { g_clear_pointer(&request->notice, g_free); }

void sy_run_outcome_clear(SyRunOutcome *outcome) {
    sy_cycle_clear(&outcome->cycle);
    g_clear_pointer(&outcome->reports, g_ptr_array_unref);
}

/* ---- one attempt ---- */

/* A step that did not succeed. */
typedef struct {
    char *step, *class_of_failure;
    GError *error;
    int attempt;  /* of the step */
    SyTime first; /* start of its first attempt */
} Failure;

/* An attempt of a run while it goes on. */
typedef struct {
    SyStore *store;
    const SyRunContext *context;
    SyRunOutcome *outcome;
    SyRunRow row;
    gint64 epoch;
    SyJobKind kind;
    SyStrategy *strategy;
    SyRunRequest request;
    char *folder;          /* of its tasks */
    GArray *before;        /* SyStepRow of earlier attempts */
    GArray *rows;          /* SyStepRow of this one that wait for a commit */
    GHashTable *succeeded; /* names of steps, of this attempt or an earlier one */
    GPtrArray *failures;   /* Failure */
    bool ended;            /* the decision ended the run */
} Work;

static void failure_free(gpointer data) {
    Failure *failure = data;
    g_free(failure->step);
    g_free(failure->class_of_failure);
    g_error_free(failure->error);
    g_free(failure);
}

static void work_clear(Work *work) {
    sy_run_row_clear(&work->row);
    sy_run_request_clear(&work->request);
    sy_strategy_free(work->strategy);
    g_free(work->folder);
    g_clear_pointer(&work->before, g_array_unref);
    g_clear_pointer(&work->rows, g_array_unref);
    g_clear_pointer(&work->succeeded, g_hash_table_unref);
    g_clear_pointer(&work->failures, g_ptr_array_unref);
}
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(Work, work_clear)

static SyTime now_of(const Work *work) { return sy_env_now(work->context->env); }

static void say(const Work *work, SyLogLevel level, const char *format, ...) G_GNUC_PRINTF(3, 4);
static void say(const Work *work, SyLogLevel level, const char *format, ...) {
    if (!work->context->log)
        return;
    va_list arguments;
    va_start(arguments, format);
    g_autofree char *text = g_strdup_vprintf(format, arguments);
    va_end(arguments);
    sy_log(work->context->log, level, work->row.study, work->row.id, "%s", text);
}

/* ---- steps ---- */

static bool has_succeeded(const Work *work, const char *step) {
    return g_hash_table_contains(work->succeeded, step);
}

/* The attempts of a step that came before this one: how many, and when the first began. */
static int attempts_before(const Work *work, const char *step, SyTime *first) {
    int attempts = 0;
    for (guint i = 0; i < work->before->len; i++) {
        const SyStepRow *row = &g_array_index(work->before, SyStepRow, i);
        if (row->status == SY_STEP_SKIPPED || strcmp(row->name, step) != 0)
            continue;
        attempts = MAX(attempts, row->attempt);
        *first = MIN(*first, row->started);
    }
    return attempts;
}

/* Notes how a step went; it is stored with the next commit of the run. */
static void note_step(Work *work, const char *step, SyStepStatus status, SyTime started,
                      SyTime ended, const char *message) {
    SyTime first = started;
    g_autofree char *masked = sy_settings_mask(work->context->settings, message);
    SyStepRow row = {.name = g_strdup(step),
                     .attempt = attempts_before(work, step, &first) + 1,
                     .status = status,
                     .started = started,
                     .ended = ended,
                     .message = g_steal_pointer(&masked)};
    g_array_append_val(work->rows, row);
    if (status == SY_STEP_SUCCEEDED)
        g_hash_table_add(work->succeeded, g_strdup(step));
    sy_store_wait_steps(work->store, work->row.id, (const SyStepRow *)work->rows->data,
                        work->rows->len);
}

/* Notes a failure; takes `error`. */
static void note_failure(Work *work, const char *step, SyStepStatus status, SyTime started,
                         const char *class_of_failure, GError *error) {
    Failure *failure = g_new0(Failure, 1);
    *failure = (Failure){.step = g_strdup(step),
                         .class_of_failure = g_strdup(class_of_failure),
                         .error = error,
                         .first = started};
    failure->attempt = attempts_before(work, step, &failure->first) + 1;
    g_ptr_array_add(work->failures, failure);
    note_step(work, step, status, started, now_of(work), error->message);
    say(work, SY_LOG_ERROR, "%s: %s", step, error->message);
}

static void note_skip(Work *work, const char *step, const char *reason) {
    SyTime now = now_of(work);
    note_step(work, step, SY_STEP_SKIPPED, now, now, reason);
    say(work, SY_LOG_WARNING, "%s: %s", step, reason);
}

/* Takes back what was noted of a step that was told of just before its commit. */
static void forget_step(Work *work, const char *step) {
    if (g_hash_table_remove(work->succeeded, step))
        g_array_remove_index(work->rows, work->rows->len - 1);
}

/* ---- built-in steps ---- */

static SyStep last_step(const Work *work) {
    return work->kind == SY_JOB_TRADE ? SY_STEP_TRADE : SY_STEP_REPORT;
}

/* The built-in step of place i; the last one is trade or report. */
static SyStep step_at(const Work *work, int i) {
    return i <= SY_STEP_PORTFOLIO ? (SyStep)i : last_step(work);
}
enum { n_chain = SY_STEP_PORTFOLIO + 2 };

static void step_done(gpointer data, SyStep step, SyTime started, SyTime ended) {
    note_step(data, sy_step_names[step], SY_STEP_SUCCEEDED, started, ended, "");
}

static bool tasks_follow(const Work *work) {
    for (guint i = 0; i < work->strategy->tasks->len; i++) {
        const SyTask *task = work->strategy->tasks->pdata[i];
        if (task->after && sy_task_belongs(task, work->kind))
            return true;
    }
    return false;
}

static SyPipelineContext pipeline_context(const Work *work, const SyStepWatch *watch) {
    const SyRunContext *context = work->context;
    return (SyPipelineContext){
        .loader = {.env = context->env,
                   .folder = context->workspace,
                   .engines = &context->settings->engines,
                   .until = SY_TIME_NONE,
                   .bars = context->bars},
        .model = {.threads = context->threads},
        .must_be_fresh = work->kind == SY_JOB_TRADE,
        .bar = work->kind == SY_JOB_TRADE ? work->row.bar : SY_TIME_NONE,
        .watch = watch,
    };
}

static bool write_decision(gpointer data, const SyCycle *cycle, GError **error);

static bool trade(Work *work, const SyPipelineContext *pipeline, GError **error) {
    SyCycle *cycle = &work->outcome->cycle;
    const SyCycleOptions options = {
        .pipeline = *pipeline,
        .run = work->row.id,
        .goes_on = tasks_follow(work),
        .before_commit = tasks_follow(work) ? write_decision : NULL,
        .before_commit_data = work,
        .work_orders = work->context->work_orders,
        .slot = work->row.nominal,
        .max_buffer_seconds = work->request.max_buffer_seconds,
        .dry_run = work->request.dry_run,
        .settings = work->context->settings,
    };
    if (!sy_cycle_run(work->strategy, &options, work->store, cycle, error))
        return false;
    if (cycle->revised)
        say(work, SY_LOG_WARNING, "%s; this run decides on the data as they are", cycle->revised);
    work->ended = cycle->end == SY_CYCLE_STORED && !options.goes_on;
    if (cycle->end == SY_CYCLE_LATE && work->request.max_buffer_seconds > 0)
        return sy_fail(error, SY_ERROR_FAILED,
                       "nothing was traded: the decision was ready later than max_buffer (%g s) "
                       "after its slot",
                       work->request.max_buffer_seconds);
    if (cycle->end != SY_CYCLE_STORED) { /* tasks that need a decision find none of this run */
        const char *step = sy_step_names[SY_STEP_TRADE];
        forget_step(work, step);
        note_skip(work, step, sy_cycle_ends[cycle->end].text);
    }
    return true;
}

static bool report(Work *work, const SyPipelineContext *pipeline, GError **error) {
    const SyRunContext *context = work->context;
    SyPipelineResult *result = &work->outcome->cycle.result;
    GPtrArray *paths = work->outcome->reports;
    SyPipelineContext with_splits = *pipeline;
    g_auto(SySplits) splits = {0};
    sy_splits_init(&splits, work->store, now_of(work));
    const SyKeeper keeper = sy_splits_keeper(&splits);
    with_splits.model.keeper = &keeper;
    g_auto(SyOrigin) pinned = {0};
    if (!sy_cycle_choose_origin(work->strategy, work->store, &pinned, &with_splits.loader, error) ||
        !sy_pipeline_run(work->strategy, &with_splits, result, error))
        return false;
    SyTime started = now_of(work);
    const SyReportOptions options = {
        .workspace = context->workspace,
        .program = context->report_program,
        .created = started,
        .since = work->request.since,
        .lookback_days = work->request.lookback_days,
        .notice = work->request.notice,
    };
    if (!sy_publish_report(work->strategy, result, &options, paths, error) ||
        !sy_store_add_artifacts(work->store, work->row.id, "report", paths, now_of(work), error))
        return false;
    sy_pipeline_step_done(pipeline, SY_STEP_REPORT, &started);
    return true;
}

/* The built-in step that failed is the first that was not told of as done; or the last, whose
 * commit failed after it was told of. */
static void fail_builtin(Work *work, SyTime started, GError *error) {
    int i = 0;
    while (i < n_chain - 1 && has_succeeded(work, sy_step_names[step_at(work, i)]))
        i++;
    const char *step = sy_step_names[step_at(work, i)];
    forget_step(work, step);
    if (work->rows->len)
        started = g_array_index(work->rows, SyStepRow, work->rows->len - 1).ended;
    note_failure(work, step, SY_STEP_FAILED, started, sy_error_row(error)->name, error);
    for (i++; i < n_chain; i++) {
        g_autofree char *reason = g_strdup_printf("not done: %s failed", step);
        note_skip(work, sy_step_names[step_at(work, i)], reason);
    }
}

static void skip_builtin(Work *work) {
    g_autofree char *reason =
        g_strdup_printf("not done: the task %s comes first and did not succeed",
                        ((const Failure *)work->failures->pdata[0])->step);
    for (int i = 0; i < n_chain; i++)
        note_skip(work, sy_step_names[step_at(work, i)], reason);
}

/* False where the run is no longer ours, or the store itself failed. */
static bool run_builtin(Work *work, GError **error) {
    if (!sy_strategy_has_model(work->strategy) ||
        has_succeeded(work, sy_step_names[last_step(work)]))
        return true;
    if (work->failures->len) {
        skip_builtin(work);
        return true;
    }
    const SyStepWatch watch = {step_done, work};
    const SyPipelineContext pipeline = pipeline_context(work, &watch);
    SyTime started = now_of(work);
    GError *reason = NULL;
    if (work->kind == SY_JOB_TRADE ? trade(work, &pipeline, &reason)
                                   : report(work, &pipeline, &reason))
        return true;
    if (g_error_matches(reason, SY_ERROR, SY_ERROR_HELD)) {
        g_propagate_error(error, reason);
        return false;
    }
    fail_builtin(work, started, reason);
    return true;
}

/* ---- tasks ---- */

static char **task_environment(const Work *work, const SyTask *task, int attempt,
                               const char *decision, const char *reports) {
    char slot[SY_TIME_TEXT_SIZE], bar[SY_TIME_TEXT_SIZE] = "";
    g_autofree char *run = g_strdup_printf("%" G_GINT64_FORMAT, work->row.id);
    g_autofree char *number = g_strdup_printf("%d", attempt);
    if (work->row.bar != SY_TIME_NONE)
        sy_time_format(work->row.bar, bar);
    const struct {
        const char *name, *value;
    } facts[] = {
        {"SYSTEMATICA_WORKSPACE", work->context->workspace},
        {"SYSTEMATICA_STUDY", work->row.study},
        {"SYSTEMATICA_RUN", run},
        {"SYSTEMATICA_KIND", work->row.kind},
        {"SYSTEMATICA_SLOT", sy_time_format(work->row.nominal, slot)},
        {"SYSTEMATICA_BAR", bar},
        {"SYSTEMATICA_TASK", task->name},
        {"SYSTEMATICA_ATTEMPT", number},
        {"SYSTEMATICA_DECISION", decision},
        {"SYSTEMATICA_REPORTS", reports},
    };
    G_STATIC_ASSERT(G_N_ELEMENTS(facts) == 10); /* the rows of sy_task_variables */
    char **environment = g_get_environ();
    for (gsize i = 0; i < G_N_ELEMENTS(facts); i++)
        environment = facts[i].value
                          ? g_environ_setenv(environment, facts[i].name, facts[i].value, TRUE)
                          : g_environ_unsetenv(environment, facts[i].name);
    return environment;
}

typedef struct {
    const Work *work;
    const SyTask *task;
} Speaker;

static void say_line(gpointer data, const char *line) {
    const Speaker *speaker = data;
    say(speaker->work, SY_LOG_INFO, "%s: %s", speaker->task->name, line);
}

static char *decision_path(const Work *work) {
    return g_build_filename(work->folder, "decision.json", NULL);
}

/* The file with the decision, for tasks after a trade. */
static bool write_decision(gpointer data, const SyCycle *cycle, GError **error) {
    const Work *work = data;
    g_autoptr(GError) reason = NULL;
    g_autofree char *file = decision_path(work);
    g_autofree char *json = sy_cycle_json(work->strategy, cycle, work->outcome->reports);
    if (g_mkdir_with_parents(work->folder, 0700) != 0)
        return sy_fail(error, SY_ERROR_IO, "the folder %s cannot be made: %s", work->folder,
                       g_strerror(errno));
    return g_file_set_contents_full(file, json, -1,
                                    G_FILE_SET_CONTENTS_CONSISTENT | G_FILE_SET_CONTENTS_DURABLE,
                                    0600, &reason) ||
           sy_fail(error, SY_ERROR_IO, "%s", reason->message);
}

/* It was written before the decision was stored, so that it is there whatever attempt this is;
 * but where this one found the bar decided. */
static bool decision_file(Work *work, char **path, GError **error) {
    const SyCycle *cycle = &work->outcome->cycle;
    g_autofree char *file = decision_path(work);
    if (cycle->decision && cycle->end != SY_CYCLE_STORED && !write_decision(work, cycle, error))
        return false;
    if (!g_file_test(file, G_FILE_TEST_EXISTS))
        return sy_fail(error, SY_ERROR_FAILED,
                       "the decision is stored, but %s is not there any more", file);
    *path = g_steal_pointer(&file);
    return true;
}

static bool report_files(const Work *work, char **lines, GError **error) {
    g_auto(GStrv) paths = sy_store_load_artifacts(work->store, work->row.id, "report", error);
    *lines = paths ? g_strjoinv("\n", paths) : NULL;
    return paths != NULL;
}

/* What a task is started with; the folder is made here. */
static char **prepare_task(Work *work, const SyTask *task, int attempt, GError **error) {
    g_autofree char *decision = NULL, *reports = NULL;
    if (g_mkdir_with_parents(work->folder, 0700) != 0) {
        sy_fail(error, SY_ERROR_IO, "the folder %s cannot be made: %s", work->folder,
                g_strerror(errno));
        return NULL;
    }
    if ((has_succeeded(work, "trade") && !decision_file(work, &decision, error)) ||
        (has_succeeded(work, "report") && !report_files(work, &reports, error)))
        return NULL;
    return task_environment(work, task, attempt, decision, reports);
}

static void do_task(Work *work, const SyTask *task) {
    SyTime started = now_of(work), first = started;
    GError *error = NULL;
    int attempt = attempts_before(work, task->name, &first) + 1;
    g_auto(GStrv) environment = prepare_task(work, task, attempt, &error);
    if (!environment) {
        note_failure(work, task->name, SY_STEP_FAILED, started, sy_error_row(error)->name, error);
        return;
    }
    g_auto(SyTaskEnd) end = {0};
    sy_task_run(task, environment, work->folder, say_line, &(Speaker){work, task}, &end);
    if (end.status == SY_STEP_SUCCEEDED) {
        note_step(work, task->name, SY_STEP_SUCCEEDED, started, now_of(work), end.message);
        return;
    }
    sy_fail(&error, SY_ERROR_FAILED, "task %s: %s", task->name, end.message);
    note_failure(work, task->name, end.status, started, end.class_of_failure, error);
}

/* The first thing that a task needs and that did not succeed; NULL where it may start. */
static const char *missing_need(const Work *work, const SyTask *task) {
    for (char **need = task->needs; need && *need; need++)
        if (!has_succeeded(work, *need))
            return *need;
    return NULL;
}

/* The tasks of one side of the built-in steps. False where the store failed. */
static bool run_tasks(Work *work, bool after, GError **error) {
    for (guint i = 0; i < work->strategy->tasks->len; i++) {
        const SyTask *task = work->strategy->tasks->pdata[i];
        if (task->after != after || !sy_task_belongs(task, work->kind) ||
            has_succeeded(work, task->name))
            continue;
        const char *need = missing_need(work, task);
        if (need) {
            g_autofree char *reason =
                g_strdup_printf("not started: %s, which it needs, did not succeed", need);
            note_skip(work, task->name, reason);
            continue;
        }
        do_task(work, task);
        if (!sy_store_write_steps(work->store, work->row.id, error))
            return false;
        g_array_set_size(work->rows, 0);
    }
    return true;
}

/* ---- the end ---- */

/* The stored seed where the same back-off goes on, else one that only this run's step has. */
static guint64 seed_of(const Work *work, const char *step) {
    if (work->row.seed && g_strcmp0(work->row.step, step) == 0)
        return work->row.seed;
    g_autofree char *text = g_strdup_printf("%s %s %" G_GINT64_FORMAT " %s", work->row.study,
                                            work->row.kind, work->row.nominal, step);
    return sy_hash_text(0, text);
}

/* A trade run is of no use once its slot may no longer be traded. */
static bool too_late(const Work *work, SyTime time) {
    return work->kind == SY_JOB_TRADE && (double)(time - work->row.nominal) >
                                             work->request.max_buffer_seconds * (double)SY_SECOND;
}

/* Whether all that failed is tried again, and when: not before the latest of them asks for it.
 *
 * That holds for `trade` too: what fails there fails before or in the one transaction that stores
 * decision, orders, fills and book; nothing was sent to anybody, and if the commit went through
 * after all, the next attempt finds the bar decided and adds nothing. Brokers behind a network,
 * where an order may be out while we do not know it, are never tried again from here. */
static const Failure *next_attempt(const Work *work, SyTime now, SyTime *retry_at) {
    const Failure *latest = NULL;
    for (guint i = 0; i < work->failures->len; i++) {
        const Failure *failure = work->failures->pdata[i];
        const SyFailure facts = {
            .attempt = failure->attempt,
            .seed = seed_of(work, failure->step),
            .first = failure->first,
            .now = now,
            .class_of_failure = failure->class_of_failure,
            .retry_after = NAN,
        };
        SyTime at = now;
        if (sy_retry_next(sy_strategy_retry(work->strategy, failure->step), &facts, &at) !=
                SY_RETRY_AGAIN ||
            too_late(work, at))
            return NULL;
        if (!latest || at > *retry_at) {
            latest = failure;
            *retry_at = at;
        }
    }
    return latest;
}

/* What the run's row says: every failure; how often it was tried, unless `reraise`. */
static char *describe_failures(const Work *work, SyTime now) {
    GString *text = g_string_new(NULL);
    for (guint i = 0; i < work->failures->len; i++) {
        const Failure *failure = work->failures->pdata[i];
        g_string_append(text, i ? "; " : "");
        if (failure->attempt > 1 && !sy_strategy_retry(work->strategy, failure->step)->reraise)
            g_string_append_printf(text, "gave up after %d attempts in %.0f s: ", failure->attempt,
                                   (double)(now - failure->first) / (double)SY_SECOND);
        g_string_append(text, failure->error->message);
    }
    g_autofree char *all = g_string_free(text, FALSE);
    return sy_settings_mask(work->context->settings, all);
}

static bool end_run(Work *work, SyRunStatus status, const char *message, SyTime now,
                    GError **error) {
    bool before = false;
    if (!sy_store_end_run(work->store, work->row.id, work->epoch, status, message, now, &before,
                          error))
        return false;
    if (before)
        return sy_fail(error, SY_ERROR_HELD, "run %" G_GINT64_FORMAT " was ended by somebody else",
                       work->row.id);
    work->outcome->status = status;
    return true;
}

/* Stores the failures; returns false with the first of them. */
static bool end_failed(Work *work, GError **error) {
    SyTime now = now_of(work), retry_at = SY_TIME_NONE;
    const Failure *first = work->failures->pdata[0], *waits = next_attempt(work, now, &retry_at);
    if (waits) {
        g_autofree char *message = sy_settings_mask(work->context->settings, waits->error->message);
        char at[SY_TIME_TEXT_SIZE];
        if (!sy_store_back_off(work->store, work->row.id, work->epoch, waits->step, message,
                               retry_at, seed_of(work, waits->step), now, error))
            return false;
        work->outcome->status = SY_RUN_BACKING_OFF;
        work->outcome->retry_at = retry_at;
        say(work, SY_LOG_WARNING, "%s: attempt %d failed, the next is at %s", waits->step,
            waits->attempt, sy_time_format(retry_at, at));
        return sy_fail(error, (SyErrorCode)sy_error_row(waits->error)->code, "%s", message);
    }
    g_autofree char *message = describe_failures(work, now);
    bool outdated = g_error_matches(first->error, SY_ERROR, SY_ERROR_OUTDATED);
    if (!end_run(work, outdated ? SY_RUN_OUTDATED : SY_RUN_FAILED, message, now, error))
        return false;
    return sy_fail(error, (SyErrorCode)sy_error_row(first->error)->code, "%s", message);
}

static bool end_work(Work *work, GError **error) {
    const SyCycle *cycle = &work->outcome->cycle;
    if (work->failures->len)
        return end_failed(work, error);
    work->outcome->status = SY_RUN_SUCCEEDED;
    bool decided = cycle->decision && cycle->end != SY_CYCLE_STORED;
    return work->ended ||
           end_run(work, SY_RUN_SUCCEEDED, decided ? sy_cycle_ends[cycle->end].text : "",
                   now_of(work), error);
}

/* ---- the whole ---- */

static GArray *step_rows_new(void) {
    GArray *rows = g_array_new(FALSE, FALSE, sizeof(SyStepRow));
    g_array_set_clear_func(rows, (GDestroyNotify)sy_step_row_clear);
    return rows;
}

static bool claim(Work *work, GError **error) {
    const SyRunContext *context = work->context;
    bool claimed = false;
    if (!sy_store_claim_run(work->store, work->row.id, work->epoch, context->pid,
                            context->pid_start, now_of(work), &claimed, error))
        return false;
    if (!claimed)
        return sy_fail(error, SY_ERROR_HELD,
                       "run %" G_GINT64_FORMAT " of %s is not this process's: it has ended, or "
                       "another process runs the study",
                       work->row.id, work->row.study);
    work->outcome->status = SY_RUN_STARTED;
    return true;
}

/* What earlier attempts did. */
static bool load_before(Work *work, GError **error) {
    work->before = sy_store_load_steps(work->store, work->row.id, error);
    for (guint i = 0; work->before && i < work->before->len; i++) {
        const SyStepRow *row = &g_array_index(work->before, SyStepRow, i);
        if (row->status == SY_STEP_SUCCEEDED)
            g_hash_table_add(work->succeeded, g_strdup(row->name));
    }
    /* what the built-in steps gave was in memory: they are done again as one, unless all were */
    if (work->before && !has_succeeded(work, sy_step_names[last_step(work)]))
        for (int i = 0; i < n_chain; i++)
            g_hash_table_remove(work->succeeded, sy_step_names[step_at(work, i)]);
    return work->before != NULL;
}

static bool read_kind(Work *work, GError **error) {
    if (sy_job_kind_find(work->row.kind, &work->kind))
        return true;
    return sy_fail(error, SY_ERROR_FAILED, "there are no runs of kind \"%s\"", work->row.kind);
}

/* The template as it was when the slot was decided, whatever its file says by now. */
static bool read_work(Work *work, GError **error) {
    const char *text = work->row.template_text;
    work->strategy = sy_strategy_read(text, strlen(text), work->row.study, error);
    return work->strategy && sy_run_request_read(work->row.request, &work->request, error) &&
           (work->kind == SY_JOB_TASK ||
            sy_strategy_check_model(work->strategy, work->row.kind, error)) &&
           sy_strategy_check_engine(work->strategy, &work->context->settings->engines, error);
}

static bool do_steps(Work *work, GError **error) {
    g_autoptr(GError) reason = NULL;
    if (!read_work(work, &reason)) {
        g_autofree char *message = sy_settings_mask(work->context->settings, reason->message);
        if (end_run(work, SY_RUN_FAILED, message, now_of(work), error))
            g_propagate_error(error, g_steal_pointer(&reason));
        return false;
    }
    return run_tasks(work, false, error) && run_builtin(work, error) &&
           run_tasks(work, true, error) && end_work(work, error);
}

bool sy_run_execute(SyStore *store, gint64 id, gint64 epoch, const SyRunContext *context,
                    SyRunOutcome *outcome, GError **error) {
    *outcome = (SyRunOutcome){.status = SY_RUN_PLANNED,
                              .retry_at = SY_TIME_NONE,
                              .reports = g_ptr_array_new_with_free_func(g_free)};
    g_autofree char *number = g_strdup_printf("%" G_GINT64_FORMAT, id);
    g_auto(Work) work = {
        .store = store,
        .context = context,
        .outcome = outcome,
        .epoch = epoch,
        .folder = g_build_filename(context->workspace, ".workflow", "runs", number, NULL),
        .rows = step_rows_new(),
        .succeeded = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, NULL),
        .failures = g_ptr_array_new_with_free_func(failure_free),
    };
    return sy_store_load_run(store, id, &work.row, error) && read_kind(&work, error) &&
           claim(&work, error) && load_before(&work, error) && do_steps(&work, error);
}
