/* A TOML document as a tree of C structs, with the place of every value. */
#ifndef SY_TEMPLATE_NODE_H
#define SY_TEMPLATE_NODE_H

#include <glib.h>
#include <stdbool.h>

G_BEGIN_DECLS /* the shim around the C++ parser builds these */

    enum {
        SY_NODE_DEPTH_MAX = 64,     /* tables and arrays within each other */
        SY_NODE_SIZE_MAX = 1 << 20, /* bytes of one file */
        SY_NODE_KEY_PARTS_MAX = 32, /* a.b.c has three */
    };

typedef enum {
    SY_NODE_TABLE,
    SY_NODE_ARRAY,
    SY_NODE_TEXT,
    SY_NODE_INTEGER,
    SY_NODE_NUMBER, /* float */
    SY_NODE_BOOL,
    SY_NODE_TIME, /* date, date-time or time of day; text holds its spelling */
} SyNodeType;

typedef struct SyNode SyNode;
struct SyNode {
    SyNodeType type;
    char *key;        /* within a table; NULL inside arrays and for the root */
    int line, column; /* of the key where there is one, else of the value; from 1 */
    union {
        gint64 integer;
        double number;
        bool boolean;
    };
    char *text;    /* SY_NODE_TEXT, SY_NODE_TIME; UTF-8 without U+0000 */
    SyNode **item; /* [n] members of a table (in the order of the file) or of an array */
    gsize n;
    bool inline_table; /* { … } rather than [ … ] */
    /* Of settings: the text came from a secret and is never shown; or could not be had, which is
     * reported already. */
    bool secret, unusable;
};

/* Parses TOML 1.0. `text` [length] need not end in NUL; `name` is the file as messages shall show
 * it.
 * Errors: SY_ERROR_TEMPLATE "file:line:column: message" — the first syntax error; input that is not
 * UTF-8, holds U+0000, is nested too deep or too large (limits above) is refused the same way.
 * Returns the root table, or NULL. */
SyNode *sy_node_parse(const char *text, gsize length, const char *name, GError **error);
void sy_node_free(SyNode *node);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(SyNode, sy_node_free)

/* The member of a table by key, or NULL; NULL also where `table` is NULL or no table. */
const SyNode *sy_node_find(const SyNode *table, const char *key);

/* A value as JSON on one line, times as text; NULL and *unfit where it holds a number that JSON
 * cannot say (inf, nan). Free with g_free. */
char *sy_node_json(const SyNode *node, const SyNode **unfit);

/* "text", "integer", … for messages. */
const char *sy_node_type_name(SyNodeType type);

/* The value as a message shows it: 50, "50", true, "a list", … cut after 40 letters. Free with
 * g_free. */
char *sy_node_show(const SyNode *node);

G_END_DECLS

#endif
