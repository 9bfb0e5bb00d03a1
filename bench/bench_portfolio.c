/* How fast signals become a ledger, beside one pass that reads the same arrays and writes the same
 * series. */
#include <math.h>
#include <stdlib.h>

#include "bench.h"
#include "portfolio/portfolio.h"

enum { ROWS = 50000, COLUMNS = 2, RUNS = 41 };

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

int main(void) {
    g_autofree double *close = g_new(double, (gsize)ROWS *COLUMNS);
    fill_prices(close);
    sy_bench_begin();
    bench("from signals, 1 pair x 50,000 rows, orders on 1 row in 70", close, 70, 2e-3);
    bench("from signals, 1 pair x 50,000 rows, orders on each row", close, 1, NAN);
    return sy_bench_end();
}
