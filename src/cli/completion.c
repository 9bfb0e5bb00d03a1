/* One generator per shell over the same rows: commands, their options, what an option's value is.
 */
#include "cli/completion.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <unistd.h>

#include "base/error.h"
#include "cli/explain.h"
#include "cli/options.h"
#include "template/template.h"

/* ---- what can be completed ---- */

/* The command that a program of its own runs, or NULL for systematica. */
static const SyCommand *command_of(const char *program) {
    return strcmp(program, "systematica") == 0 ? NULL : sy_command_find(program);
}

/* What may stand for an option's value or an argument, by the word that help shows for it. */
typedef struct {
    const char *shown;
    const char *bash, *zsh, *fish;
} Kind;

static const Kind kinds[] = {
    {"TEMPLATE", "_systematica_templates", "_systematica_templates",
     "Fa '(_systematica_templates)'"},
    {"FILE", "_systematica_files -f", "_files", "F"},
    {"DIR", "_systematica_files -d", "_files -/", "a '(__fish_complete_directories)'"},
};

static const Kind *kind_of(const char *shown) {
    for (gsize i = 0; i < G_N_ELEMENTS(kinds); i++)
        if (strstr(shown, kinds[i].shown))
            return &kinds[i];
    return NULL;
}

/* The word that help shows for an option's value; NULL where it takes none. */
static const char *shown_value(const SyField *field) {
    return strcmp(field->key, "template") == 0 ? "TEMPLATE" : sy_option_metavar(field);
}

/* The words that "[a|b|c]" stands for, as "a b c"; NULL where it stands for others. */
static char *words_of(const char *shown) {
    if (strcmp(shown, "FORMATS") == 0)
        return g_strjoinv(" ", (char **)sy_template_formats);
    if (!strchr(shown, '|') || strcspn(shown, "ABCDEFGHIJKLMNOPQRSTUVWXYZ") < strlen(shown))
        return NULL;
    char *words = g_strdup(shown + strspn(shown, "["));
    words[strcspn(words, "]")] = '\0';
    return g_strdelimit(words, "|", ' ');
}

/* Calls `visit` once for each option that takes a value, over all commands. */
static void each_value_option(void (*visit)(GString *, const char *name, const char *shown),
                              GString *script) {
    g_autoptr(GHashTable) seen = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, NULL);
    for (gsize c = 0; c < sy_n_commands; c++) {
        const SyFieldTable *options = sy_commands[c]->options;
        for (gsize i = 0; i < options->n; i++) {
            const char *shown = shown_value(&options->rows[i]);
            char *name = sy_option_name(&options->rows[i]);
            if (g_hash_table_add(seen, name) && shown)
                visit(script, name, shown);
        }
    }
}

static void append_with_bar(GString *list, const char *name, const char *shown) {
    (void)shown;
    g_string_append_printf(list, "%s%s", list->len ? "|" : "", name);
}

/* Options that take a value, over all commands, as "--a|--b". */
static char *value_options(void) {
    GString *list = g_string_new(NULL);
    each_value_option(append_with_bar, list);
    return g_string_free(list, FALSE);
}

static bool explains(const SyCommand *command) { return strcmp(command->name, "explain") == 0; }

static char *join(const char **words) {
    char *joined = g_strjoinv(" ", (char **)words);
    g_free(words);
    return joined;
}

