/* Builds a strategy report section by section. The figures mean nothing; their shapes do. */
#include "strategy_report.h"

#include <math.h>

#include "report/palette.h"

#define START 1514764800.0 /* 2018-01-01 */
#define HOUR 3600.0
#define LEGS 2

typedef struct {
    gsize n;
    double *time, *price[LEGS], *equity, *benchmark, *output, *position;
} Bars;

static double uniform(guint64 *state) {
    *state ^= *state << 13;
    *state ^= *state >> 7;
    *state ^= *state << 17;
    return (double)(*state >> 11) / 9007199254740992.0;
}

static double normal(guint64 *state) {
    double sum = -6;
    for (int i = 0; i < 12; i++)
        sum += uniform(state);
    return sum;
}

static void bars_clear(Bars *bars) {
    g_free(bars->time);
    g_free(bars->price[0]);
    g_free(bars->price[1]);
    g_free(bars->equity);
    g_free(bars->benchmark);
    g_free(bars->output);
    g_free(bars->position);
}

/* Output wanders and returns to 0; the position follows its thresholds. */
static void bars_init(Bars *bars, gsize n) {
    guint64 state = 20180101;
    *bars = (Bars){.n = n,
                   .time = g_new(double, n),
                   .price = {g_new(double, n), g_new(double, n)},
                   .equity = g_new(double, n),
                   .benchmark = g_new(double, n),
                   .output = g_new(double, n),
                   .position = g_new(double, n)};
    double price[LEGS] = {13880.25, 741.37}, equity = 1e5, output = 0, position = 0;
    for (gsize t = 0; t < n; t++) {
        double common = 0.006 * normal(&state), change[LEGS];
        for (int leg = 0; leg < LEGS; leg++) {
            change[leg] = common + 0.003 * normal(&state);
            price[leg] *= exp(change[leg]);
            bars->price[leg][t] = price[leg];
        }
        equity *= 1 + position * 0.5 * (change[1] - change[0]) + 0.00002;
        output += 0.25 * normal(&state) - 0.08 * output;
        if (output > 0.78)
            position = 1;
        else if (output < -1.33)
            position = -1;
        else if (position * output < 0)
            position = 0;
        /* A day without bars each 200, as venues have. */
        bars->time[t] = START + HOUR * (double)(t + 24 * (t / 4800));
        bars->equity[t] = equity;
        bars->benchmark[t] = 1e5 * price[0] / 13880.25;
        bars->output[t] = t < n / 7 ? (double)NAN : fmax(-1.57, fmin(1.11, output));
        bars->position[t] = position;
    }
}

static SyReportSection *add_time_plot(SyReport *report, const char *id, const char *title,
                                      const char *note, const char *y_label, SyReportUnit unit) {
    SyReportSection *section =
        sy_report_add_plot(report, id, title, note, "Time (UTC)", y_label, unit);
    section->x_is_time = true;
    return section;
}

static void add_metrics(SyReport *report) {
    static const struct {
        const char *name;
        SyReportUnit unit;
        double strategy, benchmark;
    } rows[] = {
        {"Total return", SY_UNIT_FRACTION, 0.8431, 1.1204},
        {"Annualised return", SY_UNIT_FRACTION, 0.2651, 0.3356},
        {"Annualised volatility", SY_UNIT_FRACTION, 0.1702, 0.7011},
        {"Sharpe ratio", SY_UNIT_NUMBER, 1.4731, 0.7562},
        {"Largest drawdown", SY_UNIT_FRACTION, -0.1134, -0.8123},
        {"Longest drawdown", SY_UNIT_SECONDS, 97 * 86400.0 + 5 * HOUR, 431 * 86400.0},
        {"Final value", SY_UNIT_MONEY, 184310.28, 212040.11},
        {"Trades", SY_UNIT_COUNT, 1312, (double)NAN},
        {"Since", SY_UNIT_TIME, START, START},
    };
    SyReportSection *section = sy_report_add_table(report, "metrics", "Metrics", NULL);
    SyReportColumn *name = sy_section_add_column(section, "metric", "Metric", SY_UNIT_TEXT);
    SyReportColumn *strategy = sy_section_add_column(section, "strategy", "Strategy", SY_UNIT_TEXT);
    SyReportColumn *benchmark =
        sy_section_add_column(section, "benchmark", "Benchmark", SY_UNIT_TEXT);
    for (gsize i = 0; i < G_N_ELEMENTS(rows); i++) {
        g_autofree char *left = sy_report_format(rows[i].unit, rows[i].strategy);
        g_autofree char *right = sy_report_format(rows[i].unit, rows[i].benchmark);
        sy_column_add_text(name, rows[i].name);
        sy_column_add_text(strategy, left);
        sy_column_add_text(benchmark, right);
    }
}

