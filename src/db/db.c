/* URLs of databases, and the way from a call of db.h to the dialect that serves it. */
#include "db/db.h"

#include <dlfcn.h>
#include <string.h>

#include "base/error.h"
#include "db/dialect.h"
#include "db/url.h"

/* A kind of databases: how its URLs are read, and where its dialect is. */
typedef struct {
    const char *name;
    bool (*read)(const char *rest, const char *masked, SyDbUrl *url, GError **error);
    const SyDialect *dialect; /* or NULL: in a module */
} Kind;

static bool read_sqlite(const char *rest, const char *masked, SyDbUrl *url, GError **error);
static bool read_server(const char *rest, const char *masked, SyDbUrl *url, GError **error);

static const Kind kinds[] = {
    {"sqlite", read_sqlite, &sy_dialect_sqlite},
    {"postgresql", read_server, NULL},
};

static const Kind *kind_find(const char *name) {
    static const struct {
        const char *alias, *name;
    } aliases[] = {{"postgres", "postgresql"}, {"sqlite3", "sqlite"}};
    for (gsize i = 0; i < G_N_ELEMENTS(aliases); i++)
        if (g_ascii_strcasecmp(name, aliases[i].alias) == 0)
            name = aliases[i].name;
    for (gsize i = 0; i < G_N_ELEMENTS(kinds); i++)
        if (g_ascii_strcasecmp(name, kinds[i].name) == 0)
            return &kinds[i];
    return NULL;
}

/* The dialect of a kind from its module, which stands beside the programs where they were built and
 * in the folder of libraries where they were installed (the linker has written both into them). It
 * stays loaded. */
static const SyDialect *dialect_load(const char *name, GError **error) {
    g_autofree char *file = g_strdup_printf("systematica-%s.so", name);
    g_autofree char *symbol = g_strdup_printf("sy_dialect_%s", name);
    void *module = dlopen(file, RTLD_NOW | RTLD_LOCAL | RTLD_NODELETE);
    if (!module) {
        sy_fail(error, SY_ERROR_TEMPLATE,
                "databases of the kind \"%s\" need the module %s, which cannot be loaded: %s "
                "(install it and its libraries)",
                name, file, dlerror());
        return NULL;
    }
    const char *version = dlsym(module, "sy_module_version");
    const SyDialect *dialect = dlsym(module, symbol);
    if (!version || !dialect || strcmp(version, SY_VERSION) != 0) {
        sy_fail(error, SY_ERROR_TEMPLATE,
                "the module %s is of version %s, this program of " SY_VERSION
                ": install both from one build",
                file, version ? version : "unknown");
        return NULL;
    }
    return dialect;
}

/* Replaces the values of `password=` and its kind, up to the next separator. */
static void mask_keywords(GString *text) {
    static const char *const keywords[] = {"password=", "passwd=", "pwd="};
    for (gsize k = 0; k < G_N_ELEMENTS(keywords); k++) {
        gsize length = strlen(keywords[k]);
        for (gsize i = 0; i + length <= text->len; i++) {
            if (g_ascii_strncasecmp(text->str + i, keywords[k], length) != 0)
                continue;
            gsize value = i + length, end = value + strcspn(text->str + value, "&; ");
            g_string_erase(text, (gssize)value, (gssize)(end - value));
            g_string_insert(text, (gssize)value, "***");
            i = value + 2;
        }
    }
}

/* A password may hold any character, also '/', '?' and '@' where its owner forgot to escape it, so
 * everything between the first colon of the authority and the last '@' is replaced. */
char *sy_db_url_mask(const char *url) {
    const char *scheme_end = strstr(url, "://");
    const char *authority = scheme_end ? scheme_end + 3 : url;
    const char *at = *authority == '/' ? NULL : strrchr(authority, '@');
    const char *colon = at ? memchr(authority, ':', (gsize)(at - authority)) : NULL;
    GString *text = g_string_new(NULL);
    if (colon)
        g_string_append_printf(text, "%.*s***%s", (int)(colon + 1 - url), url, at);
    else
        g_string_append(text, url);
    mask_keywords(text);
    return g_string_free(text, FALSE);
}

