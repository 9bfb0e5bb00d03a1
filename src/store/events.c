/* The audit chain: appending within the transaction that changes something, and the verification of
 * the whole. */
#include "store/events.h"

#include <string.h>

#include "base/error.h"
#include "store/internal.h"

/* What the first event of a store follows. */
static const char genesis[SY_HASH_SIZE] =
    "0000000000000000000000000000000000000000000000000000000000000000";

/* One row as it is hashed. */
typedef struct {
    gint64 sequence;
    SyTime time;
    const char *kind, *study, *facts; /* study may be NULL */
    gsize kind_length, study_length, facts_length;
    gint64 run;
    const char *previous;
} Row;

/* Texts carry their length, so that no two rows have one canonical text. */
static void hash_row(const Row *row, char hash[static SY_HASH_SIZE]) {
    g_autoptr(GChecksum) sum = g_checksum_new(G_CHECKSUM_SHA256);
    g_autofree char *numbers =
        g_strdup_printf("%s\n%" G_GINT64_FORMAT "\n%" G_GINT64_FORMAT "\n%" G_GINT64_FORMAT
                        "\n%" G_GSIZE_FORMAT " %" G_GSSIZE_FORMAT " %" G_GSIZE_FORMAT "\n",
                        row->previous, row->sequence, row->time, row->run, row->kind_length,
                        row->study ? (gssize)row->study_length : -1, row->facts_length);
    g_checksum_update(sum, (const guchar *)numbers, -1);
    g_checksum_update(sum, (const guchar *)row->kind, (gssize)row->kind_length);
    if (row->study)
        g_checksum_update(sum, (const guchar *)row->study, (gssize)row->study_length);
    g_checksum_update(sum, (const guchar *)row->facts, (gssize)row->facts_length);
    g_strlcpy(hash, g_checksum_get_string(sum), SY_HASH_SIZE);
}

/* ---- appending ---- */

/* The newest checkpoint; sequence 0 and the genesis hash where there is none. */
static bool load_checkpoint(SyStore *store, gint64 *sequence, char hash[static SY_HASH_SIZE],
                            GError **error) {
    SyStatement *query = sy_store_statement(
        store, "SELECT sequence, hash FROM checkpoint ORDER BY sequence DESC LIMIT 1", error);
    SyDbStep step = query ? sy_db_step(query, error) : SY_DB_FAILED;
    *sequence = step == SY_DB_ROW ? sy_db_integer(query, 0) : 0;
    g_strlcpy(hash, step == SY_DB_ROW ? sy_db_text(query, 1, NULL) : genesis, SY_HASH_SIZE);
    return step != SY_DB_FAILED;
}

static bool find_end(SyStore *store, GError **error) {
    SyStatement *query = sy_store_statement(
        store, "SELECT sequence, hash FROM event ORDER BY sequence DESC LIMIT 1", error);
    SyDbStep step = query ? sy_db_step(query, error) : SY_DB_FAILED;
    if (step == SY_DB_FAILED)
        return false;
    if (step == SY_DB_DONE &&
        !load_checkpoint(store, &store->chain_sequence, store->chain_hash, error))
        return false;
    if (step == SY_DB_ROW) {
        store->chain_sequence = sy_db_integer(query, 0);
        g_strlcpy(store->chain_hash, sy_db_text(query, 1, NULL), SY_HASH_SIZE);
    }
    store->chain_known = true;
    return true;
}

bool sy_store_insert_event(SyStore *store, const SyEvent *event, GError **error) {
    char previous[SY_HASH_SIZE];
    if (!store->chain_known && !find_end(store, error))
        return false;
    memcpy(previous, store->chain_hash, SY_HASH_SIZE);
    const Row row = {.sequence = store->chain_sequence + 1,
                     .time = event->time,
                     .kind = event->kind,
                     .kind_length = strlen(event->kind),
                     .study = event->study,
                     .study_length = event->study ? strlen(event->study) : 0,
                     .run = event->run,
                     .facts = event->facts,
                     .facts_length = strlen(event->facts),
                     .previous = previous};
    SyStatement *insert = sy_store_statement(
        store,
        "INSERT INTO event (sequence, time, kind, study_name, run_id, facts, previous, hash) "
        "VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8)",
        error);
    if (!insert)
        return false;
    hash_row(&row, store->chain_hash);
    store->chain_sequence = row.sequence;
    sy_db_bind_integer(insert, 1, row.sequence);
    sy_db_bind_integer(insert, 2, row.time);
    sy_db_bind_text(insert, 3, row.kind);
    sy_db_bind_text(insert, 4, row.study);
    sy_db_bind_integer(insert, 5, row.run);
    sy_db_bind_text(insert, 6, row.facts);
    sy_db_bind_text(insert, 7, row.previous);
    sy_db_bind_text(insert, 8, store->chain_hash);
    return sy_store_run(insert, error);
}

