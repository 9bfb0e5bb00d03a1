/* One order against an account: cash, debt, locked cash and what is rejected. */
#include "test.h"

#include "portfolio/account.h"

static const SyOrderTerms plain = {.max_size = INFINITY, .leverage = 1, .allow_partial = true};

static SyFill fill(SyAccount *account, SyHolding *holding, SyOrderTerms terms, SySide side,
                   double size, double price) {
    SyOrderRequest request = {side, size, price};
    return sy_account_fill(account, holding, &terms, &request);
}

static void assert_state(const SyAccount *account, const SyHolding *holding, double cash,
                         double position, double debt, double locked, double free_cash) {
    assert_near(account->cash, cash, 1e-9);
    assert_near(holding->position, position, 1e-9);
    assert_near(holding->debt, debt, 1e-9);
    assert_near(holding->locked, locked, 1e-9);
    assert_near(account->free_cash, free_cash, 1e-9);
}

static void test_account__buys_for_cash(void **state) {
    (void)state;
    SyAccount account = sy_account_new(100);
    SyHolding holding = {0};
    SyFill filled = fill(&account, &holding, plain, SY_BUY, 1, 15);
    assert_int_equal(filled.status, SY_FILLED);
    assert_string_equal(filled.reason, "");
    assert_state(&account, &holding, 85, 1, 0, 0, 85);
}

static void test_account__half_of_the_cash_pays_fees_and_slippage_too(void **state) {
    (void)state;
    SyAccount account = sy_account_new(100);
    SyHolding holding = {0};
    SyOrderTerms terms = plain;
    terms.fees = terms.slippage = 0.01;
    double size = sy_account_affordable(&account, &terms, SY_BUY, 15, 0.5);
    SyFill filled = fill(&account, &holding, terms, SY_BUY, size, 15);
    assert_near(filled.size, 3.267653498, 1e-9);
    assert_near(filled.price, 15.15, 1e-12);
    assert_near(filled.fees, 0.4950495, 1e-7);
    assert_near(account.cash, 50, 1e-9);
}

static void test_account__granularity_floors_what_cash_allows(void **state) {
    (void)state;
    SyAccount account = sy_account_new(100);
    SyHolding holding = {0};
    SyOrderTerms terms = plain;
    terms.granularity = 1;
    SyFill filled = fill(&account, &holding, terms, SY_BUY, INFINITY, 15);
    assert_true(filled.size == 6);
    assert_state(&account, &holding, 10, 6, 0, 0, 10);
}

static void test_account__granularity_keeps_a_full_close_whole(void **state) {
    (void)state;
    SyAccount account = sy_account_new(100);
    SyHolding holding = {.position = 2.5};
    SyOrderTerms terms = plain;
    terms.granularity = 1;
    assert_true(fill(&account, &holding, terms, SY_SELL, 2.5, 15).size == 2.5);
    assert_true(holding.position == 0);
    holding.position = 2.5;
    SyFill filled = fill(&account, &holding, terms, SY_SELL, 2.2, 15);
    assert_true(filled.size == 2);
    assert_int_equal(filled.status, SY_FILLED);
    assert_string_equal(filled.reason, "floored to size_granularity");
    assert_int_equal(fill(&account, &holding, terms, SY_SELL, 0.25, 15).status, SY_REJECTED);
    /* 3 / 0.1 is a hair below 30 */
    terms.granularity = 0.1;
    assert_near(fill(&account, &holding, terms, SY_BUY, 0.3, 15).size, 0.3, 1e-15);
}

static void test_account__a_short_ties_up_its_value(void **state) {
    (void)state;
    SyAccount account = sy_account_new(100);
    SyHolding holding = {0};
    SyFill filled = fill(&account, &holding, plain, SY_SELL, INFINITY, 15);
    assert_int_equal(filled.status, SY_FILLED);
    assert_state(&account, &holding, 200, -100.0 / 15, 100, 100, 0);
    filled = fill(&account, &holding, plain, SY_SELL, 1, 15);
    assert_int_equal(filled.status, SY_REJECTED);
    assert_string_equal(filled.reason, "not enough cash");
}

