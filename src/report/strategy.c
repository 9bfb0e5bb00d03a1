/* The strategy report: what it says first, its facts, and the order of its sections. */
#include "report/strategy.h"

#include <math.h>
#include <string.h>

#include "report/strategy_sections.h"

/* --- texts ------------------------------------------------------------------------------------ */

static char *time_text(SyTime time) {
    if (time == SY_TIME_NONE)
        return g_strdup("n/a");
    return sy_report_format(SY_UNIT_TIME, (double)time / (double)SY_SECOND);
}

/* "0.10 %", or one number per leg: "0.10 % / 0.20 %". */
static char *numbers_text(const SyNumbers *numbers, SyReportUnit unit) {
    GString *text = g_string_new(NULL);
    for (gsize i = 0; i < numbers->n; i++) {
        g_autofree char *one = sy_report_format(unit, numbers->value[i]);
        g_string_append_printf(text, "%s%s", i ? " / " : "", one);
    }
    return g_string_free(text, FALSE);
}

static char *sizes_text(const SyNumbers *numbers) {
    GString *text = g_string_new(NULL);
    for (gsize i = 0; i < numbers->n; i++)
        g_string_append_printf(text, "%s%.10g", i ? " / " : "", numbers->value[i]);
    return g_string_free(text, FALSE);
}

static bool all_zero(const SyNumbers *numbers) {
    for (gsize i = 0; i < numbers->n; i++)
        if (numbers->value[i] != 0)
            return false;
    return true;
}

/* The spelling of an enum of [portfolio]. */
static const char *choice_text(const char *key, unsigned value) {
    const SyField *field = sy_field_find(sy_portfolio_fields.rows, sy_portfolio_fields.n, key);
    g_assert(field && value < field->n_choices);
    return field->choices[value].name;
}

static char *symbols_text(const SyPanel *panel) { return g_strjoinv(" / ", panel->symbol); }

/* --- the first lines -------------------------------------------------------------------------- */

static char *subtitle(const SyStrategyRun *run, const SyStrategyView *shown) {
    char timeframe[SY_TIME_TEXT_SIZE];
    g_autofree char *symbols = symbols_text(run->panel);
    sy_timeframe_format(run->panel->timeframe, timeframe);
    if (shown->rows == 0)
        return g_strdup_printf("%s · %s · no bar in the period", symbols, timeframe);
    g_autofree char *from = time_text(run->panel->time[shown->first]);
    g_autofree char *to = time_text(run->panel->time[shown->first + shown->rows - 1]);
    g_autofree char *bars = sy_report_format(SY_UNIT_COUNT, (double)shown->rows);
    return g_strdup_printf("%s · %s · %s to %s UTC · %s bars", symbols, timeframe, from, to, bars);
}

/* What the results hide or hold of costs: the first thing to know of a backtest. */
static char *headline(const SyStrategyRun *run) {
    const SyPortfolioConfig *portfolio = run->portfolio;
    g_autofree char *fees = numbers_text(&portfolio->fees, SY_UNIT_FRACTION);
    g_autofree char *fixed = numbers_text(&portfolio->fixed_fees, SY_UNIT_MONEY);
    g_autofree char *slippage = numbers_text(&portfolio->slippage, SY_UNIT_FRACTION);
    if (!all_zero(&portfolio->fees) || !all_zero(&portfolio->fixed_fees))
        return g_strdup_printf("After costs: fees %s and %s per order, slippage %s.", fees, fixed,
                               slippage);
    const char *included = all_zero(&portfolio->slippage) ? "" : "; slippage is included";
    double even = sy_portfolio_break_even_fee(portfolio, run->prices, run->signals);
    if (isnan(even))
        return g_strdup_printf("Before costs (fees = 0%s); break-even fee: n/a, there is no gain "
                               "for a fee to take.",
                               included);
    return g_strdup_printf("Before costs (fees = 0%s); break-even fee: %.1f bp (%.3f %%) of the "
                           "value of every order.",
                           included, even * 1e4, even * 100);
}

static void add_warnings(SyReport *report, const char *warning) {
    g_auto(GStrv) lines = g_strsplit(warning ? warning : "", "\n", -1);
    for (char **line = lines; *line; line++)
        if (**line)
            sy_report_add_warning(report, *line);
}

/* --- highlights ------------------------------------------------------------------------------- */

