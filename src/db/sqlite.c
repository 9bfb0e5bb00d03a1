/* SQLite behind db.h.
 *
 * Every connection is opened with extended result codes, a busy timeout, and without the habit of
 * reading an unknown "identifier" as a text: a misspelled column is an error, not a constant. */
#include <math.h>
#include <sqlite3.h>
#include <string.h>
#include <unistd.h>

#include <glib/gstdio.h>

#include "base/error.h"
#include "db/dialect.h"

typedef struct {
    SyDb base;
    sqlite3 *connection;
    char *path;
    int busy_us;   /* how long a lock is waited for */
    int waited_us; /* for the one that is waited for now */
} SqliteDb;

typedef struct {
    SyStatement base;
    sqlite3_stmt *handle;
    SqliteDb *db;
} SqliteStatement;

static sqlite3_stmt *handle_of(SyStatement *statement) {
    return ((SqliteStatement *)statement)->handle;
}

/* What each primary result code is to us, and what its reader can do about it. */
static const struct {
    int code;
    SyErrorCode error;
    const char *remedy;
} result_codes[] = {
    {SQLITE_BUSY, SY_ERROR_LOCKED, "another program is writing to it; try again"},
    {SQLITE_LOCKED, SY_ERROR_LOCKED, "another program is writing to it; try again"},
    {SQLITE_FULL, SY_ERROR_IO, "no space left; nothing was changed"},
    {SQLITE_IOERR, SY_ERROR_IO, "check the disk and its free space"},
    {SQLITE_READONLY, SY_ERROR_IO, "check the permissions of the file and of its folder"},
    {SQLITE_PERM, SY_ERROR_IO, "check the permissions of the file and of its folder"},
    {SQLITE_CANTOPEN, SY_ERROR_UNAVAILABLE, "check the path and the permissions"},
    {SQLITE_NOTADB, SY_ERROR_UNAVAILABLE, "the file is not an SQLite database"},
    {SQLITE_CORRUPT, SY_ERROR_UNAVAILABLE, "restore it from a backup"},
    {SQLITE_CONSTRAINT, SY_ERROR_DATA, NULL},
    {SQLITE_MISMATCH, SY_ERROR_DATA, NULL},
    {SQLITE_TOOBIG, SY_ERROR_DATA, NULL},
    {SQLITE_ERROR, SY_ERROR_DATA, NULL}, /* of SQL: no such table, no such column, syntax */
};

static bool fail(sqlite3 *connection, const char *path, int result, GError **error) {
    for (gsize i = 0; i < G_N_ELEMENTS(result_codes); i++)
        if (result_codes[i].code == (result & 0xff))
            return sy_fail(error, result_codes[i].error, "%s: %s%s%s%s", path,
                           connection ? sqlite3_errmsg(connection) : sqlite3_errstr(result),
                           result_codes[i].remedy ? " (" : "",
                           result_codes[i].remedy ? result_codes[i].remedy : "",
                           result_codes[i].remedy ? ")" : "");
    return sy_fail(error, SY_ERROR_FAILED, "%s: %s", path,
                   connection ? sqlite3_errmsg(connection) : sqlite3_errstr(result));
}

/* Why a path cannot be opened, where the file system knows better than SQLite; true where it does
 * not. */
static bool explain_path(const char *path, SyDbMode mode, GError **error) {
    g_autofree char *folder = g_path_get_dirname(path);
    if (g_file_test(path, G_FILE_TEST_IS_DIR))
        return sy_fail(error, SY_ERROR_UNAVAILABLE, "%s: is a folder, not a database", path);
    if (g_file_test(path, G_FILE_TEST_EXISTS))
        return access(path, R_OK) == 0 ||
               sy_fail(error, SY_ERROR_UNAVAILABLE, "%s: cannot be read (check its permissions)",
                       path);
    if (mode != SY_DB_CREATE)
        return sy_fail(error, SY_ERROR_UNAVAILABLE,
                       "%s: no such database (check the engine's url in settings.toml, or make it "
                       "with `systematica data import`)",
                       path);
    if (!g_file_test(folder, G_FILE_TEST_IS_DIR))
        return sy_fail(error, SY_ERROR_UNAVAILABLE, "%s: its folder does not exist; make it first",
                       path);
    return sy_fail(error, SY_ERROR_IO,
                   "%s: cannot be made (check the permissions and the free space of its folder)",
                   path);
}

