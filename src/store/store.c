/* The store over the SQL layer. Every write is one transaction that begins as a writer (BEGIN
 * IMMEDIATE), so that two processes never decide on a state that the other is changing. */
#include "store/store.h"

#include <string.h>

#include "base/error.h"
#include "db/db.h"

struct SyStore {
    SyDb *db;
};

enum { busy_ms = 5000 };

extern const unsigned char sy_migration_0001[];

static const struct { const unsigned char *sql; } migrations[] = {{sy_migration_0001}};

/* ---- transactions ---- */

static bool begin(SyStore *store, GError **error) {
    return sy_db_exec(store->db, "BEGIN IMMEDIATE", error);
}

/* Ends a transaction as the work went. A rollback that fails leaves SQLite to do it at close. */
static bool finish(SyStore *store, bool good, GError **error) {
    if (good && sy_db_exec(store->db, "COMMIT", error))
        return true;
    sy_db_exec(store->db, "ROLLBACK", NULL);
    return false;
}

/* Runs a prepared statement that returns no row. */
static bool run_statement(SyStatement *statement, GError **error) {
    return sy_db_step(statement, error) != SY_DB_FAILED;
}

/* The integer of a query with one row and one column; `fallback` where it has no row or null. */
static bool query_integer(SyStatement *statement, gint64 fallback, gint64 *value, GError **error) {
    SyDbStep step = sy_db_step(statement, error);
    *value = step == SY_DB_ROW && sy_db_type(statement, 0) != SY_DB_NULL
                 ? sy_db_integer(statement, 0)
                 : fallback;
    return step != SY_DB_FAILED;
}

/* ---- opening ---- */

static bool read_version(SyStore *store, gint64 *version, GError **error) {
    g_autoptr(SyStatement) statement = sy_db_prepare(store->db, "PRAGMA user_version", error);
    return statement && query_integer(statement, 0, version, error);
}

static bool apply_migrations(SyStore *store, gint64 version, GError **error) {
    for (gsize i = (gsize)version; i < G_N_ELEMENTS(migrations); i++) {
        g_autofree char *mark = g_strdup_printf("PRAGMA user_version = %" G_GSIZE_FORMAT, i + 1);
        if (!sy_db_exec(store->db, (const char *)migrations[i].sql, error) ||
            !sy_db_exec(store->db, mark, error))
            return false;
    }
    return true;
}

static bool fail_version(const char *url, gint64 version, GError **error) {
    g_autofree char *masked = sy_db_url_mask(url);
    bool newer = version > (gint64)G_N_ELEMENTS(migrations);
    return sy_fail(error, SY_ERROR_TEMPLATE,
                   "%s: the store has schema %" G_GINT64_FORMAT ", this program %" G_GSIZE_FORMAT
                   ": %s",
                   masked, version, G_N_ELEMENTS(migrations),
                   newer ? "it was written by a newer version; use that one"
                         : "run a cycle without --dry-run first, which brings it up to date");
}

static bool migrate(SyStore *store, const char *url, bool only_read, GError **error) {
    gint64 version = 0;
    if (!read_version(store, &version, error))
        return false;
    if (version == (gint64)G_N_ELEMENTS(migrations))
        return true;
    if (only_read || version > (gint64)G_N_ELEMENTS(migrations))
        return fail_version(url, version, error);
    /* Another process may migrate at the same moment: look again as the only writer. */
    bool good = begin(store, error);
    if (!good)
        return false;
    good = read_version(store, &version, error) && apply_migrations(store, version, error);
    return finish(store, good, error);
}

static bool prepare_to_write(SyStore *store, GError **error) {
    return sy_db_exec(
        store->db, "PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL; PRAGMA foreign_keys = ON",
        error);
}

SyStore *sy_store_open(const char *url, const char *folder, bool only_read, GError **error) {
    g_autoptr(SyStore) store = g_new0(SyStore, 1);
    store->db = sy_db_open(url, folder, only_read ? SY_DB_READ : SY_DB_CREATE, busy_ms, error);
    if (!store->db || (!only_read && !prepare_to_write(store, error)) ||
        !migrate(store, url, only_read, error))
        return NULL;
    return g_steal_pointer(&store);
}

