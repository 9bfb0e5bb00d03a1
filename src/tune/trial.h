/* One trial: the template with its values, measured on the slices. */
#ifndef SY_TUNE_TRIAL_H
#define SY_TUNE_TRIAL_H

#include "base/env.h"
#include "tune/definition.h"
#include "tune/share.h"

/* A slice with the prices of its rows. */
typedef struct {
    SySlice rows;
    SyPrices prices; /* points into `price` */
    double *price;
} SyCut;

/* What all trials of a tuning are measured on. Cuts: the training and the validation slice of each
 * fold in turn, then the whole in-sample range, the test slice, and all rows. */
typedef struct {
    const SyTune *tune;
    const SyPanel *panel;
    SySlices slices;
    gsize warmup; /* rows that a model may need before its first output */
    SyCut *cut;   /* [n_cuts] */
    gsize n_cuts;
    SyShare *share;
} SyTuneData;

static inline gsize sy_cut_train(gsize fold) { return 2 * fold; }
static inline gsize sy_cut_validation(gsize fold) { return 2 * fold + 1; }
static inline gsize sy_cut_in_sample(const SyTuneData *data) { return 2 * data->slices.folds; }
static inline gsize sy_cut_test(const SyTuneData *data) { return 2 * data->slices.folds + 1; }
static inline gsize sy_cut_all(const SyTuneData *data) { return 2 * data->slices.folds + 2; }

/* Cuts the panel, which must outlive the data, as must `folder`, in which programs of models start
 * (NULL: ours). now: what relative times count from.
 * Errors: those of sy_slices_make. */
SyTuneData *sy_tune_data_new(const SyTune *tune, const SyPanel *panel, const char *folder,
                             SyTime now, GError **error);
void sy_tune_data_free(SyTuneData *data);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(SyTuneData, sy_tune_data_free)

typedef struct {
    gsize number;
    SyTrialState state;
    char *reason; /* why it was not completed, or NULL */
    guint64 seed;
    SyTime started, ended;
    double *value;   /* [n_parameters] */
    double *measure; /* [n_cuts × n_metrics] NaN where not measured or without a value */
    gsize folds;     /* whose training slices were measured */
    double *running; /* [folds] see SyPast */
    double *score;   /* [n_goals] see SyPast */
} SyTrial;

SyTrial *sy_trial_new(const SyTuneData *data, gsize number);
void sy_trial_free(SyTrial *trial);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(SyTrial, sy_trial_free)

/* Sets `running`, `folds` and `score` from `measure`: of trials that come from the store, too. */
void sy_trial_score(const SyTuneData *data, SyTrial *trial);

/* Mean of a metric over the training or the validation slices of all folds; NaN where one has
 * none. */
double sy_trial_train(const SyTuneData *data, const SyTrial *trial, gsize metric);
double sy_trial_validation(const SyTuneData *data, const SyTrial *trial, gsize metric);

/* Says after each fold whether a trial is given up; NULL: none is. */
typedef struct {
    bool (*gives_up)(gconstpointer data, const SyTrial *trial);
    gconstpointer data;
} SyPruner;

/* Measures trial->value [n_parameters] on the folds and in-sample, by any thread.
 *
 * threads  for the model, where it is not shared
 * Errors: only those that a retry may help (a source that cannot be reached): then the trial is of
 *         no use. Whatever else goes wrong is how the trial ends. */
bool sy_trial_run(const SyTuneData *data, SyTrial *trial, const SyPruner *pruner, int threads,
                  const SyEnv *env, GError **error);

/* Measures one cut from flat, with the outputs of the model on its rows, into trial->measure.
 * returns  [rows of the cut], NaN where the simulation has several accounts; or NULL
 * Errors: those of the simulation. */
bool sy_trial_measure(const SyTuneData *data, SyTrial *trial, const SyStrategy *strategy,
                      const SyMatrix *output, gsize cut, double *returns, GError **error);

#endif