static void test_account__a_cover_gives_back_its_share(void **state) {
    (void)state;
    SyAccount account = sy_account_new(100);
    SyHolding holding = {0};
    fill(&account, &holding, plain, SY_SELL, 4, 15);
    assert_state(&account, &holding, 160, -4, 60, 60, 40);
    fill(&account, &holding, plain, SY_BUY, 1, 30);
    assert_state(&account, &holding, 130, -3, 45, 45, 40);
    /* after a loss free cash may be below zero; covers still work */
    fill(&account, &holding, plain, SY_BUY, 2, 60);
    assert_state(&account, &holding, 10, -1, 15, 15, -20);
    assert_int_equal(fill(&account, &holding, plain, SY_SELL, 1, 5).status, SY_REJECTED);
    SyFill filled = fill(&account, &holding, plain, SY_BUY, 1, 20);
    assert_int_equal(filled.status, SY_PARTLY_FILLED);
    assert_near(filled.size, 0.5, 1e-12);
    assert_state(&account, &holding, 0, -0.5, 7.5, 7.5, -15);
}

static void test_account__a_reversal_is_one_order(void **state) {
    (void)state;
    SyAccount account = sy_account_new(0);
    SyHolding holding = {.position = 10};
    SyFill filled = fill(&account, &holding, plain, SY_SELL, INFINITY, 15);
    assert_near(filled.size, 20, 1e-12);
    assert_near(filled.closed, 10, 0);
    assert_state(&account, &holding, 300, -10, 150, 150, 0);
    fill(&account, &holding, plain, SY_BUY, 12, 15);
    assert_state(&account, &holding, 120, 2, 0, 0, 120);
}

static void test_account__a_reversal_pays_fees_on_both_parts(void **state) {
    (void)state;
    SyAccount account = sy_account_new(100);
    SyHolding holding = {.position = 1};
    SyOrderTerms terms = plain;
    terms.fees = 0.01;
    SyFill filled = fill(&account, &holding, terms, SY_SELL, INFINITY, 11);
    assert_near(filled.size, 10.9810981, 1e-7);
    assert_near(filled.fees, 1.20792079, 1e-8);
    assert_near(account.cash + holding.position * 11, 109.79207921, 1e-8);
}

static void test_account__fixed_fees_are_paid_once_an_order(void **state) {
    (void)state;
    SyAccount account = sy_account_new(100);
    SyHolding holding = {.position = 1};
    SyOrderTerms terms = plain;
    terms.fixed_fees = 3;
    SyFill filled = fill(&account, &holding, terms, SY_SELL, 2, 10);
    assert_near(filled.fees, 3, 0);
    assert_state(&account, &holding, 117, -1, 10, 10, 97);
}

static void test_account__a_sale_worth_less_than_its_fees_needs_cash(void **state) {
    (void)state;
    SyOrderTerms terms = plain;
    terms.fixed_fees = 3;
    SyAccount poor = sy_account_new(1), rich = sy_account_new(2.5);
    SyHolding holding = {.position = 1};
    assert_int_equal(fill(&poor, &holding, terms, SY_SELL, 1, 0.5).status, SY_REJECTED);
    assert_near(poor.cash, 1, 0);
    assert_int_equal(fill(&rich, &holding, terms, SY_SELL, 1, 0.5).status, SY_FILLED);
    assert_near(rich.cash, 0, 0);
}

