/* Storing checked values into configuration structs through their field tables. */
#include "base/field.h"

#include <errno.h>
#include <math.h>
#include <string.h>

#include "base/error.h"
#include "base/text.h"

#define MEMBER(type, target, field) ((type *)(void *)((char *)(target) + (field)->offset))

const SyField *sy_field_find(const SyField *rows, gsize n, const char *key) {
    for (gsize i = 0; i < n; i++) {
        if (strcmp(rows[i].key, key) == 0)
            return &rows[i];
        for (const char *const *also = rows[i].also; also && *also; also++)
            if (strcmp(*also, key) == 0)
                return &rows[i];
    }
    return NULL;
}

const SyChoice *sy_choice_find(const SyField *field, const char *text) {
    for (gsize i = 0; i < field->n_choices; i++) {
        const SyChoice *choice = &field->choices[i];
        if (sy_text_equal_loosely(choice->name, text))
            return choice;
        for (const char *const *also = choice->also; also && *also; also++)
            if (sy_text_equal_loosely(*also, text))
                return choice;
    }
    return NULL;
}

static bool has_bounds(const SyField *field) { return field->min != 0 || field->max != 0; }

char *sy_field_bounds(const SyField *field) {
    if (!has_bounds(field))
        return g_strdup("");
    const char *less = field->above_min ? "<" : "≤", *greater = field->above_min ? ">" : "≥";
    if (isinf(field->max))
        return g_strdup_printf("%s %.15g", greater, field->min);
    if (isinf(field->min))
        return g_strdup_printf("≤ %.15g", field->max);
    return g_strdup_printf("%.15g %s x ≤ %.15g", field->min, less, field->max);
}

char *sy_field_describe(const SyField *field) {
    static const char *const names[] = {
        [SY_FIELD_BOOL] = "true or false",
        [SY_FIELD_INT] = "integer",
        [SY_FIELD_DOUBLE] = "number",
        [SY_FIELD_TEXT] = "text",
        [SY_FIELD_TEXTS] = "list of texts",
        [SY_FIELD_NUMBERS] = "number or list of numbers",
        [SY_FIELD_LABELS] = "true, false or list of labels",
        [SY_FIELD_ENUM] = "",
        [SY_FIELD_TIMEFRAME] = "timeframe",
        [SY_FIELD_MAP] = "table of texts",
        [SY_FIELD_GROUP] = "table",
        [SY_FIELD_NODE] = "table",
        [SY_FIELD_JSON] = "table of anything",
    };
    if (field->word)
        return g_strdup_printf("%s or \"%s\"", names[field->kind], field->word);
    if (field->or_dated)
        return g_strdup("number or (dated) list");
    if (field->kind != SY_FIELD_ENUM)
        return g_strconcat(names[field->kind],
                           field->or_number ? " or number"
                           : field->or_list ? " or list"
                                            : NULL,
                           NULL);
    GString *text = g_string_new("one of ");
    for (gsize i = 0; i < field->n_choices; i++)
        g_string_append_printf(text, "%s%s", i ? ", " : "", field->choices[i].name);
    return g_string_free(text, FALSE);
}

static void numbers_assign(SyNumbers *numbers, const double *value, gsize n) {
    g_free(numbers->value);
    g_clear_pointer(&numbers->time, g_free);
    numbers->value = n ? g_memdup2(value, n * sizeof *value) : NULL;
    numbers->n = n;
}

static bool check_bounds(const SyField *field, double value, GError **error) {
    if (!has_bounds(field) ||
        (value <= field->max && (field->above_min ? value > field->min : value >= field->min)))
        return true;
    g_autofree char *bounds = sy_field_bounds(field);
    return sy_fail(error, SY_ERROR_USAGE, "%s = %.15g is out of bounds (%s%s%s)", field->key, value,
                   bounds, field->unit ? " " : "", field->unit ? field->unit : "");
}

bool sy_field_set_number(const SyField *field, gpointer target, double value, GError **error) {
    if (!check_bounds(field, value, error))
        return false;
    switch (field->kind) {
    case SY_FIELD_INT:
        if (value != floor(value) || fabs(value) > G_MAXINT32)
            return sy_fail(error, SY_ERROR_USAGE, "%s = %.15g must be a whole number of at most %d",
                           field->key, value, G_MAXINT32);
        *MEMBER(int, target, field) = (int)value;
        return true;
    case SY_FIELD_DOUBLE:
        *MEMBER(double, target, field) = value;
        return true;
    case SY_FIELD_NUMBERS:
        numbers_assign(MEMBER(SyNumbers, target, field), &value, 1);
        return true;
    default:
        g_assert_not_reached();
    }
}

bool sy_field_set_numbers(const SyField *field, gpointer target, const double *values, gsize n,
                          GError **error) {
    for (gsize i = 0; i < n; i++)
        if (!check_bounds(field, values[i], error))
            return false;
    numbers_assign(MEMBER(SyNumbers, target, field), values, n);
    return true;
}

