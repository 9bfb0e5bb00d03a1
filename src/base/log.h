/* Log lines: for people on a terminal, JSON in files. UTC; the run's id on every line of a run. */
#ifndef SY_BASE_LOG_H
#define SY_BASE_LOG_H

#include "base/env.h"

typedef enum { SY_LOG_DEBUG, SY_LOG_INFO, SY_LOG_WARNING, SY_LOG_ERROR } SyLogLevel;
extern const char *const sy_log_level_names[];

typedef enum { SY_LOG_HUMAN, SY_LOG_JSON } SyLogFormat;

typedef struct SyLog SyLog;

/* Where lines go. */
typedef struct {
    const SyEnv *env;
    SyLogLevel level;
    const char *folder; /* a file per strategy, NAME.log, and systematica.log; NULL: none */
    int keep_days;      /* files are renamed by day (UTC) and kept so long */
    bool terminal;      /* also on stderr */
    SyLogFormat format; /* on stderr */
    bool colour;
} SyLogOptions;

SyLog *sy_log_open(const SyLogOptions *options, GError **error);
void sy_log_close(SyLog *log);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(SyLog, sy_log_close)

/* Writes one line. study NULL: of the daemon itself; run 0: of no run. A log that cannot be written
 * never stops the caller: the line goes to stderr instead. */
void sy_log(SyLog *log, SyLogLevel level, const char *study, gint64 run, const char *format, ...)
    G_GNUC_PRINTF(5, 6);

#endif
