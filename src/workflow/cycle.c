/* The trade job. Deciding is order/decision, filling is broker/paper, remembering is store; this
 * file puts them in sequence and keeps the audit of runs that fail. */
#include "workflow/cycle.h"

#include <math.h>
#include <string.h>

#include "base/error.h"
#include "store/splits.h"
#include "workflow/facts.h"

const SyCycleEndRow sy_cycle_ends[] = {
    [SY_CYCLE_STORED] = {"stored", "decided and stored", false},
    [SY_CYCLE_ALREADY] = {"already_decided", "this bar was decided before: nothing new", false},
    [SY_CYCLE_OLDER] = {"older", "a later bar was decided before: this one is only shown", false},
    [SY_CYCLE_LATE] = {"too_late", "only shown: later than --max-buffer after the bar's close",
                       true},
    [SY_CYCLE_DRY] = {"dry_run", "only shown: dry run", true},
};

static void value_book(const SyPanel *panel, const SyLedger *ledger, const SySubLedger *book,
                       double *equity) {
    for (gsize g = 0; g < book->groups; g++)
        equity[g] = book->cash[g];
    for (gsize leg = 0; leg < book->legs; leg++)
        if (book->quantity[leg] != 0)
            equity[ledger->group_of_column[leg]] +=
                book->quantity[leg] *
                sy_panel_newest(sy_panel_column(panel, SY_CLOSE, leg), panel->rows);
}

/* A strategy's capital on paper is its init_cash; it cannot change under an account that is kept.
 * init_cash = "auto" follows from history and was taken when the account began. */
static bool check_capital(const SyStrategy *strategy, const SyLedger *ledger,
                          const SySubLedger *book, GError **error) {
    if (isnan(strategy->portfolio_config.init_cash) || book->capital[0] == ledger->init_cash[0])
        return true;
    return sy_fail(
        error, SY_ERROR_TEMPLATE,
        "%s: [portfolio] init_cash = %.15g, but the paper account of %s began with %.15g: give "
        "the changed template a new study_name",
        strategy->template->document->name, ledger->init_cash[0],
        strategy->template->meta.study_name, book->capital[0]);
}

/* The book as stored, or a new one that begins with the cash that the simulation began with. */
static SySubLedger *open_book(const SyStrategy *strategy, const SyPipelineResult *result,
                              SyStore *store, GError **error) {
    const SyLedger *ledger = result->ledger;
    g_autoptr(SySubLedger) book = sy_sub_ledger_new(ledger->groups, ledger->columns);
    bool found = false;
    if (store && !sy_store_load_sub_ledger(store, strategy->template->meta.study_name,
                                           result->panel->symbol, book, &found, error))
        return NULL;
    if (found && !check_capital(strategy, ledger, book, error))
        return NULL;
    for (gsize g = 0; !found && g < book->groups; g++)
        book->capital[g] = book->cash[g] = book->free_cash[g] = ledger->init_cash[g];
    return g_steal_pointer(&book);
}

/* Seconds since the slot that this cycle is of; by hand, since the one whose bar it decides on. */
static double late_by(const SyStrategy *strategy, const SyCycleOptions *options) {
    SyTime now = sy_env_now(options->pipeline.loader.env);
    SyTime slot = options->slot != SY_TIME_NONE ? options->slot
                                                : sy_schedule_previous(strategy->schedule, now);
    return slot == SY_TIME_NONE ? 0 : (double)(now - slot) / (double)SY_SECOND;
}

static SyCycleEnd choose_end(const SyStrategy *strategy, const SyCycleOptions *options,
                             const SyCycle *cycle) {
    if (cycle->book->decided == cycle->bar_time)
        return SY_CYCLE_ALREADY;
    if (cycle->book->decided != SY_TIME_NONE && cycle->book->decided > cycle->bar_time)
        return SY_CYCLE_OLDER;
    if (options->dry_run)
        return SY_CYCLE_DRY;
    return late_by(strategy, options) > options->max_buffer_seconds ? SY_CYCLE_LATE
                                                                    : SY_CYCLE_STORED;
}

