/* Storage of matrices and signals. */
#include "data/matrix.h"

#include <math.h>

SyMatrix *sy_matrix_new(gsize rows, gsize columns) {
    SyMatrix *matrix = g_new0(SyMatrix, 1);
    matrix->rows = rows;
    matrix->columns = columns;
    matrix->value = g_new(double, MAX(rows * columns, 1));
    for (gsize i = 0; i < rows * columns; i++)
        matrix->value[i] = NAN;
    return matrix;
}

void sy_matrix_free(SyMatrix *matrix) {
    if (matrix)
        g_free(matrix->value);
    g_free(matrix);
}

SySignals *sy_signals_new(gsize rows, gsize columns) {
    SySignals *signals = g_new0(SySignals, 1);
    gsize cells = MAX(rows * columns, 1);
    signals->rows = rows;
    signals->columns = columns;
    signals->long_entries = g_new0(guint8, cells);
    signals->long_exits = g_new0(guint8, cells);
    signals->short_entries = g_new0(guint8, cells);
    signals->short_exits = g_new0(guint8, cells);
    return signals;
}

void sy_signals_free(SySignals *signals) {
    if (!signals)
        return;
    g_free(signals->long_entries);
    g_free(signals->long_exits);
    g_free(signals->short_entries);
    g_free(signals->short_exits);
    g_free(signals);
}
