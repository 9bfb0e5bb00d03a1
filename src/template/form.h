/* A template as a form: its text with slots for some of its values, so that other values can be
 * filled in while comments and layout stay. */
#ifndef SY_TEMPLATE_FORM_H
#define SY_TEMPLATE_FORM_H

#include "template/document.h"

/* A key of a template: [section] field, or [section] group = { field }. */
typedef struct {
    const char *section;
    const SyField *group; /* NULL: the key stands in the section itself */
    const SyField *field;
} SyFormKey;

typedef struct {
    char *text;
    gsize n;
    struct {
        gsize from, to; /* bytes of the value in `text` */
    } * slot;           /* [n] in the order of the keys */
} SyForm;

/* Makes a slot of each key. A key that the text lacks is written into it with its `value` first: in
 * its section, which is added where it is absent too.
 *
 * text   [length] of a template
 * name   the file in messages
 * key    [n] of different values
 * value  [n] as TOML spells them; only what is absent takes it
 * Errors: SY_ERROR_TEMPLATE where the text is no TOML, or a key is written in a way that its value
 *         cannot be replaced (it names the key and how to write it). NULL then.
 * Cost: reads the text once, and once more for each key that is absent. */
SyForm *sy_form_new(const char *text, gsize length, const char *name, const SyFormKey *key,
                    const char *const *value, gsize n, GError **error);
void sy_form_free(SyForm *form);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(SyForm, sy_form_free)

/* The text with value[i], spelled as TOML, in slot i. Free with g_free. */
char *sy_form_fill(const SyForm *form, const char *const *value);

/* The node of a key, or NULL where the document has none. */
const SyNode *sy_form_node(const SyNode *root, const SyFormKey *key);

#endif
