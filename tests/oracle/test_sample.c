/* The sample template's signals and portfolio on its real bars, against figures found before this
 * program was: model → signals → portfolio. */
#include "test.h"

#include "bars.h"
#include "model/model.h"
#include "portfolio/metrics.h"
#include "signal/signal.h"

static void set(const SyFieldTable *table, gpointer config, const char *key, const char *text) {
    assert_true(sy_field_set_text(sy_field_find(table->rows, table->n, key), config, text, NULL));
}

/* Output of the sample template's model. */
static SyModelResult *run_model(const SyPanel *panel) {
    const SyModel *model = sy_model_find("ArbitrageClipIndex");
    g_autofree void *config = g_malloc(model->fields->size);
    sy_fields_init(model->fields, config);
    set(model->fields, config, "training_window", "3244");
    set(model->fields, config, "testing_window", "992");
    set(model->fields, config, "lower", "-1.57");
    set(model->fields, config, "upper", "1.11");
    g_autoptr(GError) error = NULL;
    SyModelResult *result = model->run(config, panel, &(SyModelContext){.threads = 1}, &error);
    if (!result)
        fail_msg("%s", error->message);
    sy_fields_clear(model->fields, config);
    return result;
}

static SySignals *run_signals(const SyMatrix *output) {
    SySignalConfig config;
    sy_fields_init(&sy_signal_fields, &config);
    config.long_entries = 0.78;
    config.long_exits = 0;
    config.short_entries = -1.33;
    config.short_exits = 0;
    return sy_signal_rule_find("twin_spread")->run(&config, output);
}

static void configure(SyPortfolioConfig *config) {
    sy_fields_init(&sy_portfolio_fields, config);
    set(&sy_portfolio_fields, config, "size", "50");
    set(&sy_portfolio_fields, config, "size_type", "valuepercent100");
    set(&sy_portfolio_fields, config, "cash_sharing", "true");
    set(&sy_portfolio_fields, config, "call_seq", "auto");
}

static SyLedger *run_portfolio(const SyPortfolioConfig *config, const SyPrices *prices,
                               const SySignals *signals) {
    g_autoptr(GError) error = NULL;
    SyLedger *ledger = sy_portfolio_simulate(config, prices, signals, &error);
    if (!ledger)
        fail_msg("%s", error->message);
    return ledger;
}

static double metric(const SyPortfolioConfig *config, const SyLedger *ledger,
                     const SyPrices *prices, const char *name) {
    SyMetricInput input =
        sy_metric_input(config, (SyTimeframe){.nanoseconds = SY_HOUR}, ledger, prices, 0);
    return sy_metric_find(name)->compute(&input);
}

/* Rows on which a position changes, and those of them that open one from flat. */
static void count_changes(const SyLedger *ledger, gsize *changes, gsize *entries) {
    *changes = *entries = 0;
    double before = 0;
    for (gsize row = 0; row < ledger->rows; row++) {
        double now = ledger->position[row];
        *changes += now != before;
        *entries += now != 0 && before == 0;
        before = now;
    }
}

static void test_sample__trades_as_known_on_its_bars(void **state) {
    (void)state;
    g_autoptr(SyPanel) panel =
        test_bars("CB-BTC-USD", "CB-ETH-USD", "2018-01-01", "2020-08-05T16:00:00Z");
    if (!panel)
        skip();
    g_autoptr(SyModelResult) result = run_model(panel);
    g_autoptr(SySignals) signals = run_signals(result->output);
    SyPrices prices = {panel->rows,           panel->symbols,       panel->value[SY_OPEN],
                       panel->value[SY_HIGH], panel->value[SY_LOW], panel->value[SY_CLOSE]};
    SyPortfolioConfig config;
    configure(&config);
    g_autoptr(SyLedger) ledger = run_portfolio(&config, &prices, signals);
    gsize changes, entries;
    count_changes(ledger, &changes, &entries);
    assert_int_equal(changes, 323);
    assert_int_equal(entries, 162);
    assert_near(metric(&config, ledger, &prices, "end_value"), 244.8, 0.05);
    assert_near(metric(&config, ledger, &prices, "sharpe"), 1.78, 0.005);

    SySignals mirrored = {signals->rows,        signals->columns,      signals->short_entries,
                          signals->short_exits, signals->long_entries, signals->long_exits};
    g_autoptr(SyLedger) other = run_portfolio(&config, &prices, &mirrored);
    assert_near(metric(&config, other, &prices, "end_value"), 35.7, 0.05);
    assert_near(metric(&config, other, &prices, "sharpe"), -1.72, 0.005);

    /* The known returns fill both legs in full; ours cut the last leg by what the fees take. */
    static const struct {
        const char *fees;
        double total_return;
    } known[] = {{"0", 1.45}, {"0.001", 0.78}, {"0.002", 0.29}, {"0.005", -0.51}};
    for (gsize i = 0; i < G_N_ELEMENTS(known); i++) {
        set(&sy_portfolio_fields, &config, "fees", known[i].fees);
        g_autoptr(SyLedger) costly = run_portfolio(&config, &prices, signals);
        assert_near(metric(&config, costly, &prices, "total_return"), known[i].total_return, 0.01);
    }
    g_autofree char *fee =
        g_strdup_printf("%.17g", sy_portfolio_break_even_fee(&config, &prices, signals));
    set(&sy_portfolio_fields, &config, "fees", fee);
    g_autoptr(SyLedger) even = run_portfolio(&config, &prices, signals);
    assert_near(metric(&config, even, &prices, "total_return"), 0, 1e-6);
    sy_fields_clear(&sy_portfolio_fields, &config);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_sample__trades_as_known_on_its_bars),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
