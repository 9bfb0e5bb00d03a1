/* One generator per shell over the same rows: commands, their options, what an option's value is.
 */
#include "cli/completion.h"

#include <string.h>

#include "base/error.h"
#include "cli/options.h"

/* ---- what can be completed ---- */

/* The command that a program of its own runs, or NULL for systematica. */
static const SyCommand *command_of(const char *program) {
    return strcmp(program, "systematica") == 0 ? NULL : sy_command_find(program);
}

static bool takes_template(const SyField *field) { return strcmp(field->key, "template") == 0; }

static bool takes_path(const SyField *field) {
    const char *metavar = sy_option_metavar(field);
    return metavar && (strcmp(metavar, "DIR") == 0 || strcmp(metavar, "FILE") == 0);
}

static char *option_words(const SyCommand *command) {
    GString *words = g_string_new(NULL);
    for (gsize i = 0; i < command->options->n; i++) {
        g_autofree char *name = sy_option_name(&command->options->rows[i]);
        g_string_append_printf(words, "%s%s", i ? " " : "", name);
    }
    return g_string_free(words, FALSE);
}

/* Options, over all commands or one, whose value is of a kind, as "a|b". */
static char *options_with(const SyCommand *only, bool (*kind)(const SyField *)) {
    g_autoptr(GHashTable) seen = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, NULL);
    GString *words = g_string_new(NULL);
    for (gsize c = 0; c < sy_n_commands; c++) {
        const SyFieldTable *options = sy_commands[c]->options;
        if (only && sy_commands[c] != only)
            continue;
        for (gsize i = 0; i < options->n; i++) {
            if (!kind(&options->rows[i]))
                continue;
            char *name = sy_option_name(&options->rows[i]); /* goes to the table */
            if (g_hash_table_add(seen, name))
                g_string_append_printf(words, "%s%s", words->len ? "|" : "", name);
        }
    }
    return g_string_free(words, FALSE);
}

static bool argument_is_template(const SyCommand *command) {
    return strstr(command->arguments, "TEMPLATE") != NULL;
}

/* First words of all commands, each once. */
static char *first_words(void) {
    GString *words = g_string_new(NULL);
    const char *before = "";
    g_auto(GStrv) parts = NULL;
    for (gsize i = 0; i < sy_n_commands; i++) {
        g_auto(GStrv) next = sy_command_words(sy_commands[i]);
        if (strcmp(next[0], before) != 0)
            g_string_append_printf(words, "%s%s", words->len ? " " : "", next[0]);
        g_strfreev(parts);
        parts = g_steal_pointer(&next);
        before = parts[0];
    }
    return g_string_free(words, FALSE);
}

/* Second words of the commands that begin with `first`. */
static char *second_words(const char *first) {
    GString *words = g_string_new(NULL);
    for (gsize i = 0; i < sy_n_commands; i++) {
        g_auto(GStrv) parts = sy_command_words(sy_commands[i]);
        if (strcmp(parts[0], first) == 0 && parts[1])
            g_string_append_printf(words, "%s%s", words->len ? " " : "", parts[1]);
    }
    return g_string_free(words, FALSE);
}

/* ---- bash ---- */

static void bash_case(GString *script, const char *pattern, const SyCommand *command) {
    g_autofree char *words = option_words(command);
    g_string_append_printf(script,
                           "        %s)\n"
                           "            COMPREPLY=($(compgen -W \"%s%s\" -- \"$current\"))\n"
                           "            ;;\n",
                           pattern, words,
                           argument_is_template(command) ? " $(_systematica_templates)" : "");
}

