/* A pair of symbols made up by a seed: hourly bars for a first look without data, for tests and for
 * benchmarks. How they are made stands in synthetic.c. They say nothing about any market. */
#ifndef SY_LOADER_SYNTHETIC_H
#define SY_LOADER_SYNTHETIC_H

#include "data/panel.h"

/* The two symbols: those of the sample template. NULL-terminated. */
extern const char *const sy_synthetic_symbols[];

/* The first close time there is; bars are made from here whatever the range asked for. */
SyTime sy_synthetic_origin(void);

/* Hourly bars that close in [first, last]. A bar depends on the seed and on its own time only, so a
 * longer range begins with the bars of a shorter one. Times before the origin have no bars. The
 * result has rows = 0 where the range holds no full hour. Cost: O(hours since the origin). */
SyPanel *sy_synthetic_pair(guint64 seed, SyTime first, SyTime last);

#endif
