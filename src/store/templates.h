/* Versions of templates: which text a file ran with last, so that a broken file does not stop its
 * strategy, also not across a restart. */
#ifndef SY_STORE_TEMPLATES_H
#define SY_STORE_TEMPLATES_H

#include "store/store.h"

/* From now on `file` (a name without folder) runs as this text. Stores nothing where it did
 * before. */
bool sy_store_use_template(SyStore *store, const char *file, const char *study, const char *hash,
                           const char *text, SyTime now, GError **error);

/* A version that a file ran with before the one of now. */
typedef struct {
    char *text;
    SyTime until; /* its slots are those up to here */
} SyPastVersion;

/* Those whose slots may lie after `from`, oldest first; SyPastVersion, cleared with the array. */
GArray *sy_store_past_templates(SyStore *store, const char *file, SyTime from, GError **error);

/* The text that `file` ran with last; *text is NULL where it never did. Free with g_free. */
bool sy_store_last_template(SyStore *store, const char *file, char **text, GError **error);

/* What the book of a study is about: its symbols by leg (NULL-terminated, g_strfreev; empty where
 * it has none yet), and whether it holds any of them. */
bool sy_store_load_holdings(SyStore *store, const char *study, char ***symbols, bool *holds,
                            GError **error);

#endif