bool sy_store_append(SyStore *store, SyTime time, const char *kind, const char *study, gint64 run,
                     json_t *facts, GError **error) {
    char *text = facts ? json_dumps(facts, JSON_COMPACT) : NULL;
    const SyEvent event = {time, kind, study, run, text ? text : "{}"};
    bool good = sy_store_insert_event(store, &event, error);
    free(text);
    json_decref(facts);
    return good;
}

bool sy_store_add_events(SyStore *store, const SyEvent *events, gsize n, GError **error) {
    if (!sy_store_begin(store, error))
        return false;
    bool good = true;
    for (gsize i = 0; good && i < n; i++)
        good = sy_store_insert_event(store, &events[i], error);
    return sy_store_finish(store, good, error);
}

static bool find_event(SyStore *store, gint64 run, const char *kind, char **facts, GError **error) {
    SyStatement *query = sy_store_statement(store,
                                            "SELECT facts FROM event WHERE run_id = ?1 AND kind = "
                                            "?2 ORDER BY sequence DESC LIMIT 1",
                                            error);
    if (!query)
        return false;
    sy_db_bind_integer(query, 1, run);
    sy_db_bind_text(query, 2, kind);
    SyDbStep step = sy_db_step(query, error);
    if (step == SY_DB_ROW)
        *facts = g_strdup(sy_db_text(query, 0, NULL));
    return step != SY_DB_FAILED;
}

bool sy_store_find_event(SyStore *store, gint64 run, const char *kind, char **facts,
                         GError **error) {
    *facts = NULL;
    return sy_store_begin_read(store, error) &&
           sy_store_finish(store, find_event(store, run, kind, facts, error), error);
}

/* ---- commands ---- */

static bool look_for_commands(SyStore *store, gint64 *sequence, bool *asked, GError **error) {
    gint64 newest = 0, found = 0;
    SyStatement *query = sy_store_statement(store, "SELECT max(sequence) FROM event", error);
    if (!query || !sy_store_integer(query, 0, &newest, error))
        return false;
    if (*sequence >= 0 && newest > *sequence) {
        query = sy_store_statement(store,
                                   "SELECT count(*) FROM event WHERE sequence > ?1 AND kind IN "
                                   "('pause', 'resume', 'trigger')",
                                   error);
        if (!query)
            return false;
        sy_db_bind_integer(query, 1, *sequence);
        if (!sy_store_integer(query, 0, &found, error))
            return false;
    }
    *asked = *sequence < 0 || found > 0;
    *sequence = newest;
    return true;
}

bool sy_store_look_for_commands(SyStore *store, gint64 *sequence, bool *asked, GError **error) {
    return sy_store_begin_read(store, error) &&
           sy_store_finish(store, look_for_commands(store, sequence, asked, error), error);
}

/* ---- checkpoints ---- */

static char *checkpoint_facts(gint64 sequence, const char *hash) {
    return g_strdup_printf("{\"sequence\":%" G_GINT64_FORMAT ",\"hash\":\"%s\"}", sequence, hash);
}

/* The hash of an event, and how many events earlier checkpoints stand for. */
static bool load_cut(SyStore *store, gint64 sequence, char hash[static SY_HASH_SIZE],
                     gint64 *removed, GError **error) {
    SyStatement *query = sy_store_statement(
        store,
        "SELECT hash, (SELECT max(removed) FROM checkpoint), "
        "(SELECT count(*) FROM event WHERE sequence <= ?1) FROM event WHERE sequence = ?1",
        error);
    if (!query)
        return false;
    sy_db_bind_integer(query, 1, sequence);
    SyDbStep step = sy_db_step(query, error);
    if (step == SY_DB_DONE)
        return sy_fail(error, SY_ERROR_DATA,
                       "the audit chain has no event %" G_GINT64_FORMAT
                       "; `systematica audit verify` says more",
                       sequence);
    if (step != SY_DB_ROW)
        return false;
    g_strlcpy(hash, sy_db_text(query, 0, NULL), SY_HASH_SIZE);
    *removed = sy_db_integer(query, 1) + sy_db_integer(query, 2);
    return true;
}

/* The event binds the checkpoint to the chain that goes on. */
bool sy_store_put_checkpoint(SyStore *store, gint64 sequence, SyTime now, GError **error) {
    char hash[SY_HASH_SIZE];
    gint64 removed = 0;
    if (!load_cut(store, sequence, hash, &removed, error))
        return false;
    g_autofree char *facts = checkpoint_facts(sequence, hash);
    const SyEvent event = {now, "checkpoint", NULL, 0, facts};
    SyStatement *forget = sy_store_statement(store, "DELETE FROM checkpoint", error);
    if (!forget || !sy_store_run(forget, error))
        return false;
    SyStatement *insert = sy_store_statement(
        store, "INSERT INTO checkpoint (sequence, hash, time, removed) VALUES (?1, ?2, ?3, ?4)",
        error);
    if (!insert)
        return false;
    sy_db_bind_integer(insert, 1, sequence);
    sy_db_bind_text(insert, 2, hash);
    sy_db_bind_integer(insert, 3, now);
    sy_db_bind_integer(insert, 4, removed);
    return sy_store_run(insert, error) && sy_store_insert_event(store, &event, error);
}

