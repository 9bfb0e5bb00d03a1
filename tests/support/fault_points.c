/* Preloaded into a program: at one of its calls on certain files (write, sync, truncate, remove,
 * open, lock) it is killed, or the call fails as that of a broken disk does. SQLite is not told;
 * neither is the program.
 *
 * FAULT_PATH   part of the names of the files; none: nothing happens
 * FAULT_AT     number of the call, from 1
 * FAULT_ODDS   instead: each process draws its number from 1 … this, by FAULT_SEED and its own id
 * FAULT_HOW    before, after: killed before or after the call; torn: with half of a write done
 * FAULT_ERROR  EIO, ENOSPC: calls fail instead, while the file FAULT_WHILE is there
 * FAULT_CALLS  sync: only syncs count
 * FAULT_COUNT  file that gets the number of calls when the program ends by itself
 */
#undef _FILE_OFFSET_BITS /* both spellings of a function are defined here */
#include <dlfcn.h>
#include <errno.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/types.h>
#include <unistd.h>

enum { F_FIRST_LOCK = 5, F_LAST_LOCK = 7, PATH_BYTES = 4096 };
enum { F_OFD_FIRST = 36, F_OFD_LAST = 38 };
typedef enum { WRITE, SYNC, OTHER } Kind;

static struct {
    const char *path, *how, *calls, *errors, *on;
    long at;
    int number; /* errno */
} plan;
static atomic_long count;

static long number_of(const char *name) {
    const char *text = getenv(name);
    return text ? strtol(text, NULL, 10) : 0;
}

/* splitmix64 */
static uint64_t mix(uint64_t x) {
    x += 0x9e3779b97f4a7c15u;
    x = (x ^ (x >> 30)) * 0xbf58476d1ce4e5b9u;
    x = (x ^ (x >> 27)) * 0x94d049bb133111ebu;
    return x ^ (x >> 31);
}

__attribute__((constructor)) static void read_plan(void) {
    plan.path = getenv("FAULT_PATH");
    plan.how = getenv("FAULT_HOW");
    plan.calls = getenv("FAULT_CALLS");
    plan.errors = getenv("FAULT_ERROR");
    plan.on = getenv("FAULT_WHILE");
    plan.at = number_of("FAULT_AT");
    long odds = number_of("FAULT_ODDS");
    if (odds > 0)
        plan.at =
            1 + (long)(mix((uint64_t)number_of("FAULT_SEED") * 1000003u + (uint64_t)getpid()) %
                       (uint64_t)odds);
    plan.number = plan.errors && strcmp(plan.errors, "ENOSPC") == 0 ? ENOSPC : EIO;
}

__attribute__((destructor)) static void tell_count(void) {
    const char *path = getenv("FAULT_COUNT");
    FILE *file = path && plan.path ? fopen(path, "w") : NULL;
    if (!file)
        return;
    fprintf(file, "%ld\n", (long)count);
    fclose(file);
}

static void die(void) {
    kill(getpid(), SIGKILL);
    for (;;)
        pause();
}

static int is_ours(int fd) {
    char link[64], path[PATH_BYTES];
    if (!plan.path)
        return 0;
    snprintf(link, sizeof link, "/proc/self/fd/%d", fd);
    ssize_t length = readlink(link, path, sizeof path - 1);
    path[length > 0 ? length : 0] = '\0';
    return strstr(path, plan.path) != NULL;
}

static int is_ours_by_name(const char *path) {
    return plan.path && path && strstr(path, plan.path) != NULL;
}

/* What becomes of a call on one of the files. */
typedef enum { GOES_ON, FAILS, DIES_AFTER, DIES_TORN } Fate;

