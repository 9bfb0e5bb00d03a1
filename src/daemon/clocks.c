/* Clock steps and suspends, told apart. */
#include "daemon/clocks.h"

static const gint64 threshold = SY_SECOND / 2;

/* A process may stand still between two clocks, and would then take that for a jump: a reading
 * counts where the clock that never jumps says that it took no time. */
SyClocks sy_clocks_read(const SyEnv *env) {
    enum { TRIES = 8 };
    static const gint64 at_once = 10 * SY_SECOND / 1000;
    SyClocks clocks = {.elapsed = sy_env_elapsed(env)};
    for (int i = 0; i < TRIES; i++) {
        gint64 before = clocks.elapsed;
        clocks = (SyClocks){sy_env_now(env), before, sy_env_since_boot(env)};
        gint64 after = sy_env_elapsed(env);
        if (after - before <= at_once)
            break;
        if (i + 1 < TRIES)
            clocks.elapsed = after;
    }
    return clocks;
}

static gint64 beyond_threshold(gint64 difference) {
    return ABS(difference) >= threshold ? difference : 0;
}

SyClockChange sy_clocks_compare(const SyClocks *before, const SyClocks *after) {
    gint64 wall = after->now - before->now, boot = after->since_boot - before->since_boot,
           awake = after->elapsed - before->elapsed;
    return (SyClockChange){.step = beyond_threshold(wall - boot),
                           .slept = beyond_threshold(boot - awake)};
}
