/* [portfolio]: its rows, and the checks and warnings that need more than one key. */
#include "portfolio/portfolio.h"

#include <math.h>
#include <string.h>

#include "base/error.h"
#include "portfolio/account.h"
#include "portfolio/stops.h"

static const SyChoice size_types[] = {
    [SY_SIZE_AMOUNT] = {"amount", "units of the asset"},
    [SY_SIZE_VALUE] = {"value", "money: size / price units"},
    [SY_SIZE_PERCENT] = {"percent", "fraction of free cash; of the position where it is reduced"},
    [SY_SIZE_PERCENT100] = {"percent100", "as percent, in hundredths"},
    [SY_SIZE_VALUEPERCENT] = {"valuepercent",
                              "fraction of the group's value before the row's orders"},
    [SY_SIZE_VALUEPERCENT100] = {"valuepercent100", "as valuepercent, in hundredths"},
};
static const SyChoice directions[] = {
    [SY_DIRECTION_BOTH] = {"both", "long and short signals"},
    [SY_DIRECTION_LONGONLY] = {"longonly", "short entries and exits are dropped"},
    [SY_DIRECTION_SHORTONLY] = {"shortonly", "long entries and exits are dropped"},
};
static const SyChoice prices[] = {
    [SY_PRICE_OPEN] = {"open", "open of the signal's own bar (before the signal is known)"},
    [SY_PRICE_CLOSE] = {"close", "close of the signal's bar"},
    [SY_PRICE_NEXTOPEN] = {"nextopen", "open of the bar after the signal's"},
    [SY_PRICE_NEXTCLOSE] = {"nextclose", "close of the bar after the signal's"},
};
static const SyChoice call_sequences[] = {
    [SY_CALL_DEFAULT] = {"default", "columns in their order"},
    [SY_CALL_REVERSED] = {"reversed", "columns from the last"},
    [SY_CALL_RANDOM] = {"random", "shuffled on each row, from seed"},
    [SY_CALL_AUTO] = {"auto", "orders that free cash before those that use it"},
};
static const SyChoice leverage_modes[] = {
    [SY_LEVERAGE_LAZY] = {"lazy", "a purchase uses up free cash before it borrows"},
    [SY_LEVERAGE_EAGER] = {"eager", "a purchase borrows all but its value / leverage"},
};
static const SyChoice stop_exit_prices[] = {
    [SY_STOP_EXIT_STOP] = {"stop", "the stop's price; the open where the bar opens beyond it"},
    [SY_STOP_EXIT_CLOSE] = {"close", "close of the bar that hits the stop"},
};
static const SyChoice delta_formats[] = {
    [SY_DELTA_PERCENT] = {"percent", "fractions of the entry price: 0.05 = 5 %"},
    [SY_DELTA_PERCENT100] = {"percent100", "hundredths of the entry price: 5 = 5 %"},
    [SY_DELTA_ABSOLUTE] = {"absolute", "money per unit"},
    [SY_DELTA_TARGET] = {"target", "the prices themselves"},
};
static const char *const both[] = {"both", NULL};
static const SyChoice accumulations[] = {
    [SY_ACCUMULATE_FALSE] = {"false", "entries open, exits close"},
    [SY_ACCUMULATE_TRUE] = {"true", "entries also add, exits remove size", both},
    [SY_ACCUMULATE_ADDONLY] = {"addonly", "entries also add, exits close"},
    [SY_ACCUMULATE_REMOVEONLY] = {"removeonly", "entries open, exits remove size"},
};
static const SyChoice side_conflicts[] = {
    [SY_CONFLICT_IGNORE] = {"ignore", "both are dropped"},
    [SY_CONFLICT_ENTRY] = {"entry", "the entry is kept"},
    [SY_CONFLICT_EXIT] = {"exit", "the exit is kept"},
    [SY_CONFLICT_ADJACENT] = {"adjacent", "in a position the entry is kept, else both are dropped"},
    [SY_CONFLICT_OPPOSITE] = {"opposite", "in a position the exit is kept, else both are dropped"},
};
static const SyChoice direction_conflicts[] = {
    [SY_DIRCONFLICT_IGNORE] = {"ignore", "both are dropped"},
    [SY_DIRCONFLICT_LONG] = {"long", "the long entry is kept"},
    [SY_DIRCONFLICT_SHORT] = {"short", "the short entry is kept"},
    [SY_DIRCONFLICT_ADJACENT] = {"adjacent", "the entry of the position's side; flat: none"},
    [SY_DIRCONFLICT_OPPOSITE] = {"opposite", "the entry of the other side; flat: none"},
};
static const SyChoice opposite_entries[] = {
    [SY_OPPOSITE_IGNORE] = {"ignore", "the entry is dropped"},
    [SY_OPPOSITE_CLOSE] = {"close", "closes all"},
    [SY_OPPOSITE_CLOSEREDUCE] = {"closereduce", "closes all; removes size with accumulate"},
    [SY_OPPOSITE_REVERSE] = {"reverse", "one order closes and opens the other side"},
    [SY_OPPOSITE_REVERSEREDUCE] = {"reversereduce", "reverses; removes size with accumulate"},
};

