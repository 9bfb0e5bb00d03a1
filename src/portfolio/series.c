/* From marks to series. Between two marks a group holds the same: such a segment is valued column
 * by column in straight loops, and not at all where it holds nothing. */
#include "portfolio/series.h"

#include <math.h>
#include <string.h>

#include "num/lanes.h"

/* A column of the group. */
typedef struct {
    gsize column;
    const double *close; /* [rows] */
    double position;
    double last_close; /* newest that is present before row `seen` */
    gsize seen;
} Member;

struct SySeriesReader {
    const SyLedger *ledger;
    gsize row;          /* the next one */
    guint mark, end;    /* the next mark, and where the group's end */
    double cash, value; /* of the row before */
    gsize members;
    Member member[];
};

SySeriesReader *sy_series_reader_new(const SyLedger *ledger, const SyPrices *prices, gsize group) {
    gsize members = 0;
    for (gsize c = 0; c < ledger->columns; c++)
        members += ledger->group_of_column[c] == group;
    SySeriesReader *reader = g_malloc0(sizeof *reader + members * sizeof *reader->member);
    SyLedgerRange range = sy_ledger_range(ledger, group);
    reader->ledger = ledger;
    reader->mark = range.first.marks;
    reader->end = range.end.marks;
    reader->cash = ledger->init_cash[group];
    reader->value = ledger->init_value[group];
    for (gsize c = 0; c < ledger->columns; c++)
        if (ledger->group_of_column[c] == group)
            reader->member[reader->members++] = (Member){
                .column = c,
                .close = prices->close + c * ledger->rows,
                .last_close = ledger->init_price[c],
            };
    return reader;
}

void sy_series_reader_free(SySeriesReader *reader) { g_free(reader); }

static Member *find_member(SySeriesReader *reader, gsize column) {
    gsize low = 0, high = reader->members - 1;
    while (low < high) {
        gsize middle = low + (high - low) / 2;
        if (reader->member[middle].column < column)
            low = middle + 1;
        else
            high = middle;
    }
    return &reader->member[low];
}

/* Takes in the marks of the next row; returns the row of the one after them. */
static gsize take_marks(SySeriesReader *reader) {
    for (; reader->mark < reader->end; reader->mark++) {
        const SyLedgerMark *mark = sy_ledger_mark(reader->ledger, reader->mark);
        if (mark->row > reader->row)
            return mark->row;
        if (mark->column != SY_LEDGER_NO_COLUMN)
            find_member(reader, mark->column)->position = mark->position;
        reader->cash = mark->cash;
        reader->value += mark->deposit; /* what the row's return is measured against */
    }
    return reader->ledger->rows;
}

/* The newest close before `row`. */
static double close_before(Member *member, gsize row) {
    for (gsize r = row; r > member->seen; r--)
        if (!isnan(member->close[r - 1])) {
            member->last_close = member->close[r - 1];
            break;
        }
    member->seen = row;
    return member->last_close;
}

static bool has_gaps(const double *close, gsize n) {
    bool gap = false;
    for (gsize i = 0; i < n; i++)
        gap |= isnan(close[i]) != 0;
    return gap;
}

static void add_member(Member *member, gsize row, gsize n, double *value, double *gross) {
    const double *close = member->close + row;
    double position = member->position;
    if (!has_gaps(close, n)) {
        gsize i = 0;
        for (; i + 2 <= n; i += 2) {
            SyLanes worth = position * sy_lanes_load(close + i);
            sy_lanes_store(value + i, sy_lanes_load(value + i) + worth);
            sy_lanes_store(gross + i, sy_lanes_load(gross + i) + sy_lanes_abs(worth));
        }
        for (; i < n; i++) {
            value[i] += position * close[i];
            gross[i] += fabs(position * close[i]);
        }
        return;
    }
    double last = close_before(member, row);
    for (gsize i = 0; i < n; i++) {
        last = isnan(close[i]) ? last : close[i];
        value[i] += position * last;
        gross[i] += fabs(position * last);
    }
}

static double growth(double before, double now) {
    if (before > 0)
        return now / before - 1;
    return before == 0 && now == 0 ? 0 : NAN;
}

static void fill(double *to, gsize n, double value) {
    for (gsize i = 0; i < n; i++)
        to[i] = value;
}

/* Rows in which nothing is held: the value is the cash. */
static void read_flat(SySeriesReader *reader, gsize n, const SySeriesBlock *to) {
    fill(to->value, n, reader->cash);
    if (to->returns) {
        to->returns[0] = growth(reader->value, reader->cash);
        fill(to->returns + 1, n - 1, growth(reader->cash, reader->cash));
    }
    if (to->gross)
        memset(to->gross, 0, n * sizeof *to->gross);
    reader->value = reader->cash;
}

