/* Whether the wall clock jumped, or the machine slept: told from three clocks that should run
 * alike. */
#ifndef SY_DAEMON_CLOCKS_H
#define SY_DAEMON_CLOCKS_H

#include "base/env.h"

typedef struct {
    SyTime now;                 /* wall clock */
    gint64 elapsed, since_boot; /* at the same moment */
} SyClocks;

/* Reads again where the three were not read within 10 ms of each other, some times at most. */
SyClocks sy_clocks_read(const SyEnv *env);

/* Between two readings: by how much the wall clock was set (against the clock that runs on in a
 * suspend), and how long the machine slept. Less than half a second is neither: clocks are slewed,
 * and the three cannot be read at once. */
typedef struct {
    gint64 step, slept; /* ns; 0: not */
} SyClockChange;
SyClockChange sy_clocks_compare(const SyClocks *before, const SyClocks *after);

#endif
