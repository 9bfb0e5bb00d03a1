/* The search saw the training slices only. The best of it compete on the validation slices, which
 * the search did not see; the test slice is measured for those who won there, and nothing is chosen
 * by it. */
#include "tune/outcome.h"

#include <math.h>
#include <string.h>

#include "base/error.h"
#include "portfolio/statistics.h"
#include "tune/deflated.h"
#include "tune/pareto.h"

static bool has_score(const SyTuneData *data, const SyTrial *trial) {
    if (!trial || trial->state != SY_TRIAL_COMPLETE)
        return false;
    for (gsize g = 0; g < data->tune->n_goals; g++)
        if (isnan(trial->score[g]))
            return false;
    return true;
}

/* Sorts trials [n] by scores [n × goals], best first. Returns how many no other dominates. */
static gsize sort_trials(SyTrial **trial, const double *score, gsize n, gsize goals) {
    g_autofree gsize *order = g_new(gsize, n + 1), *rank = g_new(gsize, n + 1);
    g_autofree SyTrial **sorted = g_new(SyTrial *, n + 1);
    gsize first = 0;
    sy_pareto_order(score, n, goals, order);
    sy_pareto_rank(score, n, goals, rank);
    for (gsize i = 0; i < n; i++) {
        sorted[i] = trial[order[i]];
        first += rank[i] == 0;
    }
    memcpy(trial, sorted, n * sizeof *trial);
    return goals == 1 ? MIN(n, 1) : first;
}

static void set_order(const SyTuneData *data, const GPtrArray *trials, SyOutcome *outcome) {
    gsize goals = data->tune->n_goals;
    outcome->order = g_new(SyTrial *, trials->len + 1);
    for (guint i = 0; i < trials->len; i++) {
        SyTrial *trial = trials->pdata[i];
        if (trial)
            outcome->count[trial->state]++;
        if (has_score(data, trial))
            outcome->order[outcome->n_scored++] = trial;
    }
    g_autofree double *score = g_new(double, outcome->n_scored *goals + 1);
    for (gsize i = 0; i < outcome->n_scored; i++)
        memcpy(score + i * goals, outcome->order[i]->score, goals * sizeof *score);
    sort_trials(outcome->order, score, outcome->n_scored, goals);
}

/* Among the winners the best in the first goal is the one that is written. */
static void put_first(const double *score_of_first, SyTrial **winner, gsize n) {
    gsize best = 0;
    for (gsize i = 1; i < n; i++)
        if (score_of_first[i] > score_of_first[best])
            best = i;
    SyTrial *first = winner[best];
    memmove(winner + 1, winner, best * sizeof *winner);
    winner[0] = first;
}

const char sy_tune_not_validated[] =
    "No trial of the shortlist has a value on every validation slice: the winner is the best of "
    "the search, and nothing has confirmed it. Take fewer folds.";

static bool is_same(const SyTuneData *data, const SyTrial *a, const SyTrial *b) {
    return memcmp(a->value, b->value, data->tune->n_parameters * sizeof *a->value) == 0;
}

/* The best trials of the search, those of equal values once. */
static void set_shortlist(const SyTuneData *data, SyOutcome *outcome) {
    const SyTune *tune = data->tune;
    gsize most = (gsize)tune->config.shortlist, goals = tune->n_goals;
    outcome->shortlist = g_new(SyTrial *, MIN(most, outcome->n_scored) + 1);
    for (gsize i = 0; i < outcome->n_scored && outcome->n_shortlist < most; i++) {
        bool known = false;
        for (gsize k = 0; k < outcome->n_shortlist && !known; k++)
            known = is_same(data, outcome->shortlist[k], outcome->order[i]);
        if (!known)
            outcome->shortlist[outcome->n_shortlist++] = outcome->order[i];
    }
    gsize n = outcome->n_shortlist;
    g_autofree double *score = g_new(double, n *goals + 1), *first = g_new(double, n + 1);
    for (gsize i = 0; i < n; i++)
        for (gsize g = 0; g < goals; g++)
            score[i * goals + g] =
                sy_tune_oriented(tune, g, sy_trial_validation(data, outcome->shortlist[i], g));
    outcome->n_winners = sort_trials(outcome->shortlist, score, n, goals);
    for (gsize i = 0; i < outcome->n_winners; i++)
        first[i] = sy_tune_oriented(tune, 0, sy_trial_validation(data, outcome->shortlist[i], 0));
    put_first(first, outcome->shortlist, outcome->n_winners);
    outcome->is_validated = n > 0 && !isnan(sy_trial_validation(data, outcome->shortlist[0], 0));
}