bool sy_field_set_dated(const SyField *field, gpointer target, const SyTime *times,
                        const double *values, gsize n, GError **error) {
    if (!sy_field_set_numbers(field, target, values, n, error))
        return false;
    MEMBER(SyNumbers, target, field)->time = g_memdup2(times, n * sizeof *times);
    return true;
}

static void labels_assign(SyLabels *labels, bool all, const char *const *label) {
    g_strfreev(labels->label);
    *labels = (SyLabels){all, g_strdupv((char **)label)};
}

void sy_field_set_labels(const SyField *field, gpointer target, const char *const *labels) {
    labels_assign(MEMBER(SyLabels, target, field), false, labels);
}

void sy_field_set_bool(const SyField *field, gpointer target, bool value) {
    if (field->kind == SY_FIELD_LABELS)
        labels_assign(MEMBER(SyLabels, target, field), value, NULL);
    else
        *MEMBER(bool, target, field) = value;
}

static bool set_enum(const SyField *field, gpointer target, const char *value, GError **error) {
    const SyChoice *choice = sy_choice_find(field, value);
    if (choice) {
        *MEMBER(unsigned, target, field) = (unsigned)(choice - field->choices);
        return true;
    }
    g_autofree const char **names = g_new(const char *, field->n_choices);
    for (gsize i = 0; i < field->n_choices; i++)
        names[i] = field->choices[i].name;
    g_autofree char *meant = sy_text_did_you_mean(value, names, field->n_choices);
    g_autofree char *accepted = sy_field_describe(field);
    return sy_fail(error, SY_ERROR_USAGE, "%s = \"%s\" is not %s%s", field->key, value, accepted,
                   meant);
}

static bool check_text(const SyField *field, const char *value, GError **error) {
    g_autoptr(GError) reason = NULL;
    if (!field->check || field->check(value, &reason))
        return true;
    return sy_fail(error, SY_ERROR_USAGE, "%s: %s", field->key, reason->message);
}

bool sy_field_set_texts(const SyField *field, gpointer target, const char *const *values,
                        GError **error) {
    for (const char *const *value = values; *value; value++)
        if (!check_text(field, *value, error))
            return false;
    char ***list = MEMBER(char **, target, field);
    g_strfreev(*list);
    *list = g_strdupv((char **)values);
    return true;
}

bool sy_field_set_map(const SyField *field, gpointer target, const char *const *keys,
                      const char *const *values, GError **error) {
    for (const char *const *value = values; *value; value++)
        if (!check_text(field, *value, error))
            return false;
    SyMap *map = MEMBER(SyMap, target, field);
    sy_map_clear(map);
    map->n = g_strv_length((char **)keys);
    map->key = g_new(char *, map->n);
    map->value = g_new(char *, map->n);
    for (gsize i = 0; i < map->n; i++) {
        map->key[i] = g_strdup(keys[i]);
        map->value[i] = g_strdup(values[i]);
    }
    return true;
}

bool sy_field_set_string(const SyField *field, gpointer target, const char *value, GError **error) {
    if (!check_text(field, value, error))
        return false;
    g_autoptr(GError) reason = NULL;
    switch (field->kind) {
    case SY_FIELD_TEXT: {
        char **text = MEMBER(char *, target, field);
        g_free(*text);
        *text = g_strdup(value);
        return true;
    }
    case SY_FIELD_TIMEFRAME:
        if (sy_timeframe_parse(value, MEMBER(SyTimeframe, target, field), &reason))
            return true;
        return sy_fail(error, SY_ERROR_USAGE, "%s: %s", field->key, reason->message);
    case SY_FIELD_ENUM:
        return set_enum(field, target, value, error);
    case SY_FIELD_DOUBLE:
        if (field->word && sy_text_equal_loosely(field->word, value)) {
            *MEMBER(double, target, field) = NAN;
            return true;
        }
        return sy_fail(error, SY_ERROR_USAGE, "%s = \"%s\" must be a number%s%s%s", field->key,
                       value, field->word ? " or \"" : "", field->word ? field->word : "",
                       field->word ? "\"" : "");
    default:
        g_assert_not_reached();
    }
}

/* "2" or "0.5,3" */
static bool set_numbers_text(const SyField *field, gpointer target, const char *text,
                             GError **error) {
    g_auto(GStrv) items = g_strsplit(text, ",", -1);
    gsize n = g_strv_length(items);
    g_autofree double *values = g_new(double, n + 1);
    for (gsize i = 0; i < n; i++) {
        char *end = NULL;
        g_strstrip(items[i]);
        values[i] = g_ascii_strtod(items[i], &end);
        if (end == items[i] || *end)
            return sy_fail(error, SY_ERROR_USAGE,
                           "%s = \"%s\" must be a number, or several "
                           "between commas",
                           field->key, text);
    }
    return n > 0 ? sy_field_set_numbers(field, target, values, n, error)
                 : sy_fail(error, SY_ERROR_USAGE, "%s must be a number", field->key);
}