static SyRunRecord start_record(const SyStrategy *strategy, const SyCycleOptions *options) {
    return (SyRunRecord){.id = options->run,
                         .goes_on = options->goes_on,
                         .study = strategy->template->meta.study_name,
                         .template_hash = strategy->template->document->hash,
                         .template_text = strategy->template->document->text,
                         .started = sy_env_now(options->pipeline.loader.env),
                         .bar_time = SY_TIME_NONE,
                         .status = "succeeded",
                         .message = ""};
}

static void describe_data(const SyPanel *panel, SyRunRecord *run) {
    run->rows = (gint64)panel->rows;
    run->bar_time = sy_panel_complete_until(panel);
}

/* Keeps a run that ended with an error. The run's own error stays the one that is reported: a store
 * that cannot keep the run adds to it. */
static bool store_failure(const SyCycleOptions *options, SyStore *store, SyRunRecord *run,
                          const SyPipelineResult *result, GError **error) {
    if (options->dry_run || options->run)
        return false;
    g_autoptr(GError) second = NULL;
    bool outdated = g_error_matches(*error, SY_ERROR, SY_ERROR_OUTDATED);
    g_autofree char *message = sy_settings_mask(options->settings, (*error)->message);
    run->status = outdated ? "outdated" : "failed";
    run->message = message;
    run->ended = sy_env_now(options->pipeline.loader.env);
    if (result->panel)
        describe_data(result->panel, run);
    if (!sy_store_add_run(store, run, &second))
        g_prefix_error(error, "this run could not be stored (%s): ", second->message);
    return false;
}

/* ---- the first row ---- */

/* What the template says of the first row: where it says something else, another row is pinned. */
static SyOrigin origin_of(const SyStrategy *strategy, const SyPanel *panel) {
    const SyLoaderConfig *loader = &strategy->loader_config;
    char timeframe[SY_TIME_TEXT_SIZE];
    return (SyOrigin){
        .time = panel ? panel->time[0] : SY_TIME_NONE,
        .timeframe = g_strdup(sy_timeframe_format(strategy->timeframe, timeframe)),
        .chosen_by = g_strdup_printf("start = %s, limit = %d, missing_index = %s",
                                     loader->start ? loader->start : "none", loader->limit,
                                     loader->missing_index == SY_MISSING_DROP ? "drop" : "keep")};
}

static bool same_choice(const SyOrigin *a, const SyOrigin *b) {
    return g_strcmp0(a->timeframe, b->timeframe) == 0 && g_strcmp0(a->chosen_by, b->chosen_by) == 0;
}

static bool holds_something(const SySubLedger *book) {
    for (gsize leg = 0; leg < book->legs; leg++)
        if (book->quantity[leg] != 0)
            return true;
    return false;
}

/* The length of bars cannot change under an open position: it would be judged by another model. */
static bool check_timeframe(const SyStrategy *strategy, const SyOrigin *pinned,
                            const SySubLedger *book, GError **error) {
    char timeframe[SY_TIME_TEXT_SIZE];
    sy_timeframe_format(strategy->timeframe, timeframe);
    if (!pinned->timeframe || strcmp(pinned->timeframe, timeframe) == 0 || !holds_something(book))
        return true;
    return sy_fail(error, SY_ERROR_TEMPLATE,
                   "%s: the bars are now %s long, but %s holds a position that it opened on bars "
                   "of %s: symbols and timeframe cannot change while a position is open; give the "
                   "changed template a new study_name, or change it back until the position is "
                   "closed",
                   strategy->template->document->name, timeframe,
                   strategy->template->meta.study_name, pinned->timeframe);
}

bool sy_cycle_choose_origin(const SyStrategy *strategy, SyStore *store, SyOrigin *pinned,
                            SyLoaderContext *loader, GError **error) {
    bool found = false;
    if (store &&
        !sy_store_load_origin(store, strategy->template->meta.study_name, pinned, &found, error))
        return false;
    g_auto(SyOrigin) wanted = origin_of(strategy, NULL);
    if (found && same_choice(pinned, &wanted))
        loader->origin = &pinned->time;
    return true;
}

/* ---- what is stored ---- */

