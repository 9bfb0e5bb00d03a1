/* Metrics of a ledger: a table of name, unit, formula and function. */
#ifndef SY_PORTFOLIO_METRICS_H
#define SY_PORTFOLIO_METRICS_H

#include "portfolio/portfolio.h"

/* What a metric is computed from: one group of a ledger, or one column where nothing is grouped. */
typedef struct {
    const SyLedger *ledger;
    const SyPrices *prices;
    gsize group;
    double annualisation; /* rows of a year */
    double row_seconds;   /* length of a row */
    double risk_free;     /* per row */
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

/* The input for one group of a simulation: annualised by year_freq, rows as long as freq or, where
 * it is not given, as `timeframe`; no risk-free rate. */
SyMetricInput sy_metric_input(const SyPortfolioConfig *config, SyTimeframe timeframe,
                              const SyLedger *ledger, const SyPrices *prices, gsize group);

const SyMetric *sy_metric_find(const char *name); /* NULL where there is none */

#endif
