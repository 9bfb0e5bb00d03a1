/* Source: Fowler, Noll, Vo, Eastlake, "The FNV Non-Cryptographic Hash Algorithm". */
#include "base/hash.h"

guint64 sy_hash_text(guint64 seed, const char *text) {
    guint64 hash = G_GUINT64_CONSTANT(14695981039346656037) ^ seed;
    for (const char *c = text; *c; c++)
        hash = (hash ^ (guchar)*c) * G_GUINT64_CONSTANT(1099511628211);
    return hash;
}
