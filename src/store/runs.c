/* Runs from the moment they are planned to their end: claims, attempts, back-offs, steps. */
#include <string.h>

#include "base/error.h"
#include "store/internal.h"

const char *const sy_run_status_names[] = {
    [SY_RUN_PLANNED] = "planned",         [SY_RUN_STARTED] = "started",
    [SY_RUN_BACKING_OFF] = "backing_off", [SY_RUN_SUCCEEDED] = "succeeded",
    [SY_RUN_FAILED] = "failed",           [SY_RUN_CRASHED] = "crashed",
    [SY_RUN_TIMED_OUT] = "timed_out",     [SY_RUN_CANCELLED] = "cancelled",
    [SY_RUN_OUTDATED] = "outdated",
};

#define UNFINISHED "('planned', 'started', 'backing_off')"

/* ---- reading ---- */

void sy_run_row_clear(SyRunRow *row) {
    g_free(row->study);
    g_free(row->kind);
    g_free(row->template_hash);
    g_free(row->template_text);
    g_free(row->request);
    g_free(row->message);
    g_free(row->step);
    *row = (SyRunRow){0};
}

#define RUN_COLUMNS                                                                                \
    "SELECT run.id, run.study_name, kind, template_hash, text, request, message, step, nominal, "  \
    "bar_time, planned, started, ended, retry_at, status, attempt, seed, epoch, pid, pid_start "   \
    "FROM run JOIN template_version ON hash = template_hash "

static SyRunRow read_run(SyStatement *query) {
    return (SyRunRow){
        .id = sy_db_integer(query, 0),
        .study = g_strdup(sy_db_text(query, 1, NULL)),
        .kind = g_strdup(sy_db_text(query, 2, NULL)),
        .template_hash = g_strdup(sy_db_text(query, 3, NULL)),
        .template_text = g_strdup(sy_db_text(query, 4, NULL)),
        .request = g_strdup(sy_db_text(query, 5, NULL)),
        .message = g_strdup(sy_db_text(query, 6, NULL)),
        .step = g_strdup(sy_db_text(query, 7, NULL)),
        .nominal = sy_column_time(query, 8),
        .bar = sy_column_time(query, 9),
        .planned = sy_column_time(query, 10),
        .started = sy_column_time(query, 11),
        .ended = sy_column_time(query, 12),
        .retry_at = sy_column_time(query, 13),
        .status = (SyRunStatus)sy_column_word(query, 14, sy_run_status_names, SY_N_RUN_STATUSES),
        .attempt = (int)sy_db_integer(query, 15),
        .seed = (guint64)sy_db_integer(query, 16),
        .epoch = sy_db_integer(query, 17),
        .pid = sy_db_integer(query, 18),
        .pid_start = (guint64)sy_db_integer(query, 19),
    };
}

static bool fail_no_run(gint64 id, GError **error) {
    return sy_fail(error, SY_ERROR_DATA, "the store has no run %" G_GINT64_FORMAT, id);
}

static bool load_run(SyStore *store, gint64 id, SyRunRow *row, GError **error) {
    SyStatement *query = sy_store_statement(store, RUN_COLUMNS "WHERE run.id = ?1", error);
    if (!query)
        return false;
    sy_db_bind_integer(query, 1, id);
    SyDbStep step = sy_db_step(query, error);
    if (step == SY_DB_DONE)
        return fail_no_run(id, error);
    if (step == SY_DB_ROW)
        *row = read_run(query);
    return step == SY_DB_ROW;
}

bool sy_store_load_run(SyStore *store, gint64 id, SyRunRow *row, GError **error) {
    *row = (SyRunRow){0};
    if (!sy_store_begin_read(store, error))
        return false;
    bool good = sy_store_finish(store, load_run(store, id, row, error), error);
    if (!good)
        sy_run_row_clear(row);
    return good;
}

static bool load_unfinished(SyStore *store, const char *study, GArray *rows, GError **error) {
    SyStatement *query =
        study ? sy_store_statement(store,
                                   RUN_COLUMNS "WHERE status IN " UNFINISHED
                                               " AND run.study_name = ?1 ORDER BY run.id",
                                   error)
              : sy_store_statement(
                    store, RUN_COLUMNS "WHERE status IN " UNFINISHED " ORDER BY run.id", error);
    if (!query)
        return false;
    if (study)
        sy_db_bind_text(query, 1, study);
    SyDbStep step;
    while ((step = sy_db_step(query, error)) == SY_DB_ROW) {
        SyRunRow row = read_run(query);
        g_array_append_val(rows, row);
    }
    return step == SY_DB_DONE;
}

