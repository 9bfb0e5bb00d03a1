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

static SyDb *open_db(const char *folder) {
    SyDb *db = NULL;
    assert_good((db = sy_db_open("sqlite:///state.db", folder, SY_DB_WRITE, 1000, &error)));
    return db;
}

gint64 test_store_query(const char *folder, const char *sql) {
    g_autoptr(SyDb) db = open_db(folder);
    SyStatement *statement = NULL;
    assert_good((statement = sy_db_prepare(db, sql, &error)));
    assert_int_equal(sy_db_step(statement, NULL), SY_DB_ROW);
    gint64 value = sy_db_integer(statement, 0);
    sy_statement_free(statement);
    return value;
}

void test_store_change(const char *folder, const char *sql) {
    g_autoptr(SyDb) db = open_db(folder);
    assert_good(sy_db_exec(db, sql, &error));
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
