/* From trials to rows of the store and back. Numbers are stored as they are, so that a tuning that
 * goes on sees the same bits as one that was never interrupted. */
#include "tune/keep.h"

#include <math.h>
#include <string.h>

#include "base/error.h"
#include "base/program.h"

/* ---- the tuning ---- */

static char *fingerprint_of(const SyPanel *panel, gsize rows) {
    g_autoptr(GArray) blocks = sy_panel_blocks(panel);
    return sy_panel_fingerprint_head(panel, blocks, rows);
}

static bool fail_other(const SyTuningRow *row, const char *what, GError **error) {
    char started[SY_TIME_TEXT_SIZE];
    return sy_fail(error, SY_ERROR_DATA,
                   "tuning %" G_GINT64_FORMAT " of %s, begun %s, cannot go on: %s; --fresh begins "
                   "a new one, and leaves the results of this in the store",
                   row->id, row->study,
                   sy_time_format(row->started / SY_SECOND * SY_SECOND, started), what);
}

static bool check_same(const SyTuningRow *row, const SyPanel *panel, GError **error) {
    if (row->rows < 0 || (gsize)row->rows > panel->rows)
        return fail_other(row, "bars that it saw are gone", error);
    g_autofree char *fingerprint = fingerprint_of(panel, (gsize)row->rows);
    if (strcmp(fingerprint, row->fingerprint) != 0)
        return fail_other(row, "bars that it saw have changed, or other bars are loaded", error);
    if (strcmp(row->build, sy_program()->build) != 0)
        return fail_other(row, "another version of the program computed its trials", error);
    return true;
}

bool sy_tune_keep_find(SyStore *store, const SyTune *tune, const SyPanel *panel, bool fresh,
                       SyTime now, SyTuneKeep *keep, GError **error) {
    *keep = (SyTuneKeep){.store = store, .rows = panel->rows, .started = now};
    if (fresh)
        return true;
    g_auto(SyTuningRow) row = {0};
    g_autofree char *digest = sy_tune_digest(tune);
    const char *study = tune->strategy->template->meta.study_name;
    if (!sy_store_find_tuning(store, study, digest, &row, &keep->resumed, error))
        return false;
    if (!keep->resumed)
        return true;
    keep->id = row.id;
    keep->rows = (gsize)row.rows;
    keep->started = row.started;
    return check_same(&row, panel, error);
}

static json_t *time_json(SyTime time) {
    char text[SY_TIME_TEXT_SIZE];
    return json_string(sy_time_format(time, text));
}

static json_t *slice_json(const SyPanel *panel, SySlice slice) {
    return json_pack("{s:I, s:I, s:o, s:o}", "start_row", (json_int_t)slice.start, "end_row",
                     (json_int_t)slice.end, "start", time_json(panel->time[slice.start]), "end",
                     time_json(panel->time[slice.end - 1]));
}

static json_t *facts_of(const SyTuneData *data) {
    const SyTune *tune = data->tune;
    json_t *names = json_array(), *goals = json_array(), *folds = json_array();
    for (gsize i = 0; i < tune->n_parameters; i++)
        json_array_append_new(names, json_string(tune->parameter[i].name));
    for (gsize i = 0; i < tune->n_goals; i++)
        json_array_append_new(goals, json_string(tune->metric[i]->name));
    for (gsize k = 0; k < data->slices.folds; k++)
        json_array_append_new(
            folds, json_pack("{s:o, s:o}", "train", slice_json(data->panel, data->slices.train[k]),
                             "validation", slice_json(data->panel, data->slices.validation[k])));
    return json_pack("{s:o, s:o, s:s, s:i, s:I, s:o, s:o}", "parameters", names, "objective", goals,
                     "sampler", tune->sampler->name, "seed", tune->config.seed, "embargo",
                     (json_int_t)data->slices.embargo, "folds", folds, "test",
                     slice_json(data->panel, data->slices.test));
}

bool sy_tune_keep_begin(SyTuneKeep *keep, const SyTuneData *data, GError **error) {
    keep->data = data;
    if (keep->resumed)
        return true;
    const SyTemplate *template = data->tune->strategy->template;
    json_t *facts = facts_of(data);
    char *facts_text = json_dumps(facts, JSON_COMPACT);
    g_auto(SyTuningRow) row = {
        .study = g_strdup(template->meta.study_name),
        .digest = sy_tune_digest(data->tune),
        .template_text = g_strdup(template->document->text),
        .facts = g_strdup(facts_text),
        .fingerprint = fingerprint_of(data->panel, data->panel->rows),
        .build = g_strdup(sy_program()->build),
        .rows = (gint64)data->panel->rows,
        .started = keep->started,
    };
    free(facts_text);
    json_decref(facts);
    bool good = sy_store_begin_tuning(keep->store, &row, error);
    keep->id = row.id;
    return good;
}

/* ---- trials ---- */

static const char *const slice_names[] = {"train", "validation", "in_sample"};

/* The slice and fold of a cut that the search measures. */
static const char *slice_of(const SyTuneData *data, gsize cut, int *fold) {
    bool in_sample = cut == sy_cut_in_sample(data);
    *fold = in_sample ? 0 : (int)(cut / 2);
    return in_sample ? slice_names[2] : slice_names[cut % 2];
}

