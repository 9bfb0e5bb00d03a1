/* What all loaders do alike: the index column, the range of rows, the check of a price, and the way
 * from series to a panel. */
#ifndef SY_LOADER_BARS_H
#define SY_LOADER_BARS_H

#include <float.h>
#include <math.h>

#include "data/series.h"
#include "loader/loader.h"
#include "loader/stamp.h"

/* True if an index column of this name holds open times. Errors: SY_ERROR_TEMPLATE where neither
 * its name (open_*, close_*) nor index_is says, or where they contradict each other. */
bool sy_index_holds_open(const char *index_col, SyIndexIs index_is, bool *open, GError **error);

/* Which rows belong to a panel. */
typedef struct {
    SyTimeframe timeframe;
    bool open;         /* the index column holds open times */
    SyTime start, end; /* of the index column: [start, end); SY_TIME_NONE = no bound */
    SyTime until;      /* rows that close after it do not exist yet */
} SyBarRange;

/* Errors: SY_ERROR_TEMPLATE for an index column of unknown meaning, an end that is not after the
 * start. */
bool sy_bar_range_init(SyBarRange *range, const SyLoaderConfig *config,
                       const SyLoaderContext *context, const char *index_col, GError **error);

/* Takes a time of the index column: the close time of the row in *close if the row belongs. A bar
 * that is still forming is counted. */
static inline bool sy_bar_range_takes(const SyBarRange *range, SyTime index, SyTime *close,
                                      SyProvenance *provenance) {
    if (!range->open)
        index = sy_stamp_snap(index, range->timeframe);
    if ((range->start != SY_TIME_NONE && index < range->start) ||
        (range->end != SY_TIME_NONE && index >= range->end))
        return false;
    *close = range->open ? sy_timeframe_add(range->timeframe, index, 1) : index;
    if (*close <= range->until)
        return true;
    provenance->forming += sy_timeframe_add(range->timeframe, *close, -1) < range->until;
    return false;
}

/* True for a value that needs no second look: a finite price above zero, a finite volume from zero
 * on. NaN is a missing value and has to be told apart by the caller. */
static inline bool sy_bar_value_is_good(SyBarField field, double value) {
    return value <= DBL_MAX && (field == SY_VOLUME ? value >= 0 : value > 0);
}

/* What is wrong with a value that is neither good nor NaN: "is zero", "is negative", … */
const char *sy_bar_value_wrong(double value);

/* Why a value that is not good is refused, and what to do about it. Always false. */
bool sy_bar_value_fail(GError **error, const char *where, const char *symbol, SyTime close,
                       SyBarField field, double value);

/* Checks the pace of each series, resamples where the configuration says so, and aligns them.
 * Takes the series: they are empty afterwards, on errors as well. Errors: SY_ERROR_DATA. */
SyPanel *sy_bars_to_panel(SySeries *series, const SyLoaderConfig *config, const SyBarRange *range,
                          GError **error);

/* Close of the newest bar of the panel, given that of the newest stored bar that all symbols have
 * (SY_TIME_NONE stays): of a whole bin where the configuration resamples. */
SyTime sy_bars_newest(const SyLoaderConfig *config, SyTime stored);

/* Refuses the keys that belong to another loader than `name`. As SyLoader.validate. */
char *sy_loader_validate_owner(const char *name, const SyLoaderConfig *config, const char **key);

/* The checks of keys that mean the same to every loader. As SyLoader.validate. */
char *sy_loader_validate_common(const SyLoaderConfig *config, const char **key);

#endif
