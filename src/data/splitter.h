/* How a history is cut into training and test slices. Rows are those of the panel; the return of
 * row t is ln(P[t]/P[t-1]), so the first row that can be learnt from is 1. Test slices follow one
 * another without gap or overlap, from row 1 + offset + training on. */
#ifndef SY_DATA_SPLITTER_H
#define SY_DATA_SPLITTER_H

#include <stdbool.h>

#include "base/time.h"
#include "data/fit.h"

typedef enum { SY_BY_DAY, SY_BY_WEEK, SY_BY_MONTH, SY_N_PERIODS } SyPeriod;

/* What a splitter goes by; each uses of it what its summary says. */
typedef struct {
    gsize training, testing; /* >= 1 rows */
    gsize offset;            /* rows that are left out at the start */
    unsigned by;             /* SyPeriod, UTC; weeks begin on Monday */
} SySplitting;

typedef struct {
    const char *name;    /* as templates spell it */
    const char *summary; /* one sentence */
    bool whole;          /* only test slices of all `testing` rows */
    bool by_period;      /* test slices end with their period, not after `testing` rows */
    const char *offline; /* why strategies with it cannot run live; NULL: they can */
    /* The split whose test slice begins at row `start`.
     *
     * time   [rows] closes of the bars */
    SySplit (*cut)(const SySplitting *splitting, const SyTime *time, gsize rows, gsize start);
} SySplitter;

extern const SySplitter sy_splitters[];
extern const gsize sy_n_splitters;

/* By name, loosely spelled; NULL where there is none. */
const SySplitter *sy_splitter_find(const char *name);

/* Accepts the name of a splitter, as a check of a field row.
 * Errors: SY_ERROR_USAGE with the names there are. */
bool sy_splitter_check(const char *name, GError **error);

/* Rows of a history that is one row too short for a split. */
gsize sy_split_warmup(const SySplitter *splitter, const SySplitting *splitting);

/* All splits of a history, oldest first (SySplit); empty where rows <= sy_split_warmup.
 * Cost: O(rows). */
GArray *sy_split(const SySplitter *splitter, const SySplitting *splitting, const SyTime *time,
                 gsize rows);

#endif
