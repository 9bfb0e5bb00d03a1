/* Models and loaders in other languages: a program of the user's that prints CSV and finds in its
 * environment what it is to do. */
#ifndef SY_BASE_CSV_COMMAND_H
#define SY_BASE_CSV_COMMAND_H

#include "base/csv.h"
#include "base/time.h"

/* What a program finds in its environment; a variable without a value is not there. */
typedef enum {
    SY_CSV_COMMAND_WORKSPACE,
    SY_CSV_COMMAND_PARAMETERS,
    SY_CSV_COMMAND_SYMBOLS,
    SY_CSV_COMMAND_TIMEFRAME,
    SY_CSV_COMMAND_START,
    SY_CSV_COMMAND_END,
    SY_CSV_COMMAND_UNTIL,
    SY_CSV_COMMAND_LIMIT,
    SY_CSV_COMMAND_VARIABLES
} SyCsvCommandVariable;

typedef struct {
    const char *name; /* "SYSTEMATICA_PARAMETERS" */
    const char *help;
} SyCsvCommandVariableRow;
extern const SyCsvCommandVariableRow sy_csv_command_variables[]; /* by SyCsvCommandVariable */
extern const gsize sy_n_csv_command_variables;

typedef struct {
    char **command;      /* the program, as SyProcessSpec, and its arguments; not empty */
    const char *timeout; /* a duration of more than nothing */
    const char *folder;  /* its working directory; NULL: ours */
    const char *value[SY_CSV_COMMAND_VARIABLES];             /* NULL: not there */
    void (*give)(gpointer data, GString *bytes);             /* as SyCommandSpec */
    bool (*read)(gpointer data, SyCsv *csv, GError **error); /* the records; stops at the first
                                                                that is wrong */
    gpointer data;                                           /* of both */
    const int *stop; /* descriptor: once it is readable nobody wants the answer; NULL: SIGTERM and
                        SIGINT to us say so (sy_command_catch_signals) */
} SyCsvCommandSpec;

/* Runs the program, hands what it prints to `read`, and waits for its end. True where `read` was
 * and the exit code is 0. Otherwise the error has the end of what the program said on stderr:
 * SY_ERROR_UNAVAILABLE  it could not be started
 * SY_ERROR_TRY_AGAIN    it ended with exit code 75
 * SY_ERROR_TIMEOUT      its time was up
 * SY_ERROR_FAILED       another exit code, a signal
 * SY_ERROR_DATA         what it printed: no CSV, or what `read` says; then it is not waited for */
bool sy_csv_command_run(const SyCsvCommandSpec *spec, GError **error);

/* The program and its arguments as messages show them. Free with g_free. */
char *sy_csv_command_text(char **command);

/* What is wrong with a `command` key, or NULL. */
const char *sy_csv_command_wrong(char **command);

#endif
