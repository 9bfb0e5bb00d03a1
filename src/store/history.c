/* Listings; each is read at one moment. */
#include "store/history.h"

#include <string.h>

#include "store/internal.h"

static void run_line_clear(gpointer data) {
    SyRunLine *line = data;
    g_free(line->study);
    g_free(line->kind);
    g_free(line->message);
}

static void job_line_clear(gpointer data) {
    SyJobLine *line = data;
    g_free(line->study);
    g_free(line->kind);
    g_free(line->holder);
    g_free(line->pause_note);
    g_free(line->slot);
    g_free(line->reason);
    g_free(line->run);
    g_free(line->open);
    g_free(line->message);
}

static GArray *new_lines(gsize size, GDestroyNotify clear) {
    GArray *lines = g_array_new(FALSE, FALSE, (guint)size);
    g_array_set_clear_func(lines, clear);
    return lines;
}

static char *column_text(SyStatement *query, int column) {
    return g_strdup(sy_db_text(query, column, NULL));
}

static SyRunLine read_run_line(SyStatement *query) {
    return (SyRunLine){
        .id = sy_db_integer(query, 0),
        .study = column_text(query, 1),
        .kind = column_text(query, 2),
        .message = column_text(query, 3),
        .nominal = sy_column_time(query, 4),
        .planned = sy_column_time(query, 5),
        .started = sy_column_time(query, 6),
        .ended = sy_column_time(query, 7),
        .retry_at = sy_column_time(query, 8),
        .status = (SyRunStatus)sy_column_word(query, 9, sy_run_status_names, SY_N_RUN_STATUSES),
        .attempt = (int)sy_db_integer(query, 10)};
}

static bool list_runs(SyStore *store, const char *const *studies, gsize most, GArray *lines,
                      GError **error) {
    SyStatement *query = sy_store_statement(
        store,
        "SELECT id, study_name, kind, message, nominal, planned, started, ended, retry_at, status, "
        "attempt FROM run ORDER BY id DESC",
        error);
    SyDbStep step = query ? SY_DB_DONE : SY_DB_FAILED;
    while (query && lines->len < most && (step = sy_db_step(query, error)) == SY_DB_ROW) {
        if (studies && !g_strv_contains(studies, sy_db_text(query, 1, NULL)))
            continue;
        SyRunLine line = read_run_line(query);
        g_array_append_val(lines, line);
    }
    return step != SY_DB_FAILED;
}

GArray *sy_store_list_runs(SyStore *store, const char *const *studies, gsize most, GError **error) {
    g_autoptr(GArray) lines = new_lines(sizeof(SyRunLine), run_line_clear);
    if (!sy_store_begin_read(store, error) ||
        !sy_store_finish(store, list_runs(store, studies, most, lines, error), error))
        return NULL;
    return g_steal_pointer(&lines);
}

static bool list_jobs(SyStore *store, GArray *lines, GError **error) {
    SyStatement *query = sy_store_statement(
        store,
        "SELECT job.study_name, job.kind, holder, paused, pause_note, last, slot.status, reason, "
        "run.status, run.started, run.message, open.status, open.nominal, open.retry_at FROM job "
        "LEFT JOIN study ON study.name = job.study_name "
        "LEFT JOIN slot ON slot.study_name = job.study_name AND slot.kind = job.kind "
        "AND slot.nominal = job.last LEFT JOIN run ON run.id = slot.run_id "
        "LEFT JOIN run AS open ON open.id = (SELECT max(id) FROM run AS other "
        "WHERE other.study_name = job.study_name AND other.kind = job.kind "
        "AND other.nominal IS NOT NULL "
        "AND other.status IN ('planned', 'started', 'backing_off')) "
        "ORDER BY job.study_name, job.kind",
        error);
    SyDbStep step = SY_DB_FAILED;
    while (query && (step = sy_db_step(query, error)) == SY_DB_ROW) {
        SyJobLine line = {.study = column_text(query, 0),
                          .kind = column_text(query, 1),
                          .holder = column_text(query, 2),
                          .paused = sy_db_integer(query, 3) != 0,
                          .pause_note = column_text(query, 4),
                          .last = sy_column_time(query, 5),
                          .slot = column_text(query, 6),
                          .reason = column_text(query, 7),
                          .run = column_text(query, 8),
                          .started = sy_column_time(query, 9),
                          .message = column_text(query, 10),
                          .open = column_text(query, 11),
                          .open_nominal = sy_column_time(query, 12),
                          .retry_at = sy_column_time(query, 13)};
        g_array_append_val(lines, line);
    }
    return step == SY_DB_DONE;
}

GArray *sy_store_list_jobs(SyStore *store, GError **error) {
    g_autoptr(GArray) lines = new_lines(sizeof(SyJobLine), job_line_clear);
    if (!sy_store_begin_read(store, error) ||
        !sy_store_finish(store, list_jobs(store, lines, error), error))
        return NULL;
    return g_steal_pointer(&lines);
}

static bool find_study(SyStore *store, const char *study, bool *known, GError **error) {
    SyStatement *query =
        sy_store_statement(store,
                           "SELECT (SELECT count(*) FROM run WHERE study_name = ?1) + "
                           "(SELECT count(*) FROM job WHERE study_name = ?1)",
                           error);
    if (!query)
        return false;
    sy_db_bind_text(query, 1, study);
    gint64 count = 0;
    bool good = sy_store_integer(query, 0, &count, error);
    *known = count > 0;
    return good;
}

bool sy_store_knows_study(SyStore *store, const char *study, bool *known, GError **error) {
    *known = false;
    return sy_store_begin_read(store, error) &&
           sy_store_finish(store, find_study(store, study, known, error), error);
}
