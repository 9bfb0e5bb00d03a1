/* The rows of [portfolio]: what is accepted, what is refused by name and why, what is warned of. */
#include "test.h"

#include <string.h>

#include "portfolio/portfolio.h"

static SyPortfolioConfig defaults(void) {
    SyPortfolioConfig config;
    sy_fields_init(&sy_portfolio_fields, &config);
    return config;
}

static const SyField *row(const char *key) {
    const SyField *field = sy_field_find(sy_portfolio_fields.rows, sy_portfolio_fields.n, key);
    if (!field)
        fail_msg("no key %s", key);
    return field;
}

/* Message of setting a key, NULL where it is accepted. Free with g_free. */
static char *set(SyPortfolioConfig *config, const char *key, const char *text) {
    g_autoptr(GError) error = NULL;
    return sy_field_set_text(row(key), config, text, &error) ? NULL : g_strdup(error->message);
}

static void accept(SyPortfolioConfig *config, const char *key, const char *text) {
    g_autofree char *message = set(config, key, text);
    if (message)
        fail_msg("%s", message);
}

static void assert_refused(const char *key, const char *text, const char *reason) {
    SyPortfolioConfig config = defaults();
    g_autofree char *message = set(&config, key, text);
    if (!message)
        fail_msg("%s = %s was accepted", key, text);
    if (!strstr(message, reason) || !strstr(message, key))
        fail_msg("\"%s\" does not say \"%s\"", message, reason);
    sy_fields_clear(&sy_portfolio_fields, &config);
}

/* Settings (key, value …, NULL) that are wrong together. */
static void assert_invalid(const char *blamed, const char *reason, const char *const *settings) {
    SyPortfolioConfig config = defaults();
    for (; *settings; settings += 2)
        accept(&config, settings[0], settings[1]);
    const char *key = NULL;
    g_autofree char *message = sy_portfolio_validate(&config, 2, &key);
    if (!message)
        fail_msg("nothing is wrong, expected: %s", reason);
    assert_string_equal(key, blamed);
    if (!strstr(message, reason))
        fail_msg("\"%s\" does not say \"%s\"", message, reason);
    sy_fields_clear(&sy_portfolio_fields, &config);
}

#define INVALID(blamed, reason, ...)                                                               \
    assert_invalid(blamed, reason, (const char *const[]){__VA_ARGS__, NULL})

static char *warning(const char *const *settings) {
    SyPortfolioConfig config = defaults();
    for (; *settings; settings += 2)
        accept(&config, settings[0], settings[1]);
    char *text = sy_portfolio_warning(&config, 2);
    sy_fields_clear(&sy_portfolio_fields, &config);
    return text;
}

#define WARNING(...) warning((const char *const[]){__VA_ARGS__, NULL})

static void test_portfolio__defaults_are_valid_and_quiet(void **state) {
    (void)state;
    SyPortfolioConfig config = defaults();
    const char *key;
    assert_null(sy_portfolio_validate(&config, 2, &key));
    assert_null(sy_portfolio_warning(&config, 2));
    assert_true(isinf(*config.size.value));
    assert_near(config.init_cash, 100, 0);
    assert_int_equal(config.upon_opposite_entry, SY_OPPOSITE_REVERSEREDUCE);
    sy_fields_clear(&sy_portfolio_fields, &config);
}

static void test_portfolio__every_key_of_the_specification_has_a_row(void **state) {
    (void)state;
    static const char *const keys[] = {"size",
                                       "size_type",
                                       "direction",
                                       "price",
                                       "from_ago",
                                       "fees",
                                       "fixed_fees",
                                       "slippage",
                                       "min_size",
                                       "max_size",
                                       "size_granularity",
                                       "leverage",
                                       "leverage_mode",
                                       "allow_partial",
                                       "raise_reject",
                                       "reject_prob",
                                       "seed",
                                       "init_cash",
                                       "init_position",
                                       "init_price",
                                       "cash_deposits",
                                       "cash_earnings",
                                       "cash_dividends",
                                       "cash_sharing",
                                       "group_by",
                                       "call_seq",
                                       "accumulate",
                                       "upon_long_conflict",
                                       "upon_short_conflict",
                                       "upon_dir_conflict",
                                       "upon_opposite_entry",
                                       "sl_stop",
                                       "tsl_stop",
                                       "tsl_th",
                                       "tp_stop",
                                       "td_stop",
                                       "dt_stop",
                                       "freq",
                                       "year_freq"};
    for (gsize i = 0; i < G_N_ELEMENTS(keys); i++)
        assert_non_null(row(keys[i])->help);
}

