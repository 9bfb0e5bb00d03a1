/* Longer bars from shorter ones. */
#ifndef SY_DATA_RESAMPLE_H
#define SY_DATA_RESAMPLE_H

#include <stdbool.h>

#include "data/series.h"

/* True if bins of `to` hold whole bars of `from`: 1h → 1d, 1d → 1w or 1M, but not 45m → 1h. */
bool sy_resample_fits(SyTimeframe from, SyTimeframe to);

/* Replaces the sorted bars of length `from` by bars of length `to`, in place.
 *
 * Bins are (start, end] on close times, aligned as sy_timeframe_floor. open = first, high = max,
 * low = min, close = last, volume = sum of the values present; NaN where none is. A first bin that
 * begins before the first bar opens is dropped; the last bin stays only where a bar closes at its
 * end. Bins between keep what they have. Provenance is left as it was: it counts stored bars.
 * Cost: O(rows). */
void sy_series_resample(SySeries *series, SyTimeframe from, SyTimeframe to);

#endif
