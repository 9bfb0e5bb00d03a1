/* Numbers of a return series against the figures of an independent program. */
#include "test.h"

#include <string.h>

#include "csv.h"
#include "portfolio/statistics.h"

#define YEAR 252

typedef struct {
    double *returns, *benchmark;
    gsize n;
} Daily;

static double cumulative(const Daily *d) {
    double growth = 1;
    for (gsize i = 0; i < d->n; i++)
        growth *= 1 + d->returns[i];
    return growth - 1;
}

/* A figure, computed by ours. */
#define FIGURE(name, expression)                                                                   \
    static double name(const Daily *d) { return expression; }
FIGURE(annual_return, sy_returns_annualised(d->returns, d->n, YEAR))
FIGURE(annual_volatility, sy_returns_volatility(d->returns, d->n, YEAR))
FIGURE(sharpe, sy_returns_sharpe(d->returns, d->n, 0, YEAR))
FIGURE(sharpe_rf, sy_returns_sharpe(d->returns, d->n, 0.0001, YEAR))
FIGURE(sortino, sy_returns_sortino(d->returns, d->n, 0, YEAR))
FIGURE(sortino_req, sy_returns_sortino(d->returns, d->n, 0.0002, YEAR))
FIGURE(omega, sy_returns_omega(d->returns, d->n, 0))
/* there the required return is of a year, and the risk-free return of a day comes on top */
FIGURE(omega_required, sy_returns_omega(d->returns, d->n, 0.0001 + pow(1.05, 1.0 / YEAR) - 1))
FIGURE(tail_ratio, sy_returns_tail_ratio(d->returns, d->n))
FIGURE(var_5, sy_returns_quantile(d->returns, d->n, 0.05))
FIGURE(cvar_5, sy_returns_expected_shortfall(d->returns, d->n, 0.05))
FIGURE(alpha, sy_returns_alpha(d->returns, d->benchmark, d->n, 0, YEAR))
FIGURE(beta, sy_returns_beta(d->returns, d->benchmark, d->n))
FIGURE(information, sy_returns_information_ratio(d->returns, d->benchmark, d->n))

static const struct {
    const char *name;
    double (*ours)(const Daily *daily);
} figures[] = {
    {"cum_return", cumulative},
    {"annual_return", annual_return},
    {"annual_volatility", annual_volatility},
    {"sharpe", sharpe},
    {"sharpe_rf", sharpe_rf},
    {"sortino", sortino},
    {"sortino_req", sortino_req},
    {"omega", omega},
    {"omega_rf_req", omega_required},
    {"tail_ratio", tail_ratio},
    {"var_5", var_5},
    {"cvar_5", cvar_5},
    {"alpha", alpha},
    {"beta", beta},
    {"excess_sharpe(information)", information},
};

static void test_statistics__agree_with_empyrical(void **state) {
    (void)state;
    g_autoptr(Csv) csv = csv_read("tests/oracle/statistics/returns_daily.csv");
    g_autoptr(Csv) expected = csv_read("tests/oracle/statistics/expected_metrics.csv");
    g_autofree double *returns = g_new(double, csv->rows), *benchmark = g_new(double, csv->rows);
    for (gsize row = 0; row < csv->rows; row++) {
        returns[row] = csv_number(csv, row, "ret");
        benchmark[row] = csv_number(csv, row, "bench");
    }
    Daily daily = {returns, benchmark, csv->rows};
    gsize compared = 0;
    for (gsize row = 0; row < expected->rows; row++)
        for (gsize i = 0; i < G_N_ELEMENTS(figures); i++) {
            if (strcmp(csv_text(expected, row, "metric"), figures[i].name) != 0)
                continue;
            double value = csv_number(expected, row, "value"), ours = figures[i].ours(&daily);
            if (!(fabs(ours - value) <= 1e-12 * fmax(1, fabs(value))))
                fail_msg("%s = %.17g, expected %.17g", figures[i].name, ours, value);
            compared++;
        }
    assert_int_equal(compared, G_N_ELEMENTS(figures));
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_statistics__agree_with_empyrical),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
