/* The daemon of run_app and run_all: the event loop that carries out what the scheduler says. It
 * decides nothing itself. */
#ifndef SY_DAEMON_DAEMON_H
#define SY_DAEMON_DAEMON_H

#include "base/log.h"
#include "store/store.h"
#include "template/settings.h"
#include "workflow/jobs.h"

typedef struct {
    const SyEnv *env;
    const char *workspace; /* absolute */
    const SySettings *settings;
    SyGetEnvironment get_environment; /* for secrets, when settings are read again (SIGHUP) */
    SyStore *store;
    SyLog *log;
    const char *program;       /* path of `systematica`, which workers run */
    const char *holder;        /* what others are told who holds a study: "run_all (pid 12)", with a
                              store on a server "run_all (pid 12 on HOST)" */
    const char *template_path; /* run_app: the one template; NULL: every one of the folder */
    char **tags;               /* only templates with one of them; NULL: all */
    SyJobOptions jobs;
    int lookback_days;
    SyTime since;
    int places;                /* runs at once; 0: as the settings say */
    const char *notify_socket; /* of the service manager; NULL: none */
    gint64 watchdog_us;        /* it wants a sign of life this often; 0: never */
} SyDaemonOptions;

/* Runs the jobs of all templates until SIGTERM or SIGINT; a second one ends the process at once.
 * Blocks these signals and SIGHUP, so call it before threads are started. Errors: SY_ERROR_HELD
 * where another process runs one of the templates, or took one over; SY_ERROR_TEMPLATE where
 * template_path has no version that can run; those of the store at the start. */
bool sy_daemon_run(const SyDaemonOptions *options, GError **error);

#endif
