/* Starting, limiting and killing processes. Policy is executor's; this is the mechanism.
 *
 * A child has its own session and process group, dies with its parent (PDEATHSIG, parent
 * rechecked), starts with an empty signal mask, default handlers and no descriptor of ours but 0, 1
 * and 2. */
#ifndef SY_BASE_PROCESS_H
#define SY_BASE_PROCESS_H

#include <glib.h>
#include <stdbool.h>
#include <sys/types.h>

#include "base/time.h"

typedef struct {
    gint64 memory_bytes; /* address space; 0: no limit */
    gint64 cpu_seconds;  /* 0: no limit */
    gint64 file_bytes;   /* 0: no limit */
    gint64 processes;    /* 0: no limit */
    gint64 descriptors;  /* 0: no limit */
} SyProcessLimits;

typedef struct {
    const char *const *arguments;   /* NULL-terminated; [0] is the program, found on PATH if bare */
    const char *const *environment; /* NULL-terminated "NAME=value"; NULL: the parent's */
    const char *folder;             /* working directory; NULL: the parent's */
    int input, output, errors;      /* descriptors of 0, 1, 2; -1: /dev/null */
    SyProcessLimits limits;
} SyProcessSpec;

/* A process that cannot be mistaken for another one of the same number. */
typedef struct {
    pid_t pid;
    guint64 start; /* clock ticks since boot, field 22 of /proc/PID/stat */
    int fd;        /* pidfd: readable when it has ended; -1 once closed */
} SyProcess;

typedef struct {
    bool exited;
    int code; /* exit code where exited, else the signal */
    gint64 cpu_ns, memory_peak_bytes;
} SyProcessEnd;

/* Starts a process; call from the thread that lives as long as it shall. Errors: SY_ERROR_FAILED
 * with the program and the reason, also where exec fails in the child. */
bool sy_process_start(const SyProcessSpec *spec, SyProcess *process, GError **error);

/* Reaps an ended process; false while it still runs. Closes fd. */
bool sy_process_reap(SyProcess *process, SyProcessEnd *end);

/* Signals the whole group of a process; false where no member is left. */
bool sy_process_signal(const SyProcess *process, int signal);

/* True if (pid, start) still is the process that it was. */
bool sy_process_alive(pid_t pid, guint64 start);

/* Kills what is left of a session that a process of an earlier life began: every process of the
 * session `pid` that is not younger than any that could be another's. Returns how many it killed.
 */
gsize sy_process_sweep(pid_t session, guint64 start);

/* Start time of a living process, 0 where there is none. */
guint64 sy_process_start_time(pid_t pid);

/* Text of an end: "exit code 3", "killed by signal 11 (Segmentation fault)". Free with g_free. */
char *sy_process_end_text(const SyProcessEnd *end);

#endif
