/* Errors: one domain, one table that gives each code an exit code. */
#ifndef SY_BASE_ERROR_H
#define SY_BASE_ERROR_H

#include <glib.h>
#include <stdbool.h>

typedef enum {
    SY_ERROR_FAILED = 1,  /* anything without a row of its own */
    SY_ERROR_USAGE,       /* the command line is wrong */
    SY_ERROR_TEMPLATE,    /* template or settings invalid */
    SY_ERROR_DATA,        /* data absent, malformed or not enough of them */
    SY_ERROR_OUTDATED,    /* the expected bar is not there */
    SY_ERROR_UNAVAILABLE, /* an engine cannot be reached now */
    SY_ERROR_LOCKED,      /* a database is locked by somebody else */
    SY_ERROR_TRY_AGAIN,   /* a program asks for it (exit code 75) */
    SY_ERROR_TIMEOUT,     /* a program did not do in its time what was asked of it */
    SY_ERROR_IO,          /* a file cannot be read or written */
    SY_ERROR_HELD,        /* another process runs the template */
} SyErrorCode;

#define SY_ERROR (sy_error_quark())
GQuark sy_error_quark(void);

typedef struct {
    SyErrorCode code;
    int exit_code;    /* what a program that ends on this error returns */
    const char *name; /* class of failure, as [retry] names it: "unavailable" */
    bool retry_helps; /* the same again may succeed, with nothing changed by us */
} SyErrorRow;

extern const SyErrorRow sy_errors[];
extern const gsize sy_n_errors;

/* The row of an error. Errors of foreign domains count as SY_ERROR_FAILED. Never NULL. */
const SyErrorRow *sy_error_row(const GError *error);

/* Sets *error in our domain. Message: what happened, the facts, what to do. Always returns false,
 * so that a caller can write `return sy_fail(error, …)`. */
bool sy_fail(GError **error, SyErrorCode code, const char *format, ...) G_GNUC_PRINTF(3, 4);

/* Lets compilers and static checks see that it returns false. */
static inline bool sy_false(bool failed) { return failed && false; }
#define sy_fail(...) sy_false((sy_fail)(__VA_ARGS__))

#endif
