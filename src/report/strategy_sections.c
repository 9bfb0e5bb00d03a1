/* What a strategy's report shows, section by section. */
#include "report/strategy_sections.h"

#include <math.h>
#include <string.h>

#include "base/text.h"
#include "report/palette.h"

#define TIME_LABEL "Time (UTC)"
#define LOG_SPAN 3.0 /* highest over lowest value from which a logarithmic figure is added */
#define DRAWDOWNS_MAX 10
#define ANNUALISED_DAYS_MIN 30.0
#define OUTPUT_ROWS_READABLE 1000 /* of a model's output in one figure */

/* --- metrics ---------------------------------------------------------------------------------- */

/* Metrics that a held benchmark has as well. */
static bool benchmark_has(const char *name) {
    static const char *const names[] = {"start_value",
                                        "end_value",
                                        "total_return",
                                        "annualised_return",
                                        "annualised_volatility",
                                        "sharpe",
                                        "sortino",
                                        "calmar",
                                        "omega",
                                        "max_drawdown",
                                        "max_drawdown_duration",
                                        "var_5",
                                        "cvar_5",
                                        "tail_ratio",
                                        "skew",
                                        "kurtosis",
                                        "ulcer_index"};
    for (gsize i = 0; i < G_N_ELEMENTS(names); i++)
        if (strcmp(name, names[i]) == 0)
            return true;
    return false;
}

/* Compounding a few days to a year says nothing. */
static bool is_too_short(const SyMetric *metric, const SyMetricInput *input) {
    static const char *const names[] = {"annualised_return", "calmar", "alpha"};
    double days = (double)input->rows * input->row_seconds / 86400;
    for (gsize i = 0; i < G_N_ELEMENTS(names); i++)
        if (strcmp(metric->name, names[i]) == 0)
            return days < ANNUALISED_DAYS_MIN;
    return false;
}

/* Nothing where input is NULL. */
static void add_metric(SyReportColumn *column, const SyMetric *metric, const SyMetricInput *input) {
    g_autofree char *text =
        input && is_too_short(metric, input) ? g_strdup("n/a")
        : input ? sy_report_format(sy_report_unit_of(metric->unit), metric->compute(input))
                : g_strdup("");
    sy_column_add_text(column, text);
}

static SyReportColumn *figure_column(SyReportSection *section, const char *name,
                                     const char *title) {
    SyReportColumn *column = sy_section_add_column(section, name, title, SY_UNIT_TEXT);
    column->right = true;
    return column;
}

void sy_strategy_add_metrics(SyReport *report, const SyStrategyView *shown,
                             const SyStrategyView *whole) {
    SyReportSection *section = sy_report_add_table(
        report, "metrics", "Key figures",
        "Benchmark: equal money in every leg from the first row on, held, without "
        "costs. n/a: not defined, or less than 30 days compounded to a year.");
    section->on_sheet = true;
    bool is_part = shown != whole;
    SyReportColumn *names = sy_section_add_column(section, "metric", "Figure", SY_UNIT_TEXT);
    SyReportColumn *of_shown =
        figure_column(section, "strategy", is_part ? "Period shown" : "Strategy");
    SyReportColumn *of_whole =
        is_part ? figure_column(section, "whole_history", "Whole history") : NULL;
    SyReportColumn *of_benchmark = figure_column(section, "benchmark", "Benchmark");
    for (gsize i = 0; i < sy_n_metrics; i++) {
        const SyMetric *metric = &sy_metrics[i];
        sy_column_add_text(names, metric->title);
        add_metric(of_shown, metric, &shown->input);
        if (is_part)
            add_metric(of_whole, metric, &whole->input);
        add_metric(of_benchmark, metric,
                   benchmark_has(metric->name) ? &shown->benchmark_input : NULL);
    }
}

/* --- value ------------------------------------------------------------------------------------ */

static SyReportSection *add_time_plot(SyReport *report, const char *id, const char *title,
                                      const char *note, const char *y_label, SyReportUnit unit) {
    SyReportSection *section =
        sy_report_add_plot(report, id, title, note, TIME_LABEL, y_label, unit);
    section->x_is_time = true;
    return section;
}

