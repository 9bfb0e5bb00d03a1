/* The trade job. Deciding is order/decision, filling is broker/paper, remembering is store; this
 * file puts them in sequence and keeps the audit of runs that fail. */
#include "workflow/cycle.h"

#include <math.h>

#include "base/error.h"

const char *const sy_cycle_end_names[] = {"stored", "already_decided", "dry_run", "too_late"};

/* A paper order fills at the close of the decided bar, so only templates whose simulation does the
 * same are traded: backtest and live stay one thing. */
static bool check_tradable(const SyStrategy *strategy, GError **error) {
    const SyPortfolioConfig *portfolio = &strategy->portfolio_config;
    if (portfolio->price != SY_PRICE_CLOSE || portfolio->from_ago != 0)
        return sy_fail(
            error, SY_ERROR_TEMPLATE,
            "%s: [portfolio] price and from_ago: this template can be backtested but not run: "
            "paper orders fill at the close of the decided bar; set price = \"close\" and "
            "from_ago = 0",
            strategy->template->document->name);
    return true;
}

/* The newest price of a leg that is not missing; NaN where there is none. */
static double last_price(const SyPanel *panel, gsize leg) {
    const double *close = sy_panel_column(panel, SY_CLOSE, leg);
    gsize row = panel->rows;
    while (row > 0 && isnan(close[row - 1]))
        row--;
    return row ? close[row - 1] : NAN;
}

static void value_book(const SyPanel *panel, const SyLedger *ledger, const SySubLedger *book,
                       double *equity) {
    for (gsize g = 0; g < book->groups; g++)
        equity[g] = book->cash[g];
    for (gsize leg = 0; leg < book->legs; leg++)
        if (book->quantity[leg] != 0)
            equity[ledger->group_of_column[leg]] += book->quantity[leg] * last_price(panel, leg);
}

/* The book as stored, or a new one that begins with the cash that the simulation began with. */
static SySubLedger *open_book(const SyStrategy *strategy, const SyPipelineResult *result,
                              SyStore *store, GError **error) {
    const SyLedger *ledger = result->ledger;
    g_autoptr(SySubLedger) book = sy_sub_ledger_new(ledger->groups, ledger->columns);
    bool found = false;
    if (!sy_store_load_sub_ledger(store, strategy->template->meta.study_name, result->panel->symbol,
                                  book, &found, error))
        return NULL;
    for (gsize g = 0; !found && g < book->groups; g++)
        book->capital[g] = book->cash[g] = book->free_cash[g] = ledger->init_cash[g];
    return g_steal_pointer(&book);
}

static SySubLedger *copy_book(const SySubLedger *book) {
    SySubLedger *copy = sy_sub_ledger_new(book->groups, book->legs);
    for (gsize g = 0; g < book->groups; g++) {
        copy->capital[g] = book->capital[g];
        copy->cash[g] = book->cash[g];
        copy->free_cash[g] = book->free_cash[g];
    }
    for (gsize leg = 0; leg < book->legs; leg++) {
        copy->quantity[leg] = book->quantity[leg];
        copy->debt[leg] = book->debt[leg];
        copy->locked[leg] = book->locked[leg];
    }
    copy->decided = book->decided;
    return copy;
}

static SyCycleEnd choose_end(const SyCycleOptions *options, const SyCycle *cycle) {
    SyTime now = sy_env_now(options->pipeline.loader.env);
    if (cycle->book->decided != SY_TIME_NONE && cycle->book->decided >= cycle->bar_time)
        return SY_CYCLE_ALREADY;
    if (options->dry_run)
        return SY_CYCLE_DRY;
    double late_seconds = (double)(now - cycle->bar_time) / (double)SY_SECOND;
    return late_seconds > options->max_buffer_seconds ? SY_CYCLE_LATE : SY_CYCLE_STORED;
}

static SyRunRecord start_record(const SyStrategy *strategy, const SyCycleOptions *options) {
    return (SyRunRecord){.study = strategy->template->meta.study_name,
                         .template_hash = strategy->template->document->hash,
                         .template_text = strategy->template->document->text,
                         .started = sy_env_now(options->pipeline.loader.env),
                         .bar_time = SY_TIME_NONE,
                         .status = "succeeded",
                         .message = ""};
}

