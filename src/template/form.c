/* Finds where the values of keys stand in the text of a template. The nodes know the places of the
 * keys only, so a small reader walks from there to the end of the value. */
#include "template/form.h"

#include <string.h>

#include "base/error.h"

void sy_form_free(SyForm *form) {
    if (!form)
        return;
    g_free(form->text);
    g_free(form->slot);
    g_free(form);
}

static const SyNode *member_of(const SyNode *table, const SyField *field) {
    for (gsize i = 0; table && table->type == SY_NODE_TABLE && i < table->n; i++)
        if (sy_field_find(field, 1, table->item[i]->key))
            return table->item[i];
    return NULL;
}

const SyNode *sy_form_node(const SyNode *root, const SyFormKey *key) {
    const SyNode *table = sy_node_find(root, key->section);
    return member_of(key->group ? member_of(table, key->group) : table, key->field);
}

/* ---- places in the text ---- */

/* Places count letters, not bytes. */
static const char *place(const char *text, int line, int column) {
    const char *at = text;
    for (int i = 1; i < line; i++) {
        const char *end = strchr(at, '\n');
        if (!end)
            return at + strlen(at);
        at = end + 1;
    }
    for (int i = 1; i < column && *at && *at != '\n'; i++)
        at = g_utf8_next_char(at);
    return at;
}

static const char *skip_blanks(const char *at) { return at + strspn(at, " \t"); }

/* Behind a text that begins at `at` with a quote of either kind, once or three times. */
static const char *skip_text(const char *at) {
    char quote = *at;
    const char three[] = {quote, quote, quote, '\0'};
    bool is_long = strncmp(at, three, 3) == 0;
    at += is_long ? 3 : 1;
    while (*at && (is_long ? strncmp(at, three, 3) != 0 : *at != quote))
        at += *at == '\\' && quote == '"' && at[1] ? 2 : 1;
    if (!*at)
        return at;
    if (!is_long)
        return at + 1;
    at += 3;
    while (*at == quote) /* up to two quotes of the text's own stand before the last three */
        at++;
    return at;
}

/* Behind an array or inline table that begins at `at`. */
static const char *skip_brackets(const char *at) {
    int depth = 0;
    while (*at) {
        if (*at == '"' || *at == '\'') {
            at = skip_text(at);
            continue;
        }
        if (*at == '#')
            at += strcspn(at, "\n");
        else if (*at == '[' || *at == '{')
            depth++;
        else if ((*at == ']' || *at == '}') && --depth == 0)
            return at + 1;
        at += *at != '\0';
    }
    return at;
}

static const char *skip_value(const char *at) {
    if (*at == '"' || *at == '\'')
        return skip_text(at);
    if (*at == '[' || *at == '{')
        return skip_brackets(at);
    const char *end = at + strcspn(at, ",]}#\r\n");
    while (end > at && (end[-1] == ' ' || end[-1] == '\t'))
        end--;
    return end;
}

/* From a key, or a part of a dotted one, to the value behind its '='; NULL where there is none. */
static const char *skip_key(const char *at) {
    while (*at && *at != '=' && *at != '\n')
        at = *at == '"' || *at == '\'' ? skip_text(at) : at + 1;
    return *at == '=' ? skip_blanks(at + 1) : NULL;
}

/* ---- keys that are absent ---- */

static char *insert(const char *text, const char *at, const char *what) {
    return g_strdup_printf("%.*s%s%s", (int)(at - text), text, what, at);
}

/* Into a table that is there: before its first key, or below its header where it has none. */
static char *insert_into(const char *text, const SyNode *table, const char *line) {
    if (table->inline_table) {
        const char *value = skip_key(place(text, table->line, table->column));
        g_autofree char *member = g_strconcat(" ", line, table->n ? "," : " ", NULL);
        return value ? insert(text, value + 1, member) : g_strdup(text);
    }
    g_autofree char *row = g_strconcat(line, "\n", NULL);
    if (table->n)
        return insert(text, place(text, table->item[0]->line, 1), row);
    const char *header = place(text, table->line, 1), *end = header + strcspn(header, "\n");
    g_autofree char *below = g_strconcat("\n", line, NULL);
    return insert(text, end, below);
}

