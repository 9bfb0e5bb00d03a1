/* Descriptors of the kernel as sources of a main context. */
#include "daemon/loop.h"

#include <errno.h>
#include <glib-unix.h>
#include <signal.h>
#include <sys/signalfd.h>
#include <sys/timerfd.h>
#include <unistd.h>

#include "base/error.h"

typedef struct {
    SyReady ready;
    gpointer data;
} Callback;

static gboolean on_descriptor(gint fd, GIOCondition condition, gpointer data) {
    (void)fd;
    (void)condition;
    const Callback *callback = data;
    callback->ready(callback->data);
    return G_SOURCE_CONTINUE;
}

static Callback *callback_new(SyReady ready, gpointer data) {
    Callback *callback = g_new(Callback, 1);
    *callback = (Callback){ready, data};
    return callback;
}

GSource *sy_source_watch(GMainContext *context, int fd, SyReady ready, gpointer data) {
    GSource *source = g_unix_fd_source_new(fd, G_IO_IN);
    g_source_set_callback(source, G_SOURCE_FUNC(on_descriptor), callback_new(ready, data), g_free);
    g_source_attach(source, context);
    return source;
}

static gboolean dispatch_timer(GSource *source, GSourceFunc function, gpointer data) {
    g_source_set_ready_time(source, -1);
    return function(data);
}

static gboolean on_timer(gpointer data) {
    const Callback *callback = data;
    callback->ready(callback->data);
    return G_SOURCE_CONTINUE;
}

GSource *sy_source_timer(GMainContext *context, SyReady ready, gpointer data) {
    static GSourceFuncs functions = {.dispatch = dispatch_timer};
    GSource *source = g_source_new(&functions, sizeof(GSource));
    g_source_set_callback(source, on_timer, callback_new(ready, data), g_free);
    g_source_attach(source, context);
    return source;
}

void sy_source_free(GSource *source) {
    if (!source)
        return;
    g_source_destroy(source);
    g_source_unref(source);
}

int sy_alarm_open(GError **error) {
    int fd = timerfd_create(CLOCK_REALTIME, TFD_CLOEXEC | TFD_NONBLOCK);
    if (fd < 0)
        sy_fail(error, SY_ERROR_FAILED, "a timer cannot be made: %s", g_strerror(errno));
    return fd;
}

void sy_alarm_set(int fd, SyTime at) {
    /* a moment of zero would disarm the timer, and with it the notice of a set clock: what is past
     * is due at the epoch's first nanosecond, what never comes in the far future */
    SyTime moment = at == SY_TIME_NONE ? G_MAXINT64 : MAX(at, 1);
    const struct itimerspec when = {
        .it_value = {.tv_sec = moment / SY_SECOND, .tv_nsec = moment % SY_SECOND}};
    timerfd_settime(fd, TFD_TIMER_ABSTIME | TFD_TIMER_CANCEL_ON_SET, &when, NULL);
}

void sy_alarm_read(int fd) {
    guint64 count;
    /* ECANCELED says that the clock was set; whoever is woken compares the clocks anyway */
    while (read(fd, &count, sizeof count) < 0 && errno == EINTR)
        continue;
}

static sigset_t set_of(const int *signals, gsize n) {
    sigset_t set;
    sigemptyset(&set);
    for (gsize i = 0; i < n; i++)
        sigaddset(&set, signals[i]);
    return set;
}

void sy_signals_release(const int *signals, gsize n) {
    sigset_t set = set_of(signals, n);
    pthread_sigmask(SIG_UNBLOCK, &set, NULL);
}

int sy_signals_open(const int *signals, gsize n, GError **error) {
    sigset_t set = set_of(signals, n);
    int fd = -1;
    if (pthread_sigmask(SIG_BLOCK, &set, NULL) == 0)
        fd = signalfd(-1, &set, SFD_CLOEXEC | SFD_NONBLOCK);
    if (fd < 0)
        sy_fail(error, SY_ERROR_FAILED, "signals cannot be received: %s", g_strerror(errno));
    return fd;
}

int sy_signals_read(int fd) {
    struct signalfd_siginfo info;
    gssize got;
    while ((got = read(fd, &info, sizeof info)) < 0 && errno == EINTR)
        continue;
    return got == (gssize)sizeof info ? (int)info.ssi_signo : 0;
}