/* True if the header of a database file says that it is in WAL mode. */
static bool is_wal(const char *path) {
    enum { write_version = 18, read_version = 19, header = 20 };
    unsigned char bytes[header] = {0};
    FILE *file = g_fopen(path, "rb");
    if (!file)
        return false;
    gsize got = fread(bytes, 1, sizeof bytes, file);
    fclose(file);
    return got == header && bytes[write_version] == 2 && bytes[read_version] == 2;
}

static const char read_header[] = "PRAGMA schema_version";

/* Undoes what a writer that was cut off has left half-done, as whoever may write does by looking.
 * Where this user may not, nothing changes. */
static void recover(const SqliteDb *db) {
    sqlite3 *writer = NULL;
    if (sqlite3_open_v2(db->path, &writer, SQLITE_OPEN_READWRITE, NULL) == SQLITE_OK) {
        sqlite3_busy_timeout(writer, db->busy_us / 1000); /* another may be about to do the same */
        sqlite3_exec(writer, read_header, NULL, NULL, NULL);
    }
    sqlite3_close_v2(writer);
}

/* Reads the header through SQLite, so that a file that is locked, torn or no database is found
 * while opening. A database in WAL mode needs its -shm file even for reading. */
static bool probe(SqliteDb *db, GError **error) {
    int result = sqlite3_exec(db->connection, read_header, NULL, NULL, NULL);
    if (result == SQLITE_READONLY_ROLLBACK) {
        recover(db);
        result = sqlite3_exec(db->connection, read_header, NULL, NULL, NULL);
    }
    if (result == SQLITE_OK)
        return true;
    int primary = result & 0xff;
    if (result == SQLITE_READONLY_ROLLBACK)
        return sy_fail(error, SY_ERROR_UNAVAILABLE,
                       "%s: a program was cut off while it wrote, and this user may not undo what "
                       "it left (read it once as a user who may write to it and to its folder)",
                       db->path);
    if ((primary == SQLITE_CANTOPEN || primary == SQLITE_READONLY) && is_wal(db->path))
        return sy_fail(error, SY_ERROR_UNAVAILABLE,
                       "%s: is in WAL mode and its -wal and -shm files can neither be read nor "
                       "made (make its folder writable for this user, or run \"PRAGMA "
                       "journal_mode=DELETE\" on it once)",
                       db->path);
    return fail(db->connection, db->path, result, error);
}

static void sqlite_close(SyDb *base) {
    SqliteDb *db = (SqliteDb *)base;
    sqlite3_close_v2(db->connection);
    g_free(db->path);
    g_free(db);
}

/* Waits for a lock, `tries` times before. Writers hold it for a fraction of a millisecond and the
 * time of one sync, so it is tried again much sooner than SQLite's own handler would, whose steps
 * of up to 100 ms leave workers asleep that could write. */
static int wait_for_lock(void *data, int tries) {
    enum { short_us = 250, short_tries = 40, usual_us = 1000, usual_tries = 140, long_us = 5000 };
    SqliteDb *db = data;
    int pause_us = tries < short_tries ? short_us : tries < usual_tries ? usual_us : long_us;
    db->waited_us = tries == 0 ? 0 : db->waited_us;
    if (db->waited_us >= db->busy_us)
        return 0;
    g_usleep((gulong)pause_us);
    db->waited_us += pause_us;
    return 1;
}

