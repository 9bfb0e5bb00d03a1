/* A TOML file that is being read: its text, its nodes, everything wrong with it. Templates and
 * settings are documents. */
#ifndef SY_TEMPLATE_DOCUMENT_H
#define SY_TEMPLATE_DOCUMENT_H

#include "template/schema.h"

typedef struct {
    char *name; /* the file as messages show it */
    char *text; /* [length], NUL behind it */
    gsize length;
    char *hash; /* SHA-256 of text, 64 hexadecimal digits */
    SyNode *root;
    SyProblems *problems;
} SyDocument;

/* One section that a kind of document may have. */
typedef struct {
    const char *name;    /* "meta": [meta] */
    const char *refused; /* known, but any use is refused with this reason; NULL = accepted */
    bool list;           /* written as [[name]], once for each */
} SySection;

/* The bytes of a file, at most SY_NODE_SIZE_MAX + 1 of them (one more than is accepted), NUL behind
 * them. Errors: SY_ERROR_TEMPLATE. */
bool sy_document_text(const char *path, char **text, gsize *length, GError **error);

/* Reads a file of at most SY_NODE_SIZE_MAX bytes. Errors: SY_ERROR_TEMPLATE where it cannot be read
 * or is not TOML. Returns NULL on error. */
SyDocument *sy_document_load(const char *path, GError **error);
/* The same from text [length]; `name` stands for the file in messages. */
SyDocument *sy_document_read(const char *text, gsize length, const char *name, GError **error);
void sy_document_free(SyDocument *document);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(SyDocument, sy_document_free)

/* Reports sections that are unknown ("did you mean"), refused or not written as they are, and keys
 * outside of any section. */
void sy_document_check_sections(SyDocument *document, const SySection *sections, gsize n);

/* A section that is there and a table; NULL otherwise. */
const SyNode *sy_document_section(const SyDocument *document, const char *name);

#endif
