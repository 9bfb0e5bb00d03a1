/* What the daemon waits for, as sources of a GLib main context. */
#ifndef SY_DAEMON_LOOP_H
#define SY_DAEMON_LOOP_H

#include "base/time.h"

/* Calls `ready` whenever a descriptor is readable. The source belongs to the context; destroy it
 * with sy_source_free before the descriptor is closed. */
typedef void (*SyReady)(gpointer data);
GSource *sy_source_watch(GMainContext *context, int fd, SyReady ready, gpointer data);

/* Calls `ready` at a moment of the monotonic clock (g_get_monotonic_time, microseconds), set by
 * g_source_set_ready_time; never before it was set. */
GSource *sy_source_timer(GMainContext *context, SyReady ready, gpointer data);
void sy_source_free(GSource *source);

/* A descriptor that is readable at a moment of the wall clock, and at once when that clock is set.
 * Errors: SY_ERROR_FAILED; -1 then. */
int sy_alarm_open(GError **error);

/* Arms it for `at`; SY_TIME_NONE: never (but still when the clock is set). */
void sy_alarm_set(int fd, SyTime at);

/* Takes in that it was readable. */
void sy_alarm_read(int fd);

/* A descriptor that is readable when one of `signals` [n] was sent to the process; they no longer
 * do anything else. Call before any thread is started. Errors: SY_ERROR_FAILED; -1 then. */
int sy_signals_open(const int *signals, gsize n, GError **error);

/* They do what they did before, for the calling thread; with it for the process, where no other
 * thread lets them in. */
void sy_signals_release(const int *signals, gsize n);

/* The next signal, 0 where there is none (any more). */
int sy_signals_read(int fd);

#endif
