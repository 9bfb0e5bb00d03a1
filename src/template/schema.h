/* From nodes to structs through field tables; all errors of meaning are collected, none stops the
 * others. */
#ifndef SY_TEMPLATE_SCHEMA_H
#define SY_TEMPLATE_SCHEMA_H

#include "base/field.h"
#include "template/node.h"

/* Everything wrong with one file. */
typedef struct {
    char *file;       /* as messages shall show it */
    GPtrArray *found; /* one entry per problem, in the order found */
} SyProblems;

SyProblems *sy_problems_new(const char *file);
void sy_problems_free(SyProblems *problems);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(SyProblems, sy_problems_free)

/* Adds "file:line:column: message" (node NULL: "file: message") and, on a line of its own,
 * "  hint: …" where hint is not NULL. */
void sy_problems_add(SyProblems *problems, const SyNode *node, const char *hint, const char *format,
                     ...) G_GNUC_PRINTF(4, 5);

/* True if there is none; otherwise sets SY_ERROR_TEMPLATE with all of them, one per line, sorted by
 * place (those of the whole file last). */
bool sy_problems_check(const SyProblems *problems, GError **error);

/* A struct to fill and the table that describes it. */
typedef struct {
    const SyFieldTable *table;
    gpointer target;
} SySchemaPart;

/* Fills the targets of `parts` [n], which it initialises with sy_fields_init, from one table node:
 * a key belongs to the first part that knows it. `table_node` may be NULL (section absent): then
 * only required keys are reported. `where` is "[model_params]" for messages. Reports unknown keys
 * with "did you mean", keys given twice under two names, wrong types, values out of bounds, refused
 * keys. A value that is wrong keeps its fallback, so that later checks can go on.
 * The targets must be cleared with sy_fields_clear, also where problems were found. */
void sy_schema_read(const SyNode *table_node, const char *where, const SySchemaPart *parts, gsize n,
                    SyProblems *problems);

/* The node of a key in a section under any of the names it has in `rows`, to place a message of a
 * later check; the section's own node where the key was not given; NULL where neither is there. */
const SyNode *sy_schema_node(const SyNode *table_node, const SyField *rows, gsize n,
                             const char *key);

#endif