static void add_metric_highlight(SyReport *report, const SyStrategyView *view, const char *title,
                                 const char *name) {
    const SyMetric *metric = sy_metric_find(name);
    g_autofree char *value =
        sy_report_format(sy_report_unit_of(metric->unit), sy_strategy_view_metric(view, name));
    sy_report_add_highlight(report, title, "%s", value);
}

/* "long / short" in the order of the legs, or "flat", at the newest row. */
static char *position_text(const SyStrategyRun *run) {
    g_autoptr(GString) text = g_string_new(NULL);
    gsize rows = run->ledger->rows;
    bool is_flat = true;
    for (gsize leg = 0; rows && leg < run->ledger->columns; leg++) {
        double position = run->ledger->position[leg * rows + rows - 1];
        is_flat &= position == 0;
        g_string_append_printf(text, "%s%s", leg ? " / " : "",
                               position > 0   ? "long"
                               : position < 0 ? "short"
                                              : "flat");
    }
    return g_strdup(is_flat ? "flat" : text->str);
}

static void add_highlights(SyReport *report, const SyStrategyRun *run, const SyStrategyView *shown,
                           const SyStrategyView *whole) {
    if (shown == whole) {
        add_metric_highlight(report, whole, "Total return", "total_return");
        add_metric_highlight(report, whole, "Annualised return", "annualised_return");
        add_metric_highlight(report, whole, "Sharpe ratio", "sharpe");
        add_metric_highlight(report, whole, "Max drawdown", "max_drawdown");
        add_metric_highlight(report, whole, "Trades", "total_trades");
        add_metric_highlight(report, whole, "Win rate", "win_rate");
        return;
    }
    g_autofree char *position = position_text(run);
    sy_report_add_highlight(report, "Position now, simulated", "%s", position);
    add_metric_highlight(report, shown, "Return, period shown", "total_return");
    add_metric_highlight(report, shown, "Max drawdown, period", "max_drawdown");
    add_metric_highlight(report, whole, "Return, whole history", "total_return");
    add_metric_highlight(report, whole, "Sharpe, whole history", "sharpe");
    add_metric_highlight(report, whole, "Max drawdown, whole", "max_drawdown");
}

/* --- facts ------------------------------------------------------------------------------------ */

static void add_data_facts(SyReport *report, const SyStrategyRun *run,
                           const SyStrategyView *shown) {
    const SyPanel *panel = run->panel;
    g_autofree char *symbols = symbols_text(panel), *from = NULL, *to = NULL;
    g_autofree char *bars = sy_report_format(SY_UNIT_COUNT, (double)panel->rows);
    from = time_text(panel->rows ? panel->time[0] : SY_TIME_NONE);
    to = time_text(panel->rows ? panel->time[panel->rows - 1] : SY_TIME_NONE);
    char timeframe[SY_TIME_TEXT_SIZE];
    sy_report_add_fact(report, "Symbols", "%s", symbols);
    sy_report_add_fact(report, "Loader", "%s", run->loader);
    sy_report_add_fact(report, "Source", "%s", panel->source ? panel->source : "n/a");
    sy_report_add_fact(report, "Data range", "%s to %s UTC", from, to);
    sy_report_add_fact(report, "Bars", "%s of %s", bars,
                       sy_timeframe_format(panel->timeframe, timeframe));
    gsize gaps = 0, missing = 0, duplicates = 0;
    for (gsize s = 0; s < panel->symbols; s++) {
        gaps += panel->provenance[s].gaps;
        missing += panel->provenance[s].missing;
        duplicates += panel->provenance[s].duplicates;
    }
    if (gaps)
        sy_report_add_fact(report, "Gaps", "%" G_GSIZE_FORMAT " (%" G_GSIZE_FORMAT " bars)", gaps,
                           missing);
    else
        sy_report_add_fact(report, "Gaps", "none");
    if (duplicates)
        sy_report_add_fact(report, "Duplicate bars", "%" G_GSIZE_FORMAT " (the last stored counts)",
                           duplicates);
    if (shown->first) {
        g_autofree char *start = time_text(shown->rows ? panel->time[shown->first] : SY_TIME_NONE);
        sy_report_add_fact(report, "Period shown", "from %s UTC", start);
    }
}

