/* The table of metrics: what reports and stats.json say of a ledger, one row per number. */
#include "portfolio/metrics.h"

#include <math.h>
#include <string.h>

#include "portfolio/statistics.h"

/* ── of the value ── */

static const double *series(const SyMetricInput *input, const double *all) {
    return all + input->group * input->ledger->rows;
}

static const double *returns_of(const SyMetricInput *input) {
    return series(input, input->ledger->returns);
}

static double start_value(const SyMetricInput *input) {
    return input->ledger->init_value[input->group];
}

static double end_value(const SyMetricInput *input) {
    gsize rows = input->ledger->rows;
    return rows ? series(input, input->ledger->value)[rows - 1] : start_value(input);
}

static double total_return(const SyMetricInput *input) {
    double start = start_value(input);
    return start > 0 ? end_value(input) / start - 1 : NAN;
}

static double annualised_return(const SyMetricInput *input) {
    return sy_returns_annualised(returns_of(input), input->ledger->rows, input->annualisation);
}

static double annualised_volatility(const SyMetricInput *input) {
    return sy_returns_volatility(returns_of(input), input->ledger->rows, input->annualisation);
}

static double sharpe(const SyMetricInput *input) {
    return sy_returns_sharpe(returns_of(input), input->ledger->rows, input->risk_free,
                             input->annualisation);
}

static double sortino(const SyMetricInput *input) {
    return sy_returns_sortino(returns_of(input), input->ledger->rows, input->risk_free,
                              input->annualisation);
}

static double omega(const SyMetricInput *input) {
    return sy_returns_omega(returns_of(input), input->ledger->rows, input->risk_free);
}

static double var_5(const SyMetricInput *input) {
    return sy_returns_quantile(returns_of(input), input->ledger->rows, 0.05);
}

static double cvar_5(const SyMetricInput *input) {
    return sy_returns_expected_shortfall(returns_of(input), input->ledger->rows, 0.05);
}

static double tail_ratio(const SyMetricInput *input) {
    return sy_returns_tail_ratio(returns_of(input), input->ledger->rows);
}

static double skew(const SyMetricInput *input) {
    return sy_returns_skew(returns_of(input), input->ledger->rows);
}

static double kurtosis(const SyMetricInput *input) {
    return sy_returns_kurtosis(returns_of(input), input->ledger->rows);
}

static double max_drawdown(const SyMetricInput *input) {
    double worst = 0;
    for (guint i = 0; i < input->ledger->drawdowns->len; i++) {
        const SyDrawdownRecord *drawdown = sy_ledger_drawdown(input->ledger, i);
        if (drawdown->group == input->group)
            worst = fmin(worst, drawdown->valley_value / drawdown->peak_value - 1);
    }
    return worst;
}

static double max_drawdown_duration(const SyMetricInput *input) {
    gsize longest = 0;
    for (guint i = 0; i < input->ledger->drawdowns->len; i++) {
        const SyDrawdownRecord *drawdown = sy_ledger_drawdown(input->ledger, i);
        if (drawdown->group == input->group)
            longest = MAX(longest, drawdown->end_row - drawdown->start_row + drawdown->is_active);
    }
    return (double)longest * input->row_seconds;
}

static double calmar(const SyMetricInput *input) {
    double worst = max_drawdown(input);
    return worst < 0 ? annualised_return(input) / -worst : NAN;
}

static double ulcer_index(const SyMetricInput *input) {
    const double *value = series(input, input->ledger->value);
    double peak = start_value(input), squares = 0;
    for (gsize row = 0; row < input->ledger->rows; row++) {
        peak = fmax(peak, value[row]);
        double drawdown = peak > 0 ? value[row] / peak - 1 : 0;
        squares += drawdown * drawdown;
    }
    return input->ledger->rows ? sqrt(squares / (double)input->ledger->rows) : NAN;
}

/* ── against the benchmark ── */

/* Returns of holding each column of the group with equal money from the first row, without costs;
 * missing prices carry the last one. [rows], free with g_free. */