static void add_equity(SyReport *report, const Bars *bars) {
    static const struct {
        const char *id, *title;
        bool log;
    } kinds[] = {{"equity", "Equity", false}, {"equity_log", "Equity, logarithmic", true}};
    for (gsize i = 0; i < G_N_ELEMENTS(kinds); i++) {
        SyReportSection *section =
            add_time_plot(report, kinds[i].id, kinds[i].title,
                          "Value of the account after costs, beside holding the first leg.",
                          "Value (USD)", SY_UNIT_MONEY);
        section->y_log = kinds[i].log;
        section->on_sheet = !kinds[i].log;
        sy_section_add_series(section, "Strategy", SY_SERIES_LINE, SY_COLOUR_STRATEGY, bars->time,
                              bars->equity, bars->n);
        sy_section_add_series(section, "Benchmark", SY_SERIES_LINE, SY_COLOUR_BENCHMARK, bars->time,
                              bars->benchmark, bars->n)
            ->dashed = true;
    }
}

static void add_drawdown(SyReport *report, const Bars *bars) {
    SyReportSection *section =
        add_time_plot(report, "drawdown", "Drawdown", NULL, "Below the peak (%)", SY_UNIT_FRACTION);
    g_autofree double *drawdown = g_new(double, bars->n);
    double peak = 0;
    for (gsize t = 0; t < bars->n; t++) {
        peak = fmax(peak, bars->equity[t]);
        drawdown[t] = bars->equity[t] / peak - 1;
    }
    sy_section_add_series(section, "Drawdown", SY_SERIES_AREA, SY_COLOUR_SHORT, bars->time,
                          drawdown, bars->n);
}

static void add_prices(SyReport *report, const Bars *bars) {
    SyReportSection *section =
        add_time_plot(report, "prices", "Prices with entries and exits",
                      "Marks stand at the first leg's price.", "BTC-USD (USD)", SY_UNIT_PRICE);
    section->y_right_label = g_strdup("ETH-USD (USD)");
    static const struct {
        const char *name;
        SySeriesKind kind;
        SyColour colour;
        double from, to; /* of the position; NaN = any but 0 */
    } marks[] = {
        {"Long entry", SY_SERIES_MARK_UP, SY_COLOUR_LONG, (double)NAN, 1},
        {"Short entry", SY_SERIES_MARK_DOWN, SY_COLOUR_SHORT, (double)NAN, -1},
        {"Exit", SY_SERIES_MARK_EXIT, SY_COLOUR_EXIT, (double)NAN, 0},
    };
    sy_section_add_series(section, "BTC-USD", SY_SERIES_LINE, SY_COLOUR_FIRST_LEG, bars->time,
                          bars->price[0], bars->n);
    sy_section_add_series(section, "ETH-USD", SY_SERIES_LINE, SY_COLOUR_SECOND_LEG, bars->time,
                          bars->price[1], bars->n)
        ->right_axis = true;
    g_autofree double *x = g_new(double, bars->n), *y = g_new(double, bars->n);
    for (gsize i = 0; i < G_N_ELEMENTS(marks); i++) {
        gsize n = 0;
        for (gsize t = 1; t < bars->n; t++)
            if (bars->position[t] != bars->position[t - 1] && bars->position[t] == marks[i].to) {
                x[n] = bars->time[t];
                y[n++] = bars->price[0][t];
            }
        sy_section_add_series(section, marks[i].name, marks[i].kind, (int)marks[i].colour, x, y, n);
    }
}