static SyDb *sqlite_open(const SyDbUrl *url, SyDbMode mode, int busy_ms, GError **error) {
    const char *path = url->path;
    static const int flags[] = {
        [SY_DB_READ] = SQLITE_OPEN_READONLY,
        [SY_DB_WRITE] = SQLITE_OPEN_READWRITE,
        [SY_DB_CREATE] = SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE,
    };
    bool in_memory = strcmp(path, ":memory:") == 0;
    SqliteDb *db = g_new0(SqliteDb, 1);
    db->path = g_strdup(path);
    int result = sqlite3_open_v2(
        path, &db->connection,
        (in_memory ? flags[SY_DB_CREATE] : flags[mode]) | SQLITE_OPEN_NOMUTEX, NULL);
    if (result != SQLITE_OK) {
        if (in_memory || explain_path(path, mode, error))
            fail(db->connection, path, result, error);
        goto failed;
    }
    sqlite3_extended_result_codes(db->connection, 1);
    db->busy_us = busy_ms * 1000;
    sqlite3_busy_handler(db->connection, wait_for_lock, db);
    sqlite3_db_config(db->connection, SQLITE_DBCONFIG_DQS_DML, 0, NULL);
    sqlite3_db_config(db->connection, SQLITE_DBCONFIG_DQS_DDL, 0, NULL);
    if (!probe(db, error))
        goto failed;
    /* SQLite falls back to reading where it may not write. */
    if (mode != SY_DB_READ && sqlite3_db_readonly(db->connection, "main") == 1) {
        sy_fail(error, SY_ERROR_IO,
                "%s: cannot be written (check the permissions of the file and of its folder)",
                path);
        goto failed;
    }
    return &db->base;
failed:
    sqlite_close(&db->base);
    return NULL;
}

static bool sqlite_exec(SyDb *base, const char *sql, GError **error) {
    SqliteDb *db = (SqliteDb *)base;
    int result = sqlite3_exec(db->connection, sql, NULL, NULL, NULL);
    return result == SQLITE_OK || fail(db->connection, db->path, result, error);
}

static bool sqlite_begin(SyDb *db, SyDbMode mode, GError **error) {
    return sqlite_exec(db, mode == SY_DB_READ ? "BEGIN" : "BEGIN IMMEDIATE", error);
}

static bool sqlite_begin_beside(SyDb *db, const char *what, GError **error) {
    (void)what;
    return sqlite_begin(db, SY_DB_WRITE, error);
}

/* A rollback that fails leaves SQLite to do it at close. */
static void sqlite_rollback(SyDb *db) { sqlite_exec(db, "ROLLBACK", NULL); }

static bool sqlite_commit(SyDb *db, GError **error) {
    if (sqlite_exec(db, "COMMIT", error))
        return true;
    sqlite_rollback(db);
    return false;
}

static bool sqlite_schema_version(SyDb *base, gint64 *version, GError **error) {
    SqliteDb *db = (SqliteDb *)base;
    sqlite3_stmt *handle = NULL;
    int result = sqlite3_prepare_v2(db->connection, "PRAGMA user_version", -1, &handle, NULL);
    if (result == SQLITE_OK)
        result = sqlite3_step(handle);
    *version = result == SQLITE_ROW ? sqlite3_column_int64(handle, 0) : 0;
    sqlite3_finalize(handle);
    return result == SQLITE_ROW || fail(db->connection, db->path, result, error);
}

static bool sqlite_migrate(SyDb *db, const char *sql, gint64 version, GError **error) {
    g_autofree char *mark = g_strdup_printf("PRAGMA user_version = %" G_GINT64_FORMAT, version);
    return sqlite_exec(db, sql, error) && sqlite_exec(db, mark, error);
}

static bool sqlite_make_durable(SyDb *db, GError **error) {
    return sqlite_exec(
        db, "PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL; PRAGMA foreign_keys = ON",
        error);
}

static bool is_blank(const char *sql) { return sql[strspn(sql, " \t\r\n;")] == '\0'; }

static SyStatement *sqlite_prepare(SyDb *base, const char *sql, GError **error) {
    SqliteDb *db = (SqliteDb *)base;
    sqlite3_stmt *handle = NULL;
    const char *rest = "";
    int result = sqlite3_prepare_v2(db->connection, sql, -1, &handle, &rest);
    if (result != SQLITE_OK) {
        fail(db->connection, db->path, result, error);
        return NULL;
    }
    if (!handle || !is_blank(rest)) {
        sqlite3_finalize(handle);
        sy_fail(error, SY_ERROR_DATA, "%s: exactly one SQL statement is expected, not: %s",
                db->path, sql);
        return NULL;
    }
    SqliteStatement *statement = g_new0(SqliteStatement, 1);
    statement->handle = handle;
    statement->db = db;
    return &statement->base;
}

