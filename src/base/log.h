/* Log lines: for people on a terminal, JSON in files. UTC; the run's id on every line of a run.
 *
 * Several processes write the same file: a line is one write at its end. A file begins anew with
 * the first line of a day (UTC); what was is then NAME.log.2026-11-22. */
#ifndef SY_BASE_LOG_H
#define SY_BASE_LOG_H

#include "base/env.h"

typedef enum { SY_LOG_DEBUG, SY_LOG_INFO, SY_LOG_WARNING, SY_LOG_ERROR } SyLogLevel;
extern const char *const sy_log_level_names[]; /* "debug" …, NULL-terminated */

typedef enum { SY_LOG_HUMAN, SY_LOG_JSON } SyLogFormat;

typedef struct SyLog SyLog;

/* Where lines go. env and mask_data must outlive the log. */
typedef struct {
    const SyEnv *env;
    SyLogLevel level;
    const char *folder; /* a file per strategy, NAME.log, and systematica.log; NULL: none */
    int keep_days;      /* files are renamed by day (UTC) and kept so long */
    bool terminal;      /* also on stderr, from this level on */
    SyLogLevel terminal_level;
    SyLogFormat format; /* on stderr */
    bool colour;
    /* What a message goes through first (sy_settings_mask); NULL: nothing. g_free frees it. */
    char *(*mask)(gconstpointer data, const char *text);
    gconstpointer mask_data;
} SyLogOptions;

SyLog *sy_log_open(const SyLogOptions *options, GError **error);
void sy_log_close(SyLog *log);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(SyLog, sy_log_close)

/* What options.mask gets from here on; whoever freed the data before it may do so now. */
void sy_log_set_mask_data(SyLog *log, gconstpointer mask_data);

/* Writes one line; may be called from any thread. study NULL: of the daemon itself; run 0: of no
 * run. A log that cannot be written never stops the caller: the line goes to stderr instead. */
void sy_log(SyLog *log, SyLogLevel level, const char *study, gint64 run, const char *format, ...)
    G_GNUC_PRINTF(5, 6);

/* A line as people see it, with its end. `message` is valid UTF-8. Free with g_free. */
char *sy_log_human(SyTime time, SyLogLevel level, const char *study, gint64 run,
                   const char *message, bool colour);

#endif
