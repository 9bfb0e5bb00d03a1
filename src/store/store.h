/* The store: what ran, what was decided, ordered and filled, and what each strategy holds.
 *
 * Promises: a bar of a strategy is decided at most once (also by two processes at once); a
 * decision, its orders, its fills and the sub-ledger they lead to are committed together or not at
 * all; the schema moves forward by numbered migrations, and a store of a newer program is refused.
 */
#ifndef SY_STORE_STORE_H
#define SY_STORE_STORE_H

#include "base/time.h"
#include "order/decision.h"
#include "order/sub_ledger.h"

typedef struct SyStore SyStore;

/* Opens or makes the store and migrates it; with only_read it must be there, and nothing is
 * written. Relative SQLite paths are relative to `folder`. Errors: SY_ERROR_UNAVAILABLE,
 * SY_ERROR_LOCKED, SY_ERROR_IO, SY_ERROR_TEMPLATE (URL; a store of a newer program, or with
 * only_read of an older one). */
SyStore *sy_store_open(const char *url, const char *folder, bool only_read, GError **error);

/* Where a store is, for another connection to it: connections belong to one thread each. */
typedef struct SyStoreAddress SyStoreAddress;
SyStoreAddress *sy_store_address(const SyStore *store);
void sy_store_address_free(SyStoreAddress *address);
/* Errors: as sy_store_open. */
SyStore *sy_store_open_address(const SyStoreAddress *address, GError **error);

/* True where a store is there to be opened; also for URLs that sy_store_open refuses. */
bool sy_store_exists(const char *url, const char *folder);
void sy_store_close(SyStore *store);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(SyStore, sy_store_close)

/* Reads a strategy's sub-ledger into `book`. *found is false where it has none yet (book
 * untouched). Errors: SY_ERROR_DATA where the stored legs are other symbols than `symbols` or the
 * groups differ, and as sy_store_open. */
bool sy_store_load_sub_ledger(SyStore *store, const char *study, char **symbols, SySubLedger *book,
                              bool *found, GError **error);

/* One execution of a strategy's jobs, for the audit. */
typedef struct SyRunKeep SyRunKeep; /* store/facts.h */
typedef struct {
    gint64 id; /* of the run that this handle claimed (store/slots.h); 0: a run by hand */
    const char *study, *template_hash, *template_text;
    bool goes_on; /* the decision does not end the run of `id`: further steps of it follow */
    SyTime started, ended;
    SyTime bar_time;              /* SY_TIME_NONE where no bar was loaded */
    const char *status, *message; /* status: succeeded, failed, outdated */
    const char *data_fingerprint; /* NULL where nothing was loaded */
    gint64 rows;
    const SyRunKeep *keep; /* what add_decision keeps with it; NULL: nothing */
} SyRunRecord;

/* Ends a run that decided nothing: the one of `id`, or a new one by hand. Errors: SY_ERROR_HELD
 * where the run was ended or taken over. */
bool sy_store_add_run(SyStore *store, const SyRunRecord *run, GError **error);

/* Ends a run with its decision, its orders and the sub-ledger after them, in one transaction.
 *
 * output          [legs] of the model on the bar
 * outcomes        SyOrderOutcome
 * book            after the orders
 * decided_before  what the book said when it was loaded (book->decided then)
 * already         set, and nothing is stored, where the bar or a later one was decided before
 * Errors: SY_ERROR_LOCKED where another process decided a bar since the book was loaded;
 * SY_ERROR_HELD where the run of `id` was ended or taken over. */
bool sy_store_add_decision(SyStore *store, const SyRunRecord *run, const SyDecision *decision,
                           char **symbols, const SyTime *time_of_row, const double *price,
                           const double *output, const GArray *outcomes, const SySubLedger *book,
                           SyTime decided_before, bool *already, GError **error);

#endif