static bool check_size_type(const char *text, GError **error) {
    for (const char *at = text; *at; at++)
        if (g_ascii_strncasecmp(at, "target", 6) == 0)
            return sy_fail(error, SY_ERROR_USAGE,
                           "\"%s\": target sizes belong to order arrays, which templates do not "
                           "have; signals take amount, value, percent or valuepercent",
                           text);
    return true;
}

static bool check_year(const char *text, GError **error) {
    SyTimeframe year;
    return sy_timeframe_parse(text, &year, error);
}

static bool check_stop_time(const char *text, GError **error) {
    SyStopTime time;
    return sy_stop_time_parse(text, &time, error);
}

#define PORTFOLIO(member, ...) SY_FIELD(SyPortfolioConfig, member, __VA_ARGS__)
/* Arguments of from_signals that have no meaning here, or only one. */
#define NOT_HERE(name, reason)                                                                     \
    { .key = (name), .refused = (reason) }
#define UNBOUNDED .max = INFINITY

static const SyField fields[] = {
    PORTFOLIO(size, .unit = "as size_type says", UNBOUNDED, .above_min = true, .fallback = "inf",
              .help = "Size of an order; inf = as much as free cash allows. One number, or one per "
                      "symbol, as all numbers of this section that say \"or list\"."),
    PORTFOLIO(size_type, SY_CHOICES(size_types), .fallback = "amount", .check = check_size_type,
              .help = "What size counts."),
    PORTFOLIO(direction, SY_CHOICES(directions), .fallback = "both",
              .help = "Sides that may be traded."),
    PORTFOLIO(price, SY_CHOICES(prices), .fallback = "close", .help = "Price that orders fill at."),
    PORTFOLIO(from_ago, .unit = "rows", .max = 1e6, .fallback = "0",
              .help = "Rows between a signal and its order, beside that of a next… price."),
    PORTFOLIO(fees, .unit = "fraction", .max = 1, .fallback = "0",
              .help = "Fee as a fraction of the order's value: 0.001 = 10 bp."),
    PORTFOLIO(fixed_fees, .unit = "money", UNBOUNDED, .fallback = "0", .help = "Fee per order."),
    PORTFOLIO(slippage, .unit = "fraction", .max = 0.99, .fallback = "0",
              .help = "Buys pay price x (1 + slippage), sales get price x (1 - slippage)."),
    PORTFOLIO(min_size, .unit = "units", UNBOUNDED, .fallback = "0",
              .help = "Smaller orders are rejected; 0 = off."),
    PORTFOLIO(max_size, .unit = "units", UNBOUNDED, .above_min = true, .fallback = "inf",
              .help = "Larger orders are cut to it."),
    PORTFOLIO(size_granularity, .unit = "units", UNBOUNDED, .fallback = "0",
              .help = "Sizes are floored to a multiple of it, a full close never; 0 = off."),
    PORTFOLIO(leverage, .min = 1, .max = 1000, .fallback = "1",
              .help = "Value that one unit of free cash may open; 1: nothing is borrowed."),
    PORTFOLIO(leverage_mode, SY_CHOICES(leverage_modes), .fallback = "lazy",
              .help = "How purchases borrow with leverage above 1."),
    PORTFOLIO(allow_partial, .fallback = "true",
              .help = "Orders that free cash cannot pay in full are filled in part."),
    PORTFOLIO(raise_reject, .fallback = "false", .help = "A rejected order ends the run."),
    PORTFOLIO(reject_prob, .unit = "fraction", .max = 1, .fallback = "0",
              .help = "Chance that an order is rejected at random, from seed."),
    PORTFOLIO(seed, .fallback = "0", .help = "Seed of reject_prob and of call_seq random."),
    PORTFOLIO(init_cash, .unit = "money", UNBOUNDED, .above_min = true, .fallback = "100",
              .word = "auto",
              .help = "Cash at the start, of each cash pool; inf = without limit; auto = the least "
                      "that never runs out."),
    PORTFOLIO(init_position, .unit = "units",
              .help = "Position at the start, negative = short; needs init_price."),
    PORTFOLIO(init_price, .unit = "money", UNBOUNDED, .above_min = true,
              .help = "Price at which the position at the start was entered."),
    PORTFOLIO(cash_deposits, .unit = "money", .or_dated = true,
              .help = "Paid into each cash pool before the orders of every row, or once at each "
                      "time; below zero: paid out, at most what is free. No gain."),
    PORTFOLIO(cash_earnings, .unit = "money", .or_dated = true,
              .help = "Earned by each cash pool after the orders of every row, or once at each "
                      "time."),
    PORTFOLIO(cash_dividends, .unit = "money per unit", .or_dated = true,
              .help = "Earned for each unit held after the orders of every row, or once at each "
                      "time; a short pays it."),
    PORTFOLIO(cash_sharing, .fallback = "false", .help = "All symbols share one cash pool."),
    PORTFOLIO(group_by, .fallback = "false",
              .help = "Symbols whose figures, and with cash_sharing whose cash, are those of one "
                      "group: true = all, or a label per symbol; those of one label belong "
                      "together."),
    PORTFOLIO(call_seq, SY_CHOICES(call_sequences), .fallback = "default",
              .help = "Order of the symbols within a row; needs cash_sharing = true."),
    PORTFOLIO(accumulate, SY_CHOICES(accumulations), .fallback = "false",
              .help = "Whether signals add to and remove from an open position."),
    PORTFOLIO(upon_long_conflict, SY_CHOICES(side_conflicts), .fallback = "ignore",
              .help = "A long entry and a long exit on one row."),
    PORTFOLIO(upon_short_conflict, SY_CHOICES(side_conflicts), .fallback = "ignore",
              .help = "A short entry and a short exit on one row."),
    PORTFOLIO(upon_dir_conflict, SY_CHOICES(direction_conflicts), .fallback = "ignore",
              .help = "A long and a short entry on one row."),
    PORTFOLIO(upon_opposite_entry, SY_CHOICES(opposite_entries), .fallback = "reversereduce",
              .help = "An entry against the open position."),
    PORTFOLIO(sl_stop, .unit = "as delta_format says", UNBOUNDED, .above_min = true,
              .help =
                  "Stop loss: distance below the entry price of a long, above that of a short."),
    PORTFOLIO(tsl_stop, .unit = "as delta_format says", UNBOUNDED, .above_min = true,
              .help = "Trailing stop: distance from the best price since the entry."),
    PORTFOLIO(tsl_th, .unit = "as delta_format says", UNBOUNDED,
              .help = "Gain that the best price must have reached before tsl_stop holds."),
    PORTFOLIO(tp_stop, .unit = "as delta_format says", UNBOUNDED, .above_min = true,
              .help = "Take profit: distance above the entry price of a long, below that of a "
                      "short."),
    PORTFOLIO(td_stop, .help = "Time after which a position is closed, counted from the open of "
                               "the entry bar."),
    PORTFOLIO(dt_stop, .check = check_stop_time,
              .help = "Time of day, UTC (\"16:00\"), or date at which a position is closed."),
    PORTFOLIO(stop_exit_price, SY_CHOICES(stop_exit_prices), .fallback = "stop",
              .help = "Price that stops fill at, before slippage."),
    PORTFOLIO(delta_format, SY_CHOICES(delta_formats), .fallback = "percent",
              .help = "What the distances of stops count."),
    PORTFOLIO(freq, .help = "Length of a row; not given = the timeframe of the bars."),
    PORTFOLIO(year_freq, .fallback = "365 days", .check = check_year,
              .help = "Length of a year in annualised figures: \"252 days\" for equities."),
    NOT_HERE("close", "prices come from [loader]"),
    NOT_HERE("open", "prices come from [loader]"),
    NOT_HERE("high", "prices come from [loader]"),
    NOT_HERE("low", "prices come from [loader]"),
    NOT_HERE("entries", "signals come from [signal]"),
    NOT_HERE("exits", "signals come from [signal]"),
    NOT_HERE("long_entries", "signals come from [signal]"),
    NOT_HERE("long_exits", "signals come from [signal]"),
    NOT_HERE("short_entries", "signals come from [signal]"),
    NOT_HERE("short_exits", "signals come from [signal]"),
    NOT_HERE("signal_func_nb",
             "signals come from [signal]; code of your own is a model (name = \"command\")"),
    NOT_HERE("signal_args", "signals come from [signal]"),
    NOT_HERE("order_mode", "sizes are those of orders; target sizes belong to order arrays"),
    NOT_HERE("order_type", "the simulation has no limit orders"),
    NOT_HERE("limit_delta", "the simulation has no limit orders"),
    NOT_HERE("limit_tif", "the simulation has no limit orders"),
    NOT_HERE("limit_expiry", "the simulation has no limit orders"),
    NOT_HERE("limit_reverse", "the simulation has no limit orders"),
    NOT_HERE("stop_order_type", "stops are market orders"),
    NOT_HERE("stop_limit_delta", "stops are market orders"),
    NOT_HERE("lock_cash",
             "no order spends more than free cash, and what a short is secured with is locked"),
    NOT_HERE("log", "orders.csv has every order that was tried, with its status and reason"),
    NOT_HERE("max_logs", "there is no log besides orders.csv"),
    NOT_HERE("max_orders", "memory grows with the orders"),
    NOT_HERE("val_price", "the value for sizes is taken at the price that the orders fill at"),
    NOT_HERE("ffill_val_price", "a missing price counts as the last close that was there, always"),
    NOT_HERE("update_value", "the value for sizes is taken once a row, before its orders"),
    NOT_HERE("sl_trail", "a trailing stop is tsl_stop"),
    NOT_HERE("stop_entry_price", "stops count from the price of the order that set them"),
    NOT_HERE("upon_stop_exit", "a stop closes the whole position"),
    NOT_HERE("upon_stop_update", "an order that enlarges a position sets its stops anew"),
    NOT_HERE("upon_adj_stop_conflict", "a stop comes before the signals of its bar"),
    NOT_HERE("upon_opp_stop_conflict", "a stop comes before the signals of its bar"),
    NOT_HERE("stop_ladder", "a stop closes the whole position"),
    NOT_HERE("time_delta_format", "td_stop is a length of time"),
    NOT_HERE("use_stops", "a stop that is not given is off"),
    NOT_HERE("adjust_sl_func_nb", "stops keep their distance; code of your own is a model"),
    NOT_HERE("adjust_sl_args", "stops keep their distance"),
    NOT_HERE("adjust_tp_func_nb", "stops keep their distance; code of your own is a model"),
    NOT_HERE("adjust_tp_args", "stops keep their distance"),
    NOT_HERE("adjust_func_nb", "stops keep their distance; code of your own is a model"),
    NOT_HERE("adjust_args", "stops keep their distance"),
    NOT_HERE("bm_close", "the benchmark is to hold the symbols with equal money"),
    NOT_HERE("attach_call_seq", "orders.csv has the orders as they were worked"),
    NOT_HERE("broadcast_named_args", "a number counts for all symbols, a list has one for each"),
    NOT_HERE("broadcast_kwargs", "a number counts for all symbols, a list has one for each"),
    NOT_HERE("template_mapping", "it belongs to Python objects"),
    NOT_HERE("template_context", "it belongs to Python objects"),
    NOT_HERE("wrapper_kwargs", "it belongs to Python objects"),
    NOT_HERE("jitted", "it belongs to Python objects"),
    NOT_HERE("chunked", "it belongs to Python objects"),
};

