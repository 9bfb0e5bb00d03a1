/* The queue of messages: daemons put into it, systematica-messenger takes out of it, each in
 * transactions of their own. */
#include "store/messages.h"

#include <string.h>

#include "store/internal.h"

void sy_message_free(SyMessage *message) {
    if (!message)
        return;
    g_free(message->messenger);
    g_free(message->fallback);
    g_free(message->key);
    g_free(message->kind);
    g_free(message->level);
    g_free(message->study);
    g_free(message->title);
    g_free(message->text);
    g_free(message->status);
    g_free(message->reason);
    g_free(message);
}

void sy_alarm_free(SyAlarm *alarm) {
    if (!alarm)
        return;
    g_free(alarm->key);
    g_free(alarm->kind);
    g_free(alarm->study);
    g_free(alarm->text);
    g_free(alarm);
}

static char *column_text(SyStatement *query, int column) {
    return g_strdup(sy_db_text(query, column, NULL));
}

/* Runs a statement that changes rows; *changed may be NULL. */
static bool change(SyStore *store, SyStatement *statement, bool *changed, GError **error) {
    if (!sy_store_run(statement, error))
        return false;
    if (changed)
        *changed = sy_db_changes(store->db) > 0;
    return true;
}

/* ---- alarms ---- */

GPtrArray *sy_store_load_alarms(SyStore *store, GError **error) {
    g_autoptr(GPtrArray) alarms = g_ptr_array_new_with_free_func((GDestroyNotify)sy_alarm_free);
    if (!sy_store_begin_read(store, error))
        return NULL;
    SyStatement *query = sy_store_statement(
        store,
        "SELECT key, kind, study_name, run_id, text, running, untold, since, told, raised "
        "FROM alarm ORDER BY key",
        error);
    SyDbStep step = SY_DB_FAILED;
    while (query && (step = sy_db_step(query, error)) == SY_DB_ROW) {
        SyAlarm *alarm = g_new0(SyAlarm, 1);
        *alarm = (SyAlarm){.key = column_text(query, 0),
                           .kind = column_text(query, 1),
                           .study = column_text(query, 2),
                           .run = sy_db_integer(query, 3),
                           .text = column_text(query, 4),
                           .running = sy_db_integer(query, 5),
                           .untold = sy_db_integer(query, 6),
                           .since = sy_db_integer(query, 7),
                           .told = sy_column_time(query, 8),
                           .raised = sy_db_integer(query, 9) != 0};
        g_ptr_array_add(alarms, alarm);
    }
    return sy_store_finish(store, step == SY_DB_DONE, error) ? g_steal_pointer(&alarms) : NULL;
}

static bool put_alarm(SyStore *store, const SyAlarm *alarm, GError **error) {
    SyStatement *upsert = sy_store_statement(
        store,
        "INSERT INTO alarm (key, kind, study_name, run_id, text, running, untold, since, told, "
        "raised) VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10) ON CONFLICT (key) DO UPDATE "
        "SET kind = excluded.kind, run_id = excluded.run_id, text = excluded.text, "
        "running = excluded.running, untold = excluded.untold, since = excluded.since, "
        "told = excluded.told, raised = excluded.raised",
        error);
    if (!upsert)
        return false;
    g_autofree char *text = sy_store_clean(alarm->text);
    sy_db_bind_text(upsert, 1, alarm->key);
    sy_db_bind_text(upsert, 2, alarm->kind);
    sy_db_bind_text(upsert, 3, alarm->study);
    sy_db_bind_integer(upsert, 4, alarm->run);
    sy_db_bind_text(upsert, 5, text);
    sy_db_bind_integer(upsert, 6, alarm->running);
    sy_db_bind_integer(upsert, 7, alarm->untold);
    sy_db_bind_integer(upsert, 8, alarm->since);
    sy_bind_time(upsert, 9, alarm->told);
    sy_db_bind_integer(upsert, 10, alarm->raised);
    return sy_store_run(upsert, error);
}

