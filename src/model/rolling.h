/* What the models over a sliding window share: the series that they look at, and their errors. */
#ifndef SY_MODEL_ROLLING_H
#define SY_MODEL_ROLLING_H

#include "model/model.h"

/* ln P of one symbol; NaN where there is no price. [panel->rows], free with g_free. */
double *sy_log_prices(const SyPanel *panel, bool use_close, gsize symbol);

/* Differences of consecutive rows, in place; the first is NaN. */
void sy_differences(gsize n, double *x);

/* Errors: SY_ERROR_DATA with the symbols, both numbers and a remedy, where a panel has fewer than
 * `needed` rows for `window`. */
bool sy_rolling_check_rows(const SyPanel *panel, int window, gsize needed, GError **error);

/* minp, where it is given: at most the window. Returns NULL or the reason; *key is the key to
 * blame. */
char *sy_rolling_check_minp(int window, int minp, const char **key);

/* A result without fits and bounds: column 0 is -signal, column 1 is signal, the sign by which a
 * high value of a column says "long that asset". Takes `signal` [rows]. */
SyModelResult *sy_rolling_result(gsize rows, double *signal);

#endif
