/* Ticks of axes. A label says as much as is needed to read it beside its neighbours. */
#include "report/ticks.h"

#include <math.h>

static void tick_clear(gpointer tick) { g_free(((SyTick *)tick)->label); }

static GArray *ticks_new(void) {
    GArray *ticks = g_array_new(FALSE, FALSE, sizeof(SyTick));
    g_array_set_clear_func(ticks, tick_clear);
    return ticks;
}

static void add_tick(GArray *ticks, double value, char *label) {
    SyTick tick = {value, label};
    g_array_append_val(ticks, tick);
}

static bool is_range(double low, double high) {
    return isfinite(low) && isfinite(high) && low < high;
}

/* The round step at, above or a little below span / wanted. */
static double round_step(double span, int wanted) {
    static const double steps[] = {1, 2, 2.5, 5, 10};
    double raw = span / MAX(wanted, 1);
    double power = pow(10, floor(log10(raw)));
    for (gsize i = 0; i < G_N_ELEMENTS(steps); i++)
        if (steps[i] * power >= raw * 0.8)
            return steps[i] * power;
    return 10 * power;
}

/* Decimals that tell neighbours `step` apart. */
static int step_decimals(double step) {
    int decimals = 0;
    while (decimals < 12 && fabs(step - rint(step)) > 1e-6 * step)
        step *= 10, decimals++;
    return decimals;
}

static char *axis_label(double value, double step, SyReportUnit unit) {
    if (unit == SY_UNIT_SECONDS)
        return sy_report_format(unit, value);
    double shown = unit == SY_UNIT_FRACTION ? 100 : 1;
    double size = fabs(value) * shown;
    if (size != 0 && (size >= 1e9 || size < 1e-9))
        return g_strdup_printf("%.3g%s", value * shown, unit == SY_UNIT_FRACTION ? " %" : "");
    char text[64], pattern[8];
    g_snprintf(pattern, sizeof pattern, "%%.%df", step_decimals(step * shown));
    g_ascii_formatd(text, sizeof text, pattern, value * shown);
    GString *label = g_string_new(text);
    gsize whole = 0;
    gsize sign = label->str[0] == '-';
    while (g_ascii_isdigit(label->str[sign + whole]))
        whole++;
    for (gsize i = whole; i > 3; i -= 3)
        g_string_insert_c(label, (gssize)(sign + i - 3), ',');
    if (unit == SY_UNIT_FRACTION)
        g_string_append(label, " %");
    return g_string_free(label, FALSE);
}

GArray *sy_ticks_linear(double low, double high, int wanted, SyReportUnit unit) {
    GArray *ticks = ticks_new();
    if (!is_range(low, high))
        return ticks;
    double step = round_step(high - low, wanted);
    if (step < 1e-13 * MAX(fabs(low), fabs(high)))
        return ticks; /* the span is at the resolution of a double */
    double first = ceil(low / step - 1e-9);
    int count = (int)(floor(high / step + 1e-9) - first);
    for (int i = 0; i <= count; i++) {
        double k = first + i;
        add_tick(ticks, k * step + 0.0, axis_label(k * step + 0.0, step, unit));
    }
    return ticks;
}

GArray *sy_ticks_log(double low, double high, int wanted, SyReportUnit unit) {
    if (!is_range(low, high) || low <= 0 || high / low < 3)
        return sy_ticks_linear(low, high, wanted, unit);
    static const double within[] = {1, 2, 5};
    GArray *ticks = ticks_new();
    double decades = log10(high / low);
    int stride = MAX((int)ceil(decades / MAX(wanted, 1)), 1);
    gsize each = decades * 3 <= wanted + 2 ? 3 : 1;
    for (int power = (int)floor(log10(low)); power <= (int)ceil(log10(high)); power++) {
        if (power % stride)
            continue;
        for (gsize i = 0; i < each; i++) {
            double value = within[i] * pow(10, power);
            if (value >= low * (1 - 1e-9) && value <= high * (1 + 1e-9))
                add_tick(ticks, value, axis_label(value, value, unit));
        }
    }
    return ticks;
}

