/* Facts of runs, as JSON. */
#include "workflow/facts.h"

#include <math.h>
#include <string.h>

#include "base/error.h"
#include "base/program.h"

/* ---- writing ---- */

static json_t *number(double value) { return isfinite(value) ? json_real(value) : json_null(); }

static json_t *moment(SyTime time) {
    return time == SY_TIME_NONE ? json_null() : json_integer(time);
}

static json_t *program_json(void) {
    const SyProgram *program = sy_program();
    return json_pack("{s:s, s:s, s:s, s:s}", "version", program->version, "build", program->build,
                     "library", program->library, "processor", program->processor);
}

/* The first 64 bits of a block's digest: enough to say where to look. */
static json_t *block_json(const SyBlockDigest *block) {
    char text[SY_DIGEST_TEXT_SIZE];
    return json_stringn(sy_digest_format(block->digest, text), 16);
}

static json_t *data_json(const SyPanel *panel, const GArray *blocks, const char *fingerprint) {
    json_t *symbols = json_array(), *digests = json_array();
    char timeframe[SY_TIME_TEXT_SIZE];
    for (gsize s = 0; s < panel->symbols; s++)
        json_array_append_new(symbols, json_string(panel->symbol[s]));
    for (guint i = 0; i < blocks->len; i++)
        json_array_append_new(digests, block_json(&g_array_index(blocks, SyBlockDigest, i)));
    return json_pack("{s:o, s:s, s:I, s:I, s:s, s:o}", "symbols", symbols, "timeframe",
                     sy_timeframe_format(panel->timeframe, timeframe), "rows",
                     (json_int_t)panel->rows, "first", (json_int_t)panel->time[0], "fingerprint",
                     fingerprint, "blocks", digests);
}

/* The newest rows of columns [rows] each. */
static json_t *columns_json(gsize columns, gsize rows, const double *values) {
    json_t *all = json_array();
    for (gsize c = 0; c < columns; c++) {
        json_t *column = json_array();
        for (gsize row = rows - MIN(rows, SY_FACTS_ROWS); row < rows; row++)
            json_array_append_new(column, number(values[c * rows + row]));
        json_array_append_new(all, column);
    }
    return all;
}

static json_t *last_json(const SyPanel *panel, const SyMatrix *output) {
    json_t *times = json_array();
    for (gsize row = panel->rows - MIN(panel->rows, SY_FACTS_ROWS); row < panel->rows; row++)
        json_array_append_new(times, json_integer(panel->time[row]));
    return json_pack("{s:o, s:o, s:o}", "time", times, "close",
                     columns_json(panel->symbols, panel->rows, panel->value[SY_CLOSE]), "output",
                     columns_json(output->columns, output->rows, sy_matrix_column(output, 0)));
}

static json_t *fit_json(const SyFit *fit) {
    json_t *parameters = json_array();
    for (gsize i = 0; i < fit->parameters; i++)
        json_array_append_new(parameters, number(fit->parameter[i]));
    return json_pack("{s:I, s:I, s:I, s:I, s:o, s:s, s:s, s:o, s:o, s:o, s:o}", "train_start",
                     (json_int_t)fit->split.train_start, "train_end",
                     (json_int_t)fit->split.train_end, "test_start",
                     (json_int_t)fit->split.test_start, "pairs", (json_int_t)fit->pairs, "tau",
                     number(fit->tau), "family", fit->family, "rotation", fit->rotation,
                     "parameters", parameters, "loglik", number(fit->loglik), "aic",
                     number(fit->aic), "bic", number(fit->bic));
}

json_t *sy_facts_fits(const GArray *fits) {
    json_t *all = json_array();
    for (guint k = 0; k < fits->len; k++)
        json_array_append_new(all, fit_json(&g_array_index(fits, SyFit, k)));
    return all;
}

