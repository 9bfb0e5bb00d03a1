/* The real clock and the one that stands still. */
#include "base/env.h"

#include <time.h>

static SyTime real_now(gconstpointer data) {
    (void)data;
    struct timespec now;
    clock_gettime(CLOCK_REALTIME, &now);
    return (SyTime)now.tv_sec * SY_SECOND + now.tv_nsec;
}

const SyEnv sy_env_real = {real_now, NULL};

static SyTime fixed_now(gconstpointer data) { return *(const SyTime *)data; }

SyEnv sy_env_fixed(const SyTime *time) { return (SyEnv){fixed_now, time}; }
