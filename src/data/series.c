/* Bars of one symbol between the loader that reads them and the panel that keeps them. */
#include "data/series.h"

#include "base/calendar.h"

#include <stdlib.h>
#include <string.h>

#include "base/error.h"

void sy_series_clear(SySeries *series) {
    g_free(series->time);
    for (int field = 0; field < SY_BAR_FIELDS; field++)
        g_free(series->value[field]);
    *series = (SySeries){0};
}

void sy_series_reserve(SySeries *series, gsize rows) {
    if (rows <= series->capacity)
        return;
    series->capacity = rows;
    series->time = g_renew(SyTime, series->time, rows);
    for (int field = 0; field < SY_BAR_FIELDS; field++)
        series->value[field] = g_renew(double, series->value[field], rows);
}

void sy_series_grow(SySeries *series) {
    sy_series_reserve(series, series->capacity ? series->capacity * 2 : 1024);
}

/* True if the times are strictly increasing. */
static bool is_sorted(const SySeries *series) {
    for (gsize row = 1; row < series->rows; row++)
        if (series->time[row] <= series->time[row - 1])
            return false;
    return true;
}

typedef struct {
    SyTime time;
    gsize row;
} Key;

static int compare_keys(const void *a, const void *b) {
    const Key *x = a, *y = b;
    if (x->time != y->time)
        return x->time < y->time ? -1 : 1;
    return x->row < y->row ? -1 : x->row > y->row;
}

/* A column with its cells in the order of the keys. */
static double *permuted(const double *column, const Key *keys, gsize n) {
    double *result = g_new(double, n);
    for (gsize i = 0; i < n; i++)
        result[i] = column[keys[i].row];
    return result;
}

void sy_series_sort(SySeries *series) {
    series->provenance.duplicates = 0;
    if (is_sorted(series))
        return;
    gsize n = 0;
    g_autofree Key *keys = g_new(Key, series->rows);
    for (gsize row = 0; row < series->rows; row++)
        keys[row] = (Key){series->time[row], row};
    qsort(keys, series->rows, sizeof *keys, compare_keys);
    for (gsize i = 0; i < series->rows; i++)
        if (i + 1 == series->rows || keys[i + 1].time != keys[i].time)
            keys[n++] = keys[i];
    for (int field = 0; field < SY_BAR_FIELDS; field++) {
        double *column = permuted(series->value[field], keys, n);
        g_free(series->value[field]);
        series->value[field] = column;
    }
    for (gsize i = 0; i < n; i++)
        series->time[i] = keys[i].time;
    series->time = g_renew(SyTime, series->time, n);
    series->provenance.duplicates = series->rows - n;
    series->rows = series->capacity = n;
}

void sy_series_keep_newest(SySeries *series, gsize count) {
    if (series->rows <= count)
        return;
    gsize skip = series->rows - count;
    memmove(series->time, series->time + skip, count * sizeof *series->time);
    for (int field = 0; field < SY_BAR_FIELDS; field++)
        memmove(series->value[field], series->value[field] + skip, count * sizeof(double));
    series->rows = count;
}

/* Bars from one close to the next on the unbroken grid: 1 where none is absent. */
static gint64 bars_between(SyTimeframe timeframe, SyTime from, SyTime to) {
    if (!timeframe.months)
        return (to - from + timeframe.nanoseconds / 2) / timeframe.nanoseconds;
    SyTimeframe month = {0, 1};
    SyDate a = sy_date_from_days(sy_timeframe_floor(month, from) / SY_DAY);
    SyDate b = sy_date_from_days(sy_timeframe_floor(month, to) / SY_DAY);
    return ((b.year - a.year) * 12 + b.month - a.month) / timeframe.months;
}

/* Expected bars between two closes, both left out. */
static gint64 absent_between(SyTimeframe timeframe, const SyCalendar *calendar, SyTime from,
                             SyTime to) {
    gint64 length = timeframe.nanoseconds, absent = 0;
    if (!calendar || length == 0 || length > SY_DAY)
        return bars_between(timeframe, from, to) - 1;
    for (SyTime close = from + length; close <= to - length / 2;) {
        SyMarketSession session = sy_calendar_next(calendar, close - length);
        bool expected = session.open < close;
        absent += expected;
        close += expected ? length : ((session.open - close) / length + 1) * length;
    }
    return absent;
}

void sy_series_measure(SySeries *series, SyTimeframe timeframe, const SyCalendar *calendar) {
    SyProvenance *provenance = &series->provenance;
    provenance->rows = series->rows;
    provenance->gaps = provenance->missing = 0;
    provenance->first = series->rows ? series->time[0] : SY_TIME_NONE;
    provenance->last = series->rows ? series->time[series->rows - 1] : SY_TIME_NONE;
    for (gsize row = 1; row < series->rows; row++) {
        SyTime distance = series->time[row] - series->time[row - 1];
        if (distance == timeframe.nanoseconds)
            continue;
        gint64 absent =
            absent_between(timeframe, calendar, series->time[row - 1], series->time[row]);
        if (absent > 0) {
            provenance->gaps++;
            provenance->missing += (gsize)absent;
        }
    }
}

void sy_spacing_add(SySpacing *spacing, SyTimeframe timeframe, SyTime distance) {
    double bars = (double)distance / sy_timeframe_length(timeframe);
    spacing->finer += bars < 0.9;
    spacing->coarser += bars >= 1.5;
    if (spacing->spacings == 0 || distance < spacing->shortest)
        spacing->shortest = distance;
    spacing->spacings++;
}

SySpacing sy_series_spacing(const SySeries *series, SyTimeframe timeframe) {
    SySpacing spacing = {0};
    gsize usual = 0; /* exactly one bar apart: all but a few */
    for (gsize row = 1; row < series->rows; row++) {
        SyTime distance = series->time[row] - series->time[row - 1];
        if (distance == timeframe.nanoseconds)
            usual++;
        else
            sy_spacing_add(&spacing, timeframe, distance);
    }
    if (usual && (spacing.spacings == 0 || timeframe.nanoseconds < spacing.shortest))
        spacing.shortest = timeframe.nanoseconds;
    spacing.spacings += usual;
    return spacing;
}

bool sy_spacing_check(const SySpacing *spacing, SyTimeframe timeframe, const char *whose,
                      GError **error) {
    enum { enough_for_finer = 2, enough_for_coarser = 8 };
    bool finer = spacing->spacings >= enough_for_finer && spacing->finer * 2 > spacing->spacings;
    bool coarser = spacing->spacings >= enough_for_coarser && spacing->coarser == spacing->spacings;
    if (!finer && !coarser)
        return true;
    char length[SY_TIME_TEXT_SIZE], shortest[SY_TIME_TEXT_SIZE];
    sy_timeframe_format(timeframe, length);
    sy_timeframe_format((SyTimeframe){MAX(spacing->shortest, SY_SECOND), 0}, shortest);
    if (finer)
        return sy_fail(
            error, SY_ERROR_DATA,
            "%s: the rows are finer than the timeframe %s (neighbours are %s apart); set "
            "timeframe to the length of the stored bars and frequency = \"%s\" to "
            "resample them",
            whose, length, shortest, length);
    return sy_fail(
        error, SY_ERROR_DATA,
        "%s: the rows are coarser than the timeframe %s (no two are closer than %s); set "
        "timeframe to the length of the stored bars",
        whose, length, shortest);
}
