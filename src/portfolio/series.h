/* The series of a ledger: cash, value, returns and exposure of each row, derived from its marks and
 * the prices, a group at a time and as many rows at a time as the caller likes. */
#ifndef SY_PORTFOLIO_SERIES_H
#define SY_PORTFOLIO_SERIES_H

#include "portfolio/portfolio.h"

/* Where the series of one group stand; opaque. */
typedef struct SySeriesReader SySeriesReader;

/* Before the first row. Ledger and prices must outlive it. */
SySeriesReader *sy_series_reader_new(const SyLedger *ledger, const SyPrices *prices, gsize group);
void sy_series_reader_free(SySeriesReader *reader);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(SySeriesReader, sy_series_reader_free)

/* Where the next rows go; what they mean is said in data/ledger.h. */
typedef struct {
    double *value;                  /* [n] */
    double *cash, *returns, *gross; /* [n], or NULL */
    double
        *position; /* of the columns of the group, the lowest first, `apart` cells apart; or NULL */
    gsize apart;
} SySeriesBlock;

/* Derives the next n rows. A missing close counts as the newest one before it.
 * Cost: O(n · columns that hold something), allocates nothing. */
void sy_series_read(SySeriesReader *reader, gsize n, const SySeriesBlock *block);

/* What the money at the start has grown to by the returns, [rows]: `value` itself where nothing was
 * paid into the group, else written to `buffer` [rows]. A row without a return changes nothing.
 * Cost: O(marks of the group), and O(rows) where something was paid in. */
const double *sy_series_grown(const SyLedger *ledger, gsize group, const double *value,
                              const double *returns, double *buffer);

/* Positions of one column [rows], from the marks. Cost: O(rows + marks of the group). */
void sy_series_position(const SyLedger *ledger, gsize column, double *position);

#endif