const SyFieldTable sy_portfolio_fields = SY_FIELD_TABLE(SyPortfolioConfig, fields);

static bool is_percent(unsigned size_type) {
    return size_type == SY_SIZE_PERCENT || size_type == SY_SIZE_PERCENT100;
}

static bool is_valuepercent(unsigned size_type) {
    return size_type == SY_SIZE_VALUEPERCENT || size_type == SY_SIZE_VALUEPERCENT100;
}

static double size_fraction(const SyPortfolioConfig *config, gsize column) {
    double size = sy_numbers_get(&config->size, column);
    bool hundredths =
        config->size_type == SY_SIZE_PERCENT100 || config->size_type == SY_SIZE_VALUEPERCENT100;
    return hundredths ? size / 100 : size;
}

/* A list that is neither one number nor one per column. */
static char *wrong_length(const SyPortfolioConfig *config, gsize columns, const char **key) {
    for (gsize i = 0; i < G_N_ELEMENTS(fields); i++) {
        if (fields[i].kind != SY_FIELD_NUMBERS)
            continue;
        const SyNumbers *numbers = (const void *)((const char *)config + fields[i].offset);
        *key = fields[i].key;
        if (numbers->n > 1 && numbers->n != columns && !numbers->time)
            return g_strdup_printf("%s has %" G_GSIZE_FORMAT " numbers for %" G_GSIZE_FORMAT
                                   " symbols: give one, or one per symbol",
                                   *key, numbers->n, columns);
    }
    return NULL;
}

