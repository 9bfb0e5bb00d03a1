/* Slices are laid from the newest row backwards: the test slice ends with the data, whatever is
 * before the training slice is left alone. */
#include "tune/slices.h"

#include <math.h>
#include <string.h>

#include "base/error.h"

/* A share such as 0.6; false for anything but a plain number. */
static bool is_number(const char *text, double *value) {
    char *end = NULL;
    *value = g_ascii_strtod(text, &end);
    return end != text && !*end && isfinite(*value);
}

bool sy_slice_check(const char *text, GError **error) {
    double share;
    SyTime time;
    if (is_number(text, &share))
        return (share > 0 && share < 1) ||
               sy_fail(error, SY_ERROR_USAGE,
                       "%s is no share: use a number between 0 and 1, or the time from which on, "
                       "as in \"2020-01-01\"",
                       text);
    return sy_time_parse(text, 0, &time, error);
}

/* "24 bars", "24". */
static bool is_bars(const char *text, double *bars) {
    g_autofree char *copy = g_strstrip(g_strdup(text));
    char *unit = strstr(copy, "bar");
    if (unit && (strcmp(unit, "bar") == 0 || strcmp(unit, "bars") == 0))
        *unit = '\0';
    return is_number(g_strstrip(copy), bars);
}

bool sy_embargo_check(const char *text, GError **error) {
    double bars;
    SyTimeframe length;
    if (is_bars(text, &bars))
        return (bars >= 0 && bars == floor(bars) && bars < 1e9) ||
               sy_fail(error, SY_ERROR_USAGE, "%s is no number of bars", text);
    return sy_timeframe_parse(text, &length, NULL) ||
           sy_fail(error, SY_ERROR_USAGE,
                   "\"%s\" is neither a number of bars, as in 24, nor a length of time, as in \"1 "
                   "day\"",
                   text);
}

static gsize embargo_rows(const char *text, const SyPanel *panel, gsize decided) {
    double bars;
    SyTimeframe length;
    if (!text)
        return (gsize)ceil(0.01 * (double)decided);
    if (is_bars(text, &bars))
        return (gsize)bars;
    sy_timeframe_parse(text, &length, NULL);
    return (gsize)ceil(sy_timeframe_length(length) / sy_timeframe_length(panel->timeframe));
}

static gsize row_of_time(const SyPanel *panel, SyTime time) {
    gsize row = 0;
    while (row < panel->rows && panel->time[row] < time)
        row++;
    return row;
}

/* The row at which a slice that ends before `end` begins; below `first` where there is no such row.
 */
static gint64 begin_of(const char *text, const SyPanel *panel, gsize first, gint64 end,
                       SyTime now) {
    double share;
    SyTime time;
    if (is_number(text, &share))
        return end - (gint64)llround(share * (double)(panel->rows - first));
    if (!sy_time_parse(text, now, &time, NULL))
        return -1; /* refused by sy_slice_check */
    return (gint64)row_of_time(panel, time);
}

static bool fail_short(const char *what, gint64 rows, const SySliceConfig *config, gsize embargo,
                       gsize decided, GError **error) {
    return sy_fail(error, SY_ERROR_DATA,
                   "[tune] a %s slice has %" G_GINT64_FORMAT
                   " rows, at least %d are needed: of %" G_GSIZE_FORMAT
                   " rows that the model decides, %" G_GSIZE_FORMAT
                   " are kept free before each validation and test slice (embargo), and there are "
                   "%d folds; load more bars, or take a shorter embargo, fewer folds or larger "
                   "shares",
                   what, MAX(rows, 0), SY_SLICE_ROWS, decided, embargo, config->folds);
}

static bool fail_order(const SyPanel *panel, gsize first, gint64 train, gint64 validation,
                       gint64 test, GError **error) {
    char text[SY_TIME_TEXT_SIZE];
    return sy_fail(error, SY_ERROR_TEMPLATE,
                   "[tune] train, validation and test do not fit one after the other: they would "
                   "begin at rows %" G_GINT64_FORMAT ", %" G_GINT64_FORMAT " and %" G_GINT64_FORMAT
                   ", but the first row that every trial decides is %" G_GSIZE_FORMAT
                   " (%s) of %" G_GSIZE_FORMAT "; use smaller shares, or later times",
                   train, validation, test, first,
                   first < panel->rows ? sy_time_format(panel->time[first], text) : "none",
                   panel->rows);
}

/* Part k of as many parts of the rows from `start` to `end` as there are folds, `gap` rows apart.
 */
static SySlice part_of(gint64 start, gint64 end, gint64 gap, gint64 k, gint64 folds) {
    gint64 rows = end - start + gap; /* each part with the gap behind it */
    return (SySlice){(gsize)(start + rows * k / folds),
                     (gsize)(start + rows * (k + 1) / folds - gap)};
}

bool sy_slices_make(const SySliceConfig *config, const SyPanel *panel, gsize first, SyTime now,
                    SySlices *slices, GError **error) {
    gint64 rows = (gint64)panel->rows, decided = rows - (gint64)first;
    if (decided <= 0)
        return sy_fail(error, SY_ERROR_DATA,
                       "%s: %" G_GSIZE_FORMAT " bars are too few: with the longest windows of "
                       "[tune.parameters] the first output comes after %" G_GSIZE_FORMAT
                       "; load more bars, or tune shorter windows",
                       panel->source, panel->rows, first);
    gsize embargo = embargo_rows(config->embargo, panel, (gsize)decided);
    gint64 gap = (gint64)embargo, folds = config->folds;
    gint64 test = begin_of(config->test, panel, first, rows, now);
    gint64 validation = begin_of(config->validation, panel, first, test, now);
    gint64 train =
        config->train ? begin_of(config->train, panel, first, validation, now) : (gint64)first;
    if (train == (gint64)first - 1) /* shares of 1 in all, and rounding */
        train = (gint64)first;
    if (train < (gint64)first || validation < train || test < validation || rows < test)
        return fail_order(panel, first, train, validation, test, error);
    gint64 end = test - gap, known = validation - gap; /* of validation and training rows */
    struct {
        const char *name;
        gint64 rows;
    } parts[] = {{"training", (validation - gap - train) / folds},
                 {"validation", (end - validation + gap) / folds - gap},
                 {"test", rows - test}};
    for (gsize i = 0; i < G_N_ELEMENTS(parts); i++)
        if (parts[i].rows < SY_SLICE_ROWS)
            return fail_short(parts[i].name, parts[i].rows, config, embargo, (gsize)decided, error);
    *slices = (SySlices){.folds = (gsize)folds,
                         .embargo = embargo,
                         .train = g_new(SySlice, folds),
                         .validation = g_new(SySlice, folds),
                         .in_sample = {(gsize)train, (gsize)end},
                         .test = {(gsize)test, (gsize)rows}};
    for (gint64 k = 0; k < folds; k++) {
        slices->train[k] = part_of(train, known, 0, k, folds);
        slices->validation[k] = part_of(validation, end, gap, k, folds);
    }
    return true;
}

void sy_slices_clear(SySlices *slices) {
    g_free(slices->train);
    g_free(slices->validation);
    *slices = (SySlices){0};
}
