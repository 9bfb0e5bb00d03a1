/* Matrices that cross stage borders: a model's output and the four signal arrays. Column-major:
 * column c of a matrix starts at value + c·rows. */
#ifndef SY_DATA_MATRIX_H
#define SY_DATA_MATRIX_H

#include <glib.h>

typedef struct {
    gsize rows, columns;
    double *value; /* [columns × rows] */
} SyMatrix;

SyMatrix *sy_matrix_new(gsize rows, gsize columns); /* filled with NaN */
void sy_matrix_free(SyMatrix *matrix);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(SyMatrix, sy_matrix_free)

static inline double *sy_matrix_column(const SyMatrix *matrix, gsize column) {
    return matrix->value + column * matrix->rows;
}

/* The four boolean matrices of a signal rule, 0 or 1 per cell. */
typedef struct {
    gsize rows, columns;
    guint8 *long_entries, *long_exits, *short_entries, *short_exits; /* each [columns × rows] */
} SySignals;

SySignals *sy_signals_new(gsize rows, gsize columns); /* all 0 */
void sy_signals_free(SySignals *signals);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(SySignals, sy_signals_free)

#endif