static char *wrong_size(const SyPortfolioConfig *config, gsize columns, const char **key) {
    for (gsize c = 0; c < columns; c++) {
        double size = sy_numbers_get(&config->size, c), fraction = size_fraction(config, c);
        if (is_percent(config->size_type) && isfinite(size) && fraction > 1) {
            *key = "size";
            return g_strdup_printf("size = %.15g with size_type = \"%s\" is %.15g %% of free cash; "
                                   "the most is 100 %%",
                                   size, size_types[config->size_type].name, fraction * 100);
        }
        if (sy_numbers_get(&config->min_size, c) > sy_numbers_get(&config->max_size, c)) {
            *key = "min_size";
            return g_strdup_printf("min_size = %.15g is above max_size = %.15g",
                                   sy_numbers_get(&config->min_size, c),
                                   sy_numbers_get(&config->max_size, c));
        }
        if (!isfinite(config->init_cash) &&
            (is_percent(config->size_type) || is_valuepercent(config->size_type) || isinf(size))) {
            *key = "init_cash";
            return g_strdup_printf("init_cash = %s needs sizes that do not depend on cash; give "
                                   "size_type = \"amount\" or \"value\" with a finite size",
                                   isnan(config->init_cash) ? "\"auto\"" : "inf");
        }
    }
    return NULL;
}

