/* What a dialect implements. One file per dialect, named in the table of db.c; nothing outside
 * src/db includes this.
 *
 * The functions promise what db.h promises for the function of the same name. A dialect's own
 * structs begin with SyDb and SyStatement. */
#ifndef SY_DB_DIALECT_H
#define SY_DB_DIALECT_H

#include "db/db.h"

typedef struct SyDialect SyDialect;

struct SyDb {
    const SyDialect *dialect;
    char *name; /* for messages: a path, a masked URL */
};

struct SyStatement {
    SyDb *db;
};

/* A dialect's own struct begins with it. */
struct SyUpsert {
    const SyDialect *dialect;
    gsize failed_row; /* as sy_db_upsert_failed_row */
};

struct SyDialect {
    const char *name;
    SyDb *(*open)(const SyDbUrl *url, SyDbMode mode, int busy_ms, GError **error);
    void (*close)(SyDb *db); /* frees db, not db->name */
    bool (*exec)(SyDb *db, const char *sql, GError **error);
    bool (*begin)(SyDb *db, SyDbMode mode, GError **error);
    bool (*begin_beside)(SyDb *db, const char *what, GError **error);
    bool (*commit)(SyDb *db, GError **error);
    void (*rollback)(SyDb *db);
    bool (*schema_version)(SyDb *db, gint64 *version, GError **error);
    bool (*migrate)(SyDb *db, const char *sql, gint64 version, GError **error);
    bool (*make_durable)(SyDb *db, GError **error);
    bool (*try_lock)(SyDb *db, const char *name, bool *locked, GError **error); /* or NULL */
    void (*unlock)(SyDb *db, const char *name);                                 /* or NULL */
    bool (*copy)(SyDb *db, const char *path, GError **error); /* or NULL, then copy_program */
    bool (*check)(SyDb *db, GError **error);                  /* or NULL: it watches over itself */
    bool (*settle)(SyDb *db, GError **error);                 /* or NULL, then copy_program */
    const char *copy_program; /* that copies and restores: "pg_dump and pg_restore" */
    SyStatement *(*prepare)(SyDb *db, const char *sql, GError **error);
    SyStatement *(*prepare_portions)(SyDb *db, const char *sql,
                                     GError **error); /* or NULL: prepare */
    void (*finish)(SyStatement *statement);
    void (*bind_text)(SyStatement *statement, int parameter, const char *text);
    void (*bind_integer)(SyStatement *statement, int parameter, gint64 value);
    void (*bind_number)(SyStatement *statement, int parameter, double value);
    void (*bind_blob)(SyStatement *statement, int parameter, gconstpointer bytes, gsize length);
    void (*bind_null)(SyStatement *statement, int parameter);
    SyDbStep (*step)(SyStatement *statement, GError **error);
    void (*reset)(SyStatement *statement);
    bool (*reads_only)(SyStatement *statement);
    int (*columns)(SyStatement *statement);
    const char *(*column_name)(SyStatement *statement, int column);
    SyDbType (*type)(SyStatement *statement, int column);
    gint64 (*integer)(SyStatement *statement, int column);
    double (*number)(SyStatement *statement, int column);
    int (*numbers)(SyStatement *statement, int column, int count, double *values);
    bool (*time)(SyStatement *statement, int column, SyTime *time); /* or NULL: none is one */
    const char *(*text)(SyStatement *statement, int column, gsize *length);
    gconstpointer (*blob)(SyStatement *statement, int column, gsize *length);
    gint64 (*changes)(SyDb *db);
    /* As the functions of db.h. */
    SyUpsert *(*upsert_begin)(SyDb *db, const char *table, const SyDbColumn *columns, gsize n,
                              GError **error);
    bool (*upsert_put)(SyUpsert *upsert, const SyDbCell *cells, GError **error);
    bool (*upsert_end)(SyUpsert *upsert, SyUpsertCounts *counts, GError **error);
    void (*upsert_free)(SyUpsert *upsert);
    char *(*name_table)(const char *name); /* or NULL: sy_db_quote */
    /* The first row's first column is how SQL names the table ?1; null or no row: there is none. */
    const char *table_sql;
    /* Lists tables and views, one name a row, by name. */
    const char *tables_sql;
    const char *stored_order; /* or NULL */
    const char *clustered;
    const char *time_type;
};

extern const SyDialect sy_dialect_sqlite;

/* Upserts for dialects without a faster way: one statement for each row. */
SyUpsert *sy_upsert_rows_begin(SyDb *db, const char *table, const SyDbColumn *columns, gsize n,
                               GError **error);
bool sy_upsert_rows_put(SyUpsert *base, const SyDbCell *cells, GError **error);
bool sy_upsert_rows_end(SyUpsert *base, SyUpsertCounts *counts, GError **error);
void sy_upsert_rows_free(SyUpsert *base);

#endif