static void add_model_facts(SyReport *report, const SyStrategyRun *run) {
    sy_report_add_fact(report, "Model", "%s", run->model);
    sy_report_add_fact(report, "Signals", "%s", run->signal_rule);
    sy_report_add_fact(report, "Thresholds", "long %.6g → %.6g, short %.6g → %.6g",
                       run->long_entries, run->long_exits, run->short_entries, run->short_exits);
    sy_report_add_fact(report, "Template", "%s · %.12s", run->study_name,
                       run->template_hash ? run->template_hash : "no hash");
    sy_report_add_fact(report, "Program", "Systematica %s", SY_VERSION);
}

static void add_portfolio_facts(SyReport *report, const SyStrategyRun *run,
                                const SyStrategyView *whole) {
    const SyPortfolioConfig *portfolio = run->portfolio;
    g_autofree char *size = sizes_text(&portfolio->size);
    g_autofree char *fees = numbers_text(&portfolio->fees, SY_UNIT_FRACTION);
    g_autofree char *fixed = numbers_text(&portfolio->fixed_fees, SY_UNIT_MONEY);
    g_autofree char *slippage = numbers_text(&portfolio->slippage, SY_UNIT_FRACTION);
    g_autofree char *cash = sy_report_format(SY_UNIT_MONEY, whole->ledger->init_value[0]);
    g_autofree char *year = sy_report_format(SY_UNIT_COUNT, whole->input.annualisation);
    sy_report_add_fact(report, "Order size", "%s (%s)", size,
                       choice_text("size_type", portfolio->size_type));
    sy_report_add_fact(report, "Fill price", "%s%s", choice_text("price", portfolio->price),
                       portfolio->from_ago ? ", delayed (from_ago)" : " of the deciding bar");
    if (all_zero(&portfolio->fees) && all_zero(&portfolio->fixed_fees))
        sy_report_add_fact(report, "Fees", "none");
    else
        sy_report_add_fact(report, "Fees", "%s and %s per order", fees, fixed);
    sy_report_add_fact(report, "Slippage", "%s",
                       all_zero(&portfolio->slippage) ? "none" : slippage);
    sy_report_add_fact(report, "Start value", "%s%s", cash,
                       portfolio->cash_sharing ? ", one cash pool" : ", cash per symbol");
    sy_report_add_fact(report, "Annualisation", "A = %s rows a year (year_freq %s)", year,
                       portfolio->year_freq ? portfolio->year_freq : "365 days");
}

/* --- the report ------------------------------------------------------------------------------- */

/* The first row at or after `since`. */
static gsize first_row(const SyPanel *panel, gsize rows, SyTime since) {
    gsize low = 0, high = since == SY_TIME_NONE ? 0 : rows;
    while (low < high) {
        gsize middle = low + (high - low) / 2;
        if (panel->time[middle] < since)
            low = middle + 1;
        else
            high = middle;
    }
    return low;
}

static void add_sections(SyReport *report, const SyStrategyRun *run, const SyStrategyView *shown,
                         const SyStrategyView *whole) {
    bool is_part = shown != whole;
    sy_strategy_add_equity(report, shown, "equity", is_part ? "Equity, period shown" : "Equity");
    sy_strategy_add_drawdown(report, shown);
    if (is_part)
        sy_strategy_add_equity(report, whole, "equity_whole", "Equity, whole history");
    sy_strategy_add_months(report, whole);
    sy_strategy_add_metrics(report, shown, whole);
    sy_strategy_add_prices(report, run, shown);
    sy_strategy_add_output(report, run, shown);
    sy_strategy_add_exposure(report, run, shown);
    sy_strategy_add_drawdown_table(report, shown);
    sy_strategy_add_splits(report, run);
    sy_strategy_add_trades(report, run, shown);
}

SyReport *sy_strategy_report_new(const SyStrategyRun *run, SyTime since, SyTime created) {
    SyReport *report = sy_report_new(run->study_name, created);
    g_autoptr(SyStrategyView) whole = sy_strategy_view_new(run, 0);
    gsize first = first_row(run->panel, run->ledger->rows, since);
    g_autoptr(SyStrategyView) part = first ? sy_strategy_view_new(run, first) : NULL;
    const SyStrategyView *shown = part ? part : whole;
    report->subtitle = subtitle(run, shown);
    report->headline = headline(run);
    add_warnings(report, run->warning);
    add_highlights(report, run, shown, whole);
    add_data_facts(report, run, shown);
    add_model_facts(report, run);
    add_portfolio_facts(report, run, whole);
    add_sections(report, run, shown, whole);
    return report;
}
