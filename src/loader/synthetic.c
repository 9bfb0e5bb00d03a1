/* The synthetic pair.
 *
 * Hour by hour from a fixed origin, two log prices move by
 *
 *     r1 = s1 · e^v · w · e1 + m/2 − k·S/2 − c·L1        s = (0.0055, 0.0070)
 *     r2 = s2 · e^v · w · e2 − m/2 + k·S/2 − c·L2
 *
 * e1, e2   standard normal with correlation rho. Fisher's z of rho follows an AR(1) with a
 * half-life of 60 days around z(0.80): the dependence wanders (0.6 … 0.92) and returns. w sqrt(2 /
 * X), X ~ chi-square(4), one for both: Student t margins and copula, joint tails v        AR(1),
 * half-life 2 days, sd 0.45: calm and stormy days m        AR(1), half-life 9 hours: one asset runs
 * ahead of the other for a while S        ln P1 − ln P2 less its start: drawn back with a half-life
 * of 30 days L        ln P less its start: drawn back with a half-life of two years, which keeps
 * prices in sight
 *
 * A bar opens at the close before it; high and low lie beyond open and close by half-normal
 * distances; volume is log-normal and grows with the hour's move. Prices are rounded to cents,
 * after the state has moved on.
 *
 * Random numbers are a function of (seed, hour, number of the draw) alone (base/hash.h), and the
 * state begins at the origin, so no bar depends on how many are asked for. */
#include "loader/synthetic.h"

#include <math.h>

#include "base/hash.h"

const char *const sy_synthetic_symbols[] = {"CB-BTC-USD", "CB-ETH-USD", NULL};

enum { pair = 2 };

SyTime sy_synthetic_origin(void) { return sy_date_to_days((SyDate){2018, 1, 1}) * SY_DAY; }

/* ── random numbers ────────────────────────────────────────────────────────────────────────── */

typedef struct {
    guint64 state;
} Random;

/* The stream of one hour. */
static Random random_of(guint64 seed, gint64 hour) {
    Random random = {seed};
    random.state =
        sy_random_next(&random.state) ^ (guint64)hour * G_GUINT64_CONSTANT(0xd1342543de82ef95);
    return random;
}

/* Uniform in (0, 1). */
static double next_uniform(Random *random) {
    return ((double)(sy_random_next(&random->state) >> 11) + 0.5) * 0x1p-53;
}

/* Standard normal (Box and Muller 1958); the second of the two is left unused. */
static double next_normal(Random *random) {
    double radius = sqrt(-2 * log(next_uniform(random)));
    return radius * cos(2 * G_PI * next_uniform(random));
}

/* sqrt(2 / X), X chi-square with 4 degrees of freedom: the scale that makes a normal a Student t of
 * unit variance. */
static double next_scale(Random *random) {
    double chi_square = -2 * log(next_uniform(random) * next_uniform(random));
    return sqrt(2 / chi_square);
}

/* ── the process ───────────────────────────────────────────────────────────────────────────── */

typedef struct {
    double log_price[pair]; /* less its start */
    double volatility;      /* v */
    double fisher;          /* z(rho) less its centre */
    double ahead;           /* m */
} State;

static const double start_price[pair] = {9000, 450};
static const double scale[pair] = {0.0055, 0.0070};
static const double usual_volume[pair] = {900, 9000};

static double persistence(double half_life_hours) { return exp2(-1 / half_life_hours); }

/* One step of an AR(1) with mean 0 and the stationary deviation given. */
static double next_value(double value, double half_life_hours, double deviation, Random *random) {
    double kept = persistence(half_life_hours);
    return kept * value + deviation * sqrt(1 - kept * kept) * next_normal(random);
}

static void step(State *state, Random *random) {
    const double day = 24, year = 365 * day;
    state->volatility = next_value(state->volatility, 2 * day, 0.45, random);
    state->fisher = next_value(state->fisher, 60 * day, 0.22, random);
    state->ahead = next_value(state->ahead, 9, 0.0009, random);
    double rho = tanh(atanh(0.80) + state->fisher);
    double first = next_normal(random);
    double second = rho * first + sqrt(1 - rho * rho) * next_normal(random);
    double size = exp(state->volatility) * next_scale(random);
    double spread = state->log_price[0] - state->log_price[1];
    double back = (1 - persistence(30 * day)) * spread, home = 1 - persistence(2 * year);
    state->log_price[0] +=
        scale[0] * size * first + (state->ahead - back) / 2 - home * state->log_price[0];
    state->log_price[1] +=
        scale[1] * size * second - (state->ahead - back) / 2 - home * state->log_price[1];
}

static double cents(double price) { return round(price * 100) / 100; }

/* The bar from one log price to the next. */
static void make_bar(const double *open, const double *close, int asset, double volatility,
                     Random *random, double *value) {
    double wick = 0.5 * scale[asset] * exp(volatility);
    double top = fmax(open[asset], close[asset]) + wick * fabs(next_normal(random));
    double bottom = fmin(open[asset], close[asset]) - wick * fabs(next_normal(random));
    double moved = fabs(close[asset] - open[asset]) / scale[asset];
    value[SY_OPEN] = cents(start_price[asset] * exp(open[asset]));
    value[SY_HIGH] = cents(start_price[asset] * exp(top));
    value[SY_LOW] = cents(start_price[asset] * exp(bottom));
    value[SY_CLOSE] = cents(start_price[asset] * exp(close[asset]));
    value[SY_VOLUME] = cents(usual_volume[asset] * exp(0.4 * next_normal(random)) * (1 + moved));
}

/* Number of the first bar, from 1, that closes at or after a time. */
static gint64 bar_at(SyTime time) {
    SyTime since = time - sy_synthetic_origin();
    return since <= 0 ? 1 : MAX((since + SY_HOUR - 1) / SY_HOUR, 1);
}

SyPanel *sy_synthetic_pair(guint64 seed, SyTime first, SyTime last) {
    SyTime origin = sy_synthetic_origin();
    gint64 begin = bar_at(first), end = last < origin ? 0 : (last - origin) / SY_HOUR;
    gsize rows = end >= begin ? (gsize)(end - begin + 1) : 0;
    SyPanel *panel = sy_panel_new(rows, (char **)sy_synthetic_symbols, (SyTimeframe){SY_HOUR, 0});
    State state = {0};
    for (gint64 bar = 1; bar <= end; bar++) {
        Random random = random_of(seed, bar);
        State before = state;
        step(&state, &random);
        if (bar < begin)
            continue;
        gsize row = (gsize)(bar - begin);
        panel->time[row] = origin + bar * SY_HOUR;
        for (int asset = 0; asset < pair; asset++) {
            double value[SY_BAR_FIELDS];
            make_bar(before.log_price, state.log_price, asset, state.volatility, &random, value);
            for (int field = 0; field < SY_BAR_FIELDS; field++)
                sy_panel_column(panel, field, (gsize)asset)[row] = value[field];
        }
    }
    return panel;
}