static char *bash_script(const char *program) {
    const SyCommand *only = command_of(program);
    g_autofree char *templates = options_with(only, takes_template);
    g_autofree char *paths = options_with(only, takes_path);
    GString *script = g_string_new(NULL);
    g_string_append_printf(script,
                           "# bash completion of %s\n"
                           "_systematica_templates() {\n"
                           "    local file\n"
                           "    for file in .workflow/templates/*.toml; do\n"
                           "        [ -e \"$file\" ] && basename \"$file\" .toml\n"
                           "    done\n"
                           "}\n"
                           "_%s_complete() {\n"
                           "    local current=\"${COMP_WORDS[COMP_CWORD]}\" command=\"\" word\n"
                           "    local previous=\"${COMP_WORDS[COMP_CWORD-1]}\"\n"
                           "    case \"$previous\" in\n",
                           program, program);
    if (*templates)
        g_string_append_printf(script,
                               "        %s)\n"
                               "            COMPREPLY=($(compgen -W \"$(_systematica_templates)\" "
                               "-- \"$current\"))\n"
                               "            return\n"
                               "            ;;\n",
                               templates);
    g_string_append_printf(script,
                           "        %s)\n"
                           "            COMPREPLY=($(compgen -f -- \"$current\"))\n"
                           "            return\n"
                           "            ;;\n"
                           "    esac\n"
                           "    for word in \"${COMP_WORDS[@]:1:COMP_CWORD-1}\"; do\n"
                           "        case \"$word\" in\n"
                           "            -*) ;;\n"
                           "            *) command=\"$command $word\" ;;\n"
                           "        esac\n"
                           "    done\n"
                           "    case \"$command\" in\n",
                           paths);
    if (only) {
        bash_case(script, "*", only);
    } else {
        g_autofree char *firsts = first_words();
        g_string_append_printf(script,
                               "        \"\")\n"
                               "            COMPREPLY=($(compgen -W \"%s --help --version\" -- "
                               "\"$current\"))\n"
                               "            ;;\n",
                               firsts);
        for (gsize i = 0; i < sy_n_commands; i++) {
            g_autofree char *pattern = g_strdup_printf("\" %s\"*", sy_commands[i]->name);
            bash_case(script, pattern, sy_commands[i]);
        }
        g_autofree char *seconds = second_words("data");
        g_string_append_printf(script,
                               "        \" data\"*)\n"
                               "            COMPREPLY=($(compgen -W \"%s\" -- \"$current\"))\n"
                               "            ;;\n",
                               seconds);
    }
    g_string_append_printf(script, "    esac\n}\ncomplete -F _%s_complete %s\n", program, program);
    return g_string_free(script, FALSE);
}

/* ---- zsh ---- */

/* Text inside [ … ] of an _arguments specification within single quotes. */
static char *zsh_escape(const char *text) {
    GString *escaped = g_string_new(NULL);
    for (const char *p = text; *p; p++) {
        if (*p == '\'')
            g_string_append(escaped, "'\\''");
        else if (strchr("[]:\\", *p))
            g_string_append_printf(escaped, "\\%c", *p);
        else
            g_string_append_c(escaped, *p);
    }
    return g_string_free(escaped, FALSE);
}

static void zsh_arguments(GString *script, const SyCommand *command, const char *indent) {
    g_string_append_printf(script, "%s_arguments", indent);
    for (gsize i = 0; i < command->options->n; i++) {
        const SyField *field = &command->options->rows[i];
        g_autofree char *name = sy_option_name(field);
        g_autofree char *help = zsh_escape(field->help);
        const char *metavar = sy_option_metavar(field);
        const char *action = takes_template(field) ? "_systematica_templates"
                             : takes_path(field)   ? "_files"
                                                   : " ";
        g_string_append_printf(script, " \\\n%s    '%s[%s]%s%s%s%s'", indent, name, help,
                               metavar ? ":" : "", metavar ? metavar : "", metavar ? ":" : "",
                               metavar ? action : "");
    }
    if (argument_is_template(command))
        g_string_append_printf(script, " \\\n%s    '*:template:_systematica_templates'", indent);
    else if (*command->arguments)
        g_string_append_printf(script, " \\\n%s    '*:argument:_files'", indent);
    g_string_append_c(script, '\n');
}

