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
#include "portfolio/account.h"

typedef enum {
    SY_SIZE_AMOUNT,
    SY_SIZE_VALUE,
    SY_SIZE_PERCENT,
    SY_SIZE_PERCENT100,
    SY_SIZE_VALUEPERCENT,
    SY_SIZE_VALUEPERCENT100
} SySizeType;
typedef enum { SY_DIRECTION_BOTH, SY_DIRECTION_LONGONLY, SY_DIRECTION_SHORTONLY } SyDirectionMode;
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

typedef enum { SY_STOP_EXIT_STOP, SY_STOP_EXIT_CLOSE } SyStopExitPrice;
typedef enum {
    SY_DELTA_PERCENT, /* fraction of the price at which a stop was set, or of the peak */
    SY_DELTA_PERCENT100,
    SY_DELTA_ABSOLUTE, /* money per unit */
    SY_DELTA_TARGET    /* the price itself */
} SyDeltaFormat;

/* [portfolio]. SyNumbers hold one number for all columns or one per column. */
typedef struct {
    SyNumbers size;
    unsigned size_type, direction, price;
    int from_ago;
    SyNumbers fees, fixed_fees, slippage;
    SyNumbers min_size, max_size, size_granularity;
    SyNumbers leverage;
    unsigned leverage_mode; /* SyLeverageMode */
    bool allow_partial, raise_reject;
    double reject_prob;
    int seed;
    double init_cash; /* money; inf = unlimited; NaN = "auto", the least that never runs out */
    SyNumbers init_position, init_price;
    SyNumbers cash_deposits, cash_earnings, cash_dividends; /* none given = none; may be dated */
    bool cash_sharing;
    SyLabels group_by;
    unsigned call_seq, accumulate;
    unsigned upon_long_conflict, upon_short_conflict, upon_dir_conflict, upon_opposite_entry;
    SyNumbers sl_stop, tsl_stop, tsl_th, tp_stop; /* none given = off, so is inf */
    SyTimeframe td_stop;                          /* all zero = off */
    char *dt_stop;                                /* "16:00", "2024-06-30"; NULL = off */
    unsigned stop_exit_price, delta_format;
    SyTimeframe freq; /* length of a row; all zero = the panel's timeframe */
    char *year_freq;  /* "365 days" */
} SyPortfolioConfig;

extern const SyFieldTable sy_portfolio_fields;

/* The number of one column. numbers->n: 1 or the number of columns. */
static inline double sy_numbers_get(const SyNumbers *numbers, gsize column) {
    return numbers->value[numbers->n == 1 ? 0 : column];
}

/* Checks that need more than one key. Returns NULL or the reason, free with g_free; *key is the key
 * to blame (static text).
 * columns: number of legs. */
char *sy_portfolio_validate(const SyPortfolioConfig *config, gsize columns, const char **key);

/* What a person should know before trusting the results (the last leg will be cut …), one sentence
 * per line, or NULL. Free with g_free. */
char *sy_portfolio_warning(const SyPortfolioConfig *config, gsize columns);

/* Which group each column belongs to, in the order in which groups first appear: those of one label
 * of group_by; all are one where it is true, or where they share cash; else each is its own.
 * group_of_column: [columns]. Returns the number of groups. */
gsize sy_portfolio_groups(const SyPortfolioConfig *config, gsize columns, gsize *group_of_column);

/* What a group of a ledger is called: its label, the symbol of a column that stands alone, or NULL
 * where all columns are one group without a label. symbol: [columns]. */
const char *sy_portfolio_group_name(const SyPortfolioConfig *config, const SyLedger *ledger,
                                    char *const *symbol, gsize group);

/* Prices of the simulation, each [columns × rows], column-major. Open, high and low may be NULL
 * where no order fills at the open; stops are then tested with the close. */
typedef struct {
    gsize rows, columns;
    const double *open, *high, *low, *close;
    const SyTime *time; /* [rows] when the bars close; NULL where no parameter is a time */
    SyTimeframe timeframe;
} SyPrices;

/* The prices of a panel, which must outlive them. */
SyPrices sy_portfolio_prices(const SyPanel *panel);

/* What orders of one column cost and what sizes they may have. */
SyOrderTerms sy_portfolio_terms(const SyPortfolioConfig *config, gsize column);

/* Simulates orders from signals, row by row; a row's orders are decided by that row. The ledger
 * holds orders, trades, positions and marks, neither series nor drawdowns (portfolio/series.h).
 *
 * config   passed sy_portfolio_validate for prices->columns
 * signals  [columns × rows] as prices
 * jobs     threads that share the groups, as sy_threads_worth counts them; the results are the same
 *          for any number of them
 * Errors: SY_ERROR_DATA  an order was rejected and raise_reject is set
 * Cost:   one pass over the signals, and the rows that have some; there, with call_seq auto, also a
 *         sort of the columns; with stops also the rows on which something is held */
SyLedger *sy_portfolio_trade(const SyPortfolioConfig *config, const SyPrices *prices,
                             const SySignals *signals, int jobs, GError **error);

/* The same with all series and the drawdowns, by one thread. Cost: also five numbers for each row
 * and column. */
SyLedger *sy_portfolio_simulate(const SyPortfolioConfig *config, const SyPrices *prices,
                                const SySignals *signals, GError **error);

/* Rows of one year: year_freq / length of a row (freq, or timeframe where it is not given). */
double sy_portfolio_annualisation(const SyPortfolioConfig *config, SyTimeframe timeframe);

/* The fee, as a fraction of each order's value, at which the total return is 0, other parameters as
 * they are; NaN where the strategy gains nothing without fees, or where no fee up to 1 takes it
 * all.
 *
 * Cost: at most 16 simulations.
 * Source: false position with the Illinois rule, Dowell and Jarratt (1971), BIT 11, 168-174 */
double sy_portfolio_break_even_fee(const SyPortfolioConfig *config, const SyPrices *prices,
                                   const SySignals *signals);

#endif
