/* Hashes and random numbers that are the same on every machine and in every run. */
#ifndef SY_BASE_HASH_H
#define SY_BASE_HASH_H

#include <glib.h>

/* FNV-1a, 64 bits, of a text. seed: another function for each; 0 is FNV-1a as it is known. */
guint64 sy_hash_text(guint64 seed, const char *text);

/* The next number of a SplitMix64 generator; every state is a seed. Source: Steele, Lea & Flood
 * (2014), OOPSLA, https://doi.org/10.1145/2660193.2660195. */
guint64 sy_random_next(guint64 *state);

#endif
