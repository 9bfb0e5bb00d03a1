/* A program of the user's that we run to its end: what it reads, what it prints, how long it may
 * take, how it ended.
 *
 * Input and output go side by side, so that neither of the two ever waits for the other: a program
 * may print before it has read everything, close its input early, or print without end. It has a
 * process group of its own (base/process.h), which does not outlive it. Time is real time, whatever
 * clock a run has. */
#ifndef SY_BASE_COMMAND_H
#define SY_BASE_COMMAND_H

#include <glib.h>
#include <stdbool.h>

#include "base/process.h"

typedef struct {
    const char *const *arguments;   /* as SyProcessSpec */
    const char *const *environment; /* NULL-terminated "NAME=value"; NULL: ours */
    const char *folder;             /* its working directory; NULL: ours */
    gint64 timeout_ns;              /* 0: none */
    bool together; /* what it says on stderr comes with its output, as on a terminal; else only the
                      end of it is kept */
    /* Appends what comes next of its input to `bytes`, nothing at the end; NULL: it has none. What
     * the program does not want to read is no error. */
    void (*give)(gpointer data, GString *bytes);
    gpointer give_data;
    int stop; /* a descriptor: once it is readable the program is asked to end; -1: none */
} SyCommandSpec;

typedef struct {
    SyProcessEnd process;
    bool late;    /* it was ended after its timeout */
    bool stopped; /* it was ended because of `stop` */
    char *said;   /* the last 4 KiB of its stderr, UTF-8, without blanks around; "" where they came
                     with the output */
} SyCommandEnd;

typedef struct SyCommand SyCommand;

/* Errors: as sy_process_start. The thread must live as long as the command. */
SyCommand *sy_command_start(const SyCommandSpec *spec, GError **error);

/* Waits for some bytes of its output and puts at most `size` of them into `buffer`. 0: no more will
 * come, it has closed its output or ended; a program whose time is up is asked to end (SIGTERM),
 * and 5 s later killed, meanwhile. */
gsize sy_command_read(SyCommand *command, char *buffer, gsize size);

/* Kills it with its whole group: nobody wants to know more. */
void sy_command_kill(SyCommand *command);

/* Waits for its end, at most until its time is up, kills what it left in its group, and frees it.
 */
void sy_command_end(SyCommand *command, SyCommandEnd *end);
void sy_command_end_clear(SyCommandEnd *end);
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(SyCommandEnd, sy_command_end_clear)

/* From now on SIGTERM and SIGINT make the returned descriptor readable once instead of ending us:
 * for `stop`, because a program in a session of its own hears neither a signal to our group nor of
 * our end. -1 where somebody has caught them already; a second signal of a kind ends us at once.
 * Signals are the process's, so only the thread that stands for it (a worker's, a command's) may
 * ask for this. */
int sy_command_catch_signals(void);

/* Gives them back; a signal that came meanwhile has its effect now. fd  of the above; -1: nothing
 * happens. */
void sy_command_release_signals(int fd);

#endif