static char *add(const char *text, const SyNode *root, const SyFormKey *key, const char *value) {
    const SyNode *section = sy_node_find(root, key->section);
    const SyNode *group = key->group ? member_of(section, key->group) : NULL;
    g_autofree char *line = g_strdup_printf("%s = %s", key->field->key, value);
    if (group)
        return insert_into(text, group, line);
    if (key->group) {
        char *whole = g_strdup_printf("%s = { %s }", key->group->key, line);
        g_free(line);
        line = whole;
    }
    if (section)
        return insert_into(text, section, line);
    return g_strdup_printf("%s%s\n[%s]\n%s\n", text,
                           *text && text[strlen(text) - 1] != '\n' ? "\n" : "", key->section, line);
}

/* ---- the form ---- */

static char *name_of(const SyFormKey *key) {
    return g_strdup_printf("[%s] %s%s%s", key->section, key->group ? key->group->key : "",
                           key->group ? "." : "", key->field->key);
}

static bool fail_place(const char *name, const SyFormKey *key, GError **error) {
    g_autofree char *key_name = name_of(key);
    return sy_fail(error, SY_ERROR_TEMPLATE,
                   "%s: the value of %s cannot be replaced where it stands; write it as a line "
                   "\"%s = …\" of its own below the header [%s]",
                   name, key_name, key->field->key, key->section);
}

static bool find_slot(SyForm *form, gsize i, const SyNode *root, const SyFormKey *key) {
    const SyNode *node = sy_form_node(root, key);
    const char *from =
        node && node->key ? skip_key(place(form->text, node->line, node->column)) : NULL;
    if (!from)
        return false;
    form->slot[i].from = (gsize)(from - form->text);
    form->slot[i].to = (gsize)(skip_value(from) - form->text);
    return form->slot[i].to > form->slot[i].from;
}

/* Each slot filled with another text must be found again as that text: where the small reader
 * above and the parser do not agree, nothing is replaced. */
static bool verify(const SyForm *form, const char *name, const SyFormKey *key, GError **error) {
    g_autofree char **mark = g_new0(char *, form->n + 1);
    for (gsize i = 0; i < form->n; i++)
        mark[i] = g_strdup_printf("\"slot %" G_GSIZE_FORMAT "\"", i);
    g_autofree char *filled = sy_form_fill(form, (const char *const *)mark);
    g_autoptr(SyNode) root = sy_node_parse(filled, strlen(filled), name, NULL);
    gsize good = 0;
    while (good < form->n) {
        const SyNode *node = root ? sy_form_node(root, &key[good]) : NULL;
        if (!node || node->type != SY_NODE_TEXT ||
            strncmp(node->text, mark[good] + 1, strlen(mark[good]) - 2) != 0)
            break;
        good++;
    }
    for (gsize i = 0; i < form->n; i++)
        g_free(mark[i]);
    return good == form->n || fail_place(name, &key[good], error);
}

SyForm *sy_form_new(const char *text, gsize length, const char *name, const SyFormKey *key,
                    const char *const *value, gsize n, GError **error) {
    g_autoptr(SyForm) form = g_new0(SyForm, 1);
    form->text = g_strndup(text, length);
    form->n = n;
    form->slot = g_malloc0_n(MAX(n, 1), sizeof *form->slot);
    g_autoptr(SyNode) root = sy_node_parse(form->text, length, name, error);
    for (gsize i = 0; root && i < n; i++) {
        if (sy_form_node(root, &key[i]))
            continue;
        char *longer = add(form->text, root, &key[i], value[i]);
        g_free(form->text);
        form->text = longer;
        sy_node_free(root);
        root = sy_node_parse(longer, strlen(longer), name, error);
        if (root && !sy_form_node(root, &key[i])) {
            fail_place(name, &key[i], error);
            return NULL;
        }
    }
    for (gsize i = 0; root && i < n; i++)
        if (!find_slot(form, i, root, &key[i])) {
            fail_place(name, &key[i], error);
            return NULL;
        }
    return root && verify(form, name, key, error) ? g_steal_pointer(&form) : NULL;
}

char *sy_form_fill(const SyForm *form, const char *const *value) {
    g_autofree gsize *order = g_new(gsize, form->n + 1);
    for (gsize i = 0; i < form->n; i++) { /* by place; forms have few slots */
        gsize k = i;
        for (; k > 0 && form->slot[order[k - 1]].from > form->slot[i].from; k--)
            order[k] = order[k - 1];
        order[k] = i;
    }
    GString *text = g_string_new(NULL);
    gsize at = 0;
    for (gsize i = 0; i < form->n; i++) {
        gsize from = form->slot[order[i]].from;
        g_string_append_len(text, form->text + at, (gssize)(from - at));
        g_string_append(text, value[order[i]]);
        at = form->slot[order[i]].to;
    }
    g_string_append(text, form->text + at);
    return g_string_free(text, FALSE);
}