static void test_account__size_limits_cut_or_reject(void **state) {
    (void)state;
    SyAccount account = sy_account_new(100);
    SyHolding holding = {0};
    SyOrderTerms terms = plain;
    terms.max_size = 3;
    terms.min_size = 2;
    SyFill filled = fill(&account, &holding, terms, SY_BUY, 5, 10);
    assert_int_equal(filled.status, SY_PARTLY_FILLED);
    assert_string_equal(filled.reason, "cut to max_size");
    assert_near(filled.size, 3, 0);
    filled = fill(&account, &holding, terms, SY_BUY, 1.5, 10);
    assert_int_equal(filled.status, SY_REJECTED);
    assert_string_equal(filled.reason, "below min_size");
    terms.allow_partial = false;
    assert_string_equal(fill(&account, &holding, terms, SY_BUY, 5, 10).reason, "above max_size");
    terms.max_size = INFINITY;
    filled = fill(&account, &holding, terms, SY_BUY, 8, 10);
    assert_int_equal(filled.status, SY_REJECTED);
    assert_string_equal(filled.reason, "not enough cash for all of it");
    assert_state(&account, &holding, 70, 3, 0, 0, 70);
    assert_int_equal(fill(&account, &holding, terms, SY_BUY, INFINITY, 10).status, SY_FILLED);
}

static void test_account__what_has_no_meaning_is_ignored(void **state) {
    (void)state;
    SyAccount account = sy_account_new(100);
    SyHolding holding = {0};
    assert_int_equal(fill(&account, &holding, plain, SY_BUY, 1, NAN).status, SY_IGNORED);
    assert_int_equal(fill(&account, &holding, plain, SY_BUY, 1, 0).status, SY_IGNORED);
    assert_int_equal(fill(&account, &holding, plain, SY_BUY, NAN, 10).status, SY_IGNORED);
    assert_int_equal(fill(&account, &holding, plain, SY_BUY, 0, 10).status, SY_IGNORED);
    SyAccount endless = sy_account_new(INFINITY);
    assert_int_equal(fill(&endless, &holding, plain, SY_BUY, INFINITY, 10).status, SY_REJECTED);
    assert_state(&account, &holding, 100, 0, 0, 0, 100);
}

static void test_account__without_limit_it_notes_what_was_needed(void **state) {
    (void)state;
    SyAccount account = sy_account_new(0);
    SyHolding a = {0}, b = {0};
    account.unlimited = true;
    fill(&account, &a, plain, SY_BUY, 2, 10);
    fill(&account, &b, plain, SY_SELL, 1, 5);
    assert_near(account.needed, 25, 1e-12);
    fill(&account, &a, plain, SY_SELL, 2, 12);
    assert_near(account.needed, 25, 1e-12);
    /* free cash 24 - 20 - 5 = -1, the short frees 10: a cover at 20 lacks 11 */
    fill(&account, &b, plain, SY_BUY, 1, 20);
    assert_near(account.needed, 25, 1e-12);
    fill(&account, &a, plain, SY_BUY, 1, 30);
    assert_near(account.needed, 41, 1e-12);
}

static void test_account__a_position_taken_over_is_secured(void **state) {
    (void)state;
    SyAccount account = sy_account_new(200);
    SyHolding holding = sy_account_take_over(&account, &plain, -10, 5);
    assert_state(&account, &holding, 200, -10, 50, 50, 100);
    holding = sy_account_take_over(&account, &plain, 3, 5);
    assert_state(&account, &holding, 200, 3, 0, 0, 100);
    SyOrderTerms terms = plain;
    terms.leverage = 2;
    account = sy_account_new(200);
    holding = sy_account_take_over(&account, &terms, -10, 5);
    assert_state(&account, &holding, 200, -10, 50, 25, 125);
}

/* The vectors of the specification: state = cash, position, debt, locked, free cash. */
static void test_account__a_levered_short_ties_up_a_part_of_its_value(void **state) {
    (void)state;
    SyOrderTerms terms = plain;
    terms.leverage = 2;
    SyAccount account = sy_account_new(100);
    SyHolding holding = {0};
    fill(&account, &holding, terms, SY_SELL, INFINITY, 15);
    assert_state(&account, &holding, 300, -200.0 / 15, 200, 100, 0);
    const struct {
        double price, state[5];
    } covers[] = {{30, {100, -5, 75, 37.5, -12.5}}, {10, {200, -5, 75, 37.5, 87.5}}};
    for (gsize i = 0; i < G_N_ELEMENTS(covers); i++) {
        account = sy_account_new(100);
        holding = (SyHolding){0};
        fill(&account, &holding, terms, SY_SELL, 10, 15);
        assert_state(&account, &holding, 250, -10, 150, 75, 25);
        const double *to = covers[i].state;
        assert_int_equal(fill(&account, &holding, terms, SY_BUY, 5, covers[i].price).status,
                         SY_FILLED);
        assert_state(&account, &holding, to[0], to[1], to[2], to[3], to[4]);
    }
    /* with fees: v / 2 + fees uses up free cash */
    terms.fees = 0.01;
    terms.fixed_fees = 2;
    account = sy_account_new(100);
    holding = (SyHolding){0};
    SyFill filled = fill(&account, &holding, terms, SY_SELL, INFINITY, 15);
    assert_near(filled.size, (100 - 2) / (15 * (0.5 + 0.01)), 1e-12);
    assert_near(account.free_cash, 0, 1e-9);
}

