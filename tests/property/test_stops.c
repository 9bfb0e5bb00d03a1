/* Stops against a slow, plain reading of docs/portfolio.md, bar by bar, on seeded random bars, with
 * gaps, missing prices, all formats and kinds; and what holds for every stop. */
#include "test.h"

#include <string.h>

#include "portfolio/portfolio.h"

enum { SEEDS = 600, ROWS_MAX = 150, ORDERS_MAX = 2 * ROWS_MAX };

typedef struct {
    double sl, tsl, th, tp; /* NaN = off */
    const char *format;
    bool at_close, at_open, close_only;
    int td_hours, dt_hour; /* −1 = off */
    gsize delay;
    gsize rows;
    double open[ROWS_MAX], high[ROWS_MAX], low[ROWS_MAX], close[ROWS_MAX];
    SyTime time[ROWS_MAX];
    bool long_entry[ROWS_MAX], long_exit[ROWS_MAX], short_entry[ROWS_MAX], short_exit[ROWS_MAX];
} Case;

typedef struct {
    gsize row;
    double units; /* signed */
    double price;
    char type[16];
} Order;

/* ---- the reference: one symbol, one unit an order, cash that never ends ---- */

typedef struct {
    double position, entry, peak;
    gsize entry_row;
} Held;

static double away(const Case *the, double from, double distance, double sign) {
    if (strcmp(the->format, "absolute") == 0)
        return from + sign * distance;
    if (strcmp(the->format, "target") == 0)
        return distance;
    return from * (1 + sign * (strcmp(the->format, "percent100") == 0 ? distance / 100 : distance));
}

/* True with type and price if a stop is hit on the row. */
static bool reference_stop(const Case *the, Held *held, gsize row, char *type, double *price) {
    double o = the->open[row], h = the->high[row], l = the->low[row], c = the->close[row];
    if (isnan(c))
        return false;
    bool whole = !the->close_only && !isnan(o) && !isnan(h) && !isnan(l);
    if (!whole)
        o = h = l = c;
    bool is_long = held->position > 0;
    double gain = is_long ? 1 : -1;
    double sl = away(the, held->entry, the->sl, -gain), tp = away(the, held->entry, the->tp, gain);
    const char *found = NULL;
    double at = NAN;
#define BELOW(x, level) (is_long ? (x) <= (level) : (x) >= (level))
#define ABOVE(x, level) (is_long ? (x) >= (level) : (x) <= (level))
#define HIT(name, where)                                                                           \
    do {                                                                                           \
        if (!found) {                                                                              \
            found = name;                                                                          \
            at = where;                                                                            \
        }                                                                                          \
    } while (0)
#define TRAIL()                                                                                    \
    (isnan(the->tsl) ||                                                                            \
             (!isnan(the->th) && !ABOVE(held->peak, away(the, held->entry, the->th, gain)))        \
         ? NAN                                                                                     \
         : away(the, held->peak, the->tsl, -gain))
    SyTime opens = the->time[row] - SY_HOUR, entry_opens = the->time[held->entry_row] - SY_HOUR;
    SyTime entered = the->at_open ? entry_opens : the->time[held->entry_row];
    SyTime td = G_MAXINT64, dt = G_MAXINT64;
    if (the->td_hours > 0)
        td = entry_opens + the->td_hours * SY_HOUR;
    if (the->dt_hour >= 0)
        for (dt = entered / SY_DAY * SY_DAY + the->dt_hour * SY_HOUR; dt <= entered;)
            dt += SY_DAY;
    if (ABOVE(o, held->peak))
        held->peak = o;
    double trail = TRAIL();
    /* at the open */
    if (BELOW(o, sl))
        HIT("sl_stop", o);
    if (BELOW(o, trail))
        HIT("tsl_stop", o);
    if (ABOVE(o, tp))
        HIT("tp_stop", o);
    if (td <= opens)
        HIT("td_stop", o);
    if (dt <= opens)
        HIT("dt_stop", o);
    /* within the bar */
    double worst = is_long ? l : h, best = is_long ? h : l;
    if (BELOW(worst, sl))
        HIT("sl_stop", sl);
    if (BELOW(worst, trail))
        HIT("tsl_stop", trail);
    if (ABOVE(best, tp))
        HIT("tp_stop", tp);
    /* at the close */
    if (ABOVE(best, held->peak))
        held->peak = best;
    if (BELOW(c, TRAIL()))
        HIT("tsl_stop", c);
    if (td <= the->time[row])
        HIT("td_stop", c);
    if (dt <= the->time[row])
        HIT("dt_stop", c);
    if (!found)
        return false;
    strcpy(type, found);
    *price = the->at_close ? c : at;
    return true;
}

