/* Starting, limiting and killing processes. Policy is executor's; this is the mechanism.
 *
 * A child has its own session and process group, dies with the thread that started it (PDEATHSIG,
 * parent rechecked), starts with an empty signal mask, default handlers and no descriptor of ours
 * but 0, 1 and 2. It dumps no core: its memory holds secrets.
 *
 * What a child leaves behind when it ends is killed in two ways. While we live we are the reaper of
 * orphans (sy_process_adopt_orphans), so that none can hide, whatever it does to its session or
 * environment. What an earlier life of ours left is found by its session and by its marks:
 * variables in the environment that a started process was given and its descendants inherit. */
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
    const char *const *arguments; /* NULL-terminated; [0] is the program, found on our PATH if bare,
                                     else relative to `folder` */
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
    int code;                 /* exit code where exited, else the signal */
    gint64 cpu_ns;            /* of it and of the children that it waited for */
    gint64 memory_peak_bytes; /* the kernel counts from before exec: never less than our own peak
                                 when it was started */
} SyProcessEnd;

/* Starts a process; call from the thread that lives as long as it shall. Errors: SY_ERROR_FAILED
 * with the program and the reason, also where exec fails in the child: then there is no process. */
bool sy_process_start(const SyProcessSpec *spec, SyProcess *process, GError **error);

/* True once it has ended, also before it is reaped: until then its number is nobody else's, so that
 * its group can be signalled without a doubt. */
bool sy_process_ended(const SyProcess *process);

/* Reaps an ended process; false while it still runs. Closes fd. */
bool sy_process_reap(SyProcess *process, SyProcessEnd *end);

/* Waits for the end and reaps: for what is about to end, such as after SIGKILL. */
void sy_process_wait(SyProcess *process, SyProcessEnd *end);

/* Signals the whole group of a process that has not been reaped; false where no member is left. */
bool sy_process_signal(const SyProcess *process, int signal);

/* From now on orphaned descendants become children of this process (PR_SET_CHILD_SUBREAPER). */
void sy_process_adopt_orphans(void);

/* Kills and reaps orphans: children of ours, in sessions other than ours, that sy_process_start did
 * not start, and what they started; but those whose environment holds one of `spared`
 * ("NAME=value", NULL-terminated; NULL: none) stay. Returns how many it killed.
 * Cost: reads /proc/self/task/TID/children; 20 µs where there is none. */
gsize sy_process_kill_orphans(const char *const *spared);

/* True if (pid, start) still is the process that it was. */
bool sy_process_alive(pid_t pid, guint64 start);

/* Kills what is left of a process of an earlier life: its session, as long as its leader (pid,
 * start) lives, and every process, in whatever session, whose environment holds all of `marks`
 * ("NAME=value", NULL-terminated; NULL: none). Members of the session whose leader is gone and
 * which do not carry the marks are left alone: the number may be a stranger's by now. Returns how
 * many it killed. Cost: reads two files of each process of the machine. */
gsize sy_process_sweep(pid_t session, guint64 start, const char *const *marks);

/* Start time of a living process, 0 where there is none. */
guint64 sy_process_start_time(pid_t pid);

/* Text of an end: "exit code 3", "killed by signal 11 (Segmentation fault)". Free with g_free. */
char *sy_process_end_text(const SyProcessEnd *end);

#endif
