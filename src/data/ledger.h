/* What a simulated portfolio did: orders, trades, positions, drawdowns and values, as flat arrays.
 */
#ifndef SY_DATA_LEDGER_H
#define SY_DATA_LEDGER_H

#include <glib.h>
#include <stdbool.h>

typedef enum { SY_BUY, SY_SELL } SySide;
typedef enum { SY_FILLED, SY_PARTLY_FILLED, SY_REJECTED, SY_IGNORED } SyOrderStatus;
typedef enum { SY_LONG, SY_SHORT } SyDirection;

extern const char *const sy_side_names[]; /* "buy", "sell" */
extern const char
    *const sy_order_status_names[]; /* "filled", "partly_filled", "rejected", "ignored" */
extern const char *const sy_direction_names[]; /* "long", "short" */

typedef struct {
    gint64 id; /* counts from 0 over the whole ledger, in the order of work */
    gsize column, row;
    SySide side;
    double size_requested, size; /* units of the asset, ≥ 0 */
    double price;                /* after slippage */
    double fees;                 /* money */
    const char *type;            /* static text: "signal", or the kind of stop: "sl_stop" */
    SyOrderStatus status;
    const char *reason; /* static text, "" where filled in full */
    double point;       /* price before slippage */
} SyOrderRecord;

/* Trades and positions. A trade is a closed or reduced part of a position: one per closing or
 * reducing order, entry_price the weighted average of what was held, entry fees in proportion. What
 * is open at the end has is_open and the last close as its exit. A position spans from flat to
 * flat; its prices are averages over its trades. */
typedef struct {
    gint64 id;
    gsize column;
    double size;
    gsize entry_row;
    double entry_price, entry_fees;
    gsize exit_row;
    double exit_price, exit_fees;
    double pnl, pnl_return; /* money; pnl / (size · entry_price) */
    SyDirection direction;
    bool is_open;
    gint64 position_id;
} SyTradeRecord;

typedef struct {
    gint64 id;
    gsize group;
    /* start: the row after the peak, or 0 where the peak is the money at the start (peak_row 0
     * too); end: row of recovery, or the last row */
    gsize peak_row, start_row, valley_row, end_row;
    double peak_value, valley_value, end_value;
    bool is_active; /* not recovered */
} SyDrawdownRecord;

#define SY_LEDGER_NO_COLUMN G_MAXSIZE

/* What a column holds and what its group has in cash from a row on. One for each time that an order
 * changed them, in the order of work; the series follow from these and the prices. Where cash alone
 * changed the column is SY_LEDGER_NO_COLUMN. */
typedef struct {
    gsize row, column;
    double position; /* units */
    double cash;     /* money */
    double deposit;  /* money paid in just before; returns do not count it as a gain */
} SyLedgerMark;

/* Numbers of records. */
typedef struct {
    guint orders, trades, positions, drawdowns, marks;
} SyLedgerPlace;

typedef struct {
    gsize rows, columns, groups;
    gsize *group_of_column; /* [columns]; a column without a group has one of its own */
    double *init_cash;      /* [groups] */
    double *init_value;     /* [groups] init_cash plus the initial positions at their prices */
    double *init_price;     /* [columns] of the initial positions; NaN where there is none */
    GArray *orders;         /* SyOrderRecord */
    GArray *trades;         /* SyTradeRecord, in the order in which they ended */
    GArray *positions;      /* SyTradeRecord, in the order in which they began */
    GArray *drawdowns;      /* SyDrawdownRecord */
    GArray *marks;          /* SyLedgerMark */
    SyLedgerPlace *end; /* [groups] where each group's records end; groups are worked in order */
    gsize room;         /* orders whose records fit without growing */
    /* The series: all NULL in a ledger of records only. */
    double *position; /* [columns × rows] units after the row's orders */
    double *cash;     /* [groups × rows] */
    double *value;    /* [groups × rows] cash + Σ position × close */
    double *returns; /* [groups × rows] value_t / (value_{t−1} + deposit_t) − 1, the first against
                        init_value; NaN where the money before was below 0 */
    double *gross; /* [groups × rows] Σ |position × close| / value; inf where value ≤ 0 */
} SyLedger;

/* No records and no series. group_of_column: [columns], each < groups. */
SyLedger *sy_ledger_new_grouped(gsize rows, gsize columns, gsize groups,
                                const gsize *group_of_column);
/* Every column its own group, or all in one. */
SyLedger *sy_ledger_new(gsize rows, gsize columns, bool one_group);
/* Gives it series, all zero. */
void sy_ledger_add_series(SyLedger *ledger);
void sy_ledger_free(SyLedger *ledger);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(SyLedger, sy_ledger_free)

/* Makes room for the records of so many orders in all. Cost: O(records) where it grows. */
void sy_ledger_reserve(SyLedger *ledger, gsize orders);

/* Records of some groups that are made apart from the rest: ledger is the whole with records of its
 * own; what it has by group and by column is the whole's. */
typedef struct {
    SyLedger ledger;
    gsize from, end; /* groups */
} SyLedgerPart;

/* A part without records. */
void sy_ledger_part_open(SyLedgerPart *part, const SyLedger *whole, gsize from, gsize end);

/* Puts the records of n parts behind those of the whole, numbered as if they had been made there,
 * and frees them. The groups of each part come after those of the one before.
 * threads: as many work at it. Cost: O(records of the parts). */
void sy_ledger_join(SyLedger *whole, SyLedgerPart *part, gsize n, gsize threads);

/* Which records are a group's: [first, end). In a ledger of one group all of them, whether `end`
 * says so or not. */
typedef struct {
    SyLedgerPlace first, end;
} SyLedgerRange;
SyLedgerRange sy_ledger_range(const SyLedger *ledger, gsize group);

/* Notes that the records made so far are those of the groups up to this one. */
void sy_ledger_end_group(SyLedger *ledger, gsize group);

#define sy_ledger_order(ledger, i) (&g_array_index((ledger)->orders, SyOrderRecord, (i)))
#define sy_ledger_trade(ledger, i) (&g_array_index((ledger)->trades, SyTradeRecord, (i)))
#define sy_ledger_position(ledger, i) (&g_array_index((ledger)->positions, SyTradeRecord, (i)))
#define sy_ledger_drawdown(ledger, i) (&g_array_index((ledger)->drawdowns, SyDrawdownRecord, (i)))
#define sy_ledger_mark(ledger, i) (&g_array_index((ledger)->marks, SyLedgerMark, (i)))

#endif
