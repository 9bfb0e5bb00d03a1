/* The table of metrics: what reports and stats.json say of a ledger, one row per number, and the
 * walk over rows and records that they all share. */
#include "portfolio/metrics.h"

#include <math.h>
#include <string.h>

#include "base/threads.h"
#include "num/lanes.h"
#include "portfolio/records.h"
#include "portfolio/series.h"

/* ── the walk: rows ── */

static void walk_values(SyMetricInput *input, const double *value, const double *grown) {
    double peak = input->start_value, squares = 0;
    for (gsize row = 0; row < input->rows; row++) {
        if (grown[row] >= peak) {
            peak = grown[row];
            continue;
        }
        double drawdown = peak > 0 ? grown[row] / peak - 1 : 0;
        squares += drawdown * drawdown;
    }
    input->squares = squares;
    input->end_value = input->rows ? value[input->rows - 1] : input->start_value;
    input->grown = input->rows ? grown[input->rows - 1] : input->start_value;
}

/* A group without a position has an exposure of exactly 0. */
static void walk_exposure(SyMetricInput *input, const double *gross) {
    for (gsize row = 0; row < input->rows; row++) {
        input->max_gross = gross[row] > input->max_gross ? gross[row] : input->max_gross;
        input->exposed += gross[row] != 0;
    }
}

/* Adds what one unit of money in a column has become, row by row; missing prices carry the last
 * one. */
static void add_growth(const double *close, gsize rows, double *growth) {
    double first = NAN, ratio = 1;
    for (gsize row = 0; row < rows; row++) {
        if (isnan(first))
            first = close[row];
        if (!isnan(close[row]))
            ratio = close[row] / first;
        growth[row] += ratio;
    }
}

/* From what the money has become to returns, from the last row to the first, in place. */
static void to_returns(double *growth, gsize rows, double before) {
    gsize row = rows;
    for (; row >= 3; row -= 2) {
        double *at = growth + row - 2;
        sy_lanes_store(at, sy_lanes_load(at) / sy_lanes_load(at - 1) - 1);
    }
    for (; row > 0; row--)
        growth[row - 1] = growth[row - 1] / (row > 1 ? growth[row - 2] : before) - 1;
}

/* Returns of holding each column of the group with equal money from the first row, without costs.
 * growth [rows] is 0 before and the returns after. */
static void walk_benchmark(SyMetricInput *input, const SyLedger *ledger, const SyPrices *prices,
                           gsize group, double *growth) {
    gsize rows = input->rows, members = 0;
    for (gsize c = 0; c < ledger->columns; c++)
        if (ledger->group_of_column[c] == group) {
            members++;
            add_growth(prices->close + c * rows, rows, growth);
        }
    input->benchmark_return = rows ? growth[rows - 1] / (double)members - 1 : NAN;
    to_returns(growth, rows, (double)members);
}

/* work [4 × rows] */
static void walk_rows(SyMetricInput *input, const SyLedger *ledger, const SyPrices *prices,
                      gsize group, const SySeriesBlock *series, double *work) {
    gsize rows = input->rows;
    double *benchmark = work;
    /* the place of the benchmark is free until its turn comes */
    walk_values(input, series->value,
                sy_series_grown(ledger, group, series->value, series->returns, benchmark));
    memset(benchmark, 0, rows * sizeof *benchmark);
    walk_exposure(input, series->gross);
    walk_benchmark(input, ledger, prices, group, benchmark);
    input->returns = sy_returns_of(series->returns, benchmark, rows, 0, work + rows);
}

/* ── the walk: records ── */

static void walk_drawdowns(SyMetricInput *input, const SyLedger *ledger, SyLedgerRange range) {
    for (guint i = range.first.drawdowns; i < range.end.drawdowns; i++) {
        const SyDrawdownRecord *drawdown = sy_ledger_drawdown(ledger, i);
        gsize rows = drawdown->end_row - drawdown->start_row + drawdown->is_active;
        input->max_drawdown =
            fmin(input->max_drawdown, drawdown->valley_value / drawdown->peak_value - 1);
        input->drawdown_rows = MAX(input->drawdown_rows, rows);
    }
}

static void walk_orders(SyMetricInput *input, const SyLedger *ledger, SyLedgerRange range) {
    for (guint i = range.first.orders; i < range.end.orders; i++) {
        const SyOrderRecord *order = sy_ledger_order(ledger, i);
        input->orders += order->size > 0;
        input->fees += order->fees;
    }
}

