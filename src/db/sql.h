/* Reading SQL as tokens, for what a dialect spells differently. Pure text in, text out. */
#ifndef SY_DB_SQL_H
#define SY_DB_SQL_H

#include <glib.h>
#include <stdbool.h>

/* True for exactly one statement, with or without a semicolon at its end. */
bool sy_sql_is_one(const char *sql);

/* Parameters ?1 as $1, outside of literals, quoted names and comments. Free with g_free. */
char *sy_sql_number_parameters(const char *sql);

/* True if a statement changes nothing, as far as its words say: functions with side effects and
 * SELECT … FOR UPDATE aside, which a read-only transaction refuses. */
bool sy_sql_reads_only(const char *sql);

/* A migration in SQLite's types as PostgreSQL wants it: INTEGER is BIGINT, REAL is DOUBLE
 * PRECISION, BLOB is BYTEA, and INTEGER PRIMARY KEY a number that the database gives, above those
 * that the migration has stored. Tables keep the names that they are made with. Free with g_free.
 */
char *sy_sql_translate_schema(const char *sql);

#endif
