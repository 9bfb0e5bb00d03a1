#include "pairs.h"

#include "test.h"

#include "num/rank.h"

#include "csv.h"

static Pairs *pairs_new(gsize n, const double *x, const double *y, bool ranked) {
    const double *columns[] = {x, y};
    Pairs *pairs = g_new0(Pairs, 1);
    pairs->work =
        g_malloc(MAX(MAX(sy_rank_work_size(n), sy_tau_work_size(n)), sy_copula_work_size(n)));
    pairs->scratch = g_new(double, n);
    for (gsize column = 0; column < 2; column++) {
        pairs->u[column] = g_new(double, n);
        pairs->rank[column] = g_new(guint32, n);
        sy_rank(n, columns[column], pairs->scratch, pairs->rank[column], pairs->work);
        for (gsize i = 0; i < n; i++)
            pairs->u[column][i] =
                ranked ? pairs->rank[column][i] / (2.0 * ((double)n + 1)) : columns[column][i];
    }
    assert_true(sy_tau(n, pairs->rank[0], pairs->rank[1], pairs->work, &pairs->tau));
    pairs->sample = (SyCopulaSample){.n = n,
                                     .rank_u = pairs->rank[0],
                                     .rank_v = pairs->rank[1],
                                     .u = pairs->u[0],
                                     .v = pairs->u[1]};
    return pairs;
}

Pairs *pairs_of_values(gsize n, const double *u, const double *v) {
    return pairs_new(n, u, v, false);
}

Pairs *pairs_of_data(gsize n, const double *x, const double *y) { return pairs_new(n, x, y, true); }

Pairs *pairs_of_file(const char *path) {
    g_autoptr(Csv) table = csv_read(path);
    g_autofree double *u = g_new(double, table->rows), *v = g_new(double, table->rows);
    for (gsize row = 0; row < table->rows; row++) {
        u[row] = csv_number(table, row, "u1");
        v[row] = csv_number(table, row, "u2");
    }
    return pairs_of_values(table->rows, u, v);
}

void pairs_free(Pairs *pairs) {
    for (gsize column = 0; column < 2; column++) {
        g_free(pairs->u[column]);
        g_free(pairs->rank[column]);
    }
    g_free(pairs->scratch);
    g_free(pairs->work);
    g_free(pairs);
}

double pairs_log_likelihood(const Pairs *pairs, const SyCopulaFit *fit) {
    double sum = 0;
    sy_copula_log_density(fit, pairs->sample.n, pairs->u[0], pairs->u[1], pairs->scratch);
    for (gsize i = 0; i < pairs->sample.n; i++)
        sum += pairs->scratch[i];
    return sum;
}
