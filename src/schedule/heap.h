/* A binary heap of nodes that live inside the things they order, so that any of them can be moved
 * or taken out in O(log n), and nothing is allocated per entry. */
#ifndef SY_SCHEDULE_HEAP_H
#define SY_SCHEDULE_HEAP_H

#include <glib.h>
#include <stdbool.h>

typedef struct {
    gsize place; /* in the heap, from 1; 0: in none */
} SyHeapNode;

typedef struct {
    /* True if a comes out before b; must be a strict total order, so that the same entries always
     * come out in the same order. */
    bool (*before)(const SyHeapNode *a, const SyHeapNode *b);
    SyHeapNode **nodes; /* [room] nodes[1 … n] */
    gsize n, room;
} SyHeap;

/* Frees the table, not the entries. */
void sy_heap_clear(SyHeap *heap);

/* Puts a node in, or finds the new place of one that has changed. Cost: O(log n). */
void sy_heap_put(SyHeap *heap, SyHeapNode *node);

/* Takes a node out; nothing happens if it is in none. Cost: O(log n). */
void sy_heap_remove(SyHeap *heap, SyHeapNode *node);

/* The first node; NULL where the heap is empty. */
static inline SyHeapNode *sy_heap_first(const SyHeap *heap) {
    return heap->n ? heap->nodes[1] : NULL;
}

#endif