/* The least cash follows from what the orders cost; with leverage from cash itself. */
static char *wrong_leverage(const SyPortfolioConfig *config, gsize columns, const char **key) {
    *key = "leverage";
    for (gsize c = 0; isnan(config->init_cash) && c < columns; c++)
        if (sy_numbers_get(&config->leverage, c) != 1)
            return g_strdup_printf(
                "leverage = %.15g with init_cash = \"auto\": what levered orders "
                "need depends on the cash that is there; give init_cash",
                sy_numbers_get(&config->leverage, c));
    return NULL;
}

static char *wrong_start(const SyPortfolioConfig *config, gsize columns, const char **key) {
    if (config->init_price.n && !config->init_position.n) {
        *key = "init_price";
        return g_strdup("init_price has no init_position to be the price of");
    }
    for (gsize c = 0; config->init_position.n && c < columns; c++) {
        double position = sy_numbers_get(&config->init_position, c);
        *key = "init_position";
        if (!isfinite(position))
            return g_strdup_printf("init_position = %g must be finite", position);
        if (!config->init_price.n)
            return g_strdup("init_position needs init_price, the price it was entered at");
        *key = "init_price";
        if (isinf(sy_numbers_get(&config->init_price, c)))
            return g_strdup("init_price = inf must be finite");
    }
    return NULL;
}

