/* What is to be tuned: [tune] of a template, read and checked. */
#ifndef SY_TUNE_DEFINITION_H
#define SY_TUNE_DEFINITION_H

#include <jansson.h>

#include "tune/goal.h"
#include "tune/sampler.h"
#include "tune/slices.h"
#include "workflow/strategy.h"

typedef enum { SY_PRUNING_NONE, SY_PRUNING_MEDIAN } SyPruning;
typedef enum { SY_WINDOW_ROLLING, SY_WINDOW_EXPANDING } SyWindow;

/* [tune] */
typedef struct {
    char **objective;
    int trials; /* 0: not given */
    int seed, batch, shortlist, folds;
    char *sampler;
    unsigned pruning, window;
    char *train, *validation, *test, *embargo;
    const SyNode *parameters; /* [tune.parameters] */
} SyTuneConfig;
extern const SyFieldTable sy_tune_fields;

/* One member of [tune.parameters]: { low, high, step, log } or { values }. */
typedef struct {
    double low, high, step;
    bool log;
    const SyNode *values;
} SyTuneRange;
extern const SyFieldTable sy_tune_range_fields;

/* A tuning of one template. */
typedef struct {
    const SyStrategy *strategy; /* as its file is, borrowed */
    SyTuneConfig config;
    SyParameter *parameter; /* [n_parameters], in the order of the file */
    gsize n_parameters;
    const SyMetric **metric; /* [n_metrics] the goals, then sharpe where it is none of them */
    gsize n_goals, n_metrics;
    gsize sharpe; /* which of the metrics it is */
    const SySampler *sampler;
    SyForm *form;  /* the template with a slot for each parameter and one for its study_name */
    gsize trials;  /* how many are to be done */
    SySpace space; /* borrows from here */
} SyTune;

/* Reads [tune] of a template that passed sy_strategy_load.
 *
 * trials  of the command line; 0: as the template says
 * Errors: SY_ERROR_TEMPLATE with all that is wrong, each with its place; NULL then. */
SyTune *sy_tune_read(const SyStrategy *strategy, int trials, GError **error);
void sy_tune_free(SyTune *tune);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(SyTune, sy_tune_free)

/* The same without a number of trials, for those who only want to know whether [tune] is sound;
 * true where the template has none. Errors: as sy_tune_read. */
bool sy_tune_check(const SyStrategy *strategy, GError **error);

/* Larger is better, whatever the goal. */
double sy_tune_oriented(const SyTune *tune, gsize goal, double value);

/* The template with the values [n_parameters] of a trial. Free with g_free. */
char *sy_tune_text(const SyTune *tune, const double *value);

/* The same with a study_name of its own, so that it can stand beside the one that was tuned: the
 * name and "-tuned". Free with g_free. */
char *sy_tune_winner_text(const SyTune *tune, const double *value);

/* 64 hex digits over all that decides what a trial gives, but for bars and program: the sections of
 * the template that a backtest reads and [tune], without the values that are tuned, the number of
 * trials, shortlist and window. Comments and the order of keys do not count. Free with g_free. */
char *sy_tune_digest(const SyTune *tune);

/* The longest warm-up that any combination of values may have, as far as the ends of the ranges and
 * the choices tell: rows before the first output. A trial with a longer one is invalid. */
gsize sy_tune_warmup(const SyTune *tune);

/* Values by the names of parameters, as TOML texts; and back. False where a parameter is absent or
 * has another range. */
json_t *sy_tune_values_json(const SyTune *tune, const double *value);
bool sy_tune_values_read(const SyTune *tune, const json_t *json, double *value);

#endif
