/* Processes on Linux: clone without a copy of our memory, process descriptors, /proc.
 *
 * A child is made by clone(CLONE_VM | CLONE_VFORK): the daemon's pages are not copied, and it tells
 * of a failure by writing into our memory, where we wait until it has called exec or ended. */
#include "base/process.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <sched.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/error.h"

enum {
    CHILD_STACK_BYTES = 64 * 1024, /* child_main needs less than a page */
    CPU_GRACE_SECONDS = 5,         /* from SIGXCPU to SIGKILL */
    PASSES_MAX = 100,              /* of a hunt for what forks while it is hunted */
    KILL_WAIT_MS = 2000, /* only what hangs in the kernel needs more: it is left to the next hunt */
};

/* ---- what we started ---- */

/* Children that sy_process_start made and that are not reaped: the others are orphans. As wide as
 * the process, because children are. The lock is held while one is made, so that no orphan hunt
 * sees it before it is known. */
static GMutex children_lock;
static GArray *children; /* pid_t; as many as there are places */

static void children_add(pid_t pid) {
    if (!children)
        children = g_array_new(FALSE, FALSE, sizeof(pid_t));
    g_array_append_val(children, pid);
}

/* Where it stands; -1 where it is no child of ours. */
static int children_find(pid_t pid) {
    for (guint i = 0; children && i < children->len; i++)
        if (g_array_index(children, pid_t, i) == pid)
            return (int)i;
    return -1;
}

static void children_remove(pid_t pid) {
    g_mutex_lock(&children_lock);
    int at = children_find(pid);
    if (at >= 0)
        g_array_remove_index_fast(children, (guint)at);
    g_mutex_unlock(&children_lock);
}

/* ---- start ---- */

/* What the child needs, and where it says why it failed. It runs in our memory. */
typedef struct {
    const SyProcessSpec *spec;
    const char *path;
    char *const *environment;
    pid_t parent;
    sigset_t no_signals;
    const char *failed; /* what it could not do; NULL */
    int error;
} Child;

typedef struct {
    int resource;
    gint64 value, grace;
} Limit;

/* Only what is safe between vfork and exec: system calls. The sanitizers' books must not see
 * functions that never return. */
#define IN_CHILD __attribute__((no_sanitize_address, no_sanitize_thread))

IN_CHILD static bool child_fails(Child *child, const char *what) {
    child->failed = what;
    child->error = errno;
    return false;
}

/* Handlers of ours must not run in the child, and what we ignore it does not ignore. Asked of the
 * kernel: the C library keeps two signals for itself, which posix_spawn leaves ignored in whoever
 * it starts, and so in us where make did. */
IN_CHILD static void child_reset_signals(const Child *child) {
    static const guint64 by_default[4]; /* the kernel's struct sigaction, all zero */
    enum { mask_bytes = 8 };
    for (int number = 1; number < NSIG; number++)
        syscall(SYS_rt_sigaction, number, by_default, NULL, mask_bytes);
    sigprocmask(SIG_SETMASK, &child->no_signals, NULL);
}

IN_CHILD static bool child_set_limits(Child *child) {
    const SyProcessLimits *limits = &child->spec->limits;
    const Limit table[] = {
        {RLIMIT_AS, limits->memory_bytes, 0},
        {RLIMIT_CPU, limits->cpu_seconds, CPU_GRACE_SECONDS},
        {RLIMIT_FSIZE, limits->file_bytes, 0},
        {RLIMIT_NPROC, limits->processes, 0},
        {RLIMIT_NOFILE, limits->descriptors, 0},
    };
    for (gsize i = 0; i < G_N_ELEMENTS(table); i++) {
        struct rlimit limit;
        if (table[i].value <= 0)
            continue;
        if (getrlimit(table[i].resource, &limit) != 0)
            return child_fails(child, "its limits cannot be read");
        limit.rlim_max = MIN(limit.rlim_max, (rlim_t)(table[i].value + table[i].grace));
        limit.rlim_cur = MIN(limit.rlim_max, (rlim_t)table[i].value);
        if (setrlimit(table[i].resource, &limit) != 0)
            return child_fails(child, "its limits cannot be set");
    }
    if (setrlimit(RLIMIT_CORE, &(struct rlimit){0, 0}) != 0)
        return child_fails(child, "its limits cannot be set");
    return true;
}

