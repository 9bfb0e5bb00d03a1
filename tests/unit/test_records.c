/* Orders become trades and positions, values become drawdowns. */
#include "test.h"

#include "portfolio/account.h"
#include "portfolio/records.h"

/* One order of `size` units (negative = sell) on each row, worked and booked. */
static SyLedger *book(gsize rows, const double *close, const double *size, double fees,
                      double slippage) {
    SyLedger *ledger = sy_ledger_new(rows, 1, true);
    SyAccount account = sy_account_new(1000);
    SyHolding holding = {0};
    SyHeld held = {0};
    SyOrderTerms terms = {.fees = fees,
                          .slippage = slippage,
                          .max_size = INFINITY,
                          .leverage = 1,
                          .allow_partial = true};
    for (gsize row = 0; row < rows; row++) {
        if (size[row] == 0)
            continue;
        SyOrderRequest request = {size[row] > 0 ? SY_BUY : SY_SELL, fabs(size[row]), close[row]};
        SyFill fill = sy_account_fill(&account, &holding, &terms, &request);
        SyOrderRecord order = {.row = row,
                               .side = request.side,
                               .size = fill.size,
                               .price = fill.price,
                               .fees = fill.fees};
        sy_records_book(ledger, &held, &order, fill.closed);
    }
    sy_records_finish(ledger, &held, 0, close[rows - 1]);
    return ledger;
}

static const double closes[] = {1, 2, 3, 4, 5, 6}, sizes[] = {1, .1, -1, -.1, 1, -2};

static void test_records__trades_of_the_vector(void **state) {
    (void)state;
    static const double pnl[] = {1.827464, 0.280756, 0.780100, -0.119400};
    g_autoptr(SyLedger) ledger = book(6, closes, sizes, 0.01, 0.01);
    assert_int_equal(ledger->trades->len, 4);
    for (guint i = 0; i < 4; i++) {
        assert_near(sy_ledger_trade(ledger, i)->pnl, pnl[i], 5e-7);
        assert_int_equal(sy_ledger_trade(ledger, i)->id, i);
    }
    const SyTradeRecord *reduced = sy_ledger_trade(ledger, 0), *last = sy_ledger_trade(ledger, 3);
    assert_near(reduced->size, 1, 0);
    assert_near(reduced->entry_price, (1.01 + 0.1 * 2.02) / 1.1, 1e-12);
    assert_near(reduced->entry_fees, 0.01 * (1.01 + 0.1 * 2.02) / 1.1, 1e-12);
    assert_int_equal(reduced->entry_row, 0);
    assert_int_equal(reduced->exit_row, 2);
    assert_int_equal(last->direction, SY_SHORT);
    assert_true(last->is_open);
    assert_int_equal(last->exit_row, 5);
    assert_near(last->exit_price, 6, 0);
    assert_near(last->exit_fees, 0, 0);
}

static void test_records__a_position_spans_its_trades(void **state) {
    (void)state;
    g_autoptr(SyLedger) ledger = book(6, closes, sizes, 0.01, 0.01);
    assert_int_equal(ledger->positions->len, 3);
    const SyTradeRecord *first = sy_ledger_position(ledger, 0);
    assert_near(first->size, 1.1, 1e-12);
    assert_near(first->pnl, 1.827464 + 0.280756, 1e-6);
    assert_near(first->exit_price, (2.97 + 0.1 * 3.96) / 1.1, 1e-12);
    assert_near(first->pnl_return, first->pnl / (1.01 + 0.1 * 2.02), 1e-12);
    assert_int_equal(first->exit_row, 3);
    assert_false(first->is_open);
    assert_int_equal(sy_ledger_trade(ledger, 1)->position_id, 0);
    /* the reversal on row 5 ends one record and begins another */
    assert_int_equal(sy_ledger_trade(ledger, 2)->exit_row, 5);
    assert_int_equal(sy_ledger_position(ledger, 2)->entry_row, 5);
    assert_true(sy_ledger_position(ledger, 2)->is_open);
}

static void assert_drawdown(const SyLedger *ledger, guint i, gsize peak, gsize start, gsize valley,
                            gsize end, double depth, bool active) {
    const SyDrawdownRecord *drawdown = sy_ledger_drawdown(ledger, i);
    assert_int_equal(drawdown->id, i);
    assert_int_equal(drawdown->peak_row, peak);
    assert_int_equal(drawdown->start_row, start);
    assert_int_equal(drawdown->valley_row, valley);
    assert_int_equal(drawdown->end_row, end);
    assert_near(drawdown->valley_value / drawdown->peak_value - 1, depth, 1e-12);
    assert_int_equal(drawdown->is_active, active);
}

static void test_records__drawdowns_begin_with_the_money_at_the_start(void **state) {
    (void)state;
    static const double value[] = {95, 90, 100, 110, 110, 99, 104.5, 110, 120, 114, 117};
    g_autoptr(SyLedger) ledger = sy_ledger_new(G_N_ELEMENTS(value), 1, true);
    ledger->init_value[0] = 100;
    sy_records_drawdowns(ledger, 0, value);
    assert_int_equal(ledger->drawdowns->len, 3);
    assert_drawdown(ledger, 0, 0, 0, 1, 2, -0.1, false);
    assert_drawdown(ledger, 1, 4, 5, 5, 7, -0.1, false);
    assert_drawdown(ledger, 2, 8, 9, 9, 10, -0.05, true);
    assert_near(sy_ledger_drawdown(ledger, 2)->end_value, 117, 0);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_records__trades_of_the_vector),
        cmocka_unit_test(test_records__a_position_spans_its_trades),
        cmocka_unit_test(test_records__drawdowns_begin_with_the_money_at_the_start),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