bool sy_field_set_text(const SyField *field, gpointer target, const char *text, GError **error) {
    switch (field->kind) {
    case SY_FIELD_BOOL:
        if (strcmp(text, "true") != 0 && strcmp(text, "false") != 0)
            return sy_fail(error, SY_ERROR_USAGE, "%s = \"%s\" must be true or false", field->key,
                           text);
        sy_field_set_bool(field, target, *text == 't');
        return true;
    case SY_FIELD_NUMBERS:
        return set_numbers_text(field, target, text, error);
    case SY_FIELD_INT:
    case SY_FIELD_DOUBLE: {
        char *end = NULL;
        double value = g_ascii_strtod(text, &end);
        if (field->word && (end == text || *end))
            return sy_field_set_string(field, target, text, error);
        if (end == text || *end || (isnan(value) && field->kind == SY_FIELD_INT))
            return sy_fail(error, SY_ERROR_USAGE, "%s = \"%s\" must be a number", field->key, text);
        return sy_field_set_number(field, target, value, error);
    }
    case SY_FIELD_LABELS:
        if (strcmp(text, "true") == 0 || strcmp(text, "false") == 0) {
            sy_field_set_bool(field, target, *text == 't');
            return true;
        }
        /* fall through */
    case SY_FIELD_TEXTS: {
        g_auto(GStrv) list = g_strsplit(text, ",", -1);
        for (char **item = list; *item; item++)
            g_strstrip(*item);
        if (field->kind == SY_FIELD_LABELS) {
            sy_field_set_labels(field, target, (const char *const *)list);
            return true;
        }
        return sy_field_set_texts(field, target, (const char *const *)list, error);
    }
    case SY_FIELD_TEXT:
    case SY_FIELD_ENUM:
    case SY_FIELD_TIMEFRAME:
        return sy_field_set_string(field, target, text, error);
    case SY_FIELD_MAP:
    case SY_FIELD_GROUP:
    case SY_FIELD_NODE:
    case SY_FIELD_JSON:
        break;
    }
    g_assert_not_reached();
}

static void set_fallbacks(const SyField *rows, gsize n, gpointer target) {
    for (gsize i = 0; i < n; i++) {
        const SyField *field = &rows[i];
        if (field->refused)
            continue;
        if (field->kind == SY_FIELD_GROUP) {
            set_fallbacks(field->members, field->n_members, target);
        } else if (field->fallback) {
            g_autoptr(GError) error = NULL;
            if (!sy_field_set_text(field, target, field->fallback, &error))
                g_error("fallback of %s: %s", field->key, error->message);
        } else if (field->kind == SY_FIELD_DOUBLE) {
            *MEMBER(double, target, field) = NAN;
        }
    }
}

void sy_fields_init(const SyFieldTable *table, gpointer target) {
    memset(target, 0, table->size);
    set_fallbacks(table->rows, table->n, target);
}

static void clear_rows(const SyField *rows, gsize n, gpointer target) {
    for (gsize i = 0; i < n; i++) {
        const SyField *field = &rows[i];
        if (field->refused)
            continue;
        switch (field->kind) {
        case SY_FIELD_TEXT:
            g_clear_pointer(MEMBER(char *, target, field), g_free);
            break;
        case SY_FIELD_TEXTS:
            g_clear_pointer(MEMBER(char **, target, field), g_strfreev);
            break;
        case SY_FIELD_NUMBERS:
            numbers_assign(MEMBER(SyNumbers, target, field), NULL, 0);
            break;
        case SY_FIELD_LABELS:
            labels_assign(MEMBER(SyLabels, target, field), false, NULL);
            break;
        case SY_FIELD_MAP:
            sy_map_clear(MEMBER(SyMap, target, field));
            break;
        case SY_FIELD_JSON:
            g_clear_pointer(&MEMBER(SyJson, target, field)->text, g_free);
            break;
        case SY_FIELD_GROUP:
            clear_rows(field->members, field->n_members, target);
            break;
        case SY_FIELD_BOOL:
        case SY_FIELD_INT:
        case SY_FIELD_DOUBLE:
        case SY_FIELD_ENUM:
        case SY_FIELD_TIMEFRAME:
        case SY_FIELD_NODE:
            break;
        }
    }
}

void sy_fields_clear(const SyFieldTable *table, gpointer target) {
    clear_rows(table->rows, table->n, target);
}

void sy_field_set_json(const SyField *field, gpointer target, const char *text) {
    SyJson *json = MEMBER(SyJson, target, field);
    g_free(json->text);
    json->text = g_strdup(text);
}

void sy_field_set_node(const SyField *field, gpointer target, const struct SyNode *node) {
    *MEMBER(const struct SyNode *, target, field) = node;
}

void sy_map_clear(SyMap *map) {
    for (gsize i = 0; i < map->n; i++) {
        g_free(map->key[i]);
        g_free(map->value[i]);
    }
    g_free(map->key);
    g_free(map->value);
    *map = (SyMap){0};
}

const char *sy_map_get(const SyMap *map, const char *key) {
    for (gsize i = 0; i < map->n; i++)
        if (strcmp(map->key[i], key) == 0)
            return map->value[i];
    return NULL;
}
