/* The store: what is committed together, what is refused. */
#include "test.h"

#include <string.h>

#include "base/error.h"
#include "database.h"
#include "db/db.h"
#include "store.h"
#include "store/facts.h"
#include "store/history.h"
#include "store/retention.h"
#include "store/templates.h"

static char *symbols[] = {"A", "B", NULL};

static gint64 count(const char *table) {
    g_autofree char *sql = g_strdup_printf("SELECT count(*) FROM %s", table);
    return test_database_query(sql);
}

static int fits_written;

static char *write_fits(gconstpointer data) {
    fits_written++;
    return g_strdup(data);
}

static const SyRunKeep kept = {
    .facts = "{}", .fits_digest = "f00d", .write_fits = write_fits, .fits_data = "[1]"};

static SyRunRecord record(SyTime bar) {
    return (SyRunRecord){.study = "pair",
                         .template_hash = "0123",
                         .template_text = "[meta]",
                         .started = bar + 1,
                         .ended = bar + 2,
                         .bar_time = bar,
                         .status = "succeeded",
                         .message = "",
                         .data_fingerprint = "abcd",
                         .rows = 4,
                         .keep = &kept};
}

/* Decides one bar: an order of leg 0 filled, the book as given. */
static bool decide(SyStore *store, SyTime bar, SySubLedger *book, bool *already, GError **error) {
    SyLegDecision legs[2] = {{.wanted = 1, .action = SY_ACTION_ENTER, .reason = "fresh"},
                             {.wanted = 0, .action = SY_ACTION_NONE, .reason = "flat"}};
    SyDecision decision = {.row = 0, .legs = 2, .leg = legs};
    const SyTime times[] = {bar};
    const double price[2] = {10, 20}, output[2] = {0.5, -0.5};
    g_autoptr(GArray) outcomes = g_array_new(FALSE, TRUE, sizeof(SyOrderOutcome));
    SyOrderOutcome order = {.intent = {.column = 0, .side = SY_BUY, .size = 2, .price = 10},
                            .size = 2,
                            .price = 10,
                            .fees = 0.1,
                            .state = "filled",
                            .reason = ""};
    sy_client_id("pair", "A", bar, 0, 0, order.client_id);
    g_array_append_val(outcomes, order);
    const SyRunRecord run = record(bar);
    return sy_store_add_decision(store, &run, &decision, symbols, times, price, output, outcomes,
                                 book, book->decided, already, error);
}

static SySubLedger *load(SyStore *store, bool *found) {
    g_autoptr(GError) error = NULL;
    SySubLedger *book = sy_sub_ledger_new(1, 2);
    if (!sy_store_load_sub_ledger(store, "pair", symbols, book, found, &error))
        fail_msg("%s", error->message);
    return book;
}

static void test_store__a_book_comes_back_as_it_was_committed(void **state) {
    (void)state;
    bool found, already;
    g_autoptr(SyStore) store = test_database_store();
    g_autoptr(SySubLedger) book = load(store, &found);
    assert_false(found);
    book->capital[0] = 100;
    book->cash[0] = 79.9;
    book->free_cash[0] = 59.9;
    book->quantity[0] = 2;
    book->quantity[1] = -0.5;
    book->debt[1] = book->locked[1] = 10;
    assert_true(decide(store, 1000, book, &already, NULL));
    assert_false(already);
    g_autoptr(SyStore) again = test_database_store();
    g_autoptr(SySubLedger) stored = load(again, &found);
    assert_true(found);
    assert_true(stored->cash[0] == 79.9 && stored->free_cash[0] == 59.9 &&
                stored->capital[0] == 100);
    assert_true(stored->quantity[0] == 2 && stored->quantity[1] == -0.5 && stored->locked[1] == 10);
    assert_int_equal(stored->decided, 1000);
}

