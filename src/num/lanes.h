/* Two doubles at a time, in the instructions that every 64-bit processor of ours has: for loops
 * over long series, where sums that wait for each other cost more than the arithmetic. The order of
 * every operation is written down, so results are the same bits whatever the compiler. */
#ifndef SY_NUM_LANES_H
#define SY_NUM_LANES_H

#include <glib.h>
#include <string.h>

typedef double SyLanes __attribute__((vector_size(16)));
typedef gint64 SyLaneMask __attribute__((vector_size(16))); /* all bits of a lane set or none */

static inline SyLanes sy_lanes_load(const double *from) {
    SyLanes lanes;
    memcpy(&lanes, from, sizeof lanes);
    return lanes;
}

static inline void sy_lanes_store(double *to, SyLanes lanes) { memcpy(to, &lanes, sizeof lanes); }

static inline SyLanes sy_lanes_of(double x) { return (SyLanes){x, x}; }

/* The lanes where the mask is set, 0 elsewhere. */
static inline SyLanes sy_lanes_where(SyLaneMask mask, SyLanes lanes) {
    return (SyLanes)((SyLaneMask)lanes & mask);
}

/* Without their signs. */
static inline SyLanes sy_lanes_abs(SyLanes lanes) {
    return (SyLanes)((SyLaneMask)lanes & G_MAXINT64);
}

static inline double sy_lanes_sum(SyLanes lanes) { return lanes[0] + lanes[1]; }

#endif
