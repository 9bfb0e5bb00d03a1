/* The world as a table: what library code may know of it comes in through here, so that tests and
 * replays decide it. */
#ifndef SY_BASE_ENV_H
#define SY_BASE_ENV_H

#include "base/time.h"

typedef struct {
    SyTime (*now)(gconstpointer data);     /* wall clock, UTC */
    gint64 (*elapsed)(gconstpointer data); /* ns of a clock that never jumps, stands in a suspend */
    gint64 (*since_boot)(gconstpointer data); /* the same, but runs on in a suspend */
    gconstpointer data;
} SyEnv;

extern const SyEnv sy_env_real;

/* A clock that stands at *time, which must outlive the environment. */
SyEnv sy_env_fixed(const SyTime *time);

static inline SyTime sy_env_now(const SyEnv *env) { return env->now(env->data); }
static inline gint64 sy_env_elapsed(const SyEnv *env) { return env->elapsed(env->data); }
static inline gint64 sy_env_since_boot(const SyEnv *env) { return env->since_boot(env->data); }

#endif