static bool all_positive(const double *x, gsize n) {
    bool positive = true;
    for (gsize i = 0; i < n; i++)
        positive &= x[i] > 0;
    return positive;
}

static void divide_exposure(const double *exposed, const double *value, gsize n, double *gross) {
    gsize i = 0;
    if (all_positive(value, n))
        for (; i + 2 <= n; i += 2)
            sy_lanes_store(gross + i, sy_lanes_load(exposed + i) / sy_lanes_load(value + i));
    for (; i < n; i++) {
        double part = value[i] > 0 ? exposed[i] / value[i] : INFINITY;
        gross[i] = exposed[i] > 0 ? part : 0;
    }
}

static void divide_values(double before, const double *value, gsize n, double *returns) {
    gsize i = 1;
    returns[0] = growth(before, value[0]);
    if (all_positive(value, n))
        for (; i + 2 <= n; i += 2)
            sy_lanes_store(returns + i,
                           sy_lanes_load(value + i) / sy_lanes_load(value + i - 1) - 1);
    for (; i < n; i++)
        returns[i] = growth(value[i - 1], value[i]);
}

static void read_held(SySeriesReader *reader, gsize n, const SySeriesBlock *to) {
    enum { BLOCK = 512 };
    double exposed[BLOCK];
    for (gsize done = 0; done < n; done += BLOCK) {
        gsize rows = MIN((gsize)BLOCK, n - done);
        double *value = to->value + done, before = reader->value;
        fill(value, rows, reader->cash);
        memset(exposed, 0, rows * sizeof *exposed);
        for (gsize m = 0; m < reader->members; m++)
            if (reader->member[m].position != 0)
                add_member(&reader->member[m], reader->row + done, rows, value, exposed);
        if (to->gross)
            divide_exposure(exposed, value, rows, to->gross + done);
        if (to->returns)
            divide_values(before, value, rows, to->returns + done);
        reader->value = value[rows - 1];
    }
}

static bool holds(const SySeriesReader *reader) {
    for (gsize m = 0; m < reader->members; m++)
        if (reader->member[m].position != 0)
            return true;
    return false;
}

static SySeriesBlock from(const SySeriesBlock *block, gsize row) {
    return (SySeriesBlock){
        .value = block->value + row,
        .cash = block->cash ? block->cash + row : NULL,
        .returns = block->returns ? block->returns + row : NULL,
        .gross = block->gross ? block->gross + row : NULL,
    };
}

void sy_series_read(SySeriesReader *reader, gsize n, const SySeriesBlock *block) {
    for (gsize done = 0; done < n;) {
        gsize next = take_marks(reader), rows = MIN(next - reader->row, n - done);
        SySeriesBlock to = from(block, done);
        if (to.cash)
            fill(to.cash, rows, reader->cash);
        for (gsize m = 0; block->position && m < reader->members; m++)
            fill(block->position + m * block->apart + done, rows, reader->member[m].position);
        (holds(reader) ? read_held : read_flat)(reader, rows, &to);
        reader->row += rows;
        done += rows;
    }
}

static bool was_paid_in(const SyLedger *ledger, gsize group) {
    SyLedgerRange range = sy_ledger_range(ledger, group);
    for (guint i = range.first.marks; i < range.end.marks; i++)
        if (sy_ledger_mark(ledger, i)->deposit != 0)
            return true;
    return false;
}

const double *sy_series_grown(const SyLedger *ledger, gsize group, const double *value,
                              const double *returns, double *buffer) {
    if (!was_paid_in(ledger, group))
        return value;
    double grown = ledger->init_value[group];
    for (gsize row = 0; row < ledger->rows; row++) {
        if (!isnan(returns[row]))
            grown *= 1 + returns[row];
        buffer[row] = grown;
    }
    return buffer;
}

void sy_series_position(const SyLedger *ledger, gsize column, double *position) {
    SyLedgerRange range = sy_ledger_range(ledger, ledger->group_of_column[column]);
    gsize row = 0;
    double held = 0;
    for (guint i = range.first.marks; i < range.end.marks; i++) {
        const SyLedgerMark *mark = sy_ledger_mark(ledger, i);
        if (mark->column != column)
            continue;
        fill(position + row, mark->row - row, held);
        row = mark->row;
        held = mark->position;
    }
    fill(position + row, ledger->rows - row, held);
}
