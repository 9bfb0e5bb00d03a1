/* Tables of a tuning: the best trials, then the winner slice by slice. */
#include "cli/tune_show.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

#include "base/csv_text.h"
#include "report/report.h"

enum { BEST_ROWS = 10 };

/* ---- text ---- */

/* Prints rows of cells [rows × columns] with a head, numbers to the right, the first column to the
 * left. Frees the cells. */
static void print_table(GPtrArray *cells, gsize columns) {
    gsize rows = cells->len / columns;
    for (gsize r = 0; r < rows; r++)
        for (gsize c = 0; c < columns; c++) {
            gsize width = 0;
            for (gsize i = 0; i < rows; i++)
                width = MAX(width, (gsize)g_utf8_strlen(cells->pdata[i * columns + c], -1));
            const char *text = cells->pdata[r * columns + c];
            int blanks = (int)(width - (gsize)g_utf8_strlen(text, -1));
            if (c == 0)
                printf("%s%*s", text, blanks, "");
            else
                printf("  %*s%s", blanks, "", text);
            if (c + 1 == columns)
                printf("\n");
        }
    g_ptr_array_unref(cells);
}

static void add(GPtrArray *cells, char *text) { g_ptr_array_add(cells, text); }

static double measure_of(const SyTuneShow *show, const SyTrial *trial, gsize cut, gsize metric) {
    return trial->measure[cut * show->data->tune->n_metrics + metric];
}

static char *figure(const SyTune *tune, gsize metric, double value) {
    return sy_report_format(sy_report_unit_of(tune->metric[metric]->unit), value);
}

static const char *short_name(const SyParameter *parameter) {
    return strchr(parameter->name, '.') + 1;
}

static char *value_text(const SyParameter *parameter, double value) {
    return parameter->kind == SY_PARAMETER_CHOICE ? g_strdup(parameter->label[(gsize)value])
                                                  : sy_parameter_text(parameter, value);
}

static void show_head(const SyTuneShow *show) {
    const SyTune *tune = show->data->tune;
    const SyOutcome *outcome = show->outcome;
    printf("%s, tuning %" G_GINT64_FORMAT ": %u trials of %s: %" G_GSIZE_FORMAT
           " complete, %" G_GSIZE_FORMAT " pruned, %" G_GSIZE_FORMAT " invalid, %" G_GSIZE_FORMAT
           " failed\n\n",
           tune->strategy->template->meta.study_name, show->keep->id, show->trials->len,
           tune->sampler->name, outcome->count[SY_TRIAL_COMPLETE], outcome->count[SY_TRIAL_PRUNED],
           outcome->count[SY_TRIAL_INVALID], outcome->count[SY_TRIAL_FAILED]);
}

/* The shortlist, best on the validation slices first. */
static void show_best(const SyTuneShow *show) {
    const SyTune *tune = show->data->tune;
    GPtrArray *cells = g_ptr_array_new_with_free_func(g_free);
    gsize columns = 1 + 2 * tune->n_goals + tune->n_parameters;
    add(cells, g_strdup("trial"));
    for (gsize g = 0; g < tune->n_goals; g++) {
        add(cells, g_strdup_printf("%s train", tune->metric[g]->name));
        add(cells, g_strdup("validation"));
    }
    for (gsize i = 0; i < tune->n_parameters; i++)
        add(cells, g_strdup(short_name(&tune->parameter[i])));
    for (gsize k = 0; k < MIN(show->outcome->n_shortlist, BEST_ROWS); k++) {
        const SyTrial *trial = show->outcome->shortlist[k];
        add(cells, g_strdup_printf("%" G_GSIZE_FORMAT "%s", trial->number,
                                   k < show->outcome->n_winners ? " *" : ""));
        for (gsize g = 0; g < tune->n_goals; g++) {
            add(cells, figure(tune, g, sy_trial_train(show->data, trial, g)));
            add(cells, figure(tune, g, sy_trial_validation(show->data, trial, g)));
        }
        for (gsize i = 0; i < tune->n_parameters; i++)
            add(cells, value_text(&tune->parameter[i], trial->value[i]));
    }
    print_table(cells, columns);
}

