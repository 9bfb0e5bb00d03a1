/* Decisions: what each strategy holds, runs by hand, and the one transaction in which a decision,
 * its orders, its fills, the book after them, its run and its slot end together. */
#include <math.h>

#include "base/error.h"
#include "store/internal.h"

/* ---- sub-ledgers ---- */

static bool fail_other_shape(const char *study, const char *what, GError **error) {
    return sy_fail(
        error, SY_ERROR_DATA,
        "strategy %s: its paper account was kept for %s; symbols and cash sharing cannot "
        "change under one study_name: give the changed template a new study_name",
        study, what);
}

static bool load_cash(SyStore *store, const char *study, SySubLedger *book, gsize *groups,
                      GError **error) {
    SyStatement *query = sy_store_statement(
        store,
        "SELECT capital, cash, free_cash FROM account WHERE study_name = ?1 ORDER BY group_index",
        error);
    if (!query)
        return false;
    sy_db_bind_text(query, 1, study);
    SyDbStep step;
    *groups = 0;
    while ((step = sy_db_step(query, error)) == SY_DB_ROW) {
        if (*groups < book->groups) {
            book->capital[*groups] = sy_db_number(query, 0);
            book->cash[*groups] = sy_db_number(query, 1);
            book->free_cash[*groups] = sy_db_number(query, 2);
        }
        (*groups)++;
    }
    return step == SY_DB_DONE;
}

static bool load_positions(SyStore *store, const char *study, char **symbols, SySubLedger *book,
                           GError **error) {
    SyStatement *query = sy_store_statement(
        store,
        "SELECT symbol, quantity, debt, locked FROM position WHERE study_name = ?1 "
        "ORDER BY leg",
        error);
    if (!query)
        return false;
    sy_db_bind_text(query, 1, study);
    SyDbStep step;
    gsize leg = 0;
    while ((step = sy_db_step(query, error)) == SY_DB_ROW) {
        const char *symbol = sy_db_text(query, 0, NULL);
        if (leg >= book->legs || g_strcmp0(symbol, symbols[leg]) != 0)
            return fail_other_shape(study, symbol, error);
        book->quantity[leg] = sy_db_number(query, 1);
        book->debt[leg] = sy_db_number(query, 2);
        book->locked[leg] = sy_db_number(query, 3);
        leg++;
    }
    if (step == SY_DB_DONE && leg != book->legs)
        return fail_other_shape(study, "fewer symbols", error);
    return step == SY_DB_DONE;
}

static bool last_decided(SyStore *store, const char *study, SyTime *bar_time, GError **error) {
    SyStatement *query = sy_store_statement(
        store, "SELECT max(bar_time) FROM decision WHERE study_name = ?1", error);
    if (!query)
        return false;
    sy_db_bind_text(query, 1, study);
    return sy_store_integer(query, SY_TIME_NONE, bar_time, error);
}

static bool load_sub_ledger(SyStore *store, const char *study, char **symbols, SySubLedger *book,
                            bool *found, GError **error) {
    g_autoptr(SySubLedger) stored = sy_sub_ledger_new(book->groups, book->legs);
    gsize groups = 0;
    *found = false;
    if (!load_cash(store, study, stored, &groups, error))
        return false;
    if (groups == 0)
        return true;
    if (groups != book->groups)
        return fail_other_shape(study, "another cash_sharing", error);
    if (!load_positions(store, study, symbols, stored, error) ||
        !last_decided(store, study, &stored->decided, error))
        return false;
    SySubLedger other = *book;
    *book = *stored;
    *stored = other;
    *found = true;
    return true;
}

bool sy_store_load_sub_ledger(SyStore *store, const char *study, char **symbols, SySubLedger *book,
                              bool *found, GError **error) {
    /* one read transaction: cash, positions and the last decision belong to one moment */
    if (!sy_store_begin_read(store, error))
        return false;
    return sy_store_finish(store, load_sub_ledger(store, study, symbols, book, found, error),
                           error);
}