static Fate fate_of(Kind kind) {
    if (plan.calls && kind != SYNC)
        return GOES_ON;
    if (plan.errors) {
        if (kind == OTHER || !plan.on || access(plan.on, F_OK) != 0)
            return GOES_ON;
        errno = plan.number;
        return FAILS;
    }
    if (atomic_fetch_add(&count, 1) + 1 != plan.at)
        return GOES_ON;
    if (plan.how && strcmp(plan.how, "after") == 0)
        return DIES_AFTER;
    if (plan.how && strcmp(plan.how, "torn") == 0 && kind == WRITE)
        return DIES_TORN;
    die();
    return GOES_ON;
}

/* The function that stands behind ours, as a pointer of the same type. */
#define REAL(name) ((__typeof__(&name))dlsym(RTLD_NEXT, #name))

/* A function on a descriptor; `length` is cut where a write is torn. */
#define WRITER(type, name, parameters, ...)                                                        \
    type name parameters;                                                                          \
    type name parameters {                                                                         \
        Fate fate = is_ours(fd) ? fate_of(WRITE) : GOES_ON;                                        \
        if (fate == FAILS)                                                                         \
            return -1;                                                                             \
        if (fate == DIES_TORN)                                                                     \
            length /= 2;                                                                           \
        type result = REAL(name)(__VA_ARGS__);                                                     \
        if (fate != GOES_ON)                                                                       \
            die();                                                                                 \
        return result;                                                                             \
    }
#define CALL(name, kind, ours, parameters, ...)                                                    \
    int name parameters;                                                                           \
    int name parameters {                                                                          \
        Fate fate = (ours) ? fate_of(kind) : GOES_ON;                                              \
        if (fate == FAILS)                                                                         \
            return -1;                                                                             \
        int result = REAL(name)(__VA_ARGS__);                                                      \
        if (fate != GOES_ON)                                                                       \
            die();                                                                                 \
        return result;                                                                             \
    }

WRITER(ssize_t, write, (int fd, const void *bytes, size_t length), fd, bytes, length)
WRITER(ssize_t, pwrite, (int fd, const void *bytes, size_t length, off_t at), fd, bytes, length, at)
WRITER(ssize_t, pwrite64, (int fd, const void *bytes, size_t length, int64_t at), fd, bytes, length,
       at)
CALL(fsync, SYNC, is_ours(fd), (int fd), fd)
CALL(fdatasync, SYNC, is_ours(fd), (int fd), fd)
CALL(ftruncate, WRITE, is_ours(fd), (int fd, off_t size), fd, size)
CALL(ftruncate64, WRITE, is_ours(fd), (int fd, int64_t size), fd, size)
CALL(unlink, OTHER, is_ours_by_name(path), (const char *path), path)
CALL(rename, OTHER, is_ours_by_name(old), (const char *old, const char *new), old, new)

/* With a fixed third argument, where callers may pass none: the machine's conventions are the same.
 */
#define OPENER(name)                                                                               \
    int name(const char *path, int flags, unsigned mode);                                          \
    int name(const char *path, int flags, unsigned mode) {                                         \
        Fate fate = is_ours_by_name(path) ? fate_of(OTHER) : GOES_ON;                              \
        int result = REAL(name)(path, flags, mode);                                                \
        if (fate != GOES_ON)                                                                       \
            die();                                                                                 \
        return result;                                                                             \
    }
OPENER(open)
OPENER(open64)

/* Locks only. */
#define LOCKER(name)                                                                               \
    int name(int fd, int command, void *argument);                                                 \
    int name(int fd, int command, void *argument) {                                                \
        int locks = (command >= F_FIRST_LOCK && command <= F_LAST_LOCK) ||                         \
                    (command >= F_OFD_FIRST && command <= F_OFD_LAST);                             \
        Fate fate = locks && is_ours(fd) ? fate_of(OTHER) : GOES_ON;                               \
        int result = REAL(name)(fd, command, argument);                                            \
        if (fate != GOES_ON)                                                                       \
            die();                                                                                 \
        return result;                                                                             \
    }
LOCKER(fcntl)
LOCKER(fcntl64)