/* First out of the way of 0, 1 and 2, then to their places; all others are closed. */
IN_CHILD static bool child_set_descriptors(Child *child) {
    int from[3] = {child->spec->input, child->spec->output, child->spec->errors};
    for (int i = 0; i < 3; i++) {
        if (from[i] < 0)
            from[i] = open("/dev/null", i == 0 ? O_RDONLY : O_WRONLY);
        if (from[i] >= 0 && from[i] < 3)
            from[i] = fcntl(from[i], F_DUPFD, 3);
        if (from[i] < 0)
            return child_fails(child, "its descriptors cannot be opened");
    }
    for (int i = 0; i < 3; i++)
        if (dup2(from[i], i) < 0)
            return child_fails(child, "its descriptors cannot be set");
    if (close_range(3, ~0U, 0) != 0)
        return child_fails(child, "its descriptors cannot be closed");
    return true;
}

IN_CHILD static bool child_prepare(Child *child) {
    child_reset_signals(child);
    if (setsid() < 0)
        return child_fails(child, "it cannot have a session of its own");
    if (prctl(PR_SET_PDEATHSIG, SIGKILL) != 0)
        return child_fails(child, "it cannot be bound to its parent");
    if (getppid() != child->parent) /* it ended before we asked to be told */
        return child_fails(child, "its parent has ended");
    if (child->spec->folder && chdir(child->spec->folder) != 0)
        return child_fails(child, "its folder cannot be entered");
    return child_set_descriptors(child) && child_set_limits(child);
}

IN_CHILD static int child_main(void *data) {
    Child *child = data;
    if (child_prepare(child)) {
        execve(child->path, (char *const *)child->spec->arguments, child->environment);
        child_fails(child, NULL);
    }
    _exit(127);
}

/* Makes the child; its pid, or -1 and errno. Returns once it has called exec or failed. */
static pid_t spawn(Child *child, int *fd) {
    char *stack = mmap(NULL, CHILD_STACK_BYTES, PROT_READ | PROT_WRITE,
                       MAP_PRIVATE | MAP_ANONYMOUS | MAP_STACK, -1, 0);
    if (stack == MAP_FAILED)
        return -1;
    /* no handler of ours may run in the child, which shares our memory */
    sigset_t all, before;
    sigfillset(&all);
    pthread_sigmask(SIG_SETMASK, &all, &before);
    pid_t pid = clone(child_main, stack + CHILD_STACK_BYTES,
                      CLONE_VM | CLONE_VFORK | CLONE_PIDFD | SIGCHLD, child, fd);
    int reason = errno;
    pthread_sigmask(SIG_SETMASK, &before, NULL);
    munmap(stack, CHILD_STACK_BYTES);
    errno = reason;
    return pid;
}

static bool fail_start(const char *program, const char *what, int reason, GError **error) {
    return sy_fail(error, SY_ERROR_FAILED, "%s cannot be started: %s%s%s", program,
                   what ? what : "", what ? ": " : "", g_strerror(reason));
}

bool sy_process_start(const SyProcessSpec *spec, SyProcess *process, GError **error) {
    const char *program = spec->arguments[0];
    g_autofree char *found =
        strchr(program, '/') ? g_strdup(program) : g_find_program_in_path(program);
    if (!found)
        return fail_start(program, "it is not on PATH", ENOENT, error);
    Child child = {
        .spec = spec,
        .path = found,
        .environment = spec->environment ? (char *const *)spec->environment : environ,
        .parent = getpid(),
    };
    sigemptyset(&child.no_signals);
    int fd = -1;
    g_mutex_lock(&children_lock);
    pid_t pid = spawn(&child, &fd);
    int reason = errno;
    if (pid > 0)
        children_add(pid);
    g_mutex_unlock(&children_lock);
    if (pid < 0)
        return fail_start(program, NULL, reason, error);
    *process = (SyProcess){.pid = pid, .fd = fd};
    if (child.error) {
        SyProcessEnd end;
        sy_process_wait(process, &end); /* it is in _exit */
        return fail_start(program, child.failed, child.error, error);
    }
    process->start = sy_process_start_time(pid);
    return true;
}

/* ---- its end ---- */