static char *zsh_script(const char *program) {
    const SyCommand *only = command_of(program);
    GString *script = g_string_new(NULL);
    g_string_append_printf(script,
                           "#compdef %s\n"
                           "_systematica_templates() {\n"
                           "    local -a names=(.workflow/templates/*.toml(N:t:r))\n"
                           "    compadd -a names\n"
                           "}\n"
                           "_%s() {\n",
                           program, program);
    if (only) {
        zsh_arguments(script, only, "    ");
    } else {
        g_autofree char *firsts = first_words();
        g_autofree char *seconds = second_words("data");
        g_string_append_printf(script,
                               "    if (( CURRENT == 2 )); then\n"
                               "        compadd %s\n        return\n    fi\n"
                               "    if [[ $CURRENT == 3 && $words[2] == data ]]; then\n"
                               "        compadd %s\n        return\n    fi\n"
                               "    local command=$words[2]\n"
                               "    shift words; (( CURRENT-- ))\n"
                               "    if [[ $command == data ]]; then\n"
                               "        command=\"data $words[2]\"\n"
                               "        shift words; (( CURRENT-- ))\n"
                               "    fi\n"
                               "    case $command in\n",
                               firsts, seconds);
        for (gsize i = 0; i < sy_n_commands; i++) {
            g_string_append_printf(script, "        '%s')\n", sy_commands[i]->name);
            zsh_arguments(script, sy_commands[i], "            ");
            g_string_append(script, "            ;;\n");
        }
        g_string_append(script, "    esac\n");
    }
    g_string_append_printf(
        script,
        "}\n"
        "if [ \"$funcstack[1]\" = _%s ]; then _%s \"$@\"; else compdef _%s %s; fi\n",
        program, program, program, program);
    return g_string_free(script, FALSE);
}

/* ---- fish ---- */

static char *fish_quote(const char *text) {
    g_auto(GStrv) parts = g_strsplit(text, "'", -1);
    g_autofree char *joined = g_strjoinv("\\'", parts);
    return g_strconcat("'", joined, "'", NULL);
}

static void fish_command(GString *script, const char *program, const SyCommand *command,
                         const char *condition) {
    for (gsize i = 0; i < command->options->n; i++) {
        const SyField *field = &command->options->rows[i];
        g_autofree char *name = sy_option_name(field);
        g_autofree char *help = fish_quote(field->help);
        const char *value = takes_template(field)      ? " -xa '(_systematica_templates)'"
                            : takes_path(field)        ? " -rF"
                            : sy_option_metavar(field) ? " -x"
                                                       : "";
        g_string_append_printf(script, "complete -c %s%s -l %s%s -d %s\n", program, condition,
                               name + 2, value, help);
    }
    if (argument_is_template(command))
        g_string_append_printf(script, "complete -c %s%s -xa '(_systematica_templates)'\n", program,
                               condition);
}

static char *fish_script(const char *program) {
    const SyCommand *only = command_of(program);
    GString *script = g_string_new(NULL);
    g_string_append_printf(script,
                           "# fish completion of %s\n"
                           "function _systematica_templates\n"
                           "    for file in .workflow/templates/*.toml\n"
                           "        path basename --no-extension $file 2>/dev/null; "
                           "or string replace -r '.*/(.*)\\.toml$' '$1' $file\n"
                           "    end\n"
                           "end\n",
                           program);
    if (only) {
        fish_command(script, program, only, "");
        return g_string_free(script, FALSE);
    }
    for (gsize i = 0; i < sy_n_commands; i++) {
        const SyCommand *command = sy_commands[i];
        g_auto(GStrv) words = sy_command_words(command);
        g_autofree char *summary = fish_quote(command->summary);
        g_autofree char *condition =
            words[1] ? g_strdup_printf(" -n '__fish_seen_subcommand_from %s; and "
                                       "__fish_seen_subcommand_from %s'",
                                       words[0], words[1])
                     : g_strdup_printf(" -n '__fish_seen_subcommand_from %s'", words[0]);
        if (words[1])
            g_string_append_printf(
                script,
                "complete -c %s -n '__fish_use_subcommand' -fa %s\n"
                "complete -c %s -n '__fish_seen_subcommand_from %s' -fa %s -d %s\n",
                program, words[0], program, words[0], words[1], summary);
        else
            g_string_append_printf(script,
                                   "complete -c %s -n '__fish_use_subcommand' -fa %s -d %s\n",
                                   program, words[0], summary);
        fish_command(script, program, command, condition);
    }
    return g_string_free(script, FALSE);
}