static void add_value_series(SyReportSection *section, const SyStrategyView *view) {
    sy_section_add_series(section, "Strategy", SY_SERIES_LINE, SY_COLOUR_STRATEGY, view->time,
                          view->ledger->value, view->rows);
    sy_section_add_series(section, "Benchmark", SY_SERIES_LINE, SY_COLOUR_BENCHMARK, view->time,
                          view->benchmark->value, view->rows);
}

/* Highest over lowest, where all are above 0; else 1. */
static double span_of(const double *value, gsize n) {
    double low = INFINITY, high = 0;
    for (gsize i = 0; i < n; i++) {
        low = fmin(low, value[i]);
        high = fmax(high, value[i]);
    }
    return low > 0 && isfinite(high) ? high / low : 1;
}

void sy_strategy_add_equity(SyReport *report, const SyStrategyView *view, const char *id,
                            const char *title) {
    SyReportSection *section =
        add_time_plot(report, id, title,
                      "Value of the portfolio at each close, against equal money in every leg.",
                      "Value (money)", SY_UNIT_MONEY);
    section->on_sheet = true;
    add_value_series(section, view);
    if (span_of(view->ledger->value, view->rows) < LOG_SPAN &&
        span_of(view->benchmark->value, view->rows) < LOG_SPAN)
        return;
    g_autofree char *log_id = g_strconcat(id, "_log", NULL);
    g_autofree char *log_title = g_strconcat(title, ", logarithmic", NULL);
    section =
        add_time_plot(report, log_id, log_title, "Equal distances are equal percentage changes.",
                      "Value (money, logarithmic)", SY_UNIT_MONEY);
    section->y_log = true;
    section->is_repeat = true;
    add_value_series(section, view);
}

void sy_strategy_add_drawdown(SyReport *report, const SyStrategyView *view) {
    SyReportSection *section =
        add_time_plot(report, "drawdown", "Drawdown", "Distance of the value from its highest.",
                      "Below the highest value (%)", SY_UNIT_FRACTION);
    section->on_sheet = true;
    g_autofree double *drawdown = sy_strategy_view_drawdown(view);
    sy_section_add_series(section, "Strategy", SY_SERIES_AREA, SY_COLOUR_SHORT, view->time,
                          drawdown, view->rows);
}

/* --- months ----------------------------------------------------------------------------------- */

/* A close at midnight belongs to the day that ends there; not that of the first row, whose change
 * is from its own price. */
static SyDate date_of_close(const SyStrategyView *view, gsize row) {
    return sy_date_from_days((gint64)floor((view->time[row] - (row ? 1e-3 : 0)) / 86400));
}

/* Returns per month: cell [year − first year][month], column 12 the year; NaN = no close there. */
static GArray *monthly_returns(const SyStrategyView *view, int first_year, int years) {
    GArray *cells = g_array_new(FALSE, FALSE, sizeof(double));
    for (int i = 0; i < years * 13; i++)
        g_array_append_vals(cells, &(double){NAN}, 1);
    double before = view->ledger->init_value[0], month_start = before, year_start = before;
    for (gsize row = 0; row < view->rows; row++) {
        SyDate date = date_of_close(view, row);
        double *year = &g_array_index(cells, double, (date.year - first_year) * 13);
        if (isnan(year[12]))
            year_start = before;
        if (isnan(year[date.month - 1]))
            month_start = before;
        before = view->grown[row];
        year[date.month - 1] = before / month_start - 1;
        year[12] = before / year_start - 1;
    }
    return cells;
}

