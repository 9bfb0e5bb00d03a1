/* Signals are rare: eight rows are looked at together, and only where one of them has a signal each
 * by itself. */
#include "portfolio/events.h"

#include <string.h>

/* Eight cells of a column, the first in the lowest byte; 0 where the side does not count. */
static guint64 eight_of(const guint8 *cells, gsize from, gsize n) {
    guint64 eight = 0;
    if (cells)
        memcpy(&eight, cells + from, n);
    return GUINT64_FROM_LE(eight);
}

/* Rows with a signal of one column, ascending, and what it is; returns how many. */
static gsize rows_of(const SySignals *signals, gsize column, bool longs, bool shorts, guint32 *row,
                     guint8 *flags) {
    gsize rows = signals->rows, first = column * rows, n = 0;
    const guint8 *cells[4] = {longs ? signals->long_entries + first : NULL,
                              longs ? signals->long_exits + first : NULL,
                              shorts ? signals->short_entries + first : NULL,
                              shorts ? signals->short_exits + first : NULL};
    for (gsize block = 0; block < rows; block += 8) {
        gsize length = MIN(rows - block, 8);
        /* each cell is 0 or 1, so the four fit beside each other: bits of SyEventFlags */
        guint64 all = eight_of(cells[0], block, length) | eight_of(cells[1], block, length) << 1 |
                      eight_of(cells[2], block, length) << 2 |
                      eight_of(cells[3], block, length) << 3;
        while (all) {
            unsigned bit = (unsigned)__builtin_ctzll(all) & ~7u;
            row[n] = (guint32)(block + bit / 8);
            flags[n++] = (guint8)(all >> bit);
            all &= ~((guint64)0xff << bit);
        }
    }
    return n;
}

/* Rows that have signals, and where the columns of each begin; count [rows] of columns. */
static void lay_out(SyEvents *events, guint32 *count) {
    gsize total = 0;
    events->n = 0;
    for (gsize row = 0; row < events->rows; row++) {
        if (count[row] == 0)
            continue;
        events->row[events->n] = (guint32)row;
        events->start[events->n++] = (guint32)total;
        total += count[row];
        count[row] = (guint32)total - count[row]; /* from here on: where its next column goes */
    }
    events->start[events->n] = (guint32)total;
    events->place = g_new(guint32, MAX(total, 1));
    events->flags = g_new(guint8, MAX(total, 1));
}

void sy_events_find(SyEvents *events, const SySignals *signals, const gsize *column, gsize n,
                    bool longs, bool shorts) {
    gsize rows = signals->rows;
    if (events->rows != rows || !events->row)
        events->row = g_renew(guint32, events->row, MAX(rows, 1));
    events->rows = rows;
    events->at = 0;
    g_clear_pointer(&events->start, g_free);
    g_clear_pointer(&events->place, g_free);
    g_clear_pointer(&events->flags, g_free);
    if (n == 1) {
        events->flags = g_new(guint8, MAX(rows, 1));
        events->n = rows_of(signals, column[0], longs, shorts, events->row, events->flags);
        return;
    }
    g_autofree guint32 *count = g_new0(guint32, MAX(rows, 1)),
                       *found = g_new(guint32, MAX(rows, 1));
    g_autofree guint8 *flags = g_new(guint8, MAX(rows, 1));
    for (gsize i = 0; i < n; i++)
        for (gsize k = rows_of(signals, column[i], longs, shorts, found, flags); k-- > 0;)
            count[found[k]]++;
    events->start = g_new(guint32, rows + 1);
    lay_out(events, count);
    for (gsize i = 0; i < n; i++) {
        gsize n_found = rows_of(signals, column[i], longs, shorts, found, flags);
        for (gsize k = 0; k < n_found; k++) {
            guint32 entry = count[found[k]]++;
            events->place[entry] = (guint32)i;
            events->flags[entry] = flags[k];
        }
    }
}

gsize sy_events_next(const SyEvents *events) {
    return events->at < events->n ? events->row[events->at] : events->rows;
}

void sy_events_pass(SyEvents *events, gsize row) {
    while (events->at < events->n && events->row[events->at] <= row)
        events->at++;
}

const guint32 *sy_events_at(const SyEvents *events, gsize row, gsize *n, const guint8 **flags) {
    static const guint32 only = 0;
    *n = 0;
    if (events->at == events->n || events->row[events->at] != row)
        return NULL;
    gsize entry = events->start ? events->start[events->at] : events->at;
    *flags = events->flags + entry;
    *n = events->start ? events->start[events->at + 1] - entry : 1;
    return events->start ? events->place + entry : &only;
}

void sy_events_clear(SyEvents *events) {
    g_free(events->row);
    g_free(events->start);
    g_free(events->place);
    g_free(events->flags);
    *events = (SyEvents){0};
}