static char *wrong_flow(const SyPortfolioConfig *config, const char **key) {
    const struct {
        const char *key;
        const SyNumbers *numbers;
    } flows[] = {{"cash_deposits", &config->cash_deposits},
                 {"cash_earnings", &config->cash_earnings},
                 {"cash_dividends", &config->cash_dividends}};
    for (gsize i = 0; i < G_N_ELEMENTS(flows); i++)
        for (gsize k = 0; k < flows[i].numbers->n; k++)
            if (!isfinite(flows[i].numbers->value[k])) {
                *key = flows[i].key;
                return g_strdup_printf("%s = %g must be finite", *key, flows[i].numbers->value[k]);
            }
    return NULL;
}

/* Stops that lack something, or have no meaning. */
static char *wrong_stop(const SyPortfolioConfig *config, const char **key) {
    if (config->tsl_stop.n && config->delta_format == SY_DELTA_TARGET) {
        *key = "tsl_stop";
        return g_strdup("tsl_stop with delta_format = \"target\": a trailing stop keeps a distance "
                        "from the best price; give it as percent, percent100 or absolute");
    }
    *key = "tsl_th";
    if (config->tsl_th.n && !config->tsl_stop.n)
        return g_strdup("tsl_th has no tsl_stop to begin with");
    return NULL;
}

static char *wrong_mode(const SyPortfolioConfig *config, gsize columns, const char **key) {
    *key = "group_by";
    gsize labels = config->group_by.label ? g_strv_length(config->group_by.label) : columns;
    if (labels != columns)
        return g_strdup_printf("group_by has %" G_GSIZE_FORMAT " labels for %" G_GSIZE_FORMAT
                               " symbols: give true, false, or one label per symbol",
                               labels, columns);
    *key = "call_seq";
    if (config->call_seq != SY_CALL_DEFAULT && !config->cash_sharing)
        return g_strdup_printf("call_seq = \"%s\" orders the symbols of one cash pool; set "
                               "cash_sharing = true, or leave call_seq out",
                               call_sequences[config->call_seq].name);
    return NULL;
}

gsize sy_portfolio_groups(const SyPortfolioConfig *config, gsize columns, gsize *group_of_column) {
    g_autoptr(GHashTable) known = g_hash_table_new(g_str_hash, g_str_equal);
    bool together = config->group_by.all || config->cash_sharing;
    gsize groups = 0;
    for (gsize c = 0; c < columns; c++) {
        if (!config->group_by.label) {
            group_of_column[c] = together ? 0 : c;
            continue;
        }
        const gsize *first = g_hash_table_lookup(known, config->group_by.label[c]);
        group_of_column[c] = first ? *first : groups++;
        if (!first)
            g_hash_table_insert(known, config->group_by.label[c], &group_of_column[c]);
    }
    return config->group_by.label ? groups : together ? MIN(columns, 1) : columns;
}

const char *sy_portfolio_group_name(const SyPortfolioConfig *config, const SyLedger *ledger,
                                    char *const *symbol, gsize group) {
    if (!config->group_by.label)
        return config->group_by.all || config->cash_sharing ? NULL : symbol[group];
    gsize column = 0;
    while (ledger->group_of_column[column] != group)
        column++;
    return config->group_by.label[column];
}

char *sy_portfolio_validate(const SyPortfolioConfig *config, gsize columns, const char **key) {
    char *reason = wrong_length(config, columns, key);
    if (!reason)
        reason = wrong_mode(config, columns, key);
    if (!reason)
        reason = wrong_size(config, columns, key);
    if (!reason)
        reason = wrong_leverage(config, columns, key);
    if (!reason)
        reason = wrong_start(config, columns, key);
    if (!reason)
        reason = wrong_stop(config, key);
    if (!reason)
        reason = wrong_flow(config, key);
    return reason;
}

