/* Decisions on slots: what the scheduler said becomes rows, all of one moment in one transaction.
 */
#include "store/slots.h"

#include <string.h>

#include "base/error.h"
#include "store/internal.h"

const char *const sy_slot_status_names[] = {
    [SY_SLOT_ROW_RAN] = "ran",
    [SY_SLOT_ROW_SKIPPED] = "skipped",
    [SY_SLOT_ROW_MISSED] = "missed",
    [SY_SLOT_ROW_COALESCED] = "coalesced",
};

bool sy_store_check_epoch(SyStore *store, const char *study, gint64 epoch, GError **error) {
    SyStatement *query =
        sy_store_statement(store, "SELECT epoch, holder FROM study WHERE name = ?1", error);
    if (!query)
        return false;
    sy_db_bind_text(query, 1, study);
    SyDbStep step = sy_db_step(query, error);
    if (step == SY_DB_FAILED)
        return false;
    if (step == SY_DB_ROW && sy_db_integer(query, 0) == epoch)
        return true;
    return sy_fail(error, SY_ERROR_HELD,
                   "strategy %s is run by %s now: this process has lost it and stores nothing more "
                   "for it",
                   study, step == SY_DB_ROW ? sy_db_text(query, 1, NULL) : "nobody");
}

/* Sets `already` where the slot has a row, or had one that retention removed, and `run` where that
 * row is our own: planned under the same epoch. */
static bool find_slot(SyStore *store, SySlotDecision *slot, gint64 epoch, GError **error) {
    SyStatement *query = sy_store_statement(
        store,
        "SELECT (SELECT forgotten FROM job WHERE study_name = ?1 AND kind = ?2), "
        "(SELECT count FROM slot WHERE study_name = ?1 AND kind = ?2 AND nominal = ?3), "
        "(SELECT run.id FROM slot JOIN run ON run.id = run_id WHERE slot.study_name = ?1 AND "
        "slot.kind = ?2 AND slot.nominal = ?3 AND run.status = 'planned' AND run.epoch = ?4)",
        error);
    if (!query)
        return false;
    sy_db_bind_text(query, 1, slot->study);
    sy_db_bind_text(query, 2, slot->kind);
    sy_db_bind_integer(query, 3, slot->nominal);
    sy_db_bind_integer(query, 4, epoch);
    SyDbStep step = sy_db_step(query, error);
    if (step == SY_DB_FAILED)
        return false;
    SyTime forgotten = sy_column_time(query, 0);
    slot->run = sy_db_type(query, 2) == SY_DB_NULL ? 0 : sy_db_integer(query, 2);
    slot->already = (forgotten != SY_TIME_NONE && slot->nominal <= forgotten) ||
                    sy_db_type(query, 1) != SY_DB_NULL;
    return true;
}

static bool insert_run(SyStore *store, SySlotDecision *slot, gint64 epoch, GError **error) {
    bool ended = sy_run_status_ended(slot->run_status);
    if (!sy_store_keep_template(store, slot->template_hash, slot->study, slot->template_text,
                                slot->decided, error))
        return false;
    SyStatement *insert = sy_store_statement(
        store,
        "INSERT INTO run (study_name, kind, nominal, template_hash, request, bar_time, planned, "
        "ended, status, message, attempt, epoch, program_version) "
        "VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, 1, ?11, ?12) RETURNING id",
        error);
    if (!insert)
        return false;
    sy_db_bind_text(insert, 1, slot->study);
    sy_db_bind_text(insert, 2, slot->kind);
    sy_db_bind_integer(insert, 3, slot->nominal);
    sy_db_bind_text(insert, 4, slot->template_hash);
    sy_db_bind_text(insert, 5, slot->request ? slot->request : "");
    sy_bind_time(insert, 6, slot->bar);
    sy_db_bind_integer(insert, 7, slot->decided);
    sy_bind_time(insert, 8, ended ? slot->decided : SY_TIME_NONE);
    sy_db_bind_text(insert, 9, sy_run_status_names[slot->run_status]);
    sy_db_bind_text(insert, 10, slot->reason);
    sy_db_bind_integer(insert, 11, epoch);
    sy_db_bind_text(insert, 12, SY_VERSION);
    return sy_store_integer(insert, 0, &slot->run, error);
}

