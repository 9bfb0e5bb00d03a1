/* What the sections of templates and settings accept, from the tables that read them. */
#ifndef SY_CLI_EXPLAIN_H
#define SY_CLI_EXPLAIN_H

#include <glib.h>

/* The text of `explain [SECTION [NAME]]` for a terminal: without a section all that can be asked
 * for, with one what it accepts, with a name one plugin, metric or key of it.
 * Errors: SY_ERROR_USAGE with "did you mean"; NULL then. Free with g_free. */
char *sy_explain(const char *section, const char *name, GError **error);

/* docs/reference.md: everything that explain says, as Markdown. Free with g_free. */
char *sy_explain_markdown(void);

/* Sections that explain knows, in the order of its list, NULL-terminated; for completion. Free with
 * g_free, the texts belong to the table. */
const char **sy_explain_sections(void);

/* Names within a section, NULL-terminated; empty for an unknown one. Free with g_free. */
const char **sy_explain_names(const char *section);

#endif
