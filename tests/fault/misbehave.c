/* Preloaded into a worker: the mathematics of its model misbehaves, once, as MISBEHAVE says. The
 * numbers of the processes that it leaves are appended to the file MISBEHAVE_FILE. */
#include <dlfcn.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static void segfault(void) { raise(SIGSEGV); }

/* Deaf to SIGTERM. */
static void spin(void) {
    signal(SIGTERM, SIG_IGN);
    for (volatile int i = 0;; i++)
        continue;
}

/* Through the allocator that our models use. */
static void eat(void) {
    void *(*allocate)(size_t) = (void *(*)(size_t))dlsym(RTLD_DEFAULT, "g_malloc");
    enum { piece = 16 * 1024 * 1024 };
    while (allocate)
        memset(allocate(piece), 1, piece);
}

static void tell(pid_t pid) {
    FILE *file = fopen(getenv("MISBEHAVE_FILE"), "a");
    if (!file)
        abort();
    fprintf(file, "%d\n", (int)pid);
    fclose(file);
}

static void leave_child(void) {
    pid_t pid = fork();
    while (pid == 0)
        pause();
    tell(pid);
}

/* A session of its own and nothing in its environment. */
static void leave_daemon(void) {
    int ready[2];
    char byte;
    if (pipe(ready) != 0)
        abort();
    if (fork() == 0) {
        setsid();
        static char *const words[] = {(char *)"sh", (char *)"-c",
                                      (char *)"echo; exec sleep 1000 >/dev/null", NULL};
        dup2(ready[1], STDOUT_FILENO);
        tell(getpid());
        execve("/bin/sh", words, (char *[]){NULL});
        _exit(1);
    }
    if (read(ready[0], &byte, 1) != 1)
        abort();
}

double log(double x);
double log(double x) {
    static const struct {
        const char *name;
        void (*function)(void);
    } rows[] = {{"segfault", segfault},
                {"spin", spin},
                {"eat", eat},
                {"child", leave_child},
                {"daemon", leave_daemon}};
    static int done;
    const char *how = getenv("MISBEHAVE");
    for (size_t i = 0; how && !done && i < sizeof rows / sizeof *rows; i++)
        if (strcmp(rows[i].name, how) == 0) {
            done = 1;
            rows[i].function();
        }
    static double (*real)(double);
    if (!real)
        real = (double (*)(double))dlsym(RTLD_NEXT, "log");
    return real(x);
}
