/* Work that is shared among threads. */
#ifndef SY_BASE_THREADS_H
#define SY_BASE_THREADS_H

#include <glib.h>

/* How many threads `things` that need each other's results nowhere are worth.
 *
 * jobs   the most threads; 0 = as many as there are processors, and fewer where `cells` are few
 * cells  numbers that are read in all
 * Returns at least 1, at most SY_THREADS_MAX. */
gsize sy_threads_worth(int jobs, gsize things, gsize cells);

enum { SY_THREADS_MAX = 16 };

/* Does `work` once for each of n items of `size` bytes, in order of their start, by as many threads
 * as told; this one is one of them. Returns when all are done. A thread that cannot be had is done
 * without. */
void sy_threads_run(gsize threads, void (*work)(gpointer item), gpointer items, gsize n,
                    gsize size);

#endif
