/* Many rows into a table, one statement for each: for a dialect that knows nothing faster. */
#include <string.h>

#include "db/dialect.h"

typedef struct {
    SyUpsert base;
    SyDb *db;
    char *table;
    const SyDbColumn *columns;
    gsize n;
    SyStatement *statement;
    gint64 before; /* rows of the table */
    gsize rows, changed;
} RowUpsert;

/* A row that is stored already, bit for bit, is no change. */
static char *upsert_sql(const char *table, const SyDbColumn *columns, gsize n) {
    g_autoptr(GString) names = g_string_new(NULL);
    g_autoptr(GString) values = g_string_new(NULL);
    g_autoptr(GString) keys = g_string_new(NULL);
    g_autoptr(GString) sets = g_string_new(NULL);
    g_autoptr(GString) differs = g_string_new(NULL);
    for (gsize i = 0; i < n; i++) {
        g_autofree char *name = sy_db_quote(columns[i].name);
        g_string_append_printf(names, "%s%s", i ? ", " : "", name);
        g_string_append_printf(values, "%s?%d", i ? ", " : "", (int)i + 1);
        if (columns[i].key) {
            g_string_append_printf(keys, "%s%s", keys->len ? ", " : "", name);
            continue;
        }
        g_string_append_printf(sets, "%s%s = excluded.%s", sets->len ? ", " : "", name, name);
        g_string_append_printf(differs, "%s%s.%s IS DISTINCT FROM excluded.%s",
                               differs->len ? " OR " : "", table, name, name);
    }
    return g_strdup_printf(
        "INSERT INTO %s (%s) VALUES (%s) ON CONFLICT (%s) DO UPDATE SET %s WHERE %s", table,
        names->str, values->str, keys->str, sets->str, differs->str);
}

static bool count_rows(RowUpsert *upsert, gint64 *rows, GError **error) {
    g_autofree char *sql = g_strdup_printf("SELECT count(*) FROM %s", upsert->table);
    g_autoptr(SyStatement) statement = sy_db_prepare(upsert->db, sql, error);
    if (!statement || sy_db_step(statement, error) != SY_DB_ROW)
        return false;
    *rows = sy_db_integer(statement, 0);
    return true;
}

SyUpsert *sy_upsert_rows_begin(SyDb *db, const char *table, const SyDbColumn *columns, gsize n,
                               GError **error) {
    RowUpsert *upsert = g_new0(RowUpsert, 1);
    upsert->db = db;
    upsert->table = g_strdup(table);
    upsert->columns = columns;
    upsert->n = n;
    g_autofree char *sql = upsert_sql(table, columns, n);
    upsert->statement = sy_db_prepare(db, sql, error);
    if (upsert->statement && count_rows(upsert, &upsert->before, error))
        return &upsert->base;
    sy_upsert_rows_free(&upsert->base);
    return NULL;
}

/* "2018-01-01 00:00:00", with a fraction only where there is one. */
static const char *stored_time(SyTime time, char buffer[static SY_TIME_TEXT_SIZE]) {
    enum { separator = 10 };
    sy_time_format(time, buffer);
    buffer[separator] = ' ';
    buffer[strlen(buffer) - 1] = '\0'; /* the Z */
    return buffer;
}

bool sy_upsert_rows_put(SyUpsert *base, const SyDbCell *cells, GError **error) {
    RowUpsert *upsert = (RowUpsert *)base;
    for (gsize i = 0; i < upsert->n; i++) {
        char time[SY_TIME_TEXT_SIZE];
        int parameter = (int)i + 1;
        if (upsert->columns[i].type == SY_DB_COLUMN_NUMBER)
            sy_db_bind_number(upsert->statement, parameter, cells[i].number);
        else
            sy_db_bind_text(upsert->statement, parameter,
                            upsert->columns[i].type == SY_DB_COLUMN_TEXT
                                ? cells[i].text
                                : stored_time(cells[i].time, time));
    }
    if (sy_db_step(upsert->statement, error) == SY_DB_FAILED) {
        base->failed_row = upsert->rows + 1;
        return false;
    }
    upsert->changed += (gsize)sy_db_changes(upsert->db);
    upsert->rows++;
    sy_db_reset(upsert->statement);
    return true;
}

bool sy_upsert_rows_end(SyUpsert *base, SyUpsertCounts *counts, GError **error) {
    RowUpsert *upsert = (RowUpsert *)base;
    gint64 after;
    if (!count_rows(upsert, &after, error))
        return false;
    counts->rows = upsert->rows;
    counts->added = (gsize)(after - upsert->before);
    counts->changed = upsert->changed - counts->added;
    return true;
}

void sy_upsert_rows_free(SyUpsert *base) {
    RowUpsert *upsert = (RowUpsert *)base;
    sy_statement_free(upsert->statement);
    g_free(upsert->table);
    g_free(upsert);
}
