/* The queue of messages. They are no part of the audit chain: what they tell of is. */
#include "store/messages.h"

#include "store/internal.h"

/* A cause that was told of is not told of again before. */
static const SyTime digest_after = SY_HOUR;

static bool fold(SyStore *store, const SyMessage *message, const char *text, bool *folded,
                 GError **error) {
    SyStatement *update =
        sy_store_statement(store,
                           "UPDATE message SET count = count + 1, text = ?3, run_id = ?4 "
                           "WHERE messenger = ?1 AND key = ?2 AND status = 'waiting' RETURNING id",
                           error);
    if (!update)
        return false;
    sy_db_bind_text(update, 1, message->messenger);
    sy_db_bind_text(update, 2, message->key);
    sy_db_bind_text(update, 3, text);
    sy_db_bind_integer(update, 4, message->run);
    SyDbStep step = sy_db_step(update, error);
    *folded = step == SY_DB_ROW;
    return step != SY_DB_FAILED;
}

static bool last_sent(SyStore *store, const SyMessage *message, SyTime *sent, GError **error) {
    SyStatement *query = sy_store_statement(
        store,
        "SELECT max(ended) FROM message WHERE messenger = ?1 AND key = ?2 AND status = 'sent'",
        error);
    if (!query)
        return false;
    sy_db_bind_text(query, 1, message->messenger);
    sy_db_bind_text(query, 2, message->key);
    return sy_store_integer(query, SY_TIME_NONE, sent, error);
}

static bool insert(SyStore *store, const SyMessage *message, const char *text, SyTime sent,
                   GError **error) {
    SyTime next = message->created;
    if (sent != SY_TIME_NONE && sent + digest_after > next)
        next = sent + digest_after;
    SyStatement *statement = sy_store_statement(
        store,
        "INSERT INTO message (messenger, key, level, study_name, run_id, title, text, created, "
        "count, status, attempts, next_attempt, reason) "
        "VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, 1, 'waiting', 0, ?9, '')",
        error);
    if (!statement)
        return false;
    g_autofree char *title = sy_store_clean(message->title);
    sy_db_bind_text(statement, 1, message->messenger);
    sy_db_bind_text(statement, 2, message->key);
    sy_db_bind_text(statement, 3, message->level);
    sy_db_bind_text(statement, 4, message->study);
    sy_db_bind_integer(statement, 5, message->run);
    sy_db_bind_text(statement, 6, title);
    sy_db_bind_text(statement, 7, text);
    sy_db_bind_integer(statement, 8, message->created);
    sy_db_bind_integer(statement, 9, next);
    return sy_store_run(statement, error);
}

static bool add_message(SyStore *store, const SyMessage *message, bool *folded, GError **error) {
    g_autofree char *text = sy_store_clean(message->text);
    SyTime sent = SY_TIME_NONE;
    return fold(store, message, text, folded, error) &&
           (*folded ||
            (last_sent(store, message, &sent, error) && insert(store, message, text, sent, error)));
}

bool sy_store_add_message(SyStore *store, const SyMessage *message, bool *folded, GError **error) {
    *folded = false;
    return sy_store_begin(store, error) &&
           sy_store_finish(store, add_message(store, message, folded, error), error);
}

void sy_message_free(SyMessage *message) {
    g_free(message->messenger);
    g_free(message->key);
    g_free(message->level);
    g_free(message->study);
    g_free(message->title);
    g_free(message->text);
    g_free(message);
}

static SyMessage *read_message(SyStatement *query) {
    SyMessage *message = g_new0(SyMessage, 1);
    *message = (SyMessage){
        .id = sy_db_integer(query, 0),
        .messenger = g_strdup(sy_db_text(query, 1, NULL)),
        .key = g_strdup(sy_db_text(query, 2, NULL)),
        .level = g_strdup(sy_db_text(query, 3, NULL)),
        .study = g_strdup(sy_db_text(query, 4, NULL)),
        .run = sy_db_integer(query, 5),
        .title = g_strdup(sy_db_text(query, 6, NULL)),
        .text = g_strdup(sy_db_text(query, 7, NULL)),
        .created = sy_db_integer(query, 8),
        .count = sy_db_integer(query, 9),
        .attempts = (int)sy_db_integer(query, 10),
    };
    return message;
}

static bool load_due(SyStore *store, SyTime now, gsize most, GPtrArray *messages, GError **error) {
    SyStatement *query = sy_store_statement(
        store,
        "SELECT id, messenger, key, level, study_name, run_id, title, text, created, count, "
        "attempts FROM message WHERE status = 'waiting' AND next_attempt <= ?1 ORDER BY id "
        "LIMIT ?2",
        error);
    if (!query)
        return false;
    sy_db_bind_integer(query, 1, now);
    sy_db_bind_integer(query, 2, (gint64)most);
    SyDbStep step;
    while ((step = sy_db_step(query, error)) == SY_DB_ROW)
        g_ptr_array_add(messages, read_message(query));
    return step == SY_DB_DONE;
}

GPtrArray *sy_store_due_messages(SyStore *store, SyTime now, gsize most, GError **error) {
    g_autoptr(GPtrArray) messages =
        g_ptr_array_new_with_free_func((GDestroyNotify)(void (*)(void))sy_message_free);
    if (!sy_store_begin_read(store, error) ||
        !sy_store_finish(store, load_due(store, now, most, messages, error), error))
        return NULL;
    return g_steal_pointer(&messages);
}

static bool next_message(SyStore *store, SyTime *next, GError **error) {
    SyStatement *query = sy_store_statement(
        store, "SELECT min(next_attempt) FROM message WHERE status = 'waiting'", error);
    return query && sy_store_integer(query, SY_TIME_NONE, next, error);
}

bool sy_store_next_message(SyStore *store, SyTime *next, GError **error) {
    return sy_store_begin_read(store, error) &&
           sy_store_finish(store, next_message(store, next, error), error);
}

/* next: SY_TIME_NONE where it ends now. */
static bool put_delivery(SyStore *store, gint64 id, const char *status, const char *reason,
                         SyTime now, SyTime next, GError **error) {
    SyStatement *update = sy_store_statement(
        store,
        "UPDATE message SET status = ?2, reason = ?3, ended = ?4, attempts = attempts + 1, "
        "next_attempt = ?5 WHERE id = ?1 AND status = 'waiting'",
        error);
    if (!update)
        return false;
    g_autofree char *clean = sy_store_clean(reason);
    sy_db_bind_integer(update, 1, id);
    sy_db_bind_text(update, 2, status);
    sy_db_bind_text(update, 3, clean);
    sy_bind_time(update, 4, next == SY_TIME_NONE ? now : SY_TIME_NONE);
    sy_db_bind_integer(update, 5, next == SY_TIME_NONE ? now : next);
    return sy_store_run(update, error);
}

bool sy_store_message_sent(SyStore *store, gint64 id, SyTime now, GError **error) {
    return sy_store_begin(store, error) &&
           sy_store_finish(store, put_delivery(store, id, "sent", "", now, SY_TIME_NONE, error),
                           error);
}

bool sy_store_message_failed(SyStore *store, gint64 id, const char *reason, SyTime now,
                             SyTime next_attempt, GError **error) {
    const char *status = next_attempt == SY_TIME_NONE ? "failed" : "waiting";
    return sy_store_begin(store, error) &&
           sy_store_finish(store, put_delivery(store, id, status, reason, now, next_attempt, error),
                           error);
}
