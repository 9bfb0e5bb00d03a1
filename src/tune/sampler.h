/* Contract of samplers: which values a trial takes.
 *
 * A sampler is one file with one SySampler row, named in registry.c. What it suggests for trial k
 * depends on the seed, the parameters, k and the trials of earlier batches only: not on how many
 * work at the same time, nor on whether the tuning was interrupted. */
#ifndef SY_TUNE_SAMPLER_H
#define SY_TUNE_SAMPLER_H

#include "tune/parameter.h"

/* How a trial ended; the words are those of the store. */
typedef enum {
    SY_TRIAL_COMPLETE, /* measured on every slice */
    SY_TRIAL_PRUNED,   /* given up after some folds */
    SY_TRIAL_INVALID,  /* the template with its values is not accepted */
    SY_TRIAL_FAILED,   /* the model or the simulation failed on them */
    SY_N_TRIAL_STATES
} SyTrialState;
extern const char *const sy_trial_state_names[SY_N_TRIAL_STATES];

/* A finished trial as samplers and pruning see it. */
typedef struct {
    SyTrialState state;
    gsize folds;           /* whose training slices were measured */
    const double *value;   /* [n] of the parameters */
    const double *running; /* [folds] mean of the first goal over the first 1, 2 … training slices,
                              larger is better */
    const double *score;   /* [n_goals] mean over the training slices, larger is better; NaN = none;
                              not set unless complete */
} SyPast;

typedef struct {
    const SyParameter *parameter; /* [n] */
    gsize n, n_goals;
    guint64 seed;
} SySpace;

typedef struct {
    const char *name, *summary, *source;
    bool needs_counts; /* every parameter must have a countable set of values */
    /* Sets value [space->n] of trial number `trial`; past [n_past] are those of earlier batches, by
     * number. */
    void (*suggest)(const SySpace *space, const SyPast *past, gsize n_past, gsize trial,
                    double *value);
} SySampler;

extern const SySampler *const sy_samplers[];
extern const gsize sy_n_samplers;

/* By name, loosely spelled; NULL where there is none. */
const SySampler *sy_sampler_find(const char *name);

/* The state of the random numbers of one trial. */
guint64 sy_trial_seed(guint64 seed, gsize trial);

/* A number in [0, 1) from the generator of sy_random_next. */
double sy_random_unit(guint64 *state);

/* Draws every value alike: what random search does, and others until they have seen enough. */
void sy_suggest_random(const SySpace *space, guint64 *state, double *value);

/* How many combinations there are; 0: a continuum; G_MAXSIZE: more than can be counted. */
gsize sy_space_count(const SySpace *space);

#endif
