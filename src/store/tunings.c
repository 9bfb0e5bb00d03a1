/* Tunings and trials: rows that are added and never changed. */
#include "store/tunings.h"

#include "base/program.h"
#include "store/internal.h"

void sy_tuning_row_clear(SyTuningRow *row) {
    g_free(row->study);
    g_free(row->digest);
    g_free(row->template_text);
    g_free(row->facts);
    g_free(row->fingerprint);
    g_free(row->build);
    *row = (SyTuningRow){0};
}

static bool find(SyStore *store, const char *study, const char *digest, SyTuningRow *row,
                 bool *found, GError **error) {
    SyStatement *query = sy_store_statement(
        store,
        "SELECT id, template, facts, data_fingerprint, program_build, rows, started FROM tuning "
        "WHERE study_name = ?1 AND digest = ?2 ORDER BY id DESC LIMIT 1",
        error);
    if (!query)
        return false;
    sy_db_bind_text(query, 1, study);
    sy_db_bind_text(query, 2, digest);
    SyDbStep step = sy_db_step(query, error);
    *found = step == SY_DB_ROW;
    if (*found)
        *row = (SyTuningRow){
            .id = sy_db_integer(query, 0),
            .study = g_strdup(study),
            .digest = g_strdup(digest),
            .template_text = g_strdup(sy_db_text(query, 1, NULL)),
            .facts = g_strdup(sy_db_text(query, 2, NULL)),
            .fingerprint = g_strdup(sy_db_text(query, 3, NULL)),
            .build = g_strdup(sy_db_text(query, 4, NULL)),
            .rows = sy_db_integer(query, 5),
            .started = sy_db_integer(query, 6),
        };
    return step != SY_DB_FAILED;
}

bool sy_store_find_tuning(SyStore *store, const char *study, const char *digest, SyTuningRow *row,
                          bool *found, GError **error) {
    *row = (SyTuningRow){0};
    return sy_store_begin_read(store, error) &&
           sy_store_finish(store, find(store, study, digest, row, found, error), error);
}

static bool insert_tuning(SyStore *store, SyTuningRow *row, GError **error) {
    SyStatement *insert = sy_store_statement(
        store,
        "INSERT INTO tuning (study_name, digest, template, facts, data_fingerprint, rows, "
        "program_build, program_version, started) VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9) "
        "RETURNING id",
        error);
    if (!insert)
        return false;
    sy_db_bind_text(insert, 1, row->study);
    sy_db_bind_text(insert, 2, row->digest);
    sy_db_bind_text(insert, 3, row->template_text);
    sy_db_bind_text(insert, 4, row->facts);
    sy_db_bind_text(insert, 5, row->fingerprint);
    sy_db_bind_integer(insert, 6, row->rows);
    sy_db_bind_text(insert, 7, row->build);
    sy_db_bind_text(insert, 8, sy_program()->version);
    sy_db_bind_integer(insert, 9, row->started);
    return sy_store_integer(insert, 0, &row->id, error) &&
           sy_store_append(store, row->started, "tuning", row->study, 0,
                           sy_facts("{s:I, s:s, s:s}", "tuning", (json_int_t)row->id, "digest",
                                    row->digest, "data", row->fingerprint),
                           error);
}

bool sy_store_begin_tuning(SyStore *store, SyTuningRow *row, GError **error) {
    return sy_store_begin(store, error) &&
           sy_store_finish(store, insert_tuning(store, row, error), error);
}

static bool insert_value(SyStore *store, gint64 tuning, gint64 number, const SyTrialValue *value,
                         GError **error) {
    SyStatement *insert = sy_store_statement(
        store,
        "INSERT INTO trial_value (tuning_id, number, slice, fold, metric, value) "
        "VALUES (?1, ?2, ?3, ?4, ?5, ?6)",
        error);
    if (!insert)
        return false;
    sy_db_bind_integer(insert, 1, tuning);
    sy_db_bind_integer(insert, 2, number);
    sy_db_bind_text(insert, 3, value->slice);
    sy_db_bind_integer(insert, 4, value->fold);
    sy_db_bind_text(insert, 5, value->metric);
    sy_db_bind_number(insert, 6, value->value);
    return sy_store_run(insert, error);
}

