/* Cells of PostgreSQL, binary or text, as the values of db.h. No connection is needed. */
#ifndef SY_DB_POSTGRESQL_VALUE_H
#define SY_DB_POSTGRESQL_VALUE_H

#include "db/db.h"

enum { SY_PG_TEXT_SIZE = 48 };

typedef struct SyPgType SyPgType;

/* A column of a statement. */
typedef struct {
    const SyPgType *type;
    bool binary;
    GByteArray *decoded;        /* of bytes that came as text; freed by sy_pg_column_clear */
    char text[SY_PG_TEXT_SIZE]; /* of the cell that was read last */
} SyPgColumn;

/* Sets the type of a column by its number in the catalogue. False where the type has no binary form
 * that is understood: then the statement must ask for text. */
bool sy_pg_column_init(SyPgColumn *column, guint type);
void sy_pg_column_clear(SyPgColumn *column);

/* One cell; bytes NULL: null. */
typedef struct {
    SyPgColumn *column;
    const char *bytes; /* followed by a zero byte */
    gsize length;
} SyPgCell;

/* As sy_db_quote. */
char *sy_pg_quote(const char *identifier);

/* Truth values are integers; numerics numbers; dates and timestamps texts in UTC, "2018-01-01
 * 00:00:00", with a fraction only where there is one. */
SyDbType sy_pg_cell_type(SyPgCell cell);
gint64 sy_pg_cell_integer(SyPgCell cell);
double sy_pg_cell_number(SyPgCell cell); /* NaN for null */
const char *sy_pg_cell_text(SyPgCell cell, gsize *length);
bool sy_pg_cell_time(SyPgCell cell, SyTime *time); /* as sy_db_time */
gconstpointer sy_pg_cell_blob(SyPgCell cell, gsize *length);

#endif
