/* Resampling of one series, in place: a bin is written at or before the first of its rows. */
#include "data/resample.h"

#include <math.h>

bool sy_resample_fits(SyTimeframe from, SyTimeframe to) {
    if (from.months)
        return to.months && to.months % from.months == 0;
    if (to.months)
        return SY_DAY % from.nanoseconds == 0;
    return to.nanoseconds % from.nanoseconds == 0;
}

/* End of the bin that holds a close time. */
static SyTime bin_end(SyTimeframe to, SyTime close) {
    SyTime floor = sy_timeframe_floor(to, close);
    return floor == close ? close : sy_timeframe_add(to, floor, 1);
}

/* One value from the rows [begin, end) of a column. */
static double first_of(const double *column, gsize begin, gsize end) {
    for (gsize i = begin; i < end; i++)
        if (!isnan(column[i]))
            return column[i];
    return NAN;
}

static double last_of(const double *column, gsize begin, gsize end) {
    for (gsize i = end; i > begin; i--)
        if (!isnan(column[i - 1]))
            return column[i - 1];
    return NAN;
}

static double max_of(const double *column, gsize begin, gsize end) {
    double result = NAN;
    for (gsize i = begin; i < end; i++)
        result = fmax(result, column[i]);
    return result;
}

static double min_of(const double *column, gsize begin, gsize end) {
    double result = NAN;
    for (gsize i = begin; i < end; i++)
        result = fmin(result, column[i]);
    return result;
}

static double sum_of(const double *column, gsize begin, gsize end) {
    double result = NAN;
    for (gsize i = begin; i < end; i++)
        if (!isnan(column[i]))
            result = isnan(result) ? column[i] : result + column[i];
    return result;
}

void sy_series_resample(SySeries *series, SyTimeframe from, SyTimeframe to) {
    static double (*const reduce[SY_BAR_FIELDS])(const double *, gsize, gsize) = {
        [SY_OPEN] = first_of, [SY_HIGH] = max_of,   [SY_LOW] = min_of,
        [SY_CLOSE] = last_of, [SY_VOLUME] = sum_of,
    };
    gsize rows = series->rows, bins = 0;
    for (gsize begin = 0, end; begin < rows; begin = end) {
        SyTime close = bin_end(to, series->time[begin]);
        for (end = begin + 1; end < rows && series->time[end] <= close;)
            end++;
        bool torn_head = begin == 0 && sy_timeframe_add(from, series->time[0], -1) >
                                           sy_timeframe_add(to, close, -1);
        bool open_tail = end == rows && series->time[end - 1] != close;
        if (torn_head || open_tail)
            continue;
        for (int field = 0; field < SY_BAR_FIELDS; field++)
            series->value[field][bins] = reduce[field](series->value[field], begin, end);
        series->time[bins++] = close;
    }
    series->rows = bins;
}