static void show_winner(const SyTuneShow *show) {
    const SyTuneData *data = show->data;
    const SyTune *tune = data->tune;
    const SyTrial *winner = show->outcome->shortlist[0];
    const struct {
        const char *name;
        gsize cut;
    } rows[] = {{"in-sample", sy_cut_in_sample(data)},
                {"out-of-sample (test)", sy_cut_test(data)},
                {"all bars", sy_cut_all(data)}};
    GPtrArray *cells = g_ptr_array_new_with_free_func(g_free);
    add(cells, g_strdup_printf("winner: trial %" G_GSIZE_FORMAT, winner->number));
    for (gsize m = 0; m < tune->n_metrics; m++)
        add(cells, g_strdup(tune->metric[m]->name));
    for (gsize r = 0; r < G_N_ELEMENTS(rows); r++) {
        add(cells, g_strdup(rows[r].name));
        for (gsize m = 0; m < tune->n_metrics; m++)
            add(cells, figure(tune, m, measure_of(show, winner, rows[r].cut, m)));
    }
    printf("\n");
    print_table(cells, 1 + tune->n_metrics);
}

static void show_belief(const SyTuneShow *show) {
    const SyOutcome *outcome = show->outcome;
    g_autofree char *deflated = sy_report_format(SY_UNIT_FRACTION, outcome->deflated);
    printf(
        "\ndeflated Sharpe ratio  %s: the probability that the winner is better than the best of "
        "as many trials without skill\n",
        deflated);
    if (!outcome->is_validated)
        printf("\n%s\n", sy_tune_not_validated);
}

/* How many trials gave nothing, and why the first of them. */
static void show_lost(const SyTuneShow *show) {
    gsize lost = show->outcome->count[SY_TRIAL_INVALID] + show->outcome->count[SY_TRIAL_FAILED];
    for (guint i = 0; lost && i < show->trials->len; i++) {
        const SyTrial *trial = show->trials->pdata[i];
        if (trial->state != SY_TRIAL_INVALID && trial->state != SY_TRIAL_FAILED)
            continue;
        printf("\n%" G_GSIZE_FORMAT " trial%s gave nothing (trials.csv says why); trial "
               "%" G_GSIZE_FORMAT ", %s: %s\n",
               lost, lost == 1 ? "" : "s", trial->number, sy_trial_state_names[trial->state],
               trial->reason);
        return;
    }
}

void sy_tune_show(const SyTuneShow *show) {
    show_head(show);
    show_best(show);
    show_winner(show);
    show_belief(show);
    show_lost(show);
    printf("\n");
    for (guint i = 0; i < show->paths->len; i++)
        printf("%s\n", (const char *)show->paths->pdata[i]);
}

/* ---- JSON ---- */

static json_t *number(double value) { return isfinite(value) ? json_real(value) : json_null(); }

static json_t *value_json(const SyParameter *parameter, double value) {
    if (parameter->kind == SY_PARAMETER_NUMBER)
        return json_real(value);
    if (parameter->kind == SY_PARAMETER_WHOLE)
        return json_integer((json_int_t)value);
    const char *text = parameter->choice[(gsize)value];
    json_t *json = json_loads(text, JSON_DECODE_ANY, NULL); /* numbers, true and false */
    return json ? json : json_string(parameter->label[(gsize)value]);
}

static json_t *values_json(const SyTune *tune, const SyTrial *trial) {
    json_t *json = json_object();
    for (gsize i = 0; i < tune->n_parameters; i++)
        json_object_set_new(json, tune->parameter[i].name,
                            value_json(&tune->parameter[i], trial->value[i]));
    return json;
}

static json_t *cut_json(const SyTuneShow *show, const SyTrial *trial, gsize cut) {
    const SyTune *tune = show->data->tune;
    json_t *json = json_object();
    for (gsize m = 0; m < tune->n_metrics; m++)
        json_object_set_new(json, tune->metric[m]->name, number(measure_of(show, trial, cut, m)));
    return json;
}

static json_t *mean_json(const SyTuneShow *show, const SyTrial *trial,
                         double (*mean)(const SyTuneData *, const SyTrial *, gsize)) {
    const SyTune *tune = show->data->tune;
    json_t *json = json_object();
    for (gsize m = 0; m < tune->n_metrics; m++)
        json_object_set_new(json, tune->metric[m]->name, number(mean(show->data, trial, m)));
    return json;
}

static json_t *trial_json(const SyTuneShow *show, gsize place) {
    const SyTrial *trial = show->outcome->shortlist[place];
    json_t *json = json_pack("{s:I, s:o, s:o, s:o, s:o}", "trial", (json_int_t)trial->number,
                             "parameters", values_json(show->data->tune, trial), "train",
                             mean_json(show, trial, sy_trial_train), "validation",
                             mean_json(show, trial, sy_trial_validation), "in_sample",
                             cut_json(show, trial, sy_cut_in_sample(show->data)));
    if (place < show->outcome->n_winners) {
        json_object_set_new(json, "test", cut_json(show, trial, sy_cut_test(show->data)));
        json_object_set_new(json, "all", cut_json(show, trial, sy_cut_all(show->data)));
    }
    return json;
}

