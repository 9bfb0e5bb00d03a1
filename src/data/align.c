/* Alignment: a merge over all symbols that runs twice, first to count the rows, then to place
 * them, so that the panel has exactly the rows it needs. */
#include "data/align.h"

#include <string.h>

#include "base/error.h"

/* One walk over the times of all symbols. */
typedef struct {
    const SySeries *series;
    gsize symbols;
    gsize *cursor; /* [symbols] next row of each */
} Merge;

/* The next time that any symbol has; `holders` counts the symbols that have it. False at the end.
 */
static bool merge_next(Merge *merge, SyTime *time, gsize *holders) {
    *time = G_MAXINT64;
    for (gsize s = 0; s < merge->symbols; s++)
        if (merge->cursor[s] < merge->series[s].rows)
            *time = MIN(*time, merge->series[s].time[merge->cursor[s]]);
    *holders = 0;
    for (gsize s = 0; s < merge->symbols; s++)
        if (merge->cursor[s] < merge->series[s].rows &&
            merge->series[s].time[merge->cursor[s]] == *time) {
            merge->cursor[s]++;
            ++*holders;
        }
    return *holders > 0;
}

static bool fail_different(const Merge *merge, char **symbols, SyTime time, GError **error) {
    gsize without = 0;
    while (merge->cursor[without] > 0 &&
           merge->series[without].time[merge->cursor[without] - 1] == time)
        without++;
    char text[SY_TIME_TEXT_SIZE];
    return sy_fail(error, SY_ERROR_DATA,
                   "%s has no bar at %s, but another symbol has; missing_index = \"raise\" refuses "
                   "that (\"nan\" keeps such rows, \"drop\" leaves them out)",
                   symbols[without], sy_time_format(time, text));
}

/* Rows of the panel under `missing`. */
static bool count_rows(Merge *merge, char **symbols, SyMissing missing, gsize *rows,
                       GError **error) {
    SyTime time;
    gsize holders;
    *rows = 0;
    while (merge_next(merge, &time, &holders)) {
        if (holders < merge->symbols && missing == SY_MISSING_RAISE)
            return fail_different(merge, symbols, time, error);
        *rows += missing != SY_MISSING_DROP || holders == merge->symbols;
    }
    memset(merge->cursor, 0, merge->symbols * sizeof *merge->cursor);
    if (*rows == 0 && missing == SY_MISSING_DROP)
        return sy_fail(
            error, SY_ERROR_DATA,
            "the symbols have no bar time in common, and missing_index = \"drop\" leaves "
            "out all others");
    return true;
}

/* Copies a symbol's values to the rows of its times. */
static void place(const SySeries *series, SyPanel *panel, gsize symbol) {
    bool same = series->rows == panel->rows &&
                memcmp(series->time, panel->time, panel->rows * sizeof *panel->time) == 0;
    for (int field = 0; field < SY_BAR_FIELDS; field++) {
        double *column = sy_panel_column(panel, field, symbol);
        if (same) {
            memcpy(column, series->value[field], panel->rows * sizeof *column);
            continue;
        }
        for (gsize from = 0, to = 0; from < series->rows && to < panel->rows;) {
            if (series->time[from] == panel->time[to])
                column[to++] = series->value[field][from++];
            else if (series->time[from] < panel->time[to])
                from++;
            else
                to++;
        }
    }
}

/* True if all symbols have the same times, as those of one venue mostly do. */
static bool share_times(const SySeries *series, gsize n) {
    for (gsize s = 1; s < n; s++)
        if (series[s].rows != series[0].rows ||
            memcmp(series[s].time, series[0].time, series[0].rows * sizeof(SyTime)) != 0)
            return false;
    return true;
}

/* Fills in the times of the panel, leaving out the first `skip` of the merge. */
static void place_times(Merge *merge, SyMissing missing, gsize skip, SyPanel *panel) {
    SyTime time;
    gsize holders;
    for (gsize row = 0; merge_next(merge, &time, &holders);) {
        if (missing == SY_MISSING_DROP && holders < merge->symbols)
            continue;
        if (row >= skip)
            panel->time[row - skip] = time;
        row++;
    }
}

static SyPanel *align(SySeries *series, char **symbols, SyTimeframe timeframe, SyMissing missing,
                      gsize limit, GError **error) {
    gsize n = g_strv_length(symbols), rows = n ? series[0].rows : 0;
    bool shared = share_times(series, n);
    g_autofree gsize *cursor = g_new0(gsize, n + 1);
    Merge merge = {series, n, cursor};
    if (!shared && !count_rows(&merge, symbols, missing, &rows, error))
        return NULL;
    gsize skip = limit && rows > limit ? rows - limit : 0;
    SyPanel *panel = sy_panel_new(rows - skip, symbols, timeframe);
    if (shared && rows)
        memcpy(panel->time, series[0].time + skip, panel->rows * sizeof(SyTime));
    else
        place_times(&merge, missing, skip, panel);
    for (gsize s = 0; s < n; s++) {
        place(&series[s], panel, s);
        panel->provenance[s] = series[s].provenance;
        sy_series_clear(&series[s]); /* here already: series and panel together are the peak */
    }
    return panel;
}

SyPanel *sy_series_align(SySeries *series, char **symbols, SyTimeframe timeframe, SyMissing missing,
                         gsize limit, GError **error) {
    SyPanel *panel = align(series, symbols, timeframe, missing, limit, error);
    for (gsize s = 0; !panel && symbols[s]; s++)
        sy_series_clear(&series[s]);
    return panel;
}
