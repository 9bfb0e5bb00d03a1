/* Storage of a ledger and the names of its enums. */
#include "data/ledger.h"

#include <math.h>

#include "base/memory.h"

const char *const sy_side_names[] = {"buy", "sell"};
const char *const sy_order_status_names[] = {"filled", "partly_filled", "rejected", "ignored"};
const char *const sy_direction_names[] = {"long", "short"};

SyLedger *sy_ledger_new(gsize rows, gsize columns, bool one_group) {
    g_autofree gsize *group_of_column = g_new0(gsize, MAX(columns, 1));
    for (gsize c = 0; c < columns && !one_group; c++)
        group_of_column[c] = c;
    return sy_ledger_new_grouped(rows, columns, one_group ? 1 : columns, group_of_column);
}

SyLedger *sy_ledger_new_grouped(gsize rows, gsize columns, gsize groups,
                                const gsize *group_of_column) {
    SyLedger *ledger = g_new0(SyLedger, 1);
    ledger->rows = rows;
    ledger->columns = columns;
    ledger->groups = groups;
    ledger->group_of_column = g_memdup2(group_of_column, MAX(columns, 1) * sizeof(gsize));
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

static double *series_new(gsize cells) {
    double *series = g_new0(double, MAX(cells, 1));
    sy_memory_use_large_pages(series, cells * sizeof *series);
    return series;
}

void sy_ledger_add_series(SyLedger *ledger) {
    gsize cells = ledger->groups * ledger->rows;
    ledger->position = series_new(ledger->columns * ledger->rows);
    ledger->cash = series_new(cells);
    ledger->value = series_new(cells);
    ledger->returns = series_new(cells);
    ledger->gross = series_new(cells);
}

static void reserve(GArray *records, gsize room) {
    guint n = records->len;
    g_array_set_size(records, (guint)room);
    g_array_set_size(records, n);
    sy_memory_use_large_pages(records->data, room * g_array_get_element_size(records));
}

void sy_ledger_reserve(SyLedger *ledger, gsize orders) {
    if (orders <= ledger->room || orders > G_MAXUINT / 2)
        return;
    GArray *const records[] = {ledger->orders, ledger->trades, ledger->positions, ledger->marks};
    ledger->room = orders;
    for (gsize i = 0; i < G_N_ELEMENTS(records); i++)
        reserve(records[i], orders);
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
