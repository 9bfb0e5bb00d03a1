#include "base/hash.h"

/* Source: Fowler, Noll, Vo, Eastlake, "The FNV Non-Cryptographic Hash Algorithm". */
guint64 sy_hash_text(guint64 seed, const char *text) {
    guint64 hash = G_GUINT64_CONSTANT(14695981039346656037) ^ seed;
    for (const char *c = text; *c; c++)
        hash = (hash ^ (guchar)*c) * G_GUINT64_CONSTANT(1099511628211);
    return hash;
}

guint64 sy_random_next(guint64 *state) {
    guint64 z = *state += G_GUINT64_CONSTANT(0x9e3779b97f4a7c15);
    z = (z ^ (z >> 30)) * G_GUINT64_CONSTANT(0xbf58476d1ce4e5b9);
    z = (z ^ (z >> 27)) * G_GUINT64_CONSTANT(0x94d049bb133111eb);
    return z ^ (z >> 31);
}
