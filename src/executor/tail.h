/* The last lines of what a process writes: a flood of output takes no more memory than a trickle.
 */
#ifndef SY_EXECUTOR_TAIL_H
#define SY_EXECUTOR_TAIL_H

#include <glib.h>
#include <stdbool.h>

enum { SY_TAIL_BYTES = 4096 };

typedef struct {
    char bytes[SY_TAIL_BYTES]; /* a ring: the newest ends before `at` */
    gsize at;
    guint64 length; /* of all that came */
} SyTail;

void sy_tail_add(SyTail *tail, const char *bytes, gsize length);

/* Whole lines from the first that is whole within the last 4 KiB, as valid UTF-8 without the last
 * line's end; of a longer last line its end. "" where nothing came. Free with g_free. */
char *sy_tail_text(const SyTail *tail);

#endif