static char *supported_kinds(void) {
    GString *text = g_string_new(NULL);
    for (gsize i = 0; i < G_N_ELEMENTS(kinds); i++)
        g_string_append_printf(text, "%s%s", i ? ", " : "", kinds[i].name);
    return g_string_free(text, FALSE);
}

/* The part of sqlite:// after the two slashes: empty = memory, /relative, //absolute. */
static bool read_sqlite(const char *rest, const char *masked, SyDbUrl *url, GError **error) {
    if (strchr(rest, '?'))
        return sy_fail(error, SY_ERROR_TEMPLATE,
                       "%s: options after ? are not supported for sqlite; write sqlite:///path",
                       masked);
    bool in_memory = *rest == '\0' || strcmp(rest, "/:memory:") == 0;
    if (!in_memory && (*rest != '/' || rest[1] == '\0'))
        return sy_fail(error, SY_ERROR_TEMPLATE,
                       "%s: write sqlite:///relative/path or sqlite:////absolute/path", masked);
    url->path = g_strdup(in_memory ? ":memory:" : rest + 1);
    url->name = g_strdup(url->path);
    return true;
}

static bool read_server(const char *rest, const char *masked, SyDbUrl *url, GError **error) {
    url->name = g_strdup(masked);
    return sy_db_url_options(rest, masked, &url->options, error);
}

bool sy_db_url_parse(const char *url, SyDbUrl *parsed, GError **error) {
    *parsed = (SyDbUrl){0};
    g_autofree char *masked = sy_db_url_mask(url);
    const char *rest = strstr(url, "://");
    if (!rest)
        return sy_fail(
            error, SY_ERROR_TEMPLATE,
            "not a database URL: \"%s\" (write sqlite:///path or postgresql://user@host/database)",
            masked);
    gsize length = (gsize)(rest - url);
    const char *plus = memchr(url, '+', length);
    g_autofree char *name = g_strndup(url, plus ? (gsize)(plus - url) : length);
    const Kind *kind = kind_find(name);
    if (!kind) {
        g_autofree char *supported = supported_kinds();
        return sy_fail(error, SY_ERROR_TEMPLATE,
                       "%s: databases of the kind \"%s\" are not supported (supported: %s)", masked,
                       name, supported);
    }
    if (!kind->read(rest + 3, masked, parsed, error)) {
        sy_db_url_clear(parsed);
        return false;
    }
    parsed->dialect = g_strdup(kind->name);
    return true;
}

void sy_db_url_clear(SyDbUrl *url) {
    g_clear_pointer(&url->dialect, g_free);
    g_clear_pointer(&url->path, g_free);
    g_clear_pointer(&url->name, g_free);
    g_clear_pointer(&url->options, g_strfreev);
}

/* A relative path is one of the folder. */
static void resolve(SyDbUrl *url, const char *folder) {
    if (!url->path || !folder || strcmp(url->path, ":memory:") == 0 ||
        g_path_is_absolute(url->path))
        return;
    char *path = g_build_filename(folder, url->path, NULL);
    g_free(url->path);
    g_free(url->name);
    url->path = path;
    url->name = g_strdup(path);
}

SyDb *sy_db_open(const char *url, const char *folder, SyDbMode mode, int busy_ms, GError **error) {
    SyDbUrl parsed;
    if (!sy_db_url_parse(url, &parsed, error))
        return NULL;
    resolve(&parsed, folder);
    const Kind *kind = kind_find(parsed.dialect);
    const SyDialect *dialect = kind->dialect ? kind->dialect : dialect_load(kind->name, error);
    SyDb *db = dialect ? dialect->open(&parsed, mode, busy_ms, error) : NULL;
    if (db) {
        db->dialect = dialect;
        db->name = g_steal_pointer(&parsed.name);
    }
    sy_db_url_clear(&parsed);
    return db;
}

void sy_db_close(SyDb *db) {
    if (!db)
        return;
    g_free(db->name);
    db->dialect->close(db);
}

const char *sy_db_name(const SyDb *db) { return db->name; }

