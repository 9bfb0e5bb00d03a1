/* Many rows into a table of PostgreSQL: in binary form by COPY into a table of the session's own,
 * and from there by one statement that inserts what is new and replaces what differs. */
#include "db/postgresql_copy.h"

#include <endian.h>
#include <math.h>
#include <string.h>

#include "base/error.h"
#include "db/postgresql_value.h"

#define STAGED "pg_temp.systematica_rows"
#define NUMBER "systematica_number" /* of a staged row, from 1; once they are numbered */

extern const SyDialect sy_dialect_postgresql;
#define PG (&sy_dialect_postgresql)

typedef struct {
    SyUpsert base;
    SyDb *db;
    char *table;
    const SyDbColumn *columns;
    gsize n;
    char **name;  /* [n], quoted */
    char **value; /* [n], SQL: the staged value as the table's type */
    char **type;  /* [n], of a text or a time that the table may change; NULL of others */
    GByteArray *bytes;
    gsize rows;
    bool copying;
} PgUpsert;

static const char *const staged_types[] = {
    [SY_DB_COLUMN_TEXT] = "text",
    [SY_DB_COLUMN_NUMBER] = "float8",
    [SY_DB_COLUMN_TIME] = "timestamptz",
};

/* ── statements ────────────────────────────────────────────────────────────────────────────── */

/* Runs a statement that changes so many rows. */
static bool change(SyDb *db, const char *sql, gsize *rows, GError **error) {
    SyStatement *statement = PG->prepare(db, sql, error);
    bool good = statement && PG->step(statement, error) != SY_DB_FAILED;
    *rows = good ? (gsize)PG->changes(db) : 0;
    if (statement)
        PG->finish(statement);
    return good;
}

/* A staged value as what the table's column takes. Times are spelled in texts as everywhere else.
 */
static char *value_as(const SyDbColumn *column, const char *name, const char *type, bool is_text) {
    if (column->type == SY_DB_COLUMN_TIME && is_text)
        return g_strdup_printf(
            "rtrim(rtrim(to_char(staged.%s, 'YYYY-MM-DD HH24:MI:SS.US'), '0'), '.')", name);
    return g_strdup_printf("CAST(staged.%s AS %s)", name, type);
}

/* Notes what the table makes of a column, by the catalogue. */
static void take_column(PgUpsert *upsert, gsize i, const char *type, bool is_text, bool keeps_all) {
    const SyDbColumn *column = &upsert->columns[i];
    upsert->name[i] = sy_pg_quote(column->name);
    upsert->value[i] = value_as(column, upsert->name[i], type, is_text);
    bool exact = keeps_all || column->type == SY_DB_COLUMN_NUMBER;
    upsert->type[i] = exact ? NULL : g_strdup(type);
}

/* Asks the catalogue for the types of the columns. */
static bool find_columns(PgUpsert *upsert, GError **error) {
    enum { type, is_text, keeps_all };
    static const char sql[] =
        "SELECT format_type(atttypid, atttypmod), (atttypid IN ('text'::regtype, "
        "'varchar'::regtype, 'bpchar'::regtype))::int, (atttypmod = -1 AND atttypid IN "
        "('text'::regtype, 'varchar'::regtype, 'timestamptz'::regtype, 'timestamp'::regtype))::int "
        "FROM pg_attribute WHERE attrelid = ?1::text::regclass AND attname = ?2::text AND attnum > "
        "0 AND NOT attisdropped";
    SyStatement *statement = PG->prepare(upsert->db, sql, error);
    bool good = statement != NULL;
    for (gsize i = 0; good && i < upsert->n; i++) {
        const SyDbColumn *column = &upsert->columns[i];
        PG->bind_text(statement, 1, upsert->table);
        PG->bind_text(statement, 2, column->name);
        SyDbStep step = PG->step(statement, error);
        if (step == SY_DB_ROW)
            take_column(upsert, i, PG->text(statement, type, NULL),
                        PG->integer(statement, is_text) != 0,
                        PG->integer(statement, keeps_all) != 0);
        good = step == SY_DB_ROW ||
               (step == SY_DB_DONE && sy_fail(error, SY_ERROR_DATA, "%s has no column \"%s\"",
                                              upsert->table, column->name));
        PG->reset(statement);
    }
    if (statement)
        PG->finish(statement);
    return good;
}