/* ---- verification ---- */

/* A chain that is being read. */
typedef struct {
    gint64 sequence; /* of the row before */
    char hash[SY_HASH_SIZE];
    gint64 checkpoint;     /* sequence of the checkpoint; 0: none */
    char *checkpoint_says; /* facts of its event, as they must be */
    bool checkpoint_found;
} Chain;

static void break_at(SyAudit *audit, gint64 sequence, char *reason) {
    audit->whole = false;
    audit->broken_at = sequence;
    audit->reason = reason;
}

static void read_row(SyStatement *query, Row *row) {
    *row = (Row){.sequence = sy_db_integer(query, 0),
                 .time = sy_db_integer(query, 1),
                 .run = sy_db_integer(query, 4)};
    row->kind = sy_db_text(query, 2, &row->kind_length);
    row->study = sy_db_text(query, 3, &row->study_length);
    row->facts = sy_db_text(query, 5, &row->facts_length);
    row->previous = sy_db_text(query, 6, NULL);
}

/* Checks one row against the one before it. */
static void check_row(SyStatement *query, Chain *chain, SyAudit *audit) {
    Row row;
    char hash[SY_HASH_SIZE];
    read_row(query, &row);
    const char *stored = sy_db_text(query, 7, NULL);
    gint64 expected = chain->sequence + 1;
    if (row.sequence != expected) {
        if (row.sequence < expected)
            break_at(audit, expected,
                     g_strdup_printf("an event with the number %" G_GINT64_FORMAT
                                     " stands before it, where none can be",
                                     row.sequence));
        else
            break_at(audit, expected,
                     g_strdup_printf("missing: the next event that is there is %" G_GINT64_FORMAT,
                                     row.sequence));
        return;
    }
    hash_row(&row, hash);
    if (strcmp(hash, stored) != 0)
        break_at(audit, row.sequence, g_strdup("changed: its hash is not that of its content"));
    else if (strcmp(row.previous, chain->hash) != 0 && chain->sequence == chain->checkpoint &&
             chain->checkpoint)
        break_at(audit, row.sequence,
                 g_strdup("the checkpoint before it is wrong: it holds another hash"));
    else if (strcmp(row.previous, chain->hash) != 0)
        break_at(audit, row.sequence,
                 g_strdup("out of order or replaced: it does not follow the event before it"));
    if (!audit->whole)
        return;
    if (strcmp(row.kind, "checkpoint") == 0 && g_strcmp0(row.facts, chain->checkpoint_says) == 0)
        chain->checkpoint_found = true;
    chain->sequence = row.sequence;
    memcpy(chain->hash, hash, SY_HASH_SIZE);
    if (audit->checked++ == 0)
        audit->first = row.sequence;
    audit->last = row.sequence;
}

static bool verify(SyStore *store, SyAudit *audit, GError **error) {
    Chain chain = {0};
    if (!load_checkpoint(store, &chain.checkpoint, chain.hash, error))
        return false;
    chain.sequence = chain.checkpoint;
    g_autofree char *says =
        chain.checkpoint ? checkpoint_facts(chain.checkpoint, chain.hash) : NULL;
    chain.checkpoint_says = says;
    SyStatement *query = sy_store_statement(
        store,
        "SELECT sequence, time, kind, study_name, run_id, facts, previous, hash FROM event "
        "ORDER BY sequence",
        error);
    if (!query)
        return false;
    SyDbStep step = SY_DB_DONE;
    while (audit->whole && (step = sy_db_step(query, error)) == SY_DB_ROW)
        check_row(query, &chain, audit);
    if (step == SY_DB_FAILED)
        return false;
    if (audit->whole && says && !chain.checkpoint_found)
        break_at(audit, chain.checkpoint,
                 g_strdup("the checkpoint is wrong: no event of the chain speaks of it"));
    return true;
}

bool sy_store_verify(SyStore *store, SyAudit *audit, GError **error) {
    *audit = (SyAudit){.whole = true};
    if (!sy_store_begin_read(store, error))
        return false;
    bool good = sy_store_finish(store, verify(store, audit, error), error);
    if (!good)
        sy_audit_clear(audit);
    return good;
}

void sy_audit_clear(SyAudit *audit) {
    g_free(audit->reason);
    *audit = (SyAudit){0};
}
