/* Stops of one position: when they are hit, and at what price. Formulas: docs/portfolio.md,
 * "Stops". */
#ifndef SY_PORTFOLIO_STOPS_H
#define SY_PORTFOLIO_STOPS_H

#include "portfolio/portfolio.h"

/* In order of precedence where several are hit at the same moment of a bar. */
typedef enum {
    SY_STOP_SL,
    SY_STOP_TSL,
    SY_STOP_TP,
    SY_STOP_TD,
    SY_STOP_DT,
    SY_STOP_KINDS,
} SyStopKind;

extern const char *const sy_stop_names[SY_STOP_KINDS]; /* "sl_stop" …, the type of their orders */

/* A time of day (UTC), or one moment. */
typedef struct {
    bool daily;
    SyTime at; /* daily: nanoseconds since midnight */
} SyStopTime;

/* Reads a dt_stop: "16:00", "16:00:30", or anything that sy_time_parse reads without a clock.
 * Errors: SY_ERROR_USAGE. */
bool sy_stop_time_parse(const char *text, SyStopTime *time, GError **error);

/* The stops of one column, with their prices. */
typedef struct {
    double sl, tsl, tsl_th, tp; /* fractions, money or prices, as `format` says; inf = off */
    SyDeltaFormat format;       /* hundredths resolved: never SY_DELTA_PERCENT100 */
    bool at_close;              /* all fill at the close of the bar that hits them */
    SyTimeframe td;             /* all zero = off */
    bool has_dt;
    SyStopTime dt;
    gsize rows;
    const double *open, *high, *low, *close; /* [rows]; all but close may be NULL */
    const SyTime *time;                      /* [rows], closes; NULL where td and dt are off */
    SyTimeframe timeframe;
} SyStopTerms;

/* The stops of one position. All zero: none. */
typedef struct {
    double direction;  /* 1 long, −1 short, 0 none */
    double init, peak; /* price at which it was set; best price since */
    double sl, tp;     /* levels */
    gsize checked;     /* the next row to be tested */
    gsize due;         /* first row on which a time stop is due; rows = none */
    bool due_at_open;  /* on that row, already at its open */
    SyStopKind due_kind;
} SyStops;

/* Moments of a bar, in their order. */
typedef enum { SY_MOMENT_OPEN, SY_MOMENT_WITHIN, SY_MOMENT_CLOSE } SyMoment;

typedef struct {
    gsize row;
    SyStopKind kind;
    SyMoment moment;
    double price; /* before slippage */
} SyStopHit;

/* The stops of a column; NULL prices and times as in `prices`.
 * Returns false where the column has none. */
bool sy_stops_terms(const SyPortfolioConfig *config, const SyPrices *prices, gsize column,
                    SyStopTerms *terms);

/* Sets the stops of a position that an order opened, enlarged or reversed.
 *
 * first      the first row to be tested: the one after the order's; 0 for a position that was there
 *            before the first row
 * price      of the order, before slippage
 * direction  1 long, −1 short
 * at_open    the order was filled at the open of its bar
 * Cost: O(log rows) with stops in time, else O(1) */
void sy_stops_set(SyStops *stops, const SyStopTerms *terms, gsize first, double price,
                  double direction, bool at_open);

/* Tests the rows up to `last`, from the first that was not yet tested on. A row without a price
 * hits nothing; a row without open, high or low is tested with its close only.
 *
 * Returns true with *hit at the first row that hits a stop; the rows after it are then not yet
 * tested.
 * Cost: O(rows tested), allocates nothing */
bool sy_stops_test(SyStops *stops, const SyStopTerms *terms, gsize last, SyStopHit *hit);

#endif
