/* Contract of commands: one row of a table per command, one function that runs it.
 *
 * A command writes data to stdout and messages to stderr; it returns errors, the program prints
 * them and turns them into an exit code. */
#ifndef SY_CLI_COMMAND_H
#define SY_CLI_COMMAND_H

#include "base/field.h"

/* Options that commands share. Each command's option struct starts with it; its table names those
 * that the command honours, by the macros below. */
typedef struct {
    char *workspace;
    bool json, quiet, verbose, help;
} SyCommonOptions;

/* The check of --workspace: no folder has an empty name. Errors: SY_ERROR_USAGE. */
bool sy_option_check_folder(const char *name, GError **error);

/* clang-format off */
#define SY_OPTION_HELP(type)                                                                          \
    SY_FIELD_AS("help", type, common.help, .also = (const char *const[]){"h", NULL},                  \
                .help = "Show this message and exit.")
#define SY_OPTION_QUIET(type)                                                                         \
    SY_FIELD_AS("quiet", type, common.quiet, .also = (const char *const[]){"q", NULL},                \
                .help = "No messages but errors.")
#define SY_OPTION_VERBOSE(type)                                                                       \
    SY_FIELD_AS("verbose", type, common.verbose, .also = (const char *const[]){"v", NULL},            \
                .help = "Also what was read and what was fitted.")
#define SY_OPTION_JSON(type)                                                                          \
    SY_FIELD_AS("json", type, common.json, .help = "The result as JSON on stdout.")
#define SY_OPTION_WORKSPACE(type)                                                                     \
    SY_FIELD_AS("workspace", type, common.workspace, .metavar = "DIR",                                \
                .check = sy_option_check_folder,                                                      \
                .help = "Folder that holds .workflow/; else the nearest one upwards.")
/* clang-format on */

typedef struct SySession SySession; /* cli/session.h */

typedef struct {
    const char *name;      /* one word or two: "backtest", "data import" */
    const char *arguments; /* "TEMPLATE", "[SECTION [NAME]]", "" */
    const char *summary;   /* one line */
    const char *details;   /* the rest of the help, or NULL */
    gsize least, most;     /* count of arguments */
    const SyFieldTable *options;
    /* options: a struct of the table's type. Errors: as sy_error_row says. */
    bool (*run)(gconstpointer options, char **arguments, GError **error);
    /* … or the same within the workspace that the options name, by the real clock. */
    bool (*run_within)(const SySession *session, gconstpointer options, char **arguments,
                       GError **error);
} SyCommand;

extern const SyCommand *const sy_commands[];
extern const gsize sy_n_commands;

/* Commands that our own programs start, not people: found by name, listed nowhere. */
extern const SyCommand *const sy_inner_commands[];
extern const gsize sy_n_inner_commands;

const SyCommand *sy_command_find(const char *name); /* NULL where there is none */

/* First word of a command's name, and the second or NULL. Free with g_strfreev. */
char **sy_command_words(const SyCommand *command);

/* The text of `NAME --help`. Free with g_free. */
char *sy_command_help(const SyCommand *command, const char *program);

/* main() of the programs. `command` NULL: argv[1] names it. Returns the exit code. */
int sy_cli_main(const char *command, int argc, char **argv);

#endif