GArray *sy_store_unfinished_runs(SyStore *store, const char *study, GError **error) {
    g_autoptr(GArray) rows = g_array_new(FALSE, FALSE, sizeof(SyRunRow));
    g_array_set_clear_func(rows, (GDestroyNotify)sy_run_row_clear);
    if (!sy_store_begin_read(store, error) ||
        !sy_store_finish(store, load_unfinished(store, study, rows, error), error))
        return NULL;
    return g_steal_pointer(&rows);
}

/* ---- attempts ---- */

static bool insert_attempt(SyStore *store, gint64 run, int number, SyTime now, GError **error) {
    SyStatement *insert =
        sy_store_statement(store,
                           "INSERT INTO attempt (run_id, number, started, status, message) "
                           "VALUES (?1, ?2, ?3, 'started', '')",
                           error);
    if (!insert)
        return false;
    sy_db_bind_integer(insert, 1, run);
    sy_db_bind_integer(insert, 2, number);
    sy_db_bind_integer(insert, 3, now);
    return sy_store_run(insert, error);
}

static bool end_attempt(SyStore *store, gint64 run, const char *status, const char *message,
                        SyTime retry_at, SyTime now, GError **error) {
    SyStatement *update = sy_store_statement(
        store,
        "UPDATE attempt SET status = ?2, message = ?3, retry_at = ?4, ended = ?5 "
        "WHERE run_id = ?1 AND status = 'started'",
        error);
    if (!update)
        return false;
    sy_db_bind_integer(update, 1, run);
    sy_db_bind_text(update, 2, status);
    sy_db_bind_text(update, 3, message);
    sy_bind_time(update, 4, retry_at);
    sy_db_bind_integer(update, 5, now);
    return sy_store_run(update, error);
}

bool sy_store_end_attempt(SyStore *store, gint64 run, const char *status, const char *message,
                          SyTime retry_at, SyTime now, GError **error) {
    store->ends_attempt_of = run;
    return sy_store_insert_steps(store, run, error) &&
           end_attempt(store, run, status, message, retry_at, now, error);
}

bool sy_store_study_of(SyStore *store, gint64 run, char **study, GError **error) {
    SyStatement *query =
        sy_store_statement(store, "SELECT study_name FROM run WHERE id = ?1", error);
    if (!query)
        return false;
    sy_db_bind_integer(query, 1, run);
    SyDbStep step = sy_db_step(query, error);
    if (step == SY_DB_DONE)
        return fail_no_run(run, error);
    if (step == SY_DB_ROW)
        *study = g_strdup(sy_db_text(query, 0, NULL));
    return step == SY_DB_ROW;
}

/* ---- from state to state ---- */

static bool claim(SyStore *store, gint64 id, gint64 epoch, gint64 pid, guint64 pid_start,
                  SyTime now, bool *claimed, GError **error) {
    SyStatement *update = sy_store_statement(
        store,
        "UPDATE run SET status = 'started', epoch = ?2, pid = ?3, pid_start = ?4, "
        "started = CASE WHEN started IS NULL THEN ?5 ELSE started END, retry_at = NULL "
        "WHERE id = ?1 AND status IN ('planned', 'backing_off') "
        "AND EXISTS (SELECT epoch FROM study WHERE name = run.study_name AND epoch = ?2) "
        "RETURNING study_name, attempt",
        error);
    if (!update)
        return false;
    sy_db_bind_integer(update, 1, id);
    sy_db_bind_integer(update, 2, epoch);
    sy_db_bind_integer(update, 3, pid);
    sy_db_bind_integer(update, 4, (gint64)pid_start);
    sy_db_bind_integer(update, 5, now);
    SyDbStep step = sy_db_step(update, error);
    *claimed = step == SY_DB_ROW;
    if (!*claimed)
        return step == SY_DB_DONE;
    g_autofree char *study = g_strdup(sy_db_text(update, 0, NULL));
    int attempt = (int)sy_db_integer(update, 1);
    g_hash_table_insert(store->claims, g_memdup2(&id, sizeof id), g_memdup2(&epoch, sizeof epoch));
    return insert_attempt(store, id, attempt, now, error) &&
           sy_store_append(store, now, "attempt", study, id,
                           sy_facts("{s:s, s:i, s:I, s:I}", "status", "started", "attempt", attempt,
                                    "pid", (json_int_t)pid, "epoch", (json_int_t)epoch),
                           error);
}

bool sy_store_claim_run(SyStore *store, gint64 id, gint64 epoch, gint64 pid, guint64 pid_start,
                        SyTime now, bool *claimed, GError **error) {
    *claimed = false;
    if (!sy_store_begin(store, error))
        return false;
    bool good =
        sy_store_finish(store, claim(store, id, epoch, pid, pid_start, now, claimed, error), error);
    *claimed = *claimed && good;
    return good;
}

