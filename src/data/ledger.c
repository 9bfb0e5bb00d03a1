/* Storage of a ledger and the names of its enums. */
#include "data/ledger.h"

#include <math.h>

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
    ledger->init_price = g_new(double, MAX(columns, 1));
    for (gsize c = 0; c < columns; c++)
        ledger->init_price[c] = NAN;
    ledger->orders = g_array_new(FALSE, FALSE, sizeof(SyOrderRecord));
    ledger->trades = g_array_new(FALSE, FALSE, sizeof(SyTradeRecord));
    ledger->positions = g_array_new(FALSE, FALSE, sizeof(SyTradeRecord));
    ledger->drawdowns = g_array_new(FALSE, FALSE, sizeof(SyDrawdownRecord));
    ledger->marks = g_array_new(FALSE, FALSE, sizeof(SyLedgerMark));
    ledger->end = g_new0(SyLedgerPlace, MAX(ledger->groups, 1));
    return ledger;
}

void sy_ledger_add_series(SyLedger *ledger) {
    gsize cells = MAX(ledger->groups * ledger->rows, 1);
    ledger->position = g_new0(double, MAX(ledger->columns * ledger->rows, 1));
    ledger->cash = g_new0(double, cells);
    ledger->value = g_new0(double, cells);
    ledger->returns = g_new0(double, cells);
    ledger->gross = g_new0(double, cells);
}

static SyLedgerPlace place_now(const SyLedger *ledger) {
    return (SyLedgerPlace){ledger->orders->len, ledger->trades->len, ledger->positions->len,
                           ledger->drawdowns->len, ledger->marks->len};
}

void sy_ledger_end_group(SyLedger *ledger, gsize group) { ledger->end[group] = place_now(ledger); }

SyLedgerRange sy_ledger_range(const SyLedger *ledger, gsize group) {
    SyLedgerRange range = {.end = place_now(ledger)};
    if (ledger->groups > 1)
        range.end = ledger->end[group];
    if (group > 0)
        range.first = ledger->end[group - 1];
    return range;
}

void sy_ledger_free(SyLedger *ledger) {
    if (!ledger)
        return;
    g_free(ledger->group_of_column);
    g_free(ledger->init_cash);
    g_free(ledger->init_value);
    g_free(ledger->init_price);
    g_array_unref(ledger->orders);
    g_array_unref(ledger->trades);
    g_array_unref(ledger->positions);
    g_array_unref(ledger->drawdowns);
    g_array_unref(ledger->marks);
    g_free(ledger->end);
    g_free(ledger->position);
    g_free(ledger->cash);
    g_free(ledger->value);
    g_free(ledger->returns);
    g_free(ledger->gross);
    g_free(ledger);
}