static char *stage_sql(const PgUpsert *upsert) {
    GString *sql = g_string_new("CREATE TEMP TABLE systematica_rows (");
    for (gsize i = 0; i < upsert->n; i++)
        g_string_append_printf(sql, "%s%s %s", i ? ", " : "", upsert->name[i],
                               staged_types[upsert->columns[i].type]);
    g_string_append(sql, ") ON COMMIT DROP");
    return g_string_free(sql, FALSE);
}

/* The SQL of an upsert, from pieces that all of it shares. */
typedef struct {
    char *unkept; /* a text or time that would not be stored as it is; NULL: all are */
    char *update; /* what is there and differs: a row that is stored already is no change */
    char *insert; /* what is not there */
    char *check;  /* inserts none; fails where the table lacks the key */
} Merge;

static void merge_clear(Merge *merge) {
    g_free(merge->unkept);
    g_free(merge->update);
    g_free(merge->insert);
    g_free(merge->check);
}
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(Merge, merge_clear)

/* Number of the column, its value and what would be stored of it. */
static char *unkept_sql(const PgUpsert *upsert, const char *which) {
    GString *sql = g_string_new(NULL);
    for (gsize i = 0; i < upsert->n; i++)
        if (upsert->type[i])
            g_string_append_printf(sql,
                                   "%1$sSELECT %2$d, %3$s::text, %4$s::text FROM " STAGED
                                   " AS staged WHERE "
                                   "CAST(%4$s AS %5$s) IS DISTINCT FROM %3$s%6$s",
                                   sql->len ? " UNION ALL " : "", (int)i, upsert->name[i],
                                   upsert->value[i], staged_types[upsert->columns[i].type], which);
    if (sql->len)
        g_string_append(sql, " LIMIT 1");
    return g_string_free(sql, !sql->len);
}

/* Two statements, since one with ON CONFLICT … DO UPDATE takes twice as long for new rows and four
 * times as long for those that are there. `which` limits the staged rows: "" or " AND …". */
static void write_merge(const PgUpsert *upsert, const char *which, Merge *merge) {
    g_autoptr(GString) names = g_string_new(NULL);
    g_autoptr(GString) values = g_string_new(NULL);
    g_autoptr(GString) keys = g_string_new(NULL);
    g_autoptr(GString) same = g_string_new(NULL);
    g_autoptr(GString) sets = g_string_new(NULL);
    g_autoptr(GString) differs = g_string_new(NULL);
    for (gsize i = 0; i < upsert->n; i++) {
        const char *name = upsert->name[i], *value = upsert->value[i];
        g_string_append_printf(names, "%s%s", i ? ", " : "", name);
        g_string_append_printf(values, "%s%s", i ? ", " : "", value);
        if (upsert->columns[i].key) {
            g_string_append_printf(keys, "%s%s", keys->len ? ", " : "", name);
            g_string_append_printf(same, "%sstored.%s = %s", same->len ? " AND " : "", name, value);
        } else {
            g_string_append_printf(sets, "%s%s = %s", sets->len ? ", " : "", name, value);
            g_string_append_printf(differs, "%sstored.%s IS DISTINCT FROM %s",
                                   differs->len ? " OR " : "", name, value);
        }
    }
    merge->unkept = unkept_sql(upsert, which);
    merge->update =
        g_strdup_printf("UPDATE %s AS stored SET %s FROM " STAGED " AS staged WHERE %s AND (%s)%s",
                        upsert->table, sets->str, same->str, differs->str, which);
    merge->insert =
        g_strdup_printf("INSERT INTO %s (%s) SELECT %s FROM " STAGED
                        " AS staged WHERE NOT EXISTS (SELECT 1 FROM %s AS stored WHERE "
                        "%s)%s",
                        upsert->table, names->str, values->str, upsert->table, same->str, which);
    merge->check = g_strdup_printf("INSERT INTO %s (%s) SELECT %s FROM " STAGED
                                   " AS staged WHERE false ON CONFLICT (%s) DO NOTHING",
                                   upsert->table, names->str, values->str, keys->str);
}

/* ── rows ──────────────────────────────────────────────────────────────────────────────────── */

static void append_word(GByteArray *bytes, guint32 word) {
    guint32 bits = htobe32(word);
    g_byte_array_append(bytes, (const guint8 *)&bits, sizeof bits);
}

