/* The real clock and the one that stands still. */
#include "base/env.h"

#include <time.h>

static gint64 read_clock(clockid_t clock) {
    struct timespec now;
    clock_gettime(clock, &now);
    return (gint64)now.tv_sec * SY_SECOND + now.tv_nsec;
}

static SyTime real_now(gconstpointer data) {
    (void)data;
    return read_clock(CLOCK_REALTIME);
}

static gint64 real_elapsed(gconstpointer data) {
    (void)data;
    return read_clock(CLOCK_MONOTONIC);
}

static gint64 real_since_boot(gconstpointer data) {
    (void)data;
    return read_clock(CLOCK_BOOTTIME);
}

const SyEnv sy_env_real = {real_now, real_elapsed, real_since_boot, NULL};

static SyTime fixed_now(gconstpointer data) { return *(const SyTime *)data; }

SyEnv sy_env_fixed(const SyTime *time) { return (SyEnv){fixed_now, fixed_now, fixed_now, time}; }