bool sy_process_ended(const SyProcess *process) {
    siginfo_t info = {0};
    return process->fd < 0 ||
           (waitid((idtype_t)P_PIDFD, (id_t)process->fd, &info, WEXITED | WNOHANG | WNOWAIT) == 0 &&
            info.si_pid != 0);
}

static gint64 timeval_ns(struct timeval time) {
    return time.tv_sec * SY_SECOND + time.tv_usec * (SY_SECOND / 1000000);
}

bool sy_process_reap(SyProcess *process, SyProcessEnd *end) {
    siginfo_t info = {0};
    struct rusage usage = {0};
    /* the library's waitid has no room for what was used */
    if (syscall(SYS_waitid, P_PIDFD, process->fd, &info, WEXITED | WNOHANG, &usage) != 0 ||
        info.si_pid == 0)
        return false;
    children_remove(process->pid);
    close(process->fd);
    process->fd = -1;
    *end = (SyProcessEnd){
        .exited = info.si_code == CLD_EXITED,
        .code = info.si_status,
        .cpu_ns = timeval_ns(usage.ru_utime) + timeval_ns(usage.ru_stime),
        .memory_peak_bytes = (gint64)usage.ru_maxrss * 1024,
    };
    return true;
}

void sy_process_wait(SyProcess *process, SyProcessEnd *end) {
    while (!sy_process_reap(process, end))
        poll(&(struct pollfd){.fd = process->fd, .events = POLLIN}, 1, -1);
}

bool sy_process_signal(const SyProcess *process, int signal) {
    return kill(-process->pid, signal) == 0;
}

char *sy_process_end_text(const SyProcessEnd *end) {
    return end->exited
               ? g_strdup_printf("exit code %d", end->code)
               : g_strdup_printf("killed by signal %d (%s)", end->code, g_strsignal(end->code));
}

/* ---- /proc ---- */

/* What /proc/PID/stat says. */
typedef struct {
    char state; /* Z: ended, not reaped */
    pid_t session;
    guint64 start;
} Stat;

static bool read_stat(pid_t pid, Stat *stat) {
    enum { LONGEST = 1024 };
    char path[64], text[LONGEST];
    g_snprintf(path, sizeof path, "/proc/%d/stat", pid);
    int file = open(path, O_RDONLY | O_CLOEXEC);
    ssize_t length = file < 0 ? -1 : read(file, text, sizeof text - 1);
    if (file >= 0)
        close(file);
    if (length <= 0)
        return false;
    text[length] = '\0';
    /* the name, field 2, stands in brackets and may hold anything: go on behind the last one */
    const char *rest = strrchr(text, ')');
    char *field[20] = {NULL}; /* from field 3, the state, to field 22, the start */
    if (!rest)
        return false;
    char *at = NULL;
    gsize n = 0;
    for (char *word = strtok_r((char *)rest + 1, " ", &at); word && n < G_N_ELEMENTS(field);
         word = strtok_r(NULL, " ", &at))
        field[n++] = word;
    if (n < G_N_ELEMENTS(field))
        return false;
    *stat = (Stat){*field[0], (pid_t)g_ascii_strtoll(field[3], NULL, 10),
                   g_ascii_strtoull(field[19], NULL, 10)};
    return true;
}

static bool stat_lives(const Stat *stat) { return stat->state != 'Z' && stat->state != 'X'; }

guint64 sy_process_start_time(pid_t pid) {
    Stat stat;
    return read_stat(pid, &stat) && stat_lives(&stat) ? stat.start : 0;
}

bool sy_process_alive(pid_t pid, guint64 start) {
    return start && sy_process_start_time(pid) == start;
}

/* How many of `marks` the environment of a process holds; 0 where it cannot be read. */
static gsize count_marks(pid_t pid, const char *const *marks) {
    char path[64];
    g_snprintf(path, sizeof path, "/proc/%d/environ", pid);
    g_autofree char *text = NULL;
    gsize length = 0, found = 0;
    if (!marks || !g_file_get_contents(path, &text, &length, NULL))
        return 0;
    for (; *marks; marks++)
        for (const char *at = text; at < text + length; at += strlen(at) + 1)
            if (strcmp(at, *marks) == 0) {
                found++;
                break;
            }
    return found;
}