static gsize reference(const Case *the, Order *order) {
    gsize n = 0;
    Held held = {0};
    for (gsize row = 0; row < the->rows; row++) {
        Order now = {.row = row};
        if (held.position != 0 && row > held.entry_row &&
            reference_stop(the, &held, row, now.type, &now.price)) {
            now.units = -held.position;
            held.position = 0;
            order[n++] = now;
            continue;
        }
        if (row < the->delay)
            continue;
        gsize from = row - the->delay;
        now.price = the->at_open ? the->open[row] : the->close[row];
        strcpy(now.type, "signal");
        bool is_long = held.position > 0, is_short = held.position < 0;
        if (isnan(now.price))
            continue;
        if (the->long_entry[from] && !is_long)
            now.units = is_short ? 2 : 1;
        else if (the->short_entry[from] && !is_short)
            now.units = is_long ? -2 : -1;
        else if (is_long && the->long_exit[from])
            now.units = -1;
        else if (is_short && the->short_exit[from])
            now.units = 1;
        if (now.units == 0)
            continue;
        order[n++] = now;
        held.position += now.units;
        if (held.position != 0)
            held = (Held){held.position, now.price, now.price, row};
    }
    return n;
}

/* ---- random cases ---- */

static double maybe(GRand *random, double probability, double from, double to) {
    return g_rand_double(random) < probability ? g_rand_double_range(random, from, to) : NAN;
}

static Case random_case(guint32 seed) {
    g_autoptr(GRand) random = g_rand_new_with_seed(seed);
    static const char *const formats[] = {"percent", "percent100", "absolute", "target"};
    Case the = {.format = formats[g_rand_int_range(random, 0, 4)], .td_hours = -1, .dt_hour = -1};
    bool target = strcmp(the.format, "target") == 0;
    /* prices are near 100: a distance of k is k % */
    double unit = strcmp(the.format, "percent") == 0 ? 0.01 : 1;
    the.sl = maybe(random, 0.6, 1, 8) * unit;
    the.tp = maybe(random, 0.6, 1, 8) * unit;
    the.tsl = target ? NAN : maybe(random, 0.6, 1, 8) * unit;
    the.th = isnan(the.tsl) ? NAN : maybe(random, 0.5, 0.5, 4) * unit;
    if (target) {
        the.sl = maybe(random, 0.7, 90, 110);
        the.tp = maybe(random, 0.7, 90, 110);
    }
    if (g_rand_double(random) < 0.2)
        the.td_hours = g_rand_int_range(random, 1, 40);
    if (g_rand_double(random) < 0.2)
        the.dt_hour = g_rand_int_range(random, 0, 24);
    the.at_close = g_rand_double(random) < 0.2;
    the.at_open = g_rand_double(random) < 0.3;
    the.close_only = g_rand_double(random) < 0.2 && !the.at_open;
    the.delay = (gsize)g_rand_int_range(random, 0, 3);
    the.rows = (gsize)g_rand_int_range(random, 2, ROWS_MAX + 1);
    double step = g_rand_double_range(random, 0.002, 0.04), price = 100;
    double density = g_rand_double(random) < 0.5 ? 0.05 : 0.3;
    SyTime time = G_GINT64_CONSTANT(1700000000) / 3600 * 3600 * SY_SECOND;
    for (gsize row = 0; row < the.rows; row++) {
        double gap = g_rand_double(random) < 0.3 ? step * g_rand_double_range(random, -2, 2) : 0;
        the.open[row] = price * (1 + gap);
        the.close[row] = the.open[row] * (1 + step * g_rand_double_range(random, -1, 1));
        the.high[row] =
            MAX(the.open[row], the.close[row]) * (1 + step * g_rand_double_range(random, 0, 1));
        the.low[row] =
            MIN(the.open[row], the.close[row]) * (1 - step * g_rand_double_range(random, 0, 1));
        price = the.close[row];
        if (g_rand_double(random) < 0.03)
            the.open[row] = NAN;
        if (g_rand_double(random) < 0.03)
            the.low[row] = NAN;
        if (g_rand_double(random) < 0.03)
            the.close[row] = NAN;
        time += SY_HOUR * (g_rand_double(random) < 0.03 ? 60 : 1);
        the.time[row] = time;
        /* at most one flag a row: what several mean is another test's question */
        double which = g_rand_double(random) / density;
        the.long_entry[row] = which < 0.3;
        the.short_entry[row] = which >= 0.3 && which < 0.6;
        the.long_exit[row] = which >= 0.6 && which < 0.8;
        the.short_exit[row] = which >= 0.8 && which < 1;
    }
    return the;
}