/* ---- queueing ---- */

static bool append(SyStore *store, const SyMessage *message, gint64 id, const char *what,
                   const char *reason, SyTime now, GError **error) {
    return sy_store_append(store, now, what, message->study, message->run,
                           sy_facts("{s:I, s:s, s:s, s:s, s:I, s:s*}", "message", (json_int_t)id,
                                    "messenger", message->messenger, "key", message->key, "level",
                                    message->level, "count", (json_int_t)message->count, "reason",
                                    reason),
                           error);
}

/* Folds into one that waits and is not on its way. *folded into: its id, 0 where none waits. */
static bool fold(SyStore *store, const SyMessage *message, const char *text, gint64 *folded_into,
                 GError **error) {
    SyStatement *update = sy_store_statement(
        store,
        "UPDATE message SET count = count + ?1, title = ?2, text = ?3, run_id = ?4, kind = ?5 "
        "WHERE status = 'waiting' AND claimed = 0 AND messenger = ?6 AND key = ?7 AND level = ?8 "
        "RETURNING id",
        error);
    if (!update)
        return false;
    sy_db_bind_integer(update, 1, message->count);
    sy_db_bind_text(update, 2, message->title);
    sy_db_bind_text(update, 3, text);
    sy_db_bind_integer(update, 4, message->run);
    sy_db_bind_text(update, 5, message->kind);
    sy_db_bind_text(update, 6, message->messenger);
    sy_db_bind_text(update, 7, message->key);
    sy_db_bind_text(update, 8, message->level);
    return sy_store_integer(update, 0, folded_into, error);
}

static bool insert(SyStore *store, const SyMessage *message, const char *text, SyTime now,
                   GError **error) {
    bool sent = strcmp(message->messenger, "log") == 0;
    SyStatement *statement = sy_store_statement(
        store,
        "INSERT INTO message (messenger, fallback, key, kind, level, study_name, run_id, title, "
        "text, count, created, status, attempts, claimed, next_attempt, ended, reason) "
        "VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, 0, 0, ?13, ?14, '') "
        "RETURNING id",
        error);
    if (!statement)
        return false;
    sy_db_bind_text(statement, 1, message->messenger);
    sy_db_bind_text(statement, 2, message->fallback);
    sy_db_bind_text(statement, 3, message->key);
    sy_db_bind_text(statement, 4, message->kind);
    sy_db_bind_text(statement, 5, message->level);
    sy_db_bind_text(statement, 6, message->study);
    sy_db_bind_integer(statement, 7, message->run);
    sy_db_bind_text(statement, 8, message->title);
    sy_db_bind_text(statement, 9, text);
    sy_db_bind_integer(statement, 10, message->count);
    sy_db_bind_integer(statement, 11, message->created);
    sy_db_bind_text(statement, 12, sent ? "sent" : "waiting");
    sy_db_bind_integer(statement, 13, now);
    sy_bind_time(statement, 14, sent ? now : SY_TIME_NONE);
    gint64 id = 0;
    return sy_store_integer(statement, 0, &id, error) &&
           append(store, message, id, "message_queued", NULL, now, error) &&
           (!sent || append(store, message, id, "message_sent", NULL, now, error));
}

static bool queue_message(SyStore *store, const SyMessage *message, SyTime now, GError **error) {
    g_autofree char *text = sy_store_clean(message->text);
    gint64 id = 0;
    if (!fold(store, message, text, &id, error))
        return false;
    return id ? append(store, message, id, "message_folded", NULL, now, error)
              : insert(store, message, text, now, error);
}

