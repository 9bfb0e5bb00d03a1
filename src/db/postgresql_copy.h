/* Between the two files of the dialect: COPY on a connection, and the upserts that are made of it.
 */
#ifndef SY_DB_POSTGRESQL_COPY_H
#define SY_DB_POSTGRESQL_COPY_H

#include "db/dialect.h"

/* The transaction at hand may take its time from here on; `false` ends that. */
bool sy_pg_take_time(SyDb *db, bool time, GError **error);

/* COPY … FROM STDIN: begins, sends bytes, ends (undone where not `good`). The error of a server
 * that refuses what it got may come with any of them. */
bool sy_pg_copy_begin(SyDb *db, const char *sql, GError **error);
bool sy_pg_copy_send(SyDb *db, const GByteArray *bytes, GError **error);
bool sy_pg_copy_end(SyDb *db, bool good, GError **error);

SyUpsert *sy_pg_upsert_begin(SyDb *db, const char *table, const SyDbColumn *columns, gsize n,
                             GError **error);
bool sy_pg_upsert_put(SyUpsert *base, const SyDbCell *cells, GError **error);
bool sy_pg_upsert_end(SyUpsert *base, SyUpsertCounts *counts, GError **error);
void sy_pg_upsert_free(SyUpsert *base);

#endif
