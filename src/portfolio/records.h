/* Trades, positions and drawdowns of a ledger, built while orders are filled. */
#ifndef SY_PORTFOLIO_RECORDS_H
#define SY_PORTFOLIO_RECORDS_H

#include "data/ledger.h"

/* What one column holds at the moment, and what its position has been through since it was flat. */
typedef struct {
    double size, value, fees; /* held now: units, Σ size · price, fees not yet charged to a trade */
    gsize entry_row;
    SyDirection direction;
    gint64 position_id;
    struct {
        double size, entry_value, entry_fees, exit_value, exit_fees, pnl;
    } ended; /* sums over the trades that have ended */
} SyHeld;

/* A position that was there before the first row. */
void sy_records_take_over(SyLedger *ledger, SyHeld *held, gsize column, double position,
                          double price);

/* Books a filled order: `closed` units of it end a trade, the rest begins or enlarges one. Fees go
 * to both in proportion. Cost: O(1) amortised. */
void sy_records_book(SyLedger *ledger, SyHeld *held, const SyOrderRecord *order, double closed);

/* Books what is still held at the end as open, at the last close. */
void sy_records_finish(SyLedger *ledger, SyHeld *held, gsize column, double last_close);

/* Appends the drawdowns of one group's value [rows] (sy_series_grown); the money at the start is
 * the first peak. Cost: O(rows). */
void sy_records_drawdowns(SyLedger *ledger, gsize group, const double *value);

#endif