static bool save_sub_ledger(SyStore *store, const char *study, char **symbols,
                            const SySubLedger *book, GError **error) {
    SyStatement *cash = sy_store_statement(
        store,
        "INSERT INTO account (study_name, group_index, capital, cash, free_cash) VALUES (?1, ?2, "
        "?3, ?4, ?5) "
        "ON CONFLICT (study_name, group_index) DO UPDATE SET capital = excluded.capital, "
        "cash = excluded.cash, free_cash = excluded.free_cash",
        error);
    if (!cash)
        return false;
    for (gsize g = 0; g < book->groups; g++) {
        sy_db_reset(cash);
        sy_db_bind_text(cash, 1, study);
        sy_db_bind_integer(cash, 2, (gint64)g);
        sy_db_bind_number(cash, 3, book->capital[g]);
        sy_db_bind_number(cash, 4, book->cash[g]);
        sy_db_bind_number(cash, 5, book->free_cash[g]);
        if (!sy_store_run(cash, error))
            return false;
    }
    SyStatement *position =
        sy_store_statement(store,
                           "INSERT INTO position (study_name, leg, symbol, quantity, debt, locked) "
                           "VALUES (?1, ?2, ?3, ?4, ?5, ?6) "
                           "ON CONFLICT (study_name, leg) DO UPDATE SET symbol = excluded.symbol, "
                           "quantity = excluded.quantity, "
                           "debt = excluded.debt, locked = excluded.locked",
                           error);
    if (!position)
        return false;
    for (gsize leg = 0; leg < book->legs; leg++) {
        sy_db_reset(position);
        sy_db_bind_text(position, 1, study);
        sy_db_bind_integer(position, 2, (gint64)leg);
        sy_db_bind_text(position, 3, symbols[leg]);
        sy_db_bind_number(position, 4, book->quantity[leg]);
        sy_db_bind_number(position, 5, book->debt[leg]);
        sy_db_bind_number(position, 6, book->locked[leg]);
        if (!sy_store_run(position, error))
            return false;
    }
    return true;
}

/* ---- runs and decisions ---- */

bool sy_store_keep_template(SyStore *store, const char *hash, const char *study, const char *text,
                            SyTime now, GError **error) {
    SyStatement *insert =
        sy_store_statement(store,
                           "INSERT INTO template_version (hash, study_name, text, first_used) "
                           "VALUES (?1, ?2, ?3, ?4) ON CONFLICT (hash) DO NOTHING",
                           error);
    if (!insert)
        return false;
    sy_db_bind_text(insert, 1, hash);
    sy_db_bind_text(insert, 2, study);
    sy_db_bind_text(insert, 3, text);
    sy_db_bind_integer(insert, 4, now);
    return sy_store_run(insert, error);
}

/* A run by hand: it begins and ends at once. */
static bool insert_run(SyStore *store, const SyRunRecord *run, const char *message, gint64 *id,
                       GError **error) {
    if (!sy_store_keep_template(store, run->template_hash, run->study, run->template_text,
                                run->started, error))
        return false;
    SyStatement *insert = sy_store_statement(
        store,
        "INSERT INTO run (study_name, kind, template_hash, request, bar_time, planned, started, "
        "ended, status, message, attempt, epoch, data_fingerprint, rows, program_version) "
        "VALUES (?1, 'trade', ?2, '', ?3, ?4, ?4, ?5, ?6, ?7, 1, 0, ?8, ?9, ?10) RETURNING id",
        error);
    if (!insert)
        return false;
    sy_db_bind_text(insert, 1, run->study);
    sy_db_bind_text(insert, 2, run->template_hash);
    sy_bind_time(insert, 3, run->bar_time);
    sy_db_bind_integer(insert, 4, run->started);
    sy_db_bind_integer(insert, 5, run->ended);
    sy_db_bind_text(insert, 6, run->status);
    sy_db_bind_text(insert, 7, message);
    sy_db_bind_text(insert, 8, run->data_fingerprint);
    sy_db_bind_integer(insert, 9, run->rows);
    sy_db_bind_text(insert, 10, SY_VERSION);
    return sy_store_integer(insert, 0, id, error);
}

/* A run of a slot, which was claimed before: it ends now, unless it goes on. */
static bool put_claimed(SyStore *store, const SyRunRecord *run, const char *message,
                        GError **error) {
    const gint64 *epoch = g_hash_table_lookup(store->claims, &run->id);
    g_assert(epoch);
    if (!sy_store_check_epoch(store, run->study, *epoch, error))
        return false;
    SyStatement *update =
        sy_store_statement(store,
                           "UPDATE run SET bar_time = ?2, ended = ?3, status = ?4, message = ?5, "
                           "data_fingerprint = ?6, rows = ?7, program_version = ?8 "
                           "WHERE id = ?1 AND status = 'started' AND epoch = ?9",
                           error);
    if (!update)
        return false;
    sy_db_bind_integer(update, 1, run->id);
    sy_bind_time(update, 2, run->bar_time);
    sy_bind_time(update, 3, run->goes_on ? SY_TIME_NONE : run->ended);
    sy_db_bind_text(update, 4, run->goes_on ? sy_run_status_names[SY_RUN_STARTED] : run->status);
    sy_db_bind_text(update, 5, message);
    sy_db_bind_text(update, 6, run->data_fingerprint);
    sy_db_bind_integer(update, 7, run->rows);
    sy_db_bind_text(update, 8, SY_VERSION);
    sy_db_bind_integer(update, 9, *epoch);
    if (!sy_store_run(update, error))
        return false;
    if (sy_db_changes(store->db) != 1)
        return sy_fail(error, SY_ERROR_HELD,
                       "strategy %s: run %" G_GINT64_FORMAT
                       " is no longer this process's: it was ended or taken over; nothing was "
                       "stored",
                       run->study, run->id);
    if (run->goes_on)
        return sy_store_insert_steps(store, run->id, error);
    return sy_store_end_attempt(store, run->id, run->status, message, SY_TIME_NONE, run->ended,
                                error);
}