void sy_strategy_add_months(SyReport *report, const SyStrategyView *view) {
    static const char *const names[] = {"jan", "feb", "mar", "apr", "may", "jun", "jul",
                                        "aug", "sep", "oct", "nov", "dec", "year"};
    static const char *const titles[] = {"Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul",
                                         "Aug", "Sep", "Oct", "Nov", "Dec", "Year"};
    SyReportSection *section =
        sy_report_add_heatmap(report, "monthly_returns", "Monthly returns",
                              "Per cent, whole history; months of the closes, UTC.");
    section->on_sheet = true;
    SyReportColumn *labels = sy_section_add_column(section, "label", "Year", SY_UNIT_TEXT);
    if (view->rows == 0)
        return;
    int first_year = date_of_close(view, 0).year;
    int years = date_of_close(view, view->rows - 1).year - first_year + 1;
    g_autoptr(GArray) cells = monthly_returns(view, first_year, years);
    for (int year = 0; year < years; year++) {
        g_autofree char *label = g_strdup_printf("%d", first_year + year);
        sy_column_add_text(labels, label);
    }
    for (int month = 0; month < 13; month++) {
        SyReportColumn *column =
            sy_section_add_column(section, names[month], titles[month], SY_UNIT_FRACTION);
        for (int year = 0; year < years; year++)
            sy_column_add_number(column, g_array_index(cells, double, year * 13 + month));
    }
}

/* --- prices and model ------------------------------------------------------------------------- */

typedef struct {
    GArray *x, *y;
} Marks;

static void marks_clear(Marks *marks) {
    g_array_unref(marks->x);
    g_array_unref(marks->y);
}

static void add_marks(SyReportSection *section, const char *name, SySeriesKind kind, int colour,
                      const Marks *marks) {
    sy_section_add_series(section, name, kind, colour, (const double *)(void *)marks->x->data,
                          (const double *)(void *)marks->y->data, marks->x->len);
}

static void mark(Marks *marks, double x, double y) {
    g_array_append_val(marks->x, x);
    g_array_append_val(marks->y, y);
}

/* Entries are where positions began, exits where trades were closed. */
static void add_trade_marks(SyReportSection *section, const SyStrategyRun *run,
                            const SyStrategyView *view, gsize leg) {
    Marks marks[3];
    for (gsize i = 0; i < G_N_ELEMENTS(marks); i++)
        marks[i] = (Marks){g_array_new(FALSE, FALSE, sizeof(double)),
                           g_array_new(FALSE, FALSE, sizeof(double))};
    for (guint i = 0; i < run->ledger->positions->len; i++) {
        const SyTradeRecord *trade = sy_ledger_position(run->ledger, i);
        if (trade->column == leg && trade->entry_row >= view->first)
            mark(&marks[trade->direction == SY_LONG ? 0 : 1],
                 view->time[trade->entry_row - view->first], trade->entry_price);
    }
    for (guint i = 0; i < view->ledger->trades->len; i++) {
        const SyTradeRecord *trade = sy_ledger_trade(view->ledger, i);
        if (trade->column == leg && !trade->is_open)
            mark(&marks[2], view->time[trade->exit_row], trade->exit_price);
    }
    add_marks(section, "Long entry", SY_SERIES_MARK_UP, SY_COLOUR_LONG, &marks[0]);
    add_marks(section, "Short entry", SY_SERIES_MARK_DOWN, SY_COLOUR_SHORT, &marks[1]);
    add_marks(section, "Exit", SY_SERIES_MARK_EXIT, SY_COLOUR_EXIT, &marks[2]);
    for (gsize i = 0; i < G_N_ELEMENTS(marks); i++)
        marks_clear(&marks[i]);
}

static int leg_colour(gsize leg) { return leg % 2 ? SY_COLOUR_SECOND_LEG : SY_COLOUR_FIRST_LEG; }

void sy_strategy_add_prices(SyReport *report, const SyStrategyRun *run,
                            const SyStrategyView *view) {
    for (gsize leg = 0; leg < view->prices.columns; leg++) {
        const char *symbol = run->panel->symbol[leg];
        g_autofree char *id = g_strdup_printf("price_%" G_GSIZE_FORMAT, leg + 1);
        g_autofree char *title = g_strconcat(symbol, ": price, entries and exits", NULL);
        g_autofree char *axis = g_strconcat("Close of ", symbol, " (money)", NULL);
        SyReportSection *section = add_time_plot(report, id, title, NULL, axis, SY_UNIT_PRICE);
        section->on_sheet = true;
        section->is_half = view->prices.columns % 2 == 0;
        sy_section_add_series(section, symbol, SY_SERIES_LINE, leg_colour(leg), view->time,
                              view->prices.close + leg * view->rows, view->rows);
        add_trade_marks(section, run, view, leg);
    }
}

