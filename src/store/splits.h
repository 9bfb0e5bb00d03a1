/* Results of splits in the store, for the next run of any strategy that needs the same. */
#ifndef SY_STORE_SPLITS_H
#define SY_STORE_SPLITS_H

#include "data/kept.h"
#include "store/store.h"

typedef struct {
    SyStore *store;
    SyTime now;
    GArray *used; /* SyKept, keys only: found by this run */
} SySplits;

/* For one run. The keeper borrows `splits`. Retention removes what no run has used for
 * long. */
void sy_splits_init(SySplits *splits, SyStore *store, SyTime now);
SyKeeper sy_splits_keeper(SySplits *splits);
void sy_splits_clear(SySplits *splits);
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(SySplits, sy_splits_clear)

#endif