bool sy_db_is_file(const SyDb *db) {
    return db->dialect == &sy_dialect_sqlite && strcmp(db->name, ":memory:") != 0;
}

const char *sy_db_stored_order(const SyDb *db) { return db->dialect->stored_order; }

const char *sy_db_clustered(const SyDb *db) { return db->dialect->clustered; }

const char *sy_db_time_type(const SyDb *db) { return db->dialect->time_type; }

SyUpsert *sy_db_upsert_begin(SyDb *db, const char *table, const SyDbColumn *columns, gsize n,
                             GError **error) {
    SyUpsert *upsert = db->dialect->upsert_begin(db, table, columns, n, error);
    if (upsert)
        upsert->dialect = db->dialect;
    return upsert;
}

bool sy_db_upsert_put(SyUpsert *upsert, const SyDbCell *cells, GError **error) {
    return upsert->dialect->upsert_put(upsert, cells, error);
}

bool sy_db_upsert_end(SyUpsert *upsert, SyUpsertCounts *counts, GError **error) {
    return upsert->dialect->upsert_end(upsert, counts, error);
}

gsize sy_db_upsert_failed_row(const SyUpsert *upsert) { return upsert->failed_row; }

void sy_db_upsert_free(SyUpsert *upsert) {
    if (upsert)
        upsert->dialect->upsert_free(upsert);
}

char *sy_db_quote(const char *identifier) {
    GString *text = g_string_new("\"");
    for (const char *p = identifier; *p; p++) {
        if (*p == '"')
            g_string_append_c(text, '"');
        g_string_append_c(text, *p);
    }
    g_string_append_c(text, '"');
    return g_string_free(text, FALSE);
}

char **sy_db_tables(SyDb *db, GError **error) {
    g_autoptr(SyStatement) statement = sy_db_prepare(db, db->dialect->tables_sql, error);
    if (!statement)
        return NULL;
    g_autoptr(GStrvBuilder) names = g_strv_builder_new();
    SyDbStep step;
    while ((step = sy_db_step(statement, error)) == SY_DB_ROW)
        g_strv_builder_add(names, sy_db_text(statement, 0, NULL));
    return step == SY_DB_FAILED ? NULL : g_strv_builder_end(names);
}

bool sy_db_find_table(SyDb *db, const char *name, char **sql, GError **error) {
    *sql = NULL;
    g_autoptr(SyStatement) statement = sy_db_prepare(db, db->dialect->table_sql, error);
    if (!statement)
        return false;
    sy_db_bind_text(statement, 1, name);
    SyDbStep step = sy_db_step(statement, error);
    if (step == SY_DB_ROW)
        *sql = g_strdup(sy_db_text(statement, 0, NULL));
    return step != SY_DB_FAILED;
}

char *sy_db_name_table(const SyDb *db, const char *name) {
    return (db->dialect->name_table ? db->dialect->name_table : sy_db_quote)(name);
}

bool sy_db_exec(SyDb *db, const char *sql, GError **error) {
    return db->dialect->exec(db, sql, error);
}

bool sy_db_begin(SyDb *db, SyDbMode mode, GError **error) {
    return db->dialect->begin(db, mode, error);
}

bool sy_db_begin_beside(SyDb *db, const char *what, GError **error) {
    return db->dialect->begin_beside(db, what, error);
}

bool sy_db_commit(SyDb *db, GError **error) { return db->dialect->commit(db, error); }

void sy_db_rollback(SyDb *db) { db->dialect->rollback(db); }

bool sy_db_schema_version(SyDb *db, gint64 *version, GError **error) {
    return db->dialect->schema_version(db, version, error);
}

bool sy_db_migrate(SyDb *db, const char *sql, gint64 version, GError **error) {
    return db->dialect->migrate(db, sql, version, error);
}

bool sy_db_make_durable(SyDb *db, GError **error) { return db->dialect->make_durable(db, error); }

bool sy_db_try_lock(SyDb *db, const char *name, bool *locked, GError **error) {
    *locked = true;
    return !db->dialect->try_lock || db->dialect->try_lock(db, name, locked, error);
}

