/* Makes the small run of the report tests. */
#include "small_run.h"

#include <math.h>

static void fill_panel(SmallRun *small, gsize rows) {
    char *symbols[] = {"AAA", "B,B", NULL};
    small->panel = sy_panel_new(rows, symbols, (SyTimeframe){SY_HOUR, 0});
    small->panel->source = g_strdup("test:candle");
    GRand *random = g_rand_new_with_seed(3);
    for (gsize s = 0; s < 2; s++) {
        double price = s ? 5 : 100;
        for (gsize row = 0; row < rows; row++) {
            small->panel->time[row] =
                sy_date_to_days((SyDate){2020, 1, 1}) * SY_DAY + (SyTime)(row + 1) * SY_HOUR;
            price *= 1 + 0.02 * (g_rand_double(random) - 0.5);
            for (int field = 0; field < SY_VOLUME; field++)
                sy_panel_column(small->panel, (SyBarField)field, s)[row] = price;
        }
    }
    g_rand_free(random);
}

static void fill_signals(SmallRun *small, gsize rows, bool quiet) {
    small->output = sy_matrix_new(rows, 2);
    small->signals = sy_signals_new(rows, 2);
    for (gsize row = 3; row < rows; row++)
        for (gsize c = 0; c < 2; c++)
            sy_matrix_column(small->output, c)[row] = (c ? -1 : 1) * sin((double)row / 7);
    for (gsize row = 5; row < rows && !quiet; row += 10) {
        gsize turn = row / 10, long_leg = turn / 2 % 2;
        gsize bought = long_leg * rows + row, sold = (1 - long_leg) * rows + row;
        guint8 *cells[2][2] = {
            {&small->signals->long_entries[bought], &small->signals->short_entries[sold]},
            {&small->signals->long_exits[bought], &small->signals->short_exits[sold]}};
        *cells[turn % 2][0] = *cells[turn % 2][1] = 1;
    }
}

static void fill_fits(SmallRun *small, gsize rows) {
    small->fits = g_array_new(FALSE, TRUE, sizeof(SyFit));
    if (rows < 10)
        return;
    SyFit fit = {.split = {1, 4, 4, rows},
                 .pairs = 3,
                 .tau = 0.5,
                 .family = "StudentT",
                 .rotation = "R0",
                 .parameters = 2,
                 .parameter = {0.25, 4},
                 .loglik = 1.5,
                 .aic = 1,
                 .bic = NAN};
    g_array_append_val(small->fits, fit);
}

static double *numbers(double value) {
    double *copy = g_new(double, 1);
    *copy = value;
    return copy;
}

SmallRun *small_run_new(gsize rows, bool cash_sharing, double fees, bool quiet) {
    SmallRun *small = g_new0(SmallRun, 1);
    fill_panel(small, rows);
    fill_signals(small, rows, quiet);
    fill_fits(small, rows);
    small->prices = sy_portfolio_prices(small->panel);
    sy_fields_init(&sy_portfolio_fields, &small->portfolio);
    g_free(small->portfolio.size.value);
    small->portfolio.size = (SyNumbers){numbers(40), 1};
    small->portfolio.size_type = SY_SIZE_VALUEPERCENT100;
    g_free(small->portfolio.fees.value);
    small->portfolio.fees = (SyNumbers){numbers(fees), 1};
    small->portfolio.cash_sharing = cash_sharing;
    g_autoptr(GError) error = NULL;
    small->ledger =
        sy_portfolio_simulate(&small->portfolio, &small->prices, small->signals, &error);
    g_assert_no_error(error);
    small->run = (SyStrategyRun){.study_name = "small",
                                 .template_hash = "00ff",
                                 .loader = "CSVData",
                                 .model = "ArbitrageClipIndex",
                                 .signal_rule = "twin_spread",
                                 .panel = small->panel,
                                 .output = small->output,
                                 .output_lower = -1.57,
                                 .output_upper = 1.11,
                                 .long_entries = 0.78,
                                 .long_exits = 0,
                                 .short_entries = -1.33,
                                 .short_exits = 0,
                                 .signals = small->signals,
                                 .fits = small->fits,
                                 .prices = &small->prices,
                                 .portfolio = &small->portfolio,
                                 .ledger = small->ledger,
                                 .warning = "The last leg will be cut.\nA second sentence."};
    return small;
}

void small_run_free(SmallRun *small) {
    if (!small)
        return;
    sy_panel_free(small->panel);
    sy_matrix_free(small->output);
    sy_signals_free(small->signals);
    g_array_unref(small->fits);
    sy_fields_clear(&sy_portfolio_fields, &small->portfolio);
    sy_ledger_free(small->ledger);
    g_free(small);
}
