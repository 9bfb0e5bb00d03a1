/* From nodes to configuration structs: each key of a section finds its row, each kind of row has a
 * reader, and whatever is wrong is collected with its place. Second station of a template:
 * nodes → structs. */
#include "template/schema.h"

#include <math.h>
#include <string.h>

#include "base/error.h"
#include "base/text.h"

typedef struct {
    int line, column; /* 0: the whole file */
    guint order;
    char *text;
} Problem;

static void problem_free(gpointer data) {
    Problem *problem = data;
    g_free(problem->text);
    g_free(problem);
}

SyProblems *sy_problems_new(const char *file) {
    SyProblems *problems = g_new0(SyProblems, 1);
    problems->file = g_strdup(file);
    problems->found = g_ptr_array_new_with_free_func(problem_free);
    return problems;
}

void sy_problems_free(SyProblems *problems) {
    if (!problems)
        return;
    g_free(problems->file);
    g_ptr_array_unref(problems->found);
    g_free(problems);
}

void sy_problems_add(SyProblems *problems, const SyNode *node, const char *hint, const char *format,
                     ...) {
    va_list arguments;
    va_start(arguments, format);
    g_autofree char *message = g_strdup_vprintf(format, arguments);
    va_end(arguments);
    g_autofree char *place =
        node ? g_strdup_printf("%s:%d:%d", problems->file, node->line, node->column)
             : g_strdup(problems->file);
    Problem *problem = g_new0(Problem, 1);
    problem->line = node ? node->line : 0;
    problem->column = node ? node->column : 0;
    problem->order = problems->found->len;
    problem->text =
        g_strdup_printf("%s: %s%s%s", place, message, hint ? "\n  hint: " : "", hint ? hint : "");
    g_ptr_array_add(problems->found, problem);
}

static int by_place(gconstpointer a, gconstpointer b) {
    const Problem *x = *(const Problem *const *)a, *y = *(const Problem *const *)b;
    if (!x->line != !y->line)
        return x->line ? -1 : 1;
    if (x->line != y->line)
        return x->line < y->line ? -1 : 1;
    if (x->column != y->column)
        return x->column < y->column ? -1 : 1;
    return x->order < y->order ? -1 : x->order > y->order;
}

bool sy_problems_check(const SyProblems *problems, GError **error) {
    if (problems->found->len == 0)
        return true;
    g_autoptr(GPtrArray) sorted = g_ptr_array_copy(problems->found, NULL, NULL);
    g_ptr_array_set_free_func(sorted, NULL);
    g_ptr_array_sort(sorted, by_place);
    GString *text = g_string_new(NULL);
    for (guint i = 0; i < sorted->len; i++) {
        const Problem *problem = sorted->pdata[i];
        g_string_append_printf(text, "%s%s", i ? "\n" : "", problem->text);
    }
    g_autofree char *all = g_string_free(text, FALSE);
    return sy_fail(error, SY_ERROR_TEMPLATE, "%s", all);
}

/* One value on its way into its member. */
typedef struct {
    const SyField *field;
    const SyNode *node;
    const char *where;
    gpointer target;
    SyProblems *problems;
} Reading;

