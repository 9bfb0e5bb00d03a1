/* Ends a process without a word at its n-th write to the store: loaded before the C library by
 * tests, which count n up. SY_KILL_AT is n; 0 only counts. SY_KILL_COUNT names a file that holds
 * the count so far. Workers, which inherit both, are left alone. */
#undef _FILE_OFFSET_BITS /* else pwrite is another spelling of pwrite64 */
#include <dlfcn.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/types.h>
#include <unistd.h>

static int is_daemon(void) {
    static int known = -1;
    if (known >= 0)
        return known;
    char words[4096] = "";
    int fd = open("/proc/self/cmdline", O_RDONLY | O_CLOEXEC);
    ssize_t got = read(fd, words, sizeof words - 1);
    close(fd);
    known = got > 0;
    for (ssize_t at = 0; at < got; at += (ssize_t)strlen(words + at) + 1)
        known = known && strcmp(words + at, "worker") != 0;
    return known;
}

static void count(int file) {
    static long writes;
    char link[64], path[4096] = "";
    snprintf(link, sizeof link, "/proc/self/fd/%d", file);
    if (!is_daemon() || readlink(link, path, sizeof path - 1) < 0 || !strstr(path, "state.db"))
        return;
    writes++;
    const char *at = getenv("SY_KILL_AT"), *to = getenv("SY_KILL_COUNT");
    FILE *out = to ? fopen(to, "w") : NULL;
    if (out) {
        fprintf(out, "%ld\n", writes);
        fclose(out);
    }
    if (at && atol(at) == writes)
        kill(getpid(), SIGKILL);
}

#define REAL(type, name) ((type)dlsym(RTLD_NEXT, name))

ssize_t pwrite64(int file, const void *bytes, size_t n, off64_t offset) {
    count(file);
    return REAL(ssize_t(*)(int, const void *, size_t, off64_t), "pwrite64")(file, bytes, n, offset);
}

ssize_t pwrite(int file, const void *bytes, size_t n, off_t offset) {
    count(file);
    return REAL(ssize_t(*)(int, const void *, size_t, off_t), "pwrite")(file, bytes, n, offset);
}

int fdatasync(int file) {
    count(file);
    return REAL(int (*)(int), "fdatasync")(file);
}

int fsync(int file) {
    count(file);
    return REAL(int (*)(int), "fsync")(file);
}
