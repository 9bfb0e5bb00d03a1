/* [retry]: how often and when something that failed is tried again; tenacity's vocabulary and
 * order. Pure: the random numbers come from the stored seed. */
#ifndef SY_WORKFLOW_RETRY_H
#define SY_WORKFLOW_RETRY_H

#include "base/field.h"
#include "base/time.h"
#include "template/schema.h"

typedef enum {
    SY_WAIT_FIXED,
    SY_WAIT_RANDOM,
    SY_WAIT_INCREMENTING,
    SY_WAIT_EXPONENTIAL,
    SY_WAIT_RANDOM_EXPONENTIAL,
    SY_WAIT_EXPONENTIAL_JITTER,
    SY_WAIT_CHAIN,
} SyWaitKind;

/* One wait; several are summed. chain: its members, each used for one attempt, the last for all
 * later ones. */
typedef struct SyWait SyWait;
struct SyWait {
    SyWaitKind kind;
    double wait, min, max, start, increment, multiplier, exp_base, jitter; /* seconds, or factors */
    GArray *chain;                                                         /* SyWait */
};

typedef struct {
    int attempts;        /* stop after so many; 0: no limit */
    double delay;        /* stop once so many seconds have passed since the first; inf: no limit */
    double before_delay; /* stop before a wait that would pass it; inf: no limit */
    GArray *waits;       /* SyWait, summed */
    char **retry_on,
        **never_on; /* "timeout", "unavailable", "locked", "http:429", "http:5xx", "exit:75" */
    bool reraise;
} SyRetry;

/* Reads a [retry] table (node may be NULL: `usual` is copied). Problems are reported at their
 * place. */
void sy_retry_read(const SyNode *node, const char *where, const SyRetry *usual, SyRetry *retry,
                   SyProblems *problems);
void sy_retry_clear(SyRetry *retry);

/* What is known when an attempt has failed. */
typedef struct {
    int attempt;       /* from 1 */
    guint64 seed;      /* of the run's step, stored */
    SyTime first, now; /* start of the first attempt; the end of this one */
    const GError *error;
    const char *class_of_failure; /* "unavailable", "http:503", "exit:75" … */
    double retry_after; /* seconds that a server asked for; NaN: none; replaces the wait */
} SyFailure;

/* True where it is tried again; *next_attempt is when. */
bool sy_retry_next(const SyRetry *retry, const SyFailure *failure, SyTime *next_attempt);

/* Seconds of one wait for attempt a. Pure in (seed, attempt). */
double sy_wait_seconds(const SyWait *wait, int attempt, guint64 seed);

#endif