static void add_trade(SyTradeSums *sums, const SyTradeRecord *trade) {
    sums->n += 1;
    sums->pnl += trade->pnl;
    sums->returns += trade->pnl_return;
    sums->rows += (double)(trade->exit_row - trade->entry_row);
}

static void walk_trades(SyMetricInput *input, const SyLedger *ledger, SyLedgerRange range) {
    double mean = 0;
    input->best = -INFINITY;
    input->worst = INFINITY;
    for (guint i = range.first.trades; i < range.end.trades; i++) {
        const SyTradeRecord *trade = sy_ledger_trade(ledger, i);
        if (trade->is_open) {
            input->open += 1;
            input->open_pnl += trade->pnl;
            continue;
        }
        input->closed += 1;
        input->pnl += trade->pnl;
        double step = trade->pnl - mean;
        mean += step / input->closed;
        input->pnl_squares += step * (trade->pnl - mean); /* Welford (1962), Technometrics 4(3) */
        input->best = fmax(input->best, trade->pnl_return);
        input->worst = fmin(input->worst, trade->pnl_return);
        if (trade->pnl > 0)
            add_trade(&input->won, trade);
        else if (trade->pnl < 0)
            add_trade(&input->lost, trade);
    }
}

static SyMetricInput walk(const SyPortfolioConfig *config, SyTimeframe timeframe,
                          const SyLedger *ledger, const SyPrices *prices, gsize group,
                          const SySeriesBlock *series, double *work) {
    bool given = config->freq.nanoseconds || config->freq.months;
    SyMetricInput input = {
        .rows = ledger->rows,
        .annualisation = sy_portfolio_annualisation(config, timeframe),
        .row_seconds = sy_timeframe_length(given ? config->freq : timeframe) / (double)SY_SECOND,
        .start_value = ledger->init_value[group],
    };
    SyLedgerRange range = sy_ledger_range(ledger, group);
    walk_rows(&input, ledger, prices, group, series, work);
    walk_drawdowns(&input, ledger, range);
    walk_orders(&input, ledger, range);
    walk_trades(&input, ledger, range);
    return input;
}

SyMetricInput sy_metric_input(const SyPortfolioConfig *config, SyTimeframe timeframe,
                              const SyLedger *ledger, const SyPrices *prices, gsize group) {
    gsize start = group * ledger->rows;
    g_autofree double *work = g_new(double, 4 * ledger->rows + 1);
    const SySeriesBlock series = {.value = ledger->value + start,
                                  .returns = ledger->returns + start,
                                  .gross = ledger->gross + start};
    return walk(config, timeframe, ledger, prices, group, &series, work);
}

/* Consecutive groups of a ledger, done by one thread. The copy has drawdowns of its own. */
typedef struct {
    const SyPortfolioConfig *config;
    SyTimeframe timeframe;
    SyLedger ledger;
    const SyPrices *prices;
    double *value;
    SyMetricInput *inputs; /* [groups] of all */
    gsize from, end;
} Share;

static void do_share(gpointer data) {
    Share *share = data;
    SyLedger *ledger = &share->ledger;
    gsize rows = ledger->rows;
    g_autofree double *work = g_new(double, 7 * rows + 1);
    for (gsize g = share->from; g < share->end; g++) {
        const SySeriesBlock series = {.value = share->value ? share->value + g * rows : work,
                                      .returns = work + rows,
                                      .gross = work + 2 * rows};
        g_autoptr(SySeriesReader) reader = sy_series_reader_new(ledger, share->prices, g);
        sy_series_read(reader, rows, &series);
        sy_records_drawdowns(
            ledger, g, sy_series_grown(ledger, g, series.value, series.returns, work + 3 * rows));
        share->inputs[g] = walk(share->config, share->timeframe, ledger, share->prices, g, &series,
                                work + 3 * rows);
    }
}

static void open_share(Share *share, const SyLedger *ledger) {
    share->ledger = *ledger;
    share->ledger.drawdowns = g_array_new(FALSE, FALSE, sizeof(SyDrawdownRecord));
    share->ledger.end = g_memdup2(ledger->end, ledger->groups * sizeof *ledger->end);
    if (share->from > 0)
        share->ledger.end[share->from - 1].drawdowns = 0;
}

