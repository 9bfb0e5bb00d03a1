/* A text that comes in pieces, as from a program: a source for sy_csv_open_source. For tests and
 * fuzzers alike, so without their libraries. */
#ifndef SY_TESTS_SUPPORT_PIECES_H
#define SY_TESTS_SUPPORT_PIECES_H

#include <glib.h>
#include <string.h>

typedef struct {
    const char *bytes;
    gsize left, piece; /* at most so many at a time */
} TestPieces;

/* SyCsvSource.read; `data` is a TestPieces. */
static inline gsize test_pieces_read(gpointer data, char *buffer, gsize size) {
    TestPieces *pieces = data;
    gsize n = MIN(MIN(pieces->left, pieces->piece), size);
    memcpy(buffer, pieces->bytes, n);
    pieces->bytes += n;
    pieces->left -= n;
    return n;
}

#endif