static void test_store__a_bar_is_decided_once(void **state) {
    (void)state;
    bool found, already;
    g_autoptr(SyStore) store = test_database_store();
    g_autoptr(SySubLedger) book = load(store, &found);
    gint64 runs = count("run");
    assert_true(decide(store, 1000, book, &already, NULL));
    assert_true(already);
    assert_true(decide(store, 500, book, &already, NULL));
    assert_true(already);
    assert_int_equal(count("run"), runs);
    assert_int_equal(count("orders"), 1);
}

static void test_store__a_book_that_another_process_moved_on_is_refused(void **state) {
    (void)state;
    bool found, already;
    g_autoptr(GError) error = NULL;
    g_autoptr(SyStore) store = test_database_store(), other = test_database_store();
    g_autoptr(SySubLedger) book = load(store, &found), theirs = load(other, &found);
    assert_true(decide(other, 2000, theirs, &already, NULL));
    assert_false(decide(store, 3000, book, &already, &error));
    assert_int_equal(error->code, SY_ERROR_LOCKED);
    assert_int_equal(count("decision"), 2);
}

static void test_store__a_failed_write_leaves_nothing(void **state) {
    (void)state;
    bool found, already;
    g_autoptr(GError) error = NULL;
    g_autoptr(SyStore) store = test_database_store();
    g_autoptr(SySubLedger) book = load(store, &found);
    gint64 runs = count("run"), decisions = count("decision");
    bool on_server = test_database_on_server();
    test_database_change(
        on_server
            ? "CREATE FUNCTION refuse () RETURNS trigger LANGUAGE plpgsql AS $$BEGIN RAISE "
              "'disk on fire'; END$$; CREATE TRIGGER refuse BEFORE INSERT ON fill FOR EACH "
              "ROW EXECUTE FUNCTION refuse()"
            : "CREATE TRIGGER refuse BEFORE INSERT ON fill BEGIN SELECT raise(ABORT, 'disk on "
              "fire'); END");
    assert_false(decide(store, 4000, book, &already, &error));
    assert_non_null(strstr(error->message, "disk on fire"));
    assert_int_equal(count("run"), runs);
    assert_int_equal(count("decision"), decisions);
    test_database_change(on_server ? "DROP TRIGGER refuse ON fill" : "DROP TRIGGER refuse");
}

static void test_store__other_symbols_under_one_name_are_refused(void **state) {
    (void)state;
    char *others[] = {"A", "C", NULL};
    bool found;
    g_autoptr(GError) error = NULL;
    g_autoptr(SyStore) store = test_database_store();
    g_autoptr(SySubLedger) book = sy_sub_ledger_new(1, 2);
    assert_false(sy_store_load_sub_ledger(store, "pair", others, book, &found, &error));
    assert_int_equal(error->code, SY_ERROR_DATA);
    g_clear_error(&error);
    g_autoptr(SySubLedger) unshared = sy_sub_ledger_new(2, 2);
    assert_false(sy_store_load_sub_ledger(store, "pair", symbols, unshared, &found, &error));
    assert_non_null(strstr(error->message, "cash_sharing"));
}

static void test_store__failed_runs_are_kept(void **state) {
    (void)state;
    g_autoptr(SyStore) store = test_database_store();
    gint64 runs = count("run");
    SyRunRecord run = record(SY_TIME_NONE);
    run.status = "failed";
    run.message = "no such table";
    assert_true(sy_store_add_run(store, &run, NULL));
    assert_int_equal(count("run"), runs + 1);
    assert_int_equal(count("run WHERE status = 'failed' AND bar_time IS NULL"), 1);
    assert_int_equal(count("template_version"), 1);
}

static void test_store__of_a_newer_program_is_refused(void **state) {
    (void)state;
    g_autoptr(GError) error = NULL;
    g_autofree char *newer = test_database_new();
    {
        g_autoptr(SyDb) db = sy_db_open(newer, NULL, SY_DB_CREATE, 1000, NULL);
        assert_true(sy_db_begin(db, SY_DB_WRITE, NULL));
        assert_true(sy_db_migrate(db, "CREATE TABLE run (x INTEGER)", 99, NULL));
        assert_true(sy_db_commit(db, NULL));
    }
    assert_null(sy_store_open(newer, NULL, false, &error));
    assert_int_equal(error->code, SY_ERROR_TEMPLATE);
    assert_non_null(strstr(error->message, "newer version"));
}

