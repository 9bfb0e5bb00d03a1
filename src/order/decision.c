/* The rule that restart, resume and every live bar share; see decision.h. */
#include "order/decision.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

#include "data/panel.h"

const char *const sy_action_names[] = {"none", "enter", "exit", "reverse", "wait"};

SyAction sy_action_choose(int wanted, int held, bool fresh) {
    if (wanted == held)
        return SY_ACTION_NONE;
    if (held == 0)
        return fresh ? SY_ACTION_ENTER : SY_ACTION_WAIT;
    if (wanted == 0)
        return SY_ACTION_EXIT;
    return fresh ? SY_ACTION_REVERSE : SY_ACTION_EXIT;
}

static int sign(double x) { return (x > 0) - (x < 0); }

static const char *reason_of(const SyLegDecision *leg) {
    switch (leg->action) {
    case SY_ACTION_NONE:
        return leg->wanted ? "held as wanted" : "flat as wanted";
    case SY_ACTION_ENTER:
        return "the wanted state began on this bar";
    case SY_ACTION_WAIT:
        return "the wanted state began on an earlier bar: waiting for a fresh entry";
    case SY_ACTION_REVERSE:
        return "the model changed sides on this bar";
    case SY_ACTION_EXIT:
        if (leg->wanted)
            return "the model has changed sides on an earlier bar: exit now, waiting for a fresh "
                   "entry";
        return leg->fresh ? "the model left on this bar"
                          : "late exit: the model left on an earlier bar";
    }
    return "";
}

static SyLegDecision decide_leg(const SyLedger *ledger, gsize column, double held) {
    const double *position = ledger->position + column * ledger->rows;
    gsize last = ledger->rows - 1, since = last;
    int wanted = sign(position[last]);
    while (since > 0 && sign(position[since - 1]) == wanted)
        since--;
    SyLegDecision leg = {
        .wanted = wanted, .wanted_since = since, .fresh = since == last && last > 0, .held = held};
    leg.action = sy_action_choose(wanted, sign(held), leg.fresh);
    leg.reason = reason_of(&leg);
    return leg;
}

/* Value of a group just before the last row's orders, at the last row's prices. */
static double value_before_orders(const SyLedger *ledger, const double *close, gsize group) {
    gsize rows = ledger->rows, last = rows - 1;
    if (last == 0)
        return ledger->init_value[group];
    double value = ledger->cash[group * rows + last - 1];
    for (gsize c = 0; c < ledger->columns; c++) {
        double units = ledger->position[c * rows + last - 1];
        if (ledger->group_of_column[c] == group && units != 0)
            value += units * sy_panel_newest(close + c * rows, rows);
    }
    return value;
}

static bool enters(SyAction action) {
    return action == SY_ACTION_ENTER || action == SY_ACTION_REVERSE;
}

/* True if the simulation traded a leg on the decided row. */
static bool traded(const SyDecision *decision, const SyLedger *ledger, gsize column) {
    for (guint i = ledger->orders->len; i-- > 0;) {
        const SyOrderRecord *order = sy_ledger_order(ledger, i);
        if (order->row == decision->row && order->column == column && order->size > 0)
            return true;
    }
    return false;
}

static void add_exit(SyDecision *decision, double price, gsize column) {
    double held = decision->leg[column].held;
    SyIntent exit = {column, held > 0 ? SY_SELL : SY_BUY, fabs(held), true, price};
    g_array_append_val(decision->intents, exit);
}

/* A reversal is one order that closes what is held and opens the other side, as in the simulation.
 */
static void add_entry(SyDecision *decision, double price, gsize column, double size) {
    const SyLegDecision *leg = &decision->leg[column];
    if (leg->action == SY_ACTION_REVERSE)
        size += fabs(leg->held);
    SyIntent entry = {column, leg->wanted > 0 ? SY_BUY : SY_SELL, size, false, price};
    g_array_append_val(decision->intents, entry);
}

/* Exits that the simulation made on an earlier row come first, sales before covers: they free cash.
 */
