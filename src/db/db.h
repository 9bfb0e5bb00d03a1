/* One small SQL layer: URL in, typed rows out, over SQLite or PostgreSQL.
 *
 * Connections are not shared between threads. Identifiers are quoted by sy_db_quote, values are
 * bound. Everything but the functions below is written in SQL that both dialects understand:
 * ON CONFLICT … DO UPDATE / DO NOTHING (no INSERT OR …), RETURNING id, coalesce, IS [NOT] DISTINCT
 * FROM, CASE for the greater of two, texts in single quotes, no PRAGMA, no rowid, no json_ or date
 * functions. A parameter's first use tells its type: "a = ?1 OR ?1 IS NULL", not the other way
 * round. After a failed statement a transaction can only be rolled back. */
#ifndef SY_DB_DB_H
#define SY_DB_DB_H

#include <stdbool.h>

#include "base/time.h"

typedef struct SyDb SyDb;
typedef struct SyStatement SyStatement;

typedef enum {
    SY_DB_READ,   /* must exist; nothing can be written */
    SY_DB_WRITE,  /* must exist */
    SY_DB_CREATE, /* made where absent */
} SyDbMode;

/* A database URL, understood. */
typedef struct {
    char *dialect;  /* "sqlite", "postgresql" */
    char *path;     /* sqlite: absolute or relative path, or ":memory:" */
    char *name;     /* for messages: the path, or the URL without its password */
    char **options; /* postgresql: keyword, value, …, NULL */
} SyDbUrl;

/* Reads SQLAlchemy's spelling: sqlite:///relative, sqlite:////absolute, sqlite:// (memory),
 * postgresql[+driver]://…. Errors: SY_ERROR_TEMPLATE names the dialect that is not supported; the
 * message never holds a password. */
bool sy_db_url_parse(const char *url, SyDbUrl *parsed, GError **error);
void sy_db_url_clear(SyDbUrl *url);

/* The URL with its password replaced by ***. Free with g_free. */
char *sy_db_url_mask(const char *url);

/* Opens a database. Reading never makes the database file; one in WAL mode gets SQLite's own -wal
 * and -shm files beside it, as for any of its readers. Relative SQLite paths are relative to
 * `folder`. Waits up to busy_ms for a lock.
 * Errors: SY_ERROR_UNAVAILABLE (absent, unreadable, not a database), SY_ERROR_LOCKED,
 * SY_ERROR_IO (may not be written, though the mode asks for it), SY_ERROR_TEMPLATE. */
SyDb *sy_db_open(const char *url, const char *folder, SyDbMode mode, int busy_ms, GError **error);
void sy_db_close(SyDb *db);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(SyDb, sy_db_close)

/* What messages call it: the path. Never a password. */
const char *sy_db_name(const SyDb *db);

/* True for a database that is a file of this machine, whose path sy_db_name tells. */
bool sy_db_is_file(const SyDb *db);

/* Names of the tables and views, as sy_db_find_table takes them, sorted; where there are schemas,
 * first those that need none. Free with g_strfreev. NULL on errors as of sy_db_step. */
char **sy_db_tables(SyDb *db, GError **error);

/* How SQL names a table or view: quoted, with its schema where the dialect has such. `name` is
 * spelled as the database spells it or, for SQLite, in any case; "schema.name" is understood where
 * there are schemas, and names in lower case as well. NULL in *sql where there is none: no error.
 * Free with g_free. Errors: as sy_db_step. */
bool sy_db_find_table(SyDb *db, const char *name, char **sql, GError **error);

/* How SQL names a table that is to be made: as above. Free with g_free. */
char *sy_db_name_table(const SyDb *db, const char *name);

/* Runs statements that return nothing. Errors: as sy_db_step. */
bool sy_db_exec(SyDb *db, const char *sql, GError **error);

/* ---- transactions ---- */

/* Begins a transaction: SY_DB_READ sees one moment and writes nothing; SY_DB_WRITE is the only one
 * of its kind in the database, whatever process begins it (waits up to busy_ms). A connection that
 * was lost before is opened again. Errors: as sy_db_step. */
bool sy_db_begin(SyDb *db, SyDbMode mode, GError **error);

