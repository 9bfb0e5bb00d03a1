/* Replays of runs: the same functions on the same rows, and a comparison of the facts that both
 * give. */
#include "workflow/replay.h"

#include <math.h>
#include <string.h>

#include "base/error.h"
#include "store/slots.h"
#include "workflow/facts.h"

/* Differences that are spelled out; the rest is counted. */
enum { SPELLED_OUT = 10 };

/* ---- comparing ---- */

static char *value_text(const json_t *value) {
    if (!value)
        return g_strdup("nothing");
    char *text = json_dumps(value, JSON_ENCODE_ANY | JSON_COMPACT | JSON_REAL_PRECISION(17));
    char *copy = g_strndup(text, 80);
    free(text);
    return copy;
}

static double relative(double a, double b) {
    double larger = fmax(fabs(a), fabs(b));
    return larger > 0 ? fabs(a - b) / larger : 0;
}

static void differ(SyReplay *replay, const char *path, const json_t *before, const json_t *now) {
    double by = json_is_number(before) && json_is_number(now)
                    ? relative(json_number_value(before), json_number_value(now))
                    : INFINITY;
    replay->identical = false;
    if (isfinite(by) && by > replay->largest) {
        replay->largest = by;
        g_free(replay->where);
        replay->where = g_strdup(path);
    }
    if (replay->different++ >= SPELLED_OUT)
        return;
    g_autofree char *old = value_text(before), *new = value_text(now);
    g_ptr_array_add(replay->differences, g_strdup_printf("%s: %s, now %s", path, old, new));
}

/* Same kind of value on both sides: goes into arrays and objects, compares the rest bit for bit. */
static void compare(SyReplay *replay, const char *path, const json_t *before, const json_t *now) {
    if (json_is_array(before) && json_is_array(now) &&
        json_array_size(before) == json_array_size(now)) {
        for (gsize i = 0; i < json_array_size(before); i++) {
            g_autofree char *inner = g_strdup_printf("%s[%" G_GSIZE_FORMAT "]", path, i);
            compare(replay, inner, json_array_get(before, i), json_array_get(now, i));
        }
        return;
    }
    if (json_is_object(before) && json_is_object(now)) {
        const char *key = NULL;
        json_t *value = NULL;
        json_object_foreach((json_t *)before, key, value) {
            g_autofree char *inner = g_strdup_printf("%s.%s", path, key);
            compare(replay, inner, value, json_object_get(now, key));
        }
        return;
    }
    replay->compared++;
    if (!before || !now || !json_equal((json_t *)before, (json_t *)now))
        differ(replay, path, before, now);
}

/* ---- reasons ---- */

static void explain_program(SyReplay *replay, const json_t *before, const json_t *now) {
    static const struct {
        const char *key, *text;
    } parts[] = {{"version", "another version of the program"},
                 {"build", "another build of the program"},
                 {"library", "another C library"},
                 {"processor", "another class of processor"}};
    for (gsize i = 0; i < G_N_ELEMENTS(parts); i++) {
        const char *old = json_string_value(json_object_get(before, parts[i].key));
        const char *new = json_string_value(json_object_get(now, parts[i].key));
        if (g_strcmp0(old, new) != 0)
            g_ptr_array_add(replay->reasons,
                            g_strdup_printf("%s: %.40s, now %.40s", parts[i].text, old, new));
    }
}

static void explain_data(SyReplay *replay, const json_t *before, const SyPanel *panel,
                         const GArray *blocks) {
    char *text = NULL;
    json_t *revised = sy_facts_revised(before, panel, blocks, &text);
    if (revised)
        g_ptr_array_add(replay->reasons, g_strconcat("the data have changed: ", text, NULL));
    json_decref(revised);
    g_free(text);
}

/* ---- repeating ---- */

/* The book before the orders, as the run kept it. */
static SySubLedger *read_book(const json_t *account, const SyLedger *ledger) {
    const json_t *groups = json_object_get(account, "groups"),
                 *legs = json_object_get(account, "legs");
    SySubLedger *book = sy_sub_ledger_new(ledger->groups, ledger->columns);
    for (gsize g = 0; g < book->groups; g++) {
        const json_t *group = json_array_get(groups, g);
        book->capital[g] = json_number_value(json_object_get(group, "capital"));
        book->cash[g] = json_number_value(json_object_get(group, "cash"));
        book->free_cash[g] = json_number_value(json_object_get(group, "free_cash"));
    }
    for (gsize i = 0; i < book->legs; i++) {
        const json_t *leg = json_array_get(legs, i);
        book->quantity[i] = json_number_value(json_object_get(leg, "quantity"));
        book->debt[i] = json_number_value(json_object_get(leg, "debt"));
        book->locked[i] = json_number_value(json_object_get(leg, "locked"));
    }
    const json_t *decided = json_object_get(account, "decided");
    book->decided = json_is_integer(decided) ? json_integer_value(decided) : SY_TIME_NONE;
    return book;
}