bool sy_store_queue(SyStore *store, const SyEvent *events, gsize n, const GPtrArray *alarms,
                    const GPtrArray *messages, SyTime now, GError **error) {
    if (!sy_store_begin(store, error))
        return false;
    bool good = true;
    for (gsize i = 0; good && i < n; i++)
        good = sy_store_insert_event(store, &events[i], error);
    for (guint i = 0; good && i < alarms->len; i++)
        good = put_alarm(store, alarms->pdata[i], error);
    for (guint i = 0; good && i < messages->len; i++)
        good = queue_message(store, messages->pdata[i], now, error);
    return sy_store_finish(store, good, error);
}

/* ---- reading ---- */

#define COLUMNS                                                                                    \
    "id, messenger, fallback, key, kind, level, study_name, run_id, title, text, count, "          \
    "created, status, attempts, next_attempt, ended, reason"

static SyMessage *read_message(SyStatement *query) {
    SyMessage *message = g_new0(SyMessage, 1);
    *message = (SyMessage){.id = sy_db_integer(query, 0),
                           .messenger = column_text(query, 1),
                           .fallback = column_text(query, 2),
                           .key = column_text(query, 3),
                           .kind = column_text(query, 4),
                           .level = column_text(query, 5),
                           .study = column_text(query, 6),
                           .run = sy_db_integer(query, 7),
                           .title = column_text(query, 8),
                           .text = column_text(query, 9),
                           .count = sy_db_integer(query, 10),
                           .created = sy_db_integer(query, 11),
                           .status = column_text(query, 12),
                           .attempts = (int)sy_db_integer(query, 13),
                           .next_attempt = sy_column_time(query, 14),
                           .ended = sy_column_time(query, 15),
                           .reason = column_text(query, 16)};
    return message;
}

GPtrArray *sy_store_list_messages(SyStore *store, gsize most, GError **error) {
    g_autoptr(GPtrArray) list = g_ptr_array_new_with_free_func((GDestroyNotify)sy_message_free);
    if (!sy_store_begin_read(store, error))
        return NULL;
    SyStatement *query = sy_store_statement(
        store, "SELECT " COLUMNS " FROM message ORDER BY id DESC LIMIT ?1", error);
    SyDbStep step = SY_DB_FAILED;
    if (query)
        sy_db_bind_integer(query, 1, (gint64)most);
    while (query && (step = sy_db_step(query, error)) == SY_DB_ROW)
        g_ptr_array_add(list, read_message(query));
    return sy_store_finish(store, step == SY_DB_DONE, error) ? g_steal_pointer(&list) : NULL;
}

static bool next_message(SyStore *store, SyTime *next, GError **error) {
    SyStatement *query = sy_store_statement(
        store, "SELECT min(next_attempt) FROM message WHERE status = 'waiting'", error);
    return query && sy_store_integer(query, SY_TIME_NONE, next, error);
}

bool sy_store_next_message(SyStore *store, SyTime *next, GError **error) {
    *next = SY_TIME_NONE;
    return sy_store_begin_read(store, error) &&
           sy_store_finish(store, next_message(store, next, error), error);
}

/* ---- delivering ---- */

static bool find_due(SyStore *store, SyTime now, gint64 *id, GError **error) {
    SyStatement *query =
        sy_store_statement(store,
                           "SELECT id FROM message WHERE status = 'waiting' AND next_attempt <= ?1 "
                           "ORDER BY id LIMIT 1",
                           error);
    if (!query)
        return false;
    sy_db_bind_integer(query, 1, now);
    return sy_store_integer(query, 0, id, error);
}

static bool take(SyStore *store, SyTime now, SyTime lease_ends, SyMessage **message,
                 GError **error) {
    gint64 id = 0;
    if (!find_due(store, now, &id, error))
        return false;
    if (id == 0)
        return true;
    SyStatement *update = sy_store_statement(store,
                                             "UPDATE message SET claimed = 1, attempts = attempts "
                                             "+ 1, next_attempt = ?1 WHERE id = ?2 "
                                             "RETURNING " COLUMNS,
                                             error);
    if (!update)
        return false;
    sy_db_bind_integer(update, 1, lease_ends);
    sy_db_bind_integer(update, 2, id);
    SyDbStep step = sy_db_step(update, error);
    if (step == SY_DB_ROW)
        *message = read_message(update);
    return step != SY_DB_FAILED;
}