static void set(SyPortfolioConfig *config, const char *key, const char *text) {
    g_autoptr(GError) error = NULL;
    const SyField *field = sy_field_find(sy_portfolio_fields.rows, sy_portfolio_fields.n, key);
    if (!sy_field_set_text(field, config, text, &error))
        fail_msg("%s", error->message);
}

static void set_number(SyPortfolioConfig *config, const char *key, double value) {
    char text[G_ASCII_DTOSTR_BUF_SIZE];
    if (!isnan(value))
        set(config, key, g_ascii_dtostr(text, sizeof text, value));
}

static SyLedger *simulate(const Case *the, const char *slippage) {
    SyPortfolioConfig config;
    sy_fields_init(&sy_portfolio_fields, &config);
    set(&config, "size", "1");
    set(&config, "init_cash", "inf");
    set(&config, "delta_format", the->format);
    set(&config, "slippage", slippage);
    set(&config, "stop_exit_price", the->at_close ? "close" : "stop");
    bool next = the->delay > 0;
    set(&config, "price",
        the->at_open ? (next ? "nextopen" : "open") : (next ? "nextclose" : "close"));
    config.from_ago = next ? (int)the->delay - 1 : 0;
    set_number(&config, "sl_stop", the->sl);
    set_number(&config, "tsl_stop", the->tsl);
    set_number(&config, "tsl_th", the->th);
    set_number(&config, "tp_stop", the->tp);
    g_autofree char *td = g_strdup_printf("%dh", the->td_hours);
    g_autofree char *dt = g_strdup_printf("%02d:00", the->dt_hour);
    if (the->td_hours > 0)
        set(&config, "td_stop", td);
    if (the->dt_hour >= 0)
        set(&config, "dt_stop", dt);
    g_autoptr(SySignals) signals = sy_signals_new(the->rows, 1);
    for (gsize row = 0; row < the->rows; row++) {
        signals->long_entries[row] = the->long_entry[row];
        signals->long_exits[row] = the->long_exit[row];
        signals->short_entries[row] = the->short_entry[row];
        signals->short_exits[row] = the->short_exit[row];
    }
    const SyPrices prices = {.rows = the->rows,
                             .columns = 1,
                             .open = the->open,
                             .high = the->close_only ? NULL : the->high,
                             .low = the->low,
                             .close = the->close,
                             .time = the->time,
                             .timeframe = {SY_HOUR, 0}};
    const char *key;
    g_autofree char *reason = sy_portfolio_validate(&config, 1, &key);
    if (reason)
        fail_msg("%s", reason);
    SyLedger *ledger = sy_portfolio_simulate(&config, &prices, signals, NULL);
    sy_fields_clear(&sy_portfolio_fields, &config);
    return ledger;
}

