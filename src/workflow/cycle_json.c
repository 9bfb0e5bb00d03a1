/* A cycle as JSON: what `--json` prints and what tasks after a trade find in a file. */
#include "workflow/cycle_json.h"

#include <jansson.h>
#include <math.h>
#include <stdlib.h>

static const char *const state_names[] = {"short", "flat", "long"};

const char *sy_cycle_state_name(double position) {
    return state_names[(position > 0) - (position < 0) + 1];
}

static json_t *number(double value) { return isfinite(value) ? json_real(value) : json_null(); }

static json_t *time_text(SyTime time) {
    char buffer[SY_TIME_TEXT_SIZE];
    return json_string(sy_time_format(time, buffer));
}

static json_t *legs_json(const SyCycle *cycle) {
    const SyPanel *panel = cycle->result.panel;
    json_t *legs = json_array();
    for (gsize i = 0; i < cycle->decision->legs; i++) {
        const SyLegDecision *leg = &cycle->decision->leg[i];
        gsize row = cycle->decision->row;
        json_array_append_new(
            legs, json_pack("{s:s, s:o, s:o, s:s, s:o, s:o, s:s, s:s}", "symbol", panel->symbol[i],
                            "close", number(sy_panel_column(panel, SY_CLOSE, i)[row]), "output",
                            number(sy_matrix_column(cycle->result.model->output, i)[row]), "wanted",
                            sy_cycle_state_name(leg->wanted), "wanted_since",
                            time_text(panel->time[leg->wanted_since]), "held", number(leg->held),
                            "action", sy_action_names[leg->action], "reason", leg->reason));
    }
    return legs;
}

static json_t *orders_json(const SyCycle *cycle) {
    json_t *orders = json_array();
    bool would = sy_cycle_ends[cycle->end].would;
    for (guint i = 0; i < cycle->outcomes->len; i++) {
        const SyOrderOutcome *order = &g_array_index(cycle->outcomes, SyOrderOutcome, i);
        json_array_append_new(
            orders,
            json_pack("{s:s, s:s, s:s, s:o, s:o, s:o, s:o, s:s, s:s}", "client_id",
                      order->client_id, "symbol", cycle->result.panel->symbol[order->intent.column],
                      "side", sy_side_names[order->intent.side], "size_requested",
                      number(order->intent.size), "size", number(order->size), "price",
                      number(order->price), "fees", number(order->fees), "state",
                      would ? "not_sent" : order->state, "reason", order->reason));
    }
    return orders;
}

static json_t *accounts_json(const SyCycle *cycle) {
    json_t *accounts = json_array();
    for (gsize g = 0; g < cycle->book->groups; g++)
        json_array_append_new(accounts,
                              json_pack("{s:o, s:o, s:o}", "equity", number(cycle->equity[g]),
                                        "cash", number(cycle->book->cash[g]), "capital",
                                        number(cycle->book->capital[g])));
    return accounts;
}

/* Paths are bytes, JSON is UTF-8. */
static json_t *reports_json(const GPtrArray *paths) {
    json_t *reports = json_array();
    for (guint i = 0; i < paths->len; i++) {
        g_autofree char *text = g_utf8_make_valid(paths->pdata[i], -1);
        json_array_append_new(reports, json_string(text));
    }
    return reports;
}

char *sy_cycle_json(const SyStrategy *strategy, const SyCycle *cycle,
                    const GPtrArray *report_paths) {
    const SyPanel *panel = cycle->result.panel;
    json_t *root = json_pack(
        "{s:s, s:s, s:o, s:I, s:n, s:o}", "study_name", strategy->template->meta.study_name,
        "template_hash", strategy->template->document->hash, "bar_time",
        time_text(panel->time[panel->rows - 1]), "rows", (json_int_t)panel->rows, "decision",
        "reports", reports_json(report_paths));
    g_assert(root);
    if (cycle->decision) {
        json_object_set_new(root, "decision", json_string(sy_cycle_ends[cycle->end].name));
        json_object_set_new(root, "legs", legs_json(cycle));
        json_object_set_new(root, "orders", orders_json(cycle));
        json_object_set_new(root, "accounts", accounts_json(cycle));
    }
    char *text = json_dumps(root, JSON_COMPACT | JSON_REAL_PRECISION(17));
    char *copy = g_strdup(text);
    free(text);
    json_decref(root);
    return copy;
}