static double *benchmark_of(const SyMetricInput *input, double *total) {
    const SyLedger *ledger = input->ledger;
    gsize rows = ledger->rows, members = 0;
    double *growth = g_new0(double, MAX(rows, 1));
    for (gsize c = 0; c < ledger->columns; c++) {
        if (ledger->group_of_column[c] != input->group)
            continue;
        const double *close = input->prices->close + c * rows;
        double first = NAN, ratio = 1;
        members++;
        for (gsize row = 0; row < rows; row++) {
            if (isnan(first))
                first = close[row];
            if (!isnan(close[row]))
                ratio = close[row] / first;
            growth[row] += ratio;
        }
    }
    *total = rows ? growth[rows - 1] / (double)members - 1 : NAN;
    double before = (double)members;
    for (gsize row = 0; row < rows; row++) {
        double now = growth[row];
        growth[row] = now / before - 1;
        before = now;
    }
    return growth;
}

static double benchmark_return(const SyMetricInput *input) {
    double total;
    g_free(benchmark_of(input, &total));
    return total;
}

static double alpha(const SyMetricInput *input) {
    double total;
    g_autofree double *benchmark = benchmark_of(input, &total);
    return sy_returns_alpha(returns_of(input), benchmark, input->ledger->rows, input->risk_free,
                            input->annualisation);
}

static double beta(const SyMetricInput *input) {
    double total;
    g_autofree double *benchmark = benchmark_of(input, &total);
    return sy_returns_beta(returns_of(input), benchmark, input->ledger->rows);
}

static double information_ratio(const SyMetricInput *input) {
    double total;
    g_autofree double *benchmark = benchmark_of(input, &total);
    return sy_returns_information_ratio(returns_of(input), benchmark, input->ledger->rows);
}

/* ── of exposure and orders ── */

static double max_gross_exposure(const SyMetricInput *input) {
    const double *gross = series(input, input->ledger->gross);
    double most = 0;
    for (gsize row = 0; row < input->ledger->rows; row++)
        most = fmax(most, gross[row]);
    return most;
}

static double total_time_exposure(const SyMetricInput *input) {
    const SyLedger *ledger = input->ledger;
    gsize exposed = 0;
    for (gsize row = 0; row < ledger->rows; row++)
        for (gsize c = 0; c < ledger->columns; c++)
            if (ledger->group_of_column[c] == input->group &&
                ledger->position[c * ledger->rows + row] != 0) {
                exposed++;
                break;
            }
    return ledger->rows ? (double)exposed / (double)ledger->rows : NAN;
}

static double total_orders(const SyMetricInput *input) {
    gsize count = 0;
    for (guint i = 0; i < input->ledger->orders->len; i++) {
        const SyOrderRecord *order = sy_ledger_order(input->ledger, i);
        count += input->ledger->group_of_column[order->column] == input->group && order->size > 0;
    }
    return (double)count;
}

static double total_fees(const SyMetricInput *input) {
    double sum = 0;
    for (guint i = 0; i < input->ledger->orders->len; i++) {
        const SyOrderRecord *order = sy_ledger_order(input->ledger, i);
        if (input->ledger->group_of_column[order->column] == input->group)
            sum += order->fees;
    }
    return sum;
}

/* ── of trades ── */

/* Closed trades of one kind. */
typedef struct {
    double n, pnl, returns, rows;
} TradeSums;

typedef struct {
    TradeSums won, lost; /* pnl above and below 0 */
    double closed, open, open_pnl, best, worst;
    double pnl, squares; /* of the closed: Σ pnl, Σ pnl² about the mean */
} Trades;

static void add_trade(TradeSums *sums, const SyTradeRecord *trade) {
    sums->n += 1;
    sums->pnl += trade->pnl;
    sums->returns += trade->pnl_return;
    sums->rows += (double)(trade->exit_row - trade->entry_row);
}