static char *option_words(const SyCommand *command) {
    GString *words = g_string_new(NULL);
    for (gsize i = 0; i < command->options->n; i++) {
        g_autofree char *name = sy_option_name(&command->options->rows[i]);
        g_string_append_printf(words, "%s%s", i ? " " : "", name);
    }
    return g_string_free(words, FALSE);
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

/* Calls `visit` for each first word that a second may follow, with all of those. */
static void each_pair(void (*visit)(GString *, const char *first, const char *seconds),
                      GString *script) {
    g_autofree char *firsts = first_words();
    g_auto(GStrv) all = g_strsplit(firsts, " ", -1);
    for (char **first = all; *first; first++) {
        g_autofree char *seconds = second_words(*first);
        if (*seconds)
            visit(script, *first, seconds);
    }
}

/* ---- bash ---- */

/* In the script, `plain` holds the words so far that are no option nor the value of one, `option`
 * the option whose value is being typed; an argument is one of `words`, or what `action` finds. */
static const char bash_helpers[] =
    "_systematica_offer() {\n"
    "    local word\n"
    "    local -a words\n"
    "    read -r -d '' -a words <<< \"$1\"\n"
    "    for word in \"${words[@]}\"; do\n"
    "        [[ $word == \"$current\"* ]] && COMPREPLY+=(\"$word\")\n"
    "    done\n"
    "}\n"
    "_systematica_files() {\n"
    "    compopt -o filenames 2>/dev/null\n"
    "    mapfile -t COMPREPLY < <(compgen \"$1\" -- \"$current\")\n"
    "}\n"
    "_systematica_templates() {\n"
    "    local folder=\"${workspace/#\\~\\//$HOME/}\"\n"
    "    _systematica_offer \"$(\"$program\" completion templates ${folder:+--workspace "
    "\"$folder\"} "
    "2>/dev/null)\"\n"
    "    [[ ${COMPREPLY[*]} ]] || _systematica_files -f\n"
    "}\n";

static void bash_option(GString *script, const char *name, const char *shown) {
    g_autofree char *words = words_of(shown);
    const Kind *kind = kind_of(shown);
    if (words)
        g_string_append_printf(
            script,
            "        %s)\n            _systematica_offer \"%s\"\n            return\n"
            "            ;;\n",
            name, words);
    else if (kind)
        g_string_append_printf(script,
                               "        %s)\n            %s\n            return\n            ;;\n",
                               name, kind->bash);
}

static void bash_words(GString *script, const char *pattern, const char *words) {
    g_string_append_printf(script, "        %s) words=\"%s\" ;;\n", pattern, words);
}

/* A first word may be a command by itself, with arguments of its own. */
static void bash_pair(GString *script, const char *first, const char *seconds) {
    g_string_append_printf(script, "        \" %s\") words=\"%s $words\" ;;\n", first, seconds);
}

static void bash_case(GString *script, const char *pattern, const SyCommand *command) {
    g_autofree char *options = option_words(command);
    g_autofree char *words = words_of(command->arguments);
    const Kind *kind = kind_of(command->arguments);
    g_string_append_printf(script, "        %s) options=\"%s\" words=\"%s\" action=\"%s\" ;;\n",
                           pattern, options, words ? words : "", kind ? kind->bash : "");
}

static void bash_explain(GString *script) {
    g_autofree const char **sections = sy_explain_sections();
    g_autofree char *all = g_strjoinv(" ", (char **)sections);
    bash_words(script, "\" explain\"", all);
    for (const char **section = sections; *section; section++) {
        g_autofree char *pattern = g_strdup_printf("\" explain %s\"", *section);
        g_autofree char *names = join(sy_explain_names(*section));
        bash_words(script, pattern, names);
    }
}

static void bash_commands(GString *script) {
    g_autofree char *firsts = first_words();
    g_string_append_printf(
        script, "        \"\") options=\"--workspace --help --version\" words=\"%s\" ;;\n", firsts);
    bash_explain(script);
    for (gsize i = 0; i < sy_n_commands; i++) {
        g_autofree char *pattern = g_strdup_printf("\" %s\"*", sy_commands[i]->name);
        bash_case(script, pattern, sy_commands[i]);
    }
    g_string_append(script, "    esac\n    case \"$plain\" in\n");
    each_pair(bash_pair, script);
}

static char *bash_script(const char *program) {
    const SyCommand *only = command_of(program);
    g_autofree char *valued = value_options();
    GString *script = g_string_new(NULL);
    g_string_append_printf(
        script,
        "# bash completion of %s\n%s"
        "_%s_complete() {\n"
        "    local current=\"${COMP_WORDS[COMP_CWORD]}\" "
        "program=\"${COMP_WORDS[0]%%%s}systematica\"\n"
        "    local plain=\"\" option=\"\" workspace=\"\" options=\"\" words=\"\" action=\"\" word\n"
        "    COMPREPLY=()\n"
        "    for word in \"${COMP_WORDS[@]:1:COMP_CWORD-1}\"; do\n"
        "        if [[ $option && $word != = ]]; then\n"
        "            [[ $option == --workspace ]] && workspace=\"$word\"\n"
        "            option=\"\"\n"
        "            continue\n"
        "        fi\n"
        "        case \"$word\" in\n"
        "            %s) option=\"$word\" ;;\n"
        "            -* | =) ;;\n"
        "            *) plain=\"$plain $word\" ;;\n"
        "        esac\n"
        "    done\n"
        "    [[ $current == = ]] && current=\"\"\n"
        "    case \"$option\" in\n"
        "        \"\") ;;\n",
        program, bash_helpers, program, program, valued);
    each_value_option(bash_option, script);
    g_string_append(script, "        *) return ;;\n"
                            "    esac\n"
                            "    case \"$plain\" in\n");
    if (only)
        bash_case(script, "*", only);
    else
        bash_commands(script);
    g_string_append_printf(script,
                           "    esac\n"
                           "    if [[ \"$action$words\" && $current != -* ]]; then\n"
                           "        $action\n"
                           "        _systematica_offer \"$words\"\n"
                           "    else\n"
                           "        _systematica_offer \"$options\"\n"
                           "    fi\n"
                           "}\ncomplete -F _%s_complete %s\n",
                           program, program);
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

/* What _arguments calls or offers for a value. Free with g_free. */
static char *zsh_action(const char *shown) {
    g_autofree char *words = words_of(shown);
    const Kind *kind = kind_of(shown);
    return words ? g_strconcat("(", words, ")", NULL) : g_strdup(kind ? kind->zsh : " ");
}

static void zsh_option(GString *script, const SyField *field, const char *indent) {
    g_autofree char *name = sy_option_name(field);
    g_autofree char *help = zsh_escape(field->help);
    const char *shown = shown_value(field);
    g_string_append_printf(script, " \\\n%s    '%s[%s]", indent, name, help);
    if (shown) {
        g_autofree char *action = zsh_action(shown);
        g_string_append_printf(script, ":%s:%s", shown, action);
    }
    g_string_append_c(script, '\'');
}

static void zsh_arguments(GString *script, const SyCommand *command, const char *indent) {
    g_string_append_printf(script, "%s_arguments", indent);
    for (gsize i = 0; i < command->options->n; i++)
        zsh_option(script, &command->options->rows[i], indent);
    if (explains(command)) {
        g_autofree char *sections = join(sy_explain_sections());
        g_string_append_printf(script,
                               " \\\n%s    '1:section:(%s)' '2:name:_systematica_explained'",
                               indent, sections);
    } else if (*command->arguments) {
        g_autofree char *action = zsh_action(command->arguments);
        g_string_append_printf(script, " \\\n%s    '*:argument:%s'", indent, action);
    }
    g_string_append_c(script, '\n');
}

static const char zsh_helpers[] =
    "_systematica_templates() {\n"
    "    local -a names\n"
    "    local folder=${workspace/#\\~\\//$HOME/}\n"
    "    names=(${(f)\"$($program completion templates ${folder:+--workspace} $folder "
    "2>/dev/null)\"})\n"
    "    compadd -a names || _files\n"
    "}\n";

static void zsh_explained(GString *script) {
    g_autofree const char **sections = sy_explain_sections();
    g_string_append(script, "_systematica_explained() {\n    case $words[2] in\n");
    for (const char **section = sections; *section; section++) {
        g_autofree char *names = join(sy_explain_names(*section));
        if (*names)
            g_string_append_printf(script, "        %s) compadd %s ;;\n", *section, names);
    }
    g_string_append(script, "    esac\n}\n");
}

static void zsh_pair(GString *script, const char *first, const char *seconds) {
    g_string_append_printf(script, "        %s) seconds=(%s) ;;\n", first, seconds);
}

/* Leads to the command's own _arguments, past what stands before its name. */
static void zsh_commands(GString *script) {
    g_autofree char *firsts = first_words();
    g_string_append_printf(
        script,
        "    local curcontext=$curcontext state command\n"
        "    local -a line seconds\n"
        "    local -A opt_args\n"
        "    _arguments -C '--workspace[Folder that holds .workflow/.]:DIR:_files -/' "
        "'1: :(%s)' '*:: :->command'\n"
        "    [[ $state == command ]] || return 0\n"
        "    command=$words[1]\n"
        "    case $command in\n",
        firsts);
    each_pair(zsh_pair, script);
    g_string_append(script, "    esac\n"
                            "    if (( CURRENT == 2 )); then\n"
                            "        compadd -a seconds\n"
                            "    elif (( $seconds[(Ie)$words[2]] )); then\n"
                            "        command=\"$command $words[2]\"\n"
                            "        shift words\n"
                            "        (( CURRENT-- ))\n"
                            "    fi\n"
                            "    case $command in\n");
    for (gsize i = 0; i < sy_n_commands; i++) {
        g_string_append_printf(script, "        '%s')\n", sy_commands[i]->name);
        zsh_arguments(script, sy_commands[i], "            ");
        g_string_append(script, "            ;;\n");
    }
    g_string_append(script, "    esac\n");
}

static char *zsh_script(const char *program) {
    const SyCommand *only = command_of(program);
    GString *script = g_string_new(NULL);
    g_string_append_printf(script, "#compdef %s\n%s", program, zsh_helpers);
    if (!only)
        zsh_explained(script);
    g_string_append_printf(script,
                           "_%s() {\n"
                           "    local program=${words[1]%%%s}systematica workspace before word\n"
                           "    for word in ${words[2,CURRENT-1]}; do\n"
                           "        [[ $before == --workspace ]] && workspace=$word\n"
                           "        [[ $word == --workspace=* ]] && workspace=${word#*=}\n"
                           "        before=$word\n"
                           "    done\n",
                           program, program);
    if (only)
        zsh_arguments(script, only, "    ");
    else
        zsh_commands(script);
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

/* The rest of `complete` for a value, from "a" or "F" on. Free with g_free. */
static char *fish_value(const char *shown) {
    g_autofree char *words = words_of(shown);
    const Kind *kind = kind_of(shown);
    return words ? g_strdup_printf("a '%s'", words) : g_strdup(kind ? kind->fish : "");
}

/* condition: " -n '…'", or "" for always. */
static void fish_option(GString *script, const char *program, const SyField *field,
                        const char *condition) {
    g_autofree char *name = sy_option_name(field);
    g_autofree char *help = fish_quote(field->help);
    const char *shown = shown_value(field);
    g_autofree char *value = shown ? fish_value(shown) : NULL;
    g_string_append_printf(script, "complete -c %s%s -l %s%s%s -d %s\n", program, condition,
                           name + 2, value ? " -r" : "", value ? value : "", help);
}

static void fish_command(GString *script, const char *program, const SyCommand *command,
                         const char *condition) {
    for (gsize i = 0; i < command->options->n; i++)
        fish_option(script, program, &command->options->rows[i], condition);
    g_autofree char *value = fish_value(command->arguments);
    if (*value)
        g_string_append_printf(script, "complete -c %s%s -%s\n", program, condition, value);
}

static void fish_explain(GString *script, const char *program) {
    g_autofree const char **sections = sy_explain_sections();
    g_autofree char *all = g_strjoinv(" ", (char **)sections);
    g_string_append_printf(script, "complete -c %s -n '_systematica_at explain' -a '%s'\n", program,
                           all);
    for (const char **section = sections; *section; section++) {
        g_autofree char *names = join(sy_explain_names(*section));
        if (*names)
            g_string_append_printf(script,
                                   "complete -c %s -n '_systematica_at explain %s' -a '%s'\n",
                                   program, *section, names);
    }
}

/* _systematica_plain prints the words so far that are no option nor the value of one. */
static char *fish_helpers(void) {
    g_autofree char *valued = g_strdelimit(value_options(), "|", ' ');
    return g_strconcat("function _systematica_plain\n"
                       "    set -l option\n"
                       "    for word in (commandline -opc)[2..-1]\n"
                       "        if test -n \"$option\"\n"
                       "            set option\n"
                       "            continue\n"
                       "        end\n"
                       "        switch $word\n"
                       "            case ",
                       valued,
                       "\n"
                       "                set option $word\n"
                       "            case '-*'\n"
                       "            case '*'\n"
                       "                printf '%s\\n' $word\n"
                       "        end\n"
                       "    end\n"
                       "end\n"
                       "function _systematica_at\n"
                       "    set -l plain (_systematica_plain)\n"
                       "    test \"$plain\" = \"$argv\"\n"
                       "end\n"
                       "function _systematica_begins\n"
                       "    set -l plain (_systematica_plain)\n"
                       "    string match -q -- \"$argv *\" \"$plain \"\n"
                       "end\n"
                       "function _systematica_templates\n"
                       "    set -l words (commandline -opc)\n"
                       "    set -l program (string replace -r '(systematica|run_app|run_all)$' '' "
                       "-- $words[1])systematica\n"
                       "    set -l workspace\n"
                       "    set -l before\n"
                       "    for word in (string replace -r '^~/' \"$HOME/\" -- $words)\n"
                       "        if test \"$before\" = --workspace\n"
                       "            set workspace --workspace $word\n"
                       "        else if string match -q -- '--workspace=*' $word\n"
                       "            set workspace $word\n"
                       "        end\n"
                       "        set before $word\n"
                       "    end\n"
                       "    $program completion templates $workspace 2>/dev/null\n"
                       "end\n",
                       NULL);
}

/* The command is being typed, and none whose name goes on behind its own. */
static char *fish_condition(const SyCommand *command) {
    g_autofree char *seconds = second_words(command->name);
    g_auto(GStrv) others = g_strsplit(seconds, " ", -1);
    GString *condition = g_string_new(" -n '_systematica_begins ");
    g_string_append(condition, command->name);
    for (char **other = others; *other; other++)
        g_string_append_printf(condition, "; and not _systematica_begins %s %s", command->name,
                               *other);
    g_string_append_c(condition, '\'');
    return g_string_free(condition, FALSE);
}

static void fish_commands(GString *script, const char *program) {
    g_string_append_printf(script,
                           "complete -c %s -n _systematica_at -l workspace -r%s -d "
                           "'Folder that holds .workflow/.'\n",
                           program, kind_of("DIR")->fish);
    for (gsize i = 0; i < sy_n_commands; i++) {
        const SyCommand *command = sy_commands[i];
        g_auto(GStrv) words = sy_command_words(command);
        g_autofree char *summary = fish_quote(command->summary);
        g_autofree char *condition = fish_condition(command);
        if (words[1])
            g_string_append_printf(script,
                                   "complete -c %s -n _systematica_at -a %s\n"
                                   "complete -c %s -n '_systematica_at %s' -a %s -d %s\n",
                                   program, words[0], program, words[0], words[1], summary);
        else
            g_string_append_printf(script, "complete -c %s -n _systematica_at -a %s -d %s\n",
                                   program, words[0], summary);
        fish_command(script, program, command, condition);
    }
    fish_explain(script, program);
}

static char *fish_script(const char *program) {
    const SyCommand *only = command_of(program);
    g_autofree char *helpers = fish_helpers();
    GString *script = g_string_new(NULL);
    g_string_append_printf(script, "# fish completion of %s\n%scomplete -c %s -f\n", program,
                           helpers, program);
    if (only)
        fish_command(script, program, only, "");
    else
        fish_commands(script, program);
    return g_string_free(script, FALSE);
}

/* ---- the table of shells ---- */

typedef struct {
    const char *name;
    char *(*script)(const char *program);
    const char *file; /* below home; %s is the program */
    const char
        *start; /* start file below home, or NULL where the shell finds the script by itself */
    const char *load;  /* line for the start file; %s is the script, or its folder */
    bool loads_folder; /* one line for all programs */
} Shell;

static const Shell shells[] = {
    {"bash", bash_script, ".local/share/systematica/completion/%s.bash", ".bashrc", "source %s\n",
     false},
    {"zsh", zsh_script, ".local/share/systematica/completion/_%s", ".zshrc",
     "fpath+=(%s); autoload -Uz compinit; compinit\n", true},
    {"fish", fish_script, ".config/fish/completions/%s.fish", NULL, NULL, false},
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

static bool append(const char *path, const char *text) {
    int file = open(path, O_WRONLY | O_APPEND | O_CREAT | O_CLOEXEC, 0666);
    if (file < 0)
        return false;
    gsize length = strlen(text);
    bool written = write(file, text, length) == (ssize_t)length;
    return close(file) == 0 && written;
}

/* Adds `line` to a start file that does not hold it yet. Appended to rather than replaced: the file
 * is the user's, often a link to elsewhere, and keeps its owner and mode. */
static bool add_line(const char *path, const char *line, GError **error) {
    g_autofree char *text = NULL;
    g_autoptr(GError) reason = NULL;
    if (!g_file_get_contents(path, &text, NULL, &reason) &&
        !g_error_matches(reason, G_FILE_ERROR, G_FILE_ERROR_NOENT))
        return sy_fail(error, SY_ERROR_IO, "%s", reason->message);
    if (text && strstr(text, line))
        return true;
    bool newline = text && *text && !g_str_has_suffix(text, "\n");
    g_autofree char *added = g_strconcat(newline ? "\n" : "", line, NULL);
    errno = 0;
    if (append(path, added))
        return true;
    int number = errno ? errno : ENOSPC;
    return sy_fail(error, SY_ERROR_IO, "%s cannot be written to: %s", path, g_strerror(number));
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
    g_autofree char *quoted = g_shell_quote(row->loads_folder ? folder : file);
    g_auto(GStrv) load_parts = g_strsplit(row->load, "%s", 2);
    g_autofree char *line = g_strconcat(load_parts[0], quoted, load_parts[1], NULL);
    g_autofree char *start = g_build_filename(home, row->start, NULL);
    if (!add_line(start, line, error))
        return NULL;
    return g_strdup_printf("completion of %s for %s: %s, loaded by %s in new shells", program,
                           shell, file, start);
}
