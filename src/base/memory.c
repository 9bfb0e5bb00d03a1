/* Advice on large blocks of memory. */
#include "base/memory.h"

#include <sys/mman.h>
#include <unistd.h>

#define LEAST (4 * 1024 * 1024)

void sy_memory_use_large_pages(gpointer block, gsize bytes) {
    gsize page = (gsize)sysconf(_SC_PAGESIZE), skipped = (page - (gsize)block % page) % page;
    if (bytes < LEAST)
        return;
    /* Advice: where it is refused, small pages do as well. */
    (void)madvise((char *)block + skipped, (bytes - skipped) / page * page, MADV_HUGEPAGE);
}
