/* Clock steps and suspends, told apart. */
#include "daemon/clocks.h"

static const gint64 threshold = SY_SECOND / 2;

SyClocks sy_clocks_read(const SyEnv *env) {
    return (SyClocks){sy_env_now(env), sy_env_elapsed(env), sy_env_since_boot(env)};
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
