/* Margins that several families take. */
#include "num/copula/families.h"

void sy_margin_log(const double *parameter, gsize n, const double *u, const double *rest,
                   SyCopulaMargin margin) {
    (void)parameter;
    for (gsize i = 0; i < n; i++)
        margin.first[i] = sy_minus_log(u[i], rest[i]);
}

void sy_margin_log_rest(const double *parameter, gsize n, const double *u, const double *rest,
                        SyCopulaMargin margin) {
    sy_margin_log(parameter, n, rest, u, margin);
}
