/* From nodes to structs through field tables; all errors of meaning are collected, none stops the
 * others. */
#ifndef SY_TEMPLATE_SCHEMA_H
#define SY_TEMPLATE_SCHEMA_H

#include "base/field.h"
#include "template/node.h"

/* Everything wrong with one file. */
typedef struct {
    char *file;         /* as messages shall show it */
    GPtrArray *message; /* "file:line:column: message" and, on lines of their own, "  hint: …" */
} SyProblems;

SyProblems *sy_problems_new(const char *file);
void sy_problems_free(SyProblems *problems);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(SyProblems, sy_problems_free)

/* Adds "file:line:column: message" (node NULL: "file: message"). hint may be NULL. */
void sy_problems_add(SyProblems *problems, const SyNode *node, const char *hint, const char *format,
                     ...) G_GNUC_PRINTF(4, 5);

/* True if there is none; otherwise sets SY_ERROR_TEMPLATE with all of them, one per line, sorted by
 * place. */
bool sy_problems_check(const SyProblems *problems, GError **error);

/* Fills `target` (which it initialises with sy_fields_init) from a table node. `table_node` may be
 * NULL (section absent): then only required keys are reported. `where` is "[model_params]" for
 * messages. Reports unknown keys with "did you mean", wrong types, values out of bounds, refused
 * keys. A value that is wrong keeps its fallback, so that later checks can go on. */
void sy_schema_read(const SyNode *table_node, const char *where, const SyFieldTable *table,
                    gpointer target, SyProblems *problems);

/* The node of a key in a section, to place a message of a later check; NULL where it was not given.
 */
const SyNode *sy_schema_node(const SyNode *table_node, const SyField *rows, gsize n,
                             const char *key);

#endif
