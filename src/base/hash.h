/* A hash that is the same on every machine and in every run. */
#ifndef SY_BASE_HASH_H
#define SY_BASE_HASH_H

#include <glib.h>

/* FNV-1a, 64 bits, of a text. seed: another function for each; 0 is FNV-1a as it is known. */
guint64 sy_hash_text(guint64 seed, const char *text);

#endif
