/* Results that are kept between runs, by content. */
#ifndef SY_DATA_KEPT_H
#define SY_DATA_KEPT_H

#include <stdbool.h>

#include "base/digest.h"

/* A result that may have been kept: the digest of everything that it depends on (program, kind,
 * parameters, the bits of the data), and its bytes. Whoever has the key has the result: there is no
 * other way in which one could be out of date. */
typedef struct {
    guint8 key[SY_DIGEST_SIZE];
    gsize size;
    guint8 *bytes; /* [size] */
    bool found;    /* set by find, with the bytes; false before */
} SyKept;

/* Where results are kept. Both functions are called by the thread that runs the model; neither
 * fails: what cannot be found or kept is computed, now or the next time. */
typedef struct {
    void (*find)(gpointer data, SyKept *kept, gsize n); /* fills in those of n that are there */
    void (*keep)(gpointer data, const SyKept *kept, gsize n);
    gpointer data;
} SyKeeper;

#endif