static void test_stops__equal_a_plain_reading_of_the_page(void **state) {
    (void)state;
    GHashTable *seen = g_hash_table_new(g_str_hash, g_str_equal);
    for (guint32 seed = 0; seed < SEEDS; seed++) {
        Case the = random_case(seed);
        Order expected[ORDERS_MAX];
        gsize n = reference(&the, expected), at = 0;
        g_autoptr(SyLedger) ledger = simulate(&the, "0");
        for (guint i = 0; i < ledger->orders->len; i++) {
            const SyOrderRecord *order = sy_ledger_order(ledger, i);
            if (order->size == 0)
                continue; /* no price */
            if (at == n)
                fail_msg("seed %u: an order more: %s on row %zu", seed, order->type, order->row);
            const Order *want = &expected[at++];
            double units = order->side == SY_BUY ? order->size : -order->size;
            if (order->row != want->row || units != want->units ||
                fabs(order->price - want->price) > 1e-9 || strcmp(order->type, want->type) != 0)
                fail_msg("seed %u, order %zu: %s on row %zu, %g at %.12g; expected %s on row %zu, "
                         "%g at %.12g",
                         seed, at - 1, order->type, order->row, units, order->price, want->type,
                         want->row, want->units, want->price);
            g_hash_table_add(seen, (gpointer)order->type);
        }
        if (at != n)
            fail_msg("seed %u: %zu orders, expected %zu", seed, at, n);
    }
    assert_int_equal(g_hash_table_size(seen), 6); /* every kind was hit */
    g_hash_table_unref(seen);
}

/* No stop gives more than the market did: what it fills at lies within its bar; a loss is never cut
 * above its level, a gain never taken below it. */
static void test_stops__fill_within_their_bar_and_never_better_than_it(void **state) {
    (void)state;
    gsize stopped = 0;
    for (guint32 seed = 0; seed < SEEDS; seed++) {
        Case the = random_case(seed);
        g_autoptr(SyLedger) ledger = simulate(&the, "0");
        for (guint i = 0; i < ledger->orders->len; i++) {
            const SyOrderRecord *order = sy_ledger_order(ledger, i);
            gsize row = order->row;
            if (strcmp(order->type, "signal") == 0)
                continue;
            stopped++;
            bool whole = !the.close_only && !isnan(the.open[row]) && !isnan(the.low[row]);
            double low = whole ? the.low[row] : the.close[row];
            double high = whole ? the.high[row] : the.close[row];
            assert_true(order->price >= low - 1e-9 && order->price <= high + 1e-9);
            assert_true(ledger->position[row] == 0);
        }
    }
    assert_true(stopped > 1000);
}

static void test_stops__lose_the_slippage_as_any_order(void **state) {
    (void)state;
    for (guint32 seed = 0; seed < 50; seed++) {
        Case the = random_case(seed);
        g_autoptr(SyLedger) plain = simulate(&the, "0"), costly = simulate(&the, "0.01");
        assert_int_equal(plain->orders->len, costly->orders->len);
        for (guint i = 0; i < plain->orders->len; i++) {
            const SyOrderRecord *a = sy_ledger_order(plain, i), *b = sy_ledger_order(costly, i);
            assert_int_equal(a->row, b->row);
            assert_string_equal(a->type, b->type);
            if (a->size > 0)
                assert_near(b->price, a->price * (a->side == SY_BUY ? 1.01 : 0.99), 1e-9);
        }
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_stops__equal_a_plain_reading_of_the_page),
        cmocka_unit_test(test_stops__fill_within_their_bar_and_never_better_than_it),
        cmocka_unit_test(test_stops__lose_the_slippage_as_any_order),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
