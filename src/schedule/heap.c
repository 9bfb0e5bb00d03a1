/* Binary heap with nodes inside the entries; what the scheduler keeps its next times in. */
#include "schedule/heap.h"

void sy_heap_clear(SyHeap *heap) {
    g_clear_pointer(&heap->nodes, g_free);
    heap->n = heap->room = 0;
}

static void set(SyHeap *heap, gsize place, SyHeapNode *node) {
    heap->nodes[place] = node;
    node->place = place;
}

/* Moves the hole at `place` to where `node` belongs, and puts it there. */
static void sift(SyHeap *heap, gsize place, SyHeapNode *node) {
    for (; place > 1 && heap->before(node, heap->nodes[place / 2]); place /= 2)
        set(heap, place, heap->nodes[place / 2]);
    for (;;) {
        gsize child = 2 * place;
        if (child > heap->n)
            break;
        if (child < heap->n && heap->before(heap->nodes[child + 1], heap->nodes[child]))
            child++;
        if (!heap->before(heap->nodes[child], node))
            break;
        set(heap, place, heap->nodes[child]);
        place = child;
    }
    set(heap, place, node);
}

void sy_heap_put(SyHeap *heap, SyHeapNode *node) {
    if (!node->place) {
        if (heap->n + 1 >= heap->room) {
            heap->room = MAX(16, 2 * heap->room);
            heap->nodes = g_renew(SyHeapNode *, heap->nodes, heap->room);
        }
        node->place = ++heap->n;
    }
    sift(heap, node->place, node);
}

void sy_heap_remove(SyHeap *heap, SyHeapNode *node) {
    if (!node->place)
        return;
    gsize place = node->place;
    SyHeapNode *last = heap->nodes[heap->n--];
    node->place = 0;
    if (last != node)
        sift(heap, place, last);
}
