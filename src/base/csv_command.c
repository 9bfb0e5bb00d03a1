/* Between base/command, which runs a program, and base/csv, which reads what it prints: whose fault
 * it is where the two do not come to an end together. */
#include "base/csv_command.h"

#include "base/command.h"
#include "base/duration.h"
#include "base/error.h"

enum { try_again = 75, shown_bytes = 120 }; /* EX_TEMPFAIL of sysexits.h */

/* clang-format off */
const SyCsvCommandVariableRow sy_csv_command_variables[] = {
    [SY_CSV_COMMAND_WORKSPACE] = {"SYSTEMATICA_WORKSPACE", "Folder of the workspace; it is the program's working directory."},
    [SY_CSV_COMMAND_PARAMETERS] = {"SYSTEMATICA_PARAMETERS", "The table `parameters` of the template as JSON; {} where there is none."},
    [SY_CSV_COMMAND_SYMBOLS] = {"SYSTEMATICA_SYMBOLS", "The symbols in their order, a line each."},
    [SY_CSV_COMMAND_TIMEFRAME] = {"SYSTEMATICA_TIMEFRAME", "Length of a bar, as 1h. Models: of the bars that they get; loaders: of those that they print."},
    [SY_CSV_COMMAND_START] = {"SYSTEMATICA_START", "Loaders: first time that is wanted, as 2018-01-01T00:00:00Z; what is printed before it is left out. Absent: no bound."},
    [SY_CSV_COMMAND_END] = {"SYSTEMATICA_END", "Loaders: bars from this time on are not wanted. Absent: no bound."},
    [SY_CSV_COMMAND_UNTIL] = {"SYSTEMATICA_UNTIL", "Loaders: bars that close after this time do not exist yet and are left out."},
    [SY_CSV_COMMAND_LIMIT] = {"SYSTEMATICA_LIMIT", "Loaders: only so many of the newest bars of each symbol are wanted. Absent: all."},
};
/* clang-format on */
const gsize sy_n_csv_command_variables = G_N_ELEMENTS(sy_csv_command_variables);
G_STATIC_ASSERT(G_N_ELEMENTS(sy_csv_command_variables) == SY_CSV_COMMAND_VARIABLES);

char *sy_csv_command_text(char **command) {
    g_autofree char *text = g_strjoinv(" ", command);
    if (strlen(text) <= shown_bytes)
        return g_steal_pointer(&text);
    text[shown_bytes] = '\0';
    g_autofree char *valid = g_utf8_make_valid(text, -1);
    return g_strconcat(valid, "…", NULL);
}

const char *sy_csv_command_wrong(char **command) {
    return !command || !command[0] ? "is missing: name a program and its arguments"
           : !*command[0]          ? "names no program"
                                   : NULL;
}

static char **environment_of(const SyCsvCommandSpec *spec) {
    char **environment = g_get_environ();
    for (gsize i = 0; i < SY_CSV_COMMAND_VARIABLES; i++) {
        const char *name = sy_csv_command_variables[i].name;
        environment = spec->value[i] ? g_environ_setenv(environment, name, spec->value[i], TRUE)
                                     : g_environ_unsetenv(environment, name);
    }
    return environment;
}

/* A program while it is listened to. */
typedef struct {
    SyCommand *command;
    bool at_end; /* it prints no more */
} Listening;

static gsize listen_to(gpointer data, char *buffer, gsize size) {
    Listening *listening = data;
    gsize n = sy_command_read(listening->command, buffer, size);
    listening->at_end = n == 0;
    return n;
}

static bool read_output(const SyCsvCommandSpec *spec, const char *name, Listening *listening,
                        GError **error) {
    const SyCsvSource source = {listen_to, listening};
    g_autoptr(SyCsv) csv = sy_csv_open_source(name, &source, error);
    return csv && spec->read(spec->data, csv, error);
}

/* How a program ended that did not end well; true where it did. */
static bool check_end(const SyCsvCommandSpec *spec, const char *name, const SyCommandEnd *end,
                      GError **error) {
    if (end->late)
        return sy_fail(error, SY_ERROR_TIMEOUT,
                       "%s: ended after its timeout of %s; give it a longer timeout, or less to do",
                       name, spec->timeout);
    if (end->stopped)
        return sy_fail(error, SY_ERROR_FAILED,
                       "%s: ended because its result is not wanted any more", name);
    if (end->process.exited && end->process.code == 0)
        return true;
    bool again = end->process.exited && end->process.code == try_again;
    g_autofree char *how = sy_process_end_text(&end->process);
    return sy_fail(error, again ? SY_ERROR_TRY_AGAIN : SY_ERROR_FAILED, "%s: %s%s", name, how,
                   again ? ", so it asks to be tried again" : "");
}

/* A program that died is why its output ends too early, so its end is told where the output was
 * read to the end. */
static bool finish(const SyCsvCommandSpec *spec, const char *name, Listening *listening, bool good,
                   GError **error) {
    g_auto(SyCommandEnd) end = {0};
    g_autoptr(GError) reason = NULL;
    bool cut = !good && !listening->at_end;
    if (cut)
        sy_command_kill(listening->command);
    sy_command_end(listening->command, &end);
    if (!cut && !check_end(spec, name, &end, &reason)) {
        g_clear_error(error);
        g_propagate_error(error, g_steal_pointer(&reason));
        good = false;
    }
    if (!good && error && *end.said) {
        g_autofree char *before = (*error)->message;
        (*error)->message = g_strconcat(before, "; it said: ", end.said, NULL);
    }
    return good;
}

static bool run(const SyCsvCommandSpec *spec, const SyCommandSpec *command, GError **error) {
    g_autofree char *name = sy_csv_command_text(spec->command);
    g_autoptr(GError) reason = NULL;
    Listening listening = {.command = sy_command_start(command, &reason)};
    bool in_one_text = !spec->command[1] && strchr(spec->command[0], ' ');
    if (!listening.command)
        return sy_fail(error, SY_ERROR_UNAVAILABLE, "%s%s", reason->message,
                       in_one_text ? "; in command each argument is a text of its own: "
                                     "[\"python3\", \"models/mine.py\"]"
                                   : "");
    bool good = read_output(spec, name, &listening, &reason);
    if (finish(spec, name, &listening, good, &reason))
        return true;
    g_propagate_error(error, g_steal_pointer(&reason));
    return false;
}

bool sy_csv_command_run(const SyCsvCommandSpec *spec, GError **error) {
    g_auto(GStrv) environment = environment_of(spec);
    int caught = spec->stop ? -1 : sy_command_catch_signals();
    SyCommandSpec command = {
        .arguments = (const char *const *)spec->command,
        .environment = (const char *const *)environment,
        .folder = spec->folder,
        .give = spec->give,
        .give_data = spec->data,
        .stop = spec->stop ? *spec->stop : caught,
    };
    sy_duration_parse(spec->timeout, &command.timeout_ns, NULL); /* it was checked when read */
    bool good = run(spec, &command, error);
    sy_command_release_signals(caught);
    return good;
}
