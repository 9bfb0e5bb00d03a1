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

static SyReturns walk(const Daily *d, double required) {
    g_autofree double *work = g_new(double, 3 * d->n);
    return sy_returns_of(d->returns, d->benchmark, d->n, required, work);
}

/* A figure, computed by ours. */
#define FIGURE(name, required, expression)                                                         \
    static double name(const Daily *d) {                                                           \
        SyReturns r = walk(d, required);                                                           \
        return expression;                                                                         \
    }
FIGURE(annual_return, 0, sy_returns_annualised(&r, YEAR))
FIGURE(annual_volatility, 0, sy_returns_volatility(&r, YEAR))
FIGURE(sharpe, 0, sy_returns_sharpe(&r, YEAR))
FIGURE(sharpe_rf, 0.0001, sy_returns_sharpe(&r, YEAR))
FIGURE(sortino, 0, sy_returns_sortino(&r, YEAR))
FIGURE(sortino_req, 0.0002, sy_returns_sortino(&r, YEAR))
FIGURE(omega, 0, sy_returns_omega(&r))
/* there the required return is of a year, and the risk-free return of a day comes on top */
FIGURE(omega_required, 0.0001 + pow(1.05, 1.0 / YEAR) - 1, sy_returns_omega(&r))
FIGURE(tail_ratio, 0, sy_returns_tail_ratio(&r))
FIGURE(var_5, 0, r.low)
FIGURE(cvar_5, 0, r.shortfall)
FIGURE(alpha, 0, sy_returns_alpha(&r, YEAR))
FIGURE(beta, 0, sy_returns_beta(&r))
FIGURE(information, 0, sy_returns_information_ratio(&r))

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