/* Ends the run, or adds one that had no slot; sets *id to it. */
static bool put_run(SyStore *store, const SyRunRecord *run, gint64 *id, GError **error) {
    g_autofree char *message = sy_store_clean(run->message);
    *id = run->id;
    if (!(run->id ? put_claimed(store, run, message, error)
                  : insert_run(store, run, message, id, error)))
        return false;
    return run->goes_on ||
           sy_store_append(store, run->ended, "run", run->study, *id,
                           sy_facts("{s:s, s:s, s:s}", "status", run->status, "template",
                                    run->template_hash, "message", message),
                           error);
}

bool sy_store_add_run(SyStore *store, const SyRunRecord *run, GError **error) {
    gint64 id = 0;
    return sy_store_begin(store, error) &&
           sy_store_finish(store, put_run(store, run, &id, error), error);
}

static bool insert_decision(SyStore *store, const SyRunRecord *run, gint64 run_id, gint64 *id,
                            GError **error) {
    SyStatement *insert = sy_store_statement(
        store,
        "INSERT INTO decision (run_id, study_name, bar_time) VALUES (?1, ?2, ?3) RETURNING id",
        error);
    if (!insert)
        return false;
    sy_db_bind_integer(insert, 1, run_id);
    sy_db_bind_text(insert, 2, run->study);
    sy_db_bind_integer(insert, 3, run->bar_time);
    return sy_store_integer(insert, 0, id, error);
}

static bool insert_legs(SyStore *store, gint64 id, const SyDecision *decision, char **symbols,
                        const SyTime *time_of_row, const double *price, const double *output,
                        GError **error) {
    SyStatement *insert = sy_store_statement(
        store, "INSERT INTO decision_leg VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10)", error);
    if (!insert)
        return false;
    for (gsize i = 0; i < decision->legs; i++) {
        const SyLegDecision *leg = &decision->leg[i];
        sy_db_reset(insert);
        sy_db_bind_integer(insert, 1, id);
        sy_db_bind_integer(insert, 2, (gint64)i);
        sy_db_bind_text(insert, 3, symbols[i]);
        sy_db_bind_integer(insert, 4, leg->wanted);
        sy_db_bind_integer(insert, 5, time_of_row[leg->wanted_since]);
        sy_db_bind_number(insert, 6, leg->held);
        sy_db_bind_text(insert, 7, sy_action_names[leg->action]);
        sy_db_bind_text(insert, 8, leg->reason);
        sy_db_bind_number(insert, 9, price[i]);
        sy_db_bind_number(insert, 10, output[i]);
        if (!sy_store_run(insert, error))
            return false;
    }
    return true;
}

static bool insert_order(SyStore *store, gint64 decision, const SyRunRecord *run, char **symbols,
                         const SyOrderOutcome *order, GError **error) {
    SyStatement *insert = sy_store_statement(
        store, "INSERT INTO orders VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12)",
        error);
    if (!insert)
        return false;
    sy_db_bind_text(insert, 1, order->client_id);
    sy_db_bind_integer(insert, 2, decision);
    sy_db_bind_text(insert, 3, run->study);
    sy_db_bind_text(insert, 4, symbols[order->intent.column]);
    sy_db_bind_integer(insert, 5, (gint64)order->intent.column);
    sy_db_bind_text(insert, 6, sy_side_names[order->intent.side]);
    sy_db_bind_number(insert, 7, order->intent.size);
    sy_db_bind_integer(insert, 8, order->intent.closes);
    sy_db_bind_number(insert, 9, order->intent.price);
    sy_db_bind_text(insert, 10, order->state);
    sy_db_bind_text(insert, 11, order->reason);
    sy_db_bind_integer(insert, 12, run->started);
    return sy_store_run(insert, error);
}