/* Every argument of from_signals is accepted or refused with a reason of its own. */
static void test_portfolio__no_argument_of_the_reference_is_unknown(void **state) {
    (void)state;
    static const char *const arguments[] = {"close",
                                            "entries",
                                            "exits",
                                            "short_entries",
                                            "short_exits",
                                            "signal_func_nb",
                                            "signal_args",
                                            "size",
                                            "size_type",
                                            "price",
                                            "fees",
                                            "fixed_fees",
                                            "slippage",
                                            "min_size",
                                            "max_size",
                                            "size_granularity",
                                            "reject_prob",
                                            "lock_cash",
                                            "allow_partial",
                                            "raise_reject",
                                            "log",
                                            "accumulate",
                                            "upon_long_conflict",
                                            "upon_short_conflict",
                                            "upon_dir_conflict",
                                            "upon_opposite_entry",
                                            "direction",
                                            "val_price",
                                            "open",
                                            "high",
                                            "low",
                                            "sl_stop",
                                            "sl_trail",
                                            "tp_stop",
                                            "stop_entry_price",
                                            "stop_exit_price",
                                            "upon_stop_exit",
                                            "upon_stop_update",
                                            "adjust_sl_func_nb",
                                            "adjust_sl_args",
                                            "adjust_tp_func_nb",
                                            "adjust_tp_args",
                                            "use_stops",
                                            "init_cash",
                                            "cash_sharing",
                                            "call_seq",
                                            "ffill_val_price",
                                            "update_value",
                                            "max_orders",
                                            "max_logs",
                                            "seed",
                                            "group_by",
                                            "broadcast_named_args",
                                            "broadcast_kwargs",
                                            "template_mapping",
                                            "wrapper_kwargs",
                                            "freq",
                                            "attach_call_seq"};
    for (gsize i = 0; i < G_N_ELEMENTS(arguments); i++) {
        const SyField *field = row(arguments[i]);
        assert_true((field->refused && *field->refused) || field->help);
    }
}

static void test_portfolio__enums_ignore_case_and_punctuation(void **state) {
    (void)state;
    SyPortfolioConfig config = defaults();
    accept(&config, "size_type", "ValuePercent100");
    assert_int_equal(config.size_type, SY_SIZE_VALUEPERCENT100);
    accept(&config, "size_type", "value_percent");
    assert_int_equal(config.size_type, SY_SIZE_VALUEPERCENT);
    accept(&config, "upon_opposite_entry", "Reverse-Reduce");
    assert_int_equal(config.upon_opposite_entry, SY_OPPOSITE_REVERSEREDUCE);
    accept(&config, "accumulate", "AddOnly");
    assert_int_equal(config.accumulate, SY_ACCUMULATE_ADDONLY);
    sy_fields_clear(&sy_portfolio_fields, &config);
}

static void test_portfolio__wrong_values_are_refused(void **state) {
    (void)state;
    assert_refused("size_type", "targetpercent", "order arrays");
    assert_refused("size_type", "mntargetvalue", "order arrays");
    assert_refused("size_type", "percnt", "did you mean \"percent\"");
    assert_refused("size", "-1", "out of bounds");
    assert_refused("size", "0", "out of bounds");
    assert_refused("size", "nan", "out of bounds");
    assert_refused("fees", "-0.1", "out of bounds");
    assert_refused("leverage", "0.5", "out of bounds");
    assert_refused("sl_stop", "0", "out of bounds");
    assert_refused("tp_stop", "-0.1", "out of bounds");
    assert_refused("dt_stop", "25:00", "time of day");
    assert_refused("dt_stop", "3 days ago", "another moment");
    assert_refused("td_stop", "a while", "");
    assert_refused("delta_format", "pct", "percent");
    assert_refused("leverage", "inf", "out of bounds");
    assert_refused("init_cash", "lots", "number or \"auto\"");
    assert_refused("init_cash", "0", "out of bounds");
    assert_refused("year_freq", "a while", "");
    assert_refused("from_ago", "1.5", "whole number");
}