/* --- time ------------------------------------------------------------------------------------- */

#define DAY 86400.0

static const char *const month_names[] = {"Jan", "Feb", "Mar", "Apr", "May", "Jun",
                                          "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"};

/* Steps of a time axis: seconds up to weeks, else months. */
static const struct {
    double seconds;
    int months;
} time_steps[] = {
    {1, 0},       {5, 0},        {15, 0},    {30, 0},    {60, 0},    {300, 0},  {900, 0},
    {1800, 0},    {3600, 0},     {10800, 0}, {21600, 0}, {43200, 0}, {DAY, 0},  {2 * DAY, 0},
    {7 * DAY, 0}, {14 * DAY, 0}, {0, 1},     {0, 2},     {0, 3},     {0, 6},    {0, 12},
    {0, 24},      {0, 60},       {0, 120},   {0, 240},   {0, 600},   {0, 1200},
};

static char *month_label(SyDate date, int months, bool with_year) {
    if (months % 12 == 0)
        return g_strdup_printf("%d", date.year);
    if (with_year)
        return g_strdup_printf("%s %d", month_names[date.month - 1], date.year);
    if (date.month == 1)
        return g_strdup_printf("%d", date.year);
    return g_strdup(month_names[date.month - 1]);
}

static char *day_label(SyDate date, bool with_year) {
    if (with_year)
        return g_strdup_printf("%d %s %d", date.day, month_names[date.month - 1], date.year);
    return g_strdup_printf("%d %s", date.day, month_names[date.month - 1]);
}

/* Steps below a month. The first tick and the first of a year or day say more. */
static char *time_label(double value, double step, bool is_first) {
    double days = floor(value / DAY);
    SyDate date = sy_date_from_days((gint64)days);
    int rest = (int)(value - days * DAY);
    bool starts_year = date.month == 1 && date.day <= MAX(step / DAY, 1);
    if (step >= DAY)
        return day_label(date, is_first || starts_year);
    if (rest == 0)
        return day_label(date, is_first);
    g_autofree char *day = is_first ? day_label(date, false) : NULL;
    g_autofree char *clock =
        step < 60 ? g_strdup_printf("%02d:%02d:%02d", rest / 3600, rest / 60 % 60, rest % 60)
                  : g_strdup_printf("%02d:%02d", rest / 3600, rest / 60 % 60);
    return is_first ? g_strconcat(day, " ", clock, NULL) : g_steal_pointer(&clock);
}

static void add_month_ticks(GArray *ticks, double low, double high, int months) {
    SyDate date = sy_date_from_days((gint64)floor(low / DAY));
    int month = (date.year * 12 + date.month - 1) / months * months;
    for (;; month += months) {
        SyDate first = {month / 12, month % 12 + 1, 1};
        double value = (double)sy_date_to_days(first) * DAY;
        if (value > high)
            return;
        if (value >= low)
            add_tick(ticks, value, month_label(first, months, ticks->len == 0));
    }
}

GArray *sy_ticks_time(double low, double high, int wanted) {
    GArray *ticks = ticks_new();
    if (!is_range(low, high) || low < -6e10 || high > 2.5e11)
        return ticks; /* outside the years 70 to 9900 */
    gsize i = 0;
    while (i + 1 < G_N_ELEMENTS(time_steps)) {
        double length =
            time_steps[i].months ? time_steps[i].months * 30.44 * DAY : time_steps[i].seconds;
        if ((high - low) / length <= wanted)
            break;
        i++;
    }
    if (time_steps[i].months) {
        add_month_ticks(ticks, low, high, time_steps[i].months);
        return ticks;
    }
    double step = time_steps[i].seconds;
    double anchor = step >= 7 * DAY ? 4 * DAY : 0; /* 1970-01-05 was a Monday */
    for (double k = ceil((low - anchor) / step); anchor + k * step <= high; k++) {
        double value = anchor + k * step;
        add_tick(ticks, value, time_label(value, step, ticks->len == 0));
    }
    return ticks;
}
