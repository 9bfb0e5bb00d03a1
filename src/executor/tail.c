/* A ring of bytes, and where its first whole line begins. */
#include "executor/tail.h"

#include <string.h>

void sy_tail_add(SyTail *tail, const char *bytes, gsize length) {
    tail->length += length;
    if (length > SY_TAIL_BYTES) {
        bytes += length - SY_TAIL_BYTES;
        length = SY_TAIL_BYTES;
    }
    gsize first = MIN(length, SY_TAIL_BYTES - tail->at);
    memcpy(tail->bytes + tail->at, bytes, first);
    memcpy(tail->bytes, bytes + first, length - first);
    tail->at = (tail->at + length) % SY_TAIL_BYTES;
}

char *sy_tail_text(const SyTail *tail) {
    gsize kept = (gsize)MIN(tail->length, (guint64)SY_TAIL_BYTES);
    gsize begin = (tail->at + SY_TAIL_BYTES - kept) % SY_TAIL_BYTES;
    gsize first = MIN(kept, SY_TAIL_BYTES - begin);
    char text[SY_TAIL_BYTES];
    memcpy(text, tail->bytes + begin, first);
    memcpy(text + first, tail->bytes, kept - first);
    while (kept > 0 && text[kept - 1] == '\n')
        kept--;
    gsize from = 0;
    if (tail->length > SY_TAIL_BYTES) {
        const char *line = memchr(text, '\n', kept);
        if (line)
            from = (gsize)(line + 1 - text);
        else /* one line, cut: not within a character */
            while (from < kept && ((guchar)text[from] & 0xC0) == 0x80)
                from++;
    }
    return g_utf8_make_valid(text + from, (gssize)(kept - from));
}
