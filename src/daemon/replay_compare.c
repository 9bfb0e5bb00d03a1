/* Two lists of orders by bar and leg, and beside them the rule of live decisions applied to the
 * bars that were decided: it says which orders the replay had to make. */
#include "daemon/replay_compare.h"

#include <string.h>

#include "base/error.h"
#include "store/orders.h"

typedef struct {
    const SyPanel *panel;
    const SyLedger *ledger;         /* of the backtest */
    GArray *orders;                 /* SyOrderRow of the replay, by bar, then leg */
    guint next;                     /* of them */
    const SyOrderRecord **backtest; /* [columns × rows] filled orders, NULL: none */
    bool *decided;                  /* [rows] */
    int *held;                      /* [columns] sign of what the replay holds */
    bool parted;                    /* the accounts are no longer the same */
    SyReplayHistory *replay;
} Comparison;

static int sign(double x) { return (x > 0) - (x < 0); }

static int side_sign(SySide side) { return side == SY_BUY ? 1 : -1; }

/* The filled order of the replay on a row and leg; NULL where there is none. Rows and legs are
 * asked for in ascending order. */
static const SyOrderRow *take_order(Comparison *c, gsize row, gsize leg) {
    while (c->next < c->orders->len) {
        const SyOrderRow *order = &g_array_index(c->orders, SyOrderRow, c->next);
        SyTime time = c->panel->time[row];
        if (order->bar > time || (order->bar == time && order->leg > leg))
            return NULL;
        c->next++;
        if (order->bar == time && order->leg == leg && order->size > 0)
            return order;
    }
    return NULL;
}

/* What the rule asks of a leg on a row. */
static SyAction action_of(const Comparison *c, gsize row, gsize leg) {
    const double *position = c->ledger->position + leg * c->ledger->rows;
    int wanted = sign(position[row]);
    bool fresh = row > 0 && sign(position[row - 1]) != wanted;
    return c->decided[row] ? sy_action_choose(wanted, c->held[leg], fresh) : SY_ACTION_NONE;
}

static bool trades(SyAction action) {
    return action == SY_ACTION_ENTER || action == SY_ACTION_EXIT || action == SY_ACTION_REVERSE;
}

static const char *explanation(const Comparison *c, gsize row, const SyOrderRecord *backtest) {
    if (!c->decided[row])
        return "the bar was not decided";
    return backtest ? "what it belongs to was not entered" : "exit of a bar that was not decided";
}

static char *describe(bool there, SySide side, double size, double price) {
    return there ? g_strdup_printf("%s %.15g at %.15g", side == SY_BUY ? "buys" : "sells", size,
                                   price)
                 : g_strdup("nothing");
}

static void add_difference(Comparison *c, gsize row, gsize leg, const SyOrderRecord *backtest,
                           const SyOrderRow *replay, bool explained) {
    g_autofree char *first =
        describe(backtest != NULL, backtest ? backtest->side : SY_BUY,
                 backtest ? backtest->size : 0, backtest ? backtest->price : 0);
    g_autofree char *second = describe(replay != NULL, replay ? replay->side : SY_BUY,
                                       replay ? replay->size : 0, replay ? replay->price : 0);
    const SyReplayDifference difference = {
        .time = c->panel->time[row],
        .text =
            g_strdup_printf("%s: backtest %s, replay %s: %s", c->panel->symbol[leg], first, second,
                            explained ? explanation(c, row, backtest) : "NOT EXPLAINED"),
        .explained = explained,
    };
    g_array_append_val(c->replay->differences, difference);
    c->replay->unexplained += !explained;
    c->parted = true;
}

static bool same_bits(const SyOrderRecord *backtest, const SyOrderRow *replay) {
    return backtest->side == replay->side && backtest->size == replay->size &&
           backtest->price == replay->price && backtest->fees == replay->fees;
}

static void compare_leg(Comparison *c, gsize row, gsize leg) {
    const SyOrderRecord *backtest = c->backtest[leg * c->ledger->rows + row];
    const SyOrderRow *replay = take_order(c, row, leg);
    SyAction action = action_of(c, row, leg);
    bool expected = trades(action) == (replay != NULL);
    c->replay->orders += replay != NULL;
    c->replay->backtest_orders += backtest != NULL;
    if (!backtest != !replay || !expected)
        add_difference(c, row, leg, backtest, replay, expected);
    else if (backtest && same_bits(backtest, replay))
        c->replay->equal++;
    else if (backtest && c->parted && backtest->side == replay->side &&
             backtest->price == replay->price)
        c->replay->scaled++;
    else if (backtest)
        add_difference(c, row, leg, backtest, replay, false);
    if (replay)
        c->held[leg] = replay->closes ? 0 : side_sign(replay->side);
}

static bool mark_decided(Comparison *c, SyStore *store, const char *study, GError **error) {
    const SyReplayHistory *replay = c->replay;
    g_autoptr(GArray) bars =
        sy_store_load_decided(store, study, replay->first, replay->last, error);
    if (!bars)
        return false;
    guint next = 0;
    for (gsize row = 0; row < c->panel->rows && next < bars->len; row++)
        if (c->panel->time[row] == g_array_index(bars, SyTime, next)) {
            c->decided[row] = true;
            next++;
        }
    return next == bars->len ||
           sy_fail(
               error, SY_ERROR_FAILED,
               "the replay decided a bar that the backtest has not: the data changed meanwhile");
}

/* The backtest's orders by leg and row. Returns whether it traded before `first`. */
static bool index_backtest(Comparison *c, SyTime first) {
    bool before = false;
    for (guint i = 0; i < c->ledger->orders->len; i++) {
        const SyOrderRecord *order = sy_ledger_order(c->ledger, i);
        if (order->size <= 0)
            continue;
        c->backtest[order->column * c->ledger->rows + order->row] = order;
        before |= c->panel->time[order->row] < first;
    }
    return before;
}

bool sy_replay_compare(SyStore *store, const SyStrategy *strategy, const SyPipelineResult *backtest,
                       SyReplayHistory *replay, GError **error) {
    const char *study = strategy->template->meta.study_name;
    const SyLedger *ledger = backtest->ledger;
    g_autoptr(GArray) orders =
        sy_store_load_orders(store, study, replay->first, replay->last, error);
    if (!orders)
        return false;
    g_autofree const SyOrderRecord **records =
        g_new0(const SyOrderRecord *, ledger->columns * ledger->rows);
    g_autofree bool *decided = g_new0(bool, ledger->rows);
    g_autofree int *held = g_new0(int, ledger->columns);
    Comparison c = {.panel = backtest->panel,
                    .ledger = ledger,
                    .orders = orders,
                    .backtest = records,
                    .decided = decided,
                    .held = held,
                    .replay = replay};
    c.parted = index_backtest(&c, replay->first);
    if (!mark_decided(&c, store, study, error))
        return false;
    for (gsize row = 0; row < ledger->rows; row++) {
        if (c.panel->time[row] < replay->first || c.panel->time[row] > replay->last)
            continue;
        replay->bars++;
        replay->decided += decided[row];
        for (gsize leg = 0; leg < ledger->columns; leg++)
            compare_leg(&c, row, leg);
    }
    return true;
}