static void append_long(GByteArray *bytes, guint64 word) {
    guint64 bits = htobe64(word);
    append_word(bytes, sizeof bits);
    g_byte_array_append(bytes, (const guint8 *)&bits, sizeof bits);
}

static void append_null(GByteArray *bytes) { append_word(bytes, G_MAXUINT32); }

static void append_text(GByteArray *bytes, const char *text) {
    guint32 length = (guint32)strlen(text);
    append_word(bytes, length);
    g_byte_array_append(bytes, (const guint8 *)text, length);
}

static void append_number(GByteArray *bytes, double number) {
    guint64 bits;
    memcpy(&bits, &number, sizeof bits);
    append_long(bytes, bits);
}

/* Microseconds since 2000. */
static bool append_time(GByteArray *bytes, SyTime time, GError **error) {
    const gint64 year_2000 = 946684800 * SY_SECOND, microsecond = 1000;
    if (time % microsecond != 0)
        return sy_fail(error, SY_ERROR_DATA,
                       "a time of %" G_GINT64_FORMAT
                       " ns is finer than a microsecond, which PostgreSQL cannot store",
                       time);
    append_long(bytes, (guint64)((time - year_2000) / microsecond));
    return true;
}

static bool begin_copy(PgUpsert *upsert, GError **error) {
    static const guint8 head[] = "PGCOPY\n\377\r\n\0\0\0\0\0\0\0\0"; /* no flags, no extension */
    enum { head_size = 19 };
    if (!sy_pg_copy_begin(upsert->db, "COPY " STAGED " FROM STDIN (FORMAT binary)", error))
        return false;
    upsert->copying = true;
    g_byte_array_append(upsert->bytes, head, head_size);
    return true;
}

/* ── upserts ───────────────────────────────────────────────────────────────────────────────── */

SyUpsert *sy_pg_upsert_begin(SyDb *db, const char *table, const SyDbColumn *columns, gsize n,
                             GError **error) {
    PgUpsert *upsert = g_new0(PgUpsert, 1);
    upsert->db = db;
    upsert->table = g_strdup(table);
    upsert->columns = columns;
    upsert->n = n;
    upsert->name = g_new0(char *, n + 1);
    upsert->value = g_new0(char *, n + 1);
    upsert->type = g_new0(char *, n);
    upsert->bytes = g_byte_array_new();
    g_auto(Merge) merge = {0};
    g_autofree char *stage = NULL;
    bool good = sy_pg_take_time(db, true, error) && find_columns(upsert, error);
    if (good) {
        stage = stage_sql(upsert);
        write_merge(upsert, "", &merge);
        good = PG->exec(db, stage, error) && PG->exec(db, merge.check, error) &&
               begin_copy(upsert, error);
    }
    if (good)
        return &upsert->base;
    sy_pg_upsert_free(&upsert->base);
    return NULL;
}

bool sy_pg_upsert_put(SyUpsert *base, const SyDbCell *cells, GError **error) {
    enum { enough = 1 << 16 };
    PgUpsert *upsert = (PgUpsert *)base;
    GByteArray *bytes = upsert->bytes;
    guint16 columns = htobe16((guint16)upsert->n);
    g_byte_array_append(bytes, (const guint8 *)&columns, sizeof columns);
    for (gsize i = 0; i < upsert->n; i++) {
        SyDbColumnType type = upsert->columns[i].type;
        if (type == SY_DB_COLUMN_TIME) {
            if (!append_time(bytes, cells[i].time, error))
                return false;
        } else if (type == SY_DB_COLUMN_NUMBER ? isnan(cells[i].number) : !cells[i].text) {
            append_null(bytes);
        } else if (type == SY_DB_COLUMN_NUMBER) {
            append_number(bytes, cells[i].number);
        } else {
            append_text(bytes, cells[i].text);
        }
    }
    upsert->rows++;
    if (bytes->len < enough)
        return true;
    upsert->copying = sy_pg_copy_send(upsert->db, bytes, error);
    g_byte_array_set_size(bytes, 0);
    return upsert->copying;
}

static bool end_copy(PgUpsert *upsert, GError **error) {
    static const guint8 tail[2] = {0xff, 0xff};
    g_byte_array_append(upsert->bytes, tail, sizeof tail);
    upsert->copying = false;
    return sy_pg_copy_send(upsert->db, upsert->bytes, error) &&
           sy_pg_copy_end(upsert->db, true, error);
}