/* Takes over the drawdowns of a share, behind those of the shares before it. */
static void close_share(Share *share, SyLedger *ledger) {
    guint before = ledger->drawdowns->len;
    GArray *drawdowns = share->ledger.drawdowns;
    g_array_append_vals(ledger->drawdowns, drawdowns->data, drawdowns->len);
    for (guint i = before; i < ledger->drawdowns->len; i++)
        sy_ledger_drawdown(ledger, i)->id = i;
    for (gsize g = share->from; g < share->end; g++)
        ledger->end[g].drawdowns = share->ledger.end[g].drawdowns + before;
    g_array_unref(drawdowns);
    g_free(share->ledger.end);
}

SyMetricInput *sy_metric_inputs(const SyPortfolioConfig *config, SyTimeframe timeframe,
                                SyLedger *ledger, const SyPrices *prices, int jobs, double *value) {
    gsize n = sy_threads_worth(jobs, ledger->groups, ledger->groups * ledger->rows);
    g_autofree Share *share = g_new(Share, n);
    SyMetricInput *inputs = g_new(SyMetricInput, ledger->groups);
    for (gsize i = 0; i < n; i++) {
        share[i] = (Share){.config = config,
                           .timeframe = timeframe,
                           .prices = prices,
                           .value = value,
                           .inputs = inputs,
                           .from = ledger->groups * i / n,
                           .end = ledger->groups * (i + 1) / n};
        open_share(&share[i], ledger);
    }
    sy_threads_run(n, do_share, share, n, sizeof *share);
    for (gsize i = 0; i < n; i++)
        close_share(&share[i], ledger);
    return inputs;
}

/* ── of the value ── */

static double start_value(const SyMetricInput *input) { return input->start_value; }

static double end_value(const SyMetricInput *input) { return input->end_value; }

static double total_return(const SyMetricInput *input) {
    return input->start_value > 0 ? input->grown / input->start_value - 1 : NAN;
}

static double annualised_return(const SyMetricInput *input) {
    return sy_returns_annualised(&input->returns, input->annualisation);
}

static double annualised_volatility(const SyMetricInput *input) {
    return sy_returns_volatility(&input->returns, input->annualisation);
}

static double sharpe(const SyMetricInput *input) {
    return sy_returns_sharpe(&input->returns, input->annualisation);
}

static double sortino(const SyMetricInput *input) {
    return sy_returns_sortino(&input->returns, input->annualisation);
}

static double omega(const SyMetricInput *input) { return sy_returns_omega(&input->returns); }

static double var_5(const SyMetricInput *input) { return input->returns.low; }

static double cvar_5(const SyMetricInput *input) { return input->returns.shortfall; }

static double tail_ratio(const SyMetricInput *input) {
    return sy_returns_tail_ratio(&input->returns);
}

static double skew(const SyMetricInput *input) { return sy_returns_skew(&input->returns); }

static double kurtosis(const SyMetricInput *input) { return sy_returns_kurtosis(&input->returns); }

static double max_drawdown(const SyMetricInput *input) { return input->max_drawdown; }

static double max_drawdown_duration(const SyMetricInput *input) {
    return (double)input->drawdown_rows * input->row_seconds;
}

static double calmar(const SyMetricInput *input) {
    return input->max_drawdown < 0 ? annualised_return(input) / -input->max_drawdown : NAN;
}

static double ulcer_index(const SyMetricInput *input) {
    return input->rows ? sqrt(input->squares / (double)input->rows) : NAN;
}

/* ── against the benchmark ── */

static double benchmark_return(const SyMetricInput *input) { return input->benchmark_return; }

static double alpha(const SyMetricInput *input) {
    return sy_returns_alpha(&input->returns, input->annualisation);
}

static double beta(const SyMetricInput *input) { return sy_returns_beta(&input->returns); }

static double information_ratio(const SyMetricInput *input) {
    return sy_returns_information_ratio(&input->returns);
}

/* ── of exposure and orders ── */

static double max_gross_exposure(const SyMetricInput *input) { return input->max_gross; }

static double total_time_exposure(const SyMetricInput *input) {
    return input->rows ? (double)input->exposed / (double)input->rows : NAN;
}

static double total_orders(const SyMetricInput *input) { return input->orders; }

static double total_fees(const SyMetricInput *input) { return input->fees; }

/* ── of trades ── */

static double ratio(double above, double below) { return below != 0 ? above / below : NAN; }

static double total_trades(const SyMetricInput *input) { return input->closed + input->open; }

static double closed_trades(const SyMetricInput *input) { return input->closed; }

static double open_trades(const SyMetricInput *input) { return input->open; }

static double open_trade_pnl(const SyMetricInput *input) { return input->open_pnl; }

static double win_rate(const SyMetricInput *input) { return ratio(input->won.n, input->closed); }

