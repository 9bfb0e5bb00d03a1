/* Splitters: which rows a model learns from and which it decides. */
#include "data/splitter.h"

#include "base/error.h"
#include "base/text.h"

static const struct {
    const char *name;
    const char *refused; /* NULL = built */
} splitters[] = {
    {"from_custom_rolling", NULL},
    {"from_rolling", "comes with the research core; live it would leave the newest rows without a "
                     "test slice"},
    {"from_expanding", "comes with the research core"},
    {"from_grouper", "comes with the research core"},
};

bool sy_splitter_check(const char *name, GError **error) {
    for (gsize i = 0; i < G_N_ELEMENTS(splitters); i++) {
        if (!sy_text_equal_loosely(splitters[i].name, name))
            continue;
        if (!splitters[i].refused)
            return true;
        return sy_fail(error, SY_ERROR_USAGE, "\"%s\" %s; use \"from_custom_rolling\"",
                       splitters[i].name, splitters[i].refused);
    }
    return sy_fail(error, SY_ERROR_USAGE, "\"%s\" is not a splitter; use \"from_custom_rolling\"",
                   name);
}

GArray *sy_split_custom_rolling(gsize rows, gsize training, gsize testing, gsize offset) {
    GArray *splits = g_array_new(FALSE, FALSE, sizeof(SySplit));
    gsize start = 1 + offset;
    for (; start + training < rows; start += testing) {
        gsize test_start = start + training;
        SySplit split = {.train_start = start,
                         .train_end = test_start,
                         .test_start = test_start,
                         .test_end = MIN(test_start + testing, rows)};
        g_array_append_val(splits, split);
    }
    return splits;
}
