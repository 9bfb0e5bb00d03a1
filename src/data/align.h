/* From the series of several symbols to one panel on a common time index. */
#ifndef SY_DATA_ALIGN_H
#define SY_DATA_ALIGN_H

#include <stdbool.h>

#include "data/series.h"

/* What to do where symbols differ. */
typedef enum {
    SY_MISSING_NAN,   /* keep, with NaN */
    SY_MISSING_DROP,  /* leave out what not every symbol has */
    SY_MISSING_RAISE, /* an error */
} SyMissing;

/* A panel of the sorted series of `symbols` (NULL-terminated). It takes the series: they are
 * empty afterwards, on errors as well. The times are the sorted union of theirs (SY_MISSING_NAN),
 * or their intersection (SY_MISSING_DROP); of those the newest `limit` where limit > 0. Values are
 * never filled in from other rows. Errors: SY_ERROR_DATA under SY_MISSING_RAISE, with the first
 * time that differs; no common time under SY_MISSING_DROP. Cost: O(rows × symbols). */
SyPanel *sy_series_align(SySeries *series, char **symbols, SyTimeframe timeframe, SyMissing missing,
                         gsize limit, GError **error);

#endif