static void add_output(SyReport *report, const Bars *bars) {
    static const struct {
        const char *name;
        double level;
        SyColour colour;
    } levels[] = {{"Long entry above", 0.78, SY_COLOUR_LONG},
                  {"Short entry below", -1.33, SY_COLOUR_SHORT},
                  {"Exit", 0, SY_COLOUR_LEVEL}};
    SyReportSection *section =
        add_time_plot(report, "output", "Model output", "Nothing before the first test slice.",
                      "Arbitrage index (1)", SY_UNIT_NUMBER);
    sy_section_add_series(section, "Index", SY_SERIES_LINE, SY_COLOUR_STRATEGY, bars->time,
                          bars->output, bars->n);
    for (gsize i = 0; i < G_N_ELEMENTS(levels); i++)
        sy_section_add_series(section, levels[i].name, SY_SERIES_LEVEL, (int)levels[i].colour, NULL,
                              &levels[i].level, 1)
            ->dashed = i < 2;
}

static void add_newest(SyReport *report, const Bars *bars) {
    gsize n = bars->n / 10, from = bars->n - n;
    SyReportSection *section = add_time_plot(report, "newest", "Model output, newest bars", NULL,
                                             "Arbitrage index (1)", SY_UNIT_NUMBER);
    sy_section_add_series(section, "Index", SY_SERIES_LINE, SY_COLOUR_STRATEGY, bars->time + from,
                          bars->output + from, n);
}

static void add_position(SyReport *report, const Bars *bars) {
    SyReportSection *section =
        add_time_plot(report, "position", "Position", NULL, "Pairs held", SY_UNIT_COUNT);
    sy_section_add_series(section, "Position", SY_SERIES_STEP, SY_COLOUR_STRATEGY, bars->time,
                          bars->position, bars->n);
}

static void add_distribution(SyReport *report) {
    double x[41], y[41];
    for (int i = 0; i < 41; i++) {
        x[i] = (i - 20) * 0.1;
        y[i] = floor(900 * exp(-x[i] * x[i] * 2.2));
    }
    SyReportSection *section =
        sy_report_add_plot(report, "distribution", "Distribution of daily returns", NULL,
                           "Return (%)", "Days", SY_UNIT_COUNT);
    sy_section_add_series(section, "Days", SY_SERIES_BARS, SY_COLOUR_STRATEGY, x, y, 41);
}

static void add_months(SyReport *report) {
    static const char *const months[] = {"Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul",
                                         "Aug", "Sep", "Oct", "Nov", "Dec", "Year"};
    guint64 state = 4;
    SyReportSection *section =
        sy_report_add_heatmap(report, "months", "Monthly returns", "Returns after costs, in %.");
    SyReportColumn *year = sy_section_add_column(section, "year", "Year", SY_UNIT_TEXT);
    for (int i = 2018; i < 2021; i++) {
        g_autofree char *name = g_strdup_printf("%d", i);
        sy_column_add_text(year, name);
    }
    for (gsize m = 0; m < G_N_ELEMENTS(months); m++) {
        SyReportColumn *column =
            sy_section_add_column(section, months[m], months[m], SY_UNIT_FRACTION);
        for (int i = 0; i < 3; i++) {
            double value = 0.02 + 0.05 * normal(&state);
            sy_column_add_number(column, i == 2 && m >= 8 && m < 12 ? (double)NAN : value);
        }
    }
}