static bool insert_trial(SyStore *store, gint64 tuning, const SyTrialRow *trial, GError **error) {
    g_autofree char *reason = sy_store_clean(trial->reason);
    SyStatement *insert = sy_store_statement(
        store,
        "INSERT INTO trial (tuning_id, number, state, reason, parameters, seed, started, ended) "
        "VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8) ON CONFLICT (tuning_id, number) DO NOTHING",
        error);
    if (!insert)
        return false;
    sy_db_bind_integer(insert, 1, tuning);
    sy_db_bind_integer(insert, 2, trial->number);
    sy_db_bind_text(insert, 3, trial->state);
    sy_db_bind_text(insert, 4, reason);
    sy_db_bind_text(insert, 5, trial->parameters);
    sy_db_bind_integer(insert, 6, (gint64)trial->seed);
    sy_db_bind_integer(insert, 7, trial->started);
    sy_db_bind_integer(insert, 8, trial->ended);
    if (!sy_store_run(insert, error))
        return false;
    bool added = sy_db_changes(store->db) > 0;
    for (guint i = 0; added && i < trial->values->len; i++)
        if (!insert_value(store, tuning, trial->number,
                          &g_array_index(trial->values, SyTrialValue, i), error))
            return false;
    return true;
}

bool sy_store_add_trials(SyStore *store, gint64 tuning, const SyTrialRow *trial, gsize n,
                         GError **error) {
    if (!sy_store_begin(store, error))
        return false;
    bool good = true;
    for (gsize i = 0; good && i < n; i++)
        good = insert_trial(store, tuning, &trial[i], error);
    return sy_store_finish(store, good, error);
}

static bool is_value_of(SyStatement *values, SyDbStep step, gint64 number) {
    return step == SY_DB_ROW && sy_db_integer(values, 0) == number;
}

static void take_trial(SyStatement *trials, SyTrialRow *row) {
    row->number = sy_db_integer(trials, 0);
    row->state = g_strdup(sy_db_text(trials, 1, NULL));
    row->reason = g_strdup(sy_db_text(trials, 2, NULL));
    row->parameters = g_strdup(sy_db_text(trials, 3, NULL));
    row->seed = (guint64)sy_db_integer(trials, 4);
    row->started = sy_db_integer(trials, 5);
    row->ended = sy_db_integer(trials, 6);
}

static void clear_trial(SyTrialRow *row) {
    g_clear_pointer(&row->state, g_free);
    g_clear_pointer(&row->reason, g_free);
    g_clear_pointer(&row->parameters, g_free);
    g_array_set_size(row->values, 0);
}

/* Two queries in the same order, read side by side. */
static bool each(SyStore *store, gint64 tuning,
                 void (*take)(gpointer data, const SyTrialRow *trial), gpointer data,
                 GError **error) {
    SyStatement *trials = sy_store_statement(
        store,
        "SELECT number, state, reason, parameters, seed, started, ended FROM trial "
        "WHERE tuning_id = ?1 ORDER BY number",
        error);
    SyStatement *values =
        sy_store_statement(store,
                           "SELECT number, slice, fold, metric, value FROM trial_value "
                           "WHERE tuning_id = ?1 ORDER BY number, slice, fold, metric",
                           error);
    if (!trials || !values)
        return false;
    sy_db_bind_integer(trials, 1, tuning);
    sy_db_bind_integer(values, 1, tuning);
    SyDbStep step, value_step = sy_db_step(values, error);
    SyTrialRow row = {.values = g_array_new(FALSE, FALSE, sizeof(SyTrialValue))};
    while (value_step != SY_DB_FAILED && (step = sy_db_step(trials, error)) == SY_DB_ROW) {
        take_trial(trials, &row);
        while (is_value_of(values, value_step, row.number)) {
            const SyTrialValue value = {
                .slice = g_intern_string(sy_db_text(values, 1, NULL)),
                .fold = (int)sy_db_integer(values, 2),
                .metric = g_intern_string(sy_db_text(values, 3, NULL)),
                .value = sy_db_number(values, 4),
            };
            g_array_append_val(row.values, value);
            value_step = sy_db_step(values, error);
        }
        if (value_step != SY_DB_FAILED)
            take(data, &row);
        clear_trial(&row);
    }
    g_array_unref(row.values);
    return value_step != SY_DB_FAILED && step != SY_DB_FAILED;
}

bool sy_store_each_trial(SyStore *store, gint64 tuning,
                         void (*take)(gpointer data, const SyTrialRow *trial), gpointer data,
                         GError **error) {
    return sy_store_begin_read(store, error) &&
           sy_store_finish(store, each(store, tuning, take, data, error), error);
}