/* Begins a transaction that writes beside those of sy_db_begin; only those with the same `what`
 * queue up. SQLite has one writer at a time: there it is the same. Errors: as sy_db_step. */
bool sy_db_begin_beside(SyDb *db, const char *what, GError **error);

/* Errors: as sy_db_step; the transaction is over all the same. On SY_ERROR_UNAVAILABLE it may have
 * been committed or not: who cares reads before writing again. */
bool sy_db_commit(SyDb *db, GError **error);
void sy_db_rollback(SyDb *db);

/* ---- schemas and locks ---- */

/* What sy_db_migrate said last; 0 for a database that it never touched. */
bool sy_db_schema_version(SyDb *db, gint64 *version, GError **error);

/* Runs a file of SQL and sets the schema's version, within the caller's transaction. The types are
 * SQLite's: INTEGER, REAL, TEXT, BLOB, and INTEGER PRIMARY KEY for a number that the database
 * gives. Errors: as sy_db_step. */
bool sy_db_migrate(SyDb *db, const char *sql, gint64 version, GError **error);

/* From here on a commit survives a loss of power, foreign keys hold, and readers do not block the
 * writer. */
bool sy_db_make_durable(SyDb *db, GError **error);

/* Takes a lock of this name until it is given back or the connection closes; *locked is false where
 * another connection, on whatever machine, holds it. True for SQLite, which is one machine's: lock
 * a file there. A connection that is opened again takes its locks again, or fails: with
 * SY_ERROR_HELD where somebody else has one, SY_ERROR_UNAVAILABLE (try again) while the session
 * before has not ended. */
bool sy_db_try_lock(SyDb *db, const char *name, bool *locked, GError **error);
void sy_db_unlock(SyDb *db, const char *name);

/* ---- copies ---- */

/* Writes a copy of the whole database, as it is at one moment, to a file that must not exist;
 * others go on reading and writing. Errors: as sy_db_step; SY_ERROR_USAGE where the dialect has a
 * program of its own for that, which is named. */
bool sy_db_copy(SyDb *db, const char *path, GError **error);

/* The database's own check of its pages and indexes. Errors: SY_ERROR_UNAVAILABLE with the first
 * damage found. Cost: reads all of it. */
bool sy_db_check(SyDb *db, GError **error);

/* Brings everything into the one file, so that it may be replaced. Errors: SY_ERROR_LOCKED where
 * another connection has it open; SY_ERROR_USAGE as sy_db_copy. */
bool sy_db_settle(SyDb *db, GError **error);

/* ---- statements ---- */

/* One statement; parameters are written ?1, ?2, … Errors: SY_ERROR_DATA for SQL that does not
 * parse, that names an absent table or column, or that is not exactly one statement. */
SyStatement *sy_db_prepare(SyDb *db, const char *sql, GError **error);
/* The same for a query that may be left long before its last row: rows come in portions, so that
 * those not asked for cost little. Within a transaction. */
SyStatement *sy_db_prepare_portions(SyDb *db, const char *sql, GError **error);
void sy_statement_free(SyStatement *statement);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(SyStatement, sy_statement_free)

void sy_db_bind_text(SyStatement *statement, int parameter, const char *text); /* NULL binds null */
void sy_db_bind_integer(SyStatement *statement, int parameter, gint64 value);
void sy_db_bind_number(SyStatement *statement, int parameter, double value); /* NaN binds null */
void sy_db_bind_blob(SyStatement *statement, int parameter, gconstpointer bytes, gsize length);
void sy_db_bind_null(SyStatement *statement, int parameter);

/* True if running the statement changes nothing in the database. */
bool sy_statement_reads_only(SyStatement *statement);

typedef enum { SY_DB_ROW, SY_DB_DONE, SY_DB_FAILED } SyDbStep;

/* Errors: SY_ERROR_LOCKED (after busy_ms), SY_ERROR_IO (disk full, I/O error, read-only),
 * SY_ERROR_UNAVAILABLE (torn or corrupt), SY_ERROR_DATA (constraint, no such table or column: the
 * message names it). */