/* Fails for a text or a time that the table would change. */
static bool check_kept(const PgUpsert *upsert, const char *sql, GError **error) {
    enum { column, given, kept };
    SyStatement *statement = PG->prepare(upsert->db, sql, error);
    SyDbStep step = statement ? PG->step(statement, error) : SY_DB_FAILED;
    if (step == SY_DB_ROW) {
        gsize i = (gsize)PG->integer(statement, column);
        sy_fail(error, SY_ERROR_DATA,
                "%s: column %s, of the type %s, would keep \"%s\" as \"%s\"; give it another type",
                upsert->table, upsert->columns[i].name, upsert->type[i],
                PG->text(statement, given, NULL), PG->text(statement, kept, NULL));
    }
    if (statement)
        PG->finish(statement);
    return step == SY_DB_DONE;
}

/* Brings staged rows into the table: all, or those that `which` says. */
static bool merge_rows(const PgUpsert *upsert, const char *which, SyUpsertCounts *counts,
                       GError **error) {
    g_auto(Merge) merge = {0};
    write_merge(upsert, which, &merge);
    return (!merge.unkept || check_kept(upsert, merge.unkept, error)) &&
           change(upsert->db, merge.update, &counts->changed, error) &&
           change(upsert->db, merge.insert, &counts->added, error);
}

/* Finds the first row with which the table refuses those up to it, and its error: half of the rows
 * in doubt are tried at a time, and stay where they fit, so that all of it costs what two merges
 * do. */
static void find_refused(PgUpsert *upsert, GError **reason) {
    gsize fit = 0, in_doubt = upsert->rows;
    bool good = PG->exec(upsert->db,
                         "ROLLBACK TO merge; ALTER TABLE " STAGED " ADD " NUMBER
                         " bigint GENERATED ALWAYS AS IDENTITY",
                         NULL);
    while (good && fit < in_doubt && !upsert->base.failed_row) {
        gsize until = fit + (in_doubt - fit + 1) / 2;
        SyUpsertCounts ignored;
        g_autoptr(GError) refused = NULL;
        g_autofree char *which = g_strdup_printf(" AND staged." NUMBER " > %" G_GSIZE_FORMAT
                                                 " AND staged." NUMBER " <= %" G_GSIZE_FORMAT,
                                                 fit, until);
        good = PG->exec(upsert->db, "SAVEPOINT half", NULL);
        if (!good || merge_rows(upsert, which, &ignored, &refused)) {
            fit = until;
        } else if (refused->code != SY_ERROR_DATA) {
            good = false;
        } else if (until - fit == 1) {
            upsert->base.failed_row = until;
            g_clear_error(reason);
            *reason = g_steal_pointer(&refused);
        } else {
            in_doubt = until;
            good = PG->exec(upsert->db, "ROLLBACK TO half", NULL);
        }
    }
}

bool sy_pg_upsert_end(SyUpsert *base, SyUpsertCounts *counts, GError **error) {
    PgUpsert *upsert = (PgUpsert *)base;
    g_autoptr(GError) reason = NULL;
    if (!end_copy(upsert, error) || !PG->exec(upsert->db, "SAVEPOINT merge", error))
        return false;
    if (merge_rows(upsert, "", counts, &reason)) {
        counts->rows = upsert->rows;
        return PG->exec(upsert->db, "DROP TABLE " STAGED, error);
    }
    if (reason->code == SY_ERROR_DATA)
        find_refused(upsert, &reason);
    g_propagate_error(error, g_steal_pointer(&reason));
    return false;
}

void sy_pg_upsert_free(SyUpsert *base) {
    PgUpsert *upsert = (PgUpsert *)base;
    if (upsert->copying)
        sy_pg_copy_end(upsert->db, false, NULL);
    sy_pg_take_time(upsert->db, false, NULL);
    g_byte_array_unref(upsert->bytes);
    g_strfreev(upsert->name); /* stops at the first that was not found */
    g_strfreev(upsert->value);
    for (gsize i = 0; i < upsert->n; i++)
        g_free(upsert->type[i]);
    g_free(upsert->type);
    g_free(upsert->table);
    g_free(upsert);
}