/* ---- the table of shells ---- */

typedef struct {
    const char *name;
    char *(*script)(const char *program);
    const char *file; /* below home; %s is the program */
    const char
        *start; /* start file below home, or NULL where the shell finds the script by itself */
    const char *load; /* lines for the start file; %s is the script's folder, then the program */
} Shell;

static const Shell shells[] = {
    {"bash", bash_script, ".local/share/systematica/completion/%s.bash", ".bashrc",
     "source '%s/%s.bash'\n"},
    {"zsh", zsh_script, ".local/share/systematica/completion/_%s", ".zshrc",
     "fpath+=('%s'); autoload -Uz compinit; compinit # completion of %s\n"},
    {"fish", fish_script, ".config/fish/completions/%s.fish", NULL, NULL},
};

static const Shell *shell_find(const char *name) {
    for (gsize i = 0; i < G_N_ELEMENTS(shells); i++)
        if (strcmp(shells[i].name, name) == 0)
            return &shells[i];
    return NULL;
}

bool sy_completion_shell(const char *path, const char **shell, GError **error) {
    g_autofree char *name = path && *path ? g_path_get_basename(path) : g_strdup("");
    const Shell *row = shell_find(name);
    if (row) {
        *shell = row->name;
        return true;
    }
    return sy_fail(error, SY_ERROR_USAGE,
                   "completion is there for bash, zsh and fish; SHELL is \"%s\"", path ? path : "");
}

char *sy_completion_script(const char *shell, const char *program) {
    return shell_find(shell)->script(program);
}

/* Adds `line` to a start file that does not hold it yet. */
static bool add_line(const char *path, const char *line, GError **error) {
    g_autofree char *text = NULL;
    g_autoptr(GError) reason = NULL;
    if (!g_file_get_contents(path, &text, NULL, &reason) &&
        !g_error_matches(reason, G_FILE_ERROR, G_FILE_ERROR_NOENT))
        return sy_fail(error, SY_ERROR_IO, "%s", reason->message);
    if (text && strstr(text, line))
        return true;
    bool newline = text && *text && !g_str_has_suffix(text, "\n");
    g_autofree char *all = g_strconcat(text ? text : "", newline ? "\n" : "", line, NULL);
    g_clear_error(&reason);
    if (g_file_set_contents(path, all, -1, &reason))
        return true;
    return sy_fail(error, SY_ERROR_IO, "%s", reason->message);
}

char *sy_completion_install(const char *shell, const char *program, const char *home,
                            GError **error) {
    const Shell *row = shell_find(shell);
    g_auto(GStrv) file_parts = g_strsplit(row->file, "%s", 2);
    g_autofree char *file = g_strconcat(home, "/", file_parts[0], program, file_parts[1], NULL);
    g_autofree char *folder = g_path_get_dirname(file);
    g_autofree char *script = row->script(program);
    g_autoptr(GError) reason = NULL;
    if (g_mkdir_with_parents(folder, 0755) != 0) {
        sy_fail(error, SY_ERROR_IO, "the folder %s cannot be made", folder);
        return NULL;
    }
    if (!g_file_set_contents(file, script, -1, &reason)) {
        sy_fail(error, SY_ERROR_IO, "%s", reason->message);
        return NULL;
    }
    if (!row->start)
        return g_strdup_printf("completion of %s for %s: %s", program, shell, file);
    g_auto(GStrv) load_parts = g_strsplit(row->load, "%s", 3);
    g_autofree char *line =
        g_strconcat(load_parts[0], folder, load_parts[1], program, load_parts[2], NULL);
    g_autofree char *start = g_build_filename(home, row->start, NULL);
    if (!add_line(start, line, error))
        return NULL;
    return g_strdup_printf("completion of %s for %s: %s, loaded by %s in new shells", program,
                           shell, file, start);
}