SyDbStep sy_db_step(SyStatement *statement, GError **error);
void sy_db_reset(SyStatement *statement); /* ready to run again; bindings cleared */

typedef enum { SY_DB_NULL, SY_DB_INTEGER, SY_DB_NUMBER, SY_DB_TEXT, SY_DB_BLOB } SyDbType;

int sy_db_columns(SyStatement *statement);
const char *sy_db_column_name(SyStatement *statement, int column);
SyDbType sy_db_type(SyStatement *statement, int column);
gint64 sy_db_integer(SyStatement *statement, int column);
double sy_db_number(SyStatement *statement, int column); /* NaN for null */
/* Reads neighbouring columns as numbers, in one call. Returns how many it read: fewer than `count`
 * where the next is null, a text or a blob. */
int sy_db_numbers(SyStatement *statement, int column, int count, double *values);
/* True for a cell of a type for times, as no SQLite database has; false for any other, for infinity
 * and for what nanoseconds since 1970 do not hold: then sy_db_text tells. */
bool sy_db_time(SyStatement *statement, int column, SyTime *time);
/* Valid until the next step; NULL for null. length may be NULL. */
const char *sy_db_text(SyStatement *statement, int column, gsize *length);
/* Bytes; valid until the next step; NULL for null and for none at all. */
gconstpointer sy_db_blob(SyStatement *statement, int column, gsize *length);

gint64 sy_db_changes(SyDb *db); /* rows changed by the last statement */

/* A column that orders a table's rows as they were stored, or NULL where the dialect has none. A
 * single table may lack it all the same: preparing a statement with it then fails. */
const char *sy_db_stored_order(const SyDb *db);

/* What to write behind the columns of CREATE TABLE, so that rows lie in the order of their primary
 * key; "" where the dialect has no such thing. */
const char *sy_db_clustered(const SyDb *db);

/* The type of a column that holds times: TEXT, TIMESTAMPTZ. */
const char *sy_db_time_type(const SyDb *db);

/* ---- many rows at once ---- */

typedef enum { SY_DB_COLUMN_TEXT, SY_DB_COLUMN_NUMBER, SY_DB_COLUMN_TIME } SyDbColumnType;

/* A column of such rows. */
typedef struct {
    const char *name;
    SyDbColumnType type;
    bool key; /* part of the table's key */
} SyDbColumn;

/* One value of a row; which member counts is said by the column. */
typedef union {
    const char *text;
    double number; /* NaN is stored as null */
    SyTime time;   /* as text: "2018-01-01 00:00:00" in UTC, a fraction only where there is one */
} SyDbCell;

typedef struct SyUpsert SyUpsert;

typedef struct {
    gsize rows, added, changed; /* changed: as far as they were there and differed */
} SyUpsertCounts;

/* Rows that are inserted into a table or, where their key is there, replace what differs, by the
 * fastest way of the dialect. Within a transaction of the caller; nothing else may use the
 * connection until the end. No two rows of one upsert may have the same key. Numbers become what
 * the table's type has of them; a text or a time that it would change is refused.
 *
 * table     as sy_db_find_table or sy_db_quote give it
 * columns   [n]; must stay
 * Errors: as sy_db_step; SY_ERROR_DATA where the table lacks a column or the key. */
SyUpsert *sy_db_upsert_begin(SyDb *db, const char *table, const SyDbColumn *columns, gsize n,
                             GError **error);
/* cells [n]. Errors of the server may be told by a later call. */
bool sy_db_upsert_put(SyUpsert *upsert, const SyDbCell *cells, GError **error);
bool sy_db_upsert_end(SyUpsert *upsert, SyUpsertCounts *counts, GError **error);
/* After SY_ERROR_DATA: the row that the table refuses, from 1 in the order in which they were put;
 * 0 where no single one is to blame. */
gsize sy_db_upsert_failed_row(const SyUpsert *upsert);
void sy_db_upsert_free(SyUpsert *upsert); /* also before the end: then roll back */
G_DEFINE_AUTOPTR_CLEANUP_FUNC(SyUpsert, sy_db_upsert_free)

/* An identifier in double quotes, quotes in it doubled. Free with g_free. */
char *sy_db_quote(const char *identifier);

#endif
