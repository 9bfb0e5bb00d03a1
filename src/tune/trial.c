/* A trial reads the template anew with its values, so that whatever a template may not hold a trial
 * may not hold either, and what wins is a template that was accepted.
 *
 * Nothing leaks from one slice into another: the model's output on a row comes from rows before it
 * only, signals and orders see the rows of their slice only, and each slice begins flat. */
#include "tune/trial.h"

#include <math.h>
#include <string.h>

#include "base/error.h"

/* ---- data ---- */

static SyCut cut_of(const SyPanel *panel, SySlice rows) {
    gsize n = rows.end - rows.start, size = n * panel->symbols;
    static const SyBarField fields[] = {SY_OPEN, SY_HIGH, SY_LOW, SY_CLOSE};
    SyCut cut = {.rows = rows, .price = g_new(double, G_N_ELEMENTS(fields) * size)};
    for (gsize f = 0; f < G_N_ELEMENTS(fields); f++)
        for (gsize s = 0; s < panel->symbols; s++)
            memcpy(cut.price + f * size + s * n, sy_panel_column(panel, fields[f], s) + rows.start,
                   n * sizeof(double));
    cut.prices = (SyPrices){.rows = n,
                            .columns = panel->symbols,
                            .open = cut.price,
                            .high = cut.price + size,
                            .low = cut.price + 2 * size,
                            .close = cut.price + 3 * size};
    return cut;
}

SyTuneData *sy_tune_data_new(const SyTune *tune, const SyPanel *panel, const char *folder,
                             SyTime now, GError **error) {
    g_autoptr(SyTuneData) data = g_new0(SyTuneData, 1);
    const SyTuneConfig *config = &tune->config;
    const SySliceConfig slices = {config->train, config->validation, config->test, config->embargo,
                                  config->folds};
    data->tune = tune;
    data->panel = panel;
    data->warmup = sy_tune_warmup(tune);
    if (!sy_slices_make(&slices, panel, data->warmup, now, &data->slices, error))
        return NULL;
    data->n_cuts = 2 * data->slices.folds + 3;
    data->cut = g_new0(SyCut, data->n_cuts);
    for (gsize k = 0; k < data->slices.folds; k++) {
        data->cut[sy_cut_train(k)] = cut_of(panel, data->slices.train[k]);
        data->cut[sy_cut_validation(k)] = cut_of(panel, data->slices.validation[k]);
    }
    data->cut[sy_cut_in_sample(data)] = cut_of(panel, data->slices.in_sample);
    data->cut[sy_cut_test(data)] = cut_of(panel, data->slices.test);
    data->cut[sy_cut_all(data)] = cut_of(panel, (SySlice){0, panel->rows});
    data->share = sy_share_new(panel, folder);
    return g_steal_pointer(&data);
}

void sy_tune_data_free(SyTuneData *data) {
    if (!data)
        return;
    for (gsize i = 0; i < data->n_cuts; i++)
        g_free(data->cut[i].price);
    g_free(data->cut);
    sy_slices_clear(&data->slices);
    sy_share_free(data->share);
    g_free(data);
}

/* ---- trials ---- */

SyTrial *sy_trial_new(const SyTuneData *data, gsize number) {
    const SyTune *tune = data->tune;
    SyTrial *trial = g_new0(SyTrial, 1);
    gsize figures = data->n_cuts * tune->n_metrics;
    trial->number = number;
    trial->seed = sy_trial_seed(tune->space.seed, number);
    trial->value = g_new0(double, tune->n_parameters);
    trial->measure = g_new(double, figures);
    trial->running = g_new0(double, data->slices.folds);
    trial->score = g_new(double, tune->n_goals);
    for (gsize i = 0; i < figures; i++)
        trial->measure[i] = NAN;
    for (gsize i = 0; i < tune->n_goals; i++)
        trial->score[i] = NAN;
    return trial;
}

void sy_trial_free(SyTrial *trial) {
    if (!trial)
        return;
    g_free(trial->reason);
    g_free(trial->value);
    g_free(trial->measure);
    g_free(trial->running);
    g_free(trial->score);
    g_free(trial);
}

static double measure_of(const SyTuneData *data, const SyTrial *trial, gsize cut, gsize metric) {
    return trial->measure[cut * data->tune->n_metrics + metric];
}

static double mean_over_folds(const SyTuneData *data, const SyTrial *trial,
                              gsize (*cut)(gsize fold), gsize folds, gsize metric) {
    double sum = 0;
    for (gsize k = 0; k < folds; k++)
        sum += measure_of(data, trial, cut(k), metric);
    return sum / (double)folds;
}

double sy_trial_train(const SyTuneData *data, const SyTrial *trial, gsize metric) {
    return mean_over_folds(data, trial, sy_cut_train, data->slices.folds, metric);
}

double sy_trial_validation(const SyTuneData *data, const SyTrial *trial, gsize metric) {
    return mean_over_folds(data, trial, sy_cut_validation, data->slices.folds, metric);
}

static void set_running(const SyTuneData *data, SyTrial *trial, gsize folds) {
    trial->running[folds - 1] =
        sy_tune_oriented(data->tune, 0, mean_over_folds(data, trial, sy_cut_train, folds, 0));
}

