/* Wanted against held on the newest bar. */
#include "test.h"

#include <math.h>
#include <string.h>

#include "order/decision.h"

enum { rows = 4 };

/* A pair in one group; positions as given, cash such that the group is worth `value` before the
 * last row's orders at prices 10 and 20; each change on the last row has an order, s2 first. */
static SyLedger *pair_ledger(const double s1[rows], const double s2[rows], double value) {
    SyLedger *ledger = sy_ledger_new(rows, 2, true);
    sy_ledger_add_series(ledger);
    ledger->init_cash[0] = ledger->init_value[0] = value;
    memcpy(ledger->position, s1, rows * sizeof *s1);
    memcpy(ledger->position + rows, s2, rows * sizeof *s2);
    for (gsize row = 0; row < rows; row++)
        ledger->cash[row] = value - s1[row] * 10 - s2[row] * 20;
    for (gsize c = 2; c-- > 0;) {
        const double *position = ledger->position + c * rows;
        double change = position[rows - 1] - position[rows - 2];
        SyOrderRecord order = {.column = c,
                               .row = rows - 1,
                               .side = change > 0 ? SY_BUY : SY_SELL,
                               .size = fabs(change),
                               .point = c == 0 ? 10 : 20,
                               .type = "signal",
                               .status = SY_FILLED,
                               .reason = ""};
        if (change != 0)
            g_array_append_val(ledger->orders, order);
    }
    return ledger;
}

static const double close_prices[2 * rows] = {10, 10, 10, 10, 20, 20, 20, 20};

static SyIntent *intent(SyDecision *decision, guint i) {
    assert_true(i < decision->intents->len);
    return &g_array_index(decision->intents, SyIntent, i);
}

static void test_action__follows_the_table_of_wanted_held_fresh(void **state) {
    (void)state;
    static const struct {
        int wanted, held;
        bool fresh;
        SyAction action;
    } cases[] = {
        {0, 0, false, SY_ACTION_NONE},    {1, 1, false, SY_ACTION_NONE},
        {-1, -1, true, SY_ACTION_NONE},   {1, 0, true, SY_ACTION_ENTER},
        {-1, 0, true, SY_ACTION_ENTER},   {1, 0, false, SY_ACTION_WAIT},
        {0, 1, true, SY_ACTION_EXIT},     {0, -1, false, SY_ACTION_EXIT},
        {1, -1, true, SY_ACTION_REVERSE}, {-1, 1, false, SY_ACTION_EXIT},
        {-1, 1, true, SY_ACTION_REVERSE}, {-1, 0, false, SY_ACTION_WAIT},
    };
    for (gsize i = 0; i < G_N_ELEMENTS(cases); i++)
        assert_int_equal(sy_action_choose(cases[i].wanted, cases[i].held, cases[i].fresh),
                         cases[i].action);
}

static void test_decision__fresh_entry_is_scaled_by_equity(void **state) {
    (void)state;
    const double s1[rows] = {0, 0, 0, 5}, s2[rows] = {0, 0, 0, -2.5};
    g_autoptr(SyLedger) ledger = pair_ledger(s1, s2, 100);
    const double held[2] = {0, 0}, equity[1] = {50};
    g_autoptr(SyDecision) decision = sy_decision_make(ledger, close_prices, held, equity);
    assert_int_equal(decision->leg[0].action, SY_ACTION_ENTER);
    assert_int_equal(decision->intents->len, 2);
    /* the simulation worked s2 first */
    assert_int_equal(intent(decision, 0)->column, 1);
    assert_int_equal(intent(decision, 0)->side, SY_SELL);
    assert_near(intent(decision, 0)->size, 1.25, 1e-15);
    assert_int_equal(intent(decision, 1)->side, SY_BUY);
    assert_near(intent(decision, 1)->size, 2.5, 1e-15);
    assert_near(intent(decision, 1)->price, 10, 0);
}

static void test_decision__an_entry_of_an_earlier_bar_waits(void **state) {
    (void)state;
    const double s1[rows] = {0, 5, 5, 5}, s2[rows] = {0, -2.5, -2.5, -2.5};
    g_autoptr(SyLedger) ledger = pair_ledger(s1, s2, 100);
    const double held[2] = {0, 0}, equity[1] = {100};
    g_autoptr(SyDecision) decision = sy_decision_make(ledger, close_prices, held, equity);
    assert_int_equal(decision->leg[0].action, SY_ACTION_WAIT);
    assert_int_equal(decision->leg[0].wanted_since, 1);
    assert_int_equal(decision->intents->len, 0);
}

static void test_decision__a_late_exit_closes_all_that_is_held(void **state) {
    (void)state;
    const double s1[rows] = {5, 5, 0, 0}, s2[rows] = {-2.5, -2.5, 0, 0};
    g_autoptr(SyLedger) ledger = pair_ledger(s1, s2, 100);
    const double held[2] = {3.5, -1.75}, equity[1] = {70};
    g_autoptr(SyDecision) decision = sy_decision_make(ledger, close_prices, held, equity);
    assert_int_equal(decision->leg[0].action, SY_ACTION_EXIT);
    assert_false(decision->leg[0].fresh);
    assert_int_equal(decision->intents->len, 2);
    assert_int_equal(intent(decision, 0)->side, SY_SELL); /* sales come first: they free cash */
    assert_near(intent(decision, 0)->size, 3.5, 0);
    assert_true(intent(decision, 0)->closes);
    assert_near(intent(decision, 1)->size, 1.75, 0);
}

