/* What the files of this folder share: the connection, transactions, statements, the end of the
 * audit chain. Nothing outside src/store includes this. */
#ifndef SY_STORE_INTERNAL_H
#define SY_STORE_INTERNAL_H

#include <jansson.h>

#include "db/db.h"
#include "store/events.h"
#include "store/slots.h"
#include "store/store.h"

enum { SY_HASH_SIZE = 65, SY_SCHEMA_WITH_EVENTS = 2 };

extern const gint64 sy_store_schema; /* number of the last migration */

struct SyStore {
    SyDb *db;
    char *url, *folder;     /* as it was opened */
    GHashTable *statements; /* SQL → SyStatement, kept prepared */
    GHashTable *claims;     /* run (gint64) → epoch (gint64) under which this handle claimed it */
    GHashTable *steps;      /* run (gint64) → GArray of SyStepRow that wait for its transaction */
    gint64 ends_attempt_of; /* run whose steps the transaction that goes on stores; 0: none */
    /* Where the audit chain ends, as the transaction that goes on has it. */
    bool chain_known;
    gint64 chain_sequence;
    char chain_hash[SY_HASH_SIZE];
};

/* Opens a store for reading, of whatever schema. */
SyStore *sy_store_open_as_is(const char *url, GError **error);

/* Copies the store, which has `schema`, before it is brought to the program's. */
bool sy_store_backup_before(SyStore *store, gint64 schema, GError **error);

/* Begins a transaction as the only writer, or one that reads at one moment. */
bool sy_store_begin(SyStore *store, GError **error);
bool sy_store_begin_read(SyStore *store, GError **error);

/* Ends it: commits where `good`, else rolls back. Returns whether it was good and is committed. */
bool sy_store_finish(SyStore *store, bool good, GError **error);

/* A statement ready to be bound, kept prepared for the next time; valid until it is asked for
 * again, or the transaction ends. NULL on error. */
SyStatement *sy_store_statement(SyStore *store, const char *sql, GError **error);

/* Runs a statement; the rows it gives, if any, are left. */
bool sy_store_run(SyStatement *statement, GError **error);

/* The integer of a query with one row and one column; `fallback` where it has no row or null. */
bool sy_store_integer(SyStatement *statement, gint64 fallback, gint64 *value, GError **error);

void sy_bind_time(SyStatement *statement, int parameter, SyTime time); /* SY_TIME_NONE is null */
SyTime sy_column_time(SyStatement *statement, int column);

/* Place of a column's word in `words` [n]. The column's CHECK must know the same words. */
int sy_column_word(SyStatement *statement, int column, const char *const *words, int n);

/* Text that a database accepts whatever a program wrote: UTF-8. Free with g_free. */
char *sy_store_clean(const char *text);

/* Appends an event within a transaction of a writer. */
bool sy_store_insert_event(SyStore *store, const SyEvent *event, GError **error);

/* The same from its parts. `facts` is taken over; NULL counts as {}. */
bool sy_store_append(SyStore *store, SyTime time, const char *kind, const char *study, gint64 run,
                     json_t *facts, GError **error);

/* Puts a checkpoint in place of all events up to `sequence`, which the caller removes in the same
 * transaction, after it. */
bool sy_store_put_checkpoint(SyStore *store, gint64 sequence, SyTime now, GError **error);

/* The facts of an event: json_pack of what jansson understands; texts must be UTF-8. */
#define sy_facts(...) json_pack(__VA_ARGS__)

/* Keeps the text of a template under its hash. */
bool sy_store_keep_template(SyStore *store, const char *hash, const char *study, const char *text,
                            SyTime now, GError **error);

/* The study's epoch must be `epoch`. Errors: SY_ERROR_HELD. */
bool sy_store_check_epoch(SyStore *store, const char *study, gint64 epoch, GError **error);

/* The study of a run. Errors: SY_ERROR_DATA where there is no such run. Free *study with g_free. */
bool sy_store_study_of(SyStore *store, gint64 run, char **study, GError **error);

/* Stores the steps that wait for a run; within a transaction. */
bool sy_store_insert_steps(SyStore *store, gint64 run, GError **error);

/* The same, and ends the attempt that goes on; within the transaction that ends it. */
bool sy_store_end_attempt(SyStore *store, gint64 run, const char *status, const char *message,
                          SyTime retry_at, SyTime now, GError **error);

/* Stores record->keep, where it is not NULL, of the run with this id; within a transaction. */
bool sy_store_insert_keep(SyStore *store, const SyRunRecord *record, gint64 run, GError **error);

#endif
