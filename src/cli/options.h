/* Options of the command line, read through the same field tables as templates. */
#ifndef SY_CLI_OPTIONS_H
#define SY_CLI_OPTIONS_H

#include "base/field.h"

/* Fields become long options: member max_buffer is --max-buffer. A one-letter name in `also` is the
 * short form. Reads argv[1 …] into `target` (which must be initialised); what is no option goes to
 * `arguments`, in order; after "--" nothing is an option.
 *
 * Accepts "--key value", "--key=value", "-qv" for "-q -v"; bool options take no value, and
 * "--no-key" unsets one whose fallback is true. A word that is an option of the table is no value,
 * unless by
 * "--key=--word".
 * Errors: SY_ERROR_USAGE with the option and, where one is near, the option that was meant. */
bool sy_options_parse(const SyFieldTable *table, gpointer target, int argc, char **argv,
                      GPtrArray *arguments, GError **error);

/* "--max-buffer". Free with g_free. */
char *sy_option_name(const SyField *field);

/* "INTEGER", "TEXT" …; NULL for options without a value. */
const char *sy_option_metavar(const SyField *field);

/* The aligned "Options:" lines of a help text. Free with g_free. */
char *sy_options_help(const SyFieldTable *table);

#endif