char *sy_facts_fits_digest(const GArray *fits) {
    char *text = g_malloc(SY_DIGEST_TEXT_SIZE);
    guint8 result[SY_DIGEST_SIZE];
    SyDigest digest;
    sy_digest_init(&digest);
    for (guint k = 0; k < fits->len; k++) {
        const SyFit *fit = &g_array_index(fits, SyFit, k);
        const double numbers[] = {fit->tau,    fit->parameter[0], fit->parameter[1],
                                  fit->loglik, fit->aic,          fit->bic};
        sy_digest_add_count(&digest, fit->split.train_start);
        sy_digest_add_count(&digest, fit->split.train_end);
        sy_digest_add_count(&digest, fit->split.test_start);
        sy_digest_add_count(&digest, fit->pairs);
        sy_digest_add_count(&digest, fit->parameters);
        sy_digest_add_text(&digest, fit->family);
        sy_digest_add_text(&digest, fit->rotation);
        sy_digest_add(&digest, numbers, sizeof numbers);
    }
    sy_digest_end(&digest, result);
    sy_digest_format(result, text);
    return text;
}

static json_t *split_json(const GArray *fits, const SyPanel *panel) {
    if (fits->len == 0)
        return json_null();
    const SyFit *fit = &g_array_index(fits, SyFit, fits->len - 1);
    json_t *split = fit_json(fit);
    json_object_set_new(split, "number", json_integer(fits->len));
    json_object_set_new(split, "train_from", moment(panel->time[fit->split.train_start]));
    json_object_set_new(split, "train_to", moment(panel->time[fit->split.train_end - 1]));
    json_object_set_new(split, "test_from", moment(panel->time[fit->split.test_start]));
    return split;
}

static json_t *account_json(const SyCycle *cycle) {
    const SySubLedger *book = cycle->book;
    json_t *groups = json_array(), *legs = json_array();
    for (gsize g = 0; g < book->groups; g++)
        json_array_append_new(
            groups, json_pack("{s:o, s:o, s:o, s:o}", "capital", number(book->capital[g]), "cash",
                              number(book->cash[g]), "free_cash", number(book->free_cash[g]),
                              "equity", number(cycle->equity[g])));
    for (gsize leg = 0; leg < book->legs; leg++)
        json_array_append_new(
            legs, json_pack("{s:o, s:o, s:o}", "quantity", number(book->quantity[leg]), "debt",
                            number(book->debt[leg]), "locked", number(book->locked[leg])));
    return json_pack("{s:o, s:o, s:o}", "decided", moment(book->decided), "groups", groups, "legs",
                     legs);
}

static json_t *legs_json(const SyDecision *decision, const SyPanel *panel) {
    json_t *legs = json_array();
    for (gsize i = 0; i < decision->legs; i++) {
        const SyLegDecision *leg = &decision->leg[i];
        json_array_append_new(legs, json_pack("{s:s, s:i, s:I, s:o, s:s, s:s}", "symbol",
                                              panel->symbol[i], "wanted", leg->wanted, "since",
                                              (json_int_t)panel->time[leg->wanted_since], "held",
                                              number(leg->held), "action",
                                              sy_action_names[leg->action], "reason", leg->reason));
    }
    return legs;
}

/* What the simulation ordered on the decided row. */
static json_t *simulated_json(const SyLedger *ledger, gsize row, char **symbol) {
    json_t *orders = json_array();
    for (guint i = 0; i < ledger->orders->len; i++) {
        const SyOrderRecord *order = sy_ledger_order(ledger, i);
        if (order->row == row)
            json_array_append_new(
                orders,
                json_pack("{s:s, s:s, s:s, s:o, s:o, s:o, s:o, s:s, s:s}", "symbol",
                          symbol[order->column], "type", order->type, "side",
                          sy_side_names[order->side], "size_requested",
                          number(order->size_requested), "size", number(order->size), "price",
                          number(order->price), "fees", number(order->fees), "status",
                          sy_order_status_names[order->status], "reason", order->reason));
    }
    return orders;
}