/* The largest fraction of what one pool can open that its entries ask for together. */
static double asked_of_pool(const SyPortfolioConfig *config, gsize columns) {
    double asked = 0;
    for (gsize c = 0; c < columns; c++) {
        double fraction = size_fraction(config, c) / sy_numbers_get(&config->leverage, c);
        asked = config->cash_sharing ? asked + fraction : fmax(asked, fraction);
    }
    return asked;
}

static bool has_costs(const SyPortfolioConfig *config, gsize columns) {
    for (gsize c = 0; c < columns; c++)
        if (sy_numbers_get(&config->fees, c) > 0 || sy_numbers_get(&config->fixed_fees, c) > 0 ||
            sy_numbers_get(&config->slippage, c) > 0)
            return true;
    return false;
}

static double largest(const SyNumbers *numbers) {
    double most = 0;
    for (gsize i = 0; i < numbers->n; i++)
        most = fmax(most, numbers->value[i]);
    return most;
}

char *sy_portfolio_warning(const SyPortfolioConfig *config, gsize columns) {
    g_autoptr(GPtrArray) lines = g_ptr_array_new_with_free_func(g_free);
    double asked = is_valuepercent(config->size_type) ? asked_of_pool(config, columns) : 0;
    bool whole = sy_values_equal(asked, 1);
    if (asked > 1 && !whole)
        g_ptr_array_add(lines, g_strdup_printf("The sizes add up to %.15g %% of what the value "
                                               "can open: orders beyond 100 %% are cut.",
                                               asked * 100));
    else if (whole && has_costs(config, columns))
        g_ptr_array_add(lines, g_strdup("The sizes add up to 100 % of what the value can open "
                                        "and fees or slippage are set: the last leg will be cut."));
    double far = largest(&config->sl_stop);
    if (config->delta_format == SY_DELTA_PERCENT && far >= 1 && isfinite(far))
        g_ptr_array_add(lines, g_strdup_printf("sl_stop = %.15g is %.15g %% of the entry price, "
                                               "which stops no long; hundredths are "
                                               "delta_format = \"percent100\".",
                                               far, far * 100));
    if (config->price == SY_PRICE_OPEN && config->from_ago == 0)
        g_ptr_array_add(lines, g_strdup("price = \"open\" fills at a price from before the signal "
                                        "was known; \"nextopen\" does not look ahead."));
    g_ptr_array_add(lines, NULL);
    return lines->len > 1 ? g_strjoinv("\n", (char **)lines->pdata) : NULL;
}

double sy_portfolio_annualisation(const SyPortfolioConfig *config, SyTimeframe timeframe) {
    SyTimeframe year, row = config->freq;
    if (row.nanoseconds == 0 && row.months == 0)
        row = timeframe;
    if (!sy_timeframe_parse(config->year_freq, &year, NULL))
        g_assert_not_reached(); /* the row's check has seen it */
    return sy_timeframe_length(year) / sy_timeframe_length(row);
}

SyOrderTerms sy_portfolio_terms(const SyPortfolioConfig *config, gsize column) {
    return (SyOrderTerms){
        .fees = sy_numbers_get(&config->fees, column),
        .fixed_fees = sy_numbers_get(&config->fixed_fees, column),
        .slippage = sy_numbers_get(&config->slippage, column),
        .min_size = sy_numbers_get(&config->min_size, column),
        .max_size = sy_numbers_get(&config->max_size, column),
        .granularity = sy_numbers_get(&config->size_granularity, column),
        .leverage = sy_numbers_get(&config->leverage, column),
        .leverage_mode = config->leverage_mode,
        .allow_partial = config->allow_partial,
    };
}

SyPrices sy_portfolio_prices(const SyPanel *panel) {
    return (SyPrices){
        .rows = panel->rows,
        .columns = panel->symbols,
        .open = panel->value[SY_OPEN],
        .high = panel->value[SY_HIGH],
        .low = panel->value[SY_LOW],
        .close = panel->value[SY_CLOSE],
        .time = panel->time,
        .timeframe = panel->timeframe,
    };
}
