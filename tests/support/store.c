#include "store.h"

#include "test.h"

#include "db/db.h"
#include "store/events.h"

SyStore *test_store_open(const char *folder) {
    SyStore *store = NULL;
    assert_good((store = sy_store_open("sqlite:///state.db", folder, false, &error)));
    return store;
}

SySlotDecision test_slot(const char *study, SyTime nominal) {
    return (SySlotDecision){.study = study,
                            .kind = "trade",
                            .nominal = nominal,
                            .status = SY_SLOT_ROW_RAN,
                            .reason = "",
                            .other = SY_TIME_NONE,
                            .count = 1,
                            .decided = nominal + 3,
                            .run_status = SY_RUN_PLANNED,
                            .template_hash = "0123",
                            .template_text = "[meta]",
                            .request = "{\"trade\":true}",
                            .bar = nominal};
}

gint64 test_store_plan(SyStore *store, const char *study, SyTime nominal, gint64 epoch) {
    SySlotDecision slot = test_slot(study, nominal);
    assert_good(sy_store_decide_slots(store, &slot, 1, &epoch, &error));
    assert_false(slot.already);
    assert_true(slot.run > 0);
    return slot.run;
}

static SyDb *open_db(const char *url, const char *folder) {
    SyDb *db = NULL;
    assert_good((db = sy_db_open(url, folder, SY_DB_WRITE, 5000, &error)));
    return db;
}

/* A statement on its first row. */
static SyStatement *ask(SyDb *db, const char *sql) {
    g_autoptr(GError) error = NULL;
    SyStatement *statement = sy_db_prepare(db, sql, &error);
    if (!statement || sy_db_step(statement, &error) != SY_DB_ROW)
        fail_msg("%s: %s", sql, error ? error->message : "no row");
    return statement;
}

gint64 test_query(const char *url, const char *folder, const char *sql) {
    g_autoptr(SyDb) db = open_db(url, folder);
    g_autoptr(SyStatement) row = ask(db, sql);
    return sy_db_integer(row, 0);
}

double test_query_number(const char *url, const char *folder, const char *sql) {
    g_autoptr(SyDb) db = open_db(url, folder);
    g_autoptr(SyStatement) row = ask(db, sql);
    return sy_db_number(row, 0);
}

char *test_query_text(const char *url, const char *folder, const char *sql) {
    g_autoptr(SyDb) db = open_db(url, folder);
    g_autoptr(SyStatement) row = ask(db, sql);
    return g_strdup(sy_db_text(row, 0, NULL));
}

void test_change(const char *url, const char *folder, const char *sql) {
    g_autoptr(SyDb) db = open_db(url, folder);
    assert_good(sy_db_exec(db, sql, &error));
}

gint64 test_store_query(const char *folder, const char *sql) {
    return test_query("sqlite:///state.db", folder, sql);
}

void test_store_change(const char *folder, const char *sql) {
    test_change("sqlite:///state.db", folder, sql);
}

gint64 test_store_assert_whole(SyStore *store) {
    SyAudit audit;
    assert_good(sy_store_verify(store, &audit, &error));
    if (!audit.whole)
        fail_msg("the chain is broken at %" G_GINT64_FORMAT ": %s", audit.broken_at, audit.reason);
    gint64 checked = audit.checked;
    sy_audit_clear(&audit);
    return checked;
}
