/* What a tuning found: the trials in order, the shortlist, the winners, and what is to be believed
 * of them. */
#ifndef SY_TUNE_OUTCOME_H
#define SY_TUNE_OUTCOME_H

#include "tune/trial.h"

/* One step of the walk forward: what choosing by the slices before a validation slice, training and
 * earlier validation ones, gives on it. */
typedef struct {
    const SyTrial *best;       /* before it, by the first goal; NULL: none has a value */
    double before, validation; /* of that trial: its mean before, its value on the slice */
    double
        beats; /* share of the trials that it beats on the validation slice: one half is chance */
    double winner_before, winner_validation;
} SyFoldOutcome;

typedef struct {
    gsize count[SY_N_TRIAL_STATES];
    gsize n_scored;
    SyTrial **order; /* [n_scored] best on the training slices first */
    gsize n_shortlist;
    SyTrial **shortlist; /* [n_shortlist] best on the validation slices first */
    gsize n_winners;     /* of the shortlist, the first ones: those that no other dominates */
    bool is_validated;   /* whether shortlist[0] has a value on every validation slice */
    SyFoldOutcome *fold; /* [folds] */
    /* of shortlist[0] over the in-sample range, per row of the data */
    double sharpe, skew, kurtosis; /* kurtosis: 3 for normal returns */
    gsize n_distinct; /* combinations that were measured: how many the winner is the best of */
    double expected_best, deflated; /* NaN where the simulation has several accounts */
    double test_sharpe_probability; /* that its true Sharpe ratio is above 0, by the test
                                       slice alone */
    char *text;                     /* the winner as a template */
} SyOutcome;

/* What is told of a winner that is not validated. */
extern const char sy_tune_not_validated[];

/* Sorts the trials, and measures the winners once on the test slice and on all rows, into their
 * `measure`.
 *
 * trials  SyTrial * by number; NULL where a trial is absent
 * Errors: SY_ERROR_DATA where no trial has a value of every goal, SY_ERROR_TEMPLATE where none is
 *         valid: with the first reason; those of models and simulation. */
bool sy_outcome_make(const SyTuneData *data, const GPtrArray *trials, SyOutcome *outcome,
                     GError **error);
void sy_outcome_clear(SyOutcome *outcome);
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(SyOutcome, sy_outcome_clear)

#endif
