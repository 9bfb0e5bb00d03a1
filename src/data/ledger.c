/* Storage of a ledger and the names of its enums. */
#include "data/ledger.h"

const char *const sy_side_names[] = {"buy", "sell"};
const char *const sy_order_status_names[] = {"filled", "partly_filled", "rejected", "ignored"};
const char *const sy_direction_names[] = {"long", "short"};

SyLedger *sy_ledger_new(gsize rows, gsize columns, bool one_group) {
    SyLedger *ledger = g_new0(SyLedger, 1);
    ledger->rows = rows;
    ledger->columns = columns;
    ledger->groups = one_group ? 1 : columns;
    ledger->group_of_column = g_new0(gsize, MAX(columns, 1));
    for (gsize c = 0; c < columns; c++)
        ledger->group_of_column[c] = one_group ? 0 : c;
    ledger->init_cash = g_new0(double, MAX(ledger->groups, 1));
    ledger->init_value = g_new0(double, MAX(ledger->groups, 1));
    ledger->orders = g_array_new(FALSE, FALSE, sizeof(SyOrderRecord));
    ledger->trades = g_array_new(FALSE, FALSE, sizeof(SyTradeRecord));
    ledger->positions = g_array_new(FALSE, FALSE, sizeof(SyTradeRecord));
    ledger->drawdowns = g_array_new(FALSE, FALSE, sizeof(SyDrawdownRecord));
    ledger->position = g_new0(double, MAX(columns * rows, 1));
    gsize cells = MAX(ledger->groups * rows, 1);
    ledger->cash = g_new0(double, cells);
    ledger->value = g_new0(double, cells);
    ledger->returns = g_new0(double, cells);
    ledger->gross = g_new0(double, cells);
    return ledger;
}

void sy_ledger_free(SyLedger *ledger) {
    if (!ledger)
        return;
    g_free(ledger->group_of_column);
    g_free(ledger->init_cash);
    g_free(ledger->init_value);
    g_array_unref(ledger->orders);
    g_array_unref(ledger->trades);
    g_array_unref(ledger->positions);
    g_array_unref(ledger->drawdowns);
    g_free(ledger->position);
    g_free(ledger->cash);
    g_free(ledger->value);
    g_free(ledger->returns);
    g_free(ledger->gross);
    g_free(ledger);
}