static void sqlite_finish(SyStatement *statement) {
    sqlite3_finalize(handle_of(statement));
    g_free(statement);
}

static void sqlite_bind_text(SyStatement *statement, int parameter, const char *text) {
    int result = sqlite3_bind_text(handle_of(statement), parameter, text, -1, SQLITE_TRANSIENT);
    g_assert(result == SQLITE_OK);
}

static void sqlite_bind_integer(SyStatement *statement, int parameter, gint64 value) {
    int result = sqlite3_bind_int64(handle_of(statement), parameter, value);
    g_assert(result == SQLITE_OK);
}

static void sqlite_bind_number(SyStatement *statement, int parameter, double value) {
    int result = sqlite3_bind_double(handle_of(statement), parameter, value); /* NaN is null */
    g_assert(result == SQLITE_OK);
}

static void sqlite_bind_blob(SyStatement *statement, int parameter, gconstpointer bytes,
                             gsize length) {
    int result =
        sqlite3_bind_blob64(handle_of(statement), parameter, bytes, length, SQLITE_TRANSIENT);
    g_assert(result == SQLITE_OK);
}

static void sqlite_bind_null(SyStatement *statement, int parameter) {
    int result = sqlite3_bind_null(handle_of(statement), parameter);
    g_assert(result == SQLITE_OK);
}

static SyDbStep sqlite_step(SyStatement *base, GError **error) {
    SqliteStatement *statement = (SqliteStatement *)base;
    int result = sqlite3_step(statement->handle);
    if (result == SQLITE_ROW)
        return SY_DB_ROW;
    if (result == SQLITE_DONE)
        return SY_DB_DONE;
    fail(statement->db->connection, statement->db->path, result, error);
    return SY_DB_FAILED;
}

static void sqlite_reset(SyStatement *statement) {
    sqlite3_reset(handle_of(statement));
    sqlite3_clear_bindings(handle_of(statement));
}

static bool sqlite_reads_only(SyStatement *statement) {
    return sqlite3_stmt_readonly(handle_of(statement)) != 0;
}

static int sqlite_columns(SyStatement *statement) {
    return sqlite3_column_count(handle_of(statement));
}

static const char *sqlite_column_name(SyStatement *statement, int column) {
    return sqlite3_column_name(handle_of(statement), column);
}

/* Cells are read through sqlite3_value where there is more than one question to ask of them: it
 * spares the locks and error checks of sqlite3_column, and a connection belongs to one thread. */
static SyDbType sqlite_type(SyStatement *statement, int column) {
    static const SyDbType types[] = {
        [SQLITE_INTEGER] = SY_DB_INTEGER, [SQLITE_FLOAT] = SY_DB_NUMBER, [SQLITE_TEXT] = SY_DB_TEXT,
        [SQLITE_BLOB] = SY_DB_BLOB,       [SQLITE_NULL] = SY_DB_NULL,
    };
    return types[sqlite3_column_type(handle_of(statement), column)];
}

static gint64 sqlite_integer(SyStatement *statement, int column) {
    return sqlite3_column_int64(handle_of(statement), column);
}

static double sqlite_number(SyStatement *statement, int column) {
    sqlite3_stmt *handle = handle_of(statement);
    return sqlite3_column_type(handle, column) == SQLITE_NULL
               ? NAN
               : sqlite3_column_double(handle, column);
}

static int sqlite_numbers(SyStatement *statement, int column, int count, double *values) {
    sqlite3_stmt *handle = handle_of(statement);
    for (int i = 0; i < count; i++) {
        sqlite3_value *value = sqlite3_column_value(handle, column + i);
        int type = sqlite3_value_type(value);
        if (type != SQLITE_FLOAT && type != SQLITE_INTEGER)
            return i;
        values[i] = sqlite3_value_double(value);
    }
    return count;
}

static const char *sqlite_text(SyStatement *statement, int column, gsize *length) {
    sqlite3_value *value = sqlite3_column_value(handle_of(statement), column);
    const char *text = (const char *)sqlite3_value_text(value);
    if (length)
        *length = (gsize)sqlite3_value_bytes(value);
    return text;
}