static bool cut_of(const SyTuneData *data, const SyTrialValue *value, gsize *cut) {
    for (*cut = 0; *cut <= sy_cut_in_sample(data); (*cut)++) {
        int fold;
        const char *slice = slice_of(data, *cut, &fold);
        if (fold == value->fold && strcmp(slice, value->slice) == 0)
            return true;
    }
    return false;
}

/* Cuts that a trial was measured on: of a pruned one the training slices before it was given up. */
static bool was_measured(const SyTuneData *data, const SyTrial *trial, gsize cut) {
    if (trial->state == SY_TRIAL_COMPLETE)
        return cut <= sy_cut_in_sample(data);
    return cut < 2 * data->slices.folds && cut % 2 == 0 && cut / 2 < trial->folds;
}

static SyTrialRow row_of(const SyTuneData *data, const SyTrial *trial) {
    json_t *values = sy_tune_values_json(data->tune, trial->value);
    char *text = json_dumps(values, JSON_COMPACT);
    SyTrialRow row = {
        .number = (gint64)trial->number,
        .state = g_strdup(sy_trial_state_names[trial->state]),
        .reason = g_strdup(trial->reason ? trial->reason : ""),
        .parameters = g_strdup(text),
        .seed = trial->seed,
        .started = trial->started,
        .ended = trial->ended,
        .values = g_array_new(FALSE, FALSE, sizeof(SyTrialValue)),
    };
    free(text);
    json_decref(values);
    for (gsize cut = 0; cut <= sy_cut_in_sample(data); cut++)
        for (gsize m = 0; was_measured(data, trial, cut) && m < data->tune->n_metrics; m++) {
            SyTrialValue value = {.metric = data->tune->metric[m]->name,
                                  .value = trial->measure[cut * data->tune->n_metrics + m]};
            value.slice = slice_of(data, cut, &value.fold);
            g_array_append_val(row.values, value);
        }
    return row;
}

static void row_clear(SyTrialRow *row) {
    g_free(row->state);
    g_free(row->reason);
    g_free(row->parameters);
    g_array_unref(row->values);
}

bool sy_tune_keep_trials(gpointer data, SyTrial *const *trial, gsize n, GError **error) {
    const SyTuneKeep *keep = data;
    g_autofree SyTrialRow *row = g_new(SyTrialRow, n);
    for (gsize i = 0; i < n; i++)
        row[i] = row_of(keep->data, trial[i]);
    bool good = sy_store_add_trials(keep->store, keep->id, row, n, error);
    for (gsize i = 0; i < n; i++)
        row_clear(&row[i]);
    return good;
}

typedef struct {
    const SyTuneKeep *keep;
    GPtrArray *trials;
    bool good;
} Loading;

static bool read_state(const char *text, SyTrialState *state) {
    for (int i = 0; i < SY_N_TRIAL_STATES; i++)
        if (strcmp(sy_trial_state_names[i], text) == 0) {
            *state = (SyTrialState)i;
            return true;
        }
    return false;
}

static bool read_values(const SyTuneData *data, const SyTrialRow *row, SyTrial *trial) {
    for (guint i = 0; i < row->values->len; i++) {
        const SyTrialValue *value = &g_array_index(row->values, SyTrialValue, i);
        gsize cut, metric = 0;
        while (metric < data->tune->n_metrics &&
               strcmp(data->tune->metric[metric]->name, value->metric) != 0)
            metric++;
        if (metric == data->tune->n_metrics || !cut_of(data, value, &cut))
            return false;
        trial->measure[cut * data->tune->n_metrics + metric] = value->value;
        if (cut < 2 * data->slices.folds && cut % 2 == 0)
            trial->folds = MAX(trial->folds, cut / 2 + 1);
    }
    return true;
}

static void take(gpointer data, const SyTrialRow *row) {
    Loading *loading = data;
    const SyTuneData *tuning = loading->keep->data;
    if (!loading->good || row->number < 0 || (guint)row->number >= loading->trials->len)
        return;
    SyTrial *trial = sy_trial_new(tuning, (gsize)row->number);
    json_t *values = json_loads(row->parameters, 0, NULL);
    loading->good = values && read_state(row->state, &trial->state) &&
                    sy_tune_values_read(tuning->tune, values, trial->value) &&
                    read_values(tuning, row, trial);
    json_decref(values);
    trial->reason = *row->reason ? g_strdup(row->reason) : NULL;
    trial->started = row->started;
    trial->ended = row->ended;
    sy_trial_score(tuning, trial);
    loading->trials->pdata[row->number] = trial;
}

bool sy_tune_keep_load(const SyTuneKeep *keep, GPtrArray *trials, GError **error) {
    Loading loading = {keep, trials, true};
    if (!sy_store_each_trial(keep->store, keep->id, take, &loading, error))
        return false;
    return loading.good ||
           sy_fail(error, SY_ERROR_DATA,
                   "the trials of tuning %" G_GINT64_FORMAT
                   " in the store are not those of this template; --fresh begins a new one",
                   keep->id);
}