static void test_account__a_levered_short_is_covered_after_free_cash_is_lost(void **state) {
    (void)state;
    SyOrderTerms terms = plain;
    terms.leverage = 2;
    SyAccount account = sy_account_new(100);
    SyHolding holding = {0};
    fill(&account, &holding, terms, SY_SELL, INFINITY, 15);
    fill(&account, &holding, terms, SY_BUY, 5, 22);
    assert_true(account.free_cash > 0);
    fill(&account, &holding, terms, SY_BUY, 5, 30);
    assert_state(&account, &holding, 40, -10.0 / 3, 50, 25, -35);
    assert_int_equal(fill(&account, &holding, terms, SY_SELL, 1, 10).status, SY_REJECTED);
    assert_int_equal(fill(&account, &holding, terms, SY_BUY, 1, 30).status, SY_FILLED);
    SyFill last = fill(&account, &holding, terms, SY_BUY, 2, 30);
    assert_int_equal(last.status, SY_PARTLY_FILLED); /* 10 of cash are left, 60 would be needed */
    assert_near(account.cash, 0, 1e-9);
}

static void test_account__lazy_leverage_borrows_what_cash_does_not_pay(void **state) {
    (void)state;
    SyOrderTerms terms = plain;
    terms.leverage = 2;
    SyAccount account = sy_account_new(100);
    SyHolding holding = {0};
    fill(&account, &holding, terms, SY_BUY, 10, 20);
    assert_state(&account, &holding, -100, 10, 100, 100, 0);
    fill(&account, &holding, terms, SY_SELL, 5, 5);
    assert_state(&account, &holding, -75, 5, 50, 50, -25);
    assert_int_equal(fill(&account, &holding, terms, SY_BUY, 1, 5).status, SY_REJECTED);
    fill(&account, &holding, terms, SY_SELL, 5, 40);
    assert_state(&account, &holding, 125, 0, 0, 0, 125);
    /* what free cash can pay is not borrowed */
    fill(&account, &holding, terms, SY_BUY, 5, 20);
    assert_state(&account, &holding, 25, 5, 0, 0, 25);
    SyFill rest = fill(&account, &holding, terms, SY_BUY, INFINITY, 20);
    assert_near(rest.size, 2.5, 1e-12);
    assert_state(&account, &holding, -25, 7.5, 25, 25, 0);
}

static void test_account__eager_leverage_borrows_on_every_purchase(void **state) {
    (void)state;
    SyOrderTerms terms = plain;
    terms.leverage = 3;
    terms.leverage_mode = SY_LEVERAGE_EAGER;
    SyAccount account = sy_account_new(100);
    SyHolding holding = {0};
    fill(&account, &holding, terms, SY_BUY, 10, 10);
    assert_state(&account, &holding, 0, 10, 200.0 / 3, 100.0 / 3, 200.0 / 3);
    fill(&account, &holding, terms, SY_SELL, 10, 12);
    assert_state(&account, &holding, 120, 0, 0, 0, 120);
    /* fees are own cash */
    terms.fees = 0.01;
    fill(&account, &holding, terms, SY_BUY, 10, 15);
    assert_state(&account, &holding, -31.5, 10, 100, 50, 68.5);
}

