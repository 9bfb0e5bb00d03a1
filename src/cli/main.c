/* main() of systematica, run_app and run_all: finds the command, reads its options, runs it, prints
 * its error, returns its exit code. */
#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>

#include "base/error.h"
#include "base/text.h"
#include "cli/command.h"
#include "cli/options.h"
#include "cli/session.h"

const SyCommand *sy_command_find(const char *name) {
    for (gsize i = 0; i < sy_n_commands; i++)
        if (strcmp(sy_commands[i]->name, name) == 0)
            return sy_commands[i];
    for (gsize i = 0; i < sy_n_inner_commands; i++)
        if (strcmp(sy_inner_commands[i]->name, name) == 0)
            return sy_inner_commands[i];
    return NULL;
}

char **sy_command_words(const SyCommand *command) { return g_strsplit(command->name, " ", 2); }

char *sy_command_help(const SyCommand *command, const char *program) {
    g_autofree char *options = sy_options_help(command->options);
    return g_strdup_printf("Usage: %s [OPTIONS]%s%s\n\n%s\n%s%s%s\n%s", program,
                           *command->arguments ? " " : "", command->arguments, command->summary,
                           command->details ? "\n" : "", command->details ? command->details : "",
                           command->details ? "\n" : "", options);
}

static char *overview(void) {
    GString *text = g_string_new("Usage: systematica [OPTIONS] COMMAND [ARGUMENTS]\n\n"
                                 "Runs systematic trading strategies that are written as TOML "
                                 "templates.\n\nCommands:\n");
    int width = 0;
    for (gsize i = 0; i < sy_n_commands; i++)
        width = MAX(width, (int)strlen(sy_commands[i]->name));
    for (gsize i = 0; i < sy_n_commands; i++)
        g_string_append_printf(text, "  %-*s  %s\n", width, sy_commands[i]->name,
                               sy_commands[i]->summary);
    g_string_append(text,
                    "\n`systematica COMMAND --help` explains a command, `systematica explain` what "
                    "templates may say.\n");
    return g_string_free(text, FALSE);
}

/* True where a message begins with a place, "file:line:column: ". */
static bool begins_with_place(const char *message) {
    return g_regex_match_simple("^[^\\n]+?:[0-9]+:[0-9]+: ", message, 0, 0);
}

/* Exit code of an error that has been printed. */
static int report_error(const char *program, const GError *error) {
    const SyErrorRow *row = sy_error_row(error);
    bool placed = begins_with_place(error->message);
    fprintf(stderr, "%s%s%s\n", placed ? "" : program, placed ? "" : ": ", error->message);
    if (row->code == SY_ERROR_USAGE)
        fprintf(stderr, "`%s --help` shows what is accepted.\n", program);
    return row->exit_code;
}

static bool run_row(const SyCommand *command, gconstpointer options, char **arguments,
                    GError **error) {
    if (command->run)
        return command->run(options, arguments, error);
    g_auto(SySession) session = {0};
    bool good = sy_session_open(&session, options, NULL, error) &&
                command->run_within(&session, options, arguments, error);
    return sy_session_end(&session, good, error);
}

static int run_command(const SyCommand *command, const char *program, int argc, char **argv) {
    g_autoptr(GError) error = NULL;
    g_autoptr(GPtrArray) arguments = g_ptr_array_new();
    g_autofree char *options = g_malloc0(command->options->size);
    SyCommonOptions *common = (SyCommonOptions *)(void *)options;
    sy_fields_init(command->options, options);
    bool good = sy_options_parse(command->options, options, argc, argv, arguments, &error);
    if (good && common->help) {
        g_autofree char *help = sy_command_help(command, program);
        fputs(help, stdout);
    } else if (good && (arguments->len < command->least || arguments->len > command->most)) {
        good = sy_fail(&error, SY_ERROR_USAGE, "%s%s",
                       arguments->len < command->least ? "an argument is missing: expected "
                       : *command->arguments           ? "too many arguments: expected "
                                                       : "no argument is expected",
                       command->arguments);
    } else if (good) {
        g_ptr_array_add(arguments, NULL);
        good = run_row(command, options, (char **)arguments->pdata, &error);
    }
    int code = good ? 0 : report_error(program, error);
    sy_fields_clear(command->options, options);
    if (fflush(stdout) != 0 || ferror(stdout)) {
        if (code == 0)
            fprintf(stderr, "%s: the output could not be written: %s\n", program,
                    g_strerror(errno));
        code = code ? code : 1;
    }
    return code;
}