/* Levels of one value share a line: "Long exit, short exit 0". */
static void add_levels(SyReportSection *section, const SyStrategyRun *run) {
    const struct {
        const char *name;
        double value;
        int colour;
        bool dashed;
    } levels[] = {
        {"Long entry", run->long_entries, SY_COLOUR_LONG, false},
        {"Short entry", run->short_entries, SY_COLOUR_SHORT, false},
        {"Long exit", run->long_exits, SY_COLOUR_EXIT, true},
        {"Short exit", run->short_exits, SY_COLOUR_EXIT, true},
        {"Upper bound", run->output_upper, SY_COLOUR_LEVEL, true},
        {"Lower bound", run->output_lower, SY_COLOUR_LEVEL, true},
    };
    for (gsize i = 0; i < G_N_ELEMENTS(levels); i++) {
        if (!isfinite(levels[i].value))
            continue;
        g_autoptr(GString) name = g_string_new(levels[i].name);
        bool is_named = false;
        for (gsize j = 0; j < G_N_ELEMENTS(levels); j++) {
            if (j == i || levels[j].value != levels[i].value)
                continue;
            is_named |= j < i;
            g_string_append_printf(name, ", %s", levels[j].name);
        }
        if (is_named)
            continue;
        g_string_append_printf(name, " %.4g", levels[i].value);
        sy_section_add_series(section, name->str, SY_SERIES_LEVEL, levels[i].colour, NULL,
                              &levels[i].value, 1)
            ->dashed = levels[i].dashed;
    }
}

static SyReportSection *add_output_rows(SyReport *report, const SyStrategyRun *run,
                                        const SyStrategyView *view, gsize first, const char *id,
                                        const char *title) {
    g_autofree char *note = g_strdup_printf(
        "A high value of a leg says “long that leg”. Signals: %s.", run->signal_rule);
    SyReportSection *section =
        add_time_plot(report, id, title, note, "Output (no unit)", SY_UNIT_NUMBER);
    for (gsize c = 0; c < run->output->columns; c++)
        sy_section_add_series(section, c < run->panel->symbols ? run->panel->symbol[c] : "Output",
                              SY_SERIES_LINE, leg_colour(c), view->time + first,
                              sy_matrix_column(run->output, c) + view->first + first,
                              view->rows - first);
    add_levels(section, run);
    return section;
}

void sy_strategy_add_output(SyReport *report, const SyStrategyRun *run,
                            const SyStrategyView *view) {
    g_autofree char *title = g_strconcat("Model output: ", run->model, NULL);
    bool is_long = view->rows > OUTPUT_ROWS_READABLE * 3 / 2;
    if (is_long) {
        g_autofree char *bars = sy_report_format(SY_UNIT_COUNT, OUTPUT_ROWS_READABLE);
        g_autofree char *recent = g_strdup_printf("%s, newest %s bars", title, bars);
        SyReportSection *newest = add_output_rows(
            report, run, view, view->rows - OUTPUT_ROWS_READABLE, "model_output_recent", recent);
        newest->on_sheet = newest->is_repeat = true;
    }
    add_output_rows(report, run, view, 0, "model_output", title)->on_sheet = !is_long;
}

void sy_strategy_add_exposure(SyReport *report, const SyStrategyRun *run,
                              const SyStrategyView *view) {
    SyReportSection *section =
        add_time_plot(report, "exposure", "Positions",
                      "Position times close as a share of the portfolio's value; short below 0.",
                      "Exposure (% of value)", SY_UNIT_FRACTION);
    g_autofree double *exposure = g_new(double, MAX(view->rows, 1));
    for (gsize leg = 0; leg < view->prices.columns; leg++) {
        const double *position = view->ledger->position + leg * view->rows;
        const double *close = view->close + leg * view->rows;
        for (gsize row = 0; row < view->rows; row++)
            exposure[row] =
                position[row] == 0 ? 0 : position[row] * close[row] / view->ledger->value[row];
        sy_section_add_series(section, run->panel->symbol[leg], SY_SERIES_STEP, leg_colour(leg),
                              view->time, exposure, view->rows);
    }
}

