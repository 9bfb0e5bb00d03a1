/* Cuts a run to a period and adds its groups up. */
#include "report/strategy_view.h"

#include <math.h>
#include <string.h>

#include "portfolio/records.h"
#include "portfolio/series.h"

static void copy_prices(SyStrategyView *view, const SyStrategyRun *run) {
    gsize columns = run->prices->columns;
    view->close = g_new(double, MAX(columns * view->rows, 1));
    for (gsize c = 0; c < columns; c++)
        memcpy(view->close + c * view->rows,
               run->prices->close + c * run->prices->rows + view->first,
               view->rows * sizeof(double));
    view->prices = (SyPrices){.rows = view->rows, .columns = columns, .close = view->close};
}

static void copy_times(SyStrategyView *view, const SyPanel *panel) {
    view->time = g_new(double, MAX(view->rows, 1));
    for (gsize row = 0; row < view->rows; row++)
        view->time[row] = (double)panel->time[view->first + row] / (double)SY_SECOND;
}

/* Σ over groups of one row, counted in the run. */
static double total(const SyLedger *ledger, const double *series, gsize row) {
    double sum = 0;
    for (gsize g = 0; g < ledger->groups; g++)
        sum += series[g * ledger->rows + row];
    return sum;
}

static double start_value(const SyLedger *ledger, gsize first) {
    double sum = 0;
    for (gsize g = 0; g < ledger->groups; g++)
        sum += first ? ledger->value[g * ledger->rows + first - 1] : ledger->init_value[g];
    return sum;
}

static void fill_returns(SyLedger *ledger) {
    g_autofree double *paid = g_new0(double, MAX(ledger->rows, 1));
    for (guint i = 0; i < ledger->marks->len; i++)
        paid[sy_ledger_mark(ledger, i)->row] += sy_ledger_mark(ledger, i)->deposit;
    double before = ledger->init_value[0];
    for (gsize row = 0; row < ledger->rows; row++) {
        before += paid[row];
        ledger->returns[row] = before > 0 ? ledger->value[row] / before - 1 : NAN;
        before = ledger->value[row];
    }
}

static void copy_records(SyLedger *cut, const SyLedger *ledger, gsize first) {
    for (guint i = 0; i < ledger->orders->len; i++) {
        SyOrderRecord order = *sy_ledger_order(ledger, i);
        if (order.row < first)
            continue;
        order.row -= first;
        g_array_append_val(cut->orders, order);
    }
    for (guint i = 0; i < ledger->trades->len; i++) {
        SyTradeRecord trade = *sy_ledger_trade(ledger, i);
        if (trade.exit_row < first)
            continue;
        trade.entry_row -= first;
        trade.exit_row -= first;
        g_array_append_val(cut->trades, trade);
    }
    for (guint i = 0; i < ledger->marks->len; i++) {
        const SyLedgerMark *mark = sy_ledger_mark(ledger, i);
        SyLedgerMark deposit = {
            .row = mark->row - first, .column = SY_LEDGER_NO_COLUMN, .deposit = mark->deposit};
        if (mark->deposit != 0 && mark->row >= first)
            g_array_append_val(cut->marks, deposit);
    }
}

static SyLedger *cut_ledger(const SyLedger *ledger, gsize first, gsize rows) {
    SyLedger *cut = sy_ledger_new(rows, ledger->columns, true);
    sy_ledger_add_series(cut);
    cut->init_value[0] = start_value(ledger, first);
    for (gsize row = 0; row < rows; row++) {
        double exposed = 0;
        for (gsize g = 0; g < ledger->groups; g++)
            exposed += ledger->gross[g * ledger->rows + first + row] *
                       ledger->value[g * ledger->rows + first + row];
        cut->cash[row] = total(ledger, ledger->cash, first + row);
        cut->value[row] = total(ledger, ledger->value, first + row);
        cut->gross[row] = ledger->groups == 1 ? ledger->gross[first + row]
                          : exposed == 0      ? 0
                                              : exposed / cut->value[row];
    }
    cut->init_cash[0] = first ? total(ledger, ledger->cash, first - 1) : cut->init_value[0];
    for (gsize c = 0; c < ledger->columns; c++)
        memcpy(cut->position + c * rows, ledger->position + c * ledger->rows + first,
               rows * sizeof(double));
    copy_records(cut, ledger, first);
    fill_returns(cut);
    return cut;
}

static double *grown_of(const SyLedger *ledger) {
    double *grown = g_new(double, MAX(ledger->rows, 1));
    const double *from = sy_series_grown(ledger, 0, ledger->value, ledger->returns, grown);
    if (from != grown)
        memcpy(grown, from, ledger->rows * sizeof *grown);
    return grown;
}

/* Missing prices carry the last one, as in the metrics. */
static SyLedger *benchmark_ledger(const SyStrategyView *view) {
    gsize columns = view->prices.columns;
    SyLedger *held = sy_ledger_new(view->rows, columns, true);
    sy_ledger_add_series(held);
    double start = view->ledger->init_value[0];
    held->init_value[0] = held->init_cash[0] = start;
    for (gsize c = 0; c < columns; c++) {
        const double *close = view->close + c * view->rows;
        double first = NAN, ratio = 1;
        for (gsize row = 0; row < view->rows; row++) {
            if (isnan(first))
                first = close[row];
            if (!isnan(close[row]))
                ratio = close[row] / first;
            held->value[row] += start * ratio / (double)columns;
        }
    }
    fill_returns(held);
    sy_records_drawdowns(held, 0, held->value);
    return held;
}

SyStrategyView *sy_strategy_view_new(const SyStrategyRun *run, gsize first) {
    SyStrategyView *view = g_new0(SyStrategyView, 1);
    view->first = first;
    view->rows = run->ledger->rows - first;
    copy_times(view, run->panel);
    copy_prices(view, run);
    view->ledger = cut_ledger(run->ledger, first, view->rows);
    view->grown = grown_of(view->ledger);
    sy_records_drawdowns(view->ledger, 0, view->grown);
    view->benchmark = benchmark_ledger(view);
    view->input =
        sy_metric_input(run->portfolio, run->panel->timeframe, view->ledger, &view->prices, 0);
    view->benchmark_input =
        sy_metric_input(run->portfolio, run->panel->timeframe, view->benchmark, &view->prices, 0);
    return view;
}

void sy_strategy_view_free(SyStrategyView *view) {
    if (!view)
        return;
    g_free(view->time);
    g_free(view->close);
    g_free(view->grown);
    sy_ledger_free(view->ledger);
    sy_ledger_free(view->benchmark);
    g_free(view);
}

double sy_strategy_view_metric(const SyStrategyView *view, const char *name) {
    const SyMetric *metric = sy_metric_find(name);
    g_assert(metric);
    return metric->compute(&view->input);
}

double *sy_strategy_view_drawdown(const SyStrategyView *view) {
    double *drawdown = g_new(double, MAX(view->rows, 1));
    double peak = view->ledger->init_value[0];
    for (gsize row = 0; row < view->rows; row++) {
        peak = fmax(peak, view->grown[row]);
        drawdown[row] = peak > 0 ? view->grown[row] / peak - 1 : NAN;
    }
    return drawdown;
}