static double best_trade(const SyMetricInput *input) {
    return input->closed > 0 ? input->best : NAN;
}

static double worst_trade(const SyMetricInput *input) {
    return input->closed > 0 ? input->worst : NAN;
}

static double avg_winning_trade(const SyMetricInput *input) {
    return ratio(input->won.returns, input->won.n);
}

static double avg_losing_trade(const SyMetricInput *input) {
    return ratio(input->lost.returns, input->lost.n);
}

static double avg_winning_duration(const SyMetricInput *input) {
    return ratio(input->won.rows, input->won.n) * input->row_seconds;
}

static double avg_losing_duration(const SyMetricInput *input) {
    return ratio(input->lost.rows, input->lost.n) * input->row_seconds;
}

static double profit_factor(const SyMetricInput *input) {
    return ratio(input->won.pnl, -input->lost.pnl);
}

static double expectancy(const SyMetricInput *input) {
    double share = win_rate(input);
    double mean_won = input->won.n > 0 ? input->won.pnl / input->won.n : 0;
    double mean_lost = input->lost.n > 0 ? -input->lost.pnl / input->lost.n : 0;
    return share * mean_won - (1 - share) * mean_lost;
}

static double sqn(const SyMetricInput *input) {
    if (input->closed < 2 || !(input->pnl_squares > 0))
        return NAN;
    double deviation = sqrt(input->pnl_squares / (input->closed - 1));
    return sqrt(input->closed) * (input->pnl / input->closed) / deviation;
}

static double kelly(const SyMetricInput *input) {
    double odds = ratio(avg_winning_trade(input), -avg_losing_trade(input));
    return win_rate(input) - (1 - win_rate(input)) / odds;
}

static double annualisation_factor(const SyMetricInput *input) { return input->annualisation; }

/* ── the table ── */

#define METRIC(function, heading, measure, text, origin)                                           \
    {                                                                                              \
        .name = #function, .title = (heading), .unit = (measure), .formula = (text),               \
        .source = (origin), .compute = (function)                                                  \
    }