static void add_trades(SyReport *report, const Bars *bars) {
    static const char *const symbols[LEGS] = {"BTC-USD", "ETH-USD"};
    SyReportSection *section = sy_report_add_table(
        report, "trades", "Trades", "One row per leg, from its first fill to its last.");
    SyReportColumn *id = sy_section_add_column(section, "id", "Trade", SY_UNIT_COUNT);
    SyReportColumn *symbol = sy_section_add_column(section, "symbol", "Symbol", SY_UNIT_TEXT);
    SyReportColumn *side = sy_section_add_column(section, "direction", "Direction", SY_UNIT_TEXT);
    SyReportColumn *size = sy_section_add_column(section, "size", "Size", SY_UNIT_NUMBER);
    SyReportColumn *entry = sy_section_add_column(section, "entry_time", "Entry", SY_UNIT_TIME);
    SyReportColumn *price = sy_section_add_column(section, "entry_price", "Price", SY_UNIT_PRICE);
    SyReportColumn *held = sy_section_add_column(section, "held", "Held", SY_UNIT_SECONDS);
    SyReportColumn *fees = sy_section_add_column(section, "fees", "Fees (USD)", SY_UNIT_MONEY);
    SyReportColumn *pnl = sy_section_add_column(section, "pnl", "P&L (USD)", SY_UNIT_MONEY);
    SyReportColumn *gain = sy_section_add_column(section, "return", "Return", SY_UNIT_FRACTION);
    guint64 state = 11;
    gsize trade = 0;
    for (gsize t = 1; t < bars->n; t++) {
        if (bars->position[t] == bars->position[t - 1] || bars->position[t] == 0)
            continue;
        for (int leg = 0; leg < LEGS; leg++) {
            double profit = normal(&state) * 420 + 35;
            sy_column_add_number(id, (double)trade++);
            sy_column_add_text(symbol, symbols[leg]);
            sy_column_add_text(side, (bars->position[t] > 0) == (leg == 0) ? "long" : "short");
            sy_column_add_number(size, 5e4 / bars->price[leg][t]);
            sy_column_add_number(entry, bars->time[t]);
            sy_column_add_number(price, bars->price[leg][t]);
            sy_column_add_number(held, floor(1 + 60 * uniform(&state)) * HOUR);
            sy_column_add_number(fees, 25.5);
            sy_column_add_number(pnl, profit);
            sy_column_add_number(gain, profit / 5e4);
        }
    }
}

SyReport *strategy_report_new(const char *title, gsize bars) {
    Bars data;
    bars_init(&data, bars);
    SyReport *report = sy_report_new(title, (gint64)data.time[bars - 1] * SY_SECOND);
    report->subtitle = g_strdup("BTC-USD, ETH-USD · 1h · 2018-01-01 to 2020-08-05");
    report->headline = g_strdup("After costs of 0.1 % a side; break-even fee 0.34 %.");
    sy_report_add_highlight(report, "Total return", "84.31 %%");
    sy_report_add_highlight(report, "Sharpe ratio", "1.473");
    sy_report_add_highlight(report, "Largest drawdown", "-11.34 %%");
    sy_report_add_highlight(report, "Trades", "1,312");
    sy_report_add_highlight(report, "Won", "56.70 %%");
    sy_report_add_highlight(report, "Final value", "184,310.28");
    sy_report_add_warning(report, "24 bars are missing in 3 places; nothing was filled in.");
    sy_report_add_fact(report, "Template", "pair.toml, sha256 7c245b7d0f946d5b");
    sy_report_add_fact(report, "Fill price", "close of the deciding bar");
    sy_report_add_fact(report, "Fees", "0.1 %% of the value traded");
    sy_report_add_fact(report, "Annualised by", "8,766 bars a year");
    add_metrics(report);
    add_equity(report, &data);
    add_drawdown(report, &data);
    add_months(report);
    add_prices(report, &data);
    add_output(report, &data);
    add_newest(report, &data);
    add_position(report, &data);
    add_distribution(report);
    add_trades(report, &data);
    sy_report_add_table(report, "rejections", "Rejected orders", NULL);
    bars_clear(&data);
    return report;
}
