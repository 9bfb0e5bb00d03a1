/* What a command works with: the workspace, its settings, the clock. */
#ifndef SY_CLI_SESSION_H
#define SY_CLI_SESSION_H

#include "base/log.h"
#include "cli/command.h"
#include "loader/loader.h"
#include "store/store.h"
#include "template/settings.h"

struct SySession {
    const SyCommonOptions *options;
    char *workspace; /* absolute */
    SySettings *settings;
    SyTime moment; /* where the clock stands, for --now */
    SyEnv env;
};

/* The folder that --workspace names, else SYSTEMATICA_WORKSPACE where that is not empty; NULL where
 * nobody asks for one. As it was given. */
const char *sy_session_asked(const SyCommonOptions *options);

/* The workspace that is asked for, else the nearest upwards from the working directory; absolute.
 * Errors: SY_ERROR_USAGE where there is none; NULL then. Free with g_free. */
char *sy_session_workspace(const SyCommonOptions *options, GError **error);

/* Finds the workspace and reads its settings. `now` NULL: the real clock. Errors: SY_ERROR_USAGE
 * (no workspace, not a time), SY_ERROR_TEMPLATE (settings). */
bool sy_session_open(SySession *session, const SyCommonOptions *options, const char *now,
                     GError **error);
/* Returns `good`; an error's message loses every secret of the settings first. The last call of a
 * command. */
bool sy_session_end(const SySession *session, bool good, GError **error);
void sy_session_clear(SySession *session);
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(SySession, sy_session_clear)

/* The loader's view of the session. */
SyLoaderContext sy_session_loader_context(const SySession *session);

/* The log of the workspace, as [log] says; its files are in .workflow/logs. terminal: also on
 * stderr. Messages lose the secrets of the settings, which must outlive it. Errors: SY_ERROR_IO. */
SyLog *sy_session_open_log(const SySession *session, bool terminal, GError **error);

/* The workspace's store: [store] url, else .workflow/state.db. only_read: nothing is made or
 * migrated; where there is no store yet, *store is NULL. Errors: as sy_store_open. */
bool sy_session_open_store(const SySession *session, bool only_read, SyStore **store,
                           GError **error);

/* The URL of the store is one that can be opened; nothing is opened.
 * Errors: SY_ERROR_TEMPLATE. */
bool sy_session_check_store(const SySession *session, GError **error);

/* How many threads: --jobs where > 0, else [executor] jobs, else the number of processors. */
int sy_session_threads(const SySession *session, int jobs);

/* Path of a program of ours: beside the running one, else as PATH finds it. Free with g_free. */
char *sy_session_program(const char *name);

/* The value of an environment variable, or NULL. */
const char *sy_session_environment(const char *name);

/* How often the service manager that started this process wants a sign of life, in microseconds: 0
 * where it does not. */
gint64 sy_session_watchdog(void);

/* A message on stderr, unless --quiet. */
void sy_session_say(const SySession *session, const char *format, ...) G_GNUC_PRINTF(2, 3);

#endif
