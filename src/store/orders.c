/* Reads orders with their fills; writing them is the decision's (decisions.c). */
#include "store/orders.h"

#include <math.h>
#include <string.h>

#include "store/internal.h"

void sy_order_row_clear(SyOrderRow *row) {
    g_free(row->client_id);
    g_free(row->study);
    g_free(row->symbol);
    g_free(row->state);
    g_free(row->reason);
    *row = (SyOrderRow){0};
}

static const char select_orders[] =
    "SELECT o.client_id, o.study_name, o.symbol, o.state, o.reason, d.run_id, d.bar_time, o.leg, "
    "o.side, o.closes, o.size_requested, o.decision_price, f.size, f.price, f.fees "
    "FROM orders o JOIN decision d ON d.id = o.decision_id "
    "LEFT JOIN fill f ON f.client_id = o.client_id "
    "WHERE d.study_name = ?1 AND d.bar_time BETWEEN ?2 AND ?3 "
    "ORDER BY d.bar_time, o.leg, o.client_id, f.id";
/* its columns */
enum {
    client_id,
    study,
    symbol,
    state,
    reason,
    run,
    bar,
    leg,
    side,
    closes,
    requested,
    decided,
    size,
    price,
    fees
};

static char *text_of(SyStatement *query, int column) {
    return g_strdup(sy_db_text(query, column, NULL));
}

static SyOrderRow read_order(SyStatement *query) {
    return (SyOrderRow){
        .client_id = text_of(query, client_id),
        .study = text_of(query, study),
        .symbol = text_of(query, symbol),
        .state = text_of(query, state),
        .reason = text_of(query, reason),
        .run = sy_db_integer(query, run),
        .bar = sy_column_time(query, bar),
        .leg = (gsize)sy_db_integer(query, leg),
        .side =
            strcmp(sy_db_text(query, side, NULL), sy_side_names[SY_SELL]) == 0 ? SY_SELL : SY_BUY,
        .closes = sy_db_integer(query, closes) != 0,
        .size_requested = sy_db_number(query, requested),
        .decision_price = sy_db_number(query, decided),
        .price = NAN,
    };
}

/* Adds a fill; the price of several is their average by size. */
static void add_fill(SyOrderRow *order, double fill_size, double fill_price, double fill_fees) {
    double both = order->size + fill_size;
    order->price =
        order->size > 0 ? (order->size * order->price + fill_size * fill_price) / both : fill_price;
    order->size = both;
    order->fees += fill_fees;
}

GArray *sy_store_load_orders(SyStore *store, const char *study_name, SyTime from, SyTime to,
                             GError **error) {
    SyStatement *query = sy_store_statement(store, select_orders, error);
    if (!query)
        return NULL;
    sy_db_bind_text(query, 1, study_name);
    sy_db_bind_integer(query, 2, from);
    sy_db_bind_integer(query, 3, to);
    g_autoptr(GArray) orders = g_array_new(FALSE, FALSE, sizeof(SyOrderRow));
    g_array_set_clear_func(orders, (GDestroyNotify)sy_order_row_clear);
    SyDbStep step;
    while ((step = sy_db_step(query, error)) == SY_DB_ROW) {
        const SyOrderRow *last =
            orders->len ? &g_array_index(orders, SyOrderRow, orders->len - 1) : NULL;
        if (!last || strcmp(last->client_id, sy_db_text(query, client_id, NULL)) != 0) {
            const SyOrderRow order = read_order(query);
            g_array_append_val(orders, order);
        }
        if (sy_db_type(query, size) != SY_DB_NULL)
            add_fill(&g_array_index(orders, SyOrderRow, orders->len - 1), sy_db_number(query, size),
                     sy_db_number(query, price), sy_db_number(query, fees));
    }
    return step == SY_DB_DONE ? g_steal_pointer(&orders) : NULL;
}

GArray *sy_store_load_decided(SyStore *store, const char *study_name, SyTime from, SyTime to,
                              GError **error) {
    SyStatement *query = sy_store_statement(
        store,
        "SELECT bar_time FROM decision WHERE study_name = ?1 AND bar_time BETWEEN ?2 AND ?3 "
        "ORDER BY bar_time",
        error);
    if (!query)
        return NULL;
    sy_db_bind_text(query, 1, study_name);
    sy_db_bind_integer(query, 2, from);
    sy_db_bind_integer(query, 3, to);
    g_autoptr(GArray) bars = g_array_new(FALSE, FALSE, sizeof(SyTime));
    SyDbStep step;
    while ((step = sy_db_step(query, error)) == SY_DB_ROW) {
        SyTime time = sy_column_time(query, 0);
        g_array_append_val(bars, time);
    }
    return step == SY_DB_DONE ? g_steal_pointer(&bars) : NULL;
}
