/* Variance between the parts of a parameter's scale against the variance of all. */
#include "tune/importance.h"

#include <math.h>

#include "num/rank.h"

enum { PARTS_MOST = 10, TRIALS_OF_A_PART = 3 };

static gsize parts_of(const SyParameter *parameter, gsize n) {
    gsize count = sy_parameter_count(parameter);
    if (parameter->kind == SY_PARAMETER_CHOICE)
        return parameter->n_choices;
    gsize most = MIN(PARTS_MOST, n / (2 * TRIALS_OF_A_PART));
    return count > 0 ? MIN(count, most) : most;
}

double sy_importance(const SyParameter *parameter, const double *value, gsize which,
                     gsize parameters, const double *score, gsize n) {
    gsize parts = parts_of(parameter, n);
    if (parts < 2 || n < TRIALS_OF_A_PART * parts)
        return NAN;
    g_autofree double *sorted = g_new(double, n), *sum = g_new0(double, parts);
    g_autofree guint32 *rank = g_new(guint32, n); /* doubled */
    g_autofree gpointer work = g_malloc(sy_rank_work_size(n));
    g_autofree gsize *count = g_new0(gsize, parts);
    double mean = (double)(n + 1), total = 0, between = 0;
    sy_rank(n, score, sorted, rank, work);
    gsize used = 0;
    for (gsize i = 0; i < n; i++) {
        double place = sy_parameter_place(parameter, value[i * parameters + which]);
        gsize part = MIN((gsize)(place * (double)parts), parts - 1);
        double off = (double)rank[i] - mean;
        sum[part] += off;
        count[part]++;
        total += off * off;
    }
    for (gsize k = 0; k < parts; k++)
        if (count[k] > 0) {
            between += sum[k] * sum[k] / (double)count[k];
            used++;
        }
    if (!(total > 0) || used < 2 || n <= used)
        return NAN;
    double within = (total - between) / (double)(n - used);
    return fmax(1 - within / (total / (double)(n - 1)), 0);
}
