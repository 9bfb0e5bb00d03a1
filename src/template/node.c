/* Trees of TOML nodes: the guards in front of the parser, finding members, showing values. First
 * station of a template: text → nodes → (schema) structs. */
#include "template/node.h"

#include <jansson.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/error.h"
#include "template/toml_shim.h"

void sy_node_free(SyNode *node) {
    if (!node)
        return;
    for (gsize i = 0; i < node->n; i++)
        sy_node_free(node->item[i]);
    g_free(node->item);
    g_free(node->key);
    g_free(node->text);
    g_free(node);
}

const SyNode *sy_node_find(const SyNode *table, const char *key) {
    if (!table || table->type != SY_NODE_TABLE)
        return NULL;
    for (gsize i = 0; i < table->n; i++)
        if (strcmp(table->item[i]->key, key) == 0)
            return table->item[i];
    return NULL;
}

const char *sy_node_type_name(SyNodeType type) {
    static const char *const names[] = {
        [SY_NODE_TABLE] = "table",     [SY_NODE_ARRAY] = "list",    [SY_NODE_TEXT] = "text",
        [SY_NODE_INTEGER] = "integer", [SY_NODE_NUMBER] = "number", [SY_NODE_BOOL] = "boolean",
        [SY_NODE_TIME] = "date",
    };
    return names[type];
}

char *sy_node_show(const SyNode *node) {
    enum { letters_max = 40 };
    if (node->secret)
        return g_strdup("***");
    switch (node->type) {
    case SY_NODE_TEXT: {
        bool cut = g_utf8_strlen(node->text, -1) > letters_max;
        g_autofree char *start = cut ? g_utf8_substring(node->text, 0, letters_max) : NULL;
        return g_strdup_printf("\"%s%s\"", cut ? start : node->text, cut ? "…" : "");
    }
    case SY_NODE_INTEGER:
        return g_strdup_printf("%" G_GINT64_FORMAT, node->integer);
    case SY_NODE_NUMBER:
        return g_strdup_printf("%.15g", node->number);
    case SY_NODE_BOOL:
        return g_strdup(node->boolean ? "true" : "false");
    case SY_NODE_TIME:
        return g_strdup(node->text);
    case SY_NODE_TABLE:
    case SY_NODE_ARRAY:
        break;
    }
    return g_strdup_printf("a %s of %" G_GSIZE_FORMAT, sy_node_type_name(node->type), node->n);
}

static json_t *json_of(const SyNode *node, const SyNode **unfit) {
    switch (node->type) {
    case SY_NODE_TEXT:
    case SY_NODE_TIME:
        return json_string(node->text);
    case SY_NODE_INTEGER:
        return json_integer(node->integer);
    case SY_NODE_NUMBER:
        if (!isfinite(node->number))
            *unfit = node;
        return isfinite(node->number) ? json_real(node->number) : json_null();
    case SY_NODE_BOOL:
        return json_boolean(node->boolean);
    case SY_NODE_TABLE:
    case SY_NODE_ARRAY:
        break;
    }
    bool table = node->type == SY_NODE_TABLE;
    json_t *json = table ? json_object() : json_array();
    for (gsize i = 0; i < node->n; i++)
        if (table)
            json_object_set_new(json, node->item[i]->key, json_of(node->item[i], unfit));
        else
            json_array_append_new(json, json_of(node->item[i], unfit));
    return json;
}

char *sy_node_json(const SyNode *node, const SyNode **unfit) {
    *unfit = NULL;
    json_t *json = json_of(node, unfit);
    char *text = *unfit ? NULL : json_dumps(json, JSON_COMPACT);
    char *copy = g_strdup(text);
    free(text);
    json_decref(json);
    return copy;
}

#define BYTE_ORDER_MARK "\xef\xbb\xbf"

typedef struct {
    int line, column;
} Place;

/* Columns count letters, as an editor does. */
static Place place_of(const char *text, const char *at) {
    Place place = {1, 1};
    for (const char *p = text; p < at; p++) {
        if (*p == '\n')
            place.line++, place.column = 1;
        else if (((guchar)*p & 0xc0) != 0x80)
            place.column++;
    }
    return place;
}

static bool fail_at(GError **error, const char *name, Place place, const char *message) {
    return sy_fail(error, SY_ERROR_TEMPLATE, "%s:%d:%d: %s", name, place.line, place.column,
                   message);
}