/* Runs the stages on the rows that the run had. */
static bool repeat(const SyStrategy *strategy, const json_t *facts,
                   const SyPipelineContext *context, SyWorkOrders work_orders, SyCycle *cycle,
                   GError **error) {
    SyTime first = json_integer_value(json_object_get(json_object_get(facts, "data"), "first"));
    SyPipelineContext pipeline = *context;
    pipeline.loader.origin = &first;
    pipeline.model.keeper = NULL;
    pipeline.must_be_fresh = false;
    pipeline.bar = json_integer_value(json_object_get(json_object_get(facts, "decision"), "bar"));
    if (!sy_pipeline_run(strategy, &pipeline, &cycle->result, error))
        return false;
    const SyPanel *panel = cycle->result.panel;
    cycle->bar_time = panel->time[panel->rows - 1];
    cycle->book = read_book(json_object_get(facts, "account"), cycle->result.ledger);
    sy_cycle_decide(cycle);
    g_autoptr(SySubLedger) after = sy_sub_ledger_copy(cycle->book);
    cycle->outcomes =
        work_orders(cycle->decision, &strategy->portfolio_config, cycle->result.ledger,
                    strategy->template->meta.study_name, panel->symbol, cycle->bar_time, after);
    return true;
}

static void compare_run(SyReplay *replay, const json_t *facts, const char *fits,
                        const SyCycle *cycle) {
    static const char *const parts[] = {"data", "last", "split", "account", "decision"};
    g_autoptr(GArray) blocks = sy_panel_blocks(cycle->result.panel);
    g_autofree char *fingerprint =
        sy_panel_fingerprint_head(cycle->result.panel, blocks, cycle->result.panel->rows);
    json_t *now = sy_facts_make(cycle, blocks, fingerprint);
    for (gsize i = 0; i < G_N_ELEMENTS(parts); i++)
        compare(replay, parts[i], json_object_get(facts, parts[i]), json_object_get(now, parts[i]));
    json_t *fits_before = fits ? json_loads(fits, 0, NULL) : NULL;
    json_t *fits_now = sy_facts_fits(cycle->result.model->fits);
    if (fits_before)
        compare(replay, "fits", fits_before, fits_now);
    explain_program(replay, json_object_get(facts, "program"), json_object_get(now, "program"));
    explain_data(replay, facts, cycle->result.panel, blocks);
    json_decref(fits_before);
    json_decref(fits_now);
    json_decref(now);
}

static bool load(SyStore *store, gint64 run, SyRunRow *row, json_t **facts, char **fits,
                 GError **error) {
    g_autofree char *text = NULL;
    if (!sy_store_load_run(store, run, row, error) ||
        !sy_store_load_facts(store, run, &text, fits, error))
        return false;
    if (!text)
        return sy_fail(error, SY_ERROR_DATA,
                       "run %" G_GINT64_FORMAT " of %s kept nothing to repeat: it decided nothing "
                       "(%s), or an older program ran it",
                       run, row->study, sy_run_status_names[row->status]);
    *facts = sy_facts_read(text, error);
    return *facts != NULL;
}

bool sy_replay_run(SyStore *store, gint64 run, const SyPipelineContext *pipeline,
                   SyWorkOrders work_orders, SyReplay *replay, GError **error) {
    g_auto(SyRunRow) row = {0};
    g_autofree char *fits = NULL;
    json_t *facts = NULL;
    *replay = (SyReplay){.run = run,
                         .identical = true,
                         .differences = g_ptr_array_new_with_free_func(g_free),
                         .reasons = g_ptr_array_new_with_free_func(g_free)};
    if (!load(store, run, &row, &facts, &fits, error))
        return false;
    g_autofree char *name = g_strdup_printf("template of run %" G_GINT64_FORMAT, run);
    g_autoptr(SyStrategy) strategy =
        sy_strategy_read(row.template_text, strlen(row.template_text), name, error);
    g_auto(SyCycle) cycle = {0};
    bool good = strategy && repeat(strategy, facts, pipeline, work_orders, &cycle, error);
    if (good) {
        replay->study = g_strdup(row.study);
        replay->bar = cycle.bar_time;
        compare_run(replay, facts, fits, &cycle);
    }
    json_decref(facts);
    return good;
}

void sy_replay_clear(SyReplay *replay) {
    g_free(replay->study);
    g_free(replay->where);
    g_clear_pointer(&replay->differences, g_ptr_array_unref);
    g_clear_pointer(&replay->reasons, g_ptr_array_unref);
    *replay = (SyReplay){0};
}
