/* BLAKE2b-256, a cryptographic digest that is four times as fast as SHA-256 on processors without
 * instructions for that: for the fingerprints of data and the keys of what is kept by content.
 * Files, templates and the audit chain have SHA-256, which people can check with other tools. */
#ifndef SY_BASE_DIGEST_H
#define SY_BASE_DIGEST_H

#include <glib.h>

#define SY_DIGEST_SIZE 32
#define SY_DIGEST_TEXT_SIZE (2 * SY_DIGEST_SIZE + 1)

/* A digest under way; copy it to go on in two ways. */
typedef struct {
    guint64 state[8], length;
    gsize filled;
    guint8 block[128];
} SyDigest;

/* Source: RFC 7693 (2015), without a key. */
void sy_digest_init(SyDigest *digest);
void sy_digest_add(SyDigest *digest, gconstpointer bytes, gsize length);
/* Adds a text with its terminating zero, so that neighbours cannot flow together. */
void sy_digest_add_text(SyDigest *digest, const char *text);
/* Adds a count as eight bytes. */
void sy_digest_add_count(SyDigest *digest, guint64 count);
/* The digest is of no use afterwards. */
void sy_digest_end(SyDigest *digest, guint8 result[static SY_DIGEST_SIZE]);

/* As hex digits. Returns text. */
const char *sy_digest_format(const guint8 result[static SY_DIGEST_SIZE],
                             char text[static SY_DIGEST_TEXT_SIZE]);

#endif