bool sy_store_exists(const char *url, const char *folder) {
    SyDbUrl parsed = {0};
    bool known = sy_db_url_parse(url, &parsed, NULL);
    g_autofree char *path =
        known && parsed.path ? g_canonicalize_filename(parsed.path, folder) : NULL;
    sy_db_url_clear(&parsed);
    return !path || g_file_test(path, G_FILE_TEST_EXISTS);
}

void sy_store_close(SyStore *store) {
    if (store)
        sy_db_close(store->db);
    g_free(store);
}

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
    g_autoptr(SyStatement) query = sy_db_prepare(
        store->db,
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
    g_autoptr(SyStatement) query =
        sy_db_prepare(store->db,
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
    g_autoptr(SyStatement) query =
        sy_db_prepare(store->db, "SELECT max(bar_time) FROM decision WHERE study_name = ?1", error);
    if (!query)
        return false;
    sy_db_bind_text(query, 1, study);
    return query_integer(query, SY_TIME_NONE, bar_time, error);
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
    if (!sy_db_exec(store->db, "BEGIN", error))
        return false;
    return finish(store, load_sub_ledger(store, study, symbols, book, found, error), error);
}

static bool save_sub_ledger(SyStore *store, const char *study, char **symbols,
                            const SySubLedger *book, GError **error) {
    g_autoptr(SyStatement) cash = sy_db_prepare(
        store->db, "INSERT OR REPLACE INTO account VALUES (?1, ?2, ?3, ?4, ?5)", error);
    if (!cash)
        return false;
    for (gsize g = 0; g < book->groups; g++) {
        sy_db_reset(cash);
        sy_db_bind_text(cash, 1, study);
        sy_db_bind_integer(cash, 2, (gint64)g);
        sy_db_bind_number(cash, 3, book->capital[g]);
        sy_db_bind_number(cash, 4, book->cash[g]);
        sy_db_bind_number(cash, 5, book->free_cash[g]);
        if (!run_statement(cash, error))
            return false;
    }
    g_autoptr(SyStatement) position = sy_db_prepare(
        store->db, "INSERT OR REPLACE INTO position VALUES (?1, ?2, ?3, ?4, ?5, ?6)", error);
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
        if (!run_statement(position, error))
            return false;
    }
    return true;
}

/* ---- runs and decisions ---- */

static void bind_time(SyStatement *statement, int parameter, SyTime time) {
    if (time == SY_TIME_NONE)
        sy_db_bind_null(statement, parameter);
    else
        sy_db_bind_integer(statement, parameter, time);
}

static bool keep_template(SyStore *store, const SyRunRecord *run, GError **error) {
    g_autoptr(SyStatement) insert = sy_db_prepare(
        store->db, "INSERT OR IGNORE INTO template_version VALUES (?1, ?2, ?3, ?4)", error);
    if (!insert)
        return false;
    sy_db_bind_text(insert, 1, run->template_hash);
    sy_db_bind_text(insert, 2, run->study);
    sy_db_bind_text(insert, 3, run->template_text);
    sy_db_bind_integer(insert, 4, run->started);
    return run_statement(insert, error);
}

/* Sets *id to the run's id, which may be NULL where nobody asks. */
static bool insert_run(SyStore *store, const SyRunRecord *run, gint64 *id, GError **error) {
    if (!keep_template(store, run, error))
        return false;
    g_autoptr(SyStatement) insert = sy_db_prepare(
        store->db,
        "INSERT INTO run (study_name, template_hash, bar_time, started, ended, status, "
        "message, data_fingerprint, rows, program_version) "
        "VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10)",
        error);
    if (!insert)
        return false;
    sy_db_bind_text(insert, 1, run->study);
    sy_db_bind_text(insert, 2, run->template_hash);
    bind_time(insert, 3, run->bar_time);
    sy_db_bind_integer(insert, 4, run->started);
    sy_db_bind_integer(insert, 5, run->ended);
    sy_db_bind_text(insert, 6, run->status);
    sy_db_bind_text(insert, 7, run->message);
    sy_db_bind_text(insert, 8, run->data_fingerprint);
    sy_db_bind_integer(insert, 9, run->rows);
    sy_db_bind_text(insert, 10, SY_VERSION);
    if (!run_statement(insert, error))
        return false;
    if (id)
        *id = sy_db_last_rowid(store->db);
    return true;
}

