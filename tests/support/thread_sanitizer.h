/* What the thread sanitizer does not see by itself, told to it: this is included before all else in
 * builds with it (meson.build).
 *
 * It does not look into libglib, and would call races what a GMutex keeps apart. And it takes
 * clone(CLONE_VM) for a fork, after which it would look away from the thread that called it. */
#ifndef SYSTEMATICA_TESTS_SUPPORT_THREAD_SANITIZER_H
#define SYSTEMATICA_TESTS_SUPPORT_THREAD_SANITIZER_H
#if __has_include(<glib.h>) /* not every file is compiled with GLib */

#include <glib.h>
#include <sanitizer/tsan_interface.h>
#include <sched.h>

/* exported, declared nowhere */
int __clone(int (*run)(void *), void *stack, int flags, void *data, ...);
void AnnotateIgnoreReadsBegin(const char *file, int line);
void AnnotateIgnoreReadsEnd(const char *file, int line);
void AnnotateIgnoreWritesBegin(const char *file, int line);
void AnnotateIgnoreWritesEnd(const char *file, int line);

/* The child is in our memory until it calls exec, and its descriptors are not ours. */
static inline int see_clone(int (*run)(void *), void *stack, int flags, void *data, int *fd) {
    AnnotateIgnoreReadsBegin(__FILE__, __LINE__);
    AnnotateIgnoreWritesBegin(__FILE__, __LINE__);
    int child = __clone(run, stack, flags, data, fd);
    AnnotateIgnoreWritesEnd(__FILE__, __LINE__);
    AnnotateIgnoreReadsEnd(__FILE__, __LINE__);
    return child;
}

static inline void see_mutex_lock(GMutex *lock) {
    g_mutex_lock(lock);
    __tsan_acquire(lock);
}

static inline void see_mutex_unlock(GMutex *lock) {
    __tsan_release(lock);
    g_mutex_unlock(lock);
}

static inline void see_cond_wait(GCond *changed, GMutex *lock) {
    __tsan_release(lock);
    g_cond_wait(changed, lock);
    __tsan_acquire(lock);
}

/* The macro reads *at atomically, which orders whoever finds it set behind see_once_leave. */
static inline gboolean see_once_enter(volatile void *at) {
    gboolean enters = (g_once_init_enter)(at);
    if (!enters)
        __tsan_acquire((void *)(gsize)at);
    return enters;
}

static inline void see_once_leave(volatile void *at, gsize result) {
    __tsan_release((void *)(gsize)at);
    (g_once_init_leave)(at, result);
}

typedef struct {
    GOnce *once;
    GThreadFunc call;
    gpointer data;
} SeenOnce;

static inline gpointer see_once_call(gpointer data) {
    const SeenOnce *seen = data;
    gpointer result = seen->call(seen->data);
    __tsan_release(seen->once);
    return result;
}

static inline gpointer see_once(GOnce *once, GThreadFunc call, gpointer data) {
    SeenOnce seen = {once, call, data};
    gpointer result = g_once(once, see_once_call, &seen);
    __tsan_acquire(once);
    return result;
}

/* What is pushed comes before the work on it, all work before the end of the pool. */
typedef struct {
    GFunc work;
    gpointer data;
} SeenPool;

static inline void see_pool_work(gpointer item, gpointer data) {
    SeenPool *seen = data;
    __tsan_acquire(item);
    seen->work(item, seen->data);
    __tsan_release(seen);
}

static inline GThreadPool *see_pool_new(GFunc work, gpointer data, GDestroyNotify item_free,
                                        gint most, gboolean exclusive, GError **error) {
    SeenPool *seen = g_new(SeenPool, 1);
    *seen = (SeenPool){work, data};
    return g_thread_pool_new_full(see_pool_work, seen, item_free, most, exclusive, error);
}

static inline gboolean see_pool_push(GThreadPool *pool, gpointer item, GError **error) {
    __tsan_release(item);
    return g_thread_pool_push(pool, item, error);
}

static inline void see_pool_free(GThreadPool *pool, gboolean immediate, gboolean wait) {
    SeenPool *seen = pool->user_data;
    g_thread_pool_free(pool, immediate, wait);
    __tsan_acquire(seen);
    g_free(seen);
}

typedef struct {
    GSourceFunc call;
    gpointer data;
    GDestroyNotify end;
} SeenCall;

static inline gboolean see_invoked(gpointer data) {
    SeenCall *seen = data;
    __tsan_acquire(seen);
    return seen->call(seen->data);
}

static inline void see_invoked_end(gpointer data) {
    SeenCall *seen = data;
    __tsan_acquire(seen);
    if (seen->end)
        seen->end(seen->data);
    g_free(seen);
}

static inline void see_invoke(GMainContext *context, gint priority, GSourceFunc call, gpointer data,
                              GDestroyNotify end) {
    SeenCall *seen = g_new(SeenCall, 1);
    *seen = (SeenCall){call, data, end};
    __tsan_release(seen);
    g_main_context_invoke_full(context, priority, see_invoked, seen, see_invoked_end);
}

#define clone see_clone
#undef g_once
#undef g_once_init_enter
#undef g_once_init_leave
#define g_mutex_lock see_mutex_lock
#define g_mutex_unlock see_mutex_unlock
#define g_cond_wait see_cond_wait
#define g_once see_once
#define g_once_init_enter(at) (!g_atomic_pointer_get(at) && see_once_enter(at))
#define g_once_init_leave(at, result) see_once_leave((at), (gsize)(result))
#define g_thread_pool_new_full see_pool_new
#define g_thread_pool_push see_pool_push
#define g_thread_pool_free see_pool_free
#define g_main_context_invoke_full see_invoke

#endif
#endif