static bool insert_fill(SyStore *store, const SyRunRecord *run, const SyOrderOutcome *order,
                        GError **error) {
    SyStatement *insert = sy_store_statement(
        store, "INSERT INTO fill (client_id, size, price, fees, time) VALUES (?1, ?2, ?3, ?4, ?5)",
        error);
    if (!insert)
        return false;
    sy_db_bind_text(insert, 1, order->client_id);
    sy_db_bind_number(insert, 2, order->size);
    sy_db_bind_number(insert, 3, order->price);
    sy_db_bind_number(insert, 4, order->fees);
    sy_db_bind_integer(insert, 5, run->bar_time);
    return sy_store_run(insert, error);
}

static bool insert_outcomes(SyStore *store, gint64 decision, const SyRunRecord *run, char **symbols,
                            const GArray *outcomes, GError **error) {
    for (guint i = 0; i < outcomes->len; i++) {
        const SyOrderOutcome *order = &g_array_index(outcomes, SyOrderOutcome, i);
        if (!insert_order(store, decision, run, symbols, order, error) ||
            (order->size > 0 && !insert_fill(store, run, order, error)))
            return false;
    }
    return true;
}

/* n/a is null: JSON has no NaN. */
static json_t *number(double value) { return isfinite(value) ? json_real(value) : json_null(); }

static json_t *leg_facts(const SyLegDecision *leg, const char *symbol, double price,
                         double output) {
    return sy_facts("{s:s, s:i, s:o, s:s, s:o, s:o}", "symbol", symbol, "wanted", leg->wanted,
                    "held", number(leg->held), "action", sy_action_names[leg->action], "price",
                    number(price), "output", number(output));
}

static json_t *order_facts(const SyOrderOutcome *order, char **symbols) {
    return sy_facts("{s:s, s:s, s:s, s:o, s:s, s:o, s:o, s:o}", "id", order->client_id, "symbol",
                    symbols[order->intent.column], "side", sy_side_names[order->intent.side],
                    "size_requested", number(order->intent.size), "state", order->state, "size",
                    number(order->size), "price", number(order->price), "fees",
                    number(order->fees));
}

/* The event of a decision says all of it: the chain covers what the other tables hold. */
static bool append_decision(SyStore *store, const SyRunRecord *run, gint64 run_id,
                            const SyDecision *decision, char **symbols, const double *price,
                            const double *output, const GArray *outcomes, const SySubLedger *book,
                            GError **error) {
    json_t *legs = json_array(), *orders = json_array(), *cash = json_array();
    for (gsize i = 0; i < decision->legs; i++)
        json_array_append_new(legs, leg_facts(&decision->leg[i], symbols[i], price[i], output[i]));
    for (guint i = 0; i < outcomes->len; i++)
        json_array_append_new(orders,
                              order_facts(&g_array_index(outcomes, SyOrderOutcome, i), symbols));
    for (gsize g = 0; g < book->groups; g++)
        json_array_append_new(cash, number(book->cash[g]));
    return sy_store_append(store, run->ended, "decision", run->study, run_id,
                           sy_facts("{s:I, s:s*, s:o, s:o, s:o}", "bar", (json_int_t)run->bar_time,
                                    "data", run->data_fingerprint, "legs", legs, "orders", orders,
                                    "cash", cash),
                           error);
}

bool sy_store_add_decision(SyStore *store, const SyRunRecord *run, const SyDecision *decision,
                           char **symbols, const SyTime *time_of_row, const double *price,
                           const double *output, const GArray *outcomes, const SySubLedger *book,
                           SyTime decided_before, bool *already, GError **error) {
    SyTime last = SY_TIME_NONE;
    gint64 run_id = 0, id = 0;
    *already = false;
    if (!sy_store_begin(store, error))
        return false;
    bool good = last_decided(store, run->study, &last, error);
    if (good && last != SY_TIME_NONE && last >= run->bar_time) {
        *already = true;
        sy_store_finish(store, false, NULL);
        return true;
    }
    if (good && last != decided_before)
        good = sy_fail(error, SY_ERROR_LOCKED,
                       "strategy %s: another process decided a bar at the same moment; run again",
                       run->study);
    good = good && put_run(store, run, &run_id, error) &&
           insert_decision(store, run, run_id, &id, error) &&
           insert_legs(store, id, decision, symbols, time_of_row, price, output, error) &&
           insert_outcomes(store, id, run, symbols, outcomes, error) &&
           save_sub_ledger(store, run->study, symbols, book, error) &&
           append_decision(store, run, run_id, decision, symbols, price, output, outcomes, book,
                           error) &&
           sy_store_insert_keep(store, run, run_id, error);
    return sy_store_finish(store, good, error);
}
