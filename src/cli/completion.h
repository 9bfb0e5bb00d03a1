/* Shell completion, generated from the table of commands. */
#ifndef SY_CLI_COMPLETION_H
#define SY_CLI_COMPLETION_H

#include "cli/command.h"

/* "bash", "zsh" or "fish" by the path of a shell ($SHELL).
 * Errors: SY_ERROR_USAGE for any other. */
bool sy_completion_shell(const char *path, const char **shell, GError **error);

/* The completion script of a program ("systematica", "run_app", "run_all"). Free with g_free. */
char *sy_completion_script(const char *shell, const char *program);

/* Writes the script below `home` and, for bash and zsh, adds the lines that load it to the shell's
 * start file where they are not there yet. Returns a sentence that says what was done; free with
 * g_free. Errors: SY_ERROR_IO. */
char *sy_completion_install(const char *shell, const char *program, const char *home,
                            GError **error);

/* Prints (stdout) or installs completion for a shell (NULL: $SHELL) and a program (NULL: all
 * three). */
bool sy_completion_run(const char *shell_path, const char *only, bool install, GError **error);

#endif