/* Why there is no winner, with the reason of the first trial that has one. */
static bool fail_all(const SyTuneData *data, const GPtrArray *trials, const SyOutcome *outcome,
                     GError **error) {
    const SyTrial *first = NULL;
    for (guint i = 0; i < trials->len && !first; i++) {
        const SyTrial *trial = trials->pdata[i];
        if (trial && trial->reason)
            first = trial;
    }
    bool all_invalid = outcome->count[SY_TRIAL_INVALID] == trials->len;
    g_autofree char *why =
        first ? g_strdup_printf("\ntrial %" G_GSIZE_FORMAT " is %s: %s", first->number,
                                sy_trial_state_names[first->state], first->reason)
              : g_strdup("");
    return sy_fail(error, all_invalid ? SY_ERROR_TEMPLATE : SY_ERROR_DATA,
                   "%s: none of %u trials has a %s on every training slice (%" G_GSIZE_FORMAT
                   " complete, %" G_GSIZE_FORMAT " pruned, %" G_GSIZE_FORMAT
                   " invalid, %" G_GSIZE_FORMAT " failed): widen or move the ranges of "
                   "[tune.parameters]%s%s",
                   data->tune->strategy->template->document->name, trials->len,
                   data->tune->metric[0]->name, outcome->count[SY_TRIAL_COMPLETE],
                   outcome->count[SY_TRIAL_PRUNED], outcome->count[SY_TRIAL_INVALID],
                   outcome->count[SY_TRIAL_FAILED],
                   outcome->count[SY_TRIAL_COMPLETE] > 0 ? ", or take fewer folds" : "", why);
}

static double measure_of(const SyTuneData *data, const SyTrial *trial, gsize cut, gsize metric) {
    return trial->measure[cut * data->tune->n_metrics + metric];
}

/* Share of the other trials with a worse value on a validation slice; ties count half. */
static double share_beaten(const SyTuneData *data, const SyOutcome *outcome, const SyTrial *trial,
                           gsize fold) {
    double beaten = 0, others = 0,
           own =
               sy_tune_oriented(data->tune, 0, measure_of(data, trial, sy_cut_validation(fold), 0));
    for (gsize i = 0; i < outcome->n_scored; i++) {
        double value = sy_tune_oriented(
            data->tune, 0, measure_of(data, outcome->order[i], sy_cut_validation(fold), 0));
        if (outcome->order[i] == trial || isnan(value))
            continue;
        others += 1;
        beaten += value < own ? 1 : value == own ? 0.5 : 0;
    }
    return isnan(own) || others == 0 ? NAN : beaten / others;
}

/* Mean of the first goal over the slices that [tune] window names before a validation slice; NaN
 * where one has none. */
static double mean_before(const SyTuneData *data, const SyTrial *trial, gsize fold) {
    gsize folds = data->slices.folds;
    gsize begin = data->tune->config.window == SY_WINDOW_ROLLING ? fold : 0, end = folds + fold;
    double sum = 0;
    for (gsize k = begin; k < end; k++)
        sum +=
            measure_of(data, trial, k < folds ? sy_cut_train(k) : sy_cut_validation(k - folds), 0);
    return sum / (double)(end - begin);
}

static void set_folds(const SyTuneData *data, SyOutcome *outcome) {
    outcome->fold = g_new0(SyFoldOutcome, data->slices.folds);
    for (gsize k = 0; k < data->slices.folds; k++) {
        SyFoldOutcome *fold = &outcome->fold[k];
        double most = -INFINITY;
        for (gsize i = 0; i < outcome->n_scored; i++) {
            const SyTrial *trial = outcome->order[i];
            double value = sy_tune_oriented(data->tune, 0, mean_before(data, trial, k));
            if (value > most) {
                most = value;
                fold->best = trial;
            }
        }
        const SyTrial *winner = outcome->shortlist[0], *best = fold->best;
        fold->before = best ? mean_before(data, best, k) : NAN;
        fold->validation = best ? measure_of(data, best, sy_cut_validation(k), 0) : NAN;
        fold->beats = best ? share_beaten(data, outcome, best, k) : NAN;
        fold->winner_before = mean_before(data, winner, k);
        fold->winner_validation = measure_of(data, winner, sy_cut_validation(k), 0);
    }
}

/* ---- the winners ---- */

typedef struct {
    double *returns; /* of the slice */
    gsize rows;
} Returns;

static Returns returns_new(const SyTuneData *data, gsize cut) {
    gsize rows = data->cut[cut].prices.rows;
    return (Returns){g_new(double, MAX(rows, 1)), rows};
}

static double annualisation_of(const SyTuneData *data, const SyStrategy *strategy) {
    return sy_portfolio_annualisation(&strategy->portfolio_config, data->panel->timeframe);
}

