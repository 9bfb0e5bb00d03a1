/* The daemon of run_app and run_all: the event loop that carries out what the scheduler says. It
 * decides nothing itself. */
#ifndef SY_DAEMON_DAEMON_H
#define SY_DAEMON_DAEMON_H

#include "base/log.h"
#include "store/store.h"
#include "template/settings.h"

typedef struct {
    const SyEnv *env;
    const char *workspace; /* absolute */
    const SySettings *settings;
    SyStore *store;
    SyLog *log;
    const char *program; /* path of `systematica`, which workers run */
    const char
        *template_path; /* run_app: the one template; NULL: every one of the folder, watched */
    char **tags;        /* only templates with one of them; NULL: all */
    int lookback_days;
    SyTime since;
    int max_buffer_seconds;
    SyTimeframe report_every;
    bool trade, report;
    int jobs; /* places; 0: as the settings say */
} SyDaemonOptions;

/* Runs until SIGTERM or SIGINT. Errors: SY_ERROR_HELD where another process runs one of the
 * templates, named; those of the store. */
bool sy_daemon_run(const SyDaemonOptions *options, GError **error);

#endif
