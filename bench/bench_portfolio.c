/* How fast signals become a ledger: a long pair, beside one pass that reads the same arrays and
 * writes the same series; and a thousand columns, first their orders and trades, then values,
 * drawdowns and every metric. */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/memory.h"
#include "bench.h"
#include "portfolio/metrics.h"

enum { ROWS = 50000, COLUMNS = 2, RUNS = 41 };
enum { MANY_ROWS = 10000, MANY_COLUMNS = 1000, MANY_RUNS = 9, MEMORY_MARK_MIB = 400 };

typedef struct {
    SyPortfolioConfig config;
    SyPrices prices;
    SySignals *signals;
} Case;

static guint32 random_state = 12345;

static double uniform(void) {
    random_state = random_state * 1664525u + 1013904223u;
    return random_state / 4294967296.0;
}

static void fill_prices(double *close) {
    for (int c = 0; c < COLUMNS; c++) {
        double price = 100;
        for (int row = 0; row < ROWS; row++)
            close[c * ROWS + row] = price *= exp(0.01 * (uniform() - 0.5));
    }
}

/* A pair that is entered and left on about one row in `every`, as clean signals are. */
static void fill_signals(SySignals *signals, int every) {
    int held = 0;
    for (int row = 0; row < ROWS; row++) {
        if (uniform() * every >= 1)
            continue;
        if (held) {
            (held > 0 ? signals->long_exits : signals->short_exits)[row] = 1;
            (held > 0 ? signals->short_exits : signals->long_exits)[ROWS + row] = 1;
            held = 0;
        } else {
            held = uniform() < 0.5 ? 1 : -1;
            (held > 0 ? signals->long_entries : signals->short_entries)[row] = 1;
            (held > 0 ? signals->short_entries : signals->long_entries)[ROWS + row] = 1;
        }
    }
}

static void set(Case *each, const char *key, const char *text) {
    const SyField *field = sy_field_find(sy_portfolio_fields.rows, sy_portfolio_fields.n, key);
    if (!sy_field_set_text(field, &each->config, text, NULL))
        abort();
}

static Case case_new(const double *close, int every) {
    Case each = {.prices = {ROWS, COLUMNS, close, close, close, close},
                 .signals = sy_signals_new(ROWS, COLUMNS)};
    fill_signals(each.signals, every);
    sy_fields_init(&sy_portfolio_fields, &each.config);
    set(&each, "size", "50");
    set(&each, "size_type", "valuepercent100");
    set(&each, "cash_sharing", "true");
    set(&each, "call_seq", "auto");
    return each;
}

static void case_clear(Case *each) {
    sy_fields_clear(&sy_portfolio_fields, &each->config);
    sy_signals_free(each->signals);
}

static void simulate(gpointer data) {
    const Case *each = data;
    g_autoptr(SyLedger) ledger =
        sy_portfolio_simulate(&each->config, &each->prices, each->signals, NULL);
    if (!ledger)
        abort();
}

/* What cannot be avoided: every signal and price is read once, every series written once. */
static void pass(gpointer data) {
    const Case *each = data;
    const SySignals *signals = each->signals;
    g_autoptr(SyLedger) ledger = sy_ledger_new(ROWS, COLUMNS, true);
    sy_ledger_add_series(ledger);
    double last = 100;
    for (gsize row = 0; row < ROWS; row++) {
        double value = 100;
        for (gsize c = 0; c < COLUMNS; c++) {
            gsize cell = c * ROWS + row;
            double position = signals->long_entries[cell] - signals->long_exits[cell] +
                              signals->short_exits[cell] - signals->short_entries[cell];
            ledger->position[cell] = position;
            value += position * each->prices.close[cell];
        }
        ledger->cash[row] = 100;
        ledger->value[row] = value;
        ledger->returns[row] = value / last - 1;
        ledger->gross[row] = value - 100;
        last = value;
    }
}

static void bench(const char *name, const double *close, int every, double mark) {
    Case each = case_new(close, every);
    double ours = sy_bench_median(simulate, &each, RUNS),
           floor = sy_bench_median(pass, &each, RUNS);
    sy_bench_row(name, ours, floor, mark);
    case_clear(&each);
}

/* ---- a thousand columns ---- */

typedef struct {
    Case each;
    double *close;
    SyLedger *ledger;
} Many;

/* Each of the four signals is there on one row in a hundred of each column, so that most are met in
 * a position that they do not fit. */