const SyMetric sy_metrics[] = {
    METRIC(start_value, "Start value", "money",
           "cash at the start + initial positions at their prices", "definition"),
    METRIC(end_value, "End value", "money", "cash + sum of position x close on the last row",
           "definition"),
    METRIC(total_return, "Total return", "fraction",
           "end value / start value - 1; with deposits that of the money at the start",
           "definition"),
    METRIC(benchmark_return, "Benchmark return", "fraction",
           "mean over the columns of last close / first close - 1", "definition"),
    METRIC(annualised_return, "Annualised return", "fraction",
           "product(1 + r)^(A/n) - 1; A = rows of a year, n = rows", "definition"),
    METRIC(annualised_volatility, "Annualised volatility", "fraction", "std(r, ddof 1) x sqrt(A)",
           "definition"),
    METRIC(sharpe, "Sharpe ratio", "ratio", "mean(r - f) / std(r - f, ddof 1) x sqrt(A)",
           "Sharpe (1994), J. Portfolio Management 21(1), 49-58"),
    METRIC(sortino, "Sortino ratio", "ratio", "mean(r - f) x sqrt(A) / sqrt(mean(min(r - f, 0)^2))",
           "Sortino and Price (1994), J. Investing 3(3), 59-64"),
    METRIC(calmar, "Calmar ratio", "ratio", "annualised return / |max drawdown|",
           "Young (1991), Futures 20(1), 40"),
    METRIC(omega, "Omega ratio", "ratio", "sum(max(r - f, 0)) / sum(max(f - r, 0))",
           "Keating and Shadwick (2002), J. Performance Measurement 6(3), 59-84"),
    METRIC(
        max_drawdown, "Max drawdown", "fraction",
        "least of valley / peak - 1 over the drawdowns, the active one included; the start value "
        "is the first peak; at most 0",
        "definition"),
    METRIC(
        max_drawdown_duration, "Max drawdown duration", "seconds",
        "most of (end - start) rows over the drawdowns, + 1 for the active one, x length of a row",
        "definition"),
    METRIC(max_gross_exposure, "Max gross exposure", "fraction",
           "most of sum |position x close| / value", "definition"),
    METRIC(total_time_exposure, "Time in the market", "fraction", "share of rows with a position",
           "definition"),
    METRIC(total_orders, "Orders", "count", "orders filled in full or in part", "definition"),
    METRIC(total_fees, "Fees paid", "money", "sum of the fees of all orders", "definition"),
    METRIC(total_trades, "Trades", "count", "closed trades + open trades", "definition"),
    METRIC(closed_trades, "Closed trades", "count", "closing and reducing orders", "definition"),
    METRIC(open_trades, "Open trades", "count", "positions open at the end", "definition"),
    METRIC(open_trade_pnl, "P&L of open trades", "money",
           "sum of pnl of the open trades at the last close", "definition"),
    METRIC(win_rate, "Win rate", "fraction", "closed trades with pnl > 0 / closed trades",
           "definition"),
    METRIC(best_trade, "Best trade", "fraction",
           "most of pnl / (size x entry price), closed trades", "definition"),
    METRIC(worst_trade, "Worst trade", "fraction",
           "least of pnl / (size x entry price), closed trades", "definition"),
    METRIC(avg_winning_trade, "Average winning trade", "fraction",
           "mean return of closed trades with pnl > 0", "definition"),
    METRIC(avg_losing_trade, "Average losing trade", "fraction",
           "mean return of closed trades with pnl < 0", "definition"),
    METRIC(avg_winning_duration, "Average winning duration", "seconds",
           "mean of (exit - entry) rows x length of a row, closed trades with pnl > 0",
           "definition"),
    METRIC(avg_losing_duration, "Average losing duration", "seconds",
           "mean of (exit - entry) rows x length of a row, closed trades with pnl < 0",
           "definition"),
    METRIC(profit_factor, "Profit factor", "ratio",
           "sum of gains / |sum of losses| over closed trades", "definition"),
    METRIC(expectancy, "Expectancy", "money",
           "p x mean gain - (1 - p) x |mean loss|; p = win rate, closed trades", "definition"),
    METRIC(sqn, "SQN", "ratio", "sqrt(n) x mean(pnl) / std(pnl, ddof 1), closed trades",
           "Tharp (2008), Definitive Guide to Position Sizing"),
    METRIC(var_5, "VaR 5 %", "fraction",
           "5th percentile of r, linear between order statistics; below 0 for a loss",
           "type 7 of Hyndman and Fan (1996), American Statistician 50(4), 361-365"),
    METRIC(cvar_5, "CVaR 5 %", "fraction",
           "mean of the lowest floor((n - 1) x 5 %) + 1 returns; below 0 for a loss",
           "Rockafellar and Uryasev (2000), J. Risk 2(3), 21-41"),
    METRIC(tail_ratio, "Tail ratio", "ratio", "|95th percentile of r| / |5th percentile of r|",
           "definition"),
    METRIC(skew, "Skew", "ratio", "sqrt(n(n - 1)) / (n - 2) x m3 / m2^1.5 of r",
           "G1 of Joanes and Gill (1998), J. Royal Statistical Society D 47(1), 183-189"),
    METRIC(kurtosis, "Excess kurtosis", "ratio",
           "(n - 1) / ((n - 2)(n - 3)) x ((n + 1)(m4 / m2^2 - 3) + 6) of r",
           "G2 of Joanes and Gill (1998), J. Royal Statistical Society D 47(1), 183-189"),
    METRIC(ulcer_index, "Ulcer index", "fraction",
           "sqrt(mean((value / highest value so far - 1)^2)); the start value is the first",
           "Martin and McCann (1989), The Investor's Guide to Fidelity Funds"),
    METRIC(kelly, "Kelly fraction", "fraction",
           "p - (1 - p) / (mean return of winners / |mean return of losers|); p = win rate",
           "Kelly (1956), Bell System Technical Journal 35(4), 917-926"),
    METRIC(alpha, "Alpha", "fraction", "(1 + mean(r - f - beta x (b - f)))^A - 1; b = benchmark",
           "Jensen (1968), J. Finance 23(2), 389-416; compounded"),
    METRIC(beta, "Beta", "ratio", "cov(r, b) / var(b); b = benchmark",
           "Sharpe (1964), J. Finance 19(3), 425-442"),
    METRIC(information_ratio, "Information ratio", "ratio",
           "mean(r - b) / std(r - b, ddof 1), not annualised",
           "Treynor and Black (1973), J. Business 46(1), 66-86"),
    METRIC(annualisation_factor, "Rows of a year", "count", "A = year_freq / length of a row",
           "definition"),
};
const gsize sy_n_metrics = G_N_ELEMENTS(sy_metrics);

const SyMetric *sy_metric_find(const char *name) {
    for (gsize i = 0; i < sy_n_metrics; i++)
        if (strcmp(sy_metrics[i].name, name) == 0)
            return &sy_metrics[i];
    return NULL;
}