/* What the user probably meant by a value of the wrong type, or NULL. */
static char *hint_for_type(const Reading *reading) {
    const SyField *field = reading->field;
    const SyNode *node = reading->node;
    bool wants_number = field->kind == SY_FIELD_INT || field->kind == SY_FIELD_DOUBLE ||
                        field->kind == SY_FIELD_NUMBERS;
    bool wants_text = field->kind == SY_FIELD_TEXT || field->kind == SY_FIELD_TEXTS ||
                      field->kind == SY_FIELD_ENUM;
    if (node->type == SY_NODE_TEXT && wants_number) {
        char *end = NULL;
        g_ascii_strtod(node->text, &end);
        if (end != node->text && *end == '\0')
            return g_strdup_printf("remove the quotes: %s = %s", field->key, node->text);
    }
    if (node->type == SY_NODE_TEXT && field->kind == SY_FIELD_BOOL) {
        bool truth = g_ascii_strcasecmp(node->text, "true") == 0;
        if (truth || g_ascii_strcasecmp(node->text, "false") == 0)
            return g_strdup_printf("remove the quotes: %s = %s", field->key,
                                   truth ? "true" : "false");
    }
    if (node->type == SY_NODE_NUMBER && field->kind == SY_FIELD_INT &&
        node->number == floor(node->number) && fabs(node->number) < 1e15)
        return g_strdup_printf("write it without a decimal point: %s = %.0f", field->key,
                               node->number);
    if (field->kind == SY_FIELD_TIMEFRAME)
        return g_strdup_printf("write a count and a unit in quotes: %s = \"60m\"", field->key);
    if (wants_text && (node->type == SY_NODE_INTEGER || node->type == SY_NODE_NUMBER ||
                       node->type == SY_NODE_BOOL)) {
        g_autofree char *shown = sy_node_show(node);
        return g_strdup_printf("put it in quotes: %s = \"%s\"", field->key, shown);
    }
    if (node->type == SY_NODE_ARRAY && node->n == 1 && field->kind != SY_FIELD_MAP)
        return g_strdup("write the one value without [ ]");
    return NULL;
}

/* "a number", "an integer", "one of …", "true or false". */
static char *describe_with_article(const SyField *field) {
    g_autofree char *plain = sy_field_describe(field);
    if (field->kind == SY_FIELD_ENUM || field->kind == SY_FIELD_BOOL ||
        field->kind == SY_FIELD_LABELS)
        return g_steal_pointer(&plain);
    return g_strconcat(field->kind == SY_FIELD_INT ? "an " : "a ", plain, NULL);
}

static void wrong_type(const Reading *reading, const SyNode *node) {
    g_autofree char *wanted = describe_with_article(reading->field);
    g_autofree char *shown = sy_node_show(node);
    g_autofree char *hint = node == reading->node ? hint_for_type(reading) : NULL;
    bool named = node->type != SY_NODE_ARRAY && node->type != SY_NODE_TABLE;
    sy_problems_add(reading->problems, node, hint, "%s %s must be %s, not %s%s%s", reading->where,
                    reading->field->key, wanted, named ? sy_node_type_name(node->type) : "",
                    named ? " " : "", shown);
}

static void wrong_value(const Reading *reading, const GError *error) {
    sy_problems_add(reading->problems, reading->node, NULL, "%s %s", reading->where,
                    error->message);
}

static bool number_of(const SyNode *node, double *value) {
    if (node->type == SY_NODE_INTEGER)
        *value = (double)node->integer;
    else if (node->type == SY_NODE_NUMBER)
        *value = node->number;
    return node->type == SY_NODE_INTEGER || node->type == SY_NODE_NUMBER;
}

/* Dates may be written with or without quotes: start = 2018-01-01. */
static const char *text_of(const SyNode *node) {
    return node->type == SY_NODE_TEXT || node->type == SY_NODE_TIME ? node->text : NULL;
}

static void read_bool(const Reading *reading) {
    if (reading->node->type == SY_NODE_BOOL)
        sy_field_set_bool(reading->field, reading->target, reading->node->boolean);
    else
        wrong_type(reading, reading->node);
}

static void read_text(const Reading *reading) {
    g_autoptr(GError) error = NULL;
    double value;
    g_autofree char *number = reading->field->or_number && number_of(reading->node, &value)
                                  ? g_strdup_printf("%.15g", value)
                                  : NULL;
    const char *text = number ? number : text_of(reading->node);
    if (!text)
        wrong_type(reading, reading->node);
    else if (!sy_field_set_string(reading->field, reading->target, text, &error))
        wrong_value(reading, error);
}

