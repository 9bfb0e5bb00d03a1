/* The strategies that a command is about, and what commands on them share. */
#ifndef SY_CLI_STUDIES_H
#define SY_CLI_STUDIES_H

#include "cli/session.h"
#include "workflow/strategy.h"

/* A template that can be loaded, with its strategy. */
GPtrArray *sy_studies_load(const SySession *session, const char *tag); /* of SyStrategy */

/* study_names: the one that `name` is (of a template, its study, or one that only the store knows),
 * those with a tag, or all of the workspace. store may be NULL. Errors: SY_ERROR_TEMPLATE where
 * there is no such strategy. Free with g_strfreev. */
char **sy_studies_choose(const SySession *session, SyStore *store, const char *name,
                         const char *tag, GError **error);

/* The store for reading. Errors: as sy_session_open_store; SY_ERROR_DATA where there is none yet.
 */
SyStore *sy_studies_open_store(const SySession *session, GError **error);

/* Tells a running daemon that the store has something for it. Without one nothing happens. */
void sy_studies_wake(const SySession *session);

/* "ann": who asks, for the audit. */
const char *sy_studies_who(void);

/* "2026-11-22 14:05:00" in UTC, "-" for none. Free with g_free. */
char *sy_studies_time(SyTime time);

/* "0.125 s" between two times, "-" where one of them is none. Free with g_free. */
char *sy_studies_seconds(SyTime from, SyTime until);

#endif
