/* Bars of one symbol on their way into a panel: growing, in the order in which they were stored. */
#ifndef SY_DATA_SERIES_H
#define SY_DATA_SERIES_H

#include "data/panel.h"

typedef struct SyCalendar SyCalendar; /* base/calendar.h */

/* A zeroed struct is an empty series. Times are close times. */
typedef struct {
    gsize rows, capacity;
    SyTime *time;                 /* [rows] */
    double *value[SY_BAR_FIELDS]; /* each [rows] */
    SyProvenance provenance;
} SySeries;

/* Frees the arrays and leaves an empty series. */
void sy_series_clear(SySeries *series);
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(SySeries, sy_series_clear)

void sy_series_reserve(SySeries *series, gsize rows); /* capacity for at least so many rows */
void sy_series_grow(SySeries *series);                /* more capacity; used by sy_series_append */

/* Adds a row; value [SY_BAR_FIELDS]. Cost: O(1) on average. */
static inline void sy_series_append(SySeries *series, SyTime time, const double *value) {
    if (series->rows == series->capacity)
        sy_series_grow(series);
    series->time[series->rows] = time;
    for (int field = 0; field < SY_BAR_FIELDS; field++)
        series->value[field][series->rows] = value[field];
    series->rows++;
}

/* Sorts by time; of rows of equal time the one appended last stays, the others are counted in
 * provenance.duplicates (which it sets). Cost: O(n) where sorted already, else O(n log n). */
void sy_series_sort(SySeries *series);

/* Keeps the newest `count` rows. */
void sy_series_keep_newest(SySeries *series, gsize count);

/* Sets rows, gaps, missing, first and last of the provenance of a sorted series. A gap is a place
 * where the next bar of an unbroken grid is absent, so nights and weekends of a session count;
 * with a calendar (or NULL) only bars that overlap one of its sessions are expected, as long as
 * they are no longer than a day. */
void sy_series_measure(SySeries *series, SyTimeframe timeframe, const SyCalendar *calendar);

/* How the distances between neighbours compare with a timeframe. */
typedef struct {
    gsize spacings, finer, coarser;
    SyTime shortest; /* distance */
} SySpacing;

/* Counts the distances between the neighbours of a sorted series. Cost: O(n). */
SySpacing sy_series_spacing(const SySeries *series, SyTimeframe timeframe);

/* Counts one distance; > 0. */
void sy_spacing_add(SySpacing *spacing, SyTimeframe timeframe, SyTime distance);

/* Checks that rows come at the pace of the timeframe. Finer: more than half of the distances are
 * shorter by over a tenth (so the short last bar of a session and a change of clocks pass).
 * Coarser: all of at least eight distances are half as long again or longer.
 * `whose` is the symbol for the message. Errors: SY_ERROR_DATA. */
bool sy_spacing_check(const SySpacing *spacing, SyTimeframe timeframe, const char *whose,
                      GError **error);

#endif