static void read_number(const Reading *reading) {
    g_autoptr(GError) error = NULL;
    double value;
    if (reading->field->word && reading->node->type == SY_NODE_TEXT) {
        if (!sy_field_set_string(reading->field, reading->target, reading->node->text, &error))
            wrong_value(reading, error);
        return;
    }
    if (!number_of(reading->node, &value) ||
        (reading->field->kind == SY_FIELD_INT && reading->node->type != SY_NODE_INTEGER))
        wrong_type(reading, reading->node);
    else if (!sy_field_set_number(reading->field, reading->target, value, &error))
        wrong_value(reading, error);
}

/* The moment of a dated amount: the same on each run. */
static bool moment_of(const SyNode *node, SyTime *time, GError **error) {
    const char *text = text_of(node);
    if (!text || sy_time_is_relative(text))
        return sy_fail(error, SY_ERROR_USAGE, "time must be a date or a moment, as \"2024-06-30\"");
    return sy_time_parse(text, 0, time, error);
}

static bool dated_of(const SyNode *node, SyTime *time, double *amount, GError **error) {
    const SyNode *when = sy_node_find(node, "time"), *much = sy_node_find(node, "amount");
    if (node->type != SY_NODE_TABLE || node->n != 2 || !when || !much || !number_of(much, amount))
        return sy_fail(error, SY_ERROR_USAGE, "write { time = \"2024-06-30\", amount = 100 }");
    return moment_of(when, time, error);
}

static void read_dated(const Reading *reading) {
    const SyNode *node = reading->node;
    g_autofree double *values = g_new(double, node->n);
    g_autofree SyTime *times = g_new(SyTime, node->n);
    g_autoptr(GError) error = NULL;
    for (gsize i = 0; i < node->n; i++)
        if (!dated_of(node->item[i], &times[i], &values[i], &error)) {
            sy_problems_add(reading->problems, node->item[i], NULL, "%s %s: %s", reading->where,
                            reading->field->key, error->message);
            return;
        }
    if (!sy_field_set_dated(reading->field, reading->target, times, values, node->n, &error))
        wrong_value(reading, error);
}

static void read_numbers(const Reading *reading) {
    g_autoptr(GError) error = NULL;
    const SyNode *node = reading->node;
    if (node->type != SY_NODE_ARRAY) {
        read_number(reading);
        return;
    }
    if (node->n == 0) {
        sy_problems_add(reading->problems, node, "give one number, or one per symbol",
                        "%s %s is an empty list", reading->where, reading->field->key);
        return;
    }
    if (reading->field->or_dated && node->item[0]->type == SY_NODE_TABLE) {
        read_dated(reading);
        return;
    }
    g_autofree double *values = g_new(double, node->n);
    for (gsize i = 0; i < node->n; i++)
        if (!number_of(node->item[i], &values[i])) {
            wrong_type(reading, node->item[i]);
            return;
        }
    if (!sy_field_set_numbers(reading->field, reading->target, values, node->n, &error))
        wrong_value(reading, error);
}

/* Some enums have the choices "true" and "false" among others; these may be written as TOML
 * booleans. */
static void read_enum(const Reading *reading) {
    g_autoptr(GError) error = NULL;
    const SyNode *node = reading->node;
    const char *text = node->type == SY_NODE_BOOL   ? (node->boolean ? "true" : "false")
                       : node->type == SY_NODE_TEXT ? node->text
                                                    : NULL;
    if (!text || (node->type == SY_NODE_BOOL && !sy_choice_find(reading->field, text)))
        wrong_type(reading, node);
    else if (!sy_field_set_string(reading->field, reading->target, text, &error))
        wrong_value(reading, error);
}

static void read_texts(const Reading *reading) {
    g_autoptr(GError) error = NULL;
    const SyNode *node = reading->node;
    const SyNode *const *items = (const SyNode *const *)node->item;
    gsize n = node->n;
    if (node->type != SY_NODE_ARRAY)
        items = &reading->node, n = 1;
    g_autofree const char **values = g_new0(const char *, n + 1);
    for (gsize i = 0; i < n; i++)
        if (!(values[i] = text_of(items[i]))) {
            wrong_type(reading, items[i]);
            return;
        }
    if (!sy_field_set_texts(reading->field, reading->target, values, &error))
        wrong_value(reading, error);
}

