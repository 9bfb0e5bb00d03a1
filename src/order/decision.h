/* From the simulation to what a strategy does on the newest closed bar: wanted against held.
 *
 * The wanted state of a leg is its simulated position on the newest row, by the simulation's own
 * code; the held state comes from the strategy's ledger. Same: nothing, never a re-sizing. Wanted
 * open, held flat: enter only if the wanted state began on this bar. Wanted flat, held open: exit,
 * even if the exit belongs to an earlier bar. Opposite: exit now, enter only if fresh. A miss can
 * cost an entry; it never keeps a position that the model has left. */
#ifndef SY_ORDER_DECISION_H
#define SY_ORDER_DECISION_H

#include "data/ledger.h"

typedef enum {
    SY_ACTION_NONE,
    SY_ACTION_ENTER,
    SY_ACTION_EXIT,
    SY_ACTION_REVERSE, /* one order that exits and enters the other side */
    SY_ACTION_WAIT,    /* the wanted state began earlier: wait for a fresh entry */
} SyAction;

extern const char *const sy_action_names[]; /* "none", "enter", … */

/* What is to be done with one leg, by the signs of wanted and held (-1, 0, 1). */
SyAction sy_action_choose(int wanted, int held, bool fresh);

/* One leg of a decision. */
typedef struct {
    int wanted;         /* -1 short, 0 flat, 1 long */
    gsize wanted_since; /* row on which the wanted state began; row 0 where it always was */
    bool fresh;         /* wanted_since is the decided row */
    double held;        /* units before the decision */
    SyAction action;
    const char *reason; /* static text for people */
} SyLegDecision;

/* An order that the decision asks for. */
typedef struct {
    gsize column;
    SySide side;
    double size;  /* units, > 0 */
    bool closes;  /* closes the whole held position and opens nothing */
    double price; /* decision price, before slippage: close of the decided bar, or that of a stop */
} SyIntent;

typedef struct {
    gsize row, legs;
    SyLegDecision *leg; /* [legs] */
    GArray *intents; /* SyIntent in the order of work: late exits, then as the simulation worked */
    gsize groups;
    double *scale; /* [groups] of entries: own equity / simulated value before the orders */
} SyDecision;

/* Decides on the last row of a ledger.
 *
 * close   [columns × rows] prices that signals filled at
 * held    [columns] units in the strategy's ledger
 * equity  [groups] money: the strategy's equity at `close` of the last row; entries are the
 *         simulation's position scaled by equity / simulated group value before the row's orders
 *
 * A NaN price on a leg that would trade: no order on any leg, and the reasons say so. Never fails;
 * free with sy_decision_free. Cost: O(columns · rows since the wanted state began). */
SyDecision *sy_decision_make(const SyLedger *ledger, const double *close, const double *held,
                             const double *equity);
void sy_decision_free(SyDecision *decision);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(SyDecision, sy_decision_free)

#define SY_CLIENT_ID_SIZE 37
/* Client order id: a function of study, symbol, slot (nominal time), leg and revision, so that the
 * same order has the same id however often it is decided. ≤ 36 characters of [a-z0-9-]. Returns
 * buffer. */
const char *sy_client_id(const char *study, const char *symbol, gint64 slot, gsize leg,
                         int revision, char buffer[static SY_CLIENT_ID_SIZE]);

/* One order with its outcome. */
typedef struct {
    char client_id[SY_CLIENT_ID_SIZE];
    SyIntent intent;
    double size, price, fees; /* filled; size 0 = nothing */
    const char *state;        /* "filled", "partly_filled", "rejected" */
    const char *reason;
} SyOrderOutcome;

#endif
