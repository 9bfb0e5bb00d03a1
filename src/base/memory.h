/* Large blocks of memory. */
#ifndef SY_BASE_MEMORY_H
#define SY_BASE_MEMORY_H

#include <glib.h>

/* Says that a block of g_malloc will be used whole and soon, so that the kernel may back it by
 * large pages: where it can, a block is taken into use several times as fast. Nothing else changes;
 * blocks of less than a few megabytes are left alone. Cost: one system call. */
void sy_memory_use_large_pages(gpointer block, gsize bytes);

#endif