/* --- tables ----------------------------------------------------------------------------------- */

static double depth(const SyDrawdownRecord *drawdown) {
    return drawdown->valley_value / drawdown->peak_value - 1;
}

static gint by_depth(gconstpointer a, gconstpointer b) {
    double first = depth(*(SyDrawdownRecord *const *)a),
           second = depth(*(SyDrawdownRecord *const *)b);
    return (first > second) - (first < second);
}

void sy_strategy_add_drawdown_table(SyReport *report, const SyStrategyView *view) {
    SyReportSection *section = sy_report_add_table(report, "drawdowns", "Deepest drawdowns", NULL);
    SyReportColumn *start = sy_section_add_column(section, "start", "From", SY_UNIT_TIME);
    SyReportColumn *valley = sy_section_add_column(section, "valley", "Lowest", SY_UNIT_TIME);
    SyReportColumn *end = sy_section_add_column(section, "end", "Recovered", SY_UNIT_TIME);
    SyReportColumn *size = sy_section_add_column(section, "depth", "Depth", SY_UNIT_FRACTION);
    SyReportColumn *length = sy_section_add_column(section, "duration", "Length", SY_UNIT_SECONDS);
    g_autoptr(GPtrArray) sorted = g_ptr_array_new();
    for (guint i = 0; i < view->ledger->drawdowns->len; i++)
        g_ptr_array_add(sorted, sy_ledger_drawdown(view->ledger, i));
    g_ptr_array_sort(sorted, by_depth);
    for (guint i = 0; i < MIN(sorted->len, DRAWDOWNS_MAX); i++) {
        const SyDrawdownRecord *drawdown = g_ptr_array_index(sorted, i);
        sy_column_add_number(start, view->time[drawdown->start_row]);
        sy_column_add_number(valley, view->time[drawdown->valley_row]);
        sy_column_add_number(end, drawdown->is_active ? NAN : view->time[drawdown->end_row]);
        sy_column_add_number(size, depth(drawdown));
        sy_column_add_number(
            length, (double)(drawdown->end_row - drawdown->start_row + drawdown->is_active) *
                        view->input.row_seconds);
    }
}

/* Columns of the trades, in their order. */
typedef struct {
    SyReportColumn *id, *symbol, *direction, *size, *entry_time, *entry_price, *exit_time,
        *exit_price, *fees, *pnl, *result, *status;
} TradeColumns;

static TradeColumns add_trade_columns(SyReportSection *section) {
    return (TradeColumns){
        .id = sy_section_add_column(section, "id", "No.", SY_UNIT_COUNT),
        .symbol = sy_section_add_column(section, "symbol", "Symbol", SY_UNIT_TEXT),
        .direction = sy_section_add_column(section, "direction", "Side", SY_UNIT_TEXT),
        .size = sy_section_add_column(section, "size", "Size", SY_UNIT_NUMBER),
        .entry_time = sy_section_add_column(section, "entry_time", "Entry", SY_UNIT_TIME),
        .entry_price = sy_section_add_column(section, "entry_price", "Price", SY_UNIT_PRICE),
        .exit_time = sy_section_add_column(section, "exit_time", "Exit", SY_UNIT_TIME),
        .exit_price = sy_section_add_column(section, "exit_price", "Price", SY_UNIT_PRICE),
        .fees = sy_section_add_column(section, "fees", "Fees", SY_UNIT_MONEY),
        .pnl = sy_section_add_column(section, "pnl", "P&L", SY_UNIT_MONEY),
        .result = sy_section_add_column(section, "return", "Return", SY_UNIT_FRACTION),
        .status = sy_section_add_column(section, "status", "Status", SY_UNIT_TEXT),
    };
}

