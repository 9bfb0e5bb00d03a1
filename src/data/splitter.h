/* How a history is cut into training and test slices. Rows are those of the panel; the return of
 * row t is ln(P[t]/P[t-1]), so the first row that can be learnt from is 1. */
#ifndef SY_DATA_SPLITTER_H
#define SY_DATA_SPLITTER_H

#include <glib.h>
#include <stdbool.h>

#include "data/fit.h"

/* Accepts the name of a splitter, as a check of a field row.
 * Errors: SY_ERROR_USAGE with the reason (not built yet), or the names there are. */
bool sy_splitter_check(const char *name, GError **error);

/* from_custom_rolling: training slices of a fixed length, test slices that follow one another
 * without gap or overlap. Split k trains on rows [1 + offset + k·testing, … + training) and is
 * tested on the `testing` rows after them; it exists where at least one of those does, and the last
 * test slice may be shorter: the newest row always lies in a test slice.
 *
 * rows                rows of the panel
 * training, testing   ≥ 1 rows
 * offset              rows that are left out at the start
 * Returns an array of SySplit, oldest first; empty where rows <= 1 + offset + training.
 */
GArray *sy_split_custom_rolling(gsize rows, gsize training, gsize testing, gsize offset);

#endif