static void test_portfolio__cash_may_be_auto_or_without_limit(void **state) {
    (void)state;
    SyPortfolioConfig config = defaults();
    accept(&config, "init_cash", "Auto");
    assert_true(isnan(config.init_cash));
    accept(&config, "init_cash", "inf");
    assert_true(isinf(config.init_cash));
    sy_fields_clear(&sy_portfolio_fields, &config);
    INVALID("init_cash", "do not depend on cash", "init_cash", "auto");
    INVALID("init_cash", "do not depend on cash", "init_cash", "inf", "size", "50", "size_type",
            "valuepercent100");
}

static void test_portfolio__contradictions_name_the_key(void **state) {
    (void)state;
    INVALID("call_seq", "cash_sharing = true", "call_seq", "auto");
    INVALID("tsl_stop", "percent100", "tsl_stop", "90", "delta_format", "target");
    INVALID("cash_earnings", "finite", "cash_earnings", "inf");
    INVALID("tsl_th", "no tsl_stop", "tsl_th", "0.1");
    INVALID("leverage", "give init_cash", "leverage", "2", "init_cash", "auto", "size", "1");
    INVALID("min_size", "above max_size", "min_size", "3", "max_size", "2");
    INVALID("size", "5000 %", "size", "50", "size_type", "percent");
    INVALID("init_position", "needs init_price", "init_position", "1");
    INVALID("init_price", "no init_position", "init_price", "1");
    SyPortfolioConfig config = defaults();
    g_free(config.fees.value);
    config.fees = (SyNumbers){g_new0(double, 3), 3};
    const char *key;
    g_autofree char *message = sy_portfolio_validate(&config, 2, &key);
    assert_string_equal(key, "fees");
    assert_string_equal(message, "fees has 3 numbers for 2 symbols: give one, or one per symbol");
    sy_fields_clear(&sy_portfolio_fields, &config);
}

static void test_portfolio__warns_of_a_cut_last_leg(void **state) {
    (void)state;
    assert_null(WARNING("size", "50", "size_type", "valuepercent100", "cash_sharing", "true"));
    g_autofree char *cut = WARNING("size", "50", "size_type", "valuepercent100", "cash_sharing",
                                   "true", "fees", "0.001");
    assert_non_null(strstr(cut, "last leg will be cut"));
    assert_null(WARNING("size", "50", "size_type", "valuepercent100", "fees", "0.001"));
    assert_null(WARNING("size", "49", "size_type", "valuepercent100", "cash_sharing", "true",
                        "slippage", "0.001"));
    g_autofree char *beyond =
        WARNING("size", "0.75", "size_type", "valuepercent", "cash_sharing", "true");
    assert_non_null(strstr(beyond, "150 %"));
    assert_null(WARNING("size", "0.75", "size_type", "valuepercent", "cash_sharing", "true",
                        "leverage", "2"));
    g_autofree char *early = WARNING("price", "open");
    assert_non_null(strstr(early, "nextopen"));
    assert_null(WARNING("price", "open", "from_ago", "1"));
    g_autofree char *far = WARNING("sl_stop", "5");
    assert_non_null(strstr(far, "percent100"));
    assert_null(WARNING("sl_stop", "5", "delta_format", "percent100"));
    assert_null(WARNING("sl_stop", "inf"));
}

static void test_portfolio__annualisation_counts_rows_of_a_year(void **state) {
    (void)state;
    SyPortfolioConfig config = defaults();
    assert_near(sy_portfolio_annualisation(&config, (SyTimeframe){SY_HOUR, 0}), 8760, 0);
    accept(&config, "year_freq", "252 days");
    assert_near(sy_portfolio_annualisation(&config, (SyTimeframe){SY_DAY, 0}), 252, 0);
    accept(&config, "freq", "12h");
    assert_near(sy_portfolio_annualisation(&config, (SyTimeframe){SY_DAY, 0}), 504, 0);
    sy_fields_clear(&sy_portfolio_fields, &config);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_portfolio__defaults_are_valid_and_quiet),
        cmocka_unit_test(test_portfolio__every_key_of_the_specification_has_a_row),
        cmocka_unit_test(test_portfolio__no_argument_of_the_reference_is_unknown),
        cmocka_unit_test(test_portfolio__enums_ignore_case_and_punctuation),
        cmocka_unit_test(test_portfolio__wrong_values_are_refused),
        cmocka_unit_test(test_portfolio__cash_may_be_auto_or_without_limit),
        cmocka_unit_test(test_portfolio__contradictions_name_the_key),
        cmocka_unit_test(test_portfolio__warns_of_a_cut_last_leg),
        cmocka_unit_test(test_portfolio__annualisation_counts_rows_of_a_year),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
