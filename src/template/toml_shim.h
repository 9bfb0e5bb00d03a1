/* The C face of the C++ TOML parser. node.c is its only user. */
#ifndef SY_TEMPLATE_TOML_SHIM_H
#define SY_TEMPLATE_TOML_SHIM_H

#include "template/node.h"

G_BEGIN_DECLS

/* What is wrong, and where (from 1). */
typedef struct {
    int line, column;
    char *message; /* owned by whoever passed the struct */
} SyTomlFault;

/* Parses TOML 1.0 that is known to be UTF-8 without U+0000 and whose keys have at most
 * SY_NODE_KEY_PARTS_MAX parts. Returns the root, or NULL and a filled *fault. No exception leaves
 * it. */
SyNode *sy_toml_parse(const char *text, gsize length, SyTomlFault *fault);

G_END_DECLS

#endif