static Many many_new(void) {
    gsize cells = (gsize)MANY_ROWS * MANY_COLUMNS;
    double *close = g_new(double, cells);
    SySignals *signals = sy_signals_new(MANY_ROWS, MANY_COLUMNS);
    guint8 *const flags[] = {signals->long_entries, signals->long_exits, signals->short_entries,
                             signals->short_exits};
    for (gsize cell = 0; cell < cells; cell++) {
        double before = cell % MANY_ROWS ? close[cell - 1] : 100;
        close[cell] = before * (1 + 0.01 * (uniform() - 0.5));
        for (gsize i = 0; i < G_N_ELEMENTS(flags); i++)
            flags[i][cell] = uniform() < 0.01;
    }
    Many many = {.close = close,
                 .each = {.prices = {MANY_ROWS, MANY_COLUMNS, close, close, close, close},
                          .signals = signals}};
    sy_fields_init(&sy_portfolio_fields, &many.each.config);
    set(&many.each, "fees", "0.001");
    return many;
}

static void many_clear(Many *many) {
    case_clear(&many->each);
    sy_ledger_free(many->ledger);
    g_free(many->close);
}

static void trade_many_by(Many *many, int jobs) {
    sy_ledger_free(many->ledger);
    many->ledger =
        sy_portfolio_trade(&many->each.config, &many->each.prices, many->each.signals, jobs, NULL);
    if (!many->ledger)
        abort();
}

static void trade_many(gpointer data) { trade_many_by(data, 0); }

static void trade_many_alone(gpointer data) { trade_many_by(data, 1); }

/* Every signal and every close is read once. */
static void read_many(gpointer data) {
    const Many *many = data;
    const SySignals *signals = many->each.signals;
    double sum = 0;
    for (gsize cell = 0; cell < (gsize)MANY_ROWS * MANY_COLUMNS; cell++)
        if (signals->long_entries[cell] | signals->long_exits[cell] | signals->short_entries[cell] |
            signals->short_exits[cell])
            sum += many->close[cell];
    if (sum == 0)
        abort();
}

static void measure_many(gpointer data) {
    Many *many = data;
    gsize cells = (gsize)MANY_ROWS * MANY_COLUMNS;
    double sum = 0;
    g_autofree double *value = g_new(double, cells);
    sy_memory_use_large_pages(value, cells * sizeof *value);
    g_autofree SyMetricInput *inputs =
        sy_metric_inputs(&many->each.config, (SyTimeframe){.nanoseconds = SY_DAY}, many->ledger,
                         &many->each.prices, 0, value);
    for (gsize g = 0; g < many->ledger->groups; g++)
        for (gsize i = 0; i < sy_n_metrics; i++)
            sum += sy_metrics[i].compute(&inputs[g]);
    g_array_set_size(many->ledger->drawdowns, 0);
    if (sum == 0)
        abort();
}

/* Peak memory of a process that makes the inputs and trades once. */
static double trading_memory_mib(void) {
    fflush(stdout);
    pid_t child = fork();
    if (child == 0) {
        Many many = many_new();
        trade_many(&many);
        _exit(0);
    }
    int status;
    struct rusage usage;
    if (wait4(child, &status, 0, &usage) != child || status != 0)
        abort();
    return (double)usage.ru_maxrss / 1024;
}

/* True where the memory exceeds its mark. */
static bool bench_many(void) {
    double memory = trading_memory_mib();
    Many many = many_new();
    sy_bench_row("from signals, 1,000 columns x 10,000 rows",
                 sy_bench_median(trade_many, &many, MANY_RUNS),
                 sy_bench_median(read_many, &many, MANY_RUNS), 0.08);
    sy_bench_row("the same by one thread", sy_bench_median(trade_many_alone, &many, MANY_RUNS), NAN,
                 NAN);
    printf("   %u orders, %u trades; peak memory of a process that does that: %.0f MiB, mark %d "
           "MiB%s\n",
           many.ledger->orders->len, many.ledger->trades->len, memory, MEMORY_MARK_MIB,
           memory > MEMORY_MARK_MIB ? "  MISSED" : "");
    sy_bench_row("values, drawdowns, every metric of that",
                 sy_bench_median(measure_many, &many, MANY_RUNS), NAN, 0.2);
    many_clear(&many);
    return memory > MEMORY_MARK_MIB;
}

int main(void) {
    g_autofree double *close = g_new(double, (gsize)ROWS *COLUMNS);
    fill_prices(close);
    sy_bench_begin();
    bool heavy = bench_many();
    bench("from signals, 1 pair x 50,000 rows, orders on 1 row in 70", close, 70, 2e-3);
    bench("from signals, 1 pair x 50,000 rows, orders on each row", close, 1, NAN);
    return sy_bench_end() || heavy;
}
