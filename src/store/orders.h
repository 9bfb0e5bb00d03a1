/* Orders with their fills, as stored: what `why`, `replay` and reports of the market's side read.
 */
#ifndef SY_STORE_ORDERS_H
#define SY_STORE_ORDERS_H

#include "data/ledger.h"
#include "store/store.h"

/* One order. Texts are owned; clear with sy_order_row_clear. */
typedef struct {
    char *client_id, *study, *symbol, *state, *reason;
    gint64 run;
    SyTime bar; /* that decided it */
    gsize leg;
    SySide side;
    bool closes;
    double size_requested, decision_price;
    double size, price, fees; /* of all its fills; 0, NaN, 0 where there is none */
} SyOrderRow;
void sy_order_row_clear(SyOrderRow *row);
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(SyOrderRow, sy_order_row_clear)

/* Orders of a study that bars in [from, to] decided, by bar, then by leg; SyOrderRow, cleared with
 * the array. Errors: as sy_store_open. */
GArray *sy_store_load_orders(SyStore *store, const char *study, SyTime from, SyTime to,
                             GError **error);

/* Bars in [from, to] that a study decided, oldest first: SyTime. Errors: as sy_store_open. */
GArray *sy_store_load_decided(SyStore *store, const char *study, SyTime from, SyTime to,
                              GError **error);

#endif
