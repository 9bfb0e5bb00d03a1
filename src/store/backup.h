/* Copies of the store: by hand, daily, before each migration; and the way back. SQLite only:
 * other databases have programs of their own for that, which the error names. */
#ifndef SY_STORE_BACKUP_H
#define SY_STORE_BACKUP_H

#include "store/store.h"

/* Where daily copies of a store go: backups/ beside it. Free with g_free. */
char *sy_store_backup_folder(SyStore *store);

/* Copies the store to a file, which appears whole or not at all; others go on writing.
 * Errors: SY_ERROR_IO (also where the file is there already), SY_ERROR_USAGE (not SQLite). */
bool sy_store_backup(SyStore *store, const char *path, GError **error);

/* The daily copy: one per UTC day, the newest `keep` stay; a later call of the same day does
 * nothing. *made is its path, or NULL; free with g_free. Stores that are not SQLite have none.
 * Cost: as sy_store_backup, so not for a thread that must answer soon. */
bool sy_store_backup_daily(SyStore *store, int keep, SyTime now, char **made, GError **error);

/* Puts a copy in the place of the store. The copy must be whole: pages, schema, audit chain. The
 * store that was there stays beside it; *kept is its path, or NULL where there was none.
 * Errors: SY_ERROR_LOCKED where a program has the store open; SY_ERROR_UNAVAILABLE, SY_ERROR_DATA,
 * SY_ERROR_TEMPLATE where the copy cannot be used; SY_ERROR_IO. Then the store is as it was. */
bool sy_store_restore(const char *url, const char *folder, const char *file, SyTime now,
                      char **kept, GError **error);

#endif
