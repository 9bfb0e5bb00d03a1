/* Contract of models: from a panel to one output column per leg, row t from rows ≤ t only.
 *
 * A model is one file with one SyModel row, named in registry.c. Its parameters come through a
 * field table; its fit report has one row per split. */
#ifndef SY_MODEL_MODEL_H
#define SY_MODEL_MODEL_H

#include "base/field.h"
#include "data/fit.h"
#include "data/kept.h"
#include "data/matrix.h"
#include "data/panel.h"

/* What a run of a model gives. */
typedef struct {
    SyMatrix *output;    /* [rows × symbols]; NaN before the first test slice */
    GArray *fits;        /* SyFit, one per split, oldest first; empty for models that fit nothing */
    double lower, upper; /* bounds of the output; -inf and inf where it has none */
} SyModelResult;

void sy_model_result_free(SyModelResult *result);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(SyModelResult, sy_model_result_free)

/* What a run may use besides its panel. */
typedef struct {
    int threads; /* ≥ 1; the result does not depend on it */
    void (*progress)(double fraction,
                     gpointer data); /* may be NULL; called from the calling thread */
    gpointer progress_data;
    const SyKeeper *keeper; /* NULL: everything is computed; the result is the same, bit for bit */
    const char *folder;     /* of programs that are started: the workspace; NULL: ours */
} SyModelContext;

typedef struct {
    const char *name;    /* as templates spell it */
    const char *summary; /* one sentence */
    const char *source;  /* paper or page */
    gsize symbols;       /* legs it needs */
    const SyFieldTable *fields;
    /* Checks that need more than one key. Returns NULL or the reason; *key is the key to blame. */
    char *(*validate)(gconstpointer config, const char **key);
    /* Bounds that thresholds must lie in; NULL: none. */
    void (*bounds)(gconstpointer config, double *lower, double *upper);
    /* Levels of entries, where [signal] gives none; exits are at 0 then. NULL: it must. */
    void (*levels)(gconstpointer config, double *upper, double *lower);
    /* Why it cannot run live as it is configured (static text), or NULL; *key is the key to blame.
     * NULL: it always can. */
    const char *(*offline)(gconstpointer config, const char **key);
    /* A panel of that many rows or fewer is an error: it would have no output. NULL: the model
     * tells only by what it gives. */
    gsize (*warmup)(gconstpointer config);
    /* Errors: SY_ERROR_DATA (too short, constant, no complete pair …); of programs those of
     * sy_csv_command_run. */
    SyModelResult *(*run)(gconstpointer config, const SyPanel *panel, const SyModelContext *context,
                          GError **error);
} SyModel;

extern const SyModel *const sy_models[];
extern const gsize sy_n_models;

/* Rows that are one too few for an output; 0 where nobody knows. */
gsize sy_model_warmup(const SyModel *model, gconstpointer config);

/* By name, loosely spelled; NULL where there is none. */
const SyModel *sy_model_find(const char *name);

/* Why a model of the reference is not there, or NULL for a name nobody knows. */
const char *sy_model_refused(const char *name);

#endif