static json_t *counts_json(const SyTuneShow *show) {
    json_t *json = json_object();
    for (gsize i = 0; i < SY_N_TRIAL_STATES; i++)
        json_object_set_new(json, sy_trial_state_names[i],
                            json_integer((json_int_t)show->outcome->count[i]));
    return json;
}

void sy_tune_show_json(const SyTuneShow *show) {
    const SyTune *tune = show->data->tune;
    const SyOutcome *outcome = show->outcome;
    json_t *goals = json_array(), *winners = json_array(), *shortlist = json_array(),
           *files = json_array();
    for (gsize i = 0; i < tune->n_goals; i++)
        json_array_append_new(goals, json_string(tune->metric[i]->name));
    for (gsize i = 0; i < outcome->n_shortlist; i++)
        json_array_append_new(i < outcome->n_winners ? winners : shortlist, trial_json(show, i));
    for (guint i = 0; i < show->paths->len; i++)
        json_array_append_new(files, json_string(show->paths->pdata[i]));
    gsize computed, reused;
    sy_share_counts(show->data->share, &computed, &reused);
    json_t *json = json_pack(
        "{s:s, s:I, s:b, s:s, s:i, s:o, s:I, s:o, s:o, s:o, s:{s:o, s:o, s:o, s:o, s:o, s:o}, "
        "s:{s:I, s:I}, s:o}",
        "study", tune->strategy->template->meta.study_name, "tuning", (json_int_t)show->keep->id,
        "resumed", show->keep->resumed, "sampler", tune->sampler->name, "seed", tune->config.seed,
        "objective", goals, "trials", (json_int_t)show->trials->len, "states", counts_json(show),
        "winners", winners, "shortlist", shortlist, "deflated_sharpe", "probability",
        number(outcome->deflated), "sharpe_per_bar", number(outcome->sharpe), "expected_best",
        number(outcome->expected_best), "skew", number(outcome->skew), "kurtosis",
        number(outcome->kurtosis), "test_probability", number(outcome->test_sharpe_probability),
        "fits", "computed", (json_int_t)computed, "reused", (json_int_t)reused, "files", files);
    char *text = json_dumps(json, JSON_INDENT(2) | JSON_REAL_PRECISION(17));
    printf("%s\n", text);
    free(text);
    json_decref(json);
}

/* ---- CSV ---- */

static void csv_head(const SyTuneShow *show, GString *out) {
    const SyTune *tune = show->data->tune;
    g_string_append(out, "trial,state,reason");
    for (gsize i = 0; i < tune->n_parameters; i++)
        g_string_append_printf(out, ",%s", tune->parameter[i].name);
    for (gsize m = 0; m < tune->n_metrics; m++) {
        const char *name = tune->metric[m]->name;
        for (gsize k = 0; k < show->data->slices.folds; k++)
            g_string_append_printf(
                out, ",train_%" G_GSIZE_FORMAT "_%s,validation_%" G_GSIZE_FORMAT "_%s", k, name, k,
                name);
        g_string_append_printf(out, ",in_sample_%s", name);
    }
    g_string_append_c(out, '\n');
}

static void csv_row(const SyTuneShow *show, const SyTrial *trial, GString *out) {
    const SyTune *tune = show->data->tune;
    g_string_append_printf(out, "%" G_GSIZE_FORMAT ",%s,", trial->number,
                           sy_trial_state_names[trial->state]);
    sy_csv_append_text(out, trial->reason ? trial->reason : "");
    for (gsize i = 0; i < tune->n_parameters; i++) {
        g_autofree char *text = value_text(&tune->parameter[i], trial->value[i]);
        g_string_append_c(out, ',');
        sy_csv_append_text(out, text);
    }
    for (gsize m = 0; m < tune->n_metrics; m++)
        for (gsize cut = 0; cut <= sy_cut_in_sample(show->data); cut++) {
            g_string_append_c(out, ',');
            sy_csv_append_number(out, measure_of(show, trial, cut, m));
        }
    g_string_append_c(out, '\n');
}

char *sy_tune_csv(const SyTuneShow *show) {
    GString *out = g_string_new(NULL);
    csv_head(show, out);
    for (guint i = 0; i < show->trials->len; i++)
        csv_row(show, show->trials->pdata[i], out);
    return g_string_free(out, FALSE);
}