static bool insert_slot(SyStore *store, const SySlotDecision *slot, GError **error) {
    SyStatement *insert = sy_store_statement(
        store,
        "INSERT INTO slot (study_name, kind, nominal, status, reason, other, count, decided, "
        "run_id) VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9)",
        error);
    if (!insert)
        return false;
    sy_db_bind_text(insert, 1, slot->study);
    sy_db_bind_text(insert, 2, slot->kind);
    sy_db_bind_integer(insert, 3, slot->nominal);
    sy_db_bind_text(insert, 4, sy_slot_status_names[slot->status]);
    sy_db_bind_text(insert, 5, slot->reason);
    sy_bind_time(insert, 6, slot->other);
    sy_db_bind_integer(insert, 7, slot->count);
    sy_db_bind_integer(insert, 8, slot->decided);
    if (slot->run)
        sy_db_bind_integer(insert, 9, slot->run);
    else
        sy_db_bind_null(insert, 9);
    return sy_store_run(insert, error);
}

/* The job's newest slot never goes back, whatever the clock does. */
static bool advance_job(SyStore *store, const SySlotDecision *slot, GError **error) {
    SyStatement *upsert = sy_store_statement(
        store,
        "INSERT INTO job (study_name, kind, last, paused, pause_note, runs) "
        "VALUES (?1, ?2, ?3, 0, '', ?4) ON CONFLICT (study_name, kind) DO UPDATE SET "
        "last = CASE WHEN job.last > excluded.last THEN job.last ELSE excluded.last END, "
        "runs = job.runs + excluded.runs",
        error);
    if (!upsert)
        return false;
    sy_db_bind_text(upsert, 1, slot->study);
    sy_db_bind_text(upsert, 2, slot->kind);
    sy_db_bind_integer(upsert, 3, slot->nominal);
    sy_db_bind_integer(upsert, 4, slot->run && slot->run_status == SY_RUN_PLANNED);
    return sy_store_run(upsert, error);
}

static bool end_trigger(SyStore *store, const SySlotDecision *slot, GError **error) {
    SyStatement *remove = sy_store_statement(
        store, "DELETE FROM trigger_request WHERE study_name = ?1 AND kind = ?2 AND created = ?3",
        error);
    if (!remove)
        return false;
    sy_db_bind_text(remove, 1, slot->study);
    sy_db_bind_text(remove, 2, slot->kind);
    sy_db_bind_integer(remove, 3, slot->nominal);
    return sy_store_run(remove, error);
}

static bool append_slot(SyStore *store, const SySlotDecision *slot, GError **error) {
    bool ran = slot->status == SY_SLOT_ROW_RAN;
    json_t *facts =
        sy_facts("{s:s, s:I, s:s, s:s, s:I, s:s*, s:s*}", "kind", slot->kind, "nominal",
                 (json_int_t)slot->nominal, "status", sy_slot_status_names[slot->status], "reason",
                 slot->reason, "count", (json_int_t)slot->count, "run",
                 ran ? sy_run_status_names[slot->run_status] : NULL, "template",
                 ran ? slot->template_hash : NULL);
    if (slot->other != SY_TIME_NONE)
        json_object_set_new(facts, "other", json_integer(slot->other));
    if (ran && slot->bar != SY_TIME_NONE)
        json_object_set_new(facts, "bar", json_integer(slot->bar));
    return sy_store_append(store, slot->decided, "slot", slot->study, slot->run, facts, error);
}

static bool decide_slot(SyStore *store, SySlotDecision *slot, gint64 epoch, GError **error) {
    slot->run = 0;
    return sy_store_check_epoch(store, slot->study, epoch, error) &&
           find_slot(store, slot, epoch, error) &&
           (slot->already ||
            ((slot->status != SY_SLOT_ROW_RAN || insert_run(store, slot, epoch, error)) &&
             insert_slot(store, slot, error) && advance_job(store, slot, error) &&
             append_slot(store, slot, error))) &&
           end_trigger(store, slot, error);
}

bool sy_store_decide_slots(SyStore *store, SySlotDecision *slots, gsize n, const gint64 *epoch,
                           GError **error) {
    if (!sy_store_begin(store, error))
        return false;
    bool good = true;
    for (gsize i = 0; good && i < n; i++)
        good = decide_slot(store, &slots[i], epoch[i], error);
    return sy_store_finish(store, good, error);
}