static Trades trades_of(const SyMetricInput *input) {
    Trades trades = {.best = -INFINITY, .worst = INFINITY};
    double mean = 0;
    for (guint i = 0; i < input->ledger->trades->len; i++) {
        const SyTradeRecord *trade = sy_ledger_trade(input->ledger, i);
        if (input->ledger->group_of_column[trade->column] != input->group)
            continue;
        if (trade->is_open) {
            trades.open += 1;
            trades.open_pnl += trade->pnl;
            continue;
        }
        trades.closed += 1;
        trades.pnl += trade->pnl;
        double step = trade->pnl - mean;
        mean += step / trades.closed;
        trades.squares += step * (trade->pnl - mean); /* Welford (1962), Technometrics 4(3) */
        trades.best = fmax(trades.best, trade->pnl_return);
        trades.worst = fmin(trades.worst, trade->pnl_return);
        if (trade->pnl > 0)
            add_trade(&trades.won, trade);
        else if (trade->pnl < 0)
            add_trade(&trades.lost, trade);
    }
    return trades;
}

static double ratio(double above, double below) { return below != 0 ? above / below : NAN; }

static double total_trades(const SyMetricInput *input) {
    Trades trades = trades_of(input);
    return trades.closed + trades.open;
}

static double closed_trades(const SyMetricInput *input) { return trades_of(input).closed; }

static double open_trades(const SyMetricInput *input) { return trades_of(input).open; }

static double open_trade_pnl(const SyMetricInput *input) { return trades_of(input).open_pnl; }

static double win_rate(const SyMetricInput *input) {
    Trades trades = trades_of(input);
    return ratio(trades.won.n, trades.closed);
}

static double best_trade(const SyMetricInput *input) {
    Trades trades = trades_of(input);
    return trades.closed > 0 ? trades.best : NAN;
}

static double worst_trade(const SyMetricInput *input) {
    Trades trades = trades_of(input);
    return trades.closed > 0 ? trades.worst : NAN;
}

static double avg_winning_trade(const SyMetricInput *input) {
    Trades trades = trades_of(input);
    return ratio(trades.won.returns, trades.won.n);
}

static double avg_losing_trade(const SyMetricInput *input) {
    Trades trades = trades_of(input);
    return ratio(trades.lost.returns, trades.lost.n);
}

static double avg_winning_duration(const SyMetricInput *input) {
    Trades trades = trades_of(input);
    return ratio(trades.won.rows, trades.won.n) * input->row_seconds;
}

static double avg_losing_duration(const SyMetricInput *input) {
    Trades trades = trades_of(input);
    return ratio(trades.lost.rows, trades.lost.n) * input->row_seconds;
}

static double profit_factor(const SyMetricInput *input) {
    Trades trades = trades_of(input);
    return ratio(trades.won.pnl, -trades.lost.pnl);
}

static double expectancy(const SyMetricInput *input) {
    Trades trades = trades_of(input);
    double share = ratio(trades.won.n, trades.closed);
    double mean_won = trades.won.n > 0 ? trades.won.pnl / trades.won.n : 0;
    double mean_lost = trades.lost.n > 0 ? -trades.lost.pnl / trades.lost.n : 0;
    return share * mean_won - (1 - share) * mean_lost;
}

static double sqn(const SyMetricInput *input) {
    Trades trades = trades_of(input);
    if (trades.closed < 2 || !(trades.squares > 0))
        return NAN;
    double deviation = sqrt(trades.squares / (trades.closed - 1));
    return sqrt(trades.closed) * (trades.pnl / trades.closed) / deviation;
}

static double kelly(const SyMetricInput *input) {
    Trades trades = trades_of(input);
    double share = ratio(trades.won.n, trades.closed);
    double odds =
        ratio(ratio(trades.won.returns, trades.won.n), -ratio(trades.lost.returns, trades.lost.n));
    return share - (1 - share) / odds;
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
    METRIC(total_return, "Total return", "fraction", "end value / start value - 1", "definition"),
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

SyMetricInput sy_metric_input(const SyPortfolioConfig *config, SyTimeframe timeframe,
                              const SyLedger *ledger, const SyPrices *prices, gsize group) {
    bool given = config->freq.nanoseconds || config->freq.months;
    return (SyMetricInput){
        .ledger = ledger,
        .prices = prices,
        .group = group,
        .annualisation = sy_portfolio_annualisation(config, timeframe),
        .row_seconds = sy_timeframe_length(given ? config->freq : timeframe) / (double)SY_SECOND,
    };
}