/* Retention removes fits that no run has; that may come between the work and its commit. */
static void test_store__fits_are_written_where_they_are_not_there(void **state) {
    (void)state;
    bool found, already;
    g_autoptr(SyStore) store = test_database_store();
    g_autoptr(SySubLedger) book = load(store, &found);
    assert_int_equal(fits_written, 1);
    assert_true(decide(store, 5001, book, &already, NULL));
    assert_int_equal(fits_written, 1);
    assert_int_equal(count("fits"), 1);
    test_database_change("DELETE FROM run_facts; DELETE FROM fits");
    book->decided = 5001;
    assert_true(decide(store, 5002, book, &already, NULL));
    assert_int_equal(fits_written, 2);
    assert_int_equal(count("fits WHERE digest = 'f00d' AND fits = '[1]'"), 1);
}

static void test_store__lists_jobs_with_their_newest_slots_and_open_runs(void **state) {
    (void)state;
    gint64 epoch;
    g_autoptr(SyStore) store = test_database_store();
    assert_good(sy_store_take_study(store, "listed", "run_all (pid 7)", 1, &epoch, &error));
    gint64 done = test_store_plan(store, "listed", 100, epoch);
    gint64 open = test_store_plan(store, "listed", 200, epoch);
    bool claimed, before;
    assert_good(sy_store_claim_run(store, done, epoch, 1, 1, 105, &claimed, &error));
    assert_good(
        sy_store_end_run(store, done, epoch, SY_RUN_FAILED, "no table", 110, &before, &error));
    assert_good(sy_store_claim_run(store, open, epoch, 1, 1, 205, &claimed, &error));
    assert_good(sy_store_back_off(store, open, epoch, "load", "late", 300, 1, 210, &error));
    SySlotDecision missed = test_slot("listed", 250);
    missed.status = SY_SLOT_ROW_MISSED;
    missed.reason = "found too late";
    assert_good(sy_store_decide_slots(store, &missed, 1, &epoch, &error));
    assert_good(sy_store_pause(store, "listed", "report", true, "holiday", "me", 260, &error));
    g_autoptr(GArray) lines = sy_store_list_jobs(store, NULL);
    assert_non_null(lines);
    guint seen = 0;
    for (guint i = 0; i < lines->len; i++) {
        const SyJobLine *line = &g_array_index(lines, SyJobLine, i);
        if (strcmp(line->study, "listed") != 0)
            continue;
        seen++;
        assert_string_equal(line->holder, "run_all (pid 7)");
        if (strcmp(line->kind, "report") == 0) {
            assert_true(line->paused);
            assert_non_null(strstr(line->pause_note, "holiday"));
            assert_true(line->last == SY_TIME_NONE && !line->slot && !line->run && !line->open);
            continue;
        }
        assert_string_equal(line->kind, "trade");
        assert_false(line->paused);
        assert_true(line->last == 250);
        assert_string_equal(line->slot, "missed");
        assert_string_equal(line->reason, "found too late");
        assert_null(line->run);
        assert_string_equal(line->open, "backing_off");
        assert_true(line->open_nominal == 200 && line->retry_at == 300);
    }
    assert_int_equal(seen, 2);
}

static void assert_interval(SyStore *store, const char *study, const char *expected) {
    g_autoptr(GHashTable) intervals = sy_store_report_intervals(store, NULL);
    assert_non_null(intervals);
    const char *found = g_hash_table_lookup(intervals, study);
    if (g_strcmp0(found, expected) != 0)
        fail_msg("%s makes reports every %s, not %s", study, found, expected);
}