static void add_trade(const TradeColumns *columns, const SyStrategyRun *run,
                      const SyStrategyView *view, const SyTradeRecord *trade) {
    gsize entry = trade->entry_row + view->first, end = trade->exit_row + view->first;
    sy_column_add_number(columns->id, (double)trade->id);
    sy_column_add_text(columns->symbol, run->panel->symbol[trade->column]);
    sy_column_add_text(columns->direction, sy_direction_names[trade->direction]);
    sy_column_add_number(columns->size, trade->size);
    sy_column_add_number(columns->entry_time, (double)run->panel->time[entry] / (double)SY_SECOND);
    sy_column_add_number(columns->entry_price, trade->entry_price);
    sy_column_add_number(columns->exit_time, (double)run->panel->time[end] / (double)SY_SECOND);
    sy_column_add_number(columns->exit_price, trade->exit_price);
    sy_column_add_number(columns->fees, trade->entry_fees + trade->exit_fees);
    sy_column_add_number(columns->pnl, trade->pnl);
    sy_column_add_number(columns->result, trade->pnl_return);
    sy_column_add_text(columns->status, trade->is_open ? "open" : "closed");
}

void sy_strategy_add_trades(SyReport *report, const SyStrategyRun *run,
                            const SyStrategyView *view) {
    SyReportSection *section = sy_report_add_table(
        report, "trades", "Trades",
        "Newest first; one row per closed or reduced part of a position. What is open at the end "
        "stands at the last close. P&L in money, after fees.");
    TradeColumns columns = add_trade_columns(section);
    for (guint i = view->ledger->trades->len; i-- > 0;)
        add_trade(&columns, run, view, sy_ledger_trade(view->ledger, i));
}

void sy_strategy_add_splits(SyReport *report, const SyStrategyRun *run) {
    SyReportSection *section = sy_report_add_table(
        report, "splits", "Splits",
        "What the model learnt: each split trains on the rows before it is tested. τ is Kendall's; "
        "parameters in the order of the family (StudentT: ρ, ν; others: θ, δ).");
    static const struct {
        const char *name, *title;
        SyReportUnit unit;
    } rows[] = {
        {"id", "No.", SY_UNIT_COUNT},
        {"train_first_time", "Train from", SY_UNIT_TIME},
        {"train_last_time", "Train to", SY_UNIT_TIME},
        {"test_last_time", "Test to", SY_UNIT_TIME},
        {"pairs", "Pairs", SY_UNIT_COUNT},
        {"tau", "τ", SY_UNIT_NUMBER},
        {"family", "Copula", SY_UNIT_TEXT},
        {"rotation", "Rot.", SY_UNIT_TEXT},
        {"parameter_1", "Par. 1", SY_UNIT_NUMBER},
        {"parameter_2", "Par. 2", SY_UNIT_NUMBER},
        {"loglik", "Log-lik.", SY_UNIT_NUMBER},
        {"aic", "AIC", SY_UNIT_NUMBER},
        {"bic", "BIC", SY_UNIT_NUMBER},
    };
    SyReportColumn *columns[G_N_ELEMENTS(rows)];
    for (gsize c = 0; c < G_N_ELEMENTS(rows); c++)
        columns[c] = sy_section_add_column(section, rows[c].name, rows[c].title, rows[c].unit);
    for (guint i = 0; i < run->fits->len; i++) {
        const SyFit *fit = &g_array_index(run->fits, SyFit, i);
        const double numbers[G_N_ELEMENTS(rows)] = {
            i,
            (double)run->panel->time[fit->split.train_start] / (double)SY_SECOND,
            (double)run->panel->time[fit->split.train_end - 1] / (double)SY_SECOND,
            (double)run->panel->time[fit->split.test_end - 1] / (double)SY_SECOND,
            (double)fit->pairs,
            fit->tau,
            NAN,
            NAN,
            fit->parameters > 0 ? fit->parameter[0] : NAN,
            fit->parameters > 1 ? fit->parameter[1] : NAN,
            fit->loglik,
            fit->aic,
            fit->bic};
        for (gsize c = 0; c < G_N_ELEMENTS(rows); c++)
            if (rows[c].unit != SY_UNIT_TEXT)
                sy_column_add_number(columns[c], numbers[c]);
        sy_column_add_text(columns[6], fit->family);
        sy_column_add_text(columns[7], fit->rotation);
    }
}