/* Facts of the run that decided the bar before; NULL where there are none that can be read. */
static bool find_revised(SyStore *store, const char *study, const SyPanel *panel,
                         const GArray *blocks, json_t **revised, char **text, GError **error) {
    g_autofree char *stored = NULL;
    *revised = NULL;
    if (!sy_store_newest_facts(store, study, &stored, error))
        return false;
    json_t *before = stored ? sy_facts_read(stored, error) : NULL;
    if (stored && !before)
        return false;
    if (before)
        *revised = sy_facts_revised(before, panel, blocks, text);
    json_decref(before);
    return true;
}

/* Texts that go into the store with a decision. */
typedef struct {
    SyRunKeep keep;
    char *fingerprint, *facts, *fits_digest, *revised;
    SyOrigin origin;
} Kept;

static void kept_clear(Kept *kept) {
    g_free(kept->fingerprint);
    g_free(kept->facts);
    g_free(kept->fits_digest);
    g_free(kept->revised);
    sy_origin_clear(&kept->origin);
}
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(Kept, kept_clear)

static char *write_fits(gconstpointer data) {
    json_t *all = sy_facts_fits(data);
    char *text = sy_facts_write(all);
    json_decref(all);
    return text;
}

/* pinned: the origin that the panel was loaded from; NULL: one is pinned now. */
static bool prepare_kept(const SyStrategy *strategy, SyStore *store, SyCycle *cycle,
                         const SyOrigin *pinned, Kept *kept, GError **error) {
    const SyPanel *panel = cycle->result.panel;
    const GArray *fits = cycle->result.model->fits;
    g_autoptr(GArray) blocks = sy_panel_blocks(panel);
    json_t *revised;
    kept->fits_digest = sy_facts_fits_digest(fits);
    if (!find_revised(store, strategy->template->meta.study_name, panel, blocks, &revised,
                      &cycle->revised, error))
        return false;
    kept->fingerprint = sy_panel_fingerprint_head(panel, blocks, panel->rows);
    kept->revised = revised ? sy_facts_write(revised) : NULL;
    json_decref(revised);
    json_t *facts = sy_facts_make(cycle, blocks, kept->fingerprint);
    kept->facts = sy_facts_write(facts);
    json_decref(facts);
    kept->origin = origin_of(strategy, panel);
    kept->keep = (SyRunKeep){.facts = kept->facts,
                             .fits_digest = kept->fits_digest,
                             .write_fits = write_fits,
                             .fits_data = fits,
                             .revised = kept->revised,
                             .origin = pinned ? NULL : &kept->origin};
    return true;
}

static void put_book(SyCycle *cycle, SySubLedger *book) {
    cycle->book = book;
    value_book(cycle->result.panel, cycle->result.ledger, book, cycle->equity);
}

/* Commits decision, orders, fills and the book after them, and what the run keeps. */
static bool commit(const SyStrategy *strategy, const SyCycleOptions *options, SyStore *store,
                   const SyRunRecord *run, SyCycle *cycle, const SyOrigin *pinned,
                   const SySubLedger *after, GError **error) {
    const SyPanel *panel = cycle->result.panel;
    g_auto(Kept) kept = {0};
    g_autofree double *price = g_new(double, panel->symbols),
                      *output = g_new(double, panel->symbols);
    if (!prepare_kept(strategy, store, cycle, pinned, &kept, error))
        return false;
    for (gsize leg = 0; leg < panel->symbols; leg++) {
        price[leg] = sy_panel_column(panel, SY_CLOSE, leg)[cycle->decision->row];
        output[leg] = sy_matrix_column(cycle->result.model->output, leg)[cycle->decision->row];
    }
    SyRunRecord with_kept = *run;
    with_kept.data_fingerprint = kept.fingerprint;
    with_kept.keep = &kept.keep;
    g_autoptr(SySubLedger) before = cycle->book;
    put_book(cycle, sy_sub_ledger_copy(after));
    cycle->book->decided = cycle->bar_time;
    bool already = false;
    bool good =
        (!options->before_commit ||
         options->before_commit(options->before_commit_data, cycle, error)) &&
        sy_store_add_decision(store, &with_kept, cycle->decision, panel->symbol, panel->time, price,
                              output, cycle->outcomes, after, before->decided, &already, error);
    if (good && !already)
        return true;
    sy_sub_ledger_free(cycle->book);
    put_book(cycle, g_steal_pointer(&before));
    if (already) {
        cycle->end = SY_CYCLE_ALREADY;
        g_array_set_size(cycle->outcomes, 0);
    }
    return good;
}