/* Keeps a run that ended with an error. The run's own error stays the one that is reported: a store
 * that cannot keep the run adds to it. */
static bool store_failure(const SyCycleOptions *options, SyStore *store, SyRunRecord *run,
                          const SyPipelineResult *result, GError **error) {
    if (options->dry_run)
        return false;
    g_autoptr(GError) second = NULL;
    bool outdated = g_error_matches(*error, SY_ERROR, SY_ERROR_OUTDATED);
    run->status = outdated ? "outdated" : "failed";
    run->message = (*error)->message;
    run->ended = sy_env_now(options->pipeline.loader.env);
    if (result->panel) {
        run->rows = (gint64)result->panel->rows;
        run->bar_time = sy_panel_newest_bar(result->panel);
    }
    if (!sy_store_add_run(store, run, &second))
        g_prefix_error(error, "this run could not be stored (%s): ", second->message);
    return false;
}

/* Fills the orders and commits decision, orders, fills and book. */
static bool carry_out(const SyStrategy *strategy, const SyCycleOptions *options, SyStore *store,
                      SyRunRecord *run, SyCycle *cycle, GError **error) {
    const SyPanel *panel = cycle->result.panel;
    g_autoptr(SySubLedger) after = copy_book(cycle->book);
    cycle->outcomes = options->work_orders(
        cycle->decision, &strategy->portfolio_config, cycle->result.ledger,
        strategy->template->meta.study_name, panel->symbol, cycle->bar_time, after);
    if (cycle->end != SY_CYCLE_STORED)
        return true;
    g_autofree char *fingerprint = sy_panel_fingerprint(panel);
    g_autofree double *price = g_new(double, panel->symbols),
                      *output = g_new(double, panel->symbols);
    for (gsize leg = 0; leg < panel->symbols; leg++) {
        price[leg] = sy_panel_column(panel, SY_CLOSE, leg)[cycle->decision->row];
        output[leg] = sy_matrix_column(cycle->result.model->output, leg)[cycle->decision->row];
    }
    run->bar_time = cycle->bar_time;
    run->data_fingerprint = fingerprint;
    run->rows = (gint64)panel->rows;
    run->ended = sy_env_now(options->pipeline.loader.env);
    bool already = false;
    if (!sy_store_add_decision(store, run, cycle->decision, panel->symbol, panel->time, price,
                               output, cycle->outcomes, after, &already, error))
        return false;
    if (already) {
        cycle->end = SY_CYCLE_ALREADY;
        return true;
    }
    sy_sub_ledger_free(cycle->book);
    cycle->book = g_steal_pointer(&after);
    cycle->book->decided = cycle->bar_time;
    value_book(panel, cycle->result.ledger, cycle->book, cycle->equity);
    return true;
}

bool sy_cycle_run(const SyStrategy *strategy, const SyCycleOptions *options, SyStore *store,
                  SyCycle *cycle, GError **error) {
    *cycle = (SyCycle){.bar_time = SY_TIME_NONE};
    SyRunRecord run = start_record(strategy, options);
    SyPipelineResult *result = &cycle->result;
    if (!check_tradable(strategy, error) ||
        !sy_pipeline_run(strategy, &options->pipeline, result, error))
        return store_failure(options, store, &run, result, error);
    cycle->bar_time = result->panel->time[result->panel->rows - 1];
    cycle->book = open_book(strategy, result, store, error);
    if (!cycle->book)
        return store_failure(options, store, &run, result, error);
    cycle->equity = g_new0(double, MAX(cycle->book->groups, 1));
    value_book(result->panel, result->ledger, cycle->book, cycle->equity);
    cycle->decision = sy_decision_make(result->ledger, result->prices.close, cycle->book->quantity,
                                       cycle->equity);
    cycle->end = choose_end(options, cycle);
    return carry_out(strategy, options, store, &run, cycle, error) ||
           store_failure(options, store, &run, result, error);
}

void sy_cycle_clear(SyCycle *cycle) {
    sy_pipeline_result_clear(&cycle->result);
    sy_decision_free(cycle->decision);
    g_clear_pointer(&cycle->outcomes, g_array_unref);
    sy_sub_ledger_free(cycle->book);
    g_free(cycle->equity);
    *cycle = (SyCycle){.bar_time = SY_TIME_NONE};
}