/* The commands that begin with `first`, as "data import, data list"; NULL where none does. */
static char *commands_of(const char *first) {
    GString *list = g_string_new(NULL);
    for (gsize i = 0; i < sy_n_commands; i++) {
        g_auto(GStrv) words = sy_command_words(sy_commands[i]);
        if (strcmp(words[0], first) == 0)
            g_string_append_printf(list, "%s%s", list->len ? ", " : "", sy_commands[i]->name);
    }
    return g_string_free(list, list->len == 0);
}

/* first: the word that should be a command; words: it and the next one, where there is one. */
static int fail_no_such_command(const char *first, const char *words) {
    g_autofree char *longer = commands_of(first);
    g_autofree const char **names = g_new(const char *, sy_n_commands);
    for (gsize i = 0; i < sy_n_commands; i++)
        names[i] = sy_commands[i]->name;
    const char *closest = sy_text_closest(words, names, sy_n_commands);
    if (!closest)
        closest = sy_text_closest(first, names, sy_n_commands);
    if (longer)
        fprintf(stderr, "systematica: no such command: %s (there are %s)\n", words, longer);
    else
        fprintf(stderr, "systematica: no such command: %s%s%s%s\n", first,
                closest ? " (did you mean " : "", closest ? closest : "", closest ? "?)" : "");
    fputs("`systematica --help` lists the commands.\n", stderr);
    return 2;
}

/* Without a command: the version, the overview, or an error with the overview. */
static int run_nothing(int argc, char **argv) {
    bool version = argc > 1 && strcmp(argv[1], "--version") == 0;
    bool help = argc > 1 && (strcmp(argv[1], "--help") == 0 || strcmp(argv[1], "-h") == 0);
    g_autofree char *text = version ? g_strdup("systematica " SY_VERSION "\n") : overview();
    fputs(text, version || help ? stdout : stderr);
    return version || help ? 0 : 2;
}

/* The next word at or behind `at` that is no option, nor the value of --workspace; argc where none
 * is. */
static int next_word(int at, int argc, char **argv) {
    while (at < argc && argv[at][0] == '-')
        at += strcmp(argv[at], "--workspace") == 0 ? 2 : 1;
    return MIN(at, argc);
}

static void remove_word(int at, int *argc, char **argv) {
    memmove(&argv[at], &argv[at + 1], (size_t)(*argc - at) * sizeof *argv);
    (*argc)--;
}

int sy_cli_main(const char *command, int argc, char **argv) {
    /* a file that may not grow is an error of a write, not the end of the process */
    signal(SIGXFSZ, SIG_IGN);
    if (command)
        return run_command(sy_command_find(command), command, argc, argv);
    int first = next_word(1, argc, argv),
        second = first < argc ? next_word(first + 1, argc, argv) : argc;
    if (first == argc)
        return run_nothing(argc, argv);
    g_autofree char *two = g_strjoin(" ", argv[first], second < argc ? argv[second] : NULL, NULL);
    const SyCommand *row = sy_command_find(two);
    if (row && second < argc)
        remove_word(second, &argc, argv);
    if (!row)
        row = sy_command_find(argv[first]);
    if (!row)
        return fail_no_such_command(argv[first], two);
    remove_word(first, &argc, argv);
    g_autofree char *program = g_strconcat("systematica ", row->name, NULL);
    return run_command(row, program, argc, argv);
}
