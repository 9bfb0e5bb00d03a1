/* The parser of options and their help. */
#include "cli/options.h"

#include <string.h>

#include "base/error.h"
#include "base/text.h"
#include "cli/command.h"

char *sy_option_name(const SyField *field) {
    bool negative = field->kind == SY_FIELD_BOOL && g_strcmp0(field->fallback, "true") == 0;
    char *name = g_strconcat(negative ? "--no-" : "--", field->key, NULL);
    return g_strdelimit(name, "_", '-');
}

const char *sy_option_metavar(const SyField *field) {
    if (field->kind == SY_FIELD_BOOL)
        return NULL;
    if (field->metavar)
        return field->metavar;
    return field->kind == SY_FIELD_INT      ? "INTEGER"
           : field->kind == SY_FIELD_DOUBLE ? "NUMBER"
                                            : "TEXT";
}

static const char *short_form(const SyField *field) {
    for (const char *const *also = field->also; also && *also; also++)
        if (strlen(*also) == 1)
            return *also;
    return NULL;
}

static const SyField *find_long(const SyFieldTable *table, const char *name) {
    for (gsize i = 0; i < table->n; i++) {
        g_autofree char *option = sy_option_name(&table->rows[i]);
        if (strcmp(option, name) == 0)
            return &table->rows[i];
    }
    return NULL;
}

static const SyField *find_short(const SyFieldTable *table, char letter) {
    for (gsize i = 0; i < table->n; i++) {
        const char *form = short_form(&table->rows[i]);
        if (form && *form == letter)
            return &table->rows[i];
    }
    return NULL;
}

/* By "--name" or "-n"; NULL for any other word. */
static const SyField *find_option(const SyFieldTable *table, const char *word) {
    if (word[0] != '-' || word[1] == '\0')
        return NULL;
    return word[1] == '-' ? find_long(table, word)
           : word[2] == 0 ? find_short(table, word[1])
                          : NULL;
}

static bool fail_unknown(const SyFieldTable *table, const char *name, GError **error) {
    g_autoptr(GPtrArray) names = g_ptr_array_new_with_free_func(g_free);
    for (gsize i = 0; i < table->n; i++)
        g_ptr_array_add(names, sy_option_name(&table->rows[i]));
    g_autofree char *meant =
        sy_text_did_you_mean(name, (const char *const *)names->pdata, names->len);
    return sy_fail(error, SY_ERROR_USAGE, "no such option: %s%s", name, meant);
}

static bool store(const SyField *field, gpointer target, const char *option, const char *value,
                  GError **error) {
    g_autoptr(GError) reason = NULL;
    if (field->given)
        *(bool *)((char *)target + field->given) = true;
    if (sy_field_set_text(field, target, value, &reason))
        return true;
    /* The field speaks of its key; the user knows it by the option's name. */
    gsize key = strlen(field->key);
    const char *rest =
        g_str_has_prefix(reason->message, field->key) ? reason->message + key : reason->message;
    return sy_fail(error, SY_ERROR_USAGE, "%s%s%s", option,
                   *rest == ' ' || *rest == ':' ? "" : ": ", rest);
}

/* "-qv": flags, which take no value. */
static bool set_letters(const SyFieldTable *table, gpointer target, const char *word,
                        GError **error) {
    for (const char *letter = word + 1; *letter; letter++) {
        const SyField *field = find_short(table, *letter);
        if (!field || field->kind != SY_FIELD_BOOL)
            return fail_unknown(table, word, error);
        sy_field_set_bool(field, target, true);
    }
    return true;
}

bool sy_options_parse(const SyFieldTable *table, gpointer target, int argc, char **argv,
                      GPtrArray *arguments, GError **error) {
    g_assert(table->rows);
    for (int i = 1; i < argc; i++) {
        const char *word = argv[i];
        if (strcmp(word, "--") == 0) {
            while (++i < argc)
                g_ptr_array_add(arguments, argv[i]);
            return true;
        }
        if (word[0] != '-' || word[1] == '\0') {
            g_ptr_array_add(arguments, argv[i]);
            continue;
        }
        if (word[1] != '-' && word[2] != '\0') {
            if (!set_letters(table, target, word, error))
                return false;
            continue;
        }
        const char *equals = word[1] == '-' ? strchr(word, '=') : NULL;
        g_autofree char *name = equals ? g_strndup(word, (gsize)(equals - word)) : g_strdup(word);
        const SyField *field = find_option(table, name);
        if (!field)
            return fail_unknown(table, name, error);
        if (field->kind == SY_FIELD_BOOL) {
            if (equals)
                return sy_fail(error, SY_ERROR_USAGE, "%s takes no value", name);
            bool negative = g_str_has_prefix(name, "--no-");
            if (!store(field, target, name, negative ? "false" : "true", error))
                return false;
            continue;
        }
        /* the next option is no value of this one; --name=--value says so where it is meant */
        const char *next = i + 1 < argc && !find_option(table, argv[i + 1]) ? argv[i + 1] : NULL;
        const char *value = equals ? equals + 1 : next;
        if (!value)
            return sy_fail(error, SY_ERROR_USAGE, "%s needs a value (%s)", name,
                           sy_option_metavar(field));
        if (!store(field, target, name, value, error))
            return false;
        i += equals ? 0 : 1;
    }
    return true;
}

bool sy_option_check_folder(const char *name, GError **error) {
    return *name ? true : sy_fail(error, SY_ERROR_USAGE, "the name of the folder is empty");
}

char *sy_options_help(const SyFieldTable *table) {
    g_autoptr(GPtrArray) left = g_ptr_array_new_with_free_func(g_free);
    glong width = 0;
    for (gsize i = 0; i < table->n; i++) {
        const SyField *field = &table->rows[i];
        g_autofree char *name = sy_option_name(field);
        const char *metavar = sy_option_metavar(field), *letter = short_form(field);
        char *text = g_strconcat("  ", letter ? "-" : "", letter ? letter : "", letter ? ", " : "",
                                 name, metavar ? " " : NULL, metavar, NULL);
        width = MAX(width, g_utf8_strlen(text, -1));
        g_ptr_array_add(left, text);
    }
    GString *help = g_string_new("Options:\n");
    for (gsize i = 0; i < table->n; i++) {
        const SyField *field = &table->rows[i];
        const char *start = left->pdata[i];
        g_string_append_printf(help, "%s%*s  %s", start, (int)(width - g_utf8_strlen(start, -1)),
                               "", field->help);
        if (field->kind != SY_FIELD_BOOL && !field->required)
            g_string_append_printf(help, "  [default: %s]",
                                   field->fallback ? field->fallback : "None");
        g_string_append_c(help, '\n');
    }
    return g_string_free(help, FALSE);
}