static json_t *worked_json(const GArray *outcomes, char **symbol) {
    json_t *orders = json_array();
    for (guint i = 0; i < outcomes->len; i++) {
        const SyOrderOutcome *order = &g_array_index(outcomes, SyOrderOutcome, i);
        json_array_append_new(
            orders, json_pack("{s:s, s:s, s:s, s:o, s:b, s:o, s:o, s:o, s:o, s:s, s:s}", "id",
                              order->client_id, "symbol", symbol[order->intent.column], "side",
                              sy_side_names[order->intent.side], "size_requested",
                              number(order->intent.size), "closes", order->intent.closes,
                              "decision_price", number(order->intent.price), "size",
                              number(order->size), "price", number(order->price), "fees",
                              number(order->fees), "state", order->state, "reason", order->reason));
    }
    return orders;
}

static json_t *decision_json(const SyCycle *cycle) {
    const SyPanel *panel = cycle->result.panel;
    const SyDecision *decision = cycle->decision;
    json_t *scale = json_array();
    for (gsize g = 0; g < decision->groups; g++)
        json_array_append_new(scale, number(decision->scale[g]));
    return json_pack("{s:I, s:o, s:o, s:o, s:o}", "bar", (json_int_t)cycle->bar_time, "scale",
                     scale, "legs", legs_json(decision, panel), "simulated",
                     simulated_json(cycle->result.ledger, decision->row, panel->symbol), "orders",
                     worked_json(cycle->outcomes, panel->symbol));
}

json_t *sy_facts_make(const SyCycle *cycle, const GArray *blocks, const char *fingerprint) {
    const SyPanel *panel = cycle->result.panel;
    return json_pack("{s:o, s:o, s:o, s:o, s:o, s:o}", "program", program_json(), "data",
                     data_json(panel, blocks, fingerprint), "last",
                     last_json(panel, cycle->result.model->output), "split",
                     split_json(cycle->result.model->fits, panel), "account", account_json(cycle),
                     "decision", decision_json(cycle));
}

char *sy_facts_write(const json_t *facts) {
    char *text = json_dumps(facts, JSON_COMPACT | JSON_REAL_PRECISION(17));
    char *copy = g_strdup(text);
    free(text);
    return copy;
}

json_t *sy_facts_read(const char *text, GError **error) {
    json_error_t reason;
    json_t *facts = json_loads(text, 0, &reason);
    if (!facts)
        sy_fail(error, SY_ERROR_DATA, "the facts of a run are not JSON: %s", reason.text);
    return facts;
}

/* ---- revised bars ---- */

/* A bar that is not what it was. */
typedef struct {
    const char *symbol;
    SyTime time;
    const char *what; /* "close", "time", "values" */
    double before, now;
    gsize count;
} Revised;

static json_int_t integer_at(const json_t *object, const char *key) {
    return json_integer_value(json_object_get(object, key));
}

/* True where the earlier run counted from the same row of the same bars. */
static bool comparable(const json_t *data, const SyPanel *panel) {
    char timeframe[SY_TIME_TEXT_SIZE];
    const json_t *symbols = json_object_get(data, "symbols");
    const char *before = json_string_value(json_object_get(data, "timeframe"));
    bool same = json_array_size(symbols) == panel->symbols && panel->rows > 0 &&
                integer_at(data, "first") == panel->time[0] &&
                g_strcmp0(before, sy_timeframe_format(panel->timeframe, timeframe)) == 0;
    for (gsize s = 0; same && s < panel->symbols; s++)
        same = g_strcmp0(json_string_value(json_array_get(symbols, s)), panel->symbol[s]) == 0;
    return same;
}

/* Row of the panel with this time, or -1. */
static gssize row_of(const SyPanel *panel, SyTime time) {
    gsize low = 0, high = panel->rows;
    while (low < high) {
        gsize middle = (low + high) / 2;
        if (panel->time[middle] < time)
            low = middle + 1;
        else
            high = middle;
    }
    return low < panel->rows && panel->time[low] == time ? (gssize)low : -1;
}

