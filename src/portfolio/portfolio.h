/* The simulated portfolio: [portfolio] parameters, simulation from signals, metrics.
 *
 * One accounting for backtest, paper account and live ledger; the formulas are in
 * docs/portfolio.md. */
#ifndef SY_PORTFOLIO_PORTFOLIO_H
#define SY_PORTFOLIO_PORTFOLIO_H

#include "base/field.h"
#include "data/ledger.h"
#include "data/matrix.h"
#include "data/panel.h"

typedef enum {
    SY_SIZE_AMOUNT,
    SY_SIZE_VALUE,
    SY_SIZE_PERCENT,
    SY_SIZE_PERCENT100,
    SY_SIZE_VALUEPERCENT,
    SY_SIZE_VALUEPERCENT100
} SySizeType;
typedef enum {
    SY_DIRECTION_DEFAULT,
    SY_DIRECTION_LONGONLY,
    SY_DIRECTION_SHORTONLY,
    SY_DIRECTION_BOTH
} SyDirectionMode;
typedef enum { SY_PRICE_OPEN, SY_PRICE_CLOSE, SY_PRICE_NEXTOPEN, SY_PRICE_NEXTCLOSE } SyPriceMode;
typedef enum { SY_CALL_DEFAULT, SY_CALL_REVERSED, SY_CALL_RANDOM, SY_CALL_AUTO } SyCallSequence;
typedef enum {
    SY_ACCUMULATE_FALSE,
    SY_ACCUMULATE_TRUE,
    SY_ACCUMULATE_ADDONLY,
    SY_ACCUMULATE_REMOVEONLY
} SyAccumulate;
typedef enum {
    SY_CONFLICT_IGNORE,
    SY_CONFLICT_ENTRY,
    SY_CONFLICT_EXIT,
    SY_CONFLICT_ADJACENT,
    SY_CONFLICT_OPPOSITE
} SySideConflict;
typedef enum {
    SY_DIRCONFLICT_IGNORE,
    SY_DIRCONFLICT_LONG,
    SY_DIRCONFLICT_SHORT,
    SY_DIRCONFLICT_ADJACENT,
    SY_DIRCONFLICT_OPPOSITE
} SyDirectionConflict;
typedef enum {
    SY_OPPOSITE_IGNORE,
    SY_OPPOSITE_CLOSE,
    SY_OPPOSITE_CLOSEREDUCE,
    SY_OPPOSITE_REVERSE,
    SY_OPPOSITE_REVERSEREDUCE
} SyOppositeEntry;

/* [portfolio]. SyNumbers hold one number for all columns or one per column. */
typedef struct {
    SyNumbers size;
    unsigned size_type, direction, price;
    int from_ago;
    SyNumbers fees, fixed_fees, slippage;
    SyNumbers min_size, max_size, size_granularity;
    bool allow_partial, raise_reject;
    double reject_prob;
    int seed;
    double init_cash; /* money; inf = unlimited; NaN with init_cash_auto */
    bool init_cash_auto;
    SyNumbers init_position, init_price;
    bool cash_sharing;
    unsigned call_seq, accumulate;
    unsigned upon_long_conflict, upon_short_conflict, upon_dir_conflict, upon_opposite_entry;
    SyTimeframe freq; /* length of a row; all zero = the panel's timeframe */
    char *year_freq;  /* "365 days" */
    /* … further keys of the table that are refused until the research core */
} SyPortfolioConfig;

extern const SyFieldTable sy_portfolio_fields;

/* Checks that need more than one key. Returns NULL or the reason; *key is the key to blame.
 * columns: number of legs. */
char *sy_portfolio_validate(const SyPortfolioConfig *config, gsize columns, const char **key);

/* A warning for people (the last leg will be cut …), or NULL. Free with g_free. */
char *sy_portfolio_warning(const SyPortfolioConfig *config, gsize columns);

/* Prices of the simulation, each [columns × rows], column-major. */
typedef struct {
    gsize rows, columns;
    const double *open, *high, *low, *close;
} SyPrices;

/* Simulates orders from signals, row by row; a row's orders are decided by that row.
 * Errors: SY_ERROR_DATA (raise_reject; cash sharing with orders of one row at different price
 * points …). Cost: O(rows · columns), plus sorting of each row's columns with call_seq auto. */
SyLedger *sy_portfolio_simulate(const SyPortfolioConfig *config, const SyPrices *prices,
                                const SySignals *signals, GError **error);

/* Rows of one year: year_freq / length of a row. */
double sy_portfolio_annualisation(const SyPortfolioConfig *config, SyTimeframe timeframe);

#endif
