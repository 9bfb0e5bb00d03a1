/* What the models over a sliding window share. */
#include "model/rolling.h"

#include <math.h>

#include "base/error.h"

double *sy_log_prices(const SyPanel *panel, bool use_close, gsize symbol) {
    const double *price = sy_panel_column(panel, use_close ? SY_CLOSE : SY_OPEN, symbol);
    double *log_price = g_new(double, panel->rows);
    for (gsize row = 0; row < panel->rows; row++)
        log_price[row] = log(price[row]);
    return log_price;
}

void sy_differences(gsize n, double *x) {
    for (gsize row = n; row-- > 1;)
        x[row] -= x[row - 1];
    if (n > 0)
        x[0] = NAN;
}

bool sy_rolling_check_rows(const SyPanel *panel, int window, gsize needed, GError **error) {
    return panel->rows >= needed ||
           sy_fail(error, SY_ERROR_DATA,
                   "%s / %s: %" G_GSIZE_FORMAT " rows are too few for window = %d: at least "
                   "%" G_GSIZE_FORMAT " are needed; load more rows, or use a shorter window",
                   panel->symbol[0], panel->symbol[1], panel->rows, window, needed);
}

char *sy_rolling_check_minp(int window, int minp, const char **key) {
    if (minp <= window)
        return NULL;
    *key = "minp";
    return g_strdup_printf("minp = %d is more than window = %d: there would never be a value", minp,
                           window);
}

SyModelResult *sy_rolling_result(gsize rows, double *signal) {
    SyModelResult *result = g_new0(SyModelResult, 1);
    result->output = sy_matrix_new(rows, 2);
    result->fits = g_array_new(FALSE, TRUE, sizeof(SyFit));
    result->lower = -INFINITY;
    result->upper = INFINITY;
    double *first = sy_matrix_column(result->output, 0),
           *second = sy_matrix_column(result->output, 1);
    for (gsize row = 0; row < rows; row++) {
        first[row] = -signal[row];
        second[row] = signal[row];
    }
    g_free(signal);
    return result;
}
