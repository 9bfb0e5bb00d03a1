/* Backfitting: in turn, each parameter's function becomes the mean of what the others leave. */
#include "tune/importance.h"

#include <math.h>
#include <stdbool.h>
#include <string.h>

enum { PARTS_MOST = 10, TRIALS_OF_A_PART = 2, SWEEPS_MOST = 500 };
#define SHRINK 1.0     /* trials of no effect that each part is thought to have besides its own */
#define ROUNDING 1e-12 /* of the scores' mean: a smaller spread is none */
#define SETTLED 1e-7   /* of the scores' spread: a smaller change ends the sweeps */

typedef struct {
    gsize n, parameters;
    gsize *first;   /* [parameters + 1] where a parameter's parts begin among all */
    gsize *part;    /* [n × parameters] which of all */
    gsize *count;   /* [parts] trials */
    double *effect; /* [parts] */
    double *left;   /* [n] what no function explains */
} Model;

static gsize parts_of(const SyParameter *parameter, gsize parameters, gsize n) {
    gsize count = sy_parameter_count(parameter);
    if (parameter->kind == SY_PARAMETER_CHOICE || (count > 0 && count <= PARTS_MOST))
        return count;
    return CLAMP(n / (TRIALS_OF_A_PART * parameters), 2, PARTS_MOST);
}

static void model_init(Model *model, const SyParameter *parameter, gsize parameters,
                       const double *value, const double *score, gsize n) {
    *model = (Model){.n = 0, .parameters = parameters};
    model->first = g_new0(gsize, parameters + 1);
    model->part = g_new(gsize, n * parameters + 1);
    model->left = g_new(double, n + 1);
    for (gsize d = 0; d < parameters; d++)
        model->first[d + 1] = model->first[d] + parts_of(&parameter[d], parameters, n);
    model->count = g_new0(gsize, model->first[parameters] + 1);
    model->effect = g_new0(double, model->first[parameters] + 1);
    for (gsize i = 0; i < n; i++) {
        if (!isfinite(score[i]))
            continue;
        for (gsize d = 0; d < parameters; d++) {
            gsize parts = model->first[d + 1] - model->first[d];
            double place = sy_parameter_place(&parameter[d], value[i * parameters + d]);
            gsize part = model->first[d] + MIN((gsize)(place * (double)parts), parts - 1);
            model->part[model->n * parameters + d] = part;
            model->count[part]++;
        }
        model->left[model->n++] = score[i];
    }
}

static void model_clear(Model *model) {
    g_free(model->first);
    g_free(model->part);
    g_free(model->count);
    g_free(model->effect);
    g_free(model->left);
}

/* Takes the mean out of what is left, and returns it. */
static double centre(Model *model) {
    double sum = 0;
    for (gsize i = 0; i < model->n; i++)
        sum += model->left[i];
    double mean = sum / (double)model->n;
    for (gsize i = 0; i < model->n; i++)
        model->left[i] -= mean;
    return mean;
}

static double squares_left(const Model *model) {
    double sum = 0;
    for (gsize i = 0; i < model->n; i++)
        sum += model->left[i] * model->left[i];
    return sum;
}

/* Fits the function of one parameter anew. Returns the largest change. */
static double refit(Model *model, gsize d, double *sum) {
    double most = 0;
    gsize first = model->first[d], parts = model->first[d + 1] - first;
    memset(sum, 0, parts * sizeof *sum);
    for (gsize i = 0; i < model->n; i++) {
        gsize part = model->part[i * model->parameters + d];
        sum[part - first] += model->left[i] + model->effect[part];
    }
    for (gsize k = 0; k < parts; k++) {
        sum[k] = sum[k] / ((double)model->count[first + k] + SHRINK) - model->effect[first + k];
        model->effect[first + k] += sum[k];
        most = fmax(most, fabs(sum[k]));
    }
    for (gsize i = 0; i < model->n; i++)
        model->left[i] -= sum[model->part[i * model->parameters + d] - first];
    return most;
}

static void fit(Model *model, double spread) {
    g_autofree double *sum = g_new(double, model->first[model->parameters] + 1);
    double change = INFINITY;
    for (int sweep = 0; sweep < SWEEPS_MOST && change > SETTLED * spread; sweep++) {
        change = 0;
        for (gsize d = 0; d < model->parameters; d++)
            change = fmax(change, refit(model, d, sum));
        centre(model);
    }
}

/* Variance of a parameter's function over its parts that have trials, each alike, less what noise
 * alone would give it. */
static double variance_of(const Model *model, gsize d, double noise) {
    double n = 0, mean = 0, squares = 0, chance = 0;
    for (gsize k = model->first[d]; k < model->first[d + 1]; k++) {
        double count = (double)model->count[k], off = model->effect[k] - mean;
        if (!(count > 0))
            continue;
        n += 1;
        mean += off / n;
        squares += off * (model->effect[k] - mean);
        chance += count / ((count + SHRINK) * (count + SHRINK));
    }
    return n > 1 ? fmax(squares / n - noise * chance / n * (n - 1) / n, 0) : 0;
}

void sy_importance(const SyParameter *parameter, gsize parameters, const double *value,
                   const double *score, gsize n, double *importance) {
    Model model;
    model_init(&model, parameter, parameters, value, score, n);
    gsize parts = model.first[parameters], functions = 0;
    for (gsize k = 0; k < parts; k++)
        functions += model.count[k] > 0;
    double mean = centre(&model), total = 0;
    double spread = sqrt(squares_left(&model) / (double)MAX(model.n, 1));
    bool can_tell = parts > parameters && model.n >= TRIALS_OF_A_PART * functions &&
                    spread > ROUNDING * fabs(mean);
    if (can_tell) {
        fit(&model, spread);
        double noise = squares_left(&model) / (double)(model.n - (functions - parameters) - 1);
        total = noise;
        for (gsize d = 0; d < parameters; d++)
            total += importance[d] = variance_of(&model, d, noise);
    }
    for (gsize d = 0; d < parameters; d++)
        importance[d] = total > 0 ? importance[d] / total : NAN;
    model_clear(&model);
}
