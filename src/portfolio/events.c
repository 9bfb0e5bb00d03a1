/* Signals are rare: eight rows are looked at together, and only where one of them has a signal each
 * by itself. */
#include "portfolio/events.h"

#include <string.h>

/* Rows with a signal of one column, ascending; returns how many. */
static gsize rows_of(const SySignals *signals, gsize column, bool longs, bool shorts,
                     guint32 *row) {
    gsize rows = signals->rows, n = 0, n_flags = 0;
    const guint8 *flags[4];
    if (longs) {
        flags[n_flags++] = signals->long_entries + column * rows;
        flags[n_flags++] = signals->long_exits + column * rows;
    }
    if (shorts) {
        flags[n_flags++] = signals->short_entries + column * rows;
        flags[n_flags++] = signals->short_exits + column * rows;
    }
    for (gsize block = 0; block < rows; block += 8) {
        gsize length = MIN(rows - block, 8);
        guint8 any[8] = {0};
        guint64 all = 0, eight;
        for (gsize i = 0; i < n_flags; i++) {
            eight = 0;
            memcpy(&eight, flags[i] + block, length == 8 ? 8 : length);
            all |= eight;
        }
        if (all == 0)
            continue;
        memcpy(any, &all, 8);
        for (gsize k = 0; k < length; k++)
            if (any[k])
                row[n++] = (guint32)(block + k);
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
    if (n == 1) {
        events->n = rows_of(signals, column[0], longs, shorts, events->row);
        return;
    }
    g_autofree guint32 *count = g_new0(guint32, MAX(rows, 1)),
                       *found = g_new(guint32, MAX(rows, 1));
    for (gsize i = 0; i < n; i++)
        for (gsize k = rows_of(signals, column[i], longs, shorts, found); k-- > 0;)
            count[found[k]]++;
    events->start = g_new(guint32, rows + 1);
    lay_out(events, count);
    for (gsize i = 0; i < n; i++) {
        gsize n_found = rows_of(signals, column[i], longs, shorts, found);
        for (gsize k = 0; k < n_found; k++)
            events->place[count[found[k]]++] = (guint32)i;
    }
}

gsize sy_events_next(const SyEvents *events) {
    return events->at < events->n ? events->row[events->at] : events->rows;
}

void sy_events_pass(SyEvents *events, gsize row) {
    while (events->at < events->n && events->row[events->at] <= row)
        events->at++;
}

const guint32 *sy_events_at(const SyEvents *events, gsize row, gsize *n) {
    static const guint32 only = 0;
    *n = 0;
    if (events->at == events->n || events->row[events->at] != row)
        return NULL;
    if (!events->start) {
        *n = 1;
        return &only;
    }
    *n = events->start[events->at + 1] - events->start[events->at];
    return events->place + events->start[events->at];
}

void sy_events_clear(SyEvents *events) {
    g_free(events->row);
    g_free(events->start);
    g_free(events->place);
    *events = (SyEvents){0};
}