/* Labels may be written as whole numbers. */
static void read_labels(const Reading *reading) {
    const SyNode *node = reading->node;
    if (node->type == SY_NODE_BOOL) {
        sy_field_set_bool(reading->field, reading->target, node->boolean);
        return;
    }
    if (node->type != SY_NODE_ARRAY) {
        wrong_type(reading, node);
        return;
    }
    g_auto(GStrv) labels = g_new0(char *, node->n + 1);
    for (gsize i = 0; i < node->n; i++) {
        const SyNode *item = node->item[i];
        labels[i] = item->type == SY_NODE_INTEGER
                        ? g_strdup_printf("%" G_GINT64_FORMAT, item->integer)
                        : g_strdup(text_of(item));
        if (!labels[i]) {
            wrong_type(reading, item);
            return;
        }
    }
    sy_field_set_labels(reading->field, reading->target, (const char *const *)labels);
}

static void read_map(const Reading *reading) {
    g_autoptr(GError) error = NULL;
    const SyNode *node = reading->node;
    if (node->type != SY_NODE_TABLE) {
        wrong_type(reading, node);
        return;
    }
    g_autofree const char **keys = g_new0(const char *, node->n + 1);
    g_autofree const char **values = g_new0(const char *, node->n + 1);
    for (gsize i = 0; i < node->n; i++) {
        keys[i] = node->item[i]->key;
        if (!(values[i] = text_of(node->item[i]))) {
            wrong_type(reading, node->item[i]);
            return;
        }
    }
    if (!sy_field_set_map(reading->field, reading->target, keys, values, &error))
        wrong_value(reading, error);
}

static void read_members(const SyNode *table_node, const char *where, const SyField *const *rows,
                         gpointer const *targets, gsize n, SyProblems *problems);

static void read_group(const Reading *reading) {
    const SyField *field = reading->field;
    if (reading->node->type != SY_NODE_TABLE) {
        wrong_type(reading, reading->node);
        return;
    }
    g_autofree const SyField **rows = g_new(const SyField *, field->n_members);
    g_autofree gpointer *targets = g_new(gpointer, field->n_members);
    for (gsize i = 0; i < field->n_members; i++) {
        rows[i] = &field->members[i];
        targets[i] = reading->target;
    }
    g_autofree char *where = g_strdup_printf("%s %s:", reading->where, field->key);
    read_members(reading->node, where, rows, targets, field->n_members, reading->problems);
}

static void read_node(const Reading *reading) {
    if (reading->node->type == SY_NODE_TABLE ||
        (reading->field->or_list && reading->node->type == SY_NODE_ARRAY))
        sy_field_set_node(reading->field, reading->target, reading->node);
    else
        wrong_type(reading, reading->node);
}

static void read_json(const Reading *reading) {
    const SyNode *unfit;
    if (reading->node->type != SY_NODE_TABLE) {
        wrong_type(reading, reading->node);
        return;
    }
    g_autofree char *text = sy_node_json(reading->node, &unfit);
    if (text)
        sy_field_set_json(reading->field, reading->target, text);
    else
        sy_problems_add(reading->problems, unfit, NULL,
                        "%s %s: %s = %g cannot be passed on: JSON knows neither inf nor nan",
                        reading->where, reading->field->key, unfit->key ? unfit->key : "a number",
                        unfit->number);
}

static void (*const readers[])(const Reading *) = {
    [SY_FIELD_BOOL] = read_bool,     [SY_FIELD_INT] = read_number,
    [SY_FIELD_DOUBLE] = read_number, [SY_FIELD_TEXT] = read_text,
    [SY_FIELD_TEXTS] = read_texts,   [SY_FIELD_NUMBERS] = read_numbers,
    [SY_FIELD_ENUM] = read_enum,     [SY_FIELD_TIMEFRAME] = read_text,
    [SY_FIELD_LABELS] = read_labels, [SY_FIELD_MAP] = read_map,
    [SY_FIELD_GROUP] = read_group,   [SY_FIELD_NODE] = read_node,
    [SY_FIELD_JSON] = read_json,
};