static gconstpointer sqlite_blob(SyStatement *statement, int column, gsize *length) {
    sqlite3_value *value = sqlite3_column_value(handle_of(statement), column);
    gconstpointer bytes = sqlite3_value_blob(value);
    *length = (gsize)sqlite3_value_bytes(value);
    return bytes;
}

static gint64 sqlite_changes(SyDb *db) { return sqlite3_changes64(((SqliteDb *)db)->connection); }

/* The copy is compact, and not in WAL mode: one file and nothing beside it. */
static bool sqlite_copy(SyDb *db, const char *path, GError **error) {
    SyStatement *statement = sqlite_prepare(db, "VACUUM INTO ?1", error);
    if (!statement)
        return false;
    sqlite_bind_text(statement, 1, path);
    bool good = sqlite_step(statement, error) == SY_DB_DONE;
    sqlite_finish(statement);
    return good;
}

static bool sqlite_check(SyDb *db, GError **error) {
    SyStatement *statement = sqlite_prepare(db, "PRAGMA integrity_check(1)", error);
    if (!statement)
        return false;
    bool good = sqlite_step(statement, error) == SY_DB_ROW;
    const char *said = good ? sqlite_text(statement, 0, NULL) : NULL;
    if (good && strcmp(said, "ok") != 0)
        good = sy_fail(error, SY_ERROR_UNAVAILABLE, "%s: damaged: %s (restore it from a backup)",
                       db->name, said);
    sqlite_finish(statement);
    return good;
}

/* Leaving WAL mode takes being the only connection, and moves all of the -wal file into the
 * database. */
static bool sqlite_settle(SyDb *db, GError **error) {
    SyStatement *statement = sqlite_prepare(db, "PRAGMA journal_mode = DELETE", error);
    if (!statement)
        return false;
    bool good = sqlite_step(statement, error) == SY_DB_ROW;
    if (good && strcmp(sqlite_text(statement, 0, NULL), "delete") != 0)
        good = sy_fail(error, SY_ERROR_LOCKED, "%s: another program has it open", db->name);
    sqlite_finish(statement);
    return good;
}

const SyDialect sy_dialect_sqlite = {
    .name = "sqlite",
    .open = sqlite_open,
    .close = sqlite_close,
    .exec = sqlite_exec,
    .begin = sqlite_begin,
    .begin_beside = sqlite_begin_beside,
    .commit = sqlite_commit,
    .rollback = sqlite_rollback,
    .schema_version = sqlite_schema_version,
    .migrate = sqlite_migrate,
    .make_durable = sqlite_make_durable,
    .copy = sqlite_copy,
    .check = sqlite_check,
    .settle = sqlite_settle,
    .prepare = sqlite_prepare,
    .finish = sqlite_finish,
    .bind_text = sqlite_bind_text,
    .bind_integer = sqlite_bind_integer,
    .bind_number = sqlite_bind_number,
    .bind_blob = sqlite_bind_blob,
    .bind_null = sqlite_bind_null,
    .step = sqlite_step,
    .reset = sqlite_reset,
    .reads_only = sqlite_reads_only,
    .columns = sqlite_columns,
    .column_name = sqlite_column_name,
    .type = sqlite_type,
    .integer = sqlite_integer,
    .number = sqlite_number,
    .numbers = sqlite_numbers,
    .text = sqlite_text,
    .blob = sqlite_blob,
    .changes = sqlite_changes,
    .upsert_begin = sy_upsert_rows_begin,
    .upsert_put = sy_upsert_rows_put,
    .upsert_end = sy_upsert_rows_end,
    .upsert_free = sy_upsert_rows_free,
    .table_sql =
        "SELECT '\"' || replace(name, '\"', '\"\"') || '\"' FROM sqlite_master WHERE type IN "
        "('table', 'view') AND name = ?1 COLLATE NOCASE",
    .tables_sql = "SELECT name FROM sqlite_master WHERE type IN ('table', 'view') AND name NOT "
                  "LIKE 'sqlite\\_%' ESCAPE '\\' ORDER BY name",
    .stored_order = "rowid",
    .clustered = " WITHOUT ROWID",
    .time_type = "TEXT",
};