static int open_pidfd(pid_t pid) { return (int)syscall(SYS_pidfd_open, pid, 0); }

/* Kills a process unless its number has gone to another one since its stat was read; a descriptor
 * that is readable when it has ended, or -1. */
static int kill_one(pid_t pid, guint64 start) {
    int fd = open_pidfd(pid);
    if (fd >= 0 && sy_process_start_time(pid) == start &&
        syscall(SYS_pidfd_send_signal, fd, SIGKILL, NULL, 0) == 0)
        return fd;
    if (fd >= 0)
        close(fd);
    return -1;
}

/* Waits for one that was killed; true where it has ended. Closes its descriptor. */
static bool wait_killed(int fd) {
    bool ended = poll(&(struct pollfd){.fd = fd, .events = POLLIN}, 1, KILL_WAIT_MS) == 1;
    close(fd);
    return ended;
}

/* ---- orphans of this life ---- */

void sy_process_adopt_orphans(void) { prctl(PR_SET_CHILD_SUBREAPER, 1); }

/* Appends the children (gint) of our threads. */
static void list_children(GArray *list) {
    g_autoptr(GDir) threads = g_dir_open("/proc/self/task", 0, NULL);
    const char *thread;
    while (threads && (thread = g_dir_read_name(threads))) {
        g_autofree char *path = g_strdup_printf("/proc/self/task/%s/children", thread);
        g_autofree char *text = NULL;
        if (!g_file_get_contents(path, &text, NULL, NULL))
            continue;
        g_auto(GStrv) words = g_strsplit_set(g_strstrip(text), " ", -1);
        for (char **word = words; *word; word++)
            if (**word) {
                gint pid = (gint)g_ascii_strtoll(*word, NULL, 10);
                g_array_append_val(list, pid);
            }
    }
}

/* Kills an orphan (*killed goes up), and reaps it, also where it has ended by itself. What it had
 * becomes ours: for the next pass. True where it is gone. */
static bool end_orphan(pid_t pid, const char *const *spared, gsize *killed) {
    Stat stat;
    if (children_find(pid) >= 0 || !read_stat(pid, &stat) || stat.session == getsid(0) ||
        (stat_lives(&stat) && count_marks(pid, spared) > 0))
        return false;
    int fd = stat_lives(&stat) ? kill_one(pid, stat.start) : -1;
    if (fd >= 0)
        *killed += wait_killed(fd);
    siginfo_t info = {0};
    return waitid(P_PID, (id_t)pid, &info, WEXITED | WNOHANG) == 0 && info.si_pid != 0;
}

gsize sy_process_kill_orphans(const char *const *spared) {
    gsize killed = 0;
    g_mutex_lock(&children_lock);
    for (int pass = 0; pass < PASSES_MAX; pass++) {
        g_autoptr(GArray) list = g_array_new(FALSE, FALSE, sizeof(gint));
        bool any = false;
        list_children(list);
        for (guint i = 0; i < list->len; i++)
            any |= end_orphan(g_array_index(list, gint, i), spared, &killed);
        if (!any)
            break;
    }
    g_mutex_unlock(&children_lock);
    return killed;
}

/* ---- leftovers of an earlier life ---- */

gsize sy_process_sweep(pid_t session, guint64 start, const char *const *marks) {
    gsize n_marks = marks ? g_strv_length((char **)marks) : 0, killed = 0;
    /* the leader is killed with the rest: whether it lived is asked once */
    bool whole_session = sy_process_alive(session, start);
    for (int pass = 0; pass < PASSES_MAX; pass++) {
        g_autoptr(GDir) processes = g_dir_open("/proc", 0, NULL);
        gsize now = 0;
        const char *name;
        while (processes && (name = g_dir_read_name(processes))) {
            pid_t pid = (pid_t)g_ascii_strtoll(name, NULL, 10);
            Stat stat;
            if (pid <= 1 || pid == getpid() || !read_stat(pid, &stat) || !stat_lives(&stat))
                continue;
            if (!(whole_session && stat.session == session) &&
                !(n_marks && count_marks(pid, marks) == n_marks))
                continue;
            int fd = kill_one(pid, stat.start);
            now += fd >= 0 && wait_killed(fd);
        }
        if (now == 0)
            break;
        killed += now;
    }
    return killed;
}
