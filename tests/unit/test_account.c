/* One order against an account: cash, debt, locked cash and what is rejected. */
#include "test.h"

#include "portfolio/account.h"

static const SyOrderTerms plain = {.max_size = INFINITY, .allow_partial = true};

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
    SyHolding holding = sy_account_take_over(&account, -10, 5);
    assert_state(&account, &holding, 200, -10, 50, 50, 100);
    holding = sy_account_take_over(&account, 3, 5);
    assert_state(&account, &holding, 200, 3, 0, 0, 100);
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
        cmocka_unit_test(test_values__nearly_equal_sums_are_zero),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
