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
typedef struct {
    SyWaitKind kind;
    double wait, min, max, start, increment, multiplier, exp_base, jitter; /* seconds, or factors */
    GArray *chain;                                                         /* SyWait */
} SyWait;

/* One row of the table of waits. */
typedef struct {
    const char *name; /* "fixed", as templates spell it */
    const char *summary;
    const SyFieldTable *fields; /* of SyWait; NULL: chain, which is a list of waits */
    double (*seconds)(const SyWait *wait, double attempt, double random); /* random in [0, 1) */
} SyWaitRow;
extern const SyWaitRow sy_waits[]; /* by SyWaitKind */
extern const gsize sy_n_waits;

typedef struct {
    int attempts;                /* stop after so many; 0: no limit */
    char *delay;                 /* stop once so long has passed since the first; NULL: no limit */
    char *before_delay;          /* stop before a wait that would pass it; NULL: no limit */
    const struct SyNode *wait;   /* as the template has it, or NULL */
    char **retry_on, **never_on; /* "timeout", "unavailable", "http:5xx", "exit:75"; NULL: usual */
    bool reraise;                /* the last error as it was, without how often it was tried */
    double delay_seconds, before_delay_seconds; /* inf: no limit */
    GArray *waits;                              /* SyWait, summed */
} SyRetry;

extern const SyFieldTable sy_retry_fields;

/* One attempt: what holds where a template has no [retry]. */
extern const SyRetry sy_retry_never;

/* Reads a [retry] table; what it does not say, or all where node is NULL, is 5 attempts with
 * exponential(1, max 30). Problems are reported at their place. Clear also where there were some.
 */
void sy_retry_read(const SyNode *node, const char *where, SyRetry *retry, SyProblems *problems);
void sy_retry_clear(SyRetry *retry);

/* What is known when an attempt has failed. */
typedef struct {
    int attempt;                  /* from 1 */
    guint64 seed;                 /* of the run's step, stored */
    SyTime first, now;            /* start of the first attempt; the end of this one */
    const char *class_of_failure; /* "unavailable", "http:503", "exit:75" … */
    double retry_after; /* seconds that a server asked for; NaN: none; replaces the wait */
} SyFailure;

typedef enum {
    SY_RETRY_AGAIN,
    SY_RETRY_USELESS, /* not one of the classes that are tried again */
    SY_RETRY_STOPPED, /* `stop` says that it was enough */
} SyRetryVerdict;

/* Whether a failure is tried again. The order is tenacity's: class, wait, stop; the random part of
 * a wait is a function of (seed, attempt), so that it is the same for whoever asks.
 * next_attempt  set where it is tried again */
SyRetryVerdict sy_retry_next(const SyRetry *retry, const SyFailure *failure, SyTime *next_attempt);

/* Seconds of all waits after attempt `attempt`. Pure. */
double sy_retry_seconds(const SyRetry *retry, int attempt, guint64 seed);

#endif
