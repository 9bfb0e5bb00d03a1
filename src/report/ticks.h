/* Where an axis has its ticks and what they say. Pure: numbers in, numbers and texts out. */
#ifndef SY_REPORT_TICKS_H
#define SY_REPORT_TICKS_H

#include "report/report.h"

typedef struct {
    double value;
    char *label;
} SyTick;

/* Ticks at 1, 2, 2.5 or 5 times a power of ten within [low, high], about `wanted` of them; labels
 * by unit, all with the same decimals. Empty where low ≥ high or a bound is not finite. The arrays
 * own their labels: g_array_unref frees them. */
GArray *sy_ticks_linear(double low, double high, int wanted, SyReportUnit unit);

/* Ticks of a logarithmic axis, 0 < low < high: powers of ten, with 2 and 5 between where there are
 * few; a span below a factor of 3 falls back to linear ticks. */
GArray *sy_ticks_log(double low, double high, int wanted, SyReportUnit unit);

/* Ticks of a time axis in seconds since the epoch, UTC: on round seconds, minutes, hours, days,
 * Mondays, months or years. A tick that begins a year says the year, one that begins a day says the
 * day. */
GArray *sy_ticks_time(double low, double high, int wanted);

#endif
