/* Metrics of a ledger: a table of name, unit, formula and function. */
#ifndef SY_PORTFOLIO_METRICS_H
#define SY_PORTFOLIO_METRICS_H

#include "portfolio/portfolio.h"
#include "portfolio/statistics.h"

/* Sums over closed trades of one kind. */
typedef struct {
    double n, pnl, returns, rows;
} SyTradeSums;

/* What the metrics of one group of a ledger are computed from (of one column where nothing is
 * grouped): rows and records are walked once, a metric is a formula on the sums. */
typedef struct {
    gsize rows;
    double annualisation; /* rows of a year */
    double row_seconds;   /* length of a row */
    SyReturns returns;    /* beside those of the benchmark; no return is required */
    double start_value, end_value;
    double grown;            /* what start_value has grown to (portfolio/series.h) */
    double benchmark_return; /* total */
    double squares;          /* Σ (value / highest value so far − 1)² */
    double max_gross;
    gsize exposed;       /* rows with a position */
    double max_drawdown; /* ≤ 0 */
    gsize drawdown_rows; /* of the longest */
    double orders, fees;
    SyTradeSums won, lost; /* pnl above and below 0 */
    double closed, open, open_pnl, best, worst;
    double pnl, pnl_squares; /* of the closed: Σ pnl, Σ pnl² about the mean */
} SyMetricInput;

typedef struct {
    const char *name;    /* key in stats.json */
    const char *title;   /* for people */
    const char *unit;    /* "fraction", "seconds", "money", "count", "ratio" */
    const char *formula; /* text */
    const char *source;
    double (*compute)(const SyMetricInput *input); /* NaN = n/a */
} SyMetric;

extern const SyMetric sy_metrics[];
extern const gsize sy_n_metrics;

/* The sums of one group of a simulation that has its series and drawdowns: annualised by year_freq,
 * rows as long as freq or, where it is not given, as `timeframe`.
 * Cost: O(rows · columns of the group + its records). */
SyMetricInput sy_metric_input(const SyPortfolioConfig *config, SyTimeframe timeframe,
                              const SyLedger *ledger, const SyPrices *prices, gsize group);

/* The same of every group of a ledger without series (sy_portfolio_trade), to which the drawdowns
 * are added: each group's series are made, walked and forgotten.
 *
 * jobs   threads that share the groups, as sy_threads_worth counts them; the results are the same
 *        for any number of them
 * value  receives the value [groups × rows]; NULL: not wanted
 * Returns [groups]; free with g_free. */
SyMetricInput *sy_metric_inputs(const SyPortfolioConfig *config, SyTimeframe timeframe,
                                SyLedger *ledger, const SyPrices *prices, int jobs, double *value);

const SyMetric *sy_metric_find(const char *name); /* NULL where there is none */

#endif
