/* The audit chain: whatever byte of an event is changed, the verification finds it; a chain that
 * lost its end is a shorter valid chain. */
#include "test.h"

#include <string.h>

#include "cli.h"
#include "db/db.h"
#include "store.h"
#include "store/events.h"

static char *folder;
static SyStore *store;
static SyDb *db; /* a second connection, which tampers */

static int make_store(void **state) {
    (void)state;
    gint64 epoch = 0;
    bool claimed, before;
    folder = test_folder_new();
    store = test_store_open(folder);
    assert_good(sy_store_take_study(store, "pair", "test", 1, &epoch, &error));
    for (int i = 1; i <= 3; i++) {
        gint64 id = test_store_plan(store, "pair", i * 1000, epoch);
        assert_good(sy_store_claim_run(store, id, epoch, 1, 1, 5, &claimed, &error));
        assert_good(sy_store_end_run(store, id, epoch, SY_RUN_FAILED, "näive", 9, &before, &error));
    }
    assert_good(sy_store_add_events(store, &(SyEvent){7, "clock_step", NULL, 0, "{\"jump\":-1}"}, 1,
                                    &error));
    assert_good((db = sy_db_open("sqlite:///state.db", folder, SY_DB_WRITE, 1000, &error)));
    assert_good(sy_db_exec(db, "PRAGMA synchronous = OFF", &error));
    return 0;
}

static int remove_store(void **state) {
    (void)state;
    sy_db_close(db);
    sy_store_close(store);
    test_folder_remove(folder);
    g_free(folder);
    return 0;
}

/* Sequence number at which the chain is broken; 0 where it is whole. */
static gint64 broken_at(void) {
    SyAudit audit;
    assert_good(sy_store_verify(store, &audit, &error));
    gint64 at = audit.broken_at;
    assert_int_equal(audit.whole, at == 0);
    sy_audit_clear(&audit);
    return at;
}

static void set_text(const char *column, gint64 row, const char *text) {
    g_autofree char *sql = g_strdup_printf("UPDATE event SET %s = ?1 WHERE sequence = ?2", column);
    g_autoptr(SyStatement) update = sy_db_prepare(db, sql, NULL);
    sy_db_bind_text(update, 1, text);
    sy_db_bind_integer(update, 2, row);
    assert_int_equal(sy_db_step(update, NULL), SY_DB_DONE);
}

static char *get_text(const char *column, gint64 row) {
    g_autofree char *sql = g_strdup_printf("SELECT %s FROM event WHERE sequence = ?1", column);
    g_autoptr(SyStatement) query = sy_db_prepare(db, sql, NULL);
    sy_db_bind_integer(query, 1, row);
    assert_int_equal(sy_db_step(query, NULL), SY_DB_ROW);
    return g_strdup(sy_db_text(query, 0, NULL));
}

static void test_audit__every_byte_of_every_text_counts(void **state) {
    (void)state;
    static const char *const columns[] = {"kind", "study_name", "facts", "previous", "hash"};
    gint64 events = test_store_assert_whole(store);
    guint changed = 0;
    for (gint64 row = 1; row <= events; row++)
        for (gsize c = 0; c < G_N_ELEMENTS(columns); c++) {
            g_autofree char *text = get_text(columns[c], row);
            for (gsize i = 0; text && text[i]; i++, changed++) {
                g_autofree char *bad = g_strdup(text);
                bad[i] = (char)(bad[i] ^ 1);
                set_text(columns[c], row, bad);
                if (broken_at() != row)
                    fail_msg("event %d, %s, byte %zu: not found", (int)row, columns[c], i);
                set_text(columns[c], row, text);
            }
        }
    assert_true(changed > 2000);
    assert_int_equal(broken_at(), 0);
    set_text("study_name", events, ""); /* none is not the same as an empty one */
    assert_int_equal(broken_at(), events);
    set_text("study_name", events, NULL);
}

/* Flips a bit of a number of the row `sequence`; false where another row has that number. */
static bool flip(const char *column, gint64 row, int bit) {
    g_autofree char *sql = g_strdup_printf(
        "UPDATE event SET %s = (%s | (1 << %d)) - (%s & (1 << %d)) WHERE sequence = "
        "%" G_GINT64_FORMAT,
        column, column, bit, column, bit, row);
    return sy_db_exec(db, sql, NULL);
}

static void test_audit__every_bit_of_every_number_counts(void **state) {
    (void)state;
    static const char *const columns[] = {"time", "run_id", "sequence"};
    gint64 events = test_store_assert_whole(store);
    for (gsize c = 0; c < G_N_ELEMENTS(columns); c++)
        for (gint64 row = 1; row <= events; row++)
            for (int bit = 0; bit < 62; bit++) {
                bool moves = strcmp(columns[c], "sequence") == 0;
                if (!flip(columns[c], row, bit))
                    continue;
                if (!broken_at())
                    fail_msg("%s of event %d, bit %d: not found", columns[c], (int)row, bit);
                gint64 now_at = moves ? row ^ (G_GINT64_CONSTANT(1) << bit) : row;
                assert_true(flip(columns[c], now_at, bit));
            }
    assert_int_equal(broken_at(), 0);
}

static void test_audit__a_chain_that_lost_its_end_is_a_shorter_one(void **state) {
    (void)state;
    for (gint64 left = test_store_assert_whole(store) - 1; left >= 0; left--) {
        g_autofree char *sql = g_strdup_printf("DELETE FROM event WHERE sequence > %d", (int)left);
        assert_good(sy_db_exec(db, sql, &error));
        assert_int_equal(test_store_assert_whole(store), left);
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_audit__every_byte_of_every_text_counts),
        cmocka_unit_test(test_audit__every_bit_of_every_number_counts),
        cmocka_unit_test(test_audit__a_chain_that_lost_its_end_is_a_shorter_one),
    };
    return cmocka_run_group_tests(tests, make_store, remove_store);
}