static void add_late_exits(SyDecision *decision, const SyLedger *ledger, const double *price) {
    for (int sales = 1; sales >= 0; sales--)
        for (gsize c = 0; c < decision->legs; c++) {
            const SyLegDecision *leg = &decision->leg[c];
            if (leg->action == SY_ACTION_EXIT && (leg->held > 0) == sales &&
                !traded(decision, ledger, c))
                add_exit(decision, price[c], c);
        }
}

/* The rest follows the simulation's own order of work, so that the same leg is the one that cash
 * cuts, at its prices: a stop's is not the close. */
static void add_in_sequence(SyDecision *decision, const SyLedger *ledger) {
    for (guint i = 0; i < ledger->orders->len; i++) {
        const SyOrderRecord *order = sy_ledger_order(ledger, i);
        if (order->row != decision->row || order->size <= 0)
            continue;
        gsize column = order->column;
        SyLegDecision *leg = &decision->leg[column];
        double units = ledger->position[column * ledger->rows + decision->row];
        double size = fabs(units) * decision->scale[ledger->group_of_column[column]];
        if (leg->action == SY_ACTION_EXIT) {
            add_exit(decision, order->point, column);
            if (strcmp(order->type, "signal") != 0)
                leg->reason = "a stop was hit on this bar";
        }
        if (enters(leg->action) && size > 0)
            add_entry(decision, order->point, column, size);
    }
}

/* True if a leg that would trade has no price; then nothing trades on this bar. */
static bool hold_back(SyDecision *decision, const double *price) {
    bool missing = false;
    for (gsize c = 0; c < decision->legs; c++) {
        SyAction action = decision->leg[c].action;
        missing |= (action == SY_ACTION_EXIT || enters(action)) && isnan(price[c]);
    }
    for (gsize c = 0; missing && c < decision->legs; c++)
        if (decision->leg[c].action != SY_ACTION_NONE) {
            decision->leg[c].action = SY_ACTION_WAIT;
            decision->leg[c].reason = "a leg has no price on this bar: no order on any leg";
        }
    return missing;
}

SyDecision *sy_decision_make(const SyLedger *ledger, const double *close, const double *held,
                             const double *equity) {
    g_assert(ledger->rows > 0);
    SyDecision *decision = g_new0(SyDecision, 1);
    decision->row = ledger->rows - 1;
    decision->legs = ledger->columns;
    decision->leg = g_new0(SyLegDecision, MAX(ledger->columns, 1));
    decision->intents = g_array_new(FALSE, FALSE, sizeof(SyIntent));
    g_autofree double *price = g_new(double, MAX(ledger->columns, 1));
    for (gsize c = 0; c < ledger->columns; c++) {
        price[c] = close[c * ledger->rows + decision->row];
        decision->leg[c] = decide_leg(ledger, c, held[c]);
    }
    decision->groups = ledger->groups;
    decision->scale = g_new(double, MAX(ledger->groups, 1));
    for (gsize g = 0; g < ledger->groups; g++) {
        double simulated = value_before_orders(ledger, close, g);
        decision->scale[g] = isinf(simulated) ? 1
                             : simulated > 0  ? MAX(equity[g], 0) / simulated
                                              : 0;
    }
    if (hold_back(decision, price))
        return decision;
    add_late_exits(decision, ledger, price);
    add_in_sequence(decision, ledger);
    return decision;
}

void sy_decision_free(SyDecision *decision) {
    if (!decision)
        return;
    g_free(decision->leg);
    g_free(decision->scale);
    g_array_unref(decision->intents);
    g_free(decision);
}

const char *sy_client_id(const char *study, const char *symbol, gint64 slot, gsize leg,
                         int revision, char buffer[static SY_CLIENT_ID_SIZE]) {
    g_autofree char *body = g_strdup_printf("%s\n%s\n%" G_GINT64_FORMAT "\n%" G_GSIZE_FORMAT "\n%d",
                                            study, symbol, slot, leg, revision);
    g_autofree char *digest = g_compute_checksum_for_string(G_CHECKSUM_SHA256, body, -1);
    snprintf(buffer, SY_CLIENT_ID_SIZE, "sy-%.32s", digest);
    return buffer;
}