static void test_store__knows_how_often_reports_are_made(void **state) {
    (void)state;
    gint64 epoch;
    g_autoptr(SyStore) store = test_database_store();
    assert_good(sy_store_take_study(store, "often", "test", 1, &epoch, &error));
    assert_interval(store, "often", NULL);
    assert_good(sy_store_set_report_every(store, "often", epoch, "15m", 2, &error));
    assert_interval(store, "often", "15m");
    gint64 events = count("event");
    assert_good(sy_store_set_report_every(store, "often", epoch, "15m", 3, &error));
    assert_int_equal(count("event"), events);
    g_autoptr(GError) held = NULL;
    assert_false(sy_store_set_report_every(store, "often", epoch - 1, NULL, 4, &held));
    assert_int_equal(held->code, SY_ERROR_HELD);
    assert_good(sy_store_set_report_every(store, "often", epoch, NULL, 5, &error));
    assert_interval(store, "often", NULL);
}

static void use(SyStore *store, const char *text, SyTime now) {
    g_autofree char *hash = g_compute_checksum_for_string(G_CHECKSUM_SHA256, text, -1);
    assert_good(sy_store_use_template(store, "used.toml", "used", hash, text, now, &error));
}

/* "text until " of each, in order. */
static char *past_after(SyStore *store, SyTime from) {
    g_autoptr(GError) error = NULL;
    g_autoptr(GArray) versions = sy_store_past_templates(store, "used.toml", from, &error);
    g_autoptr(GString) all = g_string_new(NULL);
    for (guint i = 0; versions && i < versions->len; i++) {
        const SyPastVersion *version = &g_array_index(versions, SyPastVersion, i);
        g_string_append_printf(all, "%s %" G_GINT64_FORMAT " ", version->text, version->until);
    }
    return g_strdup(versions ? all->str : error->message);
}

static void test_store__knows_the_versions_that_slots_to_look_back_on_are_of(void **state) {
    (void)state;
    gint64 epoch;
    g_autoptr(SyStore) store = test_database_store();
    assert_good(sy_store_take_study(store, "used", "run_all (pid 7)", 1, &epoch, &error));
    use(store, "first", 100);
    use(store, "second", 200);
    use(store, "second", 250);
    use(store, "first", 300);
    g_autofree char *all = past_after(store, SY_TIME_NONE), *later = past_after(store, 200);
    assert_string_equal(all, "first 200 second 300 ");
    assert_string_equal(later, "second 300 ");
    test_store_plan(store, "used", 299, epoch); /* up to there all is decided */
    use(store, "third", 400);
    g_autofree char *rest = past_after(store, SY_TIME_NONE);
    assert_string_equal(rest, "second 300 first 400 ");
    /* what is kept for them outlives retention, for as long as they do */
    SyRetained removed;
    assert_good(sy_store_retain(store, &(SyRetention){.runs = 1}, SY_DAY + 350, &removed, &error));
    g_autofree char *young = past_after(store, SY_TIME_NONE);
    assert_string_equal(young, "first 400 ");
    assert_int_equal(count("template_version WHERE text = 'first'"), 1);
}

int main(int argc, char **argv) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_store__a_book_comes_back_as_it_was_committed),
        cmocka_unit_test(test_store__a_bar_is_decided_once),
        cmocka_unit_test(test_store__a_book_that_another_process_moved_on_is_refused),
        cmocka_unit_test(test_store__a_failed_write_leaves_nothing),
        cmocka_unit_test(test_store__other_symbols_under_one_name_are_refused),
        cmocka_unit_test(test_store__failed_runs_are_kept),
        cmocka_unit_test(test_store__fits_are_written_where_they_are_not_there),
        cmocka_unit_test(test_store__lists_jobs_with_their_newest_slots_and_open_runs),
        cmocka_unit_test(test_store__knows_how_often_reports_are_made),
        cmocka_unit_test(test_store__of_a_newer_program_is_refused),
        cmocka_unit_test(test_store__knows_the_versions_that_slots_to_look_back_on_are_of),
    };
    return test_database_run(argc, argv, tests);
}
