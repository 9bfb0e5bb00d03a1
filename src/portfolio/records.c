/* How orders become trades and positions, and values become drawdowns. Formulas: docs/portfolio.md,
 * "Records". */
#include "portfolio/records.h"

#include "portfolio/account.h"

static double signed_gain(SyDirection direction, double entry_value, double exit_value) {
    return direction == SY_LONG ? exit_value - entry_value : entry_value - exit_value;
}

static void begin(SyLedger *ledger, SyHeld *held, gsize column, gsize row, SyDirection direction) {
    *held = (SyHeld){.entry_row = row, .direction = direction};
    held->position_id = ledger->positions->len;
    SyTradeRecord position = {.id = held->position_id,
                              .column = column,
                              .direction = direction,
                              .position_id = held->position_id};
    g_array_append_val(ledger->positions, position);
}

/* Where, when and at what cost a trade ended. */
typedef struct {
    gsize row;
    double price, fees;
    bool is_open;
} End;

static void end_trade(SyLedger *ledger, SyHeld *held, gsize column, double size, End end) {
    double part = sy_values_equal(size, held->size) ? 1 : size / held->size;
    double entry_value = part * held->value, entry_fees = part * held->fees;
    double exit_value = size * end.price;
    SyTradeRecord trade = {
        .id = ledger->trades->len,
        .column = column,
        .size = size,
        .entry_row = held->entry_row,
        .entry_price = held->value / held->size,
        .entry_fees = entry_fees,
        .exit_row = end.row,
        .exit_price = end.price,
        .exit_fees = end.fees,
        .pnl = signed_gain(held->direction, entry_value, exit_value) - entry_fees - end.fees,
        .direction = held->direction,
        .is_open = end.is_open,
        .position_id = held->position_id,
    };
    trade.pnl_return = trade.pnl / entry_value;
    g_array_append_val(ledger->trades, trade);
    held->size = part == 1 ? 0 : held->size - size;
    held->value -= entry_value;
    held->fees -= entry_fees;
    held->ended.size += size;
    held->ended.entry_value += entry_value;
    held->ended.entry_fees += entry_fees;
    held->ended.exit_value += exit_value;
    held->ended.exit_fees += end.fees;
    held->ended.pnl += trade.pnl;
}

static void end_position(SyLedger *ledger, SyHeld *held, End end) {
    SyTradeRecord *position = sy_ledger_position(ledger, held->position_id);
    position->size = held->ended.size;
    position->entry_row = held->entry_row;
    position->entry_price = held->ended.entry_value / held->ended.size;
    position->entry_fees = held->ended.entry_fees;
    position->exit_row = end.row;
    position->exit_price = held->ended.exit_value / held->ended.size;
    position->exit_fees = held->ended.exit_fees;
    position->pnl = held->ended.pnl;
    position->pnl_return = held->ended.pnl / held->ended.entry_value;
    position->is_open = end.is_open;
}

void sy_records_take_over(SyLedger *ledger, SyHeld *held, gsize column, double position,
                          double price) {
    begin(ledger, held, column, 0, position > 0 ? SY_LONG : SY_SHORT);
    held->size = position > 0 ? position : -position;
    held->value = held->size * price;
}

void sy_records_book(SyLedger *ledger, SyHeld *held, const SyOrderRecord *order, double closed) {
    double opened = sy_values_add(order->size, -closed);
    double closing_fees = closed / order->size * order->fees;
    if (closed > 0) {
        End end = {order->row, order->price, closing_fees, false};
        end_trade(ledger, held, order->column, closed, end);
        if (held->size == 0)
            end_position(ledger, held, end);
    }
    if (opened > 0) {
        if (held->size == 0)
            begin(ledger, held, order->column, order->row,
                  order->side == SY_BUY ? SY_LONG : SY_SHORT);
        held->size += opened;
        held->value += opened * order->price;
        held->fees += order->fees - closing_fees;
    }
}

void sy_records_finish(SyLedger *ledger, SyHeld *held, gsize column, double last_close) {
    if (held->size == 0)
        return;
    End end = {ledger->rows - 1, last_close, 0, true};
    end_trade(ledger, held, column, held->size, end);
    end_position(ledger, held, end);
}

void sy_records_drawdowns(SyLedger *ledger, gsize group, const double *value) {
    SyDrawdownRecord now = {.group = group, .peak_value = ledger->init_value[group]};
    gsize next_start = 0;
    for (gsize row = 0; row < ledger->rows; row++) {
        if (now.is_active && value[row] >= now.peak_value) {
            now.end_row = row;
            now.end_value = value[row];
            now.is_active = false;
            now.id = ledger->drawdowns->len;
            g_array_append_val(ledger->drawdowns, now);
        }
        if (value[row] >= now.peak_value) {
            now.peak_value = value[row];
            now.peak_row = row;
            next_start = row + 1;
        } else if (!now.is_active) {
            now.is_active = true;
            now.start_row = next_start;
            now.valley_row = row;
            now.valley_value = value[row];
        } else if (value[row] < now.valley_value) {
            now.valley_row = row;
            now.valley_value = value[row];
        }
    }
    if (now.is_active) {
        now.end_row = ledger->rows - 1;
        now.end_value = value[now.end_row];
        now.id = ledger->drawdowns->len;
        g_array_append_val(ledger->drawdowns, now);
    }
    ledger->end[group].drawdowns = ledger->drawdowns->len;
}