bool sy_store_take_message(SyStore *store, SyTime now, SyTime lease_ends, SyMessage **message,
                           GError **error) {
    g_autoptr(SyMessage) taken = NULL;
    *message = NULL;
    if (!sy_store_begin(store, error) ||
        !sy_store_finish(store, take(store, now, lease_ends, &taken, error), error))
        return false;
    *message = g_steal_pointer(&taken);
    return true;
}

/* *ours is false where the lease ended and somebody else has taken it. */
static bool end_attempt(SyStore *store, const SyMessage *message, const char *status,
                        const char *reason, SyTime next_attempt, SyTime now, bool *ours,
                        GError **error) {
    bool waits = strcmp(status, "waiting") == 0;
    SyStatement *update = sy_store_statement(
        store,
        "UPDATE message SET status = ?1, reason = ?2, next_attempt = ?3, ended = ?4, claimed = 0 "
        "WHERE id = ?5 AND attempts = ?6 AND claimed = 1",
        error);
    if (!update)
        return false;
    sy_db_bind_text(update, 1, status);
    sy_db_bind_text(update, 2, reason);
    sy_db_bind_integer(update, 3, waits ? next_attempt : now);
    sy_bind_time(update, 4, waits ? SY_TIME_NONE : now);
    sy_db_bind_integer(update, 5, message->id);
    sy_db_bind_integer(update, 6, message->attempts);
    return change(store, update, ours, error);
}

/* What waits for a messenger that does not answer waits as long as the one that was tried. */
static bool rest(SyStore *store, const char *messenger, SyTime until, GError **error) {
    SyStatement *update =
        sy_store_statement(store,
                           "UPDATE message SET next_attempt = ?1 WHERE status = 'waiting' AND "
                           "claimed = 0 AND messenger = ?2 AND next_attempt < ?1",
                           error);
    if (!update)
        return false;
    sy_db_bind_integer(update, 1, until);
    sy_db_bind_text(update, 2, messenger);
    return change(store, update, NULL, error);
}

static bool fall_back(SyStore *store, const SyMessage *message, const char *reason, SyTime now,
                      GError **error) {
    if (!message->fallback || strcmp(message->fallback, message->messenger) == 0)
        return true;
    g_autofree char *text = g_strdup_printf("%s\n(%s could not deliver it: %s)", message->text,
                                            message->messenger, reason);
    SyMessage other = *message;
    other.messenger = message->fallback;
    other.fallback = NULL;
    other.text = text;
    return queue_message(store, &other, now, error);
}

static bool end(SyStore *store, const SyMessage *message, const char *reason, SyTime next_attempt,
                SyTime now, GError **error) {
    bool sent = !reason, again = !sent && next_attempt != SY_TIME_NONE, ours = false;
    const char *status = sent ? "sent" : again ? "waiting" : "failed";
    if (!end_attempt(store, message, status, sent ? "" : reason,
                     again ? next_attempt : SY_TIME_NONE, now, &ours, error))
        return false;
    if (!ours)
        return true;
    if (again)
        return rest(store, message->messenger, next_attempt, error);
    return append(store, message, message->id, sent ? "message_sent" : "message_failed", reason,
                  now, error) &&
           (sent || fall_back(store, message, reason, now, error));
}

bool sy_store_end_attempt_of_message(SyStore *store, const SyMessage *message, const char *reason,
                                     SyTime next_attempt, SyTime now, GError **error) {
    g_autofree char *clean = reason ? sy_store_clean(reason) : NULL;
    return sy_store_begin(store, error) &&
           sy_store_finish(store, end(store, message, clean, next_attempt, now, error), error);
}