/* The study of a run, where its status is still open; NULL where it has ended, or on errors. */
static char *open_study(SyStore *store, gint64 id, bool *failed, GError **error) {
    SyStatement *query = sy_store_statement(
        store, "SELECT study_name FROM run WHERE id = ?1 AND status IN " UNFINISHED, error);
    SyDbStep step = SY_DB_FAILED;
    if (query) {
        sy_db_bind_integer(query, 1, id);
        step = sy_db_step(query, error);
    }
    *failed = step == SY_DB_FAILED;
    return step == SY_DB_ROW ? g_strdup(sy_db_text(query, 0, NULL)) : NULL;
}

static bool end_run(SyStore *store, gint64 id, gint64 epoch, SyRunStatus status,
                    const char *message, SyTime now, bool *ended_before, GError **error) {
    bool failed = false;
    g_autofree char *study = open_study(store, id, &failed, error);
    *ended_before = !study && !failed;
    if (!study)
        return !failed;
    SyStatement *update = NULL;
    if (!sy_store_check_epoch(store, study, epoch, error) ||
        !sy_store_end_attempt(store, id, sy_run_status_names[status], message, SY_TIME_NONE, now,
                              error) ||
        !(update = sy_store_statement(store,
                                      "UPDATE run SET status = ?2, message = ?3, ended = ?4, "
                                      "retry_at = NULL WHERE id = ?1",
                                      error)))
        return false;
    sy_db_bind_integer(update, 1, id);
    sy_db_bind_text(update, 2, sy_run_status_names[status]);
    sy_db_bind_text(update, 3, message);
    sy_db_bind_integer(update, 4, now);
    return sy_store_run(update, error) &&
           sy_store_append(
               store, now, "run", study, id,
               sy_facts("{s:s, s:s}", "status", sy_run_status_names[status], "message", message),
               error);
}

bool sy_store_end_run(SyStore *store, gint64 id, gint64 epoch, SyRunStatus status,
                      const char *message, SyTime now, bool *ended_before, GError **error) {
    g_assert(sy_run_status_ended(status));
    g_autofree char *clean = sy_store_clean(message);
    *ended_before = false;
    return sy_store_begin(store, error) &&
           sy_store_finish(
               store, end_run(store, id, epoch, status, clean, now, ended_before, error), error);
}

static bool back_off(SyStore *store, gint64 id, gint64 epoch, const char *step, const char *message,
                     SyTime retry_at, guint64 seed, SyTime now, GError **error) {
    bool failed = false;
    g_autofree char *study = open_study(store, id, &failed, error);
    if (failed || (study && !sy_store_check_epoch(store, study, epoch, error)) ||
        !sy_store_end_attempt(store, id, "failed", message, retry_at, now, error))
        return false;
    SyStatement *update = sy_store_statement(
        store,
        "UPDATE run SET status = 'backing_off', message = ?2, step = ?3, retry_at = ?4, "
        "seed = ?5, attempt = attempt + 1, epoch = ?6 WHERE id = ?1 AND status = 'started' "
        "RETURNING attempt",
        error);
    if (!update)
        return false;
    sy_db_bind_integer(update, 1, id);
    sy_db_bind_text(update, 2, message);
    sy_db_bind_text(update, 3, step);
    sy_db_bind_integer(update, 4, retry_at);
    sy_db_bind_integer(update, 5, (gint64)seed);
    sy_db_bind_integer(update, 6, epoch);
    gint64 attempt = 0;
    if (!sy_store_integer(update, 0, &attempt, error))
        return false;
    if (!attempt)
        return sy_fail(error, SY_ERROR_HELD,
                       "run %" G_GINT64_FORMAT " is not this process's to try again: it was ended "
                       "or taken over",
                       id);
    return sy_store_append(store, now, "attempt", study, id,
                           sy_facts("{s:s, s:I, s:s, s:s, s:I}", "status", "backing_off", "attempt",
                                    (json_int_t)attempt - 1, "step", step, "message", message,
                                    "retry_at", (json_int_t)retry_at),
                           error);
}

bool sy_store_back_off(SyStore *store, gint64 id, gint64 epoch, const char *step,
                       const char *message, SyTime retry_at, guint64 seed, SyTime now,
                       GError **error) {
    g_autofree char *clean = sy_store_clean(message);
    return sy_store_begin(store, error) &&
           sy_store_finish(
               store, back_off(store, id, epoch, step, clean, retry_at, seed, now, error), error);
}