static double real_at(const json_t *array, gsize i) {
    const json_t *value = json_array_get(array, i);
    return json_is_number(value) ? json_number_value(value) : NAN;
}

static bool same_number(double a, double b) { return a == b || (isnan(a) && isnan(b)); }

static void note(Revised *revised, const char *symbol, SyTime time, const char *what, double before,
                 double now) {
    if (revised->count++ == 0)
        *revised = (Revised){symbol, time, what, before, now, 1};
}

/* Compares the rows that the earlier run kept: here old and new are known. */
static void compare_last(const json_t *last, const SyPanel *panel, Revised *revised) {
    const json_t *times = json_object_get(last, "time"), *closes = json_object_get(last, "close");
    for (gsize i = 0; i < json_array_size(times); i++) {
        SyTime time = json_integer_value(json_array_get(times, i));
        gssize row = row_of(panel, time);
        for (gsize s = 0; s < panel->symbols; s++) {
            double before = real_at(json_array_get(closes, s), i);
            double now = row < 0 ? NAN : sy_panel_column(panel, SY_CLOSE, s)[row];
            if (row < 0 || !same_number(before, now))
                note(revised, panel->symbol[s], time, row < 0 ? "bar" : "close", before, now);
        }
    }
}

/* Finds the first block that differs: here only the time is known, and that not to the bar. */
static void compare_blocks(const json_t *data, const SyPanel *panel, const GArray *blocks,
                           Revised *revised) {
    const json_t *before = json_object_get(data, "blocks");
    gsize n = MIN(json_array_size(before), blocks->len), same = 0;
    for (; same < n; same++) {
        json_t *now = block_json(&g_array_index(blocks, SyBlockDigest, same));
        bool equal = json_equal(now, json_array_get(before, same));
        json_decref(now);
        if (!equal)
            break;
    }
    gsize row = MIN(same * SY_PANEL_BLOCK, panel->rows - 1);
    note(revised, NULL, panel->time[row], "values", NAN, NAN);
}

static char *revised_text(const Revised *revised) {
    char time[SY_TIME_TEXT_SIZE];
    sy_time_format(revised->time, time);
    g_autofree char *more =
        revised->count > 1
            ? g_strdup_printf(" (the first of %" G_GSIZE_FORMAT " such values)", revised->count)
            : g_strdup("");
    if (!revised->symbol)
        return g_strdup_printf("a bar at or after %s, on which a run decided, has been revised: "
                               "not a close of that run's newest %d bars, whose values are kept",
                               time, SY_FACTS_ROWS);
    if (strcmp(revised->what, "bar") == 0)
        return g_strdup_printf("the bar of %s that closes at %s, on which a run decided, is gone%s",
                               revised->symbol, time, more);
    return g_strdup_printf("the bar of %s that closes at %s, on which a run decided, has been "
                           "revised: close %.15g, now %.15g%s",
                           revised->symbol, time, revised->before, revised->now, more);
}

json_t *sy_facts_revised(const json_t *before, const SyPanel *panel, const GArray *blocks,
                         char **text) {
    const json_t *data = json_object_get(before, "data");
    gsize rows = (gsize)integer_at(data, "rows");
    *text = NULL;
    if (!comparable(data, panel))
        return NULL;
    if (rows <= panel->rows) {
        g_autofree char *fingerprint = sy_panel_fingerprint_head(panel, blocks, rows);
        if (g_strcmp0(fingerprint, json_string_value(json_object_get(data, "fingerprint"))) == 0)
            return NULL;
    }
    Revised revised = {.time = SY_TIME_NONE};
    compare_last(json_object_get(before, "last"), panel, &revised);
    if (revised.count == 0)
        compare_blocks(data, panel, blocks, &revised);
    *text = revised_text(&revised);
    return json_pack("{s:s*, s:I, s:s, s:o, s:o, s:I}", "symbol", revised.symbol, "time",
                     (json_int_t)revised.time, "what", revised.what, "old", number(revised.before),
                     "new", number(revised.now), "count", (json_int_t)revised.count);
}
