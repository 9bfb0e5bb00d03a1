/* Threads that take items off one list. */
#include "base/threads.h"

enum { LEAST_CELLS = 1 << 16 }; /* of a thread, else it costs more than it saves */

typedef struct {
    void (*work)(gpointer item);
    char *items;
    gsize n, size;
    gsize next; /* atomic */
} List;

gsize sy_threads_worth(int jobs, gsize things, gsize cells) {
    gsize most = MIN(MAX(things, 1), (gsize)SY_THREADS_MAX);
    if (jobs > 0)
        return MIN((gsize)jobs, most);
    return CLAMP(MIN(cells / LEAST_CELLS, g_get_num_processors()), 1, most);
}

static gpointer take_items(gpointer data) {
    List *list = data;
    gsize at;
    while ((at = __atomic_fetch_add(&list->next, 1, __ATOMIC_RELAXED)) < list->n)
        list->work(list->items + at * list->size);
    return NULL;
}

void sy_threads_run(gsize threads, void (*work)(gpointer item), gpointer items, gsize n,
                    gsize size) {
    List list = {work, items, n, size, 0};
    GThread *thread[SY_THREADS_MAX] = {NULL};
    for (gsize i = 1; i < MIN(MIN(threads, n), (gsize)SY_THREADS_MAX); i++)
        thread[i] = g_thread_try_new("share", take_items, &list, NULL);
    take_items(&list);
    for (gsize i = 1; i < SY_THREADS_MAX; i++)
        if (thread[i])
            g_thread_join(thread[i]);
}