static bool check_letters(const char *text, gsize length, const char *name, GError **error) {
    const char *bad = NULL;
    if (g_utf8_validate_len(text, length, &bad))
        return true;
    g_autofree char *message =
        *bad ? g_strdup_printf("not UTF-8 text (byte 0x%02x); save the file as UTF-8", (guchar)*bad)
             : g_strdup("the file holds the character U+0000; it is no text file");
    return fail_at(error, name, place_of(text, bad), message);
}

/* The end of the string that starts at the quote p, just behind its closing quotes. Strings of one
 * line that are not closed end at the line. */
static const char *skip_string(const char *p, const char *end) {
    char quote = *p;
    bool many_lines = end - p >= 3 && p[1] == quote && p[2] == quote;
    gsize needed = many_lines ? 3 : 1;
    for (p += needed; p < end; p++) {
        if (*p == '\\' && quote == '"') {
            p++;
        } else if (*p == '\n' && !many_lines) {
            return p;
        } else if (*p == quote) {
            gsize run = 0;
            while (p + run < end && p[run] == quote && run < (many_lines ? 5 : 1))
                run++;
            if (run >= needed)
                return p + run;
            p += run - 1;
        }
    }
    return end;
}

static const char *skip_comment(const char *p, const char *end) {
    while (p < end && *p != '\n')
        p++;
    return p;
}

static bool fail_letter(GError **error, const char *name, Place place, gunichar letter) {
    char text[7] = {0};
    g_unichar_to_utf8(letter, text);
    g_autofree char *message = g_strdup_printf("the letter '%s' (U+%04X) stands outside of quotes",
                                               g_unichar_isprint(letter) ? text : "?", letter);
    return fail_at(error, name, place, message);
}

/* What must hold outside of texts and comments, before the parser sees any of it:
 * - A key of a hundred thousand parts (a.a.a.…) makes as many nested tables before any limit of the
 *   parser is asked, and freeing them recurses. So the parts in a row are counted: dots between two
 *   of the letters that end a key.
 * - Only ASCII is TOML there; the parser takes some foreign blanks for blanks. */
static bool check_outside_texts(const char *text, gsize length, const char *name, GError **error) {
    const char *end = text + length;
    int parts = 1;
    bool marked = length >= 3 && memcmp(text, BYTE_ORDER_MARK, 3) == 0;
    for (const char *p = text + (marked ? 3 : 0); p < end;) {
        if (*p == '"' || *p == '\'') {
            p = skip_string(p, end);
            continue;
        }
        if (*p == '#') {
            p = skip_comment(p, end);
            continue;
        }
        if ((guchar)*p >= 0x80)
            return fail_letter(error, name, place_of(text, p), g_utf8_get_char(p));
        if (strchr("=,[]{}\n", *p))
            parts = 1;
        else if (*p == '.' && ++parts > SY_NODE_KEY_PARTS_MAX)
            return fail_at(error, name, place_of(text, p), "a dotted key has more than 32 parts");
        p++;
    }
    return true;
}

/* "Error while parsing key: expected …" → "not TOML, in the key: expected …". */
static char *in_our_words(const char *message) {
    static const char prefix[] = "Error while parsing ", ending[] = "encountered end-of-file";
    if (strstr(message, "maximum nested value depth"))
        return g_strdup("tables and lists are nested more than 64 deep");
    GString *text = g_string_new(message);
    if (g_str_has_prefix(message, prefix)) {
        g_string_erase(text, 0, (gssize)strlen(prefix));
        g_string_prepend(text, "not TOML, in the ");
    }
    g_string_replace(text, ending, "the file ends in the middle of it", 1);
    return g_string_free(text, FALSE);
}

SyNode *sy_node_parse(const char *text, gsize length, const char *name, GError **error) {
    if (length > SY_NODE_SIZE_MAX) {
        g_autofree char *message =
            g_strdup_printf("the file has %" G_GSIZE_FORMAT " bytes; at most %d are read", length,
                            SY_NODE_SIZE_MAX);
        fail_at(error, name, (Place){1, 1}, message);
        return NULL;
    }
    if (!check_letters(text, length, name, error) ||
        !check_outside_texts(text, length, name, error))
        return NULL;
    SyTomlFault fault = {0};
    SyNode *root = sy_toml_parse(text, length, &fault);
    if (root)
        return root;
    g_autofree char *raw = fault.message;
    g_autofree char *message = in_our_words(raw);
    fail_at(error, name, (Place){fault.line, fault.column}, message);
    return NULL;
}
