/* The part of `systematica replay` that replays a template over history. */
#ifndef SY_CLI_REPLAY_HISTORY_H
#define SY_CLI_REPLAY_HISTORY_H

#include "cli/session.h"

/* What the command line says of it. */
typedef struct {
    char *template, *from, *to;
    int max_buffer;
    double late_share, late_seconds, fail_share, restart_share, down_seconds;
    int seed;
} SyReplayHistoryWords;

/* Replays and prints how orders compare. Errors: SY_ERROR_FAILED where a difference is not
 * explained, and as sy_replay_history. */
bool sy_cli_replay_history(const SySession *session, const SyReplayHistoryWords *words, int threads,
                           GError **error);

#endif