void sy_db_unlock(SyDb *db, const char *name) {
    if (db->dialect->unlock)
        db->dialect->unlock(db, name);
}

SyStatement *sy_db_prepare(SyDb *db, const char *sql, GError **error) {
    SyStatement *statement = db->dialect->prepare(db, sql, error);
    if (statement)
        statement->db = db;
    return statement;
}

SyStatement *sy_db_prepare_portions(SyDb *db, const char *sql, GError **error) {
    if (!db->dialect->prepare_portions)
        return sy_db_prepare(db, sql, error);
    SyStatement *statement = db->dialect->prepare_portions(db, sql, error);
    if (statement)
        statement->db = db;
    return statement;
}

void sy_statement_free(SyStatement *statement) {
    if (statement)
        statement->db->dialect->finish(statement);
}

bool sy_statement_reads_only(SyStatement *statement) {
    return statement->db->dialect->reads_only(statement);
}

void sy_db_bind_text(SyStatement *statement, int parameter, const char *text) {
    if (text)
        statement->db->dialect->bind_text(statement, parameter, text);
    else
        statement->db->dialect->bind_null(statement, parameter);
}

void sy_db_bind_integer(SyStatement *statement, int parameter, gint64 value) {
    statement->db->dialect->bind_integer(statement, parameter, value);
}

void sy_db_bind_number(SyStatement *statement, int parameter, double value) {
    statement->db->dialect->bind_number(statement, parameter, value);
}

void sy_db_bind_blob(SyStatement *statement, int parameter, gconstpointer bytes, gsize length) {
    if (bytes)
        statement->db->dialect->bind_blob(statement, parameter, bytes, length);
    else
        statement->db->dialect->bind_null(statement, parameter);
}

void sy_db_bind_null(SyStatement *statement, int parameter) {
    statement->db->dialect->bind_null(statement, parameter);
}

SyDbStep sy_db_step(SyStatement *statement, GError **error) {
    return statement->db->dialect->step(statement, error);
}

void sy_db_reset(SyStatement *statement) { statement->db->dialect->reset(statement); }

int sy_db_columns(SyStatement *statement) { return statement->db->dialect->columns(statement); }

const char *sy_db_column_name(SyStatement *statement, int column) {
    return statement->db->dialect->column_name(statement, column);
}

SyDbType sy_db_type(SyStatement *statement, int column) {
    return statement->db->dialect->type(statement, column);
}

gint64 sy_db_integer(SyStatement *statement, int column) {
    return statement->db->dialect->integer(statement, column);
}

double sy_db_number(SyStatement *statement, int column) {
    return statement->db->dialect->number(statement, column);
}

int sy_db_numbers(SyStatement *statement, int column, int count, double *values) {
    return statement->db->dialect->numbers(statement, column, count, values);
}

bool sy_db_time(SyStatement *statement, int column, SyTime *time) {
    const SyDialect *dialect = statement->db->dialect;
    return dialect->time && dialect->time(statement, column, time);
}

const char *sy_db_text(SyStatement *statement, int column, gsize *length) {
    return statement->db->dialect->text(statement, column, length);
}

gconstpointer sy_db_blob(SyStatement *statement, int column, gsize *length) {
    return statement->db->dialect->blob(statement, column, length);
}

gint64 sy_db_changes(SyDb *db) { return db->dialect->changes(db); }

static bool fail_no_copy(const SyDb *db, GError **error) {
    return sy_fail(error, SY_ERROR_USAGE, "%s: a store of the kind %s is copied and restored by %s",
                   db->name, db->dialect->name, db->dialect->copy_program);
}

bool sy_db_copy(SyDb *db, const char *path, GError **error) {
    return db->dialect->copy ? db->dialect->copy(db, path, error) : fail_no_copy(db, error);
}

bool sy_db_check(SyDb *db, GError **error) {
    return !db->dialect->check || db->dialect->check(db, error);
}

bool sy_db_settle(SyDb *db, GError **error) {
    return db->dialect->settle ? db->dialect->settle(db, error) : fail_no_copy(db, error);
}