static void unknown_key(const SyNode *node, const char *where, const SyField *const *rows, gsize n,
                        SyProblems *problems) {
    g_autoptr(GPtrArray) names = g_ptr_array_new();
    GString *known = g_string_new("known keys: ");
    for (gsize i = 0; i < n; i++) {
        g_ptr_array_add(names, (gpointer)rows[i]->key);
        for (const char *const *also = rows[i]->also; also && *also; also++)
            g_ptr_array_add(names, (gpointer)*also);
        if (!rows[i]->refused)
            g_string_append_printf(known, "%s%s", i ? ", " : "", rows[i]->key);
    }
    const char *closest = sy_text_closest(node->key, (const char *const *)names->pdata, names->len);
    g_autofree char *list = g_string_free(known, FALSE);
    g_autofree char *meant = closest ? g_strdup_printf("did you mean \"%s\"?", closest) : NULL;
    sy_problems_add(problems, node, meant ? meant : list, "%s has no key \"%s\"", where, node->key);
}

static gsize find_row(const SyField *const *rows, gsize n, const char *key) {
    gsize i = 0;
    while (i < n && !sy_field_find(rows[i], 1, key))
        i++;
    return i;
}

static void read_members(const SyNode *table_node, const char *where, const SyField *const *rows,
                         gpointer const *targets, gsize n, SyProblems *problems) {
    g_autofree const SyNode **given = g_new0(const SyNode *, n);
    for (gsize i = 0; table_node && i < table_node->n; i++) {
        const SyNode *node = table_node->item[i];
        gsize row = find_row(rows, n, node->key);
        if (row == n) {
            unknown_key(node, where, rows, n, problems);
            continue;
        }
        const SyField *field = rows[row];
        if (given[row]) {
            sy_problems_add(problems, node, "remove one of the two",
                            "%s %s says the same as %s in line %d", where, node->key,
                            given[row]->key, given[row]->line);
            continue;
        }
        given[row] = node;
        if (field->refused)
            sy_problems_add(problems, node, NULL, "%s %s is not accepted: %s", where, node->key,
                            field->refused);
        else if (!node->unusable)
            readers[field->kind](&(Reading){field, node, where, targets[row], problems});
    }
    for (gsize i = 0; i < n; i++)
        if (rows[i]->required && !given[i]) {
            g_autofree char *wanted = sy_field_describe(rows[i]);
            sy_problems_add(problems, table_node, rows[i]->help, "%s needs the key %s (%s)", where,
                            rows[i]->key, wanted);
        }
}

void sy_schema_read(const SyNode *table_node, const char *where, const SySchemaPart *parts, gsize n,
                    SyProblems *problems) {
    g_autoptr(GPtrArray) rows = g_ptr_array_new();
    g_autoptr(GPtrArray) targets = g_ptr_array_new();
    for (gsize part = 0; part < n; part++) {
        const SyFieldTable *table = parts[part].table;
        sy_fields_init(table, parts[part].target);
        for (gsize i = 0; i < table->n; i++) {
            g_ptr_array_add(rows, (gpointer)&table->rows[i]);
            g_ptr_array_add(targets, parts[part].target);
        }
    }
    if (table_node && table_node->type != SY_NODE_TABLE) {
        g_autofree char *shown = sy_node_show(table_node);
        sy_problems_add(problems, table_node, NULL, "%s must be a table of keys, not %s", where,
                        shown);
        return;
    }
    read_members(table_node, where, (const SyField *const *)rows->pdata, targets->pdata, rows->len,
                 problems);
}

const SyNode *sy_schema_node(const SyNode *table_node, const SyField *rows, gsize n,
                             const char *key) {
    const SyField *field = sy_field_find(rows, n, key);
    for (gsize i = 0; table_node && table_node->type == SY_NODE_TABLE && i < table_node->n; i++)
        if (field && sy_field_find(field, 1, table_node->item[i]->key))
            return table_node->item[i];
    return table_node;
}
