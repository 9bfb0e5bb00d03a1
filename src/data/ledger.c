/* Storage of a ledger and the names of its enums. */
#include "data/ledger.h"

#include <math.h>
#include <string.h>

#include "base/memory.h"
#include "base/threads.h"

const char *const sy_side_names[] = {"buy", "sell"};
const char *const sy_order_status_names[] = {"filled", "partly_filled", "rejected", "ignored"};
const char *const sy_direction_names[] = {"long", "short"};

/* --- kinds of records ------------------------------------------------------------------------- */

/* Records that were numbered from 0 come after those that are there. */
static void renumber_orders(gpointer records, guint n, const SyLedgerPlace *before) {
    SyOrderRecord *order = records;
    for (guint i = 0; i < n; i++)
        order[i].id += before->orders;
}

static void renumber_trades(gpointer records, guint n, const SyLedgerPlace *before) {
    SyTradeRecord *trade = records;
    for (guint i = 0; i < n; i++) {
        trade[i].id += before->trades;
        trade[i].position_id += before->positions;
    }
}

static void renumber_positions(gpointer records, guint n, const SyLedgerPlace *before) {
    SyTradeRecord *position = records;
    for (guint i = 0; i < n; i++)
        position[i].id = position[i].position_id += before->positions;
}

static void renumber_drawdowns(gpointer records, guint n, const SyLedgerPlace *before) {
    SyDrawdownRecord *drawdown = records;
    for (guint i = 0; i < n; i++)
        drawdown[i].id += before->drawdowns;
}

static void renumber_marks(gpointer records, guint n, const SyLedgerPlace *before) {
    (void)records, (void)n, (void)before; /* they have no numbers */
}

typedef struct {
    gsize array, place; /* offsets in SyLedger, in SyLedgerPlace */
    guint size;
    void (*renumber)(gpointer records, guint n, const SyLedgerPlace *before);
} Kind;

