/* Stop loss, trailing stop, take profit and stops in time, bar by bar. A short is the mirror image
 * of a long: prices are compared after multiplication by the direction, which is exact.
 *
 * What the order of prices within a bar was is not known. What is known decides first: what is
 * reached at the open is filled there; of what is reached within the bar the loss comes first. */
#include "portfolio/stops.h"

#include <math.h>
#include <stdio.h>

#include "base/error.h"

const char *const sy_stop_names[SY_STOP_KINDS] = {
    [SY_STOP_SL] = "sl_stop", [SY_STOP_TSL] = "tsl_stop", [SY_STOP_TP] = "tp_stop",
    [SY_STOP_TD] = "td_stop", [SY_STOP_DT] = "dt_stop",
};

static double distance_of(const SyNumbers *numbers, gsize column, unsigned format) {
    if (numbers->n == 0)
        return INFINITY;
    double distance = sy_numbers_get(numbers, column);
    return format == SY_DELTA_PERCENT100 ? distance / 100 : distance;
}

bool sy_stops_terms(const SyPortfolioConfig *config, const SyPrices *prices, gsize column,
                    SyStopTerms *terms) {
    gsize start = column * prices->rows;
    unsigned format = config->delta_format;
    *terms = (SyStopTerms){
        .sl = distance_of(&config->sl_stop, column, format),
        .tsl = distance_of(&config->tsl_stop, column, format),
        .tsl_th = config->tsl_th.n ? distance_of(&config->tsl_th, column, format) : 0,
        .tp = distance_of(&config->tp_stop, column, format),
        .format = format == SY_DELTA_PERCENT100 ? SY_DELTA_PERCENT : format,
        .at_close = config->stop_exit_price == SY_STOP_EXIT_CLOSE,
        .td = config->td_stop,
        .has_dt = config->dt_stop != NULL,
        .rows = prices->rows,
        .open = prices->open ? prices->open + start : NULL,
        .high = prices->high ? prices->high + start : NULL,
        .low = prices->low ? prices->low + start : NULL,
        .close = prices->close + start,
        .time = prices->time,
        .timeframe = prices->timeframe,
    };
    if (terms->has_dt && !sy_stop_time_parse(config->dt_stop, &terms->dt, NULL))
        g_assert_not_reached(); /* the row's check has seen it */
    bool timed = terms->td.nanoseconds || terms->td.months || terms->has_dt;
    g_assert(!timed || prices->time);
    return timed || !isinf(terms->sl) || !isinf(terms->tsl) || !isinf(terms->tp);
}

/* ── levels ── */

/* The price `distance` on from `from`; sign 1: gains, −1: losses. */
static double level(const SyStopTerms *terms, double from, double distance, double sign) {
    switch (terms->format) {
    case SY_DELTA_TARGET:
        return isinf(distance) ? sign * INFINITY : distance;
    case SY_DELTA_ABSOLUTE:
        return from + sign * distance;
    case SY_DELTA_PERCENT:
    case SY_DELTA_PERCENT100:
        break;
    }
    return from * (1 + sign * distance);
}

static double trailing_level(const SyStops *stops, const SyStopTerms *terms) {
    double d = stops->direction, off = -d * INFINITY;
    if (isinf(terms->tsl))
        return off;
    double from = terms->tsl_th > 0 ? level(terms, stops->init, terms->tsl_th, d) : stops->init;
    bool holds = d * stops->peak >= d * from;
    return holds ? level(terms, stops->peak, terms->tsl, -d) : off;
}

/* ── times ── */

bool sy_stop_time_parse(const char *text, SyStopTime *time, GError **error) {
    int hour = 0, minute = 0, second = 0, end = 0, more = 0;
    if (sscanf(text, "%2d:%2d%n:%2d%n", &hour, &minute, &end, &second, &more) >= 2 &&
        text[MAX(end, more)] == '\0') {
        if (hour < 0 || hour > 23 || minute < 0 || minute > 59 || second < 0 || second > 59)
            return sy_fail(error, SY_ERROR_USAGE, "\"%s\" is no time of day", text);
        *time = (SyStopTime){true, hour * SY_HOUR + minute * SY_MINUTE + second * SY_SECOND};
        return true;
    }
    if (sy_time_is_relative(text))
        return sy_fail(error, SY_ERROR_USAGE,
                       "\"%s\" would be another moment on each run; give a time of day (\"16:00\", "
                       "UTC) or a date (\"2024-06-30\")",
                       text);
    time->daily = false;
    return sy_time_parse(text, 0, &time->at, error);
}

static SyTime open_time(const SyStopTerms *terms, gsize row) {
    return sy_timeframe_add(terms->timeframe, terms->time[row], -1);
}

/* The first moment of that time of day after `moment`. */
static SyTime next_daily(SyTime moment, SyTime of_day) {
    SyTime since = (moment - of_day) % SY_DAY;
    return moment - (since < 0 ? since + SY_DAY : since) + SY_DAY;
}