bool sy_store_add_run(SyStore *store, const SyRunRecord *run, GError **error) {
    return begin(store, error) && finish(store, insert_run(store, run, NULL, error), error);
}

static bool insert_decision(SyStore *store, const SyRunRecord *run, gint64 run_id, gint64 *id,
                            GError **error) {
    g_autoptr(SyStatement) insert = sy_db_prepare(
        store->db, "INSERT INTO decision (run_id, study_name, bar_time) VALUES (?1, ?2, ?3)",
        error);
    if (!insert)
        return false;
    sy_db_bind_integer(insert, 1, run_id);
    sy_db_bind_text(insert, 2, run->study);
    sy_db_bind_integer(insert, 3, run->bar_time);
    bool good = run_statement(insert, error);
    *id = sy_db_last_rowid(store->db);
    return good;
}

static bool insert_legs(SyStore *store, gint64 id, const SyDecision *decision, char **symbols,
                        const SyTime *time_of_row, const double *price, const double *output,
                        GError **error) {
    g_autoptr(SyStatement) insert = sy_db_prepare(
        store->db, "INSERT INTO decision_leg VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10)",
        error);
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
        if (!run_statement(insert, error))
            return false;
    }
    return true;
}

static bool insert_order(SyStore *store, gint64 decision, const SyRunRecord *run, char **symbols,
                         const SyOrderOutcome *order, GError **error) {
    g_autoptr(SyStatement) insert = sy_db_prepare(
        store->db, "INSERT INTO orders VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12)",
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
    return run_statement(insert, error);
}

static bool insert_fill(SyStore *store, const SyRunRecord *run, const SyOrderOutcome *order,
                        GError **error) {
    g_autoptr(SyStatement) insert = sy_db_prepare(
        store->db,
        "INSERT INTO fill (client_id, size, price, fees, time) VALUES (?1, ?2, ?3, ?4, ?5)", error);
    if (!insert)
        return false;
    sy_db_bind_text(insert, 1, order->client_id);
    sy_db_bind_number(insert, 2, order->size);
    sy_db_bind_number(insert, 3, order->price);
    sy_db_bind_number(insert, 4, order->fees);
    sy_db_bind_integer(insert, 5, run->bar_time);
    return run_statement(insert, error);
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

bool sy_store_add_decision(SyStore *store, const SyRunRecord *run, const SyDecision *decision,
                           char **symbols, const SyTime *time_of_row, const double *price,
                           const double *output, const GArray *outcomes, const SySubLedger *book,
                           SyTime decided_before, bool *already, GError **error) {
    SyTime last = SY_TIME_NONE;
    gint64 run_id = 0, id = 0;
    *already = false;
    if (!begin(store, error))
        return false;
    bool good = last_decided(store, run->study, &last, error);
    if (good && last != SY_TIME_NONE && last >= run->bar_time) {
        *already = true;
        finish(store, false, NULL);
        return true;
    }
    if (good && last != decided_before)
        good = sy_fail(error, SY_ERROR_LOCKED,
                       "strategy %s: another process decided a bar at the same moment; run again",
                       run->study);
    good = good && insert_run(store, run, &run_id, error) &&
           insert_decision(store, run, run_id, &id, error) &&
           insert_legs(store, id, decision, symbols, time_of_row, price, output, error) &&
           insert_outcomes(store, id, run, symbols, outcomes, error) &&
           save_sub_ledger(store, run->study, symbols, book, error);
    return finish(store, good, error);
}
