/* The rows on which the columns of a cash pool have signals. */
#ifndef SY_PORTFOLIO_EVENTS_H
#define SY_PORTFOLIO_EVENTS_H

#include <stdbool.h>

#include "data/matrix.h"

/* Zero before the first use; kept from one pool to the next. */
typedef struct {
    gsize rows, at; /* of the signals; the next entry of `row` */
    gsize n;        /* entries of `row` */
    guint32 *row;   /* [n] rows with signals, ascending */
    guint32 *start; /* [n + 1] where the columns of each begin in `place`; NULL = one column */
    guint32 *place; /* columns as places within the pool, ascending in a row */
    guint8 *flags;  /* SyEventFlags of each entry of `place`; of `row` where there is one column */
} SyEvents;

/* What a column asks for on a row. */
typedef enum {
    SY_LONG_ENTRY = 1,
    SY_LONG_EXIT = 2,
    SY_SHORT_ENTRY = 4,
    SY_SHORT_EXIT = 8,
    SY_EVENT_FLAGS = 16 /* sets of flags */
} SyEventFlags;

/* Finds the signals of some columns.
 *
 * column  [n] of the signals
 * sides   which of long and short signals count
 * Cost: O(rows · n / 8) and O(signals), twice */
void sy_events_find(SyEvents *events, const SySignals *signals, const gsize *column, gsize n,
                    bool longs, bool shorts);

/* The first row with signals that was not passed; `rows` where there is none. */
gsize sy_events_next(const SyEvents *events);

/* Rows up to `row` have been worked. */
void sy_events_pass(SyEvents *events, gsize row);

/* The columns with signals on a row, as places within the pool, and what they ask for: [n] each. */
const guint32 *sy_events_at(const SyEvents *events, gsize row, gsize *n, const guint8 **flags);

void sy_events_clear(SyEvents *events);
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(SyEvents, sy_events_clear)

#endif