/* Has a stop in time due at `moment`, unless another one is due before it. */
static void add_due(SyStops *stops, const SyStopTerms *terms, SyTime moment, SyStopKind kind) {
    gsize low = stops->checked, high = terms->rows;
    while (low < high) {
        gsize middle = (low + high) / 2;
        if (terms->time[middle] < moment)
            low = middle + 1;
        else
            high = middle;
    }
    bool at_open = low < terms->rows && open_time(terms, low) >= moment;
    bool earlier = low < stops->due || (low == stops->due && at_open && !stops->due_at_open);
    if (low < terms->rows && earlier) {
        stops->due = low;
        stops->due_at_open = at_open;
        stops->due_kind = kind;
    }
}

static void set_times(SyStops *stops, const SyStopTerms *terms, gsize first, bool at_open) {
    gsize entry = first ? first - 1 : 0;
    bool before_open = at_open || first == 0;
    if (terms->td.nanoseconds || terms->td.months)
        add_due(stops, terms, sy_timeframe_add(terms->td, open_time(terms, entry), 1), SY_STOP_TD);
    if (!terms->has_dt)
        return;
    SyTime entered = before_open ? open_time(terms, entry) : terms->time[entry];
    SyTime moment = terms->dt.daily ? next_daily(entered, terms->dt.at) : terms->dt.at;
    if (moment > entered)
        add_due(stops, terms, moment, SY_STOP_DT);
}

void sy_stops_set(SyStops *stops, const SyStopTerms *terms, gsize first, double price,
                  double direction, bool at_open) {
    *stops = (SyStops){
        .direction = direction,
        .init = price,
        .peak = price,
        .sl = level(terms, price, terms->sl, -direction),
        .tp = level(terms, price, terms->tp, direction),
        .checked = first,
        .due = terms->rows,
    };
    if (first < terms->rows)
        set_times(stops, terms, first, at_open);
}

/* ── the test of a bar ── */

typedef struct {
    double open, best, worst, close; /* best, worst: for the side that is held */
    bool close_only;                 /* all of them are the close */
} Bar;

/* False where the row has no price. */
static bool bar_at(const SyStopTerms *terms, double direction, gsize row, Bar *bar) {
    double close = terms->close[row];
    if (isnan(close))
        return false;
    *bar = (Bar){close, close, close, close, true};
    if (!terms->open || !terms->high || !terms->low)
        return true;
    double open = terms->open[row], high = terms->high[row], low = terms->low[row];
    if (!isnan(open) && !isnan(high) && !isnan(low))
        *bar = (Bar){open, direction > 0 ? high : low, direction > 0 ? low : high, close, false};
    return true;
}

static void raise_peak(SyStops *stops, double price) {
    if (stops->direction * price > stops->direction * stops->peak)
        stops->peak = price;
}

static bool set_hit(SyStopHit *hit, SyStopKind kind, SyMoment moment, double price) {
    hit->kind = kind;
    hit->moment = moment;
    hit->price = price;
    return true;
}

/* d · price is the higher the better for the side that is held. */
static bool test_bar(SyStops *stops, const SyStopTerms *terms, gsize row, const Bar *bar,
                     SyStopHit *hit) {
    double d = stops->direction;
    raise_peak(stops, bar->open);
    double trailing = trailing_level(stops, terms);
    if (d * bar->open <= d * stops->sl)
        return set_hit(hit, SY_STOP_SL, SY_MOMENT_OPEN, bar->open);
    if (d * bar->open <= d * trailing)
        return set_hit(hit, SY_STOP_TSL, SY_MOMENT_OPEN, bar->open);
    if (d * bar->open >= d * stops->tp)
        return set_hit(hit, SY_STOP_TP, SY_MOMENT_OPEN, bar->open);
    if (row > stops->due || (row == stops->due && stops->due_at_open))
        return set_hit(hit, stops->due_kind, SY_MOMENT_OPEN, bar->open);
    if (d * bar->worst <= d * stops->sl)
        return set_hit(hit, SY_STOP_SL, SY_MOMENT_WITHIN, stops->sl);
    if (d * bar->worst <= d * trailing)
        return set_hit(hit, SY_STOP_TSL, SY_MOMENT_WITHIN, trailing);
    if (d * bar->best >= d * stops->tp)
        return set_hit(hit, SY_STOP_TP, SY_MOMENT_WITHIN, stops->tp);
    raise_peak(stops, bar->best);
    if (d * bar->close <= d * trailing_level(stops, terms))
        return set_hit(hit, SY_STOP_TSL, SY_MOMENT_CLOSE, bar->close);
    return row == stops->due && set_hit(hit, stops->due_kind, SY_MOMENT_CLOSE, bar->close);
}

bool sy_stops_test(SyStops *stops, const SyStopTerms *terms, gsize last, SyStopHit *hit) {
    while (stops->checked <= last) {
        gsize row = stops->checked++;
        Bar bar;
        if (!bar_at(terms, stops->direction, row, &bar) || !test_bar(stops, terms, row, &bar, hit))
            continue;
        hit->row = row;
        if (terms->at_close || bar.close_only)
            set_hit(hit, hit->kind, SY_MOMENT_CLOSE, bar.close);
        return true;
    }
    return false;
}
