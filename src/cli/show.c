/* Output of run_app --once: one screen that says what was decided and why. */
#include "cli/show.h"

#include <jansson.h>
#include <math.h>
#include <stdio.h>
#include <string.h>

static const char *const state_names[] = {"short", "flat", "long"};

static const char *state_name(double position) {
    return state_names[(position > 0) - (position < 0) + 1];
}

/* ---- people ---- */

static void show_head(const SyStrategy *strategy, const SyCycle *cycle) {
    const SyPanel *panel = cycle->result.panel;
    char bar[SY_TIME_TEXT_SIZE], first[SY_TIME_TEXT_SIZE], timeframe[SY_TIME_TEXT_SIZE];
    g_autofree char *symbols = g_strjoinv(", ", panel->symbol);
    printf("%s: %s of %s over %s, %s bars\n", strategy->template->meta.study_name,
           strategy->rule->name, strategy->model->name, symbols,
           sy_timeframe_format(panel->timeframe, timeframe));
    printf("bar      %s (%" G_GSIZE_FORMAT " bars since %s)\n",
           sy_time_format(cycle->bar_time, bar), panel->rows,
           sy_time_format(panel->time[0], first));
    const GArray *fits = cycle->result.model->fits;
    if (fits->len) {
        const SyFit *fit = &g_array_index(fits, SyFit, fits->len - 1);
        printf("model    split %u of %u: tau %.6f, %s %s(", fits->len, fits->len, fit->tau,
               fit->family, fit->rotation);
        for (gsize i = 0; i < fit->parameters; i++)
            printf("%s%.6g", i ? ", " : "", fit->parameter[i]);
        printf("), AIC %.2f\n", fit->aic);
    }
}

static void show_legs(const SyCycle *cycle) {
    const SyPanel *panel = cycle->result.panel;
    const SyDecision *decision = cycle->decision;
    int width = (int)strlen("leg");
    for (gsize i = 0; i < decision->legs; i++)
        width = MAX(width, (int)strlen(panel->symbol[i]));
    printf("\n%-*s  %12s  %8s  %-6s  %-20s  %14s  %-7s  %s\n", width, "leg", "close", "output",
           "wanted", "since", "held", "action", "reason");
    for (gsize i = 0; i < decision->legs; i++) {
        const SyLegDecision *leg = &decision->leg[i];
        char since[SY_TIME_TEXT_SIZE];
        printf("%-*s  %12.8g  %+8.4f  %-6s  %-20s  %14.8g  %-7s  %s\n", width, panel->symbol[i],
               sy_panel_column(panel, SY_CLOSE, i)[decision->row],
               sy_matrix_column(cycle->result.model->output, i)[decision->row],
               state_name(leg->wanted), sy_time_format(panel->time[leg->wanted_since], since),
               leg->held, sy_action_names[leg->action], leg->reason);
    }
}

/* What was done, or what would have been. */
static void show_orders(const SyCycle *cycle) {
    char *const *symbol = cycle->result.panel->symbol;
    bool would = sy_cycle_ends[cycle->end].would;
    if (cycle->outcomes->len == 0)
        printf("\norders   none\n");
    for (guint i = 0; i < cycle->outcomes->len; i++) {
        const SyOrderOutcome *order = &g_array_index(cycle->outcomes, SyOrderOutcome, i);
        bool some = order->size > 0;
        printf("%sorder    %s%s %s %.8g at %.8g", i ? "" : "\n", would ? "would " : "",
               sy_side_names[order->intent.side], symbol[order->intent.column],
               some ? order->size : order->intent.size, some ? order->price : order->intent.price);
        if (would)
            printf(", not sent%s%s\n", *order->reason ? ": " : "", order->reason);
        else
            printf(", %s%s%s, fees %.2f  (%s)\n", order->state, *order->reason ? ": " : "",
                   order->reason, order->fees, order->client_id);
    }
}

void sy_show_details(const SyPipelineResult *result) {
    const SyPanel *panel = result->panel;
    char first[SY_TIME_TEXT_SIZE], last[SY_TIME_TEXT_SIZE];
    fprintf(stderr, "read %s\n", panel->source);
    for (gsize s = 0; s < panel->symbols; s++) {
        const SyProvenance *from = &panel->provenance[s];
        fprintf(stderr,
                "  %s: %" G_GSIZE_FORMAT " bars, %s to %s, %" G_GSIZE_FORMAT
                " duplicates, %" G_GSIZE_FORMAT " gaps (%" G_GSIZE_FORMAT " bars), %" G_GSIZE_FORMAT
                " still forming\n",
                panel->symbol[s], from->rows, sy_time_format(from->first, first),
                sy_time_format(from->last, last), from->duplicates, from->gaps, from->missing,
                from->forming);
    }
    for (guint i = 0; i < result->model->fits->len; i++) {
        const SyFit *fit = &g_array_index(result->model->fits, SyFit, i);
        fprintf(stderr, "  split %u: from %s, tau %.6f, %s %s, log-likelihood %.3f, AIC %.3f\n",
                i + 1, sy_time_format(panel->time[fit->split.test_start], first), fit->tau,
                fit->family, fit->rotation, fit->loglik, fit->aic);
    }
}

void sy_show_reports(const GPtrArray *paths) {
    for (guint i = 0; i < paths->len; i++)
        printf("report   %s\n", (const char *)paths->pdata[i]);
}

void sy_show_cycle(const SyStrategy *strategy, const SyCycle *cycle,
                   const GPtrArray *report_paths) {
    if (!cycle->decision) {
        sy_show_reports(report_paths);
        return;
    }
    show_head(strategy, cycle);
    show_legs(cycle);
    show_orders(cycle);
    for (gsize g = 0; g < cycle->book->groups; g++)
        printf("paper    equity %.2f, cash %.2f, began with %.2f\n", cycle->equity[g],
               cycle->book->cash[g], cycle->book->capital[g]);
    printf("decision %s\n", sy_cycle_ends[cycle->end].text);
    sy_show_reports(report_paths);
}

/* ---- JSON ---- */

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
                            state_name(leg->wanted), "wanted_since",
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

void sy_show_cycle_json(const SyStrategy *strategy, const SyCycle *cycle,
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
    puts(text);
    free(text);
    json_decref(root);
}
