/* Splitters: which rows a model learns from and which it decides. */
#include "data/splitter.h"

#include "base/error.h"
#include "base/text.h"

static const SyTimeframe periods[SY_N_PERIODS] = {
    [SY_BY_DAY] = {.nanoseconds = SY_DAY},
    [SY_BY_WEEK] = {.nanoseconds = 7 * SY_DAY},
    [SY_BY_MONTH] = {.months = 1},
};

static SySplit train_before(gsize training, gsize start, gsize end) {
    return (SySplit){start - training, start, start, end};
}

static SySplit cut_rolling(const SySplitting *splitting, const SyTime *time, gsize rows,
                           gsize start) {
    (void)time;
    return train_before(splitting->training, start, MIN(start + splitting->testing, rows));
}

static SySplit cut_expanding(const SySplitting *splitting, const SyTime *time, gsize rows,
                             gsize start) {
    SySplit split = cut_rolling(splitting, time, rows, start);
    split.train_start = 1 + splitting->offset;
    return split;
}

/* A bar belongs to the period in which it was traded: one that closes at midnight, to the day
 * before. */
static SyTime period_of(const SySplitting *splitting, SyTime close) {
    return sy_timeframe_floor(periods[splitting->by], close - 1);
}

static SySplit cut_grouper(const SySplitting *splitting, const SyTime *time, gsize rows,
                           gsize start) {
    gsize end = start + 1;
    while (end < rows && period_of(splitting, time[end]) == period_of(splitting, time[start]))
        end++;
    return train_before(splitting->training, start, end);
}

const SySplitter sy_splitters[] = {
    {"from_custom_rolling",
     "Learn from training_window rows, decide the next testing_window; the last test slice may be "
     "shorter, so that the newest row is always decided.",
     false, false, NULL, cut_rolling},
    {"from_rolling", "The same without a last test slice that is not full.", true, false,
     "the newest rows have no test slice until it is full", cut_rolling},
    {"from_expanding",
     "Learn from all rows up to the test slice, the first time from training_window of them; test "
     "slices as from_custom_rolling.",
     false, false, NULL, cut_expanding},
    {"from_grouper",
     "Learn from the training_window rows before each day, week or month (UTC) and decide that; "
     "testing_window counts for nothing.",
     false, true, NULL, cut_grouper},
};
const gsize sy_n_splitters = G_N_ELEMENTS(sy_splitters);

const SySplitter *sy_splitter_find(const char *name) {
    for (gsize i = 0; i < sy_n_splitters; i++)
        if (sy_text_equal_loosely(sy_splitters[i].name, name))
            return &sy_splitters[i];
    return NULL;
}

bool sy_splitter_check(const char *name, GError **error) {
    if (sy_splitter_find(name))
        return true;
    const char *names[G_N_ELEMENTS(sy_splitters)];
    for (gsize i = 0; i < sy_n_splitters; i++)
        names[i] = sy_splitters[i].name;
    g_autofree char *known = sy_text_list(names, sy_n_splitters, G_MAXSIZE);
    g_autofree char *meant = sy_text_did_you_mean(name, names, sy_n_splitters);
    return sy_fail(error, SY_ERROR_USAGE, "\"%s\" is not a splitter (%s)%s", name, known, meant);
}

static gsize first_test_row(const SySplitting *splitting) {
    return 1 + splitting->offset + splitting->training;
}

gsize sy_split_warmup(const SySplitter *splitter, const SySplitting *splitting) {
    return first_test_row(splitting) + (splitter->whole ? splitting->testing - 1 : 0);
}

GArray *sy_split(const SySplitter *splitter, const SySplitting *splitting, const SyTime *time,
                 gsize rows) {
    GArray *splits = g_array_new(FALSE, FALSE, sizeof(SySplit));
    for (gsize start = first_test_row(splitting); start < rows;) {
        SySplit split = splitter->cut(splitting, time, rows, start);
        if (splitter->whole && split.test_end - start < splitting->testing)
            break;
        g_array_append_val(splits, split);
        start = split.test_end;
    }
    return splits;
}