void sy_trial_score(const SyTuneData *data, SyTrial *trial) {
    for (gsize k = 0; k < trial->folds; k++)
        set_running(data, trial, k + 1);
    for (gsize g = 0; trial->state == SY_TRIAL_COMPLETE && g < data->tune->n_goals; g++)
        trial->score[g] = sy_tune_oriented(data->tune, g, sy_trial_train(data, trial, g));
}

/* ---- measuring ---- */

static SyMatrix *rows_of(const SyMatrix *output, SySlice rows) {
    gsize n = rows.end - rows.start;
    SyMatrix *slice = sy_matrix_new(n, output->columns);
    for (gsize c = 0; c < output->columns; c++)
        memcpy(sy_matrix_column(slice, c), sy_matrix_column(output, c) + rows.start,
               n * sizeof(double));
    return slice;
}

bool sy_trial_measure(const SyTuneData *data, SyTrial *trial, const SyStrategy *strategy,
                      const SyMatrix *output, gsize cut, double *returns, GError **error) {
    const SyTune *tune = data->tune;
    const SyCut *slice = &data->cut[cut];
    const SyPortfolioConfig *portfolio = &strategy->portfolio_config;
    g_autoptr(SyMatrix) rows = rows_of(output, slice->rows);
    g_autoptr(SySignals) signals = strategy->rule->run(&strategy->signal_config, rows);
    g_autoptr(SyLedger) ledger = sy_portfolio_simulate(portfolio, &slice->prices, signals, error);
    if (!ledger)
        return false;
    for (gsize m = 0; m < tune->n_metrics; m++)
        trial->measure[cut * tune->n_metrics + m] = sy_goal_measure(
            tune->metric[m], portfolio, data->panel->timeframe, ledger, &slice->prices);
    for (gsize row = 0; returns && row < ledger->rows; row++)
        returns[row] = ledger->groups == 1 ? ledger->returns[row] : NAN;
    return true;
}

/* Ends the trial with an error as its reason. Returns false where the error is not the trial's. */
static bool end_with(SyTrial *trial, SyTrialState state, GError *reason, GError **error) {
    if (sy_error_row(reason)->retry_helps) {
        g_propagate_error(error, reason);
        return false;
    }
    trial->state = state;
    trial->reason = g_strdup(reason->message);
    g_error_free(reason);
    return true;
}

/* Validation slices come last: nothing is given up or searched by them. */
static bool measure_slices(const SyTuneData *data, SyTrial *trial, const SyStrategy *strategy,
                           const SyMatrix *output, const SyPruner *pruner, GError **error) {
    for (gsize k = 0; k < data->slices.folds; k++) {
        if (!sy_trial_measure(data, trial, strategy, output, sy_cut_train(k), NULL, error))
            return false;
        trial->folds = k + 1;
        set_running(data, trial, k + 1);
        if (pruner && k + 1 < data->slices.folds && pruner->gives_up(pruner->data, trial)) {
            trial->state = SY_TRIAL_PRUNED;
            trial->reason = g_strdup_printf("behind the median after fold %" G_GSIZE_FORMAT, k + 1);
            return true;
        }
    }
    for (gsize k = 0; k < data->slices.folds; k++)
        if (!sy_trial_measure(data, trial, strategy, output, sy_cut_validation(k), NULL, error))
            return false;
    return sy_trial_measure(data, trial, strategy, output, sy_cut_in_sample(data), NULL, error);
}

/* The template with the trial's values; NULL where it is not accepted. */
static SyStrategy *read_strategy(const SyTuneData *data, const SyTrial *trial, GError **error) {
    const SyTune *tune = data->tune;
    g_autofree char *text = sy_tune_text(tune, trial->value);
    g_autoptr(SyStrategy) strategy =
        sy_strategy_read(text, strlen(text), tune->strategy->template->document->name, error);
    if (!strategy)
        return NULL;
    gsize warmup = sy_model_warmup(strategy->model, strategy->model_config);
    if (warmup > data->slices.in_sample.start) {
        sy_fail(error, SY_ERROR_TEMPLATE,
                "%s gives its first output after %" G_GSIZE_FORMAT
                " bars with these values, the first training slice begins after %" G_GSIZE_FORMAT,
                strategy->model->name, warmup, data->slices.in_sample.start);
        return NULL;
    }
    return g_steal_pointer(&strategy);
}

static bool run(const SyTuneData *data, SyTrial *trial, const SyPruner *pruner, int threads,
                GError **error) {
    GError *reason = NULL;
    g_autoptr(SyStrategy) strategy = read_strategy(data, trial, &reason);
    if (!strategy)
        return end_with(trial, SY_TRIAL_INVALID, reason, error);
    const SyModelResult *model = sy_share_run(data->share, strategy, threads, &reason);
    if (!model)
        return end_with(trial, SY_TRIAL_FAILED, reason, error);
    bool good = measure_slices(data, trial, strategy, model->output, pruner, &reason);
    sy_share_release(data->share, model);
    return good || end_with(trial, SY_TRIAL_FAILED, reason, error);
}

bool sy_trial_run(const SyTuneData *data, SyTrial *trial, const SyPruner *pruner, int threads,
                  const SyEnv *env, GError **error) {
    trial->state = SY_TRIAL_COMPLETE;
    trial->started = sy_env_now(env);
    bool good = run(data, trial, pruner, threads, error);
    trial->ended = sy_env_now(env);
    if (good)
        sy_trial_score(data, trial);
    return good;
}