/* The trials that were measured, each combination once. */
static GPtrArray *distinct_of(const SyTuneData *data, const GPtrArray *trials) {
    gsize size = data->tune->n_parameters * sizeof(double);
    GPtrArray *distinct = g_ptr_array_new();
    g_autoptr(GHashTable) seen =
        g_hash_table_new_full(g_bytes_hash, g_bytes_equal, (GDestroyNotify)g_bytes_unref, NULL);
    for (guint i = 0; i < trials->len; i++) {
        const SyTrial *trial = trials->pdata[i];
        bool is_measured =
            trial && (trial->state == SY_TRIAL_COMPLETE || trial->state == SY_TRIAL_PRUNED);
        if (is_measured && g_hash_table_add(seen, g_bytes_new_static(trial->value, size)))
            g_ptr_array_add(distinct, (gpointer)trial);
    }
    return distinct;
}

/* Variance of the Sharpe ratios per row, of the trials that have one. */
static double variance_of(const SyTuneData *data, const GPtrArray *trials, double annualisation) {
    double n = 0, mean = 0, squares = 0;
    for (guint i = 0; i < trials->len; i++) {
        double sharpe =
            measure_of(data, trials->pdata[i], sy_cut_in_sample(data), data->tune->sharpe) /
            sqrt(annualisation);
        if (isnan(sharpe))
            continue;
        double step = sharpe - mean;
        n += 1;
        mean += step / n;
        squares += step * (sharpe - mean);
    }
    return n > 1 ? squares / (n - 1) : NAN;
}

static SyReturns sums_of(const Returns *returns) {
    g_autofree double *work = g_new(double, 3 * returns->rows + 1);
    return sy_returns_of(returns->returns, NULL, returns->rows, 0, work);
}

/* Combinations are counted as if they were independent, which asks more of the winner than is
 * needed: the safe side. */
static void set_deflated(const SyTuneData *data, const GPtrArray *trials, SyOutcome *outcome,
                         const SyStrategy *strategy, const Returns *in_sample,
                         const Returns *test) {
    g_autoptr(GPtrArray) distinct = distinct_of(data, trials);
    double variance = variance_of(data, distinct, annualisation_of(data, strategy));
    outcome->n_distinct = distinct->len;
    const SyReturns known = sums_of(in_sample), unknown = sums_of(test);
    outcome->sharpe = sy_returns_sharpe(&known, 1);
    outcome->skew = sy_returns_skew(&known);
    outcome->kurtosis = sy_returns_kurtosis(&known) + 3;
    outcome->expected_best = sy_sharpe_expected_best(variance, (double)distinct->len);
    outcome->deflated = sy_sharpe_probability(outcome->sharpe, outcome->expected_best, known.n,
                                              outcome->skew, outcome->kurtosis);
    outcome->test_sharpe_probability =
        sy_sharpe_probability(sy_returns_sharpe(&unknown, 1), 0, unknown.n,
                              sy_returns_skew(&unknown), sy_returns_kurtosis(&unknown) + 3);
}

static bool measure_winner(const SyTuneData *data, const GPtrArray *trials, SyOutcome *outcome,
                           SyTrial *trial, GError **error) {
    gsize in_cut = sy_cut_in_sample(data), test_cut = sy_cut_test(data);
    g_autofree char *text = sy_tune_text(data->tune, trial->value);
    g_autoptr(SyStrategy) strategy =
        sy_strategy_read(text, strlen(text), data->tune->strategy->template->document->name, error);
    const SyModelResult *model = strategy ? sy_share_run(data->share, strategy, 1, error) : NULL;
    if (!model)
        return false;
    Returns in_sample = returns_new(data, in_cut), test = returns_new(data, test_cut);
    bool good =
        sy_trial_measure(data, trial, strategy, model->output, in_cut, in_sample.returns, error) &&
        sy_trial_measure(data, trial, strategy, model->output, test_cut, test.returns, error) &&
        sy_trial_measure(data, trial, strategy, model->output, sy_cut_all(data), NULL, error);
    sy_share_release(data->share, model);
    if (good && trial == outcome->shortlist[0]) {
        set_deflated(data, trials, outcome, strategy, &in_sample, &test);
        outcome->text = sy_tune_winner_text(data->tune, trial->value);
    }
    g_free(in_sample.returns);
    g_free(test.returns);
    return good;
}

bool sy_outcome_make(const SyTuneData *data, const GPtrArray *trials, SyOutcome *outcome,
                     GError **error) {
    *outcome = (SyOutcome){0};
    set_order(data, trials, outcome);
    if (outcome->n_scored == 0)
        return fail_all(data, trials, outcome, error);
    set_shortlist(data, outcome);
    set_folds(data, outcome);
    for (gsize i = 0; i < outcome->n_winners; i++)
        if (!measure_winner(data, trials, outcome, outcome->shortlist[i], error))
            return false;
    return true;
}

void sy_outcome_clear(SyOutcome *outcome) {
    g_free(outcome->order);
    g_free(outcome->shortlist);
    g_free(outcome->fold);
    g_free(outcome->text);
    *outcome = (SyOutcome){0};
}