#define KIND(name, type)                                                                           \
    { offsetof(SyLedger, name), offsetof(SyLedgerPlace, name), sizeof(type), renumber_##name }
static const Kind kinds[] = {KIND(orders, SyOrderRecord), KIND(trades, SyTradeRecord),
                             KIND(positions, SyTradeRecord), KIND(drawdowns, SyDrawdownRecord),
                             KIND(marks, SyLedgerMark)};

static GArray **array_of(SyLedger *ledger, const Kind *kind) {
    return (GArray **)(gpointer)((char *)ledger + kind->array);
}

static guint *count_of(SyLedgerPlace *place, const Kind *kind) {
    return (guint *)(gpointer)((char *)place + kind->place);
}

static void open_records(SyLedger *ledger) {
    for (gsize k = 0; k < G_N_ELEMENTS(kinds); k++)
        *array_of(ledger, &kinds[k]) = g_array_new(FALSE, FALSE, kinds[k].size);
}

static void close_records(SyLedger *ledger) {
    for (gsize k = 0; k < G_N_ELEMENTS(kinds); k++)
        g_array_unref(*array_of(ledger, &kinds[k]));
}

/* --- ledgers ---------------------------------------------------------------------------------- */

SyLedger *sy_ledger_new(gsize rows, gsize columns, bool one_group) {
    g_autofree gsize *group_of_column = g_new0(gsize, MAX(columns, 1));
    for (gsize c = 0; c < columns && !one_group; c++)
        group_of_column[c] = c;
    return sy_ledger_new_grouped(rows, columns, one_group ? 1 : columns, group_of_column);
}

SyLedger *sy_ledger_new_grouped(gsize rows, gsize columns, gsize groups,
                                const gsize *group_of_column) {
    SyLedger *ledger = g_new0(SyLedger, 1);
    ledger->rows = rows;
    ledger->columns = columns;
    ledger->groups = groups;
    ledger->group_of_column = g_memdup2(group_of_column, MAX(columns, 1) * sizeof(gsize));
    ledger->init_cash = g_new0(double, MAX(ledger->groups, 1));
    ledger->init_value = g_new0(double, MAX(ledger->groups, 1));
    ledger->init_price = g_new(double, MAX(columns, 1));
    for (gsize c = 0; c < columns; c++)
        ledger->init_price[c] = NAN;
    open_records(ledger);
    ledger->end = g_new0(SyLedgerPlace, MAX(ledger->groups, 1));
    return ledger;
}

static double *series_new(gsize cells) {
    double *series = g_new0(double, MAX(cells, 1));
    sy_memory_use_large_pages(series, cells * sizeof *series);
    return series;
}

void sy_ledger_add_series(SyLedger *ledger) {
    gsize cells = ledger->groups * ledger->rows;
    ledger->position = series_new(ledger->columns * ledger->rows);
    ledger->cash = series_new(cells);
    ledger->value = series_new(cells);
    ledger->returns = series_new(cells);
    ledger->gross = series_new(cells);
}

static void reserve(GArray *records, gsize room) {
    guint n = records->len;
    if (room <= n) /* a smaller size would give up what is there */
        return;
    g_array_set_size(records, (guint)room);
    g_array_set_size(records, n);
    sy_memory_use_large_pages(records->data, room * g_array_get_element_size(records));
}

void sy_ledger_reserve(SyLedger *ledger, gsize orders) {
    if (orders <= ledger->room || orders > G_MAXUINT / 2)
        return;
    GArray *const records[] = {ledger->orders, ledger->trades, ledger->positions, ledger->marks};
    ledger->room = orders;
    for (gsize i = 0; i < G_N_ELEMENTS(records); i++)
        reserve(records[i], orders);
}

static SyLedgerPlace place_now(const SyLedger *ledger) {
    return (SyLedgerPlace){ledger->orders->len, ledger->trades->len, ledger->positions->len,
                           ledger->drawdowns->len, ledger->marks->len};
}

void sy_ledger_end_group(SyLedger *ledger, gsize group) { ledger->end[group] = place_now(ledger); }

/* --- parts ------------------------------------------------------------------------------------ */

void sy_ledger_part_open(SyLedgerPart *part, const SyLedger *whole, gsize from, gsize end) {
    *part = (SyLedgerPart){*whole, from, end};
    open_records(&part->ledger);
    part->ledger.room = 0;
}

/* The records of one kind, all parts. */
typedef struct {
    const Kind *kind;
    SyLedger *whole;
    SyLedgerPart *part;
    gsize n;
    SyLedgerPlace first; /* of the parts' records in the whole */
} Move;

/* In pieces, so that what was copied is still at hand when it is numbered. */
static void move_records(gpointer data) {
    enum { PIECE = 256 };
    Move *move = data;
    const Kind *kind = move->kind;
    SyLedgerPlace before = move->first;
    for (gsize p = 0; p < move->n; p++) {
        SyLedger *part = &move->part[p].ledger;
        const GArray *from = *array_of(part, kind);
        char *to =
            (*array_of(move->whole, kind))->data + (gsize)*count_of(&before, kind) * kind->size;
        for (gsize done = 0; done < from->len; done += PIECE) {
            guint n = (guint)MIN(from->len - done, (gsize)PIECE);
            memcpy(to + done * kind->size, from->data + done * kind->size, n * kind->size);
            kind->renumber(to + done * kind->size, n, &before);
        }
        for (gsize k = 0; k < G_N_ELEMENTS(kinds); k++)
            *count_of(&before, &kinds[k]) += (*array_of(part, &kinds[k]))->len;
    }
}

void sy_ledger_join(SyLedger *whole, SyLedgerPart *part, gsize n, gsize threads) {
    Move move[G_N_ELEMENTS(kinds)];
    SyLedgerPlace first = place_now(whole), before = first;
    for (gsize p = 0; p < n; p++)
        for (gsize k = 0; k < G_N_ELEMENTS(kinds); k++) {
            guint *count = count_of(&before, &kinds[k]);
            for (gsize g = part[p].from; g < part[p].end; g++)
                *count_of(&whole->end[g], &kinds[k]) += *count;
            *count += (*array_of(&part[p].ledger, &kinds[k]))->len;
        }
    for (gsize k = 0; k < G_N_ELEMENTS(kinds); k++) {
        g_array_set_size(*array_of(whole, &kinds[k]), *count_of(&before, &kinds[k]));
        move[k] = (Move){&kinds[k], whole, part, n, first};
    }
    sy_threads_run(threads, move_records, move, G_N_ELEMENTS(kinds), sizeof *move);
    for (gsize p = 0; p < n; p++)
        close_records(&part[p].ledger);
}

SyLedgerRange sy_ledger_range(const SyLedger *ledger, gsize group) {
    SyLedgerRange range = {.end = place_now(ledger)};
    if (ledger->groups > 1)
        range.end = ledger->end[group];
    if (group > 0)
        range.first = ledger->end[group - 1];
    return range;
}

void sy_ledger_free(SyLedger *ledger) {
    if (!ledger)
        return;
    g_free(ledger->group_of_column);
    g_free(ledger->init_cash);
    g_free(ledger->init_value);
    g_free(ledger->init_price);
    close_records(ledger);
    g_free(ledger->end);
    g_free(ledger->position);
    g_free(ledger->cash);
    g_free(ledger->value);
    g_free(ledger->returns);
    g_free(ledger->gross);
    g_free(ledger);
}
