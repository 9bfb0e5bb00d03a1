/* Output of run_app --once: one screen that says what was decided and why. */
#include "cli/show.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

#include "workflow/cycle_json.h"

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
               sy_cycle_state_name(leg->wanted),
               sy_time_format(panel->time[leg->wanted_since], since), leg->held,
               sy_action_names[leg->action], leg->reason);
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

void sy_show_cycle_json(const SyStrategy *strategy, const SyCycle *cycle,
                        const GPtrArray *report_paths) {
    g_autofree char *text = sy_cycle_json(strategy, cycle, report_paths);
    puts(text);
}