/* Works the orders, on a copy of the book, and stores what came of the cycle. */
static bool carry_out(const SyStrategy *strategy, const SyCycleOptions *options, SyStore *store,
                      const SyOrigin *pinned, SyRunRecord *run, SyCycle *cycle, GError **error) {
    const SyPanel *panel = cycle->result.panel;
    const SyCycleEndRow *end = &sy_cycle_ends[cycle->end];
    SyTime started = sy_env_now(options->pipeline.loader.env);
    g_autoptr(SySubLedger) after = sy_sub_ledger_copy(cycle->book);
    if (cycle->end == SY_CYCLE_STORED || end->would)
        cycle->outcomes = options->work_orders(
            cycle->decision, &strategy->portfolio_config, cycle->result.ledger,
            strategy->template->meta.study_name, panel->symbol, cycle->bar_time, after);
    else
        cycle->outcomes = g_array_new(FALSE, FALSE, sizeof(SyOrderOutcome));
    describe_data(panel, run);
    run->bar_time = cycle->bar_time;
    run->ended = sy_env_now(options->pipeline.loader.env);
    if (cycle->end == SY_CYCLE_STORED) {
        sy_pipeline_step_done(&options->pipeline, SY_STEP_TRADE, &started);
        return commit(strategy, options, store, run, cycle, pinned, after, error);
    }
    run->message = end->text;
    return options->dry_run || options->run || sy_store_add_run(store, run, error);
}

void sy_cycle_decide(SyCycle *cycle) {
    const SyPipelineResult *result = &cycle->result;
    cycle->equity = g_new0(double, MAX(cycle->book->groups, 1));
    value_book(result->panel, result->ledger, cycle->book, cycle->equity);
    cycle->decision = sy_decision_make(result->ledger, result->prices.close, cycle->book->quantity,
                                       cycle->equity);
}

bool sy_cycle_run(const SyStrategy *strategy, const SyCycleOptions *options, SyStore *store,
                  SyCycle *cycle, GError **error) {
    *cycle = (SyCycle){.bar_time = SY_TIME_NONE};
    SyRunRecord run = start_record(strategy, options);
    SyPipelineResult *result = &cycle->result;
    g_auto(SySplits) splits = {0};
    SyPipelineContext pipeline = options->pipeline;
    SyKeeper keeper;
    if (store) {
        sy_splits_init(&splits, store, run.started);
        keeper = sy_splits_keeper(&splits);
        pipeline.model.keeper = &keeper;
    }
    g_auto(SyOrigin) pinned = {0};
    if (!sy_strategy_check_live(strategy, run.started, error) ||
        !sy_cycle_choose_origin(strategy, store, &pinned, &pipeline.loader, error) ||
        !sy_pipeline_run(strategy, &pipeline, result, error))
        return store_failure(options, store, &run, result, error);
    cycle->bar_time = result->panel->time[result->panel->rows - 1];
    cycle->book = open_book(strategy, result, store, error);
    if (!cycle->book || !check_timeframe(strategy, &pinned, cycle->book, error))
        return store_failure(options, store, &run, result, error);
    sy_cycle_decide(cycle);
    cycle->end = choose_end(strategy, options, cycle);
    /* where this fails, it is the store that failed: there is nothing that could keep the run */
    return carry_out(strategy, options, store, pipeline.loader.origin ? &pinned : NULL, &run, cycle,
                     error);
}

void sy_cycle_clear(SyCycle *cycle) {
    sy_pipeline_result_clear(&cycle->result);
    sy_decision_free(cycle->decision);
    g_clear_pointer(&cycle->outcomes, g_array_unref);
    sy_sub_ledger_free(cycle->book);
    g_free(cycle->equity);
    g_free(cycle->revised);
    *cycle = (SyCycle){.bar_time = SY_TIME_NONE};
}