static void test_account__a_share_of_free_cash_is_levered(void **state) {
    (void)state;
    SyOrderTerms terms = plain;
    terms.leverage = 2;
    SyAccount account = sy_account_new(100);
    assert_near(sy_account_affordable(&account, &terms, SY_BUY, 10, 0.5), 10, 1e-12);
    assert_near(sy_account_affordable(&account, &terms, SY_SELL, 10, 0.5), 10, 1e-12);
    terms.granularity = 3;
    SyHolding holding = {0};
    SyFill filled = fill(&account, &holding, terms, SY_BUY, INFINITY, 10);
    assert_true(filled.size == 18);
}

static void test_account__no_more_is_paid_out_than_is_free(void **state) {
    (void)state;
    SyAccount account = sy_account_new(100);
    SyHolding holding = {0};
    assert_near(sy_account_deposit(&account, 50), 50, 0);
    fill(&account, &holding, plain, SY_SELL, 8, 15);
    assert_state(&account, &holding, 270, -8, 120, 120, 30);
    assert_near(sy_account_deposit(&account, -40), -30, 1e-12);
    assert_state(&account, &holding, 240, -8, 120, 120, 0);
    assert_near(sy_account_deposit(&account, -1), 0, 0);
    /* what is earned may be lost beyond that */
    sy_account_earn(&account, -10);
    assert_state(&account, &holding, 230, -8, 120, 120, -10);
    assert_near(sy_account_deposit(&account, 25), 25, 0);
    assert_near(account.free_cash, 15, 1e-12);
    /* without limit all is paid, and remembered */
    SyAccount endless = sy_account_new(0);
    endless.unlimited = true;
    assert_near(sy_account_deposit(&endless, -7), -7, 0);
    assert_near(endless.needed, 7, 1e-12);
}

static void test_values__nearly_equal_sums_are_zero(void **state) {
    (void)state;
    assert_true(sy_values_equal(1e9, 1e9 + 0.5));
    assert_false(sy_values_equal(1e9, 1e9 + 2));
    assert_true(sy_values_equal(0, 1e-12));
    assert_false(sy_values_equal(0, 1e-11));
    assert_false(sy_values_equal(INFINITY, 1));
    assert_false(sy_values_equal(NAN, NAN));
    assert_true(sy_values_add(0.1 + 0.2, -0.3) == 0);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_account__buys_for_cash),
        cmocka_unit_test(test_account__half_of_the_cash_pays_fees_and_slippage_too),
        cmocka_unit_test(test_account__granularity_floors_what_cash_allows),
        cmocka_unit_test(test_account__granularity_keeps_a_full_close_whole),
        cmocka_unit_test(test_account__a_short_ties_up_its_value),
        cmocka_unit_test(test_account__a_cover_gives_back_its_share),
        cmocka_unit_test(test_account__a_reversal_is_one_order),
        cmocka_unit_test(test_account__a_reversal_pays_fees_on_both_parts),
        cmocka_unit_test(test_account__fixed_fees_are_paid_once_an_order),
        cmocka_unit_test(test_account__a_sale_worth_less_than_its_fees_needs_cash),
        cmocka_unit_test(test_account__size_limits_cut_or_reject),
        cmocka_unit_test(test_account__what_has_no_meaning_is_ignored),
        cmocka_unit_test(test_account__without_limit_it_notes_what_was_needed),
        cmocka_unit_test(test_account__a_position_taken_over_is_secured),
        cmocka_unit_test(test_account__a_levered_short_ties_up_a_part_of_its_value),
        cmocka_unit_test(test_account__a_levered_short_is_covered_after_free_cash_is_lost),
        cmocka_unit_test(test_account__lazy_leverage_borrows_what_cash_does_not_pay),
        cmocka_unit_test(test_account__eager_leverage_borrows_on_every_purchase),
        cmocka_unit_test(test_account__a_share_of_free_cash_is_levered),
        cmocka_unit_test(test_account__no_more_is_paid_out_than_is_free),
        cmocka_unit_test(test_values__nearly_equal_sums_are_zero),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
