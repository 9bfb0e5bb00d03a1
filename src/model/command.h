/* What a model in another language prints, checked: its rows as a matrix. */
#ifndef SY_MODEL_COMMAND_H
#define SY_MODEL_COMMAND_H

#include "base/csv.h"
#include "data/matrix.h"
#include "data/panel.h"

typedef struct {
    const SyPanel *panel; /* that the program was given */
    SyMatrix *values;     /* [rows × symbols]; NaN where nothing was printed */
    bool begun;           /* a row has come */
    gsize next;           /* row of the panel that has to come next */
    gsize numbers;        /* values that are not NaN */
} SyCommandOutput;

/* Reads all records into `values`. The header is "time" and the symbols in their order; the first
 * row may be any bar's, then each bar must have one, in order, to the last. Cells are finite
 * numbers, or empty or "nan". So no output is longer than the panel, or it is refused.
 * Errors: SY_ERROR_DATA with the line. */
bool sy_command_output_read(SyCommandOutput *output, SyCsv *csv, GError **error);

#endif
