/* BLAKE2b of RFC 7693, for little-endian and big-endian machines alike. */
#include "base/digest.h"

#include <stdbool.h>
#include <string.h>

static const guint64 initial[8] = {
    G_GUINT64_CONSTANT(0x6a09e667f3bcc908), G_GUINT64_CONSTANT(0xbb67ae8584caa73b),
    G_GUINT64_CONSTANT(0x3c6ef372fe94f82b), G_GUINT64_CONSTANT(0xa54ff53a5f1d36f1),
    G_GUINT64_CONSTANT(0x510e527fade682d1), G_GUINT64_CONSTANT(0x9b05688c2b3e6c1f),
    G_GUINT64_CONSTANT(0x1f83d9abfb41bd6b), G_GUINT64_CONSTANT(0x5be0cd19137e2179)};

static inline guint64 rotate(guint64 x, int bits) { return x >> bits | x << (64 - bits); }

#define MIX(a, b, c, d, x, y)                                                                      \
    do {                                                                                           \
        v[a] += v[b] + m[x];                                                                       \
        v[d] = rotate(v[d] ^ v[a], 32);                                                            \
        v[c] += v[d];                                                                              \
        v[b] = rotate(v[b] ^ v[c], 24);                                                            \
        v[a] += v[b] + m[y];                                                                       \
        v[d] = rotate(v[d] ^ v[a], 16);                                                            \
        v[c] += v[d];                                                                              \
        v[b] = rotate(v[b] ^ v[c], 63);                                                            \
    } while (0)

/* One round; the arguments are its permutation of the words of the block, written out so that the
 * compiler keeps the words in registers. */
#define ROUND(s0, s1, s2, s3, s4, s5, s6, s7, s8, s9, s10, s11, s12, s13, s14, s15)                \
    MIX(0, 4, 8, 12, s0, s1);                                                                      \
    MIX(1, 5, 9, 13, s2, s3);                                                                      \
    MIX(2, 6, 10, 14, s4, s5);                                                                     \
    MIX(3, 7, 11, 15, s6, s7);                                                                     \
    MIX(0, 5, 10, 15, s8, s9);                                                                     \
    MIX(1, 6, 11, 12, s10, s11);                                                                   \
    MIX(2, 7, 8, 13, s12, s13);                                                                    \
    MIX(3, 4, 9, 14, s14, s15)

static void compress(SyDigest *digest, const guint8 *block, bool last) {
    guint64 v[16], m[16];
    memcpy(m, block, sizeof m);
    for (int i = 0; i < 16; i++)
        m[i] = GUINT64_FROM_LE(m[i]);
    memcpy(v, digest->state, sizeof digest->state);
    memcpy(v + 8, initial, sizeof initial);
    v[12] ^= digest->length;
    if (last)
        v[14] = ~v[14];
    ROUND(0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15);
    ROUND(14, 10, 4, 8, 9, 15, 13, 6, 1, 12, 0, 2, 11, 7, 5, 3);
    ROUND(11, 8, 12, 0, 5, 2, 15, 13, 10, 14, 3, 6, 7, 1, 9, 4);
    ROUND(7, 9, 3, 1, 13, 12, 11, 14, 2, 6, 5, 10, 4, 0, 15, 8);
    ROUND(9, 0, 5, 7, 2, 4, 10, 15, 14, 1, 11, 12, 6, 8, 3, 13);
    ROUND(2, 12, 6, 10, 0, 11, 8, 3, 4, 13, 7, 5, 15, 14, 1, 9);
    ROUND(12, 5, 1, 15, 14, 13, 4, 10, 0, 7, 6, 3, 9, 2, 8, 11);
    ROUND(13, 11, 7, 14, 12, 1, 3, 9, 5, 0, 15, 4, 8, 6, 2, 10);
    ROUND(6, 15, 14, 9, 11, 3, 0, 8, 12, 2, 13, 7, 1, 4, 10, 5);
    ROUND(10, 2, 8, 4, 7, 6, 1, 5, 15, 11, 9, 14, 3, 12, 13, 0);
    ROUND(0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15);
    ROUND(14, 10, 4, 8, 9, 15, 13, 6, 1, 12, 0, 2, 11, 7, 5, 3);
    for (int i = 0; i < 8; i++)
        digest->state[i] ^= v[i] ^ v[i + 8];
}

void sy_digest_init(SyDigest *digest) {
    memset(digest, 0, sizeof *digest);
    memcpy(digest->state, initial, sizeof initial);
    digest->state[0] ^= 0x01010000 ^ SY_DIGEST_SIZE;
}

void sy_digest_add(SyDigest *digest, gconstpointer bytes, gsize length) {
    const guint8 *from = bytes;
    while (length > 0) {
        /* a full block waits: only what follows shows that it is not the last */
        if (digest->filled == sizeof digest->block) {
            digest->length += sizeof digest->block;
            compress(digest, digest->block, false);
            digest->filled = 0;
        }
        while (digest->filled == 0 && length > sizeof digest->block) {
            digest->length += sizeof digest->block;
            compress(digest, from, false);
            from += sizeof digest->block;
            length -= sizeof digest->block;
        }
        gsize part = MIN(length, sizeof digest->block - digest->filled);
        memcpy(digest->block + digest->filled, from, part);
        digest->filled += part;
        from += part;
        length -= part;
    }
}

void sy_digest_add_text(SyDigest *digest, const char *text) {
    sy_digest_add(digest, text, strlen(text) + 1);
}

void sy_digest_add_count(SyDigest *digest, guint64 count) {
    guint64 bytes = GUINT64_TO_LE(count);
    sy_digest_add(digest, &bytes, sizeof bytes);
}

void sy_digest_end(SyDigest *digest, guint8 result[static SY_DIGEST_SIZE]) {
    memset(digest->block + digest->filled, 0, sizeof digest->block - digest->filled);
    digest->length += digest->filled;
    compress(digest, digest->block, true);
    for (int i = 0; i < SY_DIGEST_SIZE / 8; i++) {
        guint64 word = GUINT64_TO_LE(digest->state[i]);
        memcpy(result + 8 * i, &word, sizeof word);
    }
}

const char *sy_digest_format(const guint8 result[static SY_DIGEST_SIZE],
                             char text[static SY_DIGEST_TEXT_SIZE]) {
    static const char digits[] = "0123456789abcdef";
    for (int i = 0; i < SY_DIGEST_SIZE; i++) {
        text[2 * i] = digits[result[i] >> 4];
        text[2 * i + 1] = digits[result[i] & 15];
    }
    text[2 * SY_DIGEST_SIZE] = '\0';
    return text;
}