static void test_decision__never_re_sizes_what_is_held(void **state) {
    (void)state;
    const double s1[rows] = {0, 5, 5, 5}, s2[rows] = {0, -2.5, -2.5, -2.5};
    g_autoptr(SyLedger) ledger = pair_ledger(s1, s2, 100);
    const double held[2] = {1, -9}, equity[1] = {100};
    g_autoptr(SyDecision) decision = sy_decision_make(ledger, close_prices, held, equity);
    assert_int_equal(decision->intents->len, 0);
    assert_int_equal(decision->leg[1].action, SY_ACTION_NONE);
}

static void test_decision__a_fresh_reversal_is_one_order_per_leg(void **state) {
    (void)state;
    const double s1[rows] = {5, 5, 5, -5}, s2[rows] = {-2.5, -2.5, -2.5, 2.5};
    g_autoptr(SyLedger) ledger = pair_ledger(s1, s2, 100);
    const double held[2] = {4, -2}, equity[1] = {80};
    g_autoptr(SyDecision) decision = sy_decision_make(ledger, close_prices, held, equity);
    assert_int_equal(decision->intents->len, 2);
    assert_int_equal(intent(decision, 0)->side, SY_BUY);
    assert_near(intent(decision, 0)->size, 2 + 2.5 * 0.8, 1e-15);
    assert_int_equal(intent(decision, 1)->side, SY_SELL);
    assert_near(intent(decision, 1)->size, 4 + 5 * 0.8, 1e-15);
    assert_false(intent(decision, 1)->closes);
}

static void test_decision__a_stop_exits_at_its_own_price(void **state) {
    (void)state;
    const double s1[rows] = {0, 5, 5, 0}, s2[rows] = {0, -2.5, -2.5, -2.5};
    g_autoptr(SyLedger) ledger = pair_ledger(s1, s2, 100);
    SyOrderRecord *order = sy_ledger_order(ledger, 0);
    order->type = "sl_stop";
    order->point = 9.25;
    const double held[2] = {5, -2.5}, equity[1] = {100};
    g_autoptr(SyDecision) decision = sy_decision_make(ledger, close_prices, held, equity);
    assert_int_equal(decision->intents->len, 1);
    assert_int_equal(intent(decision, 0)->column, 0);
    assert_near(intent(decision, 0)->price, 9.25, 0);
    assert_string_equal(decision->leg[0].reason, "a stop was hit on this bar");
    /* the bar after it: the level is past, what is still held leaves at the close */
    order->row = rows - 2;
    ledger->position[rows - 2] = 0;
    g_autoptr(SyDecision) late = sy_decision_make(ledger, close_prices, held, equity);
    assert_near(intent(late, 0)->price, 10, 0);
}

static void test_decision__a_missing_price_on_one_leg_holds_both_back(void **state) {
    (void)state;
    const double s1[rows] = {0, 0, 0, 5}, s2[rows] = {0, 0, 0, -2.5};
    const double prices[2 * rows] = {10, 10, 10, 10, 20, 20, 20, NAN};
    g_autoptr(SyLedger) ledger = pair_ledger(s1, s2, 100);
    const double held[2] = {0, 0}, equity[1] = {100};
    g_autoptr(SyDecision) decision = sy_decision_make(ledger, prices, held, equity);
    assert_int_equal(decision->intents->len, 0);
    assert_int_equal(decision->leg[0].action, SY_ACTION_WAIT);
}

static void test_client_id__is_deterministic_short_and_tells_orders_apart(void **state) {
    (void)state;
    char a[SY_CLIENT_ID_SIZE], b[SY_CLIENT_ID_SIZE];
    assert_string_equal(sy_client_id("dale", "A", 7, 0, 0, a),
                        sy_client_id("dale", "A", 7, 0, 0, b));
    assert_true(strlen(a) <= 36);
    assert_string_not_equal(a, sy_client_id("dale", "A", 7, 0, 1, b));
    assert_string_not_equal(a, sy_client_id("dale", "A", 8, 0, 0, b));
    assert_string_not_equal(a, sy_client_id("dale", "B", 7, 1, 0, b));
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_action__follows_the_table_of_wanted_held_fresh),
        cmocka_unit_test(test_decision__fresh_entry_is_scaled_by_equity),
        cmocka_unit_test(test_decision__an_entry_of_an_earlier_bar_waits),
        cmocka_unit_test(test_decision__a_late_exit_closes_all_that_is_held),
        cmocka_unit_test(test_decision__never_re_sizes_what_is_held),
        cmocka_unit_test(test_decision__a_fresh_reversal_is_one_order_per_leg),
        cmocka_unit_test(test_decision__a_stop_exits_at_its_own_price),
        cmocka_unit_test(test_decision__a_missing_price_on_one_leg_holds_both_back),
        cmocka_unit_test(test_client_id__is_deterministic_short_and_tells_orders_apart),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
